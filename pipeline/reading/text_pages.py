"""Text without layout → its pages of lines, without page furniture.

What is copied out of a PDF has the running titles and numbers of its pages between its lines, and
bullets and numbers on lines of their own. Form feeds are page breaks.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence, Set
from itertools import groupby

from pipeline.reading.marks import BULLET, DASH, NUMBER, SENTENCE_END, SURE_PAGE_NUMBER

# A number on a page's edge, and one set apart from the running title beside it.
BARE_NUMBER = re.compile(r"\d{1,4}")
NUMBER_BESIDE = re.compile(r"^\d{1,4}(?:\s{2}|\s?\|)|(?:\s{2}|\|\s?)\d{1,4}$|\bpage \d.*$", re.I)
QUOTE_MARKS = re.compile(r">(?: ?>)*+ ?")
MAX_TITLE = 120
# On how many pages a title must recur, and on what share of those from its first to its last; of
# numbers that count with the pages two will do.
MIN_PAGES = 3
MIN_DENSITY = 0.45
MIN_NUMBERS = 2
# The most lines of furniture at either end of a page.
MAX_LINES = 3
# Above a page number in the middle of a sentence is a line at least so long.
MIN_LINE = 38


def pages_of_text(text: str) -> list[list[str]]:
    """The lines of each page, without furniture, and with lone markers in front of their text.

    The first of a running title stays: it may be that of the report.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    pages = [
        [
            line
            for line in _without_quote_marks(page.split("\n"))
            if not SURE_PAGE_NUMBER.fullmatch(line.strip())
        ]
        for page in text.split("\f")
    ]
    _blank_running_lines(pages)
    cut = _numbers_in_sentences(pages)
    return [
        _with_markers([line for at, line in enumerate(lines) if (page, at) not in cut])
        for page, lines in enumerate(pages)
    ]


def _without_quote_marks(lines: Sequence[str]) -> list[str]:
    """The lines, without the ">" that programs for e-mail put before what they quote.

    Their empty lines have it, too; without one of these it may be a bullet.
    """
    whole: list[str] = []
    for is_marked, run in groupby(lines, key=lambda line: line.startswith(">")):
        quoted = list(run)
        if is_marked and any(QUOTE_MARKS.fullmatch(line.rstrip()) for line in quoted):
            quoted = ["", *(QUOTE_MARKS.sub("", line, count=1) for line in quoted), ""]
        whole += quoted
    return whole


def _blank_running_lines(pages: Sequence[list[str]]) -> None:
    firsts: set[tuple[int, int]] = set()
    for _ in range(MAX_LINES if len(pages) > 1 else 0):
        for (_, key), places in _lines_at_ends(pages, firsts).items():
            if not _is_running(key, places):
                continue
            if isinstance(key, str):
                first, *places = places
                firsts.add(first)
            for page, position in places:
                pages[page][position] = ""


def _lines_at_ends(
    pages: Sequence[list[str]], left_out: Set[tuple[int, int]]
) -> dict[tuple[bool, int | str], list[tuple[int, int]]]:
    """(page, position) of the first and last lines of pages, by their end and what they say."""
    groups: dict[tuple[bool, int | str], list[tuple[int, int]]] = defaultdict(list)
    for page, lines in enumerate(pages):
        filled = [
            position
            for position, line in enumerate(lines)
            if line.strip() and (page, position) not in left_out
        ]
        for at_top, position in ((True, filled[0]), (False, filled[-1])) if filled else ():
            groups[at_top, _key(lines[position], page + 1)].append((page, position))
    return groups


def _is_running(key: int | str, places: Sequence[tuple[int, int]]) -> bool:
    if isinstance(key, int):
        return key == 0 or len(places) >= MIN_NUMBERS
    span = places[-1][0] - places[0][0] + 1
    return (
        len(places) >= max(MIN_PAGES, MIN_DENSITY * span)
        and len(key) <= MAX_TITLE
        and not SENTENCE_END.search(key)
    )


def _key(line: str, number: int) -> int | str:
    """What a line has in common with its like on other pages: a number, its distance to theirs."""
    text = line.strip(" \t-–|")
    if BARE_NUMBER.fullmatch(text):
        return int(text) - number
    return NUMBER_BESIDE.sub("", text).strip(" \t-–|").lower()


def _numbers_in_sentences(pages: Sequence[list[str]]) -> set[tuple[int, int]]:
    """(page, position) of the numbers on lines of their own in the middle of a sentence."""
    filled = [
        (page, position, line.strip())
        for page, lines in enumerate(pages)
        for position, line in enumerate(lines)
        if line.strip()
    ]
    return {
        (page, position)
        for (_, _, last), (page, position, line), (_, _, after) in zip(
            filled, filled[1:], filled[2:], strict=False
        )
        if BARE_NUMBER.fullmatch(line)
        and len(last) >= MIN_LINE
        and not SENTENCE_END.search(last)
        and after[0].islower()
    }


def _with_markers(lines: Sequence[str]) -> list[str]:
    """The lines, with each bullet or number that is alone on one put in front of the next text."""
    whole: list[str] = []
    marker = ""
    for line in lines:
        text = line.strip()
        if marker and text:
            if _may_mark(marker.strip(), text):
                line = f"{marker} {text}"
            else:
                whole += [marker, ""]
            marker = ""
        if _is_marker(text):
            marker = line.rstrip()
        elif text or not marker or DASH.match(f"{marker.strip()} "):
            whole += [marker, line] if marker else [line]
            marker = ""
    return [*whole, marker] if marker else whole


def _is_marker(text: str) -> bool:
    return any(pattern.fullmatch(f"{text} ") for pattern in (BULLET, NUMBER))


def _may_mark(marker: str, text: str) -> bool:
    # "45.2" may be a figure of a table, of which every cell is on a line of its own.
    capital = not marker[0].isdigit() or text[0].isupper() or text[0] in "“‘\"'"
    return capital and any(map(str.isalpha, text)) and not _is_marker(text)
