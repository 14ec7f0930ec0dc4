"""Counts → probabilities of themes, by linear models stacked in two stages.

First stage, for each theme: a model of the paragraph's words; a model of single sentences, since
a theme is often one clause in a long paragraph; and one of the meaning of its words. Second
stage: a logistic regression over what the first says about all themes, fitted on answers for
authorities the first stage had not seen, which makes its probabilities calibrated.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from scipy import sparse
from sklearn.feature_extraction.text import TfidfTransformer
from sklearn.kernel_approximation import Nystroem
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from pipeline.counts import Counted, Counts, meaning

ROUNDS = 4  # of expectation-maximisation over sentences
LANDMARKS = 600


def fit_linear(
    x: Counts, y: np.ndarray, c: float, mass: np.ndarray | None = None, **options
) -> LogisticRegression:
    """Logistic regression on features weighted by their log odds (NB-SVM).

    `y` in {0, 1}, or with `mass` rows that count `mass` times as positive and
    `1 - mass` times as negative. The weights are folded into the coefficients.
    """
    share = y.astype(float) if mass is None else mass
    seen = (x > 0).astype(np.float64)
    positive = 1 + seen.T @ share
    negative = 1 + seen.T @ (1 - share)
    weights = np.log(positive / positive.sum() / (negative / negative.sum()))
    weighted = (x @ sparse.diags(weights)).tocsr()
    model = LogisticRegression(C=c, solver="liblinear", **options)
    if mass is None:
        model.fit(weighted, y)
    else:
        part = np.flatnonzero(mass > 0)
        model.fit(
            sparse.vstack([weighted, weighted[part]]),
            np.r_[np.zeros(len(mass)), np.ones(len(part))],
            sample_weight=np.r_[1 - mass, mass[part]],
        )
    # Single precision makes the model file smaller.
    model.coef_ = (model.coef_ * weights).astype(np.float32)
    return model


def constant_model(width: int, y: np.ndarray) -> LogisticRegression:
    """A model that knows how common a theme is and no more, for want of codes of both kinds."""
    model = LogisticRegression()
    model.classes_ = np.array([0, 1])
    share = (y.sum() + 0.5) / (len(y) + 1)
    model.coef_, model.intercept_ = np.zeros((1, width)), np.log([share / (1 - share)])
    return model


def positive(model: LogisticRegression, x) -> np.ndarray:
    """Probability of the second class."""
    return model.predict_proba(x)[:, 1]


def any_sentence(p: np.ndarray, owner: np.ndarray, size: int) -> np.ndarray:
    """Probability that at least one sentence of each paragraph carries the theme."""
    return -np.expm1(np.bincount(owner, np.log1p(-np.minimum(p, 1 - 1e-9)), minlength=size))


def best_sentence(p: np.ndarray, owner: np.ndarray, size: int) -> np.ndarray:
    """Highest sentence probability of each paragraph."""
    best = np.zeros(size)
    np.maximum.at(best, owner, p)
    return best


def fit_sentences(x: Counts, owner: np.ndarray, y: np.ndarray, c: float) -> LogisticRegression:
    """Sentence model from paragraph codes, by expectation-maximisation.

    A paragraph is positive when any sentence is (noisy or); each round divides a
    positive paragraph's code among its sentences.
    """
    inside = y[owner] == 1
    model = fit_linear(x, inside.astype(int), c)
    for _ in range(ROUNDS):
        p = positive(model, x)
        mass = np.where(inside, p / np.maximum(any_sentence(p, owner, len(y))[owner], 1e-9), 0.0)
        model = fit_linear(x, inside, c, mass=np.minimum(mass, 1.0))
    return model


def log_odds(p: np.ndarray) -> np.ndarray:
    """Logit, kept finite."""
    return np.log((p + 1e-4) / (1 - p + 1e-4))


def best_threshold(y: np.ndarray, p: np.ndarray) -> float:
    """Half of the highest F1 that any cut reaches: the best cut for calibrated probabilities.

    Far steadier than the cut that happens to reach it; 0.5 where there is nothing to go by.
    Lipton, Elkan & Naryanaswamy 2014, "Optimal thresholding of classifiers to maximize F1".
    """
    if not (y == 1).any():
        return 0.5
    order = np.argsort(-p)
    f1 = 2 * np.cumsum(y[order]) / (np.arange(1, len(y) + 1) + y.sum())
    return float(f1.max() / 2)


def grouped_folds(
    groups: np.ndarray, k: int, seed: int = 0, spread: np.ndarray | None = None
) -> np.ndarray:
    """Fold number of each row; a group never splits, folds are of like size.

    Each column of `spread` (a number from 0 per row) is shared out evenly, too: a new theme is
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


