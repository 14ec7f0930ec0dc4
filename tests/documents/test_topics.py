"""Topics: what a joint inspection was about and what a visit looked at, as letters say it."""

from __future__ import annotations

import pytest
from factories import blocks_of

from pipeline.documents.topics import LONGEST, find_topic

JOINT = {
    "# Joint targeted area inspection of the multi-agency response to sexual abuse in the family in "
    "Farwick": "sexual abuse in the family",
    "# JTAI: serious youth violence": "serious youth violence",
    "# Joint targeted area inspection of the multi-agency response to abuse and neglect in Farwick\n"
    "Inspectors made a ‘deep dive’ into the lives of older children who had been neglected.": "neglect",
    "# Joint targeted area inspection of Farwick\nIt was about the multi-agency response to "
    "identification of initial need and risk in Farwick for families who need help.": (
        "front door: initial need and risk"
    ),
    "The multi-agency response to families who need early help in Farwick.": (
        "early help for children and families"
    ),
    "The multi-agency responses to children’s mental health in Farwick": "children’s mental health",
    "The response to children at risk of sexual and criminal exploitation": "child exploitation",
    "The response to child sexual exploitation": "sexual exploitation and missing children",
    # A round of the future, in its own words.
    "The multi-agency response to children who are cold in winter in Farwick.": (
        "children who are cold in winter"
    ),
    f"The multi-agency response to {'cold ' * 24}": ("cold " * (LONGEST // 5)).strip(),
    "# Joint targeted area inspection of Farwick": "",
}
VISITS = {
    "Inspectors looked at the local authority’s arrangements for care leavers.": "care leavers",
    "We concentrated on the ‘front door’ and on child protection plans.": "front door",
    "The focus of this visit was permanence for children in care.": "permanence",
    "Inspectors evaluated arrangements for:\n- children in need\n- care leavers": (
        "children in need and child protection"
    ),
    "Inspectors considered children at risk outside the home.": "children at risk outside the family",
    "Children in care were glad to be asked.": "",
}


@pytest.mark.parametrize("text", JOINT)
def test_topics_of_joint_inspections(text):
    assert find_topic("joint targeted inspection", blocks_of(text)) == JOINT[text]


@pytest.mark.parametrize("text", VISITS)
def test_topics_of_focused_visits(text):
    assert find_topic("focused visit", blocks_of(f"Dear Ms Thorne\n{text}")) == VISITS[text]


@pytest.mark.parametrize("kind", ["inspection", "area SEND inspection", "scrutiny report"])
def test_other_documents_have_none(kind):
    assert find_topic(kind, blocks_of("\n".join([*JOINT, *VISITS]))) == ""
