"""The kinds of document in a run, and whether the classifier was validated on each."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from pipeline.base.columns import DOCUMENT_TYPES, KINDS
from pipeline.matrix.intervals import (
    MIN_VALIDATED,
    MIN_VALIDATED_DOCUMENTS,
    OF_THIS_RUN,
    is_validated,
)

# What tables, workbook, picture and report say of a share that cannot be corrected.
NOT_VALIDATED = "not validated for this kind"


def build_kinds(documents: pd.DataFrame, card: Mapping) -> pd.DataFrame:
    """The `kinds` table: a row for each document type of the run, as declared in `KINDS`.

    `card` is the model's; {} or an older one has validated nothing.
    """
    sums = documents.groupby("document_type").agg(
        n_documents=("doc_id", "nunique"), n_paragraphs=("n_paragraphs", "sum")
    )
    known = card.get("kinds") or {}
    order = sorted(sums.index, key=(*DOCUMENT_TYPES, *sums.index).index)
    rows = [(kind, *sums.loc[kind], *_validation(known.get(kind))) for kind in order]
    table = pd.DataFrame(rows, columns=KINDS)
    whole = ["n_documents", "n_paragraphs", "n_validated"]
    return table.astype({**dict.fromkeys(whole, "int64"), "validated": bool, "note": "str"})


def _validation(known: Mapping | None) -> tuple[int, bool, str]:
    """`n_validated`, `validated` and `note` of a kind."""
    if known is None:
        none = f"No paragraph of this kind was coded at random: {NOT_VALIDATED}, shares are raw."
        return 0, False, none
    n, n_documents = known["n_paragraphs"], known["n_documents"]
    if OF_THIS_RUN in known:
        return n, True, known[OF_THIS_RUN]
    documents = f"{n_documents} document{'' if n_documents == 1 else 's'}"
    coded = f"{n:,} paragraphs of {documents} of this kind were coded at random"
    if is_validated(known):
        return n, True, f"{coded}: shares are corrected where the theme is common enough."
    least = f"it takes {MIN_VALIDATED} of {MIN_VALIDATED_DOCUMENTS} documents"
    return n, False, f"Only {coded}, and {least}: {NOT_VALIDATED}, shares are raw."
