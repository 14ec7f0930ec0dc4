"""Counts of coded paragraphs, kept with a model so that codes can be learnt without the texts.

A file holds, for each coded paragraph, unordered counts of its tokens. The sentences of a
paragraph are sorted by content, and word pairs leave out stop words, so that no sentence can be
put together again. It is an .npz archive of plain arrays: reading one runs no code.
"""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy import sparse

from pipeline.base.errors import ModelError
from pipeline.base.files import unpacked_size
from pipeline.tagging.token_counts import CountMatrix, TokenCounts, TokenNames

MAX_BYTES = 1_000_000_000
# Counts are stored in one byte: what a sentence holds more often is kept as so many times.
MOST = 255


@dataclass(frozen=True, slots=True)
class KeptCounts:
    """`counted` over the tokens `names`, for n paragraphs (`doc_id` and `fingerprint`)."""

    doc_id: np.ndarray
    fingerprint: np.ndarray
    names: np.ndarray
    counted: TokenCounts

    def rows(self, doc_ids: Sequence[str], fingerprints: Sequence[str]) -> np.ndarray:
        """The row of each paragraph asked for, or -1 if its counts are not kept."""
        at = {key: row for row, key in enumerate(zip(self.doc_id, self.fingerprint, strict=True))}
        return np.array(
            [at.get(key, -1) for key in zip(doc_ids, fingerprints, strict=True)], dtype=int
        )


def write_counts(path: Path, kept: KeptCounts) -> None:
    """Write the file; the same counts give the same bytes."""
    counted = kept.counted
    order = _order_without_meaning(counted)
    place = np.argsort(order)
    arrays = {
        "doc_id": np.asarray(kept.doc_id, dtype=np.str_),
        "fingerprint": np.asarray(kept.fingerprint, dtype=np.str_),
        "names": np.asarray(kept.names, dtype=np.str_),
        "owner": counted.owner[order].astype(np.int32),
        "contrasts": np.minimum(counted.contrasts[order], MOST).astype(np.uint8),
        **_flat("sentences", counted.sentences[order]),
        **_flat("headings", counted.headings),
    }
    for theme, (at, counts) in sorted(counted.clauses.items()):
        again = np.argsort(place[at])
        arrays[f"clauses.{theme}.at"] = place[at][again].astype(np.int32)
        arrays |= _flat(f"clauses.{theme}", counts[again])
    np.savez_compressed(path, **arrays)


def _order_without_meaning(counted: TokenCounts) -> np.ndarray:
    """The order of sentences by paragraph, and within one by their tokens' columns."""
    rows = counted.sentences.tocsr()
    rows.sort_indices()
    tokens = [
        rows.indices[a:b].tolist() for a, b in zip(rows.indptr, rows.indptr[1:], strict=False)
    ]
    return np.array(
        sorted(range(len(tokens)), key=lambda n: (counted.owner[n], tokens[n])), dtype=int
    )


def read_counts(path: Path) -> KeptCounts:
    """Read a file of counts. Raises `ModelError` if it is missing, damaged or holds objects."""
    try:
        with zipfile.ZipFile(path) as archive:
            if unpacked_size(archive) > MAX_BYTES:
                raise ModelError(f"{path} is too large.", "Copy the model folder again.")
        with np.load(path, allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored.files}
        return _kept(arrays)
    except ModelError:
        raise
    except Exception as error:  # flipped bytes can fail in any way
        raise ModelError(
            f"The counts in {path} cannot be read ({type(error).__name__}: {error}).",
            "Copy the model folder again.",
        ) from error


