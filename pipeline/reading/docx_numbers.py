"""The numbers that Word computes: a paragraph says which list it is in, and no file says "3.2".

The rules are those of ECMA-376, 17.9: an instance of a list (`num`) follows a definition
(`abstractNum`), whose levels have a start, a format and a text such as "%1.%2".
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from docx.document import Document
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml.ns import qn

# Word has nine levels; a deeper one is damage.
MAX_LEVELS = 9
# Numbers beyond this are damage, too; a Roman one would be as long as the number is large.
MAX_NUMBER = 3_000
PLACE = re.compile(r"%(\d)")
ROMAN = tuple(
    zip(
        (1000, 900, 500, 400, 100, 90, 50, 40, 10, 9, 5, 4, 1),
        ("m", "cm", "d", "cd", "c", "xc", "l", "xl", "x", "ix", "v", "iv", "i"),
        strict=True,
    )
)


@dataclass(frozen=True, slots=True)
class _Level:
    """One level of a list; `style` is the paragraph style that stands for it, if one does.

    `restarts` is false if its numbers go on after a new number of the level above.
    """

    start: int = 1
    form: str = "decimal"
    text: str = ""
    legal: bool = False
    style: str = ""
    restarts: bool = True


class ListNumbers:
    """Counts the numbered paragraphs of one document, in the order in which it is asked."""

    def __init__(self, document: Document) -> None:
        self._definitions: dict[str, dict[int, _Level]] = {}
        self._lists: dict[str, tuple[str, dict[int, int]]] = {}
        self._counts: dict[str, dict[int, int]] = {}
        self._begun: set[str] = set()
        for relation in document.part.rels.values():
            if relation.reltype == RELATIONSHIP_TYPE.NUMBERING and not relation.is_external:
                self._read(relation.target_part.element)

    def level_of_style(self, number: str, styles: list[str]) -> int:
        """The level that stands for one of the styles in list `number`; 0 if none does."""
        definition, _ = self._lists.get(number, ("", {}))
        levels = self._definitions.get(definition, {})
        return next((level for level, each in levels.items() if each.style in styles), 0)

    def next(self, number: str, level: int) -> str:
        """What Word prints before the next paragraph of list `number` at a level, from 0.

        "" if that is a bullet or nothing.
        """
        definition, starts = self._lists.get(number, ("", {}))
        levels = self._definitions.get(definition, {})
        if level not in levels or level >= MAX_LEVELS:
            return ""
        counts = self._counts.setdefault(definition, {})
        if number not in self._begun:
            self._begun.add(number)
            # The first use of a list that starts again where it says so.
            for each in starts:
                counts.pop(each, None)
        for above in range(level):
            counts.setdefault(above, self._start(levels, starts, above))
        counts[level] = counts.get(level, self._start(levels, starts, level) - 1) + 1
        for below in range(level + 1, MAX_LEVELS):
            if levels.get(below, _Level()).restarts:
                counts.pop(below, None)
        here = levels[level]
        if here.form in ("bullet", "none"):
            return ""

        def shown(found: re.Match[str]) -> str:
            place = int(found[1]) - 1
            form = "decimal" if here.legal else levels.get(place, _Level()).form
            return _format(counts.get(place, 1), form)

        return PLACE.sub(shown, here.text).strip()

    @staticmethod
    def _start(levels: dict[int, _Level], starts: dict[int, int], level: int) -> int:
        return starts.get(level, levels.get(level, _Level()).start)

    def _read(self, numbering) -> None:
        of_style: dict[str, dict[int, _Level]] = {}
        same_as: dict[str, str] = {}
        for each in numbering.iterfind(qn("w:abstractNum")):
            name = each.get(qn("w:abstractNumId"), "")
            self._definitions[name] = levels = {
                _integer(level, "w:ilvl"): _Level(
                    start=_value_of(level, "w:start", 1),
                    form=_text_of(level, "w:numFmt", "decimal"),
                    text=_text_of(level, "w:lvlText", ""),
                    legal=level.find(qn("w:isLgl")) is not None,
                    style=_text_of(level, "w:pStyle", ""),
                    restarts=_text_of(level, "w:lvlRestart", "") != "0",
                )
                for level in each.iterfind(qn("w:lvl"))
            }
            # A list style is defined once; what uses it has no levels of its own.
            if style := _text_of(each, "w:styleLink", ""):
                of_style[style] = levels
            if style := _text_of(each, "w:numStyleLink", ""):
                same_as[name] = style
        for name, style in same_as.items():
            self._definitions[name] = of_style.get(style, {})
        for each in numbering.iterfind(qn("w:num")):
            starts = {
                _integer(override, "w:ilvl"): _value_of(override, "w:startOverride", 1)
                for override in each.iterfind(qn("w:lvlOverride"))
                if override.find(qn("w:startOverride")) is not None
            }
            definition = _text_of(each, "w:abstractNumId", "")
            self._lists[each.get(qn("w:numId"), "")] = (definition, starts)


def _text_of(element, name: str, default: str) -> str:
    found = element.find(qn(name))
    return default if found is None else found.get(qn("w:val"), default)


def _value_of(element, name: str, default: int) -> int:
    found = element.find(qn(name))
    return default if found is None else _integer(found, "w:val")


def _integer(element, name: str) -> int:
    value = element.get(qn(name), "")
    return min(int(value), MAX_NUMBER) if value.isdecimal() and len(value) < 9 else 0


def _letters(number: int) -> str:
    """a to z, then aa to zz, as Word counts.

    >>> _letters(1), _letters(28)
    ('a', 'bb')
    """
    times, place = divmod(max(0, number - 1), 26)
    return chr(ord("a") + place) * (times + 1)


def _roman(number: int) -> str:
    """
    >>> _roman(14)
    'xiv'
    """
    pieces: list[str] = []
    for value, letters in ROMAN:
        times, number = divmod(number, value)
        pieces.append(letters * times)
    return "".join(pieces)


_FORMS: dict[str, Callable[[int], str]] = {
    "lowerLetter": _letters,
    "upperLetter": lambda number: _letters(number).upper(),
    "lowerRoman": _roman,
    "upperRoman": lambda number: _roman(number).upper(),
    "decimalZero": lambda number: f"{number:02}",
}


def _format(number: int, form: str) -> str:
    number = min(number, MAX_NUMBER)
    return _FORMS.get(form, str)(number)
