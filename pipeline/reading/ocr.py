"""A PDF of pictures → the same PDF with its text, recognised by OCRmyPDF: the extra [ocr].

OCRmyPDF needs Tesseract, which is no Python package (see "Installing OCRmyPDF" in
https://ocrmypdf.readthedocs.io). It runs in a process of its own, because importing it changes
pdfminer: bullets of symbol fonts in every later document of the same process came out otherwise.
"""

from __future__ import annotations

import importlib.util
import subprocess
import sys

from pipeline.base.errors import ExtractionError

# -P: a module that lies in the folder one stands in is not meant.
COMMAND = [sys.executable, "-P", "-m", "ocrmypdf", "--quiet", "--skip-text", "--optimize", "0"]
OPTIONS = ["--language", "eng", "--output-type", "pdf", "--jobs", "1", "-", "-"]
MAX_TOLD = 300  # characters of its own message


def recognise_text(data: bytes) -> bytes:
    """The content of a PDF with a layer of text under its pictures; pages with text stay as are.

    Raises `ExtractionError` where OCRmyPDF or Tesseract is missing or cannot read the pages.
    """
    if importlib.util.find_spec("ocrmypdf") is None:
        raise ExtractionError(
            "The PDF holds pictures and no text, and OCRmyPDF is not installed.",
            "pip install 'inspection-themes[ocr]', and install Tesseract.",
        )
    done = subprocess.run([*COMMAND, *OPTIONS], input=data, capture_output=True)
    if done.returncode != 0:
        told = " ".join(done.stderr.decode("utf-8", "replace").split())[-MAX_TOLD:]
        raise ExtractionError(
            f"The text of its pictures cannot be recognised ({told or done.returncode}).",
            "See that Tesseract is installed; if it is, scan the report again.",
        )
    return done.stdout
