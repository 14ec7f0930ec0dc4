"""Jobs in a worker process that is ended if a document takes too much time or memory.

Starting a process takes seconds, so it is used again for the next document, which may suffer from
what the last one left behind. So a job that runs out of memory in a used process is tried again
in a new one, once. So is one whose process ends in any way: the system may have ended it for lack
of memory, whichever document it was reading.
"""

from __future__ import annotations

import queue
import subprocess
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import replace
from typing import BinaryIO

import psutil

from pipeline.base.settings import Limits
from pipeline.running.job import Answer, Begun, Job, receive, send
from pipeline.running.program import MODULE, start_program

PROGRAM = [*MODULE, "pipeline.running.worker"]
# One thread for each document: more would only get in each other's way. Arrow's own allocator
# starts by reserving a gigabyte of addresses, which would count towards the memory limit.
MODEST = {
    **dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"),
    "ARROW_DEFAULT_MEMORY_POOL": "system",
    "MALLOC_ARENA_MAX": "2",
}
# Seconds between two looks at a process; a decompression bomb gains some 100 MB in that time.
LOOK = 0.05
# Every so many looks, once a second, what the process has started is found out.
LOOKS_FOR_CHILDREN = 20
# By the clock a document may take this many times its limit: the machine may be busy.
PATIENCE = 10
# Seconds, by the clock, in which a process must load what a job needs. This allows for a new
# process on a busy machine with a slow disk.
MAX_START = 600
# A process that still holds so much more than when it began, as a share of its limit, is not used
# again after a document.
BLOATED = 0.25


class Stopped(Exception):
    """The run is stopping, and the job is left undone."""


class _Watch:
    """Tells whether a process has gone over its limits since the watch began.

    What it started counts too: text recognition, and, in a virtual environment on Windows, the
    interpreter itself, of which `python.exe` is only the launcher.
    """

    def __init__(self, pid: int, limits: Limits) -> None:
        self._pid = pid
        self._limits = limits
        self._looks = 0
        self._processes = _tree(pid)
        self._begun = time.monotonic()
        self._spent = _cost(self._processes)[1]

    def trouble(self) -> str:
        """`memory`, `time`, `slow` if only the clock ran out, or empty if all is well."""
        self._looks += 1
        # Finding out what was started means going through all processes of the machine.
        if self._looks % LOOKS_FOR_CHILDREN == 0:
            self._processes = _tree(self._pid)
        memory, seconds = _cost(self._processes)
        if memory > self._limits.memory:
            return "memory"
        most = self._limits.seconds
        if seconds - self._spent > most:
            return "time"
        # The lid of the laptop was closed, or a network disk hung: another time it may be read.
        return "slow" if time.monotonic() - self._begun > PATIENCE * most else ""


