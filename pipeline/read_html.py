"""HTML → blocks, from its headings, paragraphs, lists and tables."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml import html
from lxml.html import HtmlElement

from pipeline.records import Block
from pipeline.segment_text import segment_text

# What stands around the text on every page of a site.
AROUND = (
    "script",
    "style",
    "noscript",
    "template",
    "nav",
    "header",
    "footer",
    "aside",
    "form",
    "svg",
)
TEXT_TAGS = (
    "p",
    "li",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "tr",
    "blockquote",
    "dd",
    "dt",
    "figcaption",
)
INSIDE = ("p", "li", "h1", "h2", "h3", "h4", "h5", "h6", "tr", "ul", "ol", "table")


def read_html(text: str) -> list[Block]:
    """Blocks of a web page in order, without its navigation, header and footer."""
    root = html.document_fromstring(text.encode("utf-8"), parser=html.HTMLParser(encoding="utf-8"))
    for element in list(root.iter(*AROUND)):
        # The <header> of an article holds its title, that of the page the site's name.
        if element.tag == "header" and any(
            a.tag in ("main", "article") for a in element.iterancestors()
        ):
            continue
        if element.getparent() is not None:
            element.drop_tree()
    mains = root.xpath("//main | //*[@role='main'] | //article")
    top = mains[0] if mains else root
    blocks = [block for element in top.iter(*TEXT_TAGS) for block in _read_element(element)]
    if not blocks:
        return segment_text(top.text_content())
    return [block for block in blocks if block.text]


def _read_element(element: HtmlElement) -> Iterator[Block]:
    tag = element.tag
    if tag == "tr":
        cells = [_own_text(cell) for cell in element.iter("td", "th")]
        yield Block("table", " | ".join(filter(None, cells)), 1)
    elif any(parent.tag == "tr" for parent in element.iterancestors()):
        return
    elif tag[0] == "h" and tag[1:].isdigit():
        yield Block("heading", _own_text(element), 1, level=int(tag[1:]))
    elif tag == "li":
        depth = sum(parent.tag in ("ul", "ol") for parent in element.iterancestors())
        yield Block("list_item", _own_text(element), 1, level=max(depth, 1), marker="•")
    elif not _is_read_elsewhere(element):
        yield from segment_text(_own_text(element))


def _is_read_elsewhere(element: HtmlElement) -> bool:
    """Whether the text belongs to a list item around the element, or to elements inside it."""
    in_item = element.tag == "p" and any(e.tag == "li" for e in element.iterancestors())
    return in_item or any(True for _ in element.iterdescendants(*INSIDE))


def _own_text(element: HtmlElement) -> str:
    """The text of an element, without that of lists and tables nested in it."""
    pieces: list[str] = []
    _collect_text(element, pieces)
    return re.sub(r"\s+", " ", "".join(pieces)).strip()


def _collect_text(element: HtmlElement, pieces: list[str]) -> None:
    pieces.append(element.text or "")
    for child in element:
        if isinstance(child.tag, str) and child.tag not in ("ul", "ol", "table", "sup"):
            _collect_text(child, pieces)
        if child.tag in ("br", "p", "div"):
            pieces.append(" ")
        pieces.append(child.tail or "")
