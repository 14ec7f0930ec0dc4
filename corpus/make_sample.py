"""Turn the invented documents in corpus/sources into the sample corpus in corpus/sample.

The documents are laid out as real reports are, so that reading them back is as hard: hanging
numbers and bullets, footnotes between the halves of a paragraph, running headers, ruled tables.
The PDFs are untagged. Two runs write the same bytes. Run: python corpus/make_sample.py
"""

from __future__ import annotations

import datetime
import io
import re
import tomllib
import zipfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from html import escape
from itertools import groupby, zip_longest
from pathlib import Path
from typing import NamedTuple

import docx
import reportlab
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from docx.shared import Pt
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from reportlab.lib.pagesizes import A4, landscape
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

HERE = Path(__file__).resolve().parent
SOURCES, SAMPLE = HERE / "sources", HERE / "sample"
# Every other document is made into a PDF.
FORMATS = {
    "saltwick-cabinet-2017": "docx",
    "saltwick-peer-challenge-2020": "docx",
    "eastmere-jtai-2019": "html",
    "fenmarch-scrutiny-2015": "txt",
}
# U+F06E is what the square of Wingdings becomes when the text of a Word PDF is extracted.
BULLETS = {
    "marlowshire-inspection-2014": "\uf06e",
    "marlowshire-inspection-2021": "■",
    "thornwick-inspection-2016": "■",
    "port-hallam-inspection-2019": "■",
}
SUB_BULLET = "\u2013"
NUMBER = re.compile(r"(\d{1,3}\.|\d{1,2}(?:\.\d{1,2})+)\s+(?=\S)")
MARKER = re.compile(r"\[\^(\d+)\]")


# --- Reading the sources ------------------------------------------------------------------------


@dataclass(slots=True)
class Block:
    """One element of a document; `rows` are cells, entries or lines, depending on the kind."""

    kind: str
    text: str = ""
    level: int = 1
    mark: str = ""
    rows: list[list[str]] = field(default_factory=list)


@dataclass(slots=True)
class Document:
    """An invented document: its front matter, its blocks and its footnotes by number."""

    name: str
    about: dict[str, str]
    blocks: list[Block]
    notes: dict[str, str]


def read_source(path: Path) -> Document:
    """Read a source file; a chunk between blank lines is a block, or one block per line."""
    _, front, body = path.read_text(encoding="utf-8").split("+++\n", 2)
    document = Document(path.stem, tomllib.loads(front), [], {})
    for chunk in re.split(r"\n\s*\n", body.strip()):
        lines = chunk.split("\n")
        if match := re.match(r"\[\^(\d+)\]: ", chunk):
            document.notes[match[1]] = chunk[match.end() :]
        elif len(lines) > 1 or chunk.startswith(("& ", "=== ", "<<<")):
            document.blocks.extend(_blocks_of_lines(lines))
        else:
            document.blocks.append(_block_of_line(chunk))
    _find_sub_bullets(document.blocks)
    return document


def _blocks_of_lines(lines: list[str]) -> Iterable[Block]:
    first, rest = lines[0], lines[1:]
    if first.startswith("<<<newpage"):
        yield Block("newpage")
    elif first.startswith("& "):
        yield Block("address", rows=[[line[2:]] for line in lines])
    elif first.startswith("| "):
        yield Block("table", rows=[line.strip("| ").split(" | ") for line in lines])
    elif first.startswith(">>> contents"):
        yield Block("contents", rows=[line.split("\t") for line in rest])
    elif first.startswith("||| "):
        sides = [[line[2:] for line in rest if line.startswith(side)] for side in ("< ", "> ")]
        titles = [[title] for title in first[4:].split(" | ")]
        yield Block(
            "columns", rows=[title + side for title, side in zip(titles, sides, strict=True)]
        )
    else:
        yield from map(_block_of_line, lines)


def _block_of_line(line: str) -> Block:
    if match := re.match(r"(#{1,3}) ", line):
        return Block("heading", line[match.end() :], level=len(match[1]))
    if line.startswith("=== "):
        return Block("slide", line[4:])
    if line.startswith("- "):
        return Block("bullet", line[2:])
    if match := NUMBER.match(line):
        return Block("numbered", line[match.end() :], mark=match[1])
    return Block("paragraph", line)


