"""Standouts: within strata, with the dispersion there is, and few of them by chance."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import betabinom, binom, false_discovery_control

from pipeline.base.codebook import Theme
from pipeline.base.columns import NEIGHBOURS, STANDOUTS
from pipeline.matrix.cells import NOT_ESTABLISHED
from pipeline.matrix.standouts import (
    FALSE_DISCOVERY,
    Counts,
    build_standouts,
    compare_with,
    like_for_like,
    measure_dispersion,
    say_false_flags,
    tail,
    topic_themes,
)

THEMES = {"help": Theme("help", "Early help", "", "", ("early help", "prevent*"), ())}
NOBODY = pd.DataFrame(columns=NEIGHBOURS)
NAMES = ["authority", "document_type", "framework", "topic", "n_tagged", "n_paragraphs"]
# 20 authorities under SIF, where 4% on average is on the theme, and 20 under ILACS, where 20% is.
USUAL = [
    (f"{framework} {n}", "inspection", framework, "", tagged + step * (n % 5 - 2), 100)
    for framework, tagged, step in (("SIF", 4, 2), ("ILACS", 20, 4))
    for n in range(20)
]


def standouts(*rows, neighbours=NOBODY):
    counts = pd.DataFrame(rows, columns=NAMES).assign(theme="help")
    return build_standouts(counts, neighbours, THEMES).set_index(["authority", "against"])


def of_rest(table, authority):
    return table.loc[(authority, "rest")]


def test_what_a_framework_asks_for_is_no_standout():
    """Simpson's paradox: usual under either framework, unusual if both are pooled."""
    table = standouts(
        *USUAL,
        ("Mixed", "inspection", "SIF", "", 12, 300),
        ("Mixed", "inspection", "ILACS", "", 4, 20),
    )
    row = of_rest(table, "Mixed")
    assert list(table.reset_index()[STANDOUTS].columns) == STANDOUTS
    assert (row["n_tagged"], row["n_paragraphs"]) == (16, 320)
    assert (row["other_n_tagged"], row["other_n_paragraphs"]) == (480, 4000)
    assert row["share"] == row["expected_share"] == pytest.approx(0.05, abs=0.001)
    assert abs(row["z"]) < 0.1 and row["stands_out"] == ""


def test_what_does_stand_out_is_found():
    table = standouts(*USUAL, ("Loud", "inspection", "SIF", "", 40, 200))
    assert of_rest(table, "Loud")["stands_out"] == "more"
    assert (table["stands_out"] != "").sum() == 1
    assert say_false_flags(table.reset_index()) == (
        "1 cell stands out from the rest; fewer than 1 of these would be expected by chance"
    )
    # Its share is drawn towards the others', and stays above it.
    row = of_rest(table, "Loud")
    assert row["expected_share"] < row["shrunken_share"] < row["share"]


@pytest.mark.parametrize(
    "odd",
    [
        ("Odd", "inspection", "", "", 90, 100),
        ("Odd", "scrutiny report", "", "", 90, 100),
        (NOT_ESTABLISHED, "inspection", "SIF", "", 90, 100),
        ("Odd", "joint targeted inspection", "JTAI", "early help for families", 90, 100),
        ("Odd", "focused visit", "ILACS", "preventing harm", 90, 100),
        ("Odd", "focused visit", "ILACS", "care leavers", 90, 100),
    ],
)
def test_nothing_is_compared_with_what_is_not_like_it(odd):
    table, without = standouts(*USUAL, odd), standouts(*USUAL)
    assert not table["stands_out"].any()
    pd.testing.assert_frame_equal(table.loc[without.index], without)


def test_few_paragraphs_never_stand_out():
    table = standouts(*USUAL, ("Brief", "inspection", "SIF", "", 4, 4))
    row = of_rest(table, "Brief")
    assert row["q_value"] < FALSE_DISCOVERY and row["stands_out"] == ""


def test_neighbours_are_compared_with_by_stratum():
    near = pd.DataFrame([("SIF 0", "SIF 1", 1), ("SIF 0", "ILACS 1", 2)], columns=NEIGHBOURS)
    table = standouts(*USUAL, neighbours=near)
    row = table.loc[("SIF 0", "neighbours")]
    assert (row["other_n_tagged"], row["other_n_paragraphs"]) == (2, 100)
    assert np.isnan(table.loc[("SIF 1", "neighbours"), "z"])


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (USUAL, "No cell stands out from the rest"),
        (USUAL[:1], "No cell could be compared: "),
        (
            [(name, "council paper", "", "", 9, 100) for name in ("A", "B", "C")],
            "No cell could be",
        ),
        ([], "No cell could be compared: "),
    ],
    ids=["usual", "one authority", "no framework", "no documents"],
)
def test_what_was_not_compared_does_not_stand_out_either(rows, said):
    assert say_false_flags(standouts(*rows).reset_index()).startswith(said)


