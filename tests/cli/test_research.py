"""The loop of the README: propose, code, merge, compare coders, train, evaluate, promote."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace

import openpyxl
import pandas as pd
import pytest

from pipeline.base import workspace
from pipeline.base.files import LOCK_FILE
from pipeline.base.paths import CODES
from pipeline.labelling.codes import read_codes
from pipeline.tagging.model_folder import CARD_FILE, find_model, read_model_card


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return tmp_path_factory.mktemp("research")


@pytest.fixture(scope="module")
def sheets(command, sample_run, place):
    """The same twelve paragraphs coded by two people who differ on the first one."""
    # No code is shipped for a corpus of one's own; an empty file stands for that.
    none = place / "none.csv"
    read_codes([CODES / "sample.csv"]).head(0).to_csv(none, index=False)
    for coder, first in (("anna", "concern"), ("ben", "strength")):
        sheet = place / f"{coder}.xlsx"
        options = ("--number", 12, "--sheet", sheet, "--codes", none)
        finished = command("label", sample_run, *options)
        assert finished.returncode == 0, finished.stderr
        workbook = openpyxl.load_workbook(sheet)
        rows = workbook.worksheets[0]
        header = [cell.value for cell in rows[1]]
        for row in range(2, 14):
            rows.cell(row, header.index("read") + 1, "yes")
        rows.cell(2, header.index("camhs") + 1, first)
        workbook.save(sheet)
        options = ("--read", "--sheet", sheet, "--coder", coder, "--codes", place / f"{coder}.csv")
        finished = command("label", sample_run, *options)
        assert finished.returncode == 0, finished.stderr
        assert "Added 12 of them" in finished.stderr
    return [place / "anna.csv", place / "ben.csv"]


def test_coders_are_compared(command, sheets, sample_run, place):
    codes = [part for path in sheets for part in ("--codes", path)]
    out = place / "agreement"
    finished = command("agreement", "anna", "ben", *codes, "--run", sample_run, "--out", out)
    assert finished.returncode == 0, finished.stderr
    differing = pd.read_csv(out / "disagreements.csv")
    assert differing[["theme", "anna", "ben"]].to_numpy().tolist() == [
        ["camhs", "concern", "strength"]
    ]
    assert len(differing["text"][0]) > 20
    assert "Krippendorff's alpha" in finished.stdout
    assert "Codes that differ: 1 (listed in " in finished.stderr
    assert "all themes" in set(pd.read_csv(out / "agreement.csv")["theme"])


def test_the_model_is_compared_and_tables_are_printed(command, sheets, sample_run, place):
    codes = [part for path in sheets for part in ("--codes", path)]
    out, sheet = place / "three", place / "agree.xlsx"
    finished = command(
        "agreement", "anna", "ben", "model", *codes, "--run", sample_run, "--out", out,
        "--format", "latex", "--sheet", sheet,
    )  # fmt: skip
    assert finished.returncode == 0, finished.stderr
    assert sheet.is_file() and f"--read --sheet {sheet}" in finished.stderr
    for name in ("agreement", "agreement-together"):
        assert "\\begin{tabular}" in (out / f"{name}.tex").read_text(encoding="utf-8")
    # What was said of other coders does not stay beside the tables of these.
    options = (*codes, "--out", out, "--format", "markdown")
    finished = command("agreement", "anna", "ben", *options)
    assert finished.returncode == 0 and "anna, ben" in finished.stdout
    assert {path.name for path in out.glob("agreement*")} == {
        "agreement.csv", "agreement.parquet", "agreement.md",
    }  # fmt: skip


def test_a_workspace_is_made_and_named(command, place):
    finished = command("init", "mine", cwd=place)
    assert finished.returncode == 0 and "Made the workspace" in finished.stderr
    below = place / "mine" / "codes"
    finished = command("promote", "no-such", cwd=below)
    assert finished.returncode == 2 and finished.stderr.startswith(f"Workspace: {place / 'mine'}")
    assert "Workspace" not in command("promote", "--help", cwd=below).stderr
    assert command("init", "mine", cwd=place).returncode == 2


def test_a_sheet_with_a_fault_merges_nothing(command, sheets, sample_run, place):
    sheet = place / "anna.xlsx"
    wrong = place / "wrong.xlsx"
    workbook = openpyxl.load_workbook(sheet)
    header = [cell.value for cell in workbook.worksheets[0][1]]
    workbook.worksheets[0].cell(3, header.index("camhs") + 1, "bad")
    workbook.save(wrong)
    target = place / "wrong.csv"
    options = ("--read", "--sheet", wrong, "--coder", "c", "--codes", target)
    finished = command("label", sample_run, *options)
    assert finished.returncode == 2 and "row 3: camhs is 'bad'" in finished.stderr
    assert "Traceback" not in finished.stderr and not target.exists()


def test_codes_are_written_to_one_file(command, place):
    options = ("--read", "--codes", place / "a.csv", "--codes", place / "b.csv")
    finished = command("label", place, *options)
    assert finished.returncode == 2 and "Give only one" in finished.stderr


@pytest.mark.parametrize("arguments", [["evaluate"], ["agreement", "anna", "ben"]])
def test_the_tables_of_a_run_are_not_overwritten(command, tmp_path, arguments):
    (tmp_path / LOCK_FILE).touch()
    finished = command(*arguments, "--out", tmp_path)
    assert finished.returncode == 2 and "holds the tables of a run" in finished.stderr
    assert [path.name for path in tmp_path.iterdir()] == [LOCK_FILE]


@pytest.mark.parametrize("name", ["train", "evaluate", "renew", "promote", "agreement"])
def test_help_of_codes_speaks_of_no_other_command(command, name):
    assert "--read, the file" not in " ".join(command(name, "--help").stdout.split())


@pytest.fixture(scope="module")
def models(command, sample_run, place, monkeypatch_module):
    """Two models of the sample's codes, the second from half of them."""
    codes = read_codes([CODES / "sample.csv"])
    codes.iloc[::2].to_csv(place / "half.csv", index=False)
    folders = []
    # Learning curves have a test of their own, and two folds are enough here.
    monkeypatch_module.setattr("pipeline.training.more_codes.ROUNDS", 1)
    monkeypatch_module.setattr("pipeline.training.fit.FOLDS", 2)
    monkeypatch_module.setattr("pipeline.training.train.FOLDS", 2)
    for name, path in (("all", CODES / "sample.csv"), ("half", place / "half.csv")):
        known = set((place / "models").glob("[0-9a-f]*"))
        options = ("--codes", path, "--models", place / "models")
        finished = command("train", sample_run, *options)
        assert finished.returncode == 0, finished.stderr
        assert "To use it" in finished.stderr, name
        for said in ("Codes read and linked", "held out: fold 2 of 2", "Writing the model"):
            assert said in finished.stderr
        folders += set((place / "models").glob("[0-9a-f]*")) - known
    return folders


