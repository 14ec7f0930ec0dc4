"""What is under the highlights of a PDF, as PDFium sees it, which took no part in making them."""

from __future__ import annotations

import ctypes
import io
import re
import unicodedata
from typing import NamedTuple

import pikepdf
import pypdfium2
import pypdfium2.raw as raw

# A raised number of a footnote is in type smaller than this share of the text's.
FOOTNOTE = 0.8


class Seen(NamedTuple):
    """A letter, the middle of its box in PDF points, and its font size."""

    sign: str
    x: float
    y: float
    size: float


def plain(text: str) -> str:
    """A text without spaces and hyphens, its ligatures as letters."""
    text = unicodedata.normalize("NFKC", text)
    return re.sub(r"[\s\x02\u00ad\u2010\u2011\ufffd\ufffe\ue000-\uf8ff-]", "", text)


def text_under_highlights(pdf: bytes) -> dict[str, tuple[str, str]]:
    """The text under the highlights of a PDF, by their name (without its page), page after page.

    Without and with the raised numbers of footnotes; a letter counts if its middle is inside.
    """
    under: dict[str, tuple[str, str]] = {}
    with pikepdf.open(io.BytesIO(pdf)) as annotated, pypdfium2.PdfDocument(pdf) as document:
        for number, page in enumerate(annotated.pages):
            own = [each for each in page.get("/Annots", []) if "/QuadPoints" in each]
            letters = _letters(document[number]) if own else []
            for each in own:
                points = list(map(float, each.QuadPoints))
                quads = [points[at : at + 8] for at in range(0, len(points), 8)]
                inside = [letter for letter in letters if any(_is_in(letter, q) for q in quads)]
                usual = max((letter.size for letter in inside), default=0)
                text = "".join(
                    letter.sign
                    for letter in inside
                    if not (letter.sign.isdigit() and letter.size < FOOTNOTE * usual)
                )
                name = str(each.NM).rpartition(" ")[0]
                before, all_before = under.get(name, ("", ""))
                every = "".join(letter.sign for letter in inside)
                under[name] = (before + text, all_before + every)
    return under


def _letters(page) -> list[Seen]:
    texts = page.get_textpage()
    sides = [ctypes.c_double() for _ in range(4)]
    letters = []
    for at in range(texts.count_chars()):
        sign = chr(raw.FPDFText_GetUnicode(texts, at))
        if not sign.isspace() and raw.FPDFText_GetCharBox(texts, at, *sides):
            left, right, bottom, top = (side.value for side in sides)
            size = raw.FPDFText_GetFontSize(texts, at)
            letters.append(Seen(sign, (left + right) / 2, (bottom + top) / 2, size))
    return letters


def _is_in(letter: Seen, quad: list[float]) -> bool:
    xs, ys = quad[::2], quad[1::2]
    return min(xs) <= letter.x <= max(xs) and min(ys) <= letter.y <= max(ys)
