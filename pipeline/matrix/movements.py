"""The cells that are other than in the run before, and whether their new documents differ."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np
import pandas as pd

from pipeline.base.codebook import Theme
from pipeline.base.columns import MOVEMENTS
from pipeline.matrix.cells import NOT_ESTABLISHED
from pipeline.matrix.changes import DOWN, UP, moved
from pipeline.matrix.intervals import (
    FEW,
    ErrorsByKind,
    add_shares,
    balance,
    balance_interval,
    difference_interval,
)
from pipeline.matrix.standouts import ALIKE, like_for_like

CELL = ["authority", "theme"]
# What is remembered of each cell.
REMEMBERED = ["n_documents", "n_paragraphs", "n_tagged", "n_strength", "n_concern"]
FLAGS = ["share_moved", "balance_moved"]
TEXTS = (*CELL, *FLAGS)


def build_movements(
    counts: pd.DataFrame,
    before: pd.DataFrame,
    new: Collection[str],
    themes: Mapping[str, Theme],
    errors: ErrorsByKind | None = None,
) -> pd.DataFrame:
    """The `movements` table: the cells that are other than `before`, clear movements first.

    `counts` comes from `cells.count_by_document`, `before` has `CELL` and `REMEMBERED` of the run
    before, and `new` are the doc_ids that came since. An authority without documents in either
    run has no row, nor has `NOT_ESTABLISHED`.

    A cell also has the documents that were there before, so its two shares are not independent.
    Compared are therefore its new documents with its other ones. `difference` is of their shares,
    corrected where the errors are known, among documents of the same type and framework; those
    whose topic is the theme are left out. Empty where that leaves none on one side. Stances are
    verdicts on the service in any document, so all are in `balance_change`. Intervals are as in
    `changes.compare_pairs`.
    """
    counts = counts[counts["authority"] != NOT_ESTABLISHED]
    is_new = counts["doc_id"].isin(new)
    now, came = _sum_cells(counts), _sum_cells(counts[is_new])
    table = (
        before.merge(now, on=CELL, suffixes=("_before", ""))
        .merge(came.add_prefix("new_").rename(columns=_of_cell), on=CELL, how="left")
        .fillna(dict.fromkeys([f"new_{name}" for name in REMEMBERED], 0))
        .rename(columns={f"{name}_before": f"before_{name}" for name in REMEMBERED})
    )
    is_other = (table["new_n_documents"] > 0).to_numpy()
    for name in REMEMBERED:
        table[f"new_{name}"] = table[f"new_{name}"].astype("int64")
        is_other = is_other | (table[name] != table[f"before_{name}"]).to_numpy()
    table = table[is_other & (table["before_n_documents"] > 0).to_numpy()].reset_index(drop=True)
    for when in ("before_", "new_", ""):
        size = table[f"{when}n_paragraphs"]
        table[f"{when}share"] = table[f"{when}n_tagged"] / size.where(size > 0)
        table[f"{when}balance"] = balance(table[f"{when}n_strength"], table[f"{when}n_concern"])
    kept = _sum_cells(counts[~is_new]).set_index(CELL)
    kept = kept.reindex(pd.MultiIndex.from_frame(table[CELL]), fill_value=0)
    change = difference_interval(
        balance_interval(kept["n_strength"], kept["n_concern"]),
        balance_interval(table["new_n_strength"], table["new_n_concern"]),
    )
    table["balance_change"], table["balance_low"], table["balance_high"] = change
    shares = _differences_of_shares(counts, is_new, themes, errors)
    table = table.merge(shares, on=CELL, how="left")
    for name, low, high in (
        ("share_moved", "difference_low", "difference_high"),
        ("balance_moved", "balance_low", "balance_high"),
    ):
        table[name] = [moved(*ends) for ends in zip(table[low], table[high], strict=True)]
    return _with_types(_clear_first(table))


def no_movements() -> pd.DataFrame:
    """The `movements` table without a row."""
    return _with_types(pd.DataFrame(columns=MOVEMENTS))


def _with_types(table: pd.DataFrame) -> pd.DataFrame:
    return table[MOVEMENTS].astype(
        {
            name: "int64" if "n_" in name else "str" if name in TEXTS else "float64"
            for name in MOVEMENTS
        }
    )


def _of_cell(name: str) -> str:
    return name.removeprefix("new_") if name.removeprefix("new_") in CELL else name


def _sum_cells(counts: pd.DataFrame) -> pd.DataFrame:
    """`CELL` and `REMEMBERED` of some rows of counts by document."""
    return counts.groupby(CELL, as_index=False, sort=False).agg(
        n_documents=("doc_id", "nunique"), **{name: (name, "sum") for name in REMEMBERED[1:]}
    )


def to_remember(cells: pd.DataFrame) -> pd.DataFrame:
    """What the next run has to know of the table `cells`."""
    return cells.loc[cells["authority"] != NOT_ESTABLISHED, [*CELL, *REMEMBERED]]


def is_clear(movements: pd.DataFrame) -> pd.Series:
    """Whether share or balance of each row clearly moved, as `clear_flags` has it."""
    return clear_flags(movements).any(axis=1)


def clear_flags(movements: pd.DataFrame) -> pd.DataFrame:
    """Whether each of `FLAGS` says a movement that rests on `FEW` paragraphs or more.

    That of a share needs them with the theme where there are more of them, among the new
    documents or the others: that hardly anything is written now is clear if much was before. That
    of a balance needs so many strengths and concerns on either side, as 0 of 2 and 2 of 2 are
    beyond chance by their intervals.
    """
    new = {name: movements[f"new_{name}"] for name in REMEMBERED}
    kept = {name: movements[name] - new[name] for name in REMEMBERED}
    share, stances = (movements[flag] for flag in FLAGS)
    said = np.minimum(*(side["n_strength"] + side["n_concern"] for side in (kept, new)))
    return pd.DataFrame(
        {
            "share_moved": ((share == UP) & (new["n_tagged"] >= FEW))
            | ((share == DOWN) & (kept["n_tagged"] >= FEW)),
            "balance_moved": stances.isin((UP, DOWN)) & (said >= FEW),
        }
    )


def _clear_first(table: pd.DataFrame) -> pd.DataFrame:
    """Clear movements first.

    Then what is largest for its uncertainty: the change by the way to the end of its interval that
    is nearer to 0. So those beyond chance that rest on a few paragraphs follow.
    """
    sizes = []
    for name, low, high in (
        ("difference", "difference_low", "difference_high"),
        ("balance_change", "balance_low", "balance_high"),
    ):
        change = table[name]
        way = (change - table[low]).where(change > 0, table[high] - change)
        sizes.append((change.abs() / way.where(way > 0)).fillna(0.0))
    keyed = table.assign(_unclear=~is_clear(table), _size=-np.maximum(*sizes))
    return keyed.sort_values(["_unclear", "_size", *CELL], ignore_index=True)


def _differences_of_shares(
    counts: pd.DataFrame,
    is_new: pd.Series,
    themes: Mapping[str, Theme],
    errors: ErrorsByKind | None,
) -> pd.DataFrame:
    """`CELL` and the difference with its interval; cells that cannot be compared are left out."""
    compared = like_for_like(counts, themes)
    by = [*CELL, *ALIKE]
    sums = compared.groupby([*by, is_new[compared.index].rename("new")], as_index=False)[
        ["n_tagged", "n_paragraphs", "n_words", "extra_variance"]
    ].sum()
    sums = sums[sums["n_paragraphs"] > 0]
    measured = add_shares(sums.assign(squares=sums["n_paragraphs"] ** 2), errors)
    measured["value"] = measured["share_corrected"].fillna(measured["share"])
    pairs = measured[~measured["new"]].merge(
        measured[measured["new"]], on=by, suffixes=("_earlier", "_later")
    )
    earlier, later = (
        tuple(pairs[f"{name}_{when}"].to_numpy() for name in ("value", "own_low", "own_high"))
        for when in ("earlier", "later")
    )
    # Of one document type and about one authority, their errors are the same.
    shared = (pairs["uncertainty_later"] + pairs["variation_later"]).to_numpy()
    difference, low, high = difference_interval(earlier, later, shared)
    # Of several types and frameworks the mean, by the new paragraphs of each, with the interval of
    # a sum of independent estimates (as in `intervals.pool_kinds`).
    weight = pairs["n_paragraphs_later"].to_numpy(dtype=float)
    parts = pairs[CELL].assign(
        weight=weight,
        difference=weight * difference,
        below=(weight * (difference - low)) ** 2,
        above=(weight * (high - difference)) ** 2,
    )
    pooled = parts.groupby(CELL, as_index=False).sum()
    difference = pooled["difference"] / pooled["weight"]
    return pooled[CELL].assign(
        difference=difference,
        difference_low=difference - np.sqrt(pooled["below"]) / pooled["weight"],
        difference_high=difference + np.sqrt(pooled["above"]) / pooled["weight"],
    )
