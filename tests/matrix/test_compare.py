from __future__ import annotations

import datetime

import numpy as np
import pandas as pd
import pytest

from pipeline.base.columns import CHANGES, NEIGHBOURS, SLICES, STANDOUTS
from pipeline.base.errors import TableError
from pipeline.matrix.cells import COUNTS, NOT_ESTABLISHED
from pipeline.matrix.compare import (
    build_changes,
    build_neighbours,
    build_slices,
    build_standouts,
    compare_years,
)
from pipeline.matrix.intervals import Errors

DOCUMENTS = [
    # doc_id, authority, year, framework, type, n_paragraphs, tagged with camhs
    ("a1", "Kent", 2014, "SIF", "inspection", 100, 2),
    ("a2", "Kent", 2019, "ILACS", "inspection", 50, 15),
    ("a3", "Kent", 2021, "ILACS", "focused visit", 20, 10),
    ("b1", "Leeds", 2019, "ILACS", "inspection", 60, 3),
    ("c1", "Devon", 2019, "ILACS", "inspection", 60, 2),
    ("d1", "Bath", None, "SIF", "inspection", 200, 100),
    ("x1", NOT_ESTABLISHED, 2015, "ILACS", "inspection", 40, 4),
    ("x2", NOT_ESTABLISHED, 2016, "ILACS", "inspection", 40, 4),
]


@pytest.fixture
def counts():
    names = ["doc_id", "authority", "year", "framework", "document_type", "n_paragraphs", "n_tagged"]  # fmt: skip
    table = pd.DataFrame(DOCUMENTS, columns=names)
    days = [None if pd.isna(y) else datetime.date(int(y), 3, 1) for y in table.pop("year")]
    table = table.assign(
        published_on=days, inspected_to=None, region="", overall_effectiveness="good",
        n_words=table["n_paragraphs"] * 80, theme="camhs",
    )  # fmt: skip
    return table.assign(**dict.fromkeys(COUNTS[1:], 0))


def test_slices_add_up(counts):
    slices = build_slices(counts)
    assert list(slices.columns) == SLICES
    assert (slices.groupby("slice")["n_tagged"].sum() == counts["n_tagged"].sum()).all()
    years = slices[slices["slice"] == "year"].set_index("value")
    assert years.index.tolist() == ["", "2014", "2015", "2016", "2019", "2021"]
    assert years.loc["2019", ["n_documents", "n_paragraphs", "n_tagged"]].tolist() == [3, 170, 20]
    assert years.loc["2019", "share"] == pytest.approx(20 / 170)


def test_what_stands_out_is_measured_within_frameworks(counts):
    neighbours = pd.DataFrame([("Kent", "Leeds", 1)], columns=NEIGHBOURS)
    table = build_standouts(counts, neighbours).set_index(["authority", "against"])
    assert list(table.reset_index()[STANDOUTS].columns) == STANDOUTS
    kent = table.loc[("Kent", "rest")]
    assert (kent["n_tagged"], kent["n_paragraphs"]) == (27, 170)
    assert (kent["other_n_tagged"], kent["other_n_paragraphs"]) == (113, 400)
    # Bath's one SIF report is not what Leeds, with ILACS only, is measured by.
    leeds = table.loc[("Leeds", "rest")]
    assert (leeds["other_n_tagged"], leeds["other_n_paragraphs"]) == (35, 210)
    assert table.loc[("Bath", "rest"), "stands_out"] == "more"
    near = table.loc[("Kent", "neighbours")]
    assert (near["other_n_tagged"], near["other_n_paragraphs"]) == (3, 60)
    assert np.isnan(table.loc[("Leeds", "neighbours"), "z"])
    assert NOT_ESTABLISHED not in table.index.get_level_values(0)


def test_few_paragraphs_never_stand_out(counts):
    counts = counts[counts["doc_id"].isin(["b1", "c1"])].assign(n_tagged=[4, 20], n_paragraphs=[4, 40_000])  # fmt: skip
    table = build_standouts(counts, pd.DataFrame(columns=NEIGHBOURS)).set_index("authority")
    assert table.loc["Leeds", "z"].max() > 3
    assert set(table.loc["Leeds", "stands_out"]) == {""}


def test_changes_are_between_whole_inspections(counts):
    changes = build_changes(counts)
    assert list(changes.columns) == CHANGES
    assert len(changes) == 1
    row = changes.iloc[0]
    assert (row["authority"], row["earlier_doc_id"], row["later_doc_id"]) == ("Kent", "a1", "a2")
    assert row["earlier_on"] == datetime.date(2014, 3, 1)
    assert row["difference"] == pytest.approx(0.28)
    assert 0 < row["difference_low"] < 0.28 < row["difference_high"]


def test_known_errors_widen_a_change(counts):
    plain = build_changes(counts).iloc[0]
    corrected = build_changes(counts, {"camhs": Errors(80, 20, 20, 880)}).iloc[0]
    assert corrected["difference"] == pytest.approx(0.28 / (0.8 - 20 / 900), abs=0.003)
    width = [row["difference_high"] - row["difference_low"] for row in (plain, corrected)]
    assert width[0] < width[1]


def test_one_year_against_another(counts):
    table = compare_years(counts, "Kent", 2014, 2021)
    assert table["theme"].tolist() == ["camhs"]
    assert table[["earlier_share", "later_share"]].iloc[0].tolist() == [0.02, 0.5]
    with pytest.raises(TableError, match="Kent from 1999") as refused:
        compare_years(counts, "Kent", 1999, 2021)
    assert "2014, 2019, 2021" in refused.value.hint


def test_neighbours_are_those_that_were_read():
    authorities = pd.DataFrame(
        {"ons_code": ["1", "2", "3"], "name": ["Kent", "Leeds", "Bath"], "statistical_neighbours": ["3 2 9", "1", ""]}
    )  # fmt: skip
    read = pd.DataFrame({"authority": ["Kent", "Leeds", ""]})
    table = build_neighbours(read, authorities)
    assert table.to_numpy().tolist() == [["Kent", "Leeds", 2], ["Leeds", "Kent", 1]]


def test_no_documents_make_empty_tables(counts):
    nothing = counts.head(0)
    assert build_changes(nothing).empty
    assert build_standouts(nothing, pd.DataFrame(columns=NEIGHBOURS)).empty
    assert build_slices(nothing).empty
