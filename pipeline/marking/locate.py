"""A sentence of a paragraph → the rectangles that it covers on its pages.

A paragraph's text is not quite what is printed: hyphens at line ends, spaces, ligatures, bullets
and signs of symbol fonts have been put right. Its letters and digits are the same, in the same
order, and by these a sentence is found among the letters that the reader saw.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import groupby
from typing import NamedTuple

from pipeline.base.characters import drop_invisible
from pipeline.base.records import Letter

# Two boxes are level if they share this much of the lower one's height.
LEVEL = 0.5


class Rectangle(NamedTuple):
    """A rectangle on the page with this number, in PDF points from the page's own origin."""

    page: int
    left: float
    bottom: float
    right: float
    top: float


class Printed:
    """The print of one paragraph, in which its sentences are found."""

    def __init__(self, lines: Sequence[Sequence[Letter]]) -> None:
        """`lines` has the letters of each line, as `Block.printed` has them."""
        self._letters = [letter for line in lines for letter in line]
        self._line_of = [number for number, line in enumerate(lines) for _ in line]
        marks = [letters_and_digits(letter.text) for letter in self._letters]
        self._said = "".join(marks)
        # The letter that says each character of `_said`.
        self._owner = [at for at, mark in enumerate(marks) for _ in mark]

    def find(self, text: str, start: int, end: int) -> list[Rectangle]:
        """The rectangles of `text[start:end]`, in reading order; none if it is not found.

        `text` is the whole paragraph. There is one rectangle for each line of print.
        """
        sentence = text[start:end]
        wanted = letters_and_digits(sentence)
        at = self._place_of(wanted, text, start)
        if at is None:
            return []
        first, last = self._owner[at], self._owner[at + len(wanted) - 1]
        before, after = _signs_around(sentence)
        first = self._widen(first, -1, before)
        last = self._widen(last, 1, after)
        return [_box(run) for run in self._runs(first, last + 1)]

    def _place_of(self, wanted: str, text: str, start: int) -> int | None:
        if not wanted:
            return None
        whole = letters_and_digits(text)
        # A bullet may be printed as a letter ("o").
        if self._said.endswith(whole):
            return len(self._said) - len(whole) + len(letters_and_digits(text[:start]))
        at = self._said.find(wanted)
        return at if at >= 0 and self._said.find(wanted, at + 1) < 0 else None

    def _widen(self, at: int, step: int, signs: int) -> int:
        """The last of the letters that follow `at`, or come before, and say so many signs."""
        widest = at
        while 0 <= at + step < len(self._letters):
            at += step
            said = self._letters[at].text
            # What several glyphs mean together, the first says.
            if not said:
                widest = at if step > 0 else widest
            elif said.isspace():
                continue
            elif letters_and_digits(said) or signs <= 0:
                break
            else:
                widest, signs = at, signs - len(said)
        return widest

    def _runs(self, start: int, end: int) -> Iterator[list[Letter]]:
        """The letters from `start` to `end`, those of a line together."""
        for _, places in groupby(range(start, end), key=self._line_of.__getitem__):
            run: list[Letter] = []
            for letter in (self._letters[at] for at in places):
                if letter.text.isspace():
                    continue
                if run and not _goes_on(run[-1], letter):
                    yield run
                    run = []
                run.append(letter)
            if run:
                yield run


def letters_and_digits(text: str) -> str:
    """What a text says, however its spaces, hyphens, quotes and ligatures are written.

    >>> letters_and_digits("“Multi-\\nagency” ﬁndings")
    'Multiagencyfindings'
    """
    return "".join(map(_letters_of, drop_invisible(text)))


@lru_cache(maxsize=4096)
def _letters_of(character: str) -> str:
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKC", character)))


def _signs_around(sentence: str) -> tuple[int, int]:
    """How many signs (not spaces) there are before and after a sentence's letters and digits."""
    signs = [not _letters_of(each) for each in sentence if not each.isspace()]
    return signs.index(False), signs[::-1].index(False)


def _goes_on(last: Letter, letter: Letter) -> bool:
    """Whether a letter goes on beside the last one, or above or below it in turned text."""
    if last.page != letter.page:
        return False
    if _share(last.low, last.high, letter.low, letter.high):
        return True
    # What several glyphs mean together may be printed on two lines.
    return bool(letter.text) and _share(last.x0, last.x1, letter.x0, letter.x1)


def _share(low: float, high: float, other_low: float, other_high: float) -> bool:
    common = min(high, other_high) - max(low, other_low)
    return common >= LEVEL * min(high - low, other_high - other_low)


def _box(run: Sequence[Letter]) -> Rectangle:
    return Rectangle(
        run[0].page,
        round(min(letter.x0 for letter in run), 2),
        round(min(letter.low for letter in run), 2),
        round(max(letter.x1 for letter in run), 2),
        round(max(letter.high for letter in run), 2),
    )
