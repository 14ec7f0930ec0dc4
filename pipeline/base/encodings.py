"""The bytes of a text file → its text, whatever program saved it."""

from __future__ import annotations

import codecs
import re

from pipeline.base.characters import drop_invisible
from pipeline.base.errors import ExtractionError
from pipeline.base.settings import DEFAULT_LIMITS, Limits

# Bytes that are no UTF-8, as Python's "surrogateescape" keeps them, and several that begin a
# character.
STRAY_BYTE = re.compile("[\udc80-\udcff]")
CUT_CHARACTER = re.compile("[\udce0-\udcf4][\udc80-\udcbf]+")
BEYOND_ASCII = re.compile("[^\x00-\x7f\udc80-\udcff]")


def decode_text(data: bytes, limits: Limits = DEFAULT_LIMITS) -> str:
    """The text of a file in UTF-8, UTF-16 or Windows-1252, without invisible characters.

    Raises `ExtractionError` if they are too long or are not text.
    """
    if len(data) > limits.text_bytes:
        raise ExtractionError(
            f"The text is {len(data) / 1e6:.0f} MB; "
            f"the limit is {limits.text_bytes / 1e6:.0f} MB.",
            "Split it into separate documents.",
        )
    if encoding := _utf16_of(data):
        text = data.decode(encoding, errors="replace")
    else:
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = _decode_other(data)
    controls = sum(text.count(chr(code)) for code in range(32) if code not in (9, 10, 12, 13))
    if controls > 0.01 * len(text) + 5:
        raise ExtractionError(
            "The file is not PDF, DOCX, HTML or text.",
            "Save the report in one of these formats.",
        )
    return drop_invisible(text)


def _utf16_of(data: bytes) -> str:
    """The name of a file's UTF-16 encoding, by its mark or its zero bytes; '' for others."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    even, odd = data[0:1000:2], data[1:1000:2]
    # In English text every second byte is zero; other files may have a few stray zeros too.
    if odd.count(0) > 0.8 * len(odd) and even.count(0) < 0.1 * len(even):
        return "utf-16-le"
    if even.count(0) > 0.8 * len(even) and odd.count(0) < 0.1 * len(odd):
        return "utf-16-be"
    return ""


def _decode_other(data: bytes) -> str:
    """A text in Windows-1252, or one in UTF-8 with stray bytes, of which there are few."""
    text = data.decode("utf-8-sig", errors="surrogateescape")
    if len(STRAY_BYTE.findall(text)) > len(BEYOND_ASCII.findall(text)):
        return data.decode("cp1252", errors="replace")
    return STRAY_BYTE.sub(_as_windows, CUT_CHARACTER.sub("\ufffd", text))


def _as_windows(match: re.Match[str]) -> str:
    # Pasted from a file of another program, such as a pound sign.
    return match.group().encode("ascii", "surrogateescape").decode("cp1252", errors="replace")
