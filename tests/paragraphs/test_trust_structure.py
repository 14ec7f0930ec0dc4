"""Structure trees that may be trusted, and those that the print contradicts."""

from __future__ import annotations

from dataclasses import replace

import pytest
from factories import LEADING, line, page

from pipeline.base.records import Element
from pipeline.paragraphs.trust_structure import trust_structure


def is_snug(last, following):
    return following.bottom - last.bottom < 1.2 * LEADING


def printed(*rows, role="paragraph", step=LEADING):
    """Lines from top to bottom, each given as its text and the number of its element."""
    return [
        replace(
            line(text, top=100 + step * index),
            element=None if number is None else Element(number, role),
        )
        for index, (text, number) in enumerate(rows)
    ]


def numbers(lines):
    trusted = trust_structure(page(lines), is_snug)
    return [each.element and each.element.number for each in trusted.lines]


def test_a_tree_that_agrees_with_the_print_is_trusted():
    rows = [("Visits are timely and", 1), ("children are seen.", 1), ("Plans are clear.", 2)]
    assert numbers(printed(*rows)) == [1, 1, 2]


CONTRADICTED = {
    "one element for each line": [(f"and so goes on line {n} of", n) for n in range(8)],
    "half of the text is in none": [("Plans are clear.", 1), ("Visits are timely.", None)],
    "one element for a list": [(f"• item {n}", 1) for n in range(8)],
}


@pytest.mark.parametrize("name", CONTRADICTED)
def test_a_tree_that_the_print_contradicts_is_dropped(name):
    assert set(numbers(printed(*CONTRADICTED[name]))) == {None}


def test_one_element_for_paragraphs_with_gaps_between_them_is_dropped():
    assert set(numbers(printed(*[("Plans are clear.", 1)] * 6, step=2 * LEADING))) == {None}


def test_items_may_begin_in_lower_case():
    rows = [(f"the quality of plans in team {n}", n) for n in range(8)]
    assert numbers(printed(*rows, role="list_item")) == list(range(8))


def test_a_page_without_a_tree_stays_as_it_is():
    lines = printed(("Plans are clear.", None))
    assert trust_structure(page(lines), is_snug) == page(lines)


def test_lines_come_in_the_order_of_the_tree():
    lines = printed(("First.", 1), ("Second.", 2), ("Third.", 3))
    written = [lines[2], lines[0], lines[1]]
    assert numbers(written) == [1, 2, 3]


def test_a_tree_that_goes_up_the_page_does_not_give_the_order():
    lines = printed(("First.", 3), ("Second.", 2), ("Third.", 1))
    assert numbers(lines) == [3, 2, 1]
