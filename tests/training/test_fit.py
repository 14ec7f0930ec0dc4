from __future__ import annotations

import warnings
from dataclasses import replace

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.dummy import DummyClassifier

from pipeline.base.codebook import STANCES, read_codebook
from pipeline.labelling.codes import CODES_COLUMNS, KEYS, settle_codes
from pipeline.tagging.model_folder import HELD_OUT_FILE
from pipeline.training.fit import (
    MIN_HEARD,
    _held_out_decisions,
    enough_to_judge,
    fit_model,
)
from pipeline.training.heard import HEARD, NO_ENCODER
from pipeline.training.material import gather_material
from pipeline.training.scores import judge

KNOWN = ("camhs", "early_help")


def test_what_is_tagged_wrongly_has_a_held_out_stance_too(trained, codes):
    held_out = pd.read_parquet(trained / HELD_OUT_FILE)
    assert (held_out.loc[held_out["tagged"], "stance"] != "").all()
    judged = judge(settle_codes(codes), held_out)
    assert (judged.loc[judged["code"] != "no", "stance"] != "").all()


def test_a_theme_of_which_nothing_was_heard_is_fitted_beside_the_others(
    few_codes, few_paragraphs, monkeypatch
):
    """A new theme is unknown to the encoder of the model that it is added to."""
    monkeypatch.setattr("pipeline.training.fit.FOLDS", 2)
    codebook = read_codebook()
    codebook["ferries"] = replace(codebook["camhs"], id="ferries")
    codes = few_codes[[*CODES_COLUMNS, *KNOWN]].assign(ferries=few_codes["camhs"])
    material = gather_material(codes, few_paragraphs, codebook, None)
    keys = material.codes[KEYS].loc[material.codes.index.repeat(len(KNOWN))]
    tone = np.log(np.random.default_rng(0).dirichlet(np.ones(len(STANCES)), len(keys)))
    heard = keys.assign(
        theme=KNOWN * len(material.codes), odds=0.0, **dict(zip(STANCES, tone.T, strict=True))
    )
    with warnings.catch_warnings():
        # Small data: rare stances, folds without a stance.
        warnings.simplefilter("ignore")
        fit = fit_model(material, replace(NO_ENCODER, heard=heard[HEARD]))
    own = fit.held_out[fit.held_out["theme"] == "ferries"]
    assert set(own.loc[own["tagged"], "stance"]) <= set(STANCES) and own["tagged"].any()


def test_a_judge_that_is_taken_over_is_held_out_as_it_is_used(
    few_codes, few_paragraphs, monkeypatch
):
    """With few stances the card scored counts alone, and the model asked the judge of its base."""
    monkeypatch.setattr("pipeline.training.fit.FOLDS", 2)
    codes = few_codes[[*CODES_COLUMNS, *KNOWN]]
    material = gather_material(codes, few_paragraphs, read_codebook(), None)
    some = material.codes[material.codes["camhs"] != "no"].head(9)
    heard = some[KEYS].assign(theme="camhs", odds=0.0, **dict.fromkeys(STANCES, np.log(0.25)))
    judge = DummyClassifier(strategy="constant", constant=STANCES.index("neutral"))
    judge.fit(np.zeros((len(STANCES), 1)), range(len(STANCES)))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fit = fit_model(material, replace(NO_ENCODER, heard=heard[HEARD], judge=judge))
    assert fit.parts["tone_judge"] is judge
    own = fit.held_out.merge(some[KEYS])
    assert set(own.loc[own["theme"] == "camhs", "stance"]) == {"neutral"}


ROWS = st.lists(
    st.tuples(st.integers(0, 3), st.integers(-1, 1), st.floats(0, 1)), min_size=1, max_size=30
)


@settings(deadline=None)
@given(ROWS, st.integers(0, 3))
def test_the_codes_of_an_authority_do_not_decide_about_it(rows, own):
    fold, y, p = (np.array(column) for column in zip(*rows, strict=True))
    turned = np.where((fold == own) & (y >= 0), 1 - y, y)
    one, other = (_held_out_decisions(codes, p, fold) for codes in (y, turned))
    assert (one[fold == own] == other[fold == own]).all()


def test_the_codes_of_other_authorities_decide():
    p, fold = np.array([0.4, 0.4, 0.9, 0.1]), np.array([0, 1, 1, 1])
    # The best F1 of the others is 1, 2/3 and 1/2; half of it is the threshold.
    for y, tagged in (([0, 0, 1, 0], False), ([0, 1, 0, 0], True), ([0, 0, 0, 1], True)):
        assert _held_out_decisions(np.array(y), p, fold)[0] == tagged


def test_a_theme_that_no_other_authority_has_is_not_tagged():
    """It was tagged everywhere: of a theme without codes a model says 0.5, and that was enough."""
    p, fold = np.array([0.5, 0.5, 0.9]), np.array([0, 0, 1])
    for others in (-1, 0):
        tagged = _held_out_decisions(np.array([1, 0, others]), p, fold)
        assert tagged[:2].tolist() == [False, False]


def test_a_theme_is_judged_by_what_was_heard_only_if_enough_is_known():
    y, fold = np.repeat([0, 1, -1], MIN_HEARD), np.arange(3 * MIN_HEARD) % 5
    assert enough_to_judge(y, fold)
    assert not enough_to_judge(y, np.zeros_like(fold))  # nothing could be held out
    assert not enough_to_judge(y[1:], fold[1:])  # too few without the theme
    assert not enough_to_judge(np.full(100, -1), fold[:1].repeat(100))
