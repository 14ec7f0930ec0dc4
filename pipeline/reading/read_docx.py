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
from functools import cache
from itertools import groupby, islice
from pathlib import Path
from typing import Any, BinaryIO

import docx
from docx.document import Document
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml import parse_xml
from docx.oxml.ns import qn

from pipeline.base.characters import PRIVATE_USE
from pipeline.base.errors import ExtractionError
from pipeline.base.records import Block
from pipeline.reading.docx_numbers import ListNumbers
from pipeline.reading.framed import Cell, TableHeadings, is_framed_prose
from pipeline.reading.marks import BULLET, describes
from pipeline.reading.read_text import join_broken_lines, read_text

# A Word file is a zip: 100 KB can claim to hold gigabytes. No report comes near this.
MAX_UNPACKED_BYTES = 200_000_000
# Tracked deletions, the old place of moved text, and the second copy of a text box that Word
# keeps for old programs.
FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
HIDDEN_ELEMENTS = {qn("w:del"), qn("w:moveFrom"), FALLBACK}
TEXT_BOX = qn("w:txbxContent")
# The properties of a picture or chart, with its alternative text.
PICTURE = qn("wp:docPr")
CONTENT_CONTROL = qn("w:sdt")
TEXT = {qn("w:t"), qn("m:t")}
NOT_IN_LINE = {*HIDDEN_ELEMENTS, TEXT_BOX, qn("w:pPr")}
NOTES = {
    qn("w:footnoteReference"): RELATIONSHIP_TYPE.FOOTNOTES,
    qn("w:endnoteReference"): RELATIONSHIP_TYPE.ENDNOTES,
}
CHARACTERS = {
    qn("w:tab"): "\t",
    qn("w:br"): "\n",
    qn("w:cr"): "\n",
    qn("w:noBreakHyphen"): "-",
}
# What publishers call their own styles of headings: "Section heading", "Sub-heading 2".
OWN_HEADING = re.compile(
    r"^(?!.*\b(?:table|figure|chart|column)).*?\b(sub[- ]?)?heading\s?([1-6])?$"
)
# A sign of a symbol font, by its number in hexadecimal: often a bullet.
SYMBOL = qn("w:sym")
MAX_BOLD_HEADING_WORDS = 14
BOLD_LEVEL = 6
# Blocks of a cell of few words, which are one.
IN_LINE = ("paragraph", "heading")
MAX_STYLED_HEADING_WORDS = 40
HEADERS_AND_FOOTERS = (RELATIONSHIP_TYPE.HEADER, RELATIONSHIP_TYPE.FOOTER)
# Headers say who and what in a few short lines; what is longer says something else.
MAX_FURNITURE_LINES, MAX_FURNITURE_CHARS = 40, 200
# Styles are based on other styles. No real chain is longer; a damaged one may go round for ever.
MAX_STYLE_CHAIN = 12


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
    for part in document.part.rels.values():
        if part.reltype in HEADERS_AND_FOOTERS and not part.is_external:
            # A text box stands inside a paragraph.
            for paragraph in parse_xml(part.target_part.blob).iter(qn("w:p")):
                if text := " ".join(_shown_text(paragraph).split())[:MAX_FURNITURE_CHARS]:
                    yield text


