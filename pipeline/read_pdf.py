"""PDF → pages of lines, with pdfminer.six.

pdfminer parses the file and its fonts; its layout analysis is left out, because it regroups
lines into boxes by rules that break the hanging indents of inspection reports, and because it
takes about half the time. The text runs come in the order in which the page was written, which
for the word processors that make these reports is the reading order.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from pathlib import Path

from pdfminer.pdfdevice import PDFTextDevice
from pdfminer.pdfdocument import PDFDocument, PDFPasswordIncorrect
from pdfminer.pdffont import PDFFont, PDFUnicodeNotDefined
from pdfminer.pdfinterp import PDFResourceManager
from pdfminer.pdfpage import PDFPage
from pdfminer.pdfparser import PDFParser
from pdfminer.utils import apply_matrix_pt, decode_text, mult_matrix

from pipeline.errors import ExtractionError
from pipeline.read_content import ContentInterpreter
from pipeline.records import Line, Page

# A gap of more than this share of the font size between two runs is a space. Word writes a kerned
# "T o" with gaps of up to 0.1; its narrowest justified space is about 0.2.
SPACE_GAP = 0.17
# A gap this wide (in font sizes) separates a number or bullet from its text, or two table cells.
COLUMN_GAP = 1.6
# What may stand far to the left of its text, in a column of its own: a bullet or a number.
MARKER_ALONE = re.compile(r"\s*(?:\W|o|\(?(?:\d{1,3}(?:\.\d{1,2})*|[a-z]|[ivx]{1,5})[.)]?)\s*")
# U+FFFD: the bullet of fonts with a standard encoding often has no entry in their table.
COLUMN_BULLETS = tuple("•▪■●◦\uf06e\uf0b7\uf0a7\ufffd")
# The letters and signs that fonts of symbols show their bullets for, where they do not say so.
SYMBOL_LETTER = re.compile("[!-~\u00a1-\u00ff]")
# A figure that is smaller than this share of its line and raised is a footnote marker.
SUPERSCRIPT_SIZE = 0.8
# The steepest slope of a line of text; scanners set pages a little askew.
LEVEL = 0.1


def read_pages(source: Path | bytes, max_pages: int | None = None) -> Iterator[Page]:
    """Yield the pages of a PDF, given by its path or content, in order, each with its lines.

    Raises `ExtractionError` when the file is encrypted or damaged.
    """
    with io.BytesIO(source) if isinstance(source, bytes) else source.open("rb") as file:
        try:
            document = PDFDocument(PDFParser(file))
        except PDFPasswordIncorrect as error:
            raise ExtractionError(
                "The PDF needs a password to be opened.", "Save a copy without the password."
            ) from error
        except MemoryError:
            raise
        except Exception as error:
            raise ExtractionError(
                f"The PDF is damaged ({type(error).__name__}: {error}).", "Download it again."
            ) from error
        manager = PDFResourceManager()
        device = _RunCollector(manager)
        interpreter = ContentInterpreter(manager, device)
        try:
            for number, page in enumerate(PDFPage.create_pages(document), start=1):
                if max_pages is not None and number > max_pages:
                    raise ExtractionError(
                        f"The PDF has more than {max_pages} pages.",
                        "Split it.",
                    )
                interpreter.process_page(page)
                lines = lines_of_runs(device.runs, device.height)
                yield Page(number, device.height, tuple(lines))
        except (ExtractionError, MemoryError):
            raise
        except Exception as error:
            raise ExtractionError(
                f"The PDF cannot be read to its end ({type(error).__name__}: {error}).",
                "Download it again, or print it to a new PDF.",
            ) from error


class Run:
    """A piece of text shown by one operator of the page, at its place."""

    __slots__ = ("baseline", "bold", "furniture", "size", "tagged_content", "text", "x0", "x1")

    def __init__(self, text, x0, x1, baseline, size, bold, tagged_content, furniture) -> None:
        self.text = text
        self.x0 = x0
        self.x1 = x1
        self.baseline = baseline
        self.size = size
        self.bold = bold
        self.tagged_content = tagged_content
        self.furniture = furniture


class _RunCollector(PDFTextDevice):
    """Collects the text runs of a page with their place, font and tag."""

    def __init__(self, manager: PDFResourceManager) -> None:
        super().__init__(manager)
        self.runs: list[Run] = []
        self.height = 0.0

    def begin_page(self, page, ctm) -> None:
        self._upright: list[Run] = []
        self._climbing: list[Run] = []
        self._falling: list[Run] = []
        self._left, self._low, right, high = _shown_box(page, ctm)
        self._width, self._height = right - self._left, high - self._low
        self._tags: list[tuple[str, int | None]] = []
        # What the runs of the present tag are to be read as (ActualText), and how deep it is.
        self._meant: tuple[int, str] | None = None

    def end_page(self, page) -> None:
        """Take the runs of the direction most text has: landscape tables are often set so."""
        turned = max((self._climbing, self._falling), key=_n_letters)
        if _n_letters(turned) > _n_letters(self._upright):
            self.runs, self.height = turned, self._width
        else:
            self.runs, self.height = self._upright, self._height

    def begin_tag(self, tag, props=None) -> None:
        props = props if isinstance(props, dict) else {}
        number, meant = props.get("MCID"), props.get("ActualText")
        self._tags.append((str(tag.name), number if isinstance(number, int) else None))
        if isinstance(meant, bytes):
            self._meant = (len(self._tags), decode_text(meant))

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
        if self._meant and text:
            # The first run stands for all that is replaced, the others only for its width.
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
        # Text set at an angle (draft stamps) is nobody's paragraph; and what stands outside of the
        # crop box (printers' marks) nobody sees.
        shown = 0 <= baseline <= height and x1 > 0 and x0 < width
        if widens and runs:
            runs[-1].x1 = x1
        if text and shown and abs(b) <= abs(a) * LEVEL:
            tag, tagged_content = self._tags[-1] if self._tags else ("", None)
            runs.append(
                Run(
                    text,
                    x0=x0,
                    x1=x1,
                    baseline=baseline,
                    size=abs(fontsize * d),
                    bold="bold" in font_name or "black" in font_name,
                    tagged_content=tagged_content,
                    furniture=tag == "Artifact",
                )
            )
        return x, y


def _n_letters(runs: list[Run]) -> int:
    return sum(len(run.text) for run in runs)


def _shown_box(page: PDFPage, ctm) -> tuple[float, float, float, float]:
    """Left, low, right and high end of what a page shows, turned as it is shown.

    Of the media box, the crop box is what is shown; pdfminer turns the text, but not the boxes.
    """
    media, crop = page.mediabox, page.cropbox
    left, low = max(media[0], crop[0]), max(media[1], crop[1])
    right, high = min(media[2], crop[2]), min(media[3], crop[3])
    if left >= right or low >= high:
        left, low, right, high = media
    corners = (apply_matrix_pt(ctm, corner) for corner in ((left, low), (right, high)))
    (x0, x1), (y0, y1) = map(sorted, zip(*corners, strict=True))
    return x0, y0, x1, y1


def _character(font: PDFFont, cid: int) -> str:
    try:
        return font.to_unichr(cid)
    except PDFUnicodeNotDefined:
        return "\ufffd"


def lines_of_runs(runs: list[Run], height: float) -> list[Line]:
    """The lines of a page, in its order, from its runs; `height` is that of the page."""
    lines: list[Line] = []
    row: list[Run] = []
    for run in runs:
        if row and not _same_line(row, run):
            lines.extend(_line_of_row(row, height))
            row = []
        if not run.text.isspace() or row:
            row.append(run)
    if row:
        lines.extend(_line_of_row(row, height))
    return lines


def _same_line(row: list[Run], run: Run) -> bool:
    last = row[-1]
    size = max(last.size, run.size, 1.0)
    # A footnote marker sits up to half a font size above the line it belongs to.
    rise = min(abs(run.baseline - row[0].baseline), abs(run.baseline - last.baseline))
    level = rise < 0.25 * size or (
        rise < 0.55 * size and min(run.size, last.size) < SUPERSCRIPT_SIZE * size
    )
    if not level or run.furniture != last.furniture or run.x0 < last.x1 - size:
        return False
    if run.tagged_content is not None and run.tagged_content == last.tagged_content:
        return True
    before = "".join(r.text for r in row).strip()
    # Two figures side by side are cells, not a number and its text.
    if MARKER_ALONE.fullmatch(before) and not (before.isdigit() and run.text[:1].isdigit()):
        return True
    # A bullet in the middle of a line is the start of the column beside it.
    gap = run.x0 - last.x1
    return gap < COLUMN_GAP * size and not (gap > 0.5 * size and run.text[:1] in COLUMN_BULLETS)


def _line_of_row(row: list[Run], height: float) -> list[Line]:
    """The line that a row of runs makes; none if it is blank."""
    size = max((r.size for r in row if not r.text.isspace()), default=0.0)
    pieces: list[str] = []
    end = None
    n_bold = n_letters = 0
    kept: list[Run] = []
    for run in row:
        text = run.text
        small = run.size < SUPERSCRIPT_SIZE * size and text.strip().isdigit()
        if small and kept and run.baseline > kept[0].baseline + 0.1 * size:
            end = run.x1
            continue
        if end is not None and run.x0 - end > COLUMN_GAP * size:
            pieces.append("\t")
        elif end is not None and run.x0 - end > SPACE_GAP * run.size:
            pieces.append(" ")
        pieces.append(text)
        end = run.x1
        if not text.isspace():
            kept.append(run)
            n_letters += len(text)
            n_bold += len(text) * run.bold
    text = "".join(pieces).strip()
    if not text:
        return []
    return [
        Line(
            text=text,
            x0=kept[0].x0,
            top=height - max(r.baseline for r in kept) - size,
            x1=max(r.x1 for r in kept),
            bottom=height - min(r.baseline for r in kept),
            font_size=round(size, 1),
            bold=2 * n_bold > n_letters,
            tagged_content=kept[0].tagged_content,
            furniture=kept[0].furniture,
        )
    ]
