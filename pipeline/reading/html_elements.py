"""The elements of a web page: which are headings, and where a browser begins a new line."""

from __future__ import annotations

from lxml import etree
from lxml.html import HtmlElement
from lxml.html.defs import block_tags

HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
# Where a browser begins a new line. lxml knows only the elements of HTML 4.
BREAKING = (block_tags - {"ins", "del"}) | frozenset(
    [
        "article",
        "aside",
        "body",
        "details",
        "figcaption",
        "figure",
        "footer",
        "header",
        "hgroup",
        "html",
        "main",
        "nav",
        "section",
        "summary",
        "td",
        "th",
    ]
)


def text_on_one_line(element: HtmlElement) -> str:
    """The text of an element, with a space where a browser would begin a new line."""
    pieces: list[str] = []
    for event, each in etree.iterwalk(element, events=("start", "end", "comment", "pi")):
        if each.tag == "br" or each.tag in BREAKING:
            pieces.append(" ")
        if event == "start":
            pieces.append(each.text or "")
        elif each is not element:
            pieces.append(each.tail or "")
    return " ".join("".join(pieces).split())


def n_letters(element: HtmlElement) -> int:
    """The number of letters in an element, without spaces, digits and signs."""
    return sum(map(str.isalpha, element.text_content()))
