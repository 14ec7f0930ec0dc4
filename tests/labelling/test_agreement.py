from __future__ import annotations

import krippendorff
import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import cohen_kappa_score

from pipeline.base.errors import LabelError
from pipeline.labelling.agreement import (
    AGREEMENT,
    EVERY_THEME,
    PAIR,
    SIDE_BY_SIDE,
    TOGETHER,
    agreement_coefficients,
    alpha_of,
    alpha_parts,
    for_print,
    list_disagreements,
    measure_agreement,
    measure_pairs,
    measure_together,
    pair_codes,
    side_by_side,
    stance_coefficients,
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


CLEO = coded("Cleo", ("concern", "no"), ("no", "mixed"))
TWO, THREE = ["Anna", "Ben"], ["Anna", "Ben", "Cleo"]


@pytest.fixture(scope="module")
def both():
    return side_by_side(pd.concat([ANNA, BEN], ignore_index=True), TWO)


@pytest.fixture(scope="module")
def pairs(both):
    return pair_codes(both, *TWO)


@pytest.fixture(scope="module")
def three():
    return side_by_side(pd.concat([ANNA, BEN, CLEO], ignore_index=True), THREE)


def test_only_what_both_coded_is_compared(pairs):
    assert list(pairs.columns) == [*SIDE_BY_SIDE, *PAIR]
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
    assert camhs[["prevalence_first", "prevalence_second"]].tolist() == [0.5, 0.25]


def test_coefficients_are_empty_where_nobody_says_yes(pairs):
    row = measure_agreement(pairs).set_index("theme").loc["supervision"]
    assert row[["cohens_kappa", "krippendorffs_alpha", "positive_agreement"]].isna().all()


def test_disagreements_are_listed(both, three):
    differing = list_disagreements(both, TWO)
    assert differing[["theme", *TWO]].to_numpy().tolist() == [
        ["camhs", "concern", "mixed"],
        ["camhs", "concern", "no"],
    ]
    told = list_disagreements(three, THREE)[["theme", *THREE]].to_numpy().tolist()
    assert told == [
        ["camhs", "concern", "mixed", "concern"],
        ["camhs", "concern", "no", "no"],
        ["supervision", "no", "no", "mixed"],
    ]


def test_strangers_are_named():
    others = coded("Carl", ("no", "no")).assign(doc_id="f" * 12)
    with pytest.raises(LabelError, match=r"Anna and Carl have coded no .* common") as error:
        side_by_side(pd.concat([ANNA, BEN, others], ignore_index=True), ["Anna", "Carl"])
    assert "Anna, Ben" in error.value.hint


@pytest.mark.parametrize("coders", [["Anna"], ["Anna", "Anna"]])
def test_one_coder_is_not_compared_with_herself(coders):
    with pytest.raises(LabelError, match="only one coder"):
        side_by_side(ANNA, coders)


def test_every_two_coders_are_compared_and_all_themes_pooled(three):
    table = measure_pairs(three, THREE)
    assert list(table.columns) == [*PAIR, *AGREEMENT]
    assert table[[*PAIR, "theme", "n"]].to_numpy().tolist() == [
        ["Anna", "Ben", "camhs", 4], ["Anna", "Ben", "supervision", 5],
        ["Anna", "Ben", EVERY_THEME, 9],
        ["Anna", "Cleo", "camhs", 2], ["Anna", "Cleo", "supervision", 2],
        ["Anna", "Cleo", EVERY_THEME, 4],
        ["Ben", "Cleo", "camhs", 2], ["Ben", "Cleo", "supervision", 2],
        ["Ben", "Cleo", EVERY_THEME, 4],
    ]  # fmt: skip
    # Pooled, Anna and Ben agree in eight of nine.
    assert table["percent_agreement"][2] == pytest.approx(8 / 9)


def test_all_coders_together_by_hand(three):
    """On camhs: three and then two of three say yes to the first two of four paragraphs."""
    table = measure_together(three, THREE).set_index("theme")
    assert [table.index.name, *table.columns] == TOGETHER
    said = [[1, 1, 1], [1, 0, 0], [0, 0, np.nan], [0, 0, np.nan]]
    alpha = krippendorff.alpha(np.array(said).T, level_of_measurement="nominal")
    camhs = table.loc["camhs"]
    assert camhs["krippendorffs_alpha"] == pytest.approx(alpha)
    assert camhs[["n", "n_codes", "n_stances"]].tolist() == [4, 10, 1]
    assert camhs["prevalence"] == pytest.approx(0.4)
    # Pairs of codes: 3, 3, 1 and 1, of which two differ.
    assert camhs["percent_agreement"] == pytest.approx(6 / 8)
    stance = krippendorff.alpha([[0], [1], [0]], level_of_measurement="nominal")
    assert camhs["stance_alpha"] == pytest.approx(stance)
    assert table.loc[EVERY_THEME, "n_codes"] == 22


def test_tables_for_print_are_short(three, both):
    shown = for_print(measure_pairs(three, THREE))
    assert shown["coders"][0] == "Anna, Ben" and shown["prevalence"][0] == "50.0%, 25.0%"
    assert shown["Cohen's kappa"][0] == "0.50" and shown["Cohen's kappa"][1] == ""
    # A paper has to say whose prevalence comes first.
    assert set(for_print(measure_pairs(both, TWO))["coders"]) == {"Anna, Ben"}
    assert list(for_print(measure_together(three, THREE))["n"]) == ["4", "5", "9"]


def test_kappa_of_a_published_example():
    """Cohen (1968), "Weighted kappa", Psychological Bulletin 70: unweighted, it is 0.492."""
    three_diagnoses = np.array([[88, 10, 2], [14, 40, 6], [18, 10, 12]])
    found = stance_coefficients(three_diagnoses)
    assert found["stance_agreement"] == pytest.approx(0.70)
    assert found["stance_kappa"] == pytest.approx(0.492, abs=5e-4)
    two = agreement_coefficients(np.array([20, 5, 10, 15]))
    assert two["cohens_kappa"] == pytest.approx(0.4)


# Krippendorff (2011), "Computing Krippendorff's alpha-reliability", sections A to C.
PUBLISHED = {
    "two coders, two values": (["0100000010", "1110010000"], 0.095),
    "two coders, five values": (["aabbdcccedda", "babbbccceddd"], 0.692),
    "four coders, missing codes": (
        ["123321412...", "1233224125.3", ".3332342251.", "12332441251."], 0.743,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", PUBLISHED)
def test_alpha_of_published_examples(name):
    coders, published = PUBLISHED[name]
    values = sorted(set("".join(coders)) - {"."})
    units = ["".join(unit) for unit in zip(*coders, strict=True)]
    counts = np.array([[unit.count(value) for value in values] for unit in units])
    assert alpha_of(alpha_parts(counts).sum(axis=0)) == pytest.approx(published, abs=5e-4)


TABLES = {"alike": (8, 1, 2, 30), "by chance": (3, 6, 6, 12), "at odds": (1, 9, 7, 2)}


@pytest.mark.parametrize("name", TABLES)
def test_coefficients_are_those_of_scikit_learn_and_krippendorff(name):
    one, two = np.repeat([1, 1, 0, 0], TABLES[name]), np.repeat([1, 0, 1, 0], TABLES[name])
    found = agreement_coefficients(np.array(TABLES[name]))
    alpha = krippendorff.alpha([one, two], level_of_measurement="nominal")
    assert found["cohens_kappa"] == pytest.approx(cohen_kappa_score(one, two))
    assert found["krippendorffs_alpha"] == pytest.approx(alpha)
    assert found["percent_agreement"] == pytest.approx((one == two).mean())
    square = np.array(TABLES[name]).reshape(2, 2)
    assert stance_coefficients(square)["stance_kappa"] == pytest.approx(
        cohen_kappa_score(one, two)
    )
    counts = np.column_stack([one + two, 2 - one - two])
    assert alpha_of(alpha_parts(counts).sum(axis=0)) == pytest.approx(alpha)
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
