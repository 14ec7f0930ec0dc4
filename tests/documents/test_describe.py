"""Describe: kind, framework, dates and grades of documents in the forms they come in."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.base.columns import DOCUMENT_TYPES
from pipeline.base.records import KINDS, Block
from pipeline.documents.authorities import load_authorities
from pipeline.documents.authority_names import build_matcher
from pipeline.documents.describe import Description, describe_document
from pipeline.documents.grades import parse_grade

MATCHER = build_matcher(load_authorities())
SIGNS = {"#": "heading", "-": "list_item", "|": "table", "@": "address"}


def describe(text: str, path: str = "x.pdf", furniture: tuple[str, ...] = ()) -> Description:
    """Describe a document written line by line: # heading, - item, | row, @ address."""
    lines = [line.strip() for line in text.strip().splitlines() if line.strip()]
    blocks = [Block(SIGNS.get(line[0], "paragraph"), line.lstrip("#-|@ "), 1) for line in lines]
    return describe_document(path, blocks, furniture, MATCHER)


ILACS = """
# Inspection of Halton local authority children’s services
Inspection dates: 3 to 14 May 2021
Lead inspector: Joe Kent, Her Majesty’s Inspector
| Judgement | Grade
| The impact of leaders on social work | Good
| The experiences and progress of children who need help and protection | Inadequate
| The experiences and progress of children in care and care leavers | Outstanding
| Overall effectiveness | Requires improvement to be good
"""
SIF = """
# Wigan Council
# Services for children in need of help and protection, looked after children and care leavers
# Inspection date: 18 November – 10 December 2014
# Report published: 3 February 2015
# The overall judgement is that children’s services require improvement
| 1. Children who need help and protection | Requires Improvement
| 2. Children looked after and achieving permanence | Good
| 2.1 Adoption performance | Outstanding
| 2.2 Experiences and progress of care leavers | Inadequate
| 3. Leadership, management and governance | Good
# The Local Safeguarding Children Board is good
"""
SLAC = """
# Inspection of safeguarding and looked after children services
# Bury Council
Inspection dates: 28 November – 9 December 2011
Published: 20 January 2012
# Looked after children
| Overall effectiveness | Inadequate Grade 4
| Leadership and management | Adequate Grade 3
"""
CHILD_PROTECTION = """
# Inspection of local authority arrangements for the protection of children
# Bolton Council
Inspection dates: 7 – 16 January 2013
Published: 15 February 2013
| Overall effectiveness | Adequate
| The effectiveness of the help and protection given to children | Good
"""
FOCUSED = """
28 May 2019
@ Ms A Sutton, Director, Devon County Council, Exeter, Devon
Dear Ms Sutton
# Focused visit to Devon children’s services
Our findings come from a visit on 1 and 2 May 2019. Overall effectiveness was good in 2015.
"""
MONITORING = """
10 February 2017
Mr A Field, Director of Children’s Services, Salford City Council
Dear Mr Field
# Monitoring visit to Salford children’s services
You were judged inadequate on 4 June 2015. Inspectors made this visit on 17 and 18 January 2017.
"""
JTAI = """
8 August 2017
Dear local partnership
# Joint targeted area inspection of the response to neglect in Stockport
Between 12 and 16 June 2017 four inspectorates carried out their work side by side.
"""
PEERS = """
15 March 2019
Barnsley Council
Dear Tom
# Corporate peer challenge
The Local Government Association sent us from 5 to 8 February 2019. Overall effectiveness: good
"""
CABINET = """
Derbyshire County Council
# REPORT TO CABINET
14 November 2022
# Outcome of the Ofsted inspection
It took place between 7 and 16 January 2022. The overall judgement is good.
| Overall effectiveness | Good
"""
SCRUTINY = """
City of York Council
# Overview and Scrutiny Committee
Date: 3 March 2020
The overall judgement is good, members heard.
"""
DOCUMENTS = {
    "ILACS": (ILACS, "inspection", "ILACS", None, "2021-05-03", "2021-05-14"),
    "SIF": (SIF, "inspection", "SIF", "2015-02-03", "2014-11-18", "2014-12-10"),
    "SLAC": (SLAC, "inspection", "SLAC", "2012-01-20", "2011-11-28", "2011-12-09"),
    "child protection": (
        CHILD_PROTECTION,
        "inspection",
        "child protection 2012",
        "2013-02-15",
        "2013-01-07",
        "2013-01-16",
    ),
    "focused": (FOCUSED, "focused visit", "ILACS", "2019-05-28", "2019-05-01", "2019-05-02"),
    "monitoring": (MONITORING, "monitoring visit", "", "2017-02-10", "2017-01-17", "2017-01-18"),
    "JTAI": (JTAI, "joint targeted inspection", "JTAI", "2017-08-08", "2017-06-12", "2017-06-16"),
    "peers": (PEERS, "peer review", "LGA peer review", "2019-03-15", None, None),
    "cabinet": (CABINET, "cabinet report", "", "2022-11-14", None, None),
    "scrutiny": (SCRUTINY, "scrutiny report", "", "2020-03-03", None, None),
    "notes": ("# Notes of a walk", "other", "", None, None, None),
}


