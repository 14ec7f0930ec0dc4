from __future__ import annotations

import pytest
from reportlab.pdfgen.canvas import Canvas

from pipeline.reading import read_pdf, read_pdfium


@pytest.fixture
def drawn(tmp_path):
    """Make a PDF from a function that draws on a canvas."""

    def make(function, **options):
        path = tmp_path / "drawn.pdf"
        canvas = Canvas(str(path), pagesize=(595, 842), **options)
        function(canvas)
        canvas.save()
        return path

    return make


@pytest.fixture(params=["pdfminer", "pdfium"])
def draw(drawn, request):
    """Make a PDF from a function that draws on a canvas, and read its pages with either reader."""
    if request.param == "pdfium":
        pytest.importorskip("pypdfium2")
    reader = {"pdfminer": read_pdf, "pdfium": read_pdfium}[request.param]

    def make(function, **options):
        return list(reader.read_pages(drawn(function, **options)))

    return make