@dataclass
class Readers:
    """First-stage models: what each theme's codes say about words, sentences and meaning."""

    by_paragraph: TfidfTransformer
    by_sentence: TfidfTransformer
    landmarks: Nystroem
    paragraph: dict[str, LogisticRegression] = field(default_factory=dict)
    sentence: dict[str, LogisticRegression] = field(default_factory=dict)
    sense: dict[str, LogisticRegression] = field(default_factory=dict)

    def read(self, data: Counted, vectors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Second-stage inputs per paragraph, and theme probabilities per sentence."""
        whole = data.paragraphs
        size = whole.shape[0]
        x, z = self.by_paragraph.transform(whole), self.by_sentence.transform(data.sentences)
        near = self.landmarks.transform(meaning(whole, vectors))
        each = np.column_stack([positive(model, z) for model in self.sentence.values()])
        inputs = [positive(model, x) for model in self.paragraph.values()]
        inputs += [any_sentence(p, data.owner, size) for p in each.T]
        inputs += [best_sentence(p, data.owner, size) for p in each.T]
        inputs += [positive(model, near) for model in self.sense.values()]
        lengths = [
            np.log1p(np.asarray(whole.sum(1)).ravel()),
            np.log1p(np.bincount(data.owner, minlength=size)),
        ]
        return np.column_stack([log_odds(np.column_stack(inputs)), *lengths]), each


def fit_readers(data: Counted, codes: dict[str, np.ndarray], vectors: np.ndarray) -> Readers:
    """Fit the first stage. A code of 1 or 0, or -1 where nobody coded for the theme."""
    whole = data.paragraphs
    tfidf = {"sublinear_tf": True}
    readers = Readers(
        TfidfTransformer(**tfidf).fit(whole),
        TfidfTransformer(**tfidf).fit(data.sentences),
        Nystroem(gamma=1.5, n_components=min(LANDMARKS, whole.shape[0]), random_state=0).fit(
            meaning(whole, vectors)
        ),
    )
    x, z = readers.by_paragraph.transform(whole), readers.by_sentence.transform(data.sentences)
    near = readers.landmarks.transform(meaning(whole, vectors))
    for theme, y in codes.items():
        known = np.flatnonzero(y >= 0)
        if len(np.unique(y[known])) < 2:
            # A new theme can be coded in the authorities of one fold only.
            for part, width in (
                (readers.paragraph, x),
                (readers.sentence, z),
                (readers.sense, near),
            ):
                part[theme] = constant_model(width.shape[1], y[known])
            continue
        own = np.isin(data.owner, known)
        owner = np.searchsorted(known, data.owner[own])
        readers.paragraph[theme] = fit_linear(x[known], y[known], c=20)
        readers.sentence[theme] = fit_sentences(z[own], owner, y[known], c=10)
        readers.sense[theme] = LogisticRegression(C=10, max_iter=400).fit(near[known], y[known])
    return readers


def cross_read(
    data: Counted,
    codes: dict[str, np.ndarray],
    groups: np.ndarray,
    vectors: np.ndarray,
    k: int = 5,
) -> tuple[np.ndarray, np.ndarray]:
    """`Readers.read` for every paragraph from readers that never saw its group."""
    fold = grouped_folds(groups, k, seed=1, spread=spread_of(codes))
    each = np.zeros((len(data.owner), len(codes)))
    inputs = np.zeros((len(fold), 4 * len(codes) + 2))
    for n in np.unique(fold):
        train, test = np.flatnonzero(fold != n), np.flatnonzero(fold == n)
        readers = fit_readers(data.take(train), {t: y[train] for t, y in codes.items()}, vectors)
        part, sentences = readers.read(data.take(test), vectors)
        inputs[test] = part
        each[fold[data.owner] == n] = sentences
    return inputs, each


def spread_of(codes: dict[str, np.ndarray]) -> np.ndarray:
    """What folds are to share out evenly: for each theme the paragraphs with it and without."""
    return np.column_stack([y == code for y in codes.values() for code in (0, 1)])


def fit_judges(inputs: np.ndarray, codes: dict[str, np.ndarray], c: float = 0.2) -> dict:
    """Second stage: calibrated probability per theme from all themes' inputs."""
    return {theme: _fit_judge(inputs[y >= 0], y[y >= 0], c) for theme, y in codes.items()}


def _fit_judge(inputs: np.ndarray, y: np.ndarray, c: float) -> Pipeline | LogisticRegression:
    if len(np.unique(y)) < 2:
        return constant_model(inputs.shape[1], y)
    return make_pipeline(StandardScaler(), LogisticRegression(C=c, max_iter=1000)).fit(inputs, y)
