"""Folds by authority: what is trained on and what is held out."""

from __future__ import annotations

import numpy as np


def grouped_folds(
    groups: np.ndarray, k: int, seed: int = 0, spread: np.ndarray | None = None
) -> np.ndarray:
    """The fold of each row. Groups are never split, and folds are of similar size.

    Each column of `spread` (one number per row, 0 or more) is spread evenly too: a new theme is
    coded in few authorities, which must not all be in one fold.
    """
    rng = np.random.default_rng(seed)
    names, at = np.unique(groups, return_inverse=True)
    columns = np.ones((len(groups), 1))
    if spread is not None:
        columns = np.column_stack([columns, spread])
    weight = np.zeros((len(names), columns.shape[1]))
    np.add.at(weight, at, columns)
    weight /= np.maximum(weight.sum(0), 1)
    load, fold = np.zeros((k, weight.shape[1])), np.zeros(len(names), dtype=int)
    for n in np.argsort(-weight.sum(1) * rng.uniform(0.9, 1.1, len(names))):
        fold[n] = np.argmin(((load + weight[n]) ** 2 - load**2).sum(1))
        load[fold[n]] += weight[n]
    return fold[at]
