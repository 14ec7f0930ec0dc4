"""A folder of reports → the tables `documents`, `paragraphs`, `tags` and `failures`.

Every document is read and tagged on its own, and what comes of it is kept. The tables are then
written from what is kept, document by document: an interrupted run goes on where it was, an
unchanged document costs nothing, and memory does not grow with the corpus.
"""

from __future__ import annotations

import io
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from tqdm.auto import tqdm

from pipeline.errors import CorpusError, ModelError, PipelineError
from pipeline.extract import LIMITS, READERS, Limits, missing_text
from pipeline.folder import (
    AUTHORITIES_FILE,
    OVERRIDES_FILE,
    Listing,
    failure_row,
    list_documents,
    read_overrides,
)
from pipeline.kept import PACKAGE, Kept, code_version, digest_of_files, key_of, package_versions
from pipeline.paths import AUTHORITIES
from pipeline.records import DOCUMENTS, FAILURES, PAGES, PARAGRAPHS, TAGS
from pipeline.spread import spread_jobs
from pipeline.tables import TableWriter, read_parts, schema_of, to_pandas, write_table
from pipeline.worker import Answer, Job, Reading, pack_failure, pack_reading, unpack_reading

READING_PACKAGES = ("pdfminer.six", "spacy", "lxml", "python-docx", "pandas", "pyarrow")
TAGGING_PACKAGES = ("spacy", "scikit-learn", "numpy", "scipy", "skops", "pandas", "pyarrow")
# What may come of a job besides an answer. What depends on the moment is tried again next time.
TROUBLES = {
    "gone": ("The file vanished while the run was going on.", "Put it back and run again."),
    "changed": (
        "The file changed while the run was going on.",
        "Run again when nothing writes to it any more.",
    ),
    "unreadable": (
        "The file cannot be opened ({detail}).",
        "Check that it is still there and that you may read it.",
    ),
    "crash": (
        "The process that read it died, also in a second try ({detail}).",
        "Print the document to a new PDF; if that fails too, report it.",
    ),
    "memory": (
        "Reading needed over {memory} MB of memory and was stopped.",
        "Print the document to a new PDF, or allow more (--memory).",
    ),
    "time": (
        "Reading took over {seconds} seconds and was stopped.",
        "Print the document to a new PDF, or allow more (--seconds).",
    ),
}
LASTING = ("memory", "time")
# Starting a process takes as long as reading and tagging so many reports.
WORTH_A_PROCESS = 15


@dataclass(frozen=True)
class Settings:
    """How a corpus is read: limits for one document, the model (None: no tags), by what.

    `processes` on this machine (None: one for each processor), or the address of the scheduler of
    a Dask `cluster`. `reader` and `ocr` are those of `extract_bytes`.
    """

    limits: Limits = LIMITS
    model: Path | None = None
    processes: int | None = None
    cluster: str = ""
    reader: str = READERS[0]
    ocr: bool = False
    quiet: bool = False


@dataclass(frozen=True)
class Found:
    """What is kept of a document that counts: the keys of its reading and of its tags."""

    reading: str
    tags: str = ""


@dataclass
class Gathered:
    """Where the results of a folder are kept, by source file, and what could not be read.

    `lasting` says that the next run over the same files would find the same.
    """

    found: dict[str, Found] = field(default_factory=dict)
    failures: list[dict[str, str]] = field(default_factory=list)
    duplicates: dict[str, str] = field(default_factory=dict)
    lasting: bool = True


@dataclass(frozen=True, slots=True)
class Tables:
    """The tables of a corpus folder in memory, sorted by source file."""

    documents: pd.DataFrame
    paragraphs: pd.DataFrame
    failures: pd.DataFrame


def read_corpus(folder: Path, settings: Settings = Settings()) -> Tables:
    """Read every document below `folder` into memory; nothing is kept.

    A document that cannot be read, or that lies there twice, is a row of `failures`. Raises
    `CorpusError` when there is no such folder, nothing in it, or its `documents.csv` is wrong.
    """
    with tempfile.TemporaryDirectory() as place:
        out = Path(place)
        write_corpus(list_documents(folder, settings.limits), out, Kept(out / "kept"), settings)
        names = ("documents", "paragraphs", "failures")
        return Tables(*(pd.read_parquet(out / f"{name}.parquet") for name in names))


