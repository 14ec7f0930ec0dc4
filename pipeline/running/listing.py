"""A folder of reports → its listing: the files to read, and rows of `failures` for the rest."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.base.columns import HIDDEN
from pipeline.base.errors import CorpusError, ExtractionError, PipelineError
from pipeline.base.files import FIRST_TABLE, LOCK_FILE
from pipeline.base.settings import Limits
from pipeline.documents.authorities import AUTHORITIES_FILE
from pipeline.documents.overrides import OVERRIDES_FILE
from pipeline.documents.publisher import MANIFEST_FILE, Publisher
from pipeline.running.failures import hidden, unread

# What is about the folder that is run, and no report.
LISTS = (OVERRIDES_FILE, AUTHORITIES_FILE, MANIFEST_FILE)
# A report may be called readme.pdf; these are notes about the folder.
READMES = ("readme", "readme.md", "readme.txt")
# What Windows Explorer leaves in a folder.
SYSTEM_FILES = ("thumbs.db", "desktop.ini")
# How the locks of Word and Emacs begin, and what macOS keeps beside a file on other disks. They
# are called like the file itself.
BESIDE_FILES = ("~$", ".#", "._")
# Where a browser keeps the pictures and frames of a web page that it saves, by the page's name.
WEB_PAGES, FILES_OF_PAGE = (".html", ".htm"), "_files"
# A hidden file with one of these endings may be a report.
REPORT_ENDINGS = (".pdf", ".docx", ".doc", ".html", ".htm", ".txt", ".md")


@dataclass(frozen=True, slots=True)
class Listing:
    """The files to read in a folder, with their SHA-256, and rows of `failures` for the rest.

    `replaced` gives, for each of the files that its publisher has replaced, the one to read
    instead; those fetched last come first.
    """

    folder: Path
    files: dict[str, str]
    failures: list[dict[str, str]]
    replaced: Mapping[str, str] = field(default_factory=dict)


def check_folder(folder: Path) -> None:
    """Raise `CorpusError` if there is no such folder of reports."""
    if not folder.is_dir():
        raise CorpusError(
            f"There is no folder {folder}.", "Give the folder that holds the reports."
        )


def check_corpus(folder: Path) -> None:
    """Raise `CorpusError` if there is no such folder, or it is an output folder itself."""
    check_folder(folder)
    if folder.joinpath(LOCK_FILE).exists():
        raise CorpusError(
            f"{folder} holds the tables of a run, not reports.",
            "Give the folder of reports, and a different folder with --out.",
        )


def check_output(folder: Path) -> None:
    """Raise `CorpusError` if a folder for tables holds reports, which would then not be read."""
    is_output = any(folder.joinpath(name).exists() for name in (LOCK_FILE, FIRST_TABLE))
    if is_output or not folder.is_dir():
        return
    for path, _ in _walk(folder):
        if _may_be_report(path.name) and not _is_hidden(path.name):
            raise CorpusError(
                f"{folder} holds {path.relative_to(folder).as_posix()}, which may be a report; "
                "where the tables of a run are, no reports are read.",
                "Give another folder with --out, or move that file away.",
            )


def has_documents(folder: Path) -> bool:
    """Whether anything in a folder may be a document: what `list_documents` would list."""
    return folder.is_dir() and any(not _is_hidden(path.name) for path, _ in _walk(folder))


def list_documents(folder: Path, limits: Limits) -> Listing:
    """List every document below `folder`, sorted by path.

    Only what systems and programs keep hidden, the folders of saved web pages, `READMES`, `LISTS`
    and the output folders of earlier runs are left out without a failure; a hidden file that is
    called like a report has one, which does no harm, and so has a list that is not used. Raises
    `CorpusError` if the folder does not exist, is empty or is itself an output folder, or if its
    `manifest.csv` is faulty.
    """
    check_corpus(folder)
    files: dict[str, str] = {}
    failures: list[dict[str, str]] = []
    publisher = Publisher(folder)
    for path, problem in sorted(_walk(folder), key=lambda entry: entry[0]):
        source_file = path.relative_to(folder).as_posix()
        try:
            if problem is not None:
                raise problem
            if _is_hidden(path.name):
                failures.append(hidden(source_file))
            else:
                files[_printable(source_file)] = _identify(path, folder, limits)
        except PipelineError as error:
            failures.append(unread(source_file, error))
    if not files and all(row["stage"] == HIDDEN for row in failures):
        raise CorpusError(
            f"There are no documents in {folder}.", "Put PDF, Word, HTML or text files there."
        )
    replaced = {old: new for old, new in publisher.replaced.items() if old in files}
    return Listing(folder, files, failures, replaced)


def _walk(folder: Path) -> Iterator[tuple[Path, ExtractionError | None]]:
    """Yields every entry that may be a document, and what is wrong with it if it is not a file."""
    unreadable: list[OSError] = []
    for parent, folders, names in os.walk(folder, onerror=unreadable.append):
        here = Path(parent)
        if here != folder and LOCK_FILE in names:
            folders.clear()
            continue
        links = [name for name in folders if _is_link(here / name)]
        folders[:] = [
            name
            for name in folders
            if not (_is_hidden(name) or name in links or _is_of_page(name, names))
        ]
        for name in links:
            yield here / name, _not_a_file("This is a link to a folder; it is not followed.")
        for name in names:
            path = here / name
            if _is_about_corpus(path, folder):
                continue
            if name.lower() in LISTS:
                yield path, _unused(path, folder)
            else:
                yield path, _problem_of(path)
    for error in unreadable:
        yield Path(error.filename), _closed(f"The folder cannot be opened ({error.strerror}).")


def _is_of_page(folder: str, files: Sequence[str]) -> bool:
    """Whether a folder belongs to a saved web page among the files beside it."""
    page = folder.removesuffix(FILES_OF_PAGE)
    return page != folder and any(f"{page}{ending}" in files for ending in WEB_PAGES)


def _is_link(path: Path) -> bool:
    try:
        return path.is_symlink()
    except OSError:
        # `os.walk` says that it cannot be opened.
        return False


def _problem_of(path: Path) -> ExtractionError | None:
    """What is wrong with an entry of a folder that may be a document; None if it is a file."""
    try:
        if path.is_symlink() and not path.exists():
            return _not_a_file("This is a link to a file that does not exist.")
        # One that has just disappeared is found out when it is opened.
        if path.is_file() or not path.exists():
            return None
    except OSError as error:
        # The folder may be listed, but not what is in it looked at.
        return _closed(f"The file cannot be opened ({error.strerror}).")
    return _not_a_file("This is not a regular file.")


def _not_a_file(reason: str) -> ExtractionError:
    return ExtractionError(reason, "Copy the file itself into the folder.")


def _closed(reason: str) -> ExtractionError:
    return ExtractionError(
        reason, "Check that it is still there and that you have permission to read it."
    )


def _is_hidden(name: str) -> bool:
    return name.startswith((".", *BESIDE_FILES)) or name.lower() in SYSTEM_FILES


def _may_be_report(name: str) -> bool:
    return name.lower().endswith(REPORT_ENDINGS) and not name.startswith(BESIDE_FILES)


def _is_about_corpus(path: Path, folder: Path) -> bool:
    return (
        (_is_hidden(path.name) and not _may_be_report(path.name))
        or _is_used_list(path, folder)
        or path.name.lower() in READMES
    )


def _is_used_list(path: Path, folder: Path) -> bool:
    """Whether it is one of `LISTS` as it is looked for, on a system that minds capitals or not."""
    if path.parent != folder or path.name.lower() not in LISTS:
        return False
    looked_for = folder / path.name.lower()
    try:
        return path == looked_for or looked_for.samefile(path)
    except OSError:
        return False


def _unused(path: Path, folder: Path) -> ExtractionError:
    """Why one of `LISTS` is not used: `fetch` puts one into each folder that it fills."""
    if path.parent == folder:
        return ExtractionError(
            "This is a list, and lists are looked for in small letters, so it is not used.",
            f"Rename it to {path.name.lower()}.",
        )
    return ExtractionError(
        f"This is a list for the folder {path.parent.relative_to(folder).as_posix()} and is used "
        "only when that folder is run.",
        "Run that folder by itself, or put the rows you need into a list in the folder that is "
        "run, with the paths as they are from there.",
    )


def _printable(source_file: str) -> str:
    try:
        source_file.encode("utf-8")
    except UnicodeEncodeError as error:
        raise ExtractionError(
            "The file name is not UTF-8, so no table can hold it.", "Rename the file."
        ) from error
    return source_file


def _identify(path: Path, folder: Path, limits: Limits) -> str:
    """The SHA-256 of a file. Raises `ExtractionError` if it cannot or must not be read."""
    if not path.resolve().is_relative_to(folder.resolve()):
        raise _not_a_file("This is a link to somewhere outside the folder of reports.")
    try:
        if path.stat().st_size > limits.file_bytes:
            raise ExtractionError(
                f"The file is {path.stat().st_size / 1e6:.0f} MB; the limit is "
                f"{limits.file_bytes / 1e6:.0f} MB.",
                "Split it, compress its pictures, or allow more (--megabytes).",
            )
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise _closed(f"The file cannot be opened ({error.strerror}).") from error
