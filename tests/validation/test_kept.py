from __future__ import annotations

import pytest
from runs import write_run
from samples import run_to_validate

from pipeline.base.columns import SAMPLE
from pipeline.base.errors import LabelError, TableError
from pipeline.base.tables import read_table, write_table
from pipeline.validation.kept import (
    ERRORS_FILE,
    digest_of_run,
    read_errors_file,
    read_sample,
    read_verdicts,
    write_errors,
)


def changed(table, column, value, row=0):
    table = table.copy()
    table.loc[table.index[row], column] = value
    return table


# What is changed in a run, and whether a sample of it is still one.
CHANGES = {
    "the authority of a document": ("documents", "authority", "Harbourshire", True),
    "the place of a paragraph": ("paragraphs", "page", 99, True),
    "the type of a document": ("documents", "document_type", "peer review", False),
    "a text": ("paragraphs", "text", "Other words.", False),
    "a tag": ("tags", "theme", "weather", False),
    "a probability": ("tags", "probability", 0.123, False),
    "the model": ("tags", "model_id", "m2", False),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_sample_is_bound_to_paragraphs_and_tags(name, run):
    table, column, value, same = CHANGES[name]
    before = digest_of_run(run)
    old = read_table(run, table)
    assert old[column].iloc[0] != value
    write_table(changed(old, column, value), run, table)
    assert (digest_of_run(run) == before) is same


def test_the_same_run_has_the_same_digest_elsewhere(run, tmp_path):
    write_run(run_to_validate(), tmp_path / "elsewhere")
    assert digest_of_run(tmp_path / "elsewhere") == digest_of_run(run)


def test_a_sample_of_the_run_as_it_was_is_refused(sheet, run):
    assert list(read_sample(run).columns) == SAMPLE and len(read_sample(run)) == 120
    write_table(changed(read_table(run, "tags"), "probability", 0.123), run, "tags")
    with pytest.raises(TableError, match="before this run changed") as refused:
        read_sample(run)
    assert "Rename the folder" in refused.value.hint


def test_where_nothing_was_drawn_or_coded(run, sheet, tmp_path):
    assert read_sample(tmp_path).empty
    with pytest.raises(LabelError, match="Nobody has coded"):
        read_verdicts(run)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"kinds": 3}', '{"run": "x"}'])
def test_a_damaged_file_of_errors_says_nothing(run, text):
    run.joinpath(ERRORS_FILE).write_text(text, encoding="utf-8")
    assert read_errors_file(run) is None


def test_errors_are_kept(run):
    write_errors({"inspection": {"errors": {}}}, run)
    assert read_errors_file(run) == {
        "run": digest_of_run(run),
        "kinds": {"inspection": {"errors": {}}},
    }
