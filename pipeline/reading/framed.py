"""Table rows that only frame prose: which rows do, and what stands above their cells' text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import takewhile
from typing import NamedTuple

# A cell with more words than this may be prose that the table only frames.
MIN_PROSE_WORDS = 25
# Beside prose, so few words say who leads, by when, or which grade ("Jo Bloggs", "High").
MAX_BESIDE_WORDS = 5
# What a row is about may take as many as a heading, and so may posts on a line of their own.
MAX_LABEL_WORDS = 14
# The end of a sentence, but of no figure, initial or "3.4".
ENDED = re.compile(r"[a-z]{2}\)?[.!?][\"'”’)\]]*(?=\s|$)")
LETTER = re.compile(r"[^\W\d_]")


class Cell(NamedTuple):
    """A cell: its text on one line, and whether there is no list, heading or table in it.

    `is_line` is true if all of it is one paragraph.
    """

    text: str
    is_plain: bool
    is_line: bool = True


class Place(NamedTuple):
    """How a cell is read, by a kind of block or ("") by what is in it, and what stands above."""

    kind: str
    above: tuple[str, ...]


def is_framed_prose(text: str, n_paragraphs: int, n_cells: int) -> bool:
    """Whether a cell is prose, by its text and the number of cells with text in its row.

    A long text that is alone in its row is a summary in a box, one in sentences what is said of
    something. A long list of names, posts or figures is neither.
    """
    n_words = len(text.split())
    return n_words > MIN_PROSE_WORDS and (
        n_cells == 1 or n_paragraphs > 1 or _is_sentences(text.split())
    )


def _is_sentences(words: Sequence[str]) -> bool:
    small = sum(word[0].islower() for word in words)
    return 2 * small > len(words) and any(map(ENDED.search, words))


def place_cells(cells: Sequence[Cell]) -> list[Place]:
    """How each cell is read of a row that frames prose, such as an item of minutes.

    What the row is about is a heading of this row only. Other cells of few words are no headings.
    """
    label = _find_label(cells)
    above = (cells[label].text,) if label is not None else ()
    return [
        Place("heading" if at == label else "table" if _is_beside(cell) else "", above)
        for at, cell in enumerate(cells)
    ]


def _find_label(cells: Sequence[Cell]) -> int | None:
    """The position of the cell that says what a row is about; there may be a number before it."""
    leading = takewhile(lambda cell: _is_short(cell, MAX_LABEL_WORDS), cells)
    named = (at for at, cell in enumerate(leading) if LETTER.search(cell.text))
    label = next(named, None)
    return label if any(cell.text for cell in cells[(label or 0) + 1 :]) else None


def _is_beside(cell: Cell) -> bool:
    return _is_short(cell, MAX_LABEL_WORDS if cell.is_line else MAX_BESIDE_WORDS)


def _is_short(cell: Cell, max_words: int) -> bool:
    text = cell.text
    ends = text.endswith((".", "!", "?", ";")) and bool(LETTER.search(text))
    return cell.is_plain and len(text.split()) <= max_words and not ends
