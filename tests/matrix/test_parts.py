from __future__ import annotations

import pandas as pd
import pytest
from factories import documents_table

from pipeline.base.columns import PARAGRAPHS, TAGS, empty_table
from pipeline.base.errors import TableError
from pipeline.base.tables import write_table
from pipeline.matrix import parts as module
from pipeline.matrix.parts import read_in_parts

# Paragraphs of each document; one has none.
SIZES = {"a": 3, "b": 0, "c": 2, "d": 1, "e": 4}


def rows(columns, doc_ids):
    ids = [f"{doc}:{n}" for doc in doc_ids for n in range(SIZES[doc])]
    table = empty_table(columns).reindex(range(len(ids)))
    filled = {
        "paragraph_id": ids,
        "doc_id": [i[0] for i in ids],
        "boilerplate": False,
        "tagged": False,
    }
    return table.assign(**{name: values for name, values in filled.items() if name in columns})


def write(folder, doc_ids, tagged=None):
    write_table(rows(PARAGRAPHS, doc_ids), folder, "paragraphs")
    write_table(rows(TAGS, doc_ids if tagged is None else tagged), folder, "tags")
    return documents_table(*((doc, "Kent", SIZES[doc]) for doc in doc_ids))


@pytest.mark.parametrize("at_once", [1, 2, 3, 20])
def test_parts_hold_all_rows_of_their_documents_in_step(tmp_path, monkeypatch, at_once):
    monkeypatch.setattr(module, "DOCUMENTS_AT_ONCE", at_once)
    documents = write(tmp_path, list(SIZES))
    found = list(read_in_parts(tmp_path, documents))
    assert [len(part.documents) for part in found] == [
        min(at_once, len(SIZES) - start) for start in range(0, len(SIZES), at_once)
    ]
    for part in found:
        own = part.documents["doc_id"].tolist()
        expected = [f"{doc}:{n}" for doc in own for n in range(SIZES[doc])]
        assert part.paragraphs["paragraph_id"].tolist() == expected
        assert part.tags["paragraph_id"].tolist() == expected
        assert list(part.paragraphs.columns) == PARAGRAPHS and list(part.tags.columns) == TAGS
    pd.testing.assert_frame_equal(pd.concat([part.documents for part in found]), documents)


def test_no_documents_are_one_part_without_rows(tmp_path):
    (part,) = read_in_parts(tmp_path, write(tmp_path, []))
    assert [len(table) for table in part] == [0, 0, 0]
    assert list(part.tags.columns) == TAGS


UNFIT = {
    "paragraphs of another document": (["a", "c"], ["a"], "paragraphs.*: c"),
    "documents in another order": (["c", "a"], ["a", "c"], "paragraphs.*: a"),
}


@pytest.mark.parametrize("name", UNFIT)
def test_tables_that_do_not_fit_together_are_refused(tmp_path, name, monkeypatch):
    written, asked, reason = UNFIT[name]
    monkeypatch.setattr(module, "DOCUMENTS_AT_ONCE", 1)
    write(tmp_path, written)
    documents = documents_table(*((doc, "Kent", SIZES[doc]) for doc in asked))
    with pytest.raises(TableError, match=reason):
        list(read_in_parts(tmp_path, documents))


def test_tags_of_more_documents_than_there_are_paragraphs_are_refused(tmp_path):
    documents = write(tmp_path, ["a"], tagged=["a", "e"])
    with pytest.raises(TableError, match=r"tags.*: e"):
        list(read_in_parts(tmp_path, documents))


@pytest.mark.parametrize("name", ["paragraphs", "tags"])
def test_a_table_that_is_missing_is_named(tmp_path, name):
    documents = write(tmp_path, ["a"])
    (tmp_path / f"{name}.parquet").unlink()
    with pytest.raises(TableError, match=name):
        list(read_in_parts(tmp_path, documents))
