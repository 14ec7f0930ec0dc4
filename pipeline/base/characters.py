"""Raw text → readable text, without invisible characters, symbol glyphs or stray spaces."""

from __future__ import annotations

import re
import unicodedata

from pipeline.base.hyphens import tidy_hyphens

# Windows-1252 that was read as Latin-1: browsers show "children\x92s" as "children’s"
# (https://html.spec.whatwg.org/multipage/parsing.html#numeric-character-reference-end-state).
MISREAD_WINDOWS = re.compile("[\x80-\x9f]")
# Control characters that separate nothing, and halves of broken UTF-16 pairs. The others (vertical
# tab, page break, file, group, record and unit separator) count as spaces, as in Python.
CONTROL = re.compile("[\x00-\x08\x0e-\x1b\x7f\ud800-\udfff\ufffe\uffff]")
# Invisible characters that change how text is displayed or matched: soft hyphens, zero-width
# characters, bidirectional controls, byte order marks.
INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]")
# Glyphs of symbol fonts, and the mark a reader leaves for a character it could not identify.
PRIVATE_USE = re.compile("[\ue000-\uf8ff\ufffd]")
# Between two words, the lost character was a space, a dash, a bullet or an apostrophe.
PRIVATE_USE_BETWEEN = re.compile(r"(?<=\w)[\ue000-\uf8ff\ufffd]+(?=\w)")
LOST_APOSTROPHE = re.compile(r"(?<=[a-z])\ufffd(?=(?:s|t|re|ve|ll|d)\b)")
LIGATURES = str.maketrans({"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "st"})
# What is printed, and what a keyboard has for it.
TYPED = str.maketrans("‘’ʼ“”‐‑", "'''\"\"--")
SPACES = re.compile(r"\s+")
MARK = r"(?:[^\w\s]|_)"
# Fifty marks and more, also with a letter or two between them: spaCy's tokenizer takes marks, 's
# and US$ off a word one by one, and looks at all that is left of it each time.
RUN_OF_MARKS = re.compile(rf"{MARK}(?:[^\W_]{{0,2}}+{MARK}){{49,}}+")
# A bullet ends a sentence.
DISPENSABLE = re.compile(r"[^\w\s•]|_")
# Control and format characters, halves of pairs, and separators of lines and paragraphs.
NOT_SHOWN = ("Cc", "Cf", "Cs", "Zl", "Zp")


def drop_invisible(text: str) -> str:
    """The text without invisible characters; line and page breaks stay.

    >>> drop_invisible("super\\u200bvision\\x00")
    'supervision'
    """
    # So are most cells of a workbook, and searching each three times takes longer.
    if text.isascii() and text.isprintable():
        return text
    text = MISREAD_WINDOWS.sub(_as_windows, CONTROL.sub("", text))
    return INVISIBLE.sub("", text).replace("\u00a0", " ")


def _as_windows(match: re.Match[str]) -> str:
    return match.group().encode("latin-1").decode("cp1252", "ignore")


def show_controls(text: str, keep: str = "") -> str:
    """The text with characters that would steer a terminal written as their numbers.

    >>> show_controls("a\x1b[31m\\nb.pdf")
    'a\\\\x1b[31m\\\\nb.pdf'
    """
    return "".join(
        character.encode("unicode_escape").decode()
        if unicodedata.category(character) in NOT_SHOWN and character not in keep
        else character
        for character in text
    )


def plain_text(text: str) -> str:
    """A text as it is searched: in lower case, with the signs that a keyboard has.

    >>> print(plain_text("The children’s “follow‑up”"))
    the children's "follow-up"
    """
    return text.translate(TYPED).lower()


def thin_marks(text: str) -> str:
    """The text with spaces for the marks inside a long run of them; all words stay in place.

    >>> thin_marks("Name: " + 30 * "._" + " (date)") == "Name: ." + 58 * " " + "_ (date)"
    True
    """
    return RUN_OF_MARKS.sub(_without_marks, text)


def _without_marks(match: re.Match[str]) -> str:
    run = match.group()
    # Its ends stay, and so belong to the sentences around it.
    return run[0] + DISPENSABLE.sub(" ", run[1:-1]) + run[-1]


def clean_text(text: str) -> str:
    """The text on one line, without invisible characters, symbol glyphs or stray spaces.

    Ligatures become their letters, and line-end hyphens are tidied.

    >>> clean_text("  the \ue06e ﬁrst\\ntask ")
    'the first task'
    """
    text = LOST_APOSTROPHE.sub("’", drop_invisible(text))
    text = PRIVATE_USE.sub("", PRIVATE_USE_BETWEEN.sub(" ", text)).translate(LIGATURES)
    return tidy_hyphens(SPACES.sub(" ", text).strip())
