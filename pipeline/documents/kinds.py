"""The kind of a document, and the framework under which it was written."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence

from pipeline.base.columns import INSPECTORATE_TYPES
from pipeline.base.records import Block
from pipeline.documents.opening import letter_of, titles_of

# The wording of titles; the first that matches decides.
FRAMEWORKS = (
    (
        "SIF",
        r"help and protection,? (?:for )?(?:children looked after|looked[ -]after children),? "
        r"and (?:for )?care leavers",
    ),
    ("SIF", r"single inspection framework"),
    ("child protection 2012", r"arrangements for the protection of children"),
    # In 2013 the half on looked-after children came on its own, with the same grades (Medway).
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


# Two of these on the first pages rule out a council paper, whatever else is mentioned there.
REPORT_MARKS = (
    r"^\W*inspection dates?\W*(?:\d|$)",
    r"^\W*(?:lead|reporting) inspector\b",
    r"^\W*report published\b",
    r"^\W*judgement \| grade",
)
MULTILINE = re.IGNORECASE | re.MULTILINE


def find_document_type(blocks: Sequence[Block], furniture: Sequence[str]) -> str:
    """One of `columns.DOCUMENT_TYPES`, from the letter, the titles and the furniture."""
    titles = [*titles_of(blocks), *furniture[:20]]
    letter = letter_of(blocks)
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
    """The short name of the framework inspectors or peers worked under; '' for council papers."""
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
    letter = letter_of(blocks) if kind != "inspection" else []
    titles = [*titles_of(blocks), *furniture[:20], *letter]
    name = next((n for n, p in FRAMEWORKS for t in titles if re.search(p, t, re.I)), "")
    # SIF and earlier titles may also say `local authority children's services`.
    if name == "ILACS" and on is not None and on < ILACS_STARTED:
        return ""
    return name


def _first_type(types: Sequence[tuple[str, str]], texts: Sequence[str]) -> str:
    for name, pattern in types:
        if any(re.search(pattern, text, re.IGNORECASE) for text in texts):
            return name
    return ""
