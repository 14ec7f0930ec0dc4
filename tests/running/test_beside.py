from __future__ import annotations

import shutil
from types import SimpleNamespace

import pytest

from pipeline import stages
from pipeline.base.errors import PipelineError, TableError
from pipeline.base.settings import Settings
from pipeline.running import beside
from pipeline.running.beside import Beside
from pipeline.running.program import start_program


@pytest.fixture
def own_processes(monkeypatch):
    monkeypatch.setattr(beside, "WORTH_A_PROCESS", 0)


def test_with_processes_of_their_own_the_same_is_written(
    own_processes, sample_run, tmp_path_factory
):
    # Links go from the output folder to the reports: only one at the same depth has the same.
    out = tmp_path_factory.mktemp("beside")
    shutil.copytree(sample_run, out, dirs_exist_ok=True)
    written = ("matrix.xlsx", "matrix.svg", "matrix.png", "report.html", "progress.csv")
    for name in written:
        (out / name).unlink()
    stages.matrix(out, Settings(processes=2))
    for name in written:
        assert (out / name).read_bytes() == (sample_run / name).read_bytes()
    stages.matrix(out, Settings(processes=2), picture_of=["Marlowshire"])
    assert (out / "matrix.svg").stat().st_size < (sample_run / "matrix.svg").stat().st_size
    assert not list(out.glob(".*.part"))


def folder_in_the_way(out):
    (out / "matrix.svg").mkdir()


FAULTS = {
    "a table is missing": (lambda out: (out / "cells.parquet").unlink(), PipelineError, "cells"),
    "it cannot be written": (folder_in_the_way, OSError, "matrix.svg"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_what_goes_wrong_there_is_raised_here(own_processes, sample_run, tmp_path, fault):
    damage, error, told = FAULTS[fault]
    shutil.copy(sample_run / "cells.parquet", tmp_path)
    damage(tmp_path)
    with pytest.raises(error, match=told), Beside(tmp_path, None, 1, 2) as both:
        both.write("pictures", tmp_path)
    assert not list(tmp_path.glob(".*.part"))


def test_processes_that_are_not_needed_end_too(own_processes, tmp_path):
    with pytest.raises(KeyError), Beside(tmp_path, None, 1, 2) as both:
        started = list(both._started.values())
        raise KeyError
    assert len(started) == 2 and all(process.poll() is not None for process in started)


def test_if_one_cannot_be_started_the_other_ends(own_processes, monkeypatch, tmp_path):
    started = []

    def start_once(arguments):
        if started:
            raise OSError("no room for another process")
        started.append(start_program(arguments))
        return started[0]

    monkeypatch.setattr(beside, "start_program", start_once)
    with pytest.raises(OSError, match="no room"), Beside(tmp_path, None, 1, 2):
        pass
    assert started[0].poll() is not None


def test_a_process_that_was_ended_is_told():
    with pytest.raises(TableError, match="-9"):
        beside._raise_what_happened(b"", SimpleNamespace(wait=lambda: -9))


def test_one_processor_or_few_documents_start_no_process(monkeypatch, tmp_path):
    done = []
    monkeypatch.setitem(beside.WRITERS, "pictures", lambda *places: done.append(places))
    for n_documents, processes in ((10**6, 1), (10, 8)):
        with Beside(tmp_path, None, n_documents, processes) as alone:
            alone.write("pictures", tmp_path)
    assert len(done) == 2
