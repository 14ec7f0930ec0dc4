from __future__ import annotations

import pandas as pd
import pytest

from pipeline.base import columns
from pipeline.base.columns import check_columns, empty_table, substantive_rows
from pipeline.base.errors import TableError
from pipeline.base.records import KINDS

TABLES = ["DOCUMENTS", "PARAGRAPHS", "TAGS", "CELLS", "SLICES", "NEIGHBOURS", "STANDOUTS", "CHANGES", "FAILURES", "DISCREPANCIES"]  # fmt: skip
STORED = {
    "page": "Int64",
    "n_words": "Int64",
    "carries_to": "Int64",
    "boilerplate": "bool",
    "tagged": "bool",
    "probability": "float64",
    "published_on": "object",
}


@pytest.mark.parametrize("name", TABLES)
def test_no_table_has_a_column_twice(name):
    names = getattr(columns, name)
    assert len(names) == len(set(names))


@pytest.mark.parametrize("name", STORED)
def test_columns_of_empty_tables_have_their_type(name):
    table = empty_table(["text", name])
    assert list(table.columns) == ["text", name] and table.empty
    assert str(table[name].dtype) == STORED[name]
    assert pd.api.types.is_string_dtype(table["text"])


def test_what_the_types_name_is_a_column_of_some_table():
    named = {column for name in TABLES for column in getattr(columns, name)}
    groups = ("DATE_COLUMNS", "COUNT_COLUMNS", "YES_NO_COLUMNS", "SHARE_COLUMNS")
    assert {column for group in groups for column in getattr(columns, group)} <= named


def test_paragraphs_and_list_items_count_unless_they_are_boilerplate():
    table = pd.DataFrame({"kind": [*KINDS, *KINDS], "boilerplate": [False] * len(KINDS) + [True] * len(KINDS)})  # fmt: skip
    table.index += 10
    counted = substantive_rows(table)
    assert table.loc[counted, "kind"].tolist() == ["paragraph", "list_item"]
    assert not table.loc[counted, "boilerplate"].any()


def test_of_no_paragraphs_none_count():
    assert substantive_rows(empty_table(columns.PARAGRAPHS)).dtype == bool


def test_missing_columns_are_named():
    table = empty_table(["theme", "share"])
    check_columns(table, ["share"], "cells")
    with pytest.raises(TableError, match=r"`cells`.* authority, n_words\."):
        check_columns(table, ["authority", "share", "n_words"], "cells")
