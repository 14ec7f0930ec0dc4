"""Material → what a new encoder learns from: passages with codes, and passages without.

Kept apart from `fit_encoder`, which needs torch.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline

from pipeline.base.errors import ModelError
from pipeline.labelling.direction import DIRECTION
from pipeline.tagging.encoder import Span
from pipeline.tagging.model import WORTH_READING
from pipeline.tagging.passages import Passage
from pipeline.tagging.stance_model import carrying_spans
from pipeline.tagging.theme_model import FirstStage, every_theme
from pipeline.training.fit_themes import spread_of
from pipeline.training.folds import grouped_folds
from pipeline.training.material import Coded, Material, Uncoded

# Coded paragraphs needed to fine-tune an encoder.
MIN_TUNED = 500
# What an encoder says about an authority comes from one tuned on the other half of them: five
# folds would take over twice as long.
HALVES = 2
# How often an encoder reads a sentence on direction for once that it reads a paragraph: they are
# few, short, and the only ones in which things regularly go against the tone of the words.
TIMES_DIRECTION = 3


@dataclass(frozen=True, slots=True)
class Lessons:
    """What an encoder learns from: n passages.

    `themes` (n x themes) is 1 or 0, or NaN where nobody coded; `stances` (the same shape) an index
    of STANCES, or -1. `carries` gives the sentences of each theme. `fold` divides the passages by
    authority. `times` says how often a passage is read in each round; 0 is never.
    """

    names: tuple[str, ...]
    passages: Sequence[Passage]
    themes: np.ndarray
    stances: np.ndarray
    carries: Sequence[Mapping[str, Sequence[Span]]]
    fold: np.ndarray
    times: np.ndarray

    def rows(self, kept: np.ndarray) -> Lessons:
        """Only some of the passages."""
        return Lessons(
            self.names,
            [self.passages[n] for n in kept],
            self.themes[kept],
            self.stances[kept],
            [self.carries[n] for n in kept],
            self.fold[kept],
            self.times[kept],
        )


def coded_lessons(
    material: Material, coded: Coded, by_sentence: np.ndarray, worth: np.ndarray
) -> Lessons:
    """What an encoder learns from codes: of paragraphs that are `worth` reading or carry a theme.

    `by_sentence` is how likely each sentence carries each theme. Raises `ModelError` if too few of
    the coded paragraphs have their text.
    """
    themes, n_here = tuple(coded.themes), len(material.passages)
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
    codes = {theme: y[:n_here] for theme, y in coded.carried.items()}
    y = np.column_stack(list(codes.values()))
    stances = np.full((len(material.codes), len(themes)), -1)
    stances[tuple(coded.pairs.T)] = coded.stances
    return Lessons(
        names=themes,
        passages=material.passages,
        themes=np.where(y < 0, np.nan, y),
        stances=stances[:n_here],
        carries=carrying_spans(material.counted, by_sentence, np.arange(n_here), themes),
        fold=grouped_folds(groups, HALVES, seed=3, spread=spread_of(codes)),
        times=np.where(invented, TIMES_DIRECTION, worth[:n_here] | (y == 1).any(axis=1)),
    )


def uncoded_lessons(
    lessons: Lessons,
    coded: Coded,
    uncoded: Uncoded | None,
    readers: FirstStage,
    judges: Mapping[str, Pipeline | LogisticRegression],
    vectors: np.ndarray,
) -> Lessons:
    """The uncoded paragraphs that are worth reading, in the folds of their authorities.

    Which these are, and which of their sentences carry a theme, the models of counts `readers` and
    `judges` say, which have seen the codes of all authorities. `vectors` is the meaning of the
    tokens counted.
    """
    if uncoded is None or not uncoded.passages:
        return lessons.rows(np.zeros(0, dtype=int))
    fold_of = dict(zip(coded.groups.tolist(), lessons.fold.tolist(), strict=False))
    fold = np.array([fold_of.get(group, -1) for group in uncoded.groups.tolist()])
    inputs, by_sentence = readers.score(uncoded.counted, vectors)
    worth = every_theme(judges, inputs).max(axis=1) >= WORTH_READING
    rows = np.flatnonzero(worth & (fold >= 0))
    shape = len(rows), len(lessons.names)
    return Lessons(
        names=lessons.names,
        passages=[uncoded.passages[row] for row in rows],
        themes=np.full(shape, np.nan),
        stances=np.full(shape, -1),
        carries=carrying_spans(uncoded.counted, by_sentence, rows, lessons.names),
        fold=fold[rows],
        times=np.ones(len(rows), dtype=int),
    )
