from __future__ import annotations

import hashlib
import zipfile
from itertools import pairwise
from pathlib import PurePath

import pytest
from factories import scanned_page
from hypothesis import given, settings
from hypothesis import strategies as st
from reportlab.pdfgen.canvas import Canvas

from pipeline.base.errors import ExtractionError
from pipeline.base.settings import DEFAULT_LIMITS, Limits
from pipeline.documents.extract import (
    MIN_PAGES_WITHOUT_TEXT,
    extract_bytes,
    name_pages,
)
from pipeline.reading.formats import read_bytes

TEXT = "Visits are timely and plans are clear to the families who live with them."


def read(path, limits=DEFAULT_LIMITS):
    return extract_bytes(read_bytes(path, limits), path, limits)


def put(tmp_path, name, data):
    path = tmp_path / name
    path.write_bytes(data)
    return path


def test_type_is_read_from_the_content(tmp_path):
    path = tmp_path / "really-a-pdf.txt"
    canvas = Canvas(str(path))
    canvas.drawString(72, 700, TEXT)
    canvas.save()
    extract = read(path)
    assert extract.n_pages == 1


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
    "nothing but spaces": ("a.txt", b"  \n \n", "No text"),
    "truncated PDF": ("a.pdf", b"%PDF-1.7\n1 0 obj\n<<", "damaged|cannot be read"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_report_is_refused_as_what_it_is(tmp_path, name):
    file_name, data, reason = REFUSED[name]
    with pytest.raises(ExtractionError, match=reason) as refusal:
        read(put(tmp_path, file_name, data))
    assert refusal.value.hint


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


def test_scan_says_what_it_needs():
    pytest.importorskip("PIL.Image")
    with pytest.raises(ExtractionError, match="pictures and no text") as refusal:
        extract_bytes(scanned_page("Visits to children are timely."), PurePath("scan.pdf"))
    assert "--ocr" in refusal.value.hint


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
    assert name_pages(extract.pages_without_text) == "3-5, 7-9"


def test_blank_pages_are_not_worth_a_word(tmp_path):
    extract = scan(tmp_path / "report.pdf", 4, with_text=(1, 2, 3))
    assert extract.pages_without_text == (4,)
    assert name_pages(extract.pages_without_text) == ""
    assert read(put(tmp_path, "a.txt", TEXT.encode())).pages_without_text == ()


def test_size_limits(tmp_path):
    path = put(tmp_path, "long.txt", TEXT.encode() * 10)
    with pytest.raises(ExtractionError, match="The text is"):
        read(path, Limits(text_bytes=100))
    with pytest.raises(ExtractionError, match="is over"):
        read(path, Limits(file_bytes=100))


def pdf(n_pages, with_text=()):
    canvas = Canvas("", pagesize=(595, 842))
    for number in range(1, n_pages + 1):
        if number in with_text:
            for line in range(9):
                canvas.drawString(72, 700 - 15 * line, f"{TEXT} So says page {number}.")
        canvas.showPage()
    return canvas.getpdfdata()


RECOGNISED = {
    "a scan": (pdf(3), True),
    "a report with many pages of pictures": (pdf(5, with_text=(1, 2)), True),
    "a report with some blank pages": (pdf(5, with_text=(1, 2, 3)), False),
    "a report": (pdf(2, with_text=(1, 2)), False),
}


@pytest.mark.parametrize("name", RECOGNISED)
def test_text_is_recognised_where_there_is_none(name, monkeypatch):
    data, wanted = RECOGNISED[name]
    given_to = []

    def recognise(content):
        given_to.append(content)
        return pdf(5, with_text=range(1, 6))

    monkeypatch.setattr("pipeline.documents.extract.recognise_text", recognise)
    extract = extract_bytes(data, PurePath("a.pdf"), ocr=True)
    assert given_to == ([data] if wanted else [])
    assert not wanted or extract.pages_without_text == ()
    # The identity is that of the file that was handed in.
    assert extract.sha256 == hashlib.sha256(data).hexdigest()


def test_what_cannot_be_recognised_is_a_loss_only_where_nothing_else_is_read(monkeypatch):
    def fail(content):
        raise ExtractionError("no Tesseract")

    monkeypatch.setattr("pipeline.documents.extract.recognise_text", fail)
    extract = extract_bytes(pdf(5, with_text=(1, 2)), PurePath("a.pdf"), ocr=True)
    assert extract.blocks and extract.pages_without_text == (3, 4, 5)
    with pytest.raises(ExtractionError, match="no Tesseract"):
        extract_bytes(pdf(3), PurePath("a.pdf"), ocr=True)


def test_blocks_are_clean_and_none_is_empty(tmp_path):
    data = "# \ue000\n\nthe ﬁrst\x07 of its  kind\n".encode()
    assert [block.text for block in read(put(tmp_path, "a.md", data)).blocks] == [
        "the first of its kind"
    ]


@settings(deadline=None)
@given(st.sets(st.integers(1, 60)))
def test_named_pages_are_all_there(numbers):
    named = name_pages(sorted(numbers))
    ends = [[int(end) for end in part.split("-")] for part in named.split(", ") if part]
    pages = [page for first, *last in ends for page in range(first, (last or [first])[0] + 1)]
    assert pages == (sorted(numbers) if len(numbers) >= MIN_PAGES_WITHOUT_TEXT else [])
    # Neighbours are put together.
    assert all(last[-1] + 1 < first[0] for last, first in pairwise(ends))
