"""The matrix as an Excel workbook: the report's numbers and colours, linked to the evidence.

Links are formulas, `HYPERLINK`, and so go with their row when a sheet is sorted. (Links beside the
cells, as Excel also keeps them, may stay where they were.) A number of the matrix looks for its
evidence by the number of its cell, so it finds it in whatever order the evidence is.
"""

from __future__ import annotations

import datetime
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from traceback import clear_frames
from typing import Any
from urllib.parse import quote, unquote

import pandas as pd
import xlsxwriter
from xlsxwriter.exceptions import FileCreateError
from xlsxwriter.utility import xl_col_to_name
from xlsxwriter.worksheet import Worksheet

from pipeline.base.characters import drop_invisible
from pipeline.base.codebook import Theme
from pipeline.base.columns import BY_MONTH, HALF_COLUMNS, JUDGEMENTS, NO_LONGER_GIVEN
from pipeline.base.files import WholeFile, part_folder
from pipeline.matrix.cells import pivot_matrix
from pipeline.matrix.evidence import EVIDENCE
from pipeline.matrix.intervals import FEW, SURE
from pipeline.matrix.kinds import NOT_VALIDATED
from pipeline.report.colours import FEW_STRIPE, STANCE_COLOURS, fill_of, step_width
from pipeline.report.sheets import NO_OVERALL_GRADE, WHOSE_INTERVAL, Sheet, heading_of

# Excel refuses longer cells (https://support.microsoft.com "Excel specifications and limits"), and
# in a formula a longer text; HYPERLINK takes no longer address either.
MAX_CELL, MAX_LINK = 32_767, 255
# Excel has 1,048,576 rows; the first is the header and the last may hold a note.
MAX_ROWS = 1_048_574
# Columns of the evidence that only the report needs, and the one by which numbers find it.
ONLY_IN_REPORT = ["pages", "carries_from", "carries_to", *HALF_COLUMNS, "doc_id"]
CELL = "cell"
SHOWN = [*(name for name in EVIDENCE if name not in ONLY_IN_REPORT), CELL]
CUT_NOTE = " […] The whole paragraph is in paragraphs.csv."
# Sheet → column of the cells, number format, what it is.
MATRIX_SHEETS = {
    "shares": ("share", "0.0%", "share of the authority's paragraphs about the theme"),
    "corrected": ("share_corrected", "0.0%", "the share that a coder would find (an estimate)"),
    "per 1000 words": ("per_1000_words", "0.00", "paragraphs about the theme per 1,000 words"),
    "counts": ("n_tagged", "0", "number of paragraphs about the theme"),
}
# Counts and rates have no scale of colours of their own: their cells are all of the palest.
SHADED = ("share", "share_corrected")
ABOUT_CELLS = (
    f"all of these for each authority and theme, with 95% intervals and stances. {WHOSE_INTERVAL}"
)
ABOUT_EVIDENCE = "the paragraphs; each number in a matrix links to the first of its own"
SHARE = re.compile(r"(?:^|_)(?:share|low|high|corrected)(?:_|$)")
NUMBER_FORMATS = {"per_1000_words": "0.00", "probability": "0.00", "familiarity": "0.00"}
# Heights of the head, of a line and of the highest row (Excel's limit), in points. They are given,
# as LibreOffice does not find them by itself.
HEAD_HEIGHT, LINE_HEIGHT, MAX_HEIGHT = 48, 15, 400
DAY, MONTH, WHOLE_NUMBER = "d mmm yyyy", "mmm yyyy", "#,##0"
LINK_LOOK = {"font_color": "#3b2a8c", "underline": 1}
# "Bournemouth, Christchurch and Poole" fits.
LONGEST_NAME = 34
COLUMN_WIDTHS = {
    "authority": 24,
    "theme": 30,
    "stance": 10,
    "text": 90,
    "lead_in": 26,
    "heading": 40,
    "source_file": 34,
    "page": 7,
    "url": 40,
    "note": 90,
    "document_type": 20,
    "kind": 24,
    "name": 30,
    "earlier": 26,
    "later": 26,
    "comparison": 20,
    "moved": 16,
    "paragraph_id": 18,
    **dict.fromkeys(JUDGEMENTS, 20),
}
# What does not fit on the paper beside the paragraph is not printed.
PRINTED_EVIDENCE = SHOWN.index("page")
WEB = ("https://", "http://")
# In an address these would end it, or the text of the formula around it.
NOT_IN_ADDRESS = re.compile(r"[\x00-\x20\x7f\"%#?]")
# What XlsxWriter takes for a call of a function, even within a text: "ROAD MAP(1).pdf".
CALL = re.compile(r"(?<=[A-Z])\(")


