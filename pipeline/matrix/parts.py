"""The tables of a run, a few documents at a time: whole, they may be larger than memory."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from pipeline.base.tables import RowsByDocument

# Documents in a part: usually some 3,000 paragraphs.
DOCUMENTS_AT_ONCE = 20


class Part(NamedTuple):
    """Some documents with all their paragraphs and tags."""

    documents: pd.DataFrame
    paragraphs: pd.DataFrame
    tags: pd.DataFrame


def read_in_parts(
    folder: Path, documents: pd.DataFrame, without: Collection[str] = ()
) -> Iterator[Part]:
    """The tables `paragraphs` and `tags` in step with `documents`; at least one part.

    Tags of the themes in `without` are left out. Raises `TableError` if they do not match.
    """
    with (
        RowsByDocument(folder, "paragraphs") as paragraphs,
        RowsByDocument(folder, "tags") as tags,
    ):
        for start in range(0, len(documents) or 1, DOCUMENTS_AT_ONCE):
            own = documents.iloc[start : start + DOCUMENTS_AT_ONCE]
            said = tags.take(own["doc_id"])
            if without:
                said = said[~said["theme"].isin(list(without))].reset_index(drop=True)
            yield Part(own, paragraphs.take(own["doc_id"]), said)
        paragraphs.check_end()
        tags.check_end()
