"""Codes of two coders on the same paragraphs → how far they agree, theme by theme."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from pipeline.base.errors import LabelError
from pipeline.labelling.codes import CODES_COLUMNS, NO, themes_of

COEFFICIENTS = (
    "cohens_kappa",
    "krippendorffs_alpha",
    "positive_agreement",
    "percent_agreement",
)
# The ends of the intervals of the coefficients.
ENDS = [f"{name}_{end}" for name in COEFFICIENTS for end in ("low", "high")]
AGREEMENT = [
    "theme",
    "n",
    "n_both",
    "n_first_only",
    "n_second_only",
    *COEFFICIENTS,
    "n_stances",
    "stance_agreement",
    *ENDS,
]
DISAGREEMENTS = ["doc_id", "fingerprint", "authority", "theme", "first", "second"]
DRAWS = 2000  # of the bootstrap


def pair_codes(codes: pd.DataFrame, first: str, second: str) -> pd.DataFrame:
    """The codes of two coders side by side: a row for each paragraph and theme that both coded.

    Columns `DISAGREEMENTS`. Raises `LabelError` if they share no paragraph, or are the same coder.
    """
    if first == second:
        raise LabelError(f"{first} is only one coder.", "Name two different coders.")
    sides = [
        codes[codes["coder"] == coder]
        .melt(CODES_COLUMNS, themes_of(codes), var_name="theme", value_name=name)
        .query(f"{name} != ''")
        .drop_duplicates(["doc_id", "fingerprint", "theme"])
        for coder, name in ((first, "first"), (second, "second"))
    ]
    both = sides[0].merge(
        sides[1][["doc_id", "fingerprint", "theme", "second"]],
        on=["doc_id", "fingerprint", "theme"],
    )
    if both.empty:
        known = ", ".join(sorted(set(codes["coder"])))
        raise LabelError(
            f"{first} and {second} have coded no paragraph in common.", f"The coders are: {known}."
        )
    return both[DISAGREEMENTS]


def measure_agreement(pairs: pd.DataFrame) -> pd.DataFrame:
    """Agreement on each theme, with the columns `AGREEMENT`.

    `pairs` has doc_id, theme, first and second (codes), and may have a `weight` for each row, to
    which only the coefficients pay heed. They are about whether paragraphs carry the theme (see
    `agreement_coefficients`); their 95 % intervals (columns `ENDS`) are those of a bootstrap of
    whole documents, and empty where its draws do not differ. `stance_agreement` is the share of
    equal stances where both code the theme.
    """
    return pd.DataFrame(
        [_measure(theme, rows) for theme, rows in pairs.groupby("theme", sort=False)],
        columns=AGREEMENT,
    )


def agreement_coefficients(tables: np.ndarray) -> dict[str, np.ndarray]:
    """`COEFFICIENTS` of 2 x 2 tables; the last axis: both yes, first only, second only, neither.

    Cohen's kappa (Cohen 1960), Krippendorff's alpha (nominal; Krippendorff 2011, "Computing
    Krippendorff's alpha-reliability"), positive agreement, 2a / (2a + b + c) (Cicchetti &
    Feinstein 1990), which paragraphs without the theme do not inflate, and the share of equal
    answers. Undefined ones are empty: kappa and alpha if all answers are the same. scikit-learn
    and krippendorff give the same, but no alpha of weighted paragraphs, and one table at a time.
    """
    both, first, second, neither = np.moveaxis(np.asarray(tables, dtype=float), -1, 0)
    n, differ = both + first + second + neither, first + second
    yes, no = 2 * both + differ, 2 * neither + differ
    by_chance = (both + first) * (first + neither) + (both + second) * (second + neither)
    with np.errstate(divide="ignore", invalid="ignore"):
        found = {
            "cohens_kappa": 1 - n * differ / by_chance,
            "krippendorffs_alpha": 1 - (2 * n - 1) * differ / (yes * no),
            "positive_agreement": 2 * both / yes,
            "percent_agreement": 1 - differ / n,
        }
    return {name: np.where(np.isfinite(value), value, np.nan) for name, value in found.items()}


def _measure(theme: str, rows: pd.DataFrame) -> dict[str, object]:
    one, two = (rows[name].to_numpy() != NO for name in ("first", "second"))
    cells = np.column_stack([one & two, one & ~two, ~one & two, ~one & ~two])
    both, only_one, only_two, _ = cells.sum(axis=0)
    weight = rows["weight"].to_numpy(dtype=float) if "weight" in rows else np.ones(len(rows))
    # Alpha allows for the number of answers, which weights must not change.
    weighted = cells * (weight / weight.mean())[:, None]
    stances = rows[one & two]
    return {
        "theme": theme,
        "n": len(rows),
        "n_both": int(both),
        "n_first_only": int(only_one),
        "n_second_only": int(only_two),
        **{k: float(v) for k, v in agreement_coefficients(weighted.sum(axis=0)).items()},
        "n_stances": len(stances),
        "stance_agreement": float((stances["first"] == stances["second"]).mean())
        if len(stances)
        else np.nan,
        **dict(zip(ENDS, _bootstrap(weighted, rows["doc_id"].to_numpy()), strict=True)),
    }


def _bootstrap(cells: np.ndarray, documents: np.ndarray) -> Sequence[float]:
    """The ends of the intervals of all `COEFFICIENTS` (see `ENDS`), resampling whole documents.

    As in `scores.bootstrap`: paragraphs of a document are not independent of each other.
    """
    of_document = pd.DataFrame(cells).groupby(documents).sum().to_numpy()
    n = len(of_document)
    times = np.random.default_rng(0).multinomial(n, np.full(n, 1 / n), size=DRAWS)
    ends: list[float] = []
    for value in agreement_coefficients(times @ of_document).values():
        known = value[~np.isnan(value)]
        differ = len(known) > 0 and np.ptp(known) > 1e-9
        ends += np.quantile(known, [0.025, 0.975]).tolist() if differ else [np.nan, np.nan]
    return ends


def list_disagreements(pairs: pd.DataFrame) -> pd.DataFrame:
    """The rows of `pair_codes` in which the two coders differ."""
    return pairs[pairs["first"] != pairs["second"]].reset_index(drop=True)
