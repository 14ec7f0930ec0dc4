"""Text without layout → blocks.

Plain text and Markdown have only line breaks, so headings, numbered paragraphs, list items,
tables and footnotes are recognised by their wording.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise, zip_longest

from pipeline.base.hyphens import join_wrapped
from pipeline.base.records import Block
from pipeline.reading.framed import Cell, TableHeadings, is_framed_prose
from pipeline.reading.marks import (
    BULLET,
    CLAUSE,
    NUMBER,
    SENTENCE_END,
    is_address,
    may_go_on,
)
from pipeline.reading.text_pages import pages_of_text

MARKDOWN_HEADING = re.compile(r"(#{1,6})\s++(.*)")
# "1. Background", "6 Actions after 3 months", "2.0 Findings": a number, then a title without a
# full stop.
NUMBERED_HEADING = re.compile(r"(?:\d{1,2}(?:\.0)?\.?|[A-Z]\.)\s+([A-Z“‘\"'].{1,90})")
# "Recommendation 3", "Appendix B", "Table 4: …" name what follows them.
NAMED_HEADING = re.compile(
    r"(?:Recommendation|Appendix|Annex|Section|Part|Table|Figure)\s+\w{1,4}\b.*"
)
# "R1 - That thresholds are reviewed" says what it recommends.
RECOMMENDED = re.compile(r"R(?:ec(?:ommendation)?)?\s?\d{1,2}\b[^\w“‘]+[“‘]?(?:That|To)\b")
FOOTNOTE = re.compile(r"(?:[⁰¹²³⁴-⁹]+|\[\^\w+\]:)\s*(?=\S)")
FOOTNOTE_MARKER = re.compile(r"[⁰¹²³⁴-⁹]+|\[\^\w+\]")
TABLE_LINE = re.compile(r"\|.*\||[^\t]*\t[^\t]*\t.*")
# What numbers a recommendation or a risk: "R1".
LABEL = re.compile(r"[A-Z]{1,3}\d{1,3}[.:)]?")
# A title, then a tab, leader dots or three spaces, and a page number. Before it there may be a
# number and a tab.
CONTENTS_LINE = re.compile(
    r"(?:\s*+[\w.]++\t|(?:[^\S\t]*+\t)*+)\d*+[^\d\t][^\t]*(?:\t\s*+|\.{4}\s*|\s{3})\d{1,3}"
)
# The paragraphs of a cell in Markdown.
CELL_BREAK = re.compile(r"<br ?/?>", re.I)
RULE = re.compile(r"[-_=*\s|:]*")
# The numbers of a section and of its first paragraph: "2." and "2.1", "2.0" and "2.1".
SECTION_NUMBER = re.compile(r"(\d{1,2})(?:\.0)?\.?\s")
FIRST_IN_SECTION = re.compile(r"(\d{1,2})\.1\.?\s")
# What is typed under a title, about as long as it is.
UNDERLINE = re.compile(r"=={2,}|--{2,}")
UNDERLINE_MARGIN = 3
# If the longest line has one of these lengths, the file was wrapped at a fixed width.
WRAP_WIDTH = range(55, 110)
# Columns are narrower, and a row of a table may be longer than the text. So the lines that a
# sentence goes on after, in lower case, also show a width, if so many of them end where the next
# word would not have fitted.
SHOWN_WIDTH = range(38, 141)
MIN_SHOWN = 4
MOSTLY = 0.9
# The least share of the full lines of a wrapped file that a sentence goes on after in lower case.
# Recommendations with a line each may have such lengths, too, and a title on two lines above them.
MIN_CUT = 0.2
# Longer lines than this share of the width are not wrapped.
TOO_LONG = 1.1
# Except one that is little more than an address, which cannot be broken.
WEB_ADDRESS = re.compile(r"(?:https?://|www\.)\S++")
# The least share of that width which a line takes whose text goes on in the next.
FULL = 0.75
MAX_LINE_HEADING_WORDS = 14
# A longer line is a whole file without line ends, or hostile: patterns that look for an ending
# would take hours on it. The longest paragraph in the corpus has 2,500 characters.
MAX_LINE = 10_000
MAX_ENTRY = 300
MIN_CONTENTS_ENTRIES = 3
MIN_FINDINGS = 2


def read_text(text: str) -> list[Block]:
    """The blocks of a text without layout, in reading order; form feeds start new pages."""
    blocks: list[Block] = []
    for number, page in enumerate(pages_of_text(text), start=1):
        lines = _unwrap([part for line in page for part in _cut(line)])
        for stanza in _stanzas(lines):
            blocks.extend(replace(block, page=number) for block in _read_stanza(stanza))
    return _rejoin([block for block in blocks if block.text])


def strip_markup(text: str) -> str:
    """The words of a line of Markdown, without emphasis, links, HTML tags or footnote markers.

    >>> strip_markup("the **19<sup>th</sup>** [report](#), as *said*²")
    'the 19th report, as said'
    """
    text = re.sub(r"!?\[([^\[\]]*+)\]\((?:[^()\s]|\([^()\s]*+\))*+\)", r"\1", text)
    text = re.sub(r"<(https?://[^<>\s]++)>", r"\1", text)
    text = re.sub(r"</?[A-Za-z][^<>]{0,200}>", "", text)
    text = re.sub(r"(\*\*|__)(?=\S)((?:(?!\1).)++)(?<=\S)\1", r"\2", text)
    text = re.sub(r"(?<![\w*])\*(?=\S)([^*]++)(?<=\S)\*(?!\*)", r"\1", text)
    text = FOOTNOTE_MARKER.sub("", text)
    return re.sub(r"\s+", " ", text).strip()


def join_broken_lines(text: str) -> str:
    """The text with line breaks kept only between paragraphs or typed list items.

    For formats that mark paragraphs: a line break inside one is layout, unless it is doubled or
    each line is a finding.
    """
    lines = [" ".join(line.split()) for line in text.strip().split("\n")]
    if _are_findings(lines):
        return "\n".join(lines)
    joined = lines[0]
    for last, line in pairwise(lines):
        starts = not last or not line or BULLET.match(line) or NUMBER.match(line)
        joined += ("\n" if starts else " ") + line
    return joined


def _are_findings(lines: Sequence[str]) -> bool:
    """Whether lines are findings without a full stop, and not a title on several lines."""
    apart = all(line[:1].isupper() and not SENTENCE_END.search(line[-20:]) for line in lines)
    return apart and sum(bool(CLAUSE.search(line)) for line in lines) >= MIN_FINDINGS


def _cut(line: str) -> list[str]:
    """The line in pieces of at most `MAX_LINE` characters, cut at sentence ends if possible."""
    pieces = []
    while len(line) > MAX_LINE:
        at = line.rfind(". ", 0, MAX_LINE) + 1 or line.rfind(" ", 0, MAX_LINE) + 1 or MAX_LINE
        pieces += [line[:at], ""]
        line = line[at:]
    return [*pieces, line]


def _unwrap(lines: Sequence[str]) -> list[str]:
    """The lines, joined again where the file was wrapped at a width or an item goes on."""
    width = _shown_width(lines) or _longest_width(lines)
    whole: list[list[str]] = []
    for line in lines:
        if whole and (
            _hangs(whole[-1], line) or (width and _is_wrapped(whole[-1], line.strip(), width))
        ):
            whole[-1].append(line.strip())
        else:
            whole.append([line])
    return [join_wrapped(parts) for parts in whole]


def _shown_width(lines: Sequence[str]) -> int:
    """The width at which sentences are cut, if most lines are; otherwise 0."""
    cut = [
        (len(last), len(last) + 1 + len(line.split()[0]))
        for last, line in pairwise(lines)
        if len(last) >= FULL * SHOWN_WIDTH[0] and _is_cut(last, line)
    ]
    if len(cut) < MIN_SHOWN:
        return 0
    width = sorted(length for length, _ in cut)[int(MOSTLY * (len(cut) - 1))]
    too_long = sum(len(line) > TOO_LONG * width and not _is_web_address(line) for line in lines)
    full = sum(FULL * width <= len(line) <= TOO_LONG * width for line in lines)
    shown = sum(needed > width for _, needed in cut) >= MOSTLY * len(cut)
    return width if width in SHOWN_WIDTH and shown and full >= MOSTLY * (full + too_long) else 0


def _longest_width(lines: Sequence[str]) -> int:
    """The length of the longest line, if it may be a width at which sentences are cut; else 0."""
    lengths = [len(line) for line in lines if len(line) > 40 and not _is_web_address(line)]
    width = max(lengths, default=0)
    if len(lengths) < 5 or width not in WRAP_WIDTH:
        return 0
    cut = [
        _is_cut(last, line)
        for last, line in pairwise(lines)
        if len(last) >= FULL * width
        and line.strip()
        and not _begins_item(line.strip())
        and not _is_web_address(last)
    ]
    return width if any(cut) and sum(cut) >= MIN_CUT * len(cut) else 0


def _is_cut(last: str, line: str) -> bool:
    """Whether a sentence goes on in the next line, in lower case."""
    return (
        line.strip()[:1].islower()
        and not SENTENCE_END.search(last.rstrip()[-20:])
        and not _is_web_address(last)
    )


def _begins_item(line: str) -> bool:
    return bool(BULLET.match(line) or NUMBER.match(line))


def _is_web_address(line: str) -> bool:
    """Whether most of a line is an address on the web."""
    return any(2 * len(found) > len(line) for found in WEB_ADDRESS.findall(line))


def _is_wrapped(before: Sequence[str], line: str, width: int) -> bool:
    """Whether a line goes on with those before it, in a file wrapped at a width."""
    last = before[-1].strip()
    if not line or not last or len(before[-1]) < FULL * width:
        return False
    if len(before[-1]) > TOO_LONG * width and not _is_web_address(last):
        return False
    if _begins_item(line):
        needed = len(before[-1]) + 1 + len(line.split()[0])
        return needed > width and may_go_on(before[0].strip(), last, line)
    # Addresses one below the other are a list of links.
    return not (_is_web_address(last) and _is_web_address(line))


def _hangs(before: Sequence[str], line: str) -> bool:
    """Whether a line goes on with a numbered item, right below its text and in lower case."""
    first, text = before[0], line.strip()
    mark = NUMBER.match(first.lstrip())
    return (
        mark is not None
        and text[:1].islower()
        and len(line) - len(line.lstrip()) == len(first) - len(first.lstrip()) + mark.end()
        and not NUMBER.match(text)
        and not BULLET.match(text)
        and not SENTENCE_END.search(before[-1].rstrip()[-20:])
    )


def _stanzas(lines: Sequence[str]) -> Iterator[list[str]]:
    stanza: list[str] = []
    for line in [*lines, ""]:
        if line.strip():
            stanza.append(line)
        elif stanza:
            yield stanza
            stanza = []


def _read_stanza(lines: list[str]) -> Iterator[Block]:
    if is_address(lines[0]) if len(lines) == 1 else _is_address_block(lines):
        yield Block("address", strip_markup(", ".join(line.strip() for line in lines)), 1)
        return
    alone = len(lines) == 1
    short = (line for line in lines if len(line) < MAX_ENTRY)
    entries = {line for line in short if CONTENTS_LINE.fullmatch(line)}
    listed = sum(line in entries for line in lines) >= MIN_CONTENTS_ENTRIES
    for line, after in zip_longest(lines, lines[1:], fillvalue=""):
        if listed and line in entries:
            yield Block("contents", strip_markup(line), 1)
        elif _is_underlined(line.strip(), after.strip()):
            level = 1 if after.strip()[0] == "=" else 2
            yield Block("heading", strip_markup(line), 1, level=level)
        else:
            yield from _read_line(line, alone or _heads_numbers(line.strip(), after.strip()))


def _heads_numbers(line: str, after: str) -> bool:
    """Whether a line is numbered as the section that the next line is the first paragraph of.

    Papers copied out of Word have no blank lines.
    """
    number, first = SECTION_NUMBER.match(line), FIRST_IN_SECTION.match(after)
    return bool(number and first and number[1] == first[1])


def could_be_title(line: str) -> bool:
    """Whether a line that stands out from the text below it may be its title."""
    n_words = len(line.split())
    return 0 < n_words <= MAX_LINE_HEADING_WORDS and not line.endswith((".", ";", ","))


def _is_underlined(line: str, after: str) -> bool:
    """Whether a line is a title above a row of signs as long as it is."""
    return (
        bool(UNDERLINE.fullmatch(after))
        and abs(len(line) - len(after)) <= UNDERLINE_MARGIN
        and could_be_title(line)
        and any(map(str.isalpha, line))
        and not TABLE_LINE.fullmatch(line)
        and not line.startswith("#")
    )


def _is_address_block(lines: list[str]) -> bool:
    """Whether the lines are an address: all short, with a postcode or contact details."""
    short = all(len(line.split()) <= 8 and not SENTENCE_END.search(line) for line in lines)
    return short and is_address(" ".join(lines))


def _read_line(line: str, alone: bool) -> Iterator[Block]:
    stripped = _with_one_tab(line.strip())
    if RULE.fullmatch(stripped):
        return
    if match := MARKDOWN_HEADING.fullmatch(stripped):
        title = strip_markup(match.group(2).rstrip("#"))
        yield Block("heading", title, 1, level=len(match.group(1)))
    elif FOOTNOTE.match(stripped):
        yield Block("footnote", strip_markup(FOOTNOTE.sub("", stripped)), 1)
    elif TABLE_LINE.fullmatch(stripped) and not _is_tabbed_prose(stripped):
        yield from _read_table_line(stripped)
    else:
        yield _read_item(line, alone)


def _with_one_tab(line: str) -> str:
    """The line with one tab after its marker: Word's minutes have several, and are no tables."""
    marker, _, text = line.partition("\t")
    marker, text = marker.rstrip(), text.lstrip()
    marks = any(pattern.fullmatch(f"{marker}\t") for pattern in (BULLET, NUMBER))
    if not (marks or LABEL.fullmatch(marker)) or "\t" in text:
        return line
    return f"{marker}\t{text}" if any(map(str.isalpha, text)) else line


