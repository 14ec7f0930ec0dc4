"""Counts → stance: what a paragraph says about a theme it carries; one model for all themes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse
from sklearn.dummy import DummyClassifier
from sklearn.feature_extraction.text import TfidfTransformer
from sklearn.kernel_approximation import Nystroem
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline

from pipeline.base.codebook import STANCES
from pipeline.tagging.passages import Passage, Span
from pipeline.tagging.theme_model import log_odds, positive
from pipeline.tagging.token_counts import CountMatrix, TokenCounts, TokenNames, meaning, total
from pipeline.tagging.tokens import TermFinder, clause_spans


@dataclass
class Carried:
    """Counts that bear on one theme's stance, one row per (paragraph, theme) pair."""

    blocks: list[CountMatrix]  # carrying sentences, other sentences, clauses with a term, heading
    cues: np.ndarray
    sense: np.ndarray
    carriers: CountMatrix  # the carrying sentences, one per row
    pair: np.ndarray  # the pair that each belongs to


def carried(
    data: TokenCounts,
    each: np.ndarray,
    pairs: np.ndarray,
    themes: Sequence[str],
    vectors: np.ndarray,
) -> Carried:
    """The counts for each pair, split by whether a sentence carries the theme (`_sentences`)."""
    bounds = np.searchsorted(data.owner, np.arange(data.headings.shape[0] + 1))
    clause_row = {
        t: dict(zip(at.tolist(), range(len(at)), strict=True))
        for t, (at, _) in data.clauses.items()
    }
    yes: list[tuple[int, int]] = []
    no: list[tuple[int, int]] = []
    clause: dict[str, list[tuple[int, int]]] = {}
    bare: list[tuple[int, int]] = []
    for n, (paragraph, theme) in enumerate(pairs):
        known = clause_row.get(themes[theme], {})
        for sentence, carries in _sentences(bounds, each, paragraph, theme):
            (yes if carries else no).append((n, sentence))
            if carries and sentence in known:
                clause.setdefault(themes[theme], []).append((n, known[sentence]))
            elif carries:
                bare.append((n, sentence))
    focus = _gather(bare, data.sentences, len(pairs))
    for theme, found in clause.items():
        focus = focus + _gather(found, data.clauses[theme][1], len(pairs))
    pair, carrying = np.array(yes).T
    carriers = data.sentences[carrying]
    weight = sparse.diags(each[carrying, pairs[pair, 1]].astype(np.float32))
    sense = meaning(total(weight @ carriers, pair, len(pairs)), vectors)
    inside = np.bincount(pair, minlength=len(pairs))
    everything = bounds[pairs[:, 0] + 1] - bounds[pairs[:, 0]]
    words = np.asarray(total(data.sentences, data.owner, len(bounds) - 1).sum(1)).ravel()[
        pairs[:, 0]
    ]
    contrast = np.bincount(pair, data.contrasts[carrying], minlength=len(pairs))
    blocks = [
        total(carriers, pair, len(pairs)),
        _gather(no, data.sentences, len(pairs)),
        focus,
        data.headings[pairs[:, 0]],
    ]
    return Carried(
        blocks,
        np.column_stack([contrast, inside, everything, np.log1p(words)]),
        sense,
        carriers,
        pair,
    )


def _sentences(
    bounds: np.ndarray, each: np.ndarray, paragraph: int, theme: int
) -> Iterator[tuple[int, bool]]:
    """A paragraph's sentences, and whether each carries the theme: at least half the best."""
    own = np.arange(bounds[paragraph], bounds[paragraph + 1])
    p = each[own, theme]
    return zip(own.tolist(), (p >= 0.5 * p.max()).tolist(), strict=True)


def carrying_rows(data: TokenCounts, each: np.ndarray, pairs: np.ndarray) -> list[list[int]]:
    """The sentences that carry the theme, for each pair of a paragraph and a theme."""
    bounds = np.searchsorted(data.owner, np.arange(data.headings.shape[0] + 1))
    return [
        [n for n, carries in _sentences(bounds, each, paragraph, theme) if carries]
        for paragraph, theme in pairs
    ]


