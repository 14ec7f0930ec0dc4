"""Runs that are killed, stopped, doubled, or out of room."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from corpora import files
from hostile import LETTER

from pipeline.base.paths import ROOT, SAMPLE_CORPUS

resource = pytest.importorskip("resource", reason="no signals or limits as on Linux and macOS")

THREE = (
    "fenmarch-scrutiny-2015.txt",
    "marlowshire-inspection-2021.pdf",
    "port-hallam-monitoring-visit-2017.pdf",
)
RUN = [sys.executable, "-m", "pipeline", "run"]


def start(*arguments, **options) -> subprocess.Popen:
    return subprocess.Popen(
        [*RUN, *map(str, arguments)], cwd=ROOT, stderr=subprocess.PIPE, text=True, **options
    )


@pytest.fixture(scope="module")
def corpus(tmp_path_factory) -> Path:
    """Three documents of the sample: most of these tests run them all, several times."""
    corpus = tmp_path_factory.mktemp("three") / "corpus"
    corpus.mkdir()
    for name in THREE:
        shutil.copy(SAMPLE_CORPUS / name, corpus)
    return corpus


@pytest.fixture(scope="module")
def whole_run(corpus, command, tmp_path_factory) -> Path:
    """The output folder of a run on `corpus` that nothing disturbed."""
    # It lies as deep as each test's own folder: the report links to the documents.
    out = tmp_path_factory.mktemp("whole")
    finished = command("run", corpus, "--out", out)
    assert finished.returncode == 0, finished.stderr
    return out


def wait_until(condition, seconds: float = 300) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.01)


def test_killed_at_any_moment_it_ends_with_the_same_tables(corpus, whole_run, tmp_path):
    moment = random.Random(5)
    kept = tmp_path / ".kept"
    for n_kept in (moment.randrange(6), 6):
        running = start(corpus, "--out", tmp_path)
        # A document leaves two results; 6 of them are all, and the tables are being written.
        wait_until(lambda n=n_kept: len(list(kept.rglob("*.parquet"))) >= n)
        time.sleep(moment.random() / 2)
        running.kill()
        running.communicate()
        assert not (tmp_path / "run.json").exists()
    finished = subprocess.run(
        [*RUN, corpus, "--out", tmp_path], cwd=ROOT, capture_output=True, text=True
    )
    assert finished.returncode == 0, finished.stderr
    assert files(tmp_path) == files(whole_run)
    assert not list(tmp_path.rglob(".*.part"))


# Kills itself when the file of that name is complete but has not got its name yet.
KILL = """
import os, signal, sys
from pathlib import Path
from pipeline import stages
from pipeline.running import beside
name, corpus, out = sys.argv[1:]
if name == "report.html":
    # The others are being written by processes of their own.
    beside.WORTH_A_PROCESS = 0
replace = Path.replace
def kill(self, target):
    if Path(target).name == name:
        os.kill(os.getpid(), signal.SIGKILL)
    return replace(self, target)
