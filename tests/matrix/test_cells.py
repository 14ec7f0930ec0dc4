from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from factories import documents_table, tags_table
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.base.columns import CELLS
from pipeline.base.errors import TableError
from pipeline.matrix.cells import (
    NOT_ESTABLISHED,
    DocumentCounter,
    build_cells,
    build_stances,
    count_by_document,
    pivot_matrix,
    sum_by,
)
from pipeline.matrix.intervals import Errors, share_interval

THEMES = ("camhs", "early_help")


def test_cells_count_every_pair():
    cells = build_cells(
        tags_table(
            ("a:1", "a", "camhs", True, "concern"),
            ("a:1", "a", "early_help", False, ""),
            ("a:2", "a", "camhs", True, "strength"),
            ("a:2", "a", "early_help", False, ""),
            ("b:1", "b", "camhs", False, ""),
            ("b:1", "b", "early_help", True, "neutral"),
        ),
        documents_table(("a", "Kent", 2), ("b", "", 1), ("c", "Kent", 0)),
    )
    assert list(cells.columns) == CELLS
    assert cells[
        ["authority", "theme", "n_documents", "n_paragraphs", "n_tagged", "share"]
    ].to_csv(index=False).splitlines() == [
        "authority,theme,n_documents,n_paragraphs,n_tagged,share",
        "Kent,camhs,2,2,2,1.0",
        "Kent,early_help,2,2,0,0.0",
        f"{NOT_ESTABLISHED},camhs,1,1,0,0.0",
        f"{NOT_ESTABLISHED},early_help,1,1,1,1.0",
    ]
    assert cells.loc[0, ["n_words", "per_1000_words"]].tolist() == [200, 10.0]
    assert cells.loc[0, ["n_strength", "n_concern", "n_mixed", "n_neutral"]].tolist() == [
        1,
        1,
        0,
        0,
    ]
    wide = pivot_matrix(cells)
    assert wide.columns.tolist() == ["authority", "n_documents", "n_paragraphs", *THEMES]
    assert wide["camhs"].tolist() == [1.0, 0.0]


def test_authority_without_a_counted_paragraph_has_a_row_of_zeros():
    cells = build_cells(
        tags_table(("a:1", "a", "camhs", True, "mixed")),
        documents_table(("a", "Kent", 1), ("b", "Leeds", 0)),
    )
    assert cells.set_index("authority").loc["Leeds", "share"] == 0.0


def test_tags_of_unknown_documents_are_refused():
    with pytest.raises(TableError, match="without a document"):
        build_cells(
            tags_table(("x:1", "x", "camhs", True, "mixed")), documents_table(("a", "Kent", 1))
        )


UNTAGGED = {
    "a document without tags": [("a", "Kent", 1), ("b", "Leeds", 3)],
    "one with tags of an earlier reading": [("a", "Kent", 2)],
}


@pytest.mark.parametrize("name", UNTAGGED)
def test_documents_without_their_tags_are_no_zeros(name):
    with pytest.raises(TableError, match="not tagged") as refused:
        build_cells(
            tags_table(("a:1", "a", "camhs", True, "mixed")), documents_table(*UNTAGGED[name])
        )
    assert "inspection-themes tag" in refused.value.hint
    with pytest.raises(TableError, match="not tagged"):
        build_cells(tags_table(), documents_table(("a", "Kent", 1)))


def test_errors_of_the_classifier_move_the_share():
    rows = [(f"a:{n}", "a", "camhs", n < 10, "mixed" if n < 10 else "") for n in range(100)]
    cells = build_cells(
        tags_table(*rows),
        documents_table(("a", "Kent", 100)),
        {("inspection", "camhs"): Errors(80, 20, 20, 880)},
    )
    row = cells.iloc[0]
    assert row["share"] == 0.1
    assert row["share_corrected"] == pytest.approx((0.1 - 20 / 900) / (0.8 - 20 / 900))
    assert row["share_low"] < row["share_corrected"] < row["share_high"]


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("abc"), st.booleans(), st.booleans()), max_size=30))
def test_counts_reconcile(rows):
    table = tags_table(
        *(
            (f"{doc}:{n}", doc, theme, tagged, "mixed" if tagged else "")
            for n, (doc, *flags) in enumerate(rows)
            for theme, tagged in zip(THEMES, flags, strict=True)
        )
    )
    sizes = [(doc, f"A{doc}", sum(r[0] == doc for r in rows)) for doc in "abc"]
    before = table.copy()
    cells = build_cells(table, documents_table(*sizes))
    assert cells["n_tagged"].sum() == table["tagged"].sum()
    assert cells["share"].between(0, 1).all()
    assert (cells["n_mixed"] == cells["n_tagged"]).all()
    pd.testing.assert_frame_equal(table, before)


ROWS = [
    ("a:1", "a", "camhs", True, "mixed"),
    ("b:1", "b", "camhs", False, ""),
    ("b:2", "b", "camhs", True, "concern"),
]
SIZES = [("a", "Kent", 1), ("b", "", 2)]


def test_documents_may_be_counted_a_few_at_a_time():
    counter = DocumentCounter()
    for doc_id in "ab":
        own = [row for row in ROWS if row[1] == doc_id]
        counter.add(tags_table(*own), documents_table(*[s for s in SIZES if s[0] == doc_id]))
    pd.testing.assert_frame_equal(
        counter.counts(documents_table(*SIZES)),
        count_by_document(tags_table(*ROWS), documents_table(*SIZES)),
    )


def test_sums_are_by_any_column_of_the_documents():
    counts = count_by_document(tags_table(*ROWS), documents_table(*SIZES).assign(region="North"))
    (row,) = sum_by(counts, "region").to_dict("records")
    assert (row["region"], row["n_documents"], row["n_paragraphs"]) == ("North", 2, 3)
    assert (row["n_tagged"], row["n_concern"], row["share"]) == (2, 1, pytest.approx(2 / 3))


def test_the_matrix_may_hold_any_measure():
    cells = build_cells(tags_table(*ROWS), documents_table(*SIZES))
    assert pivot_matrix(cells, "n_tagged")["camhs"].tolist() == [1, 1]
    with pytest.raises(TableError, match="n_pages"):
        pivot_matrix(cells, "n_pages")


def test_the_matrix_has_the_order_of_the_cells():
    cells = build_cells(tags_table(*ROWS), documents_table(*SIZES))
    rows = ["Kent", NOT_ESTABLISHED]
    assert list(dict.fromkeys(cells["authority"])) == rows
    assert pivot_matrix(cells)["authority"].tolist() == rows


def test_stances_are_corrected_by_their_own_errors():
    tags = [(f"p:{n}", "d1", "camhs", True, "concern" if n < 6 else "strength") for n in range(10)]
    counts = count_by_document(tags_table(*tags), documents_table(("d1", "Kent", 10)))
    # Of 100 concerns 80 are called so, and of 100 other paragraphs 10.
    errors = {("inspection", "concern"): Errors(80, 10, 20, 90, 0, 0)}
    table = build_stances(counts, errors).set_index("stance")
    assert table["n"].to_dict() == {"strength": 4, "concern": 6, "mixed": 0, "neutral": 0}
    assert set(table["n_tagged"]) == {10}
    assert table.loc["concern", "share_corrected"] == pytest.approx((0.6 - 0.1) / 0.7)
    assert table["share_corrected"].isna().sum() == 3 and table.loc["strength", "share"] == 0.4
    low, high = share_interval(np.array([4.0]), np.array([10.0]))
    assert table.loc["strength", ["share_low", "share_high"]].tolist() == [low[0], high[0]]
