"""HTML → blocks, from its headings, paragraphs, lists and tables."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from lxml import etree, html
from lxml.html import HtmlElement

from pipeline.base.records import Block
from pipeline.reading.framed import Place
from pipeline.reading.html_elements import BREAKING, HEADINGS, n_letters
from pipeline.reading.html_furniture import drop_furniture, furniture_around, main_elements
from pipeline.reading.html_tables import places_in_tables
from pipeline.reading.marks import describes
from pipeline.reading.read_text import could_be_title, join_broken_lines, read_text

MAX_FURNITURE_LINES, MAX_FURNITURE_CHARS = 20, 200
MIN_WORDS_SAID = 4
NOTES_ROLES = ("doc-endnotes", "doc-endnote", "doc-footnote")
# Footnotes as Word, LibreOffice and WordPress save them.
NOTES = re.compile(r"\bMso(?:Foot|End)noteText\b|\bsd(?:foot|end)note\b|\b(?:foot|end)notes\b")


@dataclass(frozen=True, slots=True)
class _Place:
    """The kind and level of the block that a place in the page belongs to.

    `above` is as in `Block`; `names_source` is true in a quotation with the name of its source,
    which is no heading.
    """

    kind: str = "paragraph"
    level: int = 1
    keeps_lines: bool = False
    above: tuple[str, ...] = ()
    names_source: bool = False

    @property
    def is_flat(self) -> bool:
        """Whether all its text is one block, whatever elements are inside."""
        return self.kind in ("heading", "table")


def read_html(text: str) -> list[Block]:
    """The blocks of a web page in order: its visible text, without the site's furniture.

    Furniture here is menus, the header and footer of the site, forms and cookie notices. A page
    without text has no blocks.
    """
    root = _parse(text)
    if root is None:
        return []
    drop_furniture(root)
    _mark_titles(root)
    return [block for top in main_elements(root) for block in _read_flow(top) if block.text]


def read_html_furniture(text: str) -> list[str]:
    """The title of a web page, the name of its site, and the lines of its header and footer.

    Menus are left out: every page of a council names its cabinet there.
    """
    root = _parse(text)
    if root is None:
        return []
    lines = [*root.xpath("//head/title/text()")]
    lines += root.xpath("//meta[@property='og:site_name']/@content")
    for element in furniture_around(root):
        lines += [block.text for block in _read_flow(element)]
    tidy = (" ".join(line.split())[:MAX_FURNITURE_CHARS] for line in lines)
    return list(dict.fromkeys(filter(None, tidy)))[:MAX_FURNITURE_LINES]


def _parse(text: str) -> HtmlElement | None:
    # Old pages never close a <font>: without `huge_tree`, text nested 256 deep would be cut off.
    parser = html.HTMLParser(encoding="utf-8", huge_tree=True)
    try:
        return html.document_fromstring(text.encode("utf-8"), parser=parser)
    except etree.ParserError:
        return None


def _mark_titles(root: HtmlElement) -> None:
    """Makes headings of bold lines that only a line break parts from the text below them."""
    for bold in list(root.iter("b", "strong")):
        title, above, following = bold.text_content().strip(), bold.getparent(), bold.getnext()
        if (
            could_be_title(title)
            and above is not None
            and above.tag in ("p", "div")
            and bold.getprevious() is None
            and following is not None
            and following.tag == "br"
            and not f"{above.text or ''}{bold.tail or ''}".strip()
            and next(bold.iter("br"), None) is None
            and _has_plain_text_after(following)
            and next(bold.iterancestors("tr"), None) is None
        ):
            bold.tag = "h6"


def _has_plain_text_after(element: HtmlElement) -> bool:
    """Whether what follows an element at once begins with text that is not bold."""
    if (element.tail or "").strip():
        return True
    following = element.getnext()
    return following is not None and following.tag in ("a", "em", "i", "span")


def _read_flow(top: HtmlElement) -> Iterator[Block]:
    """The blocks of an element: each ends where a browser would begin a new line.

    A table row is one block, unless its cells hold prose.
    """
    in_tables = places_in_tables(top)
    places = [_Place()]
    pieces: list[str] = []
    pictures: list[str] = []
    for event, element in etree.iterwalk(top, events=("start", "end", "comment", "pi")):
        around = places[-1] if event == "start" else places[-2] if event == "end" else None
        if around is not None and element.tag in BREAKING:
            if around.is_flat:
                pieces.append("\t" if element.tag in ("td", "th") else " ")
            else:
                yield from _end_block(pieces, places[-1], pictures)
        if event == "start":
            if element.tag == "img" and describes(element.get("alt", "")):
                pictures.append(" ".join(element.get("alt").split()))
            places.append(_place_inside(element, places[-1], in_tables))
            pieces.append("\n" if element.tag == "br" else _spaced(element.text, places[-1]))
        else:
            if event == "end":
                places.pop()
            if element is not top:
                pieces.append(_spaced(element.tail, places[-1]))
    yield from _end_block(pieces, places[-1], pictures)


def _spaced(text: str | None, place: _Place) -> str:
    """Text as a browser shows it: line ends in the source are spaces, except in a <pre>."""
    return (text or "") if place.keeps_lines else re.sub(r"\s+", " ", text or "")


def _end_block(pieces: list[str], place: _Place, pictures: list[str]) -> Iterator[Block]:
    """The blocks of a text and of the pictures in it, which are taken out of the lists."""
    for block in _blocks_of_text("".join(pieces), place):
        named = place.names_source and block.guessed
        yield replace(block, above=place.above, kind="paragraph" if named else block.kind)
    yield from (Block("figure", text, 1, above=place.above) for text in pictures)
    pieces.clear()
    pictures.clear()


def _blocks_of_text(text: str, place: _Place) -> Iterator[Block]:
    if place.keeps_lines:
        yield from read_text(text)
    elif place.kind == "paragraph":
        yield from read_text(join_broken_lines(text))
    elif place.kind == "table":
        cells = (" ".join(cell.split()) for cell in text.split("\t"))
        yield Block("table", " | ".join(filter(None, cells)), 1)
    elif place.kind == "footnote":
        yield Block("footnote", " ".join(text.split()).rstrip("↩↑\ufe0e "), 1)
    else:
        marker = "•" if place.kind == "list_item" else ""
        yield Block(place.kind, " ".join(text.split()), 1, place.level, marker)


def _place_inside(
    element: HtmlElement, around: _Place, in_tables: Mapping[HtmlElement, Place]
) -> _Place:
    tag, above = element.tag, around.above
    if around.is_flat:
        return around
    if tag in HEADINGS:
        return _Place("heading", level=int(tag[1]), above=above)
    if around.kind == "footnote" or _is_note(element):
        return _Place("footnote", above=above)
    if tag == "li":
        if _leads_within_page(element):
            return _Place("contents", above=above)
        depth = sum(1 for _ in element.iterancestors("ul", "ol"))
        return _Place("list_item", level=max(depth, 1), above=above)
    # What is said of a term; of few words it is a name or a date.
    if tag == "dd" and len(element.text_content().split()) >= MIN_WORDS_SAID:
        return _Place("list_item", above=above)
    if tag == "figcaption" and next(element.iter("p", "ul", "ol"), None) is None:
        return _Place("figure", above=above)
    if element in in_tables:
        # In a table in a cell, the headings of the inner table say more.
        kind, inner = in_tables[element]
        return _Place(kind or "paragraph", level=6, above=inner or above)
    if tag in ("td", "th"):
        return _Place(above=above)
    if tag == "blockquote" and next(element.iter("cite", "footer"), None) is not None:
        return replace(around, names_source=True)
    return replace(around, keeps_lines=True) if tag == "pre" else around


def _leads_within_page(item: HtmlElement) -> bool:
    """Whether all words of a list item are a link to a place on the same page."""
    link = next(item.iter("a"), None)
    if link is None or not re.match(r"#.", link.get("href", "")):
        return False
    inner = sum(map(n_letters, item.iterchildren("ol", "ul")))
    return 0 < n_letters(item) - inner == n_letters(link)


def _is_note(element: HtmlElement) -> bool:
    return element.get("role") in NOTES_ROLES or (
        element.tag in ("div", "li", "ol", "p", "section")
        and bool(NOTES.search(element.get("class", "")))
    )
