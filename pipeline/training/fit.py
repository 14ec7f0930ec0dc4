"""Material → a fitted model, and what it says about paragraphs it has not seen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from functools import partial

import numpy as np
import pandas as pd
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline

from pipeline.base.codebook import STANCES
from pipeline.base.errors import ModelError
from pipeline.base.extras import how_to_install
from pipeline.labelling.codes import KEYS
from pipeline.labelling.direction import DIRECTION
from pipeline.labelling.link import align_codes
from pipeline.tagging.encoder import Encoder, as_stored
from pipeline.tagging.passages import Span
from pipeline.tagging.stance_model import (
    carried,
    carrying_spans,
    every_stance,
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
from pipeline.training.lessons import Lessons, Start, shares_of
from pipeline.training.material import Coded, Material, code_arrays
from pipeline.training.scores import tabulate_held_out
from pipeline.training.thresholds import best_threshold, weights_of

FOLDS = 5
# Coded paragraphs needed to fine-tune an encoder; and to fit a judge to what it says: of a theme,
# so many with and so many without it.
MIN_TUNED, MIN_HEARD = 500, 25
# What an encoder says about an authority comes from one tuned on the other half of them: five
# folds would take over twice as long.
HALVES = 2
# How much an invented sentence counts beside a real one where a judge learns how far to believe
# counts and encoder: enough for the encoder to be believed about such sentences, and too little to
# lose anything on real ones (held out, at 0.1 and 0.7 something is lost).
INVENTED_THEME, INVENTED_STANCE = 0.05, 0.3
# What an encoder says about a paragraph and theme: the log odds that it is carried (NaN for a
# theme that the encoder does not know), and the log probability of each stance.
HEARD = [*KEYS, "theme", "odds", *STANCES]


@dataclass(frozen=True, slots=True)
class FineTuned:
    """An encoder and what is known about it; without an `encoder`, only counts are used.

    `heard` (columns `HEARD`) is what encoders that had not seen the authority said about coded
    paragraphs; `authorities` are those that the present one has seen. `judge` weighs what it
    says of stance and what counts say. `made_in` names the model for which it was fine-tuned.
    """

    encoder: Encoder | None
    judge: Pipeline | None
    heard: pd.DataFrame
    authorities: frozenset[str]
    made_in: str


NO_ENCODER = FineTuned(None, None, pd.DataFrame(columns=HEARD), frozenset(), "")


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
    real = (material.codes["drawn"] != DIRECTION).to_numpy()
    tuned, heard = _hear(material, coded, by_sentence, worth, tuned, start)
    # A judge of what the encoder says learns from paragraphs such as it will be asked about.
    read = np.isfinite(heard.odds).all(axis=1) & worth & bool(heard.known)
    both = with_odds(inputs[read], heard.odds[read])
    weight = np.where(real[read], 1, INVENTED_THEME)
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
    held_out = tabulate_held_out(
        material.codes[real], themes, probability[real], tagged[real], stance[real]
    )
    every = pd.concat([tuned.heard, heard.table()] if len(tuned.heard) else [heard.table()])
    return Fit(
        parts,
        thresholds,
        held_out,
        replace(tuned, judge=judge, heard=every.drop_duplicates(HEARD[:3], ignore_index=True)),
    )


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


@dataclass(frozen=True, slots=True)
class _Heard:
    """What encoders say of coded paragraphs whose authority they have not seen; NaN if unknown.

    `odds` is paragraphs x the encoder's themes, `tone` paragraphs x `themes` x STANCES.
    """

    keys: pd.DataFrame
    themes: tuple[str, ...]
    known: tuple[str, ...]
    odds: np.ndarray
    tone: np.ndarray

    def table(self) -> pd.DataFrame:
        """The paragraphs and themes of which something is known, as a table `HEARD`."""
        said = np.isfinite(self.tone).all(axis=2)
        row, column = np.nonzero(said)
        odds = np.full(said.shape, np.nan)
        for at, theme in enumerate(self.known):
            if theme in self.themes:
                odds[:, self.themes.index(theme)] = self.odds[:, at]
        return pd.DataFrame(
            {
                **{key: self.keys[key].to_numpy()[row] for key in KEYS},
                "theme": np.array(self.themes, dtype=object)[column],
                "odds": odds[said],
                **dict(zip(STANCES, self.tone[said].T, strict=True)),
            },
            columns=HEARD,
        )


def _hear(
    material: Material,
    coded: Coded,
    by_sentence: np.ndarray,
    worth: np.ndarray,
    tuned: FineTuned,
    start: Start | None,
) -> tuple[FineTuned, _Heard]:
    """The encoder, and what ones that had not seen the authority say of every coded paragraph.

    A new encoder learns from the paragraphs that are `worth` reading, and from those that carry a
    theme.
    """
    themes, n = tuple(coded.themes), len(material.codes)
    here = np.arange(n) < len(material.passages)
    carries = partial(
        carrying_spans,
        material.counted,
        by_sentence,
        material.passages,
        themes=themes,
        finder=material.finder,
    )
    if start is not None:
        tuned, odds, tone = _fine_tune(
            material, coded, carries(np.flatnonzero(here)), worth, start
        )
        return tuned, _Heard(material.codes[KEYS], themes, themes, odds, tone)
    known = tuned.encoder.themes if tuned.encoder else ()
    odds, tone = recorded(material.codes, tuned.heard, themes, known)
    fresh = here & ~np.isin(coded.groups, list(tuned.authorities))
    fresh &= np.isnan(tone).any(axis=(1, 2))
    if tuned.encoder is not None and fresh.any():
        rows = np.flatnonzero(fresh)
        odds[rows], said = tuned.encoder.read(
            [material.passages[row] for row in rows], carries(rows)
        )
        tone[rows] = [[own[theme] for theme in themes] for own in said]
    return tuned, _Heard(material.codes[KEYS], themes, known, odds, tone)


def recorded(
    codes: pd.DataFrame, heard: pd.DataFrame, themes: Sequence[str], known: Sequence[str]
) -> tuple[np.ndarray, np.ndarray]:
    """What a table `HEARD` says of the paragraphs of codes: `_Heard.odds` and `_Heard.tone`."""
    table = heard.set_index(HEARD[:3])
    named = align_codes(codes[KEYS].assign(coder=""), table.index.droplevel("theme").unique())
    keys = [named["doc_id"], named["fingerprint"]]

    def look_up(theme: str, columns: Sequence[str]) -> np.ndarray:
        at = pd.MultiIndex.from_arrays([*keys, [theme] * len(named)], names=HEARD[:3])
        return table[list(columns)].reindex(at).to_numpy(dtype=float)

    odds = [look_up(theme, ["odds"]) for theme in known]
    tone = np.stack([look_up(theme, STANCES) for theme in themes], axis=1)
    return np.hstack([np.zeros((len(codes), 0)), *odds]), tone


def _fine_tune(
    material: Material,
    coded: Coded,
    carries: list[dict[str, list[Span]]],
    worth: np.ndarray,
    start: Start,
) -> tuple[FineTuned, np.ndarray, np.ndarray]:
    """A new encoder, its log odds and its tone; NaN for paragraphs without their text."""
    themes, n_here = list(coded.themes), len(material.passages)
    groups = coded.groups[:n_here]
    invented = (material.codes["drawn"] == DIRECTION).to_numpy()[:n_here]
    n_real = int((~invented).sum())
    if n_real < MIN_TUNED or len(np.unique(groups[~invented])) < HALVES:
        raise ModelError(
            f"Only {n_real} coded paragraphs have their text; fine-tuning an encoder needs "
            f"{MIN_TUNED} from several authorities.",
            "Give the output folders of `run` for the reports they are about, or leave out "
            "--encoder to keep the present encoder.",
        )
    try:
        from pipeline.training.fit_encoder import fit_encoders
    except ImportError as error:
        raise ModelError(
            f"Fine-tuning an encoder needs the package {error.name}.",
            how_to_install("encoder"),
        ) from error
    codes = {theme: y[:n_here] for theme, y in coded.carried.items()}
    y = np.column_stack(list(codes.values()))
    stances = np.full((len(material.codes), len(themes)), -1)
    stances[tuple(coded.pairs.T)] = coded.stances
    lessons = Lessons(
        names=tuple(themes),
        passages=material.passages,
        themes=np.where(y < 0, np.nan, y),
        stances=shares_of(stances[:n_here]),
        carries=carries,
        fold=grouped_folds(groups, HALVES, seed=3, spread=spread_of(codes)),
        worth=invented | worth[:n_here] | (y == 1).any(axis=1),
    )
    odds = np.full((len(material.codes), len(themes)), np.nan)
    tone = np.full((*odds.shape, len(STANCES)), np.nan)
    encoder, odds[:n_here], tone[:n_here] = fit_encoders(lessons, start)
    return replace(NO_ENCODER, encoder=encoder, authorities=frozenset(groups.tolist())), odds, tone


def _fit_stance(
    material: Material,
    coded: Coded,
    tagged: np.ndarray,
    by_sentence: np.ndarray,
    tuned: FineTuned,
    heard: _Heard,
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
    real = (material.codes["drawn"] != DIRECTION).to_numpy()[pairs[:, 0]]
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
    # A short paragraph is seldom mixed or neutral where its likeliest stance is another one.
    lifted = ~is_short(about_paragraph)
    likeliness = np.log(probability + 1e-9)
    for n in np.unique(fold):
        others = real & lifted & (fold != n)
        likeliness[lifted & (fold == n)] += stance_lift(probability[others], stances[others])
    guess = np.argmax(likeliness, axis=1)
    stance = np.full(tagged.shape, "", dtype=object)
    stance[tuple(pairs.T)] = np.array(STANCES, dtype=object)[guess]
    parts = {
        "stance_readers": _as_dict(fit_stance_first_stage(about, stances)),
        "stance_judge": fit_stance_judge(read, stances, weight),
        "tone_judge": judge,
        "lift": stance_lift(probability[real & lifted], stances[real & lifted]),
    }
    return parts, stance, judge


def _as_dict(readers) -> dict:
    return {field.name: getattr(readers, field.name) for field in fields(readers)}
