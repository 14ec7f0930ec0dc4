"""Passages → the tokens that a new model counts, and what its words mean."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np
from scipy import sparse
from sklearn.decomposition import TruncatedSVD

from pipeline.tagging import tokens
from pipeline.tagging.passages import Passage
from pipeline.tagging.token_counts import TokenNames
from pipeline.tagging.tokens import TermFinder


def read_vocabulary(
    passages: Sequence[Passage], finder: TermFinder, min_df: int = 3
) -> np.ndarray:
    """The tokens to count, sorted: those in at least `min_df` sentences or headings."""
    documents = [" ".join(tokens.heading_tokens(passage.heading)) for passage in passages]
    for sentences in tokens.passage_sentences(passages):
        for sentence in sentences:
            documents.append(" ".join(tokens.sentence_tokens(sentence.words, finder)))
    seen = Counter(token for document in documents for token in set(document.split()))
    return np.array(sorted(token for token, n in seen.items() if n >= min_df), dtype=np.str_)


def word_vectors(
    passages: Iterable[Passage],
    names: TokenNames,
    size: int = 200,
    window: int = 5,
) -> np.ndarray:
    """The meaning of each w= token in `names`, from the words near it (tokens x `size`).

    Positive pointwise mutual information, reduced by SVD; frequent words count less (smooth
    inverse frequency), and the direction common to all is removed. Rows of other tokens are zero.
    """
    place = {name[2:]: n for n, name in enumerate(name for name in names if name.startswith("w="))}
    size_v = len(place)
    ids = [
        np.array(
            [
                place.get(tokens.stem(word), -1)
                for sentence in sentences
                for word in sentence.words
            ],
            dtype=int,
        )
        for sentences in tokens.passage_sentences(passages)
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
