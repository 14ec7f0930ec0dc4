"""One polite way to ask the web: every request of `fetch` goes through here.

One request at a time, at most one a second to each host; robots.txt obeyed (RFC 9309), time-outs,
`Retry-After`, and growing pauses after a failure. A host that keeps refusing is left alone.
"""

from __future__ import annotations

import datetime as dt
import io
import random
import time
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from importlib import metadata
from typing import BinaryIO
from urllib.request import getproxies

from pipeline.base.errors import FetchError
from pipeline.base.extras import how_to_install
from pipeline.fetching.addresses import (
    Mirror,
    Origin,
    check_address,
    check_public,
    goes_by_proxy,
    join,
    origin_of,
)

try:
    import httpx
    from protego import Protego
except ImportError as missing:
    raise FetchError(
        "Fetching needs the packages httpx and protego.",
        how_to_install("fetch"),
    ) from missing

NAME = "inspection-themes"
MAX_REDIRECTS = 5
REDIRECTS = (301, 302, 303, 307, 308)
# Answers that may be better in a while; the others will not.
PASSING = (408, 425, 429, 500, 502, 503, 504)
REFUSALS = (401, 403, 429)
FIRST_WAIT = 2.0  # seconds, doubled after each failure
# A body slower than this, once it has had some time, will not end while anybody waits.
SLOWEST, SLOW_AFTER = 1_000, 30.0  # bytes a second, seconds
ROBOTS_BYTES = 1_000_000
# None is asked for, and some servers pack all the same.
GZIP = ("gzip", "x-gzip")
GZIP_WINDOW = 16 + zlib.MAX_WBITS  # with its header (https://docs.python.org/3/library/zlib.html)

LATER = "Run the same command again in some hours."


class RequestError(FetchError):
    """What was asked for cannot be right, such as a misspelt authority: only the user can help."""


class LeftAlone(FetchError):
    """Nothing more is asked of a host: it keeps refusing, or its robots.txt cannot be read."""


def add_problem(problems: list[str], error: FetchError, problem: str = "") -> None:
    """Add a problem; a host that is left alone is one problem, however much it has."""
    problem = f"{error} {error.hint}" if isinstance(error, LeftAlone) else problem
    if problem not in problems:
        problems.append(problem)


