from __future__ import annotations

import errno
import re
from urllib.parse import quote

import numpy as np
import openpyxl
import pandas as pd
import pytest

from pipeline.base.codebook import Theme
from pipeline.base.columns import CELLS
from pipeline.matrix.intervals import Errors, add_shares
from pipeline.report.colours import STEPS
from pipeline.report.sheets import Sheet, heading_of
from pipeline.report.workbook import CUT_NOTE, MAX_CELL, MAX_LINK, _target, write_workbook

THEMES = {"camhs": Theme("camhs", "Mental health", "", "", (), ())}


@pytest.fixture
def workbook(tmp_path):
    counts = pd.DataFrame(
        {
            "authority": ["Kent", "Leeds", "York", "Zeal"],
            "document_type": ["inspection"] * 3 + ["scrutiny report"],
            "theme": "camhs",
            "n_documents": 1,
            "n_paragraphs": 80,
            "n_words": 4000,
            "n_tagged": [2, 0, 20, 0],
            "n_strength": 0,
            "n_concern": [2, 0, 20, 0],
            "n_mixed": 0,
            "n_neutral": 0,
            "extra_variance": 0.0,
            "squares": 6400,
        }
    )
    cells = add_shares(counts, {("inspection", "camhs"): Errors(80, 20, 20, 880)})[CELLS]
    evidence = pd.DataFrame(
        {
            "authority": "Kent",
            "theme": "camhs",
            "stance": "concern",
            "probability": [0.9, 0.8],
            "text": ["=cmd|' /C calc'!A1", "x" * 40_000 + "\x0b"],
            "lead_in": ["@SUM(1)", "+1"],
            "source_file": ["a MAP(1).pdf", "b.txt"],
            "url": ['https://a.example/"&HYPERLINK(1)&"', "javascript:alert(1)"],
            "page": [3, 1],
            "published_on": [None, "2021-06-01"],
        }
    )

    def link_of(source_file, page):
        return (
            f"./../corpus/{quote(source_file)}#page={page}" if source_file.endswith("pdf") else ""
        )

    kinds = pd.DataFrame({"kind": ["inspection"], "n_documents": [3], "validated": [True]})
    more = [Sheet("kinds", "the kinds", kinds)]
    write_workbook(tmp_path / "matrix.xlsx", cells, [evidence], THEMES, link_of, more)
    return openpyxl.load_workbook(tmp_path / "matrix.xlsx"), cells


def value_of(cell):
    """What a cell shows: of a link its second argument."""
    found = re.fullmatch(r'=HYPERLINK\(.+,(?:"(.*)"|([^",]+))\)', str(cell.value))
    if not found:
        return cell.value
    return found[1] if found[2] is None else float(found[2])


def target_of(cell):
    return re.match(r"=HYPERLINK\((.+),[^,]+\)$", str(cell.value))[1]


def test_numbers_open_their_evidence(workbook):
    book, _ = workbook
    sheet, evidence = book["counts"], book["evidence"]
    assert [c.value for c in sheet[1]] == ["Authority", "Documents", "Paragraphs", "Mental health"]
    # By the number of the cell, which is in the last column of its evidence.
    last = evidence.cell(1, evidence.max_column)
    assert last.value == heading_of("cell")
    column = last.column_letter
    number = evidence[f"{column}2"].value
    wanted = f'"#evidence!A"&MATCH({number},evidence!${column}$1:${column}$23,0)'
    assert value_of(sheet["D2"]) == 2 and target_of(sheet["D2"]) == wanted
    assert sheet["D3"].value == 0
    assert target_of(book["cells"]["F2"]) == wanted


def test_every_sheet_has_the_numbers_of_the_cells(workbook):
    book, cells = workbook
    for sheet, column in {
        "shares": "share",
        "corrected": "share_corrected",
        "per 1000 words": "per_1000_words",
        "counts": "n_tagged",
    }.items():
        values = {row[0].value: value_of(row[3]) for row in book[sheet].iter_rows(min_row=2)}
        expected = cells.set_index("authority")[column].to_dict()
        if sheet == "corrected":
            assert values.pop("Zeal") == "not validated for this kind"
            assert np.isnan(expected.pop("Zeal"))
        assert values == pytest.approx(expected)
    rows = list(book["cells"].iter_rows())
    assert [cell.value for cell in rows[0]] == [heading_of(name) for name in CELLS]
    for row, record in zip(rows[1:], cells.to_dict("records"), strict=True):
        record["theme"] = "Mental health"
        known = [None if pd.isna(value) else value for value in record.values()]
        found = [value_of(cell) for cell in row]
        assert found == [v if isinstance(v, str | None) else pytest.approx(v) for v in known]


