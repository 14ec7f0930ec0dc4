"""PDF → pages of lines, with PDFium by way of pypdfium2: the extra [pdfium].

The same pages as `read_pdf` gives, from the library that shows PDFs in Chromium. On the reference
paragraphs of 47 reports both give 99.5 % whole, and this one takes five sixths of the time
(`tests/bench.py readers`). It opens some damaged files that pdfminer does not. That a page is
turned (/Rotate), and ActualText, it does not look at.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from pathlib import Path

from pipeline.base.errors import ExtractionError
from pipeline.base.records import Page
from pipeline.reading.lines import TextRun, lines_of_text_runs

# So deep are forms shown within forms; PDFium itself stops at some depth.
MAX_FORM_DEPTH = 15
# One text object holds a line at most; what is longer was not set by a word processor.
MAX_UNITS = 4_000


def read_pages(source: Path | bytes, max_pages: int | None = None) -> Iterator[Page]:
    """Yield the pages of a PDF, given by its path or content, in order, each with its lines.

    Raises `ExtractionError` when the file is encrypted or damaged, or PDFium is not installed.
    """
    try:
        import pypdfium2
    except ImportError as error:
        raise ExtractionError(
            "PDFium is not installed.", "pip install 'inspection-themes[pdfium]'"
        ) from error
    try:
        document = pypdfium2.PdfDocument(source)
    except pypdfium2.PdfiumError as error:
        if "password" in str(error).lower():
            raise ExtractionError(
                "The PDF needs a password to be opened.", "Save a copy without the password."
            ) from error
        raise ExtractionError(f"The PDF is damaged ({error}).", "Download it again.") from error
    with document:
        if max_pages is not None and len(document) > max_pages:
            raise ExtractionError(f"The PDF has more than {max_pages} pages.", "Split it.")
        reader = _RunReader()
        for index in range(len(document)):
            try:
                page = document[index]
                left, low, _, high = page.get_cropbox()
                runs = reader.read(page, left, low)
            except pypdfium2.PdfiumError as error:
                raise ExtractionError(
                    f"The PDF cannot be read to its end ({error}).",
                    "Download it again, or print it to a new PDF.",
                ) from error
            lines = lines_of_text_runs(runs, height=high - low)
            yield Page(index + 1, high - low, tuple(lines))


class _RunReader:
    """Reads the text objects of pages; its buffers serve for all of them."""

    def __init__(self) -> None:
        import pypdfium2.raw

        self._raw = pypdfium2.raw
        self._matrix = self._raw.FS_MATRIX()
        self._size = ctypes.c_float()
        self._box = [ctypes.c_float() for _ in range(4)]
        self._text = (ctypes.c_ushort * MAX_UNITS)()
        self._bold: dict[int | None, bool] = {}

    def read(self, page, left: float, low: float) -> list[TextRun]:
        """The runs of a page, from the lower left corner of what is shown of it."""
        raw = self._raw
        # A font is known by its place in memory, which another one may have on the next page.
        self._bold.clear()
        texts = page.get_textpage()
        wanted = [raw.FPDF_PAGEOBJ_TEXT]
        found = (
            self._read(each.raw, texts.raw, left, low)
            for each in page.get_objects(wanted, max_depth=MAX_FORM_DEPTH)
        )
        runs = [run for run in found if run is not None]
        texts.close()
        page.close()
        return runs

    def _read(self, text_object, texts, left: float, low: float) -> TextRun | None:
        raw, matrix = self._raw, self._matrix
        size = raw.FPDFTextObj_GetText(text_object, texts, self._text, 2 * MAX_UNITS)
        if size <= 2:
            return None
        raw.FPDFPageObj_GetMatrix(text_object, matrix)
        # Text set at an angle (draft stamps, chart axes) is nobody's paragraph.
        if abs(matrix.b) > abs(matrix.a) * 0.1:
            return None
        raw.FPDFTextObj_GetFontSize(text_object, self._size)
        raw.FPDFPageObj_GetBounds(text_object, *self._box)
        text = bytes(self._text)[: min(size, 2 * MAX_UNITS) - 2].decode("utf-16-le", "replace")
        number = raw.FPDFPageObj_GetMarkedContentID(text_object)
        return TextRun(
            text,
            x0=matrix.e - left,
            x1=self._box[2].value - left,
            baseline=matrix.f - low,
            size=abs(self._size.value * matrix.d),
            bold=self._is_bold(text_object),
            marked_content=number if number >= 0 else None,
            furniture=self._is_artifact(text_object),
        )

    def _is_bold(self, text_object) -> bool:
        font = self._raw.FPDFTextObj_GetFont(text_object)
        place = ctypes.cast(font, ctypes.c_void_p).value
        if place not in self._bold:
            name = ctypes.create_string_buffer(200)
            self._raw.FPDFFont_GetBaseFontName(font, name, 200)
            self._bold[place] = any(word in name.value.lower() for word in (b"bold", b"black"))
        return self._bold[place]

    def _is_artifact(self, text_object) -> bool:
        raw = self._raw
        for index in range(raw.FPDFPageObj_CountMarks(text_object)):
            mark = raw.FPDFPageObj_GetMark(text_object, index)
            name, size = (ctypes.c_ushort * 32)(), ctypes.c_ulong()
            raw.FPDFPageObjMark_GetName(mark, name, 64, size)
            if bytes(name)[: max(0, size.value - 2)].decode("utf-16-le", "replace") == "Artifact":
                return True
        return False
