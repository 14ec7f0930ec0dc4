"""What a document says about itself: authority, kind, framework, dates and grades."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

import pandas as pd

from pipeline.authorities import AuthorityMatcher, build_matcher, find_authority
from pipeline.dates import (
    LONGEST_BLOCK,
    OPENING_BLOCKS,
    SHORT_BLOCK,
    find_inspection_dates,
    find_letter,
    find_publication_date,
)
from pipeline.grades import find_grades
from pipeline.records import INSPECTORATE_TYPES, Block

# The wording of a title, in the order in which it decides.
FRAMEWORKS = (
    (
        "SIF",
        r"help and protection,? (?:for )?(?:children looked after|looked[ -]after children),? "
        r"and (?:for )?care leavers",
    ),
    ("SIF", r"single inspection framework"),
    ("child protection 2012", r"arrangements for the protection of children"),
    # In 2013 the half on looked-after children came alone, with the same grades (Medway).
    ("SLAC", r"inspection of (?:services for )?(?:safeguarding and )?looked[ -]after children"),
    ("ILACS", r"\bilacs\b|inspecti(?:on|ng) of (?:\w+ )?children.s social care services"),
    ("ILACS", r"\blocal authority children.s services"),
)
ILACS_STARTED = dt.date(2018, 1, 1)

JTAI = r"joint targeted (?:area )?inspection|\bjtai\b"
LETTER_TYPES = (
    ("joint targeted inspection", JTAI),
    ("monitoring visit", r"monitoring visit"),
    ("focused visit", r"focuss?ed visit"),
    ("peer review", r"peer (?:review|challenge|diagnostic)|safeguarding review"),
)
TITLE_TYPES = (
    ("joint targeted inspection", rf"^(?:\W|(?:report|letter)\s+(?:of|on)\s+|the\s+)*(?:{JTAI})"),
    ("monitoring visit", r"^\W*(?:the )?(?:\w+ )?(?:ofsted )?monitoring visit (?:of|to|letter)"),
    ("focused visit", r"^\W*(?:ofsted )?(?:ilacs )?focuss?ed visit (?:of|to|letter)"),
)
PAPER_TYPES = (
    (
        "cabinet report",
        r"^\W*(?:report (?:to|for) (?:the )?)?(?:cabinet|executive (?:board|member|cabinet))\b"
        r"(?! office| secretary)|^\W*executive\W*$|\bcabinet\W+\d|"
        r"\bcabinet (?:meeting|report|paper)\b|\breport to (?:the )?cabinet\b|"
        r"^(?:portfolio holder|cabinet member)\b",
    ),
    (
        "scrutiny report",
        r"\bscrutiny (?:committee|panel|board|commission|report|review|inquiry|task)\b|"
        r"^\W*scrutiny\b|\btask (?:and finish )?group\b|\bselect committee\b",
    ),
)
SCRUTINY_SIGNED = re.compile(r"\bscrutiny (?:officer|manager|adviser|team|committee)\b", re.I)
INSPECTION_MARK = re.compile(
    r"^\W*(?:inspection dates?\b|(?:lead|reporting) inspector\b|report published\b|"
    r"(?:re-?)?inspection of\b|judgement \| grade|short inspection|.{0,60}\binspection report\b)",
    re.IGNORECASE,
)


# Two of these on the first pages: an inspection report, whatever else is mentioned there.
REPORT_MARKS = (
    r"^\W*inspection dates?\W*(?:\d|$)",
    r"^\W*(?:lead|reporting) inspector\b",
    r"^\W*report published\b",
    r"^\W*judgement \| grade",
)
MULTILINE = re.IGNORECASE | re.MULTILINE


@dataclass(frozen=True)
class Description:
    """What is known of a document; '' and None stand for what it does not establish."""

    authority: str = ""
    ons_code: str = ""
    region: str = ""
    document_type: str = "other"
    framework: str = ""
    published_on: dt.date | None = None
    inspected_from: dt.date | None = None
    inspected_to: dt.date | None = None
    overall_effectiveness: str = ""
    help_and_protection: str = ""
    children_in_care: str = ""
    adoption: str = ""
    care_leavers: str = ""
    leadership: str = ""
    lscb: str = ""


def describe_document(
    source_file: str,
    blocks: Sequence[Block],
    furniture: Sequence[str],
    authorities: pd.DataFrame,
    matcher: AuthorityMatcher | None = None,
) -> Description:
    """Blocks and running lines of one document → what it is, of whom, when, with which grades.

    Nothing is guessed: a field without evidence stays empty. The path (`source_file`) is asked
    only for an authority or a date that the text leaves open. Over many documents pass the
    `matcher` that `build_matcher(authorities)` gives: building it takes a tenth of a second.
    """
    matcher = matcher or build_matcher(authorities)
    blocks = [_tidy(block) for block in blocks if block.text.strip()]
    furniture = [_tidy_text(text) for text in furniture if text.strip()]
    row = find_authority(source_file, blocks, furniture, matcher)
    kind = find_document_type(blocks, furniture)
    inspected = find_inspection_dates(blocks, furniture) if kind in INSPECTORATE_TYPES else None
    visited_until = inspected[1] if inspected else None
    published = find_publication_date(source_file, blocks, furniture, kind, visited_until)
    framework = find_framework(kind, blocks, furniture, published or visited_until)
    grades = find_grades(blocks, framework) if kind == "inspection" else {}
    return Description(
        authority=row.get("name", ""),
        ons_code=row.get("ons_code", ""),
        region=row.get("region", ""),
        document_type=kind,
        framework=framework,
        published_on=published,
        inspected_from=inspected[0] if inspected else None,
        inspected_to=inspected[1] if inspected else None,
        **grades,
    )


def find_document_type(blocks: Sequence[Block], furniture: Sequence[str]) -> str:
    """One of `records.DOCUMENT_TYPES`, told by the letter, the title and the running lines."""
    titles = [*_titles(blocks), *furniture[:20]]
    letter = _letter(blocks)
    inspected = sum(bool(re.search(mark, "\n".join(titles), MULTILINE)) for mark in REPORT_MARKS)
    paper = _first_type(PAPER_TYPES, titles) if inspected < 2 else ""
    if kind := _first_type(TITLE_TYPES, titles):
        return paper or kind
    kind = _first_type(LETTER_TYPES, letter)
    if kind == "peer review" or (kind and not paper):
        return kind
    if any(INSPECTION_MARK.match(title) for title in titles) and not paper:
        return "inspection"
    if paper:
        return paper
    if any(re.search(r"\bpeer (?:review|challenge|diagnostic)\b", t, re.I) for t in titles):
        return "peer review"
    opening = [block.text for block in blocks[:12]]
    signed = [block.text for block in blocks[-8:] if SCRUTINY_SIGNED.search(block.text)]
    return "scrutiny report" if signed else _first_type(PAPER_TYPES[1:], opening) or "other"


def find_framework(
    kind: str, blocks: Sequence[Block], furniture: Sequence[str], on: dt.date | None
) -> str:
    """The short name of the framework an inspectorate or peers worked under; '' for papers."""
    if kind == "joint targeted inspection":
        return "JTAI"
    if kind == "peer review":
        text = " ".join(block.text for block in blocks)[:300_000]
        lga = r"\bLGA\b|\bLocal Government (?:Association|Group|Improvement)\b"
        return "LGA peer review" if re.search(lga, text) else ""
    if kind == "focused visit":
        return "ILACS"
    if kind not in INSPECTORATE_TYPES:
        return ""
    letter = _letter(blocks) if kind != "inspection" else []
    titles = [*_titles(blocks), *furniture[:20], *letter]
    name = next((n for n, p in FRAMEWORKS for t in titles if re.search(p, t, re.I)), "")
    # `local authority children's services` is also what SIF and earlier titles may say.
    if name == "ILACS" and on is not None and on < ILACS_STARTED:
        return ""
    return name


def _tidy(block: Block) -> Block:
    return Block(block.kind, _tidy_text(block.text), block.page, block.level, block.marker)


def _tidy_text(text: str) -> str:
    text = re.sub(r"[\x00-\x09\x0b-\x1f\x7f\u00ad\u200b-\u200f\ufeff]+|[*#]+", " ", text)
    return re.sub(r"[^\S\n]+", " ", text).strip()


def _titles(blocks: Sequence[Block]) -> list[str]:
    """Headings and other short lines of the opening, without lists and contents."""
    opening = islice((b for b in blocks if b.page <= blocks[0].page + 1), OPENING_BLOCKS)
    return [
        block.text
        for number, block in enumerate(opening)
        if block.kind == "heading"
        or (number < 16 and len(block.text) < SHORT_BLOCK and block.kind in ("paragraph", "table"))
    ]


def _letter(blocks: Sequence[Block]) -> list[str]:
    dear = find_letter(blocks)
    if dear is None:
        return []
    return [block.text[:LONGEST_BLOCK] for block in blocks[dear : dear + 5]]


def _first_type(types: Sequence[tuple[str, str]], texts: Sequence[str]) -> str:
    for name, pattern in types:
        if any(re.search(pattern, text, re.IGNORECASE) for text in texts):
            return name
    return ""
