"""Chunks → chunks that are whole across the ends of pages and columns, and around footnotes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from pipeline.base.records import Line
from pipeline.paragraphs.chunks import ASIDES, PROSE, Chunk
from pipeline.paragraphs.line_ends import is_flush, is_full
from pipeline.reading.marks import BULLET, NUMBER, SENTENCE_END, may_go_on

Column = tuple[int, int]
CAPTION = re.compile(r"(?:figure|fig\.|table|chart|graph)\s*\d{1,2}\b|source:", re.I)
# What a few lines of a cell may be taken for.
IN_CELL = (*PROSE, "table")
# At most so many notes, figures and rows of a table stand between two parts of an element.
MAX_INTERRUPTION = 60
# The least distance from a bullet to its text, in font sizes.
HANGING = 0.5


def join_across_breaks(chunks: Sequence[Chunk]) -> list[Chunk]:
    """The chunks, joined again where a break, or a footnote before it, has cut a text.

    A break is the end of a page, or that of a column beside the next one.
    """
    joined: list[Chunk] = []
    begun: set[int] = set()
    begun_cells: set[tuple[int, Column]] = set()
    for last, chunk in zip([None, *chunks], chunks, strict=False):
        # Only the first text on a page can continue the last text on the page before.
        first = chunk.page not in begun
        if chunk.kind not in ASIDES:
            begun.add(chunk.page)
        on_top = last is not None and begins_column(last, chunk)
        open_at = _same_element(joined, chunk)
        if open_at is None:
            open_at = _open_cell(joined, chunk, begun_cells)
        if open_at is None:
            open_at = _open_chunk(joined, chunk, first, on_top)
            if open_at is not None and not _is_continuation(joined[open_at], chunk):
                open_at = None
        if open_at is None:
            joined.append(chunk)
        else:
            before = joined[open_at]
            last_page = before.turns[-1][1] if before.turns else before.page
            turn = (len(before.lines) + len(before.continued), chunk.page)
            joined[open_at] = replace(
                before,
                continued=before.continued + chunk.lines,
                turns=(*before.turns, turn) if chunk.page != last_page else before.turns,
                edge=chunk.edge,
                kind=chunk.kind if before.kind == "table" else before.kind,
            )
    return joined


def _open_cell(joined: list[Chunk], chunk: Chunk, begun: set[tuple[int, Column]]) -> int | None:
    """The position of the text that goes on in `chunk`, the rest of a cell, on the next page.

    It is the last in its column. `begun` has the columns in which text has begun on each page.
    """
    first = chunk.lines[0]
    column = _column(first)
    # Heads that are printed again are cells of one row.
    if column is None or chunk.cells or chunk.kind not in IN_CELL:
        return None
    if (chunk.page, column) in begun:
        return None
    begun.add((chunk.page, column))
    for index in range(len(joined) - 1, max(-1, len(joined) - 1 - MAX_INTERRUPTION), -1):
        before = joined[index]
        lines = (before.last_line, *(line for cell in before.cells for line in cell))
        page = before.turns[-1][1] if before.turns else before.page
        if page == chunk.page - 1 and any(_column(line) == column for line in lines):
            return index if _is_rest_of_cell(before, chunk) else None
    return None


def _is_rest_of_cell(before: Chunk, chunk: Chunk) -> bool:
    last, first = before.last_line, chunk.lines[0]
    return (
        before.kind in IN_CELL
        and not before.cells
        and (before.kind in PROSE or chunk.kind in PROSE)
        and abs(last.font_size - first.font_size) < 0.6
        and first.text[:1].islower()
        and not BULLET.match(first.text)
        and not SENTENCE_END.search(last.text)
    )


def _column(line: Line) -> Column | None:
    """The sides of the ruled cell that a line is in, in points."""
    return (round(line.frame.left), round(line.frame.right)) if line.frame else None


def begins_column(last: Chunk, chunk: Chunk) -> bool:
    """Whether a chunk is at the top of the column beside that of the chunk before it."""
    return (
        last.page == chunk.page
        and chunk.lines[0].bottom < last.lines[-1].top
        and chunk.lines[0].x0 > last.lines[-1].x1
    )


def _same_element(joined: list[Chunk], chunk: Chunk) -> int | None:
    """The position of the chunk just before that is the same element of the structure tree."""
    element = chunk.lines[0].element
    if element is None or chunk.kind not in PROSE or BULLET.match(chunk.lines[0].text):
        return None
    for index in range(len(joined) - 1, max(-1, len(joined) - 1 - MAX_INTERRUPTION), -1):
        other = joined[index].last_line.element
        if other and other.number == element.number and joined[index].kind in PROSE:
            return index
    return None


def _open_chunk(joined: list[Chunk], chunk: Chunk, first: bool, on_top: bool) -> int | None:
    """The position of the text that `chunk` could continue: the last that is not a footnote."""
    if chunk.kind not in PROSE:
        return None
    interrupted = False
    for index in range(len(joined) - 1, max(-1, len(joined) - 1 - MAX_INTERRUPTION), -1):
        before = joined[index]
        if before.kind in ASIDES:
            continue
        if before.page == chunk.page and _is_inset(before):
            interrupted = True
            continue
        if before.page < chunk.page and first:
            return index
        # After a row of a table a new column goes on with the text above it only in lower case.
        if on_top and not interrupted:
            return index if is_full(before.last_line, before.edge, chunk.lines[0]) else None
        # On the same page, lower case may begin a list item. It continues only a numbered
        # paragraph split by hand (Bexley 2014, 155), or one that a figure or table interrupts.
        split = NUMBER.match(before.lines[0].text) or (
            interrupted and before.kind == chunk.kind == "paragraph"
        )
        small = chunk.lines[0].text[:1].islower()
        goes_on = split and small and (on_top or _is_below(before, chunk))
        return index if goes_on else None
    return None


def _is_below(before: Chunk, chunk: Chunk) -> bool:
    """Whether a chunk is in the column of another: not in a cell or box beside it."""
    last, first = before.last_line, chunk.lines[0]
    return first.x0 < last.x1 and last.x0 < first.x1


def _is_inset(chunk: Chunk) -> bool:
    """Whether a chunk is a row of a table or the caption of a figure."""
    return chunk.kind == "table" or bool(CAPTION.match(chunk.lines[0].text))


def _is_continuation(before: Chunk, chunk: Chunk) -> bool:
    last, first = before.last_line, chunk.lines[0]
    if first.frame and last.frame and _column(first) != _column(last):
        return False
    if (
        before.kind not in PROSE
        or chunk.kind not in PROSE
        or abs(last.font_size - first.font_size) > 0.6
        or BULLET.match(first.text)
    ):
        return False
    if SENTENCE_END.search(last.text):
        return (
            first.element is None
            and not first.text[:1].islower()
            and is_flush(before.all_lines, before.edge)
            and is_full(last, before.edge, first)
        )
    # Many items end in nothing. Below their bullets the text of the page begins.
    item = before.lines[0]
    if (
        BULLET.match(item.text)
        and before.page != chunk.page
        and first.text[:1].isupper()
        and first.x0 < item.x0 + HANGING * item.font_size
    ):
        return False
    return (
        not NUMBER.match(first.text)
        or first.text[:1].islower()
        or may_go_on(before.lines[0].text, last.text, first.text)
    )
