from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from pipeline.base.codebook import read_codebook
from pipeline.tagging.passages import Passage
from pipeline.tagging.theme_model import positive
from pipeline.tagging.token_counts import count_tokens
from pipeline.tagging.tokens import TermFinder
from pipeline.training import fit_themes
from pipeline.training.fit_themes import (
    constant_model,
    cross_score,
    fit_first_stage,
    fit_judges,
    fit_linear,
    fit_sentences,
    spread_of,
)
from pipeline.training.vocabulary import read_vocabulary, word_vectors

WAITS = ["Waits for CAMHS are long.", "CAMHS is late.", "Few children reach CAMHS."]
OTHER = ["The library is open.", "Two roofs leak.", "The market hall is new."]
# In every group of two paragraphs, one is about CAMHS and one is not.
PASSAGES = [
    Passage(text + f" The office is in town {n}.")
    for n in range(12)
    for text in (WAITS[n % 3], OTHER[n % 3])
]
CAMHS = np.tile([1, 0], 12)
GROUPS = np.repeat(np.arange(4), 6)


@pytest.fixture(scope="module")
def counted():
    finder = TermFinder(read_codebook().values())
    names = read_vocabulary(PASSAGES, finder, min_df=2)
    return count_tokens(PASSAGES, names, finder), word_vectors(PASSAGES, names, size=8)


@settings(deadline=None)
@given(st.lists(st.integers(0, 1), max_size=30), st.integers(1, 5))
def test_without_codes_of_both_kinds_a_theme_is_as_likely_as_it_is_common(y, width):
    model = constant_model(width, np.array(y))
    p = positive(model, np.random.default_rng(0).normal(size=(3, width)))
    assert p == pytest.approx([(sum(y) + 0.5) / (len(y) + 1)] * 3)


def test_a_linear_model_learns_which_token_tells():
    telling = np.array([1, 1, 1, 0, 0, 0] * 5)
    x = sparse.csr_matrix(np.column_stack([telling, np.ones(30), np.tile([0, 1], 15)]))
    model = fit_linear(x.astype(np.float32), telling, c=10)
    assert ((positive(model, x) > 0.5) == telling).all()
    assert model.coef_.argmax() == 0 and model.coef_.dtype == np.float32


def test_a_row_of_half_a_mass_is_half_positive():
    x = sparse.csr_matrix(np.tile([[1.0, 0.0], [0.0, 1.0]], (40, 1)))
    mass = np.tile([0.5, 0.0], 40)
    model = fit_linear(x, np.tile([1, 0], 40), c=100, mass=mass)
    likely, not_likely = positive(model, x[:2])
    assert likely == pytest.approx(0.5, abs=0.05) and not_likely < 0.1


def test_of_a_paragraph_the_sentence_that_carries_the_theme_is_found(counted):
    data, _ = counted
    model = fit_sentences(data.sentences, data.owner, CAMHS, c=10)
    p = positive(model, data.sentences)
    texts = [PASSAGES[o].text[a:b] for o, (a, b) in zip(data.owner, data.spans, strict=True)]
    about = np.array(["CAMHS" in text for text in texts])
    assert about.sum() == 12 and (p[about] > 0.5).all() and (p[~about] < 0.5).all()


def test_what_nobody_coded_teaches_nothing(counted):
    data, vectors = counted
    known = np.arange(24) < 12
    stages = [
        fit_first_stage(data, {"camhs": np.where(known, CAMHS, -1)}, vectors),
        # The same codes, though the first stage weighs words by all paragraphs.
        fit_first_stage(data.take(np.flatnonzero(known)), {"camhs": CAMHS[:12]}, vectors),
    ]
    for stage in stages:
        inputs, _ = stage.score(data, vectors)
        assert ((inputs[:, 0] > 0) == (CAMHS == 1)).all()


@pytest.mark.parametrize("only", [0, 1])
def test_a_theme_with_codes_of_one_kind_is_the_same_everywhere(counted, only):
    data, vectors = counted
    y = np.where(only == CAMHS, only, -1)
    inputs, each = fit_first_stage(data, {"camhs": y}, vectors).score(data, vectors)
    assert np.ptp(inputs[:, 0]) == 0 and np.ptp(each) == 0
    assert (inputs[:, 0] > 0).all() == bool(only)


def test_no_group_is_scored_by_a_model_that_has_seen_its_codes(counted, monkeypatch):
    data, vectors = counted
    monkeypatch.setattr(fit_themes, "grouped_folds", lambda groups, *_, **__: groups)
    turned = {"camhs": np.where(GROUPS == 1, 1 - CAMHS, CAMHS)}
    inputs, each = cross_score(data, {"camhs": CAMHS}, GROUPS, vectors)
    inputs_turned, each_turned = cross_score(data, turned, GROUPS, vectors)
    own = GROUPS == 1
    np.testing.assert_array_equal(inputs[own], inputs_turned[own])
    np.testing.assert_array_equal(each[own[data.owner]], each_turned[own[data.owner]])
    for group in (0, 2, 3):
        assert (inputs[group == GROUPS] != inputs_turned[group == GROUPS]).any()


def test_held_out_paragraphs_are_read_rightly_where_words_tell(counted):
    data, vectors = counted
    codes = {"camhs": CAMHS, "early_help": 1 - CAMHS}
    inputs, _ = cross_score(data, codes, GROUPS, vectors, 4)
    assert inputs.shape == (24, 4 * 2 + 2)
    judges = fit_judges(inputs, codes, c=10)
    for theme, y in codes.items():
        assert ((positive(judges[theme], inputs) > 0.5) == y).all()


def test_a_paragraph_that_counts_for_little_hardly_changes_a_judge():
    inputs, y = np.array([[-1.0], [1.0], [1.0], [-1.0]] * 20), np.array([0, 1, 0, 1] * 20)
    contrary = np.array([False, False, True, True] * 20)
    low, high = (
        positive(
            fit_judges(inputs, {"camhs": y}, weight=np.where(contrary, w, 1.0))["camhs"], [[1.0]]
        )[0]
        for w in (1.0, 0.01)
    )
    assert low == pytest.approx(0.5) and high > 0.8


def test_both_kinds_of_codes_are_spread():
    spread = spread_of({"camhs": np.array([1, 0, -1]), "early_help": np.array([0, 0, 1])})
    assert spread.astype(int).tolist() == [[0, 1, 1, 0], [1, 0, 1, 0], [0, 0, 0, 1]]


def test_a_judge_of_codes_of_one_kind_is_not_surprised():
    inputs = np.random.default_rng(0).normal(size=(6, 3))
    y = np.array([0, 0, 0, -1, -1, -1])
    assert positive(fit_judges(inputs, {"camhs": y})["camhs"], inputs) == pytest.approx(
        [0.125] * 6
    )
