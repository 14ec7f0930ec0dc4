"""The content of a PDF page → the operators that show text, with their operands.

pdfminer reads a page token by token; on reports with charts, nine tenths of its time goes on
lines and curves that nobody reads. Here one pattern matches a token at a time, and another skips
any number of drawing operators at once. The grammar is that of ISO 32000-1, 7.2 and 7.3.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from pdfminer.pdfdevice import PDFTextDevice
from pdfminer.pdfinterp import PDFPageInterpreter
from pdfminer.pdftypes import PDFStream, stream_value
from pdfminer.psparser import LIT
from pdfminer.utils import Matrix

# Behind an operator: a space (a bracket or a slash would begin a text or a name), and then, any
# number of times, up to six numbers and an operator that draws or sets how to draw. Possessive
# (+, ++): a failed match is not tried in other ways, so no content can make it slow.
DRAWING = re.compile(
    rb"[\0\t\n\f\r ](?:(?:[-+.\d]++[\0\t\n\f\r ]++){0,6}+"
    rb"(?:re|rg|RG|[BbfW]\*?|[mlcvyhSsFnwJjMiGgKk])(?=[\0\t\n\f\r ])[\0\t\n\f\r ]*+)++"
)
TOKEN = re.compile(
    rb"[\0\t\n\f\r ]*+(?:%[^\r\n]*+[\0\t\n\f\r ]*+)*+"
    rb"(?:(?P<number>[-+]?+(?:\d++(?:\.\d*+)?+|\.\d++))"
    rb"|\((?P<string>[^()\\]*+)\)"
    rb"|(?P<operator>[A-Za-z'\"*][^\0\t\n\f\r #/%\[\](){}<>]*+)"
    rb"|/(?P<name>[^\0\t\n\f\r /%\[\](){}<>]*+)"
    rb"|(?P<mark>\[|\]|<<|>>|\()"
    rb"|<(?P<hex>[^<>]*+)>"
    rb"|(?P<other>.))",
    re.S,
)
# Behind a bracket that opens: all of an array of strings and numbers, as TJ takes it. Most tokens
# of a report stand in such arrays, and their items are found at once, not one by one.
SHOWN = re.compile(rb"((?:[-+.\d\0\t\n\f\r ]++|\([^()\\]*+\)|<[0-9A-Fa-f]*+>)*+)\]")
SHOWN_ITEM = re.compile(
    rb"\(([^()]*+)\)|<([0-9A-Fa-f]*+)>|([-+]?+(?:\d++(?:\.\d*+)?+|\.\d++))", re.S
)
# The numbers that follow a number, as most operators take several.
NUMBERS = re.compile(rb"(?:[\t\n\f\r ]++[-+]?+(?:\d++(?:\.\d*+)?+|\.\d++)(?=[\t\n\f\r ]))++")
IN_STRING = re.compile(rb"[()\\]")
ESCAPE = re.compile(rb"\\(?:([0-7]{1,3})|(\r\n|.))", re.S)
ESCAPED = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}
NAME_ESCAPE = re.compile(rb"#([0-9A-Fa-f]{2})")
NOT_HEX = re.compile(rb"[^0-9A-Fa-f]+")
# Where the data of an inline image begins and ends: behind a space, or the ">" that ends data in
# ASCII.
IMAGE_BEGINS = re.compile(rb"\bID[\0\t\n\f\r ]")
IMAGE_ENDS = re.compile(rb"[\0\t\n\f\r >]EI(?=[\0\t\n\f\r ]|$)")
# The operators that affect text, with pdfminer's method for each and its number of operands.
OPERATORS = {
    b"q": ("do_q", 0), b"Q": ("do_Q", 0), b"cm": ("do_cm", 6), b"Do": ("do_Do", 1),
    b"BT": ("do_BT", 0), b"ET": ("do_ET", 0), b"Tf": ("do_Tf", 2), b"Tr": ("do_Tr", 1),
    b"Tc": ("do_Tc", 1), b"Tw": ("do_Tw", 1), b"Tz": ("do_Tz", 1), b"TL": ("do_TL", 1),
    b"Ts": ("do_Ts", 1), b"Td": ("do_Td", 2), b"TD": ("do_TD", 2), b"Tm": ("do_Tm", 6),
    b"T*": ("do_T_a", 0), b"Tj": ("do_Tj", 1), b"TJ": ("do_TJ", 1), b"'": ("do__q", 1),
    b'"': ("do__w", 3), b"BMC": ("do_BMC", 1), b"BDC": ("do_BDC", 2), b"EMC": ("do_EMC", 0),
}  # fmt: skip
# What stands for a stretch of drawing operators among the operators; its operand is the stretch.
DRAWN = b""
# How many numbers before a path operator are corners of the path (all of them, for curves).
CORNERS = {b"m": 2, b"l": 2, b"c": 6, b"v": 4, b"y": 4}
PAINTING = frozenset((b"f", b"F", b"f*", b"B", b"B*", b"b", b"b*", b"S", b"s"))
PAINTS = re.compile(rb"[\0\t\n\f\r ](?:[fBb]\*?|[FSs])[\0\t\n\f\r ]")
# A disc takes 1,400 characters and the rules of a page of cells 10,000; charts go on for more, and
# nobody reads them.
MAX_SHAPE_LENGTH = 20_000
OPENED_BY = {b"]": b"[", b">>": b"<<"}
# No honest content nests arrays and dictionaries this deep.
MAX_NESTING = 50


class TextAndShapeDevice(PDFTextDevice):
    """A device that is told of what is drawn, too."""

    def draw(self, left: float, low: float, right: float, high: float, ctm: Matrix) -> None:
        """Take the box in which a path was painted, in the coordinates that `ctm` leads from."""


class ContentInterpreter(PDFPageInterpreter):
    """pdfminer's interpreter, reading these tokens; it runs only what affects text or draws."""

    def execute(self, streams: Sequence[object]) -> None:
        # A form that shows itself would go on for ever; this is pdfminer's own guard.
        parts: list[bytes] = []
        self.stream_ids.clear()
        for each in streams:
            stream = stream_value(each)
            if isinstance(stream, PDFStream) and stream.objid not in self.parent_stream_ids:
                if stream.objid is not None:
                    self.stream_ids.add(stream.objid)
                parts.append(stream.get_data())
        methods = {name: (getattr(self, method), n) for name, (method, n) in OPERATORS.items()}
        for name, operands in read_operators(b"\n".join([*parts, b""])):
            if name == DRAWN:
                if isinstance(self.device, TextAndShapeDevice):
                    for box in drawn_boxes(operands[0]):
                        self.device.draw(*box, self.ctm)
                continue
            method, n = methods[name]
            if n == 0:
                method()
            elif len(operands) >= n:
                method(*operands[-n:])


