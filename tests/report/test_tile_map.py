"""The tile map: every authority of today on a square of its own, regions together."""

from __future__ import annotations

import pandas as pd
import pytest

from pipeline.base.paths import TILES
from pipeline.documents.authorities import load_authorities
from pipeline.report.tile_map import load_tiles

AUTHORITIES = load_authorities()
MAP = load_tiles(AUTHORITIES)


def test_every_authority_of_today_has_one_square():
    today = AUTHORITIES[AUTHORITIES["ons_code"] != ""]
    assert len(MAP) == 153
    assert sorted(MAP["name"]) == sorted(today["name"])
    assert not MAP.duplicated(["column", "row"]).any()
    assert not MAP["label"].duplicated().any() and MAP["label"].str.len().max() <= 4
    places = pd.read_csv(TILES, comment="#")
    assert dict(zip(places["ons_code"], places["name"], strict=True)) == dict(
        zip(today["ons_code"], today["name"], strict=True)
    )


def around(square):
    return {(square[0] + x, square[1] + y) for x in (-1, 0, 1) for y in (-1, 0, 1)}


@pytest.mark.parametrize("region", sorted(MAP["region"].unique()))
def test_a_region_holds_together(region):
    own = MAP[MAP["region"] == region]
    squares = set(zip(own["column"], own["row"], strict=True))
    reached = {min(squares)}
    while more := {s for s in squares - reached if around(s) & reached}:
        reached |= more
    assert reached == squares
    assert own["region"].index.tolist() == list(range(own.index[0], own.index[0] + len(own)))


def place(name):
    return tuple(MAP.loc[MAP["name"] == name, ["column", "row"]].iloc[0])


def test_places_are_where_one_looks_for_them():
    assert place("Cornwall")[0] == MAP["column"].min()
    assert place("Northumberland")[1] == MAP["row"].min()
    west_to_east = [
        "Cornwall",
        "Torbay",
        "Dorset",
        "Southampton",
        "West Sussex",
        "East Sussex",
        "Kent",
    ]
    assert sorted(west_to_east, key=lambda name: place(name)[0]) == west_to_east
    north_to_south = ["Newcastle upon Tyne", "Durham", "North Yorkshire", "Leeds", "Sheffield",
                      "Derby", "Leicester", "Peterborough", "Luton", "Camden", "Croydon"]  # fmt: skip
    assert sorted(north_to_south, key=lambda name: place(name)[1]) == north_to_south


# Of authorities that share a border, all across England.
BORDERS = """
Northumberland Newcastle upon Tyne|Gateshead Durham|Cumberland Westmorland and Furness
Bolton Bury|Manchester Salford|Oldham Tameside|Liverpool Knowsley|Leeds Wakefield
Sheffield Rotherham|Derbyshire Derby|Lincolnshire Rutland|Birmingham Solihull|Coventry Warwickshire
Herefordshire Worcestershire|Norfolk Suffolk|Oxfordshire Gloucestershire|Dorset Devon
Cornwall Plymouth|Surrey Hounslow|Hampshire Southampton|Brighton and Hove East Sussex|Kent Medway
Barnet Enfield|Camden Islington|Lambeth Southwark|Croydon Bromley|Ealing Hounslow
"""


def test_neighbours_are_beside_each_other():
    for pair in BORDERS.replace("\n", "|").strip("|").split("|"):
        (first, second), *others = [
            (a, b) for a in MAP["name"] for b in MAP["name"] if pair == f"{a} {b}"
        ]
        assert not others and place(second) in around(place(first)), pair


def test_authorities_of_a_corpus_have_a_square_only_by_their_code():
    added = (
        "name,ons_code,region\nMarlowshire,X10000001,South West\nNew Devon,E10000008,South West\n"
    )
    tiles = load_tiles(load_authorities(added))
    assert len(tiles) == 153
    assert "Marlowshire" not in set(tiles["name"])
    # It was made of another, and takes its square.
    assert "New Devon" in set(tiles["name"]) and "Devon" not in set(tiles["name"])
