"""What a document says about itself: authority, kind, framework, dates and grades."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import PurePosixPath

import pandas as pd

from pipeline.authorities import AuthorityMatcher, build_matcher, find_authority
from pipeline.records import Block

DOCUMENT_TYPES = (
    "inspection",
    "focused visit",
    "monitoring visit",
    "joint targeted inspection",
    "peer review",
    "scrutiny report",
    "cabinet report",
    "other",
)
# Written by inspectors: their visit has dates, and the file name the day of publication.
INSPECTORATE_TYPES = DOCUMENT_TYPES[:4]

OPENING_BLOCKS = 40
SHORT_BLOCK = 200
LONGEST_MEETING_LINE = 100
LONGEST_BLOCK = 2_000
LONGEST_TABLE = 1_000
TOP_BLOCKS = 25
# A safeguarding inspection lasts up to five weeks; a span beyond this is a misreading.
LONGEST_INSPECTION = dt.timedelta(days=120)
# Two SIF reports were put on the site up to a week after the day printed in them (West
# Berkshire 13/18 May 2015, Hull 3/10 February 2015); the file name has the true day.
LATEST_PUBLICATION = dt.timedelta(days=31)

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|"
    r"sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\b\.?"
)
WEEKDAY = r"(?:mon|tues|wednes|thurs|fri|satur|sun)day"
DAY = re.compile(
    rf"(?:{WEEKDAY},?\s+)?(?:the\s+)?\b(?P<day>[0-3]?\d)(?:st|nd|rd|th)?(?![\d.:/%])"
    rf"(?:\s*(?:of\s+)?(?P<month>{MONTH}))?(?:,?\s*(?P<year>20\d\d)\b)?",
    re.IGNORECASE,
)
NUMERIC_DATE = re.compile(r"\b(\d{1,2})[/.](\d{1,2})[/.](20\d\d)\b")
ISO_DATE = re.compile(r"(?<!\d)(20\d\d)-(\d\d)-(\d\d)(?!\d)")
MONTH_ALONE = re.compile(rf"\W*{MONTH}\s+20\d\d\W*", re.IGNORECASE)
BETWEEN_DAYS = re.compile(r"\s*(?:to|and|until|till|through|[-\u2010-\u2015\u2212,&])*\s*", re.I)

INSPECTION_DATES = re.compile(
    r"(?:inspections?|re-?inspection|visit|fieldwork|on-?site)\s+dates?(?:\s+of\s+\w+)?\b\s*:?|"
    r"\bdates?\s+of\s+(?:the\s+)?(?:\w+\s+)?(?:inspection|visit)\b\s*:?|"
    r"^\s*inspected\s+(?:on|between|from)\b\s*:?",
    re.IGNORECASE,
)
VISIT_SENTENCE = re.compile(
    r"\b(?:visit|visited|inspection|inspected|welcome|took place|carried out|undertook)\b", re.I
)
EARLIER_VISIT = re.compile(
    r"\b(?:last|previous(?:ly)?|earlier|since|following|after|judged|published|first monitoring "
    r"visit (?:was|took)|next)\b",
    re.IGNORECASE,
)
PUBLISHED = re.compile(
    r"(?:\bpublished(?:\s+on)?\s*:|^\W*(?:this\s+)?(?:(?:report|letter|first|date)\s+)?"
    r"(?:was\s+)?published(?:\s+on)?\b|\b(?:publication date|date of publication|date published)"
    r"\b\s*:?|^\W*date(?:\s+of\s+(?:report|letter|meeting))?\s*[:|])",
    re.IGNORECASE,
)
MEETING = re.compile(r"\b(?:cabinet|committee|board|panel|meeting|executive|council)\b", re.I)

GRADE = r"(?:outstanding|good|adequate|requires?\s+improvement(?:\s+to\s+be\s+good)?|inadequate)"
GRADE_AT_END = re.compile(
    rf"^(?P<label>.{{3,150}}?)\s*[\s|:\u2010-\u2015-]\s*(?:grade\s+[1-4]\W*)?\(?(?P<grade>{GRADE})\)?"
    r"(?:\s*[|,:(]?\s*\(?grade\s+[1-4]\)?)?\W*$",
    re.IGNORECASE,
)
OVERALL_SENTENCES = (
    re.compile(
        rf"\b(?:the\s+)?overall\s+(?:judgement|judgment|effectiveness)(?:\s+of\s+[^.]{{1,120}}?)?"
        rf"\s+is\s*:?\s+(?:that\s+)?(?:[^.]{{1,120}}?\s(?:are|is)\s+)?(?:judged\s+to\s+be\s+)?"
        rf"(?P<grade>{GRADE})\b",
        re.IGNORECASE,
    ),
    re.compile(
        rf"\boverall\s+(?:judgement|judgment)\s+is\s+that\s+[^.]{{1,120}}?(?P<grade>{GRADE})\b",
        re.IGNORECASE,
    ),
    re.compile(
        r"^\W*(?:children[\u2019']s\s+(?:social\s+care\s+)?services|services\s+for\s+children)\s+(?:in|for)\s+"
        rf"[^.]{{2,90}}?\s+(?:(?:are|is)\s+(?:judged\s+to\s+be\s+)?)?(?P<grade>{GRADE})"
        r"(?=\W*$|\.|\s+because|,)",
        re.IGNORECASE,
    ),
)
LSCB_SENTENCE = re.compile(
    r"^\W*(?:the\s+)?(?:judgement\s+(?:for|of|on)\s+)?(?:the\s+)?(?:effectiveness\s+of\s+)?"
    r"(?:the\s+)?(?:[\w ,&'\u2019-]{0,70}safeguarding\s+children\s+board(?:\s+\(\w+\))?|LSCB)\s*"
    rf"(?:is|are|:|\|)?\s*(?:judged\s+to\s+be\s+)?(?P<grade>{GRADE})(?=\W*$|\W*\s+because|\.)",
    re.IGNORECASE,
)

# Where a row's label says what was judged; the first pattern that fits counts.
JUDGED = (
    ("overall_effectiveness", r"^(?:\W|\d)*overall(?: effectiveness| judge?ment)\b"),
    ("lscb", r"safeguarding children board|\blscb\b"),
    ("adoption", r"^(?:\W|\d)*adoption\b|adoption performance"),
    ("leadership", r"\bleadership\b|impact of leaders|^(?:\W|\d)*leaders\b"),
    ("children_in_care", r"children in care|children looked after and achieving|^2\.?\W+.*looked"),
    ("care_leavers", r"\bcare leavers\b"),
    ("help_and_protection", r"\bhelp and protection\b|\bneed help\b"),
)

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
    """One of `DOCUMENT_TYPES`, told by the letter, the title and the running lines."""
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


def find_inspection_dates(
    blocks: Sequence[Block], furniture: Sequence[str]
) -> tuple[dt.date, dt.date] | None:
    """First and last day of the inspection or visit; the label before prose before a footer."""
    opening = list(islice(blocks, OPENING_BLOCKS))
    for read in (_labelled_range, _range_in_visit_sentence):
        if span := read(opening):
            return span
    for text in furniture:
        days = _days(text)
        if len(days) > 1 and not re.sub(r"\W|\d|to|and|th|st|nd|rd", "", _without_days(text)):
            return _checked(days)
    return None


def find_publication_date(
    source_file: str,
    blocks: Sequence[Block],
    furniture: Sequence[str],
    kind: str,
    visited_until: dt.date | None = None,
) -> dt.date | None:
    """The day printed in the document; a slightly later one in an inspection's file name wins.

    No report is out before the visit is over: a footer may have its first day (Nottingham 2022).
    """
    dates = (_printed_date(blocks, furniture), _date_in_name(source_file))
    printed, named = (
        None if found and visited_until and found < visited_until else found for found in dates
    )
    if printed is None or named is None:
        return printed or named
    later = dt.timedelta(0) <= named - printed <= LATEST_PUBLICATION
    return named if later and kind in INSPECTORATE_TYPES else printed


def find_grades(blocks: Sequence[Block], framework: str) -> dict[str, str]:
    """Judgement → grade, as an inspection report states them about itself."""
    grades: dict[str, set[str]] = {}
    for key, grade in _rows(blocks):
        if framework == "SLAC" or key not in grades:
            grades.setdefault(key, set()).add(grade)
    # A SLAC report judges two services with rows of the same name: apart, they are no one grade.
    found = {key: values.pop() for key, values in grades.items() if len(values) == 1}
    if "overall_effectiveness" not in grades:
        found["overall_effectiveness"] = _overall_in_prose(blocks)
    if "lscb" not in found and framework in ("SIF", ""):
        found["lscb"] = _first_grade((LSCB_SENTENCE,), blocks)
    return {key: grade for key, grade in found.items() if grade}


def parse_grade(text: str) -> str:
    """`Requires improvement to be good` → `requires improvement`, `Inadequate Grade 4` → …"""
    match = re.match(rf"\W*({GRADE})\b", text, re.IGNORECASE)
    if not match:
        return ""
    grade = " ".join(match.group(1).lower().split())
    return "requires improvement" if grade.startswith("require") else grade


# --- text -----------------------------------------------------------------------------------


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


def _dear(blocks: Sequence[Block]) -> int | None:
    """Where a letter begins; enclosures may stand in front of it (Torbay 2012)."""
    return next((n for n, b in enumerate(blocks[:250]) if re.match(r"\W*Dear\s+\S", b.text)), None)


def _letter(blocks: Sequence[Block]) -> list[str]:
    dear = _dear(blocks)
    if dear is None:
        return []
    return [block.text[:LONGEST_BLOCK] for block in blocks[dear : dear + 5]]


def _first_type(types: Sequence[tuple[str, str]], texts: Sequence[str]) -> str:
    for name, pattern in types:
        if any(re.search(pattern, text, re.IGNORECASE) for text in texts):
            return name
    return ""


# --- dates ----------------------------------------------------------------------------------


def _days(text: str) -> list[dt.date]:
    """The first chain of days in a text: `18 November to 4 December 2014` → two dates.

    Missing months and years are those of the day that follows; a month later than that of the
    following day belongs to the year before.
    """
    chain: list[re.Match[str]] = []
    for match in DAY.finditer(text):
        between = text[chain[-1].end() : match.start()] if chain else ""
        if chain and not _goes_on(chain, between):
            if _has_month_and_year(chain):
                break
            chain = []
        chain.append(match)
    return _resolve(chain) if _has_month_and_year(chain) else []


def _goes_on(chain: Sequence[re.Match[str]], between: str) -> bool:
    """Whether another day belongs to the chain; a return visit does not (Derbyshire 2019)."""
    whole = len(chain) > 1 and chain[0]["month"] and _has_month_and_year(chain)
    return bool(BETWEEN_DAYS.fullmatch(between)) and not (whole and "and" in between)


def _has_month_and_year(chain: Sequence[re.Match[str]]) -> bool:
    return bool(chain and chain[-1]["month"] and chain[-1]["year"])


def _resolve(chain: Sequence[re.Match[str]]) -> list[dt.date]:
    month, year = 0, 0
    days: list[dt.date] = []
    for match in reversed(chain):
        before = month
        month = MONTHS.index(match["month"][:3].lower()) + 1 if match["month"] else month
        year = int(match["year"]) if match["year"] else year - (before > 0 and month > before)
        if (day := _date(year, month, int(match["day"]))) is None:
            return []
        days.insert(0, day)
    return days


def _date(year: int, month: int, day: int) -> dt.date | None:
    try:
        return dt.date(year, month, day)
    except ValueError:
        return None


def _one_date(text: str) -> dt.date | None:
    """The first full date in a text, in words, in figures (day first) or as ISO."""
    if days := _days(text):
        return days[0]
    if match := ISO_DATE.search(text):
        return _date(*(int(part) for part in match.groups()))
    if match := NUMERIC_DATE.search(text):
        return _date(*(int(part) for part in reversed(match.groups())))
    return None


def _without_days(text: str) -> str:
    return DAY.sub("", text)


def _checked(days: Sequence[dt.date]) -> tuple[dt.date, dt.date] | None:
    if not days or not dt.timedelta(0) <= days[-1] - days[0] <= LONGEST_INSPECTION:
        return None
    return days[0], days[-1]


def _labelled_range(opening: Sequence[Block]) -> tuple[dt.date, dt.date] | None:
    """`Inspection dates: …`, where the dates may have become a block of their own."""
    for number, block in enumerate(opening):
        match = INSPECTION_DATES.search(block.text[:SHORT_BLOCK])
        if not match or block.kind == "contents":
            continue
        rest = block.text[match.end() : match.end() + SHORT_BLOCK]
        if not re.search(r"\d", rest) and number + 1 < len(opening):
            rest = opening[number + 1].text[:SHORT_BLOCK]
        if span := _checked(_days(re.split(r"(?i)\bpublished\b|report", rest)[0])):
            return span
    return None


def _range_in_visit_sentence(opening: Sequence[Block]) -> tuple[dt.date, dt.date] | None:
    """`… of the monitoring visit to Eastmere on 5 and 6 July 2022`, in the letter's beginning."""
    start = _dear(opening) or 0
    for block in opening[start : start + 12]:
        for sentence in re.split(r"(?<=[a-z0-9)])\.\s+(?=[A-Z])", block.text[:LONGEST_BLOCK]):
            head = DAY.split(sentence, maxsplit=1)[0]
            told = VISIT_SENTENCE.search(sentence) and not EARLIER_VISIT.search(head)
            if told and (span := _checked(_days(sentence))):
                return span
    return None


