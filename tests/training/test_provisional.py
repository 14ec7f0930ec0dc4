from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from pipeline.labelling.codes import PROBABILITY
from pipeline.training.provisional import find_provisional, precision_by_chance


def judged(n_right, n_wrong, n_missed=0, drawn="random", probability=np.nan):
    """Tags of a theme that are right and wrong, and paragraphs with it that have no tag."""
    code = ["concern"] * n_right + ["no"] * n_wrong + ["concern"] * n_missed
    tagged = [True] * (n_right + n_wrong) + [False] * n_missed
    table = pd.DataFrame({"theme": "ferries", "code": code, "tagged": tagged, "drawn": drawn})
    return table.assign(**{PROBABILITY: probability})


CASES = {
    "enough, and mostly right": (judged(50, 10), ""),
    "too few": (judged(40, 0), "40 coded paragraphs carry it, and 50 are needed"),
    "too often wrong": (judged(48, 192, 10), "20% are right (15% to 26%)"),
    "half right is not surely more than half": (judged(52, 48), "52% are right"),
    "the whole of a document": (judged(60, 5, drawn="seed"), ""),
    "not drawn by chance": (judged(60, 5, drawn="search"), "none of its tags was drawn by chance"),
    "drawn with known probability": (judged(60, 5, drawn="search", probability=0.3), ""),
    "never tagged": (judged(0, 0, 60), "none of its tags"),
}


@pytest.mark.parametrize("name", CASES)
def test_a_theme_is_provisional_until_enough_is_known(name):
    table, reason = CASES[name]
    found = find_provisional(table)
    assert list(found) == (["ferries"] if reason else [])
    assert reason in found.get("ferries", "")


def test_what_was_likely_to_be_drawn_counts_less():
    """Of what a search brings nearly all is right; of the many others, hardly anything."""
    found = judged(90, 10, drawn="search", probability=0.5)
    other = judged(2, 18, drawn="random", probability=0.01)
    n, share, low, high = precision_by_chance(pd.concat([found, other]))
    assert share == pytest.approx((90 / 0.5 + 2 / 0.01) / (100 / 0.5 + 20 / 0.01))
    assert low < share < high and n < 30
    assert "ferries" in find_provisional(pd.concat([found, other]))
    assert find_provisional(found) == {}
