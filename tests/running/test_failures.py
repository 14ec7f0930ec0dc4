from __future__ import annotations

import pytest

from pipeline.base.columns import FAILURES
from pipeline.base.errors import PipelineError
from pipeline.base.settings import Limits
from pipeline.running.failures import (
    TROUBLES,
    duplicate,
    error_of_trouble,
    failure_row,
    misspelt,
    read_in_part,
    stray_override,
    unread,
)

GAP = {"reason": "Page 2 holds no text.", "what_to_do": "Run again with --ocr."}
ROWS = {
    "not read": (unread("a.pdf", PipelineError("It is empty.", "Download it again.")), "extract"),
    "pictures": (read_in_part("a.pdf", GAP), "pages"),
    "a copy": (duplicate("a.pdf", "b.pdf"), "duplicate"),
    "a name to check": (misspelt("a.pdf", "Devn", "Devon"), "misspelt"),
    "an override of nothing": (stray_override("a.pdf"), "documents.csv"),
}


@pytest.mark.parametrize("name", ROWS)
def test_a_row_says_which_file_at_what_stage_why_and_what_to_do(name):
    row, stage = ROWS[name]
    assert list(row) == FAILURES
    assert (row["source_file"], row["stage"]) == ("a.pdf", stage)
    assert row["reason"].endswith(".") and row["what_to_do"].endswith((".", "`."))


@pytest.mark.parametrize("trouble", TROUBLES)
def test_every_trouble_names_its_limit_or_detail(trouble):
    limits = Limits(seconds=7, memory=321_000_000)
    error = error_of_trouble(trouble, "signal 11", limits)
    expected = {
        "memory": "321 MB",
        "time": "7 seconds",
        "crash": "signal 11",
        "slow": "signal 11",
    }.get(trouble, "")
    assert expected in str(error) and "{" not in str(error) and error.hint


def test_a_name_that_is_not_utf8_is_shown_by_its_numbers():
    row = failure_row("b\udcff.txt", "extract", PipelineError("x"))
    assert row["source_file"] == "b\\udcff.txt"