@dataclass(frozen=True, slots=True)
class Cells:
    """The cells by authority and theme: what the table says, their numbers, and their evidence.

    `numbers` are those of the cells that have evidence on its sheet; it has `n_rows`.
    """

    known: Mapping[tuple[str, str], Mapping[str, Any]]
    numbers: Mapping[tuple[str, str], int]
    n_rows: int

    def evidence_of(self, authority: str, theme: str) -> str:
        """A formula for the place of the first paragraph of a cell; "" if there is none."""
        number = self.numbers.get((authority, theme))
        if number is None:
            return ""
        column = xl_col_to_name(SHOWN.index(CELL))
        return f'"#evidence!A"&MATCH({number},evidence!${column}$1:${column}${self.n_rows + 1},0)'


def write_workbook(
    path: Path,
    cells: pd.DataFrame,
    evidence: Iterable[pd.DataFrame],
    themes: Mapping[str, Theme],
    link_of: Callable[[str, int], str] | None = None,
    more: Sequence[Sheet] = (),
) -> None:
    """Write a sheet for each of `MATRIX_SHEETS`, then `more`, `cells`, `evidence` and `about`.

    Every number in a matrix links to its evidence; `link_of(source_file, page)` gives the address
    of the document there. All text is stored as text, so nothing in a document can run; the only
    formulas are the links, in which a text can only be an address. `evidence` comes in parts, in
    the order of `sort_by_cell`.
    """
    with WholeFile(path) as file, part_folder(path.parent, "workbook") as place:
        workbook = xlsxwriter.Workbook(
            file,
            {
                "strings_to_formulas": False,
                "strings_to_urls": False,
                # Rows go to disk one by one: the evidence may be larger than memory.
                "constant_memory": True,
                "tmpdir": str(place),
            },
        )
        try:
            _fill(workbook, cells, evidence, themes, link_of, more)
            workbook.close()
        except FileCreateError as error:
            # XlsxWriter's name for any error of the system, which it holds. The archive has to go
            # before its file is closed, as it writes to it once more.
            clear_frames(error.args[0].__traceback__)
            raise error.args[0] from error
        finally:
            _close_rows(workbook)


def _close_rows(workbook) -> None:
    """Close the temporary files of rows, which XlsxWriter leaves open if it fails."""
    for sheet in workbook.worksheets():
        with suppress(OSError):
            sheet._opt_close()


def _fill(workbook, cells, evidence, themes, link_of, more) -> None:
    # A real creation date would make two runs differ.
    workbook.set_properties({"created": datetime.datetime(2000, 1, 1)})
    titles = {theme_id: theme.title for theme_id, theme in themes.items()}
    known = _know_cells(cells)
    formats = _Formats(workbook)
    for name in MATRIX_SHEETS:
        if name != "corrected" or cells["share_corrected"].notna().any():
            _write_matrix(workbook, name, cells, titles, known, formats)
    for given in (*more, Sheet("cells", ABOUT_CELLS, cells)):
        _write_table(workbook, given, titles, known, formats)
    _write_evidence(workbook, evidence, titles, known, link_of, formats)
    _write_about(workbook, more, formats)


class _SheetOfLinks(Worksheet):
    def _prepare_formula(self, formula: str, *_: object) -> str:
        # XlsxWriter looks for thirty functions in each formula; ours are links.
        return formula.removeprefix("=")


