from __future__ import annotations

import gc
import sys

import pandas as pd
import pyarrow as pa
import pytest
from pyarrow.parquet import ParquetFile

from pipeline.base.columns import PARAGRAPHS, TABLES, TAGS, Declared
from pipeline.base.errors import TableError
from pipeline.base.tables import (
    MODEL_CARD,
    ROWS_READ,
    RowsByDocument,
    TableWriter,
    escape_formula,
    read_card,
    read_parts,
    read_rows,
    read_table,
    schema_of,
    to_pandas,
    write_table,
)

TABLE = pd.DataFrame(
    {"text": ["=1+1", "-2", "plain", "@x", "a\nb"], "share": [0.1, 0.25, 1 / 3, 0, 1]}
)


@pytest.fixture
def declare(monkeypatch):
    """Declares a table `tags` of these columns, for one test."""
    return lambda *columns: monkeypatch.setitem(TABLES, "tags", Declared(list(columns), "tag"))


def test_parquet_is_exact_and_csv_is_safe(tmp_path, declare):
    declare("text", "share")
    write_table(TABLE, tmp_path, "tags")
    pd.testing.assert_frame_equal(read_table(tmp_path, "tags"), TABLE)
    lines = (tmp_path / "tags.csv").read_text().splitlines()
    assert lines[:4] == ["text,share", "'=1+1,0.100000", "'-2,0.250000", "plain,0.333333"]
    assert not list(tmp_path.glob(".*"))


def test_same_content_same_bytes(tmp_path):
    for name in ("one", "two"):
        write_table(TABLE, tmp_path, name)
    for ending in ("csv", "parquet"):
        one, two = tmp_path / f"one.{ending}", tmp_path / f"two.{ending}"
        assert one.read_bytes() == two.read_bytes()


def test_rows_that_come_one_by_one_do_not_wait_as_a_table_each(tmp_path):
    whole = pa.Table.from_pandas(TABLE, preserve_index=False)
    with TableWriter(tmp_path, "one-by-one", whole.schema) as writer:
        for _ in range(1000):
            writer.add(whole.slice(0, 1))
        chunks = [t.column(0).num_chunks for t in (*writer._waiting, *writer._small)]
        assert sum(chunks) < 100
    with TableWriter(tmp_path, "at-once", whole.schema) as writer:
        writer.add(pa.concat_tables([whole.slice(0, 1)] * 1000))
    for ending in ("csv", "parquet"):
        one, other = (tmp_path / f"{name}.{ending}" for name in ("one-by-one", "at-once"))
        assert one.read_bytes() == other.read_bytes()


def test_missing_damaged_and_incomplete_tables_say_what_to_run(tmp_path, declare):
    declare("theme")
    with pytest.raises(TableError) as missing:
        read_table(tmp_path, "tags")
    assert "inspection-themes tag" in missing.value.hint
    (tmp_path / "tags.parquet").write_bytes(b"PAR1 no")
    with pytest.raises(TableError, match="cannot be read"):
        read_table(tmp_path, "tags")
    write_table(TABLE, tmp_path, "tags")
    with pytest.raises(TableError, match="lacks the columns theme"):
        read_table(tmp_path, "tags")


def test_what_fails_half_way_leaves_the_table_of_before(tmp_path):
    write_table(TABLE, tmp_path, "tags")
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    whole = pa.Table.from_pandas(TABLE, preserve_index=False)
    with pytest.raises(RuntimeError), TableWriter(tmp_path, "tags", whole.schema) as writer:
        for _ in range(5_000):
            writer.add(whole)
        raise RuntimeError
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


@pytest.mark.parametrize("room", [0, 100, 700])
def test_a_full_disk_is_told_once_and_leaves_nothing(tmp_path, monkeypatch, full_disk, room):
    """Not again, with a traceback, when the writer is deleted."""
    told_again = []
    monkeypatch.setattr(sys, "unraisablehook", told_again.append)
    with full_disk(room), pytest.raises(OSError, match="too large"):
        write_table(TABLE, tmp_path, "tags")
    gc.collect()
    assert not told_again and not list(tmp_path.iterdir())


