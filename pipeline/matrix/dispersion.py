"""How much more counts differ than chance allows: paragraphs that belong together are alike."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

# Documents that are told to look at the same things: only among them are differences measured.
SAME_TASK = ("document_type", "framework", "topic")
# What the correlation of two paragraphs of a report is taken to be where few reports are at hand:
# the third quartile over themes and the three largest strata of 408 reports, rounded up; given the
# weight of ten reports of fifty paragraphs. (The median is 0.001.)
USUAL_CORRELATION, USUAL_WEIGHT = 0.005, 500


def excess_over_chance(
    counts: pd.DataFrame, by: Sequence[str], tagged: str, size: str
) -> pd.DataFrame:
    """How much the rows of each group `by` differ beyond chance: columns `excess` and `weight`.

    Each row is a cluster of `size` paragraphs, `tagged` of which have something. If two paragraphs
    of a cluster are correlated by rho, `excess` is expected to be rho times `weight`: the estimate
    by moments of Williams (1982, Appl Stat 31:144-148), for clusters of unequal size. Groups that
    say nothing, because all or none of their paragraphs have it, have weight 0.

    >>> table = pd.DataFrame({"group": 1, "k": [0, 10], "n": [10, 10]})
    >>> excess_over_chance(table, ["group"], "k", "n").loc[1].tolist()
    [19.0, 9.0]
    """
    keys = list(by)
    there = counts.loc[counts[size] > 0, keys].assign(
        n=counts[size].astype(float), k=counts[tagged].astype(float), clusters=1.0
    )
    share = there.groupby(keys)["k"].transform("sum") / there.groupby(keys)["n"].transform("sum")
    there["spread"] = there["n"] * (there["k"] / there["n"] - share) ** 2
    there["squares"] = there["n"] ** 2
    sums = there.groupby(keys).sum()
    share = sums["k"] / sums["n"]
    chance = (share * (1 - share)).where((share > 0) & (share < 1))
    degrees = sums["clusters"] - 1
    weight = sums["n"] - sums["squares"] / sums["n"] - degrees
    return pd.DataFrame(
        {
            "excess": (sums["spread"] / chance - degrees).fillna(0.0),
            "weight": weight.where(chance.notna(), 0.0),
        }
    )


def shrunken_correlation(
    excess: pd.Series | float, weight: pd.Series | float, usual: float, usual_weight: float
) -> np.ndarray:
    """The correlation within clusters, drawn towards the `usual` one; never below 0."""
    return np.maximum(0.0, (excess + usual * usual_weight) / (weight + usual_weight))


def design_effect(sizes: np.ndarray, correlation: float) -> float:
    """By how much the variance of a share grows if the paragraphs of each cluster are correlated.

    >>> design_effect(np.array([1, 1, 1]), 0.5), design_effect(np.array([3]), 0.5)
    (1.0, 2.0)
    """
    n = np.asarray(sizes, dtype=float)
    return float(1 + correlation * ((n**2).sum() / n.sum() - 1)) if n.sum() else 1.0


def extra_variance(counts: pd.DataFrame) -> np.ndarray:
    """Of each row of `counts` (a document and theme), the variance of `n_tagged` beyond chance.

    In units of that of a single paragraph, so that 1 + (their sum) / (paragraphs) is the
    dispersion of any sum of documents: Kish's design effect, by which Rao and Scott (1992,
    Biometrics 48:577-585) divide counts. It is measured between the documents of a theme within
    `SAME_TASK`, and so counts lasting differences between authorities as chance, too.
    """
    by = [*SAME_TASK, "theme"]
    found = excess_over_chance(counts, by, "n_tagged", "n_paragraphs")
    found["rho"] = shrunken_correlation(
        found["excess"], found["weight"], USUAL_CORRELATION, USUAL_WEIGHT
    )
    n = counts["n_paragraphs"].to_numpy(dtype=float)
    own = counts[by].merge(found["rho"].reset_index(), on=by, how="left")["rho"]
    return n * np.maximum(n - 1, 0) * own.fillna(USUAL_CORRELATION).to_numpy()
