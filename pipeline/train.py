"""Codes + the paragraphs they are about, or their kept counts → a new model folder.

A model folder is never overwritten. It keeps the counts of the paragraphs it learnt from, so that
the next training can go on from it where their texts are not at hand.
"""

from __future__ import annotations

import datetime
import hashlib
import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import skops.io
from sklearn.dummy import DummyClassifier
from sklearn.pipeline import Pipeline
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
from pipeline.codes import (
    CODES_COLUMNS,
    KEYS,
    LINKED_COLUMNS,
    NO,
    align_codes,
    link_codes,
    settle_codes,
    themes_of,
    themes_without_codebook,
)
from pipeline.counts import Counted, count_tokens, read_vocabulary, word_vectors
from pipeline.encoder import Encoder, as_stored
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
    TONE_FILE,
    read_model_card,
)
from pipeline.paths import CODEBOOK
from pipeline.records import PARAGRAPHS, is_substantive
from pipeline.scores import HELD_OUT
from pipeline.stance import (
    SURE,
    ask,
    carried,
    cross_read_stance,
    every_stance,
    fit_stance_judge,
    fit_stance_readers,
    stance_folds,
    stance_lift,
    text_columns,
    with_tone,
)
from pipeline.tag import load_model

FOLDS = 5
# With fewer coded stances an encoder is not fine-tuned, nor a new judge fitted to what it says.
MIN_TUNED, MIN_HEARD = 500, 100
MIN_POSITIVE = 10
MIN_NEGATIVE = 1
NOT_USED = [*CODES_COLUMNS, "reason"]
# What an encoder says of a paragraph and theme: log probability of each stance.
TONE = [*KEYS, "theme", *STANCES]


@dataclass(frozen=True, slots=True)
class Material:
    """What a model is fitted on: settled codes and the counts of their paragraphs, row by row.

    `passages` are the texts, of the first rows only: those of the last `n_kept` are gone.

    `names` are the tokens counted, `vectors` (tokens x 200) the meaning of those that are words.
    The counts of these come from an earlier model. `not_used` are the codes
    that no paragraph or kept counts could be found for, with the reason; `notes` say what else a
    user of the model should know about it.
    """

    codes: pd.DataFrame
    passages: list[Passage]
    counted: Counted
    names: np.ndarray
    vectors: np.ndarray
    n_kept: int
    not_used: pd.DataFrame
    notes: tuple[str, ...]


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
    strangers = themes_without_codebook(codes, list(codebook))
    codes = codes.drop(columns=strangers)
    at_hand = pd.DataFrame(columns=PARAGRAPHS) if paragraphs is None else paragraphs
    linked, absent = link_codes(codes, at_hand)
    kept = None if base is None or absent.empty else read_counts(base / COUNTS_FILE)
    if kept is not None:
        here = set(zip(linked["doc_id"], linked["fingerprint"], strict=True))
        others = [
            key for key in zip(kept.doc_id, kept.fingerprint, strict=True) if key not in here
        ]
        absent = align_codes(absent, others)
    columns = [*CODES_COLUMNS, *(t for t in codebook if t in themes_of(codes))]
    linked, absent = _settle_linked(linked, columns), settle_codes(absent[columns])
    rows = (
        np.full(len(absent), -1)
        if kept is None
        else kept.rows(absent["doc_id"], absent["fingerprint"])
    )
    # Codes of what is now a heading, a table or boilerplate would teach how those are cut.
    counts_as_text = is_substantive(linked)
    linked, aside = linked[counts_as_text], linked[~counts_as_text]
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
    used = pd.concat([linked[columns], absent], ignore_index=True)
    finder = TermFinder([codebook[theme] for theme in themes_of(used)])
    passages = [Passage(r.text, r.heading, r.lead_in) for r in linked.itertuples(index=False)]
    if kept is None or absent.empty:
        names = read_vocabulary(passages, finder)
        others = map(Passage, at_hand.loc[is_substantive(at_hand), "text"])
        vectors = word_vectors([*others, *passages], names)
        counted = count_tokens(passages, names, finder)
    else:
        known = {str(name) for name in kept.names}
        fresh = read_vocabulary(passages, finder) if passages else []
        names = np.array([*kept.names, *(name for name in fresh if name not in known)])
        old = load_model(base).vectors
        vectors = np.vstack([old, np.zeros((len(names) - len(old), old.shape[1]))])
        # `take` wants increasing rows: the codes follow the order of what is kept.
        order = np.argsort(rows)
        used = pd.concat([linked[columns], absent.iloc[order]], ignore_index=True)
        counted = onto(kept.counted.take(rows[order]), kept.names, names)
        if passages:
            counted = together(count_tokens(passages, names, finder), counted)
    return Material(
        codes=used,
        passages=passages,
        counted=counted,
        names=np.asarray(names, dtype=np.str_),
        # Halves are what is stored; fitting on what is stored keeps saved and fitted model equal.
        vectors=vectors.astype(np.float16).astype(np.float32),
        n_kept=len(absent),
        not_used=not_used.reset_index(drop=True),
        notes=(
            *(
                f"{theme} is coded, but not in the codebook: it was not learnt."
                for theme in strangers
            ),
            *(_changed_terms(themes_of(used), codebook, base) if len(absent) else ()),
        ),
    )


