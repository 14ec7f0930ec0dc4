"""Movements: a cell's new documents against its other ones, like with like, clear ones first."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from pipeline.base.codebook import Theme
from pipeline.base.columns import MOVEMENTS
from pipeline.matrix.cells import COUNTS, NOT_ESTABLISHED
from pipeline.matrix.changes import DOWN, UNCLEAR, UP, compare_pairs
from pipeline.matrix.intervals import Errors
from pipeline.matrix.movements import (
    FLAGS,
    build_movements,
    clear_flags,
    is_clear,
    no_movements,
)

NAMES = [
    "doc_id", "authority", "document_type", "framework", "topic", "n_paragraphs", "n_tagged",
    "n_strength", "n_concern",
]  # fmt: skip
ILACS = ("inspection", "ILACS", "")
BEFORE = [
    ("a1", "Kent", *ILACS, 60, 6, 1, 5),
    ("a2", "Kent", *ILACS, 60, 6, 2, 4),
    ("b1", "Leeds", *ILACS, 60, 6, 3, 3),
    ("c1", "York", *ILACS, 60, 6, 3, 3),
    ("x1", NOT_ESTABLISHED, *ILACS, 60, 6, 3, 3),
]
THEMES = {"camhs": Theme("camhs", "Mental health", "", "", ("mental health",), ())}


def counts_of(*rows):
    table = pd.DataFrame(rows, columns=NAMES).assign(
        theme="camhs", extra_variance=0.0, inspected_to=None, published_on="2024-03-01"
    )
    table = table.assign(n_words=table["n_paragraphs"] * 80, squares=table["n_paragraphs"] ** 2)
    return table.assign(**{name: 0 for name in COUNTS if name not in table.columns})


def remembered(counts):
    cells = counts.groupby(["authority", "theme"], as_index=False)
    return cells.agg(
        n_documents=("doc_id", "nunique"), n_paragraphs=("n_paragraphs", "sum"),
        n_tagged=("n_tagged", "sum"), n_strength=("n_strength", "sum"),
        n_concern=("n_concern", "sum"),
    )  # fmt: skip


def movements_of(*new, gone=(), errors=None, themes=THEMES):
    kept = [row for row in BEFORE if row[0] not in gone]
    return build_movements(
        counts_of(*kept, *new),
        remembered(counts_of(*BEFORE)),
        {row[0] for row in new},
        themes,
        errors,
    )


def test_only_cells_that_are_other_have_a_row():
    table = movements_of(("b2", "Leeds", *ILACS, 40, 8, 7, 1), ("d1", "Bath", *ILACS, 40, 8, 7, 1))
    assert list(table.columns) == MOVEMENTS and table["authority"].tolist() == ["Leeds"]
    row = table.iloc[0]
    assert (row["before_n_documents"], row["new_n_documents"], row["n_documents"]) == (1, 1, 2)
    assert (row["before_share"], row["new_share"], row["share"]) == (0.1, 0.2, 0.14)
    assert (row["before_balance"], row["new_balance"]) == (0.5, 7 / 8)
    assert row["balance"] == pytest.approx(10 / 14)


@pytest.mark.parametrize("errors", [None, {("inspection", "camhs"): Errors(60, 12, 11, 917)}])
def test_differences_are_those_of_changes(errors):
    """A cell of one document that gets a second: the two are compared as two inspections are."""
    new = ("b2", "Leeds", *ILACS, 60, 20, 9, 1)
    row = movements_of(new, errors=errors).iloc[0]
    whole = counts_of(*BEFORE, new).assign(on=pd.Timestamp("2024-03-01"))
    pair = compare_pairs(whole, [("b1", "b2")], errors).iloc[0]
    names = [
        "difference", "difference_low", "difference_high", "balance_change", "balance_low",
        "balance_high", "balance_moved",
    ]  # fmt: skip
    for name in names:
        assert row[name] == (pair[name] if name == names[-1] else pytest.approx(pair[name]))


@pytest.mark.parametrize(
    ("strengths", "concerns", "moved"), [(9, 0, UP), (0, 9, UNCLEAR), (5, 4, UNCLEAR)]
)
def test_balance_moves_beyond_chance(strengths, concerns, moved):
    [found] = movements_of(("a3", "Kent", *ILACS, 60, 9, strengths, concerns))["balance_moved"]
    assert found == moved


@pytest.mark.parametrize(("tagged", "moved"), [(40, UP), (6, UNCLEAR)])
def test_share_moves_beyond_chance(tagged, moved):
    [found] = movements_of(("a3", "Kent", *ILACS, 60, tagged, 0, 0))["share_moved"]
    assert found == moved


@pytest.mark.parametrize(
    ("kind", "compared"),
    [
        (ILACS, True),
        (("focused visit", "ILACS", ""), False),  # no other focused visit
        (("inspection", "SIF", ""), False),  # no other inspection under SIF
        (("inspection", "ILACS", "mental health"), False),  # it is what they came to see
        (("inspection", "", ""), False),
    ],
)
def test_shares_are_compared_like_with_like(kind, compared):
    row = movements_of(("a3", "Kent", *kind, 60, 40, 9, 0)).iloc[0]
    assert (row["share_moved"] == UP) == compared
    assert np.isnan(row["difference"]) != compared
    # Praise and concern are verdicts in any document.
    assert row["balance_moved"] == UP


def test_several_kinds_are_pooled_by_their_new_paragraphs():
    visit = ("focused visit", "ILACS", "front door")
    before = [*BEFORE, ("a4", "Kent", *visit, 20, 2, 0, 2)]
    new = [("a5", "Kent", *ILACS, 60, 12, 0, 0), ("a6", "Kent", *visit, 30, 9, 0, 0)]
    table = build_movements(
        counts_of(*before, *new), remembered(counts_of(*before)), {"a5", "a6"}, THEMES
    )
    # Inspections rose by 0.1, visits by 0.2; two thirds of the new paragraphs are the former.
    assert table["difference"].iloc[0] == pytest.approx((60 * 0.1 + 30 * 0.2) / 90)


def test_what_went_changes_a_cell_but_moves_nothing():
    table = movements_of(gone=("a1",))
    row = table.iloc[0]
    assert len(table) == 1 and (row["before_n_documents"], row["n_documents"]) == (2, 1)
    assert row["share_moved"] == "" and row["balance_moved"] == ""


def test_an_authority_that_went_altogether_has_no_row():
    assert movements_of(gone=("b1",)).empty


def test_clear_movements_come_first_and_few_paragraphs_after_more():
    table = movements_of(
        ("a3", "Kent", *ILACS, 60, 6, 3, 3),
        ("b2", "Leeds", *ILACS, 8, 4, 0, 4),
        ("c2", "York", *ILACS, 60, 40, 30, 3),
    )
    assert table["authority"].tolist() == ["York", "Leeds", "Kent"]
    assert is_clear(table).tolist() == [True, False, False]


# What a cell had, and what came: (paragraphs, tagged, strengths, concerns) of each, and what moved
# beyond chance on more than a few paragraphs.
SIDES = {
    "both on many": ((60, 6, 1, 5), (60, 40, 20, 1), ["share_moved", "balance_moved"]),
    "one concern against five strengths": ((60, 9, 0, 1), (60, 9, 5, 0), []),
    "many against one strength": ((60, 9, 0, 9), (60, 9, 1, 0), []),
    "share on many, balance on few": ((60, 6, 0, 1), (60, 40, 5, 0), ["share_moved"]),
    "balance on many, share does not move": ((60, 9, 0, 9), (60, 9, 9, 0), ["balance_moved"]),
    "fell from many to none": ((60, 30, 0, 0), (60, 0, 0, 0), ["share_moved"]),
    "rose from none to many": ((60, 0, 0, 0), (60, 30, 0, 0), ["share_moved"]),
    "rose to few of few": ((600, 6, 0, 0), (8, 4, 0, 0), []),
    "fell from few of few": ((8, 4, 0, 0), (600, 6, 0, 0), []),
}


@pytest.mark.parametrize("case", SIDES)
def test_each_flag_is_judged_by_its_own_paragraphs(case):
    before, new, wanted = SIDES[case]
    kept = counts_of(("a1", "Kent", *ILACS, *before))
    counts = counts_of(("a1", "Kent", *ILACS, *before), ("a2", "Kent", *ILACS, *new))
    table = build_movements(counts, remembered(kept), {"a2"}, THEMES)
    # Beyond chance something moved in each.
    assert table[FLAGS].isin((UP, DOWN)).iloc[0].any()
    assert clear_flags(table).iloc[0].to_dict() == {flag: flag in wanted for flag in FLAGS}


def test_down_is_down():
    row = movements_of(("c2", "York", *ILACS, 90, 40, 0, 40)).iloc[0]
    assert row["balance_moved"] == DOWN and row["balance_high"] < 0


def test_without_movements_the_columns_have_their_types():
    assert (
        no_movements().dtypes == movements_of(("a3", "Kent", *ILACS, 60, 6, 3, 3)).dtypes
    ).all()
    assert movements_of().empty
