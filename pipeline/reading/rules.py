"""What is drawn on a page → the rules of its tables, and the cell that each line is in."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from pdfminer.utils import Rect

from pipeline.base.records import Frame, Line

# The thickest rule, and the shortest, in points.
MAX_THICKNESS = 2.0
MIN_LENGTH = 6.0
# The least side of a box that frames something. A word's highlight is lower, and so is the head of
# a column, but that has the sides of the cells below.
MIN_SIDE = 20.0
# The distance, in points, within which rules side by side are one that is drawn cell by cell.
SAME_RULE = 1.5
# The distance within which rules meet, in a corner or end to end.
CORNER = 4.0
# How far letters may reach over a rule.
OVER = 2.0
# More is a map or a chart.
MAX_BOXES = 5_000
MAX_RULES = 400


class _Rule(NamedTuple):
    """A rule: its place across its direction, and where it starts and ends along it."""

    at: float
    start: float
    end: float


class Rules:
    """The rules on a page, upright and level, in points from its left and its top."""

    def __init__(self, boxes: Sequence[Rect], height: float) -> None:
        """`boxes` are around what is drawn: left, low, right and high, from the lower left."""
        upright: list[_Rule] = []
        level: list[_Rule] = []
        low_boxes: list[Rect] = []
        for left, low, right, high in boxes if len(boxes) <= MAX_BOXES else ():
            top, bottom = height - high, height - low
            if right - left <= MAX_THICKNESS:
                upright.append(_Rule((left + right) / 2, top, bottom))
            elif bottom - top <= MAX_THICKNESS:
                level.append(_Rule((top + bottom) / 2, left, right))
            elif min(right - left, bottom - top) < MIN_SIDE:
                low_boxes.append((left, top, right, bottom))
            else:
                _add_sides((left, top, right, bottom), upright, level)
        sides = {round(rule.at) for rule in upright}
        for box in low_boxes:
            if {round(box[0]), round(box[2])} <= sides:
                _add_sides(box, upright, level)
        self._upright, self._level = _joined(upright), _joined(level)
        if len(self._upright) + len(self._level) > MAX_RULES:
            self._upright, self._level = [], []

    def part(self, left: float, right: float, y: float) -> bool:
        """Whether an upright rule is between two places at a height."""
        return any(
            left - OVER < rule.at < right + OVER and rule.start < y < rule.end
            for rule in self._upright
        )

    def frame(self, line: Line) -> Frame | None:
        """The rules around a line; None if it has none on its left or on its right.

        Where a cell goes on over the page, its sides end it.
        """
        y = line.bottom - 0.3 * line.font_size
        beside = [rule for rule in self._upright if rule.start < y < rule.end]
        before = [rule for rule in beside if rule.at < line.x0 + OVER]
        after = [rule for rule in beside if rule.at > max(line.x0, line.x1 - OVER)]
        if not before or not after:
            return None
        left, right = max(before), min(after)
        across = [
            rule.at
            for rule in self._level
            if rule.start < left.at + CORNER and rule.end > right.at - CORNER
        ]
        top = max((at for at in across if at < y), default=max(left.start, right.start))
        bottom = min((at for at in across if at > y), default=min(left.end, right.end))
        return Frame(left.at, top, right.at, bottom)


def _add_sides(box: Rect, upright: list[_Rule], level: list[_Rule]) -> None:
    left, top, right, bottom = box
    upright += (_Rule(left, top, bottom), _Rule(right, top, bottom))
    level += (_Rule(top, left, right), _Rule(bottom, left, right))


def _joined(rules: Iterable[_Rule]) -> list[_Rule]:
    """The rules, with those joined that are drawn cell by cell."""
    joined: list[_Rule] = []
    group: list[_Rule] = []
    for rule in sorted(rules):
        if group and rule.at - group[0].at > SAME_RULE:
            joined += _end_to_end(group)
            group = []
        group.append(rule)
    joined += _end_to_end(group)
    return [rule for rule in joined if rule.end - rule.start > MIN_LENGTH]


def _end_to_end(group: Sequence[_Rule]) -> list[_Rule]:
    """Rules in one place, each as long as they meet."""
    joined: list[_Rule] = []
    for rule in sorted(group, key=lambda rule: rule.start):
        if joined and rule.start <= joined[-1].end + CORNER:
            last = joined[-1]
            joined[-1] = last._replace(end=max(last.end, rule.end))
        else:
            joined.append(rule._replace(at=group[0].at))
    return joined
