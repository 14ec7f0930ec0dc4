"""Funnel plots: how far an authority lies from the average, for the paragraphs it has."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.special import ndtri

from pipeline.base.columns import FUNNEL
from pipeline.matrix.intervals import FEW
from pipeline.matrix.standouts import REST

# The limits of a funnel in per cent, and how likely an authority is outside them by chance.
LIMITS = {"95": 0.05, "99.8": 0.002}
# Below this a p value is as good as 0, whose normal score would be infinite.
LEAST_P = 1e-16


class Funnel(NamedTuple):
    """The funnel of a theme: the `average` share, and the variance `extra` to chance.

    `extra` is in units of that of one paragraph: it is what remains however many paragraphs an
    authority has.
    """

    average: float
    extra: float

    def share_at(self, size: np.ndarray, score: np.ndarray | float) -> np.ndarray:
        """The share that is `score` standard deviations from the average, for `size` paragraphs.

        On the scale of arcsin(sqrt(share)), where the standard deviation does not depend on the
        share (Bartlett 1947, Biometrics 3:39-52), so no limit is below 0 or above 1.

        >>> funnel = Funnel(average=0.05, extra=0.002)
        >>> [round(float(funnel.share_at(100, z)), 3) for z in (-1.96, 0, 1.96)]
        [0.014, 0.05, 0.107]
        """
        angle = np.arcsin(np.sqrt(self.average)) + score * np.sqrt(1 / size + self.extra) / 2
        return np.sin(np.clip(angle, 0, np.pi / 2)) ** 2


def fit_funnel(standouts: pd.DataFrame) -> Funnel:
    """The funnel of one theme, from its rows of `standouts` against the rest.

    Over-dispersion is that of `standouts`, estimated from the documents. Each row says how many
    times its variance is that of chance, which grows with its paragraphs: what is added for each
    of them, on average, is the variance between authorities. So limits narrow with the
    paragraphs, but not to nothing: the additive model of Spiegelhalter (2005, Qual Saf Health Care
    14:347-351, "Funnel plots for comparing institutional performance"), which the regulators of
    English health care use (Spiegelhalter et al. 2012, J R Stat Soc A 175:1-47).
    """
    size = standouts["n_paragraphs"]
    total = max(size.sum(), 1)
    return Funnel(
        float((size * standouts["expected_share"]).sum() / total),
        float((standouts["dispersion"] - 1).sum() / total),
    )


def build_funnel(standouts: pd.DataFrame) -> pd.DataFrame:
    """The `funnel` table: each authority and theme that `standouts` compares with the rest.

    Authorities have different kinds of documents, of which different shares are expected, and a
    plot has one average. So each is put at an `adjusted_share`: with as many paragraphs it is as
    likely around that average as the authority's share is around the one expected of it. An
    authority is therefore outside a limit exactly if its `p_value` in `standouts` is below 0.05
    or 0.002, and those that stand out there are the most extreme here. More are outside than
    stand out: limits are for one authority at a time, where 1 of 20 is outside by chance, while
    `stands_out` allows for all cells that are compared. As there, fewer than `FEW` tagged
    paragraphs are never above.
    """
    compared = standouts[(standouts["against"] == REST) & standouts["p_value"].notna()]
    parts = [pd.DataFrame(columns=FUNNEL)]
    for _, rows in compared.groupby("theme", sort=False):
        funnel, size = fit_funnel(rows), rows["n_paragraphs"].to_numpy(dtype=float)
        score = normal_score(rows["p_value"].to_numpy()) * np.sign(rows["z"].to_numpy())
        limits = {
            f"{side}_{name}": funnel.share_at(size, sign * normal_score(p))
            for name, p in LIMITS.items()
            for side, sign in (("low", -1), ("high", 1))
        }
        parts.append(
            rows.assign(
                average=funnel.average,
                adjusted_share=funnel.share_at(size, score),
                **{name.replace(".", ""): limit for name, limit in limits.items()},
                outside=[
                    outside(*row)
                    for row in zip(rows["p_value"], rows["z"], rows["n_tagged"], strict=True)
                ],
            )[FUNNEL]
        )
    # Beside an empty part every column would be one of objects.
    table = pd.concat(parts[1:] or parts, ignore_index=True)
    names, counts = ["authority", "theme", "outside"], ["n_tagged", "n_paragraphs"]
    shares = [name for name in FUNNEL if name not in (*names, *counts)]
    return table.astype(
        {
            **dict.fromkeys(names, "str"),
            **dict.fromkeys(counts, "int64"),
            **dict.fromkeys(shares, "float64"),
        }
    )


def normal_score(p_value: np.ndarray | float) -> np.ndarray:
    """How many standard deviations from the middle leave this much in both tails."""
    return -ndtri(np.maximum(p_value, LEAST_P) / 2)


def outside(p_value: float, z: float, tagged: float) -> str:
    """Which limit an authority is outside: "above 99.8", "below 95" and so on, or ''.

    >>> outside(0.001, 3.2, 40), outside(0.04, -2.0, 1), outside(0.01, 2.5, 4)
    ('above 99.8', 'below 95', '')
    """
    if z > 0 and tagged < FEW:
        return ""
    passed = [name for name, p in LIMITS.items() if p_value < p]
    return f"{'above' if z > 0 else 'below'} {passed[-1]}" if passed else ""
