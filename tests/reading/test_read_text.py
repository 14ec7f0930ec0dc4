from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.reading.read_text import read_text, strip_markup


def kinds(text):
    return [(block.kind, block.text) for block in read_text(text)]


CASES = {
    "heading and paragraph": (
        "Quality of practice\n\nPlans are clear and families know what must change.",
        [
            ("heading", "Quality of practice"),
            ("paragraph", "Plans are clear and families know what must change."),
        ],
    ),
    "markdown heading": ("## **2. Morale**\n", [("heading", "2. Morale")]),
    "numbered heading, then numbered paragraphs": (
        "4. Staffing\n\n4.1 Vacancies have halved.\n\n4.2 Two teams are still short.",
        [
            ("heading", "4. Staffing"),
            ("paragraph", "4.1 Vacancies have halved."),
            ("paragraph", "4.2 Two teams are still short."),
        ],
    ),
    "a bullet in front of a number": (
        "- 2.1 The panel met twice.",
        [("paragraph", "2.1 The panel met twice.")],
    ),
    "a minus, and a dash": (
        "-5% change in a year for all of them.\n-early help",
        [("paragraph", "-5% change in a year for all of them."), ("list_item", "early help")],
    ),
    "tabs inside a sentence": (
        "The panel\tmet twice\tand heard from staff.",
        [("paragraph", "The panel met twice and heard from staff.")],
    ),
    "tabs between cells": (
        "Vacancies\tRecruit ten people by March.\tHead of service\nnorth\ttwelve\tfour",
        [
            ("table", "Vacancies | Recruit ten people by March. | Head of service"),
            ("table", "north | twelve | four"),
        ],
    ),
    "list items": (
        "- sharper plans\n - shorter waits",
        [("list_item", "sharper plans"), ("list_item", "shorter waits")],
    ),
    "sentence that a page end interrupts": (
        "The hub is the place where concerns about\n\nchildren are first looked at.",
        [("paragraph", "The hub is the place where concerns about children are first looked at.")],
    ),
    "sentence that a footnote interrupts": (
        "Pay has risen for three years because of\n\n² Staff survey, page 4.\n\nturnover in the north.",
        [
            ("paragraph", "Pay has risen for three years because of turnover in the north."),
            ("footnote", "Staff survey, page 4."),
        ],
    ),
    "footnote marker in the text": (
        "Waiting lists are long.³ They grow.",
        [("paragraph", "Waiting lists are long. They grow.")],
    ),
    "markdown table": (
        "| Team | Posts |\n|---|---|\n| North | 12 |",
        [("table", "Team | Posts"), ("table", "North | 12")],
    ),
    "bullets in a table cell": (
        "| Strengths | <ul> • Clear vision • Stable leaders |",
        [
            ("heading", "Strengths"),
            ("list_item", "Clear vision"),
            ("list_item", "Stable leaders"),
        ],
    ),
    "contents": (
        "1.0\tIntroduction\t4\n2.0\tFindings\t5\n\tStaffing\t11",
        [
            ("contents", "1.0 Introduction 4"),
            ("contents", "2.0 Findings 5"),
            ("contents", "Staffing 11"),
        ],
    ),
    "address": (
        "Ms Ada Thorne\nCounty Hall\nFarwick\nFW1 2AB",
        [("address", "Ms Ada Thorne, County Hall, Farwick, FW1 2AB")],
    ),
    "named heading": ("Recommendation 3", [("heading", "Recommendation 3")]),
    "wrapped at a fixed width": (
        "\n".join(
            [
                "The task group heard from many staff in each of the four areas and",
                "was struck by how often the same point was made: that people stay",
                "where they are listened to, and that they leave where they are not",
                "listened to. Exit interviews say the same, and so do the managers",
                "who carry them out, quarter after quarter and year after year.",
                "",
                "Pay matters less.",
            ]
        ),
        [
            (
                "paragraph",
                "The task group heard from many staff in each of the four areas and was struck by how "
                "often the same point was made: that people stay where they are listened to, and that "
                "they leave where they are not listened to. Exit interviews say the same, and so do the "
                "managers who carry them out, quarter after quarter and year after year.",
            ),
            ("paragraph", "Pay matters less."),
        ],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_cases(name):
    text, expected = CASES[name]
    assert kinds(text) == expected


def test_form_feeds_count_pages():
    assert [b.page for b in read_text("One is here.\fTwo is here.\f\fFour is here.")] == [
        1,
        2,
        4,
    ]


def test_strip_markup():
    printed = "the **19<sup>th</sup>** of [May](#), *perhaps*, cost 3 * 4 * 5"
    assert strip_markup(printed) == "the 19th of May, perhaps, cost 3 * 4 * 5"


@given(st.text(alphabet=st.sampled_from("abc .-•\n\f1|*²\t#"), max_size=120))
def test_no_word_is_lost(text):
    letters = [c for block in read_text(text) for c in block.text if c in "abc"]
    assert "".join(letters) == "".join(c for c in text if c in "abc") or "²" in text


HOSTILE = ["#" * 200_000, "*" * 200_000 + " a", "a" + " ." * 100_000, "[" * 30_000 + "](x)", "A " * 100_000,
           "Visits are timely. " * 20_000, "and visits of all the year are\n\n" * 60_000, "¹ Visits\n\n" * 60_000,
           "the visits of the year to which the whole report and its plan go\n" * 15_000,
           "".join(f"Visit {n} of\t4\n" for n in range(40_000)), ("e" + " " * 9_000 + "x\n") * 20]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: text[:8])
def test_endless_lines_take_bounded_time(text):
    started = time.process_time()
    read_text(text)
    assert time.process_time() - started < 4
