"""Words → their stems; numbers → one. It needs no spaCy, which takes most of a second to load."""

from __future__ import annotations

from functools import lru_cache

WORD_SUFFIXES = (
    "ational",
    "isation",
    "ization",
    "fulness",
    "iveness",
    "ousness",
    "ements",
    "ations",
    "ingly",
    "ement",
    "ation",
    "ities",
    "ments",
    "ness",
    "ment",
    "ings",
    "ions",
    "edly",
    "ably",
    "ible",
    "able",
    "ally",
    "ing",
    "ies",
    "ied",
    "ion",
    "ity",
    "ive",
    "ors",
    "ers",
    "ful",
    "ed",
    "ly",
    "es",
    "er",
    "or",
    "al",
    "s",
    "e",
    "y",
)


def one_number(word: str) -> str:
    """The word, or "0" for a number of several digits: they differ from report to report.

    >>> one_number("2015"), one_number("7"), one_number("visits")
    ('0', '7', 'visits')
    """
    return "0" if len(word) > 1 and word[0].isdigit() else word


@lru_cache(maxsize=100_000)
def stem(word: str) -> str:
    """The word without one common English suffix, with at least four letters left.

    >>> stem("supervision"), stem("supervised")
    ('supervis', 'supervis')
    """
    for suffix in WORD_SUFFIXES:
        if word.endswith(suffix) and len(word) - len(suffix) >= 4:
            return word[: -len(suffix)]
    return word
