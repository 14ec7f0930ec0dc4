"""Why a passage has a theme: the carrying sentence and the words that weigh most."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from pipeline.base.codebook import WORD
from pipeline.tagging.model import Model
from pipeline.tagging.passages import Passage
from pipeline.tagging.theme_model import log_odds
from pipeline.tagging.tokens import STOP

MAX_WORDS = 400
# Words that weigh less than this share of the heaviest are left out: to the encoder, which reads
# words in their order, every word makes some difference.
LIGHT = 0.1
ANY_WORD = re.compile(WORD.pattern, re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Word:
    """A word of the text, which first stands from character `start` to `end` (exclusive).

    `weight` is how far the log odds of the theme fall if it is left out wherever it stands.
    """

    start: int
    end: int
    weight: float


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a passage has a theme, or does not.

    `start` and `end` (exclusive) are those of the carrying sentence; `words` are those that weigh
    most for the theme (above 0) or against it.
    """

    theme: str
    probability: float
    tagged: bool
    stance: str
    start: int
    end: int
    words: tuple[Word, ...]


def explain(model: Model, passage: Passage, theme: str, n_words: int = 8) -> Reason:
    """The reason for the model's decision on one theme of one passage.

    Each word is left out in turn and the passage read again, so the weights are those of both
    stages of the model (erasure: Li, Monroe & Jurafsky 2016, "Understanding neural networks
    through representation erasure"). It is left out wherever it stands: with CAMHS named twice,
    one was worth less than nothing beside the other. Common words and numbers are left in, as are
    words after the first `MAX_WORDS`. Raises `KeyError` for a theme the model does not know.
    """
    if theme not in model.themes:
        raise KeyError(f"{theme!r} is not one of {', '.join(model.themes)}")
    column = model.themes.index(theme)
    places: dict[str, list[re.Match[str]]] = {}
    for match in ANY_WORD.finditer(passage.text):
        word = match.group().lower()
        if word not in STOP and not word.isdigit():
            places.setdefault(word, []).append(match)
    words = [*places.values()][:MAX_WORDS]
    without = [passage._replace(text=_without(passage.text, matches)) for matches in words]
    tagging = model.tag([passage, *without])
    odds = log_odds(tagging.probability[:, column])
    weights = odds[0] - odds[1:]
    heaviest = np.argsort(-np.abs(weights), kind="stable")[:n_words]
    start, end = tagging.carries[0, column].tolist()
    return Reason(
        theme=theme,
        probability=float(tagging.probability[0, column]),
        tagged=bool(tagging.tagged[0, column]),
        stance=str(tagging.stance[0, column]),
        start=start,
        end=end,
        words=tuple(
            Word(words[n][0].start(), words[n][0].end(), float(weights[n]))
            for n in heaviest
            if abs(weights[n]) > LIGHT * np.abs(weights).max()
        ),
    )


def _without(text: str, matches: Iterable[re.Match[str]]) -> str:
    """The text without what was matched."""
    ends = [0, *(end for match in matches for end in match.span()), len(text)]
    return "".join(text[start:end] for start, end in zip(ends[::2], ends[1::2], strict=True))
