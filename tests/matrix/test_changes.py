"""Changes: only whole inspections, within a framework or against its average, with their stances."""

from __future__ import annotations

import datetime

import numpy as np
import pandas as pd
import pytest

from pipeline.base.columns import CHANGES, JUDGEMENTS, PROGRESS
from pipeline.base.columns import DOCUMENTS as DOCUMENT_COLUMNS
from pipeline.base.errors import TableError
from pipeline.matrix.cells import COUNTS, NOT_ESTABLISHED
from pipeline.matrix.changes import (
    ACROSS,
    LEAST_AUTHORITIES,
    SAME,
    build_changes,
    build_progress,
    compare_years,
    grade_moved,
)
from pipeline.matrix.dispersion import extra_variance
from pipeline.matrix.intervals import Errors

NAMES = [
    "doc_id", "authority", "year", "framework", "document_type", "n_paragraphs", "n_tagged",
    "n_strength", "n_concern",
]  # fmt: skip
DOCUMENTS = [
    ("a1", "Kent", 2014, "SIF", "inspection", 100, 12, 3, 9),
    ("a2", "Kent", 2019, "ILACS", "inspection", 50, 10, 7, 2),
    ("a3", "Kent", 2021, "ILACS", "focused visit", 20, 10, 0, 9),
    ("a4", "Kent", 2022, "ILACS", "inspection", 50, 5, 4, 1),
    ("a5", "Kent", 2023, "Area SEND", "area SEND inspection", 50, 25, 0, 9),
    ("a6", "Kent", 2024, "JTAI", "joint targeted inspection", 50, 25, 0, 9),
    ("a7", "Kent", 2025, "", "inspection", 50, 25, 0, 9),
    ("x1", NOT_ESTABLISHED, 2015, "ILACS", "inspection", 40, 4, 1, 1),
    ("x2", NOT_ESTABLISHED, 2016, "ILACS", "inspection", 40, 4, 1, 1),
]
# Under SIF 4% of what is written about others is on the theme, under ILACS 10%.
OTHERS = [
    (f"{framework}{n}", f"Area {n}", year, framework, "inspection", 100, tagged, 0, 0)
    for n in range(LEAST_AUTHORITIES)
    for framework, year, tagged in (("SIF", 2013, 4), ("ILACS", 2020, 10))
]


def table_of(*rows):
    table = pd.DataFrame(rows, columns=NAMES)
    days = [datetime.date(year, 3, 1) for year in table.pop("year")]
    table = table.assign(
        published_on=days, inspected_to=None, n_words=table["n_paragraphs"] * 80, theme="camhs"
    )
    table = table.assign(**{name: 0 for name in COUNTS if name not in table.columns})
    table = table.assign(topic="", squares=table["n_paragraphs"] ** 2)
    return table.assign(extra_variance=extra_variance(table))


def of_kent(changes):
    return changes[changes["authority"] == "Kent"].set_index("later_doc_id")


def test_only_whole_inspections_of_a_known_framework_are_paired():
    kent = of_kent(build_changes(table_of(*DOCUMENTS, *OTHERS)))
    assert kent["earlier_doc_id"].to_dict() == {"a2": "a1", "a4": "a2"}
    assert kent["comparison"].to_dict() == {"a2": ACROSS, "a4": SAME}
    assert list(build_changes(table_of(*DOCUMENTS)).columns) == CHANGES


@pytest.mark.parametrize(
    ("copy", "kept"),
    [
        (("a8", "Kent", 2022, "ILACS", "inspection", 48, 5, 4, 1), "a4"),
        (("a8", "Kent", 2022, "ILACS", "inspection", 52, 5, 4, 1), "a8"),
        (("a0", "Kent", 2022, "ILACS", "inspection", 50, 5, 4, 1), "a0"),
    ],
)
def test_an_inspection_is_not_compared_with_its_own_copy(copy, kept):
    """The same letter as a PDF and as a Word file or a saved page; the longest counts."""
    counts = table_of(*DOCUMENTS, copy, *OTHERS)
    assert of_kent(build_changes(counts))["earlier_doc_id"].to_dict() == {"a2": "a1", kept: "a2"}
    assert compare_years(counts, "Kent", 2019, 2022)["later_doc_id"].tolist() == [kept]


def test_a_copy_counts_once_in_an_average():
    copy = ("SIF9", "Area 0", 2013, "SIF", "inspection", 90, 60, 0, 0)
    row = of_kent(build_changes(table_of(*DOCUMENTS, *OTHERS, copy))).loc["a2"]
    assert row["earlier_framework_share"] == pytest.approx(0.04)


def test_under_one_framework_it_is_the_plain_difference():
    row = of_kent(build_changes(table_of(*DOCUMENTS, *OTHERS))).loc["a4"]
    assert row["difference"] == pytest.approx(0.1 - 0.2)
    assert row["difference_low"] < row["difference"] < row["difference_high"]
    assert np.isnan(row["earlier_framework_share"])


