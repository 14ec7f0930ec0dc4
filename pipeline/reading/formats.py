"""The format of a file, from its content rather than its name."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path, PurePath

from lxml import etree

from pipeline.base.encodings import decode_text
from pipeline.base.errors import ExtractionError
from pipeline.base.files import BROKEN_ZIP
from pipeline.base.settings import DEFAULT_LIMITS, Limits

# First bytes of files that are handed in as reports but are not.
SIGNATURES = {
    b"\xff\xd8\xff": "a JPEG picture",
    b"\x89PNG": "a PNG picture",
    b"GIF8": "a GIF picture",
    b"II*\x00": "a TIFF picture",
    b"MM\x00*": "a TIFF picture",
    b"\xd0\xcf\x11\xe0": "a Word or Excel document in the pre-2007 format",
    b"{\\rtf": "an RTF document",
    b"Rar!": "a RAR archive",
    b"7z\xbc\xaf": "a 7z archive",
    b"\x1f\x8b": "a gzip archive",
}
# Possessive: otherwise a thousand comments could be matched in endless ways.
_PROLOGUE = r"\s*+(?:<!--.*?-->\s*+|<\?xml\b.*?\?>\s*+)*+"
HTML_START = re.compile(rf"{_PROLOGUE}<(?:!doctype\s+html|html|head|body)\b", re.I | re.S)
# Part of a web page, copied from its source or exported. Markdown may also begin with an element,
# but does not end with one.
HTML_FRAGMENT = re.compile(
    rf"{_PROLOGUE}<(?:article|blockquote|center|div|dl|font|form|h[1-6]|header|main|meta|nav|ol|p"
    r"|script|section|span|style|table|title|ul)\b[^<>]*>",
    re.I | re.S,
)
HTML_END = re.compile(r"</[a-z]+[1-6]?>\s*(?:<!--[^<>]*-->\s*)*\Z", re.I)
# How many characters of comments and declarations to read before the first element.
MAX_PROLOGUE = 20_000
# Where an Office document says which of its parts holds the text. It takes about a kilobyte.
RELATIONS = "_rels/.rels"
MAX_RELATIONS_BYTES = 1_000_000


def read_bytes(path: Path, limits: Limits) -> bytes:
    """The content of a file; raises `ExtractionError` if it is empty or too large."""
    with path.open("rb") as file:
        data = file.read(limits.file_bytes + 1)
    if not data:
        raise ExtractionError("The file is empty.", "Download it again.")
    if len(data) > limits.file_bytes:
        raise ExtractionError(
            f"The file is over {limits.file_bytes / 1e6:.0f} MB.",
            "Split it, compress its pictures, or allow more (--megabytes).",
        )
    return data


def detect_format(data: bytes, path: PurePath, limits: Limits = DEFAULT_LIMITS) -> str:
    """One of pdf, docx, html, text; raises `ExtractionError` for everything else.

    The name in `path` matters only twice: a web page named as a PDF or Word file is a failed
    download, not a report; and text with elements is a web page if it is named as one.
    """
    if b"%PDF-" in data[:1024]:
        return "pdf"
    for signature, what in SIGNATURES.items():
        if data.startswith(signature):
            raise ExtractionError(
                f"The file is {what}, whatever its name says.",
                "Save the report as PDF, DOCX or text and put it here instead.",
            )
    if data.startswith(b"PK"):
        return _detect_zip(data)
    text = decode_text(data, limits)
    if _is_html(text, path):
        if path.suffix.lower() in (".pdf", ".docx", ".doc"):
            raise ExtractionError(
                f"The file is a web page saved with the ending {path.suffix[1:].upper()}.",
                "Open the address it came from, download the report itself, and replace the file.",
            )
        return "html"
    return "text"


def _is_html(text: str, path: PurePath) -> bool:
    start = text[:MAX_PROLOGUE]
    if HTML_START.match(start):
        return True
    named_so = path.suffix.lower() in (".html", ".htm", ".xhtml")
    if named_so and re.search(r"</[a-z]", text, re.I):
        return True
    return bool(HTML_FRAGMENT.match(start) and HTML_END.search(text[-MAX_PROLOGUE:]))


def _detect_zip(data: bytes) -> str:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = archive.namelist()
            # Word's own name for it; other programs write word/document2.xml, which is as good.
            is_docx = "word/document.xml" in names or _main_part(archive).startswith("word/")
    except zipfile.BadZipFile as error:
        raise ExtractionError(
            "The file is a damaged zip archive.", "Download it again."
        ) from error
    if is_docx:
        return "docx"
    what = (
        "an Excel workbook"
        if "xl/workbook.xml" in names
        else ("a PowerPoint presentation" if "ppt/presentation.xml" in names else "a zip archive")
    )
    raise ExtractionError(
        f"The file is {what}, which cannot be read.", "Save the report as PDF, DOCX or text."
    )


def _main_part(archive: zipfile.ZipFile) -> str:
    """The name of the part that holds the text of an Office document; "" if there is none."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    try:
        with archive.open(RELATIONS) as file:
            root = etree.fromstring(file.read(MAX_RELATIONS_BYTES), parser)
    # A `KeyError` if it is absent.
    except (*BROKEN_ZIP, KeyError, etree.LxmlError):
        return ""
    targets = (
        relation.get("Target", "").removeprefix("/")
        for relation in root.iterchildren("{*}Relationship")
        if relation.get("Type", "").endswith("/officeDocument")
    )
    return next((target for target in targets if target in archive.namelist()), "")
