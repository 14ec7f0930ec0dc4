"""A job (one document) and its answer: what goes to the process that reads it and comes back.

A reading and its tags travel, and are kept, as Parquet: nothing that is read back can run code.
"""

from __future__ import annotations

import datetime
import io
import json
import struct
from dataclasses import asdict, dataclass, field, fields
from typing import BinaryIO, TypeVar

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.base.columns import DATE_COLUMNS, PARAGRAPHS
from pipeline.base.errors import PipelineError
from pipeline.base.records import is_substantive
from pipeline.base.settings import DEFAULT_LIMITS, PDF_READERS, Limits
from pipeline.base.tables import schema_of
from pipeline.running.cache import key_of

# What a reading says besides its paragraphs, in the metadata of its Parquet file.
DOCUMENT, FAILURE, PASSAGES = b"document", b"failure", b"passages"
MAX_TOLD = 500  # characters of a library's own message


@dataclass(frozen=True)
class Job:
    """A document to be read, or one that was read before (`reading`) and is to be tagged.

    `sha256` is what the file at `path` had when it was listed; `data` is its content, if it was
    sent along. `model` is the folder of a model, empty if no tags are wanted.
    """

    source_file: str
    path: str = ""
    sha256: str = ""
    limits: Limits = DEFAULT_LIMITS
    more_authorities: str = ""
    reader: str = PDF_READERS[0]
    ocr: bool = False
    model: str = ""
    data: bytes = b""
    reading: bytes = b""


@dataclass(frozen=True)
class Begun:
    """A process has loaded what the job needs: what it costs from here on is the document's."""

    source_file: str


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
    """A document as it was read, or why it cannot be.

    `document` is its row ({} where it failed); `passages` is a key for what the model reads of
    it, so that the same passages are tagged once.
    """

    paragraphs: pa.Table
    document: dict = field(default_factory=dict)
    failure: dict[str, str] = field(default_factory=dict)
    passages: str = ""


def reading_of(document: dict, paragraphs: pa.Table) -> Reading:
    """The reading of a document whose row and paragraphs are known."""
    columns = ("paragraph_id", "text", "heading", "lead_in", "kind", "boilerplate")
    rows = zip(*(paragraphs[name].to_pylist() for name in columns), strict=True)
    counted = [passage for *passage, kind, plate in rows if is_substantive(kind, plate)]
    return Reading(paragraphs, document, passages=key_of(counted))


def failed_reading(error: PipelineError) -> Reading:
    """The reading of a document that cannot be read, however often one tries."""
    failure = {"reason": printable(str(error)), "what_to_do": error.hint}
    return Reading(schema_of(PARAGRAPHS).empty_table(), failure=failure)


def printable(text: str) -> str:
    """Libraries quote the bytes they choke on: half of a character cannot be written."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")[:MAX_TOLD]


def pack_reading(reading: Reading) -> bytes:
    """The Parquet file of a reading."""
    if reading.failure:
        told: dict[bytes, str] = {FAILURE: json.dumps(reading.failure)}
    else:
        document = json.dumps(reading.document, default=datetime.date.isoformat)
        told = {DOCUMENT: document, PASSAGES: reading.passages}
    return pack_table(reading.paragraphs.replace_schema_metadata(told))


def unpack_reading(data: bytes, *, with_paragraphs: bool = True) -> Reading:
    """What `pack_reading` packed; without its paragraphs where only the rest is asked for."""
    if with_paragraphs:
        paragraphs = unpack_table(data)
    else:
        paragraphs = pq.read_schema(io.BytesIO(data)).empty_table()
    told = paragraphs.schema.metadata
    if FAILURE in told:
        return Reading(paragraphs, failure=json.loads(told[FAILURE]))
    document = json.loads(told[DOCUMENT])
    for name in DATE_COLUMNS:
        if document.get(name):
            document[name] = datetime.date.fromisoformat(document[name])
    return Reading(paragraphs, document, passages=told[PASSAGES].decode())


def pack_table(table: pa.Table) -> bytes:
    """A table as a Parquet file."""
    file = io.BytesIO()
    pq.write_table(table, file, compression="zstd")
    return file.getvalue()


def unpack_table(data: bytes) -> pa.Table:
    """The table of a Parquet file."""
    return pq.read_table(io.BytesIO(data))


# --- over a pipe ----------------------------------------------------------------------------

Message = TypeVar("Message", bound="Job | Begun | Answer")


def send(file: BinaryIO, message: Job | Begun | Answer) -> None:
    """Write a message; what is not bytes goes as JSON, so that nothing can run code."""
    told: dict[str, object] = {}
    parts: list[bytes] = []
    for name, value in asdict(message).items():
        if isinstance(value, bytes):
            told[name] = None
            parts.append(value)
        else:
            told[name] = value
    for part in (json.dumps([type(message).__name__, told]).encode(), *parts):
        file.write(struct.pack("<Q", len(part)) + part)
    file.flush()


def receive(file: BinaryIO, *kinds: type[Message]) -> Message:
    """Read the next message, which is one of `kinds`.

    Raises `EOFError` at the end of the file and `ValueError` for a message of another kind.
    """
    name, told = json.loads(_take(file))
    kind = next((kind for kind in kinds if kind.__name__ == name), None)
    if kind is None:
        raise ValueError(f"a message {name} was not expected")
    for own in fields(kind):
        if told[own.name] is None:
            told[own.name] = _take(file)
    if "limits" in told:
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
