"""Codes + the paragraphs they are about → a new model folder, never overwriting one."""

from __future__ import annotations

import datetime
import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from importlib import metadata
from pathlib import Path

import numpy as np
import pandas as pd
import skops.io
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, f1_score
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from pipeline.classifier import (
    best_threshold,
    cross_read,
    fit_judges,
    fit_readers,
    grouped_folds,
    positive,
)
from pipeline.codebook import STANCES, Theme, read_codebook
from pipeline.codes import CODES_COLUMNS, NO
from pipeline.counts import Counted, count_tokens, read_vocabulary, word_vectors
from pipeline.errors import ModelError
from pipeline.features import Passage, TermFinder
from pipeline.models import CARD_FILE, CODEBOOK_FILE, MODEL_FILE
from pipeline.paths import CODEBOOK
from pipeline.records import SUBSTANTIVE_KINDS
from pipeline.stance import (
    carried,
    cross_read_stance,
    fit_stance_readers,
    stance_lift,
    text_columns,
)

FOLDS = 5
MIN_POSITIVE = 10
CODED_BY = (
    "The shipped codes were given by a language model reading each paragraph under the codebook, "
    "not by practitioners. Its agreement with itself says nothing about agreement between people."
)


@dataclass(frozen=True, slots=True)
class Coded:
    """Passages with their codes: `themes[t]` is 1, 0 or -1 (not coded) per passage.

    `pairs` holds (passage, theme) of every coded stance and `stances` its index in STANCES;
    `groups` names the authority of each passage, along which folds are cut.
    """

    passages: Sequence[Passage]
    groups: np.ndarray
    themes: dict[str, np.ndarray]
    pairs: np.ndarray
    stances: np.ndarray


def coded_passages(linked: pd.DataFrame, codebook: dict[str, Theme]) -> Coded:
    """What `link_codes` gives, as arrays, for the themes that codebook and codes share.

    Raises `ModelError` for a theme with fewer than `MIN_POSITIVE` paragraphs that carry it.
    """
    ids = [
        theme
        for theme in codebook
        if theme in linked.columns and theme not in CODES_COLUMNS and (linked[theme] != "").any()
    ]
    if not ids:
        raise ModelError(
            "No theme of the codebook has codes for the paragraphs that were read.",
            "Run `extract` on the documents the codes are about, and give its folder.",
        )
    themes = {
        theme: np.select([linked[theme] == "", linked[theme] == NO], [-1, 0], 1) for theme in ids
    }
    for theme, values in themes.items():
        if (n := int((values == 1).sum())) < MIN_POSITIVE:
            raise ModelError(
                f"Only {n} coded paragraphs carry the theme {theme}; {MIN_POSITIVE} are needed.",
                "Code more paragraphs, or take the theme out of the codebook.",
            )
    pairs = np.array(
        [
            (row, column)
            for row in range(len(linked))
            for column, t in enumerate(ids)
            if themes[t][row] == 1
        ]
    )
    return Coded(
        passages=[Passage(r.text, r.heading, r.lead_in) for r in linked.itertuples(index=False)],
        groups=linked["authority"].to_numpy(dtype=str),
        themes=themes,
        pairs=pairs,
        stances=np.array([STANCES.index(linked[ids[t]].iat[row]) for row, t in pairs]),
    )


@dataclass(frozen=True, slots=True)
class Fit:
    """A fitted model's parts, as skops stores them, with what was learnt about it on the way."""

    parts: dict
    thresholds: dict[str, float]
    scores: dict


