from __future__ import annotations

import warnings
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from factories import small_encoder
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.base.codebook import STANCES, read_codebook
from pipeline.base.errors import ModelError
from pipeline.labelling.codes import CODES_COLUMNS, KEYS, settle_codes
from pipeline.labelling.link import fingerprint
from pipeline.tagging.model_folder import HELD_OUT_FILE
from pipeline.tagging.passages import Passage
from pipeline.tagging.token_counts import count_tokens
from pipeline.tagging.tokens import TermFinder
from pipeline.training.fit import (
    HEARD,
    MIN_HEARD,
    NO_ENCODER,
    _fine_tune,
    _hear,
    _Heard,
    _held_out_decisions,
    enough_to_judge,
    fit_model,
    recorded,
)
from pipeline.training.lessons import Start
from pipeline.training.material import gather_material
from pipeline.training.scores import judge


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


LONG = "Waits for CAMHS are far too long in the north, and nobody in the partnership knows why."
THEMES = ("camhs", "early_help", "sufficiency")
KNOWN = ("camhs", "early_help")


def keys_of(*documents):
    rows = [(doc_id, fingerprint(text)) for doc_id, text in documents]
    return pd.DataFrame(rows, columns=KEYS)


def test_what_was_heard_is_kept_and_found_again():
    odds = np.array([[1.0, -2.0], [np.nan, np.nan]])
    tone = np.full((2, 3, 4), np.nan)
    tone[0, :2] = [[-0.1, -3, -4, -5], [-3, -0.1, -4, -5]]
    keys = keys_of(("d1", LONG), ("d2", LONG))
    table = _Heard(keys, THEMES, KNOWN, odds, tone).table()
    assert table["theme"].tolist() == ["camhs", "early_help"] and list(table.columns) == HEARD
    # Cut a little differently by another extraction, and in another order.
    again = keys_of(("d2", LONG), ("d1", LONG.removeprefix("Waits ")))
    odds_again, tone_again = recorded(again, table, THEMES, KNOWN)
    np.testing.assert_array_equal(odds_again, odds[::-1])
    np.testing.assert_array_equal(tone_again, tone[::-1])


def material_of(*rows):
    """Material of rows (document, authority, whether its text is there), those with text first."""
    codes = keys_of(*((doc_id, LONG) for doc_id, _, _ in rows))
    codes = codes.assign(drawn="random", authority=[row[1] for row in rows])
    passages = [Passage(LONG) for row in rows if row[2]]
    counted = count_tokens([Passage(LONG)] * len(rows), ["w=camh"], TermFinder([]))
    finder = TermFinder([])
    return SimpleNamespace(codes=codes, passages=passages, counted=counted, finder=finder)


def hear(material, tuned):
    groups = material.codes["authority"].to_numpy()
    y = np.ones(len(groups), dtype=int)
    coded = SimpleNamespace(themes=dict.fromkeys(THEMES, y), groups=groups)
    by_sentence = np.ones((len(material.counted.owner), len(THEMES)))
    return _hear(material, coded, by_sentence, y == 1, tuned, None)[1]


def test_what_an_encoder_learnt_from_is_never_read_by_it_as_if_it_were_new():
    said = [("d1", fingerprint(LONG), t, 2.0, -0.1, -3.0, -4.0, -5.0) for t in KNOWN]
    tuned = replace(
        NO_ENCODER,
        encoder=small_encoder(),
        heard=pd.DataFrame(said, columns=HEARD),
        authorities=frozenset("A"),
    )
    material = material_of(
        ("d1", "A", True),  # as it was said when the encoder was fine-tuned
        ("d2", "A", True),  # another report of the authority
        ("d3", "B", True),  # an authority it has not seen
        ("d4", "B", False),  # of which the text is not there
    )
    heard = hear(material, tuned)
    assert np.isfinite(heard.odds).all(axis=1).tolist() == [True, False, True, False]
    # A theme that nobody had coded when the encoder was fine-tuned is known of new ones only.
    assert np.isfinite(heard.tone).all(axis=2).tolist() == [
        [True, True, False], [False] * 3, [True] * 3, [False] * 3,
    ]  # fmt: skip
    assert heard.tone[0, 0].tolist() == [-0.1, -3.0, -4.0, -5.0]
    fresh, _ = tuned.encoder.read([Passage(LONG)], [{}])
    np.testing.assert_array_equal(heard.odds[2], fresh[0])


def test_a_theme_is_judged_by_what_was_heard_only_if_enough_is_known():
    y, fold = np.repeat([0, 1, -1], MIN_HEARD), np.arange(3 * MIN_HEARD) % 5
    assert enough_to_judge(y, fold)
    assert not enough_to_judge(y, np.zeros_like(fold))  # nothing could be held out
    assert not enough_to_judge(y[1:], fold[1:])  # too few without the theme
    assert not enough_to_judge(np.full(100, -1), fold[:1].repeat(100))


def test_without_an_encoder_nothing_is_heard():
    heard = hear(material_of(("d1", "A", True)), NO_ENCODER)
    assert heard.odds.shape == (1, 0) and np.isnan(heard.tone).all()
    assert heard.table().empty


def test_an_encoder_is_not_fine_tuned_on_next_to_nothing(tmp_path):
    material = material_of(*[("d1", "A", True)] * 20)
    coded = SimpleNamespace(themes={}, groups=np.array(["A"] * 20))
    with pytest.raises(ModelError, match="Only 20 coded paragraphs have their text"):
        _fine_tune(material, coded, [], np.ones(20, dtype=bool), Start(tmp_path))