def _is_tabbed_prose(line: str) -> bool:
    """Whether the tabs of a line are inside a sentence, as in a pasted justified line."""
    parts = filter(None, map(str.strip, line.split("\t")))
    return bool(SENTENCE_END.search(line[-20:])) and any(
        after[:1].islower() and not SENTENCE_END.search(before[-20:])
        for before, after in pairwise(parts)
    )


def _read_table_line(line: str) -> Iterator[Block]:
    cells = [cell.strip() for cell in re.split(r"[|\t]", line.strip("|"))]
    bare = (re.sub(r"<[^<>]*+>", " ", cell).strip() for cell in cells)
    items = [[part.strip() for part in re.split(r"[•▪■]\s+", cell)] for cell in bare]
    if not any(len(parts) > 1 for parts in items):
        if line.startswith("|") and (framed := _read_framed(cells)):
            yield from framed
            return
        yield Block("table", " | ".join(strip_markup(cell) for cell in cells if cell), 1)
        return
    # A cell full of bullets is a list; the cell before it says what the list is about.
    for parts in items:
        if parts[0]:
            yield Block("heading", strip_markup(parts[0]), 1, level=5)
        for part in filter(None, parts[1:]):
            yield Block("list_item", strip_markup(part), 1, marker="•")


def _read_framed(cells: Sequence[str]) -> list[Block]:
    """The blocks of a row of a Markdown table that frames prose; none if it does not."""
    parts = [list(filter(None, map(strip_markup, CELL_BREAK.split(cell)))) for cell in cells]
    texts = [" ".join(each) for each in parts]
    n_cells = sum(map(bool, texts))
    if not any(map(is_framed_prose, texts, map(len, parts), [n_cells] * len(texts))):
        return []
    blocks: list[Block] = []
    placed = TableHeadings().place_cells(
        [
            Cell(text, not BULLET.match(text), len(each) == 1)
            for text, each in zip(texts, parts, strict=True)
        ]
    )
    for text, each, (kind, above) in zip(texts, parts, placed, strict=True):
        if kind:
            blocks.append(Block(kind, text, 1, level=5, above=above))
        else:
            blocks.extend(replace(_read_item(part, alone=False), above=above) for part in each)
    return blocks