def open_docx(file: Path | BinaryIO) -> Document:
    """A Word document as python-docx has it; raises `ExtractionError` as `read_docx` does."""
    try:
        with zipfile.ZipFile(file) as archive:
            unpacked = sum(item.file_size for item in archive.infolist())
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
        self._styles = {s.get(qn("w:styleId")): s for s in document.styles.element.style_lst}
        self._notes = {
            tag: _read_notes(document, relationship) for tag, relationship in NOTES.items()
        }
        self._style_chain = cache(self._find_style_chain)
        self._numbers = ListNumbers(document)

    def read(self) -> Iterator[Block]:
        return self._read_flow(self._body)

    def _read_flow(self, container) -> Iterator[Block]:
        """The blocks of the paragraphs and tables in an element, whatever wraps them."""
        opened: list = []
        for item in _shown_children(container, {qn("w:p"), qn("w:tbl")}):
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
        text = "".join(_shown_text(part) for part in parts)
        # Word numbers no paragraph that has no text.
        number = self._next_number(parts[0]) if text.strip() else ""
        yield from self._blocks_of_text(parts[0], text, number)
        for part in parts:
            yield from self._read_hanging(part)

    def _read_hanging(self, paragraph) -> Iterator[Block]:
        """The text boxes, described pictures and notes that belong to a paragraph."""
        for hanging in _shown_children(paragraph, {TEXT_BOX, PICTURE, *self._notes}):
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
        names = [name.lower() for name, _ in self._styles_of(paragraph)]
        style = names[0] if names else ""
        heading = self._heading_level(paragraph, names) if _could_be_heading(text) else 0
        list_level = self._list_level(paragraph, style)
        if style.startswith("toc") or _is_contents_line(paragraph, text):
            yield Block("contents", text, 1)
        elif heading:
            yield Block("heading", f"{number} {text}".strip(), 1, level=heading)
        elif style.startswith(("footnote", "endnote")):
            yield Block("footnote", text, 1)
        elif number and self._is_bold_line(paragraph, text):
            yield Block("heading", f"{number} {text}", 1, level=BOLD_LEVEL, marker=number)
        elif number:
            # As in a PDF: what is numbered is a paragraph, what has a bullet is an item.
            yield Block("paragraph", f"{number} {text}", 1, marker=number)
        elif list_level:
            yield Block("list_item", text, 1, level=list_level, marker="•")
        elif self._is_bold_line(paragraph, text):
            yield Block("heading", text, 1, level=BOLD_LEVEL)
        else:
            if title := self._title_line(paragraph, lines):
                yield Block("heading", " ".join(title.split()), 1, level=BOLD_LEVEL)
                lines = lines.removeprefix(title)
            # Typed numbers and bullets are read as in plain text.
            yield from read_text(join_broken_lines(lines))

    def _title_line(self, paragraph, lines: str) -> str:
        """The first line of a paragraph, if a break ends it and only it is bold; otherwise ""."""
        title, _, rest = lines.partition("\n")
        if not rest.strip() or not _is_title(title.strip()):
            return ""
        n_left = len(title.strip())
        for run in _filled_runs(paragraph):
            if n_left <= 0:
                return "" if self._is_bold(run, paragraph) else title
            shown = _shown_text(run).lstrip().split("\n")
            if not self._is_bold(run, paragraph) or any(map(str.strip, shown[1:])):
                return ""
            n_left -= len(shown[0])
        return ""

    def _is_bold_line(self, paragraph, text: str) -> bool:
        """Whether a paragraph is a heading that only its bold type shows to be one."""
        return _is_title(text) and self._is_all_bold(paragraph)

    def _is_all_bold(self, paragraph) -> bool:
        """Whether all runs are bold, by themselves or by the styles of words and paragraph."""
        runs = _filled_runs(paragraph)
        return bool(runs) and all(self._is_bold(run, paragraph) for run in runs)

    def _is_bold(self, run, paragraph) -> bool:
        own = run.find(f"{qn('w:rPr')}/{qn('w:rStyle')}")
        of_words = self._style_chain(own.get(qn("w:val"))) if own is not None else []
        styles = (style for _, style in (*of_words, *self._styles_of(paragraph)))
        marked = (each for each in (run, *styles) if _mark(each, "w:b") is not None)
        return any(_is_on(each, "w:b") for each in islice(marked, 1))

    def _styles_of(self, paragraph) -> list[tuple[str, Any]]:
        style = paragraph.find(f"{qn('w:pPr')}/{qn('w:pStyle')}")
        return self._style_chain(style.get(qn("w:val")) if style is not None else None)

    def _find_style_chain(self, style_id: str | None) -> list[tuple[str, Any]]:
        """(name, element) of a style and of the styles it is based on."""
        chain: list[tuple[str, Any]] = []
        while (style := self._styles.get(style_id)) is not None and len(chain) < MAX_STYLE_CHAIN:
            name = style.find(qn("w:name"))
            chain.append((name.get(qn("w:val"), "") if name is not None else "", style))
            based_on = style.find(qn("w:basedOn"))
            style_id = based_on.get(qn("w:val")) if based_on is not None else None
        return chain

    def _heading_level(self, paragraph, names: list[str]) -> int:
        """The level of a heading, from its chain of styles or its outline level; otherwise 0."""
        for name in names:
            if match := re.match(r"(?:heading|title)\s*(\d?)", name):
                return int(match.group(1) or 1)
        for name in names:
            if match := OWN_HEADING.search(name):
                return int(match[2] or (2 if match[1] else 1))
        outline = self._property(paragraph, "w:outlineLvl")
        level = _number(outline) if outline is not None else 9
        return level + 1 if level < 9 else 0

    def _next_number(self, paragraph) -> str:
        """The number that Word prints before a paragraph, counting it; "" if there is none."""
        # A paragraph may give the level only, and its style the list.
        number = self._property(paragraph, "w:numPr", "w:numId")
        if number is None:
            return ""
        name = number.get(qn("w:val"), "")
        level = self._property(paragraph, "w:numPr", "w:ilvl")
        if level is not None:
            return self._numbers.next(name, _number(level))
        styles = [style.get(qn("w:styleId"), "") for _, style in self._styles_of(paragraph)]
        return self._numbers.next(name, self._numbers.level_of_style(name, styles))

    def _list_level(self, paragraph, style: str) -> int:
        """The level of a list item, from the paragraph or its style; otherwise 0."""
        number = self._property(paragraph, "w:numPr", "w:numId")
        # List 0 is how Word says that a paragraph with a list style is not in a list. Its own
        # subtitles have a level and no list.
        if number is not None and _number(number) == 0:
            return 0
        level = self._property(paragraph, "w:numPr", "w:ilvl")
        if number is not None and level is not None:
            return _number(level) + 1
        digit = re.search(r"\d$", style)
        listed = number is not None or re.match("(?:list )?bullet", style) is not None
        return int(digit.group() if digit else 1) if listed else 0

    def _is_listed(self, paragraph) -> bool:
        names = [name.lower() for name, _ in self._styles_of(paragraph)]
        listed = self._list_level(paragraph, names[0] if names else "")
        return bool(listed or BULLET.match(_shown_text(paragraph).strip()))

    def _property(self, paragraph, *path: str):
        """The element at a path in the properties of a paragraph, or of the next style with it."""
        below = "/".join(map(qn, ("w:pPr", *path)))
        for element in (paragraph, *(style for _, style in self._styles_of(paragraph))):
            found = element.find(below)
            if found is not None:
                return found
        return None

    def _read_table(self, table) -> Iterator[Block]:
        headings = TableHeadings()
        for row in _shown_children(table, {qn("w:tr")}):
            if row.find(f"{qn('w:trPr')}/{qn('w:del')}") is not None:
                continue
            cells = list(_shown_children(row, {qn("w:tc")}))
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
            for paragraph in _shown_children(row, {qn("w:p")}):
                yield from self._read_hanging(paragraph)

    def _holds_prose(self, cells: list) -> bool:
        """Whether a table row only frames text that has its own structure."""
        if any(next(_shown_children(cell, {qn("w:tbl")}), None) is not None for cell in cells):
            return True
        if any(sum(map(self._is_listed, _filled_paragraphs(cell))) > 1 for cell in cells):
            return True
        texts = [
            [_shown_text(part).strip() for part in _filled_paragraphs(cell)] for cell in cells
        ]
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
        return all(map(self._is_all_bold, _filled_paragraphs(cell)))

    def _text_of_cell(self, cell) -> str:
        """The text of a cell on one line, with the numbers of its paragraphs."""
        parts: list[str] = []
        for paragraph in _shown_children(cell, {qn("w:p")}):
            if text := PRIVATE_USE.sub("", _shown_text(paragraph)).strip():
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
    return [part for part in _shown_children(cell, {qn("w:p")}) if _shown_text(part).strip()]


