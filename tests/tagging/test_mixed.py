from __future__ import annotations

import numpy as np
import pytest

from pipeline.base.codebook import STANCES, read_codebook
from pipeline.tagging.mixed import split_mixed
from pipeline.tagging.passages import Passage
from pipeline.tagging.stance_model import text_columns
from pipeline.tagging.token_counts import count_tokens
from pipeline.tagging.tokens import TermFinder
from pipeline.training.vocabulary import read_vocabulary

PARTS = ["Praise is here.", "Worry is here.", "More worry is here.", "Neither is here."]
PASSAGES = [Passage("One line about nothing."), Passage(" ".join(PARTS), "Findings")]
FINDER = TermFinder(read_codebook().values())
SURE, UNSURE = np.log(0.9), np.log(0.1 / 3)


def said(*stances):
    """Log probabilities in which each of the stances is the likeliest."""
    return np.array(
        [[SURE if name == stance else UNSURE for name in STANCES] for stance in stances]
    )


def split(carrying, judged, heard):
    """The sentences named for the paragraph, with what the two models say of those that carry."""
    names = read_vocabulary(PASSAGES, FINDER, min_df=1)
    data = count_tokens(PASSAGES, names, FINDER)
    each = np.zeros((len(data.owner), 2))
    each[np.flatnonzero(data.owner == 1)[carrying], 1] = 0.8
    asked = []

    def judge(about):
        assert about.carriers.shape[0] == len(carrying) == about.cues.shape[0]
        return judged

    def hear(row, theme, spans):
        asked.append((row, theme, [PASSAGES[1].text[start:end] for start, end in spans]))
        return heard

    ((strength, concern),) = split_mixed(
        data.columns(text_columns(names)), each, np.array([[1, 1]]), ["camhs", "supervision"],
        np.ones((len(text_columns(names)), 2), dtype=np.float32), judge,
        hear if heard is not None else None,
    )  # fmt: skip
    assert all(one == (1, "supervision", [PARTS[n] for n in carrying]) for one in asked)
    text = PASSAGES[1].text
    return None if strength[0] < 0 else [text[slice(*strength)], text[slice(*concern)]]


CASES = {
    "both agree": ([0, 1], ("strength", "concern"), ("strength", "concern"), [0, 1]),
    "in the other order": ([0, 1], ("concern", "strength"), ("concern", "strength"), [1, 0]),
    "counts find no concern": ([0, 1], ("strength", "neutral"), ("strength", "concern"), None),
    "the encoder finds no strength": (
        [0, 1],
        ("strength", "concern"),
        ("concern", "concern"),
        None,
    ),
    "only one sentence carries it": ([1], ("concern",), ("concern",), None),
    "no encoder": ([0, 1, 3], ("strength", "concern", "neutral"), None, [0, 1]),
}


@pytest.mark.parametrize("name", CASES)
def test_two_sentences_are_named_if_both_models_find_them(name):
    carrying, judged, heard, expected = CASES[name]
    found = split(carrying, said(*judged), None if heard is None else said(*heard))
    assert found == (expected and [PARTS[n] for n in expected])


def test_of_two_concerns_the_encoder_chooses_the_surer():
    heard = said("strength", "concern", "concern")
    heard[1, STANCES.index("concern")] = np.log(0.4)
    judged = said("strength", "concern", "concern")
    assert split([0, 1, 2], judged, heard) == [PARTS[0], PARTS[2]]


def test_what_the_encoder_does_not_reach_is_not_named():
    heard = said("strength", "concern", "concern")
    heard[2] = np.nan
    assert split([0, 1, 2], said("strength", "neutral", "concern"), heard) is None


def test_nothing_mixed_is_nothing_to_split():
    data = count_tokens(PASSAGES, read_vocabulary(PASSAGES, FINDER, min_df=1), FINDER)
    none = np.zeros((0, 2), dtype=int)
    assert split_mixed(data, np.zeros((5, 1)), none, ["camhs"], None, None, None).shape == (
        0,
        2,
        2,
    )
