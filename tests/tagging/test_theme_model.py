from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression

from pipeline.tagging.passages import Passage
from pipeline.tagging.theme_model import (
    any_sentence,
    best_sentence,
    is_short,
    log_odds,
    positive,
    shortness,
    with_odds,
    worth_reading,
)
from pipeline.tagging.token_counts import count_tokens

# Probabilities of sentences, and whose they are: one paragraph has two, one none, one one.
P = np.array([0.5, 0.8, 0.3])
OWNER = np.array([0, 0, 2])


def test_one_sentence_is_enough():
    np.testing.assert_allclose(any_sentence(P, OWNER, 3), [1 - 0.5 * 0.2, 0, 0.3])
    np.testing.assert_allclose(best_sentence(P, OWNER, 3), [0.8, 0, 0.3])


def test_log_odds_are_finite_and_even_at_a_half():
    odds = log_odds(np.array([0.0, 0.5, 1.0]))
    assert np.isfinite(odds).all()
    assert odds[0] == pytest.approx(-odds[2]) and odds[1] == 0


def inputs_of(*n_tokens):
    """What the first stage says of paragraphs with so many tokens."""
    return np.array([[-2.0, np.log1p(n), np.log1p(1)] for n in n_tokens])


def test_of_a_short_paragraph_the_encoder_is_asked_sooner():
    inputs = inputs_of(40, 150, 151, 400)
    assert is_short(inputs).tolist() == [True, True, False, False]
    p = np.array([[0.01, 0.01], [0.01, 0.05], [0.05, 0.14], [0.15, 0.0]])
    assert worth_reading(p, inputs).tolist() == [False, True, False, True]


def test_a_judge_sees_what_the_encoder_says_again_the_more_the_shorter_a_paragraph_is():
    inputs, odds = inputs_of(0, 150, 3000), np.array([[2.0, -4.0]] * 3)
    short = shortness(inputs)
    np.testing.assert_allclose(short[:, 0], [1, np.exp(-1), 0], atol=1e-6)
    seen = with_odds(inputs, odds)
    np.testing.assert_allclose(seen[:, :3], inputs)
    np.testing.assert_allclose(seen[:, 3:], np.hstack([odds, short, short * odds]))


def test_the_second_class_is_the_positive_one():
    model = LogisticRegression().fit([[0.0], [1.0]] * 20, [False, True] * 20)
    low, high = positive(model, [[0.0], [1.0]])
    assert low < 0.5 < high


PROBABILITIES = st.lists(st.tuples(st.floats(0, 1), st.integers(0, 3)), max_size=12)


@settings(deadline=None)
@given(PROBABILITIES, st.floats(0, 1), st.integers(0, 3))
def test_another_sentence_never_makes_a_theme_less_likely(rows, more, where):
    p, owner = np.array([r[0] for r in rows]), np.array([r[1] for r in rows], dtype=int)
    for combine in (any_sentence, best_sentence):
        before = combine(p, owner, 4)
        after = combine(np.append(p, more), np.append(owner, where), 4)
        assert ((before >= 0) & (before <= 1)).all()
        assert (after >= before - 1e-9).all()
        assert np.delete(after, where) == pytest.approx(np.delete(before, where))
    # That any of them carries it is at least as likely as that the best one does.
    assert (any_sentence(p, owner, 4) >= best_sentence(p, owner, 4) - 1e-8).all()


@pytest.fixture(scope="module")
def scored(model):
    texts = ["Two libraries are open. Waits for CAMHS are far too long.", "", "Plans are clear."]
    data = count_tokens([Passage(text) for text in texts], model.names, model.finder)
    inputs, each = model.first_stage.score(data, model.vectors)
    return data, inputs, each


def test_first_stage_says_four_things_of_each_theme_and_how_long_a_paragraph_is(model, scored):
    data, inputs, each = scored
    n_themes = len(model.first_stage.paragraph)
    assert inputs.shape == (3, 4 * n_themes + 2) and np.isfinite(inputs).all()
    assert each.shape == (len(data.owner), n_themes)
    assert ((each >= 0) & (each <= 1)).all()
    n_words = np.asarray(data.paragraphs.sum(1)).ravel()
    np.testing.assert_allclose(inputs[:, -2], np.log1p(n_words), rtol=1e-6)
    np.testing.assert_allclose(inputs[:, -1], np.log1p([2, 1, 1]))


def test_the_sentence_about_the_theme_is_the_likeliest(model, scored):
    _, inputs, each = scored
    column = list(model.first_stage.sentence).index("camhs")
    assert each[1, column] > 0.5 > each[0, column]
    best = inputs[:, 2 * each.shape[1] + column]
    np.testing.assert_allclose(best, log_odds(each[[1, 2, 3], column]))
