from __future__ import annotations

import pytest
from reportlab.pdfgen.canvas import Canvas

from pipeline.base.errors import ExtractionError
from pipeline.reading.marks import BULLET
from pipeline.reading.read_pdf import read_pages


def test_line_has_text_box_size_and_weight(draw):
    def drawing(canvas):
        canvas.setFont("Helvetica-Bold", 14)
        canvas.drawString(72, 742, "Leaders know their service")

    [page] = draw(drawing)
    [line] = page.lines
    assert (line.text, line.bold, line.font_size) == ("Leaders know their service", True, 14.0)
    assert (line.x0, line.bottom) == (72.0, 100.0)
    assert line.top == 86.0
    assert 200 < line.x1 < 280
    assert (page.number, page.height) == (1, 842.0)


def test_a_line_starts_where_its_first_word_does(drawn):
    def drawing(canvas):
        canvas.drawString(72, 700, "     Visits are timely.")

    [page] = read_pages(drawn(drawing))
    [line] = page.lines
    assert 85 < line.x0 < 95


def test_letters_of_a_symbol_font_are_bullets(draw):
    def drawing(canvas):
        canvas.setFont("ZapfDingbats", 8)
        canvas.drawString(72, 700, "n")
        canvas.setFont("Helvetica", 11)
        canvas.drawString(90, 700, "Visits are timely.")

    assert [line.text[1:] for line in draw(drawing)[0].lines] == [" Visits are timely."]
    assert BULLET.match(draw(drawing)[0].lines[0].text)


def test_text_is_read_as_its_producer_says(draw):
    """InDesign marks the hyphen it sets at a line end as a soft one, and tells ligatures so."""

    def drawing(canvas):
        text = canvas.beginText(72, 700)
        text.textOut("the assess")
        text._code.append("/Span <</ActualText <FEFF00AD>>> BDC")
        text.textOut("-")
        text._code.append("EMC /P <</MCID 3>> BDC /Span <</ActualText (five)>> BDC")
        text.textOut("##")
        text.textOut("#")
        text._code.append("EMC")
        text.textOut(" days")
        text._code.append("EMC")
        canvas.drawText(text)

    [line] = draw(drawing)[0].lines
    assert line.text == "the assess\u00adfive days"


def test_text_at_an_angle_is_left_out(draw):
    def drawing(canvas):
        canvas.drawString(72, 700, "Visits are timely.")
        canvas.rotate(45)
        canvas.drawString(300, 300, "DRAFT")

    assert [line.text for line in draw(drawing)[0].lines] == ["Visits are timely."]


# The angle of /Rotate, and how a drawing must be turned to stand upright then. reportlab swaps
# the sides of a page that lies on its side.
TURNS = {
    0: lambda canvas: None,
    90: lambda canvas: (canvas.translate(842, 0), canvas.rotate(90)),
    180: lambda canvas: (canvas.translate(595, 842), canvas.rotate(180)),
    270: lambda canvas: (canvas.translate(0, 595), canvas.rotate(270)),
}


@pytest.mark.parametrize("angle", TURNS)
def test_pages_are_turned_and_cut_as_they_are_shown(draw, angle):
    def drawing(canvas):
        canvas.setPageRotation(angle)
        TURNS[angle](canvas)
        canvas.drawString(72, 400, "Visits are timely.")

    [page] = draw(drawing)
    assert page.height == 842
    assert [(line.text, round(line.x0), round(line.bottom)) for line in page.lines] == [
        ("Visits are timely.", 72, 442)
    ]


@pytest.mark.parametrize("angle", [0, 180])
def test_crop_box_is_the_page(draw, angle):
    def drawing(canvas):
        canvas.setPageRotation(angle)
        canvas.setCropBox((50, 100, 550, 800) if not angle else (45, 42, 545, 742))
        TURNS[angle](canvas)
        canvas.drawString(72, 400, "Visits are timely.")
        canvas.drawString(72, 820, "FARWICK.INDD 3")

    [page] = draw(drawing)
    assert page.height == 700
    assert [(line.text, round(line.x0), round(line.bottom)) for line in page.lines] == [
        ("Visits are timely.", 22, 400)
    ]


@pytest.mark.parametrize("angle", [90, 270])
def test_page_that_is_set_sideways_is_turned(draw, angle):
    def drawing(canvas):
        canvas.drawString(72, 800, "Farwick")
        canvas.translate(*((595, 0) if angle == 90 else (0, 842)))
        canvas.rotate(angle)
        canvas.drawString(72, 400, "Visits are timely and plans are clear.")
        canvas.drawString(72, 380, "Waits are long.")

    [page] = draw(drawing)
    assert page.height == 595
    assert [(line.text, round(line.x0), round(line.bottom)) for line in page.lines] == [
        ("Visits are timely and plans are clear.", 72, 195),
        ("Waits are long.", 72, 215),
    ]


def test_crop_box_without_extent_is_none(draw):
    def drawing(canvas):
        canvas.setCropBox((0, 0, 0, 0))
        canvas.drawString(72, 400, "Visits are timely.")

    [page] = draw(drawing)
    assert (page.height, len(page.lines)) == (842, 1)


def test_password_is_asked_for(tmp_path):
    path = tmp_path / "locked.pdf"
    canvas = Canvas(str(path), encrypt="secret")
    canvas.drawString(72, 700, "Visits are timely.")
    canvas.save()
    with pytest.raises(ExtractionError, match="password"):
        list(read_pages(path))


@pytest.mark.parametrize("damage", [b"%PDF-1.4\n", b"%PDF-1.7\nxref\n0 99999999\ntrailer <<>>"])
def test_damaged_file_is_reported(tmp_path, damage):
    path = tmp_path / "damaged.pdf"
    path.write_bytes(damage)
    with pytest.raises(ExtractionError):
        list(read_pages(path))


def test_page_limit(tmp_path):
    path = tmp_path / "long.pdf"
    canvas = Canvas(str(path))
    for _ in range(3):
        canvas.drawString(72, 700, "Visits are timely.")
        canvas.showPage()
    canvas.save()
    with pytest.raises(ExtractionError, match="more than 2 pages"):
        list(read_pages(path, max_pages=2))
