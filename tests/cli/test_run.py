from __future__ import annotations

import json
import os
import re
import shutil

import pandas as pd
import pytest

from pipeline.base.columns import (
    CELLS,
    CHANGES,
    DISCREPANCIES,
    DOCUMENTS,
    FAILURES,
    FUNNEL,
    NEIGHBOURS,
    PARAGRAPHS,
    SLICES,
    STANDOUTS,
    TAGS,
)
from pipeline.base.paths import ROOT, SAMPLE_CORPUS
from pipeline.running.news import LAST_FILE

TABLES = {
    "documents": DOCUMENTS,
    "paragraphs": PARAGRAPHS,
    "tags": TAGS,
    "cells": CELLS,
    "slices": SLICES,
    "neighbours": NEIGHBOURS,
    "standouts": STANDOUTS,
    "funnel": FUNNEL,
    "changes": CHANGES,
    "failures": FAILURES,
    "discrepancies": DISCREPANCIES,
}


def test_run_writes_every_table(sample_run):
    for name, columns in TABLES.items():
        parquet = pd.read_parquet(sample_run / f"{name}.parquet")
        assert list(parquet.columns) == columns
        assert len(pd.read_csv(sample_run / f"{name}.csv")) == len(parquet)
    matrix = pd.read_parquet(sample_run / "matrix.parquet")
    documents = pd.read_parquet(sample_run / "documents.parquet")
    assert set(matrix["authority"]) == set(documents["authority"])
    assert matrix["n_documents"].sum() == len(documents)
    for name in (
        "report.html",
        "matrix.xlsx",
        "matrix.svg",
        "matrix.png",
        "model_card.json",
        "run.json",
    ):
        assert (sample_run / name).stat().st_size > 200


def test_every_cell_walks_back_to_its_paragraphs(sample_run):
    cells, tags, paragraphs, documents = (
        pd.read_parquet(sample_run / f"{n}.parquet")
        for n in ("cells", "tags", "paragraphs", "documents")
    )
    rows = tags[tags["tagged"]].merge(paragraphs[["paragraph_id", "text"]], on="paragraph_id")
    rows = rows.merge(documents[["doc_id", "authority"]], on="doc_id")
    counted = rows.groupby(["authority", "theme"]).size()
    for cell in cells.itertuples():
        assert counted.get((cell.authority, cell.theme), 0) == cell.n_tagged


def test_record_names_inputs_versions_and_model(sample_run):
    record = json.loads((sample_run / "run.json").read_text())
    assert len(record["inputs"]) == len(pd.read_parquet(sample_run / "documents.parquet"))
    assert all(re.fullmatch("[0-9a-f]{64}", value) for value in record["inputs"].values())
    assert {"model_id", "thresholds", "versions", "seconds"} <= set(record)


def test_two_runs_give_the_same_bytes(command, sample_run, tmp_path):
    assert command("run", "--out", tmp_path).returncode == 0
    for path in sorted(sample_run.iterdir()):
        if path.is_file() and path.name not in ("run.json", LAST_FILE):
            assert path.read_bytes() == (tmp_path / path.name).read_bytes(), path.name


def test_untagged_documents_are_no_zeros(command, sample_run, tmp_path):
    out = shutil.copytree(sample_run, tmp_path / "out")
    tags = pd.read_parquet(out / "tags.parquet")
    tags[tags["doc_id"] != tags["doc_id"].iloc[0]].to_parquet(out / "tags.parquet")
    finished = command("matrix", "--out", out)
    assert finished.returncode == 2
    assert "1 of 12 documents are not tagged" in finished.stderr
    assert "inspection-themes tag" in finished.stderr


def test_matrix_alone_remembers_where_the_reports_are(command, sample_run, tmp_path):
    again = shutil.copytree(sample_run, tmp_path.parent / "again")
    (again / "report.html").unlink()
    assert command("matrix", "--out", again).returncode == 0
    assert "corpus/sample/" in (again / "report.html").read_text(encoding="utf-8")


def test_a_picture_is_of_whom_one_names(command, sample_run, tmp_path):
    out = shutil.copytree(sample_run, tmp_path / "out")
    before = (out / "matrix.svg").read_bytes()
    done = command("matrix", "--out", out, "--picture-of", "Marlowshir")
    assert done.returncode == 2 and "Did you mean Marlowshire?" in done.stderr
    assert (out / "matrix.svg").read_bytes() == before
    named = ("--picture-of", "marlowshire county council", "--picture-of", "Port Hallam")
    assert command("matrix", "--out", out, *named).returncode == 0
    drawn = (out / "matrix.svg").read_text(encoding="utf-8")
    assert re.findall(r">([^<>]+)  \(n=", drawn) == ["Marlowshire", "Port Hallam"]
    cells = [pd.read_parquet(folder / "cells.parquet") for folder in (out, sample_run)]
    pd.testing.assert_frame_equal(*cells)
    assert command("matrix", "--out", out).returncode == 0
    assert (out / "matrix.svg").read_bytes() == before


def test_readme_picture_is_the_real_thing(sample_run):
    """Made by `inspection-themes run` and a copy of outputs/matrix.svg."""
    figures = re.compile(r">(\d+\.\d%  \(\d+\))<")
    made, shown = (
        figures.findall(path.read_text(encoding="utf-8"))
        for path in (sample_run / "matrix.svg", ROOT / "corpus" / "sample-matrix.svg")
    )
    assert made == shown, "cp outputs/matrix.svg corpus/sample-matrix.svg"


