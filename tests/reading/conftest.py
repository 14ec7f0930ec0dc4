from __future__ import annotations

import pytest
from reportlab.pdfgen.canvas import Canvas

from pipeline.reading.read_pdf import read_pages


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


@pytest.fixture
def draw(drawn):
    """Make a PDF from a function that draws on a canvas, and read its pages."""

    def make(function, **options):
        return list(read_pages(drawn(function, **options)))

    return make
