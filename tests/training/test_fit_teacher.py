"""What a larger encoder teaches ours; of random weights; needs the extra `encoder`."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pipeline.tagging.passages import Passage

torch = pytest.importorskip("torch", reason="the extra `encoder` is not installed")
pytest.importorskip("transformers", reason="the extra `encoder` is not installed")

from encoders import lessons_of, many_lessons, write_teacher  # noqa: E402

from pipeline.training import fit_teacher  # noqa: E402
from pipeline.training.fine_tune import Pace  # noqa: E402
from pipeline.training.fit_teacher import ask_teachers, sentences_of  # noqa: E402

TWO = "Camhs is not very good. Library is poor in places."


def test_sentences_are_those_of_passages_that_carry_a_theme():
    texts = [TWO, TWO, "Camhs is not very good.", "Camhs is not very good. Zebra is."]
    lessons = lessons_of(texts, [1, 0, 1, 1], [0, -1, 0, 0], [0, 1, 0, 1])
    lessons = replace(lessons, passages=[Passage(own.text, "Health") for own in lessons.passages])
    found = sentences_of(lessons)
    # Shorter ones say nothing by themselves, and one alone is the whole passage.
    assert [own.text for own in found.passages] == [
        "Camhs is not very good.",
        "Library is poor in places.",
    ]
    assert {own.heading for own in found.passages} == {"Health"}
    assert found.fold.tolist() == [0, 0]


def test_an_encoder_learns_nothing_of_what_is_held_out_from_it(tmp_path, monkeypatch):
    """The teacher of an encoder has not seen its half either, and says nothing about it."""
    seen, asked = [], []
    monkeypatch.setattr("os.cpu_count", lambda: 1)
    monkeypatch.setattr(
        fit_teacher, "fine_tune", lambda net, rounds, *_, **__: seen.append(len(rounds[0]))
    )

    def say(net, rows):
        asked.append(len(rows))
        n = len(asked)
        return np.full((len(rows), 1), n / 10), np.full((len(rows), 1, 4), n / 4)

    monkeypatch.setattr(fit_teacher, "hear", say)
    lessons = lessons_of(
        [TWO] * 6, [1, 1, 0, 1, 0, np.nan], [0, 1, -1, 1, -1, -1], [0, 0, 0, 1, 1, 1]
    )
    to_all, to_first, to_second = ask_teachers(lessons, write_teacher(tmp_path))
    # The first teacher has not seen fold 0, of which 2 of 3 are coded; the second not fold 1.
    assert seen == [2, 3] and asked == [6 + 6] * 2
    held_out = to_first.without(0)
    assert held_out.lessons.fold.tolist() == [1, 1, 1]
    assert held_out.sentences.fold.tolist() == [1, 1]
    np.testing.assert_allclose(held_out.lessons.themes[:, 0], [0.55, 0.05, np.nan])
    np.testing.assert_allclose(to_second.lessons.themes[:3, 0], [0.6, 0.6, 0.1])
    np.testing.assert_allclose(to_all.lessons.themes[:3, 0], [0.575, 0.575, 0.075])
    np.testing.assert_allclose(to_all.sentences.themes[:, 0], [0.15] * 6)
    # What is hardly likely to carry a theme is not asked for its stance.
    assert np.isnan(to_all.sentences.stances).all()


def test_a_teacher_says_of_single_sentences_what_it_learnt_of_passages(tmp_path, monkeypatch):
    monkeypatch.setattr(fit_teacher, "PACE", Pace(2e-3, decay=0.9, frozen=1))
    monkeypatch.setattr(fit_teacher, "EPOCHS", 12)
    monkeypatch.setattr(fit_teacher, "MIN_WORDS", 3)
    monkeypatch.setattr("os.cpu_count", lambda: 1)
    lessons = many_lessons()
    both = [Passage("Camhs is poor. Zebra is good.")] * 2
    more = lessons_of([own.text for own in both], [1, 1], [1, 1], [0, 1])
    lessons = replace(
        lessons,
        passages=[*lessons.passages, *both],
        themes=np.concatenate([lessons.themes, more.themes]),
        stances=np.concatenate([lessons.stances, more.stances]),
        carries=[*lessons.carries, *more.carries],
        fold=np.concatenate([lessons.fold, more.fold]),
        worth=np.concatenate([lessons.worth, more.worth]),
    )
    to_all, *_ = ask_teachers(lessons, write_teacher(tmp_path))
    themes = to_all.sentences.themes[:, 0]
    assert (themes > 0.5).tolist() == [True, False] * 2
    assert to_all.sentences.stances[0, 0].argmax() == 1
