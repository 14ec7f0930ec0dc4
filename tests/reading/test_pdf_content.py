from __future__ import annotations

import pytest
from factories import growth
from hypothesis import given, settings
from hypothesis import strategies as st
from pdfminer.pdfinterp import PDFContentParser
from pdfminer.pdftypes import PDFStream
from pdfminer.psparser import LIT, PSEOF, PSKeyword

from pipeline.reading.pdf_content import DRAWN, MAX_NESTING, OPERATORS, drawn_boxes, read_operators

CASES = {
    "numbers": (b"1 -2 +3.5 .25 -.5 4. Tm", [(b"Tm", [1, -2, 3.5, 0.25, -0.5, 4.0])]),
    "nested and escaped brackets": (rb"(a(b)\)\(c) Tj", [(b"Tj", [b"a(b))(c"])]),
    "octal and line ends": (b"(\\101\\53\\0\\\r\n\\n) Tj", [(b"Tj", [b"A+\0\n"])]),
    "hexadecimal": (b"<48 65 6C6c6> Tj", [(b"Tj", [b"Hell`"])]),
    "array": (b"[(a)-20(b)] TJ", [(b"TJ", [[b"a", -20, b"b"]])]),
    "dictionary": (
        b"/P <</MCID 3/Attached[/Top]>>BDC",
        [(b"BDC", [LIT("P"), {"MCID": 3, "Attached": [LIT("Top")]}])],
    ),
    "name": (b"/F#31 12 Tf", [(b"Tf", [LIT("F1"), 12])]),
    "comment": (b"1 % Tj (x)\r0 Td", [(b"Td", [1, 0])]),
    "drawing is passed over": (b"q 0 0 m 1 1 l 1 0 0 RG S 0 0 9 9 re f* W n Q", [(b"q", []), (b"Q", [])]),
    "operands of another operator": (b"/CS0 cs 0.5 0.1 scn BT", [(b"BT", [])]),
    # It ends at the first EI between spaces; what is behind is the page again.
    "image": (b"BI /W 1 /H 1 ID (Tj \xff EI Tj EI q", [(b"Tj", []), (b"q", [])]),
    "image in ASCII": (b"BI /F /AHx ID 00ff>EI q BI /F /A85 ID 5l~>EI\nQ", [(b"q", []), (b"Q", [])]),
    "string that does not end": (b"q (abc Tj", [(b"q", [])]),
    "array that does not end": (b"q [1 2 Tj Q", [(b"q", []), (b"Q", [])]),
    "shown text": (
        b"[(a b)-3 <0a1>+.5( )] TJ [<0a 1> (a\\)) % x)]\r(b)] TJ [] TJ",
        [
            (b"TJ", [[b"a b", -3, b"\n\x10", 0.5, b" "]]),
            (b"TJ", [[b"\n\x10", b"a)", b"b"]]),
            (b"TJ", [[]]),
        ],
    ),
    "array that does not begin": (b"1] 2 Td", [(b"Td", [1, 2])]),
    # Without spaces, as programs write that make files smaller.
    "text and names that begin like drawing": (
        b"BT/f 9 Tf(of plans)'(f of all)'<53>'[(S )]TJ",
        [
            (b"BT", []),
            (b"Tf", [LIT("f"), 9]),
            (b"'", [b"of plans"]),
            (b"'", [b"f of all"]),
            (b"'", [b"S"]),
            (b"TJ", [[b"S "]]),
        ],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_operators_and_operands(name):
    data, expected = CASES[name]
    assert operators(data) == expected


def operators(data: bytes) -> list[tuple[bytes, list]]:
    return [(name, operands) for name, operands in read_operators(data) if name != DRAWN]


def drawn(data: bytes) -> list[tuple[float, ...]]:
    """The boxes of what a page draws."""
    found = (operands[0] for name, operands in read_operators(data) if name == DRAWN)
    return [box for each in found for box in drawn_boxes(each)]


BOXES = {
    "a disc": (b"q 2 1 m 2 2 1 2 1 1 c 1 0 2 0 2 1 c h f Q", [(1, 0, 2, 2)]),
    "a square": (b"BT ET 5 6 3 3 re f* Q", [(5, 6, 8, 9)]),
    "a dash, and a frame around nothing": (b"0 4 m 6 4 l S 0 0 9 9 re W n", [(0, 4, 6, 4)]),
    "two paths": (b"0 0 1 1 re f 4 4 m 6 4 l 6 8 l b Q", [(0, 0, 1, 1), (4, 4, 6, 8)]),
    "operands are missing": (b"1 re f 2 m f 1 2 3 4 5 c f", []),
    "no number": (b"0 0 1 1 re f 0 0 1e9x 1 re f", [(0, 0, 1, 1)]),
    "a chart": (b"0 0 m " + b"1 1 l " * 1000 + b"S", []),
}


@pytest.mark.parametrize("name", BOXES)
def test_boxes_around_what_is_drawn(name):
    data, expected = BOXES[name]
    assert drawn(data) == expected


def as_pdfminer_reads(data: bytes) -> list[tuple[bytes, list]]:
    parser = PDFContentParser([PDFStream({}, data)])
    found, operands = [], []
    while True:
        try:
            _, token = parser.nextobject()
        except PSEOF:
            return found
        if isinstance(token, PSKeyword):
            if token.name in OPERATORS:
                found.append((token.name, operands))
            operands = []
        else:
            operands.append(token)


NUMBERS = st.one_of(st.integers(-9999, 9999), st.floats(-999, 999).map(lambda x: round(x, 3)))
STRINGS = st.binary(max_size=9).map(
    lambda raw: b"(" + raw.replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)").replace(b"\r", b"\\r") + b")"
)  # fmt: skip
OPERANDS = st.one_of(
    NUMBERS.map(lambda x: f"{x:f}".encode() if isinstance(x, float) else b"%d" % x),
    STRINGS,
    st.binary(max_size=6).map(lambda raw: b"<" + raw.hex().encode() + b">"),
    st.from_regex(r"/[A-Za-z][A-Za-z0-9]{0,5}", fullmatch=True).map(str.encode),
)
SHOWN = st.tuples(st.lists(OPERANDS, max_size=6), st.sampled_from(sorted(OPERATORS)))
DRAWINGS = st.tuples(
    st.lists(NUMBERS.map(lambda x: f"{x:.2f}".encode()), max_size=6),
    st.sampled_from([b"m", b"l", b"c", b"re", b"S", b"f*", b"W", b"n", b"rg", b"w", b"cs", b"gs", b"d"]),
)  # fmt: skip


