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
    with_more,
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


def hear(material, tuned, themes=THEMES):
    groups = material.codes["authority"].to_numpy()
    y = np.ones(len(groups), dtype=int)
    coded = SimpleNamespace(themes=dict.fromkeys(themes, y), groups=groups)
    by_sentence = np.ones((len(material.counted.owner), len(themes)))
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


def test_what_is_known_of_stance_alone_is_read_for_themes_too():
    """Of a theme of one's own the stance was kept, but not what the encoder says of its themes:
    the next training asked for neither, and lost the encoder."""
    said = [("d1", fingerprint(LONG), t, np.nan, -0.1, -3.0, -4.0, -5.0) for t in THEMES]
    heard = pd.DataFrame(said, columns=HEARD)
    tuned = replace(NO_ENCODER, encoder=small_encoder(), heard=heard)
    assert np.isfinite(hear(material_of(("d1", "A", True)), tuned).odds).all()


def test_what_was_heard_of_themes_that_nobody_asks_for_is_kept():
    tuned = replace(NO_ENCODER, encoder=small_encoder())
    table = hear(material_of(("d1", "A", True)), tuned, themes=("ferries",)).table()
    assert table["theme"].tolist() == ["ferries", *KNOWN]
    assert table["odds"].isna().tolist() == [True, False, False]
    assert table["concern"].isna().tolist() == [False, True, True]
    # Without its text it is known again from the table alone.
    heard = replace(tuned, heard=table)
    again = hear(material_of(("d1", "A", False)), heard, themes=("ferries",))
    assert np.isfinite(again.odds).all() and np.isfinite(again.tone).all()


def test_what_is_heard_again_adds_to_what_was_heard():
    """A codebook without a theme knows its odds, and not its stance, which stays as it was."""
    keys, odds = keys_of(("d1", LONG)), np.array([[1.0, -2.0]])
    tone = np.log(np.full((1, 3, 4), 0.25))
    unasked = Heard(keys, (), KNOWN, odds, tone[:, :0]).table()
    whole = Heard(keys, THEMES, KNOWN, odds, tone)
    assert with_more(unasked, whole).equals(with_more(unasked.head(0), whole))
    of_some = Heard(keys, THEMES[2:], KNOWN, odds + 1, tone[:, 2:])
    both = with_more(whole.table(), of_some)
    assert both["theme"].tolist() == list(THEMES) and list(both.columns) == HEARD
    assert both["odds"].tolist()[:2] == [2.0, -1.0] and both["concern"].notna().all()


def test_without_an_encoder_nothing_is_heard():
    heard = hear(material_of(("d1", "A", True)), NO_ENCODER)
    assert heard.odds.shape == (1, 0) and np.isnan(heard.tone).all()
    assert heard.table().empty


def test_an_encoder_is_not_fine_tuned_on_next_to_nothing(tmp_path):
    material = material_of(*[("d1", "A", True)] * 20)
    coded = SimpleNamespace(themes={}, groups=np.array(["A"] * 20))
    with pytest.raises(ModelError, match="Only 20 coded paragraphs have their text"):
        _fine_tune(material, coded, [], np.ones(20, dtype=bool), Start(tmp_path))
