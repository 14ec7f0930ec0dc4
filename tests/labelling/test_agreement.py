from __future__ import annotations

import pandas as pd
import pytest

from pipeline.base.errors import LabelError
from pipeline.labelling.agreement import (
    AGREEMENT,
    DISAGREEMENTS,
    list_disagreements,
    measure_agreement,
    pair_codes,
)
from pipeline.labelling.codes import CODES_COLUMNS


def coded(coder, *codes):
    rows = [
        ("0" * 12, f"{n:064d}", "Ambleford", coder, "", "random", *pair)
        for n, pair in enumerate(codes)
    ]
    return pd.DataFrame(rows, columns=[*CODES_COLUMNS, "camhs", "supervision"])


ANNA = coded("Anna", ("concern", "no"), ("concern", "no"), ("no", "no"), ("no", "no"), ("", "no"))
BEN = coded("Ben", ("mixed", "no"), ("no", "no"), ("no", "no"), ("no", "no"), ("no", "no"))


@pytest.fixture(scope="module")
def pairs():
    return pair_codes(pd.concat([ANNA, BEN], ignore_index=True), "Anna", "Ben")


def test_only_what_both_coded_is_compared(pairs):
    assert list(pairs.columns) == DISAGREEMENTS
    assert pairs.groupby("theme").size().to_dict() == {"camhs": 4, "supervision": 5}


def test_figures_by_hand(pairs):
    """Yes-yes 1, yes-no 1, no-no 2: observed 3/4, by chance 1/2 * 1/4 + 1/2 * 3/4 = 1/2.

    Alpha pools the values (3 yes, 5 no of 8): 1 - (7 * 2) / (2 * 3 * 5) = 8/15.
    """
    table = measure_agreement(pairs).set_index("theme")
    assert [table.index.name, *table.columns] == AGREEMENT
    camhs = table.loc["camhs"]
    assert camhs[["n", "n_both", "n_first_only", "n_second_only"]].tolist() == [4, 1, 1, 0]
    assert camhs["cohens_kappa"] == pytest.approx(0.5)
    assert camhs["krippendorffs_alpha"] == pytest.approx(8 / 15)
    assert camhs["positive_agreement"] == pytest.approx(2 / 3)
    assert (camhs["n_stances"], camhs["stance_agreement"]) == (1, 0)


def test_coefficients_are_empty_where_nobody_says_yes(pairs):
    row = measure_agreement(pairs).set_index("theme").loc["supervision"]
    assert row[["cohens_kappa", "krippendorffs_alpha", "positive_agreement"]].isna().all()


def test_disagreements_are_listed(pairs):
    differing = list_disagreements(pairs)
    assert differing[["theme", "first", "second"]].to_numpy().tolist() == [
        ["camhs", "concern", "mixed"],
        ["camhs", "concern", "no"],
    ]


def test_strangers_are_named():
    with pytest.raises(LabelError, match="no paragraph in common") as error:
        pair_codes(pd.concat([ANNA, BEN], ignore_index=True), "Anna", "Carl")
    assert "Anna, Ben" in error.value.hint


def test_one_coder_is_not_compared_with_herself():
    with pytest.raises(LabelError, match="only one coder"):
        pair_codes(ANNA, "Anna", "Anna")