def _find_sub_bullets(blocks: list[Block]) -> None:
    """The sources do not mark sub-bullets: they follow a bullet that ends in a colon."""
    inside = False
    for block in blocks:
        opens = block.text.endswith(":")
        if block.kind == "bullet" and inside and not opens and not block.text[0].isupper():
            block.level = 2
        else:
            inside = block.kind == "bullet" and opens


# --- PDF ----------------------------------------------------------------------------------------


class Style(NamedTuple):
    """How a line of print looks; `gap` is the space above its paragraph."""

    size: float = 12
    leading: float = 14.4
    gap: float = 10
    font: str = "Sans"


BODY, ITEM, SMALL = Style(), Style(gap=5.6), Style(10, 12, 0)
HEADINGS = {1: Style(17, 20.4, 22, "Sans-Bold"), 2: Style(14, 16.8, 16, "Sans-Bold")}
HEADINGS[3] = Style(12, 14.4, 14, "Sans-Bold")
TITLE, COVER = Style(22, 26.4, 14), Style(gap=12)
SLIDE_TITLE, SLIDE_ITEM = Style(28, 34, 20, "Sans-Bold"), Style(20, 26, 14)
LEFT, TOP, FLOOR = 72, 92, 70
HANG, BULLET_HANG, CELL = 28, 18, 5
FIRST_COLUMN = {"inspection-sif": 0.64}
SHADED_LEVEL = {"inspection-sif": 1, "inspection-ilacs": 2}
COVER_LABEL = re.compile(r"(?:Inspection dates?|Lead inspector|Report published|Published):")


def register_fonts() -> None:
    """Bitstream Vera, which comes with reportlab, and the bullets of a symbol font."""
    folder = Path(reportlab.__file__).parent / "fonts"
    pdfmetrics.registerFont(TTFont("Sans", str(folder / "Vera.ttf")))
    pdfmetrics.registerFont(TTFont("Sans-Bold", str(folder / "VeraBd.ttf")))
    pdfmetrics.registerFont(TTFont("Symbols", _symbol_font()))


def _symbol_font() -> io.BytesIO:
    """A font of one filled square, at U+25A0 and where Wingdings has it, U+F06E."""
    pen = TTGlyphPen(None)
    pen.moveTo((100, 100))
    for corner in ((100, 650), (650, 650), (650, 100)):
        pen.lineTo(corner)
    pen.closePath()
    square, empty = pen.glyph(), TTGlyphPen(None).glyph()
    builder = FontBuilder(1000, isTTF=True)
    builder.setupGlyphOrder([".notdef", "space", "square"])
    builder.setupCharacterMap({0x20: "space", 0x25A0: "square", 0xF06E: "square"})
    builder.setupGlyf({".notdef": empty, "space": empty, "square": square})
    builder.setupHorizontalMetrics({".notdef": (750, 0), "space": (300, 0), "square": (750, 100)})
    builder.setupHorizontalHeader(ascent=800, descent=-200)
    builder.setupNameTable({"familyName": "Sample Symbols", "psName": "SampleSymbols"})
    builder.setupOS2()
    builder.setupPost()
    builder.updateHead(created=0, modified=0)
    builder.font.recalcTimestamp = False
    file = io.BytesIO()
    builder.save(file)
    file.seek(0)
    return file


def _runs(text: str, style: Style) -> Iterable[tuple[str, str, float, float]]:
    """The runs of a line as (text, font, size, rise); `[^1]` is raised, `**` turns bold."""
    font = style.font
    for part in re.split(r"(\*\*|\[\^\d+\])", text):
        if part == "**":
            font = "Sans" if font == "Sans-Bold" else "Sans-Bold"
        elif match := MARKER.fullmatch(part):
            yield match[1], font, style.size * 0.62, style.size * 0.36
        elif part:
            yield part, font, style.size, 0


def _width(text: str, style: Style) -> float:
    return sum(
        pdfmetrics.stringWidth(run, font, size) for run, font, size, _ in _runs(text, style)
    )


def wrap(text: str, style: Style, width: float) -> list[str]:
    """Break text into lines, at spaces and behind the hyphens of compounds."""
    lines, line = [], ""
    for piece in re.findall(r"\S+?(?:(?<=\w-)(?=[A-Za-z])|\s+|$)", text):
        if line and _width((line + piece).rstrip(), style) > width:
            lines.append(line.rstrip())
            line = ""
        line += piece
    return [*lines, line.rstrip()]


