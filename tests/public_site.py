"""A local server that plays the sites of PUBLIC_SITES: Ofsted's pages and files, a council's papers.

Every authority and text is invented. What a site may do wrong is set by address in `odd`.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self
from urllib.parse import parse_qs, urlsplit

FILES = "https://files.ofsted.gov.uk/v1/file/"
KINDS = {
    "ilacs": "Children's services inspection",
    "focused": "Children's services focused visit",
    "jtai": "Joint area child protection inspection",
    "send": "Area SEND full inspection",
}
# What is said of a listing as short as those here.
FEW = [
    "The listing has only 3 providers; there should be at least 150. The site may have changed."
]


def pdf(words: str) -> bytes:
    """Enough of a PDF for who does not read it."""
    return b"%PDF-1.7\n% " + words.encode() + b"\n%%EOF\n"


@dataclass
class Publication:
    number: int
    kind: str
    day: dt.date | None = dt.date(2024, 7, 15)
    content: bytes = b""
    hidden: bool = True  # whether the link has its hidden text
    title: str | None = None
    href: str = ""

    @property
    def link(self) -> str:
        day = f" - {self.day.day} {self.day:%B %Y}" if self.day else ""
        hidden = f'<span class="nonvisual">{escape(self.kind)}, pdf{day}</span>'
        title = escape(self.kind if self.title is None else self.title)
        href = self.href or f"{FILES}{self.number}"
        return (
            f'<a class="publication-link" href="{escape(href)}" target="_blank">\n{title} '
            f"{hidden if self.hidden else ''}</a>"
        )


@dataclass
class Provider:
    urn: str
    name: str
    publications: list[Publication] = field(default_factory=list)


class PublicSite:
    """The site; use it in a `with`. `asked` are the paths that were asked for, in order."""

    def __init__(self, *providers: Provider, robots: str | None = None) -> None:
        self.providers = list(providers)
        self.robots = robots
        # Path → what happens instead of the proper answer.
        self.odd: dict[str, Callable[[Handler], None]] = {}
        self.pages: dict[str, tuple[str, bytes]] = {}
        self.asked: list[str] = []
        self.agents: set[str] = set()

    def __enter__(self) -> Self:
        site = self

        class Own(Handler):
            pass

        Own.site = site
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Own)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def forget(self) -> None:
        self.asked.clear()

    def count(self, start: str) -> int:
        return sum(path.startswith(start) for path in self.asked)

    @property
    def files_asked(self) -> list[str]:
        return [path.rsplit("/", 1)[1] for path in self.asked if path.startswith("/v1/file/")]

    def most_often(self, start: str) -> int:
        return max(
            Counter(path for path in self.asked if path.startswith(start)).values(), default=0
        )

    def page(self, path: str, query: dict[str, list[str]]) -> tuple[str, bytes] | None:
        if path in self.pages:
            return self.pages[path]
        if path == "/robots.txt" and self.robots is not None:
            return "text/plain", self.robots.encode()
        if path == "/search":
            return "text/html", self._listing(query).encode()
        for provider in self.providers:
            if path == f"/provider/44/{provider.urn}":
                links = "".join(f"<li>{p.link}</li>" for p in provider.publications)
                page = f"<!doctype html><h1>{escape(provider.name)}</h1><ol>{links}</ol>"
                return "text/html", page.encode()
            for publication in provider.publications:
                if path == f"/v1/file/{publication.number}":
                    content = publication.content or pdf(f"report {publication.number}")
                    return "application/pdf", content
        return None

    def _listing(self, query: dict[str, list[str]]) -> str:
        if query["level_1_types"] != ["3"] or query["level_2_types[]"] != ["12"]:
            return "<p>No results.</p>"
        start, rows = int(query["start"][0]), min(100, int(query["rows"][0]))
        links = []
        for provider in self.providers[start : start + rows]:
            link = f'<a href="/provider/44/{provider.urn}">{escape(provider.name)}</a>'
            links.append(f"<li>{link} {link}</li>")
        return f"<!doctype html><title>Search</title><a href='/'>Home</a><ol>{''.join(links)}</ol>"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    site: PublicSite

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        self.site.asked.append(self.path)
        self.site.agents.add(self.headers["User-Agent"])
        if parts.path in self.site.odd:
            self.site.odd[parts.path](self)
        elif (found := self.site.page(parts.path, parse_qs(parts.query))) is None:
            self.answer(404, b"<html>Not found</html>")
        else:
            self.answer_with(*found)

    def answer_with(self, kind: str, body: bytes) -> None:
        etag = f'"{hashlib.md5(body).hexdigest()}"'
        if self.headers["If-None-Match"] == etag:
            self.answer(304, b"", ETag=etag)
        else:
            self.answer(200, body, ETag=etag, Content_Type=kind)

    def answer(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        if status != 304:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Says nothing: the tests look at `asked`."""


# --- what a site may do wrong -------------------------------------------------------------------


def answers(status: int, body: bytes = b"", **headers: str) -> Callable[[Handler], None]:
    """The same answer each time."""
    return lambda handler: handler.answer(status, body, **headers)


def first(n: int, odd: Callable[[Handler], None], path: str) -> Callable[[Handler], None]:
    """Odd the first `n` times, then as it should be."""
    times = iter(range(n))

    def answer(handler: Handler) -> None:
        if next(times, None) is None:
            found = handler.site.page(path, {})
            assert found
            handler.answer_with(*found)
        else:
            odd(handler)

    return answer


def endless(handler: Handler) -> None:
    handler.send_response(200)
    handler.send_header("Transfer-Encoding", "chunked")
    handler.end_headers()
    piece = b"%PDF-1.7" + b"x" * 65_528
    try:
        while True:
            handler.wfile.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
    except OSError:
        handler.close_connection = True


def silent(handler: Handler) -> None:
    threading.Event().wait(3)
    handler.close_connection = True


def cut_short(handler: Handler) -> None:
    """Promises more than it sends, and hangs up."""
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b"%PDF-1.7 the first half")
    handler.close_connection = True


def chunked(*pieces: bytes, end: bool = True) -> Callable[[Handler], None]:
    """A body in pieces, without its length; without an `end` the server hangs up."""

    def answer(handler: Handler) -> None:
        handler.send_response(200)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        for piece in (*pieces, *([b""] if end else [])):
            handler.wfile.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
        handler.close_connection = not end

    return answer
