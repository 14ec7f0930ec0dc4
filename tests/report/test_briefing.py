"""Briefings as Word files: what they say, their structure, and that they fit on two pages."""

from __future__ import annotations

import shutil
import subprocess
import zipfile
from pathlib import Path

import docx
import pytest
from docx.oxml.ns import qn
from docx.shared import Cm, Pt
from docx.table import Table as WordTable

from pipeline.base.errors import ExtractionError
from pipeline.report.briefing import write_docx
from pipeline.report.briefing_text import Briefing, Chart, Points, Section, Table
from pipeline.report.quotations import Quotation

CHART = Chart(
    "Two themes.", "SIF, 2014", "ILACS, 2021", (("Early help", 1, 4),), (("Early help", 3, 1),)
)


def briefing(text="Plain words.", link="https://example.org/1?a=1&b=2#page=3"):
    table = Table("Grades of Marlowshire", ("Judgement", "Grade"), (("Leadership", text),))
    quotation = Quotation(
        "Help comes early.", "strength", "Early help", f"inspection {text}", link
    )
    parts = (text, table, Points((text, "Second.")), CHART, quotation)
    return Briefing("Marlowshire", f"Marlowshire {text}", "One report", (Section("Part", parts),))


@pytest.fixture
def written(tmp_path):
    path = tmp_path / "deep" / "briefing.docx"
    write_docx(briefing(), path)
    return docx.Document(str(path))


def test_words_own_styles_and_properties(written):
    styles = [(p.style.name, p.text) for p in written.paragraphs if p.text]
    assert styles == [
        ("Title", "Marlowshire Plain words."),
        ("Subtitle", "One report"),
        ("Heading 1", "Part"),
        ("Normal", "Plain words."),
        ("List Bullet", "Plain words."),
        ("List Bullet", "Second."),
        ("Quote", "Early help, strength: “Help comes early.” (inspection Plain words.)"),
    ]
    assert written.core_properties.title == "Marlowshire Plain words."
    assert written.core_properties.language == "en-GB"
    language = written.styles["Normal"].element.rPr.find(qn("w:lang"))
    assert language.get(qn("w:val")) == "en-GB"
    section = written.sections[0]
    assert abs(section.page_width - Cm(21)) < 500 and abs(section.page_height - Cm(29.7)) < 500


def test_tables_have_a_header_row_and_pictures_a_text(written):
    (table,) = written.tables
    first, second = (row._tr.trPr for row in table.rows)
    assert first.find(qn("w:tblHeader")) is not None and second.find(qn("w:tblHeader")) is None
    assert (
        table._tbl.tblPr.find(qn("w:tblDescription")).get(qn("w:val")) == "Grades of Marlowshire"
    )
    (shape,) = written.inline_shapes
    assert shape._inline.docPr.get("descr") == "Two themes."


def test_sources_are_links(written, tmp_path):
    (link,) = written.element.body.iter(qn("w:hyperlink"))
    target = written.part.rels[link.get(qn("r:id"))]
    assert target.is_external and target.target_ref == "https://example.org/1?a=1&b=2#page=3"
    path = tmp_path / "without.docx"
    write_docx(briefing(link=""), path)
    assert not list(docx.Document(str(path)).element.body.iter(qn("w:hyperlink")))


def test_text_that_xml_does_not_allow_breaks_nothing(tmp_path):
    path = tmp_path / "hostile.docx"
    hostile = "a\x00b\x0b\ud800 <w:p/> \ufffe & ]]> {{ 7*7 }}"
    write_docx(briefing(hostile, link=f"https://example.org/{hostile}"), path)
    texts = [p.text for p in docx.Document(str(path)).paragraphs]
    assert "ab <w:p/> & ]]> {{ 7*7 }}" in texts


def test_a_template_gives_styles_page_and_header(tmp_path):
    own = docx.Document()
    own.styles["Heading 1"].font.size = Pt(33)
    own.sections[0].page_width = Cm(30)
    own.sections[0].header.paragraphs[0].text = "Marlowshire Council"
    own.add_paragraph("Text of the template")
    for name in ("Quote", "Light Grid Accent 4", "Subtitle"):
        own.styles[name].delete()
    own.save(tmp_path / "their.docx")
    write_docx(briefing(), tmp_path / "briefing.docx", tmp_path / "their.docx")
    made = docx.Document(str(tmp_path / "briefing.docx"))
    texts = [p.text for p in made.paragraphs]
    assert "Text of the template" not in texts and texts[0] == "Marlowshire Plain words."
    assert made.styles["Heading 1"].font.size == Pt(33)
    assert abs(made.sections[0].page_width - Cm(30)) < 500
    assert made.sections[0].header.paragraphs[0].text == "Marlowshire Council"
    assert made.tables[0].style.name == "Table Grid"


def test_a_template_that_is_no_word_file_is_refused(tmp_path):
    (tmp_path / "their.docx").write_bytes(b"hello")
    with pytest.raises(ExtractionError, match="Word document is damaged"):
        write_docx(briefing(), tmp_path / "briefing.docx", tmp_path / "their.docx")
    with pytest.raises(ExtractionError, match=r"There is no file .*none\.docx"):
        write_docx(briefing(), tmp_path / "briefing.docx", tmp_path / "none.docx")
    assert not (tmp_path / "briefing.docx").exists()


def lines_of(path: Path) -> list[str]:
    """Paragraphs and rows of tables as lines, in order."""
    document = docx.Document(str(path))
    lines = []
    for part in document.iter_inner_content():
        if isinstance(part, WordTable):
            lines += [" | ".join(cell.text for cell in row.cells) for row in part.rows]
        elif part.text:
            lines.append(f"{part.style.name}: {part.text}")
        elif shapes := list(part._p.iter(qn("wp:docPr"))):
            lines.append(f"Picture: {shapes[0].get('descr')}")
    return lines


def test_the_briefing_on_marlowshire_is_this(sample_run, command, tmp_path):
    path = tmp_path / "briefing.docx"
    done = command("briefing", "marlowshire county council", "--run", sample_run, "--out", path)
    assert done.returncode == 0, done.stderr
    golden = Path(__file__).parent / "marlowshire-briefing.txt"
    assert lines_of(path) == golden.read_text(encoding="utf-8").splitlines()


def test_every_briefing_of_the_sample_has_at_most_two_pages(sample_run, command, tmp_path):
    soffice = shutil.which("soffice")
    if soffice is None:
        pytest.skip("LibreOffice (soffice) is not installed")
    pdfium = pytest.importorskip("pypdfium2")
    done = command("briefing", "--all", "--run", sample_run, "--out", tmp_path / "word")
    assert done.returncode == 0, done.stderr
    files = sorted((tmp_path / "word").glob("*.docx"))
    assert len(files) == 7
    profile = (tmp_path / "profile").as_uri()
    subprocess.run(
        [soffice, f"-env:UserInstallation={profile}", "--headless", "--convert-to", "pdf",
         "--outdir", str(tmp_path), *map(str, files)],
        check=True, capture_output=True, timeout=240,
    )  # fmt: skip
    for file in files:
        with pdfium.PdfDocument(str(tmp_path / f"{file.stem}.pdf")) as pdf:
            assert 1 <= len(pdf) <= 2, file.stem
            text = "".join(page.get_textpage().get_text_range() for page in pdf)
        assert "How sure the numbers are" in text


def test_files_are_whole(tmp_path):
    path = tmp_path / "briefing.docx"
    write_docx(briefing(), path)
    assert zipfile.ZipFile(path).testzip() is None
    assert [p.name for p in tmp_path.iterdir()] == ["briefing.docx"]
