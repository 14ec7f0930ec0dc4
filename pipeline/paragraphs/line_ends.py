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
# Justified lines end within so many points of each other.
FLUSH = 1.5
# The least share, and number, of lines that do so: in ragged text a few do by chance.
MIN_FLUSH = 0.6
MIN_FLUSH_LINES = 4


@dataclass(frozen=True, slots=True)
class LineEnd:
    """How a line ends: `edge` is how far it could have reached, in points.

    `room` is what the line below left unused of it, in points; negative if the first word of that
    line would not have fitted, None if no line follows closely.
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
    return not line.text[:1].islower() or bool(SENTENCE_END.search(last.text))


def is_full(last: Line, edge: float, line: Line) -> bool:
    """Whether the first word of `line` would not have fitted on `last`."""
    return edge - last.x1 < _needed(line)


def is_flush(lines: Sequence[Line], edge: float) -> bool:
    """Whether lines are justified, the last one too: each ends at the edge."""
    return len(lines) > 1 and all(abs(line.x1 - edge) < FLUSH for line in lines)


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
    """(start, end) of the lines that follow each other closely in one column."""
    cuts = [
        index
        for index, (last, line) in enumerate(pairwise(lines), start=1)
        if not is_snug(last, line) or line.x0 > last.x1 or last.x0 > line.x1
    ]
    bounds = [0, *cuts, len(lines)]
    return [(start, end) for start, end in pairwise(bounds) if start < end]
