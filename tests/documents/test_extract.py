from __future__ import annotations

import hashlib
import re
import zipfile
from itertools import pairwise
from pathlib import PurePath

import docx
import pytest
from factories import scanned_page
from hostile import cmap_from_elsewhere, good_pdf
from hypothesis import given, settings
from hypothesis import strategies as st
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from pipeline.base.errors import ExtractionError, RecognitionError
from pipeline.base.settings import DEFAULT_LIMITS, Limits, PdfReader
from pipeline.documents.extract import extract_bytes, name_pages
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


def test_what_stands_around_the_text_of_other_formats_is_kept_apart_too(tmp_path):
    page = f"<head><title>Farwick Council</title></head><body><p>{TEXT}</p></body>"
    extract = read(put(tmp_path, "page.html", page.encode()))
    assert extract.furniture == ("Farwick Council",)
    document = docx.Document()
    document.add_paragraph(TEXT)
    document.sections[0].header.paragraphs[0].text = "Farwick Council"
    document.save(str(tmp_path / "paper.docx"))
    extract = read(tmp_path / "paper.docx")
    assert extract.furniture == ("Farwick Council",)
    assert [block.text for block in extract.blocks] == [TEXT]


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


GOOD = good_pdf()
# Damage, and the reader that cannot read what it leaves.
DAMAGED = {
    "places of objects are wrong": (
        re.sub(rb"\d{10} 00000 n", b"0000000001 00000 n", GOOD),
        PdfReader.pdfminer,
    ),
    "a page that does not say it is one": (
        GOOD.replace(b"/Type/Page/", b"/"),
        PdfReader.pdfminer,
    ),
    "a stream without its length": (GOOD.replace(b"/Length", b"/Lenght"), PdfReader.pdfminer),
    "no root": (GOOD.replace(b"/Root 1 0 R", b"/Root 9 0 R"), PdfReader.pdfium),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_what_one_reader_cannot_read_the_other_does(name):
    pytest.importorskip("pypdfium2")
    data, reader = DAMAGED[name]
    extract = extract_bytes(data, PurePath("a.pdf"), reader=reader)
    assert [block.text for block in extract.blocks] == [
        "Visits to children are timely, and plans are clear."
    ]


NO_PAGES = GOOD.replace(b"/Kids[3 0 R]", b"/Kids[]").replace(b"/Type/Page/", b"/")


@pytest.mark.parametrize(("installed", "hint"), [(True, "print it"), (False, "pdfium")])
def test_no_pages_are_damage_and_what_was_tried_is_named(monkeypatch, installed, hint):
    pytest.importorskip("pypdfium2")
    if not installed:
        monkeypatch.setattr("pipeline.documents.extract.find_spec", lambda name: None)
    with pytest.raises(ExtractionError, match="pdfminer: The PDF is damaged") as refusal:
        extract_bytes(NO_PAGES, PurePath("a.pdf"))
    assert ("pypdfium2" in str(refusal.value)) == installed
    assert hint in refusal.value.hint


def test_what_the_other_reader_makes_of_a_font_it_cannot_decode_is_no_text():
    with pytest.raises(ExtractionError, match="no text"):
        extract_bytes(cmap_from_elsewhere(), PurePath("a.pdf"))


def short_page(with_picture: bool) -> bytes:
    image = pytest.importorskip("PIL.Image").new("1", (40, 40))
    canvas = Canvas("", pagesize=(595, 842))
    if with_picture:
        canvas.drawImage(ImageReader(image), 72, 100, 400, 500)
    canvas.drawString(72, 700, "Visits are timely.")
    canvas.showPage()
    return canvas.getpdfdata()


def test_page_of_few_letters_is_a_scan_only_if_it_shows_a_picture():
    extract = extract_bytes(short_page(with_picture=False), PurePath("a.pdf"))
    assert [block.text for block in extract.blocks] == ["Visits are timely."]
    assert not extract.pages_without_text
    with pytest.raises(ExtractionError, match="pictures and no text"):
        extract_bytes(short_page(with_picture=True), PurePath("a.pdf"))


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
    assert extract.pages_without_text == ()
    assert read(put(tmp_path, "a.txt", TEXT.encode())).pages_without_text == ()


def with_pictures(pages, stamp="") -> bytes:
    """Pages of text (t) and pages that are a picture (p) with a stamp on it."""
    image = pytest.importorskip("PIL.Image")
    canvas = Canvas("", pagesize=(595, 842))
    for number, page in enumerate(pages):
        if page == "t":
            for line in range(9):
                canvas.drawString(72, 700 - 15 * line, f"{TEXT} So says page {number}.")
        else:
            picture = ImageReader(image.new("L", (40, 40), 200 + number))
            canvas.drawImage(picture, 0, 0, 595, 842)
            canvas.drawString(300, 30, stamp)
        canvas.showPage()
    return canvas.getpdfdata()


FEW_PICTURES = {
    "an inspectors' letter behind a council's cover sheet": ("tpp", (2, 3)),
    "a letter of a page": ("tttp", (4,)),
    "photographs on the covers of a report": ("pttttp", ()),
    "a scanned page in a report with a photograph on its cover": ("pttptt", (1, 4)),
}


@pytest.mark.parametrize("reader", PdfReader)
@pytest.mark.parametrize("stamp", ["", "Appendix B"])
@pytest.mark.parametrize("case", FEW_PICTURES)
def test_one_or_two_pages_are_said_if_they_are_pictures(reader, stamp, case):
    pages, said = FEW_PICTURES[case]
    extract = extract_bytes(with_pictures(pages, stamp), PurePath("a.pdf"), reader=reader)
    assert extract.blocks and extract.pages_without_text == said


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
    "a scan": (lambda: pdf(3), True),
    "a report with many pages of pictures": (lambda: pdf(5, with_text=(1, 2)), True),
    "a report with a scanned appendix": (lambda: with_pictures("tpp"), True),
    "a report with some blank pages": (lambda: pdf(5, with_text=(1, 2, 3)), False),
    "a report": (lambda: pdf(2, with_text=(1, 2)), False),
}


