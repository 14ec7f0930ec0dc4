"""The worker process, which reads and tags documents: `guard` starts it, feeds it, and may end it.

`python -m pipeline.running.worker` takes jobs from its standard input and writes answers to its
standard output until the input ends.
"""

from __future__ import annotations

import faulthandler
import hashlib
import logging
import os
import queue
import signal
import sys
import threading
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import pyarrow as pa

from pipeline.base.columns import TAGS
from pipeline.base.errors import ExtractionError, PipelineError, RecognitionError
from pipeline.base.tables import schema_of, to_pandas
from pipeline.reading.formats import read_bytes
from pipeline.running.job import (
    Answer,
    Begun,
    Job,
    Reading,
    failed_reading,
    pack_reading,
    pack_table,
    printable,
    reading_of,
    receive,
    send,
    unpack_reading,
    unpack_table,
)

if TYPE_CHECKING:
    from pipeline.tagging.model import Model

# Seconds without a job after which the process ends, to free its memory.
IDLE = 300
# A job may take this many times its limit, by the clock, before the process ends itself.
LAST_RESORT = 20


def answer(job: Job) -> Answer:
    """Do a job in this process."""
    if job.reading:
        reading, packed = unpack_reading(job.reading), job.reading
    else:
        try:
            data = job.data or read_bytes(Path(job.path), job.limits)
        except ExtractionError as error:
            # A program that saves a file empties it first.
            if _is_changed(job):
                return Answer(job.source_file, trouble="changed")
            return Answer(job.source_file, pack_reading(failed_reading(error)))
        except FileNotFoundError:
            return Answer(job.source_file, trouble="gone")
        except OSError as error:
            return Answer(job.source_file, trouble="unreadable", detail=str(error.strerror))
        if hashlib.sha256(data).hexdigest() != job.sha256:
            return Answer(job.source_file, trouble="changed")
        try:
            if job.marks:
                return mark(job, data)
            reading = read(job, data)
        except RecognitionError as error:
            return Answer(job.source_file, trouble="pictures", detail=printable(str(error)))
        except OSError as error:
            return _failed(job, "machine", error)
        packed = pack_reading(reading)
    if not job.model or reading.failure:
        return Answer(job.source_file, packed)
    try:
        tags = tag(reading.paragraphs, Path(job.model))
    except PipelineError as error:
        return Answer(job.source_file, trouble="model", detail=f"{error} {error.hint}")
    return Answer(job.source_file, packed, pack_table(tags))


