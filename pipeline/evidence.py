"""Tables on disk → the documents a few at a time, and the evidence of the matrix in its order.

The matrix is made from tables that may be larger than memory: they are read in step, some
documents at a time, and the evidence, which goes by authority, is sorted on disk.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.matrix import EVIDENCE, EVIDENCE_ORDER, build_evidence
from pipeline.records import DOCUMENTS, PARAGRAPHS, TAGS
from pipeline.tables import (
    RowsByDocument,
    part_folder,
    read_parts,
    read_table,
    schema_of,
    to_pandas,
)

# Documents in a part: some 3,000 paragraphs of the usual report.
DOCUMENTS_AT_ONCE = 20
# Rows that are sorted at once, and the most files that are open for it.
ROWS_AT_ONCE, MAX_FILES = 3_000, 64


class Part(NamedTuple):
    """Some documents with all their paragraphs and tags."""

    documents: pd.DataFrame
    paragraphs: pd.DataFrame
    tags: pd.DataFrame


def read_in_parts(folder: Path) -> Iterator[Part]:
    """The tables of a run in step; raises `TableError` where they do not fit together."""
    documents = read_table(folder, "documents", DOCUMENTS, written_by="extract")
    paragraphs = RowsByDocument(folder, "paragraphs", PARAGRAPHS, written_by="extract")
    tags = RowsByDocument(folder, "tags", TAGS, written_by="tag")
    for start in range(0, len(documents) or 1, DOCUMENTS_AT_ONCE):
        own = documents.iloc[start : start + DOCUMENTS_AT_ONCE]
        yield Part(own, paragraphs.take(own["doc_id"]), tags.take(own["doc_id"]))
    paragraphs.close()
    tags.close()


def read_tags_in_parts(folder: Path) -> Iterator[tuple[pd.DataFrame, pd.DataFrame]]:
    """The tags and the documents they are of, likewise, without the paragraphs."""
    columns = ["paragraph_id", "doc_id", "theme", "tagged", "stance"]
    documents = read_table(folder, "documents", DOCUMENTS, written_by="extract")
    tags = RowsByDocument(folder, "tags", columns, written_by="tag")
    for start in range(0, len(documents) or 1, DOCUMENTS_AT_ONCE):
        own = documents.iloc[start : start + DOCUMENTS_AT_ONCE]
        yield tags.take(own["doc_id"]), own
    tags.close()


def read_themes(folder: Path) -> list[str]:
    """The themes of the tags, in their order; raises `TableError` where there are no tags."""
    _, *parts = islice(read_parts(folder, "tags", ["theme"], written_by="tag"), 2)
    return list(dict.fromkeys(parts[0]["theme"].to_pylist())) if parts else []


def sort_evidence(
    read: Callable[[], Iterator[Part]], cells: pd.DataFrame, folder: Path
) -> Iterator[pd.DataFrame]:
    """What `build_evidence` gives for all parts together, in its order, but bit by bit.

    `cells` say how much there is for each. What is being sorted lies in `folder`.
    """
    bucket_of = _share_out(cells)
    schema = schema_of(EVIDENCE)
    with part_folder(folder, "evidence") as place:
        with ExitStack() as files:
            writers: dict[int, pq.ParquetWriter] = {}
            for part in read():
                evidence = build_evidence(part.tags, part.paragraphs, part.documents)
                cell = pd.MultiIndex.from_frame(evidence[["authority", "theme"]])
                for bucket, rows in evidence.groupby(cell.map(bucket_of)):
                    if bucket not in writers:
                        path = place / f"{bucket}.parquet"
                        writers[bucket] = files.enter_context(pq.ParquetWriter(path, schema))
                    table = pa.Table.from_pandas(rows, schema=schema, preserve_index=False)
                    writers[bucket].write_table(table)
        for bucket in sorted(writers):
            rows = to_pandas(pq.read_table(place / f"{bucket}.parquet"))
            yield rows.sort_values(**EVIDENCE_ORDER).reset_index(drop=True)


def _share_out(cells: pd.DataFrame) -> dict[tuple[str, str], int]:
    """Authority and theme → the number of the file its evidence goes to, in their order."""
    sizes = cells.groupby(["authority", "theme"])["n_tagged"].sum().sort_index()
    at_once = max(ROWS_AT_ONCE, int(sizes.sum()) // MAX_FILES + 1)
    return ((sizes.cumsum() - sizes) // at_once).astype(int).to_dict()
