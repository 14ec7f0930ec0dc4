"""Ofsted's pages → providers and their publications (https://reports.ofsted.gov.uk, mid-2026).

A listing links to provider pages, and these to PDFs. A link's hidden text says what it is:
`Area SEND full inspection, pdf - 15 July 2024`. Where it is missing, the visible text counts.
"""

from __future__ import annotations

import datetime as dt
import re
from urllib.parse import urlsplit, urlunsplit

from lxml import etree, html

from pipeline.base.errors import FetchError
from pipeline.documents.dates import MONTHS
from pipeline.documents.publisher import type_of_kind
from pipeline.fetching.addresses import Mirror, origin_of
from pipeline.fetching.pages import read_links, text_of
from pipeline.fetching.publications import Provider, Publication

PAGES, FILES = "https://reports.ofsted.gov.uk", "https://files.ofsted.gov.uk"
PAGES_HOST = urlsplit(PAGES).netloc
OWN_HOSTS = (PAGES_HOST, urlsplit(FILES).netloc)
ROWS = 100  # the most that a page of the listing holds
MAX_LISTING_PAGES = 100
# Local authorities (level 1) that have children's services (level 2).
LISTING = (
    PAGES + "/search?q=&location=&lat=&lon=&radius=&level_1_types=3&level_2_types[]=12"
    "&start={start}&rows={rows}"
)
PROVIDER_PATH = re.compile(r"/provider/([\w-]+)/(\w+)/?", re.IGNORECASE)
FILE_PATH = re.compile(r"/v1/file/(\w+)/?", re.IGNORECASE)
OTHER = "ofsted-other"
# Document type → source; what is not here is `OTHER`.
SOURCE_OF_TYPE = {
    "inspection": "ofsted-ilacs",
    "joint targeted inspection": "ofsted-jtai",
    "area SEND inspection": "ofsted-send",
    "focused visit": "ofsted-visits",
    "monitoring visit": "ofsted-visits",
    "assurance visit": "ofsted-visits",
}
SOURCES = (*dict.fromkeys(SOURCE_OF_TYPE.values()), OTHER)
# Names of what only a screen reader shows; Ofsted's is `nonvisual`.
HIDDEN_TEXT = {"nonvisual", "visually-hidden", "govuk-visually-hidden", "sr-only"}
DATE_AT_END = re.compile(
    r"(?<![\s,–—-])[\s,–—-]*+\b(\d{1,2})(?:st|nd|rd|th)?\s+([a-z]{3,9})\.?,?\s+((?:19|20)\d\d)\W*+$",
    re.IGNORECASE,
)
FORMAT_AT_END = re.compile(r"(?<![\s,(])[\s,(]*+\b(?:pdf|docx?|html?)\b\W*+$", re.IGNORECASE)


def listing_address(start: int) -> str:
    """The address of the listing from provider number `start` on."""
    return LISTING.format(start=start, rows=ROWS)


def read_providers(body: bytes, mirror: Mirror) -> list[Provider]:
    """The providers that a page of the listing links to, each once, in order."""
    found: dict[str, Provider] = {}
    for link, address in read_links(body, PAGES + "/search"):
        parts = urlsplit(public_address(address, mirror))
        match = PROVIDER_PATH.fullmatch(parts.path)
        if match is None or parts.netloc != PAGES_HOST:
            continue
        url, name = f"{PAGES}/provider/{match[1]}/{match[2]}", text_of(link)
        if url not in found or (name and not found[url].name):
            found[url] = Provider(match[2], name, url)
    return list(found.values())


def read_publications(body: bytes, provider: Provider, mirror: Mirror) -> list[Publication]:
    """The publications that a provider page links to, each address once, in order."""
    found: dict[str, Publication] = {}
    for link, address in read_links(body, provider.url):
        url = public_address(address, mirror)
        marked = "publication-link" in _classes(link)
        if not url or not (marked or FILE_PATH.fullmatch(urlsplit(url).path)):
            continue
        publication = _read_link(link, url, provider)
        if url not in found or _says(publication) > _says(found[url]):
            found[url] = publication
    return list(found.values())


def _says(publication: Publication) -> tuple[bool, bool]:
    """How much a link says: a picture or "Download" may lead to the same document."""
    return publication.published_on is not None, type_of_kind(publication.kind) is not None


def public_address(url: str, mirror: Mirror) -> str:
    """The address that a link leads to as the public knows it, "" if there is none.

    A mirror may link to itself: files and pages then get the host that Ofsted has for them.
    """
    try:
        is_here = mirror.is_here(url) or origin_of(url)[1] in OWN_HOSTS
    except FetchError:
        return ""
    if not is_here:
        return url
    if match := FILE_PATH.fullmatch(urlsplit(url).path):
        return f"{FILES}/v1/file/{match[1]}"
    return urlunsplit(("https", PAGES_HOST, *urlsplit(url)[2:]))


def read_words(text: str) -> tuple[str, dt.date | None]:
    """What a link says, as kind and date.

    >>> read_words("Area SEND full inspection, pdf - 15 July 2024")
    ('Area SEND full inspection', datetime.date(2024, 7, 15))
    """
    day = None
    if match := DATE_AT_END.search(text):
        day = _date(*match.groups())
    if day:
        text = text[: match.start()] if match else text
    return FORMAT_AT_END.sub("", text).strip(" \t,–—-"), day


def source_of_kind(kind: str) -> str:
    """The source that a kind of publication belongs to, `OTHER` if it is none of them.

    >>> source_of_kind("Joint area review – progress inspection")
    'ofsted-jtai'
    """
    if re.search(r"joint area review", kind, re.IGNORECASE):
        return "ofsted-jtai"
    return SOURCE_OF_TYPE.get(type_of_kind(kind) or "", OTHER)


def _read_link(link: html.HtmlElement, url: str, provider: Provider) -> Publication:
    told = _take_hidden(link)
    kind, day = read_words(told)
    visible, visible_day = read_words(text_of(link))
    kind = kind or visible
    return Publication(
        url=url,
        source=source_of_kind(kind),
        urn=provider.urn,
        authority=provider.name,
        kind=kind,
        title=visible or kind,
        published_on=day or visible_day,
    )


def _take_hidden(link: html.HtmlElement) -> str:
    """What a link says to a screen reader only, which is taken out of it; "" if nothing."""
    inside = [each for each in link.iter(etree.Element) if each is not link]
    # Under a class that is not known, what ends with a date is meant.
    hidden = [each for each in inside if HIDDEN_TEXT & _classes(each)] or [
        each for each in inside if DATE_AT_END.search(text_of(each))
    ][-1:]
    told = max(map(text_of, hidden), key=len, default="")
    for each in hidden:
        each.drop_tree()
    labels = (link.get("aria-label", ""), link.get("title", ""))
    return told or next((label for label in labels if DATE_AT_END.search(label)), "")


def _classes(element: html.HtmlElement) -> set[str]:
    return {*element.get("class", "").lower().split()}


def _date(day: str, month: str, year: str) -> dt.date | None:
    try:
        return dt.date(int(year), MONTHS.index(month[:3].lower()) + 1, int(day))
    except ValueError:
        return None
