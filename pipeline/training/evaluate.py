"""A model → how good it is beside simple baselines.

A model is always judged on authorities it has not seen: by what was held out in training, and
directly on codes of new authorities.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from pipeline.base.codebook import STANCES, Theme, read_codebook
from pipeline.base.columns import substantive_rows
from pipeline.base.errors import ModelError, UnjudgedError
from pipeline.labelling.codes import CODES_COLUMNS, KEYS, NO, settle_codes
from pipeline.labelling.link import align_codes, link_codes
from pipeline.tagging.model import load_model
from pipeline.tagging.model_folder import (
    CODEBOOK_FILE,
    COUNTS_FILE,
    HELD_OUT_FILE,
    check_is_there,
    read_model_card,
)
from pipeline.tagging.passages import passages_of
from pipeline.tagging.theme_model import every_theme, positive
from pipeline.tagging.token_counts import TokenCounts, count_tokens
from pipeline.tagging.tokens import TermFinder, term_name
from pipeline.training.fit import FOLDS
from pipeline.training.fit_themes import cross_score, fit_first_stage, fit_judges
from pipeline.training.folds import grouped_folds
from pipeline.training.kept_counts import read_counts
from pipeline.training.material import MIN_NEGATIVE, MIN_POSITIVE, Coded, code_arrays
from pipeline.training.more_codes import POINTS, draw_curves, say_more_codes
from pipeline.training.progress import LOG, in_steps
from pipeline.training.scores import (
    HELD_OUT,
    Score,
    judge,
    tabulate_held_out,
)
from pipeline.training.thresholds import best_threshold

# Shares of the training authorities at which the learning curve is drawn.
CURVE = (0.125, 0.25, 0.5, 1.0)
CURVE_COLUMNS = ["n_authorities", "n_paragraphs", "micro_f1", "macro_f1"]
MISTAKES = [*KEYS, "authority", "theme", "code", "probability", "tagged"]


def judge_model(
    folder: Path, codes: pd.DataFrame, paragraphs: pd.DataFrame | None = None
) -> pd.DataFrame:
    """What the model says about coded paragraphs of authorities it has not seen (`scores.JUDGED`).

    `codes` as from `read_codes`. For paragraphs it was trained on, what was held out counts.
    Others count only if `paragraphs` has them and the model knows neither their authority nor
    their document. Raises `UnjudgedError` if no code is left.
    """
    return judge_heard(folder, *hear_model(folder, codes, paragraphs))


def judge_heard(folder: Path, codes: pd.DataFrame, said: pd.DataFrame) -> pd.DataFrame:
    """`judge_model`, from what `hear_model` gives."""
    judged = judge(settle_codes(codes), said)
    if judged.empty:
        raise UnjudgedError(
            f"{folder.name} cannot be judged on these codes: it learnt from none of their "
            "paragraphs, and there is no text from a new authority.",
            "Give the output folder of `run` for the reports they are about, or more codes.",
        )
    return judged


def hear_model(
    folder: Path, codes: pd.DataFrame, paragraphs: pd.DataFrame | None = None
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The codes on which `judge_model` can judge a model, and what it says (`scores.HELD_OUT`).

    The codes have the fingerprints of what the model says, and may not be settled.
    """
    held_out = read_held_out(folder)
    known = dict.fromkeys(zip(held_out["doc_id"], held_out["fingerprint"], strict=True))
    aligned, said = align_codes(codes, known), [held_out]
    if paragraphs is not None:
        card = read_model_card(folder)
        seen = {*card["data"]["authorities"], *card["encoder"]["authorities"]}
        unseen = ~aligned["authority"].isin(seen)
        unseen &= ~aligned["doc_id"].isin(set(held_out["doc_id"]))
        new = link_codes(aligned[unseen], paragraphs)[0]
        aligned = pd.concat([aligned[~unseen], new[aligned.columns]], ignore_index=True)
        said.append(_read_new(folder, new[substantive_rows(new)].drop_duplicates(KEYS)))
    every = pd.concat(said, ignore_index=True)
    LOG.info("Codes read and linked to what %s says", folder.name)
    return aligned, every


