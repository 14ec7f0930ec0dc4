from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from samples import make_world, validate_world

from pipeline.matrix.intervals import Errors, corrected_share
from pipeline.validation.proportions import (
    UNKNOWN,
    Proportion,
    TwoGroups,
    measure_proportion,
    times_to_halve,
)

ONE_EACH = np.arange(10)


def measured(yes, weight=None, document=None):
    yes = np.array(yes, dtype=float)
    weight = np.ones(len(yes)) if weight is None else np.array(weight, dtype=float)
    return measure_proportion(yes, weight, np.arange(len(yes)) if document is None else document)


def test_paragraphs_of_equal_weight_are_worth_their_number():
    # 3 of 10; the variance 10/9 * 0.3 * 0.7 / 10 is that of nine paragraphs.
    assert measured([1] * 3 + [0] * 7, [4] * 10) == Proportion(0.3, 10, pytest.approx(9.0))


def test_paragraphs_of_unequal_weight_are_worth_less():
    # Kish: (1 + 1 + 2)^2 / (1 + 1 + 4).
    assert measured([0, 0, 0], [1, 1, 2]).worth == pytest.approx(16 / 6)
    assert measured([1, 0, 0, 0], [3, 1, 1, 1]).value == pytest.approx(0.5)


def test_paragraphs_of_one_document_that_say_the_same_are_worth_one():
    twins = measured([1, 1, 0, 0, 0, 0, 1, 1, 0, 0], [4] * 10, ONE_EACH // 2)
    # The parts of documents, (2 - 2 * 0.4) / 10 and (0 - 0.8) / 10: 5/4 * (2 * 0.0144 + 3 * 0.0064).
    assert twins.worth == pytest.approx(0.24 / (1.25 * 0.048))
    assert measured([1, 0], [4, 4], np.array([0, 0])).worth == pytest.approx(1.0)


def test_nothing_is_known_of_nothing():
    assert measured([]) == UNKNOWN
    assert (UNKNOWN.estimate().low, UNKNOWN.estimate().high) == (0.0, 1.0)


def test_nothing_is_left_to_chance_if_all_are_coded():
    all_of_them = measured([1] * 3 + [0] * 7)
    assert all_of_them.value == 0.3 and all_of_them.estimate().width < 0.001


def test_the_share_is_the_difference_estimator():
    """Of 100 paragraphs 20 are tagged; coded: 8 of 10 tagged ones yes, and 2 of 40 others."""
    yes = np.repeat([1, 0, 1, 0], [8, 2, 2, 38]).astype(float)
    tagged = np.repeat([True, False], [10, 40])
    groups = TwoGroups(0.2, measured(yes[tagged]), measured(yes[~tagged]))
    # Prediction-powered inference with the tag as the prediction: its mean, plus that of the errors.
    by_hand = 0.2 + np.mean(yes - tagged)
    assert groups.share().value == pytest.approx(by_hand) == pytest.approx(0.2)
    assert groups.precision().value == 0.8
    assert groups.recall().value == pytest.approx(16 / 20)


def test_the_share_is_that_of_prediction_powered_inference():
    """Of 1,000 paragraphs 200 are tagged; ppi-python 0.2.3, lam=1, gave the expected values."""
    for in_tagged, in_rest, expected, low, high in (
        ((17, 3), (2, 78), 0.19, 0.1397, 0.2403),
        ((25, 5), (2, 68), 0.189524, 0.1398, 0.2392),  # weighted
    ):
        groups = TwoGroups(
            0.2,
            *(
                measured([1] * yes + [0] * no, [4] * (yes + no))
                for yes, no in (in_tagged, in_rest)
            ),
        )
        share = groups.share()
        assert share.value == pytest.approx(expected, abs=1e-6)
        # About as wide; it takes the run for a sample itself, and lies evenly about the estimate.
        assert share.low == pytest.approx(low, abs=0.015) and share.high == pytest.approx(
            high, abs=0.015
        )


def test_no_error_seen_leaves_room_for_errors():
    perfect = TwoGroups(0.1, Proportion(1.0, 20, 20.0), Proportion(0.0, 60, 50.0))
    share, recall = perfect.share(), perfect.recall()
    assert (share.value, perfect.precision().high, recall.high) == (0.1, 1.0, 1.0)
    # 3 in 100 of the other paragraphs may have been missed: a quarter of all with the theme.
    assert share.low < 0.095 and share.high > 0.12
    assert 0.5 < recall.low < 0.8 and perfect.precision().low < 0.95


def test_of_themes_never_tagged_there_is_no_precision():
    groups = TwoGroups(0.0, UNKNOWN, measured([1] * 2 + [0] * 8))
    assert math.isnan(groups.precision().value)
    assert groups.recall().value == 0.0 and groups.share().value == pytest.approx(0.2)
    nobody = TwoGroups(0.0, UNKNOWN, measured([0] * 10))
    assert math.isnan(nobody.recall().value) and nobody.share().value == 0.0
    assert groups.counts()["true_positive"] == 0.0


proportions = st.builds(
    lambda yes, no, part: Proportion(yes / max(yes + no, 1), yes + no, part * (yes + no)),
    st.integers(0, 60), st.integers(0, 60), st.floats(0.1, 1.0),
)  # fmt: skip


@settings(deadline=None, max_examples=60)
@given(st.floats(0.0, 1.0), proportions, proportions)
def test_estimates_stay_within_their_intervals(tagged_share, in_tagged, in_rest):
    groups = TwoGroups(tagged_share, in_tagged, in_rest)
    for estimate in (groups.share(), groups.recall(), groups.precision()):
        if not math.isnan(estimate.value):
            assert -1e-9 <= estimate.low <= estimate.value + 1e-6
            assert estimate.value - 1e-6 <= estimate.high <= 1 + 1e-9
    more = groups.share(4.0)
    assert more.width <= groups.share().width + 1e-9
    assert all(n >= 0 for n in groups.counts().values())


def test_four_times_the_codes_halve_an_interval_and_twice_if_no_error_was_seen():
    common, never = (Proportion(p, 100, 100.0) for p in (0.4, 0.0))
    for group, least, most in ((common, 3.8, 4.1), (never, 1.9, 2.1)):
        times = times_to_halve(lambda times, group=group: group.estimate(times).width)
        assert least < times < most
        assert group.estimate(times).width == pytest.approx(group.estimate().width / 2)


def test_counts_show_the_same_rates_and_hedge_them():
    groups = TwoGroups(0.1, Proportion(0.8, 40, 30.0), Proportion(0.02, 100, 80.0))
    errors = Errors(**groups.counts())
    assert errors.recall == pytest.approx(0.08 / (0.08 + 0.018))
    assert errors.false_alarms == pytest.approx(0.02 / (0.02 + 0.882))
    # Recall hangs on the two that were missed, so it is known from few.
    assert 5 < errors.coded_yes < 20 and errors.coded_no > 100
    # The share corrected by them is the one that was estimated.
    point, low, high = corrected_share(np.array([100]), np.array([1000]), errors)
    assert point[0] == pytest.approx(groups.share().value)
    assert low[0] < groups.share().low + 0.01 and high[0] > groups.share().high - 0.01


def test_intervals_hold_also_where_the_model_is_bad():
    """A quick look with 100 codes; the long one, `bench.py validation`, has the figures."""
    rng = np.random.default_rng(3)
    rows = []
    for seed in range(25):
        if seed % 6 == 0:
            world = make_world(rng)
        for found in validate_world(world, 100, seed):
            groups = found.domain.groups
            for name, estimate, truth in (
                ("share", groups.share(), found.share),
                ("recall", groups.recall(), found.recall),
                ("precision", groups.precision(), found.precision),
            ):
                holds = math.isnan(estimate.low) or estimate.low <= truth <= estimate.high
                rows.append((name, found.where, found.theme, holds, estimate.value - truth))
    table = pd.DataFrame(rows, columns=["name", "where", "theme", "holds", "off"])
    holds = table.groupby(["name", "where", "theme"])["holds"].mean()
    assert holds.groupby("name").mean().min() >= 0.95
    # Of 25 rounds at 95%, fewer than 19 hold in one situation of several thousand.
    assert holds.min() >= 19 / 25
    # The estimator is unbiased, whatever the model.
    off = table[table["name"] == "share"].groupby(["where", "theme"])["off"]
    assert (off.mean().abs() <= 4 * off.std() / math.sqrt(25) + 1e-3).all()
