"""When an inspection took place and when its report came out, as the document says."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import PurePosixPath

from pipeline.base.columns import INSPECTORATE_TYPES
from pipeline.base.records import Block
from pipeline.documents.opening import MAX_BLOCK_READ, OPENING_BLOCKS, SHORT_BLOCK, find_letter

LONGEST_MEETING_LINE = 100
LONGEST_MINUTES_LINE = 300
# A month alone is a date of publication only among the first blocks.
TOP_BLOCKS = 12
# A safeguarding inspection lasts up to five weeks; a longer span than this is a misreading.
LONGEST_INSPECTION = dt.timedelta(days=120)
# Two SIF reports were published up to a week after the date printed in them (West Berkshire
# 13/18 May 2015, Hull 3/10 February 2015); the file name has the true date.
LATEST_PUBLICATION = dt.timedelta(days=31)

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|"
    r"sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\b\.?"
)
WEEKDAY = r"(?:mon|tues|wednes|thurs|fri|satur|sun)day"
DAY = re.compile(
    rf"(?:{WEEKDAY},?\s+)?(?:the\s+)?\b(?<!\d[.:])(?P<day>[0-3]?\d)(?:st|nd|rd|th)?(?![\d.:/%])"
    rf"(?:\s*(?:of\s+)?(?P<month>{MONTH}))?(?:,?\s*(?P<year>20\d\d)\b)?",
    re.IGNORECASE,
)
NUMERIC_DATE = re.compile(
    r"\b(?P<day>\d{1,2})(?P<mark>[/.-])(?P<month>\d{1,2})(?P=mark)"
    r"(?P<year>20\d\d|(?<=[/.])[0-3]\d)\b"
)
ISO_DATE = re.compile(r"(?<!\d)(20\d\d)-(\d\d)-(\d\d)(?!\d)")
# In file names; `20202021` are two years.
NAMED_DATE = re.compile(r"(?<!\d)(20\d\d)([-._]?)(0\d|1[0-2])\2([0-3]\d)(?!\d)")
MONTH_ALONE = re.compile(rf"\W*(?P<month>{MONTH}),?\s+(?P<year>20\d\d)\W*", re.IGNORECASE)
# What may come before a month on its line: `Feedback report, June 2019`.
BEFORE_MONTH = re.compile(
    r"^\W*(?:(?:(?:final|feedback|overview) )*(?:report|letter)|HM Inspectorate of Probation)"
    r"\W+(?=[a-z])",
    re.IGNORECASE,
)
BETWEEN_DAYS = re.compile(
    r"\s*+(?:to|and|until|till|through|[-\u2010-\u2015\u2212,&])*+\s*+", re.I
)

# A day without a month needs one of these before the next: `room 2, 14 March` is one day.
LINKED = re.compile(r"\b(?:to|and|until|till|through)\b|[-\u2010-\u2015\u2212&]", re.I)

INSPECTION_DATES = re.compile(
    r"(?:inspections?|re-?inspection|visit|fieldwork|on-?site)\s+dates?(?:\s+of\s+\w+)?\b\s*:?|"
    r"\bdates?\s+of\s+(?:the\s+)?(?:\w+\s+)?(?:inspection|visit)\b\s*:?|"
    r"^\s*inspected\s+(?:on|between|from)\b\s*:?",
    re.IGNORECASE,
)
VISIT_SENTENCE = re.compile(
    r"\b(?:(?:re-?)?visit(?:ed)?|inspection|inspected|welcome|took place|carried out|undertook)\b",
    re.IGNORECASE,
)
# `Further to my letter of 3 July 2023` is not about that day.
LETTER_DATE = re.compile(
    rf"\b(?:letter|e-?mail|report)s?,? (?:of|dated|from)\s+{DAY.pattern}", re.IGNORECASE
)
EARLIER_VISIT = re.compile(
    r"\b(?:last|previous(?:ly)?|earlier|since|following(?! (?:the|an?|our|this|my) "
    r"(?:(?:recent|ofsted|ilacs|monitoring|focuss?ed|assurance) ){0,3}visit\b)|after|judged|"
    r"published|first monitoring visit (?:was|took)|next)\b",
    re.IGNORECASE,
)
PUBLISHED = re.compile(
    r"(?:\bpublished(?:\s+on)?\s*:|^\W*(?:this\s+)?(?:(?:report|letter|first|date)\s+)?"
    r"(?:was\s+)?published(?:\s+on)?\b|\b(?:publication date|date of publication|date published)"
    r"\b\s*:?|^\W*(?:report |letter )?issued(?: on\b|\s*:)|^\W*version\s+\d[\d.]{0,4}\s*[:,|]|"
    r"^\W*(?:date(?:\s+of\s+(?:report|letter|meeting))?|held(?=\s*:))\s*[:|])",
    re.IGNORECASE,
)
MINUTES = re.compile(
    r"^\W*(?:minutes\s+of|(?:at\s+)?an?)\b(?=.{0,150}\bmeeting\b)"
    r"(?=.{0,200}\bheld\b)(?!.*\b(?:is|are|was|were|be|been)\b)",
    re.IGNORECASE | re.DOTALL,
)
TO_BE_HELD = re.compile(
    r"^\W*report\b.{0,200}\bto (?:the|a) meeting of\b.{0,100}\bto be held on\b", re.IGNORECASE
)
MEETING = re.compile(r"\b(?:cabinet|committee|board|panel|meeting|executive|council)\b", re.I)


def find_inspection_dates(
    blocks: Sequence[Block], furniture: Sequence[str]
) -> tuple[dt.date, dt.date] | None:
    """First and last day of the inspection or visit, from a label, then prose, then a footer."""
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
    """The date printed in the document, or a slightly later one in an inspection's file name.

    Dates before the end of the visit are ignored: a footer may have its first day (Nottingham
    2022). If nothing is printed, the date in the file name counts.
    """
    dates = (_printed_date(blocks, furniture), _date_in_name(source_file))
    printed, named = (
        None if found and visited_until and found < visited_until else found for found in dates
    )
    if printed is None or named is None:
        return printed or named
    later = dt.timedelta(0) <= named - printed <= LATEST_PUBLICATION
    return named if later and kind in INSPECTORATE_TYPES else printed


def find_publication_month(blocks: Sequence[Block]) -> dt.date | None:
    """The first day of the month in which a document says it came out, where it prints no day.

    The month stands on a line of its own near the top, or after a word such as `Published`.
    """
    opening = [b for b in islice(blocks, TOP_BLOCKS) if b.kind != "contents"]
    for block in opening:
        text = block.text[:SHORT_BLOCK]
        label = PUBLISHED.search(text) or BEFORE_MONTH.match(text)
        match = MONTH_ALONE.fullmatch(text[label.end() :] if label else text)
        if match:
            return _date(int(match["year"]), MONTHS.index(match["month"][:3].lower()) + 1, 1)
    return None


def _days(text: str) -> list[dt.date]:
    """The first chain of days in a text: `18 November to 4 December 2014` → two dates.

    Missing months and years are those of the next day; a month later than that of the next day
    belongs to the year before.
    """
    chain: list[re.Match[str]] = []
    for match in DAY.finditer(text):
        between = text[chain[-1].end() : match.start()] if chain else ""
        if chain and not _goes_on(chain, between):
            if _has_month_and_year(chain):
                break
            chain = []
        chain.append(match)
    return _resolve(_linked(text, chain)) if _has_month_and_year(chain) else []


def _linked(text: str, chain: Sequence[re.Match[str]]) -> Sequence[re.Match[str]]:
    """The end of a chain, from the last number that is no day: `19, 20 and 21 June` has none."""
    listed = False
    for number in range(len(chain) - 1, 0, -1):
        between = text[chain[number - 1].end() : chain[number].start()]
        if chain[number - 1]["month"]:
            listed = False
        elif LINKED.search(between):
            listed = True
        elif not (listed and "," in between):
            return chain[number:]
    return chain


def _goes_on(chain: Sequence[re.Match[str]], between: str) -> bool:
    """Whether the next day belongs to the chain; a return visit does not (Derbyshire 2019)."""
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
        return _numeric_day(match)
    return None


def _numeric_day(match: re.Match[str]) -> dt.date | None:
    year = int(match["year"])
    return _date(year if year > 99 else 2000 + year, int(match["month"]), int(match["day"]))


def _without_days(text: str) -> str:
    return DAY.sub("", text)


def _checked(days: Sequence[dt.date]) -> tuple[dt.date, dt.date] | None:
    if not days or not dt.timedelta(0) <= days[-1] - days[0] <= LONGEST_INSPECTION:
        return None
    return days[0], days[-1]


def _labelled_range(opening: Sequence[Block]) -> tuple[dt.date, dt.date] | None:
    """`Inspection dates: …`, where the dates may be in a block of their own."""
    for number, block in enumerate(opening):
        match = INSPECTION_DATES.search(block.text[:SHORT_BLOCK])
        if not match or block.kind == "contents":
            continue
        rest = block.text[match.end() : match.end() + SHORT_BLOCK]
        if not re.search(r"\d", rest) and number + 1 < len(opening):
            rest = opening[number + 1].text[:SHORT_BLOCK]
        rest = re.split(r"(?i)\bpublished\b|report", rest)[0]
        if span := _checked(_days(rest) or _numeric_days(rest)):
            return span
    return None


def _numeric_days(text: str) -> list[dt.date]:
    """All dates in figures, day first: `1/06/2015 – 25/06/2015` (Stoke-on-Trent 2015)."""
    found = map(_numeric_day, NUMERIC_DATE.finditer(text))
    return [day for day in found if day]


def _range_in_visit_sentence(opening: Sequence[Block]) -> tuple[dt.date, dt.date] | None:
    """`… of the monitoring visit to Eastmere on 5 and 6 July 2022`, early in the letter."""
    start = find_letter(opening) or 0
    for block in opening[start : start + 12]:
        for sentence in re.split(r"(?<=[a-z0-9)])\.\s+(?=[A-Z])", block.text[:MAX_BLOCK_READ]):
            if span := _visit_in(LETTER_DATE.sub("", sentence)):
                return span
    return None


def _visit_in(sentence: str) -> tuple[dt.date, dt.date] | None:
    """The days of the visit that a sentence tells of: those it begins with, or those after it."""
    visit = VISIT_SENTENCE.search(sentence)
    if not visit:
        return None
    begins = re.match(r"\W*(?:(?:between|from|on|over)\s+)?", sentence, re.IGNORECASE)
    starts = (0,) if begins and DAY.match(sentence, begins.end()) else (visit.start(), 0)
    for start in starts:
        if days := _days(sentence[start:]):
            day = DAY.search(sentence, start)
            earlier = day and EARLIER_VISIT.search(sentence[: day.start()])
            return None if earlier else _checked(days)
    return None


def _printed_date(blocks: Sequence[Block], furniture: Sequence[str]) -> dt.date | None:
    """`Published: …` anywhere in the opening, or failing that the date of a letter or meeting."""
    opening = list(islice((b for b in blocks if b.kind != "contents"), OPENING_BLOCKS))
    texts = [block.text[:MAX_BLOCK_READ] for block in opening]
    # A report dated `September 2013` has no day; dates after that line belong to other things.
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
    if not re.search(r"\w", rest) and number + 1 < len(texts):
        # A row of a table is about something else.
        rest = texts[number + 1][:60] if " | " not in texts[number + 1] else ""
    return _one_date(rest) if re.match(r"[^\w.]*+[^\d.|\n]{0,25}\d", rest) else None


def _alone(texts: Sequence[str], number: int) -> dt.date | None:
    """A line that is only a date, or a letter's first line that begins with one."""
    text = texts[number]
    if number and INSPECTION_DATES.search(texts[number - 1][-60:]):
        return None
    day = _days(text[:60])
    words = re.sub(
        r"(?i)\b(?:st|nd|rd|th|at|am|pm|date|agenda|item)\b|\W|\d", "", _without_days(text)
    )
    if len(day) == 1 and not words:
        return day[0]
    match = DAY.match(text) if number < 8 and len(day) == 1 else None
    if match and match["year"]:
        return day[0] if re.match(r"\s+[A-Z]", text[match.end() :]) else None
    if ISO_DATE.fullmatch(text):
        return _one_date(text)
    numeric = NUMERIC_DATE.fullmatch(text)
    # `10.11.12` on its own is the number of a paragraph.
    is_date = numeric and (numeric["mark"] == "/" or len(numeric["year"]) == 4)
    return _numeric_day(numeric) if numeric and is_date else None


def _of_meeting(texts: Sequence[str], number: int) -> dt.date | None:
    """`Report to Cabinet, 14 November 2017`: a line with a meeting and its date, no sentence.

    Minutes begin with one that may be longer and end with a full stop; so does a paper whose first
    line says for which meeting it is.
    """
    text = texts[number]
    if not MEETING.search(text) or len(text) > LONGEST_MINUTES_LINE:
        return None
    sentence = len(text) > LONGEST_MEETING_LINE or text.endswith((".", ":"))
    if sentence and not MINUTES.search(text) and not TO_BE_HELD.search(text):
        return None
    days = _days(text)
    return days[0] if len(days) == 1 and not EARLIER_VISIT.search(text) else None


def _date_in_name(source_file: str) -> dt.date | None:
    name = PurePosixPath(source_file.replace("\\", "/")).name
    stem = re.sub(r"\.\w{2,5}$", "", name)
    if match := NAMED_DATE.search(stem):
        return _date(int(match[1]), int(match[3]), int(match[4]))
    if days := _days(re.sub(r"[-_.,]+", " ", stem)):
        return days[-1]
    match = NUMERIC_DATE.search(stem.replace("_", " "))
    return _numeric_day(match) if match and len(match["year"]) == 4 else None
