from __future__ import annotations

import csv
import datetime as dt
import gzip
import hashlib
import subprocess
import sys

import pytest
from public_site import (
    FEW,
    FILES,
    KINDS,
    Publication,
    answers,
    chunked,
    cut_short,
    endless,
    first,
    pdf,
)

from pipeline.base.errors import CorpusError, FetchError
from pipeline.base.files import LOCK_FILE
from pipeline.documents.publisher import FETCHED, Publisher
from pipeline.fetching.web import Manners


def rows_of(reports):
    with (reports / "manifest.csv").open(encoding="utf-8", newline="") as file:
        return {row["url"].removeprefix(FILES): row for row in csv.DictReader(file)}


def files_of(reports):
    return {
        path.relative_to(reports).as_posix(): path.read_bytes() for path in reports.rglob("*.pdf")
    }


# --- what comes ---------------------------------------------------------------------------------


def test_everything_comes_once_and_is_accounted_for(site, bring, reports):
    done = bring()
    assert [row.url for row in done.new] == [
        f"{FILES}{n}" for n in (101, 102, 103, 201, 202, 301, 302)
    ]
    assert done.problems == FEW and not done.failed
    rows = rows_of(reports)
    assert list(next(iter(rows.values()))) == FETCHED
    assert files_of(reports) == {rows[n]["file"]: pdf(f"report {n}") for n in rows}
    row = rows["103"]
    assert row["source"] == "ofsted-send" and row["authority"] == "Marlowshire County Council"
    assert (row["provider_urn"], row["kind"], row["published_on"]) == (
        "80001",
        KINDS["send"],
        "2024-07-15",
    )
    assert row["url"] == f"{FILES}103" and row["final_url"] == f"{site.url}/v1/file/103"
    assert (
        row["file"]
        == "ofsted/80001 Marlowshire County Council/2024-07 Area SEND full inspection 103.pdf"
    )
    assert row["sha256"] == hashlib.sha256(pdf("report 103")).hexdigest()
    assert row["status"] == "fetched" and row["etag"] and row["first_seen"] == row["last_seen"]
    assert done.n_requests == len(site.asked) == 1 + 2 + 3 + 7


def test_a_second_fetch_asks_for_pages_only(site, bring, reports):
    bring()
    before = files_of(reports)
    site.forget()
    done = bring()
    assert not site.files_asked and site.most_often("/provider/") == 1
    assert done.n_unchanged == 7 and not done.new and files_of(reports) == before


def test_pages_without_etag_are_as_good(site, bring):
    for provider in site.providers:
        path = f"/provider/44/{provider.urn}"
        site.odd[path] = answers(200, site.page(path, {})[1])
    bring()
    site.forget()
    assert bring().n_unchanged == 7 and not site.files_asked


def test_what_is_new_comes_alone(site, bring, reports):
    bring()
    site.forget()
    site.providers[1].publications.append(Publication(203, KINDS["send"]))
    done = bring()
    assert [row.url for row in done.new] == [f"{FILES}203"] and site.files_asked == ["203"]


@pytest.mark.parametrize(
    ("wanted", "numbers"),
    [
        ({"sources": ("ofsted-ilacs",)}, {"101", "202", "301"}),
        ({"sources": ("ofsted-send", "ofsted-jtai")}, {"103", "201"}),
        ({"sources": ("ofsted-visits",)}, {"102"}),
        ({"sources": ("ofsted-other",)}, {"302"}),
        ({"authorities": ("marlowshire",)}, {"101", "102", "103"}),
        ({"authorities": ("Eastmere", "Norwick and Vale")}, {"201", "202", "301", "302"}),
        ({"since": dt.date(2019, 1, 1)}, {"101", "103", "201", "202", "301", "302"}),
        ({"limit": 2}, {"101", "102"}),
        ({"limit": 0}, set()),
    ],
)  # fmt: skip
def test_only_what_is_wanted_comes(site, bring, reports, wanted, numbers):
    bring(**wanted)
    assert set(site.files_asked) == numbers
    assert {n for n, row in rows_of(reports).items() if row["status"] == "fetched"} == numbers
    bring()  # and the rest later, from pages that have not changed
    assert len(files_of(reports)) == 7 and len(site.files_asked) == 7


