"""Codes + their paragraphs or kept counts → a new model folder with its card."""

from __future__ import annotations

import datetime
import hashlib
import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import skops.io
from threadpoolctl import threadpool_limits

from pipeline.base.codebook import STANCES, read_codebook
from pipeline.base.errors import ModelError
from pipeline.base.paths import CODEBOOK
from pipeline.labelling.codes import KEYS
from pipeline.tagging.model import load_model
from pipeline.tagging.model_folder import (
    CARD_FILE,
    CODEBOOK_FILE,
    COUNTS_FILE,
    FORMAT,
    HELD_OUT_FILE,
    MODEL_FILE,
    NOT_USED_FILE,
    TONE_FILE,
    read_model_card,
)
from pipeline.training.card import make_card, write_card
from pipeline.training.fit import (
    FOLDS,
    NO_ENCODER,
    TONE,
    FineTuned,
    fit_model,
)
from pipeline.training.kept_counts import KeptCounts, write_counts
from pipeline.training.material import (
    Material,
    gather_material,
)


def train_model(
    codes: pd.DataFrame,
    paragraphs: pd.DataFrame | None,
    models: Path,
    codebook: Path = CODEBOOK,
    base: Path | None = None,
    start: Path | None = None,
) -> Path:
    """Fit a model from codes and write it to `models/<day>-<hash of all it learns from>/`.

    `paragraphs` (None: none) are those of your own reports; codes of other reports are learnt from
    the counts in the model folder `base`. Its stance encoder is kept, unless `start` is the folder
    of a sentence encoder from which to fine-tune a new one. Returns the new folder. Raises
    `ModelError` if it already exists.
    """
    themes = read_codebook(codebook)
    material = gather_material(codes, paragraphs, themes, base)
    tuned = _take_over(base)
    digest = _digest(material, codebook, tuned, start)
    model_id = f"{datetime.date.today():%Y%m%d}-{digest}"
    folder = models / model_id
    if folder.exists():
        raise ModelError(
            f"{folder} already exists: the same codes gave this model today.",
            "Use it, or move it to train it again.",
        )
    # One thread: sums run in the same order on any machine. It is also faster for many small
    # matrices, as several threads wait for each other when other programs run.
    with threadpool_limits(limits=1):
        fit = fit_model(material, tuned, start)
    beside = models / f".{model_id}.part"
    shutil.rmtree(beside, ignore_errors=True)
    beside.mkdir(parents=True)
    skops.io.dump(fit.parts, beside / MODEL_FILE, compression=8)
    (beside / CODEBOOK_FILE).write_bytes(codebook.read_bytes())
    write_counts(
        beside / COUNTS_FILE,
        KeptCounts(
            material.codes["doc_id"].to_numpy(),
            material.codes["fingerprint"].to_numpy(),
            material.names,
            material.counted,
        ),
    )
    fit.held_out.to_parquet(beside / HELD_OUT_FILE, index=False)
    fit.tuned.tone.to_parquet(beside / TONE_FILE, index=False)
    material.not_used.to_csv(beside / NOT_USED_FILE, index=False, lineterminator="\n")
    card = {
        "format": FORMAT,
        "model_id": model_id,
        "learnt_from_counts_of": base.name if base and material.n_kept else None,
        "n_paragraphs_learnt_from_counts": material.n_kept,
        "notes": list(material.notes),
        "encoder": {
            "made_in": model_id if start else tuned.made_in,
            "authorities": sorted(fit.tuned.authorities),
        },
    }
    card |= make_card(material.codes, fit.held_out, fit.thresholds, len(material.not_used), FOLDS)
    (beside / CARD_FILE).write_text(json.dumps(card, indent=2) + "\n", encoding="utf-8")
    write_card(card, beside)
    beside.replace(folder)
    return folder


def _take_over(base: Path | None) -> FineTuned:
    if base is None:
        return NO_ENCODER
    model, known = load_model(base), read_model_card(base)["encoder"]
    return FineTuned(
        model.encoder,
        model.tone_judge,
        read_tone(base),
        frozenset(known["authorities"]),
        known["made_in"],
    )


def read_tone(folder: Path) -> pd.DataFrame:
    """The table `TONE` of a model folder. Raises `ModelError` if it is damaged."""
    path = folder / TONE_FILE
    try:
        table = pd.read_parquet(path, columns=TONE).astype(dict.fromkeys(STANCES, float))
    except Exception as error:
        raise ModelError(
            f"{path} cannot be read ({type(error).__name__}).", "Copy the model folder again."
        ) from error
    if table.duplicated([*KEYS, "theme"]).any():
        raise ModelError(f"{path} is damaged.", "Copy the model folder again.")
    return table


def _digest(material: Material, codebook: Path, tuned: FineTuned, start: Path | None) -> str:
    digest = hashlib.sha256(codebook.read_bytes())
    digest.update((start.name if start else tuned.made_in).encode())
    digest.update(tuned.tone.to_csv(index=False).encode())
    digest.update(material.codes.to_csv(index=False).encode())
    digest.update("\n".join(material.names).encode() + material.vectors.tobytes())
    counted = material.counted
    clauses = sorted(counted.clauses.items())
    for numbers in (counted.owner, counted.contrasts, *(at for _, (at, _) in clauses)):
        digest.update(np.asarray(numbers, dtype=np.int64).tobytes())
    for counts in (counted.sentences, counted.headings, *(own for _, (_, own) in clauses)):
        digest.update(counts.indptr.astype(np.int64).tobytes())
        digest.update(counts.indices.astype(np.int64).tobytes() + counts.data.tobytes())
    return digest.hexdigest()[:8]
