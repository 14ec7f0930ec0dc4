from __future__ import annotations

import io
import shutil
from pathlib import PurePath

import pytest

from pipeline.errors import ExtractionError
from pipeline.extract import extract_bytes

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


@pytest.mark.filterwarnings("ignore")
def test_text_of_a_scan_is_recognised(scan):
    pytest.importorskip("ocrmypdf", reason="the extra [ocr] is not installed")
    if shutil.which("tesseract") is None:
        pytest.skip("Tesseract is not installed")
    extract = extract_bytes(scan, PurePath("scan.pdf"), ocr=True)
    assert WORDS in " ".join(block.text for block in extract.blocks)
    assert extract.n_pages == 1


@pytest.mark.filterwarnings("ignore")
def test_without_tesseract_it_is_said(scan, monkeypatch):
    pytest.importorskip("ocrmypdf", reason="the extra [ocr] is not installed")
    monkeypatch.setenv("PATH", "")
    with pytest.raises(ExtractionError, match="cannot be recognised") as refusal:
        extract_bytes(scan, PurePath("scan.pdf"), ocr=True)
    assert "Tesseract" in refusal.value.hint
