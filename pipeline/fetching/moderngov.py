"""ModernGov sites → the papers of a committee's meetings: a first step towards scrutiny papers.

Over 300 English councils publish their papers this way. The web service lists committees and
meetings (its elements are those that councils' sites gave in 2026); a meeting's page links to its
papers, `/documents/s<number>/<name>.pdf`.
"""

from __future__ import annotations

import datetime as dt
import html as entities
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import unquote, urlencode, urlsplit

from lxml import etree, html

from pipeline.base.errors import FetchError
from pipeline.documents.publisher import read_date
from pipeline.fetching.addresses import join, origin_of
from pipeline.fetching.publications import Publication

SOURCE = "moderngov"
PAPER_PATH = re.compile(r".*/documents/s\d+/[^/]+\.pdf", re.IGNORECASE)
YEARS_BACK = 1  # without --since


@dataclass(frozen=True, slots=True)
class Asked:
    """A council's site, the committees wanted there (names or numbers), and from when to when."""

    site: str
    committees: tuple[str, ...]
    since: dt.date | None
    today: dt.date


def find_papers(
    asked: Asked, authority: str, page_at: Callable[[str], bytes], problems: list[str]
) -> Iterator[Publication]:
    """Yields the papers of the committees' meetings. `page_at` gives what is at an address.

    A meeting that cannot be read is added to `problems`. Raises `FetchError` if the site is no
    ModernGov site or has no such committee.
    """
    base = asked.site.rstrip("/") + "/"
    since = asked.since or asked.today.replace(year=asked.today.year - YEARS_BACK, day=1)
    for number, title in _committees(base, asked.committees, page_at):
        query = {
            "lCommitteeId": number,
            "sFromDate": f"{since:%d/%m/%Y}",
            "sToDate": f"{asked.today:%d/%m/%Y}",
        }
        url = f"{base}mgWebService.asmx/GetMeetings?{urlencode(query)}"
        try:
            meetings = _elements(page_at(url), "meeting", url)
        except FetchError as error:
            problems.append(f"The meetings of {title} cannot be read: {error}")
            continue
        for meeting in meetings:
            day = read_date(meeting.get("meetingdate", ""))
            page = f"{base}ieListDocuments.aspx?CId={number}&MId={meeting.get('meetingid', '')}"
            try:
                yield from _papers(page_at(page), page, authority, title, day)
            except FetchError as error:
                problems.append(f"The meeting of {title} on {day} cannot be read: {error}")


def _committees(
    base: str, wanted: tuple[str, ...], page_at: Callable[[str], bytes]
) -> list[tuple[str, str]]:
    """Number and title of each wanted committee, found by its number or a part of its title."""
    url = f"{base}mgWebService.asmx/GetCommittees"
    listed = [
        (row.get("committeeid", ""), row.get("committeetitle", ""))
        for row in _elements(page_at(url), "committee", url)
    ]
    titles = ", ".join(title for _, title in listed[:10])
    if not wanted:
        raise FetchError("No committee is named.", f"Give --committee, for instance: {titles}.")
    found: dict[str, str] = {}
    for name in wanted:
        matching = {
            n: t
            for n, t in listed
            if (n == name if name.isdigit() else name.casefold() in t.casefold())
        }
        if not matching:
            raise FetchError(f"{base} has no committee {name!r}.", f"It has: {titles}.")
        found |= matching
    return list(found.items())


def _elements(body: bytes, name: str, url: str) -> list[dict[str, str]]:
    """The fields of every element of that name; names are compared in small letters."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, recover=False)
    try:
        root = etree.fromstring(body, parser)
    except (etree.LxmlError, ValueError) as error:
        raise FetchError(
            f"{url} is not the answer of a ModernGov site.", "Check the address of --moderngov."
        ) from error
    return [
        {
            # Titles come with their entities packed twice (`&amp;amp;`).
            etree.QName(child).localname.lower(): entities.unescape(child.text or "").strip()
            for child in element.iterchildren(etree.Element)
        }
        for element in root.iter(etree.Element)
        if etree.QName(element).localname.lower() == name
    ]


def _papers(
    body: bytes, page: str, authority: str, committee: str, day: dt.date | None
) -> Iterator[Publication]:
    try:
        root = html.document_fromstring(body, parser=html.HTMLParser(encoding="utf-8"))
    except (etree.LxmlError, ValueError) as error:
        raise FetchError("the page is empty or no HTML.") from error
    seen = set()
    for link in root.iter("a"):
        url = join(page, link.get("href") or "")
        if url in seen or not PAPER_PATH.fullmatch(urlsplit(url).path):
            continue
        seen.add(url)
        try:
            if origin_of(url) != origin_of(page):
                continue
        except FetchError:
            continue
        words = " ".join(str(link.text_content()).split())
        yield Publication(
            url=url,
            source=SOURCE,
            authority=authority,
            kind=committee,
            title=words or unquote(urlsplit(url).path.rsplit("/", 1)[-1]),
            published_on=day,
        )