class PdfWriter:
    """Writes a document page by page, from top to bottom.

    `headings` collects the page on which each heading stands; `found` is what a first writing
    collected, for the contents page.
    """

    def __init__(self, document: Document, found: list[tuple[str, int]]) -> None:
        self.document, self.about, self.found = document, document.about, found
        self.glyph = BULLETS.get(document.name, "•")
        self.headings: list[tuple[str, int]] = []
        self.file = io.BytesIO()
        self.canvas = Canvas(self.file, invariant=1, pageCompression=1, initialFontName="Sans")
        self.canvas.setTitle(self.about["title"])
        self.canvas.setAuthor("Invented sample document")
        self.number, self.slides, self.item_indent = 0, False, 0
        self.open_page()

    def write(self) -> bytes:
        self.box(self.about["invented"])
        for block in self.document.blocks:
            getattr(self, block.kind)(block)
        self.close_page()
        self.canvas.save()
        return self.file.getvalue()

    # Pages

    def open_page(self) -> None:
        """Begin a page with its running header; slides are landscape."""
        self.width, self.height = landscape(A4) if self.slides else A4
        self.canvas.setPageSize((self.width, self.height))
        self.right = self.width - LEFT
        self.number += 1
        self.notes: list[str] = []
        self.top = self.y = self.height - TOP
        self.draw_at_side(self.height - 48, self.about["running_header"], Style(9), right=True)

    def close_page(self) -> None:
        """End a page with its footnotes and its foot, whose number alternates sides."""
        y = FLOOR + len(self.notes) * SMALL.leading
        if self.notes:
            self.rule(LEFT, LEFT + 125, y + 5)
        for line in self.notes:
            y -= SMALL.leading
            self.draw(LEFT, y + 3, line, SMALL)
        self.rule(LEFT, self.right, 57)
        odd = self.number % 2 == 1
        title = wrap(self.about["title"], Style(8), self.right - LEFT - 60)
        for row, text in enumerate([*title, self.about.get("footer", "")]):
            self.draw_at_side(46 - 9.6 * row, text, Style(8), right=not odd)
        self.draw_at_side(41, str(self.number), Style(14), right=odd)
        self.canvas.showPage()

    def newpage(self, _: Block | None = None) -> None:
        self.close_page()
        self.open_page()

    def need(self, height: float, new_notes: Sequence[str] = ()) -> None:
        """Turn the page unless so much still fits above the footnotes."""
        n_notes = len(self.notes) + len(new_notes)
        if self.y - height < FLOOR + n_notes * SMALL.leading + (16 if n_notes else 0):
            self.newpage()

    def gap(self, height: float) -> None:
        if self.y < self.top:
            self.y -= height

    # Lines

    def rule(self, left: float, right: float, y: float) -> None:
        self.canvas.setLineWidth(0.7)
        self.canvas.line(left, y, right, y)

    def draw(self, x: float, y: float, text: str, style: Style) -> None:
        for run, font, size, rise in _runs(text, style):
            self.canvas.setFont(font, size)
            self.canvas.drawString(x, y + rise, run)
            x += pdfmetrics.stringWidth(run, font, size)

    def draw_at_side(self, y: float, text: str, style: Style, right: bool) -> None:
        self.draw(self.right - _width(text, style) if right else LEFT, y, text, style)

    def draw_bullet(self, x: float, y: float, glyph: str, style: Style) -> None:
        font, size = (
            ("Sans", style.size) if glyph in ("•", SUB_BULLET) else ("Symbols", style.size * 0.8)
        )
        self.canvas.setFont(font, size)
        self.canvas.drawString(x, y, glyph)

    def text(
        self,
        text: str,
        style: Style,
        indent: float = 0,
        mark: Callable[[float], None] | None = None,
    ) -> None:
        """A paragraph; `mark` draws its number or bullet at the height of the first line.

        A line takes the footnotes it refers to along to the bottom of its page.
        """
        self.gap(style.gap)
        lines = wrap(text, style, self.right - LEFT - indent)
        self.need(style.leading * min(2, len(lines)))
        for line in lines:
            notes: list[str] = []
            for n in MARKER.findall(line):
                notes += wrap(f"[^{n}] {self.document.notes[n]}", SMALL, self.right - LEFT)
            self.need(style.leading, notes)
            self.notes += notes
            self.y -= style.leading
            if mark:
                mark(self.y)
                mark = None
            self.draw(LEFT + indent, self.y, line, style)

    # Elements

    def box(self, text: str) -> None:
        """The sentence that says that all is invented, ruled off above everything else."""
        lines = wrap(text, SMALL, self.right - LEFT - 2 * CELL)
        height = len(lines) * SMALL.leading + 2 * CELL
        self.y -= height - 22
        self.canvas.rect(LEFT, self.y, self.right - LEFT, height)
        for row, line in enumerate(lines, start=1):
            y = self.y + height - CELL + 2.5 - row * SMALL.leading
            self.draw(LEFT + CELL, y, line, SMALL)
        self.y -= 8

    def heading(self, block: Block) -> None:
        """A heading, bold and sometimes shaded; the title on a cover is large and light."""
        self.item_indent = 0
        layout, style = self.about["layout"], HEADINGS[block.level]
        if layout.startswith("inspection") and self.number == 1:
            style = TITLE if block.level == 1 else style._replace(gap=12)
        n_lines = len(wrap(block.text, style, self.right - LEFT))
        self.need(style.gap + n_lines * style.leading + 3 * BODY.leading)
        self.headings.append((block.text, self.number))
        if self.number > 1 and block.level == SHADED_LEVEL.get(layout):
            self.gap(style.gap)
            height = n_lines * style.leading + 6
            self.canvas.setFillGray(0.87)
            bottom = self.y - height + 1
            self.canvas.rect(LEFT - 4, bottom, self.right - LEFT + 8, height, stroke=0, fill=1)
            self.canvas.setFillGray(0)
            style = style._replace(gap=0)
        self.text(block.text, style)

    def paragraph(self, block: Block) -> None:
        self.item_indent = 0
        label = COVER_LABEL.match(block.text) if self.number == 1 else None
        text = f"**{label[0]}**{block.text[label.end() :]}" if label else block.text
        self.text(text, COVER if label else BODY)

    def numbered(self, block: Block) -> None:
        """A number in a column of its own and the text beside it."""
        self.item_indent = HANG
        mark = partial(self.draw, LEFT, text=block.mark, style=BODY)
        self.text(block.text, BODY, HANG, mark)

    def bullet(self, block: Block) -> None:
        """A bullet that hangs; sub-bullets and those in numbered paragraphs are indented."""
        style, hang = (SLIDE_ITEM, 30) if self.slides else (ITEM, BULLET_HANG)
        indent = self.item_indent + (hang if block.level == 2 else 0)
        glyph = SUB_BULLET if block.level == 2 else self.glyph
        mark = partial(self.draw_bullet, LEFT + indent, glyph=glyph, style=style)
        self.text(block.text, style, indent + hang, mark)

    def address(self, block: Block) -> None:
        self.gap(BODY.gap)
        for (line,) in block.rows:
            self.text(line, BODY._replace(gap=0))

    def slide(self, block: Block) -> None:
        """Each slide is a page of its own."""
        self.slides = True
        self.newpage()
        self.text(block.text, SLIDE_TITLE)

    def contents(self, block: Block) -> None:
        """The contents, with leaders up to the pages on which the headings really stand."""
        self.text("Contents", TITLE)
        width, rest = self.right - LEFT, iter(self.found)
        for title, page in block.rows:
            sought = title.lower()
            page = next((str(n) for text, n in rest if sought in text.lower()), page)
            *before, last = wrap(title, BODY, width - 50)
            for line in before:
                self.text(line, ITEM)
            self.text(last, ITEM._replace(gap=0) if before else ITEM)
            leaders = "." * int((width - _width(last + page, BODY) - 8) / _width(".", BODY))
            self.draw(self.right - _width(leaders + page, BODY) - 2, self.y, leaders, BODY)
            self.draw(self.right - _width(page, BODY), self.y, page, BODY)

    def table(self, block: Block) -> None:
        """Ruled cells; a number at the start of a cell stands in a column of its own."""
        self.gap(14)
        first = FIRST_COLUMN.get(self.about["layout"], 0.5) * (self.right - LEFT)
        widths = [first, self.right - LEFT - first]
        for row, cells in enumerate(block.rows):
            style = HEADINGS[3] if row == 0 else BODY
            indents = [HANG if NUMBER.match(cell) else 0 for cell in cells]
            texts = [
                wrap(NUMBER.sub("", cell), style, width - indent - 4 * CELL)
                for cell, width, indent in zip(cells, widths, indents, strict=True)
            ]
            height = max(map(len, texts)) * style.leading + 2 * CELL
            self.need(height)
            x = LEFT
            for cell, lines, width, indent in zip(cells, texts, widths, indents, strict=True):
                self.canvas.rect(x, self.y - height, width, height)
                y = self.y - CELL - style.size + 1
                if indent:
                    self.draw(x + CELL, y, NUMBER.match(cell)[1], style)
                for n, line in enumerate(lines):
                    self.draw(x + CELL + indent, y - n * style.leading, line, style)
                x += width
            self.y -= height

    def columns(self, block: Block) -> None:
        """Two columns of bullets, written row by row: left and right lines take turns."""
        self.gap(14)
        half = (self.right - LEFT) / 2
        sides = []
        for title, *items in block.rows:
            lines = [("", title, HEADINGS[3])]
            for item in items:
                texts = wrap(item, BODY, half - BULLET_HANG - 2 * CELL)
                lines += [("" if n else self.glyph, text, BODY) for n, text in enumerate(texts)]
            sides.append(lines)
        height = max(map(len, sides)) * BODY.leading + 2 * CELL
        self.need(height)
        for x in (LEFT, LEFT + half):
            self.canvas.rect(x, self.y - height, half, height)
        for n, row in enumerate(zip_longest(*sides), start=1):
            for x, cell in zip((LEFT + CELL, LEFT + CELL + half), row, strict=True):
                if cell:
                    glyph, text, style = cell
                    y = self.y - n * BODY.leading
                    if glyph:
                        self.draw_bullet(x, y, glyph, style)
                    self.draw(x + (BULLET_HANG if style is BODY else 0), y, text, style)
        self.y -= height


