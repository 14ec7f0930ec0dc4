"""The statistics of the page, in Node, against those of Python."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import asdict
from itertools import product

import numpy as np
import pandas as pd
import pytest
from scipy.stats import false_discovery_control

from pipeline.matrix.changes import departure_interval, moved
from pipeline.matrix.funnel import LEAST_P, Funnel, fit_funnel, normal_score, outside
from pipeline.matrix.intervals import (
    Errors,
    add_shares,
    corrected_share,
    difference_interval,
    pool_kinds,
    share_interval,
)
from pipeline.matrix.standouts import (
    FALSE_DISCOVERY,
    Counts,
    compare_with,
    measure_dispersion,
    stands_out,
    tail,
)
from pipeline.report.html import PAGE
from pipeline.report.page_data import SETTINGS

# As (tagged, size): nothing there, none, all and one of few and of many.
SHARES = [
    (0, 0), (0, 1), (1, 1), (0, 60), (3, 60), (59, 60), (60, 60), (1, 10**7), (10**7 - 1, 10**7),
    (123_456, 10**6), (10**6, 10**6),
]  # fmt: skip
DISPERSIONS = [1.0, 2.5]
ERRORS = [
    Errors(60, 12, 11, 917, 0.03, 0.001, 1.2, 1.1),
    Errors(40, 0, 0, 960),  # never wrong
    Errors(1, 0, 0, 1),  # hardly measured
    Errors(30, 200, 30, 300),  # often wrong
    Errors(10**6, 10**5, 10**5, 10**8),
]
CORRECTED = [
    (*share, errors, dispersion, alike)
    for share, errors in product(SHARES[1:], ERRORS)
    for dispersion, alike in ((1.0, 1.0), (2.5, 0.2), (1.4, None))
]
# As two of (value, low, high).
DIFFERENCES = [
    ((0.1, 0.05, 0.18), (0.2, 0.12, 0.3)),
    ((0.0, 0.0, 1.0), (1.0, 0.0, 1.0)),
    ((1e-9, 0.0, 2e-9), (1e-9, 0.0, 2e-9)),
    ((0.5, 0.49999, 0.50001), (0.4, 0.39, 0.42)),
]
# As earlier and later share, earlier and later average, each as (value, low, high).
DEPARTURES = [
    ((0.1, 0.05, 0.18), (0.2, 0.12, 0.3), (0.04, 0.03, 0.05), (0.09, 0.085, 0.1)),
    ((0.0, 0.0, 1.0), (1.0, 0.0, 1.0), (0.0, 0.0, 0.0), (1.0, 1.0, 1.0)),
]
# What the two have in common, as (uncertainty, variation).
SHARED = [(0.0, 0.0), (0.01, 0.002)]
# As (tagged, size) of kinds of document, each with its errors or none.
POOLED = [
    [(3, 60, ERRORS[0]), (9, 80, ERRORS[1])],
    [(3, 60, ERRORS[0]), (0, 0, None)],
    [(3, 60, ERRORS[0]), (9, 80, None)],
    [(0, 60, ERRORS[0]), (80, 80, ERRORS[3]), (5, 1000, ERRORS[4])],
    [(0, 0, ERRORS[0])],
]
# As (strengths, concerns) before and after.
BALANCES = [
    ((3, 9), (7, 2)),
    ((7, 2), (3, 9)),
    ((1, 1), (1, 1)),
    ((0, 0), (3, 1)),
    ((0, 40), (40, 0)),
]
# As tagged, size, mean, variance over that of chance.
TAILS = [
    (tagged, size, mean, ratio)
    for tagged, size, mean in (
        (0, 60, 0.05), (9, 60, 0.05), (60, 60, 0.05), (40, 408, 0.048), (700, 5000, 0.1), (1, 1, 0.3),
        (3, 40, 0.0001), (35, 40, 0.97),
    )
    for ratio in (0.5, 1, 1.2, 3, 1e6)
]  # fmt: skip
P_VALUES = [[], [0.5], [0.01, 0.04, 0.03, 0.9, 0.9, 0.001], [0.2, 0.2, 0.2], [0, 1, 1e-12]]
FLAGS = [
    (q, z, n) for q in (0, FALSE_DISCOVERY, 0.2, None) for z in (-4.0, 4.0) for n in (0, 4, 5)
]
FUNNELS = [Funnel(0.05, 0.002), Funnel(0.4, 0.0), Funnel(0.0, 0.01)]
# As paragraphs, expected share and dispersion of each authority.
FITTED = [[(100, 0.1, 1.2), (300, 0.05, 1.6)], []]
# As tagged, size, z and p of one authority.
PLACES = [
    (40, 400, 3.5, 0.0011), (0, 60, -1.8, 0.03), (4, 40, 2.5, 0.01), (20, 400, 0.0, 1.0),
    (99, 100, 40.0, 0.0), (3, 5000, -9.0, LEAST_P),
]  # fmt: skip


def random_counts():
    """Authorities x strata x 1 theme: many, few and none, some with nothing in a stratum."""
    rng = np.random.default_rng(3)
    size = rng.integers(1, 400, (14, 3, 1)) * (rng.random((14, 3, 1)) < 0.7)
    share = rng.beta(2, 30, (14, 3, 1)) * np.array([1.0, 2.0, 0.0])[:, None]
    return Counts(rng.binomial(size, share).astype(float), size.astype(float))


COUNTS = random_counts()
DISPERSION = measure_dispersion(COUNTS)
# Against all others, against a few neighbours, against nobody.
GROUPS = [
    (at, [other for other in others if other != at])
    for at in range(len(COUNTS.size))
    for others in (range(len(COUNTS.size)), (2, 5, 7), ())
]


def strata_of(at, others):
    """What compareWith is given for the authority `at` against `others`."""
    tagged, size = COUNTS.tagged[:, :, 0], COUNTS.size[:, :, 0]
    return [
        {
            "tagged": tagged[at, s], "size": size[at, s], "otherTagged": tagged[others, s].sum(),
            "otherSize": size[others, s].sum(), "otherSquares": (size[others, s] ** 2).sum(),
            "allTagged": tagged[:, s].sum(), "allSize": size[:, s].sum(),
            "dispersion": DISPERSION[s, 0],
        }
        for s in range(size.shape[1])
    ]  # fmt: skip


DRIVER = """
import * as numbers from "./numbers.mjs";
let text = "";
for await (const part of process.stdin) text += part;
const results = ([name, cases]) => [name, cases.map((given) => numbers[name](...given))];
console.log(JSON.stringify(Object.fromEntries(Object.entries(JSON.parse(text)).map(results))));
"""


def variance_of(size, mean, ratio):
    return ratio * size * mean * (1 - mean)


def count(tagged, size):
    return {"tagged": tagged, "size": size}


def part(tagged, size, errors):
    """A kind of document in a sum, with paragraphs that are alike."""
    alike = {"extra": 0.02 * size, "squares": size**2 / 3}
    return {**count(tagged, size), **alike, "errors": errors and asdict(errors)}


@pytest.fixture(scope="module")
def in_node(node, tmp_path_factory):
    """What numbers.js gives for every case above, by function."""
    cases = {
        "shareInterval": [[*share, d, SETTINGS] for share, d in product(SHARES, DISPERSIONS)],
        "correctedShare": [[k, n, asdict(e), *rest, SETTINGS] for k, n, e, *rest in CORRECTED],
        "sharedVariance": [[asdict(errors)] for errors in ERRORS],
        "differenceInterval": [
            [*ends, sum(shared), SETTINGS] for ends, shared in product(DIFFERENCES, SHARED)
        ],
        "departureInterval": [
            [*ends, dict(zip(("uncertainty", "variation"), shared, strict=True)), SETTINGS]
            for ends, shared in product(DEPARTURES, SHARED)
        ],
        "pooledShare": [[[part(*given) for given in case], SETTINGS] for case in POOLED],
        "ownShare": [[part(*given), SETTINGS] for case in POOLED for given in case],
        "balanceChange": [[*case, SETTINGS] for case in BALANCES],
        "measureDispersion": [
            [
                [
                    count(k, n)
                    for k, n in zip(COUNTS.tagged[:, s, 0], COUNTS.size[:, s, 0], strict=True)
                    if n
                ],
                SETTINGS,
            ]
            for s in range(COUNTS.size.shape[1])
        ],
        "compareWith": [[strata_of(*group), SETTINGS] for group in GROUPS],
        "tail": [[k, n, mean, variance_of(n, mean, r), SETTINGS] for k, n, mean, r in TAILS],
        "falseDiscovery": [[values] for values in P_VALUES],
        "standsOut": [[*case, SETTINGS] for case in FLAGS],
        "normalScore": [[p] for *_, p in PLACES],
        "fitFunnel": [[[dict(zip(("size", "expected", "dispersion"), row, strict=True)) for row in rows]]
                      for rows in FITTED],
        "placeInFunnel": [
            [funnel._asdict(), {**count(tagged, size), "z": z, "p": p}, SETTINGS]
            for funnel, (tagged, size, z, p) in product(FUNNELS, PLACES)
        ],
    }  # fmt: skip
    folder = tmp_path_factory.mktemp("node")
    # By their ends Node takes them for modules, whatever its version.
    shutil.copy(PAGE / "numbers.js", folder / "numbers.mjs")
    (folder / "driver.mjs").write_text(DRIVER, encoding="utf-8")
    finished = subprocess.run(
        [node, "driver.mjs"], input=json.dumps(cases), capture_output=True, text=True, cwd=folder
    )
    assert finished.returncode == 0, finished.stderr
    return json.loads(finished.stdout)


def near(values):
    return pytest.approx([float(value) for value in values], rel=1e-9, abs=1e-9)


def test_share_interval(in_node):
    for (share, *dispersion), ours in zip(
        product(SHARES, DISPERSIONS), in_node["shareInterval"], strict=True
    ):
        tagged, size = np.array(share, dtype=float)
        assert ours == near(share_interval(tagged, size, *dispersion)), share


def test_corrected_share(in_node):
    for case, ours in zip(CORRECTED, in_node["correctedShare"], strict=True):
        tagged, size, *rest = case
        assert ours == near(corrected_share(np.float64(tagged), np.float64(size), *rest)), case


def test_what_two_shares_have_in_common(in_node):
    for errors, ours in zip(ERRORS, in_node["sharedVariance"], strict=True):
        assert list(ours.values()) == near([errors.uncertainty, errors.variation])


def test_difference_interval(in_node):
    cases = product(DIFFERENCES, SHARED)
    for (ends, shared), ours in zip(cases, in_node["differenceInterval"], strict=True):
        assert ours == near(difference_interval(*ends, sum(shared))), ends


def test_departure_interval(in_node):
    cases = product(DEPARTURES, SHARED)
    for (ends, shared), ours in zip(cases, in_node["departureInterval"], strict=True):
        assert ours == near(departure_interval(*ends, *shared)), ends


def shares_of(case):
    """What `add_shares` makes of the parts of a sum."""
    kinds = {(f"kind {at}", "t"): errors for at, (*_, errors) in enumerate(case) if errors}
    counts = pd.DataFrame(
        [(f"kind {at}", k, n) for at, (k, n, _) in enumerate(case)],
        columns=["document_type", "n_tagged", "n_paragraphs"],
    ).assign(theme="t", n_words=1)
    n = counts["n_paragraphs"]
    return add_shares(counts.assign(extra_variance=0.02 * n, squares=n**2 / 3), kinds)


def test_own_share(in_node):
    cases = [given for case in POOLED for given in case]
    for case, ours in zip(cases, in_node["ownShare"], strict=True):
        row = shares_of([case]).iloc[0]
        value = row["share"] if np.isnan(row["share_corrected"]) else row["share_corrected"]
        assert ours == near([value, row["own_low"], row["own_high"]]), case


def test_pooled_share(in_node):
    for case, ours in zip(POOLED, in_node["pooledShare"], strict=True):
        row = pool_kinds(shares_of(case), ["theme"]).iloc[0]
        if ours is None:
            assert np.isnan(row["share_corrected"]), case
        else:
            assert ours == near(row[["share_corrected", "share_low", "share_high"]]), case


def test_balance_change(in_node):
    for case, ours in zip(BALANCES, in_node["balanceChange"], strict=True):
        ends = []
        for strengths, concerns in case:
            size = strengths + concerns
            low, high = share_interval(np.array([float(strengths)]), np.array([float(size)]))
            ends.append((strengths / size if size else np.nan, low[0], high[0]))
        change, low, high = difference_interval(*ends)
        assert ours["moved"] == moved(low, high), case
        shown = [np.nan if ours[k] is None else ours[k] for k in ("change", "low", "high")]
        assert shown == pytest.approx([change, low, high], nan_ok=True), case


def test_dispersion(in_node):
    assert in_node["measureDispersion"] == near(DISPERSION[:, 0])
    assert max(in_node["measureDispersion"]) > 0.001


def test_comparison_with_others(in_node):
    names = ("tagged", "size", "expected", "shrunken", "dispersion", "z", "p")
    compared = 0
    for (at, others), ours in zip(GROUPS, in_node["compareWith"], strict=True):
        group = np.isin(np.arange(len(COUNTS.size)), others)
        theirs = [part[0] for part in compare_with(COUNTS, at, group, DISPERSION)]
        if ours is None:
            assert np.isnan(theirs[-1])
            continue
        compared += 1
        tagged, size, *_, expected, shrunken, dispersion, z, p = theirs
        assert [ours[name] for name in names] == near(
            [tagged, size, expected, shrunken, dispersion, z, p]
        )
    assert compared > len(COUNTS.size)


def test_tails(in_node):
    for case, ours in zip(TAILS, in_node["tail"], strict=True):
        k, n, mean, ratio = case
        # Far below one in a million all that matters is that both say so.
        assert ours == pytest.approx(tail(k, n, mean, variance_of(n, mean, ratio)), abs=1e-7), case


def test_false_discovery(in_node):
    for case, ours in zip(P_VALUES, in_node["falseDiscovery"], strict=True):
        assert ours == near(false_discovery_control(case) if case else []), case


def test_what_stands_out(in_node):
    theirs = [stands_out(np.nan if q is None else q, z, n) for q, z, n in FLAGS]
    assert in_node["standsOut"] == theirs
    assert set(theirs) == {"more", "less", ""}


def test_funnel(in_node):
    for rows, ours in zip(FITTED, in_node["fitFunnel"], strict=True):
        table = pd.DataFrame(rows, columns=["n_paragraphs", "expected_share", "dispersion"])
        assert list(ours.values()) == near(fit_funnel(table))


def test_place_in_a_funnel(in_node):
    for ours, (*_, p) in zip(in_node["normalScore"], PLACES, strict=True):
        assert ours == pytest.approx(float(normal_score(p)), abs=5e-4)
    cases = product(FUNNELS, PLACES)
    for (funnel, (tagged, size, z, p)), ours in zip(cases, in_node["placeInFunnel"], strict=True):
        adjusted = funnel.share_at(size, np.sign(z) * normal_score(p))
        assert ours["adjusted"] == pytest.approx(float(adjusted), abs=1e-4)
        assert ours["outside"] == outside(p, z, tagged)
