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

from pdfminer.pdfdocument import PDFPasswordIncorrect
from pdfminer.pdffont import PDFFont, PDFUnicodeNotDefined
from pdfminer.pdfinterp import PDFResourceManager
from pdfminer.pdfpage import PDFPage
from pdfminer.utils import Matrix, decode_text, mult_matrix

from pipeline.base.errors import DamagedError, ExtractionError
from pipeline.base.records import Letter, Page
from pipeline.reading.lines import SPACE_GAP, TextRun, say_instead, style_of_font
from pipeline.reading.pdf_content import ContentInterpreter, TextAndShapeDevice
from pipeline.reading.pdf_document import open_pdf
from pipeline.reading.sheet import Sheet, shown_box, way_back
from pipeline.reading.structure import PageStructure, read_structure, structure_of

# How far below and above its baseline a letter reaches, in font sizes: the fonts of these reports
# differ little, and what theirs say of it is often wrong.
DESCENT, ASCENT = -0.22, 0.78
# The characters that symbol fonts show as bullets without saying so.
SYMBOL_LETTER = re.compile("[!-~\u00a1-\u00ff]")


def read_pages(
    source: Path | bytes, max_pages: int | None = None, *, letters: bool = False
) -> Iterator[Page]:
    """The pages of a PDF, given as a path or content, in order and with their lines.

    With `letters`, the lines have theirs, which takes almost half as long again. Raises
    `ExtractionError` if the file is encrypted or longer than `max_pages`, and `DamagedError` if it
    is damaged.
    """
    with io.BytesIO(source) if isinstance(source, bytes) else source.open("rb") as file:
        try:
            document = open_pdf(file)
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
        device = _RunCollector(manager, letters)
        structure = read_structure(document)
        interpreter = ContentInterpreter(manager, device)
        try:
            for number, page in enumerate(PDFPage.create_pages(document), start=1):
                if max_pages is not None and number > max_pages:
                    raise ExtractionError(
                        f"The PDF has more than {max_pages} pages.",
                        "Split it, or allow more (--pages).",
                    )
                device.number = number
                device.structure = structure_of(structure, page)
                interpreter.process_page(page)
                yield device.sheet.page(number, device.structure.figures)
        except (ExtractionError, MemoryError):
            raise
        except Exception as error:
            raise DamagedError(
                f"The PDF cannot be read to the end ({type(error).__name__}: {error}).",
                "Download it again, or print it to a new PDF.",
            ) from error


class _RunCollector(TextAndShapeDevice):
    """Collects the text runs of a page with their position, font and marked content."""

    def __init__(self, manager: PDFResourceManager, letters: bool) -> None:
        super().__init__(manager)
        self.structure = PageStructure()
        # The character and the width of each glyph of each font: to look them up costs most.
        self._glyphs: dict[PDFFont, dict[int, tuple[str, float]]] = {}
        self.number = 0
        self._wants_letters = letters

    def begin_page(self, page, ctm) -> None:
        self.sheet = Sheet(shown_box(page.mediabox, page.cropbox, ctm))
        self._way_back = way_back(ctm)
        self._forms = 0
        # Whether it is furniture, and its number, for each marked content that is open.
        self._tags: list[tuple[bool, int | None]] = []
        # The depth of the current tag, and the text that replaces its runs (ActualText).
        self._meant: tuple[int, str] | None = None

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
        self.sheet.draw((left, low, right, high), ctm)

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
        glyphs = self._glyphs.setdefault(font, {})
        pieces: list[str] = []
        places: list[tuple[str, float, float]] = []
        spaced, blank = False, True
        for item in seq:
            if isinstance(item, bytes):
                for cid in font.decode(item):
                    if spaced:
                        x += charspace
                    spaced = True
                    glyph = glyphs.get(cid)
                    if glyph is None:
                        glyph = glyphs[cid] = (_character(font, cid), font.char_width(cid))
                    # Minutes indent an item with spaces, which come before its bullet.
                    if blank and not glyph[0].isspace():
                        start, blank = x, False
                    pieces.append(glyph[0])
                    before = x
                    x += glyph[1] * fontsize * scaling
                    if self._wants_letters:
                        places.append((pieces[-1], before, x))
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
            widens, replaced = not text, True
        else:
            widens = replaced = False
        direction = self.sheet.direction(matrix)
        a, b, c, d, e, f = direction.upright(matrix)
        x1 = a * x + c * y + e
        letters = self._letters(places, y + rise, fontsize, matrix) if places else ()
        if replaced:
            letters = say_instead(letters, text)
        if widens and direction.runs:
            direction.runs[-1].x1 = x1
            direction.runs[-1].letters += letters
        furniture, marked_content = self._tags[-1] if self._tags else (False, None)
        bold, italic = style_of_font(font_name)
        run = TextRun(
            text,
            x0=a * start + c * y + e,
            x1=x1,
            baseline=d * (y + rise) + f,
            size=abs(fontsize * d),
            bold=bold,
            marked_content=marked_content,
            furniture=furniture,
            italic=italic,
            element=self.structure.element(marked_content),
            letters=letters,
        )
        direction.take(run, (a, b))
        return x, y

    def _letters(
        self, places: list[tuple[str, float, float]], base: float, size: float, matrix: Matrix
    ) -> tuple[Letter, ...]:
        """Letters from what each says, where it begins and where it ends along the baseline."""
        a, b, c, d, e, f = mult_matrix(matrix, self._way_back)
        low, high = base + DESCENT * size, base + ASCENT * size
        # The lower left corner and the upper right one, as the text runs.
        x, y, far_x, far_y = c * low + e, d * low + f, c * high + e, d * high + f
        letters = []
        for said, left, right in places:
            x0, y0, x1, y1 = a * left + x, b * left + y, a * right + far_x, b * right + far_y
            if x0 > x1:
                x0, x1 = x1, x0
            if y0 > y1:
                y0, y1 = y1, y0
            letters.append(Letter(said, self.number, x0, y0, x1, y1))
        return tuple(letters)


def _character(font: PDFFont, cid: int) -> str:
    try:
        return font.to_unichr(cid)
    except PDFUnicodeNotDefined:
        return "\ufffd"
