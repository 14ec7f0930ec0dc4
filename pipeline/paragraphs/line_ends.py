"""Where lines end, and what that says: a line that ends early ends its paragraph.

Every program that sets text puts as many words on a line as fit. So where the first word of a
line would have fitted on the line before, somebody has ended the paragraph there; where it would
not, the text may go on.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from pipeline.base.records import Line
from pipeline.reading.marks import SENTENCE_END

# A word that a line can break after: a compound's hyphen ends one.
FIRST_WORD = re.compile(r"\S+?(?:(?<=\w)[-\u2010/](?=\w)|(?=\s)|$)")
# Lines beside a picture or a box are shorter than those above and below: only so many lines on
# either side say how far a line may reach.
NEARBY = 5
# The width of a word is estimated from the mean width of its line's letters.
SAFETY = 1.2
# Room for a space and for rounding, in font sizes.
SPACE = 0.35
# A line is short if this share of it is unused; and the share of short lines from which on the
# others are not thought to be full.
SHORT = 0.15
MIN_SHORT = 0.4
# Lines of an address take at most this share of the room.
SHORT_OF_ADDRESS = 0.65
# No page of text has so many lines.
MAX_LINES = 500
# The share of a line left unused that ends a paragraph even in the middle of a sentence.
MUCH_ROOM = 0.2
# Justified lines end within so many points of each other.
FLUSH = 1.5
# The least share, and number, of lines that do so: in ragged text a few do by chance.
MIN_FLUSH = 0.6
MIN_FLUSH_LINES = 4


@dataclass(frozen=True, slots=True)
class LineEnd:
    """How a line ends: `edge` is how far it could have reached, in points.

    `room` is what would be left of it, in points, after the first word of the next line: negative
    if that would not have fitted. In justified text it is all that is left, as only a last line
    leaves any. None if no line follows closely.
    """

    edge: float
    room: float | None = None

    @property
    def full(self) -> bool:
        return self.room is not None and self.room <= 0


def line_ends(lines: Sequence[Line], is_snug: Callable[[Line, Line], bool]) -> list[LineEnd]:
    """How each line ends; `is_snug(last, line)` says whether a line follows another closely."""
    ends: list[LineEnd] = []
    for start, end in _stretches(lines, is_snug):
        for index in range(start, end):
            near = lines[max(start, index - NEARBY) : min(end, index + NEARBY + 1)]
            edge = max(line.x1 for line in near)
            if _is_uneven(near, edge) and len(lines) <= MAX_LINES:
                edge = max(edge, _column_edge(lines, lines[index]))
            room = None
            if index + 1 < end:
                left = edge - lines[index].x1
                room = left - _needed(lines[index + 1])
                # In justified text only last lines do not reach the edge.
                if room <= 0 and left > FLUSH and _is_justified(near, edge):
                    room = left
            ends.append(LineEnd(edge, room))
    return ends


def ends_paragraph(last: Line, end: LineEnd, line: Line) -> bool:
    """Whether `last`, which ends as `end` says, is the last line of its paragraph."""
    if end.room is None or end.room <= 0:
        return False
    if SENTENCE_END.search(last.text):
        return True
    if not line.text[:1].islower():
        # The lines of an address belong together.
        half = last.x0 + SHORT_OF_ADDRESS * (end.edge - last.x0)
        return last.x1 > half or line.x1 > half or bool(SENTENCE_END.search(line.text))
    # Items of a list without bullets often begin in lower case and end in nothing.
    return end.room > MUCH_ROOM * (end.edge - last.x0)


def is_full(last: Line, edge: float, line: Line) -> bool:
    """Whether the first word of `line` would not have fitted on `last`."""
    return edge - last.x1 < _needed(line)


def is_flush(lines: Sequence[Line], edge: float) -> bool:
    """Whether lines are justified, the last one too: each ends at the edge."""
    return len(lines) > 1 and all(abs(line.x1 - edge) < FLUSH for line in lines)


def _is_uneven(lines: Sequence[Line], edge: float) -> bool:
    """Whether so many lines are short that none need be full: items of a line each, an address."""
    n_short = sum(line.x1 < edge - SHORT * (edge - line.x0) for line in lines)
    return n_short >= MIN_SHORT * len(lines)


def _column_edge(lines: Sequence[Line], line: Line) -> float:
    """How far lines of the same type above or below a line reach; 0 if others are beside it.

    In a cell with rules around it only the cell's own lines count.
    """
    if any(
        other.x0 > line.x1 and abs(other.bottom - line.bottom) < 1.5 * line.font_size
        for other in lines
    ):
        return 0.0
    return max(
        other.x1
        for other in lines
        if other.frame == line.frame
        and abs(other.font_size - line.font_size) < 0.6
        and other.x0 < line.x1
        and line.x0 < other.x1
    )


def _is_justified(lines: Sequence[Line], edge: float) -> bool:
    n_flush = sum(edge - line.x1 < FLUSH for line in lines)
    return n_flush >= max(MIN_FLUSH_LINES, MIN_FLUSH * len(lines))


def _needed(line: Line) -> float:
    """The width that the first word of a line takes, with a space before it, in points."""
    found = FIRST_WORD.match(line.text)
    letters = len(found[0]) if found else 0
    mean = (line.x1 - line.x0) / max(1, len(line.text))
    return SAFETY * letters * mean + SPACE * line.font_size


def _stretches(
    lines: Sequence[Line], is_snug: Callable[[Line, Line], bool]
) -> list[tuple[int, int]]:
    """(start, end) of the lines that follow each other closely in one column, or cell."""
    cuts = [
        index
        for index, (last, line) in enumerate(pairwise(lines), start=1)
        if not is_snug(last, line)
        or line.frame != last.frame
        or line.x0 > last.x1
        or last.x0 > line.x1
    ]
    bounds = [0, *cuts, len(lines)]
    return [(start, end) for start, end in pairwise(bounds) if start < end]