class _Formats:
    """Cell formats by their look: each is made once, not once for every cell."""

    def __init__(self, workbook) -> None:
        self.workbook = workbook
        self.made: dict[tuple, Any] = {}

    def __call__(self, **look):
        key = tuple(look.items())
        if key not in self.made:
            self.made[key] = self.workbook.add_format(look)
        return self.made[key]

    @property
    def head(self):
        return self(bold=True, text_wrap=True, valign="top", bottom=1)

    def of_cell(self, share: float, tagged: int, width: float, number: str, link: bool, **more):
        """The cell as the report draws it: hatched for few paragraphs, paler for not many."""
        fill, text = fill_of(share, tagged, width)
        # Pattern 14 is a thin diagonal stripe.
        few = {"pattern": 14, "fg_color": FEW_STRIPE} if tagged < FEW else {"pattern": 1}
        return self(
            num_format=number, bg_color=fill, font_color=text, border=1, border_color="#ffffff",
            underline=1 if link else 0, italic=tagged < FEW, **few, **more,
        )  # fmt: skip


def _know_cells(cells: pd.DataFrame) -> Cells:
    """Each cell's number and whether its evidence begins on the sheet, whose order is this."""
    ordered = cells.sort_values(["authority", "theme"])
    before = ordered["n_tagged"].cumsum() - ordered["n_tagged"]
    columns = [*SHADED, "n_tagged", "n_not_validated"]
    numbers = {
        (cell.authority, cell.theme): number
        for number, (cell, row) in enumerate(
            zip(ordered.itertuples(index=False), before, strict=True), start=1
        )
        if cell.n_tagged > 0 and row < MAX_ROWS
    }
    known = cells.set_index(["authority", "theme"])[columns].to_dict("index")
    return Cells(known, numbers, min(int(cells["n_tagged"].sum()), MAX_ROWS))


def _write_matrix(workbook, name, cells, titles, known: Cells, formats) -> None:
    column_of, number, what = MATRIX_SHEETS[name]
    matrix = pivot_matrix(cells, column_of)
    width = step_width(cells)
    headings = [titles.get(column, heading_of(column)) for column in matrix.columns]
    sheet = _add_sheet(workbook, name, what, headings, formats)
    for row, record in enumerate(matrix.itertuples(index=False), start=1):
        for column, (header, value) in enumerate(zip(matrix.columns, record, strict=True)):
            cell = known.known.get((record[0], header))
            if isinstance(value, str):
                sheet.write_string(row, column, _cell_text(value))
                continue
            if cell is None:
                sheet.write_number(row, column, value, formats(num_format=WHOLE_NUMBER))
                continue
            if pd.isna(value):
                value = NOT_VALIDATED if cell["n_not_validated"] else ""
            target = known.evidence_of(record[0], header)
            # A word instead of a number is made to fit.
            fits = {"shrink": True} if isinstance(value, str) else {}
            shade = cell[column_of] if column_of in SHADED else 0.0
            look = formats.of_cell(
                0.0 if pd.isna(shade) else shade,
                cell["n_tagged"],
                width,
                number,
                bool(target),
                **fits,
            )
            _write_linked(sheet, row, column, target, value, look)
    sheet.set_column(0, 0, LONGEST_NAME)
    sheet.set_column(1, 2, 11)
    sheet.set_column(3, max(3, len(headings) - 1), 15)
    _finish(sheet, len(matrix), len(headings), frozen=1)


def _write_table(workbook, given: Sheet, titles, known: Cells, formats: _Formats) -> None:
    """Write a table of a run: its `n_tagged` lead to the evidence, its files to the document."""
    columns = list(given.table.columns)
    sheet = _add_sheet(workbook, given.name, given.what, map(heading_of, columns), formats)
    _set_widths(sheet, columns)
    for row, record in enumerate(given.table.to_dict("records"), start=1):
        targets = {}
        if "theme" in record and "authority" in record:
            targets["n_tagged"] = known.evidence_of(record["authority"], record["theme"])
        if given.addresses:
            targets["source_file"] = _target(given.addresses[row - 1])
        if "note" in record:
            sheet.set_row(row, _height_of({"note": record["note"]}))
        _write_row(sheet, row, record, targets, titles, formats)
    _finish(sheet, len(given.table), len(columns), frozen=1)


