"""Grades: of tables, headings and opening sentences, and not those of the years before."""

from __future__ import annotations

import pytest
from factories import block, blocks_of
from hypothesis import given, settings
from hypothesis import strategies as st
from specimens import CHILD_PROTECTION, ILACS, SIF, SLAC, day

from pipeline.base.columns import GRADES, JUDGEMENTS, NO_LONGER_GIVEN
from pipeline.documents.grades import find_grades, parse_grade


def grades(text: str, framework: str = "ILACS") -> dict[str, str]:
    return find_grades(blocks_of(text), framework)


def test_grades_of_ilacs():
    assert grades(ILACS) == {
        "overall_effectiveness": "requires improvement",
        "help_and_protection": "inadequate",
        "children_in_care": "outstanding",
        "leadership": "good",
    }


def test_care_leavers_with_a_row_of_their_own():
    rows = "\n| The experiences and progress of care leavers | Good"
    got = grades(ILACS.replace("in care and care leavers", "in care") + rows)
    assert (got["children_in_care"], got["care_leavers"]) == ("outstanding", "good")


# A table pasted into a file of text, with each cell on lines of its own.
PASTED = {
    "The impact of leaders on practice with\nchildren and families\nGood": ("leadership", "good"),
    "The experiences and progress of children in care\nRequires improvement to be good": (
        "children_in_care",
        "requires improvement",
    ),
    "The experiences and progress of children\nwho need help and protection\nInadequate": (
        "help_and_protection",
        "inadequate",
    ),
    "The experiences and progress of children in care and\ncare leavers\nGood": (
        "children_in_care",
        "good",
    ),
    "Overall effectiveness\nRequires improvement to\nbe good": (
        "overall_effectiveness",
        "requires improvement",
    ),
    "Leaders know the plans.\nGood": None,
    "Leadership\nGood plans": None,
    "Leadership was then\nGood": None,
    "Leadership\nGood\nInadequate": ("leadership", "good"),
    "Good\nLeadership": None,
}


@pytest.mark.parametrize("lines", PASTED)
def test_a_grade_on_a_line_of_its_own_is_that_of_the_line_above(lines):
    told = PASTED[lines]
    assert grades(f"Judgement\nGrade\n{lines}") == (dict([told]) if told else {})


WITHOUT_OVERALL = ILACS.rsplit("|", 1)[0].rsplit("|", 1)[0]


@pytest.mark.parametrize(
    ("text", "framework", "began", "overall"),
    [
        (WITHOUT_OVERALL, "ILACS", "2026-04-27", NO_LONGER_GIVEN),
        (WITHOUT_OVERALL, "ILACS", "2026-03-09", None),  # it may only have been missed
        (WITHOUT_OVERALL, "ILACS", None, None),
        (WITHOUT_OVERALL, "", "2026-04-27", None),
        (ILACS, "ILACS", "2026-04-27", "requires improvement"),
        (
            f"{WITHOUT_OVERALL}\nChildren’s services in Halton are good",
            "ILACS",
            "2026-04-27",
            NO_LONGER_GIVEN,
        ),
        ("# Inspection of Halton", "ILACS", "2026-04-27", None),
    ],
)
def test_since_2026_there_is_no_overall_grade(text, framework, began, overall):
    got = find_grades(blocks_of(text), framework, day(began))
    assert got.get("overall_effectiveness") == overall


def test_grades_of_sif():
    assert grades(SIF, "SIF") == {
        "overall_effectiveness": "requires improvement",
        "help_and_protection": "requires improvement",
        "children_in_care": "good",
        "adoption": "outstanding",
        "care_leavers": "inadequate",
        "leadership": "good",
        "lscb": "good",
    }


def test_grades_of_child_protection():
    assert grades(CHILD_PROTECTION, "child protection 2012") == {
        "overall_effectiveness": "adequate",
        "help_and_protection": "good",
    }