def _is_changed(job: Job) -> bool:
    """Whether the file is no longer the one that was listed."""
    with Path(job.path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() != job.sha256


def read(job: Job, data: bytes) -> Reading:
    """The reading of a document's content; it holds a failure if the content cannot be read."""
    # The libraries of the readers take a second to load, and not every process reads.
    from pipeline.documents.read_document import read_document

    try:
        document, paragraphs, gaps = read_document(
            data, job.source_file, job.limits, job.more_authorities, job.reader, job.ocr
        )
    except Exception as error:
        return failed_reading(_fault("Reading", error))
    return reading_of(document, paragraphs, gaps)


def mark(job: Job, data: bytes) -> Answer:
    """The marked copy of a document's content, or why it cannot be made."""
    from pipeline.marking.mark_document import mark_document

    try:
        marks = unpack_table(job.marks)
        marked = mark_document(data, job.source_file, marks, job.limits, job.reader, job.ocr)
    except Exception as error:
        return Answer(job.source_file, pack_reading(failed_reading(_fault("Marking", error))))
    return Answer(
        job.source_file,
        copy=marked.copy,
        places=pack_table(marked.places),
        detail=str(marked.n_missing or ""),
    )


def _fault(what: str, error: Exception) -> PipelineError:
    """The error to tell of a document that is to blame; raises one that is the machine's doing."""
    # Libraries raise an OSError without a number for damaged pictures, too.
    of_the_machine = isinstance(error, OSError) and error.errno is not None
    if of_the_machine or isinstance(error, MemoryError | RecognitionError):
        raise error
    if isinstance(error, PipelineError):
        return error
    return PipelineError(
        f"{what} failed ({type(error).__name__}: {error}).",
        "Print the document to a new PDF. If that fails too, report it.",
    )


def tag(paragraphs: pa.Table, model: Path) -> pa.Table:
    """The tags of a document's paragraphs. Raises `ModelError` if the model cannot be used."""
    # scikit-learn takes a second to load, and not every process tags.
    from pipeline.tagging.tag import tag_paragraphs

    tags = tag_paragraphs(to_pandas(paragraphs), _load(model))
    return pa.Table.from_pandas(tags, schema=schema_of(TAGS), preserve_index=False)


@lru_cache(maxsize=1)
def _load(folder: Path) -> Model:
    from pipeline.tagging.model import load_model

    return load_model(folder)


# --- the process --------------------------------------------------------------------------------


def main() -> None:
    """Answer jobs until the input ends (the parent is gone) or none comes for `IDLE` seconds."""
    # Ctrl-C reaches every process of the terminal; this one is ended by its parent.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    logging.disable()
    answers = os.fdopen(os.dup(1), "wb")
    # What a library prints must not get mixed up with the answers.
    os.dup2(2, 1)
    nowhere = os.fdopen(os.open(os.devnull, os.O_WRONLY), "w")
    jobs: queue.Queue[Job] = queue.Queue()
    threading.Thread(target=_listen, args=(sys.stdin.buffer, jobs), daemon=True).start()
    while True:
        try:
            job = jobs.get(timeout=IDLE)
        except queue.Empty:
            return
        try:
            _warm_up(job)
        except Exception as error:
            send(answers, _failed(job, "start", error))
            continue
        try:
            send(answers, Begun(job.source_file))
            # If the parent has been killed, nobody else ends this process. This does, even while
            # a library holds the interpreter.
            faulthandler.dump_traceback_later(
                LAST_RESORT * job.limits.seconds, exit=True, file=nowhere
            )
            _limit_memory(job.limits.memory)
            reply = answer(job)
        except MemoryError:
            reply = Answer(job.source_file, trouble="memory")
        except Exception as error:
            reply = _failed(job, "crash", error)
        faulthandler.cancel_dump_traceback_later()
        send(answers, reply)


def _failed(job: Job, trouble: str, error: Exception) -> Answer:
    told = printable(f"{type(error).__name__}: {error}")
    return Answer(job.source_file, trouble=trouble, detail=told)


def _warm_up(job: Job) -> None:
    """Load the libraries and the model, which take the same time for any document."""
    if job.model:
        # Before spaCy: skops looks for 400 names in the modules that are loaded, and spaCy brings
        # 1,000 of them, which took a second.
        import pipeline.tagging.model_file

        with suppress(PipelineError):
            _load(Path(job.model))
    if job.marks:
        import pipeline.marking.mark_document  # noqa: F401
    elif not job.reading:
        from pipeline.documents.read_document import warm_up

        warm_up(job.more_authorities)


def _listen(file: BinaryIO, jobs: queue.Queue[Job]) -> None:
    try:
        while True:
            jobs.put(receive(file, Job))
    except (EOFError, OSError, ValueError):
        os._exit(0)


def _limit_memory(memory: int) -> None:
    """Make an allocation far beyond `memory` fail at once; `guard` checks the rest.

    The limit is on addresses, and from the start a process holds far more of these than memory.
    Where there is no such limit (Windows, macOS), only `guard` checks.
    """
    try:
        import resource

        pages = Path("/proc/self/statm").read_text(encoding="ascii").split()
    except (ImportError, OSError):
        return
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    soft = int(pages[0]) * resource.getpagesize() + memory
    # A container may set a lower limit, which nobody can raise.
    soft = soft if hard == resource.RLIM_INFINITY else min(soft, hard)
    resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


if __name__ == "__main__":
    main()
