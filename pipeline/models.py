"""Where the trained models are, and which one is in use."""

from __future__ import annotations

from pathlib import Path

from pipeline.errors import ModelError
from pipeline.paths import MODELS

MODEL_FILE = "model.skops"
CARD_FILE = "card.json"
CODEBOOK_FILE = "codebook.toml"
CURRENT_FILE = "current"


def find_model(folder: Path | None = None, models: Path = MODELS) -> Path:
    """The folder given, or the one that `models/current` names.

    Raises `ModelError` where there is no model file in it.
    """
    if folder is None:
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
            "Give the folder that `train` wrote with --model.",
        )
    return folder
