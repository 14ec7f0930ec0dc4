from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.base.codebook import read_codebook
from pipeline.tagging.passages import Passage
from pipeline.tagging.stems import stem
from pipeline.tagging.tokens import TermFinder
from pipeline.training.vocabulary import read_vocabulary, word_vectors

FINDER = TermFinder(read_codebook().values())
WORDS = ["waits", "for", "camhs", "plans", "drift", "library", "managers", "supervision"]
SENTENCES = st.lists(st.sampled_from(WORDS), min_size=1, max_size=6).map(
    lambda words: " ".join(words).capitalize() + "."
)
PASSAGES = st.lists(
    st.builds(
        Passage,
        st.lists(SENTENCES, min_size=1, max_size=3).map(" ".join),
        st.sampled_from(["", "Health", "Managers > Supervision"]),
    ),
    min_size=1,
    max_size=4,
)


def test_a_token_must_be_in_enough_sentences_or_headings():
    passages = [
        Passage("Plans drift and drift. Plans are late.", "Plans"),
        Passage("Libraries drift."),
    ]
    words = [
        {n for n in read_vocabulary(passages, FINDER, min_df) if n.startswith("w=")}
        for min_df in (1, 2, 3)
    ]
    assert words[0] >= {"w=plan", "w=drift", "w=late"}
    # `drift` is in two sentences, though it is said three times.
    assert words[1:] == [{"w=plan", "w=drift"}, set()]


@settings(deadline=None, max_examples=40)
@given(PASSAGES, st.integers(1, 4))
def test_it_is_sorted_and_a_higher_bar_leaves_less(passages, min_df):
    names, fewer = (read_vocabulary(passages, FINDER, n).tolist() for n in (min_df, min_df + 1))
    assert names == sorted(set(names))
    assert set(fewer) <= set(names)


@settings(deadline=None, max_examples=40)
@given(PASSAGES, st.integers(1, 3))
def test_twice_the_passages_pass_twice_the_bar(passages, min_df):
    once = read_vocabulary(passages, FINDER, min_df)
    assert read_vocabulary(passages * 2, FINDER, 2 * min_df).tolist() == once.tolist()


def test_no_passages_have_no_words():
    assert read_vocabulary([], FINDER).tolist() == []


TEXTS = [
    Passage(f"{who} {what} {where}.")
    for where in ("in the north", "in the south", "today")
    for who, what in (
        ("Nurses", "treat anxious children"),
        ("Doctors", "treat anxious children"),
        ("Builders", "repair leaking roofs"),
        ("Plumbers", "repair leaking roofs"),
    )
]


@pytest.fixture(scope="module")
def names():
    return read_vocabulary(TEXTS, FINDER, min_df=1)


def test_words_in_the_same_company_mean_the_same(names):
    vectors = word_vectors(TEXTS, names)
    at = {name: n for n, name in enumerate(names)}
    nurse, doctor, builder, plumber = (
        vectors[at[f"w={stem(word)}"]] for word in ("nurses", "doctors", "builders", "plumbers")
    )
    assert nurse @ doctor > nurse @ builder
    assert builder @ plumber > doctor @ plumber


def test_only_words_have_a_meaning(names):
    vectors = word_vectors(TEXTS, names)
    assert vectors.shape == (len(names), 200) and np.isfinite(vectors).all()
    words = np.array([name.startswith("w=") for name in names])
    assert not vectors[~words].any() and vectors[words].any(axis=1).all() and not words.all()


def test_the_same_texts_give_the_same_meaning(names):
    np.testing.assert_array_equal(word_vectors(TEXTS, names), word_vectors(TEXTS, names))


@pytest.mark.parametrize("texts", [[], [Passage("Alone.")], [Passage("")]])
def test_without_company_nothing_has_a_meaning(names, texts):
    assert not word_vectors(texts, names).any()
