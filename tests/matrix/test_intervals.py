from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from simulated import CALM, World, coverage

from pipeline.matrix.intervals import (
    Errors,
    add_shares,
    balance_interval,
    corrected_share,
    difference_interval,
    pool_kinds,
    read_errors,
    share_interval,
)

COUNTS = {"true_positive": 80, "false_positive": 20, "false_negative": 20, "true_negative": 880}
VARY = {
    "recall_between": 0.03, "false_alarms_between": 0.001, "recall_effect": 1.2, "false_alarms_effect": 1.1,
}  # fmt: skip

KNOWN = {"n_paragraphs": 1000, "n_documents": 20, "errors": {"camhs": COUNTS}}


def card_of(**changes):
    return {"kinds": {"inspection": KNOWN | changes}}


CARDS = {
    "an older card": ({"errors": {"camhs": COUNTS}}, []),
    "a theme nobody coded": (card_of(errors={"camhs": COUNTS | {"true_positive": 0, "false_negative": 9}}), []),
    "a theme few coded": (card_of(errors={"camhs": COUNTS | {"true_positive": 5, "false_negative": 4}}), []),
    "a classifier that guesses": (card_of(errors={"camhs": dict.fromkeys(COUNTS, 50)}), []),
    "a kind with few paragraphs": (card_of(n_paragraphs=299), []),
    "a kind with few documents": (card_of(n_documents=9), []),
    "counts": (card_of(), [("inspection", "camhs")]),
    "just enough": (card_of(n_paragraphs=300, n_documents=10), [("inspection", "camhs")]),
}  # fmt: skip


@pytest.mark.parametrize("name", CARDS)
def test_errors_of_a_card(name):
    card, known = CARDS[name]
    assert list(read_errors(card)) == known


def test_what_a_card_says_of_differences_between_authorities():
    said = read_errors(card_of(errors={"camhs": COUNTS | VARY}))["inspection", "camhs"]
    assert said == Errors(**COUNTS, **VARY)
    usual = read_errors(card_of())["inspection", "camhs"]
    assert usual == Errors(**COUNTS) and usual.recall_between > 0


def test_a_balance_of_nothing_is_none_and_may_be_anything():
    value, low, high = balance_interval(pd.Series([6, 0, 0]), pd.Series([2, 3, 0]))
    assert value[:2].tolist() == [0.75, 0.0] and np.isnan(value[2])
    assert low[0] < 0.75 < high[0] and low[1] == 0 < high[1] < 0.75
    assert (low[2], high[2]) == (0, 1)


def sized(counts, rho=0.0):
    """Rows about one document each, whose paragraphs are correlated by `rho`."""
    n = counts["n_paragraphs"]
    return counts.assign(extra_variance=rho * n * (n - 1), squares=n**2)


def test_shares_beside_each_other():
    counts = pd.DataFrame(
        {
            "document_type": ["inspection", "inspection", "inspection", "focused visit"],
            "theme": ["camhs", "other", "camhs", "camhs"],
            "n_tagged": [6, 6, 0, 6],
            "n_paragraphs": [60, 60, 0, 60],
            "n_words": [4000, 4000, 0, 4000],
        }
    )
    table = add_shares(sized(counts), {("inspection", "camhs"): Errors(**COUNTS)})
    assert table["share"].tolist() == [0.1, 0.1, 0.0, 0.1]
    assert table["per_1000_words"].tolist() == [1.5, 1.5, 0.0, 1.5]
    assert table["share_corrected"].isna().tolist() == [False, True, True, True]
    assert table["n_not_validated"].tolist() == [0, 60, 0, 60]
    # The errors add to the width; without them only sampling is covered; of nothing nothing is known.
    width = table["share_high"] - table["share_low"]
    assert width[0] > width[1] == width[3]
    assert (table["share_low"][2], table["share_high"][2]) == (0.0, 1.0)


KINDS = {
    ("inspection", "camhs"): Errors(**COUNTS, recall_between=0, false_alarms_between=0),
    ("area SEND inspection", "camhs"): Errors(60, 80, 40, 820, 0, 0),
}


def pooled(*rows):
    """Of rows (document_type, n_tagged, n_paragraphs), the one row they make together."""
    counts = pd.DataFrame(rows, columns=["document_type", "n_tagged", "n_paragraphs"])
    counts = counts.assign(theme="camhs", n_words=1000)
    parts = add_shares(sized(counts), KINDS)
    return parts, pool_kinds(parts, ["theme"]).iloc[0]


def test_each_kind_is_corrected_for_its_own_errors():
    parts, row = pooled(("inspection", 12, 60), ("area SEND inspection", 30, 120))
    one, other = parts["share_corrected"]
    assert row["share_corrected"] == pytest.approx((60 * one + 120 * other) / 180)
    assert row["share"] == 42 / 180 and row["n_words"] == 2000
    # Together more is known than of either.
    width = parts["share_high"] - parts["share_low"]
    assert row["share_high"] - row["share_low"] < width.min()
    assert row["share_low"] < row["share_corrected"] < row["share_high"]