def read_operators(data: bytes) -> Iterator[tuple[bytes, list[Any]]]:
    """The operators of a page that affect text, each with its operands.

    Between them stands `DRAWN` wherever something was painted that may be small.

    >>> list(read_operators(b"0 0 m 9 9 l S BT (a\\\\)b) Tj ET"))
    [(b'', [b'0 0 m 9 9 l S ']), (b'BT', []), (b'Tj', [b'a)b']), (b'ET', [])]
    """
    operands: list[Any] = []
    outer: list[tuple[bytes, list[Any]]] = []
    begun = at = 0
    match_token, match_drawing, match_numbers = TOKEN.match, DRAWING.match, NUMBERS.match
    while found := match_token(data, at):
        at = found.end()
        kind = found.lastgroup or "other"
        value = found[kind]
        if kind == "number":
            operands.append(float(value) if b"." in value else int(value[:300]))
            if more := match_numbers(data, at):
                operands += map(float, more[0].split())
                at = more.end()
        elif kind == "string":
            operands.append(value)
        elif kind == "operator":
            if value in OPERATORS:
                if not outer:
                    yield value, operands
                begun = at
            elif value in (b"true", b"false"):
                operands.append(value == b"true")
                continue
            elif value == b"BI":
                at = _behind_image(data, at)
            operands, outer = [], []
            if drawn := match_drawing(data, at):
                at = drawn.end()
                if at - begun < MAX_SHAPE_LENGTH and PAINTS.search(data, begun, at):
                    yield DRAWN, [data[begun:at]]
            begun = at
        elif kind == "name":
            operands.append(LIT(_read_name(value)))
        elif kind == "hex":
            operands.append(_read_hex(NOT_HEX.sub(b"", value)))
        elif value == b"(":
            string, at = _read_string(data, at)
            operands.append(string)
        elif value == b"[" and not outer and (shown := SHOWN.match(data, at)):
            operands.append(_read_shown(shown[1]))
            at = shown.end()
        elif value in (b"[", b"<<"):
            if len(outer) < MAX_NESTING:
                outer.append((value, operands))
                operands = []
        elif outer and outer[-1][0] == OPENED_BY.get(value):
            inner = operands
            operands = outer.pop()[1]
            operands.append(inner if value == b"]" else _read_dictionary(inner))


