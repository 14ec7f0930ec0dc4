"""Marks: what is a bullet, a number, the end of a sentence, a grade, an address, and what is not."""

from __future__ import annotations

import re

import pytest
from factories import growth
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.base.columns import GRADES
from pipeline.reading.marks import (
    BULLET,
    CONTACT,
    DASH,
    GRADE,
    MAX_ADDRESS_WORDS,
    NUMBER,
    POSTCODE,
    SENTENCE_END,
    is_address,
    may_go_on,
)


def taken(pattern, text):
    """What a pattern takes off the start of a text."""
    match = pattern.match(text)
    return match.group() if match else None


BULLETS = {
    "• plans": "• ",
    "\uf06eplans": "\uf06e",
    "\ufffd plans": "\ufffd ",
    "– plans": "– ",
    "-early help": "-",
    "o plans": "o ",
    "* plans": "* ",
    "→ plans": "→ ",
    "➜plans": "➜",
    "◆ plans": "◆ ",
    "☑ plans": "☑ ",
    "» plans": "» ",
    "> plans": "> ",
    "§ Plans": "§ ",
    "Ø\tPlans": "Ø\t",
    "ü plans": "ü ",
    # How a figure has changed, a comparison, a section of an Act, words.
    "→": None,
    "→ 12%": None,
    "> 12%": None,
    "§ 47": None,
    "»plans«": None,
    "Østby plans": None,
    # A minus, a range, a word.
    "-5% in a year": None,
    "–£3 million": None,
    "-.5": None,
    "often": None,
    "plans • visits": None,
}


@pytest.mark.parametrize("text", BULLETS)
def test_bullets(text):
    assert taken(BULLET, text) == BULLETS[text]


@pytest.mark.parametrize(("text", "dash"), [("– plans", True), ("- plans", True), ("-plans", False), ("• plans", False)])  # fmt: skip
def test_a_dash_may_go_on_with_a_sentence(text, dash):
    assert bool(DASH.match(text)) is dash


WRAPPED = {
    "17.5 in a year": True,
    "– but not yet": True,
    "- but not yet": True,
    # A number of a paragraph, a column of its own, a minus, an item of a list.
    "17.5 Plans": False,
    "17.5\tplans": False,
    "–\tplans": False,
    "-plans": False,
    "(a) plans": False,
    "• plans": False,
    "plans": False,
}


@pytest.mark.parametrize("line", WRAPPED)
def test_the_rest_of_a_sentence_may_begin_like_an_item(line):
    assert may_go_on("Caseloads", "fell from 21.2 to", line) is WRAPPED[line]
    assert not may_go_on("Caseloads", "fell.", line)


LAST_NUMBERS = {
    ("stay with carers until they are", "18. Care leavers"): True,
    ("for all of them at stage 1 and", "2. ‘Good’ plans"): True,
    ("Early help in Farwick is good", "18. Visits are timely"): False,
    ("stay with carers until they are", "18. visits"): False,
    ("stay with carers until they are.", "18. Care leavers"): False,
    ("what every child needs", "2. Visits are timely"): False,
    ("Farwick Band", "2. Visits are timely"): False,
}


@pytest.mark.parametrize("lines", LAST_NUMBERS)
def test_the_last_number_of_a_sentence_is_none_of_a_paragraph(lines):
    assert may_go_on("Most", *lines) is LAST_NUMBERS[lines]


def test_an_item_with_a_dash_is_no_rest_of_the_one_before():
    assert not may_go_on("– plans", "for all of them", "– visits")
    assert may_go_on("• caseloads", "fell from 21.2 to", "17.5 in a year")


