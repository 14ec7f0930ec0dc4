"""PDF → pages of lines, with PDFium through pypdfium2 (the extra [pdfium]).

It gives the same pages as `read_pdf`, with the library that shows PDFs in Chromium. Both give
99.4 % of the reference paragraphs of 47 reports whole (`tests/bench.py readers` compares their
times). It opens some damaged files that pdfminer does not. It ignores ActualText, the rotation of
pages (/Rotate), and text that is turned.
"""

from __future__ import annotations

import ctypes
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pdfminer.pdfdocument import PDFDocument
from pdfminer.pdfparser import PDFParser
from pdfminer.utils import Matrix, mult_matrix

from pipeline.base.errors import DamagedError, ExtractionError
from pipeline.base.records import Page
from pipeline.reading.lines import (
    LEVEL,
    Shape,
    TextRun,
    box_of,
    is_small,
    lines_of_text_runs,
    style_of_font,
)
from pipeline.reading.structure import PageStructure, structure_by_page

# How deep to follow forms within forms; PDFium itself stops at some depth.
MAX_FORM_DEPTH = 15
# What PDFium makes of a hyphen at the end of a line.
LINE_END_HYPHEN = "\x02"
# The room for a text object at first, in UTF-16 units: word processors write a line in each.
MANY_UNITS = 4_000


