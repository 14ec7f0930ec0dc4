"""A page as it is shown: what both PDF readers make of its turns and cuts."""

from __future__ import annotations

import pytest

from pipeline.base.records import Figure
from pipeline.reading.lines import TextRun
from pipeline.reading.rules import MAX_BOXES
from pipeline.reading.sheet import Sheet, shown_box, turn_of

MEDIA = (10, 20, 610, 820)
# Where the corners of the media box come to lie: the lower left and the upper right one.
TURNS = {
    0: (0, 0, 600, 800),
    90: (0, 0, 800, 600),
    180: (0, 0, 600, 800),
    270: (0, 0, 800, 600),
    -90: (0, 0, 800, 600),
    45: (0, 0, 600, 800),
}


@pytest.mark.parametrize("rotation", TURNS)
def test_a_page_is_turned_about_its_corner(rotation):
    assert shown_box(MEDIA, MEDIA, turn_of(MEDIA, rotation)) == TURNS[rotation]


@pytest.mark.parametrize(
    ("crop", "box"),
    [
        ((110, 120, 510, 720), (100, 100, 500, 700)),
        ((0, 0, 9_000, 9_000), (0, 0, 600, 800)),
        ((110, 120, 110, 120), (0, 0, 600, 800)),
        ((700, 120, 900, 720), (0, 0, 600, 800)),
    ],
)
def test_what_is_seen_is_in_both_boxes(crop, box):
    assert shown_box(MEDIA, crop, turn_of(MEDIA, 0)) == box


def write(sheet, text, matrix):
    """Put a text on the sheet, five points to a letter."""
    direction = sheet.direction(matrix)
    a, b, _, _, x0, baseline = direction.upright(matrix)
    run = TextRun(text, x0, x0 + 5 * len(text) * abs(a), baseline, 10, False, None, False)
    direction.take(run, (a, b))


# Upright, climbing, falling, at an angle, and outside the page.
UPRIGHT, CLIMBING, FALLING = (1, 0, 0, 1, 72, 700), (0, 1, -1, 0, 72, 72), (0, -1, 1, 0, 72, 700)
ASKEW, OUTSIDE = (0.7, 0.7, -0.7, 0.7, 72, 300), (1, 0, 0, 1, 72, 900)


@pytest.mark.parametrize(
    ("written", "read", "height"),
    [
        ({UPRIGHT: "Visits are timely.", CLIMBING: "Plans"}, ["Visits are timely."], 800),
        ({UPRIGHT: "Plans", CLIMBING: "Visits are timely."}, ["Visits are timely."], 600),
        ({UPRIGHT: "Plans", FALLING: "Visits are timely."}, ["Visits are timely."], 600),
        ({UPRIGHT: "Plans", ASKEW: "Visits are timely."}, ["Plans"], 800),
        ({UPRIGHT: "Plans", OUTSIDE: "Visits are timely."}, ["Plans"], 800),
        ({}, [], 800),
    ],
)
def test_most_text_says_which_way_is_up(written, read, height):
    sheet = Sheet((0, 0, 600, 800))
    for matrix, text in written.items():
        write(sheet, text, matrix)
    page = sheet.page(3, (Figure(1, "Bar chart"),))
    assert ([line.text for line in page.lines], page.height) == (read, height)
    assert (page.number, page.figures) == (3, (Figure(1, "Bar chart"),))


# What is written on a sheet, as text, place from the left, baseline and size, and what is read.
TWICE = {
    "bold is imitated": ([("Plans drift", 72, 700, 10), ("Plans drift", 72.3, 700, 10)], ["Plans drift"]),
    "a shadow": ([("Plans drift", 75, 697, 32), ("Plans drift", 72, 700, 32)], ["Plans drift"]),
    "word by word": (
        [(word, x0 + shift, 700, 10) for shift in (0, 0.3) for word, x0 in (("Plans", 72), (" ", 97), ("drift", 100))],
        ["Plans drift"],
    ),
    "one below the other": ([("Plans drift", 72, 700, 10), ("Plans drift", 72, 690, 10)], ["Plans drift"] * 2),
    "of two sizes": ([("Plans drift", 72, 700, 10), ("Plans drift", 72, 700, 12)], ["Plans drift"] * 2),
    "narrow letters": ([("l", 72, 700, 10), ("l", 73, 700, 10)], ["ll"]),
}  # fmt: skip


@pytest.mark.parametrize("name", TWICE)
def test_what_is_printed_twice_in_a_place_is_read_once(name):
    written, read = TWICE[name]
    sheet = Sheet((0, 0, 600, 800))
    direction = sheet.direction(UPRIGHT)
    for text, x0, baseline, size in written:
        width = 0.1 if text == "l" else 0.5
        run = TextRun(text, x0, x0 + width * size * len(text), baseline, size, False, None, False)
        direction.take(run, (1, 0))
    assert [line.text for line in sheet.page(1).lines] == read


def test_what_is_printed_twice_and_once_as_furniture_is_kept():
    sheet = Sheet((0, 0, 600, 800))
    direction = sheet.direction(UPRIGHT)
    for furniture in (True, False):
        direction.take(TextRun("Plans", 72, 97, 700, 10, False, None, furniture), (1, 0))
    assert [line.furniture for line in sheet.page(1).lines] == [True, False]


@pytest.mark.parametrize(("matrix", "text"), [(UPRIGHT, "• Plans"), (CLIMBING, "Plans")])
def test_small_shapes_are_bullets_of_upright_text(matrix, text):
    sheet = Sheet((0, 0, 600, 800))
    write(sheet, "Plans", matrix)
    sheet.draw((-8, 2, -5, 5), matrix)
    sheet.draw((-80, 2, -5, 50), matrix)
    assert [line.text for line in sheet.page(1).lines] == [text]


@pytest.mark.parametrize("matrix", [UPRIGHT, CLIMBING, FALLING])
def test_the_rules_of_a_turned_table_are_turned_with_it(matrix):
    sheet = Sheet((0, 0, 600, 800))
    write(sheet, "Visits are timely.", matrix)
    sheet.draw((-10, -10, 130, 30), matrix)
    (line,) = sheet.page(1).lines
    assert line.frame is not None
    assert (line.x0 - line.frame.left, line.frame.right - line.x0) == pytest.approx((10, 130))
    assert (line.bottom - line.frame.top, line.frame.bottom - line.bottom) == pytest.approx(
        (30, 10)
    )


def test_a_map_of_many_shapes_has_no_rules():
    sheet = Sheet((0, 0, 600, 800))
    write(sheet, "Visits are timely.", UPRIGHT)
    for n in range(MAX_BOXES + 2):
        sheet.draw((60 - n % 9, 690, 300 + n % 9, 730), (1, 0, 0, 1, 0, 0))
    (line,) = sheet.page(1).lines
    assert line.frame is None
