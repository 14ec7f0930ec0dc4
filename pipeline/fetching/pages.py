"""A web page → its links."""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree, html

from pipeline.base.encodings import decode_text
from pipeline.base.errors import ExtractionError, FetchError
from pipeline.fetching.addresses import join


def read_links(body: bytes, page: str) -> Iterator[tuple[html.HtmlElement, str]]:
    """Yields each link of a page with the address it leads to ("" for none).

    `page` is the address of the page itself. Raises `FetchError` if it is empty or no HTML at all.
    """
    try:
        # Not left to the parser: it stops at the first byte that its encoding lacks.
        text = decode_text(body).encode("utf-8", "replace")
        root = html.document_fromstring(text, parser=html.HTMLParser(encoding="utf-8"))
    except (ExtractionError, etree.LxmlError, ValueError) as error:
        raise FetchError("The page is empty or no HTML.", "Open it in a browser.") from error
    hrefs = (each.get("href", "").strip() for each in root.iter("base"))
    base = join(page, next(filter(None, hrefs), ""))
    for link in list(root.iter("a")):
        href = link.get("href", "").strip()
        yield link, join(base, href) if href else ""


def text_of(element: html.HtmlElement) -> str:
    """The text in an element on one line; what stands in two elements is two words."""
    return " ".join(" ".join(element.xpath(".//text()")).split())