def test_across_frameworks_it_is_the_difference_of_departures():
    row = of_kent(build_changes(table_of(*DOCUMENTS, *OTHERS))).loc["a2"]
    assert row["earlier_framework_share"] == pytest.approx(0.04)
    assert row["later_framework_share"] == pytest.approx(0.10)
    assert row["difference"] == pytest.approx((0.20 - 0.10) - (0.12 - 0.04))
    assert row["difference_low"] < 0 < row["difference_high"]


def test_an_average_of_few_authorities_is_none():
    row = of_kent(build_changes(table_of(*DOCUMENTS, *OTHERS[2:]))).loc["a2"]
    assert row["comparison"] == ACROSS
    assert np.isnan([row["difference"], row["difference_low"], row["later_framework_share"]]).all()


def test_what_is_said_moved_though_how_much_is_written_did_not():
    kent = of_kent(build_changes(table_of(*DOCUMENTS, *OTHERS)))
    row = kent.loc["a2"]
    assert row[["earlier_n_strength", "earlier_n_concern"]].tolist() == [3, 9]
    assert row[["later_n_strength", "later_n_concern"]].tolist() == [7, 2]
    assert row["balance_change"] == pytest.approx(7 / 9 - 3 / 12)
    assert 0 < row["balance_low"] < row["balance_change"] < row["balance_high"]
    assert kent["balance_moved"].to_dict() == {"a2": "up", "a4": "no clear change"}


def test_where_nothing_is_praised_or_deplored_no_balance_moved():
    silent = [(*row[:-2], 0, 0) for row in DOCUMENTS]
    row = of_kent(build_changes(table_of(*silent, *OTHERS))).loc["a4"]
    assert row["balance_moved"] == "" and np.isnan(row["balance_change"])


def test_known_errors_widen_a_change():
    counts = table_of(*DOCUMENTS, *OTHERS)
    errors = {("inspection", "camhs"): Errors(80, 20, 20, 880)}
    plain, corrected = (of_kent(build_changes(counts, e)).loc["a4"] for e in ({}, errors))
    assert corrected["difference"] == pytest.approx(-0.1 / (0.8 - 20 / 900))
    width = [row["difference_high"] - row["difference_low"] for row in (plain, corrected)]
    assert width[0] < width[1]


def test_an_average_is_as_plain_as_the_share_beside_it():
    """Of a corrected one only the difference is made, or two scales stood side by side."""
    errors = {("inspection", "camhs"): Errors(80, 20, 20, 880)}
    row = of_kent(build_changes(table_of(*DOCUMENTS, *OTHERS), errors)).loc["a2"]
    assert row["later_share"] == pytest.approx(0.20)
    assert row["earlier_framework_share"] == pytest.approx(0.04)
    assert row["later_framework_share"] == pytest.approx(0.10)
    found = 0.8 - 20 / 900
    assert row["difference"] == pytest.approx(((0.20 - 0.10) - (0.12 - 0.04)) / found)


def test_one_year_against_another():
    counts = table_of(*DOCUMENTS, *OTHERS)
    row = compare_years(counts, "Kent", 2014, 2022).iloc[0]
    assert (row["theme"], row["comparison"], row["earlier_share"]) == ("camhs", ACROSS, 0.12)
    with pytest.raises(TableError, match="Kent from 2021") as refused:
        compare_years(counts, "Kent", 2014, 2021)
    assert "2014, 2019, 2022" in refused.value.hint


def test_progress_is_one_table_of_judgements_and_themes():
    grades = {
        "a1": {"overall_effectiveness": "inadequate", "leadership": "good", "lscb": "good"},
        "a2": {"overall_effectiveness": "requires improvement", "leadership": "good"},
        "a4": {"overall_effectiveness": "no longer given", "leadership": "inadequate"},
    }
    names = list(JUDGEMENTS)
    documents = pd.DataFrame(
        [{"doc_id": d, **dict.fromkeys(names, ""), **given} for d, given in grades.items()]
    )
    changes = build_changes(table_of(*DOCUMENTS, *OTHERS))
    table = build_progress(changes[changes["authority"] == "Kent"], documents)
    assert list(table.columns) == PROGRESS
    first = table[table["later_doc_id"] == "a2"].set_index("name")
    assert first["moved"].to_dict() == {
        "overall_effectiveness": "up", "leadership": "level", "lscb": "", "camhs": "up",
    }  # fmt: skip
    assert first.loc["camhs", ["about", "earlier", "later"]].tolist() == [
        "theme", "3 strengths, 9 concerns", "7 strengths, 2 concerns",
    ]  # fmt: skip
    assert not first["few"].any()
    last = table[table["later_doc_id"] == "a4"].set_index("name")
    assert last["moved"].to_dict() == {
        "overall_effectiveness": "", "leadership": "down", "camhs": "no clear change",
    }  # fmt: skip


def test_a_grade_that_is_not_given_moves_nowhere():
    assert grade_moved("good", "no longer given") == grade_moved("", "good") == ""


def test_no_documents_make_empty_tables():
    nothing = table_of(*DOCUMENTS).head(0)
    changes = build_changes(nothing)
    assert changes.empty and list(changes.columns) == CHANGES
    documents = pd.DataFrame(columns=DOCUMENT_COLUMNS)
    assert list(build_progress(changes, documents).columns) == PROGRESS