def test_a_dry_run_writes_nothing(site, bring, reports):
    done = bring(dry_run=True)
    assert len(done.waiting) == 7 and not site.files_asked and not reports.exists()


def test_a_dry_run_has_a_limit_too(site, bring, reports):
    done = bring(dry_run=True, limit=2)
    assert [row.url for row in done.waiting] == [f"{FILES}101", f"{FILES}102"]
    assert not site.files_asked and not reports.exists()
    assert bring(dry_run=True, limit=0).waiting == []


# --- odd pages ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "href",
    [
        "/v1/file/101",
        "../../v1/file/101",
        "{site}/v1/file/101",
        "http://localhost:1/v1/file/101?a=b",
        "HTTPS://Files.Ofsted.gov.uk/v1/file/101/#page=1",
    ],
)
def test_links_may_lead_to_the_mirror_itself(site, bring, reports, href):
    site.providers[0].publications[0].href = href.format(site=site.url)
    bring(authorities=("Marlowshire",))
    assert "101" in rows_of(reports)


def test_links_without_hidden_text_are_read_as_they_look(site, bring, reports):
    first_one, second, third = site.providers[0].publications
    first_one.hidden = False
    second.hidden, second.title = False, "Focused visit - 9 May 2018"
    third.hidden, third.title = False, ""
    done = bring()
    rows = rows_of(reports)
    assert (rows["101"]["source"], rows["101"]["published_on"]) == ("ofsted-ilacs", "")
    assert (rows["102"]["source"], rows["102"]["published_on"]) == ("ofsted-visits", "2018-05-09")
    assert rows["103"]["status"] == "fetched" and rows["103"]["source"] == "ofsted-other"
    assert "a kind that is not known" in done.problems[1]


def test_a_link_that_stands_twice_is_one(site, bring, reports):
    site.providers[1].publications.append(site.providers[0].publications[0])
    bring()
    assert rows_of(reports)["101"]["provider_urn"] == "80001" and len(site.files_asked) == 7
    bring()
    assert len(site.files_asked) == 7


def test_dates_that_are_gone_are_told_and_kept(site, bring, reports):
    bring()
    site.providers[0].publications[0].hidden = False
    done = bring()
    assert "had a date and have none now" in done.problems[1]
    assert rows_of(reports)["101"]["published_on"] == "2023-02-01"


def test_what_is_taken_off_a_page_is_delisted_until_it_comes_back(site, bring, reports):
    bring()
    taken = site.providers[0].publications.pop(0)
    done = bring()
    assert [row.url for row in done.delisted] == [f"{FILES}101"] and done.problems == FEW
    assert (reports / rows_of(reports)["101"]["file"]).is_file()
    site.providers[0].publications.append(taken)
    bring()
    assert not rows_of(reports)["101"]["delisted"]


# --- odd files ----------------------------------------------------------------------------------

