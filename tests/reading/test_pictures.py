from __future__ import annotations

import pytest
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from pipeline.base.errors import DamagedError
from pipeline.reading.pictures import pages_of_pictures, pages_with_pictures

WIDTH, HEIGHT = 595, 842


@pytest.fixture(scope="module")
def picture():
    """Make a picture that no other is the same as."""
    image = pytest.importorskip("PIL.Image")
    return lambda shade: ImageReader(image.new("L", (40, 40), shade))


def draw_scan(canvas, picture):
    canvas.drawImage(picture(1), 0, 0, WIDTH, HEIGHT)


def draw_strips(canvas, picture):
    for strip in range(10):
        canvas.drawImage(picture(2 + strip), 0, strip * HEIGHT / 10, WIDTH, HEIGHT / 10)


def draw_turned(canvas, picture):
    canvas.setPageRotation(90)
    canvas.drawImage(picture(1), 0, 0, HEIGHT, WIDTH)


def draw_in_form(canvas, picture):
    canvas.beginForm("whole", 0, 0, WIDTH, HEIGHT)
    draw_scan(canvas, picture)
    canvas.endForm()
    canvas.doForm("whole")


def draw_logo(canvas, picture):
    canvas.drawImage(picture(1), 400, 700, 150, 100)


def draw_outside(canvas, picture):
    canvas.drawImage(picture(1), WIDTH, 0, WIDTH, HEIGHT)


def draw_background(canvas, picture):
    draw_scan(canvas, picture)
    canvas.showPage()
    draw_scan(canvas, picture)
    canvas.showPage()


# What is drawn on the first page, and whether that is a scan.
DRAWINGS = {
    "a scan": (draw_scan, True),
    "a scan in strips": (draw_strips, True),
    "a scan that lies on its side": (draw_turned, True),
    "a scan in a form": (draw_in_form, True),
    "a logo": (draw_logo, False),
    "a picture off the page": (draw_outside, False),
    "a background of slides": (draw_background, False),
    "nothing": (lambda canvas, picture: None, False),
}


@pytest.mark.parametrize("name", DRAWINGS)
def test_a_page_is_a_picture_if_most_of_it_is_and_no_page_of_text_shows_it(name, picture):
    draw, wanted = DRAWINGS[name]
    canvas = Canvas("", pagesize=(WIDTH, HEIGHT))
    draw(canvas, picture)
    canvas.showPage()
    canvas.drawString(72, 700, "Visits are timely.")
    canvas.showPage()
    data = canvas.getpdfdata()
    assert pages_of_pictures(data, (1,)) == ((1,) if wanted else ())
    assert pages_of_pictures(data, ()) == ()


@pytest.mark.parametrize("find", [pages_with_pictures, lambda data: pages_of_pictures(data, (1,))])
def test_damage_is_said(find):
    with pytest.raises(DamagedError, match="damaged"):
        find(b"%PDF-1.7\n")
