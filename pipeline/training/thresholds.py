"""Probabilities and codes → the threshold from which a paragraph is tagged."""

from __future__ import annotations

import numpy as np


def best_threshold(y: np.ndarray, p: np.ndarray) -> float:
    """Half the highest F1 that any threshold reaches: the best one for calibrated probabilities.

    Far steadier than the threshold that happens to reach it; 0.5 if no paragraph has the theme.
    Lipton, Elkan & Naryanaswamy 2014, "Optimal thresholding of classifiers to maximize F1".
    """
    if not (y == 1).any():
        return 0.5
    order = np.argsort(-p)
    f1 = 2 * np.cumsum(y[order]) / (np.arange(1, len(y) + 1) + y.sum())
    return float(f1.max() / 2)
