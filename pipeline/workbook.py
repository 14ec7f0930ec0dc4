"""The matrix as an Excel workbook: counts, shares, and the evidence that each count opens."""

from __future__ import annotations

import datetime
from pathlib import Path

import pandas as pd
import xlsxwriter

from pipeline.clean import drop_invisible
from pipeline.codebook import Theme
from pipeline.matrix import pivot_matrix

# Excel refuses longer cells (https://support.microsoft.com "Excel specifications and limits").
MAX_CELL = 32_767
CUT_NOTE = " […] The whole paragraph is in paragraphs.csv."
WIDTHS = {
    "authority": 26,
    "theme": 14,
    "text": 100,
    "lead_in": 40,
    "heading": 40,
    "source_file": 40,
}


def write_workbook(
    path: Path, cells: pd.DataFrame, evidence: pd.DataFrame, themes: dict[str, Theme]
) -> None:
    """Write the sheets `counts`, `shares` and `evidence`; a count links to its evidence.

    Every text is stored as text: nothing that a document says is run as a formula.
    """
    workbook = xlsxwriter.Workbook(
        str(path), {"strings_to_formulas": False, "strings_to_urls": False, "in_memory": True}
    )
    # The creation date would make two runs differ.
    workbook.set_properties({"created": datetime.datetime(2000, 1, 1)})
    titles = {theme_id: theme.title for theme_id, theme in themes.items()}
    first_rows = _first_rows(evidence)
    _write_matrix(workbook, "counts", pivot_matrix(cells, "n_tagged"), titles, first_rows)
    _write_matrix(workbook, "shares", pivot_matrix(cells, "share"), titles, first_rows)
    _write_evidence(workbook, evidence)
    workbook.close()


def _first_rows(evidence: pd.DataFrame) -> dict[tuple[str, str], int]:
    """The sheet row (counting from 1, below the header) at which a cell's evidence begins."""
    first = evidence.reset_index().groupby(["authority", "theme"])["index"].min()
    return {pair: int(row) + 2 for pair, row in first.items()}


def _write_matrix(
    workbook, name: str, matrix: pd.DataFrame, titles: dict, first_rows: dict
) -> None:
    sheet = workbook.add_worksheet(name)
    head = workbook.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1})
    plain = workbook.add_format({"num_format": "0.0%" if name == "shares" else "0"})
    link = workbook.add_format(
        {
            "num_format": "0.0%" if name == "shares" else "0",
            "font_color": "#1a4e8a",
            "underline": 1,
        }
    )
    for column, header in enumerate(matrix.columns):
        sheet.write_string(0, column, str(titles.get(header, header)), head)
    for row, record in enumerate(matrix.itertuples(index=False), start=1):
        for column, (header, value) in enumerate(zip(matrix.columns, record, strict=True)):
            target = first_rows.get((record[0], header))
            if isinstance(value, str):
                sheet.write_string(row, column, _cell_text(value))
            elif target:
                sheet.write_url(row, column, f"internal:'evidence'!A{target}", link)
                sheet.write_number(row, column, float(value), link)
            else:
                sheet.write_number(row, column, float(value), None if column < 3 else plain)
    sheet.set_column(0, 0, WIDTHS["authority"])
    sheet.set_column(1, len(matrix.columns) - 1, 14)
    sheet.freeze_panes(1, 1)
    sheet.autofilter(0, 0, len(matrix), len(matrix.columns) - 1)
    if name == "shares" and len(matrix):
        sheet.conditional_format(
            1, 3, len(matrix), len(matrix.columns) - 1,
            {"type": "2_color_scale", "min_color": "#ffffff", "max_color": "#7fb2dd"},
        )  # fmt: skip


def _write_evidence(workbook, evidence: pd.DataFrame) -> None:
    sheet = workbook.add_worksheet("evidence")
    head = workbook.add_format({"bold": True, "bottom": 1})
    wrap = workbook.add_format({"text_wrap": True, "valign": "top"})
    for column, header in enumerate(evidence.columns):
        sheet.write_string(0, column, header, head)
        sheet.set_column(column, column, WIDTHS.get(header, 13))
    for row, record in enumerate(evidence.itertuples(index=False), start=1):
        for column, value in enumerate(record):
            if isinstance(value, (int, float)) and not pd.isna(value):
                sheet.write_number(row, column, value, wrap)
            elif value is not None and not pd.isna(value):
                sheet.write_string(row, column, _cell_text(str(value)), wrap)
    sheet.freeze_panes(1, 2)
    sheet.autofilter(0, 0, max(1, len(evidence)), len(evidence.columns) - 1)


def _cell_text(text: str) -> str:
    """The text without characters that break the file, and, if cut to Excel's limit, saying so."""
    text = drop_invisible(text)
    return text if len(text) <= MAX_CELL else text[: MAX_CELL - len(CUT_NOTE)] + CUT_NOTE
