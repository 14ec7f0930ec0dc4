"""Texts that a page, a column or a footnote cuts; test_segment_pages has them on whole pages."""

from __future__ import annotations

from dataclasses import replace

import pytest
from factories import paragraph_lines

from pipeline.base.records import Element
from pipeline.paragraphs.chunks import Chunk
from pipeline.paragraphs.join_breaks import join_across_breaks


def chunk(text, page=1, kind="paragraph", top=100.0, x0=71.0, element=None):
    lines = paragraph_lines(text.split(" / "), top=top, x0=x0)
    if element:
        lines = [replace(line, element=Element(element, kind)) for line in lines]
    return Chunk(tuple(lines), page, edge=max(line.x1 for line in lines), kind=kind)


def joined(*chunks):
    return [" ".join(line.text for line in each.all_lines) for each in join_across_breaks(chunks)]


OPEN, REST = "Managers know their teams and", "visit them every week."
WHOLE = f"{OPEN} {REST}"
CASES = {
    "a page": ([chunk(OPEN), chunk(REST, 2)], [WHOLE]),
    "a page, after a sentence": ([chunk("Plans are clear."), chunk("Visits are rare.", 2)], 2),
    "a page with a heading on top": ([chunk(OPEN), chunk("Care", 2, "heading"), chunk(REST, 2)], 3),
    "a page, before a bullet": ([chunk(OPEN), chunk("• visits", 2, "list_item")], 2),
    "a page, before a number": ([chunk(OPEN), chunk("12. Visits are rare.", 2)], 2),
    "a page, after an item, before the margin": (
        [chunk("• early help", kind="list_item"), chunk("Visits are rare.", 2)],
        2,
    ),
    "a page in an item, before a name": (
        [chunk("• the early help of", kind="list_item"), chunk("Farwick, which is rare", 2, x0=85)],
        ["• the early help of Farwick, which is rare"],
    ),
    "a page in an item, before lower case": (
        [chunk("• early help and", kind="list_item"), chunk(REST, 2)],
        [f"• early help and {REST}"],
    ),
    "a page, before the last number of a sentence": (
        [chunk("They stay until they are"), chunk("18. Visits are rare.", 2)],
        ["They stay until they are 18. Visits are rare."],
    ),
    "a note at the foot": (
        [chunk(OPEN), chunk("2 As in the plan.", kind="footnote"), chunk(REST, 2)],
        [WHOLE, "2 As in the plan."],
    ),
    "a picture at the foot": (
        [chunk(OPEN), chunk("Bar chart", kind="figure"), chunk("Photograph", 2, "figure"), chunk(REST, 2)],
        [WHOLE, "Bar chart", "Photograph"],
    ),
    "a table in the middle": (
        [chunk(OPEN), chunk("Leaders Good", kind="table"), chunk(REST)],
        [WHOLE, "Leaders Good"],
    ),
    "a table before a capital": (
        [chunk(OPEN), chunk("Leaders Good", kind="table"), chunk("Visits are rare.")],
        3,
    ),
    "a table beside which text stands": (
        [chunk(OPEN), chunk("Leaders Good", kind="table"), chunk(REST, x0=400)],
        3,
    ),
    "a number beside which text stands": (
        [chunk("4. Managers know their"), chunk("teams and visit them every week", x0=400)],
        2,
    ),
    "a column": ([chunk(OPEN, top=700), chunk(REST, top=100, x0=400)], [WHOLE]),
    "a table at the foot of a column": (
        [chunk(OPEN, top=600), chunk("Leaders Good", kind="table", top=700), chunk("Visits are rare.", x0=400)],
        3,
    ),
    "a table at the foot of a column, before lower case": (
        [chunk(OPEN, top=600), chunk("Leaders Good", kind="table", top=700), chunk(REST, x0=400)],
        [WHOLE, "Leaders Good"],
    ),
    "an element after a sentence": (
        [chunk("Plans are clear.", element=4), chunk("Visits are rare.", 2, element=4)],
        ["Plans are clear. Visits are rare."],
    ),
}  # fmt: skip


TURNS = {
    "one page": ([chunk(OPEN)], []),
    "two pages": ([chunk(OPEN), chunk(REST, 2)], [(1, 2)]),
    "more lines": ([chunk(f"Plans are clear. / {OPEN}", 3), chunk(REST, 4)], [(2, 4)]),
    "three pages": ([chunk(OPEN), chunk("visit their teams and", 2), chunk(REST, 3)], [(1, 2), (2, 3)]),
    "a page left out": ([chunk(OPEN, element=4), chunk(REST, 3, element=4)], [(1, 3)]),
    "a column": ([chunk(OPEN, top=700), chunk(REST, top=100, x0=400)], []),
}  # fmt: skip


@pytest.mark.parametrize("name", TURNS)
def test_it_is_known_where_the_next_page_begins(name):
    chunks, turns = TURNS[name]
    assert [list(one.turns) for one in join_across_breaks(chunks)] == [turns]


@pytest.mark.parametrize("name", CASES)
def test_what_a_break_cuts_is_put_together(name):
    chunks, expected = CASES[name]
    if isinstance(expected, int):
        assert len(joined(*chunks)) == len(chunks) == expected
    else:
        assert joined(*chunks) == expected
