"""The lines of a page in the order in which they are read, not that in which they were written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from pipeline.base.records import Line
from pipeline.paragraphs.chunks import Chunk
from pipeline.reading.lines import MAX_HANGING
from pipeline.reading.marks import BULLET

# This many lines side by side, with text rather than grades on the right, make columns.
MIN_COLUMN_LINES = 3
MAX_COLUMNS = 4
# The share of a page's lines that may be above the line written before them.
MAX_UPWARD = 0.2


def top_down(lines: Sequence[Line]) -> list[Line]:
    """The lines as written, or from top to bottom if they were written in no order.

    Columns are written one after the other, so a line is rarely above the one before it.
    """
    upward = sum(
        here.bottom < last.top and here.x0 < last.x1 and last.x0 < here.x1
        for last, here in pairwise(lines)
    )
    if upward <= max(2, MAX_UPWARD * len(lines)) or lines[0].marked_content is not None:
        return list(lines)
    return sorted(lines, key=lambda line: (round(line.bottom), line.x0))


def by_column(lines: list[Line]) -> list[Line]:
    """The lines of a page, with columns of text put one after the other.

    Slides and peer reviews set "Strengths" beside "Areas for consideration", and their producers
    write such a table line by line across both columns. Marked content comes cell by cell anyway.
    """
    if any(line.marked_content is not None for line in lines):
        return lines
    return _in_columns(lines, MAX_COLUMNS)


def _in_columns(lines: list[Line], most: int) -> list[Line]:
    """The lines of as many columns as `most`, block by block and column by column."""
    pairs = [
        (left, right)
        for left, right in pairwise(lines)
        if abs(left.bottom - right.bottom) < 0.4 * left.font_size and left.x1 < right.x0
    ]
    beside = [right for _, right in pairs]
    if most == 1 or _n_of_text(beside) < max(MIN_COLUMN_LINES, 0.6 * len(beside)):
        return lines
    gutter = min(right.x0 for right in beside)
    first = lines.index(pairs[0][0])
    last = _end_of_columns(lines, lines.index(pairs[-1][1]), gutter)
    read = lines[:first]
    for block in _blocks(lines[first:last], pairs, gutter):
        read += [line for line in block if line.x0 < gutter - 1]
        read += _in_columns([line for line in block if line.x0 >= gutter - 1], most - 1)
    return [*read, *lines[last:]]


def _blocks(
    lines: list[Line], pairs: Sequence[tuple[Line, Line]], gutter: float
) -> Iterator[list[Line]]:
    """The lines of columns, parted above what is set across them.

    Peer reviews have a heading and two columns for each theme, and several on a page.
    """
    paired = {id(line) for pair in pairs for line in pair}
    right = [line for line in lines if line.x0 >= gutter - 1]
    # Blocks may be parted in different places.
    end = max((other.x0 for line, other in pairs if line.x0 < gutter - 1), default=gutter)
    size = max(line.font_size for pair in pairs for line in pair)
    block: list[Line] = []
    for line in lines:
        across = line.x1 > end or (
            line.font_size > size + 0.9
            and not any(other.top < line.bottom and line.top < other.bottom for other in right)
        )
        if across and line.x0 < gutter - 1 and id(line) not in paired:
            yield block
            block = []
        block.append(line)
    yield block


def _n_of_text(column: Sequence[Line]) -> int:
    """How many lines are text: of grades each has a word or two, but so has the end of an item."""
    number, item = 0, None
    for line in column:
        bulleted = bool(BULLET.match(line.text))
        # A dash on its own is a cell without a figure.
        if bulleted and any(map(str.isalpha, line.text)):
            item = line
        hanging = item is not None and 0 < line.x0 - item.x0 <= MAX_HANGING * line.font_size
        number += bulleted or hanging or len(line.text.split()) >= 4
    return number


def _end_of_columns(lines: list[Line], last: int, gutter: float) -> int:
    """The position after the columns, whose last pair of lines ends at `last`."""
    while last + 1 < len(lines):
        here, after = lines[last], lines[last + 1]
        in_column = after.x0 >= gutter - 1 or after.x1 < gutter
        if not in_column or after.bottom - here.bottom > 1.6 * after.font_size:
            break
        last += 1
    return last + 1


def in_reading_order(chunks: list[Chunk]) -> list[Chunk]:
    """The chunks as written, but one that was written after a chunk below it moves up.

    In Hampshire 2019 the lines at the top of page 2 were written last.
    """
    if any(chunk.lines[0].element for chunk in chunks):
        return chunks
    ordered: list[Chunk] = []
    last = None
    for chunk in chunks:
        above = last is not None and chunk.lines[0].bottom < last.lines[0].top
        if last is not None and above and share_columns(last, chunk):
            at = next(
                index
                for index, other in enumerate(ordered)
                if share_columns(other, chunk) and other.lines[0].top > chunk.lines[0].top
            )
            ordered.insert(at, chunk)
        else:
            ordered.append(chunk)
            last = chunk
    return ordered


def share_columns(one: Chunk, other: Chunk) -> bool:
    """Whether two chunks overlap from left to right, so that they are not side by side."""
    return min(line.x0 for line in one.lines) < max(line.x1 for line in other.lines) and min(
        line.x0 for line in other.lines
    ) < max(line.x1 for line in one.lines)
