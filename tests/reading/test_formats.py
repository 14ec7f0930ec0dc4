"""Formats: what a file is by its content, and text in any encoding."""

from __future__ import annotations

import io
import zipfile
from pathlib import PurePath

import pytest
from factories import growth
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.base.encodings import decode_text
from pipeline.base.errors import ExtractionError
from pipeline.base.settings import DEFAULT_LIMITS, Limits
from pipeline.reading.formats import detect_format, read_bytes
from pipeline.reading.read_html import read_html
from pipeline.reading.read_text import read_text

TEXT = "Visits are timely and plans are clear to the families who live with them."
ENDINGS = [".pdf", ".docx", ".html", ".htm", ".txt", ".md", ""]


ENCODINGS = {
    "utf-8": TEXT.encode(),
    "utf-8 with a mark": b"\xef\xbb\xbf" + TEXT.encode(),
    "utf-16": TEXT.encode("utf-16"),
    "windows-1252": (TEXT + " It costs £5.").encode("cp1252"),
    "utf-16 without a mark": TEXT.encode("utf-16-le"),
    "utf-16 of the other order": TEXT.encode("utf-16-be"),
    "a few NUL bytes": TEXT.encode() + b"\0\0",
}


@pytest.mark.parametrize("name", ENCODINGS)
def test_texts_in_any_encoding(name):
    data = ENCODINGS[name]
    assert detect_format(data, PurePath("note.txt")) == "text"
    assert read_text(decode_text(data))[0].text.startswith(TEXT)