def fit_model(coded: Coded, unlabelled: Sequence[Passage], finder: TermFinder) -> Fit:
    """Fit vocabulary, word vectors, both stages and the stance model; all of it is seeded.

    `unlabelled` are further passages from which the meaning of words is learnt.
    """
    vectoriser = read_vocabulary(coded.passages, finder)
    # Halves are what is stored; fitting on what is stored keeps saved and fitted model equal.
    vectors = (
        word_vectors([*unlabelled, *coded.passages], vectoriser.get_feature_names_out())
        .astype(np.float16)
        .astype(np.float32)
    )
    data = count_tokens(coded.passages, vectoriser, finder)
    inputs, by_sentence = cross_read(data, coded.themes, coded.groups, vectors, FOLDS)
    probability = _held_out_themes(inputs, coded)
    thresholds = {
        theme: best_threshold(y[y >= 0], probability[y >= 0, column])
        for column, (theme, y) in enumerate(coded.themes.items())
    }
    stance, stance_scores = _fit_stance(data, coded, by_sentence, vectors, vectoriser)
    parts = {
        "vectoriser": vectoriser,
        "vectors": vectors.astype(np.float16),
        "readers": _as_dict(fit_readers(data, coded.themes, vectors)),
        "judges": fit_judges(inputs, coded.themes),
        "codebook_themes": list(coded.themes),
        **stance,
    }
    scores = {"themes": score_themes(coded, probability, thresholds), "stance": stance_scores}
    return Fit(parts, thresholds, scores)


