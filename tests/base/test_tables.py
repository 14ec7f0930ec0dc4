from __future__ import annotations

import pandas as pd
import pyarrow as pa
import pytest

from pipeline.base.errors import TableError
from pipeline.base.tables import RowsByDocument, TableWriter, read_table, write_table

TABLE = pd.DataFrame(
    {"text": ["=1+1", "-2", "plain", "@x", "a\nb"], "share": [0.1, 0.25, 1 / 3, 0, 1]}
)


def test_parquet_is_exact_and_csv_is_safe(tmp_path):
    write_table(TABLE, tmp_path, "cells")
    pd.testing.assert_frame_equal(read_table(tmp_path, "cells", ["text", "share"], "run"), TABLE)
    lines = (tmp_path / "cells.csv").read_text().splitlines()
    assert lines[:4] == ["text,share", "'=1+1,0.100000", "'-2,0.250000", "plain,0.333333"]
    assert not list(tmp_path.glob(".*"))


def test_same_content_same_bytes(tmp_path):
    for name in ("one", "two"):
        write_table(TABLE, tmp_path, name)
    for ending in ("csv", "parquet"):
        one, two = tmp_path / f"one.{ending}", tmp_path / f"two.{ending}"
        assert one.read_bytes() == two.read_bytes()


def test_missing_damaged_and_incomplete_tables_say_what_to_run(tmp_path):
    with pytest.raises(TableError) as missing:
        read_table(tmp_path, "tags", ["theme"], "tag")
    assert "inspection-themes tag" in missing.value.hint
    (tmp_path / "tags.parquet").write_bytes(b"PAR1 no")
    with pytest.raises(TableError, match="cannot be read"):
        read_table(tmp_path, "tags", ["theme"], "tag")
    write_table(TABLE, tmp_path, "tags")
    with pytest.raises(TableError, match="lacks the columns theme"):
        read_table(tmp_path, "tags", ["theme"], "tag")


def test_what_fails_half_way_leaves_the_table_of_before(tmp_path):
    write_table(TABLE, tmp_path, "tags")
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    whole = pa.Table.from_pandas(TABLE, preserve_index=False)
    with pytest.raises(RuntimeError), TableWriter(tmp_path, "tags", whole.schema) as writer:
        for _ in range(5_000):
            writer.add(whole)
        raise RuntimeError
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_table_in_parts_is_the_table_in_one(tmp_path):
    whole = pa.Table.from_pandas(pd.concat([TABLE] * 5_000), preserve_index=False)
    for name, step in (("one", len(whole)), ("two", 7), ("three", 12_345)):
        with TableWriter(tmp_path, name, whole.schema) as writer:
            for start in range(0, len(whole), step):
                writer.add(whole.slice(start, step))
    for ending in ("csv", "parquet"):
        one, *others = (tmp_path / f"{name}.{ending}" for name in ("one", "two", "three"))
        assert all(other.read_bytes() == one.read_bytes() for other in others)


def test_rows_are_taken_document_by_document(tmp_path):
    rows = pd.DataFrame({"doc_id": list("aabbbd"), "n": range(6)})
    write_table(rows, tmp_path, "tags")
    taken = RowsByDocument(tmp_path, "tags", ["doc_id", "n"], "tag")
    assert taken.take(["a"])["n"].tolist() == [0, 1]
    assert taken.take(["b", "c"])["n"].tolist() == [2, 3, 4]
    with pytest.raises(TableError, match="without a document: d"):
        taken.close()