def _span(cell) -> int:
    """The number of columns that a cell takes."""
    span = cell.find(f"{qn('w:tcPr')}/{qn('w:gridSpan')}")
    return max(_number(span), 1) if span is not None else 1


def _read_notes(document: Document, relationship: str) -> dict[str, str]:
    """Id → text of the footnotes or endnotes, without the rules Word draws above them."""
    notes = {}
    for part in document.part.rels.values():
        if part.reltype == relationship and not part.is_external:
            for note in parse_xml(part.target_part.blob):
                if note.get(qn("w:type")) in (None, "normal"):
                    notes[note.get(qn("w:id"))] = _text_of(note)
    return notes


def _shown_children(container, tags: set[str]) -> Iterator:
    """The outermost elements with these tags inside an element, whatever wraps them."""
    for child in container:
        if child.tag in tags:
            yield child
        elif child.tag not in HIDDEN_ELEMENTS and not _is_placeholder(child):
            yield from _shown_children(child, tags)


def _is_placeholder(element) -> bool:
    """Whether a content control shows nothing but "Click here to enter text"."""
    return (
        element.tag == CONTENT_CONTROL
        and element.find(f"{qn('w:sdtPr')}/{qn('w:showingPlcHdr')}") is not None
    )


def _shown_text(element) -> str:
    if element.tag in TEXT:
        return element.text or ""
    if element.tag in CHARACTERS:
        return CHARACTERS[element.tag]
    if element.tag == SYMBOL:
        code = element.get(qn("w:char"), "")
        return chr(int(code, 16)) if re.fullmatch("[0-9A-Fa-f]{4}", code) else ""
    if element.tag in NOT_IN_LINE:
        return ""
    if _is_on(element, "w:vanish") or _is_placeholder(element):
        return ""
    return "".join(_shown_text(child) for child in element)


