"""Rules: where they part cells, and which cell a line is in."""

from __future__ import annotations

import pytest
from factories import line

from pipeline.base.records import Frame
from pipeline.reading.rules import MAX_BOXES, Rules

HEIGHT = 842.0
LEFT, MIDDLE, RIGHT = 60.0, 200.0, 400.0
TOP, HALF, BOTTOM = 90.0, 130.0, 190.0


def upright(x, top, bottom):
    return (x - 0.3, HEIGHT - bottom, x + 0.3, HEIGHT - top)


def level(y, left, right):
    return (left, HEIGHT - y - 0.3, right, HEIGHT - y + 0.3)


def box(left, top, right, bottom):
    return (left, HEIGHT - bottom, right, HEIGHT - top)


# The same four cells as word processors, browsers and programs for charts draw them.
WHOLE = [upright(x, TOP, BOTTOM) for x in (LEFT, MIDDLE, RIGHT)] + [
    level(y, LEFT, RIGHT) for y in (TOP, HALF, BOTTOM)
]
BY_CELL = [
    rule
    for left, right in ((LEFT, MIDDLE), (MIDDLE, RIGHT))
    for top, bottom in ((TOP, HALF), (HALF, BOTTOM))
    for rule in (
        level(top, left + 1, right - 1),
        level(bottom, left + 1, right - 1),
        upright(left, top + 0.5, bottom - 0.5),
        upright(right, top + 0.5, bottom - 0.5),
    )
]
BOXES = [
    box(left, top, right, bottom)
    for left, right in ((LEFT, MIDDLE), (MIDDLE, RIGHT))
    for top, bottom in ((TOP, HALF), (HALF, BOTTOM))
]
DRAWN = {"whole": WHOLE, "cell by cell": BY_CELL, "boxes": BOXES}


@pytest.mark.parametrize("name", DRAWN)
def test_a_line_is_in_the_cell_around_it(name):
    rules = Rules(DRAWN[name], HEIGHT)
    for x0, top, cell in (
        (65, 100, (LEFT, TOP, MIDDLE, HALF)),
        (205, 100, (MIDDLE, TOP, RIGHT, HALF)),
        (65, 150, (LEFT, HALF, MIDDLE, BOTTOM)),
        (205, 150, (MIDDLE, HALF, RIGHT, BOTTOM)),
    ):
        frame = rules.frame(line("Visits are timely.", top=top, x0=x0))
        assert frame == pytest.approx(Frame(*cell), abs=1)
    assert rules.frame(line("Visits are timely.", top=300)) is None


@pytest.mark.parametrize("name", DRAWN)
def test_rules_part_what_stands_beside_them_at_their_height(name):
    rules = Rules(DRAWN[name], HEIGHT)
    assert rules.part(190, 210, 100)
    assert not rules.part(190, 210, 300)
    assert not rules.part(100, 150, 100)


def test_an_underlined_word_ends_no_cell():
    rules = Rules([*WHOLE, level(145, 65, 120)], HEIGHT)
    frame = rules.frame(line("Visits are timely.", top=160, x0=65))
    assert frame == pytest.approx(Frame(LEFT, HALF, MIDDLE, BOTTOM), abs=1)


def test_a_cell_that_goes_on_over_the_page_ends_with_its_sides():
    rules = Rules([upright(LEFT, TOP, 800), upright(MIDDLE, TOP, 800)], HEIGHT)
    frame = rules.frame(line("Visits are timely.", x0=65))
    assert frame == pytest.approx(Frame(LEFT, TOP, MIDDLE, 800), abs=1)


def test_the_highlight_of_a_word_frames_nothing():
    rules = Rules([box(60, 98, 200, 114)], HEIGHT)
    assert rules.frame(line("Visits are timely.", x0=65)) is None
    assert not rules.part(195, 205, 106)


def test_a_low_box_is_the_head_of_a_column_if_it_has_the_sides_of_the_cells_below():
    rules = Rules([*BOXES, box(LEFT, TOP - 16, MIDDLE, TOP), box(80, 250, 140, 266)], HEIGHT)
    head = rules.frame(line("Risk", top=76, x0=65))
    assert head == pytest.approx(Frame(LEFT, TOP - 16, MIDDLE, TOP), abs=1)
    assert rules.frame(line("Visits", top=252, x0=85)) is None


def test_charts_have_no_cells():
    chart = [upright(x, TOP, BOTTOM) for x in range(MAX_BOXES + 1)]
    for boxes in (chart, [upright(3 * x, TOP, BOTTOM) for x in range(500)]):
        assert not Rules(boxes, HEIGHT).part(190, 210, 100)
