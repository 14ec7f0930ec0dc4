"""Two authorities side by side, like for like."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from runs import CARD, comparison_tables, make_run

from pipeline.base.codebook import Theme
from pipeline.base.columns import DIFFERENCES
from pipeline.matrix.intervals import difference_interval, read_errors, share_interval
from pipeline.matrix.pairs import compare_authorities

THEMES = {"camhs": Theme("camhs", "Mental health", "", "", ("mental health",), ())}
ERRORS = read_errors(CARD)


def counts_of(*documents):
    """Counts of one theme; each document as authority, type, framework, tagged of size, strengths
    and concerns, topic."""
    names = ["authority", "document_type", "framework", "n_tagged", "n_paragraphs", "n_strength",
             "n_concern", "topic"]  # fmt: skip
    table = pd.DataFrame(documents, columns=names)
    return table.assign(theme="camhs", n_mixed=0, n_neutral=0, n_words=1, extra_variance=0.0)


def inspection(authority, tagged, size, strengths=0, concerns=0, framework="ILACS", topic=""):
    return authority, "inspection", framework, tagged, size, strengths, concerns, topic


def compare(*documents, others=("B",), errors=None):
    table = compare_authorities(counts_of(*documents), "A", others, THEMES, errors)
    assert list(table.columns) == DIFFERENCES
    return table.iloc[0]


def test_of_one_kind_it_is_the_difference_of_two_shares():
    row = compare(inspection("A", 12, 60, 9, 1), inspection("B", 4, 80, 1, 8))
    for name, ends in {"": ((12, 60), (4, 80)), "balance_": ((9, 10), (1, 9))}.items():
        own, other = (
            (k / n, *(float(end) for end in share_interval(np.float64(k), np.float64(n))))
            for k, n in ends
        )
        low, high = (f"{name or 'difference_'}{end}" for end in ("low", "high"))
        found = row[[f"{name}difference", low, high]]
        assert found.tolist() == pytest.approx(difference_interval(other, own))
    assert (row["result"], row["balance_result"]) == ("more", "more")


def test_where_errors_are_known_shares_are_corrected():
    documents = inspection("A", 12, 60), inspection("B", 4, 80)
    plain, corrected = compare(*documents), compare(*documents, errors=ERRORS)
    youden = ERRORS["inspection", "camhs"].youden
    assert not plain["corrected"] and corrected["corrected"]
    assert corrected["difference"] == pytest.approx(plain["difference"] / youden)
    assert corrected["difference_high"] - corrected["difference_low"] > (
        plain["difference_high"] - plain["difference_low"]
    )


def test_one_type_that_is_not_validated_leaves_all_plain():
    visits = [(name, "focused visit", "ILACS", 2, 30, 1, 1, "") for name in "AB"]
    inspections = inspection("A", 12, 60), inspection("B", 4, 80)
    row = compare(*inspections, *visits, errors=ERRORS)
    assert not row["corrected"]
    alone = compare(*inspections, *visits)
    assert row["difference"] == alone["difference"]


def test_another_framework_is_no_difference():
    """Each framework has one share; only the mix of frameworks differs."""
    row = compare(
        inspection("A", 30, 100, framework="SIF"), inspection("A", 2, 20),
        inspection("B", 6, 20, framework="SIF"), inspection("B", 10, 100),
    )  # fmt: skip
    assert row["n_tagged"] / row["n_paragraphs"] > 0.25 > 0.14 > row["other_n_tagged"] / 120
    assert row["difference"] == pytest.approx(0)
    assert row["result"] == "no clear difference"


def test_what_has_no_counterpart_is_left_out():
    own, other = inspection("A", 12, 60), inspection("B", 4, 80)
    left_out = [
        inspection("A", 90, 90, framework="SIF"),
        inspection("B", 90, 90, framework=""),
        inspection("A", 50, 50, topic="children’s mental health"),
        inspection("C", 50, 50),
    ]
    pd.testing.assert_series_equal(compare(own, other, *left_out), compare(own, other))


def test_nothing_in_common():
    row = compare(inspection("A", 12, 60, framework="SIF"), inspection("B", 4, 80))
    assert (row["result"], row["balance_result"], row["n_paragraphs"]) == ("", "", 0)
    assert row[["difference", "difference_low", "balance_high"]].isna().all()
    assert compare(inspection("A", 12, 60), others=())["result"] == ""


@pytest.mark.parametrize(
    ("own", "other", "result", "balance_result"),
    [
        # As tagged of size, strengths, concerns.
        ((4, 20, 4, 0), (0, 80, 0, 0), "too few to say", ""),
        ((3, 60, 3, 0), (3, 60, 0, 3), "too few to say", "too few to say"),
        ((0, 90, 0, 0), (30, 90, 9, 1), "less", ""),
        ((9, 60, 4, 4), (9, 60, 4, 5), "no clear difference", "no clear difference"),
        ((20, 60, 0, 20), (20, 60, 20, 0), "no clear difference", "less"),
    ],
)
def test_few_paragraphs_are_called_so(own, other, result, balance_result):
    row = compare(inspection("A", *own), inspection("B", *other))
    assert (row["result"], row["balance_result"]) == (result, balance_result)


def test_seen_from_the_other_side_it_is_the_opposite():
    run = make_run()
    ours, theirs = (
        compare_authorities(run.counts, a, [b], run.themes, ERRORS)
        for a, b in (("Area 000", "Area 002"), ("Area 002", "Area 000"))
    )
    for name in ("", "balance_"):
        low, high = (f"{name or 'difference_'}{end}" for end in ("low", "high"))
        for column, other in ((f"{name}difference",) * 2, (low, high)):
            assert ours[column].tolist() == pytest.approx((-theirs[other]).tolist(), nan_ok=True)


def test_neighbours_together_count_as_one():
    run = make_run()
    near = comparison_tables(run)["neighbours"]
    others = near.loc[near["authority"] == "Area 000", "neighbour"].tolist()
    together = compare_authorities(run.counts, "Area 000", others, run.themes)
    named = run.counts["authority"].where(~run.counts["authority"].isin(others), "together")
    merged = run.counts.assign(authority=named)
    one = compare_authorities(merged, "Area 000", ["together"], run.themes)
    pd.testing.assert_frame_equal(together, one)
    assert len(others) == 3 and together["difference"].notna().all()
