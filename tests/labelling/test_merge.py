from __future__ import annotations

import shutil
from dataclasses import replace

import openpyxl
import pandas as pd
import pytest
from factories import fill_sheet

from pipeline.base import workspace
from pipeline.base.codebook import read_codebook
from pipeline.base.errors import LabelError
from pipeline.labelling.codes import read_codes
from pipeline.labelling.merge import CHANGES, changes_file, coder_file, merge_codes
from pipeline.labelling.task_files import READ, read_filled

NAMES = list(read_codebook())


def merge(sheet, run, path, coder="A. Coder", day="2026-11-21", **options):
    filled = read_filled(sheet, NAMES)
    return merge_codes(filled, sheet, run[0], run[2], NAMES, coder, day, path, **options)


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


def test_codes_are_changed_on_request_and_the_change_is_recorded(sheet, run, tmp_path):
    path = tmp_path / "a.csv"
    fill_sheet(sheet, (2, "camhs", "concern"), (3, "camhs", "no"))
    merge(sheet, run, path)
    fill_sheet(sheet, (2, "camhs", "mixed"), (2, "early_help", "no"))
    with pytest.raises(LabelError, match="add --replace"):
        merge(sheet, run, path)
    merge(sheet, run, path, day="2026-11-28", replace=True)
    codes = read_codes([path])
    assert sorted(codes["camhs"].unique()) == ["mixed", "no"]
    assert "no" in codes["early_help"].tolist()
    (change,) = pd.read_csv(changes_file(path), dtype=str).to_dict("records")
    assert list(change) == CHANGES
    assert [change[key] for key in CHANGES[2:]] == [
        "A. Coder", "camhs", "2026-11-28", "concern", "mixed",
    ]  # fmt: skip
    # Nothing to change: the trail stays as it is.
    merge(sheet, run, path, day="2026-11-29", replace=True)
    assert len(pd.read_csv(changes_file(path))) == 1
    fill_sheet(sheet, (2, "camhs", "strength"))
    merge(sheet, run, path, day="2026-11-30", replace=True)
    assert pd.read_csv(changes_file(path))["to"].tolist() == ["mixed", "strength"]


def test_what_stands_in_another_file_too_is_not_changed(sheet, run, tmp_path, monkeypatch):
    monkeypatch.setattr(workspace, "PROJECT", replace(workspace.PROJECT, codes=tmp_path))
    fill_sheet(sheet, (2, "camhs", "concern"))
    for name in ("a.csv", "b.csv"):
        merge(sheet, run, tmp_path / name)
    shutil.copy(tmp_path / "a.csv", tmp_path / "b.csv")
    fill_sheet(sheet, (2, "camhs", "mixed"))
    with pytest.raises(LabelError, match="in another codes file, too"):
        merge(sheet, run, tmp_path / "a.csv", replace=True)
    assert read_codes()["camhs"].tolist() == ["concern"] * 2


def test_a_trail_that_cannot_be_read_stops_the_change(sheet, run, tmp_path):
    path = tmp_path / "a.csv"
    fill_sheet(sheet, (2, "camhs", "concern"))
    merge(sheet, run, path)
    changes_file(path).parent.mkdir()
    changes_file(path).write_text("")
    fill_sheet(sheet, (2, "camhs", "mixed"))
    with pytest.raises(LabelError, match="nothing was merged"):
        merge(sheet, run, path, replace=True)
    assert read_codes([path])["camhs"].tolist() == ["concern"]


def test_only_the_coders_own_codes_are_changed(sheet, run, tmp_path):
    path = tmp_path / "codes.csv"
    fill_sheet(sheet, (2, "camhs", "concern"))
    merge(sheet, run, path)
    fill_sheet(sheet, (2, "camhs", "mixed"))
    merge(sheet, run, path, coder="B. Coder", replace=True)
    assert sorted(read_codes([path])["camhs"]) == ["concern", "mixed"]
    assert not changes_file(path).exists()


def test_a_coders_codes_in_another_file_of_the_folder_are_contradicted_too(
    sheet, run, tmp_path, monkeypatch
):
    monkeypatch.setattr(workspace, "PROJECT", replace(workspace.PROJECT, codes=tmp_path))
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
