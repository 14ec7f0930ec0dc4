"""Codes of two coders on the same paragraphs → how far they agree, theme by theme."""

from __future__ import annotations

import krippendorff
import numpy as np
import pandas as pd
from sklearn.metrics import cohen_kappa_score

from pipeline.base.errors import LabelError
from pipeline.labelling.codes import CODES_COLUMNS, NO, themes_of

AGREEMENT = [
    "theme",
    "n",
    "n_both",
    "n_first_only",
    "n_second_only",
    "cohens_kappa",
    "krippendorffs_alpha",
    "positive_agreement",
    "n_stances",
    "stance_agreement",
]
DISAGREEMENTS = ["doc_id", "fingerprint", "authority", "theme", "first", "second"]


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

    On whether paragraphs carry the theme: Cohen's kappa (Cohen 1960), Krippendorff's alpha
    (nominal; Krippendorff 2011, "Computing Krippendorff's alpha-reliability") and positive
    agreement, 2a / (2a + b + c) (Cicchetti & Feinstein 1990), which paragraphs without the theme
    do not inflate. Kappa and alpha are empty if both coders always give the same answer, as they
    are then undefined. On stance: the share of equal stances where both code the theme.
    """
    return pd.DataFrame(
        [_measure(theme, rows) for theme, rows in pairs.groupby("theme", sort=False)],
        columns=AGREEMENT,
    )


def _measure(theme: str, rows: pd.DataFrame) -> dict[str, object]:
    one, two = (rows[name].to_numpy() != NO for name in ("first", "second"))
    both, only_one, only_two = (one & two).sum(), (one & ~two).sum(), (~one & two).sum()
    told = 2 * both + only_one + only_two
    varied = len(np.unique(np.r_[one, two])) > 1
    stances = rows[one & two]
    return {
        "theme": theme,
        "n": len(rows),
        "n_both": int(both),
        "n_first_only": int(only_one),
        "n_second_only": int(only_two),
        "cohens_kappa": float(cohen_kappa_score(one, two)) if varied else np.nan,
        "krippendorffs_alpha": float(
            krippendorff.alpha([one.astype(int), two.astype(int)], level_of_measurement="nominal")
        )
        if varied
        else np.nan,
        "positive_agreement": float(2 * both / told) if told else np.nan,
        "n_stances": len(stances),
        "stance_agreement": float((stances["first"] == stances["second"]).mean())
        if len(stances)
        else np.nan,
    }


def list_disagreements(pairs: pd.DataFrame) -> pd.DataFrame:
    """The rows of `pair_codes` in which the two coders differ."""
    return pairs[pairs["first"] != pairs["second"]].reset_index(drop=True)
