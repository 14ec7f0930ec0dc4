"""A job (one document) → its answer: its reading and its tags, as Parquet.

This module is also the program of the process that does it, which `guard` starts and may kill:
`python -m pipeline.worker` takes jobs on its standard input and answers on its standard output
until the input ends.
"""

from __future__ import annotations

import datetime
import faulthandler
import hashlib
import io
import json
import logging
import os
import queue
import signal
import struct
import sys
import threading
from contextlib import suppress
from dataclasses import asdict, dataclass, field, fields
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.errors import ExtractionError, PipelineError
from pipeline.extract import LIMITS, READERS, Limits, read_bytes
from pipeline.kept import key_of
from pipeline.records import DATE_COLUMNS, PARAGRAPHS, SUBSTANTIVE_KINDS, TAGS
from pipeline.tables import schema_of, to_pandas

if TYPE_CHECKING:
    from pipeline.tag import Model

# What a reading says besides its paragraphs, in the metadata of its Parquet file.
DOCUMENT, FAILURE, PASSAGES = b"document", b"failure", b"passages"
# Seconds without a job after which a process is not worth its memory.
IDLE = 300
# So many times its seconds a job may take by the clock before its process ends itself.
LAST_RESORT = 20


@dataclass(frozen=True)
class Job:
    """A document to be read, or one that was read before (`reading`) and is to be tagged.

    `sha256` is what the file at `path` had when it was listed; `data` is its content, if it was
    sent along. `model` is the folder of a model, empty if no tags are wanted.
    """

    source_file: str
    path: str = ""
    sha256: str = ""
    limits: Limits = LIMITS
    more_authorities: str = ""
    reader: str = READERS[0]
    ocr: bool = False
    model: str = ""
    data: bytes = b""
    reading: bytes = b""


@dataclass(frozen=True)
class Answer:
    """What came of a job: Parquet files, or `trouble`, which no other run need meet again.

    `trouble` is one of gone, changed, unreadable, memory, time, crash, model; `detail` says more.
    """

    source_file: str
    reading: bytes = b""
    tags: bytes = b""
    trouble: str = ""
    detail: str = ""


@dataclass(frozen=True)
class Reading:
    """A document as it was read: its row (None where it failed), why it failed, its paragraphs."""

    paragraphs: pa.Table
    document: dict | None = None
    failure: dict[str, str] = field(default_factory=dict)
    passages: str = ""


def answer(job: Job) -> Answer:
    """Do a job in this process."""
    reading = job.reading
    if not reading:
        try:
            data = job.data or read_bytes(Path(job.path), job.limits)
        except ExtractionError as error:
            return Answer(job.source_file, reading=pack_failure(error))
        except FileNotFoundError:
            return Answer(job.source_file, trouble="gone")
        except OSError as error:
            return Answer(job.source_file, trouble="unreadable", detail=str(error.strerror))
        if hashlib.sha256(data).hexdigest() != job.sha256:
            return Answer(job.source_file, trouble="changed")
        reading = read(job, data)
    if not job.model:
        return Answer(job.source_file, reading)
    try:
        return Answer(job.source_file, reading, tags=tag(reading, Path(job.model)))
    except PipelineError as error:
        return Answer(job.source_file, trouble="model", detail=f"{error} {error.hint}")


def read(job: Job, data: bytes) -> bytes:
    """The reading of a content; one that cannot be read is a reading with a failure."""
    # Only processes that read need the readers, whose libraries take a second to load.
    from pipeline.document import read_document

    try:
        document, rows = read_document(
            data, job.source_file, job.limits, job.more_authorities, job.reader, job.ocr
        )
    except MemoryError:
        raise
    except PipelineError as error:
        return pack_failure(error)
    except Exception as error:
        return pack_failure(
            PipelineError(
                f"Reading failed ({type(error).__name__}: {error}).",
                "Print the document to a new PDF; if that fails too, report it.",
            )
        )
    schema = schema_of(PARAGRAPHS)
    paragraphs = pa.Table.from_pylist(rows, schema=schema)
    return pack_reading(paragraphs, document)


def pack_reading(paragraphs: pa.Table, document: dict) -> bytes:
    """The Parquet file of a document that was read."""
    counted = [
        [row["paragraph_id"], row["text"], row["heading"], row["lead_in"]]
        for row in paragraphs.to_pylist()
        if row["kind"] in SUBSTANTIVE_KINDS and not row["boilerplate"]
    ]
    told = {
        DOCUMENT: json.dumps(document, default=datetime.date.isoformat),
        PASSAGES: key_of(counted),
    }
    return _parquet(paragraphs.replace_schema_metadata(told))


def pack_failure(error: PipelineError) -> bytes:
    """The Parquet file of a document that cannot be read, however often one tries."""
    told = {FAILURE: json.dumps({"reason": _printable(str(error)), "what_to_do": error.hint})}
    return _parquet(schema_of(PARAGRAPHS).empty_table().replace_schema_metadata(told))


