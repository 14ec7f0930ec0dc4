"""Hyphens at line ends: those that belong to the word, and those the line break added."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

# "pre- and post-adoption": the hyphen is meant to hang.
SUSPENDED = r"(?:and|or|to|nor|but|versus)\b(?!-)"
BEFORE_SUSPENDED = re.compile(SUSPENDED)
BROKEN_COMPOUND = re.compile(rf"(?<=[a-z])- (?=[a-z])(?!{SUSPENDED})")
HANGING_HYPHEN = re.compile(rf"(?<=[A-Za-z])-(?= {SUSPENDED})")
WRAPPED_COMPOUND = re.compile(r"(?<=\w-)\n(?=[a-z])")
# What comes after a line end depends on no more of the text before it: its last word.
MAX_WORD = 100


def tidy_hyphens(text: str) -> str:
    """The text without the space that a pasted line break left after a hyphen.

    "multi- agency" comes from a line break; in "pre- and post-adoption" the space is intended.
    That hyphen becomes U+2010, so that a plain hyphen before a space is always an error.

    >>> tidy_hyphens("multi- agency work, pre- and post-adoption")
    'multi-agency work, pre‐ and post-adoption'
    """
    return HANGING_HYPHEN.sub("\u2010", BROKEN_COMPOUND.sub("-", text))


def join_at_break(text: str, rest: str, words: Counter[str]) -> str:
    """Join two stretches of text at a line end, keeping or dropping a hyphen there.

    `words` counts the lower-case words of the document (compounds with their hyphens). Nearly
    all line-end hyphens in these reports belong to the word ("multi-agency"), so a hyphen is
    dropped only if the document elsewhere writes the word without it and never with it.
    """
    text, rest = text.rstrip(), rest.lstrip()
    if text.endswith("\u00ad"):
        return text[:-1] + rest
    before = re.search(r"(?<![A-Za-z])([A-Za-z]++)[-\u2010\u2011]$", text)
    after = re.match(r"[A-Za-z]+", rest)
    if not before or not after:
        glued = text.endswith(("/", "–")) and not text.endswith((" /", " –"))
        return text + ("" if glued or re.search(r"\d-$", text) else " ") + rest
    head, tail = before.group(1).lower(), after.group().lower()
    if BEFORE_SUSPENDED.match(rest):
        return f"{text} {rest}"
    if words[head + tail] and not words[f"{head}-{tail}"]:
        return text[:-1] + rest
    return text + rest


def join_lines(lines: Sequence[str], words: Counter[str]) -> tuple[str, list[int]]:
    """Lines of print joined as by `join_at_break`, and where in the text each of them begins.

    >>> join_lines(["a multi-", "agency", "plan"], Counter())
    ('a multi-agency plan', [0, 8, 15])
    """
    whole, length, end = [], 0, lines[0]
    begins = [0]
    for line in lines[1:]:
        # Only the end of the text is looked at, or a text of many pages would take hours.
        whole.append(end[:-MAX_WORD])
        length += len(whole[-1])
        end = join_at_break(end[-MAX_WORD:], line, words)
        begins.append(length + len(end) - len(line.lstrip()))
    return "".join([*whole, end]), begins


def join_wrapped(lines: Sequence[str]) -> str:
    """The lines of a text wrapped at a fixed width, joined into one; line-end hyphens stay.

    >>> join_wrapped(["a multi-", "agency plan", "for all"])
    'a multi-agency plan for all'
    """
    return WRAPPED_COMPOUND.sub("", "\n".join(lines)).replace("\n", " ")
