"""DOCX → blocks, from the document's own styles and lists.

python-docx opens the file and knows its styles. Its paragraphs and tables leave out what Word
wraps in other elements (tracked insertions, content controls, text boxes, notes) and give merged
cells twice, so the text is read from the XML elements.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby, islice
from pathlib import Path
from typing import BinaryIO

import docx
from docx.document import Document
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml import parse_xml
from docx.oxml.ns import qn

from pipeline.base.characters import PRIVATE_USE
from pipeline.base.errors import ExtractionError
from pipeline.base.files import unpacked_size
from pipeline.base.records import Block
from pipeline.reading.docx_elements import TEXT_BOX, shown_children, shown_text, whole_number
from pipeline.reading.docx_numbers import ListNumbers
from pipeline.reading.docx_styles import Styles
from pipeline.reading.framed import Cell, TableHeadings, is_framed_prose
from pipeline.reading.marks import BULLET, describes
from pipeline.reading.read_text import join_broken_lines, read_text

# A Word file is a zip: 100 KB can claim to hold gigabytes. No report comes near this.
MAX_UNPACKED_BYTES = 200_000_000
# The properties of a picture or chart, with its alternative text.
PICTURE = qn("wp:docPr")
NOTES = {
    qn("w:footnoteReference"): RELATIONSHIP_TYPE.FOOTNOTES,
    qn("w:endnoteReference"): RELATIONSHIP_TYPE.ENDNOTES,
}
BOLD_LEVEL = 6
# Blocks of a cell of few words, which are one.
IN_LINE = ("paragraph", "heading")
HEADERS_AND_FOOTERS = (RELATIONSHIP_TYPE.HEADER, RELATIONSHIP_TYPE.FOOTER)
# Headers say who and what in a few short lines; what is longer says something else.
MAX_FURNITURE_LINES, MAX_FURNITURE_CHARS = 40, 200


def read_docx(file: Path | BinaryIO) -> list[Block]:
    """The blocks of a Word document in order, all on page 1, since Word stores no pages.

    Tracked changes are read as accepted. Text boxes, footnotes and endnotes follow the paragraph
    they belong to, and so do the descriptions of pictures. Raises `ExtractionError` if the file is
    damaged or would unpack to more than `MAX_UNPACKED_BYTES`.
    """
    try:
        reader = _DocxReader(open_docx(file))
        return _with_numbered_items([block for block in reader.read() if block.text])
    except (ExtractionError, MemoryError):
        raise
    except Exception as error:
        raise _damaged(error) from error


def _with_numbered_items(blocks: Sequence[Block]) -> list[Block]:
    """The blocks, with bold numbered lines of one rank in a row read as what they recommend.

    A heading has text below it, or headings of another rank ("2.", "2.1").
    """
    whole: list[Block] = []
    for rank, run in groupby(blocks, key=_rank_of_numbered_heading):
        alike = list(run)
        if rank and len(alike) > 1:
            alike = [replace(block, kind="paragraph", level=1) for block in alike]
        whole += alike
    return whole


def _rank_of_numbered_heading(block: Block) -> int:
    numbered = block.kind == "heading" and block.level == BOLD_LEVEL
    return len(re.findall(r"\w+", block.marker)) if numbered else 0


def read_docx_furniture(file: Path | BinaryIO) -> list[str]:
    """The distinct lines of the headers and footers of all sections, if they can be read."""
    try:
        lines = list(islice(_lines_around(open_docx(file)), MAX_FURNITURE_LINES))
    except MemoryError:
        raise
    except Exception:
        # The text does not need them.
        return []
    return list(dict.fromkeys(lines))


def _lines_around(document: Document) -> Iterator[str]:
    styles = Styles(document)
    for part in document.part.rels.values():
        if part.reltype in HEADERS_AND_FOOTERS and not part.is_external:
            parsed = parse_xml(part.target_part.blob)
            styles.remove_hidden(parsed)
            # A text box stands inside a paragraph.
            for paragraph in parsed.iter(qn("w:p")):
                if text := " ".join(shown_text(paragraph).split())[:MAX_FURNITURE_CHARS]:
                    yield text


def open_docx(file: Path | BinaryIO) -> Document:
    """A Word document as python-docx has it; raises `ExtractionError` as `read_docx` does."""
    try:
        with zipfile.ZipFile(file) as archive:
            unpacked = unpacked_size(archive)
        if unpacked <= MAX_UNPACKED_BYTES:
            return docx.Document(str(file) if isinstance(file, Path) else file)
    except MemoryError:
        raise
    except Exception as error:
        raise _damaged(error) from error
    raise ExtractionError(
        f"The Word document unpacks to {unpacked / 1e6:.0f} MB.",
        "Save it again in Word, without embedded files.",
    )


def _damaged(error: Exception) -> ExtractionError:
    return ExtractionError(
        f"The Word document is damaged ({type(error).__name__}: {error}).",
        "Open it in Word and save it again.",
    )


class _DocxReader:
    """Reads the elements of one document, using its styles and notes."""

    def __init__(self, document: Document) -> None:
        self._body = document.element.body
        self._styles = Styles(document)
        self._styles.remove_hidden(self._body)
        self._notes = {
            tag: _read_notes(document, relationship, self._styles)
            for tag, relationship in NOTES.items()
        }
        self._numbers = ListNumbers(document)

    def read(self) -> Iterator[Block]:
        return self._read_flow(self._body)

    def _read_flow(self, container) -> Iterator[Block]:
        """The blocks of the paragraphs and tables in an element, whatever wraps them."""
        opened: list = []
        for item in shown_children(container, {qn("w:p"), qn("w:tbl")}):
            if item.tag == qn("w:tbl"):
                yield from self._read_table(item)
                continue
            opened.append(item)
            # If the mark between two paragraphs is a tracked deletion, they are one.
            if item.find(f"{qn('w:pPr')}/{qn('w:rPr')}/{qn('w:del')}") is None:
                yield from self._read_paragraph(opened)
                opened = []
        if opened:
            yield from self._read_paragraph(opened)

    def _read_paragraph(self, parts: list) -> Iterator[Block]:
        text = "".join(shown_text(part) for part in parts)
        # Word numbers no paragraph that has no text.
        number = self._next_number(parts[0]) if text.strip() else ""
        yield from self._blocks_of_text(parts[0], text, number)
        for part in parts:
            yield from self._read_hanging(part)

    def _read_hanging(self, paragraph) -> Iterator[Block]:
        """The text boxes, described pictures and notes that belong to a paragraph."""
        for hanging in shown_children(paragraph, {TEXT_BOX, PICTURE, *self._notes}):
            if hanging.tag == TEXT_BOX:
                yield from self._read_flow(hanging)
            elif hanging.tag == PICTURE:
                text = " ".join(hanging.get("descr", "").split())
                yield Block("figure", text if describes(text) else "", 1)
            else:
                yield Block(
                    "footnote", self._notes[hanging.tag].get(hanging.get(qn("w:id")), ""), 1
                )

    def _blocks_of_text(self, paragraph, text: str, number: str) -> Iterator[Block]:
        lines, text = text, " ".join(text.split())
        style = next(iter(self._styles.names(paragraph)), "")
        heading = self._styles.heading_level(paragraph, text)
        list_level = self._styles.list_level(paragraph)
        if style.startswith("toc") or _is_contents_line(paragraph, text):
            yield Block("contents", text, 1)
        elif heading:
            yield Block("heading", f"{number} {text}".strip(), 1, level=heading)
        elif style.startswith(("footnote", "endnote")):
            yield Block("footnote", text, 1)
        elif number and self._styles.is_bold_heading(paragraph, text):
            yield Block("heading", f"{number} {text}", 1, level=BOLD_LEVEL, marker=number)
        elif number:
            # As in a PDF: what is numbered is a paragraph, what has a bullet is an item.
            yield Block("paragraph", f"{number} {text}", 1, marker=number)
        elif list_level:
            yield Block("list_item", text, 1, level=list_level, marker="•")
        elif self._styles.is_bold_heading(paragraph, text):
            yield Block("heading", text, 1, level=BOLD_LEVEL)
        else:
            if title := self._styles.title_line(paragraph, lines):
                yield Block("heading", " ".join(title.split()), 1, level=BOLD_LEVEL)
                lines = lines.removeprefix(title)
            # Typed numbers and bullets are read as in plain text.
            yield from read_text(join_broken_lines(lines))

    def _next_number(self, paragraph) -> str:
        """The number that Word prints before a paragraph, counting it; "" if there is none."""
        # A paragraph may give the level only, and its style the list.
        number = self._styles.property_of(paragraph, "w:numPr", "w:numId")
        if number is None:
            return ""
        name = number.get(qn("w:val"), "")
        level = self._styles.property_of(paragraph, "w:numPr", "w:ilvl")
        if level is not None:
            return self._numbers.next(name, whole_number(level))
        styles = self._styles.ids(paragraph)
        return self._numbers.next(name, self._numbers.level_of_style(name, styles))

    def _is_listed(self, paragraph) -> bool:
        listed = self._styles.list_level(paragraph)
        return bool(listed or BULLET.match(shown_text(paragraph).strip()))

    def _read_table(self, table) -> Iterator[Block]:
        headings = TableHeadings()
        for row in shown_children(table, {qn("w:tr")}):
            if row.find(f"{qn('w:trPr')}/{qn('w:del')}") is not None:
                continue
            cells = list(shown_children(row, {qn("w:tc")}))
            if self._holds_prose([cell for cell in cells if _begins(cell)]):
                yield from self._read_framed(cells, headings)
                continue
            texts = [self._text_of_cell(cell) if _begins(cell) else "" for cell in cells]
            head = row.find(f"{qn('w:trPr')}/{qn('w:tblHeader')}") is not None
            headings.pass_row(
                [
                    Cell(
                        text,
                        stands_out=head or self._stands_out(cell),
                        span=_span(cell),
                        merged=not _begins(cell),
                    )
                    for text, cell in zip(texts, cells, strict=True)
                ]
            )
            yield Block("table", " | ".join(filter(None, texts)), 1)
            for paragraph in shown_children(row, {qn("w:p")}):
                yield from self._read_hanging(paragraph)

    def _holds_prose(self, cells: list) -> bool:
        """Whether a table row only frames text that has its own structure."""
        if any(next(shown_children(cell, {qn("w:tbl")}), None) is not None for cell in cells):
            return True
        if any(sum(map(self._is_listed, _filled_paragraphs(cell))) > 1 for cell in cells):
            return True
        texts = [[shown_text(part).strip() for part in _filled_paragraphs(cell)] for cell in cells]
        n_cells = sum(map(bool, texts))
        return any(is_framed_prose(" ".join(each), len(each), n_cells) for each in texts)

    def _read_framed(self, cells: list, headings: TableHeadings) -> Iterator[Block]:
        """The blocks of a row that frames prose."""
        flows = [
            [block for block in self._read_flow(cell) if block.text] if _begins(cell) else []
            for cell in cells
        ]
        places = headings.place_cells(
            [
                _cell_of_blocks(blocks, _span(cell))._replace(merged=not _begins(cell))
                for blocks, cell in zip(flows, cells, strict=True)
            ]
        )
        for blocks, (kind, above) in zip(flows, places, strict=True):
            texts = [block.text for block in blocks if kind and block.kind in IN_LINE]
            if texts:
                yield Block(kind, " ".join(texts), 1, level=BOLD_LEVEL, above=above)
            for block in blocks:
                if not texts or block.kind not in IN_LINE:
                    # In a table in a cell, the headings of the inner table say more.
                    yield replace(block, above=block.above or above)

    def _stands_out(self, cell) -> bool:
        return all(map(self._styles.is_bold, _filled_paragraphs(cell)))

    def _text_of_cell(self, cell) -> str:
        """The text of a cell on one line, with the numbers of its paragraphs."""
        parts: list[str] = []
        for paragraph in shown_children(cell, {qn("w:p")}):
            if text := PRIVATE_USE.sub("", shown_text(paragraph)).strip():
                parts += [self._next_number(paragraph), text]
        return " ".join(" ".join(parts).split())


def _cell_of_blocks(blocks: Sequence[Block], span: int) -> Cell:
    """A cell, from its blocks; bold lines and what only looks like a heading are plain."""
    in_line = [block for block in blocks if block.kind in IN_LINE]
    headed = any(b.kind == "heading" and b.level < BOLD_LEVEL and not b.guessed for b in in_line)
    others = {block.kind for block in blocks} - {*IN_LINE, "footnote", "figure"}
    return Cell(
        " ".join(block.text for block in in_line),
        is_plain=not others and not headed,
        is_line=len(in_line) == 1,
        is_headed=headed,
        span=span,
    )


def _filled_paragraphs(cell) -> list:
    return [part for part in shown_children(cell, {qn("w:p")}) if shown_text(part).strip()]


def _span(cell) -> int:
    """The number of columns that a cell takes."""
    span = cell.find(f"{qn('w:tcPr')}/{qn('w:gridSpan')}")
    return max(whole_number(span), 1) if span is not None else 1


def _read_notes(document: Document, relationship: str, styles: Styles) -> dict[str, str]:
    """Id → text of the footnotes or endnotes, without the rules Word draws above them."""
    notes = {}
    for part in document.part.rels.values():
        if part.reltype == relationship and not part.is_external:
            parsed = parse_xml(part.target_part.blob)
            styles.remove_hidden(parsed)
            for note in parsed:
                if note.get(qn("w:type")) in (None, "normal"):
                    notes[note.get(qn("w:id"))] = _text_of(note)
    return notes


def _is_contents_line(paragraph, text: str) -> bool:
    """Whether all of a paragraph leads to a place in the document, and a page number ends it.

    Google Docs writes contents like this, without the styles for them.
    """
    if not re.search(r"\D \d{1,3}$", text):
        return False
    links = shown_children(paragraph, {qn("w:hyperlink")})
    led = "".join(shown_text(link) for link in links if link.get(qn("w:anchor")))
    return " ".join(led.split()) == text


def _begins(cell) -> bool:
    """Whether a cell starts here, rather than continuing one merged from above or the left."""
    for name in ("w:vMerge", "w:hMerge"):
        merge = cell.find(f"{qn('w:tcPr')}/{qn(name)}")
        if merge is not None and merge.get(qn("w:val"), "continue") == "continue":
            return False
    return True


def _text_of(container) -> str:
    """The text of all paragraphs in a cell or note, on one line."""
    texts = (shown_text(paragraph) for paragraph in shown_children(container, {qn("w:p")}))
    return " ".join(" ".join(texts).split())
