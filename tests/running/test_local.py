from __future__ import annotations

import hashlib
import threading

import pytest
from hostile import LETTER, endless_page

from pipeline.base.settings import Limits
from pipeline.running.guard import Stopped
from pipeline.running.job import Job
from pipeline.running.local import Crew, spread_jobs, stop_all

pytestmark = pytest.mark.usefixtures("cold_crew")


@pytest.fixture
def jobs(tmp_path):
    def make(n: int):
        for number in range(n):
            data = f"{LETTER}\n\nNumber {number}.".encode()
            path = tmp_path / f"{number}.txt"
            path.write_bytes(data)
            yield Job(path.name, str(path), hashlib.sha256(data).hexdigest())

    return make


def test_every_job_is_answered(jobs):
    names = [answer.source_file for answer in spread_jobs(jobs(9), processes=2)]
    assert sorted(names) == [f"{n}.txt" for n in range(9)]


def test_jobs_are_taken_as_they_are_needed(jobs):
    taken = []
    answers = spread_jobs((taken.append(job) or job for job in jobs(200)), processes=2)
    next(answers)
    # All of them would be in memory together otherwise.
    assert len(taken) < 20
    answers.close()


def test_no_more_processes_than_are_worth_starting(jobs, monkeypatch):
    threads = set()
    monkeypatch.setattr(Crew, "do", lambda self, job: threads.add(threading.get_ident()) or job)
    list(spread_jobs(jobs(20), processes=4, at_most=1))
    assert len(threads) == 1


def test_crew_that_was_stopped_starts_no_process(jobs):
    crew = Crew()
    crew.stop()
    with pytest.raises(Stopped):
        crew.do(next(jobs(1)))


def test_stopping_does_not_wait_for_a_job(tmp_path):
    data = endless_page(4_000_000)
    path = tmp_path / "slow.pdf"
    path.write_bytes(data)
    job = Job("slow.pdf", str(path), hashlib.sha256(data).hexdigest(), Limits(seconds=60))
    threading.Timer(1.5, stop_all).start()
    # The page would take minutes: an answer would mean that the job was waited for.
    with pytest.raises(Stopped):
        list(spread_jobs([job], processes=1))
