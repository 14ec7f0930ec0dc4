from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.exchange.texts import (
    Letters,
    Place,
    composed,
    find_paragraphs,
    paragraphs_at,
    set_out,
)

WORDS = st.text(st.sampled_from("abé e\u0301•-’ 𝄞Z9"), min_size=1, max_size=30)


@given(st.lists(st.tuples(st.sampled_from(["heading", "list_item", "paragraph"]), WORDS)))
def test_positions_cut_out_exactly_the_paragraphs(paragraphs):
    text, starts = set_out(paragraphs)
    cut = [text[at : at + len(composed(t))] for at, (_, t) in zip(starts, paragraphs, strict=True)]
    assert cut == [composed(t) for _, t in paragraphs]
    assert "\r" not in text and not text.startswith("\ufeff")


LINES = [
    (
        "a",
        "The lighthouse team’s notes were up-to-date all year, and every visit was written down.",
    ),
    ("b", "Good."),
    ("c", "Waits at the Café clinic doubled between the spring and the autumn of the same year."),
]


@pytest.mark.parametrize(
    "text",
    [
        "\n\n".join(text for _, text in LINES),
        "\r\n".join(text.replace("’", "'").replace("é", "e\u0301") for _, text in LINES),
        "The light-\nhouse team's notes were up‐to‐date all\nyear, and every visit was written\xa0down.\n\n• Good.\n"
        "\fPage 2 of 3\n\nWaits at the Café clinic doubled between the spring and the autumn of the same year.",
    ],
    ids=["ours", "other line ends and quotes", "as printed"],
)  # fmt: skip
def test_paragraphs_are_found_by_their_letters(text):
    places = find_paragraphs(Letters(text), LINES)
    assert [place.paragraph_id for place in places] == ["a", "b", "c"]
    at = text.index("doubled")
    span = Letters(text).span(at, at + 7)
    assert paragraphs_at(span, places) == ["c"]


def test_a_short_paragraph_is_not_looked_for_anywhere():
    text = "Something else.\n\nA good meal was had.\n\n" + LINES[2][1]
    assert [p.paragraph_id for p in find_paragraphs(Letters(text), LINES)] == ["c"]


@pytest.mark.parametrize(
    ("span", "about"),
    [
        ((0, 100), ["a"]),
        ((40, 60), ["a"]),
        ((90, 130), ["b"]),  # a quarter of it is in the first paragraph
        ((95, 105), ["a", "b"]),  # half in each
        ((50, 160), ["a", "b"]),  # half of the first, most of the second
        ((97, 300), ["b", "c"]),
        ((400, 410), []),
        ((7, 7), []),
    ],
)
def test_half_of_the_selection_or_of_the_paragraph_must_be_shared(span, about):
    places = [Place("a", 0, 100), Place("b", 100, 200), Place("c", 200, 300)]
    assert paragraphs_at(span, places) == about
