"""Pages → blocks: lines of print joined into whole paragraphs.

Lines of the same element of the PDF's structure tree are one paragraph, where the tree can be
trusted. Elsewhere lines with the same `marked_content` are, and where there is none either, gaps,
indents, markers, fonts and the ends of lines show the same. Then what the printed page did to the
text is undone: breaks of pages and columns, line-end hyphens, footnotes in between, list markers
in a column of their own, tables.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence, Set
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise
from statistics import median

from pipeline.base.hyphens import join_lines
from pipeline.base.records import Block, Element, Line, Page
from pipeline.paragraphs.chunks import ASIDES, MIN_PROSE_WORDS, Chunk
from pipeline.paragraphs.column_heads import head_columns
from pipeline.paragraphs.furniture import usual_size
from pipeline.paragraphs.join_breaks import begins_column, join_across_breaks
from pipeline.paragraphs.line_ends import LineEnd, ends_paragraph, is_full, line_ends
from pipeline.paragraphs.reading_order import by_column, in_reading_order, share_columns, top_down
from pipeline.paragraphs.ruled_tables import CellHeadings, cell_by_cell
from pipeline.paragraphs.trust_structure import trust_structure
from pipeline.reading.lines import MAX_HANGING
from pipeline.reading.marks import (
    BEFORE_NUMBER,
    BULLET,
    DASH,
    NUMBER,
    POSTCODE,
    SENTENCE_END,
    may_go_on,
)

# Letters set the date and whom they address below the address, without space between them.
SALUTATION = re.compile(r"Dear [A-Z][^.]{0,80}")
DATE = re.compile(r"(?:Date:?\s*)?\d{1,2}(?:st|nd|rd|th)? [A-Z][a-z]{2,8},? 20\d\d")
NOTE_MARKER = re.compile(r"\d{1,2}\s+[A-Z‘“]|\d{1,2}\s*$|[*†]\s")
# A contents entry ends in a page number after leader dots or a tab. (Of several tabs the last will
# do: the spaces after each are looked at once.)
CONTENTS_ENTRY = re.compile(r"\S.*(?:\.{4}\s*|(?:\. ){4}|\t[^\S\t]*)\d{1,3}")
MAX_CONTENTS_ENTRY = 300
# Extra space between paragraphs, beyond the usual line spacing, in font sizes. The tightest lists
# in the corpus have 0.45 extra; lines with a raised footnote marker have 0.15.
PARAGRAPH_GAP = 0.3
# Lines of one paragraph differ by less than this in type, in points, and are farther apart than
# lines of one row, in font sizes.
SAME_TYPE = 0.6
BELOW = 0.5
# Line spacings that differ by no more than this, in font sizes, are one: by rounding, or because a
# scan is askew. Less than the space between paragraphs (`PARAGRAPH_GAP`).
SAME_LEADING = 0.2

# No heading ends so. A pull quote in large type does, in quotation marks.
NO_HEADING_END = re.compile(r"[.;,][\"'”’)\]]*$")
# Headings in italics or capitals are short, but more than "T: 01632 960 733".
MAX_QUIET_HEADING_WORDS = 12
MIN_HEADING_LETTERS = 4
# The lines of a centred paragraph have their middles within so many points of each other, and each
# but the last has more words than most lines of a title page.
SAME_MIDDLE = 2.0
MIN_CENTRED_WORDS = 8
# The most words on a line of an address: a name, a post and a long body.
MAX_ADDRESS_LINE_WORDS = 20


def segment_pages(pages: Sequence[Page]) -> list[Block]:
    """The blocks of a paginated document in reading order, each whole across page breaks.

    The pages must have no furniture (see `strip_furniture`). Each footnote becomes a block of its
    own, after the paragraph it interrupted.
    """
    style = _read_style(pages)
    is_snug = partial(_is_snug, leading=style.leading)
    chunks: list[Chunk] = []
    described: set[str] = set()
    text_of = partial(_text_of, words=style.words)
    headings = CellHeadings(text_of)
    for page in pages:
        page = trust_structure(page, is_snug)
        lines = cell_by_cell(top_down(page.lines), by_column)
        grouped = in_reading_order(_chunk_lines(lines, page.number, style, is_snug))
        headed = head_columns(headings.head(list(_classify(grouped, style))), text_of)
        rows = _join_rows(headed)
        chunks.extend(_with_figures(rows, page, described))
    joined = join_across_breaks(chunks)
    blocks = [
        _block_of_chunk(chunk, style, depth)
        for chunk, depth in zip(joined, _list_depths(joined), strict=True)
    ]
    return [block for block in blocks if block.text]


@dataclass(frozen=True, slots=True)
class _Style:
    """The usual type and spacing of a document, against which a line is judged."""

    body_size: float
    leading: float
    heading_levels: dict[tuple[float, bool], int]
    words: Counter


def _read_style(pages: Sequence[Page]) -> _Style:
    distances: list[float] = []
    words: Counter = Counter()
    for page in pages:
        for line in page.lines:
            words.update(re.findall(r"[a-z]+(?:-[a-z]+)*", line.text.lower()))
        distances += [
            _distance(last, line)
            for last, line in pairwise(page.lines)
            if abs(line.font_size - last.font_size) < SAME_TYPE
        ]
    body = usual_size(pages)
    styles = {
        (line.font_size, line.bold)
        for page in pages
        for line in page.lines
        if _looks_like_heading(line, body)
    }
    ranked = sorted(styles, key=lambda style: (-style[0], not style[1]))
    return _Style(
        body_size=body,
        leading=_usual_leading([each for each in distances if each > BELOW]),
        heading_levels={style: level for level, style in enumerate(ranked, start=1)},
        words=words,
    )


def _usual_leading(distances: list[float]) -> float:
    """The middle one of the distances that most are near to; 1.2 if there are none.

    A count of rounded distances would split the lines of Arial, 1.15 apart, into 1.1 and 1.2.
    """
    if not distances:
        return 1.2
    distances = sorted(distances)
    ends = [bisect_right(distances, each + SAME_LEADING) for each in distances]
    start = max(range(len(ends)), key=lambda at: ends[at] - at)
    return median(distances[start : ends[start]])


def _looks_like_heading(line: Line, body_size: float) -> bool:
    return line.font_size > body_size + 0.9 or (line.bold and line.font_size > body_size - 0.6)


def _chunk_lines(
    lines: Sequence[Line], page: int, style: _Style, is_snug: Callable[[Line, Line], bool]
) -> list[Chunk]:
    ends = line_ends(lines, is_snug)
    short = _short_elements(lines)
    groups: list[list[Line]] = []
    edges: list[float] = []
    for index, (line, end) in enumerate(zip(lines, ends, strict=True)):
        if groups and _continues(groups[-1], line, ends[index - 1], style, short):
            groups[-1].append(line)
            edges[-1] = end.edge
        else:
            groups.append([line])
            edges.append(end.edge)
    return [Chunk(tuple(group), page, edge) for group, edge in zip(groups, edges, strict=True)]


def _continues(
    group: list[Line], line: Line, end: LineEnd, style: _Style, short: Set[int]
) -> bool:
    """Whether a line belongs to the group before it, whose last line ends as `end` says.

    `short` has the numbers of the elements that may be a line of an address.
    """
    last = group[-1]
    same_element = line.element and last.element and line.element.number == last.element.number
    if line.frame != last.frame and not same_element:
        return False
    if line.element and last.element:
        return _continues_element(group, line, end, style, short)
    if _parts_of_letter(group, line, end):
        return False
    if line.font_size < style.body_size - 0.9 and NOTE_MARKER.match(line.text):
        return False
    same_tag = line.marked_content is not None and line.marked_content == last.marked_content
    wrapped = _is_wrapped(group, line, end)
    if _begins_item(line, same_tag) and not wrapped:
        return False
    if same_tag:
        return True
    # Some reports (Kingston 2019, Luton 2020) tag every sentence: a new tag alone does not start a
    # paragraph; only a gap, an indent, a marker, a change of type or an early line end does.
    return (
        _is_snug(last, line, style.leading)
        and (wrapped or not NUMBER.match(line.text))
        and not ends_paragraph(last, end, line)
        and (_is_aligned(group, line, end) or _is_centred(group, line, end))
    )


def _is_centred(group: list[Line], line: Line, end: LineEnd) -> bool:
    """Whether a line goes on with centred prose: below the middle of the lines before it."""
    last = group[-1]
    middle = (line.x0 + line.x1) / 2
    if any(abs((each.x0 + each.x1) / 2 - middle) > SAME_MIDDLE for each in group):
        return False
    # What is left on the right is left on the left, too.
    full = is_full(last, end.edge + (end.edge - last.x1), line)
    # After a sentence an indent that happens to fit begins a paragraph, unless the lines before
    # it, but for the first, begin here and there.
    begins = [each.x0 for each in group[1:]] or [last.x0]
    uneven = max(begins) - min(begins) > SAME_MIDDLE
    goes_on = uneven or not SENTENCE_END.search(last.text)
    prose = line.text[:1].islower() or len(group) > 1 or _is_long(line)
    return full and goes_on and prose and _is_long(last)


def _is_long(line: Line) -> bool:
    return len(line.text.split()) >= MIN_CENTRED_WORDS


def _parts_of_letter(group: list[Line], line: Line, end: LineEnd) -> bool:
    """Whether a line is the date or the salutation of a letter, or the group before it is."""
    last = group[-1].text
    if (end.full and not POSTCODE.search(last)) or BEFORE_NUMBER.search(last):
        return False
    dated = len(group) == 1 and DATE.fullmatch(group[0].text)
    return bool(dated or SALUTATION.fullmatch(line.text) or DATE.fullmatch(line.text))


def _is_wrapped(group: list[Line], line: Line, end: LineEnd) -> bool:
    """Whether a line that begins like an item is the rest of the full line before it."""
    last = group[-1]
    # The longest line of all says nothing of itself: it may lead in to a list with dashes.
    sure = len(group) > 1 or end.edge > last.x1 or not DASH.match(line.text)
    return end.full and sure and may_go_on(group[0].text, last.text, line.text)


def _begins_item(line: Line, same_tag: bool) -> bool:
    """Whether a line begins with a bullet; a dash is none if its tag says the sentence goes on."""
    return bool(BULLET.match(line.text)) and not (same_tag and bool(DASH.match(line.text)))


def _continues_element(
    group: list[Line], line: Line, end: LineEnd, style: _Style, short: Set[int]
) -> bool:
    """As `_continues`, where the structure tree knows both lines."""
    last = group[-1]
    number = line.element.number if line.element else 0
    before = last.element.number if last.element else 0
    if _begins_item(line, number == before):
        return False
    if number == before:
        return True
    # Some trees cut a paragraph in the middle of a sentence (Bedford 2025, Enfield 2023), and
    # letters make a paragraph of each line of an address.
    prose = line.element is not None and line.element.role in ("paragraph", "cell")
    cut = (
        (prose or bool(BULLET.match(group[0].text)))
        and line.text[:1].islower()
        and not SENTENCE_END.search(last.text)
    )
    addressed = {before, number} <= short and not _parts_of_letter(group, line, end)
    return (
        (cut or addressed)
        and _is_snug(last, line, style.leading)
        and _is_aligned(group, line, end)
    )


def _short_elements(lines: Sequence[Line]) -> set[int]:
    """The numbers of the elements short enough for an address's line, a name with its post."""
    texts: dict[int, list[str]] = defaultdict(list)
    for line in lines:
        if line.element and line.element.role in ("paragraph", "cell"):
            texts[line.element.number].append(line.text)
    return {
        number
        for number, parts in texts.items()
        if len(parts) <= 2
        and len(" ".join(parts).split()) <= MAX_ADDRESS_LINE_WORDS
        and not SENTENCE_END.search(parts[-1])
        and not NUMBER.match(parts[0])
    }


