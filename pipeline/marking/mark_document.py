"""A PDF and the sentences that carry its themes → where they are printed, and a marked copy."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import groupby
from pathlib import PurePosixPath

import pyarrow as pa

from pipeline.base.columns import PLACES
from pipeline.base.errors import DamagedError, ExtractionError
from pipeline.base.records import Block
from pipeline.base.settings import Limits, PdfReader
from pipeline.base.tables import schema_of
from pipeline.documents.extract import PACKAGE_OF, extract_bytes
from pipeline.marking.locate import Printed, Rectangle
from pipeline.marking.write_marks import Highlight, write_marks


@dataclass(frozen=True, slots=True)
class Marked:
    """A marked copy (empty if nothing was found), the table `places`, and how many sentences of
    the document were not found."""

    copy: bytes
    places: pa.Table
    n_missing: int


def mark_document(
    data: bytes,
    source_file: str,
    marks: pa.Table,
    limits: Limits,
    reader: PdfReader,
    ocr: bool = False,
) -> Marked:
    """Find each sentence of `marks` (columns `MARKS`) on its pages and highlight it in a copy.

    `reader` and `ocr` are those with which the document was read; if a paragraph is not found with
    them, the other reader is tried. Raises `ExtractionError` if the PDF cannot be read or copied.
    """
    rows = marks.to_pylist()
    texts = {row["position"]: row["text"] for row in rows}
    found: dict[int, Printed] = {}
    for blocks in _readings(data, source_file, limits, reader, ocr):
        found |= _find_paragraphs(
            {at: text for at, text in texts.items() if at not in found}, blocks
        )
        if len(found) == len(texts):
            break
    places: list[dict] = []
    highlights: list[Highlight] = []
    n_missing = 0
    for sentence, themes in groupby(rows, key=_sentence):
        own = list(themes)
        printed, (*_, start, end) = found.get(own[0]["position"]), sentence
        boxes = printed.find(own[0]["text"], start, end) if printed else []
        if not boxes:
            n_missing += 1
            continue
        for box in boxes:
            places.append(dict(zip(PLACES, (*sentence, *box), strict=True)))
        highlights += _highlights(boxes, own)
    copy = b""
    if highlights:
        copy, repaired = write_marks(data, highlights)
        if repaired and not _says_the_same(copy, data, source_file, limits, reader):
            raise DamagedError(
                "The PDF is damaged, and a repaired copy of it lacks some of its text.",
                "Print it to a new PDF.",
            )
    return Marked(copy, pa.Table.from_pylist(places, schema=schema_of(PLACES)), n_missing)


def _sentence(row: dict) -> tuple[str, str, int, int]:
    return row["paragraph_id"], row["doc_id"], row["carries_from"], row["carries_to"]


def _readings(
    data: bytes, source_file: str, limits: Limits, reader: PdfReader, ocr: bool
) -> Iterator[tuple[Block, ...]]:
    """The blocks of a PDF as one reader, then as the other sees them, if that is installed."""
    name = PurePosixPath(source_file)
    yield extract_bytes(data, name, limits, reader, ocr, letters=True).blocks
    for other in PdfReader:
        if other != reader and find_spec(PACKAGE_OF[other]) is not None:
            try:
                yield extract_bytes(data, name, limits, other, ocr, letters=True).blocks
            except ExtractionError:
                continue


def _says_the_same(
    copy: bytes, data: bytes, source_file: str, limits: Limits, reader: PdfReader
) -> bool:
    name = PurePosixPath(source_file)
    said = [
        [block.text for block in extract_bytes(content, name, limits, reader).blocks]
        for content in (copy, data)
    ]
    return said[0] == said[1]


def _find_paragraphs(texts: dict[int, str], blocks: tuple[Block, ...]) -> dict[int, Printed]:
    """The print of paragraphs, whose texts are given by position: of the block at that position.

    If that has another text, a block elsewhere will do if it alone has the text.
    """
    same: dict[str, list[Block]] = {}
    for block in blocks:
        same.setdefault(block.text, []).append(block)
    found = {}
    for position, text in texts.items():
        own = blocks[position : position + 1]
        if not own or own[0].text != text:
            own = tuple(same.get(text, ()))
        if len(own) == 1 and own[0].printed:
            found[position] = Printed(own[0].printed)
    return found


def _highlights(boxes: list[Rectangle], themes: list[dict]) -> Iterator[Highlight]:
    """A highlight for each theme on each page, the themes side by side."""
    for page, own in groupby(boxes, key=lambda box: box.page):
        there = tuple(own)
        for stripe, row in enumerate(themes):
            stance = f"{row['stance']}, " if row["stance"] else ""
            yield Highlight(
                name=f"{row['paragraph_id']} {row['theme']} {page}",
                rectangles=there,
                colour=row["colour"],
                note=f"{row['theme']}: {stance}probability {row['probability']:.2f}",
                stripe=stripe,
                of=len(themes),
            )
