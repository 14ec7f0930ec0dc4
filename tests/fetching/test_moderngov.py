from __future__ import annotations

import datetime as dt

import pytest
from public_site import answers, pdf

from pipeline.base.errors import FetchError
from pipeline.fetching.web import RequestError

SERVICE = "/mgWebService.asmx"
COMMITTEES = b"""<?xml version="1.0"?><committeelist><committee><committeeid>7</committeeid>
  <committeetitle>Children &amp;amp; Families Scrutiny</committeetitle></committee>
  <committee><committeeid>8</committeeid><committeetitle>Planning</committeetitle></committee></committeelist>"""
MEETINGS = b"""<getmeetings xmlns="http://tempuri.org/"><Meeting><MeetingID>70</MeetingID>
  <MeetingDate>14/03/2024</MeetingDate></Meeting></getmeetings>"""
PAGE = b"""<a href="documents/s123/Visits.pdf">Visits to homes</a><a href="/documents/s123/Visits.pdf">x</a>
  <a href="ftp://elsewhere.example/documents/s1/x.pdf">x</a><a href="https://elsewhere.example/documents/s1/x.pdf">x</a><a href="http://[bad">x</a><a href="mgAi.aspx?ID=3">item</a>"""


@pytest.fixture
def council(site):
    site.pages[f"{SERVICE}/GetCommittees"] = ("text/xml", COMMITTEES)
    site.pages[f"{SERVICE}/GetMeetings"] = ("text/xml", MEETINGS)
    site.pages["/ieListDocuments.aspx"] = ("text/html", PAGE)
    site.pages["/documents/s123/Visits.pdf"] = ("application/pdf", pdf("visits"))
    return site


@pytest.fixture
def papers(council, bring, tmp_path):
    (tmp_path / "reports").mkdir()
    (tmp_path / "reports" / "authorities.csv").write_text("name\nMarlowshire\n", "utf-8")

    def run(*committees, **changes):
        return bring(
            **{"site": "", "sources": (), "moderngov": council.url, "committees": committees}
            | {"authorities": ("Marlowshire",), "since": dt.date(2024, 1, 1)}
            | changes
        )

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
        with pytest.raises(RequestError) as error:
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


def meetings(*meetings):
    body = "".join(
        f"<meeting><meetingid>{number}</meetingid><meetingdate>{day}</meetingdate>"
        f"<meetingstatus>{status}</meetingstatus></meeting>"
        for number, day, status in meetings
    )
    return "text/xml", f"\r\n<?xml version='1.0'?><meetings>{body}</meetings>".encode()


def by_meeting(pages):
    """What the site answers for a meeting, by its number."""

    def answer(handler):
        handler.answer(200, pages[handler.path.rpartition("=")[2]])

    return answer


def paper(number):
    return f'<p><a href="/documents/s{number}/a.pdf">Paper</a></p>'.encode()


def test_meetings_without_papers_are_told_and_cost_no_other(council, papers):
    council.pages[f"{SERVICE}/GetMeetings"] = meetings(
        ("70", "14/03/2024", ""),
        ("71", "2024-04-18T00:00:00", "Occurred"),
        ("72", "16/05/2024", "Cancelled"),
        ("", "20/06/2024", ""),
    )
    pages = {"70": paper(123), "71": b"<p>No items.</p>", "72": b"<p>Cancelled.</p>"}
    council.odd["/ieListDocuments.aspx"] = by_meeting(pages)
    council.pages["/documents/s123/a.pdf"] = ("application/pdf", pdf("a"))
    done = papers("7")
    assert len(done.new) == 1
    assert done.problems == [
        "The meeting of Children & Families Scrutiny on 2024-04-18 has no papers that can be fetched.",
        "The meeting of Children & Families Scrutiny on 2024-06-20 cannot be read: it has no number.",
    ]


def test_committees_without_meetings_are_told(council, papers):
    council.pages[f"{SERVICE}/GetMeetings"] = meetings()
    assert papers("7", "8").problems == [
        "Children & Families Scrutiny, Planning: there was no meeting since 2024-01-01."
    ]


def test_a_paper_of_two_meetings_is_fetched_once(council, papers):
    council.pages[f"{SERVICE}/GetMeetings"] = meetings(
        ("70", "14/03/2024", ""), ("71", "18/04/2024", "")
    )
    council.odd["/ieListDocuments.aspx"] = by_meeting({"70": paper(123), "71": paper(123)})
    council.pages["/documents/s123/a.pdf"] = ("application/pdf", pdf("a"))
    [row] = papers("7").new
    assert row.published_on == "2024-03-14"
    council.forget()
    assert papers("7").n_unchanged == 1 and council.count("/documents/") == 0


def test_a_site_that_is_left_alone_is_told_once(council, papers):
    numbers = [str(n) for n in range(70, 80)]
    council.pages[f"{SERVICE}/GetMeetings"] = meetings(*((n, "14/03/2024", "") for n in numbers))
    council.odd["/ieListDocuments.aspx"] = answers(403)
    problems = papers("7").problems
    assert sum("left alone" in problem for problem in problems) == 1 and len(problems) == 6


PAPERS = ["/documents/s123/Visits.pdf", "{site}/documents/s123/Visits.pdf", "http://Council.example.gov.uk/documents/s123/Visits.pdf",
          "https://council.example.gov.uk:443/documents/s123/Visits.pdf#page=2", "//council.example.gov.uk/documents/s123/Visits.pdf"]  # fmt: skip


@pytest.mark.parametrize("href", PAPERS)
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_papers_of_a_site_with_either_scheme_or_a_mirror(council, papers, href, scheme):
    page = f'<a class="x" href="{href.format(site=council.url)}"><b>Visits</b></a>'
    council.pages["/ieListDocuments.aspx"] = ("text/html", page.encode())
    done = papers("7", site=council.url, moderngov=f"{scheme}://council.example.gov.uk")
    [row] = done.new
    assert row.url == f"{scheme}://council.example.gov.uk/documents/s123/Visits.pdf"
    assert done.problems == []


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