def drawn_boxes(data: bytes) -> Iterator[tuple[float, float, float, float]]:
    """The left, bottom, right and top of each path that drawing operators paint.

    >>> list(drawn_boxes(b"1 2 m 5 2 l 5 9 l h f 0 0 3 3 re f"))
    [(1.0, 2.0, 5.0, 9.0), (0.0, 0.0, 3.0, 3.0)]
    """
    xs: list[float] = []
    ys: list[float] = []
    numbers: list[float] = []
    for token in data.split():
        try:
            numbers.append(float(token))
            continue
        except ValueError:
            pass
        if token == b"re" and len(numbers) >= 4:
            left, low, width, height = numbers[-4:]
            xs += (left, left + width)
            ys += (low, low + height)
        elif token in CORNERS and len(numbers) >= CORNERS[token]:
            xs += numbers[-CORNERS[token] :: 2]
            ys += numbers[1 - CORNERS[token] :: 2]
        elif token in PAINTING:
            if xs and len(xs) == len(ys):
                yield min(xs), min(ys), max(xs), max(ys)
            xs, ys = [], []
        elif token == b"n":
            xs, ys = [], []
        numbers = []


def _read_shown(data: bytes) -> list[bytes | float]:
    """The strings and numbers of an array that `SHOWN` found."""
    return [
        float(number) if number else _read_hex(digits) if digits else string
        for string, digits, number in SHOWN_ITEM.findall(data)
    ]


def _read_hex(digits: bytes) -> bytes:
    return bytes.fromhex((digits + b"0" * (len(digits) % 2)).decode())


def _read_name(value: bytes) -> str | bytes:
    if b"#" in value:
        value = NAME_ESCAPE.sub(lambda found: bytes([int(found[1], 16)]), value)
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value


def _read_dictionary(items: list[Any]) -> dict[str, Any]:
    return {
        str(getattr(key, "name", key)): value
        for key, value in zip(items[::2], items[1::2], strict=False)
    }


def _read_string(data: bytes, start: int) -> tuple[bytes, int]:
    """A string with brackets or escapes in it, and the position after it."""
    depth, at = 1, start
    while found := IN_STRING.search(data, at):
        at = found.end()
        if found[0] == b"\\":
            at += 1
            continue
        depth += 1 if found[0] == b"(" else -1
        if not depth:
            return ESCAPE.sub(_unescape, data[start : at - 1]), at
    return b"", len(data)


def _unescape(found: re.Match[bytes]) -> bytes:
    if found[1]:
        return bytes([int(found[1], 8) & 255])
    if found[2] in (b"\n", b"\r", b"\r\n"):
        return b""
    return ESCAPED.get(found[2], found[2])


def _behind_image(data: bytes, at: int) -> int:
    begin = IMAGE_BEGINS.search(data, at)
    end = begin and IMAGE_ENDS.search(data, begin.end())
    return end.end() if end else len(data)
