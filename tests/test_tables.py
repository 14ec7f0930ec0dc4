from __future__ import annotations

import pandas as pd
import pytest

from pipeline.errors import TableError
from pipeline.tables import read_table, write_table

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