def _changed_terms(themes: Sequence[str], codebook: dict[str, Theme], base: Path) -> Iterator[str]:
    """What cannot be counted again where the texts are gone."""
    before = read_codebook(base / CODEBOOK_FILE)
    for theme in themes:
        old, new = before.get(theme), codebook[theme]
        if old is None or _terms(old) != _terms(new):
            yield (
                f"The search terms of {theme} are not those of {base.name}: what was learnt from "
                "its kept counts does not know the new ones."
            )


def _terms(theme: Theme) -> tuple[set[str], set[str]]:
    return set(theme.search_terms), set(theme.negative_terms)


def _settle_linked(linked: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    """Settled codes with the paragraphs they are about, as `link_codes` gives them."""
    texts = linked.drop_duplicates(KEYS)[[*KEYS, *LINKED_COLUMNS]]
    return settle_codes(linked[columns]).merge(texts, on=KEYS)


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
    if len(carrying := set(groups[pairs[:, 0]])) < 2:
        raise ModelError(
            f"Only paragraphs of {carrying.pop()} are coded with a theme.",
            "Code some of another authority: a model is tested on those it has not seen.",
        )
    values = codes[ids].to_numpy(dtype=str)[tuple(pairs.T)]
    return Coded(groups, themes, pairs, np.array([STANCES.index(value) for value in values]))


@dataclass(frozen=True, slots=True)
class FineTuned:
    """A stance encoder and what is known of it; without an `encoder` counts alone read stance.

    `tone` (columns `TONE`) is what encoders said of the pairs it was fine-tuned on that had not
    seen their authority; `authorities` are those it has seen. `judge` weighs tone and counts.
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
    of it, for every coded paragraph and theme; `tuned` is the encoder that its stance model uses.
    """

    parts: dict
    thresholds: dict[str, float]
    held_out: pd.DataFrame
    tuned: FineTuned


def fit_model(material: Material, tuned: FineTuned, start: Path | None = None) -> Fit:
    """Fit both stages and the stance model on counts; all of it is seeded.

    `start` (None: take over the one of `tuned`) is the folder of a sentence encoder from which the
    stance encoder is fine-tuned anew.
    """
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
    stance_parts, stance, tuned = _fit_stance(material, coded, tagged, by_sentence, tuned, start)
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
    return Fit(parts, thresholds, held_out, tuned)


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
    material: Material,
    coded: Coded,
    tagged: np.ndarray,
    by_sentence: np.ndarray,
    tuned: FineTuned,
    start: Path | None,
) -> tuple[dict, np.ndarray, FineTuned]:
    """The stance model's parts, the held-out stance of what is coded or tagged, the encoder."""
    data, themes = material.counted, list(coded.themes)
    kept = text_columns(material.names)
    carries = np.zeros(tagged.shape, dtype=bool)
    carries[tuple(coded.pairs.T)] = True
    pairs = np.argwhere(carries | tagged)
    stances = np.full(len(pairs), -1)
    stances[carries[tuple(pairs.T)]] = coded.stances
    groups = coded.groups[pairs[:, 0]]
    about = carried(data.columns(kept), by_sentence, pairs, themes, material.vectors[kept])
    read = cross_read_stance(about, stances, groups, FOLDS)
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
    unsure = heard & (probability.max(axis=1) < SURE)
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
        "stance_readers": _as_dict(fit_stance_readers(about, stances)),
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
    """The pairs whose stance is asked for; `texts_of` gives what an encoder reads of those `here`.

    `keys` are document, fingerprint and theme; `stances` are -1 where nobody coded one.
    """

    keys: pd.DataFrame
    groups: np.ndarray
    stances: np.ndarray
    fold: np.ndarray
    here: np.ndarray
    texts_of: Callable[[np.ndarray], list[tuple[str, str]]]


def _find_tone(asked: _Asked, tuned: FineTuned) -> np.ndarray:
    """The tone of each pair (n x STANCES) by an encoder that has not seen its authority.

    What was said of it when the encoder was fine-tuned, or what the encoder says of an authority
    it has not seen; else NaN.
    """
    known = tuned.tone.set_index(TONE[:3])
    named = align_codes(asked.keys.assign(coder=""), known.index.droplevel("theme").unique())
    at = pd.MultiIndex.from_frame(named[TONE[:3]])
    tone = known.reindex(at).to_numpy(dtype=float, copy=True)
    fresh = asked.here & ~np.isin(asked.groups, list(tuned.authorities))
    fresh &= np.isnan(tone).any(axis=1)
    if tuned.encoder is not None and fresh.any():
        tone[fresh] = tuned.encoder.read(asked.texts_of(fresh))
    return tone