def read_pages(source: Path | bytes, max_pages: int | None = None) -> Iterator[Page]:
    """The pages of a PDF, given as a path or content, in order and with their lines.

    Raises `ExtractionError` if the file is encrypted or longer than `max_pages`, or if PDFium is
    not installed, and `DamagedError` if the file is damaged.
    """
    try:
        import pypdfium2
    except ImportError as error:
        raise ExtractionError(
            "PDFium is not installed.",
            "Install it with `pip install 'inspection-themes[pdfium]'`.",
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
        reader = _RunReader()
        structures = _read_structures(source)
        if len(structures) != len(document):
            structures = []
        for index in range(len(document)):
            structure = structures[index] if index < len(structures) else PageStructure()
            try:
                page = document[index]
                left, low, _, high = page.get_cropbox()
                runs, shapes = reader.read(page, left, low, structure)
            except pypdfium2.PdfiumError as error:
                raise DamagedError(
                    f"The PDF cannot be read to the end ({error}).",
                    "Download it again, or print it to a new PDF.",
                ) from error
            lines = lines_of_text_runs(runs, high - low, shapes)
            yield Page(index + 1, high - low, tuple(lines))


def _read_structures(source: Path | bytes) -> list[PageStructure]:
    """The structure of the pages, which pdfminer reads: PDFium names no element over two pages."""
    with io.BytesIO(source) if isinstance(source, bytes) else source.open("rb") as file:
        try:
            return structure_by_page(PDFDocument(PDFParser(file)))
        except MemoryError:
            raise
        # What PDFium opens and pdfminer does not.
        except Exception:
            return []


@dataclass(frozen=True, slots=True)
class _Around:
    """What is around an object: the way from its coordinates to the page's, and a form's marks."""

    matrix: Matrix
    number: int | None = None
    furniture: bool = False
    form: bool = False


class _RunReader:
    """Reads the text objects of pages, with the same buffers for all of them."""

    def __init__(self) -> None:
        import pypdfium2.raw

        self._raw = pypdfium2.raw
        self._matrix = self._raw.FS_MATRIX()
        self._size = ctypes.c_float()
        self._box = [ctypes.c_float() for _ in range(4)]
        self._text = (ctypes.c_ushort * MANY_UNITS)()
        self._styles: dict[int | None, tuple[bool, bool]] = {}

    def read(
        self, page, left: float, low: float, structure: PageStructure
    ) -> tuple[list[TextRun], list[Shape]]:
        """The text runs and small shapes of a page, from the lower left corner of what is seen."""
        raw = self._raw
        # Fonts are identified by their address in memory, which may be reused on the next page.
        self._styles.clear()
        texts = page.get_textpage()
        runs: list[TextRun] = []
        shapes: list[Shape] = []
        around = [_Around((1, 0, 0, 1, -left, -low))]
        for each in page.get_objects(max_depth=MAX_FORM_DEPTH):
            del around[each.level + 1 :]
            if each.type == raw.FPDF_PAGEOBJ_TEXT:
                if run := self._read(each.raw, texts.raw, around[-1], structure):
                    runs.append(run)
            elif each.type == raw.FPDF_PAGEOBJ_PATH:
                shape = Shape(*box_of(each.get_bounds(), around[-1].matrix))
                if is_small(shape):
                    shapes.append(shape)
            elif each.type == raw.FPDF_PAGEOBJ_FORM:
                own = each.get_matrix().get()
                number, furniture = self._marks(each.raw, around[-1])
                around.append(
                    _Around(mult_matrix(own, around[-1].matrix), number, furniture, True)
                )
        texts.close()
        page.close()
        return runs, shapes

    def _read(
        self, text_object, texts, around: _Around, structure: PageStructure
    ) -> TextRun | None:
        raw = self._raw
        size = raw.FPDFTextObj_GetText(text_object, texts, self._text, ctypes.sizeof(self._text))
        if size > ctypes.sizeof(self._text):
            # PDFium writes nothing then, and says how much there is.
            self._text = (ctypes.c_ushort * (size // 2))()
            raw.FPDFTextObj_GetText(text_object, texts, self._text, size)
        if size <= 2:
            return None
        raw.FPDFPageObj_GetMatrix(text_object, self._matrix)
        own = tuple(getattr(self._matrix, name) for name in "abcdef")
        a, b, _, d, x0, baseline = mult_matrix(own, around.matrix)
        # Text at an angle (draft stamps, chart axes) belongs to no paragraph.
        if abs(b) > abs(a) * LEVEL:
            return None
        raw.FPDFTextObj_GetFontSize(text_object, self._size)
        raw.FPDFPageObj_GetBounds(text_object, *self._box)
        left, low, right, high = (side.value for side in self._box)
        text = bytes(self._text)[: size - 2].decode("utf-16-le", "replace")
        number, furniture = self._marks(text_object, around)
        bold, italic = self._style(text_object)
        return TextRun(
            text.replace(LINE_END_HYPHEN, "-"),
            x0=x0,
            x1=box_of((left, low, right, high), around.matrix)[2],
            baseline=baseline,
            size=abs(self._size.value * d),
            bold=bold,
            italic=italic,
            element=structure.element(number),
            marked_content=number,
            furniture=furniture,
        )

    def _marks(self, page_object, around: _Around) -> tuple[int | None, bool]:
        """The number of the marked content an object is in, and whether it is furniture."""
        furniture = around.furniture or self._is_artifact(page_object)
        # A form numbers its content anew; to the page it is all of the form's own number.
        if around.form:
            return around.number, furniture
        number = self._raw.FPDFPageObj_GetMarkedContentID(page_object)
        return (number if number >= 0 else None), furniture

    def _style(self, text_object) -> tuple[bool, bool]:
        """Whether the font of a text is bold, and whether it is italic."""
        font = self._raw.FPDFTextObj_GetFont(text_object)
        place = ctypes.cast(font, ctypes.c_void_p).value
        if place not in self._styles:
            buffer = ctypes.create_string_buffer(200)
            self._raw.FPDFFont_GetBaseFontName(font, buffer, 200)
            self._styles[place] = style_of_font(buffer.value.decode("latin-1"))
        return self._styles[place]

    def _is_artifact(self, text_object) -> bool:
        raw = self._raw
        for index in range(raw.FPDFPageObj_CountMarks(text_object)):
            mark = raw.FPDFPageObj_GetMark(text_object, index)
            name, size = (ctypes.c_ushort * 32)(), ctypes.c_ulong()
            raw.FPDFPageObjMark_GetName(mark, name, 64, size)
            if bytes(name)[: max(0, size.value - 2)].decode("utf-16-le", "replace") == "Artifact":
                return True
        return False
