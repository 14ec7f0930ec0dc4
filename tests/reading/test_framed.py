"""Rows of tables that frame prose: what their cells are, and what stands above them."""

from __future__ import annotations

import pytest

from pipeline.reading.framed import Cell, is_framed_prose, place_cells

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
        [PROSE, Cell("Ada Thorne and all the teams", is_plain=True, is_line=False)],
        ["", ""],
        (),
    ),
    "a line beside prose": ([PROSE, plain("Ada Thorne and all the teams")], ["", "table"], ()),
    "few words alone": ([plain("Findings"), plain("")], ["table", "table"], ()),
}


@pytest.mark.parametrize("name", ROWS)
def test_cells_of_a_row(name):
    cells, kinds, above = ROWS[name]
    assert [place.kind for place in place_cells(cells)] == kinds
    assert {place.above for place in place_cells(cells)} == {above}


TEXTS = {
    "sentences": (PROSE.text, 1, 2, True),
    "a sentence and more": ("Plans are clear (in March). They " + "were kept to " * 9, 1, 2, True),
    "too few sentences": ("Plans are clear. " * 8, 1, 2, False),
    "paragraphs": ("clear plans " * 13, 2, 2, True),
    "a box": ("clear plans " * 13, 1, 1, True),
    "names": ("Cllr. Ada Thorne of Farwick, Ms. Joan Hale of Greymoor, " * 4, 1, 3, False),
    "figures": ("12.5 of 13.4 and £2.5m in 2019. " * 5, 1, 4, False),
    "no end of a sentence": ("plans of all teams, " * 9, 1, 2, False),
}


@pytest.mark.parametrize("name", TEXTS)
def test_what_is_prose_in_a_cell(name):
    *cell, expected = TEXTS[name]
    assert is_framed_prose(*cell) is expected