def test_table_in_parts_is_the_table_in_one(tmp_path):
    whole = pa.Table.from_pandas(pd.concat([TABLE] * 5_000), preserve_index=False)
    for name, step in (("one", len(whole)), ("two", 7), ("three", 12_345)):
        with TableWriter(tmp_path, name, whole.schema) as writer:
            for start in range(0, len(whole), step):
                writer.add(whole.slice(start, step))
    for ending in ("csv", "parquet"):
        one, *others = (tmp_path / f"{name}.{ending}" for name in ("one", "two", "three"))
        assert all(other.read_bytes() == one.read_bytes() for other in others)


def test_rows_are_taken_document_by_document(tmp_path, declare):
    declare("doc_id", "n")
    rows = pd.DataFrame({"doc_id": list("aabbbd"), "n": range(6)})
    write_table(rows, tmp_path, "tags")
    with RowsByDocument(tmp_path, "tags") as taken:
        assert taken.take(["a"])["n"].tolist() == [0, 1]
        assert taken.take(["b", "c"])["n"].tolist() == [2, 3, 4]
        with pytest.raises(TableError, match="without a document: d"):
            taken.check_end()


def test_rows_of_some_documents_are_read_from_anywhere_in_the_table(tmp_path, declare):
    declare("doc_id", "n")
    rows = pd.DataFrame({"doc_id": list("aabbbd") * ROWS_READ, "n": range(6 * ROWS_READ)})
    write_table(rows, tmp_path, "tags")
    read = read_rows(tmp_path, "tags", ["d", "a", "none"])
    assert read["n"].tolist() == rows.loc[rows["doc_id"].isin(["a", "d"]), "n"].tolist()
    assert read_rows(tmp_path, "tags", []).columns.tolist() == ["doc_id", "n"]


def test_file_is_closed_when_reading_its_rows_fails(tmp_path, declare, monkeypatch):
    declare("doc_id")
    write_table(pd.DataFrame({"doc_id": ["a", "b"]}), tmp_path, "tags")
    opened = []
    monkeypatch.setattr(
        "pipeline.base.tables.pq.ParquetFile",
        lambda *arguments, **options: (
            opened.append(ParquetFile(*arguments, **options)) or opened[0]
        ),
    )
    # Windows lets nobody replace a file that is open.
    with pytest.raises(KeyError), RowsByDocument(tmp_path, "tags") as rows:
        rows.take(["a"])
        raise KeyError
    assert opened[0].closed


FORMULAS = {"=1+1": "'=1+1", "-2 of 3": "'-2 of 3", "\tx": "'\tx", "plain": "plain", "a=b": "a=b", "": "", -2: -2, None: None}  # fmt: skip


@pytest.mark.parametrize("value", FORMULAS)
def test_no_text_is_run_as_a_formula(value):
    assert escape_formula(value) == FORMULAS[value]


def test_counts_with_gaps_stay_whole_numbers(tmp_path):
    table = pd.DataFrame({"page": pd.array([12, None], dtype="Int64")})
    write_table(table, tmp_path, "pages")
    assert (tmp_path / "pages.csv").read_text().splitlines() == ["page", "12", '""']
    assert to_pandas(pa.table({"page": [12, None]}))["page"].tolist() == [12, pd.NA]


@pytest.mark.parametrize("columns", [PARAGRAPHS, TAGS])
def test_declared_columns_are_stored_alike_whatever_is_in_them(columns):
    schema = schema_of(columns)
    assert schema.names == columns
    assert schema is schema_of(list(columns))
    assert schema_of(["published_on"]).field("published_on").type == pa.date32()


def test_large_tables_are_read_in_parts_of_only_the_columns_declared(tmp_path, declare):
    declare("n")
    n_rows = 2 * ROWS_READ + 1
    write_table(pd.DataFrame({"n": range(n_rows), "text": "x"}), tmp_path, "tags")
    first, *parts = read_parts(tmp_path, "tags")
    assert len(first) == 0 and first.column_names == ["n"]
    assert [len(part) for part in parts] == [ROWS_READ, ROWS_READ, 1]
    assert pa.concat_tables(parts)["n"].to_pylist() == list(range(n_rows))


CARDS = {'{"model_id": "m"}': {"model_id": "m"}, "{": {}, None: {}}


@pytest.mark.parametrize("text", CARDS)
def test_a_card_that_is_missing_or_damaged_says_nothing(tmp_path, text):
    if text is not None:
        (tmp_path / MODEL_CARD).write_text(text)
    assert read_card(tmp_path) == CARDS[text]