def test_bad_files_are_listed_and_the_exit_code_says_so(command, tmp_path):
    corpus = tmp_path / ("my reports" if os.name == "nt" else "my reports\n“new”")
    corpus.mkdir()
    shutil.copy(SAMPLE_CORPUS / "fenmarch-scrutiny-2015.txt", corpus / "it's; $HOME.txt")
    (corpus / "broken.pdf").write_bytes(b"%PDF-1.7")
    finished = command("run", corpus, "--out", tmp_path / "out")
    assert finished.returncode == 1
    last = finished.stderr.strip().splitlines()[-1]
    assert "Read 1 document, 1 not read (failures.csv says why)" in last
    failures = pd.read_csv(tmp_path / "out" / "failures.csv")
    assert failures["source_file"].tolist() == ["broken.pdf"]


def test_nothing_readable_still_ends_well(command, tmp_path):
    (tmp_path / "reports").mkdir()
    (tmp_path / "reports" / "empty.pdf").write_bytes(b"")
    finished = command("run", tmp_path / "reports", "--out", tmp_path / "out")
    assert finished.returncode == 1, finished.stderr
    assert "Read 0 documents, 1 not read" in finished.stderr
    assert (tmp_path / "out" / "matrix.xlsx").exists()


def test_tagging_loose_paragraphs(command, tmp_path):
    rows = [
        {
            "id": "b",
            "text": "Supervision is regular, and managers give clear direction.",
            "heading": "",
        },
        {"id": "a", "text": "The council runs two libraries.", "lead_in": None},
    ]
    given, got = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    given.write_text("\n".join(map(json.dumps, rows)) + "\n\n")
    finished = command("tag", "--input", given, "--output", got)
    assert finished.returncode == 0, finished.stderr
    tagged = [json.loads(line) for line in got.read_text().splitlines()]
    assert [row["id"] for row in tagged] == ["b", "a"]
    assert tagged[0]["themes"]["supervision"]["tagged"] is True
    assert tagged[0]["themes"]["supervision"]["stance"] == "strength"
    assert not any(theme["tagged"] for theme in tagged[1]["themes"].values())
    assert all(0 <= t["probability"] <= 1 for row in tagged for t in row["themes"].values())


WRONG = {
    "no such folder": (["run", "nowhere"], "no folder nowhere"),
    "no such model": (["run", "--model", "nowhere"], "no model file"),
    "unknown option": (["run", "--fast"], "No such option"),
    "half of a pair": (["tag", "--input", "x.jsonl"], "go together"),
    "stage before is missing": (["matrix", "--out", "."], "inspection-themes extract"),
    "a mistyped run": (["matrix", "--out", "nowhere"], "no folder nowhere"),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_usage(command, tmp_path, name):
    arguments, reason = WRONG[name]
    finished = command(*arguments, cwd=tmp_path)
    assert finished.returncode == 2
    assert reason in finished.stderr
    assert "Traceback" not in finished.stderr


@pytest.mark.parametrize("line", ["no json", '{"id": 1}', '{"id": 1, "text": 5}', "[]"])
def test_wrong_lines_are_named(command, tmp_path, line):
    path = tmp_path / "in.jsonl"
    path.write_text('{"id": 0, "text": "x"}\n' + line)
    finished = command("tag", "--input", path, "--output", tmp_path / "out.jsonl")
    assert finished.returncode == 2 and "line 2" in finished.stderr


def test_briefings_go_to_a_folder_under_their_names(sample_run, command, tmp_path):
    out = tmp_path / "word"
    done = command("briefing", "Thornwick", "thornwick", "Royal Borough of Greymoor",
                   "--run", sample_run, "--out", out)  # fmt: skip
    assert done.returncode == 0 and "2 briefings" in done.stderr
    assert sorted(path.name for path in out.iterdir()) == ["Greymoor.docx", "Thornwick.docx"]


WRONG_BRIEFINGS = {
    "another name": (["Thornwik", "Greymoor"], "Did you mean Thornwick?"),
    "one file for two": (["Thornwick", "Greymoor", "--out", "{}/b.docx"], "Give a folder"),
    "no name": ([], "Name authorities, or give --all"),
    "a name and all": (["Thornwick", "--all"], "Name authorities, or give --all"),
    "no template": (["Thornwick", "--template", "{}/none.docx"], "none.docx"),
    "among the reports": (["Thornwick", "--out", str(SAMPLE_CORPUS / "b.docx")], "reports are"),
    "in the folder of reports": (["Thornwick", "--out", str(SAMPLE_CORPUS)], "reports are"),
    "no run": (["Thornwick", "--run", "{}/none"], "There is no folder"),
}


@pytest.mark.parametrize("name", WRONG_BRIEFINGS)
def test_what_no_briefing_can_be_written_from_is_refused(sample_run, command, tmp_path, name):
    given, expected = WRONG_BRIEFINGS[name]
    reports = sorted(SAMPLE_CORPUS.iterdir())
    given = [text.format(tmp_path) for text in given]
    options = {"--run": sample_run, "--out": tmp_path / "word"}
    more = [text for key, value in options.items() if key not in given for text in (key, value)]
    done = command("briefing", *given, *more)
    assert done.returncode == 2 and expected in done.stderr
    assert not list(tmp_path.rglob("*.docx"))
    assert sorted(SAMPLE_CORPUS.iterdir()) == reports
