"""Scores of a theme → whether it is provisional: too little is known of it to count its tags."""

from __future__ import annotations

import numpy as np
import pandas as pd

from pipeline.labelling.codes import DRAWN_AT_RANDOM, NO, PROBABILITY
from pipeline.matrix.intervals import share_interval
from pipeline.training.thresholds import LEAST_KNOWN

# So many coded paragraphs have to carry a theme.
ENOUGH_POSITIVE = 50
# More than this share of its tags has to be right, by the lower end of the 95% interval.
FLOOR = 0.5
# The paragraphs of the sample corpus are all coded: they are as they come, too.
AS_THEY_COME = (*DRAWN_AT_RANDOM, "every")


def find_provisional(judged: pd.DataFrame) -> dict[str, str]:
    """The themes of a table `judged` that are provisional, each with the reason."""
    found = {}
    for theme, rows in judged.groupby("theme", sort=False):
        n_positive = int((rows["code"] != NO).sum())
        reasons = []
        if n_positive < ENOUGH_POSITIVE:
            reasons.append(too_few(n_positive, ENOUGH_POSITIVE))
        n, precision, low, high = precision_by_chance(rows)
        if n < 1:
            reasons.append("none of its tags was drawn by chance to see whether it is right")
        elif low < FLOOR:
            reasons.append(
                f"of its tags that were drawn by chance {precision:.0%} are right "
                f"({low:.0%} to {high:.0%}), and it has to be sure that more than "
                f"{FLOOR:.0%} are"
            )
        if reasons:
            found[str(theme)] = "; ".join(reasons)
    return found


def too_few(n_positive: int, n_needed: int) -> str:
    """That too few coded paragraphs carry a theme.

    >>> too_few(1, 10)
    '1 coded paragraph carries it, and 10 are needed'
    """
    carry = "paragraph carries" if n_positive == 1 else "paragraphs carry"
    return f"{n_positive} coded {carry} it, and {n_needed} are needed"


def precision_by_chance(rows: pd.DataFrame) -> tuple[float, float, float, float]:
    """How many of a theme's tags are right, by those drawn by chance: on how many, the share, and
    its 95% interval.

    If it is known how likely most draws were, each paragraph counts by one over that, and the
    number is Kish's effective sample size (Kish 1965, "Survey sampling", section 11.7). If not,
    only paragraphs that were drawn whatever they say count.
    """
    weight = rows["drawn"].isin(AS_THEY_COME).to_numpy(dtype=float)
    if PROBABILITY in rows.columns:
        probability = rows[PROBABILITY].to_numpy(dtype=float)
        known = np.isfinite(probability)
        if known.mean() >= LEAST_KNOWN:
            weight = np.where(known, 1 / np.where(known, probability, 1), 0)
    weight = weight * rows["tagged"].to_numpy()
    if not weight.sum():
        return 0.0, 0.0, 0.0, 1.0
    right = (rows["code"] != NO).to_numpy()
    n = weight.sum() ** 2 / (weight**2).sum()
    share = float((weight * right).sum() / weight.sum())
    low, high = share_interval(np.array([share * n]), np.array([n]))
    return float(n), share, float(low[0]), float(high[0])
