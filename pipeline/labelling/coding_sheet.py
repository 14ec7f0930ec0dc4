"""Sheets for coders: an Excel table with columns to fill, and what is in a filled one."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd
import xlsxwriter

from pipeline.base.characters import drop_invisible
from pipeline.base.codebook import STANCES, Theme
from pipeline.base.errors import LabelError
from pipeline.base.files import unpacked_size, write_whole

SUFFIX = ".xlsx"
COMMENT = "comment"
MAX_SHEET_BYTES = 200_000_000
MAX_COLUMNS = 500
# Of merged cells all but the first are empty: in a row that was read, an empty cell means `no`.
MERGED = re.compile(rb"<(?:\w+:)?mergeCell\s")
# A cell of Excel holds 32,767 characters.
MAX_CELL = 32_000


def new_file(path: Path, suffix: str) -> Path:
    """Where a new file goes: `path`, with the suffix if it has none.

    Raises `LabelError` if that file exists: it may hold somebody's codes.
    """
    path = path if path.suffix else path.with_suffix(suffix)
    if path.exists():
        raise LabelError(f"{path} already exists.", "Choose another name, or move that file.")
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def write_sheet(
    path: Path,
    given: pd.DataFrame,
    to_fill: Sequence[tuple[Sequence[str], Sequence[str]]],
    themes: Mapping[str, Theme],
    guide: Sequence[tuple[str, str, str]],
) -> None:
    """Write an Excel sheet with the table `given` and columns to fill, and one on the codebook.

    `to_fill` has names of columns and what can be chosen there (nothing: any text); `guide` has
    lines that explain them, above those on the themes.
    """
    content = io.BytesIO()
    workbook = xlsxwriter.Workbook(content, {"strings_to_formulas": False, "in_memory": True})
    head = workbook.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
    wrap = workbook.add_format({"text_wrap": True, "valign": "top"})
    code = workbook.add_format({"valign": "top", "bg_color": "#fff8e1", "border": 1})
    sheet = workbook.add_worksheet("paragraphs")
    columns = [*given.columns, *(name for names, _ in to_fill for name in names)]
    widths = {"text": 90, "heading": 30, "lead_in": 25, "source_file": 14, COMMENT: 30}
    for at, column in enumerate(columns):
        sheet.write_string(0, at, column, head)
        sheet.set_column(at, at, widths.get(column, 13), None)
    for row, values in enumerate(given.itertuples(index=False), start=1):
        for at, value in enumerate(values):
            text = "" if pd.isna(value) else str(value)
            sheet.write_string(row, at, drop_invisible(text)[:MAX_CELL], wrap)
        for at in range(len(given.columns), len(columns)):
            sheet.write_blank(row, at, None, code)
    last, at = max(len(given), 1), len(given.columns)
    for names, choices in to_fill:
        if choices:
            allowed = {"validate": "list", "source": list(choices)}
            sheet.data_validation(1, at, last, at + len(names) - 1, allowed)
        at += len(names)
    sheet.freeze_panes(1, 1)
    about = workbook.add_worksheet("codebook")
    about.set_column(0, 0, 28)
    about.set_column(1, 2, 90)
    lines = [
        *guide,
        ("stance", "What the paragraph says about the theme:", ", ".join(STANCES)),
        *(
            (f"{t.id}: {t.title}", t.definition, "\n".join([f"Not: {t.not_this}", *t.rulings]))
            for t in themes.values()
        ),
    ]
    for row, parts in enumerate(lines):
        for at, part in enumerate(parts):
            about.write_string(row, at, part, head if at == 0 else wrap)
    workbook.close()
    write_whole(path, content.getvalue())


def read_sheet(path: Path) -> tuple[list[str], list[tuple]]:
    """The header of the sheet of paragraphs in a workbook, and its rows.

    Raises `LabelError` if it is too large to be one of ours, has merged cells, or a formula whose
    result is not in the file.
    """
    _check_parts(path)
    rows = _read_cells(path, formulas=False)
    as_written = _read_cells(path, formulas=True)
    for number, (values, formulas) in enumerate(zip(rows, as_written, strict=True), start=1):
        pairs = zip(values, formulas, strict=True)
        if any(value is None and formula is not None for value, formula in pairs):
            raise LabelError(
                f"{path}, row {number}: a formula has not been calculated.",
                "Open it in Excel and save it, or write what it should say.",
            )
    return ([plain(value) for value in rows[0]] if rows else []), rows[1:]


def _check_parts(path: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        if unpacked_size(archive) > MAX_SHEET_BYTES:
            raise LabelError(
                f"{path} is too large to be a coding sheet.", "Give the filled-in one."
            )
        sheets = [name for name in archive.namelist() if name.startswith("xl/worksheets/")]
        if any(MERGED.search(archive.read(name)) for name in sheets):
            raise LabelError(
                f"{path} has merged cells, so it cannot be told what was said of each paragraph.",
                "Unmerge them, fill in every row, and save it.",
            )


def _read_cells(path: Path, *, formulas: bool) -> list[tuple]:
    """The rows of the sheet of paragraphs: what cells say, or the `formulas` in them."""
    # Imported here, as it takes a fifth of a second and every command loads this module.
    import openpyxl

    workbook = openpyxl.load_workbook(path, read_only=True, data_only=not formulas)
    try:
        named = "paragraphs" if "paragraphs" in workbook.sheetnames else workbook.sheetnames[0]
        sheet = workbook[named]
        # What a sheet says of its own size need not be true, and would be filled up with nothing.
        sheet.reset_dimensions()
        return [
            # A formula that gives an empty text has nothing in its cell, and is of that type.
            tuple("" if (c.value, c.data_type) == (None, "str") else c.value for c in cells)
            for cells in sheet.iter_rows(max_col=MAX_COLUMNS)
        ]
    finally:
        workbook.close()


def plain(value: object) -> str:
    """The value of a cell as text."""
    return "" if value is None else str(value).strip()
