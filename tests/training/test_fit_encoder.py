"""Fine-tuning, on a sentence encoder of random weights; needs the extra `encoder`."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from pipeline.base.errors import ModelError
from pipeline.tagging.encoder import Encoder, in_steps
from pipeline.training.lessons import Start, as_rows

torch = pytest.importorskip("torch", reason="the extra `encoder` is not installed")
transformers = pytest.importorskip("transformers", reason="the extra `encoder` is not installed")

from encoders import (  # noqa: E402
    TEXTS,
    WORDS,
    lessons_of,
    many_lessons,
    write_start,
    write_teacher,
)

from pipeline.training import fine_tune, fit_encoder  # noqa: E402
from pipeline.training.fine_tune import Pace  # noqa: E402
from pipeline.training.fit_encoder import Round  # noqa: E402
from pipeline.training.fit_teacher import Taught, untaught  # noqa: E402

AS_IT_IS = {"FIRST": fit_encoder.FIRST, "SECOND": fit_encoder.SECOND}


@pytest.fixture(scope="module")
def start(tmp_path_factory):
    return write_start(tmp_path_factory.mktemp("start"))


@pytest.fixture(scope="module")
def fitted(start, monkeypatch_module):
    lessons = many_lessons()
    # Random weights have more to learn than those of a sentence encoder.
    monkeypatch_module.setattr(fit_encoder, "FIRST", Round(12, Pace(2e-3)))
    monkeypatch_module.setattr(fit_encoder, "SECOND", Round(2, Pace(1e-3)))
    # Other processes would not know of this.
    monkeypatch_module.setattr("os.cpu_count", lambda: 1)
    return lessons, fit_encoder.fit_encoders(lessons, Start(start))


def test_it_learns_and_what_is_held_out_is_right(fitted):
    lessons, (encoder, odds, tone) = fitted
    assert ((odds > 0) == (lessons.themes == 1)).all()
    known = ~np.isnan(lessons.stances[:, 0, 0])
    assert (tone[known, 0].argmax(1) == lessons.stances[known, 0].argmax(1)).all()
    odds, tone = fit_encoder.listen(encoder, lessons.rows(np.arange(3)))
    assert (odds[:, 0] > 0).tolist() == [True, True, False]
    assert tone[:2, 0].argmax(axis=1).tolist() == [0, 1]


def test_nothing_is_learnt_from_what_is_not_coded_or_not_worth_it(start):
    lessons = lessons_of(["camhs is good ."] * 4, [1, np.nan, 1, 0], [0, -1, 0, -1], [0, 0, 1, 1])
    seen = []
    lessons = replace(lessons, worth=np.array([True, True, False, True]))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fit_encoder, "fine_tune", lambda net, epochs, *_: seen.extend(epochs))
        fit_encoder.fit_state(untaught(lessons), start, WORDS, fit_encoder.FIRST)
    assert len(seen) == fit_encoder.FIRST.epochs
    for rows in seen:
        assert [row.themes.tolist() for row in rows] == [[1], [0]]
        assert [len(row.stances) for row in rows] == [1, 0]


def test_orders_read_every_sentence_once_between_them_in_a_round(start):
    lessons = lessons_of(TEXTS[:1], [1], [0], [0])
    sentences = lessons_of(
        ["camhs " * (n + 1) for n in range(11)], [0.5] * 11, [-1] * 11, [0] * 11
    )
    read = []

    def note(net, epochs, pace, order, line):
        assert all(len(rows[0].stances) == 1 for rows in epochs)
        read.append({len(row.pieces.ids) - 3 for rows in epochs for row in rows[1:]})

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fit_encoder, "fine_tune", note)
        orders, taught = range(fit_encoder.ORDERS), Taught(lessons, sentences)
        fit = partial(fit_encoder.fit_state, taught, start, WORDS)
        first = [fit(fit_encoder.FIRST, order=order) for order in orders]
        for order in orders:
            fit(fit_encoder.SECOND, first[0], order)
    assert read[0] | read[1] == set(range(1, 12)) and not read[0] & read[1]
    # In the second round each reads what the other has read.
    assert read[2:] == [read[1], read[0]]


def test_a_second_round_starts_from_the_mean_of_the_first(start):
    lessons = lessons_of(TEXTS[:1], [1], [0], [0])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fit_encoder, "fine_tune", lambda *_: None)
        fit = partial(fit_encoder.fit_state, untaught(lessons), start, WORDS)
        as_it_was = fit(fit_encoder.FIRST)
        learnt = [{name: own + by for name, own in as_it_was.items()} for by in (1, 2)]
        second = fit(fit_encoder.SECOND, fit_encoder._mean(learnt))
    assert second.keys() == as_it_was.keys()
    for name, own in as_it_was.items():
        np.testing.assert_allclose(second[name], own + 1.5, rtol=1e-6)


def test_it_learns_from_a_teacher_what_nobody_coded(fitted, start, tmp_path, monkeypatch):
    """Sentences of which only the teacher says that they carry the theme."""
    lessons, _ = fitted

    def ask(lessons, folder):
        sentences = lessons_of(["library is poor ."] * 60, [1] * 60, [1] * 60, [0, 1] * 30)
        return [Taught(lessons, sentences)] * 3

    monkeypatch.setattr(fit_encoder, "ask_teachers", ask)
    encoder, *_ = fit_encoder.fit_encoders(lessons, Start(start, tmp_path))
    asked = lessons_of(["library is poor ."], [1], [1], [0])
    odds, tone = fit_encoder.listen(encoder, asked)
    assert odds[0, 0] > 0 and tone[0, 0].argmax() == 1


def test_with_a_teacher_what_is_held_out_is_right_too(fitted, start, tmp_path):
    lessons, _ = fitted
    taught = Start(start, write_teacher(tmp_path))
    _, odds, tone = fit_encoder.fit_encoders(lessons, taught)
    assert ((odds > 0) == (lessons.themes == 1)).all()
    known = ~np.isnan(lessons.stances[:, 0, 0])
    assert (tone[known, 0].argmax(1) == lessons.stances[known, 0].argmax(1)).all()


def test_the_encoder_is_the_mean_of_all_rounds_and_orders(start, tmp_path, monkeypatch):
    lessons = lessons_of(TEXTS * 6, [1, 1, 0] * 6, [0, 1, -1] * 6, np.repeat([0, 1], 9))
    given = []

    def fit(taught, start, pieces, own_round, begun, order, line):
        given.append((own_round.epochs, begun and begun["themes.bias"].item()))
        return as_it_is | {"themes.bias": np.full(1, 8.0 * len(given), dtype=np.float32)}

    monkeypatch.setattr(fit_encoder, "fine_tune", lambda *_: None)
    as_it_is = fit_encoder.fit_state(untaught(lessons), start, WORDS, fit_encoder.FIRST)
    monkeypatch.setattr(fit_encoder, "fit_state", fit)
    monkeypatch.setattr(fit_encoder, "ask_teachers", lambda *_: [untaught(lessons)] * 3)
    monkeypatch.setattr("os.cpu_count", lambda: 1)
    encoder, *_ = fit_encoder.fit_encoders(lessons, Start(start, tmp_path))
    first, second = fit_encoder.FIRST.epochs, fit_encoder.SECOND.epochs
    # Of each round two fits are of the encoder for all lessons, and two of each half.
    begun = [12, 12, 28, 28, 44, 44]
    assert given == [(first, None)] * 6 + [(second, mean) for mean in begun]
    assert encoder.weights["themes.bias"] == pytest.approx(8 * np.mean([1, 2, 7, 8]))


def test_our_runtime_reads_what_torch_reads(start):
    texts = ["camhs is not good . " * n for n in (1, 3, 40)]
    lessons = lessons_of(texts, [1, 1, 1], [0, 1, 2], [0, 0, 0])
    net = fine_tune.load_net(start, WORDS, 1, fit_encoder.LAYERS).eval()
    torch.nn.init.normal_(net.stances.weight, std=0.1)
    with torch.inference_mode():
        odds, stances = net(fine_tune.as_batch(as_rows(lessons, WORDS), net.padding))
    state = {name: value.numpy() for name, value in net.state_dict().items()}
    encoder = Encoder(tuple(WORDS), ("camhs",), in_steps(fit_encoder._weights(state)))
    ours, tone = fit_encoder.listen(encoder, lessons)
    # 8-bit steps of weights and values cost a little.
    np.testing.assert_allclose(ours, odds.numpy(), atol=0.05)
    np.testing.assert_allclose(tone[:, 0], stances.log_softmax(1).numpy(), atol=0.05)


def test_encoders_fitted_side_by_side_are_the_same(start, monkeypatch):
    for name, value in AS_IT_IS.items():
        monkeypatch.setattr(fit_encoder, name, value)
    lessons = lessons_of(TEXTS * 6, [1, 1, 0] * 6, [0, 1, -1] * 6, np.repeat([0, 1], 9))
    said = []
    for processes in (1, 2):
        monkeypatch.setattr("os.cpu_count", lambda n=processes: n)
        said.append(fit_encoder.fit_encoders(lessons, Start(start)))
    (one, odds, _), (two, odds_beside, _) = said
    np.testing.assert_allclose(odds_beside, odds, atol=1e-4)
    np.testing.assert_array_equal(two.weights["themes"], one.weights["themes"])


@pytest.mark.parametrize(
    "changes", [{"num_attention_heads": 1}, {"num_hidden_layers": fit_encoder.LAYERS - 1}]
)
def test_encoders_of_another_shape_are_refused(start, tmp_path, changes):
    config = transformers.BertConfig.from_pretrained(start)
    config.update(changes)
    config.save_pretrained(tmp_path)
    (tmp_path / "vocab.txt").write_text("\n".join(WORDS), encoding="utf-8")
    with pytest.raises(ModelError, match="wrong shape"):
        fit_encoder.fit_encoders(lessons_of(["camhs"], [1], [0], [0]), Start(tmp_path))


def test_an_encoder_of_another_kind_can_teach_but_not_become_ours(tmp_path):
    with pytest.raises(ModelError, match="must be a BERT"):
        fit_encoder.fit_encoders(
            lessons_of(["camhs"], [1], [0], [0]), Start(write_teacher(tmp_path))
        )


def test_the_same_codes_give_the_same_encoder(fitted, start):
    lessons, (encoder, odds, tone) = fitted
    again, odds_again, tone_again = fit_encoder.fit_encoders(lessons, Start(start))
    np.testing.assert_array_equal(odds_again, odds)
    np.testing.assert_array_equal(tone_again, tone)
    np.testing.assert_array_equal(again.weights["0.widen"], encoder.weights["0.widen"])
