from __future__ import annotations

import zipfile

import docx
import pytest

from pipeline import read_docx as module
from pipeline.errors import ExtractionError
from pipeline.read_docx import read_docx


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
