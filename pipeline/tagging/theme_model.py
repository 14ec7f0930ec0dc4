"""Counts → probabilities of themes, by linear models stacked in two stages.

The first stage has three models for each theme: one of the paragraph's words; one of single
sentences, since a theme is often one clause in a long paragraph; and one of the meaning of the
words. The second stage is a logistic regression on what the first says about all themes. It is
fitted on answers for authorities the first stage had not seen, which calibrates it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from sklearn.feature_extraction.text import TfidfTransformer
from sklearn.kernel_approximation import Nystroem
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline

from pipeline.tagging.token_counts import TokenCounts, meaning

# The encoder reads the paragraphs to which the counts give at least this probability for a theme:
# it takes several times as long as they do, and finds next to nothing more in others. In a short
# one the counts find too little to be asked first.
WORTH_READING, WORTH_READING_IF_SHORT = 0.15, 0.02
# How many tokens a short paragraph has at most: about forty-five words.
SHORT = 150


def positive(model: LogisticRegression | Pipeline, x) -> np.ndarray:
    """Probability of the second class."""
    return model.predict_proba(x)[:, 1]


def every_theme(judges: Mapping[str, Pipeline], inputs: np.ndarray) -> np.ndarray:
    """Probability of each theme (columns) by its judge."""
    return np.column_stack([positive(judge, inputs) for judge in judges.values()])


def any_sentence(p: np.ndarray, owner: np.ndarray, size: int) -> np.ndarray:
    """Probability that at least one sentence of each paragraph carries the theme."""
    return -np.expm1(np.bincount(owner, np.log1p(-np.minimum(p, 1 - 1e-9)), minlength=size))


def best_sentence(p: np.ndarray, owner: np.ndarray, size: int) -> np.ndarray:
    """Highest sentence probability of each paragraph."""
    best = np.zeros(size)
    np.maximum.at(best, owner, p)
    return best


def log_odds(p: np.ndarray) -> np.ndarray:
    """Logit, kept finite."""
    return np.log((p + 1e-4) / (1 - p + 1e-4))


def _n_tokens(inputs: np.ndarray) -> np.ndarray:
    """How many tokens each paragraph has, by what `FirstStage.score` says of it.

    With those of its heading and lead-in line; a word counts with the pairs and terms it is in.
    """
    return np.expm1(inputs[:, -2])


def is_short(inputs: np.ndarray) -> np.ndarray:
    """Which paragraphs are short, by what `FirstStage.score` says of them."""
    return _n_tokens(inputs) <= SHORT


def worth_reading(p: np.ndarray, inputs: np.ndarray) -> np.ndarray:
    """Which paragraphs the encoder is to read, by what the counts say of them.

    `p` is the probability of each theme (columns), `inputs` what `FirstStage.score` says.
    """
    return p.max(axis=1) >= np.where(is_short(inputs), WORTH_READING_IF_SHORT, WORTH_READING)


def shortness(inputs: np.ndarray) -> np.ndarray:
    """How short each paragraph is (n x 1): from 1, for one without a word, down to 0.

    `inputs` is what `FirstStage.score` says.
    """
    return np.exp(-_n_tokens(inputs)[:, None] / SHORT)


def with_odds(inputs: np.ndarray, odds: np.ndarray) -> np.ndarray:
    """What the judge of a theme sees of n paragraphs that the encoder has read.

    `odds` (n x the encoder's themes) is what the encoder says. It is there again by `shortness`,
    so that the judge can believe it more in a short paragraph than in a long one.
    """
    short = shortness(inputs)
    return np.hstack([inputs, odds, short, short * odds])


@dataclass
class FirstStage:
    """First-stage models: what each theme's codes say about words, sentences and meaning."""

    by_paragraph: TfidfTransformer
    by_sentence: TfidfTransformer
    landmarks: Nystroem
    paragraph: dict[str, LogisticRegression] = field(default_factory=dict)
    sentence: dict[str, LogisticRegression] = field(default_factory=dict)
    sense: dict[str, LogisticRegression] = field(default_factory=dict)

    def score(self, data: TokenCounts, vectors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Second-stage inputs for each paragraph, and theme probabilities for each sentence.

        The last two inputs say how long it is: the logarithms of one more than its tokens, and
        than its sentences.
        """
        whole = data.paragraphs
        size = whole.shape[0]
        x, z = self.by_paragraph.transform(whole), self.by_sentence.transform(data.sentences)
        near = self.landmarks.transform(meaning(whole, vectors))
        each = np.column_stack([positive(model, z) for model in self.sentence.values()])
        inputs = [positive(model, x) for model in self.paragraph.values()]
        inputs += [any_sentence(p, data.owner, size) for p in each.T]
        inputs += [best_sentence(p, data.owner, size) for p in each.T]
        inputs += [positive(model, near) for model in self.sense.values()]
        lengths = [
            np.log1p(np.asarray(whole.sum(1)).ravel()),
            np.log1p(np.bincount(data.owner, minlength=size)),
        ]
        return np.column_stack([log_odds(np.column_stack(inputs)), *lengths]), each