@dataclass(frozen=True, slots=True)
class Manners:
    """How the sites are treated.

    `pause` is in seconds between two requests to a host; `contact` is told to the sites;
    `timeout` is seconds without a byte, `whole` seconds for one answer; `longest_wait` the most
    seconds a `Retry-After` may ask for; after `refusals` failures in a row a host is left alone.
    """

    pause: float = 1.0
    contact: str = ""
    timeout: float = 20.0
    whole: float = 900.0
    longest_wait: float = 300.0
    tries: int = 4
    refusals: int = 5


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: `status` is 200 or 304 (not modified, without a body)."""

    status: int
    final_url: str
    etag: str = ""
    last_modified: str = ""


@dataclass
class _Host:
    pause: float
    next_at: float = 0.0
    failures: int = 0
    stopped: str = ""
    robots: Protego | None = None


@dataclass
class Clock:
    """The time in seconds, and how to let it pass; the tests have one of their own."""

    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


def _open_client(manners: Manners) -> httpx.Client:
    """What asks for addresses. Raises `RequestError` for a proxy that it cannot use."""
    try:
        return httpx.Client(
            headers={"User-Agent": user_agent(manners.contact), "Accept-Encoding": "identity"},
            timeout=httpx.Timeout(manners.timeout),
            limits=httpx.Limits(max_connections=1),
            # This machine is asked without a proxy; None stands for that.
            mounts=dict.fromkeys(("all://localhost", "all://127.0.0.1", "all://[::1]")),
        )
    except (ImportError, ValueError, httpx.InvalidURL) as error:
        # A proxy's address may hold a password, so it is not told.
        given = getproxies()
        named = [f"{name.upper()}_PROXY" for name in ("http", "https", "all") if name in given]
        if not named:
            raise
        raise RequestError(
            f"The proxy in {' or '.join(named)} cannot be used.",
            how_to_install("fetch", "socksio")
            if isinstance(error, ImportError)
            else "Its address must begin with http://, https:// or socks5://.",
        ) from error


class Web:
    """Asks for addresses, one after the other. `named` are the sites that may be private.

    Where a page redirects to a site that `mirror` stands in for, the mirror is asked.
    Use it in a `with`. `n_requests` counts what was sent, robots.txt and retries included.
    """

    def __init__(
        self,
        manners: Manners,
        named: Iterable[Origin] = (),
        clock: Clock | None = None,
        mirror: Mirror | None = None,
    ) -> None:
        self._manners = manners
        self._named = set(named)
        self._clock = clock or Clock()
        self._mirror = mirror or Mirror()
        self._hosts: dict[Origin, _Host] = {}
        self._client = _open_client(manners)
        self.n_requests = 0

    def __enter__(self) -> Web:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def get(
        self, url: str, into: BinaryIO, limit: int, *, etag: str = "", last_modified: str = ""
    ) -> Answer:
        """Write what is at `url` into an empty file, at most `limit` bytes.

        With the `etag` or `last_modified` of an earlier answer the server may say that nothing
        has changed (304). Raises `FetchError` if there is no good answer.
        """
        headers = {"If-None-Match": etag, "If-Modified-Since": last_modified}
        # A server may give a mark that no header can carry: it is then asked without one.
        headers = {
            name: value
            for name, value in headers.items()
            if value and value.isascii() and value.isprintable()
        }
        return self._follow(url, into, limit, headers, obey=True)

    def _follow(self, url: str, into: BinaryIO, limit: int, headers: dict, obey: bool) -> Answer:
        for _ in range(MAX_REDIRECTS + 1):
            check_public(url, self._named)
            host = self._host(url, obey)
            if obey and host.robots and not host.robots.can_fetch(url, NAME):
                raise FetchError(
                    f"robots.txt of {origin_of(url)[1]} forbids {url}.",
                    "Get the document from its publisher in another way.",
                )
            answer = self._ask(url, host, _Body(into, limit), headers)
            if isinstance(answer, Answer):
                return answer
            url = self._mirror.redirected(join(url, answer))
        raise FetchError(
            f"More than {MAX_REDIRECTS} redirects, the last to {url[:200]}.",
            "Open the address in a browser.",
        )

    def _host(self, url: str, obey: bool) -> _Host:
        origin = origin_of(url)
        if origin not in self._hosts:
            self._hosts[origin] = _Host(self._manners.pause)
        host = self._hosts[origin]
        if host.stopped:
            raise LeftAlone(host.stopped, LATER)
        if obey and host.robots is None:
            host.robots = self._read_robots(join(url, "/robots.txt"), host)
            rate = host.robots.request_rate(NAME)
            for wish in (
                host.robots.crawl_delay(NAME) or 0.0,
                rate.seconds / rate.requests if rate and rate.requests else 0.0,
            ):
                if wish > self._manners.longest_wait:
                    host.stopped = f"{origin[1]} asks for {wish:g} seconds between two requests."
                    raise LeftAlone(host.stopped, "Get its documents in another way.")
                host.pause = max(host.pause, wish)
        return host

    def _read_robots(self, url: str, host: _Host) -> Protego:
        file = io.BytesIO()
        try:
            self._follow(url, file, ROBOTS_BYTES, {}, obey=False)
        except FetchError as error:
            # RFC 9309, 2.3.1: no such file allows all, a server in trouble forbids all.
            if error.status is not None and 400 <= error.status < 500 and error.status != 429:
                return Protego.parse("")
            host.stopped = f"{url} cannot be read ({error}), so nothing there is fetched."
            raise LeftAlone(host.stopped, LATER) from error
        return Protego.parse(file.getvalue().decode("utf-8-sig", "replace"))

    def _ask(self, url: str, host: _Host, body: _Body, headers: dict) -> Answer | str:
        """One address, tried several times; gives the target if it redirects."""
        for tried in range(1, self._manners.tries + 1):
            self._wait(host)
            try:
                answer = self._ask_once(url, body, headers)
            except _Passing as trouble:
                wait = trouble.wait or FIRST_WAIT * 2 ** (tried - 1) * random.uniform(0.75, 1.25)
                if wait > self._manners.longest_wait:
                    host.stopped = (
                        f"{origin_of(url)[1]} asks to be left alone for {wait:.0f} seconds."
                    )
                if host.stopped or tried == self._manners.tries:
                    self._count_failure(host, url)
                    raise FetchError(
                        f"{url}: {trouble.reason}.", "It is tried again next time.", trouble.status
                    ) from trouble
                host.next_at = max(host.next_at, self._clock.now() + wait)
            except FetchError as error:
                if error.status in REFUSALS:
                    self._count_failure(host, url)
                raise
            else:
                host.failures = 0
                return answer
        raise AssertionError("the last try ends the loop")

    def _wait(self, host: _Host) -> None:
        if (wait := host.next_at - self._clock.now()) > 0:
            self._clock.sleep(wait)
        host.next_at = self._clock.now() + host.pause
        self.n_requests += 1

    def _count_failure(self, host: _Host, url: str) -> None:
        host.failures += 1
        if host.failures >= self._manners.refusals and not host.stopped:
            host.stopped = (
                f"{origin_of(url)[1]} refused or failed {host.failures} times in a row and is "
                "left alone."
            )

    def _ask_once(self, url: str, body: _Body, headers: dict) -> Answer | str:
        try:
            with self._client.stream("GET", url, headers=headers) as response:
                self._check_peer(response, url)
                status, told = response.status_code, response.headers
                if status in REDIRECTS and told.get("location"):
                    return told["location"]
                if status == 304 and headers:
                    return Answer(304, url, told.get("etag", ""), told.get("last-modified", ""))
                if status in PASSING:
                    raise _Passing(_words(status), status, _retry_after(told.get("retry-after")))
                if status != 200:
                    raise FetchError(f"{url}: {_words(status)}.", "Open it in a browser.", status)
                self._read(response, body, url)
        except httpx.TimeoutException as error:
            reason = f"the server sent nothing for {self._manners.timeout:g} seconds"
            raise _Passing(reason) from error
        except httpx.TransportError as error:
            raise _Passing(f"the connection failed ({error or type(error).__name__})") from error
        except (httpx.InvalidURL, UnicodeError) as error:
            raise FetchError(f"{url}: {error}.", "Open it in a browser.") from error
        return Answer(200, url, told.get("etag", ""), told.get("last-modified", ""))

    def _check_peer(self, response: httpx.Response, url: str) -> None:
        """A name may lead to another machine by the time it is asked than when it was checked."""
        stream = response.extensions.get("network_stream")
        peer = stream.get_extra_info("server_addr") if stream is not None else None
        if peer and origin_of(url) not in self._named and not goes_by_proxy(url):
            check_address(str(peer[0]), url)

    def _read(self, response: httpx.Response, body: _Body, url: str) -> None:
        packed = response.headers.get("content-encoding", "identity").strip().lower()
        if packed not in ("", "identity", *GZIP):
            raise FetchError(f"{url}: it is packed in a way nobody asked for.", "", 200)
        started, n_bytes = self._clock.now(), 0
        body.begin(is_packed=packed in GZIP)
        for piece in response.iter_raw():
            n_bytes += len(piece)
            body.add(piece, n_bytes, url)
            took = self._clock.now() - started
            if took > self._manners.whole or (took > SLOW_AFTER and n_bytes < SLOWEST * took):
                raise FetchError(
                    f"{url}: too slow ({n_bytes:,} bytes in {took:.0f} seconds).",
                    "It is tried again next time.",
                    200,
                )
        body.end(url)


class _Body:
    """Where an answer goes, and how large it may be, packed and unpacked."""

    def __init__(self, file: BinaryIO, limit: int) -> None:
        self._file, self._limit = file, limit

    def begin(self, *, is_packed: bool) -> None:
        self._unpack = zlib.decompressobj(GZIP_WINDOW) if is_packed else None
        self._n_written = 0
        self._file.seek(0)
        self._file.truncate()

    def add(self, piece: bytes, n_bytes: int, url: str) -> None:
        if self._unpack is not None:
            try:
                # Not a byte more than is needed to see that it is too much.
                piece = self._unpack.decompress(piece, self._limit + 1 - self._n_written)
            except zlib.error as error:
                raise _damaged(url) from error
        self._n_written += len(piece)
        if max(n_bytes, self._n_written) > self._limit:
            raise FetchError(
                f"{url}: it is larger than {self._limit / 1e6:g} MB.",
                "Allow more (--megabytes), or get it by hand.",
                200,
            )
        self._file.write(piece)

    def end(self, url: str) -> None:
        if self._unpack is not None and not self._unpack.eof:
            raise _damaged(url)


def _damaged(url: str) -> FetchError:
    return FetchError(f"{url}: it came packed and damaged.", "It is tried again next time.", 200)


class _Passing(Exception):
    """A trouble that may pass: worth another try, after `wait` seconds if the server says so."""

    def __init__(self, reason: str, status: int | None = None, wait: float | None = None) -> None:
        super().__init__(reason)
        self.reason, self.status, self.wait = reason, status, wait


def user_agent(contact: str = "") -> str:
    """What is said to the sites: the project, its version, and how to reach who runs it.

    Raises `RequestError` if the contact cannot stand in a header.
    """
    if not contact.isascii() or not contact.isprintable():
        raise RequestError(
            f"The contact {contact!r} cannot be sent.",
            "Give an email or web address with --contact.",
        )
    about = "reads published inspection reports"
    return f"{NAME}/{metadata.version(NAME)} ({about}{'; ' + contact if contact else ''})"


def _words(status: int) -> str:
    if status in REFUSALS:
        return f"the server refused ({status})"
    if status in (404, 410):
        return f"there is nothing at this address ({status})"
    return f"the server answered {status}"


def _retry_after(value: str | None) -> float | None:
    """Seconds to wait: the header has a number of them, or a date (RFC 9110, 10.2.3)."""
    if not value:
        return None
    if value.strip().isdecimal():
        return float(value)
    try:
        when = parsedate_to_datetime(value)
    except (ValueError, OverflowError, TypeError):
        return None
    if when.tzinfo is None:
        when = when.replace(tzinfo=dt.UTC)
    return max(0.0, (when - dt.datetime.now(dt.UTC)).total_seconds())
