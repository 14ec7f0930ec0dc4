"""PDF → pages of lines, with pdfminer.six.

pdfminer parses the file and its fonts. Its layout analysis is not used: it takes about half the
time, and it regroups lines into boxes by rules that break the hanging indents of inspection
reports. Text runs come in the order in which the page was written; the word processors that make
these reports write in reading order.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from pathlib import Path

from pdfminer.pdfdocument import PDFDocument, PDFPasswordIncorrect
from pdfminer.pdffont import PDFFont, PDFUnicodeNotDefined
from pdfminer.pdfinterp import PDFResourceManager
from pdfminer.pdfpage import PDFPage
from pdfminer.pdfparser import PDFParser
from pdfminer.pdftypes import dict_value
from pdfminer.utils import Matrix, decode_text, mult_matrix

from pipeline.base.errors import DamagedError, ExtractionError
from pipeline.base.records import Page
from pipeline.reading.lines import (
    LEVEL,
    SPACE_GAP,
    Shape,
    TextRun,
    box_of,
    is_small,
    lines_of_text_runs,
    style_of_font,
)
from pipeline.reading.pdf_content import ContentInterpreter, TextAndShapeDevice
from pipeline.reading.structure import PageStructure, read_structure, structure_of

# The characters that symbol fonts show as bullets without saying so.
SYMBOL_LETTER = re.compile("[!-~\u00a1-\u00ff]")


def read_pages(source: Path | bytes, max_pages: int | None = None) -> Iterator[Page]:
    """The pages of a PDF, given as a path or content, in order and with their lines.

    Raises `ExtractionError` if the file is encrypted or longer than `max_pages`, and
    `DamagedError` if it is damaged.
    """
    with io.BytesIO(source) if isinstance(source, bytes) else source.open("rb") as file:
        try:
            document = PDFDocument(PDFParser(file))
        except PDFPasswordIncorrect as error:
            raise ExtractionError(
                "The PDF needs a password.", "Save a copy without one."
            ) from error
        except MemoryError:
            raise
        except Exception as error:
            raise DamagedError(
                f"The PDF is damaged ({type(error).__name__}: {error}).", "Download it again."
            ) from error
        manager = PDFResourceManager()
        device = _RunCollector(manager)
        structure = read_structure(document)
        interpreter = ContentInterpreter(manager, device)
        try:
            for number, page in enumerate(PDFPage.create_pages(document), start=1):
                if max_pages is not None and number > max_pages:
                    raise ExtractionError(
                        f"The PDF has more than {max_pages} pages.",
                        "Split it, or allow more (--pages).",
                    )
                device.structure = structure_of(structure, page)
                interpreter.process_page(page)
                lines = lines_of_text_runs(device.runs, device.height, device.shapes)
                yield Page(number, device.height, tuple(lines))
        except (ExtractionError, MemoryError):
            raise
        except Exception as error:
            raise DamagedError(
                f"The PDF cannot be read to the end ({type(error).__name__}: {error}).",
                "Download it again, or print it to a new PDF.",
            ) from error


def pages_with_pictures(data: bytes) -> set[int]:
    """The numbers of the pages that may show pictures: those that name any objects to draw.

    Raises `DamagedError` if pdfminer cannot find the pages.
    """
    try:
        document = PDFDocument(PDFParser(io.BytesIO(data)))
        pages = enumerate(PDFPage.create_pages(document), start=1)
        return {number for number, page in pages if dict_value(page.resources.get("XObject"))}
    except MemoryError:
        raise
    except Exception as error:
        raise DamagedError(f"The PDF is damaged ({type(error).__name__}: {error}).") from error


class _RunCollector(TextAndShapeDevice):
    """Collects the text runs of a page with their position, font and marked content."""

    def __init__(self, manager: PDFResourceManager) -> None:
        super().__init__(manager)
        self.structure = PageStructure()
        self.runs: list[TextRun] = []
        self.shapes: list[Shape] = []
        self.height = 0.0

    def begin_page(self, page, ctm) -> None:
        self._upright: list[TextRun] = []
        self._climbing: list[TextRun] = []
        self._falling: list[TextRun] = []
        self._left, self._low, right, high = _shown_box(page, ctm)
        self._width, self._height = right - self._left, high - self._low
        self.shapes = []
        self._forms = 0
        # Whether it is furniture, and its number, for each marked content that is open.
        self._tags: list[tuple[bool, int | None]] = []
        # The depth of the current tag, and the text that replaces its runs (ActualText).
        self._meant: tuple[int, str] | None = None

    def end_page(self, page) -> None:
        """Keep the runs in the direction of most text: landscape tables are often turned."""
        turned = max((self._climbing, self._falling), key=_n_letters)
        if _n_letters(turned) > _n_letters(self._upright):
            self.runs, self.height, self.shapes = turned, self._width, []
        else:
            self.runs, self.height = self._upright, self._height

    def begin_figure(self, name, bbox, matrix) -> None:
        self._forms += 1

    def end_figure(self, name) -> None:
        self._forms -= 1

    def begin_tag(self, tag, props=None) -> None:
        props = props if isinstance(props, dict) else {}
        # A form numbers its content anew; to the page it is all of the form's own number.
        number = None if self._forms else props.get("MCID")
        meant = props.get("ActualText")
        furniture, outer = self._tags[-1] if self._tags else (False, None)
        self._tags.append(
            (
                furniture or str(tag.name) == "Artifact",
                number if isinstance(number, int) else outer,
            )
        )
        if isinstance(meant, bytes):
            self._meant = (len(self._tags), decode_text(meant))
        elif isinstance(number, int) and number in self.structure.meant:
            self._meant = (len(self._tags), self.structure.meant[number])

    def draw(self, left: float, low: float, right: float, high: float, ctm: Matrix) -> None:
        """Take a box in which something was drawn, if it may be a bullet."""
        x0, y0, x1, y1 = box_of((left, low, right, high), ctm)
        shape = Shape(x0 - self._left, y0 - self._low, x1 - self._left, y1 - self._low)
        if is_small(shape):
            self.shapes.append(shape)

    def end_tag(self) -> None:
        if self._meant and self._meant[0] == len(self._tags):
            self._meant = None
        if self._tags:
            self._tags.pop()

    def render_string_horizontal(
        self, seq, matrix, pos, font: PDFFont, fontsize, scaling, charspace, wordspace, rise,
        dxscale, ncs, graphicstate,
    ):  # fmt: skip
        x, y = pos
        start = x
        pieces: list[str] = []
        spaced = False
        for item in seq:
            if isinstance(item, bytes):
                for cid in font.decode(item):
                    if spaced:
                        x += charspace
                    spaced = True
                    pieces.append(_character(font, cid))
                    x += font.char_width(cid) * fontsize * scaling
                    if cid == 32:
                        x += wordspace
            elif isinstance(item, (int, float)):
                x -= item * dxscale
                spaced = True
                if item < -1000 * SPACE_GAP and pieces and not pieces[-1].isspace():
                    pieces.append(" ")
        text = "".join(pieces)
        font_name = str(font.fontname).lower()
        if "dingbat" in font_name or "wingding" in font_name:
            text = SYMBOL_LETTER.sub("•", text)
        if self._meant and text.strip():
            # The first run takes the whole replacement; the others only add to its width.
            depth, text = self._meant
            self._meant = (depth, "")
            widens = not text
        else:
            widens = False
        a, b, c, d, e, f = matrix
        e, f = e - self._left, f - self._low
        runs, width, height = self._upright, self._width, self._height
        if abs(a) <= abs(b) * LEVEL:
            runs, width, height = self._climbing if b > 0 else self._falling, height, width
            turn = (0, -1, 1, 0, 0, height) if b > 0 else (0, 1, -1, 0, width, 0)
            a, b, c, d, e, f = mult_matrix((a, b, c, d, e, f), turn)
        x0, x1, baseline = a * start + c * y + e, a * x + c * y + e, d * (y + rise) + f
        # Text at an angle (draft stamps) belongs to no paragraph, and nobody sees what is outside
        # the crop box (printers' marks).
        shown = 0 <= baseline <= height and x1 > 0 and x0 < width
        if widens and runs:
            runs[-1].x1 = x1
        if text and shown and abs(b) <= abs(a) * LEVEL:
            furniture, marked_content = self._tags[-1] if self._tags else (False, None)
            bold, italic = style_of_font(font_name)
            runs.append(
                TextRun(
                    text,
                    x0=x0,
                    x1=x1,
                    baseline=baseline,
                    size=abs(fontsize * d),
                    bold=bold,
                    marked_content=marked_content,
                    furniture=furniture,
                    italic=italic,
                    element=self.structure.element(marked_content),
                )
            )
        return x, y


def _n_letters(runs: list[TextRun]) -> int:
    return sum(len(run.text) for run in runs)


def _shown_box(page: PDFPage, ctm) -> tuple[float, float, float, float]:
    """The left, bottom, right and top of the visible part of a page, turned as it is shown.

    Only the crop box within the media box is visible; pdfminer turns the text, not the boxes.
    """
    media, crop = page.mediabox, page.cropbox
    left, low = max(media[0], crop[0]), max(media[1], crop[1])
    right, high = min(media[2], crop[2]), min(media[3], crop[3])
    if left >= right or low >= high:
        left, low, right, high = media
    return box_of((left, low, right, high), ctm)


def _character(font: PDFFont, cid: int) -> str:
    try:
        return font.to_unichr(cid)
    except PDFUnicodeNotDefined:
        return "\ufffd"
