"""A folder of documents → the tables `documents`, `paragraphs` and `failures`.

Each document is read in a process of its own that is stopped when it takes too long or too much
memory, so that one bad file costs its own row and nothing else.
"""

from __future__ import annotations

import csv
import datetime
import multiprocessing
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import TimeoutError as FutureTimeout
from dataclasses import asdict, dataclass, fields
from functools import lru_cache
from pathlib import Path

import pandas as pd
from pebble import ProcessExpired, ProcessFuture, ProcessPool
from tqdm.auto import tqdm

from pipeline.assemble import assemble_paragraphs
from pipeline.authorities import build_matcher, load_authorities
from pipeline.describe import Description, describe_document
from pipeline.errors import CorpusError, ExtractionError, PipelineError
from pipeline.extract import extract_document
from pipeline.records import DOCUMENTS, FAILURES, PARAGRAPHS, SUBSTANTIVE_KINDS

# Files in a corpus folder that say something about the documents and are none themselves.
OVERRIDES_FILE = "documents.csv"
AUTHORITIES_FILE = "authorities.csv"
SECONDS_PER_DOCUMENT = 60
BYTES_PER_PROCESS = 3_000_000_000
OVERRIDABLE = [field.name for field in fields(Description)]
DATE_FIELDS = ("published_on", "inspected_from", "inspected_to")


@dataclass(frozen=True, slots=True)
class Reading:
    """The three tables of a corpus folder, sorted by source file."""

    documents: pd.DataFrame
    paragraphs: pd.DataFrame
    failures: pd.DataFrame


def read_corpus(folder: Path, *, processes: int | None = None, quiet: bool = False) -> Reading:
    """Read every document below `folder`.

    A document that cannot be read, or that lies there twice, is a row of `failures`. Raises
    `CorpusError` when there is no such folder, nothing in it, or its `documents.csv` is wrong.
    """
    files = list_documents(folder)
    overrides = read_overrides(folder / OVERRIDES_FILE)
    documents, paragraphs, failures = [], [], []
    seen: dict[str, str] = {}
    named = [file for file in files if _is_printable(file)]
    failures.extend(_misnamed(file) for file in files if file not in set(named))
    for source_file, outcome in _read_all(folder, named, processes, quiet):
        if isinstance(outcome, PipelineError):
            failures.append(_failure(source_file, "extract", outcome))
        elif (first := seen.setdefault(outcome[0]["sha256"], source_file)) != source_file:
            failures.append(_duplicate(source_file, first))
        else:
            document, rows = outcome
            documents.append(document | overrides.pop(source_file, {}))
            paragraphs.extend(rows)
    failures.extend(_stray_override(source_file) for source_file in overrides)
    return Reading(
        documents=_table(documents, DOCUMENTS),
        paragraphs=_table(paragraphs, PARAGRAPHS),
        failures=_table(failures, FAILURES),
    )


def list_documents(folder: Path) -> list[str]:
    """The paths, relative to `folder`, of the files that are to be read, sorted."""
    if not folder.is_dir():
        raise CorpusError(
            f"There is no folder {folder}.", "Give the folder that holds the reports."
        )
    files = sorted(
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and not _is_about_corpus(path.relative_to(folder))
    )
    if not files:
        raise CorpusError(f"There is no document in {folder}.", "Put PDFs, texts or DOCX there.")
    return files


def _is_about_corpus(path: Path) -> bool:
    return (
        any(part.startswith((".", "~$")) for part in path.parts)
        or path.as_posix() in (OVERRIDES_FILE, AUTHORITIES_FILE)
        or path.stem.lower() == "readme"
    )


def read_overrides(path: Path) -> dict[str, dict]:
    """What `documents.csv` says, per source file: only the fields that are filled in.

    The column `source_file` is the path relative to the corpus folder; the others are fields of
    the `documents` table. Raises `CorpusError` naming the column or row that is wrong.
    """
    if not path.is_file():
        return {}
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        unknown = set(reader.fieldnames or ()) - {"source_file", *OVERRIDABLE}
        if unknown or "source_file" not in (reader.fieldnames or ()):
            raise CorpusError(
                f"{path}: unknown columns {', '.join(sorted(unknown)) or 'only'}.",
                f"It needs `source_file` and may have: {', '.join(OVERRIDABLE)}.",
            )
        return {row["source_file"]: _read_override(path, row) for row in reader}


def _read_override(path: Path, row: dict[str, str]) -> dict:
    if None in row:
        raise CorpusError(
            f"{path}: the row of {row['source_file']} has more fields than columns.",
            "Put a field with a comma between double quotes.",
        )
    values = {key: value.strip() for key, value in row.items() if key != "source_file" and value}
    for field in DATE_FIELDS:
        if field in values:
            try:
                values[field] = datetime.date.fromisoformat(values[field])
            except ValueError as error:
                raise CorpusError(
                    f"{path}: {row['source_file']}: {field} is {values[field]!r}, not a date.",
                    "Write dates like 2019-05-28.",
                ) from error
    return values


class _OutOfMemoryError(Exception):
    """A process ran out of memory, or died, over a document."""


