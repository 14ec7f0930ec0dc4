"""How good a model is on kinds of document, frameworks, runs, files of codes and coders.

It is always judged on authorities that it has not seen, by the codes of the slice alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from pipeline.labelling.codes import KEYS, read_codes, settle_codes
from pipeline.labelling.link import align_codes
from pipeline.matrix.cells import NOT_ESTABLISHED
from pipeline.training.scores import (
    bootstrap,
    drawn_at_random,
    judge,
    score_all,
    score_stance,
)

ALL, AT_RANDOM = "all", "at random"
SLICES = [
    "slice",
    "value",
    "drawn",
    "n_paragraphs",
    "n_documents",
    "n_authorities",
    "micro_f1",
    "micro_f1_low",
    "micro_f1_high",
    "macro_f1",
    "mean_average_precision",
    "n_stances",
    "stance_accuracy",
    "stance_macro_f1",
]
# Where fewer paragraphs are coded, a slice is in the table but not on the terminal.
ENOUGH_TO_SHOW = 100

Slices = Iterable[tuple[str, str, pd.DataFrame]]


def slices_of_documents(judged: pd.DataFrame, about: Mapping[str, pd.Series]) -> Slices:
    """Yields (slice, value, rows of `judged`); `about` has the values of each slice by doc_id."""
    for name, values in about.items():
        for value, rows in judged.groupby(judged["doc_id"].map(values)):
            yield name, str(value) or NOT_ESTABLISHED, rows


def slices_of_coders(codes: pd.DataFrame, said: pd.DataFrame) -> Slices:
    """Yields (slice, coder, what the model said beside the coder's own codes).

    `codes` with the fingerprints of `said` (`scores.HELD_OUT`), which has all that it said.
    """
    for coder, own in codes.groupby("coder"):
        yield "coder", str(coder), judge(settle_codes(own), said)


def slices_of_files(files: Iterable[Path], said: pd.DataFrame) -> Slices:
    """Yields (slice, name of a file of codes, what the model said beside the codes in it)."""
    known = dict.fromkeys(zip(*(said[key] for key in KEYS), strict=True))
    for path in files:
        yield "codes", path.stem, judge(settle_codes(align_codes(read_codes([path]), known)), said)


def score_slices(slices: Slices) -> pd.DataFrame:
    """Scores of each slice (columns `SLICES`), on all its paragraphs and on those drawn at random.

    A theme that no paragraph of a slice carries is not in its averages, which are empty if there
    is no other. The interval of micro-F1 resamples authorities; it is empty where there is only
    one.
    """
    return pd.DataFrame(list(_rows(slices)), columns=SLICES)


def _rows(slices: Slices) -> Iterator[tuple]:
    for name, value, judged in slices:
        for drawn, rows in ((ALL, judged), (AT_RANDOM, drawn_at_random(judged))):
            if len(rows):
                yield name, value, drawn, *_score(rows)


def _score(judged: pd.DataFrame) -> tuple:
    scores, stance = score_all(judged), score_stance(judged)
    low, high = bootstrap(judged)["micro_f1"]
    return (
        len(judged.drop_duplicates(KEYS)),
        judged["doc_id"].nunique(),
        judged["authority"].nunique(),
        scores["micro_f1"],
        low,
        high,
        scores["macro_f1"],
        scores["mean_average_precision"],
        stance["n"],
        stance.get("accuracy", np.nan),
        stance.get("macro_f1", np.nan),
    )


def slices_to_show(scored: pd.DataFrame) -> pd.DataFrame:
    """Of a table `SLICES`, what is worth a line: enough paragraphs, and slices of several values.

    The rows about paragraphs drawn at random, or about all if none were.
    """
    random = scored[scored["drawn"] == AT_RANDOM]
    rows = random if len(random) else scored[scored["drawn"] == ALL]
    rows = rows[rows["n_paragraphs"] >= ENOUGH_TO_SHOW]
    return rows[rows.groupby("slice")["value"].transform("nunique") > 1].reset_index(drop=True)
