"""Kinds: what sort of document it is and under which framework, by its title, letter and marks."""

from __future__ import annotations

import pytest
from factories import block, blocks_of
from hypothesis import given, settings
from hypothesis import strategies as st
from specimens import CABINET, DOCUMENTS, ILACS, day

from pipeline.base.columns import DOCUMENT_TYPES, INSPECTORATE_TYPES
from pipeline.documents.kinds import find_document_type, find_framework


def kind_of(text: str, furniture: tuple[str, ...] = ()) -> str:
    return find_document_type(blocks_of(text), furniture)


@pytest.mark.parametrize("case", DOCUMENTS)
def test_kind_and_framework_of_documents_of_every_kind(case):
    text, kind, framework, published, _, last = DOCUMENTS[case]
    assert kind_of(text) == kind
    assert find_framework(kind, blocks_of(text), (), day(last or published)) == framework


def test_kinds_are_the_declared_ones():
    assert {kind_of(text) for text, *_ in DOCUMENTS.values()} == set(DOCUMENT_TYPES)


TITLES = {
    "# Ofsted monitoring visit to Farwick children’s services": "monitoring visit",
    "# ILACS focussed visit to Farwick": "focused visit",
    "# Report on the joint targeted inspection in Farwick": "joint targeted inspection",
    "# JTAI: neglect in Farwick": "joint targeted inspection",
    "# Joint area child protection inspection: Farwick": "joint targeted inspection",
    "# Area SEND full inspection of Farwick": "area SEND inspection",
    "# Joint area SEND revisit in Farwick": "area SEND inspection",
    "# Joint inspection of youth offending services in Farwick": "youth justice inspection",
    "# Report of Short Quality Screening (SQS) of youth offending work in Farwick": (
        "youth justice inspection"
    ),
    "# COVID-19 assurance visit to Farwick": "assurance visit",
    "# Area SEND strategy of Farwick": "other",
    "# Farwick joint targeted area inspection": "joint targeted inspection",
    "# Joint targeted area inspection of the multi-agency response to serious violence in Farwick": (
        "joint targeted inspection"
    ),
    "# JTAI of the response to neglect in Farwick": "joint targeted inspection",
    "# JTAI of the outcomes of children in Farwick": "joint targeted inspection",
    "# JTAI: the partnership’s response to the findings": "other",
    "# JTAI: our multi-agency response": "other",
    "# Outcome of the JTAI in Farwick": "other",
    "# Outcomes of children’s services JTAI": "other",
    "# Health and wellbeing board\n# Area SEND inspection of Farwick: outcome": "other",
    "# Area SEND inspection of Farwick\n# Inspection outcome": "area SEND inspection",
    "# Joint inspection of child protection arrangements in Farwick": "joint targeted inspection",
    "# Ofsted and CQC area SEND inspection of Farwick": "area SEND inspection",
    "# Area SEND monitoring inspection: Farwick": "area SEND inspection",
    "# Joint inspection of the local area of Farwick to judge how it meets special educational "
    "needs": "area SEND inspection",
    "# Local area special educational needs and disabilities (SEND) inspection in Farwick": (
        "area SEND inspection"
    ),
    "# HM Inspectorate of Probation: An inspection of the youth justice service in Farwick": (
        "youth justice inspection"
    ),
    "# Ofsted COVID-19 assurance visit to Farwick": "assurance visit",
    "# Area SEND interim visit: Farwick": "area SEND inspection",
    "Dear Mr Thorne\nBetween 4 and 6 May 2021, two inspectorates revisited the area of Farwick to see "
    "what its written statement of action had changed.": "area SEND inspection",
    "# Peer-led review of Farwick": "peer review",
    "# Farwick Overview & Scrutiny": "scrutiny report",
    "# Children’s scrutiny sub-committee": "scrutiny report",
    "# LGA peer challenge\n# Farwick County Council\n# Executive summary\n# Overview and scrutiny": (
        "peer review"
    ),
    "# LGA peer challenge\n# Inspection of children’s services": "peer review",
    "# LGA peer challenge\n# Report to Cabinet": "cabinet report",
    "# Peer challenge action plan\n# Overview and scrutiny": "scrutiny report",
    "# Scrutiny Committee\n# LGA peer challenge": "scrutiny report",
    "We met after the peer challenge.\n# Scrutiny Committee": "scrutiny report",
    "# Children’s Scrutiny Sub Committee": "scrutiny report",
    "# Scrutiny Standing Panel": "scrutiny report",
    "# Children’s Scrutiny Working Group": "scrutiny report",
    "# Mayor and Cabinet": "cabinet report",
    "# Farwick City Council Cabinet": "cabinet report",
    "# Executive Report": "cabinet report",
    "# Report of the Executive Director\n# Report to the Executive": "cabinet report",
    "# Report to: Executive\n# Report of: Director of Children’s Services": "cabinet report",
    "# Report of: Executive Member for Children\n# Meeting of: Executive": "cabinet report",
    "# Meeting: Cabinet\n# Improvement of services": "cabinet report",
    "# Report of the Strategic Director to the meeting of the Executive to be held on 3 May 2021": (
        "cabinet report"
    ),
    "# Report of: Cabinet Member for Children\n# Children’s Scrutiny Panel": "scrutiny report",
    "# Overview and Scrutiny Committee\n# Report of the Executive Director": "scrutiny report",
    "# Children’s Select Committee\nThe group met after a report to the Cabinet.": "scrutiny report",
    "# Report of the Executive Director": "other",
    "# Meeting of the Executive Directors": "other",
    # Papers about inspections, and mentions of them.
    "# Area SEND inspection improvement plan": "other",
    "# Local area SEND inspection – written statement of action": "other",
    "# Area SEND inspections: framework and handbook": "other",
    "# Joint targeted area inspection: action plan": "other",
    "# Inspection of youth justice services: action plan": "other",
    "# Farwick County Council\n# Children’s Services Committee\n# Inspection of children’s services: "
    "action plan update\n12 March 2024": "other",
    "# Ofsted Inspection Report - Council Response and Action Plan": "other",
    "# Report to Cabinet\n# Inspection of children’s services: action plan": "cabinet report",
    "# Farwick Council\nInspection of case files takes place each month.": "other",
    "# Inspection of Farwick\nThis inspection report follows those of earlier years.": "inspection",
    "# Inspection of Farwick\n# Inspection report: what the council must plan": "inspection",
    "Lead inspector: Ada Thorne.": "inspection",
    f"# Ofsted inspection report: update\n{ILACS}": "inspection",
    "# Inspection of children’s services: our response\n# Inspection of Farwick\nReport published: 3 "
    "May 2024": "other",
    "# JTAI finds strong partnership in Farwick": "other",
    "# JTAI progress report": "other",
    "# JTAI multi-agency action log": "other",
    "# Joint targeted area inspection (JTAI) self-assessment": "other",
    "# Joint targeted area inspection: our improvement journey": "other",
    "# Area SEND inspection: what happens next": "other",
    "# Local area SEND inspection: frequently asked questions": "other",
    "# Focused visit to Farwick City Council: improvement actions": "other",
    "# Monitoring visit letter published": "other",
    "# Inspection of youth justice services in Farwick - council statement": "other",
    "# Ofsted inspection report: statement from the leader": "other",
    "# Ofsted inspection report published": "other",
    "# Inspection of Farwick children’s services: council welcomes good rating": "other",
    "# Area SEND inspection of Farwick: areas for priority action": "area SEND inspection",
    "# Assurance visits by Healthwatch": "other",
    "# Youth plan\nAn inspection of youth justice services took place.": "other",
    "Dear Ms Thorne\n# Focused visit to Farwick\nSince the last joint targeted area inspection of "
    "the town, much has changed.": "focused visit",
    "Dear Ms Thorne\nThis monitoring visit is the first since the COVID-19 assurance visit to "
    "Farwick.": "monitoring visit",
    "Dear colleague\nWe expect an area SEND inspection soon.": "other",
    # Letters of councils and of the Department for Education about a visit.
    "Dear Ms Thorne\nThank you for your letter of 3 July 2023 following the focused visit to Farwick "
    "on 20 and 21 June.": "other",
    "Dear Ms Thorne\n# Focused visit to Farwick\nI write in response to your letter, and am glad of "
    "it.": "other",
    "Dear Ms Thorne\n# Inspection of Farwick\nThank you for your report, and for your time.": "other",
    "Dear Ms Thorne\nFurther to your report on the monitoring visit, we have done more.": "other",
    "Dear Ms Thorne\nI am writing about the improvement notice given to Farwick in 2021. Ofsted’s "
    "monitoring visit found better plans.": "other",
    "Dear Ms Thorne\n# Improvement notice\nOfsted’s monitoring visit found better plans.": "other",
    "Dear Ms Thorne\n# Monitoring visit to Farwick\nThe town has had an improvement notice since "
    "2021.": "monitoring visit",
    "Dear Ms Thorne\nFurther to my letter of 3 July, this is what the monitoring visit to Farwick "
    "found.": "monitoring visit",
    "Dear Ms Thorne\nThank you for your letter on the peer review.": "other",
    "# Notes of the improvement board meeting\n# 3. Feedback from the peer review": "other",
    "# Minutes\n# Scrutiny Panel\n# 4. Monitoring visit to Farwick": "scrutiny report",
    "# Farwick peer challenge\nNotes of the team were kept": "peer review",
    # Letters of a commissioner or the chair of a board.
    "# Letter from the chair\nDear colleagues\nOfsted’s third monitoring visit went well.": "other",
    "Dear Minister\nI was sent here after the focused visit of October, and have met staff.": "other",
    "Dear Ms Thorne\nThis focused visit to Farwick came after the monitoring visit of 2019.": (
        "focused visit"
    ),
    "# Farwick peer challenge": "peer review",
    "# LGA peer challenge\n# Feedback report": "peer review",
    "# LGA peer challenge: feedback report": "peer review",
    "# LGA care practice diagnostic\nDear Ms Thorne\nWe came in May.": "peer review",
    "# Farwick Council\n# Safeguarding practice diagnostic": "peer review",
    "# Safeguarding practice diagnostic: action plan": "other",
    "# Farwick peer challenge\n# Action plan after the peer challenge": "peer review",
    "# Joint targeted area inspection of Farwick\n# Action plan": "other",
    "# Inspection of Farwick children’s services\n# Improvement plan: progress update": "other",
    "# Area SEND inspection of Farwick\n# Priority action plan 2024": "other",
    "# Focused visit to Farwick children’s services\n# Response and next steps": "other",
    "# Farwick peer challenge\n# Joint action plan": "other",
    "# Farwick publishes peer review of children’s services": "other",
    "# Farwick responds to peer challenge": "other",
    "# Peer challenge highlights good work in Farwick": "other",
    "# Peer challenge: highlights": "peer review",
    "# Peer challenge: what we are doing": "other",
    "# Peer challenge action plan": "other",
    "# Peer challenge action plan\nThe peer challenge took four days.": "other",
    "# Council’s response to the LGA peer challenge": "other",
    "# Peer review of children’s services: management response": "other",
    "# Re-inspection of Farwick services": "inspection",
    "# Annual unannounced inspection of contact and referral in Farwick": "inspection",
    "# Unannounced inspection of Farwick\nDear Ms Thorne": "inspection",
    "# Scrutiny inquiry: foster homes": "scrutiny report",
    "# Executive": "cabinet report",
    "# A message from the Cabinet Office": "other",
    "Dear Ms Thorne\nOur safeguarding review took four days.": "peer review",
    "It rained.\nYours, the scrutiny officer": "scrutiny report",
    "": "other",
}


