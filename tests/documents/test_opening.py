from __future__ import annotations

import pytest
from factories import block, blocks_of

from pipeline.documents.opening import (
    MAX_BLOCK_READ,
    OPENING_BLOCKS,
    SHORT_BLOCK,
    find_letter,
    letter_of,
    titles_of,
)

LONG = ("It rains. " * SHORT_BLOCK).strip()
TITLES = {
    "headings, short lines and rows": (
        "# Farwick\nInspection of services\n| Judgement | Grade",
        ["Farwick", "Inspection of services", "Judgement | Grade"],
    ),
    "no items, no addresses": ("# Farwick\n- clear plans\n@ County Hall", ["Farwick"]),
    "no paragraphs": (f"{LONG}\nA line", ["A line"]),
    "long headings too": (f"# {LONG}", [LONG]),
    "no short lines further down": ("\n".join(["It rains."] * 20 + ["# Leaders"]), ["It rains."] * 16 + ["Leaders"]),
    "nothing": ("", []),
}  # fmt: skip


@pytest.mark.parametrize("case", TITLES)
def test_titles(case):
    text, titles = TITLES[case]
    assert titles_of(blocks_of(text)) == titles


def test_titles_are_on_the_first_two_pages():
    blocks = [block(f"Page {n}", "heading", page=n) for n in (3, 4, 5)]
    assert titles_of(blocks) == ["Page 3", "Page 4"]


def test_titles_are_in_the_opening():
    blocks = [block(f"Heading {n}", "heading") for n in range(OPENING_BLOCKS + 1)]
    assert titles_of(blocks)[-1] == f"Heading {OPENING_BLOCKS - 1}"


LETTERS = {
    "a letter": ("8 May 2019\nDear Ms Thorne\nWe came.", ["Dear Ms Thorne", "We came."]),
    "a letter in quotation marks": ("“Dear Tom", ["“Dear Tom"]),
    "its first blocks": ("Dear Tom\n" + "It rains.\n" * 9, ["Dear Tom", *["It rains."] * 4]),
    "a sentence about somebody dear": ("A dear friend came.", []),
    "nobody in particular": ("Dear", []),
    "no letter": ("# Farwick\nIt rains.", []),
}


@pytest.mark.parametrize("case", LETTERS)
def test_a_letter_begins_with_its_salutation(case):
    text, letter = LETTERS[case]
    assert letter_of(blocks_of(text)) == letter
    assert (find_letter(blocks_of(text)) is None) == (not letter)


def test_of_a_long_block_the_beginning_is_read():
    (read,) = letter_of([block("Dear Tom " + "x" * 9_000)])
    assert len(read) == MAX_BLOCK_READ