def _mark(element, name: str):
    """What a run or a style says of the look of its letters under a name, if it says it."""
    return element.find(f"{qn('w:rPr')}/{qn(name)}")


def _is_on(element, name: str) -> bool:
    mark = _mark(element, name)
    return mark is not None and mark.get(qn("w:val"), "1") not in ("0", "false", "off")


def _filled_runs(paragraph) -> list:
    return [run for run in _shown_children(paragraph, {qn("w:r")}) if _shown_text(run).strip()]


def _is_contents_line(paragraph, text: str) -> bool:
    """Whether all of a paragraph leads to a place in the document, and a page number ends it.

    Google Docs writes contents like this, without the styles for them.
    """
    if not re.search(r"\D \d{1,3}$", text):
        return False
    links = _shown_children(paragraph, {qn("w:hyperlink")})
    led = "".join(_shown_text(link) for link in links if link.get(qn("w:anchor")))
    return " ".join(led.split()) == text


def _is_title(text: str) -> bool:
    """Whether a line may be a heading, if it is in bold type."""
    return 0 < len(text.split()) <= MAX_BOLD_HEADING_WORDS and text[-1] not in ".;,"


def _could_be_heading(text: str) -> bool:
    """Whether a text may be a heading: some councils number paragraphs with heading styles."""
    n_words = len(text.split())
    return n_words <= MAX_STYLED_HEADING_WORDS and not (
        n_words > 15 and text.endswith((".", ";", ","))
    )


def _number(element) -> int:
    value = element.get(qn("w:val"), "")
    return int(value) if value.isdecimal() else 0


def _begins(cell) -> bool:
    """Whether a cell starts here, rather than continuing one merged from above or the left."""
    for name in ("w:vMerge", "w:hMerge"):
        merge = cell.find(f"{qn('w:tcPr')}/{qn(name)}")
        if merge is not None and merge.get(qn("w:val"), "continue") == "continue":
            return False
    return True


def _text_of(container) -> str:
    """The text of all paragraphs in a cell or note, on one line."""
    texts = (_shown_text(paragraph) for paragraph in _shown_children(container, {qn("w:p")}))
    return " ".join(" ".join(texts).split())