def _write_evidence(workbook, evidence, titles, known: Cells, link_of, formats) -> None:
    headings = [heading_of(column) for column in SHOWN]
    sheet = _add_sheet(workbook, "evidence", ABOUT_EVIDENCE, headings, formats)
    _set_widths(sheet, SHOWN)
    row = 0
    for part in evidence:
        for record in part.reindex(columns=SHOWN[:-1]).to_dict("records"):
            row += 1
            if row > MAX_ROWS:
                continue
            record[CELL] = known.numbers.get((record["authority"], record["theme"]))
            url = str(record["url"])
            targets = {"url": _target(url) if url.startswith(WEB) else ""}
            if link_of:
                targets["page"] = _target(link_of(record["source_file"], record["page"]))
            sheet.set_row(row, _height_of(record))
            _write_row(sheet, row, record, targets, titles, formats, text_wrap=True, valign="top")
    if row > MAX_ROWS:
        note = f"{row - MAX_ROWS:,} more are in tags.csv and paragraphs.csv."
        sheet.write_string(MAX_ROWS + 1, 0, note)
    _finish(sheet, min(row, MAX_ROWS), len(SHOWN), frozen=2)
    sheet.print_area(0, 0, max(1, min(row, MAX_ROWS)), PRINTED_EVIDENCE)


def _write_row(sheet, row, record, targets, titles, formats: _Formats, **look) -> None:
    few = record.get("n_tagged", FEW) < FEW
    for column, (header, value) in enumerate(record.items()):
        target, own = targets.get(header, ""), dict(look)
        if header in ("theme", "name"):
            value = titles.get(value, str(value).replace("_", " "))
        if header == "stance" and value in STANCE_COLOURS:
            own |= {"left": 5, "left_color": STANCE_COLOURS[value]}
        if value == NO_LONGER_GIVEN:
            value = NO_OVERALL_GRADE
        if header == "note":
            own["text_wrap"] = True
        if few and _is_share(header):
            own |= {"italic": True, "font_color": "#777777"}
        if target:
            own |= LINK_LOOK
        if isinstance(value, bool):
            value = "yes" if value else "no"
        elif isinstance(value, datetime.date) and not pd.isna(value):
            by_month = record.get("published_precision") == BY_MONTH
            own |= {"num_format": MONTH if by_month else DAY, "align": "left"}
        elif _is_number(value):
            own["num_format"] = _number_format(header)
        elif not isinstance(value, str) and pd.isna(value):
            value = ""
        _write_linked(sheet, row, column, target, value, formats(**own))


@cache
def _number_format(header: str) -> str:
    if header in ("year", "page", CELL):
        return "0"
    return NUMBER_FORMATS.get(header, "0.0%" if _is_share(header) else WHOLE_NUMBER)


@cache
def _is_share(header: str) -> bool:
    return SHARE.search(header) is not None


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not math.isnan(value)


def _write_linked(sheet, row, column, target: str, value, look) -> None:
    """Write a value, as a link if there is a target: a formula for an address (see `_target`)."""
    if target:
        shown = f"{value:.15G}" if _is_number(value) else _quoted(_cell_text(str(value)))
        if len(shown) <= MAX_LINK:
            sheet.write_formula(row, column, f"=HYPERLINK({target},{shown})", look, value)
            return
    if _is_number(value):
        sheet.write_number(row, column, value, look)
    elif isinstance(value, datetime.date):
        sheet.write_datetime(row, column, value, look)
    elif value != "":
        sheet.write_string(row, column, _cell_text(str(value)), look)
    else:
        sheet.write_blank(row, column, None, look)