def _printed_date(blocks: Sequence[Block], furniture: Sequence[str]) -> dt.date | None:
    """`Published: …` anywhere in the opening, else the date of the letter or the meeting."""
    opening = list(islice((b for b in blocks if b.kind != "contents"), OPENING_BLOCKS))
    texts = [block.text[:LONGEST_BLOCK] for block in opening]
    # A report dated `September 2013` has no day; dates after that line are of other things.
    month = next((n for n, text in enumerate(texts) if MONTH_ALONE.fullmatch(text)), len(texts))
    for reader, end in ((_after_published, len(texts)), (_alone, month), (_of_meeting, month)):
        for found in _read_dates(reader, texts[:end], furniture):
            return found
    return None


def _read_dates(
    reader: Callable[[Sequence[str], int], dt.date | None],
    texts: Sequence[str],
    furniture: Sequence[str],
) -> Iterator[dt.date]:
    for source in (texts, furniture):
        for number in range(len(source)):
            if found := reader(source, number):
                yield found


def _after_published(texts: Sequence[str], number: int) -> dt.date | None:
    match = PUBLISHED.search(texts[number][:400])
    if not match:
        return None
    rest = texts[number][match.end() : match.end() + 60]
    if not re.search(r"\d", rest):
        rest = texts[number + 1][:60] if number + 1 < len(texts) else ""
    return _one_date(rest) if re.match(r"\D{0,25}\d", rest) else None


