"""A run's tables → the table `places`, and copies of the PDFs in which the sentences are marked.

Each document is marked in a guarded process of its own, as it was read. What was found is kept in
the cache, so a second run writes only the copies that changed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pyarrow as pa
from tqdm.auto import tqdm

from pipeline.base.codebook import name_themes
from pipeline.base.columns import MARKED, MARKS, PLACES
from pipeline.base.errors import CorpusError, PipelineError
from pipeline.base.files import LOCK_FILE, write_whole
from pipeline.base.settings import Settings
from pipeline.base.tables import (
    TableWriter,
    read_card,
    read_parts,
    read_table,
    schema_of,
    write_table,
)
from pipeline.marking.write_marks import check_installed
from pipeline.matrix.parts import read_in_parts
from pipeline.matrix.provisional import themes_left_out
from pipeline.report.colours import theme_colour
from pipeline.report.links import MARKED_FOLDER
from pipeline.running.cache import Cache, key_of
from pipeline.running.failures import (
    LASTING_TROUBLES,
    error_of_trouble,
    failure_row,
    marked_in_part,
)
from pipeline.running.job import Answer, Job, pack_table, unpack_reading, unpack_table
from pipeline.running.local import spread_jobs
from pipeline.running.versions import extras_version, marking_version

# Keys of the metadata of a kept table of places: the SHA-256 of the copy, and a failure if any.
COPY, FAILURE = b"copy", b"failure"


def mark_corpus(corpus: Path, out: Path, cache: Cache, settings: Settings) -> bool:
    """Mark the documents whose tags are in `out`; `corpus` is the folder that they were read from.

    Writes `places`, the copies, and, in `failures`, what could not be marked. Copies of documents
    that are gone are deleted. Returns whether another run would find the same. Raises
    `CorpusError` if pikepdf is missing, or if the folder of copies holds something else.
    """
    folder = check_marking(corpus, out)
    folder.mkdir(exist_ok=True)
    folder.joinpath(LOCK_FILE).touch()
    documents = read_table(out, "documents")
    marker = _Marker(corpus, out, folder, cache, settings)
    with tqdm(
        total=int(documents["n_pages"].notna().sum()),
        desc="Marking",
        unit="document",
        disable=settings.quiet or None,
    ) as progress:
        for answer in spread_jobs(marker.jobs(documents, progress.update), settings.processes):
            marker.keep(answer)
            progress.update()
    with TableWriter(out, "places", schema_of(PLACES)) as writer:
        for places in marker.places():
            writer.add(places)
    list_unmarked(out, list(marker.failures.values()))
    _delete_others(folder, marker.copies)
    return marker.lasting


def list_unmarked(out: Path, rows: list[dict[str, str]]) -> None:
    """Put the rows about what could not be marked into `failures`, for those of before."""
    failures = read_table(out, "failures")
    others = failures[failures["stage"] != MARKED]
    if rows or len(others) < len(failures):
        told = pd.DataFrame(rows, columns=failures.columns)
        whole = pd.concat([others, told], ignore_index=True)
        write_table(
            whole.sort_values(["source_file", "stage"], ignore_index=True), out, "failures"
        )


def check_marking(corpus: Path, out: Path) -> Path:
    """The folder for the copies of a run; raises `CorpusError` if it or pikepdf cannot be used."""
    check_installed()
    folder = out.resolve() / MARKED_FOLDER
    if folder == corpus.resolve() or folder in corpus.resolve().parents:
        raise CorpusError(
            f"The reports are in {folder}, where the marked copies go.",
            "Give the folder of the original reports.",
        )
    if folder.is_dir() and any(folder.iterdir()) and not folder.joinpath(LOCK_FILE).exists():
        raise CorpusError(
            f"{folder}, where the marked copies go, holds other files.",
            "Move them away, or use another --out.",
        )
    return folder


def copies_of_run(out: Path, documents: pd.DataFrame) -> dict[str, Path]:
    """The folder with the marked copy of each document that has one, by its source file."""
    if not out.joinpath("places.parquet").is_file():
        return {}
    parts = read_parts(out, "places")
    marked = {doc_id for part in parts for doc_id in part["doc_id"].unique().to_pylist()}
    names = documents.loc[documents["doc_id"].isin(marked), "source_file"]
    folder = out / MARKED_FOLDER
    return {name: folder for name in names if folder.joinpath(name).is_file()}


@dataclass(frozen=True, slots=True)
class _Told:
    """What is asked about a document: the key of the answer, and where the copy goes."""

    key: str
    copy: Path


class _Marker:
    """Finds what the cache and the folder of copies have, and has the rest made."""

    def __init__(
        self, corpus: Path, out: Path, folder: Path, cache: Cache, settings: Settings
    ) -> None:
        self._corpus, self._out, self._folder = corpus.resolve(), out, folder
        self._cache, self._settings = cache, settings
        self._version = (
            marking_version(),
            settings.limits,
            settings.reader,
            extras_version(settings),
        )
        self._asked: dict[str, _Told] = {}
        self._found: set[str] = set()
        self.failures: dict[str, dict[str, str]] = {}
        self.copies: set[Path] = set()
        self.lasting = True

    def jobs(self, documents: pd.DataFrame, done: Callable[[], object]) -> Iterator[Job]:
        """A job for each PDF whose marks are not known; `done()` is called for each other."""
        left_out = themes_left_out(read_card(self._out), self._settings.with_themes)
        for part in read_in_parts(self._out, documents, left_out):
            marks = dict(tuple(_marks_of(part.tags, part.paragraphs).groupby("doc_id")))
            for row in part.documents[part.documents["n_pages"].notna()].itertuples():
                job = self._job(row, marks.get(row.doc_id))
                if job is None:
                    done()
                else:
                    yield job

    def _job(self, row, marks: pd.DataFrame | None) -> Job | None:
        if marks is None:
            return None
        packed = pack_table(pa.Table.from_pandas(marks[MARKS], preserve_index=False))
        name, digest = row.source_file, hashlib.sha256(packed).hexdigest()
        copy = self._folder / name
        told = _Told(key_of("marks", row.sha256, digest, *self._version), copy)
        self._asked[name] = told
        kept = self._cache.get(told.key)
        if kept is not None and _is_intact(unpack_table(kept), copy):
            self._note(name, unpack_table(kept))
            return None
        return Job(
            source_file=name,
            path=str(self._corpus / name),
            sha256=row.sha256,
            limits=self._settings.limits,
            reader=self._settings.reader,
            ocr=self._settings.ocr,
            marks=packed,
        )

    def keep(self, answer: Answer) -> None:
        """Write the copy that an answer brings, and keep what else it says."""
        name, told = answer.source_file, self._asked[answer.source_file]
        if answer.trouble:
            error = error_of_trouble(answer.trouble, answer.detail, self._settings.limits)
            self._fail(name, told, error, lasting=answer.trouble in LASTING_TROUBLES)
        elif answer.reading:
            failure = unpack_reading(answer.reading, with_paragraphs=False).failure
            error = PipelineError(failure["reason"], failure["what_to_do"])
            self._fail(name, told, error, lasting=True)
        else:
            try:
                digest = self._write(told.copy, answer.copy)
            except OSError as error:
                # Open in another program, or a path too long for the system; a full disk fails
                # the tables, too.
                why = PipelineError(
                    f"The marked copy cannot be written ({error.strerror or error}).",
                    "Close it in other programs, or use a shorter --out; then run again.",
                )
                self._fail(name, told, why, lasting=False)
                return
            places = unpack_table(answer.places)
            told_also = {**(places.schema.metadata or {}), COPY: digest}
            if answer.detail:
                told_also[FAILURE] = json.dumps(marked_in_part(name, int(answer.detail)))
            self._keep(name, told, places.replace_schema_metadata(told_also))

    def places(self) -> Iterator[pa.Table]:
        """The places of each document whose marks were found, in the order of the documents."""
        for name, told in self._asked.items():
            if name in self._found and (kept := self._cache.get(told.key)) is not None:
                yield unpack_table(kept)

    def _write(self, path: Path, content: bytes) -> str:
        """Write a copy (none if it is empty), and return its digest."""
        if not content:
            return ""
        path.parent.mkdir(parents=True, exist_ok=True)
        if self._folder not in path.parent.resolve().joinpath(path.name).parents:
            raise OSError("it would lie outside the folder of marked copies")
        write_whole(path, content)
        return hashlib.sha256(content).hexdigest()

    def _fail(self, name: str, told: _Told, error: PipelineError, *, lasting: bool) -> None:
        row = failure_row(name, MARKED, error)
        if lasting:
            told_also = {COPY: "", FAILURE: json.dumps(row)}
            self._keep(
                name, told, schema_of(PLACES).empty_table().replace_schema_metadata(told_also)
            )
        else:
            self.failures[name] = row
            self.lasting = False

    def _keep(self, name: str, told: _Told, places: pa.Table) -> None:
        self._cache.put(told.key, pack_table(places))
        self._note(name, places)

    def _note(self, name: str, places: pa.Table) -> None:
        """Note what is known of a document, whether it was kept or made now."""
        self._found.add(name)
        if places.schema.metadata[COPY]:
            self.copies.add(self._asked[name].copy)
        if failure := places.schema.metadata.get(FAILURE):
            self.failures[name] = json.loads(failure)


def _marks_of(tags: pd.DataFrame, paragraphs: pd.DataFrame) -> pd.DataFrame:
    """The tagged rows of some documents as `MARKS`: each sentence with the themes it carries."""
    colours = {theme: theme_colour(at) for at, theme in enumerate(dict.fromkeys(tags["theme"]))}
    themes = name_themes(colours)
    given = tags[tags["tagged"] & tags["carries_from"].notna()]
    rows = given.merge(paragraphs[["paragraph_id", "position", "text"]], on="paragraph_id")
    rows = rows.assign(
        colour=rows["theme"].map(colours),
        theme=rows["theme"].map(lambda theme: themes[theme].title),
    )
    return rows.sort_values(["doc_id", "position", "carries_from", "carries_to"], kind="stable")


def _is_intact(places: pa.Table, copy: Path) -> bool:
    expected = places.schema.metadata[COPY].decode()
    if not expected:
        return True
    try:
        with copy.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == expected
    except OSError:
        return False


def _delete_others(folder: Path, copies: set[Path]) -> None:
    """Delete the copies of documents that are gone or have no marks any more."""
    for path in sorted(folder.rglob("*"), reverse=True):
        if path.is_dir() and not path.is_symlink():
            if not any(path.iterdir()):
                path.rmdir()
        elif path not in copies and path != folder / LOCK_FILE:
            path.unlink(missing_ok=True)