def make_pdf(document: Document) -> bytes:
    """Write the PDF twice: the first time to learn the pages for its contents page."""
    register_fonts()
    trial = PdfWriter(document, found=[])
    trial.write()
    return PdfWriter(document, trial.headings).write()


# --- The other formats --------------------------------------------------------------------------


def make_docx(document: Document) -> bytes:
    """A Word file in the built-in styles; its number and text are separated by a tab."""
    word = docx.Document()
    about, properties = document.about, word.core_properties
    properties.title, properties.author = about["title"], "Invented sample document"
    properties.comments, properties.last_modified_by = about["invented"], ""
    properties.created = properties.modified = datetime.datetime(2020, 1, 1)
    word.sections[0].header.paragraphs[0].text = about["running_header"]
    word.sections[0].footer.paragraphs[0].text = about.get("footer", "")
    box = word.add_paragraph(about["invented"])
    sides = "".join(
        f'<w:{side} w:val="single" w:sz="6" w:space="4" w:color="auto"/>'
        for side in ("top", "left", "bottom", "right")
    )
    box._p.get_or_add_pPr().append(parse_xml(f"<w:pBdr {nsdecls('w')}>{sides}</w:pBdr>"))
    for block in document.blocks:
        _add_to_word(word, block)
    file = io.BytesIO()
    word.save(file)
    return _with_fixed_times(file)


