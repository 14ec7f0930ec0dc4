"""Passages → themes and stances as a small transformer reads them.

Counts do not see the order of words ("turnover fell", "not yet consistently good"); this does. It
is a sentence encoder of the BERT family (Devlin et al. 2019), fine-tuned on coded paragraphs by
`fit_encoder` and run by ONNX Runtime in 8-bit integers, so that tagging needs neither torch nor
its gigabytes.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import NamedTuple

import numpy as np

from pipeline.base.codebook import STANCES
from pipeline.tagging.encoder_graph import build_session
from pipeline.tagging.passages import Passage, Span

START, END, UNKNOWN = "[CLS]", "[SEP]", "[UNK]"
MAX_PIECES = 160
# More characters than this never fit; hostile texts are cut before they cost anything.
MAX_CHARACTERS = 5_000
# How many characters, and pieces, of a heading and of a lead-in line are read.
ABOVE, MAX_ABOVE = 150, 48
# How BERT splits text before it looks for pieces: into words and single punctuation marks.
WORD_OR_MARK = re.compile(r"[^\W_]+|[^\w\s]|_")
LONGEST_WORD = 60
# Where a piece stands that is not in the text: in the heading (or a mark), or in the lead-in line.
IN_HEADING, IN_LEAD_IN = -2, -1


class Pieces(NamedTuple):
    """A passage as the encoder takes it: for each piece its id, its side (0 above the text, 1 the
    text) and where it starts and ends in the text (`IN_HEADING`, `IN_LEAD_IN` if it is not there).
    """

    ids: np.ndarray
    sides: np.ndarray
    starts: np.ndarray
    ends: np.ndarray

    def inside(self, spans: Sequence[Span]) -> np.ndarray:
        """Which pieces lie in any of the spans; all of the text, if none does."""
        found = self.among(spans)
        return found if found.any() else self.sides == 1

    def among(self, spans: Sequence[Span]) -> np.ndarray:
        """Which pieces lie in any of the spans."""
        found = np.zeros(len(self.ids), dtype=bool)
        for start, end in spans:
            found |= (self.starts >= start) & (self.ends <= end)
        return found


@dataclass(frozen=True)
class Encoder:
    """The encoder: its `pieces` of words (in the order of embeddings), `themes` and `weights`.

    `weights` has the embeddings `pieces`, `places` and `sides`; for layer 0, 1, ... `0.attend`,
    `0.gather`, `0.widen`, `0.narrow`; and what is read from two widths of pooled values: `themes`
    (x themes), `stance` (x 4, for any theme) and `stances` (x themes * 4, what each theme adds).
    Each matrix is of 8-bit integers with a `.step` for each column; the layers' matrices, `themes`
    and `stance` have a `.bias`; `pieces`, `gather` and `narrow` have a `.norm` (2 x width: weight
    and bias).
    """

    pieces: tuple[str, ...]
    themes: tuple[str, ...]
    weights: Mapping[str, np.ndarray]

    def __getstate__(self) -> dict:
        # spaCy sends a pipeline to its processes, and a session cannot be sent.
        return {"pieces": self.pieces, "themes": self.themes, "weights": self.weights}

    @cached_property
    def ids(self) -> dict[str, int]:
        """The number of each piece."""
        return {piece: n for n, piece in enumerate(self.pieces)}

    @cached_property
    def _session(self):
        return build_session(self.weights)

    @cached_property
    def _heads(self) -> dict[str, np.ndarray]:
        return {name: self._whole(name) for name in ("themes", "stance", "stances")}

    def _whole(self, name: str, rows: np.ndarray | slice = slice(None)) -> np.ndarray:
        stored = self.weights[name][rows].astype(np.float32)
        return stored * self.weights[f"{name}.step"]

    def read(
        self,
        passages: Sequence[Passage],
        spans: Sequence[Mapping[str, Sequence[Span]]],
        *,
        beyond: bool = True,
    ) -> tuple[np.ndarray, list[dict[str, np.ndarray]]]:
        """What the encoder says of n passages.

        `spans` has for each passage the themes whose stance is asked for, and the sentences or
        clauses that carry them. Returns the log odds of `self.themes` (n x themes), and for each
        passage and theme asked for the log probabilities of STANCES. A theme that the encoder was
        not tuned for gets the stance that these would have for any theme. One that is carried only
        beyond the last piece that is read gets that of the whole text or, without `beyond`, none.
        """
        # One at a time: in a batch a text would get slightly different numbers.
        said = [self._read(*asked, beyond) for asked in zip(passages, spans, strict=True)]
        width = len(self.themes)
        odds = np.array([own for own, _ in said], dtype=np.float64).reshape(-1, width)
        return odds, [stances for _, stances in said]

    def _read(
        self, passage: Passage, spans: Mapping[str, Sequence[Span]], beyond: bool
    ) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        pieces, seen = self._see(passage)
        odds = pool(seen) @ self._heads["themes"] + self.weights["themes.bias"]
        stances = {}
        for theme, own in spans.items():
            inside = pieces.inside(own) if beyond else pieces.among(own)
            if inside.any():
                stances[theme] = self._tone(seen[inside], theme)
        return odds, stances

    def hear(self, passage: Passage, theme: str, spans: Sequence[Span]) -> np.ndarray:
        """The log probabilities of STANCES (columns) of single sentences, for a theme.

        Each sentence is read among the others of its passage. What is beyond the last piece that
        is read gets NaN.
        """
        pieces, seen = self._see(passage)
        tones = np.full((len(spans), len(STANCES)), np.nan)
        for row, (start, end) in enumerate(spans):
            inside = pieces.among([(start, end)])
            if inside.any():
                tones[row] = self._tone(seen[inside], theme)
        return tones

    def _see(self, passage: Passage) -> tuple[Pieces, np.ndarray]:
        pieces = as_pieces(passage, self.ids)
        x = self._whole("pieces", pieces.ids) + self._whole("sides", pieces.sides)
        x += self._whole("places", slice(len(x)))
        (seen,) = self._session.run(None, {"x": x})
        return pieces, seen

    def _tone(self, seen: np.ndarray, theme: str) -> np.ndarray:
        w, pooled = self._heads, pool(seen)
        answer = pooled @ w["stance"] + self.weights["stance.bias"]
        if theme in self.themes:
            at = self.themes.index(theme) * len(STANCES)
            answer = answer + pooled @ w["stances"][:, at : at + len(STANCES)]
        return (answer - np.logaddexp.reduce(answer)).astype(np.float64)


def pool(seen: np.ndarray) -> np.ndarray:
    """The means and the maxima over pieces (n x width), side by side."""
    return np.concatenate([seen.mean(axis=0), seen.max(axis=0)])


def as_pieces(passage: Passage, ids: Mapping[str, int]) -> Pieces:
    """A passage in at most `MAX_PIECES` pieces: heading and lead-in line, then the text."""
    heading = passage.heading.rsplit(" > ", 1)[-1][-ABOVE:]
    above = [n for n, _, _ in pieces_of(f"{heading}:" if heading else "", ids)]
    above = [ids[START], *above[-MAX_ABOVE:]]
    lead_in = [n for n, _, _ in pieces_of(passage.lead_in[-ABOVE:], ids)][-MAX_ABOVE:]
    first = [*above, *lead_in, ids[END]]
    second = list(islice(pieces_of(passage.text, ids), MAX_PIECES - len(first) - 1))
    before = [IN_HEADING] * len(above) + [IN_LEAD_IN] * len(lead_in) + [IN_HEADING]
    return Pieces(
        np.array([*first, *(n for n, _, _ in second), ids[END]]),
        np.array([0] * len(first) + [1] * (len(second) + 1)),
        np.array([*before, *(start for _, start, _ in second), IN_HEADING]),
        np.array([*before, *(end for _, _, end in second), IN_HEADING]),
    )


def pieces_of(text: str, ids: Mapping[str, int]) -> Iterator[tuple[int, int, int]]:
    """A text's pieces: the longest known start of each word, then of what is left of it.

    Yields their ids, and where the word of each starts and ends. This is WordPiece (Wu et al.
    2016), written here because `tokenizers` brings an HTTP client.
    """
    for match in WORD_OR_MARK.finditer(text[:MAX_CHARACTERS]):
        start, end = match.span()
        word = _plain(match.group())
        if (known := ids.get(word)) is not None and len(word) <= LONGEST_WORD:
            yield known, start, end
        elif word:
            for piece in _split(word, ids):
                yield piece, start, end


def _split(word: str, ids: Mapping[str, int]) -> list[int]:
    """The pieces of a word that is not one itself; of a word that has none, `UNKNOWN`."""
    own: list[int] = []
    at = 0
    while at < len(word) <= LONGEST_WORD:
        mark = "##" if at else ""
        stop = next((e for e in range(len(word), at, -1) if mark + word[at:e] in ids), at)
        if stop == at:
            break
        own.append(ids[mark + word[at:stop]])
        at = stop
    return own if at == len(word) else [ids[UNKNOWN]]


def _plain(word: str) -> str:
    """A word in small letters without accents."""
    if word.isascii():
        return word.lower()
    letters = unicodedata.normalize("NFD", word.lower())
    return "".join(c for c in letters if unicodedata.category(c) != "Mn")


def as_stored(encoder: Encoder) -> dict:
    """The parts of an encoder for a model file."""
    return {
        "words": np.array(encoder.pieces, dtype=np.str_),
        "read_themes": np.array(encoder.themes, dtype=np.str_),
        **encoder.weights,
    }


def from_stored(stored: Mapping[str, np.ndarray]) -> Encoder:
    """The encoder from the parts that `as_stored` gave."""
    weights = {k: v for k, v in stored.items() if k not in ("words", "read_themes")}
    return Encoder(tuple(stored["words"].tolist()), tuple(stored["read_themes"].tolist()), weights)


def check_encoder(encoder: Encoder) -> None:
    """Raise `ValueError` if an encoder lacks numbers that only some texts would ask for."""
    w = encoder.weights
    if len(w["pieces"]) != len(encoder.pieces) or len(w["places"]) < MAX_PIECES:
        raise ValueError("the encoder has fewer embeddings than pieces or places")
    if not all(np.isfinite(values).all() for values in w.values()):
        raise ValueError("the encoder's weights are not finite numbers")


def in_steps(weights: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Weights as they are stored: each column of a matrix in 8-bit steps of its own."""
    stored = {}
    for name, values in weights.items():
        if values.ndim == 2 and not name.endswith(".norm"):
            step = np.maximum(np.abs(values).max(axis=0), 1e-9) / 127
            stored[name] = np.round(values / step).astype(np.int8)
            stored[f"{name}.step"] = step.astype(np.float32)
        else:
            stored[name] = values.astype(np.float32)
    return stored
