"""Material → a fitted model, and what it says about paragraphs it has not seen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from functools import partial

import numpy as np
import pandas as pd
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline

from pipeline.base.codebook import STANCES
from pipeline.tagging.encoder import as_stored
from pipeline.tagging.stance_model import (
    carried,
    every_stance,
    lifted,
    text_columns,
    with_tone,
)
from pipeline.tagging.theme_model import every_theme, is_short, shortness, with_odds, worth_reading
from pipeline.training.fit_stance import (
    cross_score_stance,
    fit_stance_first_stage,
    fit_stance_judge,
    stance_folds,
    stance_lift,
)
from pipeline.training.fit_themes import cross_score, fit_first_stage, fit_judges, spread_of
from pipeline.training.folds import grouped_folds
from pipeline.training.heard import FineTuned, Heard, hear_coded, with_more
from pipeline.training.lessons import Start
from pipeline.training.material import Coded, Material, code_arrays
from pipeline.training.scores import tabulate_held_out
from pipeline.training.thresholds import best_threshold, weights_of

FOLDS = 5
# Coded paragraphs needed to fit a judge to what an encoder says: of a theme, so many with and so
# many without it.
MIN_HEARD = 25
# How much an invented sentence counts beside a real one where a judge learns how far to believe
# counts and encoder: enough for the encoder to be believed about such sentences, and too little to
# lose anything on real ones (held out, at 0.1 and 0.7 something is lost).
INVENTED_THEME, INVENTED_STANCE = 0.05, 0.3


@dataclass(frozen=True, slots=True)
class Fit:
    """A fitted model's parts, as skops stores them, and what was learnt about it on the way.

    `held_out` (columns `HELD_OUT`) is what models that had not seen a paragraph's authority said
    about it, for every coded paragraph and theme. `tuned` is the encoder it uses.
    """

    parts: dict
    thresholds: dict[str, float]
    held_out: pd.DataFrame
    tuned: FineTuned


def fit_model(material: Material, tuned: FineTuned, start: Start | None = None) -> Fit:
    """Fit both stages and the stance model; every random step is seeded.

    `start` is the sentence encoder from which to fine-tune a new one (None: keep the one in
    `tuned`).
    """
    coded = code_arrays(material.codes)
    themes = list(coded.themes)
    data, vectors = material.counted, material.vectors
    inputs, by_sentence = cross_score(data, coded.themes, coded.groups, vectors, FOLDS)
    fold = grouped_folds(coded.groups, FOLDS, seed=2, spread=spread_of(coded.themes))
    by_counts = _held_out_themes(inputs, coded.themes, fold)
    worth = worth_reading(by_counts, inputs)
    tuned, heard = hear_coded(material, coded, by_sentence, worth, tuned, start)
    # A judge of what the encoder says learns from paragraphs such as it will be asked about.
    read = np.isfinite(heard.odds).all(axis=1) & worth & bool(heard.known)
    both = with_odds(inputs[read], heard.odds[read])
    weight = np.where(material.real[read], 1, INVENTED_THEME)
    probability = by_counts.copy()
    read_judges: dict[str, Pipeline | LogisticRegression] = {}
    for column, (theme, y) in enumerate(coded.themes.items()):
        if enough_to_judge(y[read], fold[read]):
            own = {theme: coded.carried[theme][read]}
            probability[read, column] = _held_out_themes(both, own, fold[read], weight)[:, 0]
            read_judges |= fit_judges(both, own, weight=weight)
    weights = {theme: weights_of(material.codes, theme) for theme in themes}
    tagged = np.column_stack(
        [
            _held_out_decisions(y, probability[:, column], fold, weights[theme])
            for column, (theme, y) in enumerate(coded.themes.items())
        ]
    )
    stance_parts, stance, judge = _fit_stance(
        material, coded, tagged, by_sentence, tuned, heard, inputs
    )
    parts = {
        "names": material.names,
        "vectors": vectors.astype(np.float16),
        "readers": _as_dict(fit_first_stage(data, coded.themes, vectors)),
        "judges": fit_judges(inputs, coded.themes),
        "codebook_themes": themes,
        "encoder": as_stored(tuned.encoder) if tuned.encoder else None,
        "read_judges": read_judges,
        **stance_parts,
    }
    thresholds = {
        theme: _threshold(y, probability[:, column], y >= 0, weights[theme])
        for column, (theme, y) in enumerate(coded.themes.items())
    }
    real = material.real
    held_out = tabulate_held_out(
        material.codes[real], themes, probability[real], tagged[real], stance[real]
    )
    tuned = replace(tuned, judge=judge, heard=with_more(tuned.heard, heard))
    return Fit(parts, thresholds, held_out, tuned)


def enough_to_judge(y: np.ndarray, fold: np.ndarray) -> bool:
    """Whether a judge of what the encoder says can be fitted on codes `y`, and be held out."""
    rare = min((y == 0).sum(), (y == 1).sum())
    return bool(rare >= MIN_HEARD and len(np.unique(fold[y >= 0])) > 1)


def _held_out_themes(
    inputs: np.ndarray,
    codes: dict[str, np.ndarray],
    fold: np.ndarray,
    weight: np.ndarray | None = None,
) -> np.ndarray:
    def fit(train: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
        judges = fit_judges(
            inputs[train],
            {theme: y[train] for theme, y in codes.items()},
            weight=None if weight is None else weight[train],
        )
        return partial(every_theme, judges)

    return _held_out(fit, inputs, fold, len(codes))


def _held_out_decisions(
    y: np.ndarray, p: np.ndarray, fold: np.ndarray, weight: np.ndarray | None = None
) -> np.ndarray:
    """Whether each probability reaches the threshold fitted on other authorities' codes."""
    decided = np.zeros(len(y), dtype=bool)
    for n in np.unique(fold):
        others = (fold != n) & (y >= 0)
        decided[fold == n] = p[fold == n] >= _threshold(y, p, others, weight)
    return decided


