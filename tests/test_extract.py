from __future__ import annotations

import zipfile

import pytest
from reportlab.pdfgen.canvas import Canvas

from pipeline.errors import ExtractionError
from pipeline.extract import Limits, extract_document

TEXT = "Visits are timely and plans are clear to the families who live with them."


def put(tmp_path, name, data):
    path = tmp_path / name
    path.write_bytes(data)
    return path


ENCODINGS = {
    "utf-8": TEXT.encode(),
    "utf-8 with a mark": b"\xef\xbb\xbf" + TEXT.encode(),
    "utf-16": TEXT.encode("utf-16"),
    "windows-1252": (TEXT + " It costs £5.").encode("cp1252"),
    "a few NUL bytes": TEXT.encode() + b"\0\0",
}


@pytest.mark.parametrize("name", ENCODINGS)
def test_texts_in_any_encoding(tmp_path, name):
    extract = extract_document(put(tmp_path, "note.txt", ENCODINGS[name]))
    assert extract.format == "text"
    assert extract.blocks[0].text.startswith(TEXT)


def test_type_is_read_from_the_content(tmp_path):
    path = tmp_path / "really-a-pdf.txt"
    canvas = Canvas(str(path))
    canvas.drawString(72, 700, TEXT)
    canvas.save()
    extract = extract_document(path)
    assert (extract.format, extract.n_pages) == ("pdf", 1)


def test_running_lines_are_kept_apart(tmp_path):
    path = tmp_path / "report.pdf"
    canvas = Canvas(str(path), pagesize=(595, 842))
    for number in range(1, 5):
        canvas.drawString(72, 810, "Inspection of Farwick")
        canvas.drawString(72, 600, f"{TEXT} It is so on page {number}.")
        canvas.drawString(500, 30, str(number))
        canvas.showPage()
    canvas.save()
    extract = extract_document(path)
    assert extract.furniture == ("Inspection of Farwick",)
    assert len(extract.blocks) == 4


REFUSED = {
    "empty file": ("a.pdf", b"", "empty"),
    "web page under the name of a PDF": ("a.pdf", b"\n<!DOCTYPE html><html><p>x</p>", "web page"),
    "picture under the name of a PDF": ("a.pdf", b"\xff\xd8\xff\xe0" + b"x" * 99, "JPEG"),
    "old Word document": ("a.doc", b"\xd0\xcf\x11\xe0" + b"x" * 99, "before 2007"),
    "not text at all": ("a.txt", bytes(range(1, 32)) * 40, "neither"),
    "broken zip": ("a.docx", b"PK\x03\x04 and no more", "damaged zip"),
    "nothing but spaces": ("a.txt", b"  \n \n", "No text"),
    "truncated PDF": ("a.pdf", b"%PDF-1.7\n1 0 obj\n<<", "damaged|cannot be read"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_report_is_refused_as_what_it_is(tmp_path, name):
    file_name, data, reason = REFUSED[name]
    with pytest.raises(ExtractionError, match=reason) as refusal:
        extract_document(put(tmp_path, file_name, data))
    assert refusal.value.hint


def test_web_page_that_says_so_is_read(tmp_path):
    page = f"<!doctype html><html><body><p>{TEXT}</p></body></html>".encode()
    assert extract_document(put(tmp_path, "letter.html", page)).format == "html"


def test_workbook_is_called_a_workbook(tmp_path):
    path = tmp_path / "grades.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
    with pytest.raises(ExtractionError, match="Excel workbook"):
        extract_document(path)


def test_pdf_without_text_needs_recognition(tmp_path):
    path = tmp_path / "scan.pdf"
    canvas = Canvas(str(path))
    canvas.rect(50, 50, 300, 300, fill=1)
    canvas.showPage()
    canvas.save()
    with pytest.raises(ExtractionError, match="no text") as refusal:
        extract_document(path)
    assert "ocrmypdf" in refusal.value.hint


def test_size_limits(tmp_path):
    path = put(tmp_path, "long.txt", TEXT.encode() * 10)
    with pytest.raises(ExtractionError, match="The text has"):
        extract_document(path, Limits(text_bytes=100))
    with pytest.raises(ExtractionError, match="more than"):
        extract_document(path, Limits(file_bytes=100))
