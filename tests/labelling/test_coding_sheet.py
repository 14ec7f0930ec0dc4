from __future__ import annotations

import re
import zipfile

import openpyxl
import pytest
from factories import change_part, fill_sheet

from pipeline.base.codebook import read_codebook
from pipeline.base.errors import LabelError
from pipeline.labelling.filled import read_filled
from pipeline.labelling.task_files import PROPOSED, READ

THEMES = read_codebook()
NAMES = list(THEMES)


def test_the_sheet_has_drop_downs_and_runs_no_formula(sheet):
    workbook = openpyxl.load_workbook(sheet)
    first = workbook.worksheets[0]
    lists = [v.formula1 for v in first.data_validations.dataValidation]
    assert lists == ['"no,strength,concern,mixed,neutral"', '"yes,skip"']
    text = first.cell(2, PROPOSED.index("text") + 1)
    assert text.value.startswith("=Sentence") and text.data_type == "s"


def test_the_sheet_tells_coders_what_a_theme_is_and_how_cases_were_decided(sheet):
    rows = list(openpyxl.load_workbook(sheet)["codebook"].iter_rows(values_only=True))
    for theme in THEMES.values():
        (row,) = [row for row in rows if row[0].startswith(f"{theme.id}:")]
        assert row[1] == theme.definition and theme.rulings
        assert all(ruling in row[2] for ruling in (theme.not_this, *theme.rulings))


def test_a_sheet_is_as_large_as_its_cells_not_as_it_says(sheet):
    """Two seconds for a thousand rows that are not there, half an hour for a million."""
    fill_sheet(sheet, (2, READ, "yes"))
    said = re.compile(rb'<dimension ref="[^"]*"')
    huge = b'<dimension ref="A1:XFD1048576"'
    change_part(sheet, "xl/worksheets/sheet1.xml", lambda data: said.sub(huge, data))
    (row,) = read_filled(sheet, NAMES)
    assert row.where == "row 2"


def test_merged_cells_are_refused_as_all_but_the_first_are_empty(sheet):
    fill_sheet(sheet, (2, "camhs", "concern"), (2, READ, "yes"), (3, READ, "yes"))
    workbook = openpyxl.load_workbook(sheet)
    column = openpyxl.utils.get_column_letter(len(PROPOSED) + NAMES.index("camhs") + 1)
    workbook["paragraphs"].merge_cells(f"{column}2:{column}3")
    workbook.save(sheet)
    with pytest.raises(LabelError, match="has merged cells"):
        read_filled(sheet, NAMES)


def test_a_formula_without_its_result_is_no_empty_cell(sheet):
    fill_sheet(sheet, (2, READ, "yes"), (3, "camhs", '=IF(TRUE,"strength","")'), (3, READ, "yes"))
    with pytest.raises(LabelError, match="row 3: a formula has not been calculated"):
        read_filled(sheet, NAMES)


def test_a_formula_may_give_an_empty_text(sheet):
    fill_sheet(sheet, (2, READ, "yes"), (2, "camhs", '=IF(FALSE,"strength","")'))

    def calculate(data):
        assert b"<v" in data
        return re.sub(
            rb"<c ([^>]*)><f>(.*?)</f><v\s*/?>(?:</v>)?</c>",
            rb'<c \1 t="str"><f>\2</f><v></v></c>',
            data,
        )

    change_part(sheet, "xl/worksheets/sheet1.xml", calculate)
    (row,) = read_filled(sheet, NAMES)
    assert row.codes["camhs"] == "no"


def test_a_bomb_is_not_unpacked(tmp_path, monkeypatch):
    monkeypatch.setattr("pipeline.labelling.coding_sheet.MAX_SHEET_BYTES", 1000)
    path = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"0" * 100_000)
    with pytest.raises(LabelError, match="too large"):
        read_filled(path, NAMES)


def test_the_order_of_a_sheets_tabs_does_not_matter(sheet):
    fill_sheet(sheet, (2, READ, "yes"))
    workbook = openpyxl.load_workbook(sheet)
    workbook.move_sheet("codebook", -1)
    workbook.save(sheet)
    assert len(read_filled(sheet, NAMES)) == 1