def _is_snug(last: Line, line: Line, leading: float) -> bool:
    """Whether a line follows the last one in the same type, at the document's line spacing."""
    return (
        BELOW < _distance(last, line) < leading + PARAGRAPH_GAP
        and abs(line.font_size - last.font_size) < SAME_TYPE
        and _goes_on_in_weight(last, line)
    )


def _distance(last: Line, line: Line) -> float:
    """How far a line is below the last one, in font sizes."""
    return (line.bottom - last.bottom) / max(line.font_size, 1.0)


def _goes_on_in_weight(last: Line, line: Line) -> bool:
    """Whether two lines are both bold or both light, or their words on either side of the end are.

    Action plans begin a paragraph with a few words in bold, which may be most of its first line.
    """
    ends_bold = last.bold != last.ends_otherwise
    begins_bold = line.bold != line.begins_otherwise
    return line.bold == last.bold or ends_bold == begins_bold


def _is_aligned(group: list[Line], line: Line, end: LineEnd) -> bool:
    """Whether a line starts where the group's next line may: below its text, not its marker."""
    size = line.font_size
    indent = line.x0 - group[-1].x0
    if len(group) > 1:
        return abs(indent) < 0.6 * size
    first = group[0].text
    marked = bool(BULLET.match(first) or NUMBER.match(first))
    # The number may be in a cell of its own, which is wider.
    if marked and line.frame and group[-1].x0 < line.frame.left < line.x0:
        return True
    # A full line goes on below, whether its paragraph begins with an indent or hangs.
    hanging = MAX_HANGING if marked or end.full else 0.6
    return -(MAX_HANGING if end.full and not marked else 0.6) * size < indent < hanging * size


