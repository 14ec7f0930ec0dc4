from __future__ import annotations

import io
from pathlib import PurePosixPath

import pikepdf
import pyarrow as pa
import pytest
from highlights import plain, text_under_highlights

from pipeline.base.columns import MARKS
from pipeline.base.errors import DamagedError, ExtractionError
from pipeline.base.settings import DEFAULT_LIMITS, PdfReader
from pipeline.documents.extract import extract_bytes
from pipeline.marking.mark_document import mark_document
from pipeline.marking.write_marks import Copy

FIRST = [
    "1. Social workers in Marlowshire know their children well. They see them often, and",
    "listen to what they say. Supervision is regular, but records of it do not show how multi-",
    "agency plans are changed by it. Managers have begun to put this right. The authority has",
]
SECOND = [
    "plans for the rest. Its leaders know what is still to be done.",
]
TEXT = (
    "1. Social workers in Marlowshire know their children well. They see them often, and "
    "listen to what they say. Supervision is regular, but records of it do not show how "
    "multi-agency plans are changed by it. Managers have begun to put this right. The authority "
    "has plans for the rest. Its leaders know what is still to be done."
)
SENTENCES = [sentence.strip() + "." for sentence in TEXT[2:].split(".")[:-1]]
BULLETS = [
    "Waiting times for a first appointment are long.",
    "Early help is well known to schools.",
]
PATH, LIMITS = PurePosixPath("a.pdf"), DEFAULT_LIMITS


def write(canvas, lines, top=760):
    for number, line in enumerate(lines):
        canvas.drawString(72, top - 14.5 * number, line)


def first(canvas):
    write(canvas, FIRST, top=120)


def second(canvas):
    write(canvas, SECOND)
    for number, item in enumerate(BULLETS):
        write(canvas, ["•"], 700 - 30 * number)
        canvas.drawString(90, 700 - 30 * number, item)


def marks_of(pdf, reader, *sentences, themes=("Care",)):
    """The marks of sentences, of whatever paragraphs have them."""
    blocks = extract_bytes(pdf, PATH, LIMITS, reader).blocks
    rows = []
    for sentence in sentences:
        ((position, text),) = ((n, b.text) for n, b in enumerate(blocks) if sentence in b.text)
        start = text.index(sentence)
        rows += [
            (
                f"d:{position:04}",
                "d",
                position,
                text,
                start,
                start + len(sentence),
                theme,
                "concern",
                0.914,
                "#f8b4aa",
            )
            for theme in themes
        ]
    return pa.Table.from_pylist([dict(zip(MARKS, row, strict=True)) for row in rows])


@pytest.fixture(params=list(PdfReader))
def reader(request):
    return request.param


@pytest.mark.parametrize("sentence", [*SENTENCES, *BULLETS])
def test_a_sentence_is_marked_exactly_with_either_reader(drawn, reader, sentence):
    pdf = drawn(first, second)
    marked = mark_document(pdf, "a.pdf", marks_of(pdf, reader, sentence), LIMITS, reader)
    assert marked.n_missing == 0
    ((text, _),) = text_under_highlights(marked.copy).values()
    assert plain(text) == plain(sentence)


def test_a_sentence_over_a_page_break_is_marked_on_both_pages(drawn, reader):
    pdf = drawn(first, second)
    marks = marks_of(pdf, reader, SENTENCES[4], themes=("Care", "Health"))
    marked = mark_document(pdf, "a.pdf", marks, LIMITS, reader)
    assert marked.places["page"].to_pylist() == [1, 2]
    with pikepdf.open(io.BytesIO(marked.copy)) as copy:
        notes = [[str(each.Contents) for each in page.Annots] for page in copy.pages]
    assert notes == [["Care: concern, probability 0.91", "Health: concern, probability 0.91"]] * 2


