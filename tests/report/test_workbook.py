from __future__ import annotations

import errno

import numpy as np
import openpyxl
import pandas as pd
import pytest

from pipeline.base.codebook import Theme
from pipeline.base.columns import CELLS
from pipeline.matrix.intervals import Errors, add_shares
from pipeline.report.colours import STEPS
from pipeline.report.workbook import CUT_NOTE, MAX_CELL, write_workbook

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
            "source_file": ["a.pdf", "b.txt"],
            "page": [3, 1],
            "published_on": [None, "2021-06-01"],
        }
    )

    def link_of(source_file, page):
        return f"./../corpus/{source_file}#page={page}" if source_file.endswith("pdf") else ""

    kinds = pd.DataFrame({"kind": ["inspection"], "n_documents": [3], "validated": [True]})
    write_workbook(tmp_path / "matrix.xlsx", cells, [evidence], THEMES, link_of, {"kinds": kinds})
    return openpyxl.load_workbook(tmp_path / "matrix.xlsx"), cells


def test_numbers_open_their_evidence(workbook):
    book, _ = workbook
    sheet = book["counts"]
    assert [c.value for c in sheet[1]] == [
        "authority",
        "n_documents",
        "n_paragraphs",
        "Mental health",
    ]
    assert sheet["D2"].value == 2 and sheet["D2"].hyperlink.location == "'evidence'!A2"
    assert sheet["D3"].value == 0 and sheet["D3"].hyperlink is None
    assert book["cells"]["F2"].hyperlink.location == "'evidence'!A2"


def test_every_sheet_has_the_numbers_of_the_cells(workbook):
    book, cells = workbook
    for sheet, column in {
        "shares": "share",
        "corrected": "share_corrected",
        "per 1000 words": "per_1000_words",
        "counts": "n_tagged",
    }.items():
        shown = book[sheet].iter_rows(min_row=2, values_only=True)
        values = {row[0]: row[3] for row in shown}
        expected = cells.set_index("authority")[column].to_dict()
        if sheet == "corrected":
            assert values.pop("Zeal") == "not validated for this kind"
            assert np.isnan(expected.pop("Zeal"))
        assert values == pytest.approx(expected)
    rows = list(book["cells"].iter_rows(values_only=True))
    assert list(rows[0]) == CELLS
    for row, record in zip(rows[1:], cells.itertuples(index=False), strict=True):
        known = [None if pd.isna(value) else value for value in record]
        assert list(row) == [v if isinstance(v, str | None) else pytest.approx(v) for v in known]


def test_further_tables_have_sheets_of_their_own(workbook):
    rows = list(workbook[0]["kinds"].iter_rows(values_only=True))
    assert rows == [("kind", "n_documents", "validated"), ("inspection", 3, "yes")]


def test_few_paragraphs_are_hatched_and_many_coloured(workbook):
    sheet = workbook[0]["shares"]
    assert sheet["D2"].fill.patternType == "lightUp"
    assert sheet["D4"].fill.patternType == "solid"
    assert sheet["D4"].fill.fgColor.rgb[2:].lower() in {step.strip("#") for step in STEPS}


def test_pages_open_in_the_document(workbook):
    sheet = workbook[0]["evidence"]
    assert sheet["G2"].hyperlink.target.replace("\\", "/") == "../corpus/a.pdf"
    assert sheet["G2"].hyperlink.location == "page=3"
    assert sheet["G3"].hyperlink is None


def test_texts_stay_texts(workbook):
    cell = workbook[0]["evidence"]["E2"]
    assert (cell.data_type, cell.value) == ("s", "=cmd|' /C calc'!A1")


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
