"""A file → its blocks. What kind of file it is, its content says, not its name."""

from __future__ import annotations

import codecs
import hashlib
import io
import re
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePath

from pipeline import read_pdf, read_pdfium
from pipeline.clean import clean_text, drop_invisible
from pipeline.errors import ExtractionError
from pipeline.furniture import strip_furniture
from pipeline.read_docx import read_docx
from pipeline.read_html import read_html
from pipeline.recognise import recognise_text
from pipeline.records import Block, Page
from pipeline.segment_pages import segment_pages
from pipeline.segment_text import segment_text

# A PDF with fewer letters a page than this is a scan with at most a stamp on it.
MIN_LETTERS_PER_PAGE = 20

# Blank pages are few in a report; so many without text are pictures of text.
MIN_PAGES_WITHOUT_TEXT = 3

# First bytes of the files that are handed in as reports and are none.
SIGNATURES = {
    b"\xff\xd8\xff": "a JPEG picture",
    b"\x89PNG": "a PNG picture",
    b"GIF8": "a GIF picture",
    b"II*\x00": "a TIFF picture",
    b"MM\x00*": "a TIFF picture",
    b"\xd0\xcf\x11\xe0": "a Word or Excel document in the format of before 2007",
    b"{\\rtf": "an RTF document",
    b"Rar!": "a RAR archive",
    b"7z\xbc\xaf": "a 7z archive",
    b"\x1f\x8b": "a gzip archive",
}
# Possessive: a thousand comments could else be told apart in endless ways.
_PROLOGUE = r"\s*+(?:<!--.*?-->\s*+|<\?xml\b.*?\?>\s*+)*+"
HTML_START = re.compile(rf"{_PROLOGUE}<(?:!doctype\s+html|html|head|body)\b", re.I | re.S)
# Part of a web page, as a copy of its source or an export gives it. Markdown may begin with an
# element too, but does not end with one.
HTML_FRAGMENT = re.compile(
    rf"{_PROLOGUE}<(?:article|blockquote|center|div|dl|font|form|h[1-6]|header|main|meta|nav|ol|p"
    r"|script|section|span|style|table|title|ul)\b[^<>]*>",
    re.I | re.S,
)
HTML_END = re.compile(r"</[a-z]+[1-6]?>\s*(?:<!--[^<>]*-->\s*)*\Z", re.I)
# Comments and declarations in front of the first element are read so far.
MAX_PROLOGUE = 20_000


@dataclass(frozen=True, slots=True)
class Limits:
    """What one document may cost before it is given up: a user can set each.

    `seconds` of processor time, `memory` in bytes of its process, `pages`, and the bytes of the
    file and, once it is unpacked, of its text. No report of the corpus comes near any of them.
    """

    seconds: int = 60
    memory: int = 1_500_000_000
    pages: int = 2_000
    file_bytes: int = 200_000_000
    text_bytes: int = 20_000_000


LIMITS = Limits()
# What PDFs can be read with; the first is the default.
READERS = ("pdfminer", "pdfium")


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


def extract_document(path: Path, limits: Limits = LIMITS) -> Extract:
    """Read one document. Raises `ExtractionError` saying what the file is and what to do."""
    return extract_bytes(read_bytes(path, limits), path, limits)


def read_bytes(path: Path, limits: Limits) -> bytes:
    """The content of a file; raises `ExtractionError` where there is none or too much of it."""
    with path.open("rb") as file:
        data = file.read(limits.file_bytes + 1)
    if not data:
        raise ExtractionError("The file is empty.", "Download it again.")
    if len(data) > limits.file_bytes:
        raise ExtractionError(
            f"The file has more than {limits.file_bytes / 1e6:.0f} MB.",
            "Split it, compress its pictures, or allow more (--megabytes).",
        )
    return data