Path.replace = kill
stages.run(Path(corpus), Path(out))
"""


@pytest.mark.parametrize("name", ["standouts.csv", "report.html", "matrix.svg"])
def test_killed_in_the_last_stage_it_leaves_no_torn_file_and_the_next_run_goes_on(
    command, corpus, whole_run, tmp_path, name
):
    whole = files(whole_run)
    shutil.copytree(whole_run / ".kept", tmp_path / ".kept")
    killed = subprocess.run([sys.executable, "-c", KILL, name, corpus, tmp_path], cwd=ROOT)
    assert killed.returncode == -signal.SIGKILL
    left = files(tmp_path)
    assert left and name not in left and left.items() < whole.items()
    finished = command("run", corpus, "--out", tmp_path)
    assert finished.returncode == 0 and "nothing has changed" not in finished.stderr
    assert files(tmp_path) == whole
    assert not list(tmp_path.rglob(".*.part"))


def test_what_was_read_before_the_kill_is_not_read_again(corpus, whole_run, tmp_path):
    shutil.copytree(whole_run / ".kept", tmp_path / ".kept")
    whole = {path: path.stat().st_mtime_ns for path in (tmp_path / ".kept").rglob("*.parquet")}
    lost = min(whole)
    lost.unlink()
    subprocess.run([*RUN, corpus, "--out", tmp_path], cwd=ROOT, check=True, capture_output=True)
    assert files(tmp_path) == files(whole_run)
    after = {path: path.stat().st_mtime_ns for path in (tmp_path / ".kept").rglob("*.parquet")}
    assert set(after) == set(whole)
    # A reading that is lost takes its tags with it; nothing else is made again.
    assert sum(after[path] != whole[path] for path in whole) <= 2


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_stopped_by_hand_it_ends_at_once_and_says_how_to_go_on(corpus, tmp_path, number):
    running = start(corpus, "--out", tmp_path)
    wait_until(lambda: any(psutil.Process(running.pid).children()))
    children = psutil.Process(running.pid).children()
    time.sleep(0.5)
    running.send_signal(number)
    # It has seconds of work left; what it was doing is not finished first.
    _, told = running.communicate(timeout=60)
    assert not (tmp_path / "documents.parquet").exists()
    assert running.returncode == 128 + number
    assert "same command again" in told and "Traceback" not in told
    assert not psutil.wait_procs(children, timeout=60)[1]


def test_second_run_on_the_same_folder_is_refused(command, tmp_path):
    corpus, out = tmp_path / "corpus", tmp_path / "out"
    corpus.mkdir()
    (corpus / "a.txt").write_text(LETTER)
    running = start(corpus, "--out", out)
    wait_until(lambda: (out / ".kept").exists())
    refused = command("run", corpus, "--out", out)
    assert refused.returncode == 2
    assert "Another run is writing" in refused.stderr and "Traceback" not in refused.stderr
    running.kill()
    running.communicate()
    # The lock of a dead process is no obstacle.
    assert command("extract", corpus, "--out", out).returncode == 0


def test_nothing_changed_nothing_is_done(command, corpus, whole_run, tmp_path):
    out = shutil.copytree(whole_run, tmp_path, dirs_exist_ok=True)
    before = {path: path.stat().st_mtime_ns for path in out.rglob("*")}
    finished = command("run", corpus, "--out", out)
    assert finished.returncode == 0 and "nothing has changed" in finished.stderr
    after = {path: path.stat().st_mtime_ns for path in out.rglob("*")}
    lock = out / ".inspection-themes.lock"
    assert {**after, lock: 0, out: 0} == {**before, lock: 0, out: 0}


CHANGES = {
    "a table is damaged": lambda out: (out / "tags.csv").write_text("x"),
    "a table is gone": lambda out: (out / "cells.parquet").unlink(),
    "the record is damaged": lambda out: (out / "run.json").write_text("{"),
    "a kept part is damaged": lambda out: [
        *(path.write_bytes(b"PAR1") for path in sorted((out / ".kept").rglob("*.parquet"))[:3]),
        (out / "run.json").unlink(),
    ],
}


@pytest.mark.parametrize("change", CHANGES)
def test_damage_is_made_good(command, corpus, whole_run, tmp_path, change):
    out = shutil.copytree(whole_run, tmp_path, dirs_exist_ok=True)
    CHANGES[change](out)
    finished = command("run", corpus, "--out", out)
    assert finished.returncode == 0 and "nothing has changed" not in finished.stderr
    assert files(out) == files(whole_run)


def test_one_report_more_costs_that_report(command, tmp_path):
    corpus, out = tmp_path / "corpus", tmp_path / "out"
    corpus.mkdir()
    (corpus / "a.txt").write_text(LETTER)
    assert command("run", corpus, "--out", out).returncode == 0
    before = {path: path.stat().st_mtime_ns for path in (out / ".kept").rglob("*.parquet")}
    (corpus / "b.txt").write_text(LETTER.replace("Thorne", "Holt"))
    assert command("run", corpus, "--out", out).returncode == 0
    after = {path: path.stat().st_mtime_ns for path in (out / ".kept").rglob("*.parquet")}
    assert len(after) == len(before) + 2
    assert all(after[path] == before[path] for path in before)
    (corpus / "a.txt").unlink()
    assert command("run", corpus, "--out", out).returncode == 0
    written = files(out)
    # The report says that it has gone, and nothing else of it.
    report = written.pop("report.html")
    assert report.count(b"a.txt") == report.count(b'"gone":["a.txt"]') == 1
    assert b"a.txt" not in b"".join(written.values())


@pytest.mark.parametrize("limit", [300, 20_000])
def test_disk_that_is_full_is_said_and_leaves_nothing_half_written(
    command, corpus, whole_run, tmp_path, limit
):
    def no_room():
        # What is written beyond this fails, as it does on a full disk.
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))

    full = start(corpus, "--out", tmp_path, preexec_fn=no_room)
    _, told = full.communicate(timeout=600)
    assert full.returncode == 2, told
    assert "carries on from where it was" in told and "Traceback" not in told
    assert not list(tmp_path.rglob(".*.part"))
    assert not (tmp_path / "run.json").exists()
    assert command("run", corpus, "--out", tmp_path).returncode == 0
    assert files(tmp_path) == files(whole_run)


def test_output_folder_that_may_not_be_written_is_said(command, corpus, tmp_path):
    (tmp_path / "out").write_text("a file")
    finished = command("run", corpus, "--out", tmp_path / "out")
    assert finished.returncode == 2 and "Traceback" not in finished.stderr
    assert os.fspath(tmp_path / "out") in finished.stderr
