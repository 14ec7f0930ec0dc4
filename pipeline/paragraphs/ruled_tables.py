"""Tables with rules around their cells: the order of their lines, and what heads their cells.

Word documents and web pages say what is a cell; in a PDF only the rules do, which are drawn.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from typing import NamedTuple

from pipeline.base.records import Frame, Line
from pipeline.paragraphs.chunks import Chunk
from pipeline.reading.framed import Cell, TableHeadings
from pipeline.reading.marks import BULLET

# The distance, in points, within which the edges of cells are one. What is within SAME_RULE
# (reading/rules) has mostly been joined before, so less would join little.
SAME_EDGE = 3.0
# No page of text has so many cells.
MAX_CELLS = 500


class RuledTable(NamedTuple):
    """The cells with text of each row from the left, and where the columns begin and end."""

    rows: tuple[tuple[Frame, ...], ...]
    edges: tuple[float, ...]


def ruled_tables(lines: Iterable[Line]) -> list[RuledTable]:
    """The tables on a page from the top, with those of their cells that have text."""
    found = {line.frame for line in lines if line.frame}
    if len(found) > MAX_CELLS:
        return []
    frames = sorted(
        (frame for frame in found if not any(_surrounds(frame, other) for other in found)),
        key=lambda frame: (frame.top, frame.left),
    )
    groups: list[list[Frame]] = []
    for frame in frames:
        if groups and any(_meet(frame, other) for other in groups[-1]):
            groups[-1].append(frame)
        else:
            groups.append([frame])
    tables = [RuledTable(tuple(_rows(group)), tuple(_edges(group))) for group in groups]
    return [table for table in tables if any(len(row) > 1 for row in table.rows)]


def cell_by_cell(lines: Sequence[Line], order: Callable[[list[Line]], list[Line]]) -> list[Line]:
    """The lines, with those of each table cell by cell, and those between tables in an order.

    Some programs write a table line by line across its columns. Marked content comes cell by cell.
    """
    if any(line.marked_content is not None for line in lines):
        return list(lines)
    places = {
        frame: (number, row, frame.left)
        for number, table in enumerate(ruled_tables(lines))
        for row, frames in reversed(list(enumerate(table.rows)))
        for frame in frames
    }
    if not places:
        return order(list(lines))
    ordered: list[Line] = []
    for framed, stretch in groupby(lines, key=lambda line: line.frame in places):
        if framed:
            ordered += sorted(stretch, key=lambda line: places[line.frame])  # type: ignore[index]
        else:
            ordered += order(list(stretch))
    return ordered


def _surrounds(frame: Frame, other: Frame) -> bool:
    middle, height = (other.left + other.right) / 2, (other.top + other.bottom) / 2
    return (
        frame != other
        and frame.left < middle < frame.right
        and frame.top < height < frame.bottom
        and frame.right - frame.left >= other.right - other.left
    )


def _meet(frame: Frame, other: Frame) -> bool:
    """Whether two frames are in the same rows, or in rows one below the other."""
    return (
        frame.top <= other.bottom + SAME_EDGE
        and frame.left <= other.right + SAME_EDGE
        and other.left <= frame.right + SAME_EDGE
    )


def _rows(frames: Sequence[Frame]) -> Iterator[tuple[Frame, ...]]:
    """The cells of each row; one that takes several rows is in all of them."""
    for top in _places(frame.top for frame in frames):
        within = top + SAME_EDGE + 1
        row = [frame for frame in frames if frame.top < within < frame.bottom]
        yield tuple(sorted(row, key=lambda frame: frame.left))


def _edges(frames: Sequence[Frame]) -> list[float]:
    return _places(side for frame in frames for side in (frame.left, frame.right))


def _places(values: Iterable[float]) -> list[float]:
    places: list[float] = []
    for value in sorted(values):
        if not places or value - places[-1] > SAME_EDGE:
            places.append(value)
    return places


class CellHeadings:
    """Gives the text in ruled cells its headings; the pages of a document are given in turn."""

    def __init__(self, text_of: Callable[[Sequence[Line]], str]) -> None:
        """`text_of` makes a text of the lines of a cell."""
        self._text_of = text_of
        self._headings = TableHeadings()
        self._edges: tuple[float, ...] = ()

    def head(self, chunks: Sequence[Chunk]) -> list[Chunk]:
        """The chunks of a page, with what stands above those in tables that frame prose."""
        headed = list(chunks)
        tables = ruled_tables(line for chunk in chunks for line in chunk.lines)
        last = self._edges
        self._edges = ()
        for number, table in enumerate(tables):
            if number > 0 or not _is_same(table.edges, last):
                self._headings = TableHeadings()
            self._head_table(headed, table)
        if tables and headed and headed[-1].lines[0].frame in tables[-1].rows[-1]:
            self._edges = tables[-1].edges
        return headed

    def _head_table(self, chunks: list[Chunk], table: RuledTable) -> None:
        inside: dict[Frame, list[int]] = defaultdict(list)
        for index, chunk in enumerate(chunks):
            if chunk.lines[0].frame:
                inside[chunk.lines[0].frame].append(index)
        framed = [any(chunks[at].is_prose for f in row for at in inside[f]) for row in table.rows]
        if not any(framed):
            return
        for row, is_framed in zip(table.rows, framed, strict=True):
            cells = list(self._cells(row, table.edges, chunks, inside))
            if not is_framed:
                self._headings.pass_row([cell for cell, _ in cells])
                # A heading in the row of a table ends with it.
                for cell, positions in cells:
                    if [chunks[at].kind for at in positions] == ["heading"]:
                        chunks[positions[0]] = replace(chunks[positions[0]], above=(cell.text,))
                continue
            places = self._headings.place_cells([cell for cell, _ in cells])
            for (_, positions), place in zip(cells, places, strict=True):
                for at in positions:
                    kind = place.kind if place.kind == "heading" else chunks[at].kind
                    chunks[at] = replace(chunks[at], kind=kind, above=place.above)

    def _cells(
        self,
        row: Sequence[Frame],
        edges: Sequence[float],
        chunks: Sequence[Chunk],
        inside: dict[Frame, list[int]],
    ) -> Iterator[tuple[Cell, list[int]]]:
        """The cells of a row, empty ones too, with the positions of the chunks in them."""
        at = 0
        for frame in row:
            first, end = (_number_of(edge, edges) for edge in (frame.left, frame.right))
            if first > at:
                yield Cell("", span=first - at), []
            positions = inside[frame]
            lines = [line for position in positions for line in chunks[position].lines]
            text = self._text_of(lines)
            yield (
                Cell(
                    text,
                    is_plain=not any(BULLET.match(line.text) for line in lines),
                    is_line=len(positions) < 2,
                    stands_out=all(line.bold for line in lines),
                    span=max(1, end - first),
                ),
                positions,
            )
            at = max(at + 1, end)
        if at < len(edges) - 1:
            yield Cell("", span=len(edges) - 1 - at), []


def _is_same(edges: Sequence[float], others: Sequence[float]) -> bool:
    return len(edges) == len(others) > 0 and all(
        abs(one - other) < SAME_EDGE for one, other in zip(edges, others, strict=True)
    )


def _number_of(edge: float, edges: Sequence[float]) -> int:
    return min(range(len(edges)), key=lambda at: abs(edges[at] - edge))