NUMBERS = {
    "12. Plans": "12. ",
    "3.4 Plans": "3.4 ",
    "3.4.10. Plans": "3.4.10. ",
    "A1.2 Plans": "A1.2 ",
    "19.Plans": "19.",
    "7\tPlans": "7\t",
    "(a) plans": "(a) ",
    "(12) plans": "(12) ",
    "iv) plans": "iv) ",
    "b. plans": "b. ",
    # Years, sums, initials and beginnings of sentences.
    "2019 was dry": None,
    "12 children": None,
    "19.plans": None,
    "i.e. plans": None,
    "I. Plans": None,
    "plans 12. ": None,
}


@pytest.mark.parametrize("text", NUMBERS)
def test_numbers_of_paragraphs(text):
    assert taken(NUMBER, text) == NUMBERS[text]


ENDS = {
    "Plans are clear.": True,
    "Are they?": True,
    "They said ‘stop.’": True,
    "(It rained.)": True,
    "We ask for:": True,
    "clear plans;": True,
    "Plans are clear": False,
    "clear, ": False,
    "at 3.5": False,
}


@pytest.mark.parametrize("text", ENDS)
def test_ends_of_sentences(text):
    assert bool(SENTENCE_END.search(text)) is ENDS[text]


@pytest.mark.parametrize(
    "grade", [*GRADES, "Requires improvement to be good", "require  improvement"]
)
def test_grades_are_known_as_they_are_printed(grade):
    assert re.fullmatch(GRADE, grade, re.IGNORECASE)


ADDRESSES = {
    "Hall Square, Farwick, FW1 2AB": True,
    "T: 01632 960 111": True,
    "Tel 01632 960111": True,
    "E: office@farwick.example": True,
    "Email office@farwick.example": True,
    "w www.farwick.example": True,
    "T +44 (0)1632 960111": True,
    "Telephone: (01632) 960111": True,
    "Helpline: tel 0800 1111": True,
    "Textphone 18001 01632 960111": True,
    "Fax 01632.960.111": True,
    "FW12AB": True,
    "Write to us at FW1 2AB.": False,
    "Hall Square, Farwick": False,
    "Visits in 2019": False,
    "hotel: 12 rooms": False,
    # Numbers of actions, terms of a school year.
    "T1 Review the plans of all children in need": False,
    "E2 Every child in Farwick has a plan": False,
    "W3: Visit each home": False,
    "Attendance in T3 2023 rose to 94%": False,
    "Attendance in T2 2022-2023 rose to 94%": False,
    "In an email 3 managers asked for help": False,
    "They met 3 times": False,
    "": False,
}


@pytest.mark.parametrize("text", ADDRESSES)
def test_addresses(text):
    assert is_address(text) is ADDRESSES[text]


def test_a_long_text_with_a_postcode_is_no_address():
    words = ["plans"] * (MAX_ADDRESS_WORDS - 3)
    assert is_address(" ".join([*words, "FW1 2AB"]))
    assert not is_address(" ".join([*words, "plans", "FW1 2AB"]))


@settings(deadline=None)
@given(st.sampled_from("•●▪■–-o*"), st.from_regex(r"[a-z]{2,8}( [a-z]{1,8}){0,3}", fullmatch=True))
def test_bullets_take_nothing_of_the_text(bullet, text):
    printed = f"{bullet} {text}"
    assert printed[len(taken(BULLET, printed)) :] == text


PATTERNS = [BULLET, NUMBER, SENTENCE_END, POSTCODE, CONTACT]
HOSTILE = {
    "spaces": lambda n: " " * n + "x",
    "figures": lambda n: "1" * n + "x",
    "figures and stops": lambda n: "1.1." * n + "x",
    "ends": lambda n: ".)" * n + "x",
    "bullets": lambda n: "• " * n + "x",
    "contacts": lambda n: "tel: " * n + "x",
    "a contact and spaces": lambda n: "tel" + " " * n + "x",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_time_grows_with_the_length_of_a_line(name):
    def search(line):
        return [pattern.search(line) for pattern in PATTERNS]

    make = HOSTILE[name]
    assert growth(search, make(2_000), make(8_000)) < 10
