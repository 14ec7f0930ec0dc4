from __future__ import annotations

import zipfile

import pytest
from reportlab.pdfgen.canvas import Canvas

from pipeline.base.errors import ExtractionError
from pipeline.base.settings import DEFAULT_LIMITS, Limits
from pipeline.documents.extract import extract_bytes, missing_text, name_pages
from pipeline.reading.formats import read_bytes

TEXT = "Visits are timely and plans are clear to the families who live with them."


def read(path, limits=DEFAULT_LIMITS):
    return extract_bytes(read_bytes(path, limits), path, limits)


def put(tmp_path, name, data):
    path = tmp_path / name
    path.write_bytes(data)
    return path


ENCODINGS = {
    "utf-8": TEXT.encode(),
    "utf-8 with a mark": b"\xef\xbb\xbf" + TEXT.encode(),
    "utf-16": TEXT.encode("utf-16"),
    "windows-1252": (TEXT + " It costs £5.").encode("cp1252"),
    "utf-16 without a mark": TEXT.encode("utf-16-le"),
    "utf-16 of the other order": TEXT.encode("utf-16-be"),
    "a few NUL bytes": TEXT.encode() + b"\0\0",
}


@pytest.mark.parametrize("name", ENCODINGS)
def test_texts_in_any_encoding(tmp_path, name):
    extract = read(put(tmp_path, "note.txt", ENCODINGS[name]))
    assert extract.format == "text"
    assert extract.blocks[0].text.startswith(TEXT)


def test_type_is_read_from_the_content(tmp_path):
    path = tmp_path / "really-a-pdf.txt"
    canvas = Canvas(str(path))
    canvas.drawString(72, 700, TEXT)
    canvas.save()
    extract = read(path)
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
    extract = read(path)
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
        read(put(tmp_path, file_name, data))
    assert refusal.value.hint


PAGE = f"<html><head><title>x</title></head><body><p>{TEXT}</p></body></html>"
WEB_PAGES = {
    "with its type": ("a.html", f"<!doctype html>{PAGE}".encode()),
    "XHTML": (
        "a.htm",
        f'<?xml version="1.0" encoding="utf-8"?>\n<!DOCTYPE html PUBLIC "x">{PAGE}'.encode(),
    ),
    "XHTML without a type": (
        "a",
        f'<?xml version="1.0"?><html xmlns="x"><body><p>{TEXT}</p></body></html>'.encode(),
    ),
    "saved by a browser": (
        "a.txt",
        f"<!-- saved from url=(0014)about:internet -->\n{PAGE}".encode(),
    ),
    "a long comment first": ("a.html", f"<!-- {'licence ' * 999} -->{PAGE}".encode()),
    "UTF-16": ("a.html", PAGE.encode("utf-16")),
    "UTF-16 without a mark": ("a.html", PAGE.encode("utf-16-le")),
    "UTF-8 with a mark": ("a.html", b"\xef\xbb\xbf" + PAGE.encode()),
    "fragment": ("a.txt", f"<div class='a'>\n<p>{TEXT}</p></div>\n<!-- end -->\n".encode()),
    "fragment that begins with text, by its name": ("a.html", f"{TEXT}<p>More.</p>".encode()),
}


@pytest.mark.parametrize("name", WEB_PAGES)
def test_web_pages_are_known_by_their_content(tmp_path, name):
    file_name, data = WEB_PAGES[name]
    extract = read(put(tmp_path, file_name, data))
    assert extract.format == "html"
    assert extract.blocks[0].text == TEXT


NO_PAGES = {
    "Markdown that begins with an element": f"<div align='center'><b>Report</b></div>\n\n# Findings\n\n{TEXT}",
    "text with a sign": f"<5 per cent of visits are late.\n\n{TEXT}",
    "comments without end": "<!-- -->" * 2_000 + TEXT,
    "an address between signs": f"<mailto:help@farwick.example>\n\n{TEXT}",
}


@pytest.mark.parametrize("name", NO_PAGES)
def test_texts_with_pointed_brackets_stay_texts(tmp_path, name):
    extract = read(put(tmp_path, "a.md", NO_PAGES[name].encode()))
    assert extract.format == "text"


def test_workbook_is_called_a_workbook(tmp_path):
    path = tmp_path / "grades.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
    with pytest.raises(ExtractionError, match="Excel workbook"):
        read(path)


def test_pdf_without_text_needs_recognition(tmp_path):
    path = tmp_path / "scan.pdf"
    canvas = Canvas(str(path))
    canvas.rect(50, 50, 300, 300, fill=1)
    canvas.showPage()
    canvas.save()
    with pytest.raises(ExtractionError, match="no text") as refusal:
        read(path)
    assert "ocrmypdf" in refusal.value.hint


def scan(path, n_pages, with_text):
    canvas = Canvas(str(path), pagesize=(595, 842))
    for number in range(1, n_pages + 1):
        canvas.rect(50, 50, 300, 300, fill=1)
        canvas.drawString(300, 30, str(number))
        if number in with_text:
            for line in range(9):
                canvas.drawString(72, 700 - 15 * line, TEXT)
        canvas.showPage()
    canvas.save()
    return read(path)


def test_pages_that_are_pictures_are_said_and_the_rest_is_read(tmp_path):
    extract = scan(tmp_path / "scan.pdf", 9, with_text=(1, 2, 6))
    assert extract.blocks
    assert extract.pages_without_text == (3, 4, 5, 7, 8, 9)
    warning = missing_text(name_pages(extract.pages_without_text))
    assert "Pages 3-5, 7-9 hold no text" in str(warning)
    assert "ocrmypdf" in warning.hint


def test_blank_pages_are_not_worth_a_word(tmp_path):
    extract = scan(tmp_path / "report.pdf", 4, with_text=(1, 2, 3))
    assert extract.pages_without_text == (4,)
    assert name_pages(extract.pages_without_text) == ""
    assert read(put(tmp_path, "a.txt", TEXT.encode())).pages_without_text == ()


def test_size_limits(tmp_path):
    path = put(tmp_path, "long.txt", TEXT.encode() * 10)
    with pytest.raises(ExtractionError, match="The text has"):
        read(path, Limits(text_bytes=100))
    with pytest.raises(ExtractionError, match="more than"):
        read(path, Limits(file_bytes=100))
