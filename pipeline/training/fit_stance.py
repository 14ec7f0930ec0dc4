"""Token counts + coded stances → the models of stance."""

from __future__ import annotations

import numpy as np
from sklearn.dummy import DummyClassifier
from sklearn.feature_extraction.text import TfidfTransformer
from sklearn.kernel_approximation import Nystroem
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, f1_score
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from pipeline.base.codebook import STANCES
from pipeline.tagging.stance_model import (
    Carried,
    StanceFirstStage,
    lifted,
    stacked,
)
from pipeline.tagging.token_counts import CountMatrix
from pipeline.training.fit_themes import LANDMARKS, constant_model, fit_linear
from pipeline.training.folds import grouped_folds
from pipeline.training.progress import in_steps


def fit_stance_first_stage(c: Carried, y: np.ndarray) -> StanceFirstStage:
    """Fit the first stage of stance. `y` are indices of STANCES, or -1 if nobody coded it."""
    coded = np.flatnonzero(y >= 0)
    c, y = take_pairs(c, coded), y[coded]
    weights = [TfidfTransformer(sublinear_tf=True).fit(block) for block in c.blocks]
    x, f = stacked(weights, c.blocks)
    landmarks = Nystroem(gamma=1.0, n_components=min(LANDMARKS, len(y)), random_state=0).fit(
        c.sense
    )
    sense = _fit_every(LogisticRegression(C=10, max_iter=400), landmarks.transform(c.sense), y)
    by_sentence = TfidfTransformer(sublinear_tf=True).fit(c.carriers)
    clear = np.flatnonzero(y[c.pair] < 2)
    polarity = (
        _fit_one(by_sentence.transform(c.carriers[clear]), y[c.pair[clear]] == 0, c=3)
        if len(clear)
        else constant_model(c.carriers.shape[1], clear)
    )
    whole = [_fit_one(x, y == n, c=10, class_weight="balanced") for n in range(len(STANCES))]
    focus = [_fit_one(f, y == n, c=5) for n in range(len(STANCES))]
    return StanceFirstStage(weights, landmarks, whole, focus, sense, polarity, by_sentence)


def _fit_one(x: CountMatrix, is_it: np.ndarray, c: float, **options) -> LogisticRegression:
    if is_it.all() or not is_it.any():
        return constant_model(x.shape[1], is_it)
    return fit_linear(x, is_it.astype(int), c=c, **options)


def _fit_every(model: Pipeline | LogisticRegression, x: np.ndarray, y: np.ndarray, **options):
    if len(np.unique(y)) > 1:
        return model.fit(x, y, **options)
    # A researcher's first codes for a new theme may all be concerns.
    return DummyClassifier().fit(x, y)


def fit_stance_judge(
    read: np.ndarray, y: np.ndarray, weight: np.ndarray
) -> Pipeline | DummyClassifier:
    """Fit the second stage on what `StanceFirstStage.score` says.

    `y` is -1 if nobody coded the stance; `weight` says how much each pair counts.
    """
    read, y, weight = (part[y >= 0] for part in (read, y, weight))
    judge = make_pipeline(StandardScaler(), LogisticRegression(C=0.5, max_iter=1000))
    return _fit_every(judge, read, y, logisticregression__sample_weight=weight)


def take_pairs(c: Carried, rows: np.ndarray) -> Carried:
    """Only the pairs in `rows`, which must be increasing."""
    new = np.full(len(c.cues), -1)
    new[rows] = np.arange(len(rows))
    kept = np.flatnonzero(new[c.pair] >= 0)
    return Carried(
        [b[rows] for b in c.blocks],
        c.cues[rows],
        c.sense[rows],
        c.carriers[kept],
        new[c.pair[kept]],
    )


def stance_folds(y: np.ndarray, groups: np.ndarray, k: int, seed: int) -> np.ndarray:
    """The fold of each pair, by group, with stances spread evenly (-1 is no stance)."""
    return grouped_folds(groups, k, seed, spread=(y[:, None] == np.arange(len(STANCES))))


def cross_score_stance(c: Carried, y: np.ndarray, groups: np.ndarray, k: int = 5) -> np.ndarray:
    """`StanceFirstStage.score` for every pair, from models that never saw its group."""
    fold = stance_folds(y, groups, k, seed=1)
    parts = [(np.flatnonzero(fold == n), np.flatnonzero(fold != n)) for n in np.unique(fold)]
    read = [
        fit_stance_first_stage(take_pairs(c, train), y[train]).score(take_pairs(c, test))
        for test, train in in_steps(parts, "Stance, held out", "fold")
    ]
    inputs = np.zeros((len(y), read[0].shape[1]))
    for (test, _), part in zip(parts, read, strict=True):
        inputs[test] = part
    return inputs


def stance_lift(p: np.ndarray, y: np.ndarray) -> np.ndarray:
    """What to add to each stance's log probability to maximise accuracy + macro-F1.

    Nothing, if no stance was coded.
    """
    p, y = p[y >= 0], y[y >= 0]
    best, lift = -1.0, np.zeros(len(STANCES))
    if not len(y):
        return lift
    for mixed in np.linspace(0, 1.6, 9):
        for neutral in np.linspace(0, 1.6, 9):
            own = np.array([0, 0, mixed, neutral])
            guess = np.argmax(lifted(p, own), axis=1)
            score = accuracy_score(y, guess) + f1_score(y, guess, average="macro", zero_division=0)
            if score > best:
                best, lift = score, own
    return lift
