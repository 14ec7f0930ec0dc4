"""A briefing as a Word file, with Word's own styles, so that a council can give it its look."""

from __future__ import annotations

import datetime
import io
from collections.abc import Sequence
from pathlib import Path

import docx
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Emu, Pt, RGBColor
from docx.table import Table as WordTable
from docx.text.paragraph import Paragraph

from pipeline.base.characters import clean_text
from pipeline.base.errors import ExtractionError
from pipeline.base.files import write_whole
from pipeline.reading.read_docx import open_docx
from pipeline.report.briefing_text import Briefing, Chart, Points, Table
from pipeline.report.picture import balance_picture
from pipeline.report.quotations import Quotation

LANGUAGE = "en-GB"
# A4, and margins that leave room for a table of six columns.
WIDTH, HEIGHT, MARGIN = Cm(21), Cm(29.7), Cm(1.9)
# Our own look, where no template gives another: style → points, space before and after.
LOOK = {
    "Normal": (9.5, 0, 3),
    "Title": (20, 0, 2),
    "Subtitle": (10.5, 0, 4),
    "Heading 1": (12.5, 7, 2),
    "List Bullet": (9.5, 0, 1),
    "Quote": (9.5, 0, 3),
}
DARK = RGBColor(0x45, 0x25, 0x72)
FONT = "Arial"
TABLE_POINTS = 9
# A column gets room by its longest text, up to so many letters, and by its longest word, which
# has the margins of its cell beside it.
MAX_LETTERS, WORD_ROOM = 31, 5
TABLE_STYLES = ("Light Grid Accent 4", "Table Grid")


def write_docx(briefing: Briefing, path: Path, template: Path | None = None) -> None:
    """Write a briefing to `path`, with the styles, page and headers of `template` if there is one.

    Raises `ExtractionError` if the template is not there or no Word document.
    """
    if template is not None and not template.is_file():
        raise ExtractionError(f"There is no file {template}.", "Check the path.")
    _WordFile(briefing, template).save(path)


