"""Rows of tables that frame prose: what their cells are, and what stands above them."""

from __future__ import annotations

import pytest

from pipeline.reading.framed import Cell, place_cells

PROSE = Cell("Plans are clear. " * 9, is_plain=True)
LIST = Cell("clear plans early visits", is_plain=False)


def plain(text):
    return Cell(text, is_plain=True)


ROWS = {
    "label and prose": ([plain("Thresholds"), PROSE], ["heading", ""], ("Thresholds",)),
    "number, label, prose, name": (
        [plain("1"), plain("Waits for help"), PROSE, plain("Jo Bloggs")],
        ["table", "heading", "", "table"],
        ("Waits for help",),
    ),
    "number and prose": ([plain("2."), PROSE], ["table", ""], ()),
    "lists side by side": ([LIST, LIST], ["", ""], ()),
    "prose first": ([PROSE, plain("Ada Thorne")], ["", "table"], ()),
    "a few words that are a sentence": ([PROSE, plain("Moves are rare.")], ["", ""], ()),
    "more words beside prose": (
        [PROSE, plain("Ada Thorne and all the teams")],
        ["", ""],
        (),
    ),
    "few words alone": ([plain("Findings"), plain("")], ["table", "table"], ()),
}


@pytest.mark.parametrize("name", ROWS)
def test_cells_of_a_row(name):
    cells, kinds, above = ROWS[name]
    assert [place.kind for place in place_cells(cells)] == kinds
    assert {place.above for place in place_cells(cells)} == {above}
