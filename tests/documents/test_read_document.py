from __future__ import annotations

import hashlib
import io

import pytest
from reportlab.pdfgen.canvas import Canvas

from pipeline.base.columns import DOCUMENTS, PARAGRAPHS
from pipeline.base.errors import ExtractionError
from pipeline.base.settings import Limits
from pipeline.base.tables import schema_of
from pipeline.documents import read_document as module
from pipeline.documents.read_document import read_document, warm_up

LETTER = """12 June 2019

Dear Ms Thorne

# Focused visit to Devon children’s services

Plans are clear, and families know what has to change. We ask for:

- early visits
- calm moves

© Crown copyright 2019
""".encode()


@pytest.fixture(scope="module")
def letter():
    document, paragraphs, _ = read_document(LETTER, "letters/devon.md")
    return document, paragraphs.to_pandas()


def test_the_row_of_a_document(letter):
    document, _ = letter
    # What the model finds familiar is added when it is tagged.
    assert set(document) == set(DOCUMENTS) - {"familiarity", "unfamiliar"}
    assert document["sha256"] == hashlib.sha256(LETTER).hexdigest()
    assert document["doc_id"] == document["sha256"][:12]
    assert document["source_file"] == "letters/devon.md"
    assert (document["authority"], document["ons_code"]) == ("Devon", "E10000008")
    assert document["document_type"] == "focused visit"
    assert document["published_on"].isoformat() == "2019-06-12"
    assert (document["n_pages"], document["pages_without_text"]) == (None, "")


def test_only_what_is_substantive_is_counted(letter):
    document, paragraphs = letter
    counted = paragraphs[
        paragraphs["kind"].isin(["paragraph", "list_item"]) & ~paragraphs["boilerplate"]
    ]
    assert 0 < len(counted) < len(paragraphs)
    assert document["n_paragraphs"] == len(counted)
    assert document["n_words"] == counted["text"].str.split().str.len().sum()


def test_paragraphs_have_ids_and_what_stands_above_them(letter):
    document, paragraphs = letter
    assert list(paragraphs.columns) == PARAGRAPHS
    assert paragraphs["paragraph_id"].tolist() == [
        f"{document['doc_id']}:{n:04d}" for n in range(len(paragraphs))
    ]
    item = paragraphs[paragraphs["text"] == "calm moves"].iloc[0]
    assert item["lead_in"].endswith("We ask for:")
    assert item["heading"] == "Focused visit to Devon children’s services"
    assert set(paragraphs["source_file"]) == {"letters/devon.md"}


def test_it_is_known_where_a_paragraph_goes_on_on_the_next_page(letter):
    file = io.BytesIO()
    canvas = Canvas(file)
    for lines in (
        ("Focused visit to Devon", "Managers  know  the work of"),
        ("their teams and visit them every week. Plans are clear.",),
    ):
        for n, text in enumerate(lines):
            canvas.drawString(71, 750 - 15 * n, text)
        canvas.showPage()
    canvas.save()
    _, paragraphs, _ = read_document(file.getvalue(), "a.pdf")
    table = paragraphs.to_pandas()
    ((page, pages, text),) = table[["page", "pages", "text"]].to_numpy().tolist()
    assert (page, pages) == (1, f"0:1 {text.index('their teams')}:2")
    assert "the work of their teams" in text and set(letter[1]["pages"]) == {""}


def test_identities_come_from_the_content_alone(letter):
    document, paragraphs, _ = read_document(LETTER, "elsewhere/x.txt")
    assert document["doc_id"] == letter[0]["doc_id"]
    assert paragraphs["paragraph_id"].to_pylist() == letter[1]["paragraph_id"].tolist()
    other, *_ = read_document(LETTER + b" ", "elsewhere/x.txt")
    assert other["doc_id"] != document["doc_id"]


def test_the_table_is_stored_alike_whatever_is_in_it():
    for data in (LETTER, b"It rains today."):
        assert read_document(data, "x.txt")[1].schema == schema_of(PARAGRAPHS)


def test_authorities_of_the_caller_are_found():
    data = b"# Focused visit to Marlowshire\n\nPlans are clear, and families know them."
    assert read_document(data, "x.txt")[0]["authority"] == ""
    document, *_ = read_document(
        data, "x.txt", more_authorities="name,region\nMarlowshire,Nowhere\n"
    )
    assert (document["authority"], document["region"]) == ("Marlowshire", "Nowhere")


def test_pages_without_text_are_named(tmp_path):
    path = tmp_path / "scan.pdf"
    canvas = Canvas(str(path))
    for number in range(1, 6):
        if number < 3:
            for line in range(9):
                canvas.drawString(72, 700 - 15 * line, "Visits are timely, and plans are clear.")
        canvas.showPage()
    canvas.save()
    document, _, gaps = read_document(path.read_bytes(), "scan.pdf")
    assert (document["n_pages"], document["pages_without_text"]) == (5, "3-5")
    assert len(gaps) == 1


@pytest.mark.parametrize("text", [b"hello", b"# Inspection of Farwick\n", b"Yes.\n\nNo.\n"])
def test_what_has_nothing_to_tag_is_no_document(text):
    with pytest.raises(ExtractionError, match="no paragraph of text") as refusal:
        read_document(text, "form.rtf")
    assert refusal.value.hint


def test_limits_are_kept():
    with pytest.raises(ExtractionError, match="text"):
        read_document(LETTER, "x.txt", Limits(text_bytes=10))


def test_the_names_are_made_ready_once(monkeypatch):
    made = []
    build = module.build_matcher
    monkeypatch.setattr(module, "build_matcher", lambda table: made.append(1) or build(table))
    warm_up("name\nOnlyhere\n")
    read_document(LETTER, "x.txt", more_authorities="name\nOnlyhere\n")
    assert made == [1]
