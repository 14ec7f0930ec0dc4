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
        """Second-stage inputs for each paragraph, and theme probabilities for each sentence."""
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
