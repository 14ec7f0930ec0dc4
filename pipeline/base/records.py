"""The records on the way from page to paragraph, where layout matters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

SUBSTANTIVE_KINDS = ("paragraph", "list_item")
KINDS = (*SUBSTANTIVE_KINDS, "heading", "table", "figure", "footnote", "contents", "address")


def is_substantive(kind: str, boilerplate: bool) -> bool:
    """Whether a paragraph is tagged and counts towards a share."""
    return kind in SUBSTANTIVE_KINDS and not boilerplate


@dataclass(frozen=True, slots=True)
class Element:
    """The element of a PDF's structure tree that a line belongs to.

    Elements are numbered in reading order; lines of one number belong together, also over pages.
    `role` is "paragraph", "heading", "list_item", "cell", "footnote", "figure", "contents" or
    "caption"; `level` is that of the heading, or the depth of the list around it (0: none).
    """

    number: int
    role: str
    level: int = 0


class Letter(NamedTuple):
    """What a glyph says (of several that mean one text, the others say ""), and where it is.

    `page` is the number of its page. The box is in PDF points in the page's own coordinates,
    whichever way it is shown: as in an annotation.
    """

    text: str
    page: int
    x0: float
    low: float
    x1: float
    high: float


class Frame(NamedTuple):
    """The rules around a cell or a box, in points from the left and the top of the page."""

    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True, slots=True)
class Line:
    """One line of print on a page.

    Lengths are in PDF points (1/72 inch); `top` and `bottom` are measured down from the top of the
    page. `marked_content` is the number of the marked content the line belongs to (None if the
    PDF has none), `element` what the PDF's structure tree says of it. `furniture` is true if the
    PDF marks the line as header, footer or page number. `bold` is what most of its letters are;
    its first or its last word may differ (`begins_otherwise`, `ends_otherwise`). `letters` are
    what its text was read from, in its order, where a reader is asked for them. `frame` is the
    cell of a table, or the box, that is drawn around it.
    """

    text: str
    x0: float
    top: float
    x1: float
    bottom: float
    font_size: float
    bold: bool
    marked_content: int | None = None
    furniture: bool = False
    italic: bool = False
    element: Element | None = None
    letters: tuple[Letter, ...] = ()
    begins_otherwise: bool = False
    ends_otherwise: bool = False
    frame: Frame | None = None


@dataclass(frozen=True, slots=True)
class Figure:
    """What a picture shows, as its alternative text says; `number` is that of its `Element`."""

    number: int
    text: str


@dataclass(frozen=True, slots=True)
class Page:
    """One page: its height in points, its lines in reading order, and its described pictures."""

    number: int
    height: float
    lines: tuple[Line, ...]
    figures: tuple[Figure, ...] = ()


@dataclass(frozen=True, slots=True)
class Block:
    """A stretch of text that belongs together, not yet linked to its headings.

    `kind` is one of `KINDS`; `level` orders headings (1 is the highest) and list items (1 is the
    outermost); `marker` is the bullet or number printed before the text. `turns` says where in the
    text each later page begins, as (place, page). `printed` has the letters of each line that it
    was printed on, where they were asked for. `guessed` is true of a heading that nothing but its
    wording shows to be one. `above` are the headings that a table gives to the text in one of its
    cells; a heading that is one of its own holds for no more than these cells.
    """

    kind: str
    text: str
    page: int
    level: int = 1
    marker: str = ""
    turns: tuple[tuple[int, int], ...] = ()
    printed: tuple[tuple[Letter, ...], ...] = ()
    guessed: bool = False
    above: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph with what a reader needs to understand it on its own.

    `page` is the one it begins on; `pages` are as `base.pages` writes them.
    """

    position: int
    page: int
    pages: str
    heading: str
    lead_in: str
    kind: str
    boilerplate: bool
    text: str
