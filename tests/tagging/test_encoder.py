from __future__ import annotations

import pickle

import numpy as np
import pytest
from factories import PIECES, small_encoder
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.tagging.encoder import (
    END,
    IN_HEADING,
    IN_LEAD_IN,
    LONGEST_WORD,
    MAX_ABOVE,
    MAX_CHARACTERS,
    MAX_PIECES,
    START,
    UNKNOWN,
    as_pieces,
    as_stored,
    from_stored,
    pieces_of,
)
from pipeline.tagging.passages import Passage

IDS = {piece: n for n, piece in enumerate(PIECES)}
EVERYTHING = {"camhs": [(0, 5_000)], "early_help": [(0, 5_000)]}


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
    own = as_pieces(Passage(text), IDS)
    assert [PIECES[n] for n in own.ids] == [START, END, *pieces, END]
    assert own.sides.tolist() == [0, 0, *[1] * (len(pieces) + 1)]


def test_each_piece_knows_where_its_word_stands():
    text = "Long waits. A café"
    assert [(PIECES[n], text[a:b]) for n, a, b in pieces_of(text, IDS)] == [
        ("long", "Long"),
        ("wait", "waits"),
        ("##s", "waits"),
        (".", "."),
        ("a", "A"),
        ("cafe", "café"),
    ]


def test_heading_and_lead_in_stand_above_the_text():
    own = as_pieces(Passage("waits", "Findings > CAMHS", "a long"), IDS)
    assert [PIECES[n] for n in own.ids] == [
        START, "camhs", UNKNOWN, "a", "long", END, "wait", "##s", END,
    ]  # fmt: skip
    assert own.sides.tolist() == [0, 0, 0, 0, 0, 0, 1, 1, 1]
    assert (own.starts[:3] == IN_HEADING).all() and (own.starts[3:5] == IN_LEAD_IN).all()


def test_the_pieces_of_a_sentence_are_found():
    own = as_pieces(Passage("waits long. cafe", "camhs", "a long"), IDS)

    def read(*spans):
        return [PIECES[n] for n in own.ids[own.inside(spans)]]

    assert read((12, 16)) == ["cafe"]
    assert read((0, 11)) == ["wait", "##s", "long", "."]
    assert read((-1, -1)) == ["a", "long"]
    assert read((-1, -1), (12, 16)) == ["a", "long", "cafe"]
    # A sentence that was cut off, or none at all: the whole text.
    assert read((500, 600)) == read() == ["wait", "##s", "long", ".", "cafe", END]


def test_a_long_heading_and_lead_in_leave_room_for_the_text():
    own = as_pieces(Passage("wait " * 500, "." * 500, "-" * 500), IDS)
    assert len(own.ids) == MAX_PIECES
    assert (own.sides == 1).sum() == MAX_PIECES - 2 * MAX_ABOVE - 2
    assert len(as_pieces(Passage("", "." * 500, "-" * 500), IDS).ids) == 2 * MAX_ABOVE + 3


def test_a_long_text_is_cut():
    own = as_pieces(Passage("wait " * 500, "camhs"), IDS)
    assert len(own.ids) == len(own.sides) == MAX_PIECES and own.ids[-1] == IDS[END]


class Counted(dict):
    """Pieces that count how often one is looked for."""

    looked_for = 0

    def __contains__(self, piece):
        self.looked_for += 1
        return super().__contains__(piece)


def looked_for(text):
    ids = Counted(IDS)
    as_pieces(Passage(text), ids)
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
    assert len(as_pieces(Passage(whole * 9), IDS).ids) <= MAX_PIECES


def test_a_word_longer_than_any_is_not_searched_for_pieces():
    assert looked_for("z" * LONGEST_WORD) == looked_for("") + LONGEST_WORD
    assert looked_for("z" * (LONGEST_WORD + 1)) == looked_for("")


