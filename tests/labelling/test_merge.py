from __future__ import annotations

import json
import re
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
from pipeline.labelling.coding_sheet import MAX_CELL
from pipeline.labelling.filled import Filled, read_filled
from pipeline.labelling.link import fingerprint
from pipeline.labelling.merge import (
    CHANGES,
    About,
    changes_file,
    coder_file,
    find_again,
    merge_codes,
)
from pipeline.labelling.task_files import FORMATS, READ, write_proposal

NAMES = list(read_codebook())


def merge(sheet, run, path, coder="A. Coder", day="2026-11-21", **options):
    filled, about = read_filled(sheet, NAMES), About(sheet, run[0], run[2], NAMES)
    added, _ = merge_codes(filled, about, coder=coder, coded_on=day, target=path, **options)
    return added


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


def test_a_line_that_stands_twice_hides_no_new_one(sheet, run, tmp_path):
    path = tmp_path / "a.csv"
    fill_sheet(sheet, (2, "camhs", "concern"))
    merge(sheet, run, path)
    head, line = path.read_text(encoding="utf-8").splitlines()
    path.write_text(f"{head}\n{line}\n{line}\n", encoding="utf-8")
    fill_sheet(sheet, (3, "camhs", "no"))
    assert len(merge(sheet, run, path)) == 1 and len(read_codes([path])) == 2


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


def fill(path, form):
    """Say of every paragraph in a task file that it is read, and carries no theme."""
    if form == "xlsx":
        return fill_sheet(path, *((row, READ, "yes") for row in range(2, 22)))
    whole = path.read_text(encoding="utf-8")
    items = json.loads(whole) if form == "label-studio" else map(json.loads, whole.splitlines())
    coded = {
        "label-studio": {"annotations": [{"result": [{"value": {"choices": ["none"]}}]}]},
        "doccano": {"label": ["none"]},
        "prodigy": {"answer": "accept", "accept": ["none"]},
    }
    lines = [json.dumps(item | coded[form]) for item in items]
    joined = f"[{','.join(lines)}]" if form == "label-studio" else "\n".join(lines)
    path.write_text(joined, encoding="utf-8")


@pytest.mark.parametrize("form", FORMATS)
def test_paragraphs_that_got_other_ids_are_found_by_their_texts(run, proposal, tmp_path, form):
    """Of a run made anew, in which a heading more was read at the top of each document."""
    path, *_ = write_proposal(proposal, read_codebook(), tmp_path / "a", form)
    fill(path, form)
    filled = read_filled(path, NAMES)
    assert len(filled) == 20 and find_again(filled, run[0], path) == filled
    shifted = run[0].groupby("doc_id")["text"].shift(1, fill_value="A heading that was added.")
    now = run[0].assign(text=shifted)
    texts = now.set_index("paragraph_id")["text"]
    found = [texts[item.paragraph_id] for item in find_again(filled, now, path)]
    assert found == proposal["text"].tolist()


DOC = "0123456789ab"
HARBOUR = "The harbour team answers every call from the ferry quarter within nine minutes."
LIGHTHOUSE = "Managers saw each worker in the lighthouse school once in every three weeks."


def as_told(*texts):
    """Coded paragraphs that had these texts when the file was made."""
    return [
        Filled(f"row {n + 2}", f"{DOC}:{n:04d}", "", {"camhs": "no"}, text=text)
        for n, text in enumerate(texts)
    ]


def as_read(run, *texts):
    """The paragraphs of a run that has read one document, with these texts."""
    ids = [f"{DOC}:{n:04d}" for n in range(len(texts))]
    return run[0].head(len(texts)).assign(paragraph_id=ids, doc_id=DOC, text=texts)


FOUND = {
    "where it was": ((HARBOUR, LIGHTHOUSE), ["0", "1"]),
    "elsewhere": (("A new heading stands here now.", HARBOUR, LIGHTHOUSE), ["1", "2"]),
    "with a line of another": (("A title.", HARBOUR, LIGHTHOUSE + " More."), ["1", "2"]),
    "with a space that print does not show": ((HARBOUR + "\u2009", LIGHTHOUSE), ["0", "1"]),
}


@pytest.mark.parametrize("name", FOUND)
def test_a_paragraph_is_found_again_by_its_wording(run, tmp_path, name):
    texts, places = FOUND[name]
    found = find_again(as_told(HARBOUR, LIGHTHOUSE), as_read(run, *texts), tmp_path)
    assert [item.paragraph_id[-1] for item in found] == places


def test_a_code_never_goes_to_another_paragraph(run, tmp_path):
    filled = as_told(HARBOUR, LIGHTHOUSE)
    with pytest.raises(LabelError, match="row 3: its paragraph is not in this run"):
        find_again(filled, as_read(run, "A new heading.", HARBOUR), tmp_path)
    # Nor to one that is like it, and coded itself.
    like = as_told(HARBOUR, HARBOUR.replace("nine minutes", "an hour"))
    with pytest.raises(LabelError, match="row 3: its paragraph is not in this run"):
        find_again(like, as_read(run, HARBOUR, "Another one."), tmp_path)


def test_a_file_without_texts_or_of_another_run_keeps_its_ids(run, tmp_path):
    bare, others = as_told("", ""), as_told(HARBOUR)
    assert find_again(bare, as_read(run, LIGHTHOUSE, HARBOUR), tmp_path) == bare
    assert find_again(others, run[0], tmp_path) == others


def test_a_text_that_is_cut_in_the_sheet_is_the_same(run, tmp_path):
    words = "abcdefghijklmnopqrstuvwxyz"
    text = " ".join(a + b + c + d for a in words for b in words for c in words for d in "klm")
    assert fingerprint(text[:MAX_CELL]) != fingerprint(text)
    (found,) = find_again(as_told(text[:MAX_CELL]), as_read(run, text), tmp_path)
    assert found.paragraph_id.endswith(":0000")


def test_each_coder_has_a_file(tmp_path):
    assert coder_file(tmp_path, "Dr. J. O'Neill").name == "dr-j-o-neill.csv"
    assert coder_file(tmp_path, "Zoë Ash").name == "zoe-ash.csv"
    # The same name in letters and marks.
    assert coder_file(tmp_path, "Zoe\u0308 Ash").name == "zoe-ash.csv"
    for nobody in (" ", "", "..."):
        with pytest.raises(LabelError, match="name"):
            coder_file(tmp_path, nobody)


def test_coders_whose_names_have_no_latin_letters_have_files_too(tmp_path):
    names = [coder_file(tmp_path, name).name for name in ("王芳", "李娜", "Нина Орлова", " 王芳 ")]
    assert len(set(names)) == 3 and names[0] == names[3]
    assert all(re.fullmatch(r"coder-[0-9a-f]{8}\.csv", name) for name in names)


def test_the_codes_of_a_coder_with_a_name_in_another_script_are_merged(sheet, run, tmp_path):
    fill_sheet(sheet, (2, "camhs", "no"))
    path = coder_file(tmp_path, "王芳")
    assert len(merge(sheet, run, path, coder="王芳")) == 1
    assert read_codes([path])["coder"].tolist() == ["王芳"]