def _classify(chunks: list[Chunk], style: _Style) -> Iterable[Chunk]:
    beside = _side_by_side(chunks)
    for index, chunk in enumerate(chunks):
        last = chunks[index - 1] if index else None
        following = chunks[index + 1] if index + 1 < len(chunks) else None
        in_table = (
            index in beside
            and not _heads_column(last, chunk, following, style)
            and not (last and _goes_on_in_column(last, chunk))
        )
        yield replace(chunk, kind=_kind(chunk, style, in_table))


def _heads_column(
    last: Chunk | None, chunk: Chunk, following: Chunk | None, style: _Style
) -> bool:
    """Whether a chunk is set as a heading, and what was written next is text below it.

    Peer reviews head their columns "Strengths" and "Areas for consideration". A table's header is
    followed by the one beside it or by a cell.
    """
    first = chunk.lines[0]
    set_apart = bool(first.element and first.element.role == "heading") or all(
        _looks_like_heading(line, style.body_size) for line in chunk.lines
    )
    if not set_apart or following is None or (last and _overlap(last, chunk)):
        return False
    n_words = sum(len(line.text.split()) for line in following.lines)
    return (
        following.lines[0].top > chunk.lines[-1].top
        and share_columns(chunk, following)
        and (n_words >= MIN_PROSE_WORDS or bool(BULLET.match(following.lines[0].text)))
    )


