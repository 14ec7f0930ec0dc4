from __future__ import annotations

import errno
import io
import signal
import sys
from importlib import metadata

import pytest

from pipeline import stages
from pipeline.base.errors import CorpusError
from pipeline.cli import main


def test_the_program_runs_as_a_module_wherever_the_command_is_blocked(program):
    finished = program("--version")
    assert finished.returncode == 0
    assert finished.stdout.strip() == f"inspection-themes {metadata.version('inspection-themes')}"


def test_asking_for_help_loads_nothing_heavy(loaded_by):
    """Four seconds of loading for a page of help would look like a fault."""
    heavy = ("spacy", "sklearn", "matplotlib", "pdfminer", "openpyxl", "scipy.optimize")
    code = "from pipeline.cli.main import run_command\nrun_command(['--help'])"
    assert loaded_by(code, *heavy) == []


def test_commands_are_grouped_by_who_uses_them(command):
    shown = command("--help").stdout
    places = [
        shown.index(word) for word in (" run ", "stages", " extract ", "researchers", " label ")
    ]
    assert places == sorted(places)


ERRORS = {
    "ours": (CorpusError("There is no folder x.", "Give another."), "There is no folder x. Give another."),
    "a full disk": (OSError(errno.ENOSPC, "No space left on device", "cells.csv"), "cells.csv: No space left"),
    "a file that Excel has open": (PermissionError(errno.EACCES, "Permission denied", "cells.csv"), "cells.csv: Permission denied"),
}  # fmt: skip


@pytest.mark.parametrize("name", ERRORS)
def test_errors_are_one_line_and_exit_code_2(command, monkeypatch, name):
    error, expected = ERRORS[name]

    def fail(*_, **__):
        raise error

    monkeypatch.setattr(stages, "matrix", fail)
    finished = command("matrix")
    assert finished.returncode == 2 and "Traceback" not in finished.stderr
    assert expected in finished.stderr and finished.stderr.count("\n") == 1


def test_a_console_that_lacks_a_character_shows_its_number(monkeypatch):
    """Python on Windows writes to consoles and pipes of code page 1252."""
    console = io.TextIOWrapper(io.BytesIO(), encoding="cp1252")
    monkeypatch.setattr(sys, "stdout", console)
    main._print_anything()
    print("だ.pdf – read")
    console.flush()
    assert console.buffer.getvalue().decode("cp1252").rstrip() == "\\u3060.pdf – read"


STOPPED = {
    "run my-reports": "carries on",
    "refresh --to my-reports": "carries on",
    "tag --out my-matrix": "carries on",
    "tag --input a.jsonl --output b.jsonl": "begins anew",
    "train --encoder": "begins anew",
    "evaluate run": "begins anew",
    "": "begins anew",
}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("line", STOPPED)
def test_what_was_stopped_says_how_to_go_on(monkeypatch, capsys, number, line):
    left = []
    monkeypatch.setattr(main.os, "_exit", left.append)
    monkeypatch.setattr(sys, "argv", ["inspection-themes", *line.split()])
    main._stop(number, None)
    assert left == [128 + number]
    told = capsys.readouterr().err
    assert "same command again" in told and STOPPED[line] in told