def _alone(texts: Sequence[str], number: int) -> dt.date | None:
    """A line that is only a date, or a letter's first line that begins with one."""
    text = texts[number]
    if number and INSPECTION_DATES.search(texts[number - 1][-60:]):
        return None
    day = _days(text[:60])
    words = re.sub(r"(?i)\b(?:st|nd|rd|th|at|am|pm|date)\b|\W|\d", "", _without_days(text))
    if len(day) == 1 and not words:
        return day[0]
    match = DAY.match(text) if number < 8 and len(day) == 1 else None
    if match and match["year"]:
        return day[0] if re.match(r"\s+[A-Z]", text[match.end() :]) else None
    numeric = NUMERIC_DATE.fullmatch(text) or ISO_DATE.fullmatch(text)
    return _one_date(text) if numeric else None


def _of_meeting(texts: Sequence[str], number: int) -> dt.date | None:
    """`Report to Cabinet, 14 November 2017`: a line with the meeting and its day, no sentence."""
    text = texts[number]
    if len(text) > LONGEST_MEETING_LINE or text.endswith((".", ":")) or not MEETING.search(text):
        return None
    days = _days(text)
    return days[0] if len(days) == 1 and not EARLIER_VISIT.search(text) else None


def _date_in_name(source_file: str) -> dt.date | None:
    name = PurePosixPath(source_file.replace("\\", "/")).name
    stem = re.sub(r"\.\w{2,5}$", "", name)
    if match := ISO_DATE.search(stem):
        return _date(*(int(part) for part in match.groups()))
    days = _days(re.sub(r"[-_.,]+", " ", stem))
    return days[-1] if days else None


