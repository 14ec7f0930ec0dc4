from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from pipeline.base.codebook import Theme
from pipeline.tagging.passages import Passage
from pipeline.tagging.token_counts import count_tokens, meaning, total
from pipeline.tagging.tokens import TermFinder

FINDER = TermFinder([Theme("oversight", "Oversight", "x", "", ("supervis*",), ())])
PASSAGES = [
    Passage("Supervision is regular. However, plans drift, plans wait.", "Report > Supervision"),
    Passage("calm moves", "", "We ask for:"),
    Passage(""),
    Passage("Plans drift, but supervision is weak and supervision is late."),
]
NAMES = ["w=plan", "w=drift", "h=supervis", "H=report", "t=supervis*", "w=ask", "w=nobody"]


@pytest.fixture(scope="module")
def counted():
    return count_tokens(PASSAGES, NAMES, FINDER)


def column(counts, name):
    return counts[:, NAMES.index(name)].toarray().ravel().tolist()


def test_sentences_are_counted_one_by_one(counted):
    assert counted.owner.tolist() == [0, 0, 1, 1, 2, 3]
    assert column(counted.sentences, "w=plan") == [0, 2, 0, 0, 0, 1]
    assert column(counted.sentences, "t=supervis*") == [1, 0, 0, 0, 0, 2]
    assert column(counted.sentences, "w=nobody") == [0] * 6
    assert counted.contrasts.tolist() == [0, 1, 0, 0, 0, 1]


def test_places_are_those_of_the_text_and_a_lead_in_has_none(counted):
    texts = [
        PASSAGES[owner].text[start:end] if start >= 0 else None
        for owner, (start, end) in zip(counted.owner, counted.spans, strict=True)
    ]
    assert texts == [
        "Supervision is regular.",
        "However, plans drift, plans wait.",
        None,
        "calm moves",
        "",
        PASSAGES[3].text,
    ]


def test_headings_count_for_the_whole_paragraph(counted):
    assert column(counted.headings, "h=supervis") == [1, 0, 0, 0]
    assert column(counted.headings, "H=report") == [1, 0, 0, 0]
    assert column(counted.paragraphs, "h=supervis") == [1, 0, 0, 0]
    assert column(counted.paragraphs, "w=plan") == [2, 0, 0, 1]
    assert column(counted.paragraphs, "w=ask") == [0, 1, 0, 0]


def test_clauses_with_a_term_are_counted_apart(counted):
    at, counts = counted.clauses["oversight"]
    assert at.tolist() == [0, 5]
    # "Plans drift" stands in another clause of the sentence.
    assert column(counts, "w=plan") == [0, 0]


def same(one, other):
    return one.shape == other.shape and (one != other).nnz == 0


@pytest.mark.parametrize("rows", [[0], [1, 3], [0, 1, 2, 3], []])
def test_some_paragraphs_are_taken_as_if_they_had_been_counted_alone(counted, rows):
    taken = counted.take(np.array(rows, dtype=int))
    assert same(taken.paragraphs, counted.paragraphs[rows])
    if not rows:
        assert len(taken.owner) == 0
        return
    alone = count_tokens([PASSAGES[n] for n in rows], NAMES, FINDER)
    assert same(taken.sentences, alone.sentences) and same(taken.headings, alone.headings)
    for name in ("owner", "spans", "contrasts"):
        np.testing.assert_array_equal(getattr(taken, name), getattr(alone, name))
    for theme, (at, counts) in alone.clauses.items():
        assert taken.clauses[theme][0].tolist() == at.tolist()
        assert same(taken.clauses[theme][1], counts)


def test_some_tokens_are_taken(counted):
    kept = np.array([0, 4])
    fewer = counted.columns(kept)
    assert same(fewer.sentences, counted.sentences[:, kept])
    assert same(fewer.clauses["oversight"][1], counted.clauses["oversight"][1][:, kept])
    assert same(fewer.paragraphs, counted.paragraphs[:, kept])


ROWS = st.lists(st.tuples(st.integers(0, 3), st.lists(st.integers(0, 5), min_size=2, max_size=2)), min_size=1, max_size=8)  # fmt: skip


@settings(deadline=None)
@given(ROWS)
def test_totals_are_sums_by_owner(rows):
    owner = np.array([row[0] for row in rows])
    counts = np.array([row[1] for row in rows], dtype=np.float32)
    summed = total(sparse.csr_matrix(counts), owner, 4).toarray()
    expected = [counts[owner == n].sum(axis=0) for n in range(4)]
    np.testing.assert_array_equal(summed, expected)


def test_a_meaning_has_length_one_unless_nothing_is_known():
    vectors = np.array([[3.0, 0.0], [0.0, 2.0]], dtype=np.float32)
    counts = sparse.csr_matrix(np.array([[2, 0], [2, 3], [0, 0]], dtype=np.float32))
    np.testing.assert_allclose(
        meaning(counts, vectors), [[1, 0], [np.sqrt(0.5), np.sqrt(0.5)], [0, 0]], atol=1e-6
    )
