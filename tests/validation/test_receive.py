from __future__ import annotations

import openpyxl
import pytest
from factories import fill_sheet
from runs import write_run
from samples import fill, run_to_validate, said_by_the_model

from pipeline.base.errors import LabelError
from pipeline.labelling.codes import read_codes
from pipeline.validation.validate import draw_to_validate, read_validation


def test_a_sheet_is_blind(sheet, made):
    page = openpyxl.load_workbook(sheet)["paragraphs"]
    header, *rows = page.iter_rows(values_only=True)
    assert set(made.tags.columns) & set(header) == {"paragraph_id"}
    # Nothing but the paragraph tells one row from another.
    assert len({row[header.index("drawn")] for row in rows}) == 1
    assert all(cell is None for row in rows for cell in row[header.index("camhs") :])
    tagged = set(made.tags.loc[made.tags["tagged"], "paragraph_id"])
    first = [row[0] in tagged for row in rows[:40]]
    assert 0 < sum(first) < 40


def test_codes_go_to_the_coders_own_file_without_the_texts(sheet, run, made, tmp_path):
    filled = fill(sheet, tmp_path / "a.xlsx", said_by_the_model(made), slice(0, 50))
    done = read_validation(run, filled, "Anna Lee")
    assert done.merged.target == run / "validation" / "anna-lee.csv"
    assert (done.n_drawn, done.n_coded, done.merged.n_added) == (120, 50, 50)
    text = done.merged.target.read_text(encoding="utf-8")
    assert "team" not in text
    codes = read_codes([done.merged.target])
    assert set(codes["drawn"]) == {"validation"} and set(codes["coder"]) == {"Anna Lee"}
    # Changing it takes a word.
    fill_sheet(filled, (2, "camhs", "mixed"))
    with pytest.raises(LabelError, match="add --replace"):
        read_validation(run, filled, "Anna Lee")
    assert read_validation(run, filled, "Anna Lee", replace=True).merged.n_changed == 1


def contents(run):
    paths = run.rglob("[!.]*")
    return {path: path.read_bytes() for path in paths if path.is_file()}


def refused(run, sheet, coder="Anna"):
    kept = contents(run)
    with pytest.raises(LabelError) as error:
        read_validation(run, sheet, coder)
    assert error.value.hint
    assert contents(run) == kept
    return str(error.value)


def test_a_sheet_of_another_run_is_refused(sheet, run, made, tmp_path):
    other = tmp_path / "other"
    write_run(run_to_validate(seed=1), other)
    filled = fill(sheet, tmp_path / "a.xlsx", {})
    assert "No sample of" in refused(other, filled)
    draw_to_validate(other, tmp_path / "other.xlsx", number=120)
    # The two runs have the same paragraphs, so only the mark tells.
    assert "was drawn from another run" in refused(other, filled)


def test_a_paragraph_that_was_not_drawn_is_refused(sheet, run, made, tmp_path):
    drawn = {
        row[0].value for row in openpyxl.load_workbook(sheet)["paragraphs"].iter_rows(min_row=2)
    }
    stranger = next(name for name in made.paragraphs["paragraph_id"] if name not in drawn)
    filled = fill(sheet, tmp_path / "a.xlsx", {})
    fill_sheet(filled, (3, "paragraph_id", stranger))
    assert f"row 3: the paragraph {stranger!r} is not in the sample" in refused(run, filled)


HOSTILE = {
    "a word that is no code": ((2, "camhs", "bad"), "row 2: camhs is 'bad'"),
    "a formula for a code": ((2, "camhs", "=1+1"), "row 2: a formula has not been calculated"),
    "a stray column": ((1, "notes", "notes"), "'notes'"),
    "a note under a column without a name": ((2, "", "note"), "row 2"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_sheet_that_is_not_understood_changes_nothing(name, sheet, run, tmp_path):
    change, expected = HOSTILE[name]
    filled = fill(sheet, tmp_path / "a.xlsx", {})
    fill_sheet(filled, change)
    assert expected in refused(run, filled)


def test_a_damaged_or_empty_sheet_is_refused(sheet, run, tmp_path):
    damaged = tmp_path / "damaged.xlsx"
    damaged.write_bytes(sheet.read_bytes()[:2000])
    assert "cannot be read" in refused(run, damaged)
    assert "Nobody has coded anything" in refused(run, sheet)


@pytest.mark.parametrize("coder", ["", " ", "...", "sample", "the model", "model", "Consensus"])
def test_some_names_are_not_a_coders(coder, sheet, run, tmp_path):
    refused(run, fill(sheet, tmp_path / "a.xlsx", {}), coder)
