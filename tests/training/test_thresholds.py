from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.training.thresholds import best_threshold

# Codes, probabilities, and half the best F1.
CASES = [
    ([1, 0], [0.9, 0.1], 0.5),  # told apart without a mistake
    ([0, 1], [0.9, 0.1], 1 / 3),  # both tagged: precision 1/2, recall 1
    ([1, 0, 1, 0], [0.8, 0.6, 0.4, 0.2], 0.4),  # three tagged: precision 2/3, recall 1
    ([1], [0.02], 0.5),
    ([0, 0, 0], [0.9, 0.5, 0.1], 0.5),  # nobody has the theme
    ([], [], 0.5),
]


@pytest.mark.parametrize(("y", "p", "expected"), CASES)
def test_half_the_best_f1(y, p, expected):
    assert best_threshold(np.array(y), np.array(p)) == pytest.approx(expected)


ROWS = st.lists(
    st.tuples(st.booleans(), st.integers(0, 1000)),
    min_size=1,
    max_size=30,
    unique_by=lambda row: row[1],
)


@settings(deadline=None)
@given(ROWS)
def test_no_cut_does_better_than_twice_the_threshold(rows):
    y, p = np.array([int(yes) for yes, _ in rows]), np.array([n / 1000 for _, n in rows])
    best = max(2 * y[p >= cut].sum() / ((p >= cut).sum() + y.sum()) for cut in p)
    assert best_threshold(y, p) == pytest.approx(best / 2 if y.any() else 0.5)


@settings(deadline=None)
@given(ROWS, st.randoms())
def test_the_order_of_paragraphs_does_not_matter(rows, chance):
    again = list(rows)
    chance.shuffle(again)
    one, other = (
        best_threshold(np.array([int(yes) for yes, _ in t]), np.array([n / 1000 for _, n in t]))
        for t in (rows, again)
    )
    assert one == other
