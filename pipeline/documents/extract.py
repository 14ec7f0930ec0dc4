"""A file → its blocks. Its content, not its name, says what kind of file it is."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import PurePath

from pipeline.base.characters import clean_text
from pipeline.base.counted import counted
from pipeline.base.encodings import decode_text
from pipeline.base.errors import DamagedError, ExtractionError, RecognitionError
from pipeline.base.records import Block, Page
from pipeline.base.settings import DEFAULT_LIMITS, Limits, PdfReader
from pipeline.paragraphs.furniture import strip_furniture
from pipeline.paragraphs.segment_pages import segment_pages
from pipeline.reading import read_pdf, read_pdfium
from pipeline.reading.form_fields import typed_texts
from pipeline.reading.formats import detect_format
from pipeline.reading.ocr import recognise_text
from pipeline.reading.pictures import pages_of_pictures, pages_with_pictures
from pipeline.reading.read_docx import read_docx, read_docx_furniture
from pipeline.reading.read_html import read_html, read_html_furniture
from pipeline.reading.read_text import read_text

# A page with fewer characters than this and a picture is a scan with a stamp or a page number.
MIN_LETTERS_PER_PAGE = 20

# A report has few blank pages; this many without text are pictures of text, however it was drawn.
MIN_PAGES_WITHOUT_TEXT = 3
# What has fewer pages is a paper or a letter, and has no covers.
MIN_PAGES_WITH_COVERS = 6

# Fewer words in the field of a form are a name, a title or a date, and no finding.
MIN_WORDS_IN_FIELD = 8


@dataclass(frozen=True, slots=True)
class Extract:
    """What a file holds: its blocks, its furniture, its identity and its length.

    `n_pages` is None if the format has no pages; `pages_without_text` are the numbers of those
    that are pictures of text, as far as can be told: not of one or two that are blank. `gaps` say
    what else the file holds, why it was not read and what to do.
    """

    sha256: str
    blocks: tuple[Block, ...]
    furniture: tuple[str, ...]
    n_pages: int | None
    pages_without_text: tuple[int, ...] = ()
    gaps: tuple[ExtractionError, ...] = ()


def extract_bytes(
    data: bytes,
    path: PurePath,
    limits: Limits = DEFAULT_LIMITS,
    reader: PdfReader = PdfReader.pdfminer,
    ocr: bool = False,
    letters: bool = False,
) -> Extract:
    """What the content of a file holds; of `path` only the ending matters.

    `reader` is what PDFs are read with. With `ocr`, text is recognised in PDFs that have pages of
    pictures; with `letters`, the blocks of a PDF have theirs. Raises `ExtractionError` saying what
    the file is and what to do.
    """
    kind = detect_format(data, path, limits)
    if kind == "pdf":
        content = _extract_pdf(data, limits, reader, ocr, letters)
    else:
        content = _EXTRACTORS[kind](data, limits)
    blocks = [_cleaned(block) for block in content.blocks]
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
        gaps=content.gaps,
    )


def _cleaned(block: Block) -> Block:
    text = clean_text(block.text)
    turns = tuple((len(text) - len(clean_text(block.text[at:])), page) for at, page in block.turns)
    return replace(block, text=text, turns=turns)


def name_pages(numbers: Sequence[int]) -> str:
    """Page numbers as people write them.

    >>> name_pages((2, 3, 4, 9))
    '2-4, 9'
    """
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
    gaps: tuple[ExtractionError, ...] = ()


def _extract_pdf(
    data: bytes, limits: Limits, reader: PdfReader, ocr: bool, letters: bool
) -> _Content:
    read = _read_pdf(data, limits, reader, letters)
    scans = _scans(read, data)
    unrecognised: ExtractionError | None = None
    if ocr and (read.is_scan or scans):
        try:
            data = recognise_text(data)
        except RecognitionError:
            # It may be the machine's doing (a full disk), and half a report would be kept.
            raise
        except ExtractionError as error:
            if read.is_scan:
                raise
            unrecognised = error
        else:
            read = _read_pdf(data, limits, reader, letters)
            scans = _scans(read, data)
    if read.is_scan:
        raise ExtractionError(
            f"The {len(read.pages)} pages of the PDF hold pictures and no text.",
            "Run again with --ocr (text recognition), or make a PDF with text: "
            "`ocrmypdf in.pdf out.pdf`.",
        )
    gaps = [_gap_of_pages(scans, ocr, unrecognised)] if scans else []
    if n_fields := _n_unread_fields(read.pages, data):
        gaps.append(_gap_of_fields(n_fields))
    return _Content(segment_pages(read.pages), read.furniture, len(read.pages), scans, tuple(gaps))


@dataclass(frozen=True, slots=True)
class _ReadPdf:
    """What a PDF library finds: pages, furniture, and the numbers of the pages without text."""

    pages: list[Page]
    furniture: Sequence[str]
    without_text: tuple[int, ...]

    @property
    def is_scan(self) -> bool:
        letters = sum(map(_n_letters, self.pages))
        return bool(self.without_text) and letters < MIN_LETTERS_PER_PAGE * len(self.pages)


def _read_pdf(data: bytes, limits: Limits, reader: PdfReader, letters: bool) -> _ReadPdf:
    """What the reader finds, or the other one if the file is damaged or shows no text."""
    damage: dict[PdfReader, DamagedError] = {}
    scan = None
    for each in (reader, *(other for other in PdfReader if other != reader)):
        if each != reader and find_spec(PACKAGE_OF[each]) is None:
            continue
        try:
            pages, furniture = strip_furniture(
                list(_PAGES[each](data, limits.pages, letters=letters))
            )
            if not pages:
                raise DamagedError("The PDF is damaged (no page was found).")
        except DamagedError as error:
            damage[each] = error
            continue
        read = _ReadPdf(pages, furniture, _without_text(pages, data))
        if read.is_scan:
            scan = scan or read
        elif each == reader or _is_legible(pages):
            return read
        else:
            damage[each] = DamagedError("The fonts of the PDF are damaged.")
    if scan is not None:
        return scan
    if len(damage) == 1:
        hint = "Download it again, or install the extra [pdfium], which reads some damaged files."
    else:
        hint = "Download it again, or print it to a new PDF."
    told = " ".join(f"Tried with {PACKAGE_OF[each]}: {error}" for each, error in damage.items())
    raise DamagedError(told, hint)


def _without_text(pages: Sequence[Page], data: bytes) -> tuple[int, ...]:
    """The numbers of the pages without text, or with a stamp on a picture."""
    few = {page.number for page in pages if _n_letters(page) < MIN_LETTERS_PER_PAGE}
    stamped = {page.number for page in pages if page.number in few and _n_letters(page)}
    if stamped:
        # pdfminer looks for pictures, and may be unable to open what PDFium has read.
        with suppress(DamagedError):
            few -= stamped - pages_with_pictures(data)
    return tuple(sorted(few))


def _scans(read: _ReadPdf, data: bytes) -> tuple[int, ...]:
    """The numbers of the pages that are pictures of text, in a PDF that has text on others.

    Many a scanned letter is an appendix of a page or two: where there are no more without text,
    those count that are pictures, and those that may well be blank or photographs on the covers of
    a report do not.
    """
    if len(read.without_text) >= MIN_PAGES_WITHOUT_TEXT:
        return read.without_text
    found: tuple[int, ...] = ()
    # PDFium may have read what pdfminer is unable to open.
    with suppress(DamagedError):
        found = pages_of_pictures(data, read.without_text)
    covers = {1, len(read.pages)} if len(read.pages) >= MIN_PAGES_WITH_COVERS else set()
    return found if set(found) - covers else ()


def _gap_of_pages(
    numbers: Sequence[int], ocr: bool, unrecognised: ExtractionError | None
) -> ExtractionError:
    """What to say of pages without text; `unrecognised` is why their text was not recognised."""
    if len(numbers) == 1:
        what = f"Page {name_pages(numbers)} holds no text; it is probably a scan."
    else:
        what = f"Pages {name_pages(numbers)} hold no text; they are probably scans."
    what += " The other pages are read and counted."
    if unrecognised:
        return ExtractionError(f"{what} {unrecognised}", unrecognised.hint)
    if ocr:
        return ExtractionError(
            f"{what} Text recognition found nothing.",
            "Look at them. Photographs and blank pages need nothing. Scans with a stamp or a page "
            "number are passed over: make a PDF with text, `ocrmypdf --redo-ocr in.pdf out.pdf`.",
        )
    return ExtractionError(
        what,
        "Run again with --ocr, or make a PDF with text: `ocrmypdf --skip-text in.pdf out.pdf`. "
        "Photographs need nothing.",
    )


def _n_unread_fields(pages: Sequence[Page], data: bytes) -> int:
    """How many fields of a form have text that is not printed on the pages, too."""
    texts: list[str] = []
    # PDFium may have read what pdfminer is unable to open.
    with suppress(DamagedError):
        texts = [text for text in typed_texts(data) if len(text.split()) >= MIN_WORDS_IN_FIELD]
    if not texts:
        return 0
    printed = "".join("".join(line.text.split()) for page in pages for line in page.lines)
    return sum("".join(text.split()) not in printed for text in texts)


def _gap_of_fields(n: int) -> ExtractionError:
    """What to say of fields that were filled in: councils record decisions on such forms."""
    return ExtractionError(
        f"The PDF is a form, and what was typed into {counted(n, 'field')} of it is not read. "
        "What is printed on its pages is read and counted.",
        "Print it to a new PDF, and put that in its place.",
    )


def _is_legible(pages: Sequence[Page]) -> bool:
    """Whether most characters are English ones: a font whose table is lost gives others."""
    text = "".join(line.text for page in pages for line in page.lines)
    return 2 * sum(map(str.isascii, text)) > len(text)


def _n_letters(page: Page) -> int:
    return sum(len(line.text) for line in page.lines)


def _extract_docx(data: bytes, limits: Limits) -> _Content:
    return _Content(read_docx(io.BytesIO(data)), read_docx_furniture(io.BytesIO(data)))


def _extract_html(data: bytes, limits: Limits) -> _Content:
    text = decode_text(data, limits)
    return _Content(read_html(text), read_html_furniture(text))


def _extract_text(data: bytes, limits: Limits) -> _Content:
    return _Content(read_text(decode_text(data, limits)))


_PAGES = {PdfReader.pdfminer: read_pdf.read_pages, PdfReader.pdfium: read_pdfium.read_pages}
# The package to import for each reader.
PACKAGE_OF = {PdfReader.pdfminer: "pdfminer", PdfReader.pdfium: "pypdfium2"}
_EXTRACTORS = {
    "docx": _extract_docx,
    "html": _extract_html,
    "text": _extract_text,
}