def day(text: str | None) -> dt.date | None:
    return dt.date.fromisoformat(text) if text else None


@pytest.mark.parametrize("case", DOCUMENTS)
def test_kind_framework_and_dates(case):
    text, kind, framework, published, first, last = DOCUMENTS[case]
    got = describe(text)
    assert (got.document_type, got.framework) == (kind, framework)
    assert (got.published_on, got.inspected_from, got.inspected_to) == (
        day(published),
        day(first),
        day(last),
    )


def test_kinds_are_the_declared_ones():
    assert {describe(text).document_type for text, *_ in DOCUMENTS.values()} == set(DOCUMENT_TYPES)


@pytest.mark.parametrize(
    ("printed", "first", "last"),
    [
        ("24 February – 18 March 2015", "2015-02-24", "2015-03-18"),
        ("17 to 28 July 2023", "2023-07-17", "2023-07-28"),
        ("15-19 July 2013", "2013-07-15", "2013-07-19"),
        ("28 January–5 February 2014", "2014-01-28", "2014-02-05"),
        ("18 November 2019 to 6 December 2019", "2019-11-18", "2019-12-06"),
        ("12 December to 13 January 2023", "2022-12-12", "2023-01-13"),
        ("26th February 2024 to 8th March 2024", "2024-02-26", "2024-03-08"),
        ("Monday 3 and Tuesday 4 June 2019", "2019-06-03", "2019-06-04"),
        ("4 June − 15 June 2018", "2018-06-04", "2018-06-15"),
        ("28 July 2016", "2016-07-28", "2016-07-28"),
        ("8 July 2019 to 12 July 2019 and 7 August 2019", "2019-07-08", "2019-07-12"),
        ("31 February 2019", None, None),
        ("14 May 2019 to 3 May 2019", None, None),
        ("spring 2019", None, None),
    ],
)
def test_inspection_dates_as_they_are_printed(printed, first, last):
    got = describe(f"# Inspection of Halton children’s services\nInspection dates: {printed}")
    assert (got.inspected_from, got.inspected_to) == (day(first), day(last))


def test_dates_may_stand_in_the_footer_only():
    got = describe("# Inspection of Halton children’s services", furniture=("5 to 16 June 2023",))
    assert (got.inspected_from, got.inspected_to) == (day("2023-06-05"), day("2023-06-16"))


def test_dates_may_be_a_block_of_their_own():
    got = describe(
        "# Inspection of Hull children’s services\nInspection dates:\n3rd May – 14th May 2021\n"
        "Published\n28 June 2021"
    )
    assert (got.inspected_to, got.published_on) == (day("2021-05-14"), day("2021-06-28"))


