from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.labelling.codes import CODES_COLUMNS, DRAWS
from pipeline.labelling.direction import DIRECTION
from pipeline.training.thresholds import MOST_OF_MEDIAN, best_threshold, weights_of

# Codes, probabilities, and half the best F1.
CASES = [
    ([1, 0], [0.9, 0.1], 0.5),  # told apart without a mistake
    ([0, 1], [0.9, 0.1], 1 / 3),  # both tagged: precision 1/2, recall 1
    ([1, 0, 1, 0], [0.8, 0.6, 0.4, 0.2], 0.4),  # three tagged: precision 2/3, recall 1
    ([1], [0.02], 0.5),
    ([1, 1, 0, 0, 0, 0], [0.3] * 6, 0.25),  # no cut is between equal probabilities
    ([0, 0, 1, 0, 0, 1], [0.3] * 6, 0.25),  # whatever their order
    ([0, 0, 0], [0.9, 0.5, 0.1], np.inf),  # nobody has the theme
    ([], [], np.inf),
]


@pytest.mark.parametrize(("y", "p", "expected"), CASES)
def test_half_the_best_f1(y, p, expected):
    assert best_threshold(np.array(y), np.array(p)) == pytest.approx(expected)


ROWS = st.lists(
    # Few probabilities, many of which are equal, or many.
    st.tuples(st.booleans(), st.integers(0, 5) | st.integers(0, 1000)),
    min_size=1,
    max_size=30,
)


@settings(deadline=None)
@given(ROWS)
def test_no_cut_does_better_than_twice_the_threshold(rows):
    y, p = np.array([int(yes) for yes, _ in rows]), np.array([n / 1000 for _, n in rows])
    best = max(2 * y[p >= cut].sum() / ((p >= cut).sum() + y.sum()) for cut in p)
    assert best_threshold(y, p) == pytest.approx(best / 2 if y.any() else np.inf)


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


def test_where_codes_were_drawn_by_a_search_the_threshold_is_higher():
    """Half of the codes drawn have the theme, but of the paragraphs they stand for, a tenth."""
    rng = np.random.default_rng(0)
    y = np.repeat([1, 0], 300)
    p = 1 / (1 + np.exp(-rng.normal(np.where(y == 1, 1.5, -1.5), 1.5)))
    weight = np.where(y == 1, 1.0, 9.0)
    plain, weighted = best_threshold(y, p), best_threshold(y, p, weight)
    assert weighted > plain + 0.2

    def f1(cut):
        tagged = p >= cut
        return 2 * (weight * y * tagged).sum() / ((weight * tagged).sum() + (weight * y).sum())

    assert f1(weighted) > f1(plain) + 0.03
    assert f1(weighted) > max(f1(cut) for cut in np.linspace(0.01, 0.99, 99)) - 0.02


@settings(deadline=None, max_examples=30)
@given(ROWS)
def test_a_weighted_threshold_is_a_probability(rows):
    y, p = np.array([int(yes) for yes, _ in rows]), np.array([n / 1000 for _, n in rows])
    cut = best_threshold(y, p, np.ones(len(y)))
    assert 0 < cut < 1 if y.any() else cut == np.inf


def test_weights_are_one_over_how_likely_the_draw_was():
    likely = ["0.5", "0.02", "0.000001", "", "0.5"]
    codes = pd.DataFrame([("d", str(n), "A", "us", "", "search") for n in range(5)],
                         columns=CODES_COLUMNS)  # fmt: skip
    codes[DRAWS] = [f"ferries=search={p}" if p else "" for p in likely]
    codes = codes.assign(ferries=["concern", "no", "no", "no", ""], camhs="no")
    assert weights_of(codes, "ferries").tolist() == [2, 50, 26 * MOST_OF_MEDIAN, 1, 2]
    # Sentences on direction are of no draw, however many there are.
    invented = codes.head(1).assign(drawn=DIRECTION, **{DRAWS: ""})
    both = pd.concat([codes, *[invented] * 9], ignore_index=True)
    assert weights_of(both, "ferries").tolist() == [2, 50, 26 * MOST_OF_MEDIAN, 1, 2] + [1] * 9
    # How most paragraphs were drawn for this theme is not known.
    assert weights_of(codes, "camhs") is None