def _target(address: object) -> str:
    """An address as a text in a formula; "" if there is none, or Excel would not take it.

    An address within the file system is written as file names are, as Excel and LibreOffice both
    take it: only what would end it stays encoded. Both take `/` on Windows, too.

    >>> _target("./../reports/Isle%20of%20W%23.pdf#page=3")
    '"../reports/Isle of W%23.pdf#page=3"'
    """
    if not isinstance(address, str) or not address:
        return ""
    if not address.startswith(WEB):
        path, _, page = address.partition("#")
        path = NOT_IN_ADDRESS.sub(
            lambda sign: sign[0] if sign[0] == " " else quote(sign[0]), unquote(path)
        )
        address = path.removeprefix("./") + (f"#{page}" if page else "")
    return _quoted(drop_invisible(address)) if len(address) <= MAX_LINK else ""


def _quoted(text: str) -> str:
    """A text as it stands in a formula: it cannot end there and go on as a formula.

    >>> _quoted('a"&1')
    '"a""&1"'
    >>> _quoted("ROAD MAP(1).pdf")
    '"ROAD MAP"&"(1).pdf"'
    """
    return '"' + CALL.sub('"&"(', text.replace('"', '""')) + '"'


# --- the look of a sheet --------------------------------------------------------------------


def _add_sheet(workbook, name: str, what: str, headings: Iterable[str], formats: _Formats):
    """A sheet with its head, which is printed on landscape pages, at the width of one."""
    sheet = workbook.add_worksheet(name, _SheetOfLinks)
    sheet.set_landscape()
    sheet.set_paper(9)  # A4
    sheet.set_margins(left=0.4, right=0.4, top=0.7, bottom=0.6)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)
    # In a page header `&` begins a code.
    sheet.set_row(0, HEAD_HEIGHT)
    title = f"{name}: {what}".replace("&", "&&")
    sheet.set_header(f"&L&9{title[:200]}")
    sheet.set_footer("&L&9inspection-themes&R&9page &P of &N")
    for column, heading in enumerate(headings):
        sheet.write_string(0, column, _cell_text(str(heading)), formats.head)
    return sheet


def _height_of(record: Mapping[str, Any]) -> int:
    """The height of a row of wrapped texts, in points."""
    lines = (
        -(-len(text) // COLUMN_WIDTHS.get(name, 13))
        for name, text in record.items()
        if isinstance(text, str)
    )
    return min(MAX_HEIGHT, LINE_HEIGHT * max(lines))


def _set_widths(sheet, columns: list[str]) -> None:
    for column, name in enumerate(columns):
        sheet.set_column(column, column, COLUMN_WIDTHS.get(name, 13))


def _finish(sheet, n_rows: int, n_columns: int, *, frozen: int) -> None:
    sheet.freeze_panes(1, frozen)
    sheet.autofilter(0, 0, max(1, n_rows), n_columns - 1)


def _write_about(workbook, more: Sequence[Sheet], formats: _Formats) -> None:
    sheet = workbook.add_worksheet("about")
    lines = [(name, what) for name, (_, _, what) in MATRIX_SHEETS.items()]
    lines += [(given.name, given.what) for given in more]
    lines += [
        ("cells", ABOUT_CELLS),
        ("evidence", ABOUT_EVIDENCE),
        (
            NOT_VALIDATED,
            "too few random paragraphs of a kind in the cell were coded to correct the share",
        ),
        ("hatched, italic", f"fewer than {FEW} paragraphs: the share says little"),
        ("paler", f"{FEW} to {SURE - 1} paragraphs"),
        (
            "links",
            "go with their row when you sort. Those to pages need the reports where they are; "
            "some programs open a report at its beginning",
        ),
        ("methods", "report.html says how the numbers are made and how often tags are wrong"),
    ]
    for row, (name, what) in enumerate(lines):
        sheet.set_row(row, LINE_HEIGHT * (2 if len(what) > 90 or len(name) > 22 else 1))
        sheet.write_string(row, 0, name, formats(bold=True, text_wrap=True, valign="top"))
        sheet.write_string(row, 1, what, formats(text_wrap=True, valign="top"))
    sheet.set_column(0, 0, 22)
    sheet.set_column(1, 1, 90)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)


def _cell_text(text: str) -> str:
    """The text without characters that break the file, cut with a note at Excel's limit."""
    text = drop_invisible(text)
    return text if len(text) <= MAX_CELL else text[: MAX_CELL - len(CUT_NOTE)] + CUT_NOTE
