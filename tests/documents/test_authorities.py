"""The table of authorities: every spelling of their names, and rows the caller adds."""

from __future__ import annotations

import pandas as pd
import pytest
from factories import block
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.base.errors import CorpusError, TableError
from pipeline.documents.authorities import (
    AUTHORITIES_FILE,
    AUTHORITY_COLUMNS,
    authorities_beside,
    domains_of,
    load_authorities,
    names_by_row,
    pick_authority,
    plain_spelling,
    standard_names,
    without_council,
)
from pipeline.documents.authority_names import build_matcher
from pipeline.documents.find_authority import find_authority


def test_every_alternative_name_is_found(authorities, matcher):
    wrong = []
    for row in authorities.itertuples():
        for name in filter(None, f"{row.also_known_as};{row.printed_names}".split(";")):
            title = f"Inspection of {name.strip()} local authority children’s services"
            got = find_authority("x", [block(title, "heading")], (), matcher)["name"]
            wrong += [(name, got)] if got != row.name else []
    assert wrong == []


def test_a_callers_table_adds_authorities_and_replaces_rows(tmp_path, authorities):
    extra = tmp_path / "authorities.csv"
    extra.write_text("name,region\nMarlowshire County Council,Nowhere\nKent,Elsewhere\n")
    table = load_authorities(extra)
    matcher = build_matcher(table)
    assert list(table.columns) == AUTHORITY_COLUMNS
    row = find_authority("x", [block("Focused visit to Marlowshire", "heading")], (), matcher)
    assert (row["name"], row["region"]) == ("Marlowshire County Council", "Nowhere")
    assert (
        find_authority("x", [block("Kent Council", "heading")], (), matcher)["region"]
        == "Elsewhere"
    )
    assert len(table) == len(authorities) + 1


def test_an_empty_field_of_a_callers_row_changes_nothing(authorities):
    known = authorities.set_index("name").loc["Devon"]
    table = load_authorities("name,region,domain\nDevon,,devon.example\n")
    devon = table.set_index("name").loc["Devon"]
    assert devon.drop("domain").equals(known.drop("domain"))
    assert devon["domain"] == "devon.example" and known["statistical_neighbours"]
    assert table["name"].tolist() == authorities["name"].tolist()


def test_a_table_without_names_is_refused(tmp_path):
    extra = tmp_path / "authorities.csv"
    extra.write_text("title\nKent\n")
    with pytest.raises(CorpusError, match="no column `name`"):
        load_authorities(extra)


def test_a_table_that_cannot_be_read_is_refused(tmp_path):
    with pytest.raises(CorpusError, match="There is no file"):
        load_authorities(tmp_path / "nowhere.csv")
    extra = tmp_path / "authorities.csv"
    extra.write_text("name,region\nKent,South East,England\n")
    with pytest.raises(CorpusError, match=r"authorities\.csv, line 2: the row has more fields"):
        load_authorities(extra)


SAVED = {
    "Windows-1252": "name,also_known_as\nMarlowshire,Marlow’s County\n".encode("cp1252"),
    "UTF-16": "name,also_known_as\nMarlowshire,Marlow’s County\n".encode("utf-16"),
    "semicolons": "name;also_known_as\nMarlowshire;Marlow’s County\n".encode(),
    "other headings": "\ufeff Name ,ALSO_KNOWN_AS,note\nMarlowshire,Marlow’s County,x\n".encode(),
    "empty rows and fields": "name,also_known_as,,\n,,,\nMarlowshire,Marlow’s County,,\n".encode(),
}


@pytest.mark.parametrize("way", SAVED)
def test_a_table_is_read_however_it_was_saved(tmp_path, way):
    extra = tmp_path / "authorities.csv"
    extra.write_bytes(SAVED[way])
    added = load_authorities(extra).iloc[-1]
    assert (added["name"], added["also_known_as"]) == ("Marlowshire", "Marlow’s County")


def test_rows_without_a_name_are_none(authorities):
    table = load_authorities("name,region\n ,Nowhere\nMarlowshire,Nowhere\n")
    assert table["name"].tolist() == [*authorities["name"], "Marlowshire"]
    assert table.iloc[-1]["ons_code"] == ""


def test_the_shipped_table_is_sound(authorities):
    assert list(authorities.columns) == AUTHORITY_COLUMNS
    assert authorities["name"].is_unique and (authorities["name"] != "").all()
    codes = set(authorities["ons_code"])
    neighbours = {code for own in authorities["statistical_neighbours"] for code in own.split()}
    assert neighbours <= codes


def test_a_corpus_may_have_a_table_of_its_own(tmp_path):
    assert authorities_beside(tmp_path) is None
    (tmp_path / AUTHORITIES_FILE).write_text("name\n")
    assert authorities_beside(tmp_path) == tmp_path / AUTHORITIES_FILE


