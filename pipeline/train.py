"""Codes + the paragraphs they are about, or their kept counts → a new model folder.

A model folder is never overwritten. It keeps the counts of the paragraphs it learnt from, so that
the next training can go on from it where their texts are not at hand.
"""

from __future__ import annotations

import datetime
import hashlib
import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import skops.io
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from pipeline.card import make_card, write_card
from pipeline.classifier import (
    best_threshold,
    cross_read,
    fit_judges,
    fit_readers,
    grouped_folds,
    positive,
    spread_of,
)
from pipeline.codebook import STANCES, Theme, read_codebook
from pipeline.coded_counts import CodedCounts, onto, read_counts, together, write_counts
from pipeline.codes import CODES_COLUMNS, NO, link_codes, settle_codes, themes_of
from pipeline.counts import Counted, count_tokens, read_vocabulary, word_vectors
from pipeline.errors import ModelError
from pipeline.features import Passage, TermFinder
from pipeline.models import (
    CARD_FILE,
    CODEBOOK_FILE,
    COUNTS_FILE,
    FORMAT,
    HELD_OUT_FILE,
    MODEL_FILE,
    NOT_USED_FILE,
)
from pipeline.paths import CODEBOOK
from pipeline.records import is_substantive
from pipeline.scores import HELD_OUT
from pipeline.stance import (
    carried,
    cross_read_stance,
    every_stance,
    fit_stance_readers,
    stance_lift,
    text_columns,
)
from pipeline.tag import load_model

FOLDS = 5
MIN_POSITIVE = 10
MIN_NEGATIVE = 1
NOT_USED = [*CODES_COLUMNS, "reason"]


@dataclass(frozen=True, slots=True)
class Material:
    """What a model is fitted on: settled codes and the counts of their paragraphs, row by row.

    `names` are the tokens counted, `vectors` (tokens x 200) the meaning of those that are words.
    The counts of the last `n_kept` paragraphs come from an earlier model. `not_used` are the codes
    that no paragraph or kept counts could be found for, with the reason.
    """

    codes: pd.DataFrame
    counted: Counted
    names: np.ndarray
    vectors: np.ndarray
    n_kept: int
    not_used: pd.DataFrame


def gather_material(
    codes: pd.DataFrame,
    paragraphs: pd.DataFrame | None,
    codebook: dict[str, Theme],
    base: Path | None,
) -> Material:
    """Count the paragraphs that codes are about; where they are not there, take `base`'s counts.

    `codes` as from `read_codes`, `paragraphs` with the columns of that table (None: no texts are
    at hand), `base` a model folder. Raises `ModelError` where nothing can be learnt from.
    """
    settled = settle_codes(codes)
    settled = settled[[*CODES_COLUMNS, *(t for t in codebook if t in themes_of(settled))]]
    if paragraphs is None:
        linked, absent = settled.head(0), settled
    else:
        linked, absent = link_codes(settled, paragraphs)
    # Codes of what is now a heading, a table or boilerplate would teach how those are cut.
    aside = linked.head(0)
    if len(linked):
        counts_as_text = is_substantive(linked)
        linked, aside = linked[counts_as_text], linked[~counts_as_text]
    kept, rows = _find_kept(absent, base)
    not_used = pd.concat(
        [
            absent[rows < 0].assign(reason="neither its paragraph nor its counts are at hand"),
            aside.assign(reason="its paragraph is now a heading, a table or boilerplate"),
        ]
    )[NOT_USED]
    absent, rows = absent[rows >= 0], rows[rows >= 0]
    if linked.empty and absent.empty:
        raise ModelError(
            "None of the codes has its paragraph among those that were read.",
            "Run `extract` on the documents the codes are about, and give its folder.",
        )
    used = pd.concat([linked[settled.columns], absent], ignore_index=True)
    finder = TermFinder([codebook[theme] for theme in themes_of(used)])
    passages = [Passage(r.text, r.heading, r.lead_in) for r in linked.itertuples(index=False)]
    if kept is None or absent.empty:
        names = read_vocabulary(passages, finder)
        others = [] if paragraphs is None else paragraphs[is_substantive(paragraphs)]["text"]
        vectors = word_vectors([*(Passage(text) for text in others), *passages], names)
        counted = count_tokens(passages, names, finder)
    else:
        known = {str(name) for name in kept.names}
        fresh = read_vocabulary(passages, finder) if passages else []
        names = np.array([*kept.names, *(name for name in fresh if name not in known)])
        old = load_model(base).vectors
        vectors = np.vstack([old, np.zeros((len(names) - len(old), old.shape[1]))])
        # `take` wants increasing rows: the codes follow the order of what is kept.
        order = np.argsort(rows)
        used = pd.concat([linked[settled.columns], absent.iloc[order]], ignore_index=True)
        counted = onto(kept.counted.take(rows[order]), kept.names, names)
        if passages:
            counted = together(count_tokens(passages, names, finder), counted)
    return Material(
        codes=used,
        counted=counted,
        names=np.asarray(names, dtype=np.str_),
        # Halves are what is stored; fitting on what is stored keeps saved and fitted model equal.
        vectors=vectors.astype(np.float16).astype(np.float32),
        n_kept=len(absent),
        not_used=not_used.reset_index(drop=True),
    )


