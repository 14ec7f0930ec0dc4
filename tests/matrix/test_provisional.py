from __future__ import annotations

import pytest

from pipeline.base.errors import ModelError
from pipeline.matrix.provisional import (
    check_some_counted,
    provisional_themes,
    say_provisional,
    themes_left_out,
)

CARD = {
    "thresholds": {"camhs": 0.4, "ferries": 0.3},
    "provisional": {"ferries": "9 coded paragraphs carry it, and 50 are needed"},
}


def test_only_themes_that_are_not_asked_for_are_left_out():
    assert list(themes_left_out(CARD, ())) == ["ferries"]
    assert themes_left_out(CARD, ["ferries"]) == {}
    assert themes_left_out(CARD, ["camhs"]) == CARD["provisional"]


def test_cards_of_before_have_no_provisional_theme():
    assert provisional_themes({}) == themes_left_out({}, ()) == {}
    assert say_provisional({}, ()) == []


def test_a_name_that_the_model_does_not_know():
    with pytest.raises(ModelError, match="no theme 'fairies'"):
        themes_left_out(CARD, ["fairies"])


def test_a_matrix_needs_a_theme_that_is_counted():
    for card, left_out in ((CARD, ["ferries"]), (CARD, ()), ({}, ())):
        check_some_counted(card, left_out)
    with pytest.raises(ModelError, match=r"(?s)All themes.*--with-theme: camhs, ferries"):
        check_some_counted(CARD, ["camhs", "ferries"])


def test_it_is_said_either_way():
    assert say_provisional(CARD, ["ferries"]) == [
        "ferries is provisional and not counted: 9 coded paragraphs carry it, and 50 are needed."
    ]
    assert "but counted as asked for: 9 coded" in say_provisional(CARD, [])[0]
