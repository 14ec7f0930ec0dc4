"""The structure tree of a tagged PDF → the element that each marked content belongs to.

Public bodies must publish tagged PDFs, and Word, LibreOffice, Acrobat and browsers write the tree:
it says what is a paragraph, a heading, a list item or a table cell, and in which order they are to
be read. The types are those of ISO 32000-1, 14.8.4; `RoleMap` leads other names to them.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import Any

from pdfminer.pdfdocument import PDFDocument
from pdfminer.pdfpage import PDFPage
from pdfminer.pdftypes import PDFObjRef, resolve1
from pdfminer.psparser import PSLiteral
from pdfminer.utils import decode_text

from pipeline.base.records import Element, Figure
from pipeline.reading.marks import describes

ROLES = {
    **dict.fromkeys(("H", "H1", "H2", "H3", "H4", "H5", "H6", "Title"), "heading"),
    **dict.fromkeys(("P", "BlockQuote"), "paragraph"),
    **dict.fromkeys(("TD", "TH"), "cell"),
    **dict.fromkeys(("Note", "FENote"), "footnote"),
    **dict.fromkeys(("Figure", "Formula"), "figure"),
    "LI": "list_item",
    "TOCI": "contents",
    "Caption": "caption",
}
# What groups elements and is none itself. All other types are parts of the element around them.
GROUPS = frozenset(
    (
        *("Document", "DocumentFragment", "Part", "Art", "Sect", "Div", "NonStruct", "Private"),
        *("Aside", "Index", "TOC", "L", "Table", "THead", "TBody", "TFoot", "TR"),
    )
)
# A tree larger than this is not a report's: the largest in the corpus has 3,000 elements.
MAX_ELEMENTS = 300_000
# How often one name may lead to another in the role map.
MAX_ROLE_STEPS = 10


@dataclass(frozen=True, slots=True)
class PageStructure:
    """What the tree says of one page, by the number of the marked content.

    `meant` has the texts that replace what is shown (ActualText). Those of elements in several
    pieces are left out: nobody says how much of the text each piece, and so each line, has.
    `figures` are the pictures that have a description.
    """

    elements: dict[int, Element] = field(default_factory=dict)
    meant: dict[int, str] = field(default_factory=dict)
    figures: tuple[Figure, ...] = ()

    def element(self, number: int | None) -> Element | None:
        """The element of a marked content; None if it has no number or is not in the tree."""
        return None if number is None else self.elements.get(number)


def read_structure(document: PDFDocument) -> dict[int, PageStructure]:
    """The structure of each page, by the number of the page's object.

    Empty if the PDF is untagged, or its tree so damaged that it cannot be walked.
    """
    try:
        root = resolve1(document.catalog.get("StructTreeRoot"))
        return _Walk(resolve1(root.get("RoleMap"))).walk(root) if isinstance(root, dict) else {}
    except MemoryError:
        raise
    # What pdfminer raises on damaged objects is not limited to its own errors.
    except Exception:
        return {}


def structure_by_page(document: PDFDocument) -> list[PageStructure]:
    """The structure of the pages in their order, for a reader that numbers them itself."""
    structure = read_structure(document)
    if not structure:
        return []
    return [structure_of(structure, page) for page in PDFPage.create_pages(document)]


def structure_of(structure: dict[int, PageStructure], page: PDFPage) -> PageStructure:
    """What the structure says of a page: nothing, if the page is not in it."""
    number = page.pageid
    found = structure.get(number) if isinstance(number, int) else None
    return found or PageStructure()


@dataclass(slots=True)
class _Open:
    """An element while its content is being collected.

    `taken` is true once it has text of its own: the first paragraph of a list item is the item, a
    second one is a paragraph.
    """

    number: int
    role: str
    level: int
    taken: bool = False


@dataclass(frozen=True, slots=True)
class _Place:
    """Where in the tree a kid is: its element, the depth of its list, its page, its parent.

    `meant` is the text that replaces what is there; `loose` is the element of text that stands in
    no element but right in a group, as browsers write for a <div>.
    """

    element: _Open | None = None
    depth: int = 0
    page: int | None = None
    parent: str = ""
    meant: str | None = None
    loose: list[_Open] = field(default_factory=list)


class _Walk:
    def __init__(self, role_map: Any) -> None:
        self._role_map = role_map if isinstance(role_map, dict) else {}
        self._found: dict[int, dict[int, _Open]] = defaultdict(dict)
        self._meant: dict[int, dict[int, str]] = defaultdict(dict)
        self._figures: dict[int, list[Figure]] = defaultdict(list)
        self._n_open = 0

    def walk(self, root: dict) -> dict[int, PageStructure]:
        waiting: list[tuple[Any, _Place]] = [(root.get("K"), _Place())]
        seen: set[int] = set()
        n_visited = 0
        while waiting:
            kid, place = waiting.pop()
            n_visited += 1
            if n_visited > MAX_ELEMENTS:
                return {}
            if isinstance(kid, PDFObjRef):
                if kid.objid in seen:
                    continue
                seen.add(kid.objid)
                kid = resolve1(kid)
            if isinstance(kid, list):
                waiting.extend((each, place) for each in reversed(kid))
            elif isinstance(kid, int):
                self._collect(kid, place)
            elif isinstance(kid, dict):
                place = self._enter(kid, place)
                if "S" in kid:
                    waiting.append((kid.get("K"), place))
                # What another stream marks (Stm) has numbers of its own.
                elif isinstance(kid.get("MCID"), int) and "Stm" not in kid:
                    self._collect(kid["MCID"], place)
        return {
            page: PageStructure(
                {
                    number: Element(each.number, each.role, each.level)
                    for number, each in self._found[page].items()
                },
                self._meant.get(page, {}),
                tuple(self._figures.get(page, ())),
            )
            for page in (*self._found, *(self._figures.keys() - self._found.keys()))
        }

    def _enter(self, kid: dict, place: _Place) -> _Place:
        """The place of what is in an element, or in a reference to marked content."""
        page = kid["Pg"].objid if isinstance(kid.get("Pg"), PDFObjRef) else place.page
        if "S" not in kid:
            return replace(place, page=page)
        name = self._type(kid["S"])
        depth = place.depth + (name == "L")
        meant = None
        if isinstance(text := resolve1(kid.get("ActualText")), bytes) and _is_one_piece(kid):
            meant = decode_text(text)
        element = self._element(name, place, depth)
        if name in GROUPS or element is not place.element:
            # Text after a paragraph is not that before it.
            place.loose.clear()
        if element and ROLES.get(name) == "figure":
            self._describe(kid, element, page)
        loose = [] if name in GROUPS else place.loose
        return _Place(element, depth, page, name, meant, loose)

    def _element(self, name: str, place: _Place, depth: int) -> _Open | None:
        around = place.element
        role = ROLES.get(name)
        if role is None:
            return around
        if around and not around.taken and role in ("paragraph", "heading"):
            # Word numbers a heading as the item of a list.
            if role == "heading" and around.role == "list_item":
                around.role, around.level = role, _heading_level(name)
            around.taken = True
            return around
        if role == "paragraph" and around and around.role in ("cell", "footnote", "figure"):
            role = around.role
        return self._open(role, _heading_level(name) if role == "heading" else depth)

    def _open(self, role: str, level: int) -> _Open:
        self._n_open += 1
        return _Open(self._n_open, role, level)

    def _collect(self, number: int, place: _Place) -> None:
        if place.page is None:
            return
        if place.element is None and not place.loose:
            place.loose.append(self._open("paragraph", place.depth))
        element = place.element or place.loose[0]
        if place.parent != "Lbl":
            element.taken = True
        self._found[place.page][number] = element
        if place.meant is not None:
            self._meant[place.page][number] = place.meant

    def _describe(self, kid: dict, element: _Open, page: int | None) -> None:
        text = resolve1(kid.get("Alt"))
        described = " ".join(decode_text(text).split()) if isinstance(text, bytes) else ""
        if page is None:
            # Word gives the page with the content of a picture only.
            content = resolve1(kid.get("K"))
            first = resolve1(content[0]) if isinstance(content, list) and content else content
            own = first.get("Pg") if isinstance(first, dict) else None
            page = own.objid if isinstance(own, PDFObjRef) else None
        if page is not None and describes(described):
            self._figures[page].append(Figure(element.number, described))

    def _type(self, name: Any) -> str:
        text = str(name.name) if isinstance(name, PSLiteral) else str(name)
        for _ in range(MAX_ROLE_STEPS):
            if text in ROLES or text in GROUPS or text not in self._role_map:
                break
            mapped = resolve1(self._role_map[text])
            text = str(mapped.name) if isinstance(mapped, PSLiteral) else str(mapped)
        return text


def _is_one_piece(kid: dict) -> bool:
    content = resolve1(kid.get("K"))
    if isinstance(content, list) and len(content) == 1:
        content = resolve1(content[0])
    return isinstance(content, int) or (isinstance(content, dict) and "MCID" in content)


def _heading_level(name: str) -> int:
    return int(name[1]) if name[1:].isdigit() else 1
