"""Token counts + codes → the models of themes."""

from __future__ import annotations

import numpy as np
from scipy import sparse
from sklearn.feature_extraction.text import TfidfTransformer
from sklearn.kernel_approximation import Nystroem
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from tqdm.auto import tqdm

from pipeline.tagging.theme_model import FirstStage, any_sentence, positive
from pipeline.tagging.token_counts import CountMatrix, TokenCounts, meaning
from pipeline.training.folds import grouped_folds
from pipeline.training.progress import in_steps

ROUNDS = 4  # of expectation-maximisation over sentences
LANDMARKS = 600


def fit_linear(
    x: CountMatrix, y: np.ndarray, c: float, mass: np.ndarray | None = None, **options
) -> LogisticRegression:
    """Logistic regression on features weighted by their log odds (NB-SVM).

    `y` is 0 or 1. With `mass`, each row instead counts `mass` times as positive and `1 - mass`
    times as negative. The weights are folded into the coefficients.
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
    """A model that knows only how common a theme is, for want of codes of both kinds."""
    model = LogisticRegression()
    model.classes_ = np.array([0, 1])
    share = (y.sum() + 0.5) / (len(y) + 1)
    model.coef_, model.intercept_ = np.zeros((1, width)), np.log([share / (1 - share)])
    return model


def fit_sentences(
    x: CountMatrix, owner: np.ndarray, y: np.ndarray, c: float
) -> LogisticRegression:
    """A sentence model from paragraph codes, by expectation-maximisation.

    A paragraph is positive if any of its sentences is (noisy-or). Each round divides a positive
    paragraph's code among its sentences.
    """
    inside = y[owner] == 1
    model = fit_linear(x, inside.astype(int), c)
    for _ in range(ROUNDS):
        p = positive(model, x)
        mass = np.where(inside, p / np.maximum(any_sentence(p, owner, len(y))[owner], 1e-9), 0.0)
        model = fit_linear(x, inside, c, mass=np.minimum(mass, 1.0))
    return model


def fit_first_stage(
    data: TokenCounts, codes: dict[str, np.ndarray], vectors: np.ndarray
) -> FirstStage:
    """Fit the first stage. A code is 1 or 0, or -1 if nobody coded for the theme."""
    whole = data.paragraphs
    tfidf = {"sublinear_tf": True}
    stage = FirstStage(
        TfidfTransformer(**tfidf).fit(whole),
        TfidfTransformer(**tfidf).fit(data.sentences),
        Nystroem(gamma=1.5, n_components=min(LANDMARKS, whole.shape[0]), random_state=0).fit(
            meaning(whole, vectors)
        ),
    )
    x, z = stage.by_paragraph.transform(whole), stage.by_sentence.transform(data.sentences)
    near = stage.landmarks.transform(meaning(whole, vectors))
    for theme, y in tqdm(codes.items(), "Themes", unit="theme", disable=None, leave=False):
        known = np.flatnonzero(y >= 0)
        if len(np.unique(y[known])) < 2:
            # A new theme may be coded only in the authorities of one fold.
            for part, width in (
                (stage.paragraph, x),
                (stage.sentence, z),
                (stage.sense, near),
            ):
                part[theme] = constant_model(width.shape[1], y[known])
            continue
        own = np.isin(data.owner, known)
        owner = np.searchsorted(known, data.owner[own])
        stage.paragraph[theme] = fit_linear(x[known], y[known], c=20)
        stage.sentence[theme] = fit_sentences(z[own], owner, y[known], c=10)
        stage.sense[theme] = LogisticRegression(C=10, max_iter=400).fit(near[known], y[known])
    return stage


def cross_score(
    data: TokenCounts,
    codes: dict[str, np.ndarray],
    groups: np.ndarray,
    vectors: np.ndarray,
    k: int = 5,
) -> tuple[np.ndarray, np.ndarray]:
    """`FirstStage.score` for every paragraph, from models that never saw its group."""
    fold = grouped_folds(groups, k, seed=1, spread=spread_of(codes))
    each = np.zeros((len(data.owner), len(codes)))
    inputs = np.zeros((len(fold), 4 * len(codes) + 2))
    for n in in_steps(np.unique(fold), "Themes, held out", "fold"):
        train, test = np.flatnonzero(fold != n), np.flatnonzero(fold == n)
        stage = fit_first_stage(data.take(train), {t: y[train] for t, y in codes.items()}, vectors)
        part, sentences = stage.score(data.take(test), vectors)
        inputs[test] = part
        each[fold[data.owner] == n] = sentences
    return inputs, each


def spread_of(codes: dict[str, np.ndarray]) -> np.ndarray:
    """What to spread evenly over the folds: for each theme, paragraphs with and without it."""
    return np.column_stack([y == code for y in codes.values() for code in (0, 1)])


def fit_judges(
    inputs: np.ndarray,
    codes: dict[str, np.ndarray],
    c: float = 0.2,
    weight: np.ndarray | None = None,
) -> dict:
    """Fit the second stage: a calibrated probability per theme, from the inputs of all themes.

    `weight` says how much each paragraph counts (None: all the same).
    """
    judges: dict[str, Pipeline | LogisticRegression] = {}
    for theme, y in codes.items():
        own = y >= 0
        if len(np.unique(y[own])) < 2:
            judges[theme] = constant_model(inputs.shape[1], y[own])
            continue
        judge = make_pipeline(StandardScaler(), LogisticRegression(C=c, max_iter=1000))
        counting = None if weight is None else weight[own]
        judges[theme] = judge.fit(inputs[own], y[own], logisticregression__sample_weight=counting)
    return judges
