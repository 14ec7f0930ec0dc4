"""A folder of documents, read for a test as `inspection-themes extract` reads it."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from pipeline import stages
from pipeline.base.settings import Settings

QUIET = Settings(quiet=True)


class Tables(NamedTuple):
    """What `extract` wrote."""

    documents: pd.DataFrame
    paragraphs: pd.DataFrame
    failures: pd.DataFrame


def read_corpus(folder: Path, settings: Settings = QUIET) -> Tables:
    with tempfile.TemporaryDirectory() as out:
        stages.extract(folder, Path(out), settings)
        return Tables(*(pd.read_parquet(Path(out) / f"{name}.parquet") for name in Tables._fields))


def files(out: Path) -> dict[str, bytes]:
    """What was written to `out`, but for what a run notes of itself."""
    return {
        path.name: path.read_bytes()
        for path in out.iterdir()
        if path.is_file() and path.name != "run.json" and not path.name.startswith(".")
    }