def read_held_out(folder: Path) -> pd.DataFrame:
    """The table `HELD_OUT` of a model folder.

    Raises `ModelError` if it is missing, or is not what `train` writes.
    """
    check_is_there(folder)
    path = folder / HELD_OUT_FILE
    hint = "Copy the model folder again, or train a new model."
    try:
        table = pd.read_parquet(path, columns=HELD_OUT)
    except Exception as error:
        raise ModelError(f"{path} cannot be read ({type(error).__name__}).", hint) from error
    p = pd.to_numeric(table["probability"], errors="coerce")
    sound = p.between(0, 1) & table["stance"].isin(["", *STANCES])
    if (
        table.empty
        or table["tagged"].dtype != bool
        or not sound.all()
        or table.duplicated([*KEYS, "theme"]).any()
    ):
        raise ModelError(f"{path} is damaged.", hint)
    return table


def _read_new(folder: Path, linked: pd.DataFrame) -> pd.DataFrame:
    model = load_model(folder)
    said = model.tag(passages_of(linked))
    return tabulate_held_out(linked, model.themes, said.probability, said.tagged, said.stance)


def judge_keywords(
    folder: Path, judged: pd.DataFrame, paragraphs: pd.DataFrame | None = None
) -> pd.DataFrame:
    """`judged`, as if a paragraph carried a theme whenever it has one of the theme's keywords.

    Keywords are those of the model's codebook. They are looked up in the counts kept with the
    model and, for other codes, in `paragraphs`, as in `judge_model`.
    """
    kept, codebook = read_counts(folder / COUNTS_FILE), read_codebook(folder / CODEBOOK_FILE)
    found = _keyword_hits(kept.doc_id, kept.fingerprint, kept.names, kept.counted, codebook)
    if paragraphs is not None:
        codes = judged.drop_duplicates(KEYS).assign(coder="")
        linked = link_codes(codes[~codes["doc_id"].isin(set(kept.doc_id))], paragraphs)[0]
        passages = passages_of(linked)
        names = sorted({f"t={term_name(k)}" for t in codebook.values() for k in t.keywords})
        counted = count_tokens(passages, names, TermFinder(codebook.values()))
        found |= _keyword_hits(linked["doc_id"], linked["fingerprint"], names, counted, codebook)
    keys = zip(judged["doc_id"], judged["fingerprint"], judged["theme"], strict=True)
    tagged = np.array([key in found for key in keys], dtype=bool)
    return judged.assign(tagged=tagged, probability=tagged.astype(float))


def _keyword_hits(
    doc_ids: Iterable[str],
    fingerprints: Iterable[str],
    names: Iterable[str],
    counted: TokenCounts,
    codebook: Mapping[str, Theme],
) -> set[tuple[str, str, str]]:
    at = {str(name): column for column, name in enumerate(names)}
    keys, whole = list(zip(doc_ids, fingerprints, strict=True)), counted.paragraphs.tocsc()
    hits = set()
    for theme in codebook.values():
        columns = [at[n] for n in (f"t={term_name(k)}" for k in theme.keywords) if n in at]
        rows = np.flatnonzero(np.asarray(whole[:, columns].sum(axis=1)).ravel() > 0)
        hits |= {(*keys[row], theme.id) for row in rows}
    return hits


def judge_majority(judged: pd.DataFrame) -> pd.DataFrame:
    """`judged`, as if every paragraph had what most of them have: usually no theme."""
    share = (judged["code"] != NO).groupby(judged["theme"]).transform("mean")
    return judged.assign(tagged=share > 0.5, probability=share)


@dataclass(frozen=True)
class KeptCodes:
    """The codes of paragraphs whose counts are kept with a model, with these counts.

    `vectors` are those of the model's words.
    """

    coded: Coded
    counted: TokenCounts
    vectors: np.ndarray