def turned(rotation, box=(0, 0, 595, 842), crop=None):
    def change(pdf):
        with pikepdf.open(io.BytesIO(pdf)) as opened:
            for page in opened.pages:
                page.Rotate = rotation
                page.MediaBox = list(box)
                if crop:
                    page.CropBox = list(crop)
            file = io.BytesIO()
            opened.save(file)
        return file.getvalue()

    return change


PAGES = {
    "turned to the right": turned(90),
    "turned to the left": turned(270),
    "upside down": turned(180),
    "with another origin": turned(0, (-20, -30, 575, 812)),
    "cut": turned(0, crop=(40, 40, 560, 800)),
    "turned and cut": turned(90, (-20, -30, 595, 842), (40, 40, 560, 800)),
}


@pytest.mark.parametrize("name", PAGES)
def test_pages_that_are_turned_or_cut_are_marked(drawn, reader, name):
    def sideways(canvas):
        # As a page that is shown turned: its text runs so that it comes out upright.
        turn = {
            "turned to the right": 90,
            "turned to the left": -90,
            "upside down": 180,
            "turned and cut": 90,
        }
        canvas.translate(300, 420)
        canvas.rotate(turn.get(name, 0))
        canvas.translate(-250, -200)
        write(canvas, FIRST, top=300)

    pdf = PAGES[name](drawn(sideways))
    sentence = SENTENCES[1]
    marked = mark_document(pdf, "a.pdf", marks_of(pdf, reader, sentence), LIMITS, reader)
    ((text, _),) = text_under_highlights(marked.copy).values()
    assert plain(text) == plain(sentence)


def test_paragraphs_that_only_the_other_reader_finds_are_marked(drawn, monkeypatch):
    pdf = drawn(first, second)
    marks = marks_of(pdf, PdfReader.pdfium, SENTENCES[0])

    def read(data, path, limits, reader, ocr, *, letters):
        blocks = extract_bytes(data, path, limits, reader, ocr, letters)
        if reader == PdfReader.pdfminer:
            blocks = type(blocks)(blocks.sha256, (), (), 1)
        return blocks

    monkeypatch.setattr("pipeline.marking.mark_document.extract_bytes", read)
    marked = mark_document(pdf, "a.pdf", marks, LIMITS, PdfReader.pdfminer)
    assert marked.n_missing == 0 and marked.copy


def test_sentences_that_are_not_there_are_counted_and_no_copy_is_made(drawn):
    pdf = drawn(first, second)
    marks = marks_of(pdf, PdfReader.pdfminer, SENTENCES[0])
    text = pa.array(["Another paragraph altogether."])
    marks = marks.set_column(marks.schema.get_field_index("text"), "text", text)
    marked = mark_document(pdf, "a.pdf", marks, LIMITS, PdfReader.pdfminer)
    assert (marked.n_missing, marked.copy, len(marked.places)) == (1, b"", 0)


def test_a_pdf_without_text_says_so(drawn):
    pdf = drawn(first)
    marks = marks_of(pdf, PdfReader.pdfminer, SENTENCES[0])
    with pytest.raises(ExtractionError, match="no text"):
        mark_document(drawn(lambda canvas: None), "a.pdf", marks, LIMITS, PdfReader.pdfminer)


def test_a_repaired_copy_is_kept_if_it_has_the_same_text(drawn, monkeypatch):
    pdf = drawn(first, second)
    marks = marks_of(pdf, PdfReader.pdfminer, SENTENCES[0])
    cut = pdf[: pdf.rindex(b"startxref")]
    assert mark_document(cut, "a.pdf", marks, LIMITS, PdfReader.pdfminer).copy
    lossy = Copy(drawn(first), repaired=True)
    monkeypatch.setattr("pipeline.marking.mark_document.write_marks", lambda *_: lossy)
    with pytest.raises(DamagedError, match="lacks some of its text"):
        mark_document(cut, "a.pdf", marks, LIMITS, PdfReader.pdfminer)