PAGE = b"<!DOCTYPE html><html><head><title>Error 500</title></head></html>"
ODD_FILES = {
    "a web page": (answers(200, PAGE), "a web page came (“Error 500”), not a PDF"),
    "a web page about PDFs": (answers(200, b"<html><p>%PDF-1.7 %%EOF"), "a web page came, not a PDF"),
    "a PDF by its label": (answers(200, PAGE, Content_Type="application/pdf"), "a web page came"),
    "something else": (answers(200, b"PK\x03\x04"), "a file came, not a PDF"),
    "nothing": (answers(200, b""), "an empty file came"),
    "half a PDF": (answers(200, b"%PDF-1.7\n1 0 obj"), "has no end"),
    "less than promised": (cut_short, "the connection failed"),
    "without end": (endless, "larger than 1 MB"),
    "not there": (answers(404), "nothing at this address (404)"),
    "in trouble": (answers(503), "the server answered 503"),
    "forbidden": (answers(403), "refused (403)"),
    "a private place": (answers(302, Location="http://10.1.2.3/a.pdf"), "is in a private network"),
    "this machine": (answers(302, Location="http://127.0.0.1:1/a.pdf"), "is in a private network"),
    "the clouds' secrets": (answers(301, Location="http://169.254.169.254/latest"), "is in a private network"),
    "this machine, in disguise": (answers(307, Location="http://[::ffff:127.0.0.1]/"), "is in a private network"),
    "a file of this machine": (answers(302, Location="file:///etc/passwd"), "not a web address"),
    "itself": (answers(302, Location="/v1/file/101"), "redirects"),
    "packed": (answers(200, b"x", Content_Encoding="br"), "packed in a way"),
    "packed and damaged": (answers(200, b"x", Content_Encoding="gzip"), "packed and damaged"),
}  # fmt: skip


@pytest.mark.parametrize("odd", ODD_FILES)
def test_what_is_no_report_is_listed_and_tried_again(site, bring, reports, odd):
    site.odd["/v1/file/101"], reason = ODD_FILES[odd]
    done = bring(bytes=1_000_000)
    [failed] = done.failed
    assert reason in failed.reason and not done.is_complete
    assert rows_of(reports)["101"]["status"] == "failed" and len(files_of(reports)) == 6
    assert not list(reports.rglob("*.part"))
    site.odd.clear()
    site.forget()
    done = bring()
    assert [row.url for row in done.new] == [f"{FILES}101"] and site.files_asked == ["101"]
    assert rows_of(reports)["101"]["reason"] == ""


def test_with_a_limit_reports_that_fail_do_not_keep_others_back(site, bring, reports):
    for number in (101, 102):
        site.odd[f"/v1/file/{number}"] = answers(404)
    assert len(bring(limit=2).failed) == 2
    assert [row.url for row in bring(limit=2).new] == [f"{FILES}103", f"{FILES}201"]


def test_a_clock_that_was_ahead_does_not_end_the_checks(site, bring, reports):
    bring()
    manifest = reports / "manifest.csv"
    text = manifest.read_text(encoding="utf-8")
    day = dt.datetime.now(dt.UTC).date()
    assert f",{day}T" in text
    manifest.write_text(text.replace(f",{day}T", f",{day.replace(year=day.year + 9)}T"), "utf-8")
    site.forget()
    bring()
    assert len(site.files_asked) == 7


def test_a_replaced_report_keeps_the_old_one(site, bring, reports):
    bring()
    publication = site.providers[0].publications[0]
    publication.content, publication.day = pdf("corrected"), dt.date(2023, 3, 1)
    site.forget()
    done = bring()
    assert [row.url for row in done.replaced] == [f"{FILES}101"] and site.files_asked == ["101"]
    with (reports / "manifest.csv").open(encoding="utf-8") as file:
        old, new = sorted(
            (r for r in csv.DictReader(file) if r["url"] == f"{FILES}101"),
            key=lambda r: r["published_on"],
        )
    assert (old["status"], new["status"]) == ("replaced", "fetched") and old["file"] != new["file"]
    assert (reports / old["file"]).read_bytes() == pdf("report 101")
    assert (reports / new["file"]).read_bytes() == pdf("corrected")
    site.forget()
    assert bring().n_unchanged == 7 and not site.files_asked


def test_a_report_that_is_put_back_stands_again(site, bring, reports):
    bring()
    publication = site.providers[0].publications[0]
    for content in (pdf("corrected"), None):
        publication.content = content
        assert len(bring(check_after=0).replaced) == 1
    with (reports / "manifest.csv").open(encoding="utf-8") as file:
        rows = [r for r in csv.DictReader(file) if r["url"] == f"{FILES}101"]
    assert [row["status"] for row in rows] == ["fetched", "replaced"] and len(
        files_of(reports)
    ) == 8
    told = Publisher(reports)
    assert (
        told.replaced.get(rows[0]["file"], "") == ""
        and told.replaced.get(rows[1]["file"], "") == rows[0]["file"]
    )


