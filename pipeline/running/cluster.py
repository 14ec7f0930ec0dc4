"""Jobs → answers on the machines of a Dask cluster that somebody has started.

Each Dask worker watches over guarded processes of its own, one for each of its threads, so that a
document that does harm costs no worker. The model is sent to every worker; a document is sent to
one that does not see it where it lies. What a worker was doing when it died is done by another.
"""

from __future__ import annotations

import threading
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.base.errors import ClusterError, ExtractionError
from pipeline.reading.formats import read_bytes
from pipeline.running.guard import Guard
from pipeline.running.job import Answer, Job
from pipeline.running.versions import whole_version

if TYPE_CHECKING:
    from distributed import Client

# So many jobs wait for each thread of the cluster, so that none is idle and few are in memory.
WAITING = 3
_own = threading.local()


class Preparation:
    """What a worker needs before its first job: this code, and the files of the model.

    Dask calls `setup` on every worker, also on those that join later.
    """

    name = "inspection-themes"

    def __init__(self, version: str, model: dict[str, bytes]) -> None:
        self._version = version
        self._model = model

    def setup(self, worker) -> None:
        """Check and prepare one worker; raises `ClusterError` where it runs other code."""
        if whole_version() != self._version:
            raise ClusterError(
                f"The worker {worker.address} has another version of inspection-themes, or of a "
                "package it uses, than this machine.",
                "Install the same versions on all machines.",
            )
        for name, data in self._model.items():
            path = _model_of(worker) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)


def spread_over_cluster(jobs: Iterable[Job], address: str) -> Iterator[Answer]:
    """The answers in the order in which they are ready; few jobs and answers wait at any time.

    Raises `ClusterError` where there is no cluster, or one that runs other code.
    """
    try:
        from distributed import Client, as_completed
    except ImportError as error:
        raise ClusterError(
            "Running on a cluster needs Dask.", "pip install 'inspection-themes[cluster]'"
        ) from error
    jobs = iter(jobs)
    first = next(jobs, None)
    if first is None:
        return
    try:
        client = Client(address, set_as_default=False, timeout=10)
    except (OSError, ValueError) as error:
        raise ClusterError(
            f"There is no Dask scheduler at {address} ({error}).",
            "Start one (see docs/cluster.md), or leave out --cluster.",
        ) from error
    with client, warnings.catch_warnings():
        # A document goes over in one piece; Dask would rather have it in a bucket.
        warnings.filterwarnings("ignore", "Sending large graph", UserWarning)
        _prepare(client, first)
        under_way: dict[Any, Job] = {}
        ready = as_completed(loop=client.loop)

        def submit(job: Job) -> None:
            future = client.submit(do_on_worker, job, pure=False)
            under_way[future.key] = job
            ready.add(future)

        submit(first)
        for job in islice(jobs, WAITING * max(1, sum(client.nthreads().values()))):
            submit(job)
        for future in ready:
            job = under_way.pop(future.key)
            answer = _answer_of(future, job)
            # The worker does not see the file, or another one in its place.
            unseen = answer.trouble in ("gone", "changed", "unreadable") and not job.data
            if unseen and (sent := _with_data(job)):
                submit(sent)
                continue
            yield answer
            for following in islice(jobs, 1):
                submit(following)


def _prepare(client: Client, job: Job) -> None:
    from distributed.diagnostics.plugin import WorkerPlugin

    model = {}
    if job.model:
        files = (path for path in Path(job.model).iterdir() if path.is_file())
        model = {path.name: path.read_bytes() for path in files}
    own = type("Preparation", (Preparation, WorkerPlugin), {})
    if not client.nthreads():
        client.wait_for_workers(1, timeout=60)
    client.register_plugin(own(whole_version(), model))


def do_on_worker(job: Job) -> Answer:
    """Do a job on a Dask worker, in the guarded process of this thread."""
    from distributed import get_worker

    if not hasattr(_own, "guard"):
        _own.guard = Guard()
    model = str(_model_of(get_worker())) if job.model else ""
    return _own.guard.do(replace(job, model=model))


def _model_of(worker) -> Path:
    return Path(worker.local_directory) / "inspection-themes-model"


def _answer_of(future, job: Job) -> Answer:
    from distributed import KilledWorker

    try:
        return future.result()
    except KilledWorker:
        detail = "several workers of the cluster died over it"
        return Answer(job.source_file, trouble="crash", detail=detail)
    except Exception as error:
        raise ClusterError(
            f"The cluster gave up {job.source_file} ({type(error).__name__}: {error}).",
            "See that its scheduler and workers are running, then run the same command again: "
            "it goes on where it was.",
        ) from error


def _with_data(job: Job) -> Job | None:
    """The job with the content of its file; None where this machine does not see it either."""
    try:
        return replace(job, data=read_bytes(Path(job.path), job.limits))
    except (OSError, ExtractionError):
        return None
