"""Codes + their paragraphs or kept counts → a new model folder with its card."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from pipeline.base.codebook import read_codebook
from pipeline.base.counted import counted
from pipeline.base.errors import ModelError
from pipeline.base.workspace import find_workspace
from pipeline.tagging.familiarity import read_familiarity
from pipeline.tagging.model import load_model
from pipeline.tagging.model_folder import (
    CARD_FILE,
    CODEBOOK_FILE,
    COUNTS_FILE,
    FORMAT,
    HEARD_FILE,
    HELD_OUT_FILE,
    MODEL_FILE,
    NOT_USED_FILE,
    read_model_card,
)
from pipeline.training.card import make_card, write_card
from pipeline.training.fit import FOLDS, fit_model
from pipeline.training.heard import HEARD, NO_ENCODER, FineTuned, check_start
from pipeline.training.kept_counts import KeptCounts, write_counts
from pipeline.training.lessons import Start
from pipeline.training.material import Material, code_arrays, gather_material
from pipeline.training.more_codes import draw_curves, say_more_codes
from pipeline.training.progress import LOG
from pipeline.training.reference import keep_familiarity
from pipeline.training.store import parts_as_bytes


def train_model(
    codes: pd.DataFrame,
    paragraphs: pd.DataFrame | None,
    models: Path,
    codebook: Path | None = None,
    base: Path | None = None,
    start: Start | None = None,
    kinds: pd.Series | None = None,
) -> Path:
    """Fit a model from codes and write it to `models/<hash of the model>/`.

    `paragraphs` (None: none) are those of your own reports; codes of other reports are learnt from
    the counts in the model folder `base`. Its encoder is kept, unless `start` is the sentence
    encoder from which to fine-tune a new one. The card scores each document type on its own;
    `kinds` gives that of a `doc_id`. Returns the new folder. Raises `ModelError` if it already
    exists, or nothing can be written to `models`.
    """
    _check_writable(models)
    if start:
        check_start(start)
    codebook = codebook or find_workspace().codebook
    themes, as_written = read_codebook(codebook), codebook.read_bytes()
    material = gather_material(codes, paragraphs, themes, base)
    # The sentences on direction come with the project: they are not counted as codes, and their
    # counts need not be kept.
    real = np.flatnonzero(material.real)
    LOG.info("Codes read and linked: %s", say_linked(len(real), len(material.codes) - len(real)))
    tuned = _take_over(base)
    # One thread: sums run in the same order on any machine. It is also faster for many small
    # matrices, as several threads wait for each other when other programs run.
    with threadpool_limits(limits=1):
        fit = fit_model(material, tuned, start)
    stored = parts_as_bytes(fit.parts)
    # Thresholds decide what is tagged, and are stored in the card.
    cuts = json.dumps(fit.thresholds, sort_keys=True).encode()
    model_id = hashlib.sha256(stored + as_written + cuts).hexdigest()[:12]
    folder = models / model_id
    if folder.exists():
        raise ModelError(
            f"{folder} already exists: the same codes gave this model before.",
            "Use it, or move it and train again.",
        )
    LOG.info("Writing the model %s", model_id)
    beside = models / f".{model_id}.part"
    shutil.rmtree(beside, ignore_errors=True)
    beside.mkdir(parents=True)
    (beside / MODEL_FILE).write_bytes(stored)
    (beside / CODEBOOK_FILE).write_bytes(as_written)
    codes = material.codes.iloc[real]
    kept = KeptCounts(
        codes["doc_id"].to_numpy(),
        codes["fingerprint"].to_numpy(),
        material.names,
        material.counted.take(real),
    )
    write_counts(beside / COUNTS_FILE, kept)
    keep_familiarity(
        beside,
        kept,
        codes,
        pd.Series(dtype=str) if kinds is None else kinds,
        paragraphs,
        read_familiarity(base) if base else None,
    )
    fit.held_out.to_parquet(beside / HELD_OUT_FILE, index=False)
    fit.tuned.heard.astype(dict.fromkeys(HEARD[3:], "float32")).to_parquet(
        beside / HEARD_FILE, index=False
    )
    material.not_used.to_csv(beside / NOT_USED_FILE, index=False, lineterminator="\n")
    card = {
        "format": FORMAT,
        "model_id": model_id,
        "learnt_from_counts_of": base.name if base and material.n_kept else None,
        "n_paragraphs_learnt_from_counts": material.n_kept,
        "notes": list(material.notes),
        "sha256": {
            "codes": hashlib.sha256(codes.to_csv(index=False).encode()).hexdigest(),
            "codebook": hashlib.sha256(as_written).hexdigest(),
        },
        "encoder": {
            "made_in": model_id if start else tuned.made_in,
            "authorities": sorted(fit.tuned.authorities),
        },
    }
    folds = min(FOLDS, codes["authority"].nunique())
    card |= make_card(codes, fit.held_out, fit.thresholds, len(material.not_used), folds, kinds)
    card["more_codes"] = _more_codes(card, material, real)
    (beside / CARD_FILE).write_text(json.dumps(card, indent=2) + "\n", encoding="utf-8")
    write_card(card, beside)
    beside.replace(folder)
    return folder


def _check_writable(models: Path) -> None:
    """Raise `ModelError` if no folder can be made in `models`: training takes long."""
    try:
        models.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=models):
            pass
    except OSError as error:
        raise ModelError(
            f"You may not write to {models}: {error.strerror}.",
            "Get access to it, or give another folder with --models.",
        ) from error


def say_linked(n_coded: int, n_invented: int) -> str:
    """On how many paragraphs and sentences a model is trained.

    >>> say_linked(71, 6505)
    '71 coded paragraphs and 6,505 invented sentences'
    """
    return f"{counted(n_coded, 'coded paragraph')} and {counted(n_invented, 'invented sentence')}"


def _more_codes(card: dict, material: Material, rows: np.ndarray) -> dict[str, str]:
    """What more codes of each theme would bring, in words; `rows` are those of real paragraphs."""
    coded = code_arrays(material.codes)
    codes = {theme: y[rows] for theme, y in coded.themes.items()}
    with threadpool_limits(limits=1):
        curves = draw_curves(material.counted.paragraphs[rows], codes, coded.groups[rows])
    scores = card["scores"]["themes"]
    return {theme: say_more_codes(scores[theme], curves.get(theme)) for theme in codes}


def _take_over(base: Path | None) -> FineTuned:
    if base is None:
        return NO_ENCODER
    model, known = load_model(base), read_model_card(base)["encoder"]
    return FineTuned(
        model.encoder,
        model.tone_judge,
        read_heard(base),
        frozenset(known["authorities"]),
        known["made_in"],
    )


def read_heard(folder: Path) -> pd.DataFrame:
    """The table `HEARD` of a model folder. Raises `ModelError` if it is damaged."""
    path = folder / HEARD_FILE
    try:
        table = pd.read_parquet(path, columns=HEARD).astype(dict.fromkeys(HEARD[3:], float))
    except Exception as error:
        raise ModelError(
            f"{path} cannot be read ({type(error).__name__}).", "Copy the model folder again."
        ) from error
    if table.duplicated(HEARD[:3]).any():
        raise ModelError(f"{path} is damaged.", "Copy the model folder again.")
    return table
