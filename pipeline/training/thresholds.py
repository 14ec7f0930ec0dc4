"""Probabilities and codes → the threshold from which a paragraph is tagged."""

from __future__ import annotations

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression

from pipeline.labelling.codes import draws_of
from pipeline.labelling.direction import DIRECTION
from pipeline.tagging.theme_model import log_odds

# A code counts at most so many times as much as half of the codes do: otherwise one paragraph
# drawn by chance from thousands would decide alone (Potter 1990, "A study of procedures to
# identify and trim extreme sampling weights").
MOST_OF_MEDIAN = 25
# Draws count if they are known of at least this share of a theme's codes.
LEAST_KNOWN = 0.5


def weights_of(settled: pd.DataFrame, theme: str) -> np.ndarray | None:
    """How many paragraphs each settled code of a theme stands for: one over how likely its draw
    was.

    Trimmed, see `MOST_OF_MEDIAN`; 1 where the probability is not known. None if that is so for
    most codes of the theme; invented sentences, which nobody drew, are not asked. Codes of several
    proposals count as if of one, so what a search finds counts a little too little: the threshold
    is rather too high than too low.
    """
    _, probability = draws_of(settled, theme)
    coded = ((settled[theme] != "") & (settled["drawn"] != DIRECTION)).to_numpy()
    known = np.isfinite(probability)
    if not coded.any() or known[coded].mean() < LEAST_KNOWN:
        return None
    weight = np.where(known, 1 / np.where(known, probability, 1), 1.0)
    return np.minimum(weight, MOST_OF_MEDIAN * np.median(weight[coded]))


def best_threshold(y: np.ndarray, p: np.ndarray, weight: np.ndarray | None = None) -> float:
    """Half the highest F1 that any threshold reaches: the best one for calibrated probabilities.

    Far steadier than the threshold that happens to reach it. If no paragraph has the theme,
    nothing is known of it, and no probability is enough.
    Lipton, Elkan & Naryanaswamy 2014, "Optimal thresholding of classifiers to maximize F1".

    With `weight`, how many paragraphs each one stands for, F1 is that of all of these, and the
    threshold is the probability from which their share is half of it: among codes that were drawn
    where a theme is likely, probabilities are too high for other paragraphs.
    """
    if not (y == 1).any():
        return np.inf
    order = np.argsort(-p)
    counts = np.ones(len(y)) if weight is None else weight
    hits, drawn = np.cumsum((y * counts)[order]), np.cumsum(counts[order])
    # Equal probabilities are tagged together: no cut is between them.
    cut = np.append(np.diff(p[order]) != 0, True)
    half = float((hits / (drawn + (y * counts).sum()))[cut].max())
    if weight is None or (y == 1).all():
        return half
    return _as_read(half, y, p, weight)


def _as_read(share: float, y: np.ndarray, p: np.ndarray, weight: np.ndarray) -> float:
    """The probability at which a `share` of paragraphs, so weighted, has the theme.

    By logistic regression on the log odds (Platt 1999, "Probabilistic outputs for support vector
    machines"); `share` itself, if paragraphs with higher probabilities have the theme less often.
    """
    odds = log_odds(p).reshape(-1, 1)
    line = LogisticRegression(C=1.0).fit(odds, y, sample_weight=weight / weight.mean())
    slope, start = float(line.coef_[0, 0]), float(line.intercept_[0])
    if slope <= 0:
        return share
    at = (log_odds(np.array([share]))[0] - start) / slope
    return float(1 / (1 + np.exp(-np.clip(at, -4, 4))))
