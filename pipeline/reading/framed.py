"""Table rows that only frame prose: which rows do, and what stands above their cells' text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import accumulate, takewhile
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

    The text of a cell that is not plain may be left out. `is_line` is true if all of it is one
    paragraph, `is_headed` if it has a heading that is marked as one, `stands_out` if it is all
    bold or marked as the head of a column; `span` is the number of columns that it takes; `merged`
    is true of what a cell of an earlier row takes up in this one.
    """

    text: str
    is_plain: bool = True
    is_line: bool = True
    is_headed: bool = False
    stands_out: bool = False
    span: int = 1
    merged: bool = False


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


class TableHeadings:
    """The headings that a table gives to the prose it frames; its rows are read in turn.

    They are the last text that was alone in its row, the head of the column, and what the row is
    about.
    """

    def __init__(self) -> None:
        self._alone = ""
        self._heads: dict[tuple[int, int, int], str] = {}
        self._begun = False
        self._marked = False
        # Where the cell is that says what the row is about, and what it says.
        self._label = (0, "")

    def pass_row(self, cells: Sequence[Cell]) -> None:
        """Takes note of a row that frames no prose."""
        self._find_about(cells)
        named = [cell for cell in cells if cell.text]
        if not named:
            return
        if not all(_is_name(cell) for cell in named):
            self._begun = self._begun or len(cells) > 1
        elif len(cells) == 1:
            self._alone = cells[0].text
        elif len(named) > 1:
            marked = all(cell.stands_out for cell in named)
            if marked or not self._begun:
                self._heads = {
                    columns: cell.text
                    for columns, cell in zip(_columns(cells), cells, strict=True)
                }
                self._marked = marked
            self._begun = True

    def place_cells(self, cells: Sequence[Cell]) -> list[Place]:
        """How each cell is read of a row that frames prose, such as an item of minutes.

        What the row is about is a heading of this row only. Other cells of few words are no
        headings.
        """
        self._begun = self._begun or len(cells) > 1
        if len(cells) == 1 and cells[0].is_headed:
            # A page that is set in a table.
            self._alone = ""
        label, about = self._find_about(cells)
        # In a form ("Report to | Cabinet", "Summary | ...") the first row heads no columns.
        heads = self._heads if self._marked or not about or len(cells) > 2 else {}
        places = []
        for at, (cell, columns) in enumerate(zip(cells, _columns(cells), strict=True)):
            kind = "heading" if at == label else "table" if _is_beside(cell) else ""
            head = heads.get(columns, "") if at != label else ""
            places.append(Place(kind, tuple(filter(None, (self._alone, head, about)))))
        return places

    def _find_about(self, cells: Sequence[Cell]) -> tuple[int | None, str]:
        """The position of the cell that says what a row is about, and what it says.

        Plans have several actions to one recommendation: its cell is merged with those below.
        """
        starts = [start for start, _, _ in _columns(cells)]
        at, about = self._label
        if about and any(
            cell.merged and start == at for cell, start in zip(cells, starts, strict=True)
        ):
            return None, about
        label = _find_label(cells)
        if label is None:
            self._label = (0, "")
            return None, ""
        self._label = (starts[label], cells[label].text)
        return label, cells[label].text


def _columns(cells: Sequence[Cell]) -> list[tuple[int, int, int]]:
    """The columns of each cell in a row: the first, how many, and how many the row has."""
    ends = list(accumulate(cell.span for cell in cells))
    return [(end - cell.span, cell.span, ends[-1]) for cell, end in zip(cells, ends, strict=True)]


def _is_name(cell: Cell) -> bool:
    return _is_short(cell, MAX_LABEL_WORDS) and bool(LETTER.search(cell.text))


def _find_label(cells: Sequence[Cell]) -> int | None:
    """The position of the cell that says what a row is about; there may be a number before it."""
    leading = takewhile(lambda cell: _is_short(cell, MAX_LABEL_WORDS), cells)
    named = (at for at, cell in enumerate(leading) if LETTER.search(cell.text))
    label = next(named, None)
    following = cells[(label or 0) + 1 :]
    return label if any(cell.text or not cell.is_plain for cell in following) else None


def _is_beside(cell: Cell) -> bool:
    return _is_short(cell, MAX_LABEL_WORDS if cell.is_line else MAX_BESIDE_WORDS)


def _is_short(cell: Cell, max_words: int) -> bool:
    text = cell.text
    ends = text.endswith((".", "!", "?", ";")) and bool(LETTER.search(text))
    return cell.is_plain and len(text.split()) <= max_words and not ends
