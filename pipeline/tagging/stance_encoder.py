"""Carrying sentences → their stance as a small transformer reads it.

Counts do not see the order of words ("not yet consistently good"); this does. It is the lower half
of a sentence encoder of the BERT family (Devlin et al. 2019), fine-tuned on coded paragraphs by
`fit_encoder` and run here in NumPy, so that tagging needs neither torch nor its gigabytes.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from pipeline.base.codebook import STANCES

START, END, UNKNOWN = "[CLS]", "[SEP]", "[UNK]"
MAX_PIECES = 112
# More characters than this never fit; hostile texts are cut before they cost anything.
MAX_CHARACTERS = 5_000
HEAD_WIDTH = 32
# How BERT splits text before it looks for pieces: into words and single punctuation marks.
WORD_OR_MARK = re.compile(r"[^\W_]+|[^\w\s]|_")
LONGEST_WORD = 60


@dataclass(frozen=True)
class Encoder:
    """The encoder: word `pieces` in the order of their embeddings, and `weights` by name.

    `weights` has `pieces`, `places` and `sides` (embeddings), `answer` (width x 4) and, for layer
    0, 1, ..., `0.attend`, `0.gather`, `0.widen`, `0.narrow`; each matrix has a `.bias`, and the
    embeddings, `gather` and `narrow` a `.norm` (2 x width: weight and bias of the layer norm).
    """

    pieces: tuple[str, ...]
    weights: Mapping[str, np.ndarray]

    @cached_property
    def _ids(self) -> dict[str, int]:
        return {piece: n for n, piece in enumerate(self.pieces)}

    def score(self, asked: Sequence[tuple[str, str]]) -> np.ndarray:
        """Log probability of each of STANCES (columns) for each (theme, text)."""
        # One at a time: in a batch a text would get slightly different numbers.
        answers = [self._answer(theme, text) for theme, text in asked]
        return np.array(answers, dtype=np.float64).reshape(-1, len(STANCES))

    def _answer(self, theme: str, text: str) -> np.ndarray:
        w = self.weights
        ids, side = as_pieces(theme, text, self._ids)
        x = w["pieces"][ids] + w["places"][: len(ids)] + w["sides"][side]
        x = _norm(x, w["pieces.norm"])
        layer = 0
        while f"{layer}.attend" in w:
            x = _norm(x + self._attended(x, layer), w[f"{layer}.gather.norm"])
            wide = _gelu(x @ w[f"{layer}.widen"] + w[f"{layer}.widen.bias"])
            narrow = wide @ w[f"{layer}.narrow"] + w[f"{layer}.narrow.bias"]
            x = _norm(x + narrow, w[f"{layer}.narrow.norm"])
            layer += 1
        answer = x.mean(axis=0) @ w["answer"] + w["answer.bias"]
        return answer - np.logaddexp.reduce(answer)

    def _attended(self, x: np.ndarray, layer: int) -> np.ndarray:
        w, n = self.weights, len(x)
        query, key, value = (
            part.reshape(n, -1, HEAD_WIDTH).transpose(1, 0, 2)
            for part in np.split(x @ w[f"{layer}.attend"] + w[f"{layer}.attend.bias"], 3, axis=1)
        )
        score = query @ key.transpose(0, 2, 1) / np.float32(np.sqrt(HEAD_WIDTH))
        share = np.exp(score - score.max(axis=-1, keepdims=True))
        share /= share.sum(axis=-1, keepdims=True)
        heads = (share @ value).transpose(1, 0, 2).reshape(n, -1)
        return heads @ w[f"{layer}.gather"] + w[f"{layer}.gather.bias"]


def _norm(x: np.ndarray, norm: np.ndarray) -> np.ndarray:
    centred = x - x.mean(axis=1, keepdims=True)
    return centred / np.sqrt((centred**2).mean(axis=1, keepdims=True) + 1e-12) * norm[0] + norm[1]


def _gelu(x: np.ndarray) -> np.ndarray:
    """GELU (Hendrycks & Gimpel 2016) in its approximation with tanh, as in training."""
    inner = np.float32(np.sqrt(2 / np.pi)) * (x + np.float32(0.044715) * x * x * x)
    return np.float32(0.5) * x * (1 + np.tanh(inner))


def as_pieces(theme: str, text: str, ids: Mapping[str, int]) -> tuple[list[int], list[int]]:
    """The ids of the pieces of (theme, text), at most `MAX_PIECES`, and the side of each."""
    first = [ids[START], *pieces_of(theme[:LONGEST_WORD], ids), ids[END]]
    second = pieces_of(text[:MAX_CHARACTERS], ids)[: MAX_PIECES - len(first) - 1]
    return [*first, *second, ids[END]], [0] * len(first) + [1] * (len(second) + 1)


def pieces_of(text: str, ids: Mapping[str, int]) -> list[int]:
    """The ids of a text's pieces: the longest known start of each word, then of what is left.

    This is WordPiece (Wu et al. 2016), written here because `tokenizers` brings an HTTP client.
    """
    plain = "".join(
        c for c in unicodedata.normalize("NFD", text.lower()) if unicodedata.category(c) != "Mn"
    )
    found: list[int] = []
    for word in WORD_OR_MARK.findall(plain):
        pieces, at = [], 0
        while at < len(word) <= LONGEST_WORD:
            mark = "##" if at else ""
            end = next((e for e in range(len(word), at, -1) if mark + word[at:e] in ids), at)
            if end == at:
                break
            pieces.append(ids[mark + word[at:end]])
            at = end
        found += pieces if at == len(word) else [ids[UNKNOWN]]
    return found


def as_stored(encoder: Encoder) -> dict:
    """The parts of an encoder for a model file: each matrix column in 8-bit steps of its own."""
    stored: dict = {"words": np.array(encoder.pieces, dtype=np.str_)}
    for name, values in encoder.weights.items():
        if values.ndim == 2 and not name.endswith(".norm"):
            step = np.maximum(np.abs(values).max(axis=0), 1e-9) / 127
            stored[name] = np.round(values / step).astype(np.int8)
            stored[f"{name}.step"] = step.astype(np.float32)
        else:
            stored[name] = values.astype(np.float32)
    return stored


def from_stored(stored: Mapping[str, np.ndarray]) -> Encoder:
    """The encoder from the parts that `as_stored` gave."""
    weights = {
        name: values.astype(np.float32) * stored.get(f"{name}.step", np.float32(1))
        for name, values in stored.items()
        if name != "words" and not name.endswith(".step")
    }
    return Encoder(tuple(stored["words"].tolist()), weights)
