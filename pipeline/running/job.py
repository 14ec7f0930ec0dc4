"""A job (one document) and its answer: what goes to the worker process and what comes back.

Readings and tags are sent and stored as Parquet, so reading them back cannot run code.
"""

from __future__ import annotations

import datetime
import io
import json
import struct
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, fields
from typing import BinaryIO, TypeVar

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.base.columns import DATE_COLUMNS, PARAGRAPHS
from pipeline.base.errors import PipelineError
from pipeline.base.records import is_substantive
from pipeline.base.settings import DEFAULT_LIMITS, Limits, PdfReader
from pipeline.base.tables import schema_of
from pipeline.running.cache import key_of

# Keys of the metadata in a reading's Parquet file: all but its paragraphs.
DOCUMENT, FAILURE, GAPS, PASSAGES = b"document", b"failure", b"gaps", b"passages"
MAX_TOLD = 500  # characters of a library's own message


@dataclass(frozen=True)
class Keys:
    """Where the results of a job go: to an object store, by whoever has the job done.

    `store` is its address. `reading` is the key of the reading, empty if that is not kept;
    `is_read` says that it is there already. `tags` is what the key of the tags depends on besides
    the passages, empty if no tags are wanted.
    """

    store: str
    reading: str = ""
    is_read: bool = False
    tags: tuple[str, ...] = ()

    def of_tags(self, passages: str) -> str:
        """The key of the tags of a reading."""
        return key_of_tags(passages, self.tags)


def key_of_tags(passages: str, others: tuple[str, ...]) -> str:
    """The key of the tags of some passages; `others` is what else they depend on."""
    return key_of("tags", passages, *others)


@dataclass(frozen=True)
class Job:
    """A document to read, or the `reading` of one to tag.

    `sha256` is that of the file at `path` when it was listed; `data` is its content, if sent with
    the job. `model` is the folder of a model, empty if no tags are wanted. With `marks`, a table
    of the sentences to mark, the document is marked instead. `keys` says where the results go, if
    they are kept before the answer comes; `keep` does that, and the worker process knows nothing
    of it.
    """

    source_file: str
    path: str = ""
    sha256: str = ""
    limits: Limits = DEFAULT_LIMITS
    more_authorities: str = ""
    reader: PdfReader = PdfReader.pdfminer
    ocr: bool = False
    model: str = ""
    data: bytes = b""
    reading: bytes = b""
    marks: bytes = b""
    keys: Keys | None = None


@dataclass(frozen=True)
class Begun:
    """Says that the process has loaded what the job needs: from here on the limits count."""

    source_file: str


@dataclass(frozen=True)
class Answer:
    """The result of a job: Parquet files, or the `trouble` that prevented them.

    `trouble` is one of `failures.TROUBLES`, or model; `detail` says more. Of a document that was
    marked, `copy` is the marked PDF, `places` the table, and `detail` how many sentences were not
    found, if any. `kept` says that reading and tags are in the store; then `reading` has no
    paragraphs, and `tags` is empty.
    """

    source_file: str
    reading: bytes = b""
    tags: bytes = b""
    copy: bytes = b""
    places: bytes = b""
    trouble: str = ""
    detail: str = ""
    kept: bool = False


@dataclass(frozen=True)
class Reading:
    """A document's row and paragraphs, or why it cannot be read.

    `document` is its row ({} if reading failed). `gaps` are what in it was not read, each with a
    reason and what to do, as `failure` has them. `passages` is a key made from what the model
    reads of it, so that the same passages are tagged only once.
    """

    paragraphs: pa.Table
    document: dict = field(default_factory=dict)
    failure: dict[str, str] = field(default_factory=dict)
    gaps: list[dict[str, str]] = field(default_factory=list)
    passages: str = ""


def reading_of(
    document: dict, paragraphs: pa.Table, gaps: Iterable[PipelineError] = ()
) -> Reading:
    """The reading of a document whose row, paragraphs and gaps are known."""
    columns = ("paragraph_id", "text", "heading", "lead_in", "kind", "boilerplate")
    rows = zip(*(paragraphs[name].to_pylist() for name in columns), strict=True)
    counted = [passage for *passage, kind, plate in rows if is_substantive(kind, plate)]
    return Reading(paragraphs, document, gaps=list(map(_told, gaps)), passages=key_of(counted))


def failed_reading(error: PipelineError) -> Reading:
    """The reading of a document that would fail again however often it was tried."""
    return Reading(schema_of(PARAGRAPHS).empty_table(), failure=_told(error))


def _told(error: PipelineError) -> dict[str, str]:
    return {"reason": printable(str(error)), "what_to_do": error.hint}


def printable(text: str) -> str:
    """The text, shortened and safe to write: libraries quote bytes that are not characters."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")[:MAX_TOLD]


def pack_reading(reading: Reading) -> bytes:
    """The Parquet file of a reading."""
    if reading.failure:
        told: dict[bytes, str] = {FAILURE: json.dumps(reading.failure)}
    else:
        document = json.dumps(reading.document, default=datetime.date.isoformat)
        told = {DOCUMENT: document, GAPS: json.dumps(reading.gaps), PASSAGES: reading.passages}
    return pack_table(reading.paragraphs.replace_schema_metadata(told))


def unpack_reading(data: bytes, *, with_paragraphs: bool = True) -> Reading:
    """What `pack_reading` packed, with or without its paragraphs."""
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
    gaps = json.loads(told[GAPS])
    return Reading(paragraphs, document, gaps=gaps, passages=told[PASSAGES].decode())


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
    """Write a message: bytes as they are and the rest as JSON, so nothing in it can run code."""
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
    """Read the next message.

    Raises `EOFError` at the end of the file, and `ValueError` if it is not one of `kinds`.
    """
    name, told = json.loads(_take(file))
    kind = next((kind for kind in kinds if kind.__name__ == name), None)
    if kind is None:
        raise ValueError(f"{name} is not an expected message")
    for own in fields(kind):
        if own.type == "bytes":
            told[own.name] = _take(file)
    if "limits" in told:
        told |= {"limits": Limits(**told["limits"]), "reader": PdfReader(told["reader"])}
    return kind(**told)


def _take(file: BinaryIO) -> bytes:
    size = file.read(8)
    if len(size) < 8:
        raise EOFError
    (length,) = struct.unpack("<Q", size)
    data = file.read(length)
    if len(data) < length:
        raise EOFError
    return data
