"""Tags + paragraphs + documents → the evidence: the tagged paragraphs behind each cell.

The evidence of many reports may be larger than memory, so it is collected in the order of the
corpus, a few documents at a time, and sorted by cell on disk.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.base.columns import HALF_COLUMNS
from pipeline.base.files import part_folder
from pipeline.base.pages import page_at
from pipeline.base.tables import ParquetWriter, schema_of, to_pandas
from pipeline.matrix.cells import NOT_ESTABLISHED

EVIDENCE = [
    "authority",
    "theme",
    "stance",
    "probability",
    "text",
    "lead_in",
    "heading",
    "source_file",
    "page",
    "pages",
    "url",
    "published_on",
    "published_precision",
    "document_type",
    "framework",
    "topic",
    "region",
    "overall_effectiveness",
    "carries_from",
    "carries_to",
    *HALF_COLUMNS,
    "paragraph_id",
    "doc_id",
]
OF_DOCUMENT = [
    "doc_id",
    "authority",
    "source_file",
    "url",
    "published_on",
    "published_precision",
    "document_type",
    "framework",
    "topic",
    "region",
    "overall_effectiveness",
]
AT_PAGE = "#page="
START = f"{AT_PAGE}1"
EVIDENCE_FILE = "evidence.parquet"
# How many rows to sort at once, and the most files to open for it.
SORTED_AT_ONCE, MAX_FILES = 3_000, 64


def collect_evidence(
    tags: pd.DataFrame, paragraphs: pd.DataFrame, documents: pd.DataFrame
) -> pd.DataFrame:
    """The tagged paragraphs with their text and document, in order (columns `EVIDENCE`).

    `carries_from` and `carries_to` are the span of the carrying sentence in `text`, and
    `HALF_COLUMNS` those of the two sentences of a mixed paragraph. `page` is that of the carrying
    sentence, and `url` the document's public address, at it if there are pages; empty if that is
    not known.
    """
    tagged = tags[tags["tagged"]]
    evidence = tagged.merge(
        paragraphs.drop(columns=["doc_id", "source_file"]),
        on="paragraph_id",
        validate="many_to_one",
    ).merge(documents[OF_DOCUMENT], on="doc_id", validate="many_to_one")
    evidence["authority"] = evidence["authority"].replace("", NOT_ESTABLISHED)
    evidence["probability"] = evidence["probability"].round(3)
    paged = evidence["doc_id"].isin(documents.loc[documents["n_pages"].notna(), "doc_id"])
    evidence["url"] = evidence["url"].mask(
        paged & (evidence["url"] != ""), evidence["url"] + START
    )
    return at_places(evidence, evidence["carries_from"])[EVIDENCE]


def at_places(evidence: pd.DataFrame, places: pd.Series) -> pd.DataFrame:
    """The evidence with the `page` and `url` of these places in its texts (missing: its start)."""
    turning = map(page_at, evidence["page"], evidence["pages"], places.fillna(0))
    page = pd.Series(pd.array(list(turning), dtype="Int64"), index=evidence.index)
    public = evidence["url"].str.replace(rf"{AT_PAGE}\d+$", "", regex=True)
    url = public.where(public == evidence["url"], public + AT_PAGE + page.astype(str))
    return evidence.assign(page=page, url=url)


def collect_untagged(tags: pd.DataFrame, paragraphs: pd.DataFrame) -> pd.DataFrame:
    """The rows of `paragraphs` that were read for themes and have none, in order."""
    read, tagged = (set(rows["paragraph_id"]) for rows in (tags, tags[tags["tagged"]]))
    return paragraphs[paragraphs["paragraph_id"].isin(read - tagged)]


def sort_by_cell(evidence: pd.DataFrame) -> pd.DataFrame:
    """The evidence by authority and theme, the surest paragraphs first."""
    return evidence.sort_values(
        ["authority", "theme", "probability", "paragraph_id"],
        ascending=[True, True, False, True],
        ignore_index=True,
    )


class EvidenceStore:
    """Evidence on disk, in a hidden folder that is deleted when the `with` ends.

    Once it is closed, `in_corpus_order` and `by_cell` read it, in this process or another.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._schema = schema_of(EVIDENCE)

    def __enter__(self) -> Self:
        with ExitStack() as files:
            self._place = files.enter_context(part_folder(self._folder, "evidence"))
            path = self._place / EVIDENCE_FILE
            self._writer = files.enter_context(ParquetWriter(path, self._schema))
            self._files = files.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._files.__exit__(kind, error, trace)

    def add(self, evidence: pd.DataFrame) -> None:
        """Add all the evidence of some documents."""
        self._writer.write_table(self._arrow(evidence))

    def close(self) -> Path:
        """End adding; gives the folder from which the evidence can be read."""
        self._writer.close()
        return self._place

    def _arrow(self, evidence: pd.DataFrame) -> pa.Table:
        return pa.Table.from_pandas(evidence, schema=self._schema, preserve_index=False)


def in_corpus_order(place: Path) -> Iterator[pd.DataFrame]:
    """The evidence in the order, and in the parts, in which it was added to the store."""
    with pq.ParquetFile(place / EVIDENCE_FILE) as file:
        for number in range(file.num_row_groups):
            yield to_pandas(file.read_row_group(number))


def by_cell(place: Path, cells: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """The evidence as `sort_by_cell` sorts it, in parts; `cells` says how much there is."""
    bucket_of, schema = _share_out(cells), schema_of(EVIDENCE)
    with ExitStack() as files:
        writers: dict[int, ParquetWriter] = {}
        for evidence in in_corpus_order(place):
            cell = pd.MultiIndex.from_frame(evidence[["authority", "theme"]])
            for bucket, rows in evidence.groupby(cell.map(bucket_of)):
                if bucket not in writers:
                    path = place / f"{bucket}.parquet"
                    writers[bucket] = files.enter_context(ParquetWriter(path, schema))
                writers[bucket].write_table(
                    pa.Table.from_pandas(rows, schema=schema, preserve_index=False)
                )
    for bucket in sorted(writers):
        yield sort_by_cell(to_pandas(pq.read_table(place / f"{bucket}.parquet")))


def _share_out(cells: pd.DataFrame) -> Mapping[tuple[str, str], int]:
    """(authority, theme) → the number of the file its evidence goes to, in sorted order."""
    sizes = cells.groupby(["authority", "theme"])["n_tagged"].sum().sort_index()
    at_once = max(SORTED_AT_ONCE, int(sizes.sum()) // MAX_FILES + 1)
    return ((sizes.cumsum() - sizes) // at_once).astype(int).to_dict()
