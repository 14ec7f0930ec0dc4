"""Which authority: every one in its printed forms, none by luck, the title before the rest."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.base.records import Block
from pipeline.documents.authorities import load_authorities
from pipeline.documents.find_authority import find_authority

NAMES = load_authorities()["name"]
# The names of the table that nobody prints in that order.
PRINTED = {
    "Bedford Borough": "Bedford",
    "Bristol, City of": "Bristol",
    "Kingston Upon Hull, City of": "Kingston upon Hull",
}
FORMS = {
    "title": ["# Inspection of {} local authority children’s services"],
    "capitals": ["# INSPECTION OF {UPPER} LOCAL AUTHORITY CHILDREN’S SERVICES"],
    "cover": ["# {}", "# Inspection of children’s social care services"],
    "council": ["# {} Metropolitan Borough Council"],
    "royal borough": ["# Royal Borough of {}"],
    "city of": ["# City of {} Metropolitan District Council"],
    "ampersand": ["# Children’s services in {AMPERSAND} are good"],
    "letter": [
        "12 June 2019",
        "Mr John Kent",
        "Director of Children’s Services",
        "{} Council",
        "14 Durham Road",
        "Dear Mr Kent",
        "We were glad to meet your team and the young people who showed us round.",
    ],
    "letter in one block": [
        "12 June 2019 Ms Ann Sutton Director of Children’s Services {} Council Derby House Leeds",
        "Dear Ms Sutton",
        "We were glad to meet your team.",
    ],
    "prose": ["Our letter is about the monitoring visit to {} children’s services in spring."],
}


def blocks(*lines: str, page: int = 1) -> list[Block]:
    """Headings from lines that start with #, paragraphs from the others."""
    return [
        Block("heading" if line.startswith("#") else "paragraph", line.lstrip("# "), page)
        for line in lines
    ]


@pytest.fixture(scope="module")
def found(matcher):
    """The name of the authority that lines are about."""

    def find(*lines: str, path: str = "x.pdf", furniture: tuple[str, ...] = ()) -> str:
        return find_authority(path, blocks(*lines), furniture, matcher).get("name", "")

    return find


def fill(lines: list[str], name: str) -> list[str]:
    printed = PRINTED.get(name, name)
    forms = {"UPPER": printed.upper(), "AMPERSAND": printed.replace(" and ", " & ")}
    return [line.format(printed, **forms) for line in lines]


@pytest.mark.parametrize("form", FORMS)
def test_every_authority_is_found_in_every_printed_form(found, form):
    wrong = {n: found(*fill(FORMS[form], n)) for n in NAMES}
    assert {n: got for n, got in wrong.items() if got != n} == {}


def test_neighbours_in_the_body_do_not_outweigh_the_title(found):
    text = "Devon County Council runs it. Devon pays, Devon staffs, Devon checks."
    assert found("# Torbay Council", *[text] * 20) == "Torbay"


def test_what_the_opening_mentions_does_not_outweigh_the_only_name_in_the_title(found):
    visit = ["The panel visited Wigan Borough Council."] * 3
    assert (
        found("# Scrutiny of early help in Salford", *visit, *["Wigan shares."] * 9) == "Salford"
    )
    assert found("# Salford children’s services", "Wigan Council told us of Wigan.") == "Salford"


@pytest.mark.parametrize("title", ["Wigan and Bury councils", "The councils of Bury and Wigan"])
def test_two_authorities_in_the_title_are_equals(found, title):
    assert found(f"# {title}: early help", "They share a service.") == ""
    assert found(f"# {title}: early help", "They share it.", path="bury/paper.pdf") == "Bury"


def test_the_addressee_outweighs_the_councils_of_the_peers(found):
    peers = [f"Peer {n}: a director from {c} Council" for n, c in enumerate(["Kent", "Leeds"] * 3)]
    letter = ["Chief Executive", "Barnsley Council", "Dear Tom", "The peers were:", *peers]
    assert found(*letter, "Barnsley has much to be proud of.") == "Barnsley"


@pytest.mark.parametrize(
    "team",
    [
        "Review team: {}",
        "Challenge team: {}",
        "The team: {}",
        "Carried out by {}",
        "Review led by {}",
        "The review was undertaken by {}",
    ],
)
@pytest.mark.parametrize("sign", ["# ", ""])
def test_the_councils_of_the_peers_are_not_what_they_visited(found, team, sign):
    councils = "Kent County Council, Leeds City Council and Medway Council"
    lines = (f"{sign}{team.format(councils)}", "# Peer challenge of Wigan Council")
    assert found(*lines) == found(*lines[::-1]) == "Wigan"


def test_a_running_header_is_enough(found):
    header = "Peer challenge, Calderdale, January 2020"
    assert found("It was a pleasure.", furniture=(header,) * 9) == "Calderdale"


def test_the_body_is_read_where_the_first_pages_are_silent(found):
    lines = ["A report.", *["It rains."] * 70, *["Families in Wigan like it."] * 4]
    assert found(*lines) == "Wigan"


def test_many_councils_named_once_make_none(found):
    councils = ("Kent", "Leeds", "Essex", "Wigan")
    assert found("# A year of visits", *[f"{c} Council did well." for c in councils]) == ""


@pytest.mark.parametrize(
    ("path", "name"), [("x.pdf", ""), ("medway/paper.pdf", "Medway"), ("80480_kent.pdf", "Kent")]
)
def test_the_path_decides_between_equals_only(found, path, name):
    assert found("# A report by Kent County Council and Medway Council", path=path) == name


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("80461_devon/visit - 12 may 2015.pdf", "Devon"),
        ("north_yorkshire-letter.pdf", "North Yorkshire"),
        ("bury/visit.pdf", "Bury"),
        ("kent and essex.pdf", ""),
    ],
)
def test_the_path_is_asked_where_the_text_names_none(found, path, name):
    assert found("A page of nothing much.", path=path) == name


def test_the_path_does_not_overrule_the_text(found):
    assert found("# Inspection of Torbay children’s services", path="devon/a.pdf") == "Torbay"


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(max_size=80), max_size=8), st.text(max_size=40))
def test_odd_text_never_raises(matcher, lines, path):
    parts = [Block("paragraph", line, 1) for line in lines]
    assert isinstance(find_authority(path, parts, lines, matcher), dict)


def test_a_web_address_names_its_council(found):
    assert found("See www.wigan.gov.uk for more.", "Visit wigan.gov.uk/help") == "Wigan"
    assert found("Write to help@bcpcouncil.gov.uk or richmondandwandsworth.gov.uk.") == ""


def test_the_row_has_all_that_the_table_says(matcher, authorities):
    row = find_authority("x", blocks("# Focused visit to Devon"), (), matcher)
    assert row == authorities[authorities["name"] == "Devon"].iloc[0].to_dict()