def test_a_change_that_was_seen_is_not_forgotten(site, bring):
    bring()
    publication = site.providers[0].publications[0]
    publication.content, publication.day = pdf("corrected"), dt.date(2023, 3, 1)
    assert len(bring(limit=0).waiting) == 1
    site.odd["/v1/file/101"] = answers(404)
    assert len(bring().failed) == 1
    site.odd.clear()
    assert len(bring().replaced) == 1


def test_a_report_replaced_without_a_word_is_found_when_asked(site, bring, reports):
    bring()
    site.providers[0].publications[0].content = pdf("corrected")
    assert not bring().replaced
    site.forget()
    done = bring(check_after=0)
    assert [row.url for row in done.replaced] == [f"{FILES}101"] and done.n_unchanged == 6
    assert len(site.files_asked) == 7 and len(files_of(reports)) == 8


def test_nobody_elses_file_is_overwritten(site, bring, reports):
    mine = reports / "ofsted/80001 Marlowshire County Council"
    mine.mkdir(parents=True)
    (mine / "2024-07 Area SEND full inspection 103.PDF".replace("PDF", "pdf")).write_bytes(
        b"my notes"
    )
    bring()
    assert (mine / "2024-07 Area SEND full inspection 103.pdf").read_bytes() == b"my notes"
    assert (mine / "2024-07 Area SEND full inspection 103 (2).pdf").read_bytes() == pdf(
        "report 103"
    )


def test_a_file_that_is_gone_or_cut_is_fetched_again(site, bring, reports):
    bring()
    rows = rows_of(reports)
    (reports / rows["101"]["file"]).unlink()
    (reports / rows["102"]["file"]).write_bytes(b"%PDF")
    site.forget()
    bring()
    assert site.files_asked == ["101", "102"]
    assert (reports / rows["101"]["file"]).read_bytes() == pdf("report 101")
    assert (reports / rows["102"]["file"]).read_bytes() == b"%PDF"
    assert (reports / rows_of(reports)["102"]["file"]).read_bytes() == pdf("report 102")


def test_a_failed_check_leaves_the_report_as_it_is(site, bring, reports):
    bring()
    site.odd["/v1/file/101"] = answers(200, PAGE)
    done = bring(check_after=0)
    assert len(done.failed) == 1 and rows_of(reports)["101"]["status"] == "fetched"


FINE_FILES = {
    "a chain of redirects": answers(302, Location="../../moved/101"),
    "a redirect that names the public site": answers(301, Location=f"{FILES}../../moved/101"),
    "another type": answers(200, pdf("report 101"), Content_Type="Application/Octet-Stream; charset=x"),
    "no type, in pieces": chunked(pdf("report "), pdf("101")),
    "text before and after": answers(200, b"\r\n" + pdf("report 101") + b"\0" * 900),
    "packed": answers(200, gzip.compress(pdf("report 101")), Content_Encoding="gzip"),
}  # fmt: skip


@pytest.mark.parametrize("case", FINE_FILES)
def test_a_report_comes_in_any_of_these_ways(site, bring, reports, case):
    site.odd["/v1/file/101"] = FINE_FILES[case]
    site.odd["/moved/101"] = first(1, answers(307, Location="101?id=1"), "/v1/file/101")
    done = bring()
    assert len(done.new) == 7 and not done.failed
    assert b"report" in (reports / rows_of(reports)["101"]["file"]).read_bytes()


