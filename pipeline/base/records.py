"""The records that flow from a page to a paragraph, where layout matters."""

from __future__ import annotations

from dataclasses import dataclass

SUBSTANTIVE_KINDS = ("paragraph", "list_item")
KINDS = (*SUBSTANTIVE_KINDS, "heading", "table", "footnote", "contents", "address")


def is_substantive(kind: str, boilerplate: bool) -> bool:
    """Whether a paragraph is tagged and counts towards a share."""
    return kind in SUBSTANTIVE_KINDS and not boilerplate


@dataclass(frozen=True, slots=True)
class Line:
    """One line of print on a page.

    Lengths are PDF points (1/72 inch); `top` and `bottom` count down from the top of the page.
    `marked_content` is the number of the marked content the line belongs to (None where the PDF
    has no marks); `furniture` says that the producer itself marked it as header, footer or page
    number.
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


@dataclass(frozen=True, slots=True)
class Page:
    """One page: its height in points and its lines in reading order."""

    number: int
    height: float
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Block:
    """A stretch of text that belongs together, before it is known what stands above it.

    `kind` is one of `KINDS`; `level` orders headings (1 is the highest) and list items (1 is the
    outermost); `marker` is the bullet or number that was printed in front of the text.
    """

    kind: str
    text: str
    page: int
    level: int = 1
    marker: str = ""


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph with what a reader needs in order to understand it on its own."""

    position: int
    page: int
    heading: str
    lead_in: str
    kind: str
    boilerplate: bool
    text: str
