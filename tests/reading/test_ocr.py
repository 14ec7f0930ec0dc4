from __future__ import annotations

import importlib.util
import io
import shutil
import sys
from pathlib import PurePath

import pytest

from pipeline.base.errors import ExtractionError
from pipeline.documents.extract import extract_bytes

WORDS = "Visits to children are timely, and plans are clear."


@pytest.fixture(scope="module")
def scan() -> bytes:
    """A page that is a picture of words."""
    pictures = pytest.importorskip("PIL.Image")
    from PIL import ImageDraw, ImageFont

    page = pictures.new("L", (1654, 2339), 255)
    ImageDraw.Draw(page).text((150, 200), WORDS, font=ImageFont.load_default(size=44), fill=0)
    file = io.BytesIO()
    page.save(file, "PDF", resolution=200)
    return file.getvalue()


def test_scan_says_what_it_needs(scan):
    with pytest.raises(ExtractionError, match="pictures and no text") as refusal:
        extract_bytes(scan, PurePath("scan.pdf"))
    assert "--ocr" in refusal.value.hint


def test_text_of_a_scan_is_recognised(scan):
    if importlib.util.find_spec("ocrmypdf") is None:
        pytest.skip("the extra [ocr] is not installed")
    if shutil.which("tesseract") is None:
        pytest.skip("Tesseract is not installed")
    extract = extract_bytes(scan, PurePath("scan.pdf"), ocr=True)
    assert WORDS in " ".join(block.text for block in extract.blocks)
    assert extract.n_pages == 1


def test_without_tesseract_it_is_said(scan, monkeypatch):
    if importlib.util.find_spec("ocrmypdf") is None:
        pytest.skip("the extra [ocr] is not installed")
    monkeypatch.setenv("PATH", "")
    with pytest.raises(ExtractionError, match="cannot be recognised") as refusal:
        extract_bytes(scan, PurePath("scan.pdf"), ocr=True)
    assert "Tesseract" in refusal.value.hint


def test_recognising_one_document_does_not_change_how_others_are_read(scan, monkeypatch):
    """OCRmyPDF changes pdfminer when it is imported: it must never be in the process that reads."""
    pytest.importorskip("PIL.Image")
    monkeypatch.setenv("PATH", "")
    with pytest.raises(ExtractionError):
        extract_bytes(scan, PurePath("scan.pdf"), ocr=True)
    assert "ocrmypdf" not in sys.modules
