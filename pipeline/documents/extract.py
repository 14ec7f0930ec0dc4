"""A file → its blocks. What kind of file it is, its content says, not its name."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import PurePath

from pipeline.base.characters import clean_text
from pipeline.base.errors import ExtractionError
from pipeline.base.records import Block, Page
from pipeline.base.settings import DEFAULT_LIMITS, PDF_READERS, Limits
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

# A PDF with fewer letters a page than this is a scan with at most a stamp on it.
MIN_LETTERS_PER_PAGE = 20

# Blank pages are few in a report; so many without text are pictures of text.
MIN_PAGES_WITHOUT_TEXT = 3


@dataclass(frozen=True, slots=True)
class Extract:
    """What a file holds: its blocks, its running headers and footers, its identity and length.

    `n_pages` is None where the format has no pages; `pages_without_text` are the numbers of those
    that hold pictures, or nothing.
    """

    sha256: str
    format: str
    blocks: tuple[Block, ...]
    furniture: tuple[str, ...]
    n_pages: int | None
    pages_without_text: tuple[int, ...] = ()


def extract_bytes(
    data: bytes,
    path: PurePath,
    limits: Limits = DEFAULT_LIMITS,
    reader: str = PDF_READERS[0],
    ocr: bool = False,
) -> Extract:
    """What the content of a file holds; of `path` only the ending is looked at.

    `reader` is one of `PDF_READERS`. With `ocr` the text of PDFs that hold only pictures is
    recognised. Raises `ExtractionError` saying what the file is and what to do.
    """
    kind = detect_format(data, path, limits)
    if kind == "pdf":
        content = _extract_pdf(data, limits, reader, ocr)
    else:
        content = _EXTRACTORS[kind](data, limits)
    blocks = [replace(block, text=clean_text(block.text)) for block in content.blocks]
    if not any(block.text for block in blocks):
        raise ExtractionError(
            "No text was found in the file.", "Check that it opens and has text."
        )
    return Extract(
        sha256=hashlib.sha256(data).hexdigest(),
        format=kind,
        blocks=tuple(block for block in blocks if block.text),
        furniture=tuple(clean_text(text) for text in content.furniture),
        n_pages=content.n_pages,
        pages_without_text=content.pages_without_text,
    )


def missing_text(pages: str) -> ExtractionError:
    """What to tell of a document that was read, but whose `pages` (see `name_pages`) hold no text.

    It is made to be listed among the failures, not to be raised: the rest of the text counts.
    """
    return ExtractionError(
        f"Pages {pages} hold no text, most likely pictures of it. The other pages are read and "
        "counted.",
        "Run again with --ocr, or make a PDF with text: `ocrmypdf --skip-text in.pdf out.pdf`.",
    )


def name_pages(numbers: Sequence[int]) -> str:
    """The numbers of pages as people write them; "" for so few that they may well be blank.

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


def _extract_pdf(data: bytes, limits: Limits, reader: str, ocr: bool) -> _Content:
    pages, furniture = strip_furniture(list(_PAGES[reader](data, limits.pages)))
    empty = _without_text(pages)
    if ocr and (_is_scan(pages) or len(empty) >= MIN_PAGES_WITHOUT_TEXT):
        try:
            data = recognise_text(data)
        except ExtractionError:
            if _is_scan(pages):
                raise
        else:
            pages, furniture = strip_furniture(list(_PAGES[reader](data, limits.pages)))
            empty = _without_text(pages)
    if _is_scan(pages):
        raise ExtractionError(
            f"The {len(pages)} pages of the PDF hold pictures and no text.",
            "It needs text recognition (OCR): run again with --ocr, or make a PDF with text by "
            "`ocrmypdf in.pdf out.pdf`.",
        )
    return _Content(segment_pages(pages), furniture, len(pages), empty)


def _is_scan(pages: Sequence[Page]) -> bool:
    return sum(map(_n_letters, pages)) < MIN_LETTERS_PER_PAGE * max(1, len(pages))


def _without_text(pages: Sequence[Page]) -> tuple[int, ...]:
    return tuple(page.number for page in pages if _n_letters(page) < MIN_LETTERS_PER_PAGE)


def _n_letters(page: Page) -> int:
    # A stamp or a page number alone is not the text of a page.
    return sum(len(line.text) for line in page.lines)


def _extract_docx(data: bytes, limits: Limits) -> _Content:
    return _Content(read_docx(io.BytesIO(data)))


def _extract_html(data: bytes, limits: Limits) -> _Content:
    return _Content(read_html(decode_text(data, limits)))


def _extract_text(data: bytes, limits: Limits) -> _Content:
    return _Content(read_text(decode_text(data, limits)))


_PAGES = {"pdfminer": read_pdf.read_pages, "pdfium": read_pdfium.read_pages}
_EXTRACTORS = {
    "docx": _extract_docx,
    "html": _extract_html,
    "text": _extract_text,
}
