"""Blocks → paragraphs, each with its headings, lead-in line and boilerplate mark."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby, zip_longest

from pipeline.base.pages import write_pages
from pipeline.base.records import SUBSTANTIVE_KINDS, Block, Paragraph
from pipeline.reading.marks import CLAUSE, GRADE, SENTENCE_END, is_address

HEADING_SEPARATOR = " > "
MAX_HEADING_CHARS = 160
GRADE_CELL = re.compile(rf"{GRADE}\b.*", re.I)
# Large type on a title page that is not a heading of what follows.
TITLE_PAGE_LINE = re.compile(
    r"and|.*\b(?:his|her) majesty.s inspector.*|lead inspector.*|(?:re-?)?inspection dates?\b.*"
    r"|(?:report )?published\b.*|key judge?ment.*|judge?ment.*grade.*|\d{1,2} \w+ (?:19|20)\d\d",
    re.I,
)
# A word that lists of names, posts, dates and grades do not have. It makes a line that begins like
# one a sentence ("Team managers: supervision is regular").
WORD_OF_SENTENCE = re.compile(
    r"(?<![\w’'-])(?!(?:and|from|until|the|for|not|applicable|designate|acting|additional|assistant"
    r"|associate|contracted|deputy|lead|quality|assurance|regional|regulatory|seconded|senior"
    r"|shadow|social|care|data|team|analysts?|inspectors?|managers?|inspection|dates?|report"
    r"|published|key|judge?ments?|grades?)\b)[a-z]{3,}"
)
# Sections on how inspections are done, who did this one and what the grades mean.
BOILERPLATE_SECTION = re.compile(
    r"(?:information )?about (?:this|the) inspection.*|the inspection team|inspection team"
    r"|what the inspection judge?ments mean.*|about (?:ofsted|us)"
    r"|how (?:this|the) inspection was (?:done|carried out).*|contact details"
    r"|legal basis.*",
    re.I,
)
# Sections in which publishers say whom to turn to. Councils report under the same headings how
# they deal with complaints, so here only what is worded as a notice is boilerplate.
NOTICE_SECTION = re.compile(r"raising concerns.*|complaints|further information", re.I)
NOTICE = re.compile(
    r"\bplease (?:call|contact|e-?mail|phone|read|refer|ring|see|send|telephone|visit|write)\b"
    r"|\bwww\.|https?://|\S@\S|\b0\d{2,4}\)? ?\d{3}"
    r"|\bcomplain(?:ts?)? to (?:us|ofsted)\b"
    r"|\b(?:complain|complaints?|concerns?|information|questions?) (?:about|on|regarding)"
    r" (?:ofsted|(?:this|the) (?:inspection|report|visit))\b",
    re.I,
)
# Phrases from publishers' notices, legal notes and accounts of method, anywhere in a document.
# Each is the shortest wording found only in such texts.
BOILERPLATE_PHRASE = re.compile(
    r"(?:©|\(c\)) ?crown copyright|open government licence|national archives, kew"
    r"|regulates and inspects to achieve excellence|if you would like a copy of this document"
    r"|(?:copy|format)[^.]{0,60}large print[^.]{0,60} please\b"
    r"|you may (?:re)?use this information|subscribe to our"
    r"|interested in our work|complaints? (?:about|regarding) (?:the|this|an) inspection"
    r"|ofsted produces this report under its power|full description of what the inspection judge"
    r"|(?:inspection|review)[^.]{0,120} (?:is|are|was|were) carried out under section \d+\w*"
    r" of the (?:education and inspections act 2006|children act 2004)\.?$"
    r"|this inspection took place from \d|the inspection was led by one of"
    r"|inspection team (?:consisted of|included)"
    r"|the (?:\w{1,8} )?inspectors were [^.]{0,120} majesty.s inspector"
    r"|^between \d[^.]{0,300} undertook a joint inspection of the multi-agency response"
    r"|residential special schools that look after children for"
    r"|given the opportunity to review this section|it is ofsted.s expectation that"
    r"|judge?ments? on areas of the service that contribute"
    r"|looked closely at the experiences of"
    r"|considered the quality of work and the differences? (?:that )?adults make"
    r"|read case files, watched how"
    r"|(?:tried|wanted) to understand what the local authority knows about how well"
    r"|this (?:report|document) and the authority"
    r"|^(?:\(?\w{1,2}[.)] )?to (?:receive apologies|confirm as a correct record)"
    r"|(?:^(?:\(?\w{1,2}[.)] )?to receive|there were no)"
    r" declarations? of (?:personal |prejudicial |pecuniary ){0,3}interests?"
    r"|^(?:\(?\w{1,2}[.)] )?declarations? of (?:personal )?interests?$"
    r"|respondent base for this question"
    r"|^[^,;]{0,80} is available (?:at|from):? ?(?:www|http)\S+$",
    re.I,
)
TEAM_LINE = re.compile(
    r"(?:lead|deputy lead|team|shadow|assistant|senior|quality assurance|regional|associate)?"
    r"[\w ]{0,20}\b(?:inspectors?|managers?|analysts?)\s*: .*"
    r"|.{0,60}(?:his|her) majesty.s inspector,?",
    re.I,
)
URL_LINE = re.compile(r"[^.]{0,60}(?:https?://|www\.)\S+\.?", re.I)
# Ofsted's list of what an authority should do. It ends with the next heading, of whatever size.
IMPROVEMENTS = re.compile(r"what needs to improve\W*", re.I)
LEAD_IN = re.compile(r"(?:[:–]|\bincluding|\bincludes)$")
MAX_SHORT_HEADING_WORDS = 10
QUESTION = re.compile(
    r"(?:\W|\d)*(?:what|how|who|whose|why|when|where|whether|which|if|is|are|do|does|has|have|can)\b",
    re.I,
)
MIN_CLAUSE_WORDS = 6


def assemble_paragraphs(blocks: Sequence[Block]) -> list[Paragraph]:
    """One paragraph for each block, in order; `position` counts from 0."""
    banners = _section_banners(blocks)
    headings: list[tuple[int, str]] = []
    outside = headings
    cell: tuple[str, ...] = ()
    lead_ins: list[tuple[int, str]] = []
    paragraphs = []
    findings = _unended_findings(blocks)
    blocks = [
        replace(block, kind="paragraph") if position in findings else _as_heading(block, after)
        for position, (block, after) in enumerate(zip_longest(blocks, blocks[1:]))
    ]
    for position, block in enumerate(blocks):
        # A heading in a cell of a table holds to the end of this cell.
        if block.above != cell:
            cell, lead_ins = block.above, []
            headings = [*outside, *_headings_of_cell(cell, outside)]
        if position in banners or (block.kind == "heading" and block.text not in block.above):
            headings = _push_heading(
                headings, block, level=3 if position in banners else block.level
            )
            lead_ins = []
        if not cell:
            outside = headings
        lead_ins = _close_lead_ins(lead_ins, block)
        paragraphs.append(_paragraph(block, position, headings, lead_ins))
        if LEAD_IN.search(block.text) and block.kind in ("paragraph", "list_item"):
            level = block.level if block.kind == "list_item" else 0
            lead_ins = [*lead_ins, (level, block.text)]
    return paragraphs


def _as_heading(block: Block, following: Block | None) -> Block:
    """The block with its kind corrected: a short line of body type before text is a heading.

    Reports of 2014-15 head groups of recommendations like this ("Leadership and governance").
    What has no letter says nothing on its own, like a cell of a table.
    """
    if block.kind in SUBSTANTIVE_KINDS and not any(map(str.isalpha, block.text)):
        return replace(block, kind="table")
    # "We will:" is said of the items below it, and of nothing after them.
    if (
        block.kind == "heading"
        and block.guessed
        and following is not None
        and following.kind == "list_item"
        and block.text.endswith(":")
        and CLAUSE.search(block.text)
    ):
        return replace(block, kind="paragraph")
    if (
        block.kind == "paragraph"
        and not block.marker
        and following is not None
        and following.kind in ("paragraph", "list_item")
        and (following.marker or len(following.text.split()) > 2 * MAX_SHORT_HEADING_WORDS)
        and len(block.text.split()) <= MAX_SHORT_HEADING_WORDS
        and block.text[:1].isupper()
        and not SENTENCE_END.search(block.text)
        and not re.search(r"[,;:@]|^Dear\b|^Yours\b", block.text)
        and not is_address(block.text)
    ):
        return replace(block, kind="heading", level=8)
    if block.kind == "paragraph" and is_address(block.text):
        return replace(block, kind="address")
    # "Contents" is in the largest type, but nothing after the list belongs to it.
    if block.kind == "heading" and block.text.lower() in ("contents", "table of contents"):
        return replace(block, kind="contents")
    return block


def _unended_findings(blocks: Sequence[Block]) -> set[int]:
    """Positions of headings that are findings: several clauses in a row, with nothing below them.

    Typed in Word, each in a paragraph of its own and without a full stop, they look like headings.
    What comes again is a list of contents.
    """
    times = Counter(block.text for block in blocks)
    found: set[int] = set()
    for is_clause, run in groupby(
        enumerate(blocks),
        key=lambda each: times[each[1].text] == 1 and _is_guessed_clause(each[1]),
    ):
        positions = [position for position, _ in run]
        bare = len(positions) - _has_text_below(blocks[positions[-1] + 1 :][:1])
        if is_clause and bare > 1:
            found.update(positions)
    return found


def _is_guessed_clause(block: Block) -> bool:
    return (
        block.kind == "heading"
        and block.guessed
        and len(block.text.split()) >= MIN_CLAUSE_WORDS
        and bool(CLAUSE.search(block.text))
        and not QUESTION.match(block.text)
        and not SENTENCE_END.search(block.text)
    )


def _has_text_below(following: Sequence[Block]) -> bool:
    return any(block.kind != "heading" for block in following)


def _section_banners(blocks: Sequence[Block]) -> set[int]:
    """Positions of table rows that open a section: the only "section | grade" row on a page."""
    rows = [
        (position, block.page)
        for position, block in enumerate(blocks)
        if block.kind == "table" and GRADE_CELL.fullmatch(block.text.rpartition(" | ")[2])
    ]
    per_page = Counter(page for _, page in rows)
    return {position for position, page in rows if per_page[page] == 1 and page > 1}


def _headings_of_cell(
    above: Sequence[str], outside: Sequence[tuple[int, str]]
) -> list[tuple[int, str]]:
    """The headings that a table gives to a cell, but for one that stands above the table, too."""
    texts = (text[:MAX_HEADING_CHARS] for text in above)
    last = outside[-1][1] if outside else ""
    return [
        (0, text) for text in texts if text != last and not _is_list_line(TITLE_PAGE_LINE, text)
    ]


def _push_heading(
    headings: list[tuple[int, str]], block: Block, level: int
) -> list[tuple[int, str]]:
    text = block.text.replace(" | ", ": ")
    if _is_list_line(TITLE_PAGE_LINE, text):
        return headings
    kept = [
        (above, words)
        for above, words in headings
        if above < level and not IMPROVEMENTS.fullmatch(words)
    ]
    return [*kept, (level, text[:MAX_HEADING_CHARS])]


def _close_lead_ins(lead_ins: list[tuple[int, str]], block: Block) -> list[tuple[int, str]]:
    if block.kind == "footnote":
        return lead_ins
    if block.kind != "list_item":
        return []
    return [(level, text) for level, text in lead_ins if level < block.level]


def _paragraph(
    block: Block, position: int, headings: list[tuple[int, str]], lead_ins: list[tuple[int, str]]
) -> Paragraph:
    # A bullet may stand at the end of a page, and all of its text on the next.
    page = max((number for place, number in block.turns if place == 0), default=block.page)
    turns = [(place, number) for place, number in block.turns if place > 0]
    above = [text for _, text in headings]
    if block.kind == "heading" and above and above[-1] == block.text[:MAX_HEADING_CHARS]:
        above = above[:-1]
    return Paragraph(
        position=position,
        page=page,
        pages=write_pages(page, turns),
        heading=HEADING_SEPARATOR.join(above),
        lead_in=lead_ins[-1][1] if lead_ins and block.kind == "list_item" else "",
        kind=block.kind,
        boilerplate=_is_boilerplate(block, above),
        text=block.text,
    )


def _is_boilerplate(block: Block, headings: list[str]) -> bool:
    if block.kind in ("contents", "address"):
        return True
    # Findings are numbered; accounts of how the inspection was done are not.
    if block.kind == "paragraph" and block.marker:
        return False
    return (
        bool(BOILERPLATE_PHRASE.search(block.text))
        or bool(URL_LINE.fullmatch(block.text))
        or any(_is_list_line(pattern, block.text) for pattern in (TEAM_LINE, TITLE_PAGE_LINE))
        or _is_boilerplate_section(
            [*headings, block.text] if block.kind == "heading" else headings
        )
        or _is_notice(block, headings)
    )


def _is_list_line(pattern: re.Pattern[str], text: str) -> bool:
    """Whether a line is one that `pattern` describes, and lists names or dates: is no sentence."""
    return bool(pattern.fullmatch(text)) and not WORD_OF_SENTENCE.search(text)


def _is_notice(block: Block, headings: list[str]) -> bool:
    inner = headings[-1] if headings else ""
    return bool(NOTICE_SECTION.fullmatch(inner) and NOTICE.search(block.text))


def _is_boilerplate_section(headings: list[str]) -> bool:
    """Whether the innermost heading opens a section of boilerplate.

    Outer headings do not count: Birmingham 2014 puts all its findings after "Information about
    this inspection", under headings of lower rank. The two halves of the section on what the
    grades mean are the exception: their own headings do not say what they are.
    """
    inner = headings[-1:]
    if inner and inner[0].lower() in ("the local authority", "the lscb"):
        inner = [heading for heading in headings[-2:-1] if " mean" in heading]
    return any(BOILERPLATE_SECTION.fullmatch(heading) for heading in inner)
