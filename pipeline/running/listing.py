"""A folder of reports: which files lie in it, and what its `documents.csv` says of them."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pipeline.base.errors import CorpusError, ExtractionError, PipelineError
from pipeline.base.files import LOCK_FILE
from pipeline.base.settings import Limits
from pipeline.documents.authorities import AUTHORITIES_FILE
from pipeline.documents.overrides import (
    OVERRIDES_FILE,
)
from pipeline.running.failures import failure_row


@dataclass(frozen=True, slots=True)
class Listing:
    """What lies in a folder: the files to be read with their SHA-256, and rows of `failures`."""

    folder: Path
    files: dict[str, str]
    failures: list[dict[str, str]]


def list_documents(folder: Path, limits: Limits) -> Listing:
    """Find every document below `folder`, sorted by its path.

    Nothing is left out in silence but hidden files, `README` files, what is about the corpus
    itself, and the output folders of earlier runs. Raises `CorpusError` when there is no such
    folder or nothing in it.
    """
    if not folder.is_dir():
        raise CorpusError(
            f"There is no folder {folder}.", "Give the folder that holds the reports."
        )
    if folder.joinpath(LOCK_FILE).exists():
        raise CorpusError(
            f"{folder} holds the tables of a run, not reports.",
            "Give the folder of reports, and another one with --out.",
        )
    files: dict[str, str] = {}
    failures: list[dict[str, str]] = []
    for path, problem in sorted(_walk(folder)):
        source_file = path.relative_to(folder).as_posix()
        try:
            if problem:
                raise ExtractionError(problem, "Copy the file itself into the folder.")
            files[_printable(source_file)] = _identify(path, folder, limits)
        except PipelineError as error:
            failures.append(failure_row(source_file, "extract", error))
    if not files and not failures:
        raise CorpusError(f"There is no document in {folder}.", "Put PDFs, texts or DOCX there.")
    return Listing(folder, files, failures)


def _walk(folder: Path) -> Iterator[tuple[Path, str]]:
    """Every entry that is not about the corpus, and what is wrong with it if it is no file."""
    unreadable: list[OSError] = []
    for parent, folders, names in os.walk(folder, onerror=unreadable.append):
        here = Path(parent)
        if here != folder and LOCK_FILE in names:
            folders.clear()
            continue
        links = [name for name in folders if (here / name).is_symlink()]
        folders[:] = [name for name in folders if not _is_hidden(name) and name not in links]
        for name in links:
            yield here / name, "The entry is a link to a folder, which is not followed."
        for name in names:
            path = here / name
            if _is_about_corpus(path.relative_to(folder)):
                continue
            if path.is_symlink() and not path.exists():
                yield path, "The entry is a link to a file that is not there."
            else:
                yield path, "" if path.is_file() else "The entry is no file."
    for error in unreadable:
        yield Path(error.filename), f"The folder cannot be opened ({error.strerror})."


def _is_hidden(name: str) -> bool:
    return name.startswith((".", "~$"))


def _is_about_corpus(path: Path) -> bool:
    return (
        _is_hidden(path.name)
        or path.as_posix() in (OVERRIDES_FILE, AUTHORITIES_FILE)
        or path.stem.lower() == "readme"
    )


def _printable(source_file: str) -> str:
    try:
        source_file.encode("utf-8")
    except UnicodeEncodeError as error:
        raise ExtractionError(
            "The name of the file is not UTF-8, so no table can hold it.", "Rename the file."
        ) from error
    return source_file


def _identify(path: Path, folder: Path, limits: Limits) -> str:
    """The SHA-256 of a file. Raises `ExtractionError` where it must or can not be read."""
    if not path.resolve().is_relative_to(folder.resolve()):
        raise ExtractionError(
            "The file is a link that leads out of the folder of reports.", "Copy the file itself."
        )
    try:
        if path.stat().st_size > limits.file_bytes:
            raise ExtractionError(
                f"The file has {path.stat().st_size / 1e6:.0f} MB; at most "
                f"{limits.file_bytes / 1e6:.0f} MB are read.",
                "Split it, compress its pictures, or allow more (--megabytes).",
            )
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ExtractionError(
            f"The file cannot be opened ({error.strerror}).",
            "Check that it is still there and that you may read it.",
        ) from error