def write_corpus(listing: Listing, out: Path, kept: Kept, settings: Settings) -> Gathered:
    """Read what is listed and write the tables to `out`, `tags` only where there is a model.

    What `kept` holds is not done again. Raises `CorpusError` for a wrong `documents.csv` or
    `authorities.csv`, `ModelError` for a model that is no good.
    """
    overrides = _Overrides(listing.folder)
    gathered = gather(listing, kept, settings)
    overrides.settle(listing, gathered)
    gathered.failures.extend(overrides.failures)
    failures = gathered.failures
    with ExitStack() as files:
        documents, paragraphs = (
            files.enter_context(TableWriter(out, name, schema_of(columns)))
            for name, columns in (("documents", DOCUMENTS), ("paragraphs", PARAGRAPHS))
        )
        tags = settings.model and files.enter_context(TableWriter(out, "tags", schema_of(TAGS)))
        for source_file, found in sorted(gathered.found.items()):
            reading = _kept_reading(kept, found)
            row = overrides.apply(source_file, reading.document)
            if pages := row["pages_without_text"]:
                failures.append(failure_row(source_file, PAGES, missing_text(pages)))
            documents.add(pa.Table.from_pylist([row], schema=schema_of(DOCUMENTS)))
            paragraphs.add(reading.paragraphs)
            if tags:
                tags.add(_kept_tags(kept, found.tags))
    failures.sort(key=lambda row: (row["source_file"], row["stage"]))
    write_table(_frame(failures, FAILURES), out, "failures")
    return gathered


def gather(listing: Listing, kept: Kept, settings: Settings) -> Gathered:
    """Read and tag whatever is listed and not kept, and keep it.

    Of a document that lies there twice the first name that can be read is counted. (The same
    bytes may be a report under one name and, under another, a web page saved as PDF.)
    """
    gathered = Gathered(failures=list(listing.failures))
    gatherer = _Gatherer(listing, kept, settings)
    names: dict[str, list[str]] = {}
    for source_file, sha256 in listing.files.items():
        names.setdefault(sha256, []).append(source_file)
    waiting = {each[0]: each[1:] for each in names.values()}
    with tqdm(
        total=len(waiting), desc="Reading", unit="document", disable=settings.quiet or None
    ) as progress:
        while waiting:
            again: dict[str, list[str]] = {}
            for source_file, found in gatherer.find(waiting):
                others = waiting[source_file]
                if isinstance(found, Found):
                    gathered.found[source_file] = found
                    gathered.duplicates |= dict.fromkeys(others, source_file)
                else:
                    gathered.failures.append(failure_row(source_file, "extract", found))
                    if others:
                        again[others[0]] = others[1:]
                progress.update()
            waiting = again
    gathered.lasting &= gatherer.lasting
    gathered.failures += [_duplicate(*pair) for pair in gathered.duplicates.items()]
    return gathered


def tag_table(out: Path, kept: Kept, settings: Settings) -> int:
    """Tag the paragraphs that `write_corpus` wrote to `out`; gives the number of tagged ones."""
    gatherer = _Gatherer(Listing(out, {}, []), kept, settings)
    keys = gatherer.find_tags(_documents_of_table(out))
    n_tagged = 0
    with TableWriter(out, "tags", schema_of(TAGS)) as writer:
        for key in keys:
            tags = _kept_tags(kept, key)
            n_tagged += tags["tagged"].to_pylist().count(True)
            writer.add(tags)
    return n_tagged


def _documents_of_table(out: Path) -> Iterator[tuple[str, bytes]]:
    """Each document of the table `paragraphs`, as a reading."""
    schema = schema_of(PARAGRAPHS)
    parts = read_parts(out, "paragraphs", PARAGRAPHS, written_by="extract")
    rows = (row for part in parts for row in part.to_pylist())
    for doc_id, own in groupby(rows, key=lambda row: row["doc_id"]):
        yield doc_id, pack_reading(pa.Table.from_pylist(list(own), schema=schema), {})