def test_how_many_stand_out_by_chance():
    table = pd.DataFrame({"against": ["rest"] * 12, "p_value": 0.001, "stands_out": "more"})
    assert say_false_flags(table).endswith("; about 1.2 of these would be expected by chance")


def test_no_documents_make_an_empty_table():
    assert standouts().empty


def test_a_topic_belongs_to_the_themes_named_in_it():
    assert topic_themes("Early-help for families", THEMES) == {"help"}
    assert topic_themes("prevention", THEMES) == {"help"}
    assert topic_themes("", THEMES) == topic_themes("the earliest help", THEMES) == set()


def test_like_for_like_needs_a_framework_and_another_topic():
    rows = [
        ("A", "inspection", "SIF", "", 1, 9),
        ("A", "inspection", "", "", 2, 9),
        ("A", "focused visit", "ILACS", "early help", 3, 9),
        ("A", "focused visit", "ILACS", "care leavers", 4, 9),
    ]
    counts = pd.DataFrame(rows, columns=NAMES).assign(theme="help")
    assert like_for_like(counts, THEMES)["n_tagged"].tolist() == [1, 4]
    assert len(like_for_like(counts.assign(theme="other"), THEMES)) == 3
    assert like_for_like(counts[:0], THEMES).empty


@pytest.mark.parametrize(("tagged", "size", "mean"), [(9, 60, 0.05), (0, 60, 0.2), (60, 60, 0.9)])
def test_tails_are_those_of_the_distributions(tagged, size, mean):
    chance = size * mean * (1 - mean)
    for variance, law in (
        (chance, binom(size, mean)),
        (1.59 * chance, betabinom(size, mean * 99, (1 - mean) * 99)),
    ):
        below = law.cdf(tagged) - law.pmf(tagged) / 2
        assert tail(tagged, size, mean, variance) == pytest.approx(
            2 * min(below, 1 - below), abs=1e-9
        )


def simulate(rng, dispersion, outliers=0, n_authorities=60):
    """Counts under two frameworks and two themes; the first `outliers` write three times as much."""
    size = rng.integers(40, 260, (n_authorities, 2, 1)) * np.ones((1, 1, 2), dtype=int)
    share = np.array([[0.05, 0.14], [0.08, 0.04]])
    rates = np.broadcast_to(share, size.shape).copy()
    if dispersion:
        rates = rng.beta(
            share * (1 / dispersion - 1), (1 - share) * (1 / dispersion - 1), size.shape
        )
    rates[:outliers] = np.minimum(0.9, 3 * rates[:outliers])
    return Counts(rng.binomial(size, rates).astype(float), size.astype(float))


def p_values(counts):
    dispersion = measure_dispersion(counts)
    numbers = np.arange(len(counts.size))
    return np.array([compare_with(counts, at, numbers != at, dispersion)[-1] for at in numbers])


@pytest.mark.parametrize("dispersion", [0.0, 0.003, 0.008])
def test_dispersion_is_found(dispersion):
    rng = np.random.default_rng(1)
    found = [measure_dispersion(simulate(rng, dispersion)).mean() for _ in range(20)]
    assert np.mean(found) == pytest.approx(dispersion, abs=0.0015)


@pytest.mark.parametrize("dispersion", [0.0, 0.008])
def test_false_discoveries_are_as_rare_as_is_said(dispersion):
    """With outliers, and without: the share of false flags among all, averaged over runs."""
    rng = np.random.default_rng(2)
    proportions, found = [], []
    for _ in range(12):
        flagged = false_discovery_control(p_values(simulate(rng, dispersion, 6)).ravel())
        flags = (flagged <= FALSE_DISCOVERY).reshape(-1, 2)
        proportions.append(flags[6:].sum() / max(1, flags.sum()))
        found.append(flags[:6].mean())
    assert np.mean(proportions) <= 1.3 * FALSE_DISCOVERY
    # With more dispersion, fewer can be told from the usual differences.
    assert np.mean(found) >= (0.9 if dispersion == 0 else 0.4)
    p = np.concatenate([p_values(simulate(rng, dispersion)).ravel() for _ in range(8)])
    assert 0.02 <= (p <= 0.05).mean() <= 0.075
