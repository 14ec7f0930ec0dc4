"""Lessons + a larger sentence encoder → what it says of them, for ours to learn from.

Needs the extra `encoder`; used only by `train --encoder --teacher`. A teacher several times as
large reads better than our encoder, and would be too slow to tag with. Ours learns from it, as it
learns from codes, of the same passages and of their single sentences, which nobody coded (Hinton
et al. 2015, "Distilling the knowledge in a neural network").
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
from joblib import Parallel, delayed

from pipeline.tagging.passages import Passage
from pipeline.tagging.tokens import read_sentences
from pipeline.training.fine_tune import Pace, fine_tune, hear, kept_pieces, load_net, n_at_once
from pipeline.training.lessons import Lessons, as_rows

EPOCHS = 3
# A larger encoder forgets what it knew at the pace of ours. Frozen, its lowest layers learn as
# well, in less time and memory.
PACE = Pace(5e-5, decay=0.9, frozen=4)
# How much of what ours learns about a coded passage is what the teacher says of it.
WEIGHT = 0.5
# The stance of a sentence is learnt for themes that the teacher finds at least so likely.
LIKELY = 0.25
# Shorter sentences say nothing by themselves.
MIN_WORDS = 5


class Taught(NamedTuple):
    """What an encoder learns from: coded `lessons`, and single `sentences` of them, if any."""

    lessons: Lessons
    sentences: Lessons

    def without(self, fold: int) -> Taught:
        """Only what is not in a fold."""
        return Taught(*(part.rows(part.fold != fold) for part in self))


def untaught(lessons: Lessons) -> Taught:
    """What an encoder without a teacher learns from."""
    return Taught(lessons, lessons.rows(np.zeros(len(lessons.passages), dtype=bool)))


def ask_teachers(lessons: Lessons, start: Path) -> list[Taught]:
    """What an encoder for all lessons learns from, and each for which a `fold` is held out.

    `start` is the folder of the teacher as `transformers` stores it. Of each fold a teacher is
    fine-tuned that has not seen it, and teaches the encoder that may not see it either; the
    encoder for all learns from the mean of them. Raises `ModelError` if there is no encoder in
    the folder.
    """
    sentences = sentences_of(lessons)
    pieces = kept_pieces(start, lessons.passages)
    folds = np.unique(lessons.fold)
    # Each needs up to 10 GB of memory.
    said = Parallel(n_at_once(len(folds)))(
        delayed(_ask_teacher)(lessons, sentences, fold, start, pieces, line)
        for line, fold in enumerate(folds)
    )
    together = tuple(np.mean(parts, axis=0) for parts in zip(*said, strict=True))
    return [_teach(lessons, sentences, themes, stances) for themes, stances in (together, *said)]


def sentences_of(lessons: Lessons) -> Lessons:
    """The single sentences of passages that teach anything and carry a theme."""
    carrying = lessons.that_teach()
    carrying = carrying.rows((carrying.themes == 1).any(axis=1))
    found: list[tuple[int, Passage]] = []
    for n, passage in enumerate(carrying.passages):
        own = [s.text for s in read_sentences(passage.text) if len(s.words) >= MIN_WORDS]
        if len(own) > 1:
            found += [(n, passage._replace(text=text)) for text in own]
    of = carrying.rows(np.array([n for n, _ in found], dtype=int))
    return replace(of, passages=[passage for _, passage in found], carries=[{}] * len(found))


def _ask_teacher(
    lessons: Lessons, sentences: Lessons, fold: int, start: Path, pieces: list[str], line: int
) -> tuple[np.ndarray, np.ndarray]:
    """What a teacher that has not seen a fold says of lessons and, below them, of sentences."""
    net = load_net(start, pieces, len(lessons.names))
    seen = as_rows(lessons.rows(lessons.fold != fold).that_teach(), pieces)
    fine_tune(net, [seen] * EPOCHS, PACE, line=line)
    # Whatever is known of a stance, it is asked for.
    asked = (replace(part, stances=np.zeros_like(part.stances)) for part in (lessons, sentences))
    return hear(net, [row for part in asked for row in as_rows(part, pieces)])


def _teach(
    lessons: Lessons, sentences: Lessons, themes: np.ndarray, stances: np.ndarray
) -> Taught:
    """Lessons and sentences with what a teacher says of them."""
    n = len(lessons.passages)
    # What nobody coded stays unknown: NaN.
    weighed = replace(
        lessons,
        themes=(1 - WEIGHT) * lessons.themes + WEIGHT * themes[:n],
        stances=(1 - WEIGHT) * lessons.stances + WEIGHT * stances[:n],
    )
    likely = themes[n:, :, None] > LIKELY
    return Taught(
        weighed,
        replace(sentences, themes=themes[n:], stances=np.where(likely, stances[n:], np.nan)),
    )
