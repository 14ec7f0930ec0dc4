"""Coded passages, and what is known of them, as an encoder learns from them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from pipeline.base.codebook import STANCES
from pipeline.tagging.encoder import Pieces, as_pieces
from pipeline.tagging.passages import Passage, Span

# Softens codes of stance: a coder is not always right.
SMOOTHING = 0.05


@dataclass(frozen=True, slots=True)
class Lessons:
    """What an encoder learns from: n passages.

    `themes` (n x themes) is how likely each theme is: 1 or 0 where it was coded, NaN where nobody
    said; `stances` (n x themes x 4) how likely each of STANCES is, NaN where nobody said.
    `carries` gives the sentences or clauses of each theme. `fold` divides the passages by
    authority. `worth` says which of the passages are worth learning from.
    """

    names: tuple[str, ...]
    passages: Sequence[Passage]
    themes: np.ndarray
    stances: np.ndarray
    carries: Sequence[Mapping[str, Sequence[Span]]]
    fold: np.ndarray
    worth: np.ndarray

    def rows(self, kept: np.ndarray) -> Lessons:
        """Only some of the passages: their numbers, or True for each that is kept."""
        kept = np.arange(len(self.passages))[kept]
        return Lessons(
            self.names,
            [self.passages[n] for n in kept],
            self.themes[kept],
            self.stances[kept],
            [self.carries[n] for n in kept],
            self.fold[kept],
            self.worth[kept],
        )

    def that_teach(self) -> Lessons:
        """Those of which something is known, and that are worth learning from."""
        return self.rows(~np.isnan(self.themes).all(axis=1) & self.worth)


def shares_of(stances: np.ndarray) -> np.ndarray:
    """Codes of stance (numbers of STANCES, -1: none) as how likely each of STANCES is.

    >>> shares_of(np.array([0, -1])).round(4).tolist()
    [[0.9625, 0.0125, 0.0125, 0.0125], [nan, nan, nan, nan]]
    """
    shares = np.full((*stances.shape, len(STANCES)), SMOOTHING / len(STANCES))
    shares[np.arange(len(STANCES)) == stances[..., None]] += 1 - SMOOTHING
    shares[stances < 0] = np.nan
    return shares


class Start(NamedTuple):
    """Folders of sentence encoders, as `transformers` stores them: a BERT-like one to fine-tune,
    and a larger one from which it learns, too, if any.
    """

    encoder: Path
    teacher: Path | None = None


class Row(NamedTuple):
    """A passage for training: its pieces, how likely each theme is (NaN: not known), and its
    stances: for each, the number of its theme, which pieces carry it, and how likely each of
    STANCES is.
    """

    pieces: Pieces
    themes: np.ndarray
    stances: list[tuple[int, np.ndarray, np.ndarray]]


def as_rows(lessons: Lessons, pieces: Sequence[str]) -> list[Row]:
    """The passages of lessons in pieces."""
    ids = {piece: n for n, piece in enumerate(pieces) if piece}
    rows = []
    for n, passage in enumerate(lessons.passages):
        own = as_pieces(passage, ids)
        stances = [
            (column, own.inside(lessons.carries[n].get(name, ())), lessons.stances[n, column])
            for column, name in enumerate(lessons.names)
            if not np.isnan(lessons.stances[n, column]).any()
        ]
        rows.append(Row(own, lessons.themes[n], stances))
    return rows
