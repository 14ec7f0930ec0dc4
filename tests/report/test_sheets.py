from __future__ import annotations

from runs import make_run

from pipeline.base.columns import NO_LONGER_GIVEN
from pipeline.matrix.cells import build_stances
from pipeline.matrix.compare import build_slices
from pipeline.report.sheets import (
    NO_OVERALL_GRADE,
    NOT_GIVEN,
    grades_over_time,
    stances_by_cell,
    themes_by_year,
)

RUN = make_run(3, 2, 20)


def test_stances_have_a_row_for_each_cell():
    stances = build_stances(RUN.counts)
    table = stances_by_cell(stances)
    assert len(table) == len(RUN.cells) and table["n_tagged"].sum() == RUN.cells["n_tagged"].sum()
    concern = stances[stances["stance"] == "concern"]
    assert table["n_concern"].tolist() == concern["n"].tolist()
    known = table["n_tagged"] > 0
    assert table.loc[known, "concern_low"].le(table.loc[known, "concern_share"] + 1e-9).all()


def test_grades_are_in_words_by_authority_and_date():
    documents = RUN.documents.assign(overall_effectiveness=NO_LONGER_GIVEN, help_and_protection="")
    sheet = grades_over_time(documents, lambda name, page: f"./{name}")
    assert len(sheet.table) == len(documents) == len(sheet.addresses)
    assert set(sheet.table["overall_effectiveness"]) == {NO_OVERALL_GRADE}
    assert set(sheet.table["help_and_protection"]) == {NOT_GIVEN}
    order = sheet.table[["authority", "on"]].to_numpy().tolist()
    assert order == sorted(order)


def test_years_are_those_of_the_slices():
    slices = build_slices(RUN.counts)
    table = themes_by_year(slices)
    rows = slices[slices["slice"] == "year"]
    assert len(table) == len(rows) and table["n_tagged"].sum() == rows["n_tagged"].sum()
    for _, own in table.groupby("theme"):
        assert own["year"].is_monotonic_increasing
