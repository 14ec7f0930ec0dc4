"""Tables with rules: in which order their cells are read, and what heads the text in them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from factories import LEADING, line, page, paragraph_lines

from pipeline.base.records import Frame
from pipeline.paragraphs.ruled_tables import MAX_CELLS, ruled_tables
from pipeline.paragraphs.segment_pages import segment_pages

LEFTS, RIGHTS = (60.0, 150.0, 350.0), (150.0, 350.0, 550.0)
HEADS = ["Aim", "What we will do", "Progress"]
VISITS = [
    "Managers will check each month that",
    "visits are made on time, and tell the board",
    "why.",
]
PLANS = [
    "Most plans are now written with the",
    "family and say what should change for",
    "the child.",
]
TRAINING = [
    "Two courses were held in the spring for",
    "all who work in the front door, and most",
    "came.",
]


def table(*rows, top=100.0):
    """The lines of ruled cells, cell by cell; a row is a list of cells, each its lines."""
    lines = []
    for row in rows:
        height = LEADING * max(map(len, row)) + 6
        for left, right, cell in zip(LEFTS, RIGHTS, row, strict=True):
            frame = Frame(left, top, right, top + height)
            lines += paragraph_lines(cell, top=top + 3, x0=left + 5, frame=frame)
        top += height
    return lines


def bold(lines):
    return [replace(each, bold=True) for each in lines]


def by_line(lines):
    return sorted(lines, key=lambda each: (each.top, each.x0))


PLAN = table([[head] for head in HEADS], [["Visits"], VISITS, PLANS], [["Staff"], PLANS, TRAINING])
ACROSS = "Managers know their teams and spend time with each of the practitioners in them."


def prose(*pages):
    return [
        (block.text, block.above)
        for block in segment_pages(pages)
        if block.kind in ("paragraph", "list_item")
    ]


@pytest.mark.parametrize("lines", [PLAN, by_line(PLAN)], ids=["cell by cell", "line by line"])
def test_the_text_of_a_cell_is_whole_below_its_head_and_its_label(lines):
    assert prose(page(lines)) == [
        (" ".join(VISITS), ("What we will do", "Visits")),
        (" ".join(PLANS), ("Progress", "Visits")),
        (" ".join(PLANS), ("What we will do", "Staff")),
        (" ".join(TRAINING), ("Progress", "Staff")),
    ]


def test_a_number_in_the_cell_before_is_that_of_the_text():
    lines = table([["Ref"], ["What we will do"], ["Progress"]], [[], VISITS, PLANS])
    at = next(n for n, each in enumerate(lines) if each.text == VISITS[0])
    lines[at] = replace(lines[at], text=f"1.1 {VISITS[0]}", x0=65)
    assert [text for text, _ in prose(page(lines))] == [f"1.1 {' '.join(VISITS)}", " ".join(PLANS)]


def test_text_around_a_table_is_not_below_its_heads():
    lines = [line(ACROSS, top=60), *PLAN, line(ACROSS, top=400)]
    assert [above for text, above in prose(page(lines)) if text == ACROSS] == [(), ()]


def test_a_label_is_a_heading_in_its_row_only():
    blocks = segment_pages([page([*bold(PLAN[:3]), *PLAN[3:]])])
    assert [(block.text, block.above) for block in blocks if block.kind == "heading"] == [
        ("Visits", ("Visits",)),
        ("Staff", ("Staff",)),
    ]


def test_a_table_goes_on_over_the_page_below_the_same_heads():
    rest = table([["Money"], VISITS, PLANS], top=60)
    assert prose(page(PLAN), page(rest, number=2))[-2:] == [
        (" ".join(VISITS), ("What we will do", "Money")),
        (" ".join(PLANS), ("Progress", "Money")),
    ]


REST = [
    [
        "when a child is moved at short notice, or",
        "when the family has asked for a visit, and",
        "at once.",
    ],
    [
        "after the courses that were held in the",
        "spring, and most staff have since been",
        "asked.",
    ],
]


@pytest.mark.parametrize("heads", [[], [[[head] for head in HEADS]]], ids=["no heads", "heads"])
def test_a_cell_that_goes_on_over_the_page_is_whole(heads):
    cut = [["Staff"], VISITS[:2], PLANS[:2]]
    first = page(table([[head] for head in HEADS], [["Visits"], VISITS, PLANS], cut, top=600))
    rest = page(table(*heads, [[], *REST], [["Money"], VISITS, PLANS], top=60), number=2)
    assert prose(first, rest)[2:] == [
        (" ".join([*VISITS[:2], *REST[0]]), ("What we will do", "Staff")),
        (" ".join([*PLANS[:2], *REST[1]]), ("Progress", "Staff")),
        (" ".join(VISITS), ("What we will do", "Money")),
        (" ".join(PLANS), ("Progress", "Money")),
    ]


def test_another_table_has_heads_of_its_own():
    other = table([["Risk"], ["Cause"], ["Answer"]], [["Money"], VISITS, PLANS], top=400)
    below = [*PLAN, line(ACROSS, top=360), *other]
    assert prose(page(below))[-1] == (" ".join(PLANS), ("Answer", "Money"))


def test_a_cell_beside_several_rows_is_the_label_of_each():
    rows = [line for line in PLAN if line.text not in ("Visits", "Staff")]
    first, last = rows[3].frame, rows[-1].frame
    label = line(
        "Practice", top=first.top + 3, x0=65, frame=Frame(60, first.top, 150, last.bottom)
    )
    above = [above for _, above in prose(page([*rows[:3], label, *rows[3:]]))]
    assert above == [("What we will do", "Practice"), ("Progress", "Practice")] * 2


def test_a_box_alone_is_no_table():
    lines = paragraph_lines(VISITS, frame=Frame(60, 90, 500, 160))
    assert not ruled_tables(lines)
    assert prose(page(lines)) == [(" ".join(VISITS), ())]


def test_a_table_of_grades_gives_no_headings():
    grades = table([["Area"], ["Question"], ["Grade"]], [["Help"], ["Is it early?"], ["Good"]])
    assert {block.above for block in segment_pages([page(grades)])} == {()}


def test_many_small_boxes_are_no_table():
    boxes = [
        line("12", top=n, x0=60, frame=Frame(60 + n, n, 62 + n, n + 2))
        for n in range(MAX_CELLS + 1)
    ]
    assert not ruled_tables(boxes)