def _read_item(line: str, alone: bool) -> Block:
    level = 2 if line[:1].isspace() and BULLET.match(line.strip()) else 1
    marker = ""
    text = line.strip()
    match = BULLET.match(text)
    if match and (not text.startswith("*") or match.group().endswith(" ")):
        marker, text = match.group().strip(), text[match.end() :]
    bulleted = bool(marker)
    text = strip_markup(text)
    if not bulleted and alone and _is_heading(text):
        return Block("heading", text, 1, level=_heading_level(text), guessed=True)
    if match := NUMBER.match(text):
        marker = match.group().strip()
        text = f"{marker} {text[match.end() :]}"
        kind = "list_item" if re.match(r"\(?[a-z]", marker) else "paragraph"
        return Block(kind, text, 1, level, marker)
    return Block("list_item" if bulleted else "paragraph", text, 1, level, marker)


def _is_heading(text: str) -> bool:
    words = text.split()
    if len(words) > MAX_LINE_HEADING_WORDS or not words:
        return False
    if RECOMMENDED.match(text):
        return False
    if NUMBERED_HEADING.fullmatch(text) or NAMED_HEADING.fullmatch(text):
        return not text.endswith((".", ";", ","))
    if NUMBER.match(text) or not text[0].isupper() or text.startswith(("http", "www")):
        return False
    return not SENTENCE_END.search(text) or (text.endswith((":", "?")) and len(words) <= 6)


