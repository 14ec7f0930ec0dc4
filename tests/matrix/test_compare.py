from __future__ import annotations

import datetime

import pandas as pd
import pytest

from pipeline.base.columns import SLICES
from pipeline.matrix.cells import COUNTS, NOT_ESTABLISHED
from pipeline.matrix.compare import build_neighbours, build_slices

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
        published_on=days, inspected_to=None, region="", topic="", overall_effectiveness="good",
        n_words=table["n_paragraphs"] * 80, theme="camhs",
    )  # fmt: skip
    return table.assign(extra_variance=0.0, **dict.fromkeys(COUNTS[1:], 0))


def test_slices_add_up(counts):
    slices = build_slices(counts)
    assert list(slices.columns) == SLICES
    assert (slices.groupby("slice")["n_tagged"].sum() == counts["n_tagged"].sum()).all()
    years = slices[slices["slice"] == "year"].set_index("value")
    assert years.index.tolist() == ["", "2014", "2015", "2016", "2019", "2021"]
    assert years.loc["2019", ["n_documents", "n_paragraphs", "n_tagged"]].tolist() == [3, 170, 20]
    assert years.loc["2019", "share"] == pytest.approx(20 / 170)


def test_neighbours_are_those_that_were_read():
    authorities = pd.DataFrame(
        {"ons_code": ["1", "2", "3"], "name": ["Kent", "Leeds", "Bath"], "statistical_neighbours": ["3 2 9", "1", ""]}
    )  # fmt: skip
    read = pd.DataFrame({"authority": ["Kent", "Leeds", ""]})
    table = build_neighbours(read, authorities)
    assert table.to_numpy().tolist() == [["Kent", "Leeds", 2], ["Leeds", "Kent", 1]]


def test_no_documents_make_empty_tables(counts):
    nothing = counts.head(0)
    assert build_slices(nothing).empty
