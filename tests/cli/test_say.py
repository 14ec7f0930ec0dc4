from __future__ import annotations

import errno
import logging
import os
import shlex
from pathlib import Path

import pandas as pd
import pytest
import typer

from pipeline import stages
from pipeline.cli import run
from pipeline.cli.say import as_typed, progress_said, say

HOSTILE = "a\x1b]0;owned\x07\r\x9b2J\u202efdp\nRead 9 documents.txt"
SHOWN = "a\\x1b]0;owned\\x07\\r\\x9b2J\\u202efdp\\nRead 9 documents.txt"


def test_lines_stay_and_what_steers_a_terminal_is_shown(capsys):
    say("one\ntwo\tthree \x1b[31m é だ\x00")
    assert capsys.readouterr().out == "one\ntwo\tthree \\x1b[31m é だ\\x00\n"


@pytest.mark.skipif(os.name == "nt", reason="quotation marks of a POSIX shell")
def test_a_command_can_be_typed_as_it_is_shown():
    folder = Path("my runs") / "it's new"
    typed = as_typed("promote", folder, "--coder", "Your name")
    assert shlex.split(typed) == [
        "inspection-themes",
        "promote",
        str(folder),
        "--coder",
        "Your name",
    ]
    assert as_typed("matrix", "--out", Path("out")) == "inspection-themes matrix --out out"


def test_how_far_training_is_is_said_while_it_runs(capsys):
    log = logging.getLogger("pipeline.training.train")
    with progress_said():
        log.info("Codes read and linked")
    log.info("in Python")
    assert capsys.readouterr().err == "Codes read and linked\n"


def test_names_of_files_cannot_steer_the_terminal(capsys):
    row = {"source_file": HOSTILE, "stage": "extract", "reason": HOSTILE, "what_to_do": "Look."}
    with pytest.raises(typer.Exit):
        run.close(stages.Outcome(1, pd.DataFrame([row])), "the tables are in out")
    first, last, *more = capsys.readouterr().err.splitlines()
    assert first == f"  not read: {SHOWN}: {SHOWN} Look."
    assert last.startswith("Read 1 document, 1 not read") and not more


@pytest.mark.parametrize(("n", "told"), [(1, "1 row of documents.csv names no file"),
                                         (2, "2 rows of documents.csv name no file")])  # fmt: skip
def test_one_thing_is_not_many(capsys, n, told):
    row = {"source_file": "a.pdf", "stage": "documents.csv", "reason": "R.", "what_to_do": "D."}
    with pytest.raises(typer.Exit):
        run.close(stages.Outcome(n, pd.DataFrame([row] * n)), "the tables are in out")
    last = capsys.readouterr().err.splitlines()[-1]
    assert last.startswith(f"Read {n} document{'s' * (n > 1)}, ") and told in last


def test_a_name_to_check_is_told_and_is_no_failure(capsys):
    row = {"source_file": "a.pdf", "stage": "misspelt", "reason": "R.", "what_to_do": "D."}
    run.close(stages.Outcome(20, pd.DataFrame([row] * 20)), "the tables are in out")
    assert capsys.readouterr().err.splitlines() == [
        "  to check: a.pdf: R. D.",
        "Read 20 documents, 20 with an authority to check (failures.csv says why); "
        "the tables are in out.",
    ]


def test_nor_can_those_in_errors(command, monkeypatch):
    def fail(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device", HOSTILE)

    monkeypatch.setattr(stages, "matrix", fail)
    finished = command("matrix")
    assert finished.returncode == 2 and SHOWN in finished.stderr
    assert finished.stderr.count("\n") == 1
