"""The grades that an inspection report gives in its tables, headings and opening sentences."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Sequence

from pipeline.base.columns import NO_LONGER_GIVEN
from pipeline.base.records import Block
from pipeline.documents.opening import SHORT_BLOCK
from pipeline.reading.marks import GRADE

# From here on inspections under ILACS give grades for each judgement, and none for them together:
# those of March 2026 still had one, those of 27 April had none.
NO_OVERALL_SINCE = dt.date(2026, 4, 1)
# So many graded judgements show that the grades were read, and that the overall one is not there.
ENOUGH_JUDGEMENTS = 3

LONGEST_TABLE = 1_000
TOP_BLOCKS = 25

# A grade that is denied: "are not yet good", "is not judged to be good or outstanding".
DENIED_GRADE = re.compile(
    r"(?P<denial>(?:\bnot|\bnever|\bno\s+longer|n['\u2019]t)"
    r"(?:\s+(?:yet|always|judged|considered|to|be|been|\w{1,20}ly)){0,4})"
    rf"\s+{GRADE}\b(?:\s+n?or\s+{GRADE}\b){{0,3}}",
    re.IGNORECASE,
)
GRADE_AT_END = re.compile(
    rf"^(?P<label>.{{3,150}}?)(?:\s*+[|:\u2010-\u2015-]\s*+|\s++)(?:grade\s+[1-4]\W*)?\(?"
    rf"(?P<grade>{GRADE})\)?(?:\s*+[|,:(]?\s*+\(?grade\s+[1-4]\)?)?\W*$",
    re.IGNORECASE,
)
# `Requires improvement to` goes on in the next line.
GRADE_ALONE = re.compile(
    rf"(?P<grade>{GRADE})(?:\s+to(?:\s+be)?)?(?:\W*grade\s+[1-4])?\W*", re.IGNORECASE
)
# A label is wrapped over a few lines, of which those after the first begin with a small letter.
MOST_LABEL_LINES = 3
OVERALL_SENTENCES = (
    re.compile(
        rf"\b(?:the\s+)?overall\s+(?:judgement|judgment|effectiveness)(?:\s+of\s++[^.]{{1,120}}?)?"
        rf"\s++is(?:\s*+:)?\s++(?:that\s++)?(?:[^.]{{1,120}}?\s(?:are|is)\s++)?"
        rf"(?:judged\s+to\s+be\s+)?"
        rf"(?P<grade>{GRADE})\b",
        re.IGNORECASE,
    ),
    re.compile(
        rf"\boverall\s+(?:judgement|judgment)\s+is\s+that\s++[^.]{{1,120}}?(?P<grade>{GRADE})\b",
        re.IGNORECASE,
    ),
    re.compile(
        r"^\W*(?:children[\u2019']s\s+(?:social\s+care\s+)?services|services\s+for\s+children)\s+(?:in|for)\s++"
        rf"[^.]{{2,90}}?\s++(?:(?:are|is)\s+(?:judged\s+to\s+be\s+)?)?(?P<grade>{GRADE})"
        r"(?=\W*$|\.|\s+because|,)",
        re.IGNORECASE,
    ),
)
LSCB_SENTENCE = re.compile(
    r"^\W*(?:the\s+)?(?:judgement\s+(?:for|of|on)\s+)?(?:the\s+)?(?:effectiveness\s+of\s+)?"
    r"(?:the\s+)?(?:[\w ,&'\u2019-]{0,70}safeguarding\s+children\s+board(?:\s+\(\w+\))?|LSCB)\s*+"
    rf"(?:is|are|:|\|)?\s*+(?:judged\s+to\s+be\s+)?(?P<grade>{GRADE})(?=\W*$|\W*\s+because|\.)",
    re.IGNORECASE,
)

# What a row's label says was judged; the first pattern that matches counts.
SUB_JUDGEMENT_LABELS = (
    (
        "overall_effectiveness",
        re.compile(r"^(?:\W|\d)*overall(?: effectiveness| judge?ment)\b", re.I),
    ),
    ("lscb", re.compile(r"safeguarding children board|\blscb\b", re.I)),
    ("adoption", re.compile(r"^(?:\W|\d)*adoption\b|adoption performance", re.I)),
    ("leadership", re.compile(r"\bleadership\b|impact of leaders|^(?:\W|\d)*leaders\b", re.I)),
    (
        "children_in_care",
        re.compile(r"children in care|children looked after and achieving|^2\.?\W.*looked", re.I),
    ),
    ("care_leavers", re.compile(r"\bcare leavers\b", re.I)),
    ("help_and_protection", re.compile(r"\bhelp and protection\b|\bneed help\b", re.I)),
)


def find_grades(
    blocks: Sequence[Block], framework: str, inspected: dt.date | None = None
) -> dict[str, str]:
    """Judgement → grade, as an inspection report gives them for its own inspection.

    The overall one of an inspection that began (`inspected`) when ILACS gave none any more is
    `NO_LONGER_GIVEN`.
    """
    grades: dict[str, set[str]] = {}
    for key, grade in _rows(blocks):
        if framework == "SLAC" or key not in grades:
            grades.setdefault(key, set()).add(grade)
    # A SLAC report judges two services in rows of the same name: if they differ, neither counts.
    found = {key: values.pop() for key, values in grades.items() if len(values) == 1}
    if "overall_effectiveness" not in grades:
        late = framework == "ILACS" and inspected is not None and inspected >= NO_OVERALL_SINCE
        gone = late and len(found) >= ENOUGH_JUDGEMENTS
        # Prose may still mention the overall grade of the inspection before.
        found["overall_effectiveness"] = NO_LONGER_GIVEN if gone else _overall_in_prose(blocks)
    if "lscb" not in found and framework in ("SIF", ""):
        found["lscb"] = _first_grade((LSCB_SENTENCE,), blocks)
    return {key: grade for key, grade in found.items() if grade}


def parse_grade(text: str) -> str:
    """The grade that a text begins with: `Inadequate Grade 4` → `inadequate`; '' if none."""
    match = re.match(rf"\W*({GRADE})\b", text, re.IGNORECASE)
    if not match:
        return ""
    grade = " ".join(match.group(1).lower().split())
    return "requires improvement" if grade.startswith("require") else grade


def _rows(blocks: Sequence[Block]) -> Iterator[tuple[str, str]]:
    """(judgement, grade) from table rows, from other lines that end in a grade, and from pairs.

    In a pasted table, the grade stands on a line of its own below what was judged.
    """
    above: list[str] = []
    for number, block in enumerate(blocks):
        lines = block.text.split("\n") if _may_state_grades(block, number) else [""]
        for line in lines:
            if len(line) >= SHORT_BLOCK:
                above = []
            elif match := GRADE_ALONE.fullmatch(line.strip()):
                yield from _judged(_label_of(above), parse_grade(match["grade"]))
                above = []
            elif match := GRADE_AT_END.match(_without_denied_grades(line)):
                yield from _judged(match["label"], parse_grade(match["grade"]))
                above = []
            else:
                above = [*above, line.strip()][-MOST_LABEL_LINES:]


def _label_of(lines: Sequence[str]) -> str:
    """The label that ends with the last of these lines; '' if that ends a sentence."""
    if not lines or lines[-1].endswith((".", ":", ";", "?")):
        return ""
    starts = (n for n in range(len(lines) - 1, -1, -1) if not lines[n][:1].islower())
    return " ".join(lines[next(starts, 0) :])


def _without_denied_grades(text: str) -> str:
    return DENIED_GRADE.sub(r"\g<denial>", text)


def _may_state_grades(block: Block, number: int) -> bool:
    """Whether a block may state grades: rows and headings anywhere, other lines near the top.

    Further down, a list may give the grades of the previous inspection (Lambeth 2018, page 6).
    """
    if len(block.text) > LONGEST_TABLE:
        return False
    if block.kind in ("table", "heading"):
        return True
    return number < TOP_BLOCKS and block.kind in ("paragraph", "list_item")


def _judged(label: str, grade: str) -> Iterator[tuple[str, str]]:
    """(judgement, grade) for a label; `children in care and care leavers` is the one on care."""
    if re.search(r"\b(?:last|previous|was|were|likely|should)\b", label, re.IGNORECASE):
        return
    for key, pattern in SUB_JUDGEMENT_LABELS:
        if pattern.search(label):
            yield key, grade
            return


def _overall_in_prose(blocks: Sequence[Block]) -> str:
    first = blocks[0].page if blocks else 0
    return _first_grade(OVERALL_SENTENCES, [b for b in blocks[:120] if b.page <= first + 5])


def _first_grade(patterns: Sequence[re.Pattern[str]], blocks: Sequence[Block]) -> str:
    """The grade in the first block that matches a pattern; headings come first."""
    readable = [block for block in blocks if block.kind not in ("contents", "footnote", "table")]
    for block in sorted(readable, key=lambda block: block.kind != "heading"):
        for pattern in patterns:
            if match := pattern.search(_without_denied_grades(block.text[:400])):
                return parse_grade(match["grade"])
    return ""
