from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.base.characters import clean_text, drop_invisible

CASES = [
    # What is left of line breaks goes too (see test_hyphens.py).
    ("  multi-\n agency\twork ", "multi-agency work"),
    # Bullets of symbol fonts, soft hyphens, zero-width and bidirectional characters.
    ("\uf06e children", "children"),
    ("super\u00advision\u200b", "supervision"),
    ("\u202eevil\u202c", "evil"),
    ("o\ufb03cers and \ufb01les", "officers and files"),
    ("a\x00b\x07c", "abc"),
    # What separates words without being a space.
    *[(f"clear plans{mark}12{mark}early visits", "clear plans 12 early visits") for mark in
      "\t\n\x0b\x0c\x1c\x1d\x1e\x1f\u2028\u2029\ufffd\uf0b7"],
    ("\ufffd plans \ufffd", "plans"),
    ("the children\ufffds plans can\ufffdt wait", "the children’s plans can’t wait"),
    # Windows-1252 that was read as Latin-1.
    ("the children\x92s plans \x96 and then\x85", "the children’s plans – and then…"),
    ("plans\x81", "plans"),
]  # fmt: skip
UNCHANGED = [
    "costs of £1.5m (12%)",
    "the hub’s ‘front door’ – open at nine",
]


@pytest.mark.parametrize(("printed", "expected"), CASES)
def test_repairs(printed, expected):
    assert clean_text(printed) == expected


@pytest.mark.parametrize("text", UNCHANGED)
def test_leaves_good_text_alone(text):
    assert clean_text(text) == text


def test_line_and_page_breaks_are_kept_where_only_the_invisible_is_dropped():
    assert (
        drop_invisible("plans\x00\u200b\n\tand\fvisits\u00a0\ufeffon\x85")
        == "plans\n\tand\fvisits on…"
    )


@settings(deadline=None)
@given(st.text(max_size=200))
def test_cleaning_twice_changes_nothing_more(text):
    once = clean_text(text)
    assert clean_text(once) == once
    assert "\x00" not in once and "\ufeff" not in once
