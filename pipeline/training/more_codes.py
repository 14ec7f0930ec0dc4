"""Codes of a theme → how much better it would be known with more of them.

For each theme a quick model, of words alone, learns from more and more of its codes. How fast its
errors become fewer is taken for the whole model too: those of most learners fall by a power of the
number of examples (Hestness et al. 2017, "Deep learning scaling is predictable, empirically").
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.feature_extraction.text import TfidfTransformer

from pipeline.base.counted import counted
from pipeline.tagging.theme_model import positive
from pipeline.tagging.token_counts import CountMatrix
from pipeline.training.fit_themes import fit_linear
from pipeline.training.folds import grouped_folds
from pipeline.training.progress import in_steps
from pipeline.training.provisional import ENOUGH_POSITIVE
from pipeline.training.scores import Score
from pipeline.training.thresholds import best_threshold

# Shares of the codes at which the quick model learns; of more than `MOST`, shares of so many.
SHARES = (0.25, 0.5, 1.0)
MOST = 4000
FOLDS = 3
# Rounds, each with other folds, codes and authorities; fewer where there are many codes.
ROUNDS, ROUNDS_OF_MANY, MANY = 10, 3, 1500
LEAST_POSITIVE = 10
# A curve that would need more than so many times the codes there are says too little.
FURTHEST = 2
STEP = 0.05  # of F1, in which goals are named
LEAST_GAIN = 0.03
HIGHEST_GOAL = 0.95
POINTS = ["theme", "n_codes", "f1", "low", "high"]


@dataclass(frozen=True, slots=True)
class Curve:
    """How well the quick model knows a theme, by the number of codes (columns `POINTS`).

    `power` is that by which errors fall, in each round: 0 says that more codes change nothing.
    """

    points: pd.DataFrame
    n_codes: int
    power: np.ndarray


def draw_curves(
    words: CountMatrix, codes: Mapping[str, np.ndarray], groups: np.ndarray
) -> dict[str, Curve]:
    """The curve of each theme that enough paragraphs of at least `FOLDS` authorities carry.

    `words` are the counts of tokens in n paragraphs, a code is 1, 0 or -1 (not coded), and
    `groups` names their authorities: the quick model is judged on those it has not seen.
    """
    curves = {}
    for theme, y in in_steps(codes.items(), "Learning curves", "theme"):
        known = np.flatnonzero(y >= 0)
        carrying = groups[y == 1]
        if len(carrying) >= LEAST_POSITIVE and len(set(carrying)) >= FOLDS:
            own = words[known]
            # A token of a single paragraph teaches nothing of others.
            own = own[:, np.flatnonzero(own.getnnz(axis=0) > 1)]
            x = TfidfTransformer(sublinear_tf=True).fit_transform(own)
            curves[theme] = _curve(theme, x, y[known], groups[known])
    return curves


def _curve(theme: str, x: CountMatrix, y: np.ndarray, groups: np.ndarray) -> Curve:
    top = min(len(y), MOST)
    sizes = [max(2, round(share * top)) for share in SHARES]
    n_rounds = ROUNDS if len(y) <= MANY else ROUNDS_OF_MANY
    f1 = np.array([_round(x, y, groups, sizes, seed) for seed in range(n_rounds)])
    errors = np.log(np.maximum(1 - f1, 0.01))
    at = np.log(sizes) - np.mean(np.log(sizes))
    power = -(errors @ at) / (at @ at)
    low, high = np.quantile(f1, [0.1, 0.9], axis=0)
    points = pd.DataFrame(
        {"theme": theme, "n_codes": sizes, "f1": f1.mean(axis=0), "low": low, "high": high},
        columns=POINTS,
    )
    return Curve(points, len(y), power)


def _round(
    x: CountMatrix, y: np.ndarray, groups: np.ndarray, sizes: Sequence[int], seed: int
) -> list[float]:
    """F1 by the number of codes, on authorities that are resampled."""
    rng = np.random.default_rng(seed)
    spread = np.column_stack([y == 1, y == 0])
    fold = grouped_folds(groups, FOLDS, seed=seed, spread=spread)
    names, at = np.unique(groups, return_inverse=True)
    times = np.bincount(rng.integers(len(names), size=len(names)), minlength=len(names))[at]
    order = rng.permutation(len(y))
    scores = []
    for size in sizes:
        p = np.zeros(len(y))
        for n in range(FOLDS):
            others = order[fold[order] != n]
            some = others[: max(2, round(size * len(others) / len(y)))]
            if len(np.unique(y[some])) > 1:
                p[fold == n] = positive(fit_linear(x[some], y[some], c=20), x[fold == n])
        drawn, own = np.repeat(y, times), np.repeat(p, times)
        # Twice the threshold is the highest F1 that any reaches.
        scores.append(2 * best_threshold(drawn, own) if drawn.any() else 0.0)
    return scores


def say_more_codes(score: Score, curve: Curve | None) -> str:
    """What more codes of a theme would bring, in words, from its scores now."""
    if score["f1"] is None:
        return "not known: no paragraph that it was judged on carries it"
    # What it would bring to F1 is beside the point as long as the tags are not counted.
    if (missing := ENOUGH_POSITIVE - score["support"]) > 0:
        return f"needs {counted(missing, 'more paragraph')} coded with it to be counted"
    if curve is None:
        return "too few codes to say what more would bring"
    error, n = 1 - score["f1"], curve.n_codes
    low, likely, high = np.quantile(curve.power, [0.1, 0.5, 0.9])
    goal = STEP * math.ceil((score["f1"] + LEAST_GAIN) / STEP - 1e-9)
    if goal <= HIGHEST_GOAL + 1e-9:
        needed = _needed(error, goal, likely, n)
        if needed <= FURTHEST * n:
            least, most = (_needed(error, goal, power, n) for power in (high, low))
            upper = f"to {_about(most)}" if most <= 10 * n else "or far more"
            between = "" if upper == f"to {_about(least)}" else f" ({_about(least)} {upper})"
            return f"about {_about(needed)} more codes would bring F1 to about {goal:.2f}{between}"
    ends = [f"{1 - error * 2 ** -max(power, 0.0):.2f}" for power in (low, likely, high)]
    between = f" ({ends[0]} to {ends[2]})" if ends[0] != ends[2] else ""
    return f"more codes would do little: twice as many, F1 about {ends[1]}{between}"


def _needed(error: float, goal: float, power: float, n: int) -> float:
    """How many codes more bring the error from `error` to that of the goal; inf if none do."""
    if power <= 0:
        return math.inf
    exponent = math.log(error / (1 - goal)) / power
    return n * (math.exp(exponent) - 1) if exponent < 50 else math.inf


def _about(n: float) -> str:
    """A number of codes, rounded as far as it is known: 47 to 50, 512 to 500, 1,730 to 1,500."""
    step = 10 if n <= 200 else 10 ** (len(str(int(n))) - 2) * 5
    return f"{max(step, step * round(n / step)):,}"
