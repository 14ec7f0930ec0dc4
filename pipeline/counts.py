"""Passages → counts: unordered numbers of tokens, all that training and tagging see."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy import sparse
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import CountVectorizer

from pipeline import features
from pipeline.features import Passage, TermFinder

Counts = sparse.csr_matrix


@dataclass
class Counted:
    """Token counts of paragraphs; all that training and prediction see.

    `owner` gives each sentence's paragraph and `spans` its place there (n x 2 characters; -1, -1
    for a sentence of the lead-in line); `clauses` maps a theme to (sentence rows, counts) for the
    sentences that hold one of its search terms.
    """

    sentences: Counts
    owner: np.ndarray
    spans: np.ndarray
    contrasts: np.ndarray
    headings: Counts
    clauses: dict[str, tuple[np.ndarray, Counts]]

    @property
    def paragraphs(self) -> Counts:
        """Counts per paragraph: its sentences summed, plus its heading."""
        return total(self.sentences, self.owner, self.headings.shape[0]) + self.headings

    def take(self, rows: np.ndarray) -> Counted:
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
        return Counted(
            self.sentences[kept],
            new[self.owner[kept]],
            self.spans[kept],
            self.contrasts[kept],
            self.headings[rows],
            clauses,
        )

    def columns(self, kept: np.ndarray) -> Counted:
        """Only the tokens `kept`."""
        clauses = {theme: (at, counts[:, kept]) for theme, (at, counts) in self.clauses.items()}
        return Counted(
            self.sentences[:, kept],
            self.owner,
            self.spans,
            self.contrasts,
            self.headings[:, kept],
            clauses,
        )


def read_vocabulary(
    passages: Sequence[Passage], finder: TermFinder, min_df: int = 3
) -> np.ndarray:
    """Which tokens are counted, sorted: those that `min_df` sentences or headings hold."""
    documents = [" ".join(features.heading_tokens(passage.heading)) for passage in passages]
    for sentences in features.passage_sentences(passages):
        for sentence in sentences:
            documents.append(" ".join(features.sentence_tokens(sentence.words, finder)))
    seen = Counter(token for document in documents for token in set(document.split()))
    return np.array(sorted(token for token, n in seen.items() if n >= min_df), dtype=np.str_)


def count_tokens(passages: Sequence[Passage], names: Sequence[str], finder: TermFinder) -> Counted:
    """Count the tokens `names` of passages, sentence by sentence."""
    vectoriser = _vectoriser(tuple(names))
    tokens: list[str] = []
    owner: list[int] = []
    spans: list[tuple[int, int]] = []
    contrasts: list[int] = []
    clauses: dict[str, tuple[list[int], list[str]]] = {}
    for n, sentences in enumerate(features.passage_sentences(passages)):
        for sentence in sentences:
            for theme, own in features.clause_tokens(sentence, finder).items():
                at, texts = clauses.setdefault(theme, ([], []))
                at.append(len(owner))
                texts.append(" ".join(own))
            tokens.append(" ".join(features.sentence_tokens(sentence.words, finder)))
            contrasts.append(features.count_contrasts(sentence.text))
            owner.append(n)
            spans.append(sentence.span)
    headings = [" ".join(features.heading_tokens(passage.heading)) for passage in passages]
    return Counted(
        vectoriser.transform(tokens),
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


def total(counts: Counts, owner: np.ndarray, size: int) -> Counts:
    """Sum rows by owner."""
    ones = np.ones(len(owner), dtype=np.float32)
    return (
        sparse.csr_matrix((ones, (owner, np.arange(len(owner)))), shape=(size, len(owner)))
        @ counts
    )


def word_vectors(
    passages: Iterable[Passage], names: Sequence[str], size: int = 200, window: int = 5
) -> np.ndarray:
    """Meaning of each w= token in `names`, from which words stand near it in the passages.

    Positive pointwise mutual information, reduced by SVD; frequent words count
    less (smooth inverse frequency) and the direction common to all is removed.
    Rows of other tokens are zero.
    """
    place = {name[2:]: n for n, name in enumerate(name for name in names if name.startswith("w="))}
    size_v = len(place)
    ids = [
        np.array(
            [
                place.get(features.stem(word), -1)
                for sentence in sentences
                for word in sentence.words
            ],
            dtype=int,
        )
        for sentences in features.passage_sentences(passages)
    ]
    near, none = sparse.csr_matrix((size_v, size_v)), np.zeros(0, dtype=int)
    for gap in range(1, window + 1):
        left = np.concatenate([none, *(own[:-gap] for own in ids if len(own) > gap)])
        right = np.concatenate([none, *(own[gap:] for own in ids if len(own) > gap)])
        both = (left >= 0) & (right >= 0)
        pairs = (np.full(both.sum(), 1 / gap), (left[both], right[both]))
        near = near + sparse.coo_matrix(pairs, shape=near.shape).tocsr()
    near = (near + near.T).tocoo()
    mass = np.asarray(near.tocsr().sum(1)).ravel() + 1e-9
    context = mass**0.75 / (mass**0.75).sum()
    information = np.log(near.data / mass[near.row] / context[near.col])
    kept = information > 0
    matrix = sparse.csr_matrix(
        (information[kept], (near.row[kept], near.col[kept])), shape=near.shape
    )
    vectors = np.zeros((len(names), size), dtype=np.float32)
    if not (rank := min(size, size_v - 1, matrix.nnz)) > 0:
        return vectors
    svd = TruncatedSVD(rank, random_state=0, n_iter=4)
    dense = svd.fit_transform(matrix) / np.sqrt(svd.singular_values_ + 1e-9)
    dense /= np.linalg.norm(dense, axis=1, keepdims=True) + 1e-9
    share = mass / mass.sum()
    dense *= (1e-3 / (1e-3 + share))[:, None]
    common = (share @ dense) / np.linalg.norm(share @ dense)
    dense -= np.outer(dense @ common, common)
    vectors[[n for n, name in enumerate(names) if name.startswith("w=")], :rank] = dense
    return vectors


def meaning(counts: Counts, vectors: np.ndarray) -> np.ndarray:
    """Unit vector of each row's words."""
    # In single precision a row would depend on which others are computed with it.
    summed = np.asarray(counts @ vectors, dtype=np.float64)
    return summed / (np.linalg.norm(summed, axis=1, keepdims=True) + 1e-9)
