from __future__ import annotations

import hashlib
import sys
import threading
from subprocess import Popen

import psutil
import pytest
from hostile import LETTER, compression_bomb, endless_page, good_pdf

from pipeline.base.settings import DEFAULT_LIMITS, Limits
from pipeline.running.failures import LASTING_TROUBLES
from pipeline.running.guard import Guard, Stopped
from pipeline.running.job import Job, unpack_reading


@pytest.fixture
def guard():
    guard = Guard()
    yield guard
    guard.stop()


@pytest.fixture
def job(tmp_path):
    """Make a job to read a file with some content."""

    def make(data: bytes, limits: Limits = DEFAULT_LIMITS, name: str = "a.pdf") -> Job:
        path = tmp_path / name
        path.write_bytes(data)
        return Job(name, str(path), hashlib.sha256(data).hexdigest(), limits)

    return make


def texts(answer) -> list[str]:
    assert not answer.trouble, (answer.trouble, answer.detail)
    reading = unpack_reading(answer.reading)
    assert not reading.failure, reading.failure
    return reading.paragraphs["text"].to_pylist()


def test_document_is_read_and_the_process_kept(guard, job):
    assert texts(guard.do(job(good_pdf()))) == [
        "Visits to children are timely, and plans are clear."
    ]
    process = guard._process
    assert "Dear Ms Thorne" in texts(guard.do(job(LETTER.encode(), name="b.txt")))
    assert guard._process is process


def test_document_that_takes_too_much_memory_is_given_up(guard, job):
    guard.do(job(good_pdf()))
    limits = Limits(memory=400_000_000)
    assert guard.do(job(compression_bomb(600), limits)).trouble == "memory"
    assert len(texts(guard.do(job(good_pdf(), limits)))) == 1


def test_document_that_takes_too_long_is_given_up(guard, job):
    guard.do(job(good_pdf()))
    assert guard.do(job(endless_page(400_000), Limits(seconds=1))).trouble == "time"
    assert len(texts(guard.do(job(good_pdf())))) == 1


def test_a_machine_that_was_asleep_is_not_the_documents_fault(guard, job, monkeypatch):
    guard.do(job(good_pdf()))
    monkeypatch.setattr("pipeline.running.guard.PATIENCE", 0)
    monkeypatch.setattr("pipeline.running.guard.LOOK", 0.001)
    slow = guard.do(job(endless_page(400_000)))
    assert slow.trouble == "slow" and slow.detail and "slow" not in LASTING_TROUBLES


def test_document_whose_process_is_killed_is_tried_again(guard, job):
    guard.do(job(good_pdf()))
    slow = job(endless_page(30_000), name="slow.pdf")
    first = guard._process.pid
    killer = threading.Timer(0.3, guard._process.kill)
    killer.start()
    assert len(texts(guard.do(slow))) >= 1
    killer.join()
    assert guard._process.pid != first, "it was read before it could be killed"


# A worker that is ended by the system: as soon as it starts, or when it has begun to read.
DIE = "import os; os.kill(os.getpid(), 11)"
BEGIN = (
    "import sys; from pipeline.running.job import Begun, Job, receive, send; "
    "send(sys.stdout.buffer, Begun(receive(sys.stdin.buffer, Job).source_file)); "
)
WORK = "import runpy; runpy.run_module('pipeline.running.worker', run_name='__main__')"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no signals")
@pytest.mark.parametrize(("program", "trouble"), [(BEGIN + DIE, "crash"), (DIE, "start")])
def test_document_that_kills_every_process_is_given_up(guard, job, monkeypatch, program, trouble):
    monkeypatch.setattr("pipeline.running.guard.PROGRAM", ["-c", program])
    answer = guard.do(job(good_pdf()))
    assert (answer.trouble, answer.detail) == (trouble, "signal 11")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no signals")
@pytest.mark.parametrize("begin", [BEGIN, ""])
def test_document_whose_first_process_is_killed_is_tried_again(
    guard, job, monkeypatch, tmp_path, begin
):
    mark = tmp_path / "killed once"
    program = (
        f"import pathlib\nmark = pathlib.Path({str(mark)!r})\nif mark.exists():\n    {WORK}\n"
    )
    program += f"mark.touch()\n{begin}{DIE}"
    monkeypatch.setattr("pipeline.running.guard.PROGRAM", ["-c", program])
    assert len(texts(guard.do(job(good_pdf())))) == 1
    assert mark.exists()


def test_process_that_is_never_ready_is_not_the_documents_fault(guard, job, monkeypatch):
    monkeypatch.setattr("pipeline.running.guard.PROGRAM", ["-c", "import time; time.sleep(600)"])
    monkeypatch.setattr("pipeline.running.guard.MAX_START", 0.2)
    assert guard.do(job(good_pdf())).trouble == "start"


def test_stopping_while_a_process_starts_leaves_none_behind(guard, job, monkeypatch):
    started = []
    stopping = threading.Thread(target=guard.stop)

    def start_as_another_thread_stops(*arguments, **options):
        started.append(Popen(*arguments, **options))
        stopping.start()
        # It has to wait until the process is known.
        stopping.join(timeout=0.3)
        return started[-1]

    monkeypatch.setattr("pipeline.running.guard.subprocess.Popen", start_as_another_thread_stops)
    with pytest.raises(Stopped):
        guard.do(job(good_pdf()))
    stopping.join()
    assert [process.wait(timeout=60) is not None for process in started] == [True]


def test_processes_of_a_killed_run_end_by_themselves(guard, job):
    guard.do(job(good_pdf()))
    process = psutil.Process(guard._process.pid)
    guard._process.stdin.close()
    process.wait(timeout=60)


def test_stopping_ends_a_job_at_once(guard, job):
    guard.do(job(good_pdf()))
    process = guard._process
    threading.Timer(0.3, guard.stop).start()
    # The page would take minutes: an answer would mean that the job was waited for.
    with pytest.raises(Stopped):
        guard.do(job(endless_page(4_000_000)))
    process.wait(timeout=60)
