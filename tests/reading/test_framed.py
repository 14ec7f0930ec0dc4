"""Rows of tables that frame prose: what their cells are, and what stands above them."""

from __future__ import annotations

import pytest

from pipeline.reading.framed import Cell, TableHeadings, is_framed_prose

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
    places = TableHeadings().place_cells(cells)
    assert [place.kind for place in places] == kinds
    assert {place.above for place in places} == {above}


SIDES = [plain("Strengths"), plain("To consider")]
BOLD = [Cell(cell.text, stands_out=True) for cell in SIDES]
NONE: list[tuple[str, ...]] = [(), ()]
BOTH = [("Strengths",), ("To consider",)]
TABLES = {
    "lists under their heads": ([SIDES, [LIST, LIST]], BOTH),
    "a short cell under a head": ([SIDES, [LIST, plain("none yet")]], BOTH),
    "heads below a line of the whole table": (
        [[Cell("Vision", span=2)], SIDES, [LIST, LIST]],
        [("Vision", "Strengths"), ("Vision", "To consider")],
    ),
    "a later line of the whole table": (
        [[Cell("Vision", span=2)], SIDES, [Cell("Partners", span=2)], [LIST, LIST]],
        [("Partners", "Strengths"), ("Partners", "To consider")],
    ),
    "an empty row between": ([SIDES, [plain("")], [plain(""), plain("")], [LIST, LIST]], BOTH),
    "minutes": (
        [[plain("Item"), plain("Discussion"), plain("Lead")], [plain("Thresholds"), PROSE, plain("JB")]],
        [("Thresholds",), ("Discussion", "Thresholds"), ("Lead", "Thresholds")],
    ),
    "a form": ([[plain("Report to"), plain("Cabinet")], [plain("Summary"), PROSE]], [("Summary",), ("Summary",)]),
    "a list with marked heads": (
        [[Cell("Topic", stands_out=True), Cell("To consider", stands_out=True)], [plain("Visits"), LIST]],
        [("Visits",), ("To consider", "Visits")],
    ),
    "a row that is no head": ([SIDES, [plain("Ada Thorne"), plain("Joan Hale")], [LIST, LIST]], BOTH),
    "new heads that are marked": ([[plain("Done"), plain("To do")], BOLD, [LIST, LIST]], BOTH),
    "first a row of prose": ([[LIST, LIST], SIDES, [LIST, LIST]], NONE),
    "first a row of figures": ([[plain("2019"), plain("12")], SIDES, [LIST, LIST]], NONE),
    "other columns": ([SIDES, [Cell("", is_plain=False, span=2)]], [()]),
    "cells that are merged down": ([[*SIDES, plain("Lead")], [LIST, LIST]], NONE),
    "a page in a table": (
        [[plain("Farwick Council")], [Cell("", is_plain=False, is_headed=True)], [LIST]],
        [()],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", TABLES)
def test_what_stands_above_the_last_row(name):
    rows, above = TABLES[name]
    headings = TableHeadings()
    for row in rows[:-1]:
        if {PROSE, LIST} & set(row) or any(cell.is_headed for cell in row):
            headings.place_cells(row)
        else:
            headings.pass_row(row)
    assert [place.above for place in headings.place_cells(rows[-1])] == above


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
