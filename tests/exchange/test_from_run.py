from __future__ import annotations

import unicodedata

import pandas as pd
import pytest
from projects import ONE, TAGGED, TEXTS, THEMES, THREE, TWO

from pipeline.exchange.code_tree import READ_GUID, code_guid
from pipeline.exchange.from_run import (
    MODEL,
    Said,
    code_case,
    describe_project,
    link_people,
    make_sources,
    model_user,
    name_sources,
    source_guid,
    user_guid,
)
from pipeline.exchange.project import Case
from pipeline.labelling.codes import read_codes
from pipeline.matrix.parts import Part


@pytest.fixture
def part(tables):
    return Part(**tables)


def made(part, people=None):
    return {
        source.guid: source
        for source in make_sources(part, THEMES, people or {}, name_sources(part.documents), {})
    }


def test_selections_cut_out_exactly_what_was_tagged(part):
    sources = made(part)
    for (doc_id, n), tags in TAGGED.items():
        source = sources[source_guid(doc_id)]
        cut = {
            source.text[s.start : s.end]: [c.code for c in s.codings] for s in source.selections
        }
        whole = unicodedata.normalize("NFC", TEXTS[doc_id][n][1])
        assert whole in cut
        for theme, stance, words in tags:
            assert code_guid(theme, stance) in cut[words], words


def test_a_person_has_said_read_only_if_nothing_was_left_open(part, anna):
    people = link_people(read_codes([anna]), part, THEMES)
    assert {name: said[0].for_all for name, said in people.items()} == {
        f"{ONE}:0002": True, f"{TWO}:0000": False,
    }  # fmt: skip
    codes = [
        coding.code
        for source in made(part, people).values()
        for s in source.selections
        if s.user == user_guid("anna")
        for coding in s.codings
    ]
    assert codes == [
        code_guid("camhs"), code_guid("camhs", "mixed"), READ_GUID,
        code_guid("recruitment"), code_guid("recruitment", "concern"),
    ]  # fmt: skip
    nothing = {f"{THREE}:0000": [Said("anna", "", {"camhs": "no"}, for_all=False)]}
    assert not made(part, nothing)[source_guid(THREE)].selections


def test_what_a_coder_said_of_an_added_theme_goes_with_the_rest(part, anna, tmp_path):
    """`label --theme` adds a row for a paragraph that was read for all themes of its time."""
    codes = read_codes([anna])
    first = codes.head(1).assign(recruitment="")
    later = first.assign(camhs="mixed", supervision="", recruitment="no", coded_on="2026-12-01")
    for rows in ([first, later], [later, first]):
        people = link_people(pd.concat(rows, ignore_index=True), part, THEMES)
        assert people == {
            f"{ONE}:0002": [
                Said("anna", "2026-12-01", dict.fromkeys(THEMES, "no") | {"camhs": "mixed"}, True)
            ]
        }
    changed = later.assign(camhs="strength")
    people = link_people(pd.concat([changed, first], ignore_index=True), part, THEMES)
    assert people[f"{ONE}:0002"][0].codes["camhs"] == "strength"
    ben = link_people(pd.concat([first, later.assign(coder="ben")]), part, THEMES)
    assert [said.coder for said in ben[f"{ONE}:0002"]] == ["anna", "ben"]


def test_sources_have_names_of_their_own_in_composed_letters(part):
    names = name_sources(part.documents)
    assert names == {ONE: f"Résumé ({ONE})", TWO: f"résumé ({TWO})", THREE: "letter"}
    decomposed = part.documents.assign(source_file=["e\u0301.pdf", "b\x01.pdf", "b.c.txt"])
    assert list(name_sources(decomposed).values()) == ["é", "b", "b.c"]


def test_a_case_is_an_authority_with_its_documents(part):
    project = describe_project("p", part.documents, {}, ["model m1"])
    assert [(case.name, case.sources) for case in project.cases] == [
        ("Greymoor", (source_guid(TWO),)), ("Marlowshire", (source_guid(ONE),)),
    ]  # fmt: skip
    assert [value.text for value in project.cases[0].values] == ["South West"]
    assert [group.name for group in project.groups] == ["Framework: ILACS", "Framework: SIF"]
    values = made(part)[source_guid(ONE)].values
    assert ("Published on", "Date", "2014-05-02") in [
        (value.variable.name, value.variable.kind, value.text) for value in values
    ]
    assert "Leadership" not in [value.variable.name for value in values]


def test_the_code_of_a_case_is_given_to_the_whole_text(part):
    source = made(part)[source_guid(TWO)]
    coded = code_case(source, Case("g", "Greymoor", (), ()), "u").selections
    assert (coded[0].start, coded[0].end) == (0, len(source.text))
    assert coded[1:] == source.selections and coded[0].codings[0].code == "g"


def test_pages_are_in_the_names_where_there_are_pages(part):
    sources = made(part)
    assert {s.name.partition(":")[0] for s in sources[source_guid(ONE)].selections} == {
        "p. 2",
        "p. 3",
    }
    assert not any(s.name.startswith("p. ") for s in sources[source_guid(TWO)].selections)
    over = part._replace(paragraphs=part.paragraphs.assign(pages="0:2 5:8"))
    selections = made(over)[source_guid(ONE)].selections
    assert {s.name[:5] for s in selections} == {"p. 2:", "p. 8:"}
    assert MODEL.match(model_user("m1")) and not MODEL.match("Anna Model")


def test_a_document_without_paragraphs_is_an_empty_source(part):
    empty = part._replace(paragraphs=part.paragraphs.head(0), tags=part.tags.head(0))
    assert [source.text for source in made(empty).values()] == ["", "", ""]
    assert isinstance(empty.documents, pd.DataFrame)
