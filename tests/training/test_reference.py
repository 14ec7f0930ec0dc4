"""Reference: what is familiar, learnt from kept counts and the texts of their documents."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from pipeline.tagging.familiarity import distance
from pipeline.tagging.token_counts import TokenCounts
from pipeline.training.kept_counts import KeptCounts
from pipeline.training.reference import ENOUGH_FOR_REFERENCE, learn_familiarity

# None of them has a suffix.
WORDS = [f"z{a}{b}k" for a in "abcde" for b in "mnpq"]
VISITS = range(4, 20)  # the words that visits use: half of them are in inspections, too


def make_documents(rng, n, first, words):
    """Documents as (doc_id, authority, text), with 300 of these words each."""
    share = rng.dirichlet(np.ones(len(words)) * 3)
    return [
        (f"{first + k:012d}", f"Area {k % 15}", " ".join(rng.choice(words, 300, p=share)))
        for k in range(n)
    ]


@pytest.fixture(scope="module")
def world():
    """Counts, authorities, kinds and paragraphs of 80 inspections and 30 visits."""
    rng = np.random.default_rng(0)
    inspections = make_documents(rng, 80, 0, WORDS[:12])
    visits = make_documents(rng, 30, 500, [WORDS[n] for n in VISITS])
    documents = pd.DataFrame([*inspections, *visits], columns=["doc_id", "authority", "text"])
    names = np.array(["b=x_y", *(f"w={word}" for word in WORDS)])
    counted = np.array(
        [[0, *(text.split().count(w) for w in WORDS)] for text in documents["text"]]
    )
    n = len(documents)
    zero = sparse.csr_matrix((n, len(names)), dtype=np.float32)
    counts = TokenCounts(
        sparse.csr_matrix(counted, dtype=np.float32), np.arange(n), np.zeros((n, 2)), np.zeros(n), zero, {}
    )  # fmt: skip
    kept = KeptCounts(documents["doc_id"].to_numpy(), np.full(n, "f" * 64), names, counts)
    kinds = pd.Series(["inspection"] * 80 + ["focused visit"] * 30, index=documents["doc_id"])
    paragraphs = documents.assign(kind="paragraph", boilerplate=False)
    return kept, documents.set_index("doc_id")["authority"], kinds, paragraphs


def rows_of(kept, rows):
    return KeptCounts(
        kept.doc_id[rows], kept.fingerprint[rows], kept.names, kept.counted.take(rows)
    )


def test_a_kind_that_was_left_out_is_unfamiliar(world):
    kept, authorities, kinds, paragraphs = world
    visit, inspection = ([paragraphs["text"].iloc[n]] for n in (-1, 0))
    without = learn_familiarity(rows_of(kept, np.arange(80)), authorities, kinds, paragraphs)
    assert without.judge(visit) == (0, True) and without.judge(inspection)[0] > 0.05
    known = learn_familiarity(kept, authorities, kinds, paragraphs)
    assert known.judge(inspection)[0] > 0.05
    far = [distance(one.count(visit), one.counts) for one in (without, known)]
    assert far[1] < far[0] / 5


def test_the_reference_are_documents_of_the_commonest_kind(world):
    known = learn_familiarity(*world)
    assert len(known.lengths) == 80 and set(known.lengths) == {300}
    assert known.words.tolist() == WORDS
    assert known.counts.sum(axis=1).tolist() == [110 * 300, 30 * 300, 80 * 300]


def test_without_texts_the_reference_of_before_stays(world):
    kept, authorities, kinds, paragraphs = world
    assert learn_familiarity(kept, authorities, kinds, None) is None
    few = paragraphs.head(ENOUGH_FOR_REFERENCE - 1)
    assert learn_familiarity(kept, authorities, kinds, few) is None
    before = learn_familiarity(*world)
    later = learn_familiarity(rows_of(kept, np.arange(60)), authorities, kinds, few, before)
    assert later.lengths.tolist() == before.lengths.tolist()
    assert later.counts[0].sum() == 60 * 300


def test_without_kinds_there_is_none(world):
    kept, authorities, _, paragraphs = world
    assert learn_familiarity(kept, authorities, pd.Series(dtype=str), paragraphs) is None