SPELLINGS = {
    "devon": "Devon",
    "Devon County Council": "Devon",
    "London Borough of Hammersmith & Fulham": "Hammersmith and Fulham",
    "Hull City Council": "Kingston Upon Hull, City of",
    "St Helens": "St. Helens",
    "Report on Devon.pdf": "Report on Devon.pdf",
    "Marlowshire": "Marlowshire",
    "": "",
}


def test_names_are_spelled_as_in_the_table():
    assert standard_names(SPELLINGS) == SPELLINGS


def test_a_spelling_belongs_to_the_row_that_lists_it_first():
    table = pd.DataFrame(
        {
            "name": ["Marlow County Council", "Farwick"],
            "also_known_as": ["", "Marlow; Farwick-on-Sea"],
            "printed_names": ["Greater Marlow", ""],
        }
    )
    assert names_by_row(table) == {
        0: {"marlow county council", "greater marlow"},
        1: {"farwick", "marlow", "farwick on sea"},
    }


WITHOUT = {
    "Marlowshire County Council": "Marlowshire",
    "Royal Borough of Marlow": "Marlow",
    "the Council of the Isles of Marlow": "Isles of Marlow",
    "Marlow Metropolitan Borough Council": "Marlow",
    "Marlow MBC": "Marlow",
    "City Council": "City",
    "Marlow City": "Marlow City",  # no council at its end
    "City of London": "",  # London alone is not it
    "": "",
}


@pytest.mark.parametrize("name", WITHOUT)
def test_the_words_for_a_council_are_taken_off(name):
    assert without_council(name) == WITHOUT[name]


PLAIN = {
    "Stoke‑on‑Trent": "Stoke on Trent",
    "Hammersmith & Fulham": "Hammersmith and Fulham",
    "St. Helens": "St Helens",
    "  **Far\twick** |": "Far wick",
    "children’s": "children's",
    "ﬁnd": "find",
}


@pytest.mark.parametrize("text", PLAIN)
def test_names_meet_in_one_spelling(text):
    assert plain_spelling(text) == PLAIN[text]


@settings(deadline=None)
@given(st.text(max_size=60))
def test_a_plain_spelling_is_plain(text):
    plain = plain_spelling(text)
    assert plain == plain.strip() and "  " not in plain and not set("-–*#_|&\n") & set(plain)


def test_an_address_that_two_councils_share_is_nobodys():
    table = pd.DataFrame(
        {
            "domain": [
                "marlow.gov.uk",
                "Shared.gov.uk",
                "shared.gov.uk",
                "farwick.org",
                "",
                "bcpcouncil.gov.uk",
            ]
        }
    )
    assert domains_of(table) == {"marlow.gov.uk": 0}


THERE = ["Bristol, City of", "St. Helens", "Telford and Wrekin", "Kingston upon Thames",
         "Kingston Upon Hull, City of", "Northmarlow", ""]  # fmt: skip
PICKED = {
    "Bristol": "Bristol, City of",
    "bristol city council": "Bristol, City of",
    "St Helens": "St. Helens",
    "Telford & Wrekin": "Telford and Wrekin",
    "Hull": "Kingston Upon Hull, City of",
    "NORTHMARLOW County Council": "Northmarlow",
    "St. Helens": "St. Helens",
}


@pytest.mark.parametrize("name", PICKED)
def test_any_spelling_picks_the_authority(name):
    assert pick_authority(name, THERE) == PICKED[name]


NOT_PICKED = {
    "Wrekin": "Did you mean Telford and Wrekin?",
    "Northmarlwo": "Did you mean Northmarlow?",
    "Leeds": "There are: Bristol, City of; Kingston Upon Hull, City of",
    "": "There are: ",
}


@pytest.mark.parametrize("name", NOT_PICKED)
def test_another_name_picks_none_and_says_what_is_there(name):
    with pytest.raises(TableError, match="no authority") as refused:
        pick_authority(name, THERE)
    assert refused.value.hint.startswith(NOT_PICKED[name])


def test_long_lists_of_authorities_are_cut():
    with pytest.raises(TableError) as refused:
        pick_authority("Leeds", [f"Area {n:02d}" for n in range(20)])
    assert refused.value.hint.endswith("Area 11 and 8 more.")
    with pytest.raises(TableError) as refused:
        pick_authority("Leeds", [""])
    assert "no report whose authority is known" in refused.value.hint


def test_a_corpus_own_spelling_picks_its_authority(tmp_path):
    extra = tmp_path / "authorities.csv"
    extra.write_text("name,also_known_as\nNorthmarlow,The Marlow Trust\n", encoding="utf-8")
    assert pick_authority("the marlow trust", THERE, extra) == "Northmarlow"