@pytest.mark.parametrize(
    ("sentence", "grade"),
    [
        ("# The overall judgement is good", "good"),
        ("# The overall judgement is requires improvement.", "requires improvement"),
        ("# Children’s services in Sandwell are inadequate", "inadequate"),
        ("# Children's services in Bury require improvement to be good", "requires improvement"),
        ("Children’s services in the City of London are outstanding because", "outstanding"),
        ("The overall effectiveness of help in Hull is judged to be adequate.", "adequate"),
        ("Children’s services in Bury were inadequate in 2011.", ""),
        ("Children’s services in Bury are not yet as good as they should be.", ""),
        ("# Children’s services in Bury are not yet good", ""),
        (
            "The overall judgement is that services for children are not yet good and require "
            "improvement.",
            "requires improvement",
        ),
        (
            "The overall judgement is that services are no longer inadequate, and are adequate.",
            "adequate",
        ),
        ("The overall effectiveness of help in Hull is not judged to be good or outstanding.", ""),
    ],
)
def test_the_overall_judgement_in_prose(sentence, grade):
    got = grades(f"# Inspection of services\nReport published: 3 May 2016\n{sentence}", "")
    assert got.get("overall_effectiveness", "") == grade


def test_two_services_with_two_grades_have_no_one_grade():
    safeguarding = "\n| Overall effectiveness | Good\n| Leadership and management | Adequate"
    assert grades(SLAC + safeguarding, "SLAC") == {"leadership": "adequate"}


def test_of_other_reports_the_first_row_counts():
    later = "\n| Overall effectiveness | Good"
    assert grades(CHILD_PROTECTION + later, "ILACS")["overall_effectiveness"] == "adequate"


def test_a_list_of_earlier_grades_is_not_the_grade():
    items = "\n".join(["It rains."] * 30 + ["- Overall effectiveness: inadequate"])
    assert grades(SIF + items, "SIF")["overall_effectiveness"] == "requires improvement"


@pytest.mark.parametrize("label", ["Previous overall effectiveness", "Leadership was then"])
def test_a_row_about_the_inspection_before_gives_no_grade(label):
    assert grades(f"| {label} | Good") == {}


@pytest.mark.parametrize(
    ("line", "grade"),
    [
        ("# Leadership and management are not yet good", ""),
        ("# Leadership is not consistently good", ""),
        ("# Leadership isn’t good", ""),
        ("# Leadership is no longer inadequate", ""),
        ("# Leadership is not yet good: requires improvement", "requires improvement"),
        ("| Leaders of services for those not in school | Good", "good"),
    ],
)
def test_a_grade_that_is_denied_is_none(line, grade):
    assert grades(line).get("leadership", "") == grade


BOARDS = {
    "# The Local Safeguarding Children Board is inadequate": "inadequate",
    "The judgement on the effectiveness of the Farwick Safeguarding Children Board (FSCB): good": "good",
    "The LSCB requires improvement because it rarely meets": "requires improvement",
    "The LSCB has a good chair": "",
    "# The Farwick Safeguarding Children Board is not yet good": "",
}


@pytest.mark.parametrize("sentence", BOARDS)
def test_the_board_is_judged_where_it_was_inspected_too(sentence):
    assert grades(sentence, "SIF").get("lscb", "") == BOARDS[sentence]


@pytest.mark.parametrize(
    ("text", "grade"),
    [
        ("Requires improvement to be good", "requires improvement"),
        ("Require improvement", "requires improvement"),
        ("Inadequate Grade 4", "inadequate"),
        ("OUTSTANDING", "outstanding"),
        ("Not judged", ""),
        ("", ""),
    ],
)
def test_parse_grade(text, grade):
    assert parse_grade(text) == grade


WORDS = st.sampled_from(["overall effectiveness", "leadership", "adoption", "|", ":", "grade 2", "was", *GRADES])  # fmt: skip
TEXTS = st.lists(WORDS, max_size=8).map(" ".join)
BLOCKS = st.builds(block, TEXTS, st.sampled_from(["table", "heading", "paragraph", "contents"]))


@settings(deadline=None)
@given(st.lists(BLOCKS, max_size=8), st.sampled_from(["ILACS", "SIF", "SLAC", ""]))
def test_whatever_stands_there_grades_are_the_declared_ones(blocks, framework):
    found = find_grades(blocks, framework)
    assert set(found) <= set(JUDGEMENTS)
    assert set(found.values()) <= set(GRADES)