def test_evaluate_shows_the_baselines_and_the_changes(command, models, sample_run, place):
    full, half = models
    out, sure = place / "evaluation", shutil.copytree(half, place / "sure")
    card = read_model_card(half) | {"provisional": {}}
    (sure / CARD_FILE).write_text(json.dumps(card), encoding="utf-8")
    finished = command(
        "evaluate", sample_run, "--model", full, "--against", sure, "--no-curve",
        "--codes", CODES / "sample.csv", "--out", out,
    )  # fmt: skip
    assert finished.returncode == 0, finished.stderr
    for part in ("keyword search", "majority", "Stance", "Against sure", "would change"):
        assert part in finished.stdout
    assert "Codes read and linked to what sure says" in finished.stderr
    slices = pd.read_csv(out / "slices.csv")
    assert set(slices["slice"]) == {"document_type", "framework", "run", "codes", "coder"}
    assert "On parts of the paragraphs" in finished.stdout
    assert "framework ILACS" in finished.stdout and slices["value"].notna().all()


def test_promote_only_what_is_not_worse(command, models, place, monkeypatch):
    full, half = models
    outside = command("promote", full, "--force")
    assert outside.returncode == 2 and "not among the models" in outside.stderr
    assert "now the model in use" not in outside.stderr
    own = replace(workspace.PROJECT, models=place / "models")
    monkeypatch.setattr(workspace, "PROJECT", own)
    codes = ("--codes", CODES / "sample.csv")
    assert command("promote", full, *codes).returncode == 0
    assert find_model(models=place / "models") == full
    refused = command("promote", half, *codes)
    assert refused.returncode == 2 and "not promoted" in refused.stderr
    assert find_model(models=place / "models") == full
    assert command("promote", half, *codes, "--force").returncode == 0
    assert find_model(models=place / "models") == half


NOT_COMPARED = {
    "a model of a workspace, from above": (True, (), "belongs to the workspace"),
    "a misspelt theme": (False, ("--with-theme", "chams"), "no theme 'chams'"),
}


@pytest.mark.parametrize("name", NOT_COMPARED)
def test_what_cannot_be_promoted_is_said_before_models_are_compared(
    command, tmp_path, monkeypatch, name
):
    """The comparison takes more than a minute."""
    from_above, options, said = NOT_COMPARED[name]
    monkeypatch.setattr("pipeline.research.compare_with_current", lambda *_: 1 / 0)
    mine = workspace.make_workspace(tmp_path / "mine")
    shutil.copytree(find_model(), mine.models / "new")
    model, cwd = ("mine/models/new", tmp_path) if from_above else ("models/new", mine.folder)
    refused = command("promote", model, *options, cwd=cwd)
    assert refused.returncode == 2 and said in refused.stderr


def test_explain_shows_sentence_and_words(command, sample_run):
    tags = pd.read_parquet(sample_run / "tags.parquet")
    one = tags[tags["tagged"]].iloc[0]
    finished = command("explain", one["paragraph_id"], "--out", sample_run)
    assert finished.returncode == 0, finished.stderr
    assert f"{one['theme']}: probability" in finished.stdout and "words:" in finished.stdout
    finished = command("explain", "no:such", "--out", sample_run)
    assert finished.returncode == 2 and "no paragraph" in finished.stderr
