from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from pipeline.training import more_codes
from pipeline.training.more_codes import POINTS, Curve, draw_curves, say_more_codes


@pytest.fixture(scope="module")
def curves():
    """Of a theme told by any of many words, of which each code teaches few, and of one by none."""
    rng = np.random.default_rng(0)
    n, n_words = 400, 60
    words = rng.random((n, 2 * n_words)) < 0.03
    many = (rng.random(n) < 0.3).astype(int)
    words[:, :n_words] &= (many == 1)[:, None]
    words[np.flatnonzero(many), rng.integers(n_words, size=many.sum())] = True
    groups = rng.integers(12, size=n)
    codes = {"ferries": many, "noise": (rng.random(n) < 0.3).astype(int), "rare": -np.ones(n)}
    codes["rare"][:5] = 1
    names = np.array([f"Area {k}" for k in groups])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(more_codes, "ROUNDS", 4)
        return draw_curves(sparse.csr_matrix(words.astype(np.float32)), codes, names)


def test_a_curve_rises_where_codes_teach_something(curves):
    assert list(curves) == ["ferries", "noise"]
    points = curves["ferries"].points
    assert list(points.columns) == POINTS and points["n_codes"].tolist() == [100, 200, 400]
    assert points["f1"].is_monotonic_increasing and points["f1"].iloc[-1] > 0.6
    assert (points["low"] <= points["f1"]).all() and (points["f1"] <= points["high"]).all()
    assert np.median(curves["ferries"].power) > 0.2 > abs(np.median(curves["noise"].power))


def curve(*power, n=120):
    return Curve(pd.DataFrame(columns=POINTS), n, np.array(power))


SAYINGS = {
    "not known": (None, curve(0.3), "not known: no paragraph"),
    "too few": (0.5, None, "too few codes"),
    # Errors halve when codes are 2.83 times as many: 0.3 to 0.25 takes 1.31 times.
    "some more": (
        0.70,
        curve(2 / 3),
        "about 40 more codes would bring F1 to about 0.75",
    ),
    "the next step is too near": (0.74, curve(2 / 3), "to about 0.80"),
    "a wide range": (0.70, curve(0.0, 0.3, 0.9), "(30 or far more)"),
    "flat": (0.70, curve(0.0), "do little: twice as many, F1 about 0.70"),
    "too many would be needed": (
        0.80,
        curve(0.1, n=9000),
        "do little: twice as many, F1 about 0.81",
    ),
    "high already": (0.94, curve(0.2), "do little: twice as many, F1 about 0.95"),
}


@pytest.mark.parametrize("name", SAYINGS)
def test_what_more_codes_would_bring_is_said_in_words(name):
    f1, own, expected = SAYINGS[name]
    assert expected in say_more_codes({"f1": f1, "support": 50}, own)


def test_a_range_has_two_ends():
    """It used to say "(40 to 40)"."""
    assert say_more_codes({"f1": 0.70, "support": 50}, curve(2 / 3)).endswith("about 0.75")


@pytest.mark.parametrize(("n", "missing"), [(29, "21 more paragraphs"), (49, "1 more paragraph")])
@pytest.mark.parametrize("own", [None, curve(0.0)])
def test_a_theme_with_too_few_codes_is_not_told_that_more_would_do_little(n, missing, own):
    said = say_more_codes({"f1": 0.926, "support": n}, own)
    assert said == f"needs {missing} coded with it to be counted"


@pytest.mark.parametrize(("n", "said"), [(3, "10"), (47, "50"), (512, "500"), (1730, "1,500")])
def test_numbers_are_rounded(n, said):
    assert more_codes._about(n) == said
