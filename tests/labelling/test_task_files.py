from __future__ import annotations

import json
from xml.etree import ElementTree

import pytest

from pipeline.base.codebook import STANCES, read_codebook
from pipeline.base.errors import LabelError
from pipeline.labelling.filled import read_filled
from pipeline.labelling.task_files import (
    FILE_SUFFIXES,
    FORMATS,
    READ,
    labels_of,
    write_proposal,
)

THEMES = read_codebook()
NAMES = list(THEMES)


@pytest.mark.parametrize("form", FORMATS)
def test_an_untouched_file_codes_nothing(proposal, tmp_path, form):
    path = tmp_path / f"to-code{FILE_SUFFIXES[form]}"
    assert path in write_proposal(proposal, THEMES, path, form)
    assert read_filled(path, NAMES) == []
    with pytest.raises(LabelError, match="already exists"):
        write_proposal(proposal, THEMES, path, form)


@pytest.mark.parametrize("form", FORMATS)
def test_a_file_that_cannot_be_written_whole_is_not_there(proposal, tmp_path, full_disk, form):
    """The same command would be refused, as it already exists."""
    path = tmp_path / f"to-code{FILE_SUFFIXES[form]}"
    with full_disk(2_500), pytest.raises(OSError, match="too large"):
        write_proposal(proposal, THEMES, path, form)
    assert not path.exists() and not list(tmp_path.glob(".*"))
    assert path in write_proposal(proposal, THEMES, path, form)


def test_label_studio_asks_for_one_stance_a_theme(proposal, tmp_path):
    _, config = write_proposal(proposal, THEMES, tmp_path / "a.json", "label-studio")
    controls = ElementTree.parse(config).getroot().findall("Choices")
    assert [control.get("name") for control in controls] == [*NAMES, READ]
    assert {control.get("choice") for control in controls} == {"single"}
    assert [choice.get("value") for choice in controls[0]] == list(STANCES)
    assert controls[-1].get("required") == "true"


def test_prodigy_lets_coders_choose_several_labels(proposal, tmp_path):
    (path,) = write_proposal(proposal, THEMES, tmp_path / "a.jsonl", "prodigy")
    task = json.loads(path.read_text(encoding="utf-8").splitlines()[0])
    assert task["config"] == {"choice_style": "multiple"} and task["_view_id"] == "choice"


def test_every_theme_and_stance_has_a_label():
    assert len(labels_of(THEMES)) == 1 + 4 * len(THEMES)
