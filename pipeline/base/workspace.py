"""Workspaces: a researcher's own folder of codes, codebook and models.

Commands find it as git finds a repository: it is the current folder, or the nearest one above,
that has a settings file. Where there is none, the files that come with the project are used. In a
clone they can be changed; those of an installed package are only read.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

from pipeline.base import paths
from pipeline.base.errors import CorpusError
from pipeline.base.files import write_whole

SETTINGS_FILE = "inspection-themes.toml"
README_FILE = "README.md"
# What a settings file may say, and what counts where it says nothing.
DEFAULTS: dict[str, str | bool] = {
    "codebook": "codebook.toml",
    "codes": "codes",
    "models": "models",
    "shipped_codes": True,
}
SETTINGS = """\
# This folder is a workspace of inspection-themes. Commands that are run here, or in a folder
# below, use what these lines name. Paths begin at this folder; write them with / or in
# 'single quotes'.
codebook = "codebook.toml"  # what each theme is
codes = "codes"             # a CSV file for each coder
models = "models"           # what `train` writes; until you promote one, the shipped model is used
shipped_codes = true        # whether to learn from the codes that come with inspection-themes, too
"""
README = """\
# A workspace of inspection-themes

| | |
|---|---|
| `codebook.toml` | your codebook; it began as a copy of the one of inspection-themes |
| `codes/` | your codes, a file for each coder; no text of a report is in them |
| `models/` | your models; `models/current` names the one in use |
| `direction.jsonl` | if you write one: invented sentences on better and worse |
| `inspection-themes.toml` | settings |

Run commands in this folder, or in one below it:

    inspection-themes run my-reports --out my-matrix
    inspection-themes label my-matrix --sheet to-code.xlsx
    inspection-themes label my-matrix --read --sheet to-code.xlsx --coder "J. Smith"
    inspection-themes train my-matrix
    inspection-themes evaluate my-matrix --model models/NEW
    inspection-themes promote models/NEW

Keep this folder under version control if you can: codes are work that cannot be done again.
"""


@dataclass(frozen=True, slots=True)
class Workspace:
    """Where the codebook, the codes and the models in use are.

    `folder` is None if they are those that come with the project. With `shipped_codes`, its codes
    count beside one's own.
    """

    folder: Path | None
    codebook: Path
    codes: Path
    models: Path
    shipped_codes: bool

    def code_files(self) -> list[Path]:
        """All files of codes: those that come with the project, then one's own."""
        shipped = [] if self.folder is None or not self.shipped_codes else [paths.CODES]
        return [path for folder in (*shipped, self.codes) for path in sorted(folder.glob("*.csv"))]

    def direction_files(self) -> list[Path]:
        """The files of invented sentences on direction: the project's, then one's own, if any."""
        own = [] if self.folder is None else [self.folder / paths.DIRECTION.name]
        return [paths.DIRECTION, *filter(Path.is_file, own)]


PROJECT = Workspace(None, paths.CODEBOOK, paths.CODES, paths.MODELS, True)


def find_workspace(start: Path | None = None) -> Workspace:
    """The workspace that `start` (None: the current folder) is in, or the project's own files.

    Raises `CorpusError` if its settings are wrong.
    """
    here = (start or Path.cwd()).absolute()
    for folder in (here, *here.parents):
        if _has_settings(folder):
            return _read_settings(folder)
    return PROJECT


def workspace_to_write(*given: Path, option: str = "--codes") -> Workspace:
    """The workspace that one stands in, to put codes or models there.

    Raises `CorpusError` if there is none and the project is installed as a package, or one of the
    `given` files and folders, of which they are, is in a workspace. `option` names another place
    (empty: there is none).
    """
    workspace = find_workspace()
    if workspace.folder is None:
        # One folder too high, `label --read` put codes into the project's own.
        for path in given:
            if (folder := find_workspace(path).folder) is not None:
                raise CorpusError(
                    f"{path} belongs to the workspace {folder}, and the command was run outside.",
                    f"Run it there, or give {option}." if option else "Run it there.",
                )
    if workspace.folder is None and _is_installed(paths.ROOT):
        raise CorpusError(
            "This is no workspace, and what is installed with inspection-themes is not changed.",
            "Make one with `inspection-themes init my-project`, and run the command in it.",
        )
    return workspace


def check_own(folder: Path) -> None:
    """Raise `CorpusError` if a folder that would be changed is installed with the package."""
    if _is_installed(folder):
        raise CorpusError(
            f"{folder} is installed with inspection-themes, and that is not changed.",
            "Name a folder of your own, or a copy of this one.",
        )


def _is_installed(folder: Path) -> bool:
    installed = paths.PACKAGE / "shipped"
    return installed == paths.ROOT and folder.absolute().is_relative_to(installed)


def make_workspace(folder: Path) -> Workspace:
    """Make `folder` a workspace, with a copy of the codebook that comes with the project.

    Raises `CorpusError`, and changes nothing, if a file that would be written is there already.
    """
    # The settings come last: half a workspace is none.
    files = {
        str(DEFAULTS["codebook"]): paths.CODEBOOK.read_bytes(),
        README_FILE: README.encode(),
        SETTINGS_FILE: SETTINGS.encode(),
    }
    there = [folder / name for name in files if (folder / name).exists()]
    if folder.exists() and not folder.is_dir():
        there = [folder]
    if there:
        raise CorpusError(f"{there[0]} already exists.", "Choose another folder.")
    for name in ("codes", "models"):
        (folder / str(DEFAULTS[name])).mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        write_whole(folder / name, content)
    return find_workspace(folder)


def _has_settings(folder: Path) -> bool:
    try:
        return (folder / SETTINGS_FILE).is_file()
    except OSError:  # a folder above that one may not look into
        return False


def _read_settings(folder: Path) -> Workspace:
    path = folder / SETTINGS_FILE
    try:
        said = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError) as error:
        raise CorpusError(
            f"{path} cannot be read: {error}.", "Write paths with / or in 'single quotes'."
        ) from error
    for name, value in said.items():
        if name not in DEFAULTS:
            raise CorpusError(
                f"{path}: there is no setting {name!r}.", f"There are {', '.join(DEFAULTS)}."
            )
        if type(value) is not type(DEFAULTS[name]):
            what = "true or false" if isinstance(DEFAULTS[name], bool) else "a path in quotes"
            raise CorpusError(f"{path}: {name} is {value!r}.", f"It can be {what}.")
    settings = DEFAULTS | said
    codebook, codes, models = (folder / str(settings[n]) for n in ("codebook", "codes", "models"))
    return Workspace(folder, codebook, codes, models, bool(settings["shipped_codes"]))