@pytest.mark.parametrize(
    ("text", "path", "published"),
    [
        (ILACS, "visit - 21 june 2021.pdf", "2021-06-21"),
        (ILACS, "visit_2021-06-21.pdf", "2021-06-21"),
        (ILACS, "visit - 3 january 2020.pdf", None),  # no report is out before the visit
        (SIF, "a/children's services - 10 february 2015.pdf", "2015-02-10"),
        (SIF, "a/downloaded 10 february 2021.pdf", "2015-02-03"),
        (CABINET, "paper 20 november 2022.pdf", "2022-11-14"),
        (
            "# Task group report\nSeptember 2013\nFirst meeting of the board\n18 June 2013",
            "x",
            None,
        ),
    ],
)
def test_printed_date_or_file_name(text, path, published):
    assert describe(text, path).published_on == day(published)


def test_a_footer_with_the_first_day_is_no_publication_date():
    assert describe(ILACS, furniture=("3 May 2021",)).published_on is None


def test_grades_of_ilacs():
    got = describe(ILACS)
    assert got.overall_effectiveness == "requires improvement"
    assert (got.help_and_protection, got.children_in_care) == ("inadequate", "outstanding")
    assert (got.leadership, got.care_leavers, got.adoption, got.lscb) == ("good", "", "", "")


def test_care_leavers_with_a_row_of_their_own():
    rows = "\n| The experiences and progress of care leavers | Good"
    text = ILACS.replace("in care and care leavers", "in care") + rows
    assert (describe(text).children_in_care, describe(text).care_leavers) == (
        "outstanding",
        "good",
    )


def test_grades_of_sif():
    got = describe(SIF)
    assert got.overall_effectiveness == got.help_and_protection == "requires improvement"
    assert (got.children_in_care, got.adoption, got.care_leavers) == (
        "good",
        "outstanding",
        "inadequate",
    )
    assert (got.leadership, got.lscb) == ("good", "good")


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
    ],
)
def test_the_overall_judgement_in_prose(sentence, grade):
    got = describe(f"# Inspection of services\nReport published: 3 May 2016\n{sentence}")
    assert got.overall_effectiveness == grade


def test_two_services_with_two_grades_have_no_one_grade():
    safeguarding = "\n| Overall effectiveness | Good\n| Leadership and management | Adequate"
    got = describe(SLAC + safeguarding)
    assert (got.overall_effectiveness, got.leadership) == ("", "adequate")


def test_a_list_of_earlier_grades_is_not_the_grade():
    items = "\n".join(["It rains."] * 30 + ["- Overall effectiveness: inadequate"])
    assert describe(SIF + items).overall_effectiveness == "requires improvement"


@pytest.mark.parametrize("text", [FOCUSED, MONITORING, PEERS, CABINET, SCRUTINY])
def test_documents_that_only_mention_a_grade_have_none(text):
    assert describe(text).overall_effectiveness == ""


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


def test_authority_code_and_region_come_from_the_table():
    got = describe(FOCUSED)
    assert (got.authority, got.ons_code, got.region) == ("Devon", "E10000008", "South West")


@pytest.mark.parametrize("text", ["", "\x00\x07 \x0c", "x" * 300_000, "1 " * 50_000, "| " * 9_000])
def test_odd_documents_are_other_and_empty(text):
    blocks = [Block("paragraph", text, 1)] if text else []
    assert describe_document("", blocks, [], MATCHER) == Description()


LINES = st.sampled_from([line for text, *_ in DOCUMENTS.values() for line in text.splitlines()])
BLOCKS = st.builds(
    Block,
    st.sampled_from(KINDS),
    st.one_of(LINES, st.text(max_size=60)),
    st.integers(min_value=1, max_value=4),
)


@settings(max_examples=80, deadline=None)
@given(st.lists(BLOCKS, max_size=12), st.text(max_size=30), st.lists(LINES, max_size=3))
def test_whatever_comes_the_description_is_sound(blocks, path, furniture):
    got = describe_document(path, blocks, furniture, MATCHER)
    assert got.document_type in DOCUMENT_TYPES
    assert (got.inspected_from is None) == (got.inspected_to is None)
    if got.inspected_from and got.inspected_to:
        assert got.inspected_from <= got.inspected_to
    if got.document_type != "inspection":
        assert got.overall_effectiveness == ""
