from __future__ import annotations

import json

import pytest

from pipeline.base.codebook import read_codebook
from pipeline.base.columns import PARAGRAPHS, substantive_rows
from pipeline.base.errors import CorpusError
from pipeline.base.paths import CODEBOOK, DIRECTION
from pipeline.labelling.codes import CODES_COLUMNS, themes_of
from pipeline.labelling.direction import AUTHORITIES, read_direction
from pipeline.labelling.direction import DIRECTION as DRAWN
from pipeline.labelling.link import link_codes

THEMES = list(read_codebook(CODEBOOK))


@pytest.fixture(scope="module")
def shipped():
    return read_direction(DIRECTION, themes=THEMES)


def test_every_sentence_links_to_its_own_codes(shipped):
    codes, paragraphs = shipped
    linked, absent = link_codes(codes, paragraphs)
    assert len(linked) == len(codes) == len(paragraphs) and absent.empty
    # Numbers do not count: two sentences that differ in nothing else would be one.
    assert codes["fingerprint"].is_unique
    assert list(codes.columns[:6]) == CODES_COLUMNS and list(paragraphs.columns) == PARAGRAPHS
    assert substantive_rows(paragraphs).all()
    assert codes["authority"].nunique() == AUTHORITIES and set(codes["drawn"]) == {DRAWN}


def test_each_theme_is_said_to_go_both_ways(shipped):
    codes, _ = shipped
    for theme in themes_of(codes):
        counts = codes[theme].value_counts()
        assert counts["strength"] > 50 and counts["concern"] > 50, theme


def test_lines_of_ones_own_say_nothing_of_themes_that_are_not_theirs(shipped, tmp_path):
    about = {"placements": "concern", "camhs": "strength"}
    lines = [
        {"text": f"Line {n}.", "heading": "", "lead_in": "", "themes": themes}
        for n, themes in enumerate((about, {"camhs": "concern"}, {}))
    ]
    path = tmp_path / "direction.jsonl"
    path.write_text("\ufeff" + "\n".join(map(json.dumps, lines)), encoding="utf-8")
    codes, paragraphs = read_direction(DIRECTION, path, themes=[*THEMES, "placements"])
    own, n = codes.tail(3), len(shipped[0])
    assert own["placements"].tolist() == ["concern", "no", "no"]
    assert own["camhs"].tolist() == ["strength", "concern", "no"]
    assert set(own["supervision"]) == set(codes["placements"].head(n)) == {""}
    # What is shipped stays what it is, so that kept counts still belong to it.
    assert codes.head(n)[shipped[0].columns].equals(shipped[0])
    assert paragraphs.head(n).equals(shipped[1]) and paragraphs["paragraph_id"].is_unique


def test_what_stands_above_may_be_left_out(tmp_path):
    path = tmp_path / "direction.jsonl"
    path.write_text('{"text": "Waits fell.", "themes": {"camhs": "strength"}, "lead_in": null}')
    _, paragraphs = read_direction(path, themes=THEMES)
    assert paragraphs[["text", "heading", "lead_in"]].to_numpy().tolist() == [
        ["Waits fell.", "", ""]
    ]


WRONG = {
    "no JSON": "{",
    "no themes": json.dumps({"text": "a"}),
    "a list of themes": json.dumps({"text": "a", "themes": ["camhs"]}),
    "no stance": json.dumps({"text": "a", "themes": {"camhs": ["concern"]}}),
    "no text": json.dumps({"heading": "", "lead_in": "", "themes": {}}),
    "an unknown stance": json.dumps(
        {"text": "a", "heading": "", "lead_in": "", "themes": {"camhs": "good"}}
    ),
    "a list": "[]",
    "no words": json.dumps({"text": None, "heading": "", "lead_in": "", "themes": {}}),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_damaged_line_is_named(tmp_path, name):
    good = json.dumps({"text": "a", "heading": "", "lead_in": "", "themes": {"camhs": "concern"}})
    path = tmp_path / "direction.jsonl"
    path.write_text(f"{good}\n{WRONG[name]}\n", encoding="utf-8")
    with pytest.raises(CorpusError, match=r"line 2: (its?|a) ") as error:
        read_direction(path, themes=THEMES)
    assert '"themes"' in error.value.hint


@pytest.mark.parametrize(("theme", "near"), [("camsh", "camhs"), ("ferries", "early_help")])
def test_a_theme_that_is_not_in_the_codebook_is_named(tmp_path, theme, near):
    """A misspelt one taught that the sentence is not about the theme that was meant."""
    line = {"text": "Waits fell.", "heading": "", "lead_in": "", "themes": {theme: "strength"}}
    path = tmp_path / "direction.jsonl"
    path.write_text(json.dumps(line), encoding="utf-8")
    with pytest.raises(CorpusError, match=f"line 1: there is no theme '{theme}'") as error:
        read_direction(path, themes=THEMES)
    assert near in error.value.hint


def test_a_string_may_hold_other_ends_of_lines(tmp_path):
    row = {"text": "Drift\u2028fell.", "heading": "", "lead_in": "", "themes": {}}
    path = tmp_path / "direction.jsonl"
    path.write_text(json.dumps(row, ensure_ascii=False) + "\n", encoding="utf-8")
    assert read_direction(path, themes=THEMES)[1]["text"].tolist() == ["Drift\u2028fell."]


def test_a_file_in_another_encoding_is_refused(tmp_path):
    path = tmp_path / "direction.jsonl"
    path.write_bytes("The council’s".encode("cp1252"))
    with pytest.raises(CorpusError, match="cannot be read"):
        read_direction(path, themes=THEMES)


def test_an_empty_file_says_nothing(tmp_path):
    path = tmp_path / "direction.jsonl"
    path.write_text("", encoding="utf-8")
    codes, paragraphs = read_direction(path, themes=THEMES)
    assert codes.empty and paragraphs.empty
