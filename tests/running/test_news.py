from __future__ import annotations

import pandas as pd
import pytest

from pipeline.base.columns import DOCUMENTS, FAILURES
from pipeline.base.tables import write_table
from pipeline.running.news import LAST_FILE, find_news, remember


@pytest.fixture
def read(tmp_path):
    """Write `documents` as if these files (name → hash) had been read, but for those `failed`."""

    def write(*failed, **files):
        failures = pd.DataFrame("", index=range(len(failed)), columns=FAILURES)
        failures["source_file"] = list(failed)
        write_table(failures, tmp_path, "failures")
        table = pd.DataFrame("", index=range(len(files)), columns=DOCUMENTS)
        table["source_file"], table["sha256"] = list(files), list(files.values())
        write_table(table, tmp_path, "documents")

    return write


def test_what_came_and_went_since_the_last_run(tmp_path, read):
    read(a="1", b="2")
    assert find_news(tmp_path).is_empty and find_news(tmp_path).since == ""
    remember(tmp_path, 0.0)
    read(renamed="1", c="3")
    news = find_news(tmp_path)
    assert news.since == "1970-01-01T00:00:00Z" and not news.is_empty
    assert news.new["source_file"].tolist() == ["c"] and news.gone == ("b",)


def test_what_could_not_be_read_once_neither_went_nor_came(tmp_path, read):
    read(a="1", b="2")
    remember(tmp_path, 0.0)
    read("b", a="1")
    assert find_news(tmp_path).is_empty
    remember(tmp_path, 1.0)
    read(a="1", b="2")
    assert find_news(tmp_path).is_empty
    read(a="1")
    assert find_news(tmp_path).gone == ("b",)


@pytest.mark.parametrize("damage", ["", "[]", '{"inputs": 3}', '{"inputs": {}}'])
def test_without_a_memory_nothing_is_new(tmp_path, read, damage):
    read(a="1")
    (tmp_path / LAST_FILE).write_text(damage)
    assert find_news(tmp_path).is_empty
