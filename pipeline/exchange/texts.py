"""Paragraphs → the plain text of a source, and a text → where the paragraphs are in it.

Positions are in Unicode code points. What comes back from another program may have other line
ends, spaces, quotation marks or hyphens, so paragraphs are found by their letters and digits.
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

# A list item gets a bullet back, which its text in the table is without.
BULLET = "• "
BETWEEN = "\n\n"
# So many letters of page furniture may lie before a paragraph. One that is shorter than `LONG`
# must follow the one before it at once: its few words may occur anywhere.
NEAR, LONG = 600, 40


def composed(text: str) -> str:
    """The text in Unicode's composed form (NFC), in which é is one code point."""
    return unicodedata.normalize("NFC", text)


def set_out(paragraphs: Iterable[tuple[str, str]]) -> tuple[str, list[int]]:
    """The plain text of a document, and where each of its paragraphs (kind, text) begins in it.

    >>> set_out([("heading", "Findings"), ("list_item", "visits")])
    ('Findings\\n\\n• visits\\n', [0, 12])
    """
    parts, starts, at = [], [], 0
    for kind, text in paragraphs:
        mark = BULLET if kind == "list_item" else ""
        starts.append(at + len(mark))
        parts.append(mark + composed(text))
        at += len(parts[-1]) + len(BETWEEN)
    return BETWEEN.join(parts) + "\n" if parts else "", starts


class Letters:
    """The letters and digits of a text, in lower case and without accents, and their places."""

    def __init__(self, text: str) -> None:
        kept = [(letter, at) for at, mark in enumerate(text) for letter in _letters(mark)]
        self.text = "".join(letter for letter, _ in kept)
        self._places = [at for _, at in kept]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """A stretch of the text, as a stretch of its letters."""
        return bisect_left(self._places, start), bisect_left(self._places, end)


@lru_cache(maxsize=4096)
def _letters(mark: str) -> str:
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKD", mark).casefold()))


@dataclass(frozen=True, slots=True)
class Place:
    """Where a paragraph is among the letters of a text."""

    paragraph_id: str
    start: int
    end: int


def find_paragraphs(letters: Letters, paragraphs: Sequence[tuple[str, str]]) -> list[Place]:
    """Where the paragraphs (id, text) of a document are in a text; some may not be found."""
    places, at = [], 0
    for paragraph_id, text in paragraphs:
        wanted = Letters(text).text
        reach = at + len(wanted) + (NEAR if len(wanted) >= LONG else 0)
        start = letters.text.find(wanted, at, reach)
        if start < 0 and len(wanted) >= LONG and letters.text.count(wanted) == 1:
            start = letters.text.find(wanted)
        if wanted and start >= 0:
            places.append(Place(paragraph_id, start, start + len(wanted)))
            at = max(at, start + len(wanted))
    return places


def paragraphs_at(span: tuple[int, int], places: Iterable[Place]) -> list[str]:
    """The ids of the paragraphs that a stretch of letters is about.

    It is about a paragraph if at least half of the stretch, or half of the paragraph, is shared.
    """
    start, end = span
    return [
        place.paragraph_id
        for place in places
        if (shared := min(end, place.end) - max(start, place.start)) > 0
        and 2 * shared >= min(end - start, place.end - place.start)
    ]
