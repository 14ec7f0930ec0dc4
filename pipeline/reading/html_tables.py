"""Tables of a web page: which rows only frame prose, and what stands above their cells' text."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

from lxml.html import HtmlElement

from pipeline.reading.framed import Cell, Place, TableHeadings, is_framed_prose
from pipeline.reading.html_elements import HEADINGS, text_on_one_line
from pipeline.reading.marks import BULLET

# No report's table has a column beyond this one whose cells reach into the rows below.
MAX_REACHING = 50


def places_in_tables(top: HtmlElement) -> dict[HtmlElement, Place]:
    """How each table row is read, or each cell in a row that frames prose."""
    places: dict[HtmlElement, Place] = {}
    tables: defaultdict[HtmlElement | None, TableHeadings] = defaultdict(TableHeadings)
    reaching: defaultdict[HtmlElement | None, dict[int, _Reach]] = defaultdict(dict)
    for row in top.iter("tr"):
        table = next(row.iterancestors("table"), None)
        headings = tables[table]
        elements = _with_merged(row.iterchildren("td", "th"), reaching[table])
        cells = [
            Cell("", span=each.span, merged=True) if isinstance(each, _Reach) else _cell(each)
            for each in elements
        ]
        if not _holds_prose(row):
            places[row] = Place("table", ())
            headings.pass_row(cells)
            continue
        for element, place in zip(elements, headings.place_cells(cells), strict=True):
            if not isinstance(element, _Reach):
                places[element] = place
    return places


class _Reach(NamedTuple):
    """How far a cell reaches: over so many columns, and so many rows below."""

    span: int
    n_rows: int


def _with_merged(
    elements: Iterator[HtmlElement], reaching: dict[int, _Reach]
) -> list[HtmlElement | _Reach]:
    """The cells of a row, with those of earlier rows that reach into it, by their columns.

    `reaching` has the latter, and is brought to the next row.
    """
    row: list[HtmlElement | _Reach] = []
    below: dict[int, _Reach] = {}
    column = 0
    for element in (*elements, None):
        while column in reaching:
            span, n_rows = reaching[column]
            row.append(reaching[column])
            if n_rows > 1:
                below[column] = _Reach(span, n_rows - 1)
            column += span
        if element is not None:
            row.append(element)
            reach = _Reach(_n_spanned(element, "colspan"), _n_spanned(element, "rowspan") - 1)
            if reach.n_rows and column < MAX_REACHING:
                below[column] = reach
            column += reach.span
    reaching.clear()
    reaching.update(below)
    return row


def _n_spanned(element: HtmlElement, name: str) -> int:
    span = element.get(name, "")
    return int(span) if re.fullmatch(r"[1-9]\d{0,2}", span, re.ASCII) else 1


def _cell(element: HtmlElement) -> Cell:
    n_columns = _n_spanned(element, "colspan")
    if next(element.iter("ul", "ol", "table", *HEADINGS), None) is not None:
        is_headed = next(element.iter(*HEADINGS), None) is not None
        return Cell("", is_plain=False, is_headed=is_headed, span=n_columns)
    text = text_on_one_line(element)
    bold = next(element.iter("b", "strong"), None)
    return Cell(
        text,
        is_plain=not BULLET.match(text),
        is_line=sum(1 for _ in element.iter("p", "div", "br")) < 2,
        stands_out=element.tag == "th" or (bold is not None and text_on_one_line(bold) == text),
        span=n_columns,
    )


def _holds_prose(row: HtmlElement) -> bool:
    """Whether a table row only frames text that has its own structure."""
    if next(row.iter("ul", "ol", "table", *HEADINGS), None) is not None:
        return True
    cells = [cell for cell in row.iterchildren("td", "th") if cell.text_content().strip()]
    return any(
        is_framed_prose(text_on_one_line(cell), _n_paragraphs(cell), len(cells)) for cell in cells
    )


def _n_paragraphs(cell: HtmlElement) -> int:
    """How many paragraphs a cell has, by their elements or by line breaks that are doubled."""
    doubled = (
        each
        for each in cell.iter("br")
        if not (each.tail or "").strip() and getattr(each.getnext(), "tag", "") == "br"
    )
    marked = sum(1 for _ in cell.iter("p", "div"))
    return max(marked, 1) + sum(1 for _ in doubled)
