from __future__ import annotations

import zipfile

import docx
import pytest
from word_xml import cell, par, read_body, run, table

from pipeline.base.errors import ExtractionError
from pipeline.reading import read_docx as module
from pipeline.reading.read_docx import read_docx, read_docx_furniture


def test_styles_lists_tables_and_typed_numbers(tmp_path):
    document = docx.Document()
    document.add_heading("Report to Cabinet", level=1)
    document.add_paragraph("2.1 Vacancies have halved since the spring.")
    document.add_paragraph("clearer plans", style="List Bullet")
    document.add_paragraph("for every child", style="List Bullet 2")
    table = document.add_table(rows=1, cols=2)
    table.cell(0, 0).text, table.cell(0, 1).text = "Risk", "High"
    bold = document.add_paragraph()
    bold.add_run("Next steps").bold = True
    path = tmp_path / "report.docx"
    document.save(str(path))
    assert [(b.kind, b.level, b.text) for b in read_docx(path)] == [
        ("heading", 1, "Report to Cabinet"),
        ("paragraph", 1, "2.1 Vacancies have halved since the spring."),
        ("list_item", 1, "clearer plans"),
        ("list_item", 2, "for every child"),
        ("table", 1, "Risk | High"),
        ("heading", 6, "Next steps"),
    ]


def test_automatic_numbers_are_those_that_word_prints(tmp_path):
    document = docx.Document()
    for text in ("Vacancies have halved.", "Caseloads have fallen."):
        document.add_paragraph(text, style="List Number")
    document.add_paragraph("clearer plans", style="List Bullet")
    document.add_paragraph("Agency use is down.", style="List Number")
    path = tmp_path / "report.docx"
    document.save(str(path))
    assert [(b.kind, b.marker, b.text) for b in read_docx(path)] == [
        ("paragraph", "1.", "1. Vacancies have halved."),
        ("paragraph", "2.", "2. Caseloads have fallen."),
        ("list_item", "•", "clearer plans"),
        ("paragraph", "3.", "3. Agency use is down."),
    ]


WP = 'xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing"'
MC = 'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'


def box(text):
    inside = f"<w:txbxContent>{par(run(text))}</w:txbxContent>"
    return (
        f"<w:r><mc:AlternateContent {MC}><mc:Choice><w:drawing>{inside}</w:drawing></mc:Choice>"
        f"<mc:Fallback><w:pict>{inside}</w:pict></mc:Fallback></mc:AlternateContent></w:r>"
    )


def picture(description):
    return f'<w:r><w:drawing><wp:inline {WP}><wp:docPr id="1" name="" descr="{description}"/></wp:inline></w:drawing></w:r>'


DELETED_MARK = "<w:pPr><w:rPr><w:del/></w:rPr></w:pPr>"
BODIES = {
    "deleted paragraph mark": (
        par(DELETED_MARK, run("Visits are always ")) + par(run("timely in the north.")),
        ["Visits are always timely in the north."],
    ),
    "text box, once": (
        par(run("Visits are timely."), box("Plans are clear.")),
        ["Visits are timely.", "Plans are clear."],
    ),
    "a described picture, after the text it is in": (
        par(run("Waits are "), picture("Bar chart: waits fell from 24 to 17 days"), run("shorter."),
            picture("A picture of a table with a cup on it, automatically generated"), picture("")),
        ["Waits are shorter.", "Bar chart: waits fell from 24 to 17 days"],
    ),
    "line breaks in a paragraph": (
        par("<w:r><w:t>Plans are</w:t><w:br/><w:t>clear.</w:t><w:br/><w:br/><w:t>Visits are timely.</w:t></w:r>"),
        ["Plans are clear.", "Visits are timely."],
    ),
    "line breaks between findings": (
        par("<w:r><w:t>Plans are clear</w:t><w:br/><w:t>Visits are timely</w:t><w:br/><w:t>Staff stay</w:t></w:r>"),
        ["Plans are clear", "Visits are timely", "Staff stay"],
    ),
    "cells merged across and down": (
        table(
            [cell("Leaders", '<w:vMerge w:val="restart"/>'), cell("Good", '<w:gridSpan w:val="2"/>')],
            [cell("", "<w:vMerge/>"), cell("2019"), cell("2022")],
            [cell("Care", '<w:hMerge w:val="restart"/>'), cell("", '<w:hMerge w:val="continue"/>'), cell("Good")],
        ),
        ["Leaders | Good", "2019 | 2022", "Care | Good"],
    ),
    "table in a cell": (
        table([cell("Grades of the year", inside=table([cell("Leaders"), cell("Good")]) + par())]),
        ["Grades of the year", "Leaders | Good"],
    ),
    "inserted and deleted rows": (
        table([cell("Leaders"), cell("Good")], ["<w:trPr><w:del/></w:trPr>", cell("Care"), cell("Good")]),
        ["Leaders | Good"],
    ),
    "prose in a table": (
        table([cell("Plans are clear. " * 9, inside=par(run("Visits are timely.")))]),
        [("Plans are clear. " * 9).strip(), "Visits are timely."],
    ),
}  # fmt: skip
BOXES = {
    "a summary": ([cell("Plans are clear. " * 9)], "paragraph"),
    "a summary beside a picture": ([cell(""), cell("Plans are clear. " * 9)], "paragraph"),
    "a title": ([cell("Summary of the review")], "table"),
    "a list of names beside something": ([cell("Team"), cell("Ada Thorne, " * 14)], "table"),
}


