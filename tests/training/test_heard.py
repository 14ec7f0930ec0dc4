from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from factories import small_encoder

from pipeline.base.errors import ModelError
from pipeline.labelling.codes import KEYS
from pipeline.labelling.link import fingerprint
from pipeline.tagging.passages import Passage
from pipeline.tagging.token_counts import count_tokens
from pipeline.tagging.tokens import TermFinder
from pipeline.training.heard import (
    HEARD,
    NO_ENCODER,
    Heard,
    _fine_tune,
    hear_coded,
    recorded,
)
from pipeline.training.lessons import Start

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
    table = Heard(keys, THEMES, KNOWN, odds, tone).table()
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
    return SimpleNamespace(
        codes=codes,
        passages=passages,
        counted=counted,
        finder=finder,
        real=np.ones(len(rows), dtype=bool),
    )


def hear(material, tuned):
    groups = material.codes["authority"].to_numpy()
    y = np.ones(len(groups), dtype=int)
    coded = SimpleNamespace(themes=dict.fromkeys(THEMES, y), groups=groups)
    by_sentence = np.ones((len(material.counted.owner), len(THEMES)))
    return hear_coded(material, coded, by_sentence, y == 1, tuned, None)[1]


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


def test_without_an_encoder_nothing_is_heard():
    heard = hear(material_of(("d1", "A", True)), NO_ENCODER)
    assert heard.odds.shape == (1, 0) and np.isnan(heard.tone).all()
    assert heard.table().empty


def test_an_encoder_is_not_fine_tuned_on_next_to_nothing(tmp_path):
    material = material_of(*[("d1", "A", True)] * 20)
    coded = SimpleNamespace(themes={}, groups=np.array(["A"] * 20))
    with pytest.raises(ModelError, match="Only 20 coded paragraphs have their text"):
        _fine_tune(material, coded, [], np.ones(20, dtype=bool), Start(tmp_path))