def extract_bytes(
    data: bytes,
    path: PurePath,
    limits: Limits = LIMITS,
    reader: str = READERS[0],
    ocr: bool = False,
) -> Extract:
    """The same for a content that is at hand; of `path` only the ending is looked at.

    `reader` is one of `READERS`: what PDFs are read with. With `ocr` the text of PDFs that hold
    only pictures is recognised.
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


def detect_format(data: bytes, path: PurePath, limits: Limits = LIMITS) -> str:
    """One of pdf, docx, html, text. Raises `ExtractionError` for everything else.

    `path` is looked at for two things only: a web page under the name of a PDF is a download that
    went wrong, not a report; and text with elements under the name of a web page is one.
    """
    if b"%PDF-" in data[:1024]:
        return "pdf"
    for signature, what in SIGNATURES.items():
        if data.startswith(signature):
            raise ExtractionError(
                f"The file is {what}, whatever its name says.",
                "Save the report as PDF, DOCX or text and put it here instead.",
            )
    if data.startswith(b"PK"):
        return _detect_zip(data)
    text = decode_text(data, limits)
    if _is_html(text, path):
        if path.suffix.lower() in (".pdf", ".docx", ".doc"):
            raise ExtractionError(
                f"The file is a web page saved under the name of a {path.suffix[1:].upper()}.",
                "Open the address it came from, download the report itself, and replace the file.",
            )
        return "html"
    return "text"


def _is_html(text: str, path: PurePath) -> bool:
    start = text[:MAX_PROLOGUE]
    if HTML_START.match(start):
        return True
    named_so = path.suffix.lower() in (".html", ".htm", ".xhtml")
    if named_so and re.search(r"</[a-z]", text, re.I):
        return True
    return bool(HTML_FRAGMENT.match(start) and HTML_END.search(text[-MAX_PROLOGUE:]))


def _detect_zip(data: bytes) -> str:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = archive.namelist()
    except zipfile.BadZipFile as error:
        raise ExtractionError(
            "The file is a damaged zip archive.", "Download it again."
        ) from error
    if "word/document.xml" in names:
        return "docx"
    what = (
        "an Excel workbook"
        if "xl/workbook.xml" in names
        else ("a PowerPoint presentation" if "ppt/presentation.xml" in names else "a zip archive")
    )
    raise ExtractionError(
        f"The file is {what}, which is not read.", "Save the report as PDF, DOCX or text."
    )


def decode_text(data: bytes, limits: Limits = LIMITS) -> str:
    """The text of a file, from UTF-8, UTF-16 or Windows-1252.

    Control characters other than line and page breaks are dropped. Raises `ExtractionError`
    when the bytes are no text.
    """
    if len(data) > limits.text_bytes:
        raise ExtractionError(
            f"The text has {len(data) / 1e6:.0f} MB, over {limits.text_bytes / 1e6:.0f} MB.",
            "Split it into its documents.",
        )
    if encoding := _utf16_of(data):
        text = data.decode(encoding, errors="replace")
    else:
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = data.decode("cp1252", errors="replace")
    controls = sum(text.count(chr(code)) for code in range(32) if code not in (9, 10, 12, 13))
    if controls > 0.01 * len(text) + 5:
        raise ExtractionError(
            "The file is neither PDF, DOCX, HTML nor text.",
            "Save the report in one of these formats.",
        )
    return drop_invisible(text)


def _utf16_of(data: bytes) -> str:
    """The name of the UTF-16 a file is in, by its mark or by its zero bytes; '' for others."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    even, odd = data[0:1000:2], data[1:1000:2]
    # In English text every second byte is zero; a few stray zeros are in other files too.
    if odd.count(0) > 0.8 * len(odd) and even.count(0) < 0.1 * len(even):
        return "utf-16-le"
    if even.count(0) > 0.8 * len(even) and odd.count(0) < 0.1 * len(odd):
        return "utf-16-be"
    return ""


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
    return _Content(segment_text(decode_text(data, limits)))


_PAGES = {"pdfminer": read_pdf.read_pages, "pdfium": read_pdfium.read_pages}
_EXTRACTORS = {
    "docx": _extract_docx,
    "html": _extract_html,
    "text": _extract_text,
}