def test_a_kind_alone_keeps_its_interval():
    parts, row = pooled(("inspection", 12, 60), ("area SEND inspection", 0, 0))
    for name in ("share_low", "share_corrected", "share_high"):
        assert row[name] == pytest.approx(parts[name][0])


def test_a_kind_that_is_not_validated_leaves_all_as_it_is():
    _, row = pooled(("inspection", 12, 60), ("focused visit", 1, 20))
    assert np.isnan(row["share_corrected"]) and row["n_not_validated"] == 20
    low, high = share_interval(np.array([13.0]), np.array([80.0]))
    assert (row["share_low"], row["share_high"]) == (low[0], high[0])


@settings(deadline=None)
@given(
    st.integers(0, 400),
    st.integers(1, 400),
    st.tuples(*[st.integers(1, 500)] * 4),
    st.floats(1, 9),
    st.sampled_from([None, 0.0, 0.3, 1.0]),
)
def test_estimates_stay_within_their_intervals(tagged, size, counts, dispersion, alike):
    tagged = min(tagged, size)
    given_errors = dict(zip(COUNTS, counts, strict=True)) | VARY
    errors = read_errors(card_of(errors={"t": given_errors}))
    low, high = share_interval(np.array([tagged]), np.array([size]), dispersion)
    assert 0 <= low <= tagged / size + 1e-12 and tagged / size - 1e-12 <= high <= 1
    for known in errors.values():
        point, low, high = corrected_share(
            np.array([tagged]), np.array([size]), known, dispersion, alike
        )
        assert 0 <= low <= point <= high <= 1


def width_of(**changes):
    counts = pd.DataFrame({"document_type": ["inspection"], "theme": ["camhs"], "n_tagged": [12]})
    counts = sized(counts.assign(n_paragraphs=60, n_words=4000)).assign(**changes)
    varying = {("inspection", "camhs"): Errors(**COUNTS, **VARY)}
    row = add_shares(counts, varying).iloc[0]
    return row["share_high"] - row["share_low"]


def test_what_is_alike_counts_for_less():
    assert width_of(extra_variance=60) > 1.3 * width_of(extra_variance=0)
    # The same paragraphs about four authorities: their errors partly cancel.
    assert width_of(squares=900) < width_of(squares=3600)
    unchecked = sized(pd.DataFrame({"n_tagged": [12], "n_paragraphs": [60]}), rho=0.02)
    low, high = share_interval(np.array([12.0]), np.array([60.0]), 1 + 0.02 * 59)
    row = add_shares(unchecked.assign(document_type="x", theme="camhs", n_words=1)).iloc[0]
    assert (row["share_low"], row["share_high"]) == (low[0], high[0])


def test_errors_that_two_shares_have_in_common_partly_cancel():
    """A large uncertainty about false alarms widens a share, but not the difference of two."""
    vague = Errors(80, 2, 20, 98, 0.0, 0.0)
    sizes = (np.array([12.0]), np.array([200.0]))
    whole, own = (corrected_share(*sizes, vague, 1.0, alike) for alike in (1.0, None))
    shared = vague.uncertainty + vague.variation
    naive, ours = (difference_interval(*pair) for pair in ((whole, whole), (own, own, shared)))
    assert ours[2] - ours[1] < 0.9 * (naive[2] - naive[1])
    # What multiplies both shares makes a large difference less certain, and a small one not.
    pairs = (((0.1, 0.1, 0.1), (later, later, later)) for later in (0.1, 0.3))
    none, some = (difference_interval(*pair, 0.04) for pair in pairs)
    assert none[1] == none[2] == 0 and some[1] == pytest.approx(0.2 - 1.959964 * 0.2 * 0.2)


SITUATIONS = [
    (share, later, size)
    for share, later in ((0.0, 0.03), (0.02, 0.02), (0.06, 0.12), (0.2, 0.05))
    for size in (60, 250)
]
WORLDS = {
    "nothing varies": (CALM, 0.95, 0.93),
    "documents and errors vary": (World(), 0.94, 0.90),
    "the same, in a run about three authorities": (World(authorities=3), 0.94, 0.90),
}


@pytest.mark.parametrize("name", WORLDS)
def test_intervals_cover_what_they_claim(name):
    """Shares and differences; `tests/bench.py coverage` tries more of it."""
    world, mean, least = WORLDS[name]
    rng = np.random.default_rng(4)
    runs = 600 // world.authorities
    found = np.array([coverage(rng, world, *case, runs) for case in SITUATIONS])
    assert found.mean(axis=0).min() >= mean and found.min() >= least
    # Wider than necessary would be no help either.
    assert found[:, 0].mean() <= 0.99


def test_the_plain_interval_does_not():
    """Why shares are corrected: around the plain share, the same claim does not hold."""
    tagged = np.random.default_rng(4).binomial(250, 0.02 * 0.8 + 0.98 * 0.015, 1000)
    low, high = share_interval(tagged, np.full(1000, 250))
    assert ((low <= 0.02) & (high >= 0.02)).mean() < 0.9