def _find_kept(absent: pd.DataFrame, base: Path | None) -> tuple[CodedCounts | None, np.ndarray]:
    if base is None or absent.empty:
        return None, np.full(len(absent), -1)
    kept = read_counts(base / COUNTS_FILE)
    return kept, kept.rows(absent["doc_id"], absent["fingerprint"])


@dataclass(frozen=True, slots=True)
class Coded:
    """Settled codes as arrays over n paragraphs.

    `themes[t]` is 1, 0 or -1 (not coded) for each; `pairs` holds (paragraph, theme) of every coded
    stance and `stances` its index in STANCES; `groups` names the authority of each paragraph,
    along which folds are cut.
    """

    groups: np.ndarray
    themes: dict[str, np.ndarray]
    pairs: np.ndarray
    stances: np.ndarray


def code_arrays(codes: pd.DataFrame) -> Coded:
    """Settled codes → arrays, for the themes that anybody coded.

    Raises `ModelError` for a theme with fewer than `MIN_POSITIVE` paragraphs that carry it or
    `MIN_NEGATIVE` that do not, and where all codes are about one authority.
    """
    themes = {
        theme: np.select([codes[theme] == "", codes[theme] == NO], [-1, 0], 1)
        for theme in themes_of(codes)
        if (codes[theme] != "").any()
    }
    if not themes:
        raise ModelError(
            "No theme of the codebook has codes.", "Add a column of codes for one of its themes."
        )
    for theme, values in themes.items():
        if (n := int((values == 1).sum())) < MIN_POSITIVE:
            raise ModelError(
                f"Only {n} coded paragraphs carry the theme {theme}; {MIN_POSITIVE} are needed.",
                "Code more paragraphs, or take the theme out of the codebook.",
            )
        if (n := int((values == 0).sum())) < MIN_NEGATIVE:
            raise ModelError(
                f"Only {n} coded paragraphs are without the theme {theme}; {MIN_NEGATIVE} are "
                "needed.",
                "Code some that do not carry it as `no`.",
            )
    groups = codes["authority"].to_numpy(dtype=str)
    if len(set(groups)) < 2:
        raise ModelError(
            f"All codes are about {groups[0] or 'no named authority'}.",
            "Code paragraphs of at least two authorities: a model is tested on those it has not "
            "seen.",
        )
    ids = list(themes)
    pairs = np.argwhere(np.column_stack([themes[theme] for theme in ids]) == 1)
    values = codes[ids].to_numpy(dtype=str)[tuple(pairs.T)]
    return Coded(groups, themes, pairs, np.array([STANCES.index(value) for value in values]))


@dataclass(frozen=True, slots=True)
class Fit:
    """A fitted model's parts, as skops stores them, and what was learnt about it on the way.

    `held_out` (columns `HELD_OUT`) is what models that had not seen a paragraph's authority said
    of it, for every coded paragraph and theme.
    """

    parts: dict
    thresholds: dict[str, float]
    held_out: pd.DataFrame


def fit_model(material: Material) -> Fit:
    """Fit both stages and the stance model on counts; all of it is seeded."""
    coded = code_arrays(material.codes)
    data, vectors = material.counted, material.vectors
    inputs, by_sentence = cross_read(data, coded.themes, coded.groups, vectors, FOLDS)
    fold = grouped_folds(coded.groups, FOLDS, seed=2, spread=spread_of(coded.themes))
    probability = _held_out_themes(inputs, coded, fold)
    tagged = np.column_stack(
        [
            _held_out_decisions(y, probability[:, column], fold)
            for column, y in enumerate(coded.themes.values())
        ]
    )
    stance_parts, stance = _fit_stance(data, coded, by_sentence, vectors, material.names)
    parts = {
        "names": material.names,
        "vectors": vectors.astype(np.float16),
        "readers": _as_dict(fit_readers(data, coded.themes, vectors)),
        "judges": fit_judges(inputs, coded.themes),
        "codebook_themes": list(coded.themes),
        **stance_parts,
    }
    thresholds = {
        theme: best_threshold(y[y >= 0], probability[y >= 0, column])
        for column, (theme, y) in enumerate(coded.themes.items())
    }
    n = len(coded.themes)
    held_out = pd.DataFrame(
        {
            "doc_id": np.repeat(material.codes["doc_id"].to_numpy(), n),
            "fingerprint": np.repeat(material.codes["fingerprint"].to_numpy(), n),
            "theme": np.tile(list(coded.themes), len(coded.groups)),
            "probability": probability.ravel().round(4),
            "tagged": tagged.ravel(),
            "stance": stance.ravel().astype(str),
        },
        columns=HELD_OUT,
    )
    return Fit(parts, thresholds, held_out)


