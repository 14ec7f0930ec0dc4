"""The matrix as an Excel workbook: the report's numbers and colours, linked to the evidence."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from traceback import clear_frames
from typing import Any

import pandas as pd
import xlsxwriter
from xlsxwriter.exceptions import FileCreateError

from pipeline.base.characters import drop_invisible
from pipeline.base.codebook import Theme
from pipeline.base.columns import HALF_COLUMNS
from pipeline.base.files import WholeFile, part_folder
from pipeline.matrix.cells import pivot_matrix
from pipeline.matrix.evidence import EVIDENCE
from pipeline.matrix.intervals import FEW, SURE
from pipeline.matrix.kinds import NOT_VALIDATED
from pipeline.report.colours import FEW_STRIPE, STANCE_COLOURS, fill_of, step_width

# Excel refuses longer cells (https://support.microsoft.com "Excel specifications and limits").
MAX_CELL = 32_767
# Excel calls a workbook damaged if it has over 65,000 links, or longer ones. Each link is held in
# memory until the workbook is closed.
MAX_LINKS, MAX_LINK = 20_000, 2_000
# Excel has 1,048,576 rows; the first is the header and the last may hold a note.
MAX_ROWS = 1_048_574
# Columns of the evidence that only the report needs.
ONLY_IN_REPORT = ["carries_from", "carries_to", *HALF_COLUMNS, "doc_id"]
CUT_NOTE = " […] The whole paragraph is in paragraphs.csv."
# Sheet → column of the cells, number format, what it is.
MATRIX_SHEETS = {
    "shares": ("share", "0.0%", "share of the authority's paragraphs about the theme"),
    "corrected": ("share_corrected", "0.0%", "the share that a coder would find (an estimate)"),
    "per 1000 words": ("per_1000_words", "0.00", "paragraphs about the theme per 1,000 words"),
    "counts": ("n_tagged", "0", "number of paragraphs about the theme"),
}
PERCENT_COLUMNS = ("share", "share_low", "share_high", "share_corrected")
COLUMN_WIDTHS = {
    "authority": 26,
    "theme": 14,
    "text": 100,
    "lead_in": 40,
    "heading": 40,
    "source_file": 40,
    "url": 40,
}


def write_workbook(
    path: Path,
    cells: pd.DataFrame,
    evidence: Iterable[pd.DataFrame],
    themes: Mapping[str, Theme],
    link_of: Callable[[str, int], str] | None = None,
    more: Mapping[str, pd.DataFrame] | None = None,
) -> None:
    """Write a sheet for each of `MATRIX_SHEETS`, then `cells`, `evidence`, `more` and `about`.

    `more` are small tables by the name of their sheet, written as they are.

    Every number in a matrix links to its evidence; `link_of(source_file, page)` gives the address
    of the document there. All text is stored as text, so nothing in a document can run.
    `evidence` comes in parts, in the order of `sort_by_cell`.
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
            _fill(workbook, cells, evidence, themes, link_of, more or {})
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
    first_rows = _first_rows(cells)
    formats = _Formats(workbook)
    for name in MATRIX_SHEETS:
        if name != "corrected" or cells["share_corrected"].notna().any():
            _write_matrix(workbook, name, cells, titles, first_rows, formats)
    _write_cells(workbook, cells, first_rows, formats)
    _write_evidence(workbook, evidence, link_of, formats)
    for name, table in more.items():
        _write_table(workbook, name, table, formats)
    _write_about(workbook, formats)


class _Formats:
    """Cell formats by their look: each is made once, not once for every cell."""

    def __init__(self, workbook) -> None:
        self.workbook = workbook
        self.made: dict[tuple, Any] = {}

    def __call__(self, **look):
        key = tuple(sorted(look.items()))
        if key not in self.made:
            self.made[key] = self.workbook.add_format(look)
        return self.made[key]

    @property
    def head(self):
        return self(bold=True, text_wrap=True, valign="top", bottom=1)

    def of_cell(self, share: float, tagged: int, width: float, number: str, link: bool):
        """The cell as the report draws it: hatched for few paragraphs, paler for not many."""
        fill, text = fill_of(share, tagged, width)
        # Pattern 14 is a thin diagonal stripe.
        few = {"pattern": 14, "fg_color": FEW_STRIPE} if tagged < FEW else {"pattern": 1}
        return self(
            num_format=number, bg_color=fill, font_color=text, border=1, border_color="#ffffff",
            underline=1 if link else 0, italic=tagged < FEW, **few,
        )  # fmt: skip


