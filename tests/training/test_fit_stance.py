"""Stance as it is learnt from counts; what it is learnt on is tested in tests/tagging too."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, f1_score

from pipeline.base.codebook import STANCES, read_codebook
from pipeline.tagging.passages import Passage
from pipeline.tagging.stance_model import carried, every_stance
from pipeline.tagging.token_counts import count_tokens
from pipeline.tagging.tokens import TermFinder
from pipeline.training import fit_stance
from pipeline.training.fit_stance import (
    cross_score_stance,
    fit_stance_first_stage,
    fit_stance_judge,
    stance_lift,
    take_pairs,
)
from pipeline.training.vocabulary import read_vocabulary

# One pair in every group is a strength, the other a concern.
Y = np.tile([0, 1], 12)
GROUPS = np.repeat(np.arange(4), 6)


@pytest.fixture(scope="module")
def about():
    passages = [
        Passage(f"Managers see to it. Supervision is {how} in town {n}.")
        for n in range(12)
        for how in ("regular and good", "weak and late")
    ]
    finder = TermFinder(read_codebook().values())
    names = read_vocabulary(passages, finder, min_df=1)
    data = count_tokens(passages, names, finder)
    pairs = np.array([[n, 0] for n in range(len(passages))])
    vectors = np.random.default_rng(0).normal(size=(len(names), 8)).astype(np.float32)
    each = np.tile([[0.1], [0.9]], (len(passages), 1))
    return carried(data, each, pairs, ["supervision"], vectors)


def test_held_out_stances_are_read_rightly_where_words_tell(about):
    read = cross_score_stance(about, Y, GROUPS, 4)
    p = every_stance(fit_stance_judge(read, Y, np.ones(len(Y))), read)
    assert p.shape == (24, len(STANCES)) and (p.argmax(axis=1) == Y).all()


def test_no_group_is_scored_by_a_model_that_has_seen_its_codes(about, monkeypatch):
    monkeypatch.setattr(fit_stance, "grouped_folds", lambda groups, *_, **__: groups)
    read = cross_score_stance(about, Y, GROUPS)
    turned = cross_score_stance(about, np.where(GROUPS == 1, 1 - Y, Y), GROUPS)
    np.testing.assert_array_equal(read[GROUPS == 1], turned[GROUPS == 1])
    for group in (0, 2, 3):
        assert (read[group == GROUPS] != turned[group == GROUPS]).any()


@pytest.mark.parametrize("rows", [[0], [1, 5, 23], list(range(24))])
def test_pairs_are_scored_alike_alone_and_among_others(about, rows):
    stage = fit_stance_first_stage(about, Y)
    alone = stage.score(take_pairs(about, np.array(rows)))
    np.testing.assert_allclose(alone, stage.score(about)[rows], atol=1e-6)


def test_a_judge_says_nothing_of_stances_that_nobody_coded(about):
    read = fit_stance_first_stage(about, Y).score(about)
    p = every_stance(fit_stance_judge(read, Y, np.ones(len(Y))), read)
    assert (p[:, 2:] == 0).all() and p.sum(axis=1) == pytest.approx(1)


@pytest.mark.parametrize("seed", range(3))
def test_no_other_lift_does_better_and_only_rare_stances_are_lifted(seed):
    rng = np.random.default_rng(seed)
    y = rng.choice([-1, 0, 1, 2, 3], size=60, p=[0.1, 0.3, 0.4, 0.1, 0.1])
    p = rng.dirichlet([3, 3, 1, 1], size=60)
    p[y >= 0] = 0.8 * p[y >= 0] + 0.2 * np.eye(4)[y[y >= 0]]
    lift = stance_lift(p, y)
    assert (lift[:2] == 0).all() and (lift[2:] >= 0).all()

    def merit(lift):
        guess = np.argmax(np.log(p + 1e-9) + lift, axis=1)[y >= 0]
        f1 = f1_score(y[y >= 0], guess, average="macro", zero_division=0)
        return accuracy_score(y[y >= 0], guess) + f1

    for other in ([0, 0], [0.4, 0.8], [1.6, 0], [0, 1.6], [1.6, 1.6]):
        assert merit(lift) >= merit(np.array([0, 0, *other]))


def test_where_no_stance_was_coded_none_is_lifted():
    assert stance_lift(np.full((2, 4), 0.25), np.array([-1, -1])).tolist() == [0, 0, 0, 0]


def test_a_judge_believes_what_counts_more():
    """Four pairs that say one thing, and one that counts more and says another."""
    read, y = np.zeros((5, 2)), np.array([0, 0, 0, 0, 1])
    sure = fit_stance_judge(read, y, np.array([1, 1, 1, 1, 0.1])).predict_proba(read)[0]
    unsure = fit_stance_judge(read, y, np.array([1, 1, 1, 1, 16.0])).predict_proba(read)[0]
    assert sure[0] > 0.9 and unsure[1] > 0.75