def _read_all(
    folder: Path, files: Sequence[str], processes: int | None, quiet: bool
) -> Iterator[tuple[str, PipelineError | tuple[dict, list[dict]]]]:
    """Outcomes in the order of `files`; all are read before the first comes out."""
    workers = max(1, min(processes or os.cpu_count() or 1, len(files)))
    outcomes = dict(_read_in_pool(folder, files, workers, quiet, max_tasks=0))
    # A bomb bloats its process, and the innocent file read next in it runs out of memory too:
    # whatever did is read once more, in a new process.
    again = [file for file in files if isinstance(outcomes[file], _OutOfMemoryError)]
    if again:
        outcomes |= _read_in_pool(folder, again, 1, quiet, max_tasks=1)
    for file in files:
        outcome = outcomes[file]
        if isinstance(outcome, _OutOfMemoryError):
            outcome = PipelineError(
                f"Reading needed over {BYTES_PER_PROCESS / 1e9:.0f} GB of memory and was stopped.",
                "Print the document to a new PDF.",
            )
        yield file, outcome


def _read_in_pool(
    folder: Path, files: Sequence[str], workers: int, quiet: bool, max_tasks: int
) -> Iterator[tuple[str, Exception | tuple[dict, list[dict]]]]:
    # A forked child would inherit the threads and locks of a notebook.
    context = multiprocessing.get_context("spawn")
    with ProcessPool(workers, max_tasks, initializer=_limit_memory, context=context) as pool:
        futures = [
            pool.schedule(read_document, args=(folder, file), timeout=SECONDS_PER_DOCUMENT)
            for file in files
        ]
        progress = tqdm(futures, desc="Reading", unit="document", disable=quiet or None)
        for file, future in zip(files, progress, strict=True):
            yield file, _outcome(future)


def _outcome(future: ProcessFuture) -> Exception | tuple[dict, list[dict]]:
    try:
        return future.result()
    except PipelineError as error:
        return error
    except FutureTimeout:
        return PipelineError(
            f"Reading took over {SECONDS_PER_DOCUMENT} seconds and was stopped.",
            "Print the document to a new PDF.",
        )
    except (ProcessExpired, MemoryError):
        return _OutOfMemoryError()
    except Exception as error:
        return PipelineError(
            f"Reading failed ({type(error).__name__}: {error}).",
            "Print the document to a new PDF; if that fails too, report it.",
        )


def _limit_memory() -> None:
    try:
        import resource
    except ImportError:
        return
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    # A container may allow less than we do; nobody can allow more than it does.
    soft = BYTES_PER_PROCESS if hard == resource.RLIM_INFINITY else min(BYTES_PER_PROCESS, hard)
    resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def read_document(folder: Path, source_file: str) -> tuple[dict, list[dict]]:
    """One row of `documents` and its rows of `paragraphs`.

    Identities come from the content alone: the same document has the same ids in any folder.
    """
    path = folder / source_file
    if not path.resolve().is_relative_to(folder.resolve()):
        raise ExtractionError(
            "The file is a link that leads out of the folder of reports.", "Copy the file itself."
        )
    extract = extract_document(path)
    authorities, matcher = _authorities(folder / AUTHORITIES_FILE)
    description = describe_document(
        source_file, extract.blocks, extract.furniture, authorities, matcher
    )
    doc_id = extract.sha256[:12]
    paragraphs = [
        {
            "paragraph_id": f"{doc_id}:{p.position:04d}",
            "doc_id": doc_id,
            "source_file": source_file,
        }
        | asdict(p)
        for p in assemble_paragraphs(extract.blocks)
    ]
    counted = [p for p in paragraphs if p["kind"] in SUBSTANTIVE_KINDS and not p["boilerplate"]]
    document = asdict(description) | {
        "doc_id": doc_id,
        "source_file": source_file,
        "sha256": extract.sha256,
        "n_pages": extract.n_pages,
        "n_paragraphs": len(counted),
        "n_words": sum(len(p["text"].split()) for p in counted),
    }
    return document, paragraphs


@lru_cache(maxsize=4)
def _authorities(extra: Path):
    authorities = load_authorities(extra if extra.is_file() else None)
    return authorities, build_matcher(authorities)


def _failure(source_file: str, stage: str, error: PipelineError) -> dict:
    return {
        "source_file": source_file,
        "stage": stage,
        "reason": str(error),
        "what_to_do": error.hint,
    }


def _is_printable(name: str) -> bool:
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _misnamed(source_file: str) -> dict:
    return {
        "source_file": source_file.encode("utf-8", "backslashreplace").decode("utf-8"),
        "stage": "extract",
        "reason": "The name of the file is not UTF-8, so no table can hold it.",
        "what_to_do": "Rename the file.",
    }


def _duplicate(source_file: str, first: str) -> dict:
    return {
        "source_file": source_file,
        "stage": "duplicate",
        "reason": f"It is the same document as {first}, which is counted.",
        "what_to_do": "Nothing, or remove one of the two.",
    }


def _stray_override(source_file: str) -> dict:
    return {
        "source_file": source_file,
        "stage": "documents.csv",
        "reason": "documents.csv describes this file, but it was not read.",
        "what_to_do": "Correct its path in documents.csv (relative to the corpus folder).",
    }


def _table(rows: list[dict], columns: list[str]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=columns)
    for column in table.columns.intersection(
        ["n_pages", "n_paragraphs", "n_words", "position", "page"]
    ):
        table[column] = table[column].astype("Int64")
    for column in table.columns.intersection(DATE_FIELDS):
        table[column] = pd.to_datetime(table[column]).dt.date
    return table