@pytest.mark.parametrize("name", RECOGNISED)
def test_text_is_recognised_where_there_is_none(name, monkeypatch):
    make, wanted = RECOGNISED[name]
    data = make()
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
        raise ExtractionError("No OCRmyPDF.", "Install it.")

    monkeypatch.setattr("pipeline.documents.extract.recognise_text", fail)
    extract = extract_bytes(pdf(5, with_text=(1, 2)), PurePath("a.pdf"), ocr=True)
    assert extract.blocks and extract.pages_without_text == (3, 4, 5)
    [gap] = extract.gaps
    assert str(gap).startswith("Pages 3-5 hold no text") and str(gap).endswith(" No OCRmyPDF.")
    assert gap.hint == "Install it."
    with pytest.raises(ExtractionError, match="No OCRmyPDF"):
        extract_bytes(pdf(3), PurePath("a.pdf"), ocr=True)


def test_what_may_be_the_machines_doing_is_not_read_in_part(monkeypatch):
    def fail(content):
        raise RecognitionError("The disk is full.")

    monkeypatch.setattr("pipeline.documents.extract.recognise_text", fail)
    with pytest.raises(RecognitionError):
        extract_bytes(pdf(5, with_text=(1, 2)), PurePath("a.pdf"), ocr=True)


@pytest.mark.parametrize("ocr", [False, True])
def test_pages_that_were_not_read_are_named_with_what_to_do(monkeypatch, ocr):
    # A photograph is no text to recognise, and OCRmyPDF passes over a page with a stamp.
    monkeypatch.setattr("pipeline.documents.extract.recognise_text", lambda content: content)
    extract = extract_bytes(pdf(5, with_text=(1, 2)), PurePath("a.pdf"), ocr=ocr)
    [gap] = extract.gaps
    assert str(gap).startswith("Pages 3-5 hold no text") and "ocrmypdf" in gap.hint
    assert ("Run again with --ocr" in gap.hint) != ocr
    assert not extract_bytes(pdf(4, with_text=(1, 2)), PurePath("a.pdf"), ocr=ocr).gaps


def form(typed: str, printed: str = "") -> bytes:
    canvas = Canvas("", pagesize=(595, 842))
    for line in range(9):
        canvas.drawString(72, 700 - 15 * line, TEXT)
    # A printer breaks the lines where the field does.
    for line, part in enumerate(re.findall(".{1,40}", printed)):
        canvas.drawString(72, 400 - 15 * line, part)
    canvas.acroForm.textfield(name="why", value=typed, x=72, y=200, width=400, height=90)
    return canvas.getpdfdata()


TYPED = "The council will recruit twelve social workers, because caseloads are too high."
# A form, and whether it is to be said that what was typed into it is not read.
FORMS = {
    "an answer": (form(TYPED), True),
    "a name": (form("Councillor Jane Holt"), False),
    "nothing": (form(""), False),
    "an answer that is printed, too": (form(TYPED, printed=TYPED), False),
}


@pytest.mark.parametrize("reader", PdfReader)
@pytest.mark.parametrize("name", FORMS)
def test_what_was_typed_into_a_form_is_not_lost_without_a_word(name, reader):
    data, wanted = FORMS[name]
    extract = extract_bytes(data, PurePath("a.pdf"), reader=reader)
    assert extract.blocks
    assert [("1 field" in str(gap), "Print it" in gap.hint) for gap in extract.gaps] == (
        [(True, True)] if wanted else []
    )


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
    assert pages == sorted(numbers)
    # Neighbours are put together.
    assert all(last[-1] + 1 < first[0] for last, first in pairwise(ends))
