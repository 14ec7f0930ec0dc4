"""Jobs → answers on the machines of a Dask cluster that is already running.

Each thread of a Dask worker has a guarded process of its own, so a harmful document does not take
the Dask worker down. The model is sent to every Dask worker; a document is sent only to one that
cannot read the file itself. If a Dask worker dies, another takes over its jobs. What is kept in
an object store goes there from the Dask workers.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.base.errors import ClusterError, ExtractionError, StoreError
from pipeline.base.extras import how_to_install
from pipeline.base.settings import Settings
from pipeline.reading.formats import read_bytes
from pipeline.running.job import Answer, Job
from pipeline.running.keep import do_and_keep
from pipeline.running.local import Crew
from pipeline.running.versions import digest_of_files, extras_version, whole_version
from pipeline.tagging.model_folder import files_of_model

if TYPE_CHECKING:
    from distributed import Client

# Jobs waiting for each thread of the cluster: enough to keep it busy, few enough for memory.
WAITING = 3
# Seconds in which a scheduler has to answer, and the first worker has to appear.
TO_CONNECT, TO_APPEAR = 10, 60
_crew = Crew()


class Preparation:
    """Gets a Dask worker ready for its first job: the same code as ours, and the model's files.

    `extras` is the version of what text recognition needs, empty if it is not wanted. Dask calls
    `setup` on every worker, including those that join later.
    """

    name = "inspection-themes"

    def __init__(self, version: str, extras: str, model: str, files: dict[str, bytes]) -> None:
        self._version = version
        self._extras = extras
        self._model = model
        self._files = files

    def setup(self, worker) -> None:
        """Check and prepare one worker. Raises `ClusterError` if its code differs from ours."""
        if whole_version() != self._version:
            raise ClusterError(
                f"The Dask worker {worker.address} runs a different version of inspection-themes, "
                "or of a package it uses.",
                "Install the same versions on all machines.",
            )
        # A worker without it would fail on every scan.
        if self._extras and extras_version(Settings(ocr=True)) != self._extras:
            raise ClusterError(
                f"The Dask worker {worker.address} lacks OCRmyPDF or Tesseract, or has another "
                "version or other languages.",
                "Install the same versions on all machines, or leave out --ocr.",
            )
        folder = _model_of(worker, self._model)
        # Another run with the same model may be reading these files.
        if folder.is_dir() or not self._files:
            return
        beside = folder.with_name(f".{folder.name}.part")
        beside.mkdir(parents=True, exist_ok=True)
        for name, data in self._files.items():
            beside.joinpath(name).write_bytes(data)
        beside.replace(folder)


def spread_over_cluster(jobs: Iterable[Job], address: str) -> Iterator[Answer]:
    """Do jobs on a cluster; yields each answer when it is ready. Few jobs wait at any time.

    Raises `ClusterError` if there is no cluster at `address`, if it has no workers, or if its code
    differs from ours.
    """
    try:
        from distributed import Client, as_completed
    except ImportError as error:
        raise ClusterError(
            "Running on a cluster needs Dask.", how_to_install("cluster")
        ) from error
    jobs = iter(jobs)
    first = next(jobs, None)
    if first is None:
        return
    try:
        client = Client(address, set_as_default=False, timeout=TO_CONNECT)
    except (OSError, TypeError, ValueError) as error:
        hint = "Start one (see docs/cluster.md), or leave out --cluster."
        if isinstance(error, TypeError):
            hint = "Name its certificates in Dask's settings under distributed.comm.tls."
        elif isinstance(error, ValueError):
            # The page that shows a scheduler at work, at port 8787, is no scheduler.
            hint = "Give the address of the scheduler itself, such as tcp://10.0.0.1:8786."
        raise ClusterError(
            f"There is no Dask scheduler that can be asked at {address} ({error}).", hint
        ) from error
    with _without_logs(), client, warnings.catch_warnings():
        # Dask warns about large messages, but a document is meant to travel in one piece.
        warnings.filterwarnings("ignore", "Sending large graph", UserWarning)
        model = _prepare(client, first, address)
        under_way: dict[Any, Job] = {}
        ready = as_completed(loop=client.loop)

        def submit(job: Job) -> None:
            future = client.submit(do_on_worker, job, model, pure=False)
            under_way[future.key] = job
            ready.add(future)

        submit(first)
        for job in islice(jobs, WAITING * max(1, sum(client.nthreads().values()))):
            submit(job)
        for future in ready:
            job = under_way.pop(future.key)
            answer = _answer_of(future, job, client, address)
            # The worker cannot read this file, or finds a different one under its name.
            unseen = answer.trouble in ("gone", "changed", "unreadable") and not job.data
            if unseen and (sent := _with_data(job)):
                submit(sent)
                continue
            yield answer
            for following in islice(jobs, 1):
                submit(following)


@contextmanager
def _without_logs() -> Iterator[None]:
    """Keep Dask from printing tracebacks of what `ClusterError` says in a sentence."""
    parts = ("distributed", "tornado", "asyncio")
    # Dask gives some of its loggers levels and handlers of their own.
    names = [name for name in logging.root.manager.loggerDict if name.split(".")[0] in parts]
    loggers = [logger for logger in map(logging.getLogger, names) if not logger.disabled]
    for logger in loggers:
        logger.disabled = True
    try:
        yield
    finally:
        for logger in loggers:
            logger.disabled = False


def _prepare(client: Client, job: Job, address: str) -> str:
    """Prepare every worker for jobs like this one; gives the name of the model there.

    Raises `ClusterError` if no worker appears.
    """
    from distributed.diagnostics.plugin import WorkerPlugin

    paths = files_of_model(Path(job.model)) if job.model else []
    # Named by its content: a process that has loaded one model must not take it for another.
    model = digest_of_files(paths)
    files = {path.name: path.read_bytes() for path in paths}
    own = type("Preparation", (Preparation, WorkerPlugin), {})
    if not client.nthreads():
        try:
            client.wait_for_workers(1, timeout=TO_APPEAR)
        except TimeoutError as error:
            raise ClusterError(
                f"No worker has joined the Dask scheduler at {address}.",
                "Start one (see docs/cluster.md), then run the same command again.",
            ) from error
    client.register_plugin(
        own(whole_version(), extras_version(Settings(ocr=job.ocr)), model, files)
    )
    return model


def do_on_worker(job: Job, model: str) -> Answer:
    """Do a job on a Dask worker, in this thread's guarded process, with a model it was sent."""
    from distributed import get_worker

    worker = get_worker()
    folder = str(_model_of(worker, model)) if job.model else ""
    try:
        return do_and_keep(_crew.do, replace(job, model=folder))
    except StoreError as error:
        raise StoreError(f"On the Dask worker {worker.address}: {error}", error.hint) from None


def _model_of(worker, model: str) -> Path:
    return Path(worker.local_directory) / f"inspection-themes-model-{model}"


def _answer_of(future, job: Job, client: Client, address: str) -> Answer:
    from distributed import KilledWorker

    try:
        return future.result()
    except StoreError:
        raise
    except KilledWorker:
        detail = "several Dask workers died while reading it"
        return Answer(job.source_file, trouble="crash", detail=detail)
    except Exception as error:
        what = f"The cluster failed on {job.source_file} ({type(error).__name__}: {error})."
        if client.status != "running":
            what = f"The Dask scheduler at {address} no longer answers."
        raise ClusterError(
            what,
            "Check that its scheduler and workers are running, then run the same command again: "
            "it carries on from where it was.",
        ) from error


def _with_data(job: Job) -> Job | None:
    """The job with the content of its file, or None if this machine cannot read it either."""
    try:
        return replace(job, data=read_bytes(Path(job.path), job.limits))
    except (OSError, ExtractionError):
        return None
