from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.training.folds import grouped_folds

GROUPS = st.lists(st.sampled_from("abcdefghij"), min_size=1, max_size=80).map(np.array)
FOLDS = st.integers(2, 6)


@settings(deadline=None)
@given(GROUPS, FOLDS, st.integers(0, 99), st.booleans())
def test_a_group_is_never_split(groups, k, seed, spread):
    marks = np.arange(2 * len(groups)).reshape(-1, 2) % 3 == 0
    fold = grouped_folds(groups, k, seed, marks if spread else None)
    assert fold.shape == groups.shape and set(fold) <= set(range(k))
    for group in set(groups):
        assert len(set(fold[groups == group])) == 1


@settings(deadline=None)
@given(GROUPS, FOLDS, st.integers(0, 99))
def test_no_fold_is_empty_where_there_are_enough_groups(groups, k, seed):
    assert len(set(grouped_folds(groups, k, seed))) == min(k, len(set(groups)))


@settings(deadline=None)
@given(GROUPS, FOLDS, st.integers(0, 99))
def test_the_same_seed_gives_the_same_folds(groups, k, seed):
    np.testing.assert_array_equal(grouped_folds(groups, k, seed), grouped_folds(groups, k, seed))


def test_another_seed_gives_other_folds():
    groups = np.arange(30)
    assert (grouped_folds(groups, 3, seed=1) != grouped_folds(groups, 3, seed=2)).any()


@settings(deadline=None)
@given(FOLDS, st.integers(1, 4), st.integers(0, 99))
def test_groups_of_one_size_make_folds_of_one_size(k, groups_each, seed):
    fold = grouped_folds(np.repeat(np.arange(k * groups_each), 3), k, seed)
    assert np.bincount(fold, minlength=k).tolist() == [3 * groups_each] * k


@settings(deadline=None)
@given(st.integers(0, 99))
def test_a_theme_coded_in_few_groups_is_spread_over_the_folds(seed):
    groups = np.repeat(np.arange(20), 10)
    rare = np.isin(groups, [3, 4, 5, 6])
    fold = grouped_folds(groups, 4, seed, spread=rare[:, None])
    assert set(fold[rare]) == {0, 1, 2, 3}