def _first_rows(cells: pd.DataFrame) -> dict[tuple[str, str], int]:
    """The row of the evidence sheet at which each cell's evidence begins; the header is row 1."""
    ordered = cells.sort_values(["authority", "theme"])
    before = ordered["n_tagged"].cumsum() - ordered["n_tagged"]
    return {
        (cell.authority, cell.theme): int(row) + 2
        for cell, row in zip(ordered.itertuples(index=False), before, strict=True)
        if cell.n_tagged > 0 and row < MAX_ROWS
    }


def _write_matrix(workbook, name, cells, titles, first_rows, formats) -> None:
    column_of, number, _ = MATRIX_SHEETS[name]
    matrix = pivot_matrix(cells, column_of)
    columns = ["share", "n_tagged", "n_not_validated"]
    known = cells.set_index(["authority", "theme"])[columns].to_dict("index")
    width = step_width(cells)
    sheet = workbook.add_worksheet(name)
    for column, header in enumerate(matrix.columns):
        sheet.write_string(0, column, str(titles.get(header, header)), formats.head)
    for row, record in enumerate(matrix.itertuples(index=False), start=1):
        for column, (header, value) in enumerate(zip(matrix.columns, record, strict=True)):
            cell = known.get((record[0], header))
            if isinstance(value, str):
                sheet.write_string(row, column, _cell_text(value))
            elif cell is None:
                sheet.write_number(row, column, float(value))
            else:
                target = first_rows.get((record[0], header))
                look = formats.of_cell(
                    cell["share"], cell["n_tagged"], width, number, target is not None
                )
                if target:
                    sheet.write_url(row, column, f"internal:'evidence'!A{target}", look)
                if pd.isna(value):
                    sheet.write_string(
                        row, column, NOT_VALIDATED if cell["n_not_validated"] else "", look
                    )
                else:
                    sheet.write_number(row, column, float(value), look)
    sheet.set_column(0, 0, COLUMN_WIDTHS["authority"])
    sheet.set_column(1, len(matrix.columns) - 1, 14)
    sheet.freeze_panes(1, 1)
    sheet.autofilter(0, 0, len(matrix), len(matrix.columns) - 1)


def _write_cells(workbook, cells: pd.DataFrame, first_rows: dict, formats: _Formats) -> None:
    sheet = workbook.add_worksheet("cells")
    _write_head(sheet, list(cells.columns), formats)
    for row, record in enumerate(cells.itertuples(index=False), start=1):
        for column, (header, value) in enumerate(zip(cells.columns, record, strict=True)):
            number = "0.0%" if header in PERCENT_COLUMNS else "General"
            if header == "per_1000_words":
                number = "0.00"
            target = first_rows.get((record.authority, record.theme))
            if isinstance(value, str):
                sheet.write_string(row, column, _cell_text(value))
            elif header == "n_tagged" and target:
                link = formats(num_format="0", font_color="#3b2a8c", underline=1)
                sheet.write_url(row, column, f"internal:'evidence'!A{target}", link)
                sheet.write_number(row, column, float(value), link)
            elif not pd.isna(value):
                sheet.write_number(row, column, float(value), formats(num_format=number))
    sheet.freeze_panes(1, 2)
    sheet.autofilter(0, 0, max(1, len(cells)), len(cells.columns) - 1)


def _write_table(workbook, name: str, table: pd.DataFrame, formats: _Formats) -> None:
    sheet = workbook.add_worksheet(name)
    _write_head(sheet, list(table.columns), formats)
    for row, record in enumerate(table.itertuples(index=False), start=1):
        for column, value in enumerate(record):
            if isinstance(value, bool):
                sheet.write_string(row, column, "yes" if value else "no")
            elif isinstance(value, (int, float)):
                sheet.write_number(row, column, value)
            else:
                sheet.write_string(row, column, _cell_text(str(value)))
    sheet.freeze_panes(1, 1)
    sheet.autofilter(0, 0, max(1, len(table)), len(table.columns) - 1)