class Guard:
    """One worker process, started for its first job. Two threads must not use it at once."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._answers: queue.Queue[Answer | Begun | None] = queue.Queue()
        # What the process held when it had loaded what its first job needs, in bytes.
        self._loaded = 0
        self._stopped = False
        # Held while the process is started or ended. A signal may interrupt the thread that holds
        # it with a call to `stop`, so it must be one that this thread can take again.
        self._changing = threading.RLock()

    def do(self, job: Job) -> Answer:
        """Do a job within `job.limits`. Raises `Stopped` once `stop` has been called."""
        fresh = not self._is_running()
        reply = self._try(job)
        if reply.trouble in ("crash", "start") or (reply.trouble == "memory" and not fresh):
            self._end()
            reply = self._try(job)
        if reply.trouble in ("memory", "time", "slow", "crash", "start") or self._is_bloated(job):
            self._end()
        return reply

    def stop(self) -> None:
        """End the process for good. Any thread may call this."""
        with self._changing:
            self._stopped = True
            self._end()

    def _try(self, job: Job) -> Answer:
        process = self._running_process()
        assert process.stdin is not None
        # A dying process breaks its pipe. How it died says more than that error, which is ignored.
        sending = threading.Thread(target=_send, args=(process.stdin, job), daemon=True)
        sending.start()
        # Loading is not the document's doing: its limits count from `Begun` on.
        asked = time.monotonic()
        reply = self._wait(
            process, job, lambda: "start" if time.monotonic() - asked > MAX_START else ""
        )
        if isinstance(reply, Answer) and reply.trouble == "crash":
            reply = replace(reply, trouble="start")
        if isinstance(reply, Begun):
            self._loaded = self._loaded or _memory(process.pid)
            reply = self._wait(process, job, _Watch(process.pid, job.limits).trouble)
        assert isinstance(reply, Answer)
        return reply

    def _wait(
        self, process: subprocess.Popen[bytes], job: Job, trouble_now: Callable[[], str]
    ) -> Answer | Begun:
        """The next message from the process, or an answer that says what is wrong with it."""
        while True:
            if self._stopped:
                raise Stopped
            try:
                reply = self._answers.get(timeout=LOOK)
            except queue.Empty:
                if trouble := trouble_now():
                    told = {
                        "start": f"not ready after {MAX_START} seconds",
                        "slow": f"{PATIENCE * job.limits.seconds} seconds",
                    }
                    detail = told.get(trouble, "")
                    return Answer(job.source_file, trouble=trouble, detail=detail)
                continue
            if reply is None and self._stopped:
                raise Stopped
            if reply is None:
                return Answer(job.source_file, trouble="crash", detail=_end_of(process))
            return reply

    def _is_running(self) -> bool:
        process = self._process
        return process is not None and process.poll() is None

    def _running_process(self) -> subprocess.Popen[bytes]:
        with self._changing:
            if self._stopped:
                raise Stopped
            if self._process is None or not self._is_running():
                self._process = self._start()
            return self._process

    def _is_bloated(self, job: Job) -> bool:
        process = self._process
        if process is None:
            return False
        held = _memory(process.pid) - self._loaded
        return held > BLOATED * job.limits.memory

    def _start(self) -> subprocess.Popen[bytes]:
        self._end()
        process = start_program(PROGRAM, MODEST)
        self._answers, self._loaded = queue.Queue(), 0
        # Each process has a queue of its own, so late messages of an ended one reach nobody.
        listening = (process.stdout, self._answers)
        threading.Thread(target=_listen, args=listening, daemon=True).start()
        return process

    def _end(self) -> None:
        with self._changing:
            process, self._process = self._process, None
        if process is None:
            return
        # Once a process is seen to have ended, its number may be somebody else's.
        for each in _tree(process.pid) if process.poll() is None else []:
            with suppress(psutil.Error):
                each.kill()
        process.wait()
        # Closing sends what is left in the buffer, which fails if the process is gone.
        with suppress(OSError):
            if process.stdin is not None:
                process.stdin.close()


def _tree(pid: int) -> list[psutil.Process]:
    """A process and those it started (text recognition starts some), children first."""
    try:
        process = psutil.Process(pid)
        return [*reversed(process.children(recursive=True)), process]
    except psutil.Error:
        return []


def _memory(pid: int) -> int:
    """What a process and those it started hold, in bytes; 0 if it has ended."""
    return _cost(_tree(pid))[0]


def _cost(processes: Iterable[psutil.Process]) -> tuple[int, float]:
    """Memory in bytes and processor time in seconds, of those that are still running."""
    memory, seconds = 0, 0.0
    for process in processes:
        with suppress(psutil.Error):
            memory += process.memory_info().rss
            seconds += _seconds(process)
    return memory, seconds


def _seconds(process: psutil.Process) -> float:
    """Processor time, in seconds, of a process and of its children that have ended."""
    times = process.cpu_times()
    return times.user + times.system + times.children_user + times.children_system


def _send(file: BinaryIO, job: Job) -> None:
    try:
        send(file, job)
    except (OSError, ValueError):
        return


def _listen(file: BinaryIO, answers: queue.Queue[Answer | Begun | None]) -> None:
    try:
        with file:
            while True:
                reply = receive(file, Answer, Begun)
                assert not isinstance(reply, Job)
                answers.put(reply)
    except (EOFError, OSError, ValueError, KeyError, TypeError):
        answers.put(None)


def _end_of(process: subprocess.Popen[bytes]) -> str:
    try:
        code = process.wait(timeout=5)
    except subprocess.TimeoutExpired:
        return "it stopped answering"
    return f"signal {-code}" if code < 0 else f"exit code {code}"