class _WordFile:
    """One briefing on its way into a Word document."""

    def __init__(self, briefing: Briefing, template: Path | None) -> None:
        self._document = docx.Document() if template is None else open_docx(template)
        self._clear()
        if template is None:
            self._give_look()
        self._describe(briefing)
        self._paragraph(briefing.title, "Title")
        self._paragraph(briefing.subtitle, "Subtitle")
        for section in briefing.sections:
            self._paragraph(section.heading, "Heading 1")
            for part in section.parts:
                self._add(part)

    def save(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        buffer = io.BytesIO()
        self._document.save(buffer)
        write_whole(path, buffer.getvalue())

    def _clear(self) -> None:
        """Leave nothing of a template but its styles and the page it describes last."""
        body = self._document.element.body
        for element in list(body):
            if element.tag != qn("w:sectPr"):
                body.remove(element)
        body.get_or_add_sectPr()

    def _give_look(self) -> None:
        section = self._document.sections[0]
        section.page_width, section.page_height = WIDTH, HEIGHT
        section.left_margin = section.right_margin = MARGIN
        section.top_margin = section.bottom_margin = MARGIN
        for name, (points, before, after) in LOOK.items():
            style = self._document.styles[name]
            style.font.size, style.font.name = Pt(points), FONT
            fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
            for theme in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
                fonts.attrib.pop(qn(f"w:{theme}"), None)
            style.paragraph_format.space_before = Pt(before)
            style.paragraph_format.space_after = Pt(after)
            style.paragraph_format.line_spacing = 1.0
            if name in ("Title", "Heading 1"):
                style.font.color.rgb = DARK
        self._document.styles["Quote"].font.italic = False
        self._document.styles["Quote"].paragraph_format.left_indent = Cm(0.5)
        # The line below a title is part of the style in python-docx's own template.
        for border in self._document.styles["Title"].element.iter(qn("w:pBdr")):
            border.getparent().remove(border)
            break

    def _describe(self, briefing: Briefing) -> None:
        properties = self._document.core_properties
        properties.title, properties.language = clean_text(briefing.title), LANGUAGE
        properties.subject = "Inspections of children’s services"
        properties.author = properties.last_modified_by = "inspection-themes"
        properties.comments = properties.keywords = ""
        properties.created = properties.modified = datetime.datetime.now(datetime.UTC)
        properties.revision = 1
        run = self._document.styles["Normal"].element.get_or_add_rPr()
        language = run.find(qn("w:lang"))
        if language is None:
            language = OxmlElement("w:lang")
            run.append(language)
        language.set(qn("w:val"), LANGUAGE)

    def _add(self, part: str | Points | Table | Chart | Quotation) -> None:
        match part:
            case Points():
                for item in part.items:
                    self._paragraph(item, "List Bullet")
            case Table():
                self._table(part)
            case Chart():
                self._chart(part)
            case Quotation():
                self._quotation(part)
            case _:
                self._paragraph(part)

    def _paragraph(self, text: str, style: str = "Normal") -> Paragraph:
        return self._document.add_paragraph(clean_text(text), self._style(style))

    def _style(self, *names: str, kind: WD_STYLE_TYPE = WD_STYLE_TYPE.PARAGRAPH) -> str | None:
        """The first of the styles that there is; a template may lack some."""
        there = {style.name for style in self._document.styles if style.type == kind}
        return next((name for name in names if name in there), None)

    def _table(self, table: Table) -> None:
        style = self._style(*TABLE_STYLES, kind=WD_STYLE_TYPE.TABLE)
        made = self._document.add_table(0, len(table.header), style)
        for name in ("tblCaption", "tblDescription"):
            described = OxmlElement(f"w:{name}")
            described.set(qn("w:val"), clean_text(table.description))
            made._tbl.tblPr.append(described)
        for n, values in enumerate((table.header, *table.rows)):
            row = made.add_row()
            properties = row._tr.get_or_add_trPr()
            properties.append(OxmlElement("w:cantSplit"))
            if not n:
                properties.append(OxmlElement("w:tblHeader"))
            for k, (cell, value) in enumerate(zip(row.cells, values, strict=True)):
                paragraph = cell.paragraphs[0]
                run = paragraph.add_run(clean_text(value))
                run.bold = n == 0 or k == 0
                run.font.size = Pt(TABLE_POINTS)
                paragraph.paragraph_format.space_after = Pt(0)
                paragraph.paragraph_format.keep_with_next = n < len(table.rows)
        self._set_widths(made, (table.header, *table.rows))
        # Word wants something between a table and what follows, as readers do.
        self._gap()

    def _set_widths(self, made: WordTable, rows: Sequence[tuple[str, ...]]) -> None:
        """Share the width out by what the columns hold, so that no word is cut."""
        section = self._document.sections[-1]
        margins = sum(
            MARGIN if m is None else m for m in (section.left_margin, section.right_margin)
        )
        room = (section.page_width or WIDTH) - margins
        columns = list(zip(*rows, strict=True))
        needs = [
            max(
                min(MAX_LETTERS, max(map(len, column))),
                WORD_ROOM + max(len(word) for text in column for word in text.split() or [""]),
            )
            for column in columns
        ]
        made.autofit = False
        for column, need in zip(made.columns, needs, strict=True):
            column.width = Emu(room * need // sum(needs))
            for cell in column.cells:
                cell.width = column.width

    def _gap(self) -> None:
        gap = self._paragraph("")
        gap.paragraph_format.space_after = Pt(0)
        gap.paragraph_format.line_spacing = Pt(5)

    def _chart(self, chart: Chart) -> None:
        picture = balance_picture(
            chart.earlier, chart.later, chart.earlier_label, chart.later_label
        )
        paragraph = self._document.add_paragraph()
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
        shape = paragraph.add_run().add_picture(io.BytesIO(picture.png()), width=Cm(15))
        shape._inline.docPr.set("descr", clean_text(chart.description))
        shape._inline.docPr.set("title", "Strengths and concerns by theme")

    def _quotation(self, quotation: Quotation) -> None:
        paragraph = self._document.add_paragraph(style=self._style("Quote"))
        about = f"{quotation.theme}, {quotation.stance}:"
        paragraph.add_run(clean_text(about)).bold = True
        paragraph.add_run(f" “{clean_text(quotation.text)}” ")
        source = clean_text(f"({quotation.source})")
        if quotation.link:
            self._link(paragraph, source, quotation.link)
        else:
            paragraph.add_run(source)

    def _link(self, paragraph: Paragraph, text: str, address: str) -> None:
        link = OxmlElement("w:hyperlink")
        target = paragraph.part.relate_to(
            clean_text(address), RELATIONSHIP_TYPE.HYPERLINK, is_external=True
        )
        link.set(qn("r:id"), target)
        run = paragraph.add_run(text)
        run.font.underline, run.font.color.rgb = True, RGBColor(0x05, 0x63, 0xC1)
        link.append(run._r)
        paragraph._p.append(link)