@settings(deadline=None)
@given(st.text(max_size=200), st.text(max_size=30))
def test_any_text_gets_probabilities(text, above):
    odds, (stances,) = small_encoder(1).read([Passage(text, above, above)], [EVERYTHING])
    assert odds.shape == (1, 2) and np.isfinite(odds).all()
    for tone in stances.values():
        p = np.exp(tone)
        assert p.shape == (4,) and np.isclose(p.sum(), 1) and np.isfinite(p).all()


def test_company_and_order_of_texts_do_not_matter_but_order_of_words_does(encoder):
    passages = [Passage(t) for t in ("camhs waits long", "long waits camhs", "waits long. " * 30)]
    odds, tones = encoder.read(passages, [EVERYTHING] * 3)
    for n, passage in enumerate(passages):
        alone, (tone,) = encoder.read([passage], [EVERYTHING])
        np.testing.assert_array_equal(alone[0], odds[n])
        np.testing.assert_array_equal(tone["camhs"], tones[n]["camhs"])
    assert np.abs(odds[0] - odds[1]).max() > 1e-3
    assert encoder.read([], [])[0].shape == (0, 2)


def test_a_theme_that_is_carried_beyond_what_is_read_has_no_stance_of_its_own(encoder):
    passage = [Passage("wait " * 500)]
    spans = [{"camhs": [(2_400, 2_499)], "early_help": [(0, 4), (2_400, 2_499)]}]
    _, (tones,) = encoder.read(passage, spans, beyond=False)
    _, (all_tones,) = encoder.read(passage, spans)
    assert tones.keys() == {"early_help"} and all_tones.keys() == {"camhs", "early_help"}
    np.testing.assert_array_equal(tones["early_help"], all_tones["early_help"])


def test_a_theme_it_was_not_tuned_for_has_the_stance_of_its_sentences(encoder):
    passage, spans = Passage("waits long. cafe"), [(0, 11)]
    asked = {"camhs": spans, "early_help": spans, "sufficiency": spans, "places": spans}
    odds, (tones,) = encoder.read([passage], [asked])
    assert odds.shape == (1, 2)
    np.testing.assert_array_equal(tones["sufficiency"], tones["places"])
    assert len({tuple(tone) for tone in tones.values()}) == 3


def test_each_sentence_has_its_own_stance(encoder):
    passage = Passage("waits long. cafe")
    parts = [encoder.read([passage], [{"camhs": [span]}])[1][0] for span in ((0, 11), (12, 16))]
    assert np.abs(parts[0]["camhs"] - parts[1]["camhs"]).max() > 1e-3


def test_what_is_stored_reads_alike(encoder):
    stored = as_stored(encoder)
    assert stored["0.widen"].dtype == np.int8
    again, passages = from_stored(stored), [Passage("waits long."), Passage("cafe")]
    assert (again.pieces, again.themes) == (encoder.pieces, encoder.themes)
    ours, theirs = (one.read(passages, [EVERYTHING] * 2)[0] for one in (again, encoder))
    np.testing.assert_array_equal(ours, theirs)


def test_an_encoder_that_has_read_can_be_sent_to_another_process(encoder):
    passage = [Passage("waits long.")]
    said, _ = encoder.read(passage, [EVERYTHING])
    again, _ = pickle.loads(pickle.dumps(encoder)).read(passage, [EVERYTHING])
    np.testing.assert_array_equal(again, said)


# The same words in another order: counts cannot tell them apart.
TURNED = [
    ("supervision", "Supervision is now good, no longer poor.", "Supervision is now poor, no longer good."),
    ("recruitment", "The workforce is stable and no longer fragile.", "The workforce is fragile and no longer stable."),
    ("recruitment", "Staff turnover has fallen sharply.", "Staff retention has fallen sharply."),
]  # fmt: skip


@pytest.mark.parametrize(("theme", "good", "bad"), TURNED)
def test_the_shipped_encoder_hears_the_order_of_words(model, theme, good, bad):
    passages = [Passage(good), Passage(bad)]
    said = model.encoder.read(passages, [{theme: [(0, 100)]}] * 2)[1]
    p = np.exp([own[theme] for own in said])
    assert p[0, 0] - p[0, 1] > p[1, 0] - p[1, 1]
