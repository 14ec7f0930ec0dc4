from __future__ import annotations

import datetime as dt
import gzip
import io
import sys
from email.utils import format_datetime

import pytest
from public_site import PublicSite, answers, chunked, silent

from pipeline.base.errors import FetchError
from pipeline.fetching.addresses import Mirror, origin_of
from pipeline.fetching.web import Manners, RequestError, Web, user_agent


@pytest.fixture
def ask(site, clock):
    """Ask the site for a path; gives what came."""

    def run(path, manners=None, named=True, limit=1_000, mirror=None, **validators):
        sites = [origin_of(site.url)] if named else []
        with Web(manners or Manners(), sites, clock, mirror or Mirror()) as web:
            file = io.BytesIO(b"left from before")
            answer = web.get(site.url + path, file, limit, **validators)
            return answer, file.getvalue()

    return run


def test_what_is_there_comes_with_what_the_server_says(site, ask):
    site.odd["/a"] = answers(
        200, b"text", ETag='"1"', Last_Modified="Mon, 01 Jan 2024 00:00:00 GMT"
    )
    answer, body = ask("/a")
    assert body == b"text" and (answer.status, answer.etag) == (200, '"1"')
    assert answer.final_url == f"{site.url}/a" and answer.last_modified.startswith("Mon")


def test_redirects_are_followed_within_the_site(site, ask):
    site.odd["/a"] = answers(302, Location="/b?c")
    site.odd["/b"] = answers(200, b"there")
    answer, body = ask("/a")
    assert body == b"there" and answer.final_url == f"{site.url}/b?c"


def test_a_chain_of_redirects_has_an_end(site, ask):
    for n in range(1, 7):
        site.odd[f"/{n}"] = answers((301, 302, 303, 307, 308)[n % 5], Location=f"{n + 1}")
    site.odd["/7"] = answers(200, b"there")
    assert ask("/2")[0].final_url == f"{site.url}/7"
    with pytest.raises(FetchError, match="More than 5 redirects"):
        ask("/1")


def test_a_site_may_want_its_cookie_back(site, ask):
    def door(handler):
        if handler.headers["Cookie"] == "seen=1":
            handler.answer(200, b"there")
        else:
            handler.answer(302, b"", Location="/a", Set_Cookie="seen=1; Path=/")

    site.odd["/a"] = door
    assert ask("/a")[1] == b"there"


def test_a_redirect_to_a_site_that_the_mirror_stands_in_for_is_asked_of_the_mirror(site, ask):
    site.odd["/a"] = answers(302, Location="https://files.example.gov.uk/b")
    site.odd["/b"] = answers(200, b"there")
    mirror = Mirror(site.url)
    mirror.asked("https://files.example.gov.uk/1")
    assert ask("/a", mirror=mirror)[1] == b"there"


def test_a_redirect_without_a_target_is_a_failure(site, ask):
    site.odd["/a"] = answers(302)
    with pytest.raises(FetchError, match="302"):
        ask("/a")


def test_a_private_site_that_nobody_named_is_not_asked(site, ask):
    with pytest.raises(FetchError, match="private network"):
        ask("/a", named=False)
    assert site.asked == []


def test_where_a_connection_went_is_checked_too(site, ask, monkeypatch):
    monkeypatch.setattr("pipeline.fetching.web.check_public", lambda *_: None)
    site.odd["/robots.txt"] = answers(404)
    with pytest.raises(FetchError, match="private network"):
        ask("/a", named=False)


def test_not_modified_needs_a_question(site, ask):
    site.odd["/a"] = answers(304, ETag='"2"')
    assert ask("/a", etag='"1"')[0].status == 304
    with pytest.raises(FetchError, match="304"):
        ask("/a")


def test_a_silent_server_is_not_waited_for(site, ask):
    site.odd["/a"] = silent
    with pytest.raises(FetchError, match="sent nothing for"):
        ask("/a", Manners(timeout=0.05, tries=2))
    assert site.count("/a") == 2


