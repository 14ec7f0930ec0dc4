"""Jobs → answers on all processors of this machine.

joblib spreads the jobs over threads; each thread watches over one guarded process.
"""

from __future__ import annotations

import os
import threading
import warnings
from collections.abc import Iterable, Iterator
from weakref import WeakSet

from joblib import Parallel, delayed

from pipeline.running.guard import Guard
from pipeline.running.job import Answer, Job


class Crew:
    """Guarded processes, one for each thread that asks."""

    def __init__(self) -> None:
        self._own = threading.local()
        self._guards: list[Guard] = []

    def do(self, job: Job) -> Answer:
        """Do a job in the process of this thread."""
        if not hasattr(self._own, "guard"):
            self._own.guard = Guard()
            self._guards.append(self._own.guard)
        return self._own.guard.do(job)

    def stop(self) -> None:
        """End all processes at once; jobs that are under way are left undone."""
        for guard in self._guards:
            guard.stop()


_crews: WeakSet[Crew] = WeakSet()


def spread_jobs(
    jobs: Iterable[Job], processes: int | None = None, at_most: int | None = None
) -> Iterator[Answer]:
    """The answers in the order in which they are ready; few jobs and answers wait at any time.

    `processes` are started, or as many as there are processors, but no more than `at_most`.
    """
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
    answers = parallel(delayed(crew.do)(job) for job in jobs)
    try:
        # Not `yield from`, which would end the answers before the processes.
        for answer in answers:  # noqa: UP028
            yield answer
    finally:
        crew.stop()
        with warnings.catch_warnings():
            # joblib warns that jobs are left undone, which here is meant.
            warnings.simplefilter("ignore", UserWarning)
            answers.close()


def stop_all() -> None:
    """End every guarded process of this program at once."""
    for crew in list(_crews):
        crew.stop()