def _goes_on_in_column(last: Chunk, chunk: Chunk) -> bool:
    """Whether a chunk on top of a column is the rest of the sentence at the foot of the last."""
    return (
        begins_column(last, chunk)
        and len(last.lines) > 1
        and chunk.lines[0].text[:1].islower()
        and not SENTENCE_END.search(last.lines[-1].text)
    )


def _kind(chunk: Chunk, style: _Style, in_table: bool) -> str:
    first = chunk.lines[0]
    role = first.element.role if first.element else ""
    text = " ".join(line.text for line in chunk.lines)
    n_words = len(text.split())
    in_table = in_table or role == "figure"
    if role in ("footnote", "contents"):
        return role
    # A dash on its own says that there is no figure.
    bulleted = BULLET.match(first.text) and not DASH.fullmatch(f"{text} ")
    if in_table and n_words < MIN_PROSE_WORDS and not bulleted:
        return "table"
    if first.font_size < style.body_size - 0.9 and NOTE_MARKER.match(text):
        return "footnote"
    entry = chunk.lines[-1].text
    if len(entry) < MAX_CONTENTS_ENTRY and CONTENTS_ENTRY.fullmatch(entry):
        return "contents"
    if BULLET.match(first.text):
        return "list_item"
    printed = all(_looks_like_heading(line, style.body_size) for line in chunk.lines)
    if (
        (printed or role == "heading" or _is_quiet_heading(chunk, role, n_words))
        and n_words < 40
        and not (NUMBER.match(text) and n_words > 15)
        and not NO_HEADING_END.search(text)
    ):
        return "heading"
    return "list_item" if role == "list_item" and not NUMBER.match(text) else "paragraph"


