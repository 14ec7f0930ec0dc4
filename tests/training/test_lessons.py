"""What an encoder learns from."""

from __future__ import annotations

import numpy as np

from pipeline.tagging.passages import Passage
from pipeline.training.lessons import Lessons, as_rows, shares_of

PIECES = ["[PAD]", "[CLS]", "[SEP]", "[UNK]", "camhs", "is", "good", "poor", "."]


def lessons_of(themes, stances, worth=True, carries=None):
    n = len(themes)
    return Lessons(
        names=("camhs", "supervision"),
        passages=[Passage("camhs is poor . camhs is good .")] * n,
        themes=np.array(themes, dtype=float),
        stances=shares_of(np.array(stances)),
        carries=[carries or {}] * n,
        fold=np.arange(n),
        worth=np.full(n, worth),
    )


def test_rows_ask_for_the_stances_that_are_known_in_the_sentences_that_carry_them():
    lessons = lessons_of([[1, 1]], [[0, -1]], carries={"camhs": [(16, 31)], "supervision": []})
    (row,) = as_rows(lessons, PIECES)
    assert row.themes.tolist() == [1, 1]
    ((column, inside, shares),) = row.stances
    assert column == 0 and shares.argmax() == 0
    words = [PIECES[n] for n in row.pieces.ids[inside]]
    assert words == ["camhs", "is", "good", "."]


def test_without_sentences_that_carry_it_a_stance_is_asked_of_the_whole_text():
    (row,) = as_rows(lessons_of([[1, 0]], [[1, -1]]), PIECES)
    assert (row.stances[0][1] == (row.pieces.sides == 1)).all()


def test_what_nobody_coded_and_what_is_not_worth_it_teaches_nothing():
    nan = float("nan")
    themes, stances = [[nan, nan], [nan, 0], [1, 0]], [[-1, -1]] * 3
    assert lessons_of(themes, stances).that_teach().fold.tolist() == [1, 2]
    assert not lessons_of(themes, stances, worth=False).that_teach().passages


def test_rows_are_kept_by_their_numbers_or_by_a_mask():
    lessons = lessons_of([[0, 0], [1, 0], [0, 1]], [[-1, -1]] * 3)
    assert lessons.rows(np.array([2, 0])).themes.tolist() == [[0, 1], [0, 0]]
    assert lessons.rows(lessons.fold != 1).fold.tolist() == [0, 2]
    assert lessons.rows(np.array([], dtype=int)).stances.shape == (0, 2, 4)
