"""PDFium: the same lines as pdfminer gives, for what both look at."""

from __future__ import annotations

import sys

import pytest
from reportlab.pdfgen.canvas import Canvas

from pipeline.base.errors import ExtractionError
from pipeline.reading import read_pdf
from pipeline.reading.read_pdfium import read_pages

pytest.importorskip("pypdfium2")


def words(line):
    return " ".join(line.text.split())


def seen(pages):
    """What a reader gives of pages, without the last figures of places."""
    return [
        (page.number, round(page.height), words(line), round(line.x0), round(line.bottom), line.font_size, line.bold)
        for page in pages
        for line in page.lines
    ]  # fmt: skip


def styles(canvas):
    canvas.setFont("Helvetica-Bold", 14)
    canvas.drawString(72, 742, "Leaders know their service")
    canvas.setFont("Helvetica", 11)
    canvas.drawString(72, 700, "12.")
    canvas.drawString(100, 700, "Visits are timely.")
    canvas.drawString(72, 650, "Overall effectiveness")
    canvas.drawString(400, 650, "Good")


def pages(canvas):
    for number in (1, 2, 3):
        canvas.drawString(72, 700, f"Visits are timely on page {number}.")
        canvas.showPage()


def stamp(canvas):
    canvas.drawString(72, 700, "Visits are timely.")
    canvas.rotate(45)
    canvas.drawString(300, 300, "DRAFT")


def cropped(canvas):
    canvas.setCropBox((50, 100, 550, 800))
    canvas.drawString(72, 400, "Visits are timely.")


def forms(canvas):
    """Two pages on one, as when slides are printed."""
    canvas.beginForm("slide")
    canvas.drawString(50, 100, "Visits are timely.")
    canvas.circle(46, 103, 1.5, fill=1)
    canvas.endForm()
    for height in (600, 300):
        canvas.saveState()
        canvas.translate(0, height)
        canvas.scale(0.5, 0.5)
        canvas.doForm("slide")
        canvas.restoreState()


def long(canvas):
    canvas.drawString(72, 700, "Visits are timely.")
    canvas.setFontSize(1)
    canvas.drawString(72, 650, "plan " * 1000)


def twice(canvas):
    """A heading with a shadow, and a sentence whose bold is imitated."""
    for text, x0, baseline, size, away in (
        ("Strengths", 50, 480, 32, (1.5, -1.5)),
        ("Visits are timely.", 72, 440, 12, (0.3, 0)),
    ):
        canvas.setFontSize(size)
        canvas.drawString(x0, baseline, text)
        canvas.drawString(x0 + away[0], baseline + away[1], text)


def empty(canvas):
    canvas.rect(50, 50, 300, 300, fill=1)


DRAWINGS = {
    "styles, numbers and cells": (styles, ["Leaders know their service", "12. Visits are timely.", "Overall effectiveness", "Good"]),
    "several pages": (pages, [f"Visits are timely on page {n}." for n in (1, 2, 3)]),
    "text at an angle": (stamp, ["Visits are timely."]),
    "crop box": (cropped, ["Visits are timely."]),
    "pages in forms": (forms, ["• Visits are timely."] * 2),
    "a long line": (long, ["Visits are timely.", "plan " * 999 + "plan"]),
    "text printed twice": (twice, ["Strengths", "Visits are timely."]),
    "no text": (empty, []),
}  # fmt: skip


@pytest.mark.parametrize("name", DRAWINGS)
def test_both_readers_see_the_same(drawn, name):
    drawing, texts = DRAWINGS[name]
    path = drawn(drawing)
    by_pdfium = list(read_pages(path))
    assert [words(line) for page in by_pdfium for line in page.lines] == texts
    assert seen(by_pdfium) == seen(read_pdf.read_pages(path))
    assert by_pdfium == list(read_pages(path.read_bytes()))


def test_what_its_producer_marked_as_furniture_is_told(drawn):
    def drawing(canvas):
        text = canvas.beginText(72, 800)
        text._code.append("/Artifact <</Type/Pagination>> BDC")
        text.textOut("Inspection of Farwick")
        text._code.append("EMC /P <</MCID 3>> BDC")
        text.setTextOrigin(72, 700)
        text.textOut("Visits are timely.")
        text._code.append("EMC")
        canvas.drawText(text)

    [page] = read_pages(drawn(drawing))
    assert [(line.text, line.furniture, line.marked_content) for line in page.lines] == [
        ("Inspection of Farwick", True, None),
        ("Visits are timely.", False, 3),
    ]


def test_password_is_asked_for(drawn):
    path = drawn(lambda canvas: canvas.drawString(72, 700, "Visits are timely."), encrypt="secret")
    with pytest.raises(ExtractionError, match="password"):
        list(read_pages(path))


@pytest.mark.parametrize("data", [b"", b"%PDF-1.4\n", b"It rains."])
def test_damaged_file_is_reported(data):
    with pytest.raises(ExtractionError, match="damaged") as refusal:
        list(read_pages(data))
    assert refusal.value.hint


def test_page_limit(drawn):
    path = drawn(pages)
    assert len(list(read_pages(path, max_pages=3))) == 3
    with pytest.raises(ExtractionError, match="2 pages"):
        list(read_pages(path, max_pages=2))


def test_without_the_library_it_is_said(monkeypatch):
    monkeypatch.setitem(sys.modules, "pypdfium2", None)
    with pytest.raises(ExtractionError, match="not installed") as refusal:
        list(read_pages(Canvas("").getpdfdata()))
    assert "[pdfium]" in refusal.value.hint