def _add_to_word(word: docx.document.Document, block: Block) -> None:
    if block.kind == "heading":
        word.add_heading(block.text, block.level)
    elif block.kind == "bullet":
        word.add_paragraph(block.text, "List Bullet 2" if block.level == 2 else "List Bullet")
    elif block.kind == "numbered":
        form = word.add_paragraph(f"{block.mark}\t{block.text}").paragraph_format
        form.left_indent, form.first_line_indent = Pt(HANG + 8), Pt(-HANG - 8)
    elif block.kind == "table":
        table = word.add_table(0, len(block.rows[0]), "Table Grid")
        for row in block.rows:
            for cell, text in zip(table.add_row().cells, row, strict=True):
                cell.text = text
    elif block.kind == "newpage":
        word.add_page_break()
    else:
        word.add_paragraph("\n".join(row[0] for row in block.rows) or block.text)


def _with_fixed_times(file: io.BytesIO) -> bytes:
    """The same zip archive with the same date on every member."""
    target = io.BytesIO()
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            member = zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0))
            member.compress_type, member.create_system = zipfile.ZIP_DEFLATED, 3
            new.writestr(member, old.read(name))
    return target.getvalue()


def make_html(document: Document) -> bytes:
    """A web page whose navigation, header and footer stand around the text in <main>."""
    about = {key: escape(value) for key, value in document.about.items()}
    parts = []
    for is_list, blocks in groupby(document.blocks, key=lambda block: block.kind == "bullet"):
        items = [_html_of_block(block) for block in blocks]
        parts += ["<ul>", *items, "</ul>"] if is_list else items
    links = "".join(f'<li><a href="#">{name}</a></li>' for name in ("Home", "Reports", "Contact"))
    page = f"""\
<!DOCTYPE html>
<html lang="en-GB">
<head>
<meta charset="utf-8">
<title>{about["title"]}</title>
<style>body {{ font: 1em/1.4 sans-serif; max-width: 46em; margin: auto }}
.invented {{ border: 1px solid; padding: 0.5em }}</style>
</head>
<body>
<header><p>{about["running_header"]}</p></header>
<nav><ul>{links}</ul></nav>
<main>
<p class="invented">{about["invented"]}</p>
{chr(10).join(parts)}
</main>
<footer><p>{about.get("footer", "")}</p><p>Share this page</p></footer>
</body>
</html>
"""
    return page.encode()