def _heading_level(text: str) -> int:
    if text.isupper():
        return 1
    return 2 if NUMBERED_HEADING.fullmatch(text) else 3


def _rejoin(blocks: list[Block]) -> list[Block]:
    """The blocks, with sentences that a page end or a footnote interrupts joined again.

    Only text that goes on in lower case is joined: a capital after a broken line is as often a
    heading or a name.
    """
    whole: list[Block] = []
    more: dict[int, list[str]] = {}
    open_at: int | None = None
    for block in blocks:
        if open_at is not None and block.kind == "paragraph":
            before = whole[open_at]
            ending = more[open_at][-1] if open_at in more else before.text
            if _goes_on(before, ending, block):
                more.setdefault(open_at, []).append(block.text)
                continue
        # A heading stays open too: if lower case follows, it was only a short line.
        if block.kind in ("paragraph", "list_item", "heading"):
            open_at = len(whole)
        elif block.kind != "footnote":
            open_at = None
        whole.append(block)
    for at, texts in more.items():
        kind = "paragraph" if whole[at].kind == "heading" else whole[at].kind
        whole[at] = replace(whole[at], kind=kind, text=" ".join([whole[at].text, *texts]))
    return whole


def _goes_on(before: Block, ending: str, block: Block) -> bool:
    """Whether `block` continues `before`; `ending` is the last text already joined to it."""
    goes_on = block.text[:1].islower() or (
        ending.endswith(",") and block.text.startswith(("“", '"', "‘"))
    )
    return (
        goes_on
        and not block.marker
        and not block.above
        and not block.text.startswith(("http", "www"))
        and not SENTENCE_END.search(ending[-20:])
        and (bool(BULLET.match(before.marker)) or len(before.text[:200].split()) > 4)
    )
