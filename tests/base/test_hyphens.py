from __future__ import annotations

from collections import Counter
from functools import reduce

import pytest
from factories import growth
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.base.hyphens import join_at_break, join_lines, join_wrapped, tidy_hyphens

TIDIED = [
    # A line break somebody pasted into the middle of a compound.
    ("multi- agency work", "multi-agency work"),
    ("an up- to-date plan", "an up-to-date plan"),
    # A hyphen that is meant to hang stays, as U+2010.
    ("pre- and post-adoption help", "pre\u2010 and post-adoption help"),
    ("nine- to 17-year-olds", "nine\u2010 to 17-year-olds"),
    ("short- or long-term", "short\u2010 or long-term"),
]
UNCHANGED = [
    "step-down work – well led",
    "a 16-year-old’s ‘voice’",
    "Year 2014-15 - a review",
    "costs of 12- 15 pounds",
]


@pytest.mark.parametrize(("printed", "expected"), TIDIED)
def test_hyphens_that_a_line_break_left_are_tidied(printed, expected):
    assert tidy_hyphens(printed) == expected


@pytest.mark.parametrize("text", UNCHANGED)
def test_other_hyphens_are_left_alone(text):
    assert tidy_hyphens(text) == text


JOINS = [
    # A true compound keeps its hyphen, whatever the rest of the document writes.
    ("a multi-", "agency plan", {}, "a multi-agency plan"),
    ("a multi-", "agency plan", {"multi-agency": 4}, "a multi-agency plan"),
    ("day-to-", "day work", {}, "day-to-day work"),
    # A word the document writes without a hyphen elsewhere was split by the printer.
    ("the assess-", "ment of need", {"assessment": 7}, "the assessment of need"),
    ("the assess\u00ad", "ment of need", {}, "the assessment of need"),
    # A hyphen that is meant to hang.
    ("pre-", "and post-adoption", {}, "pre- and post-adoption"),
    ("and/", "or delay", {}, "and/or delay"),
    ("in 2014-", "15 it fell", {}, "in 2014-15 it fell"),
    ("no hyphen", "here", {}, "no hyphen here"),
]


@pytest.mark.parametrize(("text", "rest", "words", "expected"), JOINS)
def test_line_ends(text, rest, words, expected):
    assert join_at_break(text, rest, Counter(words)) == expected


def test_a_word_that_is_written_both_ways_keeps_its_hyphen():
    words = Counter({"rebuild": 9, "re-build": 1})
    assert join_at_break("to re-", "build trust", words) == "to re-build trust"


WRAPPED = [
    (["a multi-", "agency plan", "for all"], "a multi-agency plan for all"),
    (["in 2014-", "15 it fell"], "in 2014- 15 it fell"),
    (["Plans are -", "so they say - clear"], "Plans are - so they say - clear"),
    (["one line"], "one line"),
    ([], ""),
]


@pytest.mark.parametrize(("lines", "expected"), WRAPPED)
def test_wrapped_lines_are_one(lines, expected):
    assert join_wrapped(lines) == expected


PIECES = st.text(alphabet="abcAB12-/\u2010\u00ad ", max_size=12)


@settings(deadline=None)
@given(PIECES, PIECES, st.dictionaries(st.sampled_from(["ab", "a-b", "abc"]), st.integers(0, 2)))
def test_joining_loses_no_letter_and_adds_at_most_a_space(text, rest, words):
    joined = join_at_break(text, rest, Counter(words))
    letters = [c for c in text + rest if c.isalnum()]
    assert [c for c in joined if c.isalnum()] == letters
    assert len(joined) <= len(text.rstrip()) + 1 + len(rest.lstrip())


@settings(deadline=None)
@given(
    st.lists(PIECES.filter(str.strip), min_size=1, max_size=30),
    st.dictionaries(st.sampled_from(["ab", "a-b", "abc"]), st.integers(0, 2)),
)
def test_lines_are_joined_one_after_the_other(lines, words):
    words = Counter(words)
    text, begins = join_lines(lines, words)
    assert text == reduce(lambda whole, line: join_at_break(whole, line, words), lines)
    assert begins == sorted(begins) and len(begins) == len(lines)


@pytest.mark.parametrize("line", ["plans that are", "and/", "assess\u00ad", "multi-"])
def test_many_lines_are_joined_as_fast_as_few(line):
    def join(n):
        return join_lines([line] * n, Counter())

    assert growth(join, 2_000, 8_000) < 8