def test_dates_of_the_server_are_enough(site, bring):
    """Some servers know no ETag: they compare dates."""
    day = "Mon, 15 Jul 2024 00:00:00 GMT"

    def dated(handler):
        if handler.headers["If-Modified-Since"] == day:
            handler.answer(304, b"")
        else:
            handler.answer(200, pdf("report 101"), Last_Modified=day)

    site.odd["/v1/file/101"] = dated
    bring()
    done = bring(check_after=0)
    assert done.n_unchanged == 7 and not done.replaced


# --- manners ------------------------------------------------------------------------------------


def test_one_request_a_second_and_an_honest_name(site, bring, clock):
    bring(manners=Manners(contact="analyst@marlowshire.example"))
    assert sum(clock.slept) == pytest.approx(len(site.asked) - 1)
    [agent] = site.agents
    assert agent.startswith("inspection-themes/") and "analyst@marlowshire.example" in agent


def test_robots_are_obeyed(site, bring, reports):
    site.robots = "User-agent: *\nDisallow: /v1/file/10\nCrawl-delay: 3\n"
    done = bring()
    assert set(site.files_asked) == {"201", "202", "301", "302"} and len(done.failed) == 3
    assert "robots.txt" in rows_of(reports)["101"]["reason"] and site.count("/robots.txt") == 1


def test_robots_that_forbid_all_stop_it(site, bring, reports):
    site.robots = "User-agent: inspection-themes\nDisallow: /\n"
    with pytest.raises(FetchError, match="forbids"):
        bring()
    assert site.asked == ["/robots.txt"]


def test_robots_that_cannot_be_read_forbid_all(site, bring):
    site.odd["/robots.txt"] = answers(500)
    with pytest.raises(FetchError, match="nothing there is fetched"):
        bring()
    assert set(site.asked) == {"/robots.txt"}


def test_a_site_that_asks_to_wait_is_waited_for(site, bring, clock):
    site.odd["/v1/file/101"] = first(2, answers(429, Retry_After="30"), "/v1/file/101")
    assert len(bring().new) == 7 and clock.slept.count(30) == 2


def test_after_an_error_the_pauses_grow(site, bring, clock):
    site.odd["/v1/file/101"] = first(3, answers(500), "/v1/file/101")
    assert len(bring().new) == 7
    waits = [wait for wait in clock.slept if wait > 1.001]
    assert len(waits) == 3 and all(
        0.74 * 2**n < wait < 1.26 * 2**n for n, wait in enumerate(waits, 1)
    )


def test_a_site_that_keeps_refusing_is_left_alone(site, bring, reports):
    site.providers[0].publications += [Publication(n, KINDS["ilacs"]) for n in range(400, 420)]
    for n in (*range(400, 420), 101, 102, 103):
        site.odd[f"/v1/file/{n}"] = answers(403)
    done = bring()
    assert len(site.files_asked) == 5 and len(done.failed) == 5 and len(done.waiting) == 22
    assert sum("left alone" in problem for problem in done.problems) == 1
    site.odd.clear()
    assert len(bring().new) == 27


def test_a_site_that_asks_for_too_much_patience_is_left_alone(site, bring):
    site.odd["/v1/file/101"] = answers(429, Retry_After="86400")
    done = bring()
    assert site.files_asked == ["101"] and len(done.waiting) == 6
    assert "86400 seconds" in done.problems[-1]


# --- interruptions, and two at a time ------------------------------------------------------------

KILLED = """
import os, sys
from pathlib import Path
from pipeline.fetching import fetch
from pipeline.fetching.wanted import Wanted
from pipeline.fetching.web import Manners
put, seen = fetch.put, []
def last(*arguments):
    name = put(*arguments)
    seen.append(name)
    if len(seen) == 3:
        os._exit(9)
    return name
fetch.put = last
fetch.fetch(Path(sys.argv[1]), Wanted(site=sys.argv[2]), Manners(pause=0), quiet=True)
"""


