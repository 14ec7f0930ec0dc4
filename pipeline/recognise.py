"""A PDF of pictures → the same PDF with its text, recognised by OCRmyPDF: the extra [ocr].

OCRmyPDF needs Tesseract, which is no Python package (see "Installing OCRmyPDF" in
https://ocrmypdf.readthedocs.io).
"""

from __future__ import annotations

import io
import logging

from pipeline.errors import ExtractionError


def recognise_text(data: bytes) -> bytes:
    """The content of a PDF with a layer of text under its pictures; pages with text stay as are.

    Raises `ExtractionError` where OCRmyPDF or Tesseract is missing or cannot read the pages.
    """
    try:
        import ocrmypdf
    except ImportError as error:
        raise ExtractionError(
            "The PDF holds pictures and no text, and OCRmyPDF is not installed.",
            "pip install 'inspection-themes[ocr]', and install Tesseract.",
        ) from error
    logging.getLogger("ocrmypdf").setLevel(logging.CRITICAL)
    recognised = io.BytesIO()
    try:
        ocrmypdf.ocr(
            io.BytesIO(data),
            recognised,
            language=["eng"],
            output_type="pdf",
            skip_text=True,
            optimize=0,
            jobs=1,
            use_threads=True,
            progress_bar=False,
        )
    except MemoryError:
        raise
    except Exception as error:
        raise ExtractionError(
            f"The text of its pictures cannot be recognised ({type(error).__name__}: {error}).",
            "See that Tesseract is installed; if it is, scan the report again.",
        ) from error
    return recognised.getvalue()
