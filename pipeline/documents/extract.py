"""A file → its blocks. Its content, not its name, says what kind of file it is."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import PurePath

from pipeline.base.characters import clean_text
from pipeline.base.errors import ExtractionError
from pipeline.base.records import Block, Page
from pipeline.base.settings import DEFAULT_LIMITS, Limits, PdfReader
from pipeline.paragraphs.furniture import strip_furniture
from pipeline.paragraphs.segment_pages import segment_pages
from pipeline.reading import read_pdf, read_pdfium
from pipeline.reading.formats import (
    decode_text,
    detect_format,
)
from pipeline.reading.ocr import recognise_text
from pipeline.reading.read_docx import read_docx
from pipeline.reading.read_html import read_html
from pipeline.reading.read_text import read_text

# A page with fewer characters than this has a stamp or a page number at most; a PDF that averages
# fewer is a scan.
MIN_LETTERS_PER_PAGE = 20

# A report has few blank pages; this many without text are pictures of text.
MIN_PAGES_WITHOUT_TEXT = 3


@dataclass(frozen=True, slots=True)
class Extract:
    """What a file holds: its blocks, its furniture, its identity and its length.

    `n_pages` is None if the format has no pages; `pages_without_text` are the numbers of those
    that hold only pictures, or nothing.
    """

    sha256: str
    blocks: tuple[Block, ...]
    furniture: tuple[str, ...]
    n_pages: int | None
    pages_without_text: tuple[int, ...] = ()


def extract_bytes(
    data: bytes,
    path: PurePath,
    limits: Limits = DEFAULT_LIMITS,
    reader: PdfReader = PdfReader.pdfminer,
    ocr: bool = False,
) -> Extract:
    """What the content of a file holds; of `path` only the ending matters.

    `reader` is what PDFs are read with. With `ocr`, text is recognised in PDFs that have pages of
    pictures. Raises `ExtractionError` saying what the file is and what to do.
    """
    kind = detect_format(data, path, limits)
    if kind == "pdf":
        content = _extract_pdf(data, limits, reader, ocr)
    else:
        content = _EXTRACTORS[kind](data, limits)
    blocks = [replace(block, text=clean_text(block.text)) for block in content.blocks]
    if not any(block.text for block in blocks):
        raise ExtractionError(
            "No text was found in the file.", "Open it and check that it has text."
        )
    return Extract(
        sha256=hashlib.sha256(data).hexdigest(),
        blocks=tuple(block for block in blocks if block.text),
        furniture=tuple(clean_text(text) for text in content.furniture),
        n_pages=content.n_pages,
        pages_without_text=content.pages_without_text,
    )


def name_pages(numbers: Sequence[int]) -> str:
    """Page numbers as people write them; "" if so few that the pages may well be blank.

    >>> name_pages((2, 3, 4, 9))
    '2-4, 9'
    """
    if len(numbers) < MIN_PAGES_WITHOUT_TEXT:
        return ""
    ranges: list[list[int]] = []
    for number in numbers:
        if ranges and number == ranges[-1][-1] + 1:
            ranges[-1] = [ranges[-1][0], number]
        else:
            ranges.append([number])
    return ", ".join("-".join(map(str, ends)) for ends in ranges)


@dataclass(frozen=True, slots=True)
class _Content:
    """What a reader finds in a file."""

    blocks: list[Block]
    furniture: Sequence[str] = ()
    n_pages: int | None = None
    pages_without_text: tuple[int, ...] = ()


def _extract_pdf(data: bytes, limits: Limits, reader: PdfReader, ocr: bool) -> _Content:
    pages, furniture = _read_pdf(data, limits, reader)
    if ocr and (_is_scan(pages) or len(_without_text(pages)) >= MIN_PAGES_WITHOUT_TEXT):
        try:
            data = recognise_text(data)
        except ExtractionError:
            if _is_scan(pages):
                raise
        else:
            pages, furniture = _read_pdf(data, limits, reader)
    if _is_scan(pages):
        raise ExtractionError(
            f"The {len(pages)} pages of the PDF hold pictures and no text.",
            "Run again with --ocr (text recognition), or make a PDF with text: "
            "`ocrmypdf in.pdf out.pdf`.",
        )
    return _Content(segment_pages(pages), furniture, len(pages), _without_text(pages))


def _read_pdf(data: bytes, limits: Limits, reader: PdfReader) -> tuple[list[Page], Sequence[str]]:
    return strip_furniture(list(_PAGES[reader](data, limits.pages)))


def _is_scan(pages: Sequence[Page]) -> bool:
    return sum(map(_n_letters, pages)) < MIN_LETTERS_PER_PAGE * max(1, len(pages))


def _without_text(pages: Sequence[Page]) -> tuple[int, ...]:
    return tuple(page.number for page in pages if _n_letters(page) < MIN_LETTERS_PER_PAGE)


def _n_letters(page: Page) -> int:
    return sum(len(line.text) for line in page.lines)


def _extract_docx(data: bytes, limits: Limits) -> _Content:
    return _Content(read_docx(io.BytesIO(data)))


def _extract_html(data: bytes, limits: Limits) -> _Content:
    return _Content(read_html(decode_text(data, limits)))


def _extract_text(data: bytes, limits: Limits) -> _Content:
    return _Content(read_text(decode_text(data, limits)))


_PAGES = {PdfReader.pdfminer: read_pdf.read_pages, PdfReader.pdfium: read_pdfium.read_pages}
_EXTRACTORS = {
    "docx": _extract_docx,
    "html": _extract_html,
    "text": _extract_text,
}
