"""DOCX → blocks, from the styles and lists of the document itself."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import docx
from docx.document import Document
from docx.table import Table
from docx.text.paragraph import Paragraph as DocxParagraph

from pipeline.errors import ExtractionError
from pipeline.records import Block
from pipeline.segment_text import segment_text

# A Word file is a zip: 100 KB can claim to hold gigabytes. No report comes near this.
MAX_UNPACKED_BYTES = 200_000_000
WORD_XML = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


def read_docx(file: Path | BinaryIO) -> list[Block]:
    """Blocks of a Word document in order; all on page 1, since Word stores no pages.

    Raises `ExtractionError` when the file is damaged or would unpack to more than
    `MAX_UNPACKED_BYTES`.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            unpacked = sum(item.file_size for item in archive.infolist())
        if unpacked > MAX_UNPACKED_BYTES:
            raise ExtractionError(
                f"The Word document unpacks to {unpacked / 1e6:.0f} MB.",
                "Save it again in Word, without embedded files.",
            )
        document = docx.Document(str(file) if isinstance(file, Path) else file)
        return [block for block in _read_body(document) if block.text]
    except (ExtractionError, MemoryError):
        raise
    except Exception as error:
        raise ExtractionError(
            f"The Word document is damaged ({type(error).__name__}: {error}).",
            "Open it in Word and save it again.",
        ) from error


def _read_body(document: Document) -> Iterator[Block]:
    for item in document.iter_inner_content():
        if isinstance(item, Table):
            yield from _read_table(item)
        else:
            yield from _read_paragraph(item)


def _read_paragraph(paragraph: DocxParagraph) -> Iterator[Block]:
    text = re.sub(r"\s+", " ", paragraph.text).strip()
    style = (paragraph.style.name if paragraph.style is not None else "").lower()
    if match := re.match(r"(?:heading|title)\s*(\d?)", style):
        yield Block("heading", text, 1, level=int(match.group(1) or 1))
    elif style.startswith("toc"):
        yield Block("contents", text, 1)
    elif style.startswith("footnote"):
        yield Block("footnote", text, 1)
    elif style.startswith("list bullet") or _is_listed(paragraph):
        yield Block("list_item", text, 1, level=_list_level(paragraph), marker="•")
    elif text and _all_bold(paragraph) and len(text.split()) <= 14 and text[-1] not in ".;,":
        yield Block("heading", text, 1, level=6)
    else:
        # Typed numbers and bullets are read as in plain text.
        yield from segment_text(text)


def _is_listed(paragraph: DocxParagraph) -> bool:
    properties = paragraph._p.pPr
    return properties is not None and properties.numPr is not None


def _list_level(paragraph: DocxParagraph) -> int:
    properties = paragraph._p.pPr
    if (
        properties is not None
        and properties.numPr is not None
        and properties.numPr.ilvl is not None
    ):
        return int(properties.numPr.ilvl.val) + 1
    number = re.search(r"(\d)$", paragraph.style.name if paragraph.style is not None else "")
    return int(number.group()) if number else 1


def _all_bold(paragraph: DocxParagraph) -> bool:
    runs = [run for run in paragraph.runs if run.text.strip()]
    return bool(runs) and all(run.bold for run in runs)


def _read_table(table: Table) -> Iterator[Block]:
    for row in table.rows:
        cells = list(dict.fromkeys(row.cells))
        texts = [re.sub(r"\s+", " ", cell.text).strip() for cell in cells]
        if any(
            len(cell.paragraphs) > 1 and len(text.split()) > 25
            for cell, text in zip(cells, texts, strict=True)
        ):
            for cell in cells:
                for paragraph in cell.paragraphs:
                    yield from _read_paragraph(paragraph)
        else:
            yield Block("table", " | ".join(filter(None, texts)), 1)
