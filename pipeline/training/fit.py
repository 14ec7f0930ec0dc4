"""Material → a fitted model, and what it says about paragraphs it has not seen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.dummy import DummyClassifier
from sklearn.pipeline import Pipeline

from pipeline.base.codebook import STANCES
from pipeline.base.errors import ModelError
from pipeline.labelling.codes import KEYS
from pipeline.labelling.link import align_codes
from pipeline.tagging.stance_encoder import Encoder, as_stored
from pipeline.tagging.stance_model import (
    SURE_OF_STANCE,
    ask,
    carried,
    every_stance,
    text_columns,
    with_tone,
)
from pipeline.tagging.theme_model import positive
from pipeline.training.fit_stance import (
    cross_score_stance,
    fit_stance_first_stage,
    fit_stance_judge,
    stance_folds,
    stance_lift,
)
from pipeline.training.fit_themes import cross_score, fit_first_stage, fit_judges, spread_of
from pipeline.training.folds import grouped_folds
from pipeline.training.material import (
    Coded,
    Material,
    code_arrays,
)
from pipeline.training.scores import tabulate_held_out
from pipeline.training.thresholds import best_threshold

FOLDS = 5
# Coded stances needed to fine-tune an encoder, and to fit a new judge to what it says.
MIN_TUNED, MIN_HEARD = 500, 100
# What an encoder says about a paragraph and theme: the log probability of each stance.
TONE = [*KEYS, "theme", *STANCES]


@dataclass(frozen=True, slots=True)
class FineTuned:
    """A stance encoder and what is known about it; without an `encoder`, only counts read stance.

    `tone` (columns `TONE`) is what encoders that had not seen the authority said about the pairs
    it was fine-tuned on; `authorities` are those it has seen. `judge` weighs tone and counts.
    `made_in` names the model for which it was fine-tuned.
    """

    encoder: Encoder | None
    judge: Pipeline | None
    tone: pd.DataFrame
    authorities: frozenset[str]
    made_in: str


NO_ENCODER = FineTuned(None, None, pd.DataFrame(columns=TONE), frozenset(), "")


@dataclass(frozen=True, slots=True)
class Fit:
    """A fitted model's parts, as skops stores them, and what was learnt about it on the way.

    `held_out` (columns `HELD_OUT`) is what models that had not seen a paragraph's authority said
    about it, for every coded paragraph and theme. `tuned` is the encoder its stance model uses.
    """

    parts: dict
    thresholds: dict[str, float]
    held_out: pd.DataFrame
    tuned: FineTuned


def fit_model(material: Material, tuned: FineTuned, start: Path | None = None) -> Fit:
    """Fit both stages and the stance model on counts; every random step is seeded.

    `start` is the folder of a sentence encoder from which to fine-tune a new stance encoder (None:
    keep the one in `tuned`).
    """
    coded = code_arrays(material.codes)
    data, vectors = material.counted, material.vectors
    inputs, by_sentence = cross_score(data, coded.themes, coded.groups, vectors, FOLDS)
    fold = grouped_folds(coded.groups, FOLDS, seed=2, spread=spread_of(coded.themes))
    probability = _held_out_themes(inputs, coded, fold)
    tagged = np.column_stack(
        [
            _held_out_decisions(y, probability[:, column], fold)
            for column, y in enumerate(coded.themes.values())
        ]
    )
    stance_parts, stance, tuned = _fit_stance(material, coded, tagged, by_sentence, tuned, start)
    parts = {
        "names": material.names,
        "vectors": vectors.astype(np.float16),
        "readers": _as_dict(fit_first_stage(data, coded.themes, vectors)),
        "judges": fit_judges(inputs, coded.themes),
        "codebook_themes": list(coded.themes),
        **stance_parts,
    }
    thresholds = {
        theme: best_threshold(y[y >= 0], probability[y >= 0, column])
        for column, (theme, y) in enumerate(coded.themes.items())
    }
    held_out = tabulate_held_out(material.codes, list(coded.themes), probability, tagged, stance)
    return Fit(parts, thresholds, held_out, tuned)


def _held_out_themes(inputs: np.ndarray, coded: Coded, fold: np.ndarray) -> np.ndarray:
    def fit(train: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
        judges = fit_judges(inputs[train], {t: y[train] for t, y in coded.themes.items()})
        return lambda x: np.column_stack([positive(judge, x) for judge in judges.values()])

    return _held_out(fit, inputs, fold, len(coded.themes))


def _held_out_decisions(y: np.ndarray, p: np.ndarray, fold: np.ndarray) -> np.ndarray:
    """Whether each probability reaches the threshold fitted on other authorities' codes."""
    decided = np.zeros(len(y), dtype=bool)
    for n in np.unique(fold):
        others = (fold != n) & (y >= 0)
        decided[fold == n] = p[fold == n] >= best_threshold(y[others], p[others])
    return decided


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
    start: Path | None,
) -> tuple[dict, np.ndarray, FineTuned]:
    """The stance model's parts, the held-out stance of all coded or tagged pairs, the encoder."""
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

    def judge_by(inputs: np.ndarray, rows: np.ndarray) -> Pipeline | DummyClassifier:
        return fit_stance_judge(inputs[rows], stances[rows])

    def held_out_by(inputs: np.ndarray) -> np.ndarray:
        return _held_out(
            lambda rows: partial(every_stance, judge_by(inputs, rows)), inputs, fold, len(STANCES)
        )

    probability = held_out_by(read)
    asked = _Asked(
        keys=material.codes[KEYS]
        .iloc[pairs[:, 0]]
        .assign(theme=np.array(themes)[pairs[:, 1]])
        .reset_index(drop=True),
        groups=groups,
        stances=stances,
        fold=fold,
        here=pairs[:, 0] < len(material.passages),
        texts_of=lambda rows: ask(material.passages, data, by_sentence, pairs[rows], themes),
    )
    if start is None:
        tone = _find_tone(asked, tuned)
    else:
        tuned, tone = _fine_tune(asked, start, [passage.text for passage in material.passages])
    heard = np.isfinite(tone).all(axis=1)
    both = with_tone(probability, np.where(heard[:, None], tone, 0))
    unsure = heard & (probability.max(axis=1) < SURE_OF_STANCE)
    if (stances[heard] >= 0).sum() >= MIN_HEARD:
        tuned = replace(tuned, judge=judge_by(both, heard))
        for n in np.unique(fold[unsure]):
            rows, others = unsure & (fold == n), heard & (fold != n)
            if (stances[others] >= 0).any():
                probability[rows] = every_stance(judge_by(both, others), both[rows])
    guess = np.zeros(len(pairs), dtype=int)
    for n in np.unique(fold):
        lift = stance_lift(probability[fold != n], stances[fold != n])
        guess[fold == n] = np.argmax(np.log(probability[fold == n] + 1e-9) + lift, axis=1)
    stance = np.full(tagged.shape, "", dtype=object)
    stance[tuple(pairs.T)] = np.array(STANCES, dtype=object)[guess]
    parts = {
        "stance_readers": _as_dict(fit_stance_first_stage(about, stances)),
        "stance_judge": fit_stance_judge(read, stances),
        "encoder": as_stored(tuned.encoder) if tuned.encoder else None,
        "tone_judge": tuned.judge,
        "lift": stance_lift(probability, stances),
    }
    fresh = asked.keys.assign(**dict(zip(STANCES, tone.T, strict=True)))[heard][TONE]
    every = pd.concat([tuned.tone, fresh] if len(tuned.tone) else [fresh], ignore_index=True)
    return parts, stance, replace(tuned, tone=every.drop_duplicates(TONE[:3], ignore_index=True))