def carrying_spans(
    data: TokenCounts,
    each: np.ndarray,
    passages: Sequence[Passage],
    rows: np.ndarray,
    themes: Sequence[str],
    finder: TermFinder,
) -> list[dict[str, list[Span]]]:
    """Where each of the paragraphs `rows` speaks of each theme, for the encoder to weigh.

    These are the sentences that carry the theme; of one with a search term for it only the clauses
    that hold one, since another clause may praise what this one blames.
    """
    pairs = np.array([(row, column) for row in rows for column in range(len(themes))], dtype=int)
    carrying = iter(carrying_rows(data, each, pairs))
    with_term = {n for at, _ in data.clauses.values() for n in at.tolist()}
    found = []
    for row in rows.tolist():
        own = {theme: next(carrying) for theme in themes}
        spans: dict[int, Span] = {
            n: (int(data.spans[n, 0]), int(data.spans[n, 1])) for n in set().union(*own.values())
        }
        clauses = {
            n: clause_spans(passages[row].text, span, finder)
            for n, span in spans.items()
            if n in with_term
        }
        found.append(
            {
                theme: [s for n in sentences for s in clauses.get(n, {}).get(theme, [spans[n]])]
                for theme, sentences in own.items()
            }
        )
    return found


def _gather(found: list[tuple[int, int]], counts: CountMatrix, size: int) -> CountMatrix:
    if not found:
        return sparse.csr_matrix((size, counts.shape[1]), dtype=counts.dtype)
    target, source = np.array(found).T
    return total(counts[source], target, size)


def stacked(
    weights: Sequence[TfidfTransformer], blocks: Sequence[CountMatrix]
) -> tuple[CountMatrix, CountMatrix]:
    """`Carried.blocks`, weighted and side by side: all of them, and without other sentences."""
    carrying, others, clauses, headings = (
        weight.transform(block) for weight, block in zip(weights, blocks, strict=True)
    )
    return (
        sparse.hstack([carrying, others, clauses, headings]).tocsr(),
        sparse.hstack([carrying, clauses, headings]).tocsr(),
    )


@dataclass
class StanceFirstStage:
    """First-stage stance models, shared by all themes."""

    weights: list[TfidfTransformer]
    landmarks: Nystroem
    whole: list[LogisticRegression]
    focus: list[LogisticRegression]
    sense: LogisticRegression
    polarity: LogisticRegression
    by_sentence: TfidfTransformer

    def score(self, c: Carried) -> np.ndarray:
        """Second-stage inputs for each pair."""
        x, f = stacked(self.weights, c.blocks)
        polarity = self.polarity.decision_function(self.by_sentence.transform(c.carriers))
        parts = [
            log_odds(np.column_stack([positive(m, x) for m in self.whole])),
            log_odds(np.column_stack([positive(m, f) for m in self.focus])),
            log_odds(every_stance(self.sense, self.landmarks.transform(c.sense))),
            c.cues,
            _polarity_of_sentences(polarity, c.pair, len(c.cues)),
        ]
        return np.hstack(parts)


def _polarity_of_sentences(polarity: np.ndarray, pair: np.ndarray, size: int) -> np.ndarray:
    high, low = np.full(size, -np.inf), np.full(size, np.inf)
    np.maximum.at(high, pair, polarity)
    np.minimum.at(low, pair, polarity)
    mean = np.bincount(pair, polarity, minlength=size) / np.bincount(pair, minlength=size)
    both = np.maximum(high, 0) * np.maximum(-low, 0)
    return np.column_stack([high, low, mean, both, np.abs(mean)])


def with_tone(p: np.ndarray, tone: np.ndarray, short: np.ndarray) -> np.ndarray:
    """What the last judge sees of pairs: log probabilities from counts and from the encoder.

    And both again by `shortness` (n x 1), so that the encoder can be believed more in a short
    paragraph than in a long one.
    """
    both = np.hstack([np.log(p + 1e-4), tone])
    return np.hstack([both, short, short * both])


def lifted(p: np.ndarray, lift: np.ndarray) -> np.ndarray:
    """Log probabilities of STANCES (columns), with what is added to those of rare ones."""
    return np.log(p + 1e-9) + lift


def every_stance(
    model: LogisticRegression | Pipeline | DummyClassifier, x: np.ndarray
) -> np.ndarray:
    """Probability of each of STANCES (columns), 0 for those the model has never seen."""
    probability = np.zeros((len(x), len(STANCES)))
    probability[:, model.classes_] = model.predict_proba(x)
    return probability


def text_columns(names: TokenNames) -> np.ndarray:
    """The columns that the stance model reads: words, pairs and headings, no theme features."""
    return np.flatnonzero([name[:2] in ("w=", "b=", "h=", "H=") for name in names])
