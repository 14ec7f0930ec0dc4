from __future__ import annotations

from textwrap import wrap

import pytest
from factories import growth
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.reading.read_text import join_broken_lines, read_text, strip_markup


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
    "underlined titles": (
        "Review of Farwick\n=================\nPlans are clear.\n\n2. What we saw:\n------------\nVisits are timely.\n"
        "------------------\nWaits\n----------------------\n| a |\n-----",
        [
            ("heading", "Review of Farwick"),
            ("paragraph", "Plans are clear."),
            ("heading", "2. What we saw:"),
            ("paragraph", "Visits are timely."),
            ("paragraph", "Waits"),
            ("table", "a"),
        ],
    ),
    "numbered titles without blank lines": (
        "1.\tBackground\n1.1\tVacancies have halved.\n2.0 Findings\n2.1 Waits are long.\n3. Visits\n4.1 Plans are clear.",
        [
            ("heading", "1. Background"),
            ("paragraph", "1.1 Vacancies have halved."),
            ("heading", "2.0 Findings"),
            ("paragraph", "2.1 Waits are long."),
            ("paragraph", "3. Visits"),
            ("paragraph", "4.1 Plans are clear."),
        ],
    ),
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
    "tabs after a marker": (
        "4.1\t\tThe panel met twice.\n(a)\t\tearly visits\n•\t \tshorter waits\nR1\t\tMeet more often.",
        [
            ("paragraph", "4.1 The panel met twice."),
            ("list_item", "(a) early visits"),
            ("list_item", "shorter waits"),
            ("paragraph", "R1 Meet more often."),
        ],
    ),
    "cells with a number in the first": (
        "4.1\t\t3.2\n7\t\tnorth\tfour",
        [("table", "4.1 | 3.2"), ("table", "7 | north | four")],
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
    "sentence that a page number interrupts": (
        "The hub is the place where concerns about\n4\nchildren are first looked at.",
        [("paragraph", "The hub is the place where concerns about children are first looked at.")],
    ),
    "marks on lines of their own": (
        "1.1\n\nThe panel met twice.\n\n•\nearly visits\n•\nshorter waits",
        [
            ("paragraph", "1.1 The panel met twice."),
            ("list_item", "early visits"),
            ("list_item", "shorter waits"),
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
    "prose in a markdown table": (
        f"| 1 | **Plans** | {'Plans are clear. ' * 9}<br>2.1 Visits are timely. | Jo Bloggs |\n| 2 | Visits | none | |",
        [
            ("table", "1"),
            ("heading", "Plans"),
            ("paragraph", ("Plans are clear. " * 9).strip()),
            ("paragraph", "2.1 Visits are timely."),
            ("table", "Jo Bloggs"),
            ("table", "2 | Visits | none"),
        ],
    ),
    "prose in a markdown table that begins in lower case": (
        f"| Plans for all the children | to be kept. {'Plans are clear. ' * 9}|",
        [
            ("heading", "Plans for all the children"),
            ("paragraph", f"to be kept. {'Plans are clear. ' * 9}".strip()),
        ],
    ),
    "an item of a list on several lines": (
        "• Leaders who know\nall of their staff\n• early visits\nCalm moves\nare rare",
        [
            ("list_item", "Leaders who know all of their staff"),
            ("list_item", "early visits"),
            ("paragraph", "Calm moves"),
            ("paragraph", "are rare"),
        ],
    ),
    "a numbered item that goes on below its text": (
        " 1. Write to\n    schools.\n 2. Meet\n carers\n 3. Visits.\n    often",
        [
            ("paragraph", "1. Write to schools."),
            ("paragraph", "2. Meet"),
            ("paragraph", "carers"),
            ("paragraph", "3. Visits."),
            ("paragraph", "often"),
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
    "recommendation": (
        "R1 - That thresholds are reviewed with schools\n\nRecommendation 2: To meet more often",
        [
            ("paragraph", "R1 - That thresholds are reviewed with schools"),
            ("paragraph", "Recommendation 2: To meet more often"),
        ],
    ),
    "named heading": ("Recommendation 3", [("heading", "Recommendation 3")]),
    "wrapped at a fixed width, before what looks like an item": (
        "\n".join(
            [
                "The task group heard that the mean caseload in the four areas fell from 21.2 to",
                "17.5 in the year to March, and that staff in all of the areas put this down to",
                "the new way of working, and that those who had asked for help did receive help",
                "- including with travel - from the managers who had been told of it by others",
                "who work in the same team, and who have to do with them at least once a week.",
                "- sharper plans",
                "- shorter waits",
            ]
        ),
        [
            (
                "paragraph",
                "The task group heard that the mean caseload in the four areas fell from 21.2 to "
                "17.5 in the year to March, and that staff in all of the areas put this down to "
                "the new way of working, and that those who had asked for help did receive help "
                "- including with travel - from the managers who had been told of it by others "
                "who work in the same team, and who have to do with them at least once a week.",
            ),
            ("list_item", "sharper plans"),
            ("list_item", "shorter waits"),
        ],
    ),
    "wrapped at a fixed width, before the last number of a sentence": (
        "\n".join(
            [
                "The task group heard from many staff in each of the four areas and was",
                "told by all of them that most children stay with carers until they are",
                "18. Some of them leave their carers when they are younger, and the men",
                "19. Visits are late",
                "who met with the task group in each of the four areas said it was rare",
                "for them to be asked what they would like to happen, or to be visited.",
            ]
        ),
        [
            (
                "paragraph",
                "The task group heard from many staff in each of the four areas and was told by "
                "all of them that most children stay with carers until they are 18. Some of them "
                "leave their carers when they are younger, and the men",
            ),
            ("paragraph", "19. Visits are late"),
            (
                "paragraph",
                "who met with the task group in each of the four areas said it was rare for them "
                "to be asked what they would like to happen, or to be visited.",
            ),
        ],
    ),
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


WRAPPED = [
    "The task group heard from many staff in each of the four areas of",
    "Farwick and was struck by how often the same point was made, that of",
    "Ada Thorne above all: people stay where they are listened to, and",
    "Greymoor listens. Exit interviews say the same, and so do all of the",
    "managers who carry them out in each year.",
]
SENTENCES = (
    "The task group heard from many staff in each of the four areas of Farwick and was struck by "
    "how often the same point was made, that of Ada Thorne above all: people stay where they are "
    "listened to, and Greymoor listens. Exit interviews say the same, and so do all of the "
    "Managers who carry them out in each year, and those of Oxbridge who have to read them."
)


@pytest.mark.parametrize("width", [42, 48, 80, 118])
def test_the_lines_that_a_sentence_goes_on_after_show_the_width(width):
    whole = " ".join([SENTENCES] * 3)
    text = "\n".join(wrap(whole, width))
    row = "\t".join(["Vacancies of the team"] * 7)
    assert kinds(f"{text}\n\n{row}\n\nPlans are clear.") == [
        ("paragraph", whole),
        ("table", " | ".join(["Vacancies of the team"] * 7)),
        ("paragraph", "Plans are clear."),
    ]


SINGLE = {
    "recommendations, and a title on two lines": [
        "Recommendations of the review by other councils of the work with children,", "young people and families",
        "The council should review the plans of all children in need every six weeks.",
        "Leaders should make sure that care leavers know what they are entitled to.",
        "Supervision should be regular, and managers should write down what was said.",
        "The partnership should agree who leads the work on children who go missing.",
        "The council should recruit more foster carers so that fewer children move.",
        "Members should visit the teams twice a year and report on what they have seen.",
    ],
    "actions without full stops": [
        "Review the plans of all children in need every six weeks",
        "Make sure that care leavers know what they are entitled to",
        "Agree who leads the work on children who go missing",
        "Recruit more foster carers so that fewer children move away",
        "Visit the teams twice a year and report on what was seen",
    ],
    "sentences": ["Visits to all of the homes of Farwick are timely.", "Plans are kept by the north."] * 4,
    "paragraphs around a quotation": [
        *[f"{SENTENCES} Plans are clear.", f"{SENTENCES} Visits are timely."] * 3,
        *["who work in the same team, and who have to do", "with them at least once a week, and those who"] * 3,
        *[f"{SENTENCES} Plans are clear.", f"{SENTENCES} Visits are timely."] * 3,
    ],
}  # fmt: skip


@pytest.mark.parametrize("name", SINGLE)
def test_lines_of_their_own_are_not_joined(name):
    lines = SINGLE[name]
    capitals = sum(line[0].isupper() for line in lines)
    assert sum(text[0].isupper() for _, text in kinds("\n".join(lines))) == capitals


ADDRESSES = {
    "longer than any width": f"https://farwick.example/{'reports/' * 15}exit",
    "longer than the lines": f"www.farwick.example/{'reports/' * 8}exit",
    "with words around it": f"(see https://farwick.example/{'reports/' * 15}exit, page 4)",
}


@pytest.mark.parametrize("name", ADDRESSES)
def test_an_address_is_not_broken_and_says_nothing_of_the_width(name):
    text = "\n".join([*WRAPPED, "", ADDRESSES[name]])
    assert kinds(text)[0] == ("paragraph", " ".join(WRAPPED))


def test_addresses_below_each_other_stay_apart():
    links = [f"https://farwick.example/{'reports/' * 8}{number}" for number in (1, 2)]
    assert [text for _, text in kinds("\n".join([*WRAPPED, "", *links]))][1:] == links


def test_a_long_paragraph_with_an_address_shows_that_nothing_is_wrapped():
    lines = [
        "Visits to all the homes of Farwick are timely",
        "Plans are kept by all the teams of the north",
    ]
    text = "\n".join([*lines * 3, f"{'Plans are clear. ' * 12}See https://farwick.example/plans."])
    assert len(kinds(text)) == 7


@pytest.mark.parametrize("name", CASES)
def test_cases(name):
    text, expected = CASES[name]
    assert kinds(text) == expected


def test_headings_that_nothing_marks_are_guessed():
    text = "## Findings\n\nQuality of practice\n\nPlans are clear and families know why.\n"
    assert [block.guessed for block in read_text(text)] == [False, True, False]


def test_form_feeds_count_pages():
    assert [b.page for b in read_text("One is here.\fTwo is here.\f\fFour is here.")] == [
        1,
        2,
        4,
    ]


def test_strip_markup():
    printed = "the **19<sup>th</sup>** of [May](#), *perhaps*, cost 3 * 4 * 5"
    assert strip_markup(printed) == "the 19th of May, perhaps, cost 3 * 4 * 5"


@settings(deadline=None)
@given(st.text(alphabet=st.sampled_from("abc .-•\n\f1|*²\t#"), max_size=120))
def test_no_word_is_lost(text):
    letters = [c for block in read_text(text) for c in block.text if c in "abc"]
    # Footnote markers are taken out, and so are titles that run from page to page.
    left_out = "²" in text or text.count("\f") >= 2
    assert "".join(letters) == "".join(c for c in text if c in "abc") or left_out


def endless(unit):
    return lambda size: unit * (size // len(unit))


# A size in characters at which it takes some time to read a text, and what the text holds.
HOSTILE = {
    "hashes": (40_000, endless("#")),
    "stars": (40_000, lambda size: "*" * size + " a"),
    "stops": (40_000, lambda size: "a" + " ." * (size // 2)),
    "brackets": (5_000, lambda size: "[" * size + "](x)"),
    "letters": (40_000, endless("A ")),
    "one line of sentences": (40_000, endless("Visits are timely. ")),
    "sentence that goes on": (40_000, endless("and visits of all the year are\n\n")),
    "footnotes in a sentence": (20_000, endless("¹ Visits\n\n")),
    "wrapped lines": (
        40_000,
        endless("the visits of the year to which the whole report and its plan go\n"),
    ),
    "contents": (
        40_000,
        lambda size: "".join(f"Visit {n} of\t4\n" for n in range(size // 14)),
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_time_grows_with_the_length_of_a_text(name, monkeypatch):
    # Of a line up to this length it may grow faster; the rule is the same at a smaller scale.
    monkeypatch.setattr("pipeline.reading.read_text.MAX_LINE", 500)
    size, make = HOSTILE[name]
    assert growth(read_text, make(size), make(4 * size)) < 10


LINES = {
    "spaces": lambda size: "e" + " " * size + "x",
    "stops": lambda size: "a" + " ." * (size // 2),
    "cells": lambda size: "|" * size,
    "tabs": lambda size: "a\t" * (size // 2) + "b",
    "elements": lambda size: "<a" * (size // 2),
}


@pytest.mark.parametrize("name", LINES)
def test_time_grows_with_the_length_of_a_line(name):
    make = LINES[name]
    assert growth(read_text, make(2_000), make(8_000)) < 10


def test_an_endless_line_is_cut_where_a_sentence_ends():
    blocks = read_text("Visits are timely. " * 2_000)
    assert all(len(block.text) <= 10_000 for block in blocks)
    assert all(block.text.endswith("timely.") for block in blocks)
    assert [len(block.text) for block in read_text("x" * 25_000)] == [10_000, 10_000, 5_000]


BROKEN = {
    "layout": ("Plans are\nclear.", "Plans are clear."),
    "a paragraph": ("Plans are clear.\n\nVisits are timely.", "Plans are clear.\n\nVisits are timely."),
    "typed items": ("We ask for:\n• early visits\n2) calm\nmoves", "We ask for:\n• early visits\n2) calm moves"),
    "findings": ("Plans are clear\nVisits are timely\nFamilies get help", "Plans are clear\nVisits are timely\nFamilies get help"),
    "a title": ("Farwick Council\nWhat needs to change\nReport of May", "Farwick Council What needs to change Report of May"),
    "spaces": ("  Plans  are \n\tclear ", "Plans are clear"),
    "nothing": (" \n", ""),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_line_breaks_that_part_nothing_are_spaces(name):
    text, expected = BROKEN[name]
    assert join_broken_lines(text) == expected
