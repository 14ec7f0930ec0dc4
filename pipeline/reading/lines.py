"""Text runs of a PDF page → its lines."""

from __future__ import annotations

import re
from dataclasses import dataclass

from pipeline.base.records import Line

# A gap of more than this share of the font size between two runs is a space. Word writes a kerned
# "T o" with gaps of up to 0.1; its narrowest justified space is about 0.2.
SPACE_GAP = 0.17
# A gap this wide (in font sizes) separates a number or bullet from its text, or two table cells.
COLUMN_GAP = 1.6
# A bullet or a number, which may be far to the left of its text, in a column of its own.
MARKER_ALONE = re.compile(r"\s*(?:\W|o|\(?(?:\d{1,3}(?:\.\d{1,2})*|[a-z]|[ivx]{1,5})[.)]?)\s*")
# U+FFFD: fonts with a standard encoding often have no entry for their bullet.
COLUMN_BULLETS = tuple("•▪■●◦\uf06e\uf0b7\uf0a7\ufffd")
# The steepest slope of a line of text: scanned pages are often a little askew.
LEVEL = 0.1
# A raised number in type smaller than this share of its line's is a footnote marker.
SUPERSCRIPT_SIZE = 0.8


@dataclass(slots=True)
class TextRun:
    """A piece of text shown by one operator of the page, with its position in PDF points.

    `marked_content` and `furniture` are as in `Line`.
    """

    text: str
    x0: float
    x1: float
    baseline: float
    size: float
    bold: bool
    marked_content: int | None
    furniture: bool


def lines_of_text_runs(runs: list[TextRun], height: float) -> list[Line]:
    """The lines of a page from its text runs, in their order; `height` is the page's height."""
    lines: list[Line] = []
    row: list[TextRun] = []
    for run in runs:
        if row and not _same_line(row, run):
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
    if not level or run.furniture != last.furniture or run.x0 < last.x1 - size:
        return False
    if run.marked_content is not None and run.marked_content == last.marked_content:
        return True
    before = "".join(r.text for r in row).strip()
    # Two numbers side by side are table cells, not a number and its text.
    if MARKER_ALONE.fullmatch(before) and not (before.isdigit() and run.text[:1].isdigit()):
        return True
    # A bullet in the middle of a line starts the next column.
    gap = run.x0 - last.x1
    return gap < COLUMN_GAP * size and not (gap > 0.5 * size and run.text[:1] in COLUMN_BULLETS)


def _line_of_row(row: list[TextRun], height: float) -> list[Line]:
    """The line that a row of runs makes, in a list that is empty if the line is blank."""
    size = max((r.size for r in row if not r.text.isspace()), default=0.0)
    pieces: list[str] = []
    end = None
    n_bold = n_letters = 0
    kept: list[TextRun] = []
    for run in row:
        text = run.text
        small = run.size < SUPERSCRIPT_SIZE * size and text.strip().isdigit()
        if small and kept and run.baseline > kept[0].baseline + 0.1 * size:
            end = run.x1
            continue
        if end is not None and run.x0 - end > COLUMN_GAP * size:
            pieces.append("\t")
        elif end is not None and run.x0 - end > SPACE_GAP * run.size:
            pieces.append(" ")
        pieces.append(text)
        end = run.x1
        if not text.isspace():
            kept.append(run)
            n_letters += len(text)
            n_bold += len(text) * run.bold
    text = "".join(pieces).strip()
    if not text:
        return []
    return [
        Line(
            text=text,
            x0=kept[0].x0,
            top=height - max(r.baseline for r in kept) - size,
            x1=max(r.x1 for r in kept),
            bottom=height - min(r.baseline for r in kept),
            font_size=round(size, 1),
            bold=2 * n_bold > n_letters,
            marked_content=kept[0].marked_content,
            furniture=kept[0].furniture,
        )
    ]
