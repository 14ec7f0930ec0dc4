"""A folder of reports: which files lie in it, and what its `documents.csv` says of them."""

from __future__ import annotations

import csv
import datetime
import hashlib
import io
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from pipeline.errors import CorpusError, ExtractionError, PipelineError
from pipeline.extract import Limits, decode_text
from pipeline.records import DATE_COLUMNS, DOCUMENT_TYPES, DOCUMENTS, GRADES, SUB_JUDGEMENTS
from pipeline.tables import LOCK_FILE

# Files in a corpus folder that say something about the documents and are none themselves.
OVERRIDES_FILE = "documents.csv"
AUTHORITIES_FILE = "authorities.csv"
READ_OFF = ("doc_id", "source_file", "sha256", "n_pages", "n_paragraphs", "n_words")
OVERRIDABLE = [column for column in DOCUMENTS if column not in READ_OFF]
# The fields that only take certain words; an empty field says nothing.
WORDS = {
    "document_type": DOCUMENT_TYPES,
    **dict.fromkeys(("overall_effectiveness", *SUB_JUDGEMENTS), GRADES),
}


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


def failure_row(source_file: str, stage: str, error: PipelineError) -> dict[str, str]:
    """A row of the table `failures`."""
    return {
        "source_file": source_file.encode("utf-8", "backslashreplace").decode("utf-8"),
        "stage": stage,
        "reason": str(error),
        "what_to_do": error.hint,
    }


def read_overrides(path: Path) -> dict[str, dict]:
    """What `documents.csv` says, per source file: only the fields that are filled in.

    The column `source_file` is the path relative to the corpus folder; the others are fields of
    the `documents` table. Raises `CorpusError` naming the column or row that is wrong.
    """
    if not path.is_file():
        return {}
    try:
        # Excel writes "CSV" in the encoding of the machine, on Windows 1252.
        text = decode_text(path.read_bytes())
    except (OSError, ExtractionError) as error:
        raise CorpusError(f"{path} cannot be read: {error}", "Save it as CSV UTF-8.") from error
    reader = csv.DictReader(io.StringIO(text, newline=""))
    unknown = set(reader.fieldnames or ()) - {"source_file", *OVERRIDABLE}
    if unknown or "source_file" not in (reader.fieldnames or ()):
        raise CorpusError(
            f"{path}: unknown columns {', '.join(sorted(unknown)) or 'only'}.",
            f"It needs `source_file` and may have: {', '.join(OVERRIDABLE)}.",
        )
    return {
        PurePosixPath((row["source_file"] or "").replace("\\", "/")).as_posix(): _read_override(
            path, row
        )
        for row in reader
    }


def _read_override(path: Path, row: dict[str, str]) -> dict:
    if None in row:
        raise CorpusError(
            f"{path}: the row of {row['source_file']} has more fields than columns.",
            "Put a field with a comma between double quotes.",
        )
    values: dict = {
        key: value.strip()
        for key, value in row.items()
        if key != "source_file" and value and value.strip()
    }
    for field in DATE_COLUMNS:
        if field in values:
            try:
                values[field] = datetime.date.fromisoformat(values[field])
            except ValueError as error:
                raise CorpusError(
                    f"{path}: {row['source_file']}: {field} is {values[field]!r}, not a date.",
                    "Write dates like 2019-05-28.",
                ) from error
    for field, words in WORDS.items():
        if field in values:
            values[field] = " ".join(values[field].lower().split())
            if values[field] not in words:
                raise CorpusError(
                    f"{path}: {row['source_file']}: {field} is {values[field]!r}.",
                    f"It can be: {', '.join(words)}.",
                )
    return values
