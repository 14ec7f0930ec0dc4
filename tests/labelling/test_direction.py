from __future__ import annotations

import json

import pytest

from pipeline.base.columns import PARAGRAPHS, substantive_rows
from pipeline.base.errors import CorpusError
from pipeline.base.paths import DIRECTION
from pipeline.labelling.codes import CODES_COLUMNS, themes_of
from pipeline.labelling.direction import AUTHORITIES, read_direction
from pipeline.labelling.direction import DIRECTION as DRAWN
from pipeline.labelling.link import link_codes


@pytest.fixture(scope="module")
def shipped():
    return read_direction(DIRECTION)


def test_every_sentence_links_to_its_own_codes(shipped):
    codes, paragraphs = shipped
    linked, absent = link_codes(codes, paragraphs)
    assert len(linked) == len(codes) == len(paragraphs) and absent.empty
    assert list(codes.columns[:6]) == CODES_COLUMNS and list(paragraphs.columns) == PARAGRAPHS
    assert substantive_rows(paragraphs).all()
    assert codes["authority"].nunique() == AUTHORITIES and set(codes["drawn"]) == {DRAWN}


def test_each_theme_is_said_to_go_both_ways(shipped):
    codes, _ = shipped
    for theme in themes_of(codes):
        counts = codes[theme].value_counts()
        assert counts["strength"] > 50 and counts["concern"] > 50, theme


WRONG = {
    "no JSON": "{",
    "no text": json.dumps({"heading": "", "lead_in": "", "themes": {}}),
    "an unknown stance": json.dumps(
        {"text": "a", "heading": "", "lead_in": "", "themes": {"camhs": "good"}}
    ),
    "a list": "[]",
}


@pytest.mark.parametrize("name", WRONG)
def test_a_damaged_line_is_named(tmp_path, name):
    good = json.dumps({"text": "a", "heading": "", "lead_in": "", "themes": {"camhs": "concern"}})
    path = tmp_path / "direction.jsonl"
    path.write_text(f"{good}\n{WRONG[name]}\n", encoding="utf-8")
    with pytest.raises(CorpusError, match="line 2"):
        read_direction(path)
