from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.base.errors import TableError
from pipeline.tagging.model import Tagging
from pipeline.tagging.passages import Passage, read_passages, write_passage_tags


@pytest.fixture
def read(tmp_path):
    def make(*lines, encoding="utf-8"):
        path = tmp_path / "loose.jsonl"
        path.write_bytes("\n".join(lines).encode(encoding))
        return read_passages(path)

    return make


READ = {
    "text alone": ('{"id": 1, "text": "Plans are clear."}', 1, Passage("Plans are clear.")),
    "with what stands above": (
        '{"id": "a", "text": "the pace", "heading": "Report > Plans", "lead_in": "Improve:"}',
        "a",
        Passage("the pace", "Report > Plans", "Improve:"),
    ),
    "nothing above": (
        '{"id": null, "text": "Plans.", "heading": null, "lead_in": ""}',
        None,
        Passage("Plans."),
    ),
    "characters nobody sees": ('{"id": 1, "text": "  super\\u200bvision\\n•"}', 1, Passage("supervision •")),
    "more fields": ('{"id": 1, "text": "Plans.", "page": 3}', 1, Passage("Plans.")),
}  # fmt: skip


@pytest.mark.parametrize("name", READ)
def test_passages_come_as_json_lines(read, name):
    line, passage_id, passage = READ[name]
    assert read(line) == ([passage_id], [passage])


def test_empty_lines_and_a_mark_at_the_start_are_passed_over(read):
    line = '{"id": 1, "text": "Plans."}'
    ids, passages = read(line, "", " \r", line, "", encoding="utf-8-sig")
    assert ids == [1, 1] and len(passages) == 2
    assert read("") == ([], [])


WRONG = {
    "no JSON": "{",
    "a list": "[1]",
    "a string": '"text"',
    "no text": '{"id": 1}',
    "no id": '{"text": "Plans."}',
    "a number for a text": '{"id": 1, "text": 3}',
    "an id that is no number": '{"id": NaN, "text": "Plans."}',
    "lists in lists": '{"id": 1, "text": ' + "[" * 100_000 + "]" * 100_000 + "}",
    "a whole book": json.dumps({"id": 1, "text": "Plans are clear. " * 10_000}),
    "a list for a heading": '{"id": 1, "text": "Plans.", "heading": ["a"]}',
}


@pytest.mark.parametrize("name", WRONG)
def test_a_line_that_is_wrong_is_named(read, name):
    with pytest.raises(TableError, match="line 3: ") as error:
        read('{"id": 1, "text": "Plans."}', "", WRONG[name])
    assert "Error" not in str(error.value) and '"id"' in error.value.hint


def test_what_is_no_text_or_not_there_is_refused(read, tmp_path):
    with pytest.raises(TableError, match="cannot be read"):
        read('{"id": 1, "text": "£"}', encoding="cp1252")
    with pytest.raises(TableError, match="There is no file"):
        read_passages(tmp_path / "nowhere.jsonl")


TEXTS = st.text(st.characters(categories=["Lu", "Ll", "Po"]), max_size=20)


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers() | TEXTS, TEXTS), max_size=5))
def test_ids_come_back_as_they_went_and_in_their_order(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("loose") / "x.jsonl"
    path.write_text("\n".join(json.dumps({"id": i, "text": t}) for i, t in rows), encoding="utf-8")
    ids, passages = read_passages(path)
    assert ids == [i for i, _ in rows] and len(passages) == len(rows)


def test_what_the_model_said_goes_out_a_passage_a_line(tmp_path):
    tagging = Tagging(
        probability=np.array([[0.123456, 0.9], [0.5, 0.1]]),
        tagged=np.array([[False, True], [False, False]]),
        stance=np.array([["", "concern"], ["", ""]], dtype=object),
        carries=np.array([[[0, 0], [3, 9]], [[0, 5], [0, 5]]]),
        halves=np.full((2, 2, 2, 2), -1),
    )
    path = tmp_path / "new" / "tags.jsonl"
    write_passage_tags(path, ["é\ud800", 2], ["camhs", "early_help"], tagging)
    first, second = map(json.loads, path.read_text(encoding="utf-8").splitlines())
    assert first == {
        "id": "é\ud800",
        "themes": {
            "camhs": {"probability": 0.1235, "tagged": False, "stance": "", "carries": [0, 0]},
            "early_help": {
                "probability": 0.9,
                "tagged": True,
                "stance": "concern",
                "carries": [3, 9],
            },
        },
    }
    assert second["id"] == 2 and second["themes"]["camhs"]["probability"] == 0.5