def test_a_slow_body_is_given_up(site, ask, clock):
    site.odd["/a"] = answers(200, b"x" * 500)
    ticks = iter(range(10_000))
    clock.now = lambda: 40.0 * next(ticks)
    with pytest.raises(FetchError, match="too slow"):
        ask("/a")


@pytest.mark.parametrize("name", ["gzip", "x-gzip", "GZIP"])
def test_a_packed_body_that_nobody_asked_for_is_unpacked(site, ask, name):
    site.odd["/a"] = answers(200, gzip.compress(b"text" * 20), Content_Encoding=name)
    assert ask("/a")[1] == b"text" * 20


BOMBS = {
    "a little that becomes much": (gzip.compress(b"x" * 5_000), "larger than"),
    "much that becomes nothing": (gzip.compress(b"")[:10] + b"\0\0\0\xff\xff" * 500, "larger than"),
    "half of it": (gzip.compress(bytes(range(200)))[:50], "damaged"),
    "no gzip": (b"<html>", "damaged"),
    "nothing at all": (b"", "damaged"),
}  # fmt: skip


@pytest.mark.parametrize("case", BOMBS)
def test_a_hostile_packed_body_is_refused(site, ask, case):
    body, reason = BOMBS[case]
    site.odd["/a"] = answers(200, body, Content_Encoding="gzip")
    with pytest.raises(FetchError, match=reason):
        ask("/a")


def test_a_body_in_pieces_without_length_comes_whole(site, ask):
    site.odd["/a"] = chunked(b"one, ", b"two")
    assert ask("/a")[1] == b"one, two"
    site.odd["/a"] = chunked(b"one, ", b"two", end=False)
    with pytest.raises(FetchError, match="connection failed"):
        ask("/a", Manners(tries=2))


ROBOTS = [
    ("User-agent: *\nDisallow: /a*.pdf$\n", {"/a.pdf": False, "/a.pdf?b": True, "/b.pdf": True}),
    ("\ufeffUser-agent: *\r\nDisallow: /\r\n", {"/a": False}),
    ("User-agent: *\nDisallow: /\n\nUser-agent: Inspection-Themes\nAllow: /a\n", {"/a": True}),
    ("User-agent: *\nDisallow: /a\nAllow: /a/b\n", {"/a/b": True, "/a/c": False}),
    ("user-agent: other\ndisallow: /\n", {"/a": True}),
    ("<html>Not found</html>", {"/a": True}),
]


@pytest.mark.parametrize("case", range(len(ROBOTS)))
def test_robots_say_what_may_be_asked(site, ask, case):
    site.robots, expected = ROBOTS[case]
    for path, allowed in expected.items():
        site.odd[path.partition("?")[0]] = answers(200, b"x")
        if allowed:
            assert ask(path)[1] == b"x"
        else:
            with pytest.raises(FetchError, match="forbids"):
                ask(path)


@pytest.mark.parametrize("rule", ["Crawl-delay: 7", "Crawl-delay: 7.0", "Request-rate: 1/7"])
def test_robots_say_how_long_to_wait(site, ask, clock, rule):
    site.robots = f"User-agent: *\n{rule}\n"
    site.odd["/a"] = answers(302, Location="/b")
    site.odd["/b"] = answers(200, b"x")
    ask("/a")
    # robots.txt was asked for before anybody knew.
    assert clock.slept == pytest.approx([1, 7])


@pytest.mark.parametrize("rule", ["Crawl-delay: 86400", "Request-rate: 1/1d"])
def test_robots_that_ask_for_too_much_patience_are_not_waited_for(site, ask, clock, rule):
    site.robots = f"User-agent: *\n{rule}\n"
    site.odd["/a"] = answers(200, b"x")
    with pytest.raises(FetchError, match="between two requests"):
        ask("/a")
    assert sum(clock.slept) <= 1 and site.count("/a") == 0


