"""Jobs in a process of their own that is ended when one takes too long or too much memory.

The process is kept for the next document, since starting one takes seconds. So a document may
find it bloated or upset by the one before: whatever breaks in a used process is tried once more
in a new one, and only what breaks there is given up.
"""

from __future__ import annotations

import os
import queue
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

import psutil

from pipeline.worker import Answer, Job, receive, send

# -P: a module that lies in the folder one stands in is not ours.
PROGRAM = ["-P", "-W", "ignore", "-m", "pipeline.worker"]
PACKAGES = str(Path(__file__).resolve().parent.parent)
# One document is one thread's work: more would only get in each other's way. Arrow's own allocator
# reserves a gigabyte of addresses for a start, which the limit on memory would count.
MODEST = {
    **dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"),
    "ARROW_DEFAULT_MEMORY_POOL": "system",
    "MALLOC_ARENA_MAX": "2",
}
# How often, in seconds, a process is looked at; a bomb gains some 100 MB in that time.
LOOK = 0.05
# By the clock a document may take so many times its limit: others may be using the machine.
PATIENCE = 10
# A process that holds more than this share of its limit after a document is not used again.
BLOATED = 0.5


class Stopped(Exception):
    """The run is being ended; the job is left undone."""


class Guard:
    """One process, started when there is a job; not to be used from two threads at once."""

    def __init__(self) -> None:
        self._process: subprocess.Popen | None = None
        self._stopped = False

    def do(self, job: Job) -> Answer:
        """Do a job within `job.limits`; raises `Stopped` once `stop` was called."""
        fresh = not self._is_running()
        reply = self._try(job)
        if reply.trouble in ("memory", "crash"):
            self._end()
            if not fresh:
                reply = self._try(job)
        if reply.trouble in ("memory", "time", "crash") or self._is_bloated(job):
            self._end()
        return reply

    def stop(self) -> None:
        """End the process, from any thread, for good."""
        self._stopped = True
        self._end()

    def _try(self, job: Job) -> Answer:
        if not self._is_running():
            self._start()
        process, answers = self._process, self._answers
        assert process is not None and process.stdin is not None
        looked_at = psutil.Process(process.pid)
        begun, spent = time.monotonic(), _seconds(looked_at)
        # A process that dies takes its pipe with it: how it died says more than that.
        sending = threading.Thread(target=_send, args=(process.stdin, job), daemon=True)
        sending.start()
        while True:
            if self._stopped:
                raise Stopped
            try:
                reply = answers.get(timeout=LOOK)
            except queue.Empty:
                pass
            else:
                if reply is None and self._stopped:
                    raise Stopped
                if reply is None:
                    return Answer(job.source_file, trouble="crash", detail=_end_of(process))
                return reply
            try:
                memory = looked_at.memory_info().rss
                seconds = _seconds(looked_at) - spent
            except psutil.Error:
                continue
            if memory > job.limits.memory:
                return Answer(job.source_file, trouble="memory")
            by_the_clock = time.monotonic() - begun
            if seconds > job.limits.seconds or by_the_clock > PATIENCE * job.limits.seconds:
                return Answer(job.source_file, trouble="time")

    def _is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def _is_bloated(self, job: Job) -> bool:
        if self._process is None:
            return False
        try:
            return psutil.Process(self._process.pid).memory_info().rss > (
                BLOATED * job.limits.memory
            )
        except psutil.Error:
            return True

    def _start(self) -> None:
        if self._stopped:
            raise Stopped
        self._end()
        path = os.pathsep.join(filter(None, [PACKAGES, os.environ.get("PYTHONPATH")]))
        self._process = subprocess.Popen(
            [sys.executable, *PROGRAM],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            # A process that runs out of memory says so a thousand times.
            stderr=subprocess.DEVNULL,
            env={**os.environ, **MODEST, "PYTHONPATH": path},
        )
        self._answers: queue.Queue[Answer | None] = queue.Queue()
        threading.Thread(
            target=_listen, args=(self._process.stdout, self._answers), daemon=True
        ).start()

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        for each in _tree(process.pid):
            with suppress(psutil.Error):
                each.kill()
        process.wait()
        # What could not be sent any more is of no use to anybody.
        with suppress(OSError):
            process.stdin.close()


def _tree(pid: int) -> list[psutil.Process]:
    """A process and those it started (text recognition does), children first."""
    try:
        process = psutil.Process(pid)
        return [*reversed(process.children(recursive=True)), process]
    except psutil.Error:
        return []


def _seconds(process: psutil.Process) -> float:
    """Processor time of a process and of those it started and has seen the end of."""
    times = process.cpu_times()
    return times.user + times.system + times.children_user + times.children_system


def _send(file, job: Job) -> None:
    try:
        send(file, job)
    except (OSError, ValueError):
        return


def _listen(file, answers: queue.Queue) -> None:
    try:
        with file:
            while True:
                answers.put(receive(file, Answer))
    except (EOFError, OSError, ValueError, KeyError, TypeError):
        answers.put(None)


def _end_of(process: subprocess.Popen) -> str:
    try:
        code = process.wait(timeout=5)
    except subprocess.TimeoutExpired:
        return "it stopped answering"
    return f"signal {-code}" if code < 0 else f"exit code {code}"
