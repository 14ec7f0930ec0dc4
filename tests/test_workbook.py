from __future__ import annotations

import openpyxl
import pandas as pd
import pytest

from pipeline.codebook import Theme
from pipeline.workbook import CUT_NOTE, MAX_CELL, write_workbook

THEMES = {"camhs": Theme("camhs", "Mental health", "", "", (), ())}


@pytest.fixture
def workbook(tmp_path):
    cells = pd.DataFrame(
        {
            "authority": ["Kent", "Leeds"],
            "theme": "camhs",
            "n_documents": 1,
            "n_paragraphs": 8,
            "n_tagged": [2, 0],
            "share": [0.25, 0.0],
        }
    )
    evidence = pd.DataFrame(
        {
            "authority": "Kent",
            "theme": "camhs",
            "stance": "concern",
            "probability": [0.9, 0.8],
            "text": ["=cmd|' /C calc'!A1", "x" * 40_000 + "\x0b"],
            "page": [3, 4],
            "published_on": [None, "2021-06-01"],
        }
    )
    write_workbook(tmp_path / "matrix.xlsx", cells, evidence, THEMES)
    return openpyxl.load_workbook(tmp_path / "matrix.xlsx")


def test_counts_open_their_evidence(workbook):
    sheet = workbook["counts"]
    assert [c.value for c in sheet[1]] == [
        "authority",
        "n_documents",
        "n_paragraphs",
        "Mental health",
    ]
    assert sheet["D2"].value == 2 and sheet["D2"].hyperlink.location == "'evidence'!A2"
    assert sheet["D3"].value == 0 and sheet["D3"].hyperlink is None
    assert workbook["shares"]["D2"].value == 0.25


def test_texts_stay_texts(workbook):
    cell = workbook["evidence"]["E2"]
    assert (cell.data_type, cell.value) == ("s", "=cmd|' /C calc'!A1")


def test_long_cells_say_that_they_are_cut(workbook):
    value = workbook["evidence"]["E3"].value
    assert len(value) <= MAX_CELL and value.endswith(CUT_NOTE)
