from __future__ import annotations

import importlib.util
import io

import pikepdf
import pypdfium2
import pytest
from highlights import text_under_highlights

from pipeline.base.errors import CorpusError, DamagedError, ExtractionError
from pipeline.marking import write_marks as module
from pipeline.marking.locate import Rectangle
from pipeline.marking.write_marks import Highlight, check_installed, write_marks

LINE = Rectangle(1, 71, 697, 200, 712)
MARK = Highlight("p1 Care 1", (LINE,), "#f8b4aa", "Care: concern, probability 0.91")


def words(canvas):
    canvas.drawString(72, 700, "Children wait.")


def annotations(pdf, page=0):
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        return [
            {
                str(key): str(value)
                for key, value in each.items()
                if key in ("/Contents", "/T", "/NM", "/Subtype")
            }
            for each in opened.pages[page].get("/Annots", [])
        ]


def colour_at(pdf, x, y):
    picture = pypdfium2.PdfDocument(pdf)[0].render().to_pil().convert("RGB")
    return picture.getpixel((x, 842 - y))


def test_a_highlight_has_its_text_colour_and_note(drawn):
    copy = write_marks(drawn(words), [MARK]).content
    assert text_under_highlights(copy) == {"p1 Care": ("Childrenwait.", "Childrenwait.")}
    (told,) = annotations(copy)
    assert told["/Contents"] == MARK.note and told["/Subtype"] == "/Highlight"
    assert colour_at(copy, 190, 705) == (0xF8, 0xB4, 0xAA)
    assert write_marks(drawn(words, invariant=1), [MARK]) == write_marks(
        drawn(words, invariant=1), [MARK]
    )


def test_themes_of_one_sentence_share_its_height(drawn):
    other = Highlight("p1 Health 1", (LINE,), "#aab7f8", "Health: neutral, probability 0.60", 1, 2)
    copy = write_marks(
        drawn(words), [Highlight(MARK.name, (LINE,), MARK.colour, MARK.note, 0, 2), other]
    ).content
    assert colour_at(copy, 190, 709) == (0xF8, 0xB4, 0xAA) and colour_at(copy, 190, 700) == (
        0xAA,
        0xB7,
        0xF8,
    )
    # Each has all of the text.
    assert set(text_under_highlights(copy).values()) == {("Childrenwait.", "Childrenwait.")}


def test_what_the_pdf_has_of_its_own_stays(drawn):
    def linked(canvas):
        words(canvas)
        canvas.linkURL("https://example.org", (72, 700, 100, 710))

    copy = write_marks(drawn(linked), [MARK]).content
    assert [each["/Subtype"] for each in annotations(copy)] == ["/Link", "/Highlight"]
    with pikepdf.open(io.BytesIO(drawn(words))) as pdf:
        pdf.pages[0].obj.Annots = 7  # what no PDF should have
        odd = io.BytesIO()
        pdf.save(odd)
    assert len(annotations(write_marks(odd.getvalue(), [MARK]).content)) == 1


def test_an_encrypted_pdf_without_a_password_is_marked(drawn):
    copy = write_marks(drawn(words, password=""), [MARK]).content
    assert text_under_highlights(copy)["p1 Care"][0] == "Childrenwait."


def test_what_cannot_be_marked_says_why(drawn):
    with pytest.raises(ExtractionError, match="needs a password"):
        write_marks(drawn(words, password="secret"), [MARK])
    with pytest.raises(DamagedError, match="damaged"):
        write_marks(b"%PDF-1.7 and nothing else", [MARK])
    with pytest.raises(DamagedError, match="only 1 pages"):
        write_marks(drawn(words), [Highlight("p", (LINE._replace(page=2),), "#ffffff", "")])


def test_a_cut_pdf_is_repaired_and_says_so(drawn):
    whole = drawn(words)
    copy, repaired = write_marks(whole[: whole.rindex(b"startxref")], [MARK])
    assert text_under_highlights(copy)["p1 Care"][0] == "Childrenwait." and repaired
    assert not write_marks(whole, [MARK]).repaired


def test_a_missing_pikepdf_is_named(monkeypatch):
    check_installed()
    monkeypatch.setattr(module, "find_spec", lambda name: None)
    assert importlib.util.find_spec("pikepdf")
    with pytest.raises(CorpusError) as told:
        check_installed()
    assert "[marked]" in told.value.hint