def _is_quiet_heading(chunk: Chunk, role: str, n_words: int) -> bool:
    """Whether a line in type of the body's size and weight is a heading: italics or capitals."""
    if role or n_words > MAX_QUIET_HEADING_WORDS:
        return False
    if sum(map(str.isalpha, "".join(line.text for line in chunk.lines))) < MIN_HEADING_LETTERS:
        return False
    return all(line.italic or line.text.isupper() for line in chunk.lines)


def _side_by_side(chunks: list[Chunk]) -> set[int]:
    """Positions of the chunks that have another beside them, as table cells do."""
    beside: set[int] = set()
    for i, left in enumerate(chunks):
        for j in range(i + 1, min(i + 6, len(chunks))):
            if _overlap(left, chunks[j]):
                beside |= {i, j}
    return beside


def _overlap(one: Chunk, other: Chunk) -> bool:
    top = max(one.lines[0].top, other.lines[0].top)
    bottom = min(one.lines[-1].bottom, other.lines[-1].bottom)
    return bottom - top > 0.4 * one.lines[0].font_size and not share_columns(one, other)


def _join_rows(chunks: Iterable[Chunk]) -> list[Chunk]:
    """The chunks, with table cells side by side joined into one chunk, a row."""
    rows: list[Chunk] = []
    for chunk in chunks:
        last = rows[-1] if rows else None
        if last and last.kind == chunk.kind == "table" and _overlap(last, chunk):
            rows[-1] = replace(last, cells=(*(last.cells or (last.lines,)), chunk.lines))
        else:
            rows.append(chunk)
    return rows


def _with_figures(chunks: list[Chunk], page: Page, described: set[str]) -> list[Chunk]:
    """The chunks of a page, with what its pictures show, each where the tree has it.

    `described` has what was said before: some papers have the same photograph on every page.
    """
    for figure in page.figures:
        if figure.text in described:
            continue
        described.add(figure.text)
        at = max(
            (
                index
                for index, chunk in enumerate(chunks, start=1)
                for line in chunk.lines
                if line.element and line.element.number < figure.number
            ),
            default=0 if any(line.element for line in page.lines) else len(chunks),
        )
        line = Line(figure.text, 0, 0, 0, 0, 0, False, element=Element(figure.number, "figure"))
        chunks = [*chunks[:at], Chunk((line,), page.number, 0, "figure"), *chunks[at:]]
    return chunks


def _list_depths(chunks: Sequence[Chunk]) -> list[int]:
    """For each chunk, how many list items it is nested in."""
    indents: list[float] = []
    nested = []
    for chunk in chunks:
        if chunk.kind == "list_item":
            first = chunk.lines[0]
            indents = [x for x in indents if x < first.x0 - 0.7 * first.font_size]
            nested.append(len(indents))
            indents.append(first.x0)
        else:
            nested.append(0)
            if chunk.kind not in ASIDES:
                indents = []
    return nested


def _block_of_chunk(chunk: Chunk, style: _Style, depth: int) -> Block:
    cells = chunk.cells or (chunk.all_lines,)
    joined = [join_lines([line.text for line in cell], style.words) for cell in cells]
    text = whole = " | ".join(text for text, _ in joined)
    first = chunk.lines[0]
    marker = ""
    level = 1
    if chunk.kind == "heading":
        level = style.heading_levels.get((first.font_size, first.bold), 9)
    elif chunk.kind != "table" and (match := BULLET.match(text)):
        marker, text = match.group().strip(), text[match.end() :]
        level = 1 + depth
    elif match := NUMBER.match(text):
        marker = match.group().strip()
        text = f"{marker} {text[match.end() :]}"
    begins, taken = joined[0][1], len(whole) - len(text)
    turns = tuple((begins[at] - taken, page) for at, page in chunk.turns)
    printed = tuple(line.letters for cell in cells for line in cell if line.letters)
    return Block(chunk.kind, text, chunk.page, level, marker, turns, printed, above=chunk.above)


def _text_of(lines: Sequence[Line], words: Counter) -> str:
    return join_lines([line.text for line in lines], words)[0]