@pytest.mark.parametrize("text", TITLES)
def test_the_opening_says_what_it_is(text):
    assert kind_of(text) == TITLES[text]


def test_a_running_header_says_it_too():
    assert kind_of("It rained.", ("Monitoring visit to Farwick",)) == "monitoring visit"


def test_a_paper_about_an_inspection_is_a_paper():
    assert kind_of(f"# Report to Cabinet\n{CABINET}\nInspection of Farwick") == "cabinet report"


@pytest.mark.parametrize(
    ("title", "kind"),
    [
        ("# Report to Cabinet", "cabinet report"),
        ("# Children’s Scrutiny Panel", "scrutiny report"),
    ],
)
def test_a_paper_that_shows_the_first_page_of_an_inspection_is_a_paper(title, kind):
    assert kind_of(f"{title}\n{ILACS}") == kind


def test_an_inspection_that_mentions_the_cabinet_is_an_inspection():
    assert kind_of(f"{ILACS}\n# Cabinet report of the council") == "inspection"


FRAMEWORKS = {
    "an older visit": ("monitoring visit", "# Single inspection framework", "2016-05-03", "SIF"),
    "a title that old reports have too": ("inspection", ILACS, "2016-05-03", ""),
    "a title whose day is not known": ("inspection", ILACS, None, "ILACS"),
    "a title after 2018": ("inspection", ILACS, "2021-05-03", "ILACS"),
    "a trust's, told by its judgements": (
        "inspection",
        "# Inspection of Farwick Children and Families Trust\n"
        "| The impact of leaders on social work | Good",
        "2026-05-03",
        "ILACS",
    ),
    "a council's, told by a title of three lines": (
        "inspection",
        "# Farwick Council\n# Children in need of help and protection,\n# children looked after\n"
        "# and care leavers",
        "2015-06-03",
        "SIF",
    ),
    "a council's, told by the judgements of 2013 to 2017": (
        "inspection",
        "# Inspection of Farwick children’s services\n| 2.1 Adoption performance | Good",
        "2015-06-03",
        "SIF",
    ),
    "a council's, told by a judgement as it is called since 2026": (
        "inspection",
        "# Farwick\n| Impact of leaders on practice with children and families | Good",
        "2026-06-03",
        "ILACS",
    ),
    "a council's, told by its title": (
        "inspection",
        "# Inspection of Farwick County Council children’s services",
        "2022-06-03",
        "ILACS",
    ),
    "a letter that names it": (
        "monitoring visit",
        "Dear Ms Thorne\nWe inspect under ILACS.",
        None,
        "ILACS",
    ),
    "the old words about SEND, in a report of the new inspections": (
        "area SEND inspection",
        "# Area SEND inspection of Farwick\nDear Ms Thorne\nThe joint inspection of the local area "
        "to judge special educational needs is over.",
        "2024-06-03",
        "Area SEND",
    ),
    "the new words about SEND, in a report of the old inspections": (
        "area SEND inspection",
        "# Area SEND inspection of Farwick",
        "2022-06-03",
        "Local area SEND",
    ),
    "the old words about SEND, on a day that is not known": (
        "area SEND inspection",
        "# Local area SEND inspection of Farwick",
        None,
        "Local area SEND",
    ),
    "peers of nobody": ("peer review", "# Peer review\nFriends came.", None, ""),
    "a paper that names one": ("cabinet report", "# Inspection under ILACS", None, ""),
}


@pytest.mark.parametrize("case", FRAMEWORKS)
def test_frameworks(case):
    kind, text, on, framework = FRAMEWORKS[case]
    assert find_framework(kind, blocks_of(text), (), day(on)) == framework


LINES = st.sampled_from([line for text, *_ in DOCUMENTS.values() for line in text.splitlines()])
BLOCKS = st.builds(block, LINES, st.sampled_from(["heading", "paragraph", "table", "contents"]))


@settings(deadline=None)
@given(st.lists(BLOCKS, max_size=10), st.lists(LINES, max_size=2))
def test_whatever_is_mixed_the_kind_is_a_declared_one(blocks, furniture):
    kind = find_document_type(blocks, furniture)
    assert kind in DOCUMENT_TYPES
    if kind not in (*INSPECTORATE_TYPES, "peer review"):
        assert find_framework(kind, blocks, furniture, None) == ""
