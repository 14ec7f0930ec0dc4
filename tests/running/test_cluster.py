"""A real scheduler and two workers on this machine."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import nullcontext
from types import SimpleNamespace

import pytest
from corpora import files
from hostile import LETTER

from pipeline.base.errors import ClusterError
from pipeline.base.paths import ROOT
from pipeline.base.settings import Settings
from pipeline.running.cluster import Preparation
from pipeline.running.versions import extras_version, whole_version

pytest.importorskip("distributed", reason="the extra [cluster] is not installed")


@pytest.fixture
def start(tmp_path):
    """Start a part of a cluster; all that was started is ended after the test."""
    started = []

    def start(module, *arguments, **options):
        process = subprocess.Popen(
            [sys.executable, "-m", f"distributed.cli.{module}", *map(str, arguments)],
            **{"cwd": ROOT, "stderr": subprocess.DEVNULL, **options},
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()


@pytest.fixture
def scheduler(start, tmp_path):
    told = tmp_path / "scheduler.json"
    start(
        "dask_scheduler",
        "--port",
        0,
        "--host",
        "127.0.0.1",
        "--no-dashboard",
        "--scheduler-file",
        told,
    )
    end = time.monotonic() + 300
    while not told.exists():
        assert time.monotonic() < end
        time.sleep(0.1)
    return json.loads(told.read_text())["address"]


@pytest.fixture
def worker(start, scheduler, tmp_path):
    """Start a worker of the cluster."""

    def worker(name, **options):
        return start(
            "dask_worker", scheduler, "--nthreads", 1, "--no-nanny", "--no-dashboard",
            "--local-directory", tmp_path / name, **options,
        )  # fmt: skip

    return worker


def test_run_on_a_cluster_equals_a_local_one_though_a_worker_dies(
    sample_run, scheduler, worker, tmp_path_factory
):
    workers = [worker("one"), worker("two")]
    # The report links to the documents: only folders at the same depth give the same bytes.
    out = tmp_path_factory.mktemp("on-a-cluster")
    run = subprocess.Popen(
        [sys.executable, "-m", "pipeline", "run", "--out", str(out), "--cluster", scheduler],
        cwd=ROOT, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    end = time.monotonic() + 600
    while len(list((out / ".kept").rglob("*.parquet"))) < 8:
        assert time.monotonic() < end and run.poll() is None
        time.sleep(0.02)
    workers[0].send_signal(signal.SIGKILL)
    _, told = run.communicate(timeout=600)
    assert run.returncode == 0, told
    assert len(list((out / ".kept").rglob("*.parquet"))) == 24
    assert files(out) == files(sample_run)


SEND = """
import hashlib, sys
from pathlib import Path
from pipeline.running.cluster import spread_over_cluster
from pipeline.running.job import Job, unpack_reading
names = sorted(path.name for path in Path(".").glob("*.txt"))
jobs = [Job(name, name, hashlib.sha256(Path(name).read_bytes()).hexdigest()) for name in names]
jobs.append(Job("gone.txt", "gone.txt", "0"))
for answer in spread_over_cluster(jobs, sys.argv[1]):
    print(answer.source_file, answer.trouble or unpack_reading(answer.reading).document["authority"])
"""


def test_documents_that_a_worker_does_not_see_are_sent(scheduler, worker, tmp_path):
    worker("one")
    here = tmp_path / "reports"
    here.mkdir()
    (here / "a.txt").write_text(LETTER)
    # The paths are relative, and the worker stands in another folder.
    finished = subprocess.run(
        [sys.executable, "-c", SEND, scheduler],
        cwd=here, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True,
    )  # fmt: skip
    assert sorted(finished.stdout.splitlines()) == ["a.txt Kent", "gone.txt gone"], finished.stderr


def test_workers_keep_what_they_read_in_a_store(command, scheduler, worker, tmp_path, monkeypatch):
    # It comes with Dask.
    import fsspec
    from fsspec.implementations.memory import MemoryFileSystem

    worker("one")
    reports = tmp_path / "reports"
    reports.mkdir()
    for n in range(3):
        (reports / f"{n}.txt").write_text(f"{LETTER}\n\nNumber {n}.")

    def extract(name, *options):
        return command("extract", reports, "--out", tmp_path / name, *options)

    def refuse(*_):
        raise AssertionError("this process wrote to the store, or something is read again")

    on_cluster = ("--cluster", scheduler)
    # This process knows such a store, and the worker does not.
    fsspec.register_implementation("here", MemoryFileSystem, clobber=True)
    told = extract("nowhere", *on_cluster, "--kept", "here://kept")
    assert told.returncode == 2 and told.stderr.count("\n") == 1, told.stderr
    assert "On the Dask worker tcp://" in told.stderr and "here://kept" in told.stderr

    in_store = ("--kept", f"file://{tmp_path.as_posix()}/kept")
    with monkeypatch.context() as changed:
        changed.setattr("pipeline.running.object_store.StoreCache.put", refuse)
        assert extract("one", *on_cluster, *in_store).returncode == 0
    assert len(list((tmp_path / "kept").rglob("*.kept"))) == 3
    assert extract("two", *on_cluster).returncode == 0
    monkeypatch.setattr("pipeline.running.local.Crew.do", refuse)
    assert extract("three", *in_store).returncode == 0
    one, two, three = (files(tmp_path / name) for name in ("one", "two", "three"))
    assert one == two == three


LOSE = """
import hashlib, os, signal, sys
from pathlib import Path
from distributed import Client
from pipeline.base.errors import ClusterError
from pipeline.running.cluster import spread_over_cluster
from pipeline.running.job import Job
with Client(sys.argv[1]) as client:
    scheduler = client.run_on_scheduler(os.getpid)