def _fine_tune(asked: _Asked, start: Path, texts: list[str]) -> tuple[FineTuned, np.ndarray]:
    """A new encoder, and the tone of each pair whose text is there (else NaN)."""
    coded = asked.here & (asked.stances >= 0)
    if (n := int(coded.sum())) < MIN_TUNED or len(np.unique(asked.fold[coded])) < 2:
        raise ModelError(
            f"Only {n} coded stances have their paragraph at hand; to fine-tune an encoder, "
            f"{MIN_TUNED} of several authorities are needed.",
            "Give the output folders of `run` with the reports they are about, or leave out "
            "--encoder to keep the encoder there is.",
        )
    try:
        from pipeline.fit_encoder import fit_encoders
    except ImportError as error:
        raise ModelError(
            f"To fine-tune an encoder a package is missing ({error.name}).",
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


def train_model(
    codes: pd.DataFrame,
    paragraphs: pd.DataFrame | None,
    models: Path,
    codebook: Path = CODEBOOK,
    base: Path | None = None,
    start: Path | None = None,
) -> Path:
    """Fit a model from codes and write it to `models/<day>-<hash of all it learns from>/`.

    `paragraphs` (None: none) are those of the reports at hand; codes of others are learnt from the
    counts that the model folder `base` keeps. Its stance encoder is taken over, unless one is
    fine-tuned anew from the sentence encoder in the folder `start`. Raises `ModelError` where the
    folder is there.
    """
    themes = read_codebook(codebook)
    material = gather_material(codes, paragraphs, themes, base)
    tuned = _take_over(base)
    digest = _digest(material, codebook, tuned, start)
    model_id = f"{datetime.date.today():%Y%m%d}-{digest}"
    folder = models / model_id
    if folder.exists():
        raise ModelError(
            f"{folder} is there already: the same codes gave this model today.",
            "Use it, or move it away to train it again.",
        )
    # One thread: the same sums in the same order on any machine, and many small matrices are
    # slower on several, which wait for each other where other programs run.
    with threadpool_limits(limits=1):
        fit = fit_model(material, tuned, start)
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
    fit.tuned.tone.to_parquet(beside / TONE_FILE, index=False)
    material.not_used.to_csv(beside / NOT_USED_FILE, index=False, lineterminator="\n")
    card = {
        "format": FORMAT,
        "model_id": model_id,
        "learnt_from_counts_of": base.name if base and material.n_kept else None,
        "n_paragraphs_learnt_from_counts": material.n_kept,
        "notes": list(material.notes),
        "encoder": {
            "made_in": model_id if start else tuned.made_in,
            "authorities": sorted(fit.tuned.authorities),
        },
    }
    card |= make_card(material.codes, fit.held_out, fit.thresholds, len(material.not_used), FOLDS)
    (beside / CARD_FILE).write_text(json.dumps(card, indent=2) + "\n", encoding="utf-8")
    write_card(card, beside)
    beside.replace(folder)
    return folder


def _take_over(base: Path | None) -> FineTuned:
    if base is None:
        return NO_ENCODER
    model, known = load_model(base), read_model_card(base)["encoder"]
    return FineTuned(
        model.encoder,
        model.tone_judge,
        read_tone(base),
        frozenset(known["authorities"]),
        known["made_in"],
    )


def read_tone(folder: Path) -> pd.DataFrame:
    """The table `TONE` of a model folder; raises `ModelError` where it is damaged."""
    path = folder / TONE_FILE
    try:
        table = pd.read_parquet(path, columns=TONE).astype(dict.fromkeys(STANCES, float))
    except Exception as error:
        raise ModelError(
            f"{path} cannot be read ({type(error).__name__}).", "Copy the model folder again."
        ) from error
    if table.duplicated([*KEYS, "theme"]).any():
        raise ModelError(f"{path} is damaged.", "Copy the model folder again.")
    return table


def _digest(material: Material, codebook: Path, tuned: FineTuned, start: Path | None) -> str:
    digest = hashlib.sha256(codebook.read_bytes())
    digest.update((start.name if start else tuned.made_in).encode())
    digest.update(tuned.tone.to_csv(index=False).encode())
    digest.update(material.codes.to_csv(index=False).encode())
    digest.update("\n".join(material.names).encode() + material.vectors.tobytes())
    counted = material.counted
    clauses = sorted(counted.clauses.items())
    for numbers in (counted.owner, counted.contrasts, *(at for _, (at, _) in clauses)):
        digest.update(np.asarray(numbers, dtype=np.int64).tobytes())
    for counts in (counted.sentences, counted.headings, *(own for _, (_, own) in clauses)):
        digest.update(counts.indptr.astype(np.int64).tobytes())
        digest.update(counts.indices.astype(np.int64).tobytes() + counts.data.tobytes())
    return digest.hexdigest()[:8]
