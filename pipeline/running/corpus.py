"""A folder of reports → the tables `documents`, `paragraphs`, `tags` and `failures`.

Each document is read and tagged separately, and its results go into the cache. The tables are
then written from the cache, one document at a time. So an interrupted run carries on from where
it was, an unchanged document costs nothing, and memory does not grow with the corpus.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

import pyarrow as pa

from pipeline.base.columns import DISCREPANCIES, DOCUMENTS, FAILURES, PARAGRAPHS, TAGS
from pipeline.base.errors import CorpusError
from pipeline.base.records import is_substantive
from pipeline.base.settings import Settings
from pipeline.base.tables import (
    RowsByDocument,
    TableWriter,
    read_table,
    schema_of,
    to_pandas,
    write_table,
)
from pipeline.documents.overrides import Overrides
from pipeline.documents.publisher import Publisher
from pipeline.running.cache import Cache, in_batches
from pipeline.running.failures import misspelt, read_in_part, stray_override
from pipeline.running.gather import Found, Gathered, Gatherer, gather
from pipeline.running.job import Reading, reading_of, unpack_reading, unpack_table
from pipeline.running.listing import Listing
from pipeline.tagging.familiarity import Familiarity, read_familiarity


def write_corpus(
    listing: Listing, out: Path, cache: Cache, settings: Settings, model: Path | None = None
) -> Gathered:
    """Read the listed documents and write the tables to `out`; `tags` only if there is a `model`.

    Results in the cache are used again. Raises `CorpusError` for a faulty `documents.csv`,
    `manifest.csv` or `authorities.csv`, and `ModelError` for a model that cannot be used.
    """
    overrides, publisher = Overrides(listing.folder), Publisher(listing.folder)
    gathered = gather(listing, cache, settings, model)
    for told in (overrides, publisher):
        told.speak_for(gathered.duplicates)
    listed = {*listing.files, *(row["source_file"] for row in listing.failures)}
    failures = gathered.failures
    failures += [stray_override(name) for name in overrides.strays(listed)]
    discrepancies: list[dict[str, str]] = []
    familiar = read_familiarity(model) if model else None
    with ExitStack() as files:
        documents, paragraphs = (
            files.enter_context(TableWriter(out, name, schema_of(columns)))
            for name, columns in (("documents", DOCUMENTS), ("paragraphs", PARAGRAPHS))
        )
        tags = files.enter_context(TableWriter(out, "tags", schema_of(TAGS))) if model else None
        for source_file, packed, packed_tags in _results(cache, gathered.found):
            reading = unpack_reading(packed)
            row, differing = publisher.apply(source_file, reading.document)
            discrepancies += differing
            row = overrides.apply(source_file, row) | _familiarity(familiar, reading.paragraphs)
            failures += [read_in_part(source_file, gap) for gap in reading.gaps]
            if meant := overrides.may_mean(source_file):
                failures.append(misspelt(source_file, row["authority"], meant))
            documents.add(pa.Table.from_pylist([row], schema=schema_of(DOCUMENTS)))
            paragraphs.add(reading.paragraphs)
            if tags:
                tags.add(unpack_table(packed_tags))
    failures.sort(key=lambda row: (row["source_file"], row["stage"]))
    for name, rows, columns in (
        ("failures", failures, FAILURES),
        ("discrepancies", discrepancies, DISCREPANCIES),
    ):
        table = pa.Table.from_pylist(rows, schema=schema_of(columns))
        write_table(to_pandas(table), out, name)
    return gathered


def write_tags(out: Path, cache: Cache, settings: Settings, model: Path) -> int:
    """Tag the paragraphs that `write_corpus` wrote to `out`; returns how many tags are given.

    The table `documents` is written again, with how familiar each is to the model.
    """
    gatherer = Gatherer(Listing(out, {}, []), cache, settings, model)
    told, familiar = [], read_familiarity(model)

    def readings() -> Iterator[tuple[str, Reading]]:
        for doc_id, reading in _readings_of(out):
            told.append(_familiarity(familiar, reading.paragraphs))
            yield doc_id, reading

    keys = gatherer.find_tags(readings())
    documents = read_table(out, "documents").assign(
        **{name: [row[name] for row in told] for name in ("familiarity", "unfamiliar")}
    )
    schema = schema_of(DOCUMENTS)
    with TableWriter(out, "documents", schema) as writer:
        writer.add(pa.Table.from_pandas(documents, schema=schema, preserve_index=False))
    n_tagged = 0
    with TableWriter(out, "tags", schema_of(TAGS)) as writer:
        for batch in in_batches(keys):
            for packed in cache.get_all(batch):
                tags = unpack_table(_whole(packed))
                n_tagged += tags["tagged"].to_pylist().count(True)
                writer.add(tags)
    return n_tagged


def _results(cache: Cache, found: Mapping[str, Found]) -> Iterator[tuple[str, bytes, bytes]]:
    """Yields each source file, in order, with its packed reading and tags (empty if none)."""
    for batch in in_batches(sorted(found.items())):
        readings = cache.get_all([told.reading for _, told in batch])
        tags = cache.get_all([told.tags for _, told in batch if told.tags])
        own_tags = iter(tags)
        for (name, told), reading in zip(batch, readings, strict=True):
            yield name, _whole(reading), _whole(next(own_tags)) if told.tags else b""


def _familiarity(familiar: Familiarity | None, paragraphs: pa.Table) -> dict[str, object]:
    """The columns of a document that say how familiar it is to a model; unknown without one."""
    share, unfamiliar = None, False
    if familiar is not None:
        columns = (paragraphs[name].to_pylist() for name in ("text", "kind", "boilerplate"))
        rows = zip(*columns, strict=True)
        share, unfamiliar = familiar.judge(t for t, *known in rows if is_substantive(*known))
    return {"familiarity": share, "unfamiliar": unfamiliar}


def _readings_of(out: Path) -> Iterator[tuple[str, Reading]]:
    """Yields the id of each document in `out`, and its reading without the document's row."""
    documents = read_table(out, "documents")
    with RowsByDocument(out, "paragraphs") as paragraphs:
        for doc_id in documents["doc_id"]:
            yield doc_id, reading_of({}, paragraphs.take_table([doc_id]))
        paragraphs.check_end()


def _whole(data: bytes | None) -> bytes:
    if data is None:
        raise CorpusError(
            "A cached result was removed or damaged during the run.",
            "Run the same command again.",
        )
    return data
