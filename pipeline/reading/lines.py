"""Text runs of a PDF page → its lines."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import NamedTuple

from pdfminer.utils import Matrix, Rect, apply_matrix_pt

from pipeline.base.records import Element, Letter, Line
from pipeline.reading.marks import BULLET, DASH, NUMBER
from pipeline.reading.rules import Rules

# A gap of more than this share of the font size between two runs is a space. Word writes a kerned
# "T o" with gaps of up to 0.1; its narrowest justified space is about 0.2.
SPACE_GAP = 0.17
# A gap this wide (in font sizes) separates a number or bullet from its text, or two table cells.
COLUMN_GAP = 1.6
# A bullet or a number, which may be far to the left of its text, in a column of its own.
MARKER_ALONE = re.compile(r"\s*(?:\W|[oØü]|\(?(?:\d{1,3}(?:\.\d{1,2})*|[a-z]|[ivx]{1,5})[.)]?)\s*")
# What may stand in a cell beside a dash that says there is none: a figure, or another dash.
FIGURE = re.compile(r"\s*(?:[-\u2012-\u2015\u2212+<>]?[£€$]?\.?\d|[-\u2012-\u2015\u2212]\s*$)")
# U+FFFD: fonts with a standard encoding often have no entry for their bullet.
COLUMN_BULLETS = tuple("•▪■●◦\uf06e\uf0b7\uf0a7\ufffd")
# The steepest slope of a line of text: scanned pages are often a little askew.
LEVEL = 0.1
# An initial is so many times as large as the text beside it, which begins so near to it and ends
# so far below it, in its own font sizes: browsers leave room below it for a line.
INITIAL_SIZE = 1.8
NEAR_INITIAL = 1.0
BELOW_INITIAL = 1.6
# More on a page are the letters of a chart, or of a register.
MAX_INITIALS = 10
# By how much the numbers of a page's lines go up, and how many of these there are at least: rows
# of a table are also counted, but few fit on a page, and nobody counts them in fives.
LINE_NUMBERS = {1: 20, 5: 4, 10: 4}
# A raised number in type smaller than this share of its line's is a footnote marker.
SUPERSCRIPT_SIZE = 0.8
# The largest bullet that is drawn, in points, and the longest marker that is written ("(xviii)").
MAX_BULLET = 9.0
MAX_MARKER = 8
# So many small shapes on a page are a map or a chart.
MAX_SHAPES = 300
# How far after its number or bullet a text may start, in font sizes.
MAX_HANGING = 5.0


@dataclass(slots=True)
class TextRun:
    """A piece of text shown by one operator of the page, with its position in PDF points.

    `marked_content`, `furniture`, `element` and `letters` are as in `Line`.
    """

    text: str
    x0: float
    x1: float
    baseline: float
    size: float
    bold: bool
    marked_content: int | None
    furniture: bool
    italic: bool = False
    element: Element | None = None
    letters: tuple[Letter, ...] = ()


class Shape(NamedTuple):
    """The box around something small that is drawn, in PDF points from the lower left corner."""

    x0: float
    low: float
    x1: float
    high: float


def box_of(box: Rect, matrix: Matrix) -> Rect:
    """A box as left, bottom, right and top, in the coordinates that a matrix leads to."""
    corners = (apply_matrix_pt(matrix, corner) for corner in (box[:2], box[2:]))
    (x0, x1), (y0, y1) = map(sorted, zip(*corners, strict=True))
    return x0, y0, x1, y1


def say_instead(letters: Sequence[Letter], meant: str) -> tuple[Letter, ...]:
    """Letters that say what they mean (ActualText): a sign each, if there are as many of these.

    Otherwise the first says it all. Word gives this text to whole lines whose glyphs say the same.
    """
    signs = iter("".join(meant.split()))
    if sum(not letter.text.isspace() for letter in letters) == len("".join(meant.split())):
        return tuple(
            letter if letter.text.isspace() else letter._replace(text=next(signs))
            for letter in letters
        )
    return tuple(letter._replace(text="" if at else meant) for at, letter in enumerate(letters))


def style_of_font(name: str) -> tuple[bool, bool]:
    """Whether a font is bold, and whether it is italic, by its name.

    >>> style_of_font("ABCDEF+Tahoma-BoldItalic")
    (True, True)
    """
    name = name.lower()
    return "bold" in name or "black" in name, "italic" in name or "oblique" in name


def is_small(shape: Shape) -> bool:
    """Whether a shape may be a bullet: browsers draw discs of 3 points, slides squares of 8."""
    width, height = shape.x1 - shape.x0, shape.high - shape.low
    return 1 <= width <= MAX_BULLET and height <= MAX_BULLET and height <= 2 * width


def lines_of_text_runs(
    runs: list[TextRun],
    height: float,
    shapes: Sequence[Shape] = (),
    rules: Rules | None = None,
) -> list[Line]:
    """The lines of a page from its text runs, in their order; `height` is the page's height.

    `shapes` are the small ones drawn on the page: those left of a line are its bullets. `rules`
    part the cells of tables.
    """
    lines = _lines_of_rows(_without_line_numbers(runs), height, rules)
    if rules:
        # Before numbers are put to their text, which may be in the next cell.
        lines = [replace(line, frame=rules.frame(line)) for line in lines]
    lines = _with_initials(lines)
    alone = [line for line in lines if _is_marker(line)]
    drawn = [
        Line("•", each.x0, height - each.high, each.x1, height - each.low, 0, False)
        for each in (shapes if len(shapes) <= MAX_SHAPES else ())
    ]
    return _with_markers(lines, alone, drawn) if alone or drawn else lines


def _without_line_numbers(runs: list[TextRun]) -> list[TextRun]:
    """The runs without the numbers of lines in the left margin, as papers for committees have."""
    numbers = [run for run in runs if re.fullmatch(r"\s*\d{1,4}\s*", run.text, re.ASCII)]
    if len(numbers) < min(LINE_NUMBERS.values()):
        return runs
    found = set(map(id, numbers))
    texts = (run for run in runs if id(run) not in found and not run.text.isspace())
    margin = min((run.x0 for run in texts), default=0.0)
    beside = sorted((run for run in numbers if run.x1 < margin), key=lambda run: -run.baseline)
    steps = {int(after.text) - int(before.text) for before, after in pairwise(beside)}
    if len(steps) != 1 or len(beside) < LINE_NUMBERS.get(max(steps), len(runs)):
        return runs
    in_margin = set(map(id, beside))
    return [run for run in runs if id(run) not in in_margin]


def _with_initials(lines: list[Line]) -> list[Line]:
    """The lines, with each initial put to its word; those beside it begin where it does.

    Forewords begin with a letter as high as two or three of their lines.
    """
    initials = [line for line in lines if _is_initial(line.text)]
    for initial in initials if len(initials) <= MAX_INITIALS else ():
        beside = [
            index
            for index, line in enumerate(lines)
            if initial.font_size > INITIAL_SIZE * line.font_size
            and abs(line.x0 - initial.x1) < NEAR_INITIAL * line.font_size
            and initial.top < line.bottom < initial.bottom + BELOW_INITIAL * line.font_size
        ]
        if not beside or not lines[beside[0]].text[:1].islower():
            continue
        first = lines[beside[0]]
        begins = first.text.split()[0]
        # "A" and "I" may be words: then what follows is one, too.
        apart = initial.text in "AI" and any(
            begins in line.text.split() for line in lines if line is not first
        )
        for index in beside:
            lines[index] = replace(lines[index], x0=initial.x0)
        lines[beside[0]] = replace(
            lines[beside[0]],
            text=f"{initial.text}{' ' if apart else ''}{first.text}",
            letters=initial.letters + first.letters,
        )
        lines = [line for line in lines if line is not initial]
    return lines


def _is_initial(text: str) -> bool:
    return len(text) == 1 and text.isupper()


def _is_marker(line: Line) -> bool:
    return len(line.text) <= MAX_MARKER and any(
        pattern.fullmatch(f"{line.text} ") for pattern in (BULLET, NUMBER)
    )


def _with_markers(lines: list[Line], alone: list[Line], drawn: list[Line]) -> list[Line]:
    """The lines, with the bullets and numbers that are written or drawn apart from them.

    WeasyPrint writes all markers of a page after its text; browsers draw theirs.
    """
    marked: dict[int, Line] = {}
    used: set[int] = set()
    for marker in (*alone, *drawn):
        middle = (marker.top + marker.bottom) / 2
        beside = [
            (line.x0 - marker.x1, index)
            for index, line in enumerate(lines)
            if line is not marker
            and index not in marked
            and line.furniture == marker.furniture
            and -1 < line.x0 - marker.x1 < MAX_HANGING * line.font_size
            and _is_level(marker, middle, line)
        ]
        if not beside:
            continue
        _, index = min(beside)
        line = lines[index]
        if _is_marker(line) or BULLET.match(line.text) or NUMBER.match(line.text):
            continue
        # "–" beside "12%" is a cell; beside "12 children" it may be an item's.
        if DASH.match(f"{marker.text} ") and not any(map(str.isalpha, line.text)):
            continue
        marked[index] = replace(
            line,
            text=f"{marker.text} {line.text}",
            x0=marker.x0,
            letters=marker.letters + line.letters,
        )
        used.add(id(marker))
    return [marked.get(index, line) for index, line in enumerate(lines) if id(line) not in used]


def _is_level(marker: Line, middle: float, line: Line) -> bool:
    """Whether a marker is on a line: a written one on its baseline, a drawn one above it."""
    if marker.font_size:
        return abs(marker.bottom - line.bottom) < 0.35 * line.font_size
    return 0.05 * line.font_size < line.bottom - middle < 0.75 * line.font_size


def _lines_of_rows(runs: list[TextRun], height: float, rules: Rules | None) -> list[Line]:
    lines: list[Line] = []
    row: list[TextRun] = []
    for run in runs:
        if row and (
            not _same_line(row, run)
            or _are_parted(row, run, height, rules)
            or _is_figure_in_row(lines, row, run, height)
        ):
            lines.extend(_line_of_row(row, height))
            row = []
        if not run.text.isspace() or row:
            row.append(run)
    if row:
        lines.extend(_line_of_row(row, height))
    return lines


def _same_line(row: list[TextRun], run: TextRun) -> bool:
    last = row[-1]
    size = max(last.size, run.size, 1.0)
    # A footnote marker sits up to half a font size above its line.
    rise = min(abs(run.baseline - row[0].baseline), abs(run.baseline - last.baseline))
    level = rise < 0.25 * size or (
        rise < 0.55 * size and min(run.size, last.size) < SUPERSCRIPT_SIZE * size
    )
    if len(row) == 1 and _is_initial(last.text) and last.size > INITIAL_SIZE * run.size:
        return False
    if not level or run.furniture != last.furniture or run.x0 < last.x1 - size:
        return False
    if run.marked_content is not None and run.marked_content == last.marked_content:
        return True
    gap = run.x0 - last.x1
    # Two cells of a narrow table. A word in an element of its own (Bexley 2024) leaves no gap.
    if (
        run.element
        and last.element
        and run.element.number != last.element.number
        and gap > 0.6 * size
    ):
        return False
    if len(row) <= MAX_MARKER:
        before = "".join(r.text for r in row).strip()
        if MARKER_ALONE.fullmatch(before) and not _are_cells(before, run.text, gap / size):
            return True
    # A bullet in the middle of a line starts the next column.
    return gap < COLUMN_GAP * size and not (gap > 0.5 * size and run.text[:1] in COLUMN_BULLETS)


def _are_parted(row: list[TextRun], run: TextRun, height: float, rules: Rules | None) -> bool:
    """Whether a rule parts a run from the row of them that it seems to go on."""
    last = row[-1]
    return (
        rules is not None
        and run.x0 - last.x1 > SPACE_GAP * run.size
        and rules.part(last.x1, run.x0, height - run.baseline - 0.3 * run.size)
    )


def _is_figure_in_row(lines: list[Line], row: list[TextRun], run: TextRun, height: float) -> bool:
    """Whether a figure before a run is a cell, like the one before it: two scores of a risk.

    The number of a paragraph is the first thing on its line.
    """
    if len(row) > 1 or not row[0].text.strip().isdigit() or not lines:
        return False
    size = max(row[0].size, 1.0)
    level = abs(lines[-1].bottom - (height - row[0].baseline)) < 0.25 * size
    return level and lines[-1].text.isdigit() and run.x0 - row[0].x1 > COLUMN_GAP * size


def _are_cells(before: str, text: str, gap: float) -> bool:
    """Whether a marker and what follows after a gap, in font sizes, are cells of a table.

    Two numbers are, and a dash with a figure: such a dash says that there is none.
    """
    if DASH.match(f"{before} "):
        return gap > MAX_HANGING or bool(FIGURE.match(text))
    return before.isdigit() and text[:1].isdigit()


def _line_of_row(row: list[TextRun], height: float) -> list[Line]:
    """The line that a row of runs makes, in a list that is empty if the line is blank."""
    size = _usual_size(row)
    pieces: list[str] = []
    end = None
    n_bold = n_italic = n_letters = 0
    kept: list[TextRun] = []
    for run in row:
        text = run.text
        small = run.size < SUPERSCRIPT_SIZE * size and text.strip().isdigit()
        if small and kept and run.baseline > kept[0].baseline + 0.1 * size:
            end = run.x1
            continue
        if end is not None and run.x0 - end > COLUMN_GAP * size:
            pieces.append("\t")
        elif (
            end is not None
            and run.x0 - end > SPACE_GAP * run.size
            and not _has_space(pieces, text)
        ):
            pieces.append(" ")
        pieces.append(text)
        end = run.x1
        if not text.isspace():
            kept.append(run)
            n_letters += len(text)
            n_bold += len(text) * run.bold
            n_italic += len(text) * run.italic
    text = "".join(pieces).strip()
    if not text:
        return []
    bold = 2 * n_bold > n_letters
    worded = [run for run in kept if any(map(str.isalpha, run.text))]
    return [
        Line(
            text=text,
            x0=kept[0].x0,
            top=height - max(r.baseline for r in kept) - size,
            x1=max(r.x1 for r in kept),
            bottom=height - min(r.baseline for r in kept),
            font_size=round(size, 1),
            bold=bold,
            marked_content=kept[0].marked_content,
            furniture=kept[0].furniture,
            italic=2 * n_italic > n_letters,
            element=next((run.element for run in kept if run.element), None),
            letters=tuple(letter for run in kept for letter in run.letters),
            begins_otherwise=worded[0].bold != bold if worded else False,
            ends_otherwise=worded[-1].bold != bold if worded else False,
        )
    ]


def _usual_size(row: list[TextRun]) -> float:
    """The size of most letters of a line: its bullet may be larger, its first letter, too."""
    sizes: Counter[float] = Counter()
    for run in row:
        sizes[run.size] += len(run.text.strip())
    return max(sizes, key=lambda size: (sizes[size], size)) if sizes.total() else 0.0


def _has_space(pieces: list[str], text: str) -> bool:
    """Whether a space is written between what there is of a line and the run that follows."""
    return text[:1].isspace() or (bool(pieces) and pieces[-1][-1:].isspace())
