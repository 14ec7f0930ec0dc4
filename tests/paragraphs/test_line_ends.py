"""Line ends: whether the first word of the next line would have fitted."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from factories import LEADING, line
from hypothesis import assume, example, given
from hypothesis import strategies as st

from pipeline.base.records import Frame
from pipeline.paragraphs.line_ends import (
    MIN_FLUSH_LINES,
    ends_paragraph,
    is_flush,
    is_full,
    line_ends,
)


def is_snug(last, following):
    return 0 < following.bottom - last.bottom < 1.2 * LEADING


def column(*rows, width=200.0, x0=71.0):
    """Lines below each other, each given as its text and its width."""
    return [
        replace(line(text, top=100 + LEADING * index, x0=x0), x1=x0 + wide)
        for index, (text, wide) in enumerate(rows)
    ]


def ended(*rows):
    """For each line but the last, whether it is the last of its paragraph."""
    lines = column(*rows)
    ends = line_ends(lines, is_snug)
    return [
        ends_paragraph(last, end, following)
        for last, end, following in zip(lines, ends, lines[1:], strict=False)
    ]


CASES = {
    "a short line before a capital": (
        [("Managers know their teams and", 200), ("visit them.", 80), ("Plans are clear to all", 195)],
        [False, True],
    ),
    "a short line before lower case, in a sentence": (
        [("Managers know their teams and", 200), ("visit their practitioners", 150), ("them all the time.", 195)],
        [False, False],
    ),
    "items in lower case": (
        [("the quality of plans for children;", 200), ("supervision;", 80), ("thresholds.", 80)],
        [False, True],
    ),
    "items of a line each, without punctuation": (
        [("the quality of plans", 120), ("supervision", 70), ("thresholds", 60), ("fewer moves", 90)],
        [False, False, False],
    ),
    "much room before lower case": (
        [("Managers know their teams and", 200), ("their plans", 70), ("visits to all of them", 130)],
        [False, True],
    ),
    "a full line before a capital": (
        [("Managers know Northumberland.", 190), ("Northumberland knows them all.", 200)],
        [False],
    ),
    "justified: all but last lines end at the edge": (
        [("Managers know their teams.", 200), ("A plan is made each week and", 200),
         ("the child has it at hand for all", 200), ("to see, as they must be seen.", 200),
         ("Visits take place with care.", 193), ("A review is held each year to", 200)],
        [False, False, False, False, True],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_a_line_that_ends_early_ends_its_paragraph(name):
    rows, expected = CASES[name]
    assert ended(*rows) == expected


def test_lines_beside_a_picture_are_judged_by_their_neighbours():
    rows = [("Managers know their teams", 100)] * 20 + [("Managers know all of their teams", 200)]
    assert not any(ended(*rows)[:14])


def test_short_items_are_judged_by_the_column_around_them():
    items = column(("the quality of plans", 120), ("supervision", 70), ("thresholds", 60))
    text = [replace(line("Managers know their teams.", top=400), x1=371.0)]
    ends = line_ends([*items, *text], is_snug)
    assert [ends_paragraph(*each) for each in zip(items, ends, items[1:], strict=False)] == [
        True,
        True,
    ]
    beside = replace(line("Good", top=100 + LEADING, x0=300), x1=330.0)
    assert line_ends([*items, beside, *text], is_snug)[1].edge < 300


def test_the_last_line_of_a_stretch_has_no_room():
    lines = [*column(("Plans are clear.", 80)), line("Visits", top=400)]
    assert [end.room for end in line_ends(lines, is_snug)] == [None, None]


def test_full_and_flush():
    last, following = column(("Plans are clear.", 190), ("Northumberland", 90))
    assert is_full(last, 271, following)
    assert not is_full(last, 471, following)
    assert is_flush([last, replace(last)], 261)
    assert not is_flush([last, replace(last, x1=200)], 261)
    assert not is_flush([last], 261)


@given(st.lists(st.integers(1, 12), min_size=1, max_size=40), st.integers(20, 60))
@example([1, 10, 8, 9, 8, 5, 7, 6], 20)
def test_no_line_of_a_greedily_set_paragraph_ends_it(words, width):
    """Whatever the words and the measure: a program that sets text leaves no room for one more.

    Unless so many lines happen to be of one length that the text seems to be justified.
    """
    rows, row = [], ""
    for length in words:
        word = "N" * length
        if row and len(row) + 1 + length > width:
            rows.append(row)
            row = word
        else:
            row = f"{row} {word}".strip()
    rows.append(row)
    assume(max(Counter(map(len, rows)).values()) < MIN_FLUSH_LINES)
    assert not any(ended(*((text, 5.0 * len(text)) for text in rows)))


def test_lines_below_a_cell_do_not_say_how_far_its_lines_reach():
    cell = [
        replace(each, frame=Frame(60, 90, 280, 160))
        for each in column(("plans stall with the exception of", 190), ("one locality", 70))
    ]
    below = replace(line("All of the page is there for this line.", top=200), x1=500)
    end, _, _ = line_ends([*cell, below], is_snug)
    assert end.full
