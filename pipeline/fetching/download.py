"""One document: from its address to a file with a name of its own. Nothing is overwritten."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from pipeline.base.errors import FetchError
from pipeline.base.paths import safe_part
from pipeline.fetching.publications import Publication
from pipeline.fetching.web import Answer, Web

# Where PDF readers look for the first and the last mark of a PDF, in bytes.
HEAD, TAIL = 1_024, 2_048
WEB_PAGE = re.compile(rb"<(?:!doctype|html|head|body)", re.IGNORECASE)
TITLE = re.compile(rb"<title[^>]*>(.{0,300}?)</title", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Downloaded:
    """A document that has come: `path` is where it lies now, not yet under its name."""

    answer: Answer
    path: Path
    sha256: str


def download(
    web: Web, url: str, part: Path, limit: int, *, etag: str = "", last_modified: str = ""
) -> Downloaded | None:
    """Get a PDF of at most `limit` bytes into the file `part`; None if it has not changed.

    Raises `FetchError` if it cannot be had whole or is something else; `part` is then deleted.
    """
    part.parent.mkdir(parents=True, exist_ok=True)
    try:
        with part.open("w+b") as file:
            answer = web.get(url, file, limit, etag=etag, last_modified=last_modified)
        if answer.status == 304:
            part.unlink()
            return None
        _check_pdf(part, url)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    return Downloaded(answer, part, _digest(part))


def put(downloaded: Downloaded, folder: Path, wanted: str, taken: Collection[str]) -> str:
    """Move a document into `folder` under the name `wanted`, or the next one that is free.

    `taken` are names that must not be used, in small letters. Where a file with the same content
    has the name already, that file stays. Gives the name.
    """
    stem, number = wanted.removesuffix(".pdf"), 1
    while True:
        name = f"{stem}.pdf" if number == 1 else f"{stem} ({number}).pdf"
        path = folder / name
        if path.is_file() and _digest(path) == downloaded.sha256:
            downloaded.path.unlink()
            return name
        # Windows and macOS do not tell `Report.pdf` from `report.pdf`.
        if not path.exists() and name.lower() not in taken:
            path.parent.mkdir(parents=True, exist_ok=True)
            downloaded.path.rename(path)
            return name
        number += 1


def file_name(publication: Publication) -> str:
    """Where a document goes inside the folder of reports, with `/`; safe on Windows too.

    The day is not in it: `run` would take a date in a name for one in the document.
    """
    group = publication.source.split("-")[0]
    if group == "ofsted":
        place = f"{publication.urn} {publication.authority}"
        number = publication.url.rstrip("/").rsplit("/", 1)[-1]
        words = f"{publication.kind or 'report'} {number}"
    else:
        place = publication.authority or publication.url.split("/")[2]
        words = re.sub(r"\.pdf$", "", publication.title, flags=re.IGNORECASE)
        words += f" {hashlib.sha256(publication.url.encode()).hexdigest()[:8]}"
    month = f"{publication.published_on:%Y-%m} " if publication.published_on else ""
    return "/".join((safe_part(group), safe_part(place), safe_part(month + words) + ".pdf"))


def _check_pdf(path: Path, url: str) -> None:
    with path.open("rb") as file:
        head = file.read(HEAD)
        size = file.seek(0, 2)
        file.seek(max(0, size - TAIL))
        tail = file.read()
    # A web page may speak of PDFs.
    start = head.partition(b"%PDF")[0]
    if len(start) == len(head) or WEB_PAGE.search(start):
        what = "an empty file"
        if size:
            what = "a web page" if WEB_PAGE.search(head) else "a file"
        title = TITLE.search(head)
        words = " ".join(title[1].decode("utf-8", "replace").split()) if title else ""
        raise FetchError(
            f"{url}: {what} came{f' (“{words}”)' if words else ''}, not a PDF.",
            "It is tried again next time.",
        )
    if b"%%EOF" not in tail:
        raise FetchError(
            f"{url}: the PDF has no end; part of it is missing.", "It is tried again next time."
        )


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
