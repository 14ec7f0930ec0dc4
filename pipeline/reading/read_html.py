"""HTML → blocks, from its headings, paragraphs, lists and tables."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Set
from dataclasses import dataclass, replace
from typing import NamedTuple

from lxml import etree, html
from lxml.html import HtmlElement
from lxml.html.defs import block_tags

from pipeline.base.records import Block
from pipeline.reading.framed import Cell, TableHeadings, is_framed_prose
from pipeline.reading.marks import BULLET, describes
from pipeline.reading.read_text import (
    MAX_LINE_HEADING_WORDS,
    join_broken_lines,
    read_text,
)

# Elements without text of the page: code, the site's menus, form fields.
NO_TEXT = frozenset(
    [
        "script",
        "style",
        "noscript",
        "template",
        "head",
        "nav",
        "button",
        "select",
        "textarea",
        "datalist",
        "dialog",
        "svg",
        "iframe",
        "object",
        "canvas",
        "audio",
        "video",
        "map",
    ]
)
NO_TEXT_ROLES = frozenset(
    ["navigation", "banner", "contentinfo", "search", "dialog", "alertdialog"]
)
# Names that sites give to whatever surrounds their text.
# ("mg" is ModernGov, which most councils publish their papers with; "ccc" asks for cookies).
AROUND = re.compile(
    r"cookie|breadcrumb|skip-?(?:link|to)|(?:^|[\s_-])(?:menu|nav(?:bar|igation)?|footer|sidebar)\b"
    r"|\bmg(?:ActionList|Nav|Footer)|back-?to-?top|\bccc-(?:notify|overlay)|onetrust|\bgdpr\b"
    r"|share-?(?:buttons?|icons?|links?|this)\b|sharedaddy|addtoany|social-(?:icons|links|share)"
    r"|comments-area|comment-respond|c-feedback|feedback-(?:form|prompt|survey)"
    r"|(?:page|this)-helpful|related-(?:content|items|links|pages)",
    re.I,
)
# Names of text that has something beside it, or nothing: "no-sidebar", "has-side-menu".
BESIDE = re.compile(r"(?:^|[\s_-])(?:no|has|with(?:out)?)[_-][\w-]++", re.I)
MAX_AROUND_CHARS = 3_000
HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.I)
# What a page folds away until its reader opens it: by its name, or by its role.
FOLDED = re.compile(r"accordion|collaps|(?:\b|_)tabs?(?:\b|_|panel|pane|content)", re.I)
FOLDED_ROLES = ("region", "tabpanel")
# A form with this share of the text is the page itself (ASP.NET wraps every page in a form), and
# a <main> with less is not the main text.
PAGE_SHARE = 0.5
# A site's name in its header is a link to its first page; the other links there are a menu.
FIRST_PAGE = re.compile(r"(?:https?://[^/?#]+)?/?", re.I)
MAX_FURNITURE_LINES, MAX_FURNITURE_CHARS = 20, 200
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
MIN_WORDS_SAID = 4
# No report's table has a column beyond this one whose cells reach into the rows below.
MAX_REACHING = 50
HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
NOTES_ROLES = ("doc-endnotes", "doc-endnote", "doc-footnote")
# Footnotes as Word, LibreOffice and WordPress save them.
NOTES = re.compile(r"\bMso(?:Foot|End)noteText\b|\bsd(?:foot|end)note\b|\b(?:foot|end)notes\b")
# Raised text that is a footnote marker: "²" typed as "2", "[3]", "*", but not the "th" of "19th".
NOTE_LINK = re.compile(r"\s*(?:\[?\d{1,3}\]?|\[(?:footnote )?\w{1,4}\]|[*†‡]+)\s*")
# Where such a marker leads, if it is not raised: to a note, from it, or to a comment.
TO_NOTE = re.compile(r"#(?:_ftn|_edn|sd(?:foot|end)note|fn|cmnt|(?:foot|end)note)")


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
    _drop_furniture(root)
    _mark_titles(root)
    return [block for top in _tops(root) for block in _read_flow(top) if block.text]


def read_html_furniture(text: str) -> list[str]:
    """The title of a web page, the name of its site, and the lines of its header and footer.

    Menus are left out: every page of a council names its cabinet there.
    """
    root = _parse(text)
    if root is None:
        return []
    lines = [*root.xpath("//head/title/text()")]
    lines += root.xpath("//meta[@property='og:site_name']/@content")
    _drop_what_has_no_text(root)
    only_title = len(list(root.iter("h1"))) == 1
    around = root.xpath("//header | //footer | //*[@role='banner' or @role='contentinfo']")
    # The first and the last: a page of many has them around its articles.
    for element in dict.fromkeys((*around[:2], *around[-2:])):
        if not _is_furniture(element, only_title, 0):
            continue
        _drop(element, _is_menu)
        lines += [block.text for block in _read_flow(element)]
    tidy = (" ".join(line.split())[:MAX_FURNITURE_CHARS] for line in lines)
    return list(dict.fromkeys(filter(None, tidy)))[:MAX_FURNITURE_LINES]


def _is_menu(element: HtmlElement) -> bool:
    if element.tag == "a":
        return not FIRST_PAGE.fullmatch(element.get("href", ""))
    return element.tag in ("ul", "form") or element.get("role") in ("navigation", "search")


def _parse(text: str) -> HtmlElement | None:
    # Old pages never close a <font>: without `huge_tree`, text nested 256 deep would be cut off.
    parser = html.HTMLParser(encoding="utf-8", huge_tree=True)
    try:
        return html.document_fromstring(text.encode("utf-8"), parser=parser)
    except etree.ParserError:
        return None


def _drop_furniture(root: HtmlElement) -> None:
    # First, as inline styles and scripts may be longer than all that is read.
    _drop_what_has_no_text(root)
    only_title = len(list(root.iter("h1"))) == 1
    n_chars = len(root.text_content())
    _drop(root, lambda element: _is_furniture(element, only_title, n_chars))


def _drop_what_has_no_text(root: HtmlElement) -> None:
    controlled = {name for names in root.xpath("//@aria-controls") for name in names.split()}
    _mark_section_buttons(root, controlled)
    _drop(root, lambda element: _has_no_text(element, controlled))


def _mark_section_buttons(root: HtmlElement, controlled: Set[str]) -> None:
    """Makes headings of buttons that fold the section below them and stand in no heading."""
    level = 1
    for element in list(root.iter("button", *HEADINGS)):
        if element.tag == "button":
            if _opens_section(element):
                element.tag = f"h{min(level + 1, 6)}"
        elif not any(above.get("id") in controlled for above in element.iterancestors()):
            level = int(element.tag[1])


def _opens_section(button: HtmlElement) -> bool:
    """Whether a button folds the text right below it, which is no menu."""
    names = button.get("aria-controls", "").split()
    section = button.getnext()
    if section is None and button.getparent() is not None:
        section = button.getparent().getnext()
    if section is None or not names or section.get("id") not in names:
        return False
    links = sum(map(_n_letters, section.iter("a")))
    return (
        _is_folded(section, {section.get("id")})
        and 2 * links < _n_letters(section)
        and 0 < len(button.text_content().split()) <= MAX_LINE_HEADING_WORDS
        and not any(above.tag in (*HEADINGS, *NO_TEXT) for above in button.iterancestors())
    )


def _drop(root: HtmlElement, is_dropped: Callable[[HtmlElement], bool]) -> None:
    for element in list(root.iter(etree.Element)):
        if element.getparent() is not None and is_dropped(element):
            element.drop_tree()


def _has_no_text(element: HtmlElement, controlled: Set[str]) -> bool:
    if element.tag == "button" and _is_heading(element):
        return False
    return (
        element.tag in NO_TEXT
        or (_is_hidden(element) and not _is_folded(element, controlled))
        # "Show" and ", " in the headings of folded sections (GOV.UK).
        or (
            ("data-nosnippet" in element.attrib or "visually-hidden" in element.get("class", ""))
            and next(element.iterancestors("button"), None) is not None
        )
    )


def _is_heading(button: HtmlElement) -> bool:
    """Whether a button is the heading of a section, which it folds, rather than beside it."""
    heading = next(button.iterancestors(*HEADINGS), None)
    return heading is not None and (
        "aria-expanded" in button.attrib
        or heading.text_content().strip() == button.text_content().strip()
    )


def _is_hidden(element: HtmlElement) -> bool:
    # A folded section is hidden "until-found": the reader may open it.
    hidden = element.get("hidden", "until-found").lower() != "until-found"
    return hidden or bool(HIDDEN.search(element.get("style", "")))


def _is_folded(element: HtmlElement, controlled: Set[str]) -> bool:
    """Whether what is hidden is a section that the page's reader may open.

    `controlled` has the ids of what the page's buttons show and hide. Some of that is a menu or a
    list of suggestions, and says so by its role.
    """
    role = element.get("role", "")
    return element.tag in BREAKING and (
        role in FOLDED_ROLES
        or (not role and element.get("id") in controlled)
        or bool(FOLDED.search(element.get("class", "")))
    )


def _is_furniture(element: HtmlElement, only_title: bool, n_chars: int) -> bool:
    tag, role = element.tag, element.get("role", "")
    if tag == "sup" or (tag == "a" and TO_NOTE.match(element.get("href", ""))):
        return bool(NOTE_LINK.fullmatch(element.text_content()))
    if tag == "form":
        return len(element.text_content()) < PAGE_SHARE * n_chars
    if tag in ("header", "footer", "aside") or role in NO_TEXT_ROLES:
        # The <header> of an article holds its title; that of the page rarely holds the only one.
        within = any(a.tag in ("main", "article") for a in element.iterancestors())
        return not within and not (only_title and next(element.iter("h1"), None) is not None)
    names = BESIDE.sub(" ", f"{element.get('id', '')} {element.get('class', '')}")
    return bool(
        AROUND.search(names)
        and tag not in ("body", "main", "article", *HEADINGS)
        and next(element.iter("main", "article", "h1"), None) is None
        and len(element.text_content()) < MAX_AROUND_CHARS
    )


def _mark_titles(root: HtmlElement) -> None:
    """Makes headings of bold lines that only a line break parts from the text below them."""
    for bold in list(root.iter("b", "strong")):
        title, above, following = bold.text_content().strip(), bold.getparent(), bold.getnext()
        if (
            0 < len(title.split()) <= MAX_LINE_HEADING_WORDS
            and title[-1] not in ".;,"
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


def _tops(root: HtmlElement) -> Iterator[HtmlElement]:
    """The elements to read: the <main> with any title above it, or the whole page."""
    mains = [
        element
        for element in root.xpath("//main | //*[@role='main']")
        if not any(a.tag == "main" or a.get("role") == "main" for a in element.iterancestors())
    ]
    n_chars = sum(len(main.text_content().strip()) for main in mains)
    if n_chars < PAGE_SHARE * len(root.text_content().strip()) or not mains:
        yield root
        return
    if not any(True for main in mains for _ in main.iter("h1")):
        yield from root.iter("h1")
    yield from mains


def _read_flow(top: HtmlElement) -> Iterator[Block]:
    """The blocks of an element: each ends where a browser would begin a new line.

    A table row is one block, unless its cells hold prose.
    """
    in_tables = _places_in_tables(top)
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
    element: HtmlElement, around: _Place, in_tables: Mapping[HtmlElement, _Place]
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
        place = in_tables[element]
        return replace(place, above=place.above or above)
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
    inner = sum(map(_n_letters, item.iterchildren("ol", "ul")))
    return 0 < _n_letters(item) - inner == _n_letters(link)


def _n_letters(element: HtmlElement) -> int:
    return sum(map(str.isalpha, element.text_content()))


def _is_note(element: HtmlElement) -> bool:
    return element.get("role") in NOTES_ROLES or (
        element.tag in ("div", "li", "ol", "p", "section")
        and bool(NOTES.search(element.get("class", "")))
    )


def _places_in_tables(top: HtmlElement) -> dict[HtmlElement, _Place]:
    """Where the text belongs of each table row, or of each cell in a row that frames prose."""
    places: dict[HtmlElement, _Place] = {}
    tables: defaultdict[HtmlElement | None, TableHeadings] = defaultdict(TableHeadings)
    reaching: defaultdict[HtmlElement | None, dict[int, _Reach]] = defaultdict(dict)
    for row in top.iter("tr"):
        table = next(row.iterancestors("table"), None)
        headings = tables[table]
        elements = _with_merged(row.iterchildren("td", "th"), reaching[table])
        cells = [
            Cell("", span=each.span, merged=True) if isinstance(each, _Reach) else _cell(each)
            for each in elements
        ]
        if not _holds_prose(row):
            places[row] = _Place("table")
            headings.pass_row(cells)
            continue
        for element, (kind, above) in zip(elements, headings.place_cells(cells), strict=True):
            if not isinstance(element, _Reach):
                places[element] = _Place(kind or "paragraph", 6, above=above)
    return places


class _Reach(NamedTuple):
    """How far a cell reaches: over so many columns, and so many rows below."""

    span: int
    n_rows: int


def _with_merged(
    elements: Iterator[HtmlElement], reaching: dict[int, _Reach]
) -> list[HtmlElement | _Reach]:
    """The cells of a row, with those of earlier rows that reach into it, by their columns.

    `reaching` has the latter, and is brought to the next row.
    """
    row: list[HtmlElement | _Reach] = []
    below: dict[int, _Reach] = {}
    column = 0
    for element in (*elements, None):
        while column in reaching:
            span, n_rows = reaching[column]
            row.append(reaching[column])
            if n_rows > 1:
                below[column] = _Reach(span, n_rows - 1)
            column += span
        if element is not None:
            row.append(element)
            reach = _Reach(_n_spanned(element, "colspan"), _n_spanned(element, "rowspan") - 1)
            if reach.n_rows and column < MAX_REACHING:
                below[column] = reach
            column += reach.span
    reaching.clear()
    reaching.update(below)
    return row


def _n_spanned(element: HtmlElement, name: str) -> int:
    span = element.get(name, "")
    return int(span) if re.fullmatch(r"[1-9]\d{0,2}", span, re.ASCII) else 1


def _cell(element: HtmlElement) -> Cell:
    n_columns = _n_spanned(element, "colspan")
    if next(element.iter("ul", "ol", "table", *HEADINGS), None) is not None:
        is_headed = next(element.iter(*HEADINGS), None) is not None
        return Cell("", is_plain=False, is_headed=is_headed, span=n_columns)
    text = _text_on_one_line(element)
    bold = next(element.iter("b", "strong"), None)
    return Cell(
        text,
        is_plain=not BULLET.match(text),
        is_line=sum(1 for _ in element.iter("p", "div", "br")) < 2,
        stands_out=element.tag == "th" or (bold is not None and _text_on_one_line(bold) == text),
        span=n_columns,
    )


def _holds_prose(row: HtmlElement) -> bool:
    """Whether a table row only frames text that has its own structure."""
    if next(row.iter("ul", "ol", "table", *HEADINGS), None) is not None:
        return True
    cells = [cell for cell in row.iterchildren("td", "th") if cell.text_content().strip()]
    return any(
        is_framed_prose(_text_on_one_line(cell), _n_paragraphs(cell), len(cells)) for cell in cells
    )


def _n_paragraphs(cell: HtmlElement) -> int:
    """How many paragraphs a cell has, by their elements or by line breaks that are doubled."""
    doubled = (
        each
        for each in cell.iter("br")
        if not (each.tail or "").strip() and getattr(each.getnext(), "tag", "") == "br"
    )
    marked = sum(1 for _ in cell.iter("p", "div"))
    return max(marked, 1) + sum(1 for _ in doubled)


def _text_on_one_line(element: HtmlElement) -> str:
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
