"""Dispersion: paragraphs of a document, and decisions about an authority, are alike."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from pipeline.matrix.dispersion import (
    USUAL_CORRELATION,
    design_effect,
    excess_over_chance,
    extra_variance,
)


def drawn(rho, size=60, documents=400, share=0.1, seed=1, **columns):
    """Documents of one kind whose paragraphs are correlated by `rho`."""
    rng = np.random.default_rng(seed)
    rate = np.full(documents, share)
    if rho:
        rate = rng.beta(share * (1 / rho - 1), (1 - share) * (1 / rho - 1), documents)
    table = pd.DataFrame({"n_tagged": rng.binomial(size, rate), "n_paragraphs": size})
    given = {"document_type": "inspection", "framework": "SIF", "topic": "", "theme": "camhs"}
    return table.assign(**(given | columns))


def correlation(counts):
    n = counts["n_paragraphs"]
    return pd.Series(extra_variance(counts) / (n * (n - 1)), index=counts.index)


@pytest.mark.parametrize("rho", [0.0, 0.01, 0.05])
@pytest.mark.parametrize("size", [20, 60, 200])
def test_a_correlation_is_found_again(rho, size):
    assert correlation(drawn(rho, size))[0] == pytest.approx(rho, abs=0.009)


def test_documents_of_different_size_give_the_same():
    rng = np.random.default_rng(2)
    sizes = rng.integers(20, 300, 400)
    assert correlation(drawn(0.03, sizes))[0] == pytest.approx(0.03, abs=0.006)


def test_only_documents_that_were_told_the_same_are_compared():
    """A joint inspection about a theme is no sign that reports on it differ by themselves."""
    for column, names in (("topic", ("", "neglect")), ("framework", ("SIF", "ILACS"))):
        two = [drawn(0, share=share, **{column: name}) for share, name in zip((0.05, 0.4), names, strict=True)]  # fmt: skip
        table = pd.concat(two, ignore_index=True)
        assert correlation(table).max() < 0.003
        assert correlation(table.assign(**{column: ""})).min() > 0.1


def test_where_few_documents_are_at_hand_it_is_the_usual_one():
    alone = drawn(0, documents=1)
    assert correlation(alone)[0] == pytest.approx(USUAL_CORRELATION)
    nothing = drawn(0, documents=9).assign(n_tagged=0)
    assert correlation(nothing).tolist() == pytest.approx([USUAL_CORRELATION] * 9)
    assert 0 < correlation(drawn(0, documents=4))[0] < USUAL_CORRELATION * 1.5


def test_a_document_without_paragraphs_adds_nothing():
    table = pd.concat([drawn(0.01), drawn(0, size=0, documents=1)], ignore_index=True)
    assert extra_variance(table)[-1] == 0 and np.isfinite(extra_variance(table)).all()


def test_rows_keep_their_order():
    table = pd.concat([drawn(0, theme="a"), drawn(0.05, theme="b")], ignore_index=True)
    mixed = table.sample(frac=1, random_state=0)
    assert extra_variance(mixed) == pytest.approx(extra_variance(table)[mixed.index])


def test_groups_that_say_nothing_weigh_nothing():
    table = pd.DataFrame({"g": [1, 1, 2, 2], "k": [0, 0, 1, 3], "n": [5, 5, 5, 5]})
    found = excess_over_chance(table, ["g"], "k", "n")
    assert found.loc[1].tolist() == [0, 0] and found.loc[2, "weight"] > 0


def test_a_design_effect_of_nothing_is_one():
    assert design_effect(np.array([]), 0.5) == 1