def learning_curve(kept: KeptCodes, shares: Sequence[float] = CURVE) -> pd.DataFrame:
    """Scores on a fixed fifth of the authorities, learning from more and more of the others.

    Columns `CURVE_COLUMNS`. Themes are trained again on the counts kept with the model. A curve
    that is still rising says that more codes will help. Raises `ModelError` if there are too few
    authorities.
    """
    coded = kept.coded
    if (n := len(np.unique(coded.groups))) <= FOLDS:
        raise ModelError(
            f"A learning curve needs codes of more than {FOLDS} authorities; there are {n}.",
            "Use --no-curve.",
        )
    fold = grouped_folds(coded.groups, FOLDS)
    test = np.flatnonzero(fold == 0)
    rng = np.random.default_rng(0)
    authorities = rng.permutation(np.unique(coded.groups[fold != 0]))
    rows = []
    for share in in_steps(shares, "Learning curve", "point"):
        some = authorities[: max(2, round(share * len(authorities)))]
        train = np.flatnonzero(np.isin(coded.groups, some))
        with threadpool_limits(limits=1):
            predicted = _learn(kept, train, test)
        truth = np.column_stack([y[test] for y in coded.themes.values()])
        hits, told = (
            ((predicted & (truth == 1)) & (truth >= 0)).sum(0),
            ((predicted & (truth >= 0)).sum(0) + (truth == 1).sum(0)),
        )
        # Of a theme that none of these authorities has, nothing is known.
        known = (truth == 1).any(axis=0)
        hits, told = hits[known], told[known]
        rows.append(
            {
                "n_authorities": len(some),
                "n_paragraphs": len(train),
                "micro_f1": float(2 * hits.sum() / max(told.sum(), 1)),
                "macro_f1": float(np.mean(2 * hits / np.maximum(told, 1))),
            }
        )
    return pd.DataFrame(rows, columns=CURVE_COLUMNS)


def theme_curves(
    kept: KeptCodes, scores: Mapping[str, Score]
) -> tuple[pd.DataFrame, dict[str, str]]:
    """How each theme's F1 rises with its codes (`more_codes.POINTS`), and what more would bring.

    Learnt from the counts kept with the model; `scores` are those of `score_themes`.
    """
    coded = kept.coded
    with threadpool_limits(limits=1):
        curves = draw_curves(kept.counted.paragraphs, coded.themes, coded.groups)
    points = [curve.points for curve in curves.values()]
    table = pd.concat(points, ignore_index=True) if points else pd.DataFrame(columns=POINTS)
    says = {theme: say_more_codes(score, curves.get(theme)) for theme, score in scores.items()}
    return table, says


def kept_codes(folder: Path, codes: pd.DataFrame) -> KeptCodes:
    """The codes of paragraphs whose counts are kept with the model in a folder.

    Left out are themes that are coded too rarely to learn them. Raises `ModelError` if none is
    left.
    """
    kept = read_counts(folder / COUNTS_FILE)
    settled = settle_codes(align_codes(codes, zip(kept.doc_id, kept.fingerprint, strict=True)))
    row = kept.rows(settled["doc_id"], settled["fingerprint"])
    themes = list(dict.fromkeys(read_held_out(folder)["theme"]))
    used = settled[row >= 0].assign(row=row[row >= 0]).sort_values("row", ignore_index=True)
    enough = [
        theme
        for theme in themes
        if theme in used.columns
        and (~used[theme].isin(["", NO])).sum() >= MIN_POSITIVE
        and (used[theme] == NO).sum() >= MIN_NEGATIVE
    ]
    if not enough:
        raise ModelError(
            f"{folder.name} learnt from too few of these codes: {len(used)}.", "Use --no-curve."
        )
    used = used[[*CODES_COLUMNS, *enough, "row"]]
    counted = kept.counted.take(used.pop("row").to_numpy())
    return KeptCodes(code_arrays(used), counted, load_model(folder).vectors)


def _learn(kept: KeptCodes, train: np.ndarray, test: np.ndarray) -> np.ndarray:
    """Decisions for the rows `test` by models fitted on the rows `train`."""
    own = {theme: y[train] for theme, y in kept.coded.themes.items()}
    some = kept.counted.take(train)
    inputs, _ = cross_score(some, own, kept.coded.groups[train], kept.vectors, FOLDS)
    judges = fit_judges(inputs, own)
    cuts = [
        best_threshold(y[y >= 0], positive(judges[theme], inputs)[y >= 0])
        for theme, y in own.items()
    ]
    first_stage = fit_first_stage(some, own, kept.vectors)
    unseen, _ = first_stage.score(kept.counted.take(test), kept.vectors)
    return every_theme(judges, unseen) >= cuts


def worst_mistakes(judged: pd.DataFrame, n: int = 20) -> pd.DataFrame:
    """The `n` wrong decisions per theme about which the model was surest; columns `MISTAKES`."""
    truth = judged["code"] != NO
    wrong = judged[judged["tagged"] != truth]
    sure = (wrong["probability"] - (wrong["code"] != NO)).abs()
    order = wrong.assign(sure=sure).sort_values("sure", ascending=False, kind="stable")
    return order.groupby("theme", sort=False).head(n)[MISTAKES].reset_index(drop=True)
