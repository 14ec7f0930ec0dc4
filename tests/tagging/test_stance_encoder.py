from __future__ import annotations

import numpy as np
import pytest
from factories import PIECES, small_encoder
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.tagging.stance_encoder import (
    END,
    LONGEST_WORD,
    MAX_CHARACTERS,
    MAX_PIECES,
    START,
    UNKNOWN,
    as_pieces,
    as_stored,
    from_stored,
)

IDS = {piece: n for n, piece in enumerate(PIECES)}


@pytest.fixture(scope="module")
def encoder():
    return small_encoder()


SPLIT = [
    ("Waits", ["wait", "##s"]),
    ("waiting long.", ["wait", "##ing", "long", "."]),
    ("Café-CAMHS", ["cafe", "-", "camhs"]),
    ("waitx long", [UNKNOWN, "long"]),
    ("ab", ["a", "##b"]),
    ("a" * 5000, [UNKNOWN]),
    ("", []),
]


@pytest.mark.parametrize(("text", "pieces"), SPLIT)
def test_words_fall_into_the_longest_known_pieces(text, pieces):
    ids, side = as_pieces("camhs", text, IDS)
    assert [PIECES[n] for n in ids] == [START, "camhs", END, *pieces, END]
    assert side == [0, 0, 0, *[1] * (len(pieces) + 1)]


def test_a_long_text_is_cut():
    ids, side = as_pieces("camhs", "wait " * 500, IDS)
    assert len(ids) == len(side) == MAX_PIECES and ids[-1] == IDS[END]


class Counted(dict):
    """Pieces that count how often one is looked for."""

    looked_for = 0

    def __contains__(self, piece):
        self.looked_for += 1
        return super().__contains__(piece)


def looked_for(text):
    ids = Counted(IDS)
    as_pieces("camhs", text, ids)
    return ids.looked_for


HOSTILE = {
    "unknown words": "zzzz ",
    "known words": "waits ",
    "marks": ".",
    "one endless word": "a9",
    "words of the longest length": "z" * LONGEST_WORD + " ",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_text_is_cut_before_it_costs_anything(name):
    unit = HOSTILE[name]
    whole = unit * (MAX_CHARACTERS // len(unit) + 1)
    assert (
        looked_for(whole * 9) == looked_for(whole) <= looked_for("") + MAX_CHARACTERS * len(unit)
    )
    assert len(as_pieces("camhs", whole * 9, IDS)[0]) <= MAX_PIECES


def test_a_word_longer_than_any_is_not_searched_for_pieces():
    assert looked_for("z" * LONGEST_WORD) == looked_for("") + LONGEST_WORD
    assert looked_for("z" * (LONGEST_WORD + 1)) == looked_for("")


@settings(deadline=None)
@given(st.text(max_size=200))
def test_any_text_gets_probabilities(text):
    p = np.exp(small_encoder(1).score([("camhs", text)]))
    assert p.shape == (1, 4) and np.isclose(p.sum(), 1) and np.isfinite(p).all()


def test_company_and_order_of_texts_do_not_matter_but_order_of_words_does(encoder):
    asked = [("camhs", "waits long"), ("camhs", "long waits"), ("a", "waits long. " * 30)]
    together = encoder.score(asked)
    for n, one in enumerate(asked):
        np.testing.assert_array_equal(encoder.score([one])[0], together[n])
    assert np.abs(together[0] - together[1]).max() > 1e-3
    assert encoder.score([]).shape == (0, 4)


def test_what_is_stored_reads_alike(encoder):
    stored = as_stored(encoder)
    assert stored["0.widen"].dtype == np.int8
    asked = [("camhs", "waits long."), ("a", "cafe")]
    again = from_stored(stored)
    assert again.pieces == encoder.pieces
    np.testing.assert_allclose(again.score(asked), encoder.score(asked), atol=0.1)


# The same words in another order: counts cannot tell them apart.
TURNED = [
    ("supervision", "Supervision is now good, no longer poor.", "Supervision is now poor, no longer good."),
    ("recruitment", "The workforce is stable and no longer fragile.", "The workforce is fragile and no longer stable."),
]  # fmt: skip


@pytest.mark.parametrize(("theme", "good", "bad"), TURNED)
def test_the_shipped_encoder_hears_the_order_of_words(model, theme, good, bad):
    p = np.exp(model.encoder.score([(theme, good), (theme, bad)]))
    assert p[0, 0] - p[0, 1] > p[1, 0] - p[1, 1]