names = [path.name for path in Path(".").glob("*.txt")]
jobs = [Job(name, name, hashlib.sha256(Path(name).read_bytes()).hexdigest()) for name in names]
try:
    for answer in spread_over_cluster(jobs, sys.argv[1]):
        os.kill(scheduler, signal.SIGKILL)
except ClusterError as error:
    print(error, error.hint)
"""


def test_a_scheduler_that_dies_is_told_in_one_message(scheduler, worker, tmp_path):
    worker("one")
    here = tmp_path / "reports"
    here.mkdir()
    for n in range(9):
        (here / f"{n}.txt").write_text(f"{LETTER}\n\nNumber {n}.")
    finished = subprocess.run(
        [sys.executable, "-c", LOSE, scheduler],
        cwd=here, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True,
    )  # fmt: skip
    assert finished.stderr == ""
    assert f"scheduler at {scheduler} no longer answers. Check" in finished.stdout


NO_SCHEDULERS = {
    "tcp://127.0.0.1:9": "Start one",
    "tls://127.0.0.1:9": "distributed.comm.tls",
    "http://127.0.0.1:8787": "such as tcp://",
    "127.0.0.1:port": "such as tcp://",
}


@pytest.mark.parametrize("address", NO_SCHEDULERS)
def test_no_cluster_there_is_said(command, tmp_path, monkeypatch, address):
    monkeypatch.setattr("pipeline.running.cluster.TO_CONNECT", 1)
    finished = command("run", "--out", tmp_path / "out", "--cluster", address)
    assert finished.returncode == 2
    assert "no Dask scheduler" in finished.stderr and "Traceback" not in finished.stderr
    assert NO_SCHEDULERS[address] in finished.stderr


def test_a_scheduler_without_workers_is_said(command, scheduler, tmp_path, monkeypatch):
    monkeypatch.setattr("pipeline.running.cluster.TO_APPEAR", 1)
    finished = command("run", "--out", tmp_path / "out", "--cluster", scheduler)
    assert finished.returncode == 2 and finished.stderr.count("\n") == 1, finished.stderr
    assert f"No worker has joined the Dask scheduler at {scheduler}. Start one" in finished.stderr


def test_worker_with_other_code_is_refused(command, scheduler, worker, tmp_path):
    # The worker is the same program but for one module.
    subprocess.run(["cp", "-r", ROOT / "pipeline", tmp_path / "pipeline"], check=True)
    with (tmp_path / "pipeline" / "base" / "characters.py").open("a") as file:
        file.write("# other\n")
    worker("one", cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(tmp_path)})
    finished = command("run", "--out", tmp_path / "out", "--cluster", scheduler)
    assert finished.returncode == 2, finished.stderr
    assert "different version" in finished.stderr


@pytest.mark.parametrize("ocr", [False, True])
def test_a_worker_without_tesseract_is_refused_only_if_it_is_to_recognise_text(
    monkeypatch, tmp_path, ocr
):
    monkeypatch.setattr("pipeline.running.versions.tesseract_version", lambda: "tesseract 5")
    ours = Preparation(whole_version(), extras_version(Settings(ocr=ocr)), "", {})
    worker = SimpleNamespace(address="tcp://10.0.0.2:1", local_directory=tmp_path)
    ours.setup(worker)
    monkeypatch.setattr("pipeline.running.versions.tesseract_version", lambda: "")
    with pytest.raises(ClusterError, match="Tesseract") if ocr else nullcontext():
        ours.setup(worker)