def _kept(arrays: dict[str, np.ndarray]) -> KeptCounts:
    names, owner = arrays["names"], arrays["owner"].astype(int)
    headings = _sparse(arrays, "headings", len(names))
    sentences = _sparse(arrays, "sentences", len(names))
    n = headings.shape[0]
    keys = set(zip(arrays["doc_id"].tolist(), arrays["fingerprint"].tolist(), strict=True))
    if len(keys) != n or len(set(names.tolist())) != len(names):
        raise ValueError("its arrays do not match")
    if not np.array_equal(np.unique(owner), np.arange(n)) or (np.diff(owner) < 0).any():
        raise ValueError("its sentences do not match its paragraphs")
    if sentences.shape[0] != len(owner) or len(arrays["contrasts"]) != len(owner):
        raise ValueError("its sentences do not match each other")
    themes = [name.split(".")[1] for name in arrays if name.endswith(".at")]
    clauses = {
        theme: (
            arrays[f"clauses.{theme}.at"].astype(int),
            _sparse(arrays, f"clauses.{theme}", len(names)),
        )
        for theme in themes
    }
    for at, counts in clauses.values():
        inside = len(at) == counts.shape[0] and (np.diff(at) > 0).all()
        if not inside or (len(at) and not 0 <= at[0] <= at[-1] < len(owner)):
            raise ValueError("its clauses do not match its sentences")
    # The position of a sentence in its text is not kept.
    spans = np.zeros((len(owner), 2), dtype=int)
    counted = TokenCounts(
        sentences, owner, spans, arrays["contrasts"].astype(int), headings, clauses
    )
    return KeptCounts(arrays["doc_id"], arrays["fingerprint"], names, counted)


def _flat(name: str, counts: CountMatrix) -> dict[str, np.ndarray]:
    counts = counts.tocsr()
    counts.sort_indices()
    return {
        f"{name}.counts": np.minimum(counts.data, MOST).astype(np.uint8),
        f"{name}.tokens": counts.indices.astype(np.int32),
        f"{name}.starts": counts.indptr.astype(np.int32),
    }


def _sparse(arrays: dict[str, np.ndarray], name: str, width: int) -> CountMatrix:
    starts = arrays[f"{name}.starts"]
    counts = sparse.csr_matrix(
        (arrays[f"{name}.counts"].astype(np.float32), arrays[f"{name}.tokens"], starts),
        shape=(len(starts) - 1, width),
    )
    counts.check_format(full_check=True)
    return counts


def onto(counted: TokenCounts, names: TokenNames, wanted: TokenNames) -> TokenCounts:
    """The same counts over the tokens `wanted`, without those of `names` that are not wanted."""
    at = {name: column for column, name in enumerate(wanted)}
    kept = [(row, at[name]) for row, name in enumerate(names) if name in at]
    rows, columns = np.array(kept, dtype=int).reshape(-1, 2).T
    move = sparse.csr_matrix(
        (np.ones(len(rows), dtype=np.float32), (rows, columns)), shape=(len(names), len(wanted))
    )
    return TokenCounts(
        (counted.sentences @ move).tocsr(),
        counted.owner,
        counted.spans,
        counted.contrasts,
        (counted.headings @ move).tocsr(),
        {
            theme: (rows, (counts @ move).tocsr())
            for theme, (rows, counts) in counted.clauses.items()
        },
    )


def together(first: TokenCounts, second: TokenCounts) -> TokenCounts:
    """The paragraphs of `first`, then those of `second`; both count the same tokens."""
    shift = len(first.owner)
    clauses = {}
    for theme in {**first.clauses, **second.clauses}:
        parts = [
            (rows + offset, counts)
            for offset, part in ((0, first), (shift, second))
            for rows, counts in [part.clauses.get(theme, (None, None))]
            if rows is not None
        ]
        clauses[theme] = (
            np.concatenate([rows for rows, _ in parts]),
            sparse.vstack([counts for _, counts in parts]).tocsr(),
        )
    return TokenCounts(
        sparse.vstack([first.sentences, second.sentences]).tocsr(),
        np.r_[first.owner, second.owner + first.headings.shape[0]],
        np.r_[first.spans, second.spans],
        np.r_[first.contrasts, second.contrasts],
        sparse.vstack([first.headings, second.headings]).tocsr(),
        clauses,
    )