@pytest.mark.parametrize(
    "rule", ["Crawl-delay: -1", "Crawl-delay: inf", "Crawl-delay: soon", "Request-rate: 0/0"]
)
def test_nonsense_in_robots_is_passed_over(site, ask, clock, rule):
    site.robots = f"User-agent: *\n{rule}\n"
    site.odd["/a"] = answers(200, b"x")
    assert ask("/a")[1] == b"x" and clock.slept == pytest.approx([1])


def test_this_machine_is_not_asked_through_a_proxy(site, ask, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    site.odd["/a"] = answers(200, b"x")
    assert ask("/a")[1] == b"x"


PROXIES = {
    "socks5://user:secret@127.0.0.1:1080": "socks",
    "socks4://127.0.0.1:1080": "must begin",
    "http://[::1:3128": "must begin",
}


@pytest.mark.parametrize("address", PROXIES)
def test_a_proxy_that_cannot_be_used_is_named(monkeypatch, address):
    for name in ("http", "https", "all"):
        monkeypatch.delenv(f"{name}_proxy", raising=False)
        monkeypatch.delenv(f"{name.upper()}_PROXY", raising=False)
    monkeypatch.setenv("ALL_PROXY", address)
    # As if the package for such proxies were not installed.
    monkeypatch.setitem(sys.modules, "socksio", None)
    with pytest.raises(
        RequestError, match=r"(?m)The proxy in ALL_PROXY cannot be used\.$"
    ) as error:
        Web(Manners())
    assert PROXIES[address] in error.value.hint and "secret" not in error.value.hint


@pytest.mark.parametrize("packed", ["deflate", "br", "gzip, gzip"])
def test_a_body_packed_in_another_way_is_refused(site, ask, packed):
    site.odd["/a"] = answers(200, b"x", Content_Encoding=packed)
    with pytest.raises(FetchError, match="packed in a way nobody asked for"):
        ask("/a")


def test_a_mark_that_no_header_can_carry_is_not_sent(site, ask):
    site.odd["/a"] = answers(200, b"text", ETag='"é"')
    answer, _ = ask("/a")
    assert ask("/a", etag=answer.etag)[1] == b"text"


@pytest.mark.parametrize(
    "value", ["date", "-3", "soon", "", "²", "Mon, 01 Jan 99999999999 00:00:00 GMT"]
)
def test_retry_after_may_be_a_date_or_nonsense(site, ask, clock, value):
    if value == "date":
        when = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=100)
        value = format_datetime(when, usegmt=True)
    site.odd["/a"] = answers(503, Retry_After=value)
    with pytest.raises(FetchError, match="503"):
        ask("/a", Manners(tries=2))
    waited = max(clock.slept)
    assert 90 < waited <= 100 if value.endswith("GMT") and "999" not in value else waited < 3


def test_a_failure_is_forgotten_when_the_site_answers(site, clock):
    site.odd["/bad"], site.odd["/good"] = answers(403), answers(200, b"x")
    with Web(Manners(refusals=2), [origin_of(site.url)], clock) as web:
        for path in ("/bad", "/good", "/bad", "/good"):
            if path == "/good":
                web.get(site.url + path, io.BytesIO(), 10)
            else:
                with pytest.raises(FetchError, match="refused"):
                    web.get(site.url + path, io.BytesIO(), 10)


def test_each_host_has_its_own_second(site, clock):
    with PublicSite() as other:
        other.odd["/a"] = site.odd["/a"] = answers(200, b"x")
        with Web(Manners(), map(origin_of, (site.url, other.url)), clock) as web:
            for host in (site, other, site, other):
                web.get(f"{host.url}/a", io.BytesIO(), 10)
    # Three requests each, robots.txt first: two pauses each, the second host's within the first's.
    assert sum(clock.slept) == pytest.approx(3)


def test_the_agent_says_who_it_is():
    assert user_agent("https://example.org/us").endswith("reports; https://example.org/us)")
    for contact in ("a\nb", "é"):
        with pytest.raises(FetchError, match="cannot be sent"):
            user_agent(contact)
