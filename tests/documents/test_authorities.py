"""Authorities: every one in its printed forms, none by luck, and a table the caller extends."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.base.errors import CorpusError
from pipeline.base.records import Block
from pipeline.documents.authorities import AUTHORITY_COLUMNS, load_authorities
from pipeline.documents.authority_names import build_matcher, find_mentions
from pipeline.documents.find_authority import find_authority

AUTHORITIES = load_authorities()
MATCHER = build_matcher(AUTHORITIES)
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


def found(*lines: str, path: str = "x.pdf", furniture: tuple[str, ...] = ()) -> str:
    return find_authority(path, blocks(*lines), furniture, MATCHER).get("name", "")


def fill(lines: list[str], name: str) -> list[str]:
    printed = PRINTED.get(name, name)
    forms = {"UPPER": printed.upper(), "AMPERSAND": printed.replace(" and ", " & ")}
    return [line.format(printed, **forms) for line in lines]


@pytest.mark.parametrize("form", FORMS)
def test_every_authority_is_found_in_every_printed_form(form):
    names = AUTHORITIES["name"]
    wrong = {n: found(*fill(FORMS[form], n)) for n in names}
    assert {n: got for n, got in wrong.items() if got != n} == {}


def test_every_alternative_name_is_found():
    wrong = []
    for row in AUTHORITIES.itertuples():
        for name in filter(None, f"{row.also_known_as};{row.printed_names}".split(";")):
            got = found(f"# Inspection of {name.strip()} local authority children’s services")
            wrong += [(name, got)] if got != row.name else []
    assert wrong == []


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("# London Borough of Hammersmith & Fulham", "Hammersmith and Fulham"),
        ("# The Council of the Isles of Scilly", "Isles of Scilly"),
        ("# City of London Corporation", "City of London"),
        ("# City of Bradford Metropolitan District Council", "Bradford"),
        ("# Wakefield District Metropolitan Council", "Wakefield"),
        ("# Hull City Council", "Kingston Upon Hull, City of"),
        ("# Kingston Council", "Kingston upon Thames"),
        ("# Telford & Wrekin Council", "Telford and Wrekin"),
        ("# St Helens Council", "St. Helens"),
        ("# BCP Council", "Bournemouth, Christchurch and Poole"),
        ("# Borough of Poole", "Poole"),
        ("# Durham County Council", "Durham"),
        ("# Herefordshire, County of", "Herefordshire"),
        ("# Stoke‑on‑Trent City Council", "Stoke-on-Trent"),  # hyphens that do not break
        ("# Bedford Borough Council", "Bedford Borough"),
        ("# Central Bedfordshire Council", "Central Bedfordshire"),
        ("# North Somerset Council", "North Somerset"),
        ("# Derbyshire County Council", "Derbyshire"),
        ("# Nottingham City Council", "Nottingham"),
        ("# Leicestershire County Council", "Leicestershire"),
        ("# Cheshire West and Chester Council", "Cheshire West and Chester"),
        ("# Northamptonshire County Council", "Northamptonshire"),
        ("# West Northamptonshire Council", "West Northamptonshire"),
        ("# Royal Borough of Kensington and Chelsea", "Kensington and Chelsea"),
    ],
)
def test_the_longest_name_wins(line, name):
    assert found(line) == name


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
def test_people_streets_and_other_bodies_are_no_authorities(text):
    assert find_mentions(text, MATCHER) == []


def test_neighbours_in_the_body_do_not_outweigh_the_title():
    text = "Devon County Council runs it. Devon pays, Devon staffs, Devon checks."
    assert found("# Torbay Council", *[text] * 20) == "Torbay"


def test_the_addressee_outweighs_the_councils_of_the_peers():
    peers = [f"Peer {n}: a director from {c} Council" for n, c in enumerate(["Kent", "Leeds"] * 3)]
    letter = ["Chief Executive", "Barnsley Council", "Dear Tom", "The peers were:", *peers]
    assert found(*letter, "Barnsley has much to be proud of.") == "Barnsley"


def test_a_running_header_is_enough():
    header = "Peer challenge, Calderdale, January 2020"
    assert found("It was a pleasure.", furniture=(header,) * 9) == "Calderdale"


def test_the_body_is_read_where_the_first_pages_are_silent():
    lines = ["A report.", *["It rains."] * 70, *["Families in Wigan like it."] * 4]
    assert found(*lines) == "Wigan"


def test_many_councils_named_once_make_none():
    councils = ("Kent", "Leeds", "Essex", "Wigan")
    assert found("# A year of visits", *[f"{c} Council did well." for c in councils]) == ""


@pytest.mark.parametrize(
    ("path", "name"), [("x.pdf", ""), ("medway/paper.pdf", "Medway"), ("80480_kent.pdf", "Kent")]
)
def test_the_path_decides_between_equals_only(path, name):
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
def test_the_path_is_asked_where_the_text_names_none(path, name):
    assert found("A page of nothing much.", path=path) == name


def test_the_path_does_not_overrule_the_text():
    assert found("# Inspection of Torbay children’s services", path="devon/a.pdf") == "Torbay"


def test_a_callers_table_adds_authorities_and_replaces_rows(tmp_path):
    extra = tmp_path / "authorities.csv"
    extra.write_text("name,region\nMarlowshire County Council,Nowhere\nKent,Elsewhere\n")
    table = load_authorities(extra)
    matcher = build_matcher(table)
    assert list(table.columns) == AUTHORITY_COLUMNS
    row = find_authority("x", blocks("# Focused visit to Marlowshire"), (), matcher)
    assert (row["name"], row["region"]) == ("Marlowshire County Council", "Nowhere")
    assert find_authority("x", blocks("# Kent Council"), (), matcher)["region"] == "Elsewhere"
    assert len(table) == len(AUTHORITIES) + 1


def test_a_table_without_names_is_refused(tmp_path):
    extra = tmp_path / "authorities.csv"
    extra.write_text("title\nKent\n")
    with pytest.raises(CorpusError, match="no column `name`"):
        load_authorities(extra)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(max_size=80), max_size=8), st.text(max_size=40))
def test_odd_text_never_raises(lines, path):
    parts = [Block("paragraph", line, 1) for line in lines]
    assert isinstance(find_authority(path, parts, lines, MATCHER), dict)
