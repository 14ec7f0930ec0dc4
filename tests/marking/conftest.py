from __future__ import annotations

import io

import pytest
from reportlab.lib import pdfencrypt
from reportlab.pdfgen.canvas import Canvas


@pytest.fixture
def drawn():
    """The PDF that functions draw, one on each page; `password` encrypts it."""

    def make(*functions, password=None, **options):
        file = io.BytesIO()
        if password is not None:
            options["encrypt"] = pdfencrypt.StandardEncryption(password, "owner")
        canvas = Canvas(file, pagesize=(595, 842), **options)
        for function in functions:
            function(canvas)
            canvas.showPage()
        canvas.save()
        return file.getvalue()

    return make
