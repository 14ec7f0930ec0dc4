"""A PDF of pictures → the same PDF with text recognised by OCRmyPDF (the extra [ocr]).

OCRmyPDF needs Tesseract, which is not a Python package (see "Installing OCRmyPDF" in
https://ocrmypdf.readthedocs.io). It runs in its own process, because importing it changes
pdfminer: symbol-font bullets came out differently in every later document of the same process.
"""

from __future__ import annotations

import importlib.util
import subprocess
import sys

from pipeline.base.errors import ExtractionError, RecognitionError
from pipeline.base.extras import how_to_install

# -P: never import a module of that name from the current folder.
COMMAND = [sys.executable, "-P", "-m", "ocrmypdf", "--quiet", "--skip-text", "--optimize", "0"]
OPTIONS = ["--language", "eng", "--output-type", "pdf", "--jobs", "1", "-", "-"]
# Its exit codes for a PDF that it cannot open or decrypt.
OF_THE_PDF = (2, 8)
MAX_TOLD = 300  # characters quoted from OCRmyPDF's message


def tesseract_version() -> str:
    """What Tesseract says of its version and its languages; "" if it is not installed.

    The text it recognises depends on both, but not on which instructions it has found in the
    processor or where its languages lie: machines of a cluster differ in these.
    """
    told = b""
    for question in ("--version", "--list-langs"):
        try:
            told += subprocess.run(["tesseract", question], capture_output=True, timeout=60).stdout
        except (OSError, subprocess.SubprocessError):
            return ""
    lines = (line.strip() for line in told.decode("utf-8", "replace").splitlines())
    return "\n".join(line for line in lines if not line.startswith(("Found ", "List of ")))


def recognise_text(data: bytes) -> bytes:
    """The content of a PDF with a layer of text under its pictures; other pages do not change.

    Raises `ExtractionError` if OCRmyPDF is missing or finds the PDF damaged, and
    `RecognitionError` if something else is wrong: no Tesseract, or a full disk.
    """
    if importlib.util.find_spec("ocrmypdf") is None:
        raise ExtractionError(
            "The text in the pictures cannot be recognised: OCRmyPDF is not installed.",
            f"{how_to_install('ocr')} Install Tesseract, too.",
        )
    done = subprocess.run([*COMMAND, *OPTIONS], input=data, capture_output=True)
    if done.returncode != 0:
        told = " ".join(done.stderr.decode("utf-8", "replace").split())[-MAX_TOLD:]
        kind = ExtractionError if done.returncode in OF_THE_PDF else RecognitionError
        raise kind(
            f"The text in the pictures cannot be recognised ({told or done.returncode}).",
            "Check that Tesseract is installed and the disk not full, or scan the report again.",
        )
    return done.stdout
