"""Kept counts + the texts of their documents → what is familiar to a model."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from scipy import sparse

from pipeline.base.columns import substantive_rows
from pipeline.tagging.familiarity import Familiarity, distance, write_familiarity
from pipeline.training.folds import grouped_folds
from pipeline.training.kept_counts import KeptCounts

# Documents of a kind that give its words their own place, and reference documents that it takes.
ENOUGH_OF_A_KIND, ENOUGH_FOR_REFERENCE = 20, 50
FOLDS = 5


def keep_familiarity(
    folder: Path,
    kept: KeptCounts,
    codes: pd.DataFrame,
    kinds: pd.Series,
    paragraphs: pd.DataFrame | None,
    before: Familiarity | None,
) -> None:
    """Write what is familiar to a model to its folder, if that can be told.

    `codes` (as from `read_codes`) say which authority a document is about; the rest is as for
    `learn_familiarity`.
    """
    authorities = codes.drop_duplicates("doc_id").set_index("doc_id")["authority"]
    familiar = learn_familiarity(kept, authorities, kinds, paragraphs, before)
    if familiar is not None:
        write_familiarity(familiar, folder)


def learn_familiarity(
    kept: KeptCounts,
    authorities: pd.Series,
    kinds: pd.Series,
    paragraphs: pd.DataFrame | None,
    before: Familiarity | None = None,
) -> Familiarity | None:
    """What is familiar to a model that learnt from the counts `kept`.

    `authorities` and `kinds` (document types) are by doc_id. The reference are the documents of
    the commonest kind whose `paragraphs` are at hand; if these are too few, that of the model
    `before`, or there is none. Each is measured against what was learnt about other authorities.
    """
    columns = np.flatnonzero([str(name).startswith("w=") for name in kept.names])
    words = np.array([str(kept.names[column])[2:] for column in columns])
    counted = kept.counted.paragraphs[:, columns]
    kind, authority = (
        np.array([known.get(doc_id, "") for doc_id in kept.doc_id], dtype=str)
        for known in (kinds, authorities)
    )
    of_kind = pd.Series(kept.doc_id).groupby(kind).nunique().drop("", errors="ignore")
    own_kinds = of_kind.index[of_kind >= ENOUGH_OF_A_KIND]

    def learnt(rows: np.ndarray) -> np.ndarray:
        picked = np.array([rows, *(rows & (kind == name) for name in own_kinds)], dtype=float)
        return (sparse.csr_matrix(picked) @ counted).toarray()

    known = Familiarity(words, learnt(np.ones(len(kind), bool)), np.ones(2), np.ones(2))
    lengths, distances = [], []
    if paragraphs is not None and len(own_kinds):
        fold_of = dict(zip(kept.doc_id, grouped_folds(authority, FOLDS), strict=True))
        others = [learnt(np.array([fold_of[d] != n for d in kept.doc_id])) for n in range(FOLDS)]
        reference = set(kept.doc_id[kind == of_kind.idxmax()])
        texts = paragraphs[substantive_rows(paragraphs) & paragraphs["doc_id"].isin(reference)]
        for doc_id, own in texts.groupby("doc_id")["text"]:
            found = known.count(own)
            lengths.append(found.sum())
            distances.append(distance(found, others[fold_of[doc_id]]))
    if len(lengths) >= ENOUGH_FOR_REFERENCE:
        return Familiarity(words, known.counts, np.array(lengths), np.array(distances))
    if before is not None:
        return Familiarity(words, known.counts, before.lengths, before.distances)
    return None
