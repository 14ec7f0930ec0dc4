"""Passages → counts of tokens, without their order: all that the linear models see."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

import numpy as np
from scipy import sparse
from sklearn.feature_extraction.text import CountVectorizer

from pipeline.tagging import tokens
from pipeline.tagging.passages import Passage
from pipeline.tagging.tokens import TermFinder

CountMatrix: TypeAlias = sparse.csr_matrix
# The names of tokens, one for each column of a `CountMatrix`.
TokenNames: TypeAlias = Sequence[str] | np.ndarray


@dataclass
class TokenCounts:
    """Token counts of paragraphs, sentence by sentence.

    `owner` gives each sentence's paragraph and `spans` its place there (n x 2 characters; -1, -1
    for a sentence of the lead-in line); `clauses` maps a theme to (sentence rows, counts) for the
    sentences that hold one of its search terms.
    """

    sentences: CountMatrix
    owner: np.ndarray
    spans: np.ndarray
    contrasts: np.ndarray
    headings: CountMatrix
    clauses: dict[str, tuple[np.ndarray, CountMatrix]]

    @property
    def paragraphs(self) -> CountMatrix:
        """Counts per paragraph: its sentences summed, plus its heading."""
        return total(self.sentences, self.owner, self.headings.shape[0]) + self.headings

    def take(self, rows: np.ndarray) -> TokenCounts:
        """Only the paragraphs `rows` (increasing)."""
        new = np.full(self.headings.shape[0], -1)
        new[rows] = np.arange(len(rows))
        kept = np.flatnonzero(new[self.owner] >= 0)
        place = np.full(len(self.owner), -1)
        place[kept] = np.arange(len(kept))
        clauses = {}
        for theme, (at, counts) in self.clauses.items():
            inside = place[at] >= 0
            clauses[theme] = (place[at[inside]], counts[inside])
        return TokenCounts(
            self.sentences[kept],
            new[self.owner[kept]],
            self.spans[kept],
            self.contrasts[kept],
            self.headings[rows],
            clauses,
        )

    def alone(self, rows: np.ndarray) -> TokenCounts:
        """The sentences `rows` (any, in any order), each as a paragraph of its own.

        Each keeps the heading of its paragraph, but nothing else that stood around it.
        """
        clauses = {}
        for theme, (at, counts) in self.clauses.items():
            place = dict(zip(at.tolist(), range(len(at)), strict=True))
            new = [n for n, row in enumerate(rows.tolist()) if row in place]
            old = [place[row] for row in rows[new].tolist()]
            clauses[theme] = (np.array(new, dtype=int), counts[old])
        return TokenCounts(
            self.sentences[rows],
            np.arange(len(rows)),
            self.spans[rows],
            self.contrasts[rows],
            self.headings[self.owner[rows]],
            clauses,
        )

    def columns(self, kept: np.ndarray) -> TokenCounts:
        """Only the tokens `kept`."""
        clauses = {theme: (at, counts[:, kept]) for theme, (at, counts) in self.clauses.items()}
        return TokenCounts(
            self.sentences[:, kept],
            self.owner,
            self.spans,
            self.contrasts,
            self.headings[:, kept],
            clauses,
        )


def count_tokens(
    passages: Sequence[Passage], names: TokenNames, finder: TermFinder
) -> TokenCounts:
    """The counts of the tokens `names` in passages, sentence by sentence."""
    vectoriser = _vectoriser(tuple(names))
    by_sentence: list[str] = []
    owner: list[int] = []
    spans: list[tuple[int, int]] = []
    contrasts: list[int] = []
    clauses: dict[str, tuple[list[int], list[str]]] = {}
    for n, sentences in enumerate(tokens.passage_sentences(passages)):
        for sentence in sentences:
            for theme, own in tokens.clause_tokens(sentence, finder).items():
                at, texts = clauses.setdefault(theme, ([], []))
                at.append(len(owner))
                texts.append(" ".join(own))
            by_sentence.append(" ".join(tokens.sentence_tokens(sentence.words, finder)))
            contrasts.append(tokens.count_contrasts(sentence.text))
            owner.append(n)
            spans.append(sentence.span)
    headings = [" ".join(tokens.heading_tokens(passage.heading)) for passage in passages]
    return TokenCounts(
        vectoriser.transform(by_sentence),
        np.array(owner),
        np.array(spans),
        np.array(contrasts),
        vectoriser.transform(headings),
        {
            theme: (np.array(at), vectoriser.transform(texts))
            for theme, (at, texts) in clauses.items()
        },
    )


@lru_cache(maxsize=2)
def _vectoriser(names: tuple[str, ...]) -> CountVectorizer:
    columns = {str(name): column for column, name in enumerate(names)}
    return CountVectorizer(
        token_pattern=r"\S+", lowercase=False, dtype=np.float32, vocabulary=columns
    )


def total(counts: CountMatrix, owner: np.ndarray, size: int) -> CountMatrix:
    """The sums of the rows of each owner."""
    ones = np.ones(len(owner), dtype=np.float32)
    return (
        sparse.csr_matrix((ones, (owner, np.arange(len(owner)))), shape=(size, len(owner)))
        @ counts
    )


def meaning(counts: CountMatrix, vectors: np.ndarray) -> np.ndarray:
    """Unit vector of each row's words."""
    # In single precision, a row would depend on which other rows are computed with it.
    summed = np.asarray(counts @ vectors, dtype=np.float64)
    return summed / (np.linalg.norm(summed, axis=1, keepdims=True) + 1e-9)
