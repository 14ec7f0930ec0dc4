"""PDF → pages of lines, with PDFium through pypdfium2 (the extra [pdfium]).

It gives the same pages as `read_pdf`, with the library that shows PDFs in Chromium. Both give
99.4% of the reference paragraphs of 47 reports whole (`tests/bench.py readers` compares their
times). It opens some damaged files that pdfminer does not.
"""

from __future__ import annotations

import ctypes
import io
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pdfminer.utils import Matrix, decode_text, mult_matrix

from pipeline.base.errors import DamagedError, ExtractionError
from pipeline.base.extras import how_to_install
from pipeline.base.records import Letter, Page
from pipeline.reading.lines import TextRun, box_of, say_instead, style_of_font
from pipeline.reading.pdf_document import open_pdf
from pipeline.reading.sheet import Sheet, shown_box, turn_of
from pipeline.reading.structure import PageStructure, structure_by_page

# How deep to follow forms within forms; PDFium itself stops at some depth.
MAX_FORM_DEPTH = 15
# What PDFium makes of a hyphen at the end of a line.
LINE_END_HYPHEN = "\x02"
# The room for a text object at first, in UTF-16 units: word processors write a line in each.
MANY_UNITS = 4_000


def read_pages(
    source: Path | bytes, max_pages: int | None = None, *, letters: bool = False
) -> Iterator[Page]:
    """The pages of a PDF, given as a path or content, in order and with their lines.

    With `letters`, the lines have theirs. Raises `ExtractionError` if the file is encrypted or
    longer than `max_pages`, or if PDFium is not installed, and `DamagedError` if the file is
    damaged.
    """
    try:
        import pypdfium2
    except ImportError as error:
        raise ExtractionError(
            "PDFium is not installed.",
            how_to_install("pdfium"),
        ) from error
    try:
        document = pypdfium2.PdfDocument(source)
    except pypdfium2.PdfiumError as error:
        if "password" in str(error).lower():
            raise ExtractionError(
                "The PDF needs a password.", "Save a copy without one."
            ) from error
        raise DamagedError(f"The PDF is damaged ({error}).", "Download it again.") from error
    with document:
        if max_pages is not None and len(document) > max_pages:
            raise ExtractionError(
                f"The PDF has more than {max_pages} pages.", "Split it, or allow more (--pages)."
            )
        reader = _RunReader(letters)
        structures = _read_structures(source)
        if len(structures) != len(document):
            structures = []
        for index in range(len(document)):
            structure = structures[index] if index < len(structures) else PageStructure()
            try:
                sheet = reader.read(document[index], index + 1, structure)
            except pypdfium2.PdfiumError as error:
                raise DamagedError(
                    f"The PDF cannot be read to the end ({error}).",
                    "Download it again, or print it to a new PDF.",
                ) from error
            yield sheet.page(index + 1, structure.figures)


def _read_structures(source: Path | bytes) -> list[PageStructure]:
    """The structure of the pages, which pdfminer reads: PDFium names no element over two pages."""
    with io.BytesIO(source) if isinstance(source, bytes) else source.open("rb") as file:
        try:
            return structure_by_page(open_pdf(file))
        except MemoryError:
            raise
        # What PDFium opens and pdfminer does not.
        except Exception:
            return []


@dataclass(frozen=True, slots=True)
class _Marks:
    """The marked content around an object: its number, whether it is furniture, and what replaces
    its text (ActualText), with what tells one replacement from the next."""

    number: int | None = None
    furniture: bool = False
    meant: tuple[object, str] | None = None


@dataclass(frozen=True, slots=True)
class _Around:
    """What is around an object: the way from its coordinates to the page's, and a form's marks."""

    matrix: Matrix
    marks: _Marks = _Marks()
    form: bool = False


