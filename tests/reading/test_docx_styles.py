"""Headings and items of lists in Word documents, by their styles and their bold type."""

from __future__ import annotations

import docx
import pytest
from docx.enum.style import WD_STYLE_TYPE
from word_xml import par, read_body, run

from pipeline.reading.read_docx import read_docx, read_docx_furniture


def test_styles_that_are_based_on_others(tmp_path):
    document = docx.Document()
    heading = document.styles.add_style("Report Section", WD_STYLE_TYPE.PARAGRAPH)
    heading.base_style = document.styles["Heading 2"]
    document.add_paragraph("Findings", style="Report Section")
    document.add_paragraph("Plans are clear. " * 20, style="Report Section")
    document.add_paragraph("clear plans", style="List Bullet")
    free = document.add_paragraph("Visits are timely.", style="List Bullet")
    free._p.get_or_add_pPr()._add_numPr()._add_numId().val = 0
    document.add_paragraph("Farwick Council", style="Subtitle")
    path = tmp_path / "styled.docx"
    document.save(str(path))
    assert [(b.kind, b.level) for b in read_docx(path)] == [
        ("heading", 2),
        ("paragraph", 1),
        ("list_item", 1),
        ("paragraph", 1),
        ("heading", 3),
    ]


@pytest.mark.parametrize(
    ("name", "kind", "level"),
    [
        ("Section Heading", "heading", 1),
        ("Farwick Sub-heading", "heading", 2),
        ("Report Heading 3", "heading", 3),
        ("Table heading", "paragraph", 1),
        ("Bullet point", "list_item", 1),
        ("Bullets 2", "list_item", 2),
        ("After bullets", "paragraph", 1),
    ],
)
def test_names_that_publishers_give_to_their_styles(tmp_path, name, kind, level):
    document = docx.Document()
    document.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
    document.add_paragraph("Do plans say what has to change, and by when it has to?", style=name)
    path = tmp_path / "styled.docx"
    document.save(str(path))
    assert [(b.kind, b.level) for b in read_docx(path)] == [(kind, level)]


def test_numbered_lines_are_headings_if_they_are_bold(tmp_path):
    document = docx.Document()
    title = document.styles.add_style("Paragraph title", WD_STYLE_TYPE.PARAGRAPH)
    title.base_style = document.styles["List Number"]
    title.font.bold = True
    document.add_paragraph("Background", style="Paragraph title")
    document.add_paragraph("Vacancies have halved.", style="List Number")
    document.add_paragraph(style="List Number").add_run("Findings").bold = True
    document.add_paragraph(style="Paragraph title").add_run("Waits are long").bold = False
    document.add_paragraph(style="List Number").add_run("Next steps", style="Strong")
    path = tmp_path / "report.docx"
    document.save(str(path))
    assert [(b.kind, b.text) for b in read_docx(path)] == [
        ("heading", "1. Background"),
        ("paragraph", "2. Vacancies have halved."),
        ("heading", "3. Findings"),
        ("paragraph", "4. Waits are long"),
        ("heading", "5. Next steps"),
    ]


def test_what_a_style_hides_is_not_read(tmp_path):
    document = docx.Document()
    guidance = document.styles.add_style("Guidance", WD_STYLE_TYPE.PARAGRAPH)
    guidance.font.hidden = True
    note = document.styles.add_style("Guidance note", WD_STYLE_TYPE.PARAGRAPH)
    note.base_style = guidance
    hint = document.styles.add_style("Hint", WD_STYLE_TYPE.CHARACTER)
    hint.font.hidden = True
    plans = document.add_paragraph("Plans are clear.")
    plans.add_run(" Delete this hint.", style="Hint")
    plans.add_run(" Visits are timely.", style="Hint").font.hidden = False
    document.add_paragraph("Name every ward that the decision affects.", style="Guidance note")
    shown = document.add_paragraph("Write in plain English. ", style="Guidance note")
    shown.add_run("Waits are long.").font.hidden = False
    document.sections[0].header.paragraphs[0].add_run("Farwick ")
    document.sections[0].header.paragraphs[0].add_run("Name of council", style="Hint")
    path = tmp_path / "template.docx"
    document.save(str(path))
    assert [block.text for block in read_docx(path)] == [
        "Plans are clear. Visits are timely.",
        "Waits are long.",
    ]
    assert read_docx_furniture(path) == ["Farwick"]


BOLD = "<w:b/>"
BREAK = "<w:r><w:br/></w:r>"
TITLED = {
    "a title before a break": (
        par(run("Stable", BOLD), run(" homes ", BOLD), BREAK, run("Moves are rare.")),
        [("heading", "Stable homes"), ("paragraph", "Moves are rare.")],
    ),
    "the break in the run of the title": (
        par("<w:r><w:rPr><w:b/></w:rPr><w:t>Stable homes</w:t><w:br/></w:r>", run("Moves are rare.")),
        [("heading", "Stable homes"), ("paragraph", "Moves are rare.")],
    ),
    "a line that is bold in part": (
        par(run("Stable", BOLD), run(" homes"), BREAK, run("are rare.")),
        [("paragraph", "Stable homes are rare.")],
    ),
    "a sentence": (
        par(run("Homes are stable.", BOLD), BREAK, run("Moves are rare.")),
        [("paragraph", "Homes are stable. Moves are rare.")],
    ),
    "bold that goes on": (
        par(run("Stable homes ", BOLD), BREAK, run("in Farwick", BOLD), run(" are rare.")),
        [("paragraph", "Stable homes in Farwick are rare.")],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", TITLED)
def test_a_bold_line_before_a_break_is_a_heading(name):
    body, expected = TITLED[name]
    assert [(block.kind, block.text) for block in read_body(body)] == expected
