from __future__ import annotations

import krippendorff
import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import cohen_kappa_score

from pipeline.base.errors import LabelError
from pipeline.labelling.agreement import (
    AGREEMENT,
    DISAGREEMENTS,
    agreement_coefficients,
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


TABLES = {"alike": (8, 1, 2, 30), "by chance": (3, 6, 6, 12), "at odds": (1, 9, 7, 2)}


@pytest.mark.parametrize("name", TABLES)
def test_coefficients_are_those_of_scikit_learn_and_krippendorff(name):
    one, two = np.repeat([1, 1, 0, 0], TABLES[name]), np.repeat([1, 0, 1, 0], TABLES[name])
    found = agreement_coefficients(np.array(TABLES[name]))
    alpha = krippendorff.alpha([one, two], level_of_measurement="nominal")
    assert found["cohens_kappa"] == pytest.approx(cohen_kappa_score(one, two))
    assert found["krippendorffs_alpha"] == pytest.approx(alpha)
    assert found["percent_agreement"] == pytest.approx((one == two).mean())
    weighted = cohen_kappa_score(one, two, sample_weight=one + 1)
    cells = np.array(TABLES[name]) * (2, 2, 1, 1)
    assert agreement_coefficients(cells)["cohens_kappa"] == pytest.approx(weighted)


def test_weights_count_for_the_coefficients_only(pairs):
    doubled = measure_agreement(pairs.assign(weight=2.0))
    pd.testing.assert_frame_equal(doubled, measure_agreement(pairs))
    uneven = measure_agreement(pairs.assign(weight=[1, 3, 1, 1] + [1] * 5)).set_index("theme")
    camhs = uneven.loc["camhs"]
    assert camhs["percent_agreement"] == pytest.approx(0.5) and camhs["n_first_only"] == 1


def test_intervals_resample_documents():
    rng = np.random.default_rng(0)
    first = rng.choice(["no", "concern"], 120)
    second = np.where(rng.random(120) < 0.8, first, "no")
    pairs = pd.DataFrame({"theme": "camhs", "first": first, "second": second})
    apart = measure_agreement(pairs.assign(doc_id=np.arange(120).astype(str))).iloc[0]
    # Whole documents of ten: what is known comes from twelve of them.
    same = np.repeat([0, 1] * 6, 10).astype(bool)
    alike = pairs.assign(
        second=np.where(same, pairs["first"], "no"), doc_id=np.repeat(range(12), 10)
    )
    together = measure_agreement(alike.astype({"doc_id": str})).iloc[0]
    widths = [
        row["percent_agreement_high"] - row["percent_agreement_low"] for row in (apart, together)
    ]
    assert apart["cohens_kappa_low"] < apart["cohens_kappa"] < apart["cohens_kappa_high"]
    assert widths[1] > 1.5 * widths[0]
    one = measure_agreement(pairs.assign(doc_id="a")).iloc[0]
    assert np.isnan(one["percent_agreement_low"])
