"""Tags + documents → cells (authority x theme) → the cross-authority theme matrix."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from pipeline.base.codebook import STANCES
from pipeline.base.columns import (
    CELLS,
    MEASURES,
    STANCE_SHARES,
    STANDARD,
    check_columns,
    empty_table,
)
from pipeline.base.errors import TableError
from pipeline.matrix.dispersion import extra_variance
from pipeline.matrix.intervals import ErrorsByKind, add_shares, pool_kinds
from pipeline.matrix.standard import uncount

# The row for documents whose authority could not be established; they are counted too.
NOT_ESTABLISHED = "(not established)"
COUNTS = ["n_tagged", *(f"n_{stance}" for stance in STANCES)]
SIZES = ["n_paragraphs", "n_words", "extra_variance"]


def count_by_document(
    tags: pd.DataFrame, documents: pd.DataFrame, standard: pd.DataFrame | None = None
) -> pd.DataFrame:
    """`COUNTS` for every document and theme, with the columns of `documents`.

    The paragraphs in the table `standard` (None: there are none) are not counted. An empty
    authority becomes `NOT_ESTABLISHED`. Further columns, for intervals: `extra_variance` (see
    there) and `squares`, the square of n_paragraphs. Raises `TableError` if the tags do not match
    the documents: an untagged document would count as one that mentions no theme.
    """
    counter = DocumentCounter()
    counter.add(tags, documents, standard)
    return counter.counts(documents)


class DocumentCounter:
    """Counts the tags of documents, a few documents at a time."""

    def __init__(self) -> None:
        self._parts: list[pd.DataFrame] = []
        self._standard: list[pd.DataFrame] = [empty_table(STANDARD)]
        self.themes: list[str] = []

    @property
    def standard(self) -> pd.DataFrame:
        """The paragraphs that were not counted, as the table of that name."""
        return pd.concat(self._standard, ignore_index=True).astype(
            {"n_authorities": "int64", "n_words": "int64"}
        )

    def add(
        self, tags: pd.DataFrame, documents: pd.DataFrame, standard: pd.DataFrame | None = None
    ) -> None:
        """Count the tags of some documents, but for those of `standard` paragraphs.

        Raises `TableError` for tags of any other documents.
        """
        check_columns(tags, ["doc_id", "paragraph_id", "theme", "tagged", "stance"], "tags")
        if orphans := sorted(set(tags["doc_id"]) - set(documents["doc_id"])):
            raise TableError(
                f"There are tags without a document: {orphans[:3]}.",
                "Run `extract` and `tag` again.",
            )
        if standard is not None and len(standard):
            self._standard.append(standard)
            tags = uncount(tags, standard)
        rows = tags[["doc_id", "theme"]].assign(n_tags=1, n_tagged=tags["tagged"].astype(int))
        for stance in STANCES:
            rows[f"n_{stance}"] = (tags["tagged"] & (tags["stance"] == stance)).astype(int)
        self._parts.append(rows.groupby(["doc_id", "theme"]).sum())
        self.themes = list(dict.fromkeys([*self.themes, *tags["theme"].unique()]))

    def counts(self, documents: pd.DataFrame) -> pd.DataFrame:
        """The counts of all added `documents`, as `count_by_document` gives them."""
        check_columns(documents, ["doc_id", "authority", "n_paragraphs", "n_words"], "documents")
        pairs = pd.MultiIndex.from_product(
            [documents["doc_id"], self.themes], names=["doc_id", "theme"]
        )
        counts = pd.concat(self._parts).reindex(pairs, fill_value=0).reset_index()
        named = documents.assign(authority=documents["authority"].replace("", NOT_ESTABLISHED))
        counts = counts.merge(named, on="doc_id", validate="many_to_one")
        _check_all_tagged(counts, documents, self.themes)
        counts = self.without_standard(counts.drop(columns="n_tags"))
        return counts.assign(
            extra_variance=extra_variance(counts), squares=counts["n_paragraphs"] ** 2
        )

    def without_standard(self, table: pd.DataFrame) -> pd.DataFrame:
        """`table` with the standard paragraphs taken from its n_paragraphs and n_words."""
        by_document = self.standard.groupby("doc_id")["n_words"].agg(["size", "sum"])
        less = by_document.reindex(table["doc_id"], fill_value=0).to_numpy()
        return table.assign(
            n_paragraphs=table["n_paragraphs"] - less[:, 0], n_words=table["n_words"] - less[:, 1]
        )


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
            f"{len(wrong)} of {len(documents)} documents are not tagged, or have changed since: "
            f"{', '.join(names)}.",
            "Run `inspection-themes tag` first.",
        )


def sum_by(counts: pd.DataFrame, key: str, errors: ErrorsByKind | None = None) -> pd.DataFrame:
    """`MEASURES` for every theme and every value of the column `key`, sorted by `key`.

    `NOT_ESTABLISHED` comes last. `counts` comes from `count_by_document`; an unmentioned theme is
    0. Each document type is corrected for its own errors.
    """
    named = counts.assign(group=counts[key])
    parts = named.groupby(["group", "theme", "document_type"], sort=False).agg(
        n_documents=("doc_id", "nunique"),
        **{name: (name, "sum") for name in (*SIZES, *COUNTS)},
    )
    by_authority = named.groupby([*parts.index.names, "authority"], sort=False)["n_paragraphs"]
    parts["squares"] = (by_authority.sum() ** 2).groupby(parts.index.names, sort=False).sum()
    pooled = pool_kinds(add_shares(parts.reset_index(), errors), ["group", "theme"])
    themes = list(dict.fromkeys(counts["theme"]))
    order = pd.MultiIndex.from_product(
        [sorted(counts[key].unique(), key=_last_if_unknown), themes], names=["group", "theme"]
    )
    ordered = pooled.set_index(["group", "theme"]).reindex(order).reset_index()
    return ordered.rename(columns={"group": key})[[key, "theme", *MEASURES]]


def _last_if_unknown(group: str) -> tuple[bool, str]:
    return group == NOT_ESTABLISHED, group


def build_stances(counts: pd.DataFrame, errors: ErrorsByKind | None = None) -> pd.DataFrame:
    """The `stances` table: of the tagged paragraphs of each cell, the share with each stance.

    `errors` are those of stances by document type and stance (`read_errors(card, "stances")`),
    and correct a stance as those of a theme correct a share: what a coder would call so among the
    paragraphs that are tagged. Stances are verdicts, in which reports differ because services do,
    so no dispersion is allowed for.
    """
    parts = []
    for stance in STANCES:
        of_tagged = counts.assign(
            n_paragraphs=counts["n_tagged"], n_tagged=counts[f"n_{stance}"], extra_variance=0.0
        )
        own = {
            (kind, theme): known
            for (kind, of), known in (errors or {}).items()
            if of == stance
            for theme in counts["theme"].unique()
        }
        parts.append(sum_by(of_tagged, "authority", own).assign(stance=stance))
    renamed = pd.concat(parts).rename(columns={"n_tagged": "n", "n_paragraphs": "n_tagged"})
    order = renamed.sort_values("authority", kind="stable", ignore_index=True)
    return order[STANCE_SHARES]


def build_cells(
    tags: pd.DataFrame,
    documents: pd.DataFrame,
    errors: ErrorsByKind | None = None,
    standard: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """The `cells` table: every authority and theme, sorted; an unmentioned theme is 0.

    `share` is `n_tagged / n_paragraphs`, where only substantive paragraphs count, and those in the
    table `standard` (None: there are none) do not. `errors` are the classifier's, by document type
    and theme (see `intervals.add_shares`).
    """
    return sum_by(count_by_document(tags, documents, standard), "authority", errors)[CELLS]


def pivot_matrix(cells: pd.DataFrame, values: str = "share") -> pd.DataFrame:
    """One row per authority, one column per theme, in the order of the cells."""
    check_columns(cells, ["authority", "theme", "n_documents", "n_paragraphs", values], "cells")
    themes = list(dict.fromkeys(cells["theme"]))
    rows = ["authority", "n_documents", "n_paragraphs"]
    wide = cells.pivot(index=rows, columns="theme", values=values)
    # Which sorts them, and has "(not established)" first.
    in_order = pd.MultiIndex.from_frame(cells[rows].drop_duplicates())
    return wide.loc[in_order, themes].reset_index().rename_axis(columns=None)