def test_a_kill_costs_at_most_the_document_under_way(site, bring, reports):
    killed = subprocess.run([sys.executable, "-c", KILLED, reports, site.url], capture_output=True)
    assert killed.returncode == 9, killed.stderr
    # The third has its name, and is not in the manifest yet: it is taken up again.
    assert len(files_of(reports)) == 3
    for name in (".fetch/under-way.part", ".fetch/pages/.x.7.part", ".manifest.csv.7.part"):
        (reports / name).write_bytes(b"half")
    site.forget()
    done = bring()
    assert len(done.new) == 5 and len(site.files_asked) == 5 and len(files_of(reports)) == 7
    assert not list(reports.rglob("*.part"))
    assert {row["status"] for row in rows_of(reports).values()} == {"fetched"}


def test_a_fetch_under_way_keeps_others_out(site, bring, reports):
    def another(handler):
        with pytest.raises(CorpusError, match="Another fetch"):
            bring()
        handler.answer(200, pdf("report 101"))

    site.odd["/v1/file/101"] = another
    assert len(bring().new) == 7


def test_output_folders_are_not_for_reports(bring, reports):
    reports.mkdir()
    (reports / LOCK_FILE).touch()
    with pytest.raises(CorpusError, match="tables of a run"):
        bring()


@pytest.mark.parametrize("damage", ["a,b\n1,2\n", "url,file\n", b"\x00\x01\x02"])
def test_a_manifest_of_others_is_left_alone(bring, reports, damage):
    reports.mkdir()
    path = reports / "manifest.csv"
    path.write_bytes(damage if isinstance(damage, bytes) else damage.encode())
    with pytest.raises(CorpusError, match=r"manifest\.csv"):
        bring()
    assert path.read_bytes() == (damage if isinstance(damage, bytes) else damage.encode())


# --- other sources ------------------------------------------------------------------------------


def test_a_list_of_addresses(site, bring, tmp_path, reports):
    site.pages["/documents/s1/Visit%20report.pdf"] = ("application/pdf", pdf("visit"))
    site.pages["/peer.pdf"] = ("application/pdf", pdf("peer"))
    listed = tmp_path / "list.csv"
    listed.write_text(
        "url,authority,document_type,published_on,title\n"
        f"{site.url}/documents/s1/Visit%20report.pdf,Marlowshire,scrutiny report,2021-05-28,=Visits: a report?\n"
        f"{site.url}/peer.pdf,,peer review,,\n"
        f"{site.url}/missing.pdf,,,,\n",
        encoding="utf-8",
    )
    done = bring(site="", sources=(), urls=listed)
    assert len(done.new) == 2 and len(done.failed) == 1 and done.problems == []
    row = rows_of(reports)[f"{site.url}/documents/s1/Visit%20report.pdf"]
    assert row["file"].startswith("urls/Marlowshire/2021-05 =Visits a report ")
    assert (row["kind"], row["title"]) == ("scrutiny report", "'=Visits: a report?")
    site.forget()
    assert bring(site="", sources=(), urls=listed).n_unchanged == 2
    assert site.asked == ["/robots.txt", "/missing.pdf"]


def test_addresses_of_the_public_are_asked_of_the_mirror(site, bring, tmp_path, reports):
    site.pages["/a.pdf"] = ("application/pdf", pdf("a"))
    (tmp_path / "list.csv").write_text("url\nhttps://council.example.gov.uk/a.pdf\n")
    bring(sources=("urls",), urls=tmp_path / "list.csv")
    assert "https://council.example.gov.uk/a.pdf" in rows_of(reports)


def test_one_source_that_fails_costs_no_other(site, bring, tmp_path):
    site.odd["/search"] = answers(404)
    site.pages["/a.pdf"] = ("application/pdf", pdf("a"))
    (tmp_path / "list.csv").write_text(f"url\n{site.url}/a.pdf\n")
    done = bring(sources=("ofsted-ilacs", "urls"), urls=tmp_path / "list.csv")
    assert len(done.new) == 1 and "The listing cannot be read" in done.problems[0]