REFUSED = {
    "web page under the name of a PDF": ("a.pdf", b"\n<!DOCTYPE html><html><p>x</p>", "web page"),
    "picture under the name of a PDF": ("a.pdf", b"\xff\xd8\xff\xe0" + b"x" * 99, "JPEG"),
    "old Word document": ("a.doc", b"\xd0\xcf\x11\xe0" + b"x" * 99, "pre-2007"),
    "not text at all": ("a.txt", bytes(range(1, 32)) * 40, "not PDF"),
    "broken zip": ("a.docx", b"PK\x03\x04 and no more", "damaged zip"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_report_is_refused_as_what_it_is(name):
    file_name, data, reason = REFUSED[name]
    with pytest.raises(ExtractionError, match=reason) as refusal:
        detect_format(data, PurePath(file_name))
    assert refusal.value.hint


PAGE = f"<html><head><title>x</title></head><body><p>{TEXT}</p></body></html>"
WEB_PAGES = {
    "with its type": ("a.html", f"<!doctype html>{PAGE}".encode()),
    "XHTML": (
        "a.htm",
        f'<?xml version="1.0" encoding="utf-8"?>\n<!DOCTYPE html PUBLIC "x">{PAGE}'.encode(),
    ),
    "XHTML without a type": (
        "a",
        f'<?xml version="1.0"?><html xmlns="x"><body><p>{TEXT}</p></body></html>'.encode(),
    ),
    "saved by a browser": (
        "a.txt",
        f"<!-- saved from url=(0014)about:internet -->\n{PAGE}".encode(),
    ),
    "a long comment first": ("a.html", f"<!-- {'licence ' * 999} -->{PAGE}".encode()),
    "UTF-16": ("a.html", PAGE.encode("utf-16")),
    "UTF-16 without a mark": ("a.html", PAGE.encode("utf-16-le")),
    "UTF-8 with a mark": ("a.html", b"\xef\xbb\xbf" + PAGE.encode()),
    "fragment": ("a.txt", f"<div class='a'>\n<p>{TEXT}</p></div>\n<!-- end -->\n".encode()),
    "fragment that begins with text, by its name": ("a.html", f"{TEXT}<p>More.</p>".encode()),
}


@pytest.mark.parametrize("name", WEB_PAGES)
def test_web_pages_are_known_by_their_content(name):
    file_name, data = WEB_PAGES[name]
    assert detect_format(data, PurePath(file_name)) == "html"
    assert read_html(decode_text(data))[0].text == TEXT


NO_PAGES = {
    "Markdown that begins with an element": f"<div align='center'><b>Report</b></div>\n\n# Findings\n\n{TEXT}",
    "text with a sign": f"<5 per cent of visits are late.\n\n{TEXT}",
    "comments without end": "<!-- -->" * 2_000 + TEXT,
    "an address between signs": f"<mailto:help@farwick.example>\n\n{TEXT}",
}


@pytest.mark.parametrize("name", NO_PAGES)
def test_texts_with_pointed_brackets_stay_texts(name):
    assert detect_format(NO_PAGES[name].encode(), PurePath("a.md")) == "text"


def archive(*names: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as zipped:
        for name in names:
            zipped.writestr(name, "<x/>")
    return file.getvalue()


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize(
    ("data", "kind"), [(b"junk before\n%PDF-1.7\n", "pdf"), (archive("word/document.xml"), "docx")]
)
def test_the_name_does_not_decide(data, kind, ending):
    assert detect_format(data, PurePath("report" + ending)) == kind


def relations(attributes: str) -> bytes:
    namespace = "http://schemas.openxmlformats.org/package/2006/relationships"
    return (
        f'<Relationships xmlns="{namespace}"><Relationship {attributes}/></Relationships>'.encode()
    )


def office(relations: bytes) -> bytes:
    """An archive with a part of its own name, and what is said of it."""
    file = io.BytesIO(archive("word/document2.xml"))
    with zipfile.ZipFile(file, "a") as zipped:
        zipped.writestr("_rels/.rels", relations)
    return file.getvalue()


MAIN_PART = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"


@pytest.mark.parametrize("target", ["word/document2.xml", "/word/document2.xml"])
def test_the_text_of_a_word_document_may_have_any_name(target):
    data = office(relations(f'Target="{target}" Type="{MAIN_PART}"'))
    assert detect_format(data, PurePath("report.docx")) == "docx"


OTHER_RELATIONS = {
    "to a part that is missing": relations(f'Type="{MAIN_PART}" Target="word/document.xml"'),
    "to a part that is not the main one": relations('Type="x" Target="word/document2.xml"'),
    "without a target": relations(f'Type="{MAIN_PART}"'),
    "of nothing": relations(""),
    "broken": b"<Relationships",
    "empty": b"",
}


@pytest.mark.parametrize("name", OTHER_RELATIONS)
def test_other_relations_make_no_word_document(name):
    with pytest.raises(ExtractionError, match="a zip archive, which cannot be read"):
        detect_format(office(OTHER_RELATIONS[name]), PurePath("report.docx"))


def test_a_damaged_relation_makes_no_word_document():
    data = office(relations(f'Type="{MAIN_PART}" Target="word/document2.xml"'))
    with pytest.raises(ExtractionError, match="a zip archive, which cannot be read"):
        detect_format(data.replace(b"Target", b"Tarket", 1), PurePath("report.docx"))


ARCHIVES = {
    "Excel workbook": "xl/workbook.xml",
    "PowerPoint presentation": "ppt/presentation.xml",
    "zip archive": "report.pdf",
}


@pytest.mark.parametrize("what", ARCHIVES)
def test_other_archives_are_called_what_they_are(what):
    with pytest.raises(ExtractionError, match=what):
        detect_format(archive(ARCHIVES[what]), PurePath("a.docx"))


def test_a_file_is_read_whole_or_not_at_all(tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes(b"12345")
    assert read_bytes(path, Limits(file_bytes=5)) == b"12345"
    with pytest.raises(ExtractionError):
        read_bytes(path, Limits(file_bytes=4))
    path.write_bytes(b"")
    with pytest.raises(ExtractionError, match="empty"):
        read_bytes(path, DEFAULT_LIMITS)


@settings(deadline=None)
@given(st.binary(max_size=300), st.sampled_from(ENDINGS))
def test_any_bytes_have_a_format_or_are_refused_with_advice(data, ending):
    try:
        assert detect_format(data, PurePath("a" + ending)) in ("pdf", "docx", "html", "text")
    except ExtractionError as refusal:
        assert refusal.hint


PROLOGUES = {
    "comments": "<!-- -->",
    "comments without end": "<!-- ",
    "declarations": "<?xml ?>",
    "declarations without end": "<?xml ",
    "spaces": " \n",
    "mixed": "<!-- --> <?xml ?>",
}


@pytest.mark.parametrize("name", PROLOGUES)
def test_time_grows_with_the_length_of_what_stands_in_front(name, monkeypatch):
    monkeypatch.setattr("pipeline.reading.formats.MAX_PROLOGUE", 10**9)
    small, large = ((PROLOGUES[name] * times).encode() for times in (1_000, 4_000))
    assert growth(lambda data: detect_format(data, PurePath("a.txt")), small, large) < 10