@dataclass(frozen=True, slots=True)
class _Asked:
    """The pairs whose stance is wanted; `texts_of` gives what an encoder reads of those `here`.

    `keys` are document, fingerprint and theme; `stances` are -1 if nobody coded one.
    """

    keys: pd.DataFrame
    groups: np.ndarray
    stances: np.ndarray
    fold: np.ndarray
    here: np.ndarray
    texts_of: Callable[[np.ndarray], list[tuple[str, str]]]


def _find_tone(asked: _Asked, tuned: FineTuned) -> np.ndarray:
    """The tone of each pair (n x STANCES) from an encoder that has not seen its authority.

    This was recorded when the encoder was fine-tuned, or is what the encoder says now about an
    authority it has not seen. Otherwise it is NaN.
    """
    known = tuned.tone.set_index(TONE[:3])
    named = align_codes(asked.keys.assign(coder=""), known.index.droplevel("theme").unique())
    at = pd.MultiIndex.from_frame(named[TONE[:3]])
    tone = known.reindex(at).to_numpy(dtype=float, copy=True)
    fresh = asked.here & ~np.isin(asked.groups, list(tuned.authorities))
    fresh &= np.isnan(tone).any(axis=1)
    if tuned.encoder is not None and fresh.any():
        tone[fresh] = tuned.encoder.score(asked.texts_of(fresh))
    return tone


def _fine_tune(asked: _Asked, start: Path, texts: list[str]) -> tuple[FineTuned, np.ndarray]:
    """A new encoder, and the tone of each pair; NaN for pairs without their text."""
    coded = asked.here & (asked.stances >= 0)
    if (n := int(coded.sum())) < MIN_TUNED or len(np.unique(asked.fold[coded])) < 2:
        raise ModelError(
            f"Only {n} coded stances have the text of their paragraph; fine-tuning an encoder "
            f"needs {MIN_TUNED} from several authorities.",
            "Give the output folders of `run` for the reports they are about, or leave out "
            "--encoder to keep the present encoder.",
        )
    try:
        from pipeline.training.fit_encoder import fit_encoders
    except ImportError as error:
        raise ModelError(
            f"Fine-tuning an encoder needs the package {error.name}.",
            "Install the extra: pip install -e '.[encoder]'.",
        ) from error
    here = asked.here
    tone = np.full((len(here), len(STANCES)), np.nan)
    encoder, tone[here] = fit_encoders(
        asked.texts_of(here), asked.stances[here], asked.fold[here], start, texts
    )
    seen = frozenset(asked.groups[coded].tolist())
    return replace(NO_ENCODER, encoder=encoder, authorities=seen), tone


def _as_dict(readers) -> dict:
    return {field.name: getattr(readers, field.name) for field in fields(readers)}