def _write_evidence(workbook, evidence, link_of, formats: _Formats) -> None:
    sheet = workbook.add_worksheet("evidence")
    row, columns = 0, [column for column in EVIDENCE if column not in ONLY_IN_REPORT]
    for part in evidence:
        part = part.drop(columns=ONLY_IN_REPORT, errors="ignore")
        if row == 0:
            columns = list(part.columns)
            _write_head(sheet, columns, formats)
        for record in part.itertuples(index=False):
            row += 1
            if row <= MAX_ROWS:
                _write_paragraph(sheet, row, columns, record, link_of, formats)
    if row == 0:
        _write_head(sheet, columns, formats)
    elif row > MAX_ROWS:
        note = f"{row - MAX_ROWS:,} more are in tags.csv and paragraphs.csv."
        sheet.write_string(MAX_ROWS + 1, 0, note)
    sheet.freeze_panes(1, 2)
    sheet.autofilter(0, 0, min(max(1, row), MAX_ROWS), len(columns) - 1)


def _write_head(sheet, columns: list[str], formats: _Formats) -> None:
    for column, header in enumerate(columns):
        sheet.set_column(column, column, COLUMN_WIDTHS.get(header, 13))
        sheet.write_string(0, column, header, formats.head)


def _write_paragraph(sheet, row, columns, record, link_of, formats: _Formats) -> None:
    wrap = formats(text_wrap=True, valign="top")
    for column, (header, value) in enumerate(zip(columns, record, strict=True)):
        look = wrap
        if header in ("page", "url") and row <= MAX_LINKS:
            local = link_of(record.source_file, value) if link_of and header == "page" else ""
            address = value if header == "url" else local
            if address and len(address) <= MAX_LINK:
                look = formats(text_wrap=True, valign="top", font_color="#3b2a8c", underline=1)
                sheet.write_url(row, column, _external(address), look)
        if header == "stance" and value in STANCE_COLOURS:
            look = formats(text_wrap=True, valign="top", left=5, left_color=STANCE_COLOURS[value])
        if isinstance(value, (int, float)) and not pd.isna(value):
            sheet.write_number(row, column, value, look)
        elif value is not None and not pd.isna(value):
            sheet.write_string(row, column, _cell_text(str(value)), look)


def _write_about(workbook, formats: _Formats) -> None:
    sheet = workbook.add_worksheet("about")
    lines = [(name, what) for name, (_, _, what) in MATRIX_SHEETS.items()]
    lines += [
        ("cells", "all of these for each authority and theme, with 95 % intervals and stances"),
        ("evidence", "the paragraphs; each number in a matrix links to the first of its own"),
        ("progress", "what moved between whole inspections: judgements, and stances by theme"),
        ("kinds", "the kinds of document, and whether tags were checked on each"),
        (
            NOT_VALIDATED,
            "too few random paragraphs of a kind in the cell were coded to correct the share",
        ),
        ("hatched", f"fewer than {FEW} paragraphs: the share says little"),
        ("paler", f"{FEW} to {SURE - 1} paragraphs"),
        ("methods", "report.html says how the numbers are made and how often tags are wrong"),
    ]
    for row, (name, what) in enumerate(lines):
        sheet.write_string(row, 0, name, formats(bold=True))
        sheet.write_string(row, 1, what)
    sheet.set_column(0, 0, 16)
    sheet.set_column(1, 1, 90)


def _cell_text(text: str) -> str:
    """The text without characters that break the file, cut with a note at Excel's limit."""
    text = drop_invisible(text)
    return text if len(text) <= MAX_CELL else text[: MAX_CELL - len(CUT_NOTE)] + CUT_NOTE


def _external(address: str) -> str:
    """The address as xlsxwriter takes it: one on another drive or on the web is whole already."""
    is_whole = address.startswith(("file:", "https:", "http:"))
    return address if is_whole else f"external:{address}"