def _threshold(y: np.ndarray, p: np.ndarray, rows: np.ndarray, weight: np.ndarray | None) -> float:
    return best_threshold(y[rows], p[rows], None if weight is None else weight[rows])


def _held_out(
    fit: Callable[[np.ndarray], Callable[[np.ndarray], np.ndarray]],
    inputs: np.ndarray,
    fold: np.ndarray,
    width: int,
) -> np.ndarray:
    """Second-stage probabilities of each row, from a second stage that never saw its fold."""
    probability = np.zeros((len(inputs), width))
    for n in np.unique(fold):
        probability[fold == n] = fit(fold != n)(inputs[fold == n])
    return probability


def _fit_stance(
    material: Material,
    coded: Coded,
    tagged: np.ndarray,
    by_sentence: np.ndarray,
    tuned: FineTuned,
    heard: Heard,
    inputs: np.ndarray,
) -> tuple[dict, np.ndarray, Pipeline | None]:
    """The stance model's parts, the held-out stance of all coded or tagged pairs, the judge."""
    data, themes = material.counted, list(coded.themes)
    kept = text_columns(material.names)
    carries = np.zeros(tagged.shape, dtype=bool)
    carries[tuple(coded.pairs.T)] = True
    pairs = np.argwhere(carries | tagged)
    stances = np.full(len(pairs), -1)
    stances[carries[tuple(pairs.T)]] = coded.stances
    groups = coded.groups[pairs[:, 0]]
    about = carried(data.columns(kept), by_sentence, pairs, themes, material.vectors[kept])
    read = cross_score_stance(about, stances, groups, FOLDS)
    fold = stance_folds(stances, groups, FOLDS, seed=2)
    real = material.real[pairs[:, 0]]
    weight = np.where(real, 1, INVENTED_STANCE)

    def judge_by(inputs: np.ndarray, rows: np.ndarray) -> Pipeline | DummyClassifier:
        return fit_stance_judge(inputs[rows], stances[rows], weight[rows])

    def held_out_by(inputs: np.ndarray, rows: np.ndarray) -> np.ndarray:
        return _held_out(
            lambda part: partial(every_stance, judge_by(inputs, np.flatnonzero(rows)[part])),
            inputs[rows],
            fold[rows],
            len(STANCES),
        )

    probability = held_out_by(read, np.ones(len(pairs), dtype=bool))
    tone = heard.tone[tuple(pairs.T)]
    known = np.isfinite(tone).all(axis=1)
    about_paragraph = inputs[pairs[:, 0]]
    heard_tone = np.where(known[:, None], tone, 0)
    both = with_tone(probability, heard_tone, shortness(about_paragraph))
    judge = tuned.judge
    usable = known & (stances >= 0)
    if (usable & real).sum() >= MIN_HEARD and len(np.unique(fold[usable])) > 1:
        judge = judge_by(both, known)
        probability[known] = held_out_by(both, known)
    elif judge is not None and known.any():
        # The base's, which the model will ask: what is held out says how well it does.
        probability[known] = every_stance(judge, both[known])
    # A short paragraph is seldom mixed or neutral where its likeliest stance is another one.
    long = ~is_short(about_paragraph)
    lift = np.zeros(probability.shape)
    for n in np.unique(fold):
        others = real & long & (fold != n)
        lift[long & (fold == n)] = stance_lift(probability[others], stances[others])
    guess = np.argmax(lifted(probability, lift), axis=1)
    stance = np.full(tagged.shape, "", dtype=object)
    stance[tuple(pairs.T)] = np.array(STANCES, dtype=object)[guess]
    parts = {
        "stance_readers": _as_dict(fit_stance_first_stage(about, stances)),
        "stance_judge": fit_stance_judge(read, stances, weight),
        "tone_judge": judge,
        "lift": stance_lift(probability[real & long], stances[real & long]),
    }
    return parts, stance, judge


def _as_dict(readers) -> dict:
    return {field.name: getattr(readers, field.name) for field in fields(readers)}
