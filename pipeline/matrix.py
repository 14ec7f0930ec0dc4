"""Tags + documents → cells (authority x theme) → the cross-authority theme matrix."""

from __future__ import annotations

import pandas as pd

from pipeline.codebook import STANCES
from pipeline.errors import TableError
from pipeline.records import CELLS, check_columns

# The row of the documents whose authority could not be established; they are counted too.
NOT_ESTABLISHED = "(not established)"


def build_cells(tags: pd.DataFrame, documents: pd.DataFrame) -> pd.DataFrame:
    """Counts and shares for every authority and theme, sorted; an unmentioned theme is 0.

    `share` is `n_tagged / n_paragraphs`, where only substantive paragraphs count.
    """
    check_columns(tags, ["doc_id", "paragraph_id", "theme", "tagged", "stance"], "tags")
    check_columns(documents, ["doc_id", "authority", "n_paragraphs"], "documents")
    if orphans := sorted(set(tags["doc_id"]) - set(documents["doc_id"])):
        raise TableError(
            f"Tags without a document: {orphans[:3]}.", "Run `extract` and `tag` again."
        )

    named = documents.assign(authority=documents["authority"].replace("", NOT_ESTABLISHED))
    sizes = named.groupby("authority").agg(
        n_documents=("doc_id", "nunique"), n_paragraphs=("n_paragraphs", "sum")
    )
    rows = tags.merge(named[["doc_id", "authority"]], on="doc_id", validate="many_to_one")
    rows["n_tagged"] = rows["tagged"].astype(int)
    for stance in STANCES:
        rows[f"n_{stance}"] = (rows["tagged"] & (rows["stance"] == stance)).astype(int)
    counts = rows.groupby(["authority", "theme"])[
        ["n_tagged", *(f"n_{stance}" for stance in STANCES)]
    ].sum()
    themes = list(dict.fromkeys(tags["theme"]))
    pairs = pd.MultiIndex.from_product([sorted(sizes.index), themes], names=["authority", "theme"])
    cells = counts.reindex(pairs, fill_value=0).reset_index().merge(sizes, on="authority")
    n_paragraphs = cells["n_paragraphs"].astype(float)
    cells["share"] = (cells["n_tagged"] / n_paragraphs.where(n_paragraphs > 0)).fillna(0.0)
    return cells[CELLS]


def pivot_matrix(cells: pd.DataFrame, values: str = "share") -> pd.DataFrame:
    """One row per authority, one column per theme, in the order of the cells."""
    check_columns(cells, ["authority", "theme", "n_documents", "n_paragraphs", values], "cells")
    themes = list(dict.fromkeys(cells["theme"]))
    wide = cells.pivot(
        index=["authority", "n_documents", "n_paragraphs"], columns="theme", values=values
    )
    return wide[themes].reset_index().rename_axis(columns=None)


def build_evidence(
    tags: pd.DataFrame, paragraphs: pd.DataFrame, documents: pd.DataFrame
) -> pd.DataFrame:
    """The tagged paragraphs with their text, per authority and theme, the surest first."""
    evidence = (
        tags[tags["tagged"]]
        .merge(paragraphs.drop(columns=["doc_id"]), on="paragraph_id", validate="many_to_one")
        .merge(
            documents[["doc_id", "authority", "published_on"]], on="doc_id", validate="many_to_one"
        )
    )
    evidence["authority"] = evidence["authority"].replace("", NOT_ESTABLISHED)
    evidence["probability"] = evidence["probability"].round(3)
    evidence = evidence.sort_values(
        ["authority", "theme", "probability", "paragraph_id"], ascending=[True, True, False, True]
    )
    return evidence[
        ["authority", "theme", "stance", "probability", "text", "lead_in", "heading",
         "source_file", "page", "published_on", "paragraph_id"]
    ].reset_index(drop=True)  # fmt: skip