def _held_out_themes(inputs: np.ndarray, coded: Coded) -> np.ndarray:
    def fit(train: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
        judges = fit_judges(inputs[train], {t: y[train] for t, y in coded.themes.items()})
        return lambda x: np.column_stack([positive(judge, x) for judge in judges.values()])

    return held_out(fit, inputs, coded.groups, len(coded.themes))


def held_out(
    fit: Callable[[np.ndarray], Callable[[np.ndarray], np.ndarray]],
    inputs: np.ndarray,
    groups: np.ndarray,
    width: int,
) -> np.ndarray:
    """Second-stage probabilities of every row, from a second stage that never saw its group."""
    fold = grouped_folds(groups, FOLDS, seed=2)
    probability = np.zeros((len(inputs), width))
    for n in range(FOLDS):
        if (fold == n).any():
            probability[fold == n] = fit(fold != n)(inputs[fold == n])
    return probability


def _fit_stance(
    data: Counted, coded: Coded, by_sentence, vectors, vectoriser
) -> tuple[dict, dict]:
    kept = text_columns(vectoriser.get_feature_names_out())
    about = carried(
        data.columns(kept), by_sentence, coded.pairs, list(coded.themes), vectors[kept]
    )
    groups = coded.groups[coded.pairs[:, 0]]
    read = cross_read_stance(about, coded.stances, groups, FOLDS)

    def fit(train: np.ndarray) -> Pipeline:
        judge = make_pipeline(StandardScaler(), LogisticRegression(C=0.5, max_iter=1000))
        return judge.fit(read[train], coded.stances[train])

    probability = held_out(lambda train: fit(train).predict_proba, read, groups, len(STANCES))
    lift = stance_lift(probability, coded.stances)
    guess = np.argmax(np.log(probability + 1e-9) + lift, axis=1)
    scores = {
        "n": len(guess),
        "accuracy": float((guess == coded.stances).mean()),
        "macro_f1": float(f1_score(coded.stances, guess, average="macro")),
        "majority_accuracy": float(np.bincount(coded.stances).max() / len(guess)),
    }
    parts = {
        "stance_readers": _as_dict(fit_stance_readers(about, coded.stances)),
        "stance_judge": fit(np.ones(len(coded.stances), dtype=bool)),
        "lift": lift,
    }
    return parts, scores


def score_themes(coded: Coded, probability: np.ndarray, thresholds: dict[str, float]) -> dict:
    """Precision, recall, F1, average precision and support per theme, with micro and macro F1."""
    scores: dict = {}
    totals = np.zeros(3)
    for column, (theme, y) in enumerate(coded.themes.items()):
        known = y >= 0
        truth, p = y[known], probability[known, column]
        guess = p >= thresholds[theme]
        hits = np.array(
            [(guess & (truth == 1)).sum(), guess.sum(), (truth == 1).sum()], dtype=float
        )
        totals += hits
        scores[theme] = {
            "support": int(hits[2]),
            "precision": float(hits[0] / max(hits[1], 1)),
            "recall": float(hits[0] / max(hits[2], 1)),
            "f1": float(2 * hits[0] / max(hits[1] + hits[2], 1)),
            "average_precision": float(average_precision_score(truth, p)),
            "calibration_error": calibration_error(truth, p),
        }
    themes = list(scores.values())
    scores["micro_f1"] = float(2 * totals[0] / (totals[1] + totals[2]))
    scores["macro_f1"] = float(np.mean([theme["f1"] for theme in themes]))
    scores["mean_average_precision"] = float(np.mean([t["average_precision"] for t in themes]))
    return scores


def calibration_error(truth: np.ndarray, p: np.ndarray, bins: int = 10) -> float:
    """Expected calibration error: mean gap between probability and share of hits, by bin."""
    at = np.minimum((p * bins).astype(int), bins - 1)
    gaps = [
        abs(p[at == n].mean() - truth[at == n].mean()) * (at == n).mean() for n in np.unique(at)
    ]
    return float(np.sum(gaps))


def _as_dict(readers) -> dict:
    return {field.name: getattr(readers, field.name) for field in fields(readers)}


def save_model(fit: Fit, coded: Coded, models: Path, codebook: Path = CODEBOOK) -> Path:
    """Write `models/<day>-<hash of the codes>/`, return it; `ModelError` if it is there."""
    digest = hashlib.sha256(codebook.read_bytes())
    for theme, y in coded.themes.items():
        digest.update(theme.encode() + y.astype(np.int8).tobytes())
    digest.update("\n".join(passage.text for passage in coded.passages).encode())
    model_id = f"{datetime.date.today():%Y%m%d}-{digest.hexdigest()[:8]}"
    folder = models / model_id
    if folder.exists():
        raise ModelError(
            f"{folder} is there already: the same codes gave this model today.",
            "Use it, or move it away to train it again.",
        )
    folder.mkdir(parents=True)
    skops.io.dump(fit.parts, folder / MODEL_FILE, compression=8)
    (folder / CODEBOOK_FILE).write_bytes(codebook.read_bytes())
    card = {
        "model_id": model_id,
        "thresholds": {theme: round(cut, 4) for theme, cut in fit.thresholds.items()},
        "n_coded_paragraphs": len(coded.passages),
        "n_authorities": len(set(coded.groups)),
        "scores": _rounded(fit.scores),
        "how_scored": (
            f"Out of fold by authority ({FOLDS} folds). Vocabulary and word vectors were read "
            "from all paragraphs; thresholds were chosen on the same out-of-fold probabilities."
        ),
        "codes": CODED_BY,
        "intended_use": (
            "Finding and counting paragraphs of inspection texts by theme; not judging an "
            "authority, and not single paragraphs without reading them."
        ),
        "versions": {
            name: metadata.version(name) for name in ("scikit-learn", "numpy", "scipy", "skops")
        },
    }
    (folder / CARD_FILE).write_text(json.dumps(card, indent=2) + "\n", encoding="utf-8")
    return folder


def _rounded(value):
    if isinstance(value, dict):
        return {key: _rounded(part) for key, part in value.items()}
    return round(value, 4) if isinstance(value, float) else value


def train_model(
    linked: pd.DataFrame, paragraphs: pd.DataFrame, models: Path, codebook: Path = CODEBOOK
) -> Path:
    """Fit a model from linked codes, learning words from all `paragraphs`, and save it."""
    themes = read_codebook(codebook)
    # Codes of what is now a heading, a table or boilerplate would teach how those are cut.
    coded = coded_passages(linked[_is_substantive(linked)].reset_index(drop=True), themes)
    finder = TermFinder([themes[theme] for theme in coded.themes])
    unlabelled = [Passage(text) for text in paragraphs[_is_substantive(paragraphs)]["text"]]
    return save_model(fit_model(coded, unlabelled, finder), coded, models, codebook)


def _is_substantive(table: pd.DataFrame) -> pd.Series:
    return table["kind"].isin(SUBSTANTIVE_KINDS) & ~table["boilerplate"].astype(bool)