def _held_out_themes(inputs: np.ndarray, coded: Coded, fold: np.ndarray) -> np.ndarray:
    def fit(train: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
        judges = fit_judges(inputs[train], {t: y[train] for t, y in coded.themes.items()})
        return lambda x: np.column_stack([positive(judge, x) for judge in judges.values()])

    return _held_out(fit, inputs, fold, len(coded.themes))


def _held_out_decisions(y: np.ndarray, p: np.ndarray, fold: np.ndarray) -> np.ndarray:
    """Whether each probability reaches the threshold that the other authorities' codes give."""
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
    """Second-stage probabilities of every row, from a second stage that never saw its fold."""
    probability = np.zeros((len(inputs), width))
    for n in np.unique(fold):
        probability[fold == n] = fit(fold != n)(inputs[fold == n])
    return probability


def _fit_stance(
    data: Counted, coded: Coded, by_sentence: np.ndarray, vectors: np.ndarray, names: np.ndarray
) -> tuple[dict, np.ndarray]:
    """The stance model's parts, and the held-out stance of every pair ("" elsewhere)."""
    kept = text_columns(names)
    about = carried(
        data.columns(kept), by_sentence, coded.pairs, list(coded.themes), vectors[kept]
    )
    groups = coded.groups[coded.pairs[:, 0]]
    read = cross_read_stance(about, coded.stances, groups, FOLDS)

    def fit(train: np.ndarray) -> Pipeline:
        judge = make_pipeline(StandardScaler(), LogisticRegression(C=0.5, max_iter=1000))
        return judge.fit(read[train], coded.stances[train])

    fold = grouped_folds(groups, FOLDS, seed=2, spread=np.eye(len(STANCES))[coded.stances])
    probability = _held_out(
        lambda train: partial(every_stance, fit(train)), read, fold, len(STANCES)
    )
    guess = np.zeros(len(groups), dtype=int)
    for n in np.unique(fold):
        lift = stance_lift(probability[fold != n], coded.stances[fold != n])
        guess[fold == n] = np.argmax(np.log(probability[fold == n] + 1e-9) + lift, axis=1)
    stance = np.full((len(coded.groups), len(coded.themes)), "", dtype=object)
    stance[tuple(coded.pairs.T)] = np.array(STANCES, dtype=object)[guess]
    parts = {
        "stance_readers": _as_dict(fit_stance_readers(about, coded.stances)),
        "stance_judge": fit(np.ones(len(coded.stances), dtype=bool)),
        "lift": stance_lift(probability, coded.stances),
    }
    return parts, stance


def _as_dict(readers) -> dict:
    return {field.name: getattr(readers, field.name) for field in fields(readers)}


def train_model(
    codes: pd.DataFrame,
    paragraphs: pd.DataFrame | None,
    models: Path,
    codebook: Path = CODEBOOK,
    base: Path | None = None,
) -> Path:
    """Fit a model from codes and write it to `models/<day>-<hash of all it learns from>/`.

    `paragraphs` (None: none) are those of the reports at hand; codes of others are learnt from the
    counts that the model folder `base` keeps. Raises `ModelError` where the folder is there.
    """
    themes = read_codebook(codebook)
    material = gather_material(codes, paragraphs, themes, base)
    model_id = f"{datetime.date.today():%Y%m%d}-{_digest(material, codebook)}"
    folder = models / model_id
    if folder.exists():
        raise ModelError(
            f"{folder} is there already: the same codes gave this model today.",
            "Use it, or move it away to train it again.",
        )
    # One thread: the same sums in the same order on any machine, and many small matrices are
    # slower on several, which wait for each other where other programs run.
    with threadpool_limits(limits=1):
        fit = fit_model(material)
    beside = models / f".{model_id}.part"
    shutil.rmtree(beside, ignore_errors=True)
    beside.mkdir(parents=True)
    skops.io.dump(fit.parts, beside / MODEL_FILE, compression=8)
    (beside / CODEBOOK_FILE).write_bytes(codebook.read_bytes())
    write_counts(
        beside / COUNTS_FILE,
        CodedCounts(
            material.codes["doc_id"].to_numpy(),
            material.codes["fingerprint"].to_numpy(),
            material.names,
            material.counted,
        ),
    )
    fit.held_out.to_parquet(beside / HELD_OUT_FILE, index=False)
    material.not_used.to_csv(beside / NOT_USED_FILE, index=False, lineterminator="\n")
    card = {
        "format": FORMAT,
        "model_id": model_id,
        "learnt_from_counts_of": base.name if base and material.n_kept else None,
        "n_paragraphs_learnt_from_counts": material.n_kept,
    }
    card |= make_card(material.codes, fit.held_out, fit.thresholds, len(material.not_used), FOLDS)
    (beside / CARD_FILE).write_text(json.dumps(card, indent=2) + "\n", encoding="utf-8")
    write_card(card, beside)
    beside.replace(folder)
    return folder


def _digest(material: Material, codebook: Path) -> str:
    digest = hashlib.sha256(codebook.read_bytes())
    digest.update(material.codes.to_csv(index=False).encode())
    digest.update("\n".join(material.names).encode() + material.vectors.tobytes())
    for counts in (material.counted.sentences, material.counted.headings):
        digest.update(counts.indices.tobytes() + counts.data.tobytes())
    return digest.hexdigest()[:8]
