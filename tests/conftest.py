from __future__ import annotations

import contextlib
import io
import json
import os
import queue
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest
from filelock import FileLock

# Where several programs share the cores, threads that wait for each other take minutes. NumPy reads
# this when it is loaded, so it stands before what loads it.
os.environ["OPENBLAS_NUM_THREADS"] = "1"

from pipeline.cli.main import run_command
from pipeline.running import local
from pipeline.running.guard import Guard
from pipeline.tagging.model_folder import CARD_FILE, find_model, read_model_card

ROOT = Path(__file__).resolve().parent.parent
SHARED = Path(os.environ.get("INSPECTION_CORPUS", ROOT.parent / "shared"))


# The files that take longest, longest first. With several processes each file is one process's: what
# came last would be waited for by all the others.
LONGEST = [
    "tests/test_real_corpus.py",
    "tests/test_interruption.py",
    "tests/cli/test_research.py",
    "tests/running/test_cluster.py",
    "tests/running/test_guard.py",
    "tests/training/test_train.py",
    "tests/fetching/test_refresh.py",
    "tests/running/test_local.py",
    "tests/test_notebooks.py",
    "tests/test_hostile.py",
    "tests/training/test_evaluate.py",
    "tests/training/test_compare.py",
    "tests/report/test_html.py",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the longest files; `--no-loadscope-reorder` keeps this order."""
    order = {name: n for n, name in enumerate(LONGEST)}
    items.sort(key=lambda item: order.get(item.nodeid.partition("::")[0], len(order)))


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder with the real reports; tests that need it are skipped where it is not."""
    if not (SHARED / "corpus").is_dir():
        pytest.skip(f"the real reports are not at {SHARED} (set INSPECTION_CORPUS)")
    return SHARED


class Finished(NamedTuple):
    """What came of a command: as `subprocess.run` tells it."""

    returncode: int
    stdout: str
    stderr: str


@pytest.fixture(scope="session")
def command():
    """Run a command line in this process; gives what `subprocess.run` would give."""

    def run(*arguments, cwd=ROOT) -> Finished:
        out, err = io.StringIO(), io.StringIO()
        with (
            contextlib.chdir(cwd),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
        ):
            code = run_command([str(argument) for argument in arguments])
        return Finished(code, out.getvalue(), err.getvalue())

    return run


@pytest.fixture(scope="session")
def program():
    """Run the command line as a program of its own, as a user does: seconds slower."""

    def run(*arguments, cwd=ROOT):
        return subprocess.run(
            [sys.executable, "-m", "pipeline", *map(str, arguments)],
            capture_output=True,
            text=True,
            cwd=cwd,
        )

    return run


@pytest.fixture(scope="session")
def loaded_by():
    """Which of some modules a piece of code loads, in a process of its own."""

    def loaded_by(code: str, *names: str) -> list[str]:
        ask = f"\nimport sys\nprint(*sorted({set(names)!r} & set(sys.modules)))"
        done = subprocess.run(
            [sys.executable, "-c", code + ask],
            capture_output=True,
            text=True,
            check=True,
            cwd=ROOT,
        )
        return done.stdout.splitlines()[-1].split()

    return loaded_by


@pytest.fixture(scope="module")
def monkeypatch_module():
    """Changes that last for all tests of a file."""
    with pytest.MonkeyPatch.context() as patch:
        yield patch


@pytest.fixture(scope="session")
def full_disk():
    """A `with` in which a file can hold so many bytes: what is written beyond them fails."""
    resource = pytest.importorskip("resource", reason="no limits as on Linux and macOS")

    @contextlib.contextmanager
    def full_disk(room: int):
        limits = resource.getrlimit(resource.RLIMIT_FSIZE)
        before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        try:
            resource.setrlimit(resource.RLIMIT_FSIZE, (room, limits[1]))
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
            signal.signal(signal.SIGXFSZ, before)

    return full_disk


COLD_CREW = local.Crew


class WarmCrew:
    """Guarded processes that outlive a run: starting one takes longer than most tests.

    What a document can do to its process is tested in tests/running, with processes of their own.
    """

    idle: queue.SimpleQueue[Guard] = queue.SimpleQueue()

    def do(self, job):
        try:
            guard = self.idle.get_nowait()
        except queue.Empty:
            guard = Guard()
        answer = guard.do(job)
        self.idle.put(guard)
        return answer

    def stop(self) -> None:
        """The processes go on."""


@pytest.fixture(scope="session", autouse=True)
def warm_crew():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(local, "Crew", WarmCrew)
        yield
    while not WarmCrew.idle.empty():
        WarmCrew.idle.get_nowait().stop()


@pytest.fixture
def cold_crew(monkeypatch):
    """Processes that are started for the test and end with it, as in a real run."""
    monkeypatch.setattr(local, "Crew", COLD_CREW)


@pytest.fixture(scope="session")
def sample_run(program, tmp_path_factory, request) -> Path:
    """The output folder of one run on the sample corpus, made by the program as a user runs it."""
    if not hasattr(request.config, "workerinput"):
        return _run_on_sample(program, tmp_path_factory.mktemp("sample-run"))
    # Of several processes of tests the first makes it for all. It lies as deep as their own
    # folders: the report links to the documents.
    common = tmp_path_factory.getbasetemp().parent
    out = common / "for-all" / "sample-run"
    with FileLock(common / "sample-run.lock"):
        return out if (out / "run.json").exists() else _run_on_sample(program, out)


def _run_on_sample(program, out: Path) -> Path:
    finished = program("run", "--out", out)
    assert finished.returncode == 0, finished.stderr
    return out


@pytest.fixture
def unsure(tmp_path):
    """The model in use, with a theme that is provisional."""
    folder = shutil.copytree(find_model(), tmp_path / "unsure")
    card = read_model_card(folder) | {"provisional": {"camhs": "too few codes"}}
    (folder / CARD_FILE).write_text(json.dumps(card), encoding="utf-8")
    return folder