@pytest.mark.parametrize("name", BODIES)
def test_all_that_word_shows_is_read_once(name):
    body, expected = BODIES[name]
    assert [block.text for block in read_body(body)] == expected


@pytest.mark.parametrize("name", BOXES)
def test_a_long_text_alone_in_a_row_is_no_table(name):
    row, kind = BOXES[name]
    assert [block.kind for block in read_body(table(row))] == [kind]


LONG = "Plans are clear. " * 9
OUTLINED = '<w:pPr><w:outlineLvl w:val="1"/></w:pPr>'
VISITS = par(run("Visits are timely."))
ROWS = {
    "what is said of something": (
        [cell("Plans"), cell(LONG)],
        [("heading", "Plans", "Plans"), ("paragraph", LONG.strip(), "Plans")],
    ),
    "an item of minutes, and who leads on it": (
        [cell("1"), cell("Thresholds"), cell(LONG, inside=VISITS), cell("Jo Bloggs")],
        [
            ("table", "1", "Thresholds"),
            ("heading", "Thresholds", "Thresholds"),
            ("paragraph", LONG.strip(), "Thresholds"),
            ("paragraph", "Visits are timely.", "Thresholds"),
            ("table", "Jo Bloggs", "Thresholds"),
        ],
    ),
    "a short sentence, and an item of a list": (
        [cell(LONG, inside=VISITS), cell("Moves are rare."), cell("• calm moves")],
        [
            ("paragraph", LONG.strip(), ""),
            ("paragraph", "Visits are timely.", ""),
            ("paragraph", "Moves are rare.", ""),
            ("list_item", "calm moves", ""),
        ],
    ),
    "a heading by its style": (
        [f"<w:tc>{par(OUTLINED, run('Findings'))}</w:tc>", cell(LONG, inside=VISITS)],
        [("heading", "Findings", ""), ("paragraph", LONG.strip(), ""), ("paragraph", "Visits are timely.", "")],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", ROWS)
def test_what_stands_beside_prose_in_a_table(name):
    row, expected = ROWS[name]
    assert [(b.kind, b.text, " > ".join(b.above)) for b in read_body(table(row))] == expected


def test_what_a_row_is_about_holds_for_all_rows_of_a_merged_cell():
    body = table(
        [cell("Plans", '<w:vMerge w:val="restart"/>'), cell(LONG), cell("Jo Bloggs")],
        [cell("", "<w:vMerge/>"), cell(LONG), cell("Ada Thorne")],
        [cell("", "<w:vMerge/>"), cell("Agreed"), cell("Ada Thorne")],
        [cell("Visits"), cell("Agreed", '<w:vMerge w:val="restart"/>'), cell("Ada Thorne")],
        [cell(""), cell("", "<w:vMerge/>"), cell(LONG)],
    )
    blocks = read_body(body)
    assert [b.above for b in blocks if b.kind == "paragraph"] == [("Plans",), ("Plans",), ()]


def test_items_stand_under_the_heads_of_their_columns(tmp_path):
    document = docx.Document()
    made = document.add_table(rows=3, cols=2)
    made.cell(0, 0).merge(made.cell(0, 1)).text = "Care"
    for at, (head, items) in enumerate(
        {
            "Strengths": ["clear plans", "early visits"],
            "To consider": ["waits", "moves"],
        }.items()
    ):
        made.cell(1, at).text = head
        made.cell(2, at).text = items[0]
        made.cell(2, at).paragraphs[0].style = "List Bullet"
        made.cell(2, at).add_paragraph(items[1], style="List Bullet")
    document.add_paragraph("Visits are timely.")
    path = tmp_path / "review.docx"
    document.save(str(path))
    assert [(b.kind, b.text, " > ".join(b.above)) for b in read_docx(path)] == [
        ("table", "Care", ""),
        ("table", "Strengths | To consider", ""),
        ("list_item", "clear plans", "Care > Strengths"),
        ("list_item", "early visits", "Care > Strengths"),
        ("list_item", "waits", "Care > To consider"),
        ("list_item", "moves", "Care > To consider"),
        ("paragraph", "Visits are timely.", ""),
    ]


SYMBOL = '<w:r><w:sym w:font="Wingdings" w:char="F0FC"/></w:r>'


def test_a_sign_of_a_symbol_font_is_a_bullet():
    body = par(SYMBOL, run(" Visits are timely.")) + table(
        [cell("Visits"), f"<w:tc>{par(SYMBOL)}</w:tc>"],
        [cell("Plans"), f"<w:tc>{par(SYMBOL, run(' clear'))}{par(SYMBOL, run(' kept'))}</w:tc>"],
    )
    assert [(b.kind, b.text) for b in read_body(body)] == [
        ("list_item", "Visits are timely."),
        ("table", "Visits"),
        ("heading", "Plans"),
        ("list_item", "clear"),
        ("list_item", "kept"),
    ]


def test_lines_that_lead_to_a_page_are_contents():
    led = '<w:hyperlink w:anchor="a">{}</w:hyperlink>'.format
    body = par(led(run("Visits")), led(run("\t4"))) + par(
        led(run("Visits in 2024")), run(" are timely.")
    )
    assert [b.kind for b in read_body(body)] == ["contents", "paragraph"]


def test_notes_follow_their_paragraph():
    body = par(
        run("Waits are long"), '<w:r><w:footnoteReference w:id="2"/></w:r>', run(" and grow.")
    )
    waits = par(run("Waits"), '<w:r><w:endnoteReference w:id="1"/></w:r>')
    body += table([f"<w:tc>{waits}</w:tc>"])
    blocks = read_body(
        body,
        footnotes=f'<w:footnote w:type="separator" w:id="0">{par(run("-"))}</w:footnote>'
        f'<w:footnote w:id="2">{par(run("In March."), run(" Not so.", "<w:vanish/>"))}</w:footnote>',
        endnotes=f'<w:endnote w:id="1">{par(run("In May."))}</w:endnote>',
    )
    assert [(b.kind, b.text) for b in blocks] == [
        ("paragraph", "Waits are long and grow."),
        ("footnote", "In March."),
        ("table", "Waits"),
        ("footnote", "In May."),
    ]


def test_bold_numbered_lines_in_a_row_are_recommendations(tmp_path):
    document = docx.Document()
    for text in ("Hold reviews on time", "Visit more often"):
        document.add_paragraph(style="List Number").add_run(text).bold = True
    document.add_paragraph("Plans are clear.")
    path = tmp_path / "report.docx"
    document.save(str(path))
    assert [(b.kind, b.level, b.marker, b.text) for b in read_docx(path)] == [
        ("paragraph", 1, "1.", "1. Hold reviews on time"),
        ("paragraph", 1, "2.", "2. Visit more often"),
        ("paragraph", 1, "", "Plans are clear."),
    ]


def test_zip_bomb_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "MAX_UNPACKED_BYTES", 1_000_000)
    path = tmp_path / "bomb.docx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", b" " * 2_000_000)
    with pytest.raises(ExtractionError, match="unpacks to 2 MB"):
        read_docx(path)


