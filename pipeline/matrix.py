"""Tags + documents → cells (authority x theme) → the cross-authority theme matrix."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import pandas as pd

from pipeline.codebook import STANCES
from pipeline.errors import TableError
from pipeline.estimate import Errors, add_shares
from pipeline.records import CELLS, MEASURES, check_columns

# The row of the documents whose authority could not be established; they are counted too.
NOT_ESTABLISHED = "(not established)"
COUNTS = ["n_tagged", *(f"n_{stance}" for stance in STANCES)]


def count_by_document(tags: pd.DataFrame, documents: pd.DataFrame) -> pd.DataFrame:
    """`COUNTS` for every document and theme, with the columns of `documents` beside them.

    An empty authority becomes `NOT_ESTABLISHED`. Raises `TableError` where the tags are not those
    of the documents: an untagged document would count as one that does not mention any theme.
    """
    themes = list(dict.fromkeys(tags["theme"])) if "theme" in tags.columns else []
    return count_in_parts([(tags, documents)], documents, themes)


def count_in_parts(
    parts: Iterable[tuple[pd.DataFrame, pd.DataFrame]],
    documents: pd.DataFrame,
    themes: Sequence[str],
) -> pd.DataFrame:
    """The same from parts, each the tags of some of the documents and these documents."""
    counts = pd.concat([_count(tags, own, themes) for tags, own in parts])
    _check_all_tagged(counts, documents, themes)
    return counts.drop(columns="n_tags").reset_index(drop=True)


def _count(tags: pd.DataFrame, documents: pd.DataFrame, themes: Sequence[str]) -> pd.DataFrame:
    check_columns(tags, ["doc_id", "paragraph_id", "theme", "tagged", "stance"], "tags")
    check_columns(documents, ["doc_id", "authority", "n_paragraphs", "n_words"], "documents")
    if orphans := sorted(set(tags["doc_id"]) - set(documents["doc_id"])):
        raise TableError(
            f"Tags without a document: {orphans[:3]}.", "Run `extract` and `tag` again."
        )
    pairs = pd.MultiIndex.from_product([documents["doc_id"], themes], names=["doc_id", "theme"])
    rows = tags[["doc_id", "theme"]].assign(n_tags=1, n_tagged=tags["tagged"].astype(int))
    for stance in STANCES:
        rows[f"n_{stance}"] = (tags["tagged"] & (tags["stance"] == stance)).astype(int)
    counts = rows.groupby(["doc_id", "theme"]).sum().reindex(pairs, fill_value=0).reset_index()
    named = documents.assign(authority=documents["authority"].replace("", NOT_ESTABLISHED))
    return counts.merge(named, on="doc_id", validate="many_to_one")


def _check_all_tagged(
    counts: pd.DataFrame, documents: pd.DataFrame, themes: Sequence[str]
) -> None:
    wrong = counts.loc[counts["n_tags"] != counts["n_paragraphs"], "doc_id"]
    if not themes:
        wrong = documents.loc[documents["n_paragraphs"] > 0, "doc_id"]
    wrong = list(dict.fromkeys(wrong))
    if wrong:
        some = documents[documents["doc_id"].isin(wrong[:3])]
        names = some["source_file"] if "source_file" in some.columns else some["doc_id"]
        raise TableError(
            f"{len(wrong)} of {len(documents)} documents are not tagged, or not as they are now: "
            f"{', '.join(names)}.",
            "Run `inspection-themes tag` first.",
        )


def sum_by(
    counts: pd.DataFrame, key: str, errors: Mapping[str, Errors] | None = None
) -> pd.DataFrame:
    """`MEASURES` for every value of the column `key` and theme, sorted by `key`.

    `counts` is what `count_by_document` gives; an unmentioned theme is 0.
    """
    totals = counts.groupby([key, "theme"], sort=False).agg(
        n_documents=("doc_id", "nunique"),
        **{name: (name, "sum") for name in ("n_paragraphs", "n_words", *COUNTS)},
    )
    themes = list(dict.fromkeys(counts["theme"]))
    order = pd.MultiIndex.from_product(
        [sorted(counts[key].unique()), themes], names=[key, "theme"]
    )
    return add_shares(totals.reindex(order).reset_index(), errors)[[key, "theme", *MEASURES]]


def build_cells(
    tags: pd.DataFrame,
    documents: pd.DataFrame,
    errors: Mapping[str, Errors] | None = None,
) -> pd.DataFrame:
    """The `cells` table: every authority and theme, sorted; an unmentioned theme is 0.

    `share` is `n_tagged / n_paragraphs`, where only substantive paragraphs count. `errors` are
    the classifier's, by theme (see `estimate.add_shares`).
    """
    return sum_by(count_by_document(tags, documents), "authority", errors)[CELLS]


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
    """The tagged paragraphs with their text and document, per authority and theme, surest first.

    `carries_from` and `carries_to` are the span of the carrying sentence in `text`, empty where
    the tags do not have it.
    """
    tagged = tags[tags["tagged"]]
    for column in ("carries_from", "carries_to"):
        if column not in tagged.columns:
            tagged = tagged.assign(**{column: pd.array([pd.NA] * len(tagged), dtype="Int64")})
    evidence = tagged.merge(
        paragraphs.drop(columns=["doc_id", "source_file"]), on="paragraph_id",
        validate="many_to_one",
    ).merge(documents[EVIDENCE_OF_DOCUMENT], on="doc_id", validate="many_to_one")  # fmt: skip
    evidence["authority"] = evidence["authority"].replace("", NOT_ESTABLISHED)
    evidence["probability"] = evidence["probability"].round(3)
    evidence = evidence.sort_values(**EVIDENCE_ORDER)
    return evidence[EVIDENCE].reset_index(drop=True)


EVIDENCE_ORDER = {
    "by": ["authority", "theme", "probability", "paragraph_id"],
    "ascending": [True, True, False, True],
}
EVIDENCE_OF_DOCUMENT = [
    "doc_id",
    "authority",
    "source_file",
    "published_on",
    "document_type",
    "framework",
    "region",
    "overall_effectiveness",
]
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
    "published_on",
    "document_type",
    "framework",
    "region",
    "overall_effectiveness",
    "carries_from",
    "carries_to",
    "paragraph_id",
]
