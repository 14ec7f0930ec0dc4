from __future__ import annotations

import pandas as pd
import pytest

from pipeline.base.codebook import STANCES
from pipeline.base.columns import HALF_COLUMNS, PARAGRAPHS, TAGS, empty_table
from pipeline.base.errors import TableError
from pipeline.tagging.tag import tag_paragraphs

CARRIES = "Supervision is regular and reflective, and managers give clear direction in every case."
NOTHING = "The court granted a supervision order in May."


def paragraphs_table(*rows):
    """Paragraphs as (paragraph_id, kind, boilerplate, text)."""
    paragraphs = pd.DataFrame(rows, columns=["paragraph_id", "kind", "boilerplate", "text"])
    rest = {
        "doc_id": "d",
        "source_file": "x",
        "position": 0,
        "page": 1,
        "pages": "",
        "heading": "",
        "lead_in": "",
    }
    return paragraphs.assign(**rest)[PARAGRAPHS]


def test_tags_table(model):
    paragraphs = paragraphs_table(
        ("d:0", "paragraph", False, CARRIES),
        ("d:1", "heading", False, "Supervision"),
        ("d:2", "paragraph", True, CARRIES),
        ("d:3", "list_item", False, NOTHING),
    )
    tags = tag_paragraphs(paragraphs, model)
    assert list(tags.columns) == TAGS
    assert tags["paragraph_id"].tolist() == ["d:0"] * 5 + ["d:3"] * 5
    assert tags["probability"].between(0, 1).all()
    assert set(tags.loc[tags["tagged"], "stance"]) <= set(STANCES)
    assert (tags.loc[~tags["tagged"], "stance"] == "").all()
    assert tags["carries_from"].notna().equals(tags["tagged"])
    carried = tags[tags["tagged"]].iloc[0]
    assert (carried["carries_from"], carried["carries_to"]) == (0, len(CARRIES))


def test_a_mixed_paragraph_has_the_sentence_of_each_kind(model):
    praise = "Social workers receive regular, reflective supervision from skilled managers."
    worry = "However, supervision in the court team is irregular and its records are poor."
    paragraphs = paragraphs_table(
        ("d:0", "paragraph", False, f"The team moved in May. {praise} {worry}"),
        ("d:1", "paragraph", False, CARRIES),
    )
    tags = tag_paragraphs(paragraphs, model)
    mixed = tags["stance"] == "mixed"
    ((start, end, other_start, other_end),) = tags.loc[mixed, list(HALF_COLUMNS)].to_numpy()
    text = paragraphs["text"][0]
    assert (text[start:end], text[other_start:other_end]) == (praise, worry)
    assert tags.loc[~mixed, list(HALF_COLUMNS)].isna().all(axis=None)


def test_every_theme_has_a_row_under_the_name_of_the_model(model):
    tags = tag_paragraphs(paragraphs_table(("d:0", "paragraph", False, CARRIES)), model)
    assert tags["theme"].tolist() == model.themes
    assert set(tags["model_id"]) == {model.model_id}
    assert tags.loc[tags["tagged"], "theme"].tolist() == ["supervision"]


def test_headings_and_lead_ins_are_read_too(model):
    item = paragraphs_table(("d:0", "list_item", False, "supervision of social workers"))
    changes = ({}, {"heading": "What needs to improve"}, {"lead_in": "Leaders should improve:"})
    read = [tag_paragraphs(item.assign(**change), model)["probability"] for change in changes]
    assert not read[0].equals(read[1]) and not read[0].equals(read[2])


def test_no_paragraphs_have_no_tags(model):
    tags = tag_paragraphs(empty_table(PARAGRAPHS), model)
    assert list(tags.columns) == TAGS and tags.empty


def test_a_table_without_the_columns_is_refused(model):
    with pytest.raises(TableError, match="lead_in"):
        tag_paragraphs(empty_table(PARAGRAPHS).drop(columns="lead_in"), model)
