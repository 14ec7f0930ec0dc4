from __future__ import annotations

import datetime as dt

import pytest
from public_site import answers, pdf

from pipeline.base.errors import FetchError

SERVICE = "/mgWebService.asmx"
COMMITTEES = b"""<?xml version="1.0"?><committeelist><committee><committeeid>7</committeeid>
  <committeetitle>Children &amp;amp; Families Scrutiny</committeetitle></committee>
  <committee><committeeid>8</committeeid><committeetitle>Planning</committeetitle></committee></committeelist>"""
MEETINGS = b"""<getmeetings xmlns="http://tempuri.org/"><Meeting><MeetingID>70</MeetingID>
  <MeetingDate>14/03/2024</MeetingDate></Meeting></getmeetings>"""
PAGE = b"""<a href="documents/s123/Visits.pdf">Visits to homes</a><a href="/documents/s123/Visits.pdf">x</a>
  <a href="ftp://elsewhere.example/documents/s1/x.pdf">x</a><a href="https://elsewhere.example/documents/s1/x.pdf">x</a><a href="mgAi.aspx?ID=3">item</a>"""


@pytest.fixture
def council(site):
    site.pages[f"{SERVICE}/GetCommittees"] = ("text/xml", COMMITTEES)
    site.pages[f"{SERVICE}/GetMeetings"] = ("text/xml", MEETINGS)
    site.pages["/ieListDocuments.aspx"] = ("text/html", PAGE)
    site.pages["/documents/s123/Visits.pdf"] = ("application/pdf", pdf("visits"))
    return site


@pytest.fixture
def papers(council, bring):
    def run(*committees, **changes):
        return bring(
            site="", sources=(), moderngov=council.url + changes.pop("path", ""), committees=committees,
            authorities=("Marlowshire",), since=dt.date(2024, 1, 1),
        )  # fmt: skip

    return run


@pytest.mark.parametrize("committee", ["families scrutiny", "7"])
def test_the_papers_of_a_committee_come(council, papers, committee):
    done = papers(committee)
    [row] = done.new
    assert (row.authority, row.kind, row.published_on) == (
        "Marlowshire",
        "Children & Families Scrutiny",
        "2024-03-14",
    )
    assert (row.title, row.source) == ("Visits to homes", "moderngov") and done.problems == []
    assert f"{SERVICE}/GetMeetings?lCommitteeId=7&sFromDate=01%2F01%2F2024" in " ".join(
        council.asked
    )


def test_an_unknown_committee_is_named_with_others(papers):
    for committees in ((), ("Licensing",)):
        with pytest.raises(FetchError) as error:
            papers(*committees)
        assert "Children & Families Scrutiny, Planning" in error.value.hint


def test_a_site_of_another_kind_is_said_to_be_one(council, papers):
    council.pages[f"{SERVICE}/GetCommittees"] = ("text/html", b"<html><p>Hello")
    with pytest.raises(FetchError, match="not the answer of a ModernGov site"):
        papers("7")


def test_a_meeting_that_cannot_be_read_costs_only_itself(council, papers):
    council.odd["/ieListDocuments.aspx"] = answers(404)
    done = papers("7")
    assert (
        not done.new
        and "The meeting of Children & Families Scrutiny on 2024-03-14" in done.problems[0]
    )


def test_meetings_that_cannot_be_read_cost_only_themselves(council, papers):
    council.pages[f"{SERVICE}/GetMeetings"] = ("text/html", b"<p>Sorry")
    done = papers("7", "8")
    assert [problem.split(" cannot")[0] for problem in done.problems] == [
        "The meetings of Children & Families Scrutiny",
        "The meetings of Planning",
    ]


def test_a_number_is_no_part_of_a_title(council, papers):
    council.pages[f"{SERVICE}/GetCommittees"] = (
        "text/xml",
        COMMITTEES.replace(b"Planning", b"Planning 7"),
    )
    papers("7")
    assert council.count(f"{SERVICE}/GetMeetings") == 1


def test_entities_of_a_hostile_answer_are_not_read(council, papers):
    bomb = b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/hostname">]><c><committee><committeeid>7</committeeid><committeetitle>&a;</committeetitle></committee></c>'
    council.pages[f"{SERVICE}/GetCommittees"] = ("text/xml", bomb)
    with pytest.raises(FetchError) as error:
        papers("Licensing")
    assert error.value.hint in ("It has: .", "Check the address of --moderngov.")