def test_further_tables_have_sheets_of_their_own(workbook):
    rows = list(workbook[0]["kinds"].iter_rows(values_only=True))
    assert rows == [("Document type", "Documents", "Validated"), ("inspection", 3, "yes")]


def test_no_link_depends_on_its_row(workbook):
    """Sorting moves formulas, and shifts what they name in other rows of their own sheet."""
    n_formulas = 0
    for sheet in workbook[0]:
        assert not sheet._hyperlinks
        for cell in (cell for row in sheet.iter_rows() for cell in row):
            if cell.data_type == "f":
                n_formulas += 1
                bare = re.sub(r'"[^"]*"', "", cell.value)
                assert not re.search(r"\$?[A-Z]+\$?\d", re.sub(r"evidence![$A-Z0-9:]+", "", bare))
    assert n_formulas > 5


def test_sheets_print_on_landscape_pages_as_wide_as_one(workbook):
    for sheet in workbook[0]:
        assert sheet.page_setup.orientation == "landscape"
        # One page wide is what is meant where nothing is said.
        assert sheet.sheet_properties.pageSetUpPr.fitToPage
        assert (sheet.page_setup.fitToWidth or 1, sheet.page_setup.fitToHeight) == (1, 0)
        if sheet.title != "about":
            assert (
                sheet.print_title_rows == "$1:$1" and sheet.freeze_panes and sheet.auto_filter.ref
            )


def test_few_paragraphs_are_hatched_and_many_coloured(workbook):
    sheet = workbook[0]["shares"]
    assert sheet["D2"].fill.patternType == "lightUp"
    assert sheet["D4"].fill.patternType == "solid"
    assert sheet["D4"].fill.fgColor.rgb[2:].lower() in {step.strip("#") for step in STEPS}


def test_counts_and_rates_are_not_coloured_by_another_number(workbook):
    for name in ("counts", "per 1000 words"):
        fills = {
            cell.fill.fgColor.rgb
            for row in workbook[0][name].iter_rows(min_row=2, min_col=4)
            for cell in row
            if cell.fill.patternType == "solid"
        }
        assert len(fills) <= 2, name


def column_of(sheet, name):
    return next(cell.column for cell in sheet[1] if cell.value == heading_of(name))


def test_pages_open_in_the_document(workbook):
    sheet = workbook[0]["evidence"]
    page = column_of(sheet, "page")
    assert sheet.cell(2, page).value == '=HYPERLINK("../corpus/a MAP"&"(1).pdf#page=3",3)'
    assert sheet.cell(3, page).value == 1


def test_texts_stay_texts(workbook):
    sheet = workbook[0]["evidence"]
    for name, text in {"text": "=cmd|' /C calc'!A1", "lead_in": "@SUM(1)"}.items():
        cell = sheet.cell(2, column_of(sheet, name))
        assert (cell.data_type, cell.value) == ("s", text)
    # An address cannot end its text in the formula, and one that would run is none of the web's.
    url = column_of(sheet, "url")
    address = '"https://a.example/""&HYPERLINK"&"(1)&"""'
    assert sheet.cell(2, url).value == f"=HYPERLINK({address},{address})"
    assert sheet.cell(3, url).data_type == "s"


def test_an_address_that_excel_would_not_take_is_no_link():
    assert _target(f"./{'x' * MAX_LINK}.pdf") == ""


def test_long_cells_say_that_they_are_cut(workbook):
    value = workbook[0]["evidence"]["E3"].value
    assert len(value) <= MAX_CELL and value.endswith(CUT_NOTE)


def test_an_error_of_the_system_keeps_its_name(tmp_path, monkeypatch):
    def fail(self):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("xlsxwriter.Workbook._store_workbook", fail)
    cells = pd.DataFrame(columns=CELLS)
    with pytest.raises(OSError, match="No space left"):
        write_workbook(tmp_path / "matrix.xlsx", cells, [], THEMES)