def _html_of_block(block: Block) -> str:
    rows = [[escape(cell, quote=False) for cell in row] for row in block.rows]
    if block.kind == "address":
        return f"<address>{'<br>'.join(row[0] for row in rows)}</address>"
    if block.kind == "table":
        cells = ["".join(f"<td>{cell}</td>" for cell in row) for row in rows]
        return f"<table>{''.join(f'<tr>{row}</tr>' for row in cells)}</table>"
    tag = {"heading": f"h{block.level}", "bullet": "li"}.get(block.kind, "p")
    return f"<{tag}>{escape(f'{block.mark} {block.text}'.strip(), quote=False)}</{tag}>"


def make_txt(document: Document, page_length: int = 2600) -> bytes:
    """Plain text in pages: a form feed, after the footnotes, can interrupt a sentence."""
    page, notes, pages = [document.about["invented"]], [], []

    def turn_page() -> None:
        pages.append("\n\n".join([*page, *notes]))
        page.clear()
        notes.clear()

    for block in document.blocks:
        text, room = _txt_of_block(block), page_length - sum(map(len, page))
        if block.kind == "heading" and room < 300:
            turn_page()
        elif len(text) > room > 100 and block.kind in ("paragraph", "numbered"):
            cut = text.rfind(" ", 0, room)
            page.append(_raise_markers(text[:cut], notes, document))
            text = text[cut + 1 :]
            turn_page()
        elif len(text) > room:
            turn_page()
        page.append(_raise_markers(text, notes, document))
    turn_page()
    return ("\n\n\f".join(pages) + "\n").encode()


def _txt_of_block(block: Block) -> str:
    if block.rows:
        widths = [max(map(len, column)) + 3 for column in zip(*block.rows, strict=True)]
        lines = [map(str.ljust, row, widths) for row in block.rows]
        return "\n".join("".join(line).rstrip() for line in lines)
    mark = {"bullet": "- ", "numbered": f"{block.mark} "}.get(block.kind, "")
    return mark + block.text


def _raise_markers(text: str, notes: list[str], document: Document) -> str:
    """Make footnote markers superscript digits and put their notes on the page's list."""
    raised = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
    for number in MARKER.findall(text):
        notes.append(f"{number.translate(raised)} {document.notes[number]}")
    return MARKER.sub(lambda match: match[1].translate(raised), text)


# --- The corpus ---------------------------------------------------------------------------------


def make_document(source: Path) -> tuple[str, bytes]:
    """The file name and the bytes that a source is made into."""
    makers = {"pdf": make_pdf, "docx": make_docx, "html": make_html, "txt": make_txt}
    suffix = FORMATS.get(source.stem, "pdf")
    return f"{source.stem}.{suffix}", makers[suffix](read_source(source))


def main() -> None:
    SAMPLE.mkdir(exist_ok=True)
    """Write all documents; authorities.csv and README.md beside them are kept by hand."""
    for source in sorted(SOURCES.glob("*.txt")):
        name, content = make_document(source)
        (SAMPLE / name).write_bytes(content)
        print(f"{name}: {len(content):,} bytes")


if __name__ == "__main__":
    main()