def _printable(text: str) -> str:
    """Libraries quote the bytes they choke on: half of a character cannot be written."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")[:500]


def unpack_reading(data: bytes) -> Reading:
    """What `pack_reading` or `pack_failure` packed."""
    paragraphs = pq.read_table(io.BytesIO(data))
    told = paragraphs.schema.metadata
    if FAILURE in told:
        return Reading(paragraphs, failure=json.loads(told[FAILURE]))
    document = json.loads(told[DOCUMENT])
    for name in DATE_COLUMNS:
        if document.get(name):
            document[name] = datetime.date.fromisoformat(document[name])
    return Reading(paragraphs, document, passages=told[PASSAGES].decode())


def tag(reading: bytes, model: Path) -> bytes:
    """The tags of a document that was read; raises `ModelError` where the model is no good."""
    # scikit-learn takes a second to load, and not every process tags.
    from pipeline.tag import tag_paragraphs

    schema = schema_of(TAGS)
    paragraphs = to_pandas(pq.read_table(io.BytesIO(reading)))
    tags = tag_paragraphs(paragraphs, _load(model))
    return _parquet(pa.Table.from_pandas(tags, schema=schema, preserve_index=False))


@lru_cache(maxsize=1)
def _load(folder: Path) -> Model:
    from pipeline.tag import load_model

    return load_model(folder)


def _parquet(table: pa.Table) -> bytes:
    file = io.BytesIO()
    pq.write_table(table, file, compression="zstd")
    return file.getvalue()


# --- the process --------------------------------------------------------------------------------


def send(file: BinaryIO, message: Job | Answer) -> None:
    """Write a job or an answer; what is not bytes goes as JSON, so that nothing can run code."""
    told, parts = {}, []
    for name, value in asdict(message).items():
        if isinstance(value, bytes):
            told[name] = None
            parts.append(value)
        else:
            told[name] = value
    header = json.dumps(told).encode()
    file.write(struct.pack("<Q", len(header)) + header)
    for part in parts:
        file.write(struct.pack("<Q", len(part)))
        file.write(part)
    file.flush()


def receive(file: BinaryIO, kind: type[Job] | type[Answer]) -> Job | Answer:
    """Read what `send` wrote; raises `EOFError` at the end of the file."""
    told = json.loads(_take(file))
    for own in fields(kind):
        if told[own.name] is None:
            told[own.name] = _take(file)
    if kind is Job:
        told["limits"] = Limits(**told["limits"])
    return kind(**told)


def _take(file: BinaryIO) -> bytes:
    size = file.read(8)
    if len(size) < 8:
        raise EOFError
    data = file.read(struct.unpack("<Q", size)[0])
    if len(data) < struct.unpack("<Q", size)[0]:
        raise EOFError
    return data


def main() -> None:
    """Answer jobs until the input ends, which it does when whoever asked is gone."""
    # Ctrl-C goes to every process of the terminal; ours is ended by its parent.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    logging.disable()
    answers = os.fdopen(os.dup(1), "wb")
    # Whatever a library prints must not get between the answers.
    os.dup2(2, 1)
    nowhere = os.fdopen(os.open(os.devnull, os.O_WRONLY), "w")
    jobs: queue.Queue[Job] = queue.Queue()
    threading.Thread(target=_listen, args=(sys.stdin.buffer, jobs), daemon=True).start()
    while True:
        try:
            job = jobs.get(timeout=IDLE)
        except queue.Empty:
            return
        # Should the parent have been killed, nobody else would end this process: this does, even
        # while a library holds the interpreter.
        faulthandler.dump_traceback_later(
            LAST_RESORT * job.limits.seconds, exit=True, file=nowhere
        )
        try:
            _warm_up(job)
            _limit_memory(job.limits.memory)
            reply = answer(job)
        except MemoryError:
            reply = Answer(job.source_file, trouble="memory")
        except Exception as error:
            told = f"{type(error).__name__}: {error}"
            reply = Answer(job.source_file, trouble="crash", detail=_printable(told))
        faulthandler.cancel_dump_traceback_later()
        send(answers, reply)


def _warm_up(job: Job) -> None:
    """Load the libraries and the model, which take the same memory whatever the document is."""
    import pipeline.document  # noqa: F401

    if job.model:
        with suppress(PipelineError):
            _load(Path(job.model))


def _listen(file: BinaryIO, jobs: queue.Queue) -> None:
    try:
        while True:
            jobs.put(receive(file, Job))
    except (EOFError, OSError, ValueError):
        os._exit(0)


def _limit_memory(memory: int) -> None:
    """Let an allocation far beyond `memory` fail at once; `guard` sees to the rest.

    The limit is on addresses, of which a process holds far more than memory from the start.
    Where there is none to be had (Windows, macOS), `guard` is alone.
    """
    try:
        import resource

        pages = Path("/proc/self/statm").read_text(encoding="ascii").split()
    except (ImportError, OSError):
        return
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    soft = int(pages[0]) * resource.getpagesize() + memory
    # A container may allow less than we do; nobody can allow more than it does.
    soft = soft if hard == resource.RLIM_INFINITY else min(soft, hard)
    resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


if __name__ == "__main__":
    main()