# --- grades ---------------------------------------------------------------------------------


def _rows(blocks: Sequence[Block]) -> Iterator[tuple[str, str]]:
    """(judgement, grade) from table rows, and from other lines that end in a grade."""
    for number, block in enumerate(blocks):
        if not _may_state_grades(block, number):
            continue
        for line in block.text.split("\n"):
            match = GRADE_AT_END.match(line) if len(line) < SHORT_BLOCK else None
            if match:
                yield from _judged(match["label"], parse_grade(match["grade"]))


def _may_state_grades(block: Block, number: int) -> bool:
    """Rows and headings anywhere; other lines on top only.

    Further down, a list gives the grades of the inspection before (Lambeth 2018, page 6).
    """
    if len(block.text) > LONGEST_TABLE:
        return False
    if block.kind in ("table", "heading"):
        return True
    return number < TOP_BLOCKS and block.kind in ("paragraph", "list_item")


def _judged(label: str, grade: str) -> Iterator[tuple[str, str]]:
    """The judgement a label names; `children in care and care leavers` is that on care."""
    if re.search(r"\b(?:last|previous|was|were|likely|should)\b", label, re.IGNORECASE):
        return
    for key, pattern in JUDGED:
        if re.search(pattern, label, re.IGNORECASE):
            yield key, grade
            return


def _overall_in_prose(blocks: Sequence[Block]) -> str:
    first = blocks[0].page if blocks else 0
    return _first_grade(OVERALL_SENTENCES, [b for b in blocks[:120] if b.page <= first + 5])


def _first_grade(patterns: Sequence[re.Pattern[str]], blocks: Sequence[Block]) -> str:
    """The grade in the first block, headings first, that one of the patterns fits."""
    readable = [block for block in blocks if block.kind not in ("contents", "footnote", "table")]
    for block in sorted(readable, key=lambda block: block.kind != "heading"):
        for pattern in patterns:
            if match := pattern.search(block.text[:400]):
                return parse_grade(match["grade"])
    return ""
