"""How far the words of a document are from those that the model has learnt from.

A model does worse on kinds of document that it has not seen, and its probabilities do not say so.
"""

from __future__ import annotations

import io
import zipfile
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from pipeline.base.codebook import WORD
from pipeline.base.errors import ModelError
from pipeline.base.files import unpacked_size, write_whole
from pipeline.tagging.model_folder import FAMILIARITY_FILE
from pipeline.tagging.stems import one_number, stem

# A document is unfamiliar if fewer than this share of the reference documents are as far away.
UNFAMILIAR = 0.015
# A word is expected as often as in documents of one kind, a little as in all of them, and a little
# more: that no word is impossible, and how strange an unknown one is.
OF_KIND, OF_ALL, OF_ANYTHING = 0.9, 0.1, 1e-5
MAX_BYTES = 50_000_000  # unpacked: a hundred times what ours take
ARRAYS = ("words", "counts", "lengths", "distances")


@dataclass(frozen=True)
class Familiarity:
    """What a model's folder keeps of the words it learnt from.

    `counts` says how often each of `words` stood in coded paragraphs: of all documents (first
    row), then of each kind of which there were enough. `lengths` (in words) and `distances` are
    those of the reference documents: of the commonest kind, each measured against the documents
    about other authorities.
    """

    words: np.ndarray
    counts: np.ndarray
    lengths: np.ndarray
    distances: np.ndarray

    def judge(self, texts: Iterable[str]) -> tuple[float | None, bool]:
        """`familiarity` and `unfamiliar` of a document, from its substantive paragraphs.

        Familiarity is the share of the reference documents that are at least as far from what was
        learnt as this one: about 0.5 for a usual one. None, False for a document without words.
        """
        found = self.count(texts)
        if not found.sum():
            return None, False
        own = float(self._beyond(found.sum(), distance(found, self.counts)))
        share = float((self._reference >= own).mean())
        return share, share < UNFAMILIAR

    def count(self, texts: Iterable[str]) -> np.ndarray:
        """How often each of `words` stands in the texts; the last number is that of others."""
        counts = np.zeros(len(self.words) + 1)
        seen: Counter[str] = Counter()
        for text in texts:
            seen.update(WORD.findall(text.lower()))
        for word, n in seen.items():
            counts[self._place.get(stem(one_number(word)), -1)] += n
        return counts

    @cached_property
    def _place(self) -> dict[str, int]:
        return {str(word): place for place, word in enumerate(self.words)}

    @cached_property
    def _reference(self) -> np.ndarray:
        return self._beyond(self.lengths, self.distances)

    @cached_property
    def _slope(self) -> float:
        """How much less far a document is the longer it is, both as logarithms."""
        logs = np.log([self.lengths, self.distances])
        x, y = logs - logs.mean(axis=1, keepdims=True)
        return float(x @ y / max(x @ x, 1e-9))

    def _beyond(self, length: np.ndarray | float, far: np.ndarray | float) -> np.ndarray:
        """How far a document is, but for its length: short ones are far from everything."""
        return np.log(far) - self._slope * np.log(length)


def distance(found: np.ndarray, learnt: np.ndarray) -> float:
    """The Kullback-Leibler divergence of a document's words from those of the nearest kind.

    (Kullback and Leibler 1951, Ann Math Stat 22:79-86.) `found` comes from `Familiarity.count`,
    `learnt` is as `Familiarity.counts`.
    """
    share = found / found.sum()
    there = share > 0
    every = learnt / np.maximum(learnt.sum(axis=1, keepdims=True), 1)
    kinds = every[1:] if len(every) > 1 else every
    expected = OF_KIND * kinds + OF_ALL * every[0]
    expected = (1 - OF_ANYTHING) * np.pad(expected, ((0, 0), (0, 1))) + OF_ANYTHING
    far = share[there] * np.log(share[there] / expected[:, there])
    return max(float(far.sum(axis=1).min()), 1e-9)


def read_familiarity(folder: Path) -> Familiarity | None:
    """What a model folder keeps about familiarity; None if it was trained without texts.

    Raises `ModelError` if the file is damaged or too large. Reading it runs no code.
    """
    path = folder / FAMILIARITY_FILE
    if not path.is_file():
        return None
    try:
        with zipfile.ZipFile(path) as archive:
            if unpacked_size(archive) > MAX_BYTES:
                raise ValueError("it is too large")
        with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            known = Familiarity(*(stored[name] for name in ARRAYS))
        sound = (
            known.counts.shape[1:] == known.words.shape
            and len(known.counts) > 0
            and known.lengths.shape == known.distances.shape
            and len(known.lengths) > 1
            and all(np.isfinite(getattr(known, name)).all() for name in ARRAYS[1:])
            and bool((known.lengths > 0).all() and (known.distances > 0).all())
        )
        if not sound:
            raise ValueError("its arrays do not match, or are not finite numbers")
    except Exception as error:  # flipped bytes can fail in any way
        raise ModelError(
            f"{path} cannot be read ({type(error).__name__}: {error}).",
            "Copy the model folder again.",
        ) from error
    return known


def write_familiarity(known: Familiarity, folder: Path) -> None:
    """Write the file: words one by one and numbers, no text."""
    content = io.BytesIO()
    np.savez_compressed(
        content,
        words=np.asarray(known.words, dtype=np.str_),
        counts=known.counts.astype(np.int32),
        lengths=known.lengths.astype(np.int32),
        distances=known.distances.round(6),
    )
    write_whole(folder / FAMILIARITY_FILE, content.getvalue())
