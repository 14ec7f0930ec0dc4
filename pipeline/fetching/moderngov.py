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
from urllib.parse import unquote, urlencode, urlsplit, urlunsplit

from lxml import etree

from pipeline.base.errors import FetchError
from pipeline.documents.publisher import read_date
from pipeline.fetching.addresses import PORTS, Mirror, origin_of
from pipeline.fetching.pages import read_links, text_of
from pipeline.fetching.publications import Publication
from pipeline.fetching.web import RequestError, add_problem

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


class Council:
    """A council's site. `page_at` gives what is at an address; `problems` get what went wrong."""

    def __init__(
        self, page_at: Callable[[str], bytes], mirror: Mirror, problems: list[str]
    ) -> None:
        self._page_at, self._mirror, self._problems = page_at, mirror, problems

    def find_papers(self, asked: Asked, authority: str) -> Iterator[Publication]:
        """Yields the papers of the committees' meetings.

        Meetings that cannot be read or have no papers are added to the problems. Raises
        `FetchError` if the site is no ModernGov site, `RequestError` if it has no such committee.
        """
        base = asked.site.rstrip("/") + "/"
        since = asked.since or asked.today.replace(year=asked.today.year - YEARS_BACK, day=1)
        committees = self._committees(base, asked.committees)
        n_meetings = n_problems = 0
        for number, title in committees:
            query = {
                "lCommitteeId": number,
                "sFromDate": f"{since:%d/%m/%Y}",
                "sToDate": f"{asked.today:%d/%m/%Y}",
            }
            try:
                meetings = self._ask(base, f"GetMeetings?{urlencode(query)}", "meeting")
            except FetchError as error:
                n_problems += 1
                problem = f"The meetings of {title} cannot be read: {error}"
                add_problem(self._problems, error, problem)
                continue
            n_meetings += len(meetings)
            for meeting in meetings:
                day = read_date(meeting.get("meetingdate", "")[: len("2024-07-15")])
                name = f"The meeting of {title} on {day or 'a day that is not given'}"
                try:
                    papers = self._papers(base, number, meeting.get("meetingid", ""))
                except FetchError as error:
                    problem = f"{name} cannot be read: {error}"
                    add_problem(self._problems, error, problem)
                    continue
                if not papers and "cancel" not in meeting.get("meetingstatus", "").lower():
                    self._problems.append(f"{name} has no papers that can be fetched.")
                for url, words in papers.items():
                    yield Publication(url, SOURCE, "", authority, title, words, day)
        if not (n_meetings or n_problems):
            titles = ", ".join(title for _, title in committees)
            self._problems.append(f"{titles}: there was no meeting since {since}.")

    def _committees(self, base: str, wanted: tuple[str, ...]) -> list[tuple[str, str]]:
        """Number and title of each wanted committee, by its number or a part of its title."""
        listed = [
            (row.get("committeeid", ""), row.get("committeetitle", ""))
            for row in self._ask(base, "GetCommittees", "committee")
        ]
        titles = ", ".join(title for _, title in listed[:10])
        if not wanted:
            raise RequestError(
                "No committee is named.", f"Give --committee, for instance: {titles}."
            )
        found: dict[str, str] = {}
        for name in wanted:
            matching = {
                n: t
                for n, t in listed
                if (n == name if name.isdigit() else name.casefold() in t.casefold())
            }
            if not matching:
                raise RequestError(f"{base} has no committee {name!r}.", f"It has: {titles}.")
            found |= matching
        return list(found.items())

    def _ask(self, base: str, question: str, name: str) -> list[dict[str, str]]:
        url = f"{base}mgWebService.asmx/{question}"
        return _elements(self._page_at(url), name, url)

    def _papers(self, base: str, committee: str, meeting: str) -> dict[str, str]:
        """The papers that a meeting's page links to: address → what the link says."""
        if not meeting:
            raise FetchError("it has no number.")
        page = f"{base}ieListDocuments.aspx?{urlencode({'CId': committee, 'MId': meeting})}"
        papers: dict[str, str] = {}
        for link, address in read_links(self._page_at(page), page):
            url = self._own_address(address, base)
            path = urlsplit(url).path
            if PAPER_PATH.fullmatch(path):
                papers.setdefault(url, text_of(link) or unquote(path.rsplit("/", 1)[-1]))
        return papers

    def _own_address(self, url: str, base: str) -> str:
        """The address as one of the council's site, "" if it is none; a mirror stands for it.

        The site may link to itself with http or https: that is one paper all the same.
        """
        try:
            is_own = self._mirror.is_here(url) or _host_of(url) == _host_of(base)
        except FetchError:
            return ""
        return urlunsplit((*urlsplit(base)[:2], *urlsplit(url)[2:])) if is_own else ""


def _host_of(url: str) -> tuple[str, int | None]:
    """The host, and its port if it is not the usual one of its scheme."""
    scheme, host, port = origin_of(url)
    return host, None if port == PORTS[scheme] else port


def _elements(body: bytes, name: str, url: str) -> list[dict[str, str]]:
    """The fields of every element of that name; names are compared in small letters."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, recover=False)
    try:
        root = etree.fromstring(body.strip(), parser)
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
