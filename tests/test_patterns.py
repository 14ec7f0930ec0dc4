"""No regular expression of the package takes time out of proportion to the text it is given."""

from __future__ import annotations

import re

import pytest
from patterns import Use, collect, slow_text


def test_every_pattern_takes_time_in_proportion_to_the_text():
    uses, faults = collect()
    assert not faults
    assert len(uses) > 100
    slow = {use.where: (use.pattern.pattern, told) for use in uses if (told := slow_text(use))}
    assert not slow


@pytest.mark.parametrize(
    ("pattern", "method"),
    [
        (r"(a+)+b", "match"),
        (r"(?:\w+'?)*x", "fullmatch"),
        (r"\s*;\s*", "split"),
        (r"([A-Za-z]+)-$", "search"),
        (r"\*\*(?=\S)(.+?)(?<=\S)\*\*", "sub"),
        (rb"\[[^\]]*\]", "finditer"),
        (r"[^\t]*[^\d\t][^\t]*?(?:\s*\.{4,}|\s{3,})\s*\d", "fullmatch"),
    ],
)
def test_the_search_finds_patterns_that_do(pattern, method):
    assert slow_text(Use("here", re.compile(pattern), {method}))


@pytest.mark.parametrize(
    "pattern", [r"(?<!\s)\s*+;", r"(?<![a-z])[a-z]++-$", r"\w{1,9}\s*;", "a|b|ab"]
)
def test_the_search_passes_patterns_that_do_not(pattern):
    assert not slow_text(Use("here", re.compile(pattern), {"sub"}))
