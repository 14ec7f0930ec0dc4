from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from factories import small_encoder
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.base.errors import ModelError
from pipeline.labelling.codes import settle_codes
from pipeline.labelling.link import fingerprint
from pipeline.tagging.model_folder import HELD_OUT_FILE
from pipeline.training.fit import (
    NO_ENCODER,
    TONE,
    _Asked,
    _find_tone,
    _fine_tune,
    _held_out_decisions,
)
from pipeline.training.scores import judge


def test_what_is_tagged_wrongly_has_a_held_out_stance_too(trained, codes):
    held_out = pd.read_parquet(trained / HELD_OUT_FILE)
    assert (held_out.loc[held_out["tagged"], "stance"] != "").all()
    judged = judge(settle_codes(codes), held_out)
    assert (judged.loc[judged["code"] != "no", "stance"] != "").all()


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


def tuned_on(*pairs, authorities=("A",)):
    rows = [(d, fingerprint(text), theme, -0.1, -3.0, -4.0, -5.0) for d, text, theme in pairs]
    tone = pd.DataFrame(rows, columns=TONE)
    return replace(
        NO_ENCODER, encoder=small_encoder(), tone=tone, authorities=frozenset(authorities)
    )


def asked_of(*rows):
    """Rows (document, text, theme, authority, whether the text is there)."""
    keys = pd.DataFrame(
        [(d, fingerprint(text), theme) for d, text, theme, _, _ in rows], columns=TONE[:3]
    )
    return _Asked(
        keys=keys,
        groups=np.array([row[3] for row in rows]),
        stances=np.zeros(len(rows), dtype=int),
        fold=np.arange(len(rows)) % 2,
        here=np.array([row[4] for row in rows]),
        texts_of=lambda chosen: [("camhs", "wait")] * int(chosen.sum()),
    )


LONG = "Waits for CAMHS are far too long in the north, and nobody in the partnership knows why."


def test_what_an_encoder_learnt_from_is_never_read_by_it_as_if_it_were_new():
    tuned = tuned_on(("d1", LONG, "camhs"))
    tone = _find_tone(
        asked_of(
            ("d1", LONG, "camhs", "A", True),  # as it was said when the encoder was fine-tuned
            ("d1", LONG, "early_help", "A", True),  # coded for a theme that is new
            ("d2", LONG, "camhs", "A", True),  # another report of the authority
            ("d3", LONG, "camhs", "B", True),  # an authority it has not seen
            ("d3", LONG, "camhs", "B", False),  # of which the text is not there
        ),
        tuned,
    )
    assert np.isfinite(tone).all(axis=1).tolist() == [True, False, False, True, False]
    extracted_otherwise = asked_of(("d1", LONG.removeprefix("Waits "), "camhs", "A", True))
    assert tone[0].tolist() == [-0.1, -3.0, -4.0, -5.0]
    assert _find_tone(extracted_otherwise, tuned).tolist() == [[-0.1, -3.0, -4.0, -5.0]]
    np.testing.assert_array_equal(tone[3], tuned.encoder.score([("camhs", "wait")])[0])


def test_without_an_encoder_nothing_is_heard():
    assert np.isnan(_find_tone(asked_of(("d1", LONG, "camhs", "A", True)), NO_ENCODER)).all()


def test_an_encoder_is_not_fine_tuned_on_next_to_nothing(tmp_path):
    rows = [("d1", LONG, "camhs", "A", True)] * 20
    with pytest.raises(ModelError, match="Only 20 coded stances have the text"):
        _fine_tune(asked_of(*rows), tmp_path, [])
