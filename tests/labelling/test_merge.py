from __future__ import annotations

import openpyxl
import pytest
from factories import fill_sheet

from pipeline.base.codebook import read_codebook
from pipeline.base.errors import LabelError
from pipeline.labelling.codes import read_codes
from pipeline.labelling.merge import coder_file, merge_codes
from pipeline.labelling.task_files import READ, read_filled

NAMES = list(read_codebook())


def merge(sheet, run, path, coder="A. Coder"):
    return merge_codes(
        read_filled(sheet, NAMES), sheet, run[0], run[2], NAMES, coder, "2026-11-21", path
    )


def test_codes_are_merged_without_the_text(sheet, run, tmp_path):
    fill_sheet(sheet, (2, "camhs", "concern"), (2, READ, "yes"), (3, READ, "yes"))
    path = tmp_path / "codes" / "a.csv"
    added = merge(sheet, run, path)
    assert len(added) == 2 and added["camhs"].tolist() == ["concern", "no"]
    assert "Sentence" not in path.read_text(encoding="utf-8")
    assert set(read_codes([path])["authority"]) <= {"Ambleford", "y.pdf"}
    assert merge(sheet, run, path).empty
    fill_sheet(sheet, (4, "camhs", "no"))
    assert len(merge(sheet, run, path)) == 1
    assert len(read_codes([path])) == 3


def test_contradictions_and_strangers_are_refused_and_nothing_is_written(sheet, run, tmp_path):
    path = tmp_path / "a.csv"
    fill_sheet(sheet, (2, "camhs", "concern"))
    merge(sheet, run, path)
    before = path.read_bytes()
    fill_sheet(sheet, (2, "camhs", "mixed"), (3, "paragraph_id", "zz:1"), (3, "camhs", "no"))
    with pytest.raises(LabelError, match=r"row 3: there is no paragraph 'zz:1'.*row 2: its camhs"):
        merge(sheet, run, path)
    assert path.read_bytes() == before


def test_a_coders_codes_in_another_file_of_the_folder_are_contradicted_too(
    sheet, run, tmp_path, monkeypatch
):
    monkeypatch.setattr("pipeline.labelling.merge.CODES", tmp_path)
    monkeypatch.setattr("pipeline.labelling.codes.CODES", tmp_path)
    fill_sheet(sheet, (2, "camhs", "concern"))
    merge(sheet, run, tmp_path / "first.csv")
    fill_sheet(sheet, (2, "camhs", "mixed"))
    with pytest.raises(
        LabelError, match=r"row 2: its camhs is mixed, but A. Coder coded it concern before"
    ):
        merge(sheet, run, tmp_path / "second.csv")
    assert len(merge(sheet, run, tmp_path / "second.csv", coder="B. Coder")) == 1
    assert len(read_codes()) == 2


def test_the_same_paragraph_twice_in_a_sheet(sheet, run, tmp_path):
    first = openpyxl.load_workbook(sheet).worksheets[0].cell(2, 1).value
    fill_sheet(sheet, (2, "camhs", "no"), (3, "paragraph_id", first), (3, "camhs", "mixed"))
    with pytest.raises(LabelError, match="row 3: its camhs contradicts row 2"):
        merge(sheet, run, tmp_path / "a.csv")


def test_a_sheet_that_nobody_filled_or_of_another_run_adds_nothing(sheet, run, tmp_path):
    with pytest.raises(LabelError, match=r"Nobody has coded anything in .*to-code.xlsx"):
        merge(sheet, run, tmp_path / "a.csv")
    fill_sheet(sheet, (2, "camhs", "no"))
    with pytest.raises(
        LabelError, match=r"None of the paragraphs in .*to-code.xlsx is in this run"
    ):
        merge(sheet, (run[0].head(0), *run[1:]), tmp_path / "a.csv")
    assert not (tmp_path / "a.csv").exists()


def test_a_coder_spelled_in_two_ways_is_not_two_coders(sheet, run, tmp_path):
    fill_sheet(sheet, (2, "camhs", "no"))
    path = coder_file(tmp_path, "J. Smith")
    merge(sheet, run, path, coder="J. Smith")
    with pytest.raises(LabelError, match=r"holds the codes of 'J. Smith', not of 'J Smith'"):
        merge(sheet, run, path, coder="J Smith")


def test_each_coder_has_a_file(tmp_path):
    assert coder_file(tmp_path, "Dr. J. O'Neill").name == "dr-j-o-neill.csv"
    with pytest.raises(LabelError, match="name"):
        coder_file(tmp_path, " ")
