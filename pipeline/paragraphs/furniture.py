"""Pages → pages without furniture (running headers, footers, page numbers), and its texts.

Word processors mark furniture in the PDF. Unmarked furniture is recognised by its place: it lies
outside the text area, recurs at the same height on page after page, and its numbers stay the
same or count with the pages. A recurring heading ("Good", "Recommendation 3") fails these tests.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median

from pipeline.base.records import Line, Page
from pipeline.reading.marks import SURE_PAGE_NUMBER

# How far from the edge to look for furniture, as a share of the page height. Letterheads with an
# address reach 0.15; the text area of reports begins at 0.10 to 0.13 and ends at 0.92.
MARGIN = 0.15
# A number on its own is a page number only this near the edge.
NUMBER_MARGIN = 0.11
PAGE_NUMBER = re.compile(r"(?:page\s+)?[\divx]{1,4}(?:\s+(?:of|/)\s+\d{1,4})?", re.I)
# The same line is at the same height on two pages, but for rounding.
SAME_HEIGHT = 2.0
# On how many pages a line must recur, and on what share of the pages from its first to its last:
# a header that alternates with another is on every second page.
MIN_PAGES = 3
MIN_DENSITY = 0.45
# The share of pages where text may reach as far out as furniture: annexes have other margins.
MAX_INTRUDED = 0.25
# The share of steps between pages in which the numbers must keep count. Papers bound together
# start counting again.
MIN_STEPS = 0.6
# Type smaller than body type by this much, in points, is set apart from the text.
SMALLER = 0.6
# The least gap between the text and a header or footer in the same type, in font sizes. The gap
# below a heading is smaller.
MIN_HEADER_GAP = 1.5
MIN_FOOTER_GAP = 0.8
# If more of the text than this is marked as furniture, the producer has marked everything.
MAX_MARKED = 0.5


def strip_furniture(pages: Sequence[Page]) -> tuple[list[Page], list[str]]:
    """The pages without their furniture, and its distinct texts in order of appearance.

    Page numbers are in neither.
    """
    trusted = _trust_marks(pages)
    marks = [[trusted and line.furniture for line in page.lines] for page in pages]
    for index, position in _find_running(pages, marks):
        marks[index][position] = True
    stripped, texts = [], []
    for page, marked in zip(pages, marks, strict=True):
        lines = tuple(line for line, mark in zip(page.lines, marked, strict=True) if not mark)
        stripped.append(replace(page, lines=lines))
        texts += [line.text.strip() for line, m in zip(page.lines, marked, strict=True) if m]
    return stripped, [text for text in dict.fromkeys(texts) if not PAGE_NUMBER.fullmatch(text)]


@dataclass(frozen=True, slots=True)
class _EdgeLine:
    """A line near the top or bottom of its page, at `distance` points from that edge."""

    page: int
    position: int
    line: Line
    at_top: bool
    distance: float

    @property
    def key(self) -> tuple[bool, str, float]:
        # "0" is left by numbers alone: a "#" may be in the line, where nobody filled it in.
        return (
            self.at_top,
            re.sub(r"\d+", "0", self.line.text.strip().lower()),
            self.line.font_size,
        )

    @property
    def numbers(self) -> list[int]:
        return [int(digits) for digits in re.findall(r"\d+", self.line.text)]


def _trust_marks(pages: Sequence[Page]) -> bool:
    n_marked = sum(len(line.text) for page in pages for line in page.lines if line.furniture)
    return n_marked <= MAX_MARKED * sum(len(line.text) for page in pages for line in page.lines)


def _find_running(
    pages: Sequence[Page], marks: Sequence[Sequence[bool]]
) -> Iterator[tuple[int, int]]:
    """(index of the page, position of the line) of each unmarked line of furniture."""
    lines = list(_edge_lines(pages, marks))
    groups = [
        group
        for group in _same_places(lines)
        if _recurs(group, len(pages)) and _keeps_count(group)
    ]
    repeated = {(line.page, line.position) for group in groups for line in group}
    body_size = usual_size(pages)
    running = [
        group for group in groups if _stands_outside(group, lines, repeated, pages, body_size)
    ]
    places = [
        (group[0].at_top, group[0].distance)
        for group in running
        if PAGE_NUMBER.fullmatch(group[0].line.text.strip())
    ]
    found = {(line.page, line.position) for group in running for line in group}
    yield from found
    rest = [line for line in lines if (line.page, line.position) not in found]
    in_row = Counter((line.page, line.at_top, round(line.distance)) for line in rest)
    for line in rest:
        alone = in_row[line.page, line.at_top, round(line.distance)] == 1
        if alone and _is_page_number(line, pages[line.page], places):
            yield line.page, line.position


def _edge_lines(pages: Sequence[Page], marks: Sequence[Sequence[bool]]) -> Iterator[_EdgeLine]:
    for index, page in enumerate(pages):
        for position, line in enumerate(page.lines):
            if marks[index][position]:
                continue
            if line.bottom < MARGIN * page.height:
                yield _EdgeLine(index, position, line, True, line.bottom)
            elif line.top > (1 - MARGIN) * page.height:
                yield _EdgeLine(index, position, line, False, page.height - line.bottom)


def _same_places(lines: Sequence[_EdgeLine]) -> Iterator[list[_EdgeLine]]:
    """Groups of lines with the same words and type at the same height, in page order."""
    by_key: dict[tuple, list[_EdgeLine]] = defaultdict(list)
    for line in lines:
        by_key[line.key].append(line)
    for same in by_key.values():
        group: list[_EdgeLine] = []
        for line in sorted(same, key=lambda line: line.distance):
            if group and line.distance - group[-1].distance > SAME_HEIGHT:
                yield sorted(group, key=lambda line: line.page)
                group = []
            group.append(line)
        yield sorted(group, key=lambda line: line.page)


def _recurs(group: Sequence[_EdgeLine], n_pages: int) -> bool:
    n_with = len({line.page for line in group})
    span = group[-1].page - group[0].page + 1
    # A letter of two or three pages has its header on the second and third only.
    return n_with >= min(MIN_PAGES, max(2, n_pages - 1)) and n_with >= MIN_DENSITY * span


def _keeps_count(group: Sequence[_EdgeLine]) -> bool:
    """Whether the numbers in a line stay the same or count with the pages."""
    steps = [
        all(
            after in (before, before + other.page - one.page)
            for before, after in zip(one.numbers, other.numbers, strict=True)
        )
        for one, other in pairwise(group)
    ]
    return sum(steps) >= MIN_STEPS * len(steps)


def _stands_outside(
    group: Sequence[_EdgeLine],
    lines: Sequence[_EdgeLine],
    repeated: set[tuple[int, int]],
    pages: Sequence[Page],
    body_size: float,
) -> bool:
    """Whether a line is farther out than the text of the pages, and set apart from it."""
    typical, at_top = group[0].line, group[0].at_top
    outermost = median(line.distance for line in group)
    # The first page is a title page or has a letterhead, which may begin anywhere.
    intruded = {
        line.page
        for line in lines
        if line.at_top == at_top
        and line.distance < outermost + 1
        and line.line.font_size > body_size - SMALLER
        and line.page > 0
        and (line.page, line.position) not in repeated
    }
    if len(intruded) > MAX_INTRUDED * max(1, len(pages) - 1):
        return False
    if typical.font_size < body_size - SMALLER:
        return True
    parted = sum(_is_parted(line, pages[line.page], repeated, body_size) for line in group)
    return parted >= 0.5 * len(group)


def _is_parted(
    line: _EdgeLine, page: Page, repeated: set[tuple[int, int]], body_size: float
) -> bool:
    """Whether a gap separates a line, or the repeated lines next to it, from the text."""
    inward = sorted(
        enumerate(page.lines), key=lambda item: item[1].bottom, reverse=not line.at_top
    )
    current = line.line
    for position, other in inward:
        if line.at_top:
            gap, enough = other.top - current.bottom, MIN_HEADER_GAP * body_size
        else:
            gap, enough = current.top - other.bottom, MIN_FOOTER_GAP * body_size
        if gap >= enough:
            return True
        # Skip lines farther out, and those beside it.
        if gap < -0.5 * current.font_size:
            continue
        if (line.page, position) not in repeated:
            return False
        current = other
    return True


def usual_size(pages: Sequence[Page]) -> float:
    """The font size, in points, that most characters have; 12 if there are none."""
    sizes: Counter = Counter()
    for page in pages:
        for line in page.lines:
            sizes[line.font_size] += len(line.text)
    return sizes.most_common(1)[0][0] if sizes else 12.0


def _is_page_number(line: _EdgeLine, page: Page, places: Sequence[tuple[bool, float]]) -> bool:
    text = line.line.text.strip()
    if not PAGE_NUMBER.fullmatch(text) or line.distance > NUMBER_MARGIN * page.height:
        return False
    at_place = any(
        at_top == line.at_top and abs(distance - line.distance) <= SAME_HEIGHT
        for at_top, distance in places
    )
    return at_place or text == str(page.number) or bool(SURE_PAGE_NUMBER.fullmatch(text))