class _Gatherer:
    """Finds results in what is kept, and has those made that are not there."""

    def __init__(self, listing: Listing, kept: Kept, settings: Settings) -> None:
        self._listing = listing
        self._kept = kept
        self._settings = settings
        self._more = _read_more_authorities(listing.folder)
        self.lasting = True
        self._reading_key = (
            code_version("document", READING_PACKAGES),
            digest_of_files([AUTHORITIES, PACKAGE / "worker.py"]),
            self._more,
            settings.limits,
            settings.reader,
            # The extras only matter where they are used.
            package_versions(["pypdfium2"]) if settings.reader == "pdfium" else "",
            package_versions(["ocrmypdf"]) if settings.ocr else "",
        )
        self._model = str(settings.model.resolve()) if settings.model is not None else ""
        self._tags_key: tuple = ()
        if settings.model is not None:
            files = sorted(path for path in settings.model.glob("*") if path.is_file())
            files.append(PACKAGE / "worker.py")
            self._tags_key = (code_version("tag", TAGGING_PACKAGES), digest_of_files(files))

    def find(self, names: Iterable[str]) -> Iterator[tuple[str, Found | PipelineError]]:
        """What came of each document, those that are kept first."""
        missing: dict[str, str] = {}
        for name in names:
            key = self._key_of_reading(name)
            data = self._kept.get(key)
            if data is None:
                missing[name] = ""
                continue
            reading = unpack_reading(data)
            if reading.failure:
                yield name, _failure(reading)
            elif not self._has_tags(reading.passages):
                missing[name] = key
            else:
                yield name, Found(key, self._key_of_tags(reading.passages))
        jobs = (self._job(name, key) for name, key in missing.items())
        for answer in self._spread(jobs, 1 + len(missing) // WORTH_A_PROCESS):
            yield answer.source_file, self._keep(answer)

    def find_tags(self, readings: Iterable[tuple[str, bytes]]) -> list[str]:
        """The keys of the tags of readings that come with a name for each, in their order."""
        keys: list[str] = []

        def jobs() -> Iterator[Job]:
            for name, data in readings:
                passages = unpack_reading(data).passages
                keys.append(self._key_of_tags(passages))
                if not self._has_tags(passages):
                    yield Job(name, model=self._model, reading=data)

        for answer in self._spread(jobs()):
            if isinstance(failure := self._keep(answer), PipelineError):
                raise CorpusError(f"{answer.source_file}: {failure}", failure.hint)
        return keys

    def _spread(self, jobs: Iterator[Job], at_most: int | None = None) -> Iterator[Answer]:
        if self._settings.cluster:
            # Dask is an extra that only a run on a cluster needs.
            from pipeline.cluster import spread_over_cluster

            packages = (*READING_PACKAGES, *TAGGING_PACKAGES)
            return spread_over_cluster(jobs, self._settings.cluster, packages)
        return spread_jobs(jobs, self._settings.processes, at_most)

    def _key_of_reading(self, name: str) -> str:
        return key_of("reading", self._listing.files[name], name, *self._reading_key)

    def _key_of_tags(self, passages: str) -> str:
        return key_of("tags", passages, *self._tags_key) if self._tags_key else ""

    def _has_tags(self, passages: str) -> bool:
        return not self._tags_key or self._kept.get(self._key_of_tags(passages)) is not None

    def _job(self, name: str, key: str) -> Job:
        return Job(
            source_file=name,
            path=str(self._listing.folder.resolve() / name),
            sha256=self._listing.files[name],
            limits=self._settings.limits,
            more_authorities=self._more,
            reader=self._settings.reader,
            ocr=self._settings.ocr,
            model=self._model,
            reading=(self._kept.get(key) or b"") if key else b"",
        )

    def _keep(self, answer: Answer) -> Found | PipelineError:
        name = answer.source_file
        if answer.trouble == "model":
            raise ModelError(answer.detail)
        if answer.trouble:
            reason, hint = TROUBLES[answer.trouble]
            limits = self._settings.limits
            failure = PipelineError(
                reason.format(
                    detail=answer.detail,
                    memory=limits.memory // 1_000_000,
                    seconds=limits.seconds,
                ),
                hint,
            )
            if answer.trouble not in LASTING:
                self.lasting = False
                return failure
            answer = Answer(name, pack_failure(failure))
        reading = unpack_reading(answer.reading)
        key = self._key_of_reading(name) if name in self._listing.files else ""
        if key:
            self._kept.put(key, answer.reading)
        if reading.failure:
            return _failure(reading)
        found = Found(key, self._key_of_tags(reading.passages))
        if found.tags:
            self._kept.put(found.tags, answer.tags)
        return found


def _failure(reading: Reading) -> PipelineError:
    return PipelineError(reading.failure["reason"], reading.failure["what_to_do"])


def _read_more_authorities(folder: Path) -> str:
    """The text of the `authorities.csv` of a corpus, empty if it has none."""
    path = folder / AUTHORITIES_FILE
    if not path.is_file():
        return ""
    # Only a corpus with authorities of its own waits for spaCy to load.
    from pipeline.authorities import load_authorities

    load_authorities(path)
    return path.read_text(encoding="utf-8-sig")


def _kept_reading(kept: Kept, found: Found) -> Reading:
    return unpack_reading(_whole(kept.get(found.reading)))


def _kept_tags(kept: Kept, key: str) -> pa.Table:
    return pq.read_table(io.BytesIO(_whole(kept.get(key))))


def _whole(data: bytes | None) -> bytes:
    if data is None:
        raise CorpusError(
            "Something kept from this run was removed or damaged while it was going on.",
            "Run the same command again.",
        )
    return data


class _Overrides:
    """What `documents.csv` says, put over what was read."""

    def __init__(self, folder: Path) -> None:
        self._values = read_overrides(folder / OVERRIDES_FILE)
        self._folder = folder
        self.failures: list[dict[str, str]] = []

    def settle(self, listing: Listing, gathered: Gathered) -> None:
        """Let a duplicate's row speak for the copy that counts; say which rows are stray."""
        for copy, counted in gathered.duplicates.items():
            if copy in self._values:
                self._values[counted] = self._values[copy] | self._values.get(counted, {})
        there = {*listing.files, *(row["source_file"] for row in listing.failures)}
        self.failures = [_stray_override(name) for name in self._values if name not in there]
        named = {values["authority"] for values in self._values.values() if "authority" in values}
        self._authorities: dict[str, dict] = {}
        if named:
            # Only a correction of authorities waits for spaCy to load.
            from pipeline.authorities import load_authorities

            more = self._folder / AUTHORITIES_FILE
            table = load_authorities(more if more.is_file() else None)
            self._authorities = table.set_index("name").to_dict("index")

    def apply(self, source_file: str, document: dict) -> dict:
        """The row of a document as it is to be."""
        values = self._values.get(source_file, {})
        if "authority" in values:
            known = self._authorities.get(values["authority"], {})
            document = document | {key: known.get(key, "") for key in ("ons_code", "region")}
        return document | values


def _duplicate(source_file: str, first: str) -> dict:
    return failure_row(
        source_file,
        "duplicate",
        PipelineError(
            f"It is the same document as {first}, which is counted.",
            "Nothing, or remove one of the two.",
        ),
    )


def _stray_override(source_file: str) -> dict:
    return failure_row(
        source_file,
        OVERRIDES_FILE,
        PipelineError(
            "documents.csv describes this file, but it is not there.",
            "Correct its path in documents.csv (relative to the corpus folder).",
        ),
    )


def _frame(rows: list[dict], columns: list[str]) -> pd.DataFrame:
    return to_pandas(pa.Table.from_pylist(rows, schema=schema_of(columns)))
