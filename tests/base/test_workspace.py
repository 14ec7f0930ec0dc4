from __future__ import annotations

from pathlib import PureWindowsPath

import pytest

from pipeline.base import paths, workspace
from pipeline.base.errors import CorpusError
from pipeline.base.workspace import (
    DEFAULTS,
    PROJECT,
    SETTINGS_FILE,
    check_own,
    find_workspace,
    make_workspace,
    workspace_to_write,
)


@pytest.fixture
def made(tmp_path):
    return make_workspace(tmp_path / "my project")


def test_a_workspace_has_all_that_a_researcher_changes(made, tmp_path):
    folder = tmp_path / "my project"
    assert made.folder == folder
    assert made.codebook.read_bytes() == paths.CODEBOOK.read_bytes()
    assert made.codes.is_dir() and made.models.is_dir()
    assert {path.name for path in folder.iterdir()} == {
        "README.md", "codebook.toml", "codes", "models", SETTINGS_FILE,
    }  # fmt: skip
    # What the settings say is what counts if they say nothing.
    (folder / SETTINGS_FILE).write_text("")
    assert find_workspace(folder) == made


def test_it_is_found_from_below_and_the_nearest_counts(made, monkeypatch):
    below = made.folder / "reports" / "2026"
    below.mkdir(parents=True)
    monkeypatch.chdir(below)
    assert find_workspace() == made
    inner = make_workspace(made.folder / "reports")
    assert find_workspace() == inner and find_workspace(made.codes) == made


def test_elsewhere_the_projects_own_files_are_used(tmp_path):
    assert find_workspace(tmp_path) == PROJECT
    assert PROJECT.folder is None and PROJECT.codes == paths.CODES


def test_shipped_codes_count_beside_ones_own_unless_they_should_not(made):
    (made.codes / "anna.csv").touch()
    shipped = sorted(paths.CODES.glob("*.csv"))
    assert made.code_files() == [*shipped, made.codes / "anna.csv"]
    (made.folder / SETTINGS_FILE).write_text("shipped_codes = false")
    assert find_workspace(made.folder).code_files() == [made.codes / "anna.csv"]
    assert PROJECT.code_files() == shipped


def test_sentences_of_ones_own_come_after_those_of_the_project(made):
    assert PROJECT.direction_files() == made.direction_files() == [paths.DIRECTION]
    own = made.folder / "direction.jsonl"
    own.touch()
    assert made.direction_files() == [paths.DIRECTION, own]


@pytest.mark.parametrize("there", ["README.md", "codebook.toml", SETTINGS_FILE])
def test_what_is_there_already_is_not_written_over(tmp_path, there):
    (tmp_path / there).write_text("mine")
    with pytest.raises(CorpusError, match="already exists"):
        make_workspace(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [there]


def test_a_file_cannot_become_a_workspace(tmp_path):
    (tmp_path / "a").touch()
    with pytest.raises(CorpusError, match="already exists"):
        make_workspace(tmp_path / "a")


WRONG = {
    "no TOML": ("codes = codes", "cannot be read"),
    "a Windows path in double quotes": ('codes = "C:\\Users\\Jo\\codes"', "cannot be read"),
    "another encoding": ("# caf\xe9".encode("cp1252"), "cannot be read"),
    "a setting that is none": ('code = "x"', "no setting 'code'"),
    "a number": ("models = 3", "models is 3"),
    "a text for a switch": ('shipped_codes = "no"', "shipped_codes is 'no'"),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_settings_are_named(tmp_path, name):
    text, reason = WRONG[name]
    data = text if isinstance(text, bytes) else text.encode()
    (tmp_path / SETTINGS_FILE).write_bytes(data)
    with pytest.raises(CorpusError, match=reason) as error:
        find_workspace(tmp_path)
    assert SETTINGS_FILE in str(error.value) and error.value.hint


def test_settings_as_windows_writes_them(tmp_path):
    """Notepad begins a file with a mark of its encoding; paths have backslashes."""
    text = "\ufeffcodes = 'D:\\Jo\\codes'\r\nmodels = 'shared/models'\r\n"
    (tmp_path / SETTINGS_FILE).write_bytes(text.encode())
    found = find_workspace(tmp_path)
    assert PureWindowsPath(found.codes).parts[-2:] == ("Jo", "codes")
    assert found.models == tmp_path / "shared" / "models"


def test_an_installed_package_is_never_written_to(tmp_path, monkeypatch, made):
    monkeypatch.chdir(tmp_path)
    assert workspace_to_write() == PROJECT  # a clone
    check_own(paths.MODELS / "m1")
    monkeypatch.setattr(workspace.paths, "ROOT", paths.PACKAGE / "shipped")
    with pytest.raises(CorpusError, match="no workspace") as error:
        workspace_to_write()
    assert "inspection-themes init" in error.value.hint
    with pytest.raises(CorpusError, match="is installed"):
        check_own(paths.PACKAGE / "shipped" / "models" / "m1")
    check_own(made.models / "m1")
    monkeypatch.chdir(made.folder)
    assert workspace_to_write() == made


def test_what_is_of_a_workspace_is_not_written_elsewhere(tmp_path, monkeypatch, made):
    """One folder too high, codes went into the project's own."""
    monkeypatch.chdir(tmp_path)
    for path in (made.folder / "filled.xlsx", made.folder / "my-matrix"):
        with pytest.raises(CorpusError, match=r"belongs to the workspace .*my project") as error:
            workspace_to_write(tmp_path / "run", path, option="--models")
        assert "give --models" in error.value.hint
    assert workspace_to_write(tmp_path / "run") == PROJECT
    other = make_workspace(tmp_path / "other")
    monkeypatch.chdir(other.folder)
    assert workspace_to_write(made.folder / "filled.xlsx") == other


def test_the_defaults_are_relative_to_the_workspace(made):
    places = [DEFAULTS[name] for name in ("codebook", "codes", "models")]
    assert [path.name for path in (made.codebook, made.codes, made.models)] == places
