from __future__ import annotations

import pytest
from reportlab.pdfgen.canvas import Canvas

from pipeline.base.errors import DamagedError
from pipeline.reading.form_fields import typed_texts


def form(objects: str) -> bytes:
    """A PDF with a form of these objects, of which number 3 is a field."""
    return (
        "%PDF-1.7\n1 0 obj<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[3 0 R]>>>>endobj\n"
        f"2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n{objects}\ntrailer<</Root 1 0 R>>\n%%EOF"
    ).encode()


FORMS = {
    "a text": (form("3 0 obj<</FT/Tx/V(We agree.)>>endobj"), ["We agree."]),
    "a text in UTF-16": (form("3 0 obj<</FT/Tx/V<FEFF00573073>>>endobj"), ["W\u3073"]),
    "a stream": (
        form("3 0 obj<</FT/Tx/V 4 0 R>>endobj\n4 0 obj<</Length 2>>stream\nNo\nendstream endobj"),
        ["No\n"],
    ),
    "a child": (form("3 0 obj<</FT/Tx/Kids[<</V(We agree.)>>]>>endobj"), ["", "We agree."]),
    "its own child": (form("3 0 obj<</FT/Tx/Kids[3 0 R]/V(We agree.)>>endobj"), ["We agree."]),
    "a box to tick": (form("3 0 obj<</FT/Btn/V/Yes>>endobj"), []),
    "what is no field": (form("3 0 obj 5 endobj"), []),
}


@pytest.mark.parametrize("name", FORMS)
def test_texts_of_a_form_are_those_of_its_text_fields(name):
    data, texts = FORMS[name]
    assert typed_texts(data) == texts


def test_other_pdfs_have_none_and_damage_is_said():
    canvas = Canvas("")
    canvas.drawString(72, 700, "Visits are timely.")
    assert typed_texts(canvas.getpdfdata()) == []
    with pytest.raises(DamagedError, match="damaged"):
        typed_texts(b"%PDF-1.7\n")
