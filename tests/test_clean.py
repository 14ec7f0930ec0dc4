from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.clean import clean_text

CASES = [
    # A line break somebody pasted into the middle of a compound.
    ("multi- agency work", "multi-agency work"),
    ("an up- to-date plan", "an up-to-date plan"),
    # A hyphen that is meant to hang stays, as U+2010.
    ("pre- and post-adoption help", "pre\u2010 and post-adoption help"),
    ("nine- to 17-year-olds", "nine\u2010 to 17-year-olds"),
    # Bullets of symbol fonts, soft hyphens, zero-width and bidirectional characters.
    ("\uf06e children", "children"),
    ("super\u00advision\u200b", "supervision"),
    ("\u202eevil\u202c", "evil"),
    ("o\ufb03cers and \ufb01les", "officers and files"),
    ("a\x00b\x07c", "abc"),
]
UNCHANGED = [
    "step-down work – well led",
    "a 16-year-old’s ‘voice’",
    "costs of £1.5m (12%)",
    "Year 2014-15 - a review",
]


@pytest.mark.parametrize(("printed", "expected"), CASES)
def test_repairs(printed, expected):
    assert clean_text(printed) == expected


@pytest.mark.parametrize("text", UNCHANGED)
def test_leaves_good_text_alone(text):
    assert clean_text(text) == text


@given(st.text(max_size=200))
def test_cleaning_twice_changes_nothing_more(text):
    once = clean_text(text)
    assert clean_text(once) == once
    assert "\x00" not in once and "\ufeff" not in once
