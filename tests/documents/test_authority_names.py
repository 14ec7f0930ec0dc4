"""Names of authorities in a text: the longest, in what form, and no people, streets or others."""

from __future__ import annotations

import itertools

import pytest
from factories import growth
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.documents.authority_names import Mention, find_mentions

FORMS = ("whole", "subject", "council", "bare")


@pytest.fixture(scope="module")
def named(matcher, authorities):
    """(name, form) of each authority that a text names."""

    def find(text: str) -> list[tuple[str, str]]:
        mentions = find_mentions(text, matcher)
        return [(authorities["name"].iat[mention.row], mention.form) for mention in mentions]

    return find


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("London Borough of Hammersmith & Fulham", "Hammersmith and Fulham"),
        ("The Council of the Isles of Scilly", "Isles of Scilly"),
        ("City of London Corporation", "City of London"),
        ("City of Bradford Metropolitan District Council", "Bradford"),
        ("Wakefield District Metropolitan Council", "Wakefield"),
        ("Hull City Council", "Kingston Upon Hull, City of"),
        ("Kingston Council", "Kingston upon Thames"),
        ("Telford & Wrekin Council", "Telford and Wrekin"),
        ("St Helens Council", "St. Helens"),
        ("BCP Council", "Bournemouth, Christchurch and Poole"),
        ("Borough of Poole", "Poole"),
        ("Durham County Council", "Durham"),
        ("Herefordshire, County of", "Herefordshire"),
        ("Stoke‑on‑Trent City Council", "Stoke-on-Trent"),  # hyphens that do not break
        ("Bedford Borough Council", "Bedford Borough"),
        ("Central Bedfordshire Council", "Central Bedfordshire"),
        ("North Somerset Council", "North Somerset"),
        ("Derbyshire County Council", "Derbyshire"),
        ("Nottingham City Council", "Nottingham"),
        ("Leicestershire County Council", "Leicestershire"),
        ("Cheshire West and Chester Council", "Cheshire West and Chester"),
        ("Northamptonshire County Council", "Northamptonshire"),
        ("West Northamptonshire Council", "West Northamptonshire"),
        ("Royal Borough of Kensington and Chelsea", "Kensington and Chelsea"),
    ],
)
def test_the_longest_name_wins(named, line, name):
    assert named(line) == [(name, "whole")]


@pytest.mark.parametrize(
    "text",
    [
        "Mr Barnet came early.",
        "Ms Jo Kent led the work.",
        "Jo Sutton led the work.",
        "The office in Durham Road has closed.",
        "Greater Manchester has ten boroughs.",
        "East Devon District Council empties the bins.",
        "Essex Police and Devon Partnership NHS Trust were there.",
        "The clinic in Newcastle-under-Lyme is full.",
        "She was reading to him; to bury it helps no one.",
        "Reading was what he liked best.",
        "A ward of Sutton Coldfield.",
        "Leeds Beckett University trains them.",
    ],
)
def test_people_streets_and_other_bodies_are_no_authorities(matcher, text):
    assert find_mentions(text, matcher) == []


STANDING = {
    "nothing else is there": ("Wigan Council", [("Wigan", "whole")]),
    "what the text is about": ("Our letter on the focused visit to Wigan in May.", [("Wigan", "subject")]),
    "about the council": ("It was Wigan Council that asked.", [("Wigan", "council")]),
    "by the name of a borough": ("So did the London Borough of Barnet.", [("Barnet", "council")]),
    "in passing": ("Families moved to Wigan.", [("Wigan", "bare")]),
    "a body of two councils": ("The board of Kent and Medway met.", []),
    "two that are joined": (
        "The peer review of Wigan and Bolton was short.",
        [("Wigan", "subject"), ("Bolton", "subject")],
    ),
    "a word that is also a town": ("They were reading when they moved to Reading.", [("Reading", "bare")]),
    "a town at the start of a sentence": ("Reading is fun.", []),
    "capitals": ("VISIT TO WIGAN", [("Wigan", "subject")]),
}  # fmt: skip


@pytest.mark.parametrize("case", STANDING)
def test_a_name_counts_by_how_it_stands(named, case):
    text, expected = STANDING[case]
    assert named(text) == expected


@pytest.mark.parametrize("unit", [")", "$", "'s", "!?"])
def test_time_grows_with_the_length_of_a_text_not_its_square(named, unit):
    # spaCy knows a word again that it has split before.
    number = itertools.count()

    def find(size):
        half = unit * (size // len(unit) // 2)
        assert named(f"A visit to Wigan {half}{next(number)}{half}") == [("Wigan", "subject")]

    assert growth(find, 900, 3_600) < 10


TEXTS = st.lists(
    st.sampled_from(
        ["Kent", "Medway", "City of", "Council", "Mr", "Road", "and", "visit to", ".", "£"]
    ),
    max_size=9,
).map(" ".join)


@settings(deadline=None)
@given(TEXTS)
def test_mentions_are_rows_of_the_table_in_a_known_form(matcher, text):
    for mention in find_mentions(text, matcher):
        assert isinstance(mention, Mention) and mention.form in FORMS
        assert matcher.table["name"].iat[mention.row] in ("Kent", "Medway")
