"""Where the trained models are, and which one is in use."""

from __future__ import annotations

import json
from pathlib import Path

from pipeline.base.errors import ModelError
from pipeline.base.files import write_whole
from pipeline.base.paths import MODELS
from pipeline.base.workspace import find_workspace, workspace_to_write

MODEL_FILE = "model.skops"
CARD_FILE = "card.json"
CODEBOOK_FILE = "codebook.toml"
COUNTS_FILE = "counts.npz"
HELD_OUT_FILE = "held-out.parquet"
HEARD_FILE = "heard.parquet"
FAMILIARITY_FILE = "familiarity.npz"
NOT_USED_FILE = "not-used.csv"
CURRENT_FILE = "current"
# Changes when older model folders can no longer be read.
FORMAT = 5


def find_model(folder: Path | None = None, models: Path | None = None) -> Path:
    """The folder given, or the one that `current` names in a folder of models.

    That is `models` (None: those of the workspace or, until one of them is promoted, those that
    come with the project). Raises `ModelError` if it holds no model file.
    """
    if folder is None:
        if models is None:
            own = find_workspace().models
            models = own if (own / CURRENT_FILE).is_file() else MODELS
        try:
            folder = models / (models / CURRENT_FILE).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise ModelError(
                f"{models}/{CURRENT_FILE} does not say which model to use.",
                "Give one with --model, or train one with `inspection-themes train`.",
            ) from error
    if not folder.joinpath(MODEL_FILE).is_file():
        raise ModelError(
            f"There is no model file {folder / MODEL_FILE}.",
            "Give a folder written by `inspection-themes train`.",
        )
    return folder


def files_of_model(folder: Path) -> list[Path]:
    """All files in a model folder, sorted: what a digest of the model is made from."""
    return sorted(path for path in folder.iterdir() if path.is_file())


def read_model_card(folder: Path) -> dict:
    """The card of a model that this version of inspection-themes can read.

    Raises `ModelError` if it is missing, damaged or from another version.
    """
    path = folder / CARD_FILE
    try:
        card = json.loads(path.read_text(encoding="utf-8"))
        version = card.get("format")
        whole = all(
            isinstance(card.get(key), kind)
            for key, kind in (
                ("model_id", str),
                ("thresholds", dict),
                ("data", dict),
                ("encoder", dict),
            )
        )
        whole &= {"made_in", "authorities"} <= card["encoder"].keys() if whole else False
    except (OSError, ValueError, AttributeError, RecursionError) as error:
        raise ModelError(
            f"{path} cannot be read ({type(error).__name__}): the model is damaged.",
            "Copy the folder again, or train a new model.",
        ) from error
    if version != FORMAT:
        raise ModelError(
            f"The model in {folder} was written by another version of inspection-themes.",
            _how_to_replace(folder),
        )
    if not whole:
        raise ModelError(
            f"{path} is incomplete: the model is damaged.",
            "Copy the folder again, or train a new model.",
        )
    return card


def _how_to_replace(folder: Path) -> str:
    """What to do about a model of another version."""
    current = folder.parent / CURRENT_FILE
    if folder.parent.resolve() == MODELS.resolve() or not current.is_file():
        return "Use the version that wrote it, or train a new model."
    return (
        f"Use the version that wrote it; or delete the file {current}, so that the model that "
        "comes with this version is in use, and train a new model of your own."
    )


def model_in_use() -> Path | None:
    """The model that a promoted one replaces; None if there is none yet."""
    workspace = find_workspace()
    if workspace.folder is None and not (workspace.models / CURRENT_FILE).is_file():
        return None
    return find_model()


def use_model(folder: Path) -> None:
    """Make a model folder the one in use, among the models of the workspace or of the project.

    The model that comes with the project is in use in a workspace that names none. Raises as
    `check_place` does.
    """
    check_place(folder)
    models = find_workspace().models
    if folder.resolve().parent != models.resolve():
        models.joinpath(CURRENT_FILE).unlink(missing_ok=True)
        return
    write_whole(models / CURRENT_FILE, folder.resolve().name + "\n")


def check_is_there(folder: Path) -> None:
    """Raise `ModelError` if there is no such model folder."""
    if not folder.is_dir():
        own = find_workspace().models / folder.name
        raise ModelError(
            f"There is no model folder {folder}.",
            f"Do you mean {own}?" if own.is_dir() else "Name a folder that `train` wrote.",
        )


def check_place(folder: Path) -> None:
    """Raise an error unless a model folder is where the one in use may be.

    It has to be among the models of the workspace or of the project. In a workspace it may also be
    the model that comes with the project. Raises `CorpusError` for a model of a workspace in which
    one does not stand, if one stands in none, and otherwise `ModelError`.
    """
    workspace = workspace_to_write(folder, option="")
    check_is_there(folder)
    if folder.resolve().parent == workspace.models.resolve():
        return
    if workspace.folder is None:
        raise ModelError(
            f"{folder} is not among the models of the project.",
            f"Copy it to {workspace.models} or to the models of a workspace, or name it with "
            "--model whenever you run.",
        )
    if folder.resolve() != find_model(models=MODELS).resolve():
        raise ModelError(
            f"{folder} is not among the models of the workspace {workspace.folder}.",
            f"Copy it to {workspace.models}.",
        )
