"""Which pages' structure trees may be trusted.

Many trees are made by a button nobody checks afterwards: one element for a whole page, one for
each line, or half of the text in none. So each page's tree is compared with its print, and where
they contradict each other the page is read as if it were untagged.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise

from pipeline.base.records import Line, Page
from pipeline.reading.marks import BULLET, SENTENCE_END

# The least share of a page's letters that must be in the tree.
MIN_COVERED = 0.9
# The share of an element's line ends at which a paragraph may seem to end, and of the ends of
# elements at which none does; more is one element for everything, or one for each line.
MAX_CONTRADICTED = 0.2
# So many contradictions are no accident of a single odd paragraph.
MIN_CONTRADICTIONS = 3


def trust_structure(page: Page, is_snug: Callable[[Line, Line], bool]) -> Page:
    """The page, without the elements and marks of its lines where its tree cannot be right.

    `is_snug(last, line)` says whether a line follows another at the usual spacing and in the same
    type. A trusted page has its lines in the order of the tree.
    """
    if not any(line.element for line in page.lines):
        return page
    if _is_covered(page.lines) and not _contradicts(page.lines, is_snug):
        return replace(page, lines=tuple(_in_order(page.lines)))
    untagged = (replace(line, element=None, marked_content=None) for line in page.lines)
    return replace(page, lines=tuple(untagged))


def _is_covered(lines: Sequence[Line]) -> bool:
    in_tree = sum(len(line.text) for line in lines if line.element)
    return in_tree >= MIN_COVERED * sum(len(line.text) for line in lines)


def _contradicts(lines: Sequence[Line], is_snug: Callable[[Line, Line], bool]) -> bool:
    n_within = n_between = parted = unparted = 0
    for last, line in pairwise(lines):
        if line.element is None or last.element is None or line.bottom <= last.bottom:
            continue
        snug = is_snug(last, line)
        if line.element.number == last.element.number:
            n_within += 1
            parted += bool(BULLET.match(line.text)) or not (snug or _may_be_set_loosely(line))
        else:
            n_between += 1
            cut = line.text[:1].islower() and not SENTENCE_END.search(last.text)
            unparted += snug and cut and not _may_begin_small(line, last)
    return _too_many(parted, n_within) or _too_many(unparted, n_between)


def _may_be_set_loosely(line: Line) -> bool:
    """Whether a line is set at another spacing than the text: a note's, a cell's, a heading's."""
    return line.element is not None and line.element.role in ("footnote", "cell", "heading")


def _may_begin_small(line: Line, last: Line) -> bool:
    """Whether one of two lines is an item or the like, which may begin in lower case."""
    roles = {each.element.role for each in (line, last) if each.element}
    return bool(roles & {"list_item", "cell", "contents", "figure"})


def _too_many(contradictions: int, n: int) -> bool:
    return contradictions >= MIN_CONTRADICTIONS and contradictions > MAX_CONTRADICTED * n


def _in_order(lines: Sequence[Line]) -> list[Line]:
    """The lines in the order of the tree, unless that goes up the page more often."""
    numbers, number = [], 0
    for line in lines:
        # A line in no element belongs to the one before it.
        number = line.element.number if line.element else number
        numbers.append(number)
    by_tree = [lines[index] for index in sorted(range(len(lines)), key=numbers.__getitem__)]
    return by_tree if _n_upward(by_tree) <= _n_upward(lines) else list(lines)


def _n_upward(lines: Sequence[Line]) -> int:
    return sum(line.bottom < last.top for last, line in pairwise(lines))
