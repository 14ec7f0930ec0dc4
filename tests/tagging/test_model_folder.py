from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.base import workspace
from pipeline.base.errors import CorpusError, ModelError
from pipeline.base.paths import MODELS
from pipeline.base.workspace import make_workspace
from pipeline.tagging.model_folder import (
    CARD_FILE,
    CODEBOOK_FILE,
    COUNTS_FILE,
    CURRENT_FILE,
    FORMAT,
    HEARD_FILE,
    HELD_OUT_FILE,
    MODEL_FILE,
    check_place,
    find_model,
    model_in_use,
    read_model_card,
    use_model,
)

CARD = {
    "format": FORMAT,
    "model_id": "m",
    "thresholds": {},
    "data": {},
    "encoder": {"made_in": "", "authorities": []},
}


@pytest.fixture
def folder(tmp_path):
    """A folder with a card and a model file of nothing."""
    folder = tmp_path / "20260101-abc"
    folder.mkdir()
    (folder / MODEL_FILE).touch()
    (folder / CARD_FILE).write_text(json.dumps(CARD))
    return folder


def test_the_shipped_model_is_whole():
    folder = find_model()
    card = read_model_card(folder)
    assert card["model_id"] == folder.name
    for name in (MODEL_FILE, CODEBOOK_FILE, COUNTS_FILE, HELD_OUT_FILE, HEARD_FILE):
        assert (folder / name).is_file()


def test_a_folder_is_taken_as_it_is_given(folder):
    assert find_model(folder) == folder


def test_the_model_in_use_is_the_one_that_was_named_last(folder, tmp_path, monkeypatch):
    monkeypatch.setattr(workspace, "PROJECT", replace(workspace.PROJECT, models=tmp_path))
    with pytest.raises(ModelError, match="which model"):
        find_model(models=tmp_path)
    assert model_in_use() is None
    use_model(folder)
    assert find_model() == model_in_use() == folder
    other = tmp_path / "other"
    folder.rename(other)
    use_model(other)
    assert find_model() == other
    assert sorted(path.name for path in tmp_path.iterdir()) == ["current", "other"]


def test_a_model_where_none_is_looked_for_is_not_put_into_use(folder, tmp_path):
    in_use = find_model()
    with pytest.raises(ModelError, match="not among the models of the project") as error:
        use_model(folder)
    assert str(MODELS) in error.value.hint and find_model() == in_use
    assert list(tmp_path.iterdir()) == [folder]


def test_a_workspace_uses_its_own_model_or_the_shipped_one(folder, tmp_path, monkeypatch):
    mine = make_workspace(tmp_path / "mine")
    monkeypatch.chdir(mine.folder)
    shipped, digests = find_model(), digest_of(MODELS)
    own = folder.rename(mine.models / folder.name)
    assert find_model() == model_in_use() == shipped
    use_model(own)
    assert find_model() == model_in_use() == own
    other = shutil.copytree(own, tmp_path / "elsewhere")
    with pytest.raises(ModelError, match="not among the models of the workspace") as error:
        use_model(other)
    assert str(mine.models) in error.value.hint
    use_model(shipped)
    assert find_model() == shipped and list(mine.models.iterdir()) == [own]
    assert digest_of(MODELS) == digests


def test_a_model_of_a_workspace_is_not_put_into_use_from_outside(folder, tmp_path, monkeypatch):
    """One folder too high, the user was told to copy her model into the clone."""
    mine = make_workspace(tmp_path / "mine")
    own = folder.rename(mine.models / folder.name)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(CorpusError, match=r"belongs to the workspace .*mine") as error:
        check_place(own)
    assert error.value.hint == "Run it there."
    monkeypatch.chdir(make_workspace(tmp_path / "another").folder)
    with pytest.raises(ModelError, match=r"not among the models of the workspace .*another"):
        check_place(own)
    monkeypatch.chdir(mine.folder)
    check_place(own)
    assert not (mine.models / "current").exists()


def test_a_model_named_without_its_place_is_found(folder, tmp_path, monkeypatch):
    mine = make_workspace(tmp_path / "mine")
    own = folder.rename(mine.models / folder.name)
    monkeypatch.chdir(mine.folder)
    with pytest.raises(ModelError, match=f"no model folder {own.name}") as error:
        check_place(Path(own.name))
    assert error.value.hint == f"Do you mean {own}?"
    with pytest.raises(ModelError, match="no model folder") as error:
        check_place(Path("b7812dc7f9a2"))
    assert "mean" not in error.value.hint


def digest_of(folder):
    return sorted((path, path.stat().st_mtime_ns) for path in folder.rglob("*"))


@pytest.mark.parametrize("named", ["", "20260101-abc", "gone"])
def test_a_folder_without_a_model_file_is_refused(folder, tmp_path, named):
    (folder / MODEL_FILE).unlink()
    (tmp_path / "current").write_text(named)
    with pytest.raises(ModelError, match="no model file"):
        find_model(models=tmp_path)
    with pytest.raises(ModelError, match="no model file"):
        find_model(tmp_path)


def test_a_card_is_read(folder):
    assert read_model_card(folder) == CARD


@pytest.mark.parametrize("card", ["[]", "0", "[" * 100_000])
def test_a_card_that_is_none_is_refused(folder, card):
    (folder / CARD_FILE).write_text(card)
    with pytest.raises(ModelError, match="damaged"):
        read_model_card(folder)


def test_a_card_that_is_missing_is_said(folder):
    (folder / CARD_FILE).unlink()
    with pytest.raises(ModelError, match="damaged"):
        read_model_card(folder)


OTHERS = {
    "an older version": {"format": FORMAT - 1},
    "a newer version": {"format": FORMAT + 1},
    "no version": {"format": None},
}


@pytest.mark.parametrize("name", OTHERS)
def test_models_of_another_version_are_told_apart_from_damaged_ones(folder, name):
    (folder / CARD_FILE).write_text(json.dumps(CARD | OTHERS[name]))
    with pytest.raises(ModelError, match="another version"):
        read_model_card(folder)


def test_a_workspace_whose_model_is_of_another_version_can_go_on(folder):
    """Its own model is in use, so training, too, would begin with it."""
    (folder / CARD_FILE).write_text(json.dumps(CARD | OTHERS["an older version"]))
    with pytest.raises(ModelError) as alone:
        read_model_card(folder)
    assert alone.value.hint == "Use the version that wrote it, or train a new model."
    current = folder.parent / CURRENT_FILE
    current.write_text(folder.name)
    with pytest.raises(ModelError) as in_use:
        read_model_card(folder)
    assert f"delete the file {current}" in in_use.value.hint


LACKING = {
    "no name": {"model_id": None},
    "thresholds as a list": {"thresholds": []},
    "no data": {"data": None},
    "no encoder": {"encoder": None},
    "an encoder that does not say what it learnt from": {"encoder": {"made_in": ""}},
}


@pytest.mark.parametrize("name", LACKING)
def test_a_card_that_lacks_something_is_refused(folder, name):
    (folder / CARD_FILE).write_text(json.dumps(CARD | LACKING[name]))
    with pytest.raises(ModelError, match="damaged"):
        read_model_card(folder)