@settings(deadline=None)
@given(st.lists(st.one_of(SHOWN, DRAWINGS), max_size=12), st.sampled_from([b" ", b"\n", b"\r\n"]))
def test_it_reads_what_pdfminer_reads(steps, space):
    data = space.join(space.join([*operands, name]) for operands, name in steps) + space
    assert operators(data) == as_pdfminer_reads(data)


HOSTILE = {
    "brackets": lambda n: b"[" * n,
    "open strings": lambda n: b"(" * n,
    "dictionaries": lambda n: b"<<" * n,
    "numbers": lambda n: b"1 " * n,
    "arrays that do not end": lambda n: b"[1 (a) <0a> " * n,
    "numbers without spaces": lambda n: b"1" * 9 * n + b" Td",
    "signs": lambda n: b"-" * n,
    "comments": lambda n: b"%\n" * n,
    "images": lambda n: b"BI ID " * n,
    "drawing that fails at its end": lambda n: (b"1 2 " * n + b"m ") * 2,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_no_content_makes_it_slow(name):
    def read(data):
        for _ in read_operators(data):
            pass

    make = HOSTILE[name]
    assert growth(read, make(6_000), make(24_000)) < 10


def test_nesting_has_an_end():
    deep = b"[" * 10_000 + b"1" + b"]" * 10_000 + b" TJ q"
    shown, last = read_operators(deep)
    depth, inner = 0, shown[1]
    while isinstance(inner, list) and inner:
        depth, inner = depth + 1, inner[0]
    assert depth <= MAX_NESTING + 1 and last == (b"q", [])
