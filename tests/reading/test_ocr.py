from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys

import pytest
from factories import scanned_page

from pipeline.base.errors import ExtractionError, RecognitionError
from pipeline.reading.ocr import recognise_text, tesseract_version
from pipeline.reading.read_pdf import read_pages

WORDS = "Visits to children are timely, and plans are clear."


@pytest.fixture(scope="module")
def scan() -> bytes:
    """A page that is a picture of words."""
    pytest.importorskip("PIL.Image")
    return scanned_page(WORDS)


@pytest.fixture
def ocrmypdf() -> None:
    if importlib.util.find_spec("ocrmypdf") is None:
        pytest.skip("the extra [ocr] is not installed")


@pytest.mark.usefixtures("ocrmypdf")
def test_text_of_a_scan_is_recognised(scan):
    if shutil.which("tesseract") is None:
        pytest.skip("Tesseract is not installed")
    [page] = read_pages(recognise_text(scan))
    assert WORDS in " ".join(word for line in page.lines for word in line.text.split())


@pytest.mark.usefixtures("ocrmypdf")
def test_without_tesseract_it_is_said(scan, monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(RecognitionError, match="cannot be recognised") as refusal:
        recognise_text(scan)
    assert "Tesseract" in refusal.value.hint


def test_recognising_one_document_does_not_change_how_others_are_read(scan, monkeypatch):
    """OCRmyPDF changes pdfminer when it is imported: it must never be in the process that reads."""
    pytest.importorskip("PIL.Image")
    monkeypatch.setenv("PATH", "")
    with pytest.raises(ExtractionError):
        recognise_text(scan)
    assert "ocrmypdf" not in sys.modules


def test_without_ocrmypdf_it_is_said(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ExtractionError, match="not installed") as refusal:
        recognise_text(b"%PDF-1.7")
    assert "[ocr]" in refusal.value.hint


@pytest.mark.parametrize("code, kind", [(2, ExtractionError), (7, RecognitionError)])
def test_only_a_pdf_that_it_cannot_open_is_to_blame(monkeypatch, code, kind):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: object())
    done = subprocess.CompletedProcess([], code, b"", b"what is wrong")
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: done)
    with pytest.raises(ExtractionError, match="what is wrong") as refusal:
        recognise_text(b"%PDF-1.7")
    assert type(refusal.value) is kind


def test_the_same_tesseract_on_another_processor_has_the_same_version(monkeypatch):
    told = {
        "--version": "tesseract 5.3.4\n Found AVX2\n",
        "--list-langs": "List of langs in {}\neng\n",
    }

    def tesseract(way):
        def run(command, **_):
            answer = told[command[-1]].format(way).replace("AVX2", way)
            return subprocess.CompletedProcess(command, 0, answer.encode())

        monkeypatch.setattr(subprocess, "run", run)
        return tesseract_version()

    assert tesseract("/usr") == tesseract("/opt") == "tesseract 5.3.4\neng"