def test_damaged_document_is_reported(tmp_path):
    path = tmp_path / "broken.docx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("word/document.xml", "<no")
    with pytest.raises(ExtractionError, match="damaged"):
        read_docx(path)


def test_headers_and_footers_of_all_sections_are_furniture(tmp_path):
    document = docx.Document()
    document.add_paragraph("Visits are timely.")
    document.sections[0].header.paragraphs[0].text = "Farwick Council\tScrutiny Committee"
    document.sections[0].footer.paragraphs[0].text = "www.farwick.gov.uk"
    later = document.add_section()
    later.header.is_linked_to_previous = later.footer.is_linked_to_previous = False
    later.header.paragraphs[0].text = "Annex " * 100
    later.footer.paragraphs[0].text = "www.farwick.gov.uk"
    path = tmp_path / "report.docx"
    document.save(str(path))
    lines = read_docx_furniture(path)
    assert sorted(lines)[1:] == ["Farwick Council Scrutiny Committee", "www.farwick.gov.uk"]
    assert len(lines[0]) <= module.MAX_FURNITURE_CHARS and len(lines) == 3
    assert [block.text for block in read_docx(path)] == ["Visits are timely."]


def test_a_document_that_cannot_be_read_has_no_furniture(tmp_path):
    path = tmp_path / "broken.docx"
    path.write_bytes(b"PK")
    assert read_docx_furniture(path) == []
