"""Jobs → answers on all processors of this machine.

joblib spreads the jobs over threads; each thread guards one worker process.
"""

from __future__ import annotations

import os
import threading
import warnings
from collections.abc import Iterable, Iterator
from weakref import WeakSet

from pipeline.running.guard import Guard, Stopped
from pipeline.running.job import Answer, Job
from pipeline.running.keep import do_and_keep


class Crew:
    """Guarded worker processes, one for each thread that asks."""

    def __init__(self) -> None:
        self._own = threading.local()
        self._guards: list[Guard] = []
        self._stopped = False
        # A signal may interrupt the thread that holds it with a call to `stop`.
        self._changing = threading.RLock()

    def do(self, job: Job) -> Answer:
        """Do a job in this thread's process. Raises `Stopped` once `stop` has been called."""
        if not hasattr(self._own, "guard"):
            with self._changing:
                if self._stopped:
                    raise Stopped
                self._own.guard = Guard()
                self._guards.append(self._own.guard)
        return self._own.guard.do(job)

    def stop(self) -> None:
        """End all processes at once; jobs in progress are left undone."""
        with self._changing:
            self._stopped = True
            guards = list(self._guards)
        for guard in guards:
            guard.stop()


_crews: WeakSet[Crew] = WeakSet()


def spread_jobs(
    jobs: Iterable[Job], processes: int | None = None, at_most: int | None = None
) -> Iterator[Answer]:
    """Do jobs on this machine; yields each answer when it is ready. Few jobs wait at any time.

    Starts `processes` (None: one for each processor), but no more than `at_most`.
    """
    # Imported here: a run that finds nothing new does without it.
    from joblib import Parallel, delayed

    workers = processes or os.cpu_count() or 1
    if at_most is not None:
        workers = max(1, min(workers, at_most))
    parallel = Parallel(
        workers,
        backend="threading",
        return_as="generator_unordered",
        batch_size=1,
        pre_dispatch="2*n_jobs",
    )
    crew = Crew()
    _crews.add(crew)
    answers = parallel(delayed(do_and_keep)(crew.do, job) for job in jobs)
    try:
        # Not `yield from`, which would close `answers` before the processes are stopped.
        for answer in answers:  # noqa: UP028
            yield answer
    finally:
        crew.stop()
        with warnings.catch_warnings():
            # joblib warns that jobs are left undone, which is intended here.
            warnings.simplefilter("ignore", UserWarning)
            answers.close()


def stop_all() -> None:
    """End every worker process of this program at once."""
    for crew in list(_crews):
        crew.stop()