class _RunReader:
    """Reads the text objects of pages, with the same buffers for all of them."""

    def __init__(self, letters: bool) -> None:
        import pypdfium2.raw

        self._wants_letters = letters
        # Those of a page by the address in memory of their text object.
        self._letters: dict[int | None, tuple[Letter, ...]] = {}

        self._raw = pypdfium2.raw
        self._matrix = self._raw.FS_MATRIX()
        self._size = ctypes.c_float()
        self._box = [ctypes.c_float() for _ in range(4)]
        self._text = (ctypes.c_ushort * MANY_UNITS)()
        self._length = ctypes.c_ulong()
        # By their address in memory, which may be used again on the next page.
        self._styles: dict[int | None, tuple[bool, bool]] = {}
        self._tags: dict[int | None, tuple[bool, str | None]] = {}
        self._told: set[object] = set()

    def read(self, page, number: int, structure: PageStructure) -> Sheet:
        """The text runs and small shapes of the page with a number."""
        raw = self._raw
        for each in (self._styles, self._tags, self._told):
            each.clear()
        turn = turn_of(page.get_mediabox(), page.get_rotation())
        sheet = Sheet(shown_box(page.get_mediabox(), page.get_cropbox(), turn))
        texts = page.get_textpage()
        self._letters = self._read_letters(texts.raw, number) if self._wants_letters else {}
        around = [_Around(turn)]
        for each in page.get_objects(max_depth=MAX_FORM_DEPTH):
            del around[each.level + 1 :]
            if each.type == raw.FPDF_PAGEOBJ_TEXT:
                self._read(each.raw, texts.raw, around[-1], structure, sheet)
            elif each.type == raw.FPDF_PAGEOBJ_PATH:
                sheet.draw(each.get_bounds(), around[-1].matrix)
            elif each.type == raw.FPDF_PAGEOBJ_FORM:
                matrix = mult_matrix(each.get_matrix().get(), around[-1].matrix)
                marks = self._marks(each.raw, around[-1], structure)
                around.append(_Around(matrix, marks, form=True))
        texts.close()
        page.close()
        return sheet

    def _read_letters(self, texts, number: int) -> dict[int | None, tuple[Letter, ...]]:
        raw = self._raw
        box = raw.FS_RECTF()
        letters: dict[int | None, list[Letter]] = defaultdict(list)
        for index in range(raw.FPDFText_CountChars(texts)):
            character = raw.FPDFText_GetUnicode(texts, index)
            text_object = raw.FPDFText_GetTextObject(texts, index)
            if not character or not text_object:
                continue
            if raw.FPDFText_GetLooseCharBox(texts, index, box):
                place = ctypes.cast(text_object, ctypes.c_void_p).value
                # PDFium may give a width or a height as negative.
                x0, x1 = sorted((box.left, box.right))
                low, high = sorted((box.bottom, box.top))
                letters[place].append(Letter(chr(character), number, x0, low, x1, high))
        return {place: tuple(own) for place, own in letters.items()}

    def _read(
        self, text_object, texts, around: _Around, structure: PageStructure, sheet: Sheet
    ) -> None:
        raw = self._raw
        size = raw.FPDFTextObj_GetText(text_object, texts, self._text, ctypes.sizeof(self._text))
        if size > ctypes.sizeof(self._text):
            # PDFium writes nothing then, and says how much there is.
            self._text = (ctypes.c_ushort * (size // 2))()
            raw.FPDFTextObj_GetText(text_object, texts, self._text, size)
        if size <= 2:
            return
        text = _text(self._text, size)
        raw.FPDFPageObj_GetMatrix(text_object, self._matrix)
        own = tuple(getattr(self._matrix, name) for name in "abcdef")
        on_page = mult_matrix(own, around.matrix)
        direction = sheet.direction(on_page)
        a, b, _, d, x0, baseline = direction.upright(on_page)
        raw.FPDFTextObj_GetFontSize(text_object, self._size)
        raw.FPDFPageObj_GetBounds(text_object, *self._box)
        left, low, right, high = (side.value for side in self._box)
        upright = direction.upright(around.matrix)
        x1 = box_of((left, low, right, high), upright)[2]
        marks = self._marks(text_object, around, structure)
        letters: tuple[Letter, ...] = ()
        if self._letters:
            letters = self._letters.get(ctypes.cast(text_object, ctypes.c_void_p).value, ())
        if marks.meant and text.strip():
            # The first run takes the whole replacement; the others only add to its width.
            key, meant = marks.meant
            if key in self._told and direction.runs:
                direction.runs[-1].x1 = x1
                direction.runs[-1].letters += say_instead(letters, "")
            else:
                letters = say_instead(letters, meant)
            text = "" if key in self._told else meant
            self._told.add(key)
        bold, italic = self._style(text_object)
        run = TextRun(
            text.replace(LINE_END_HYPHEN, "-"),
            x0=x0,
            x1=x1,
            baseline=baseline,
            size=abs(self._size.value * d),
            bold=bold,
            italic=italic,
            element=structure.element(marks.number),
            marked_content=marks.number,
            furniture=marks.furniture,
            letters=letters,
        )
        direction.take(run, (a, b))

    def _marks(self, page_object, around: _Around, structure: PageStructure) -> _Marks:
        """The marked content that an object is in."""
        raw = self._raw
        furniture, meant = around.marks.furniture, around.marks.meant
        for index in range(raw.FPDFPageObj_CountMarks(page_object)):
            mark = raw.FPDFPageObj_GetMark(page_object, index)
            place = ctypes.cast(mark, ctypes.c_void_p).value
            if place not in self._tags:
                self._tags[place] = self._tag(mark)
            is_artifact, text = self._tags[place]
            furniture = furniture or is_artifact
            meant = meant if text is None else (place, text)
        # A form numbers its content anew; to the page it is all of the form's own number.
        if around.form:
            return _Marks(around.marks.number, furniture, meant)
        number = raw.FPDFPageObj_GetMarkedContentID(page_object)
        if number in structure.meant and meant is None:
            meant = (f"content {number}", structure.meant[number])
        return _Marks(number if number >= 0 else None, furniture, meant)

    def _tag(self, mark) -> tuple[bool, str | None]:
        """Whether a mark says that something is furniture, and what text it says is meant."""
        raw = self._raw
        name = (ctypes.c_ushort * 32)()
        raw.FPDFPageObjMark_GetName(mark, name, ctypes.sizeof(name), self._length)
        is_artifact = _text(name, self._length.value) == "Artifact"
        # As bytes, which PDFium leaves alone: of its text, a soft hyphen would come out as a zero.
        read = raw.FPDFPageObjMark_GetParamBlobValue
        if not read(mark, b"ActualText", None, 0, self._length):
            return is_artifact, None
        meant = (ctypes.c_ubyte * self._length.value)()
        read(mark, b"ActualText", meant, len(meant), self._length)
        return is_artifact, decode_text(bytes(meant))

    def _style(self, text_object) -> tuple[bool, bool]:
        """Whether the font of a text is bold, and whether it is italic."""
        font = self._raw.FPDFTextObj_GetFont(text_object)
        place = ctypes.cast(font, ctypes.c_void_p).value
        if place not in self._styles:
            buffer = ctypes.create_string_buffer(200)
            self._raw.FPDFFont_GetBaseFontName(font, buffer, 200)
            self._styles[place] = style_of_font(buffer.value.decode("latin-1"))
        return self._styles[place]


def _text(units, size: int) -> str:
    """What PDFium wrote: UTF-16 of so many bytes, with a zero at the end."""
    return bytes(units)[: max(0, size - 2)].decode("utf-16-le", "replace")
