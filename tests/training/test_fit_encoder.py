"""Fine-tuning, on a sentence encoder of random weights; needs the extra `encoder`."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pipeline.base.errors import ModelError
from pipeline.tagging.encoder import MAX_PIECES, Encoder, in_steps
from pipeline.tagging.passages import Passage

torch = pytest.importorskip("torch", reason="the extra `encoder` is not installed")
transformers = pytest.importorskip("transformers", reason="the extra `encoder` is not installed")

from pipeline.training import fit_encoder  # noqa: E402

AS_IT_IS = {"RATE": fit_encoder.RATE, "EPOCHS": fit_encoder.EPOCHS}
WORDS = [
    "[PAD]",
    "[CLS]",
    "[SEP]",
    "[UNK]",
    "camhs",
    "is",
    "good",
    "poor",
    "not",
    "library",
    "zebra",
    ".",
]


@pytest.fixture(scope="module")
def start(tmp_path_factory):
    folder = tmp_path_factory.mktemp("start")
    torch.manual_seed(0)
    config = transformers.BertConfig(
        vocab_size=len(WORDS), hidden_size=64, num_hidden_layers=fit_encoder.LAYERS + 1,
        num_attention_heads=2, intermediate_size=128, max_position_embeddings=MAX_PIECES,
    )  # fmt: skip
    transformers.BertModel(config, add_pooling_layer=False).save_pretrained(folder)
    (folder / "vocab.txt").write_text("\n".join(WORDS), encoding="utf-8")
    return folder


def lessons_of(texts, themes, stances, fold):
    return fit_encoder.Lessons(
        names=("camhs",),
        passages=[Passage(text) for text in texts],
        themes=np.array(themes, dtype=float).reshape(-1, 1),
        stances=np.array(stances).reshape(-1, 1),
        carries=[{"camhs": [(0, 500)]}] * len(texts),
        fold=np.array(fold),
        worth=np.ones(len(texts), dtype=bool),
    )


TEXTS = ["camhs is good .", "camhs is poor .", "zebra is good ."]


@pytest.fixture(scope="module")
def fitted(start, monkeypatch_module):
    lessons = lessons_of(TEXTS * 30, [1, 1, 0] * 30, [0, 1, -1] * 30, np.repeat([0, 1], 45))
    # Random weights have more to learn than those of a sentence encoder.
    monkeypatch_module.setattr(fit_encoder, "RATE", 2e-3)
    monkeypatch_module.setattr(fit_encoder, "EPOCHS", 12)
    # Other processes would not know of this.
    monkeypatch_module.setattr("os.cpu_count", lambda: 1)
    return lessons, fit_encoder.fit_encoders(lessons, start)


def test_it_learns_and_what_is_held_out_is_right(fitted):
    lessons, (encoder, odds, tone) = fitted
    assert ((odds > 0) == (lessons.themes == 1)).all()
    known = lessons.stances[:, 0] >= 0
    assert (tone[known, 0].argmax(axis=1) == lessons.stances[known, 0]).all()
    odds, tone = fit_encoder.listen(encoder, lessons.rows(np.arange(3)))
    assert (odds[:, 0] > 0).tolist() == [True, True, False]
    assert tone[:2, 0].argmax(axis=1).tolist() == [0, 1]


def test_nothing_is_learnt_from_what_is_not_coded_or_not_worth_it(start):
    lessons = lessons_of(["camhs is good ."] * 4, [1, np.nan, 1, 0], [0, -1, 0, -1], [0, 0, 1, 1])
    seen = []
    lessons = replace(lessons, worth=np.array([True, True, False, True]))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fit_encoder, "_fine_tune", lambda net, rows, *_: seen.extend(rows))
        fit_encoder.fit_weights(lessons, start, WORDS)
    assert [row.themes.tolist() for row in seen] == [[1], [0]]
    assert [len(row.stances) for row in seen] == [1, 0]


def test_only_pieces_that_texts_hold_are_kept(start):
    pieces = fit_encoder.kept_pieces(start, [Passage(text) for text in TEXTS[:2]])
    assert "zebra" not in pieces and "library" not in pieces
    assert {"camhs", "good", "is", "[UNK]"} <= set(pieces)


def test_our_runtime_reads_what_torch_reads(start):
    texts = ["camhs is not good . " * n for n in (1, 3, 40)]
    lessons = lessons_of(texts, [1, 1, 1], [0, 1, 2], [0, 0, 0])
    net = fit_encoder._net(start, WORDS, 1).eval()
    torch.nn.init.normal_(net.stances.weight, std=0.1)
    with torch.inference_mode():
        batch = fit_encoder._batch(fit_encoder.as_rows(lessons, WORDS), net.padding)
        odds, stances = net(batch)
    encoder = Encoder(tuple(WORDS), ("camhs",), in_steps(fit_encoder._weights(net)))
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
        said.append(fit_encoder.fit_encoders(lessons, start))
    (one, odds, _), (two, odds_beside, _) = said
    np.testing.assert_allclose(odds_beside, odds, atol=1e-4)
    np.testing.assert_array_equal(two.weights["themes"], one.weights["themes"])


@pytest.mark.parametrize(
    "changes", [{"num_attention_heads": 1}, {"num_hidden_layers": fit_encoder.LAYERS - 1}]
)
def test_encoders_of_another_shape_are_refused(start, tmp_path, changes):
    config = transformers.BertConfig.from_pretrained(start)
    config.update(changes)
    transformers.BertModel(config, add_pooling_layer=False).save_pretrained(tmp_path)
    (tmp_path / "vocab.txt").write_text("\n".join(WORDS), encoding="utf-8")
    with pytest.raises(ModelError, match="wrong shape"):
        fit_encoder.fit_encoders(lessons_of(["camhs"], [1], [0], [0]), tmp_path)


def test_what_is_no_encoder_is_refused(tmp_path):
    with pytest.raises(ModelError, match="holds no sentence encoder"):
        fit_encoder.fit_encoders(lessons_of(["camhs"], [1], [0], [0]), tmp_path)


def test_the_same_codes_give_the_same_encoder(fitted, start):
    lessons, (encoder, odds, tone) = fitted
    again, odds_again, tone_again = fit_encoder.fit_encoders(lessons, start)
    np.testing.assert_array_equal(odds_again, odds)
    np.testing.assert_array_equal(tone_again, tone)
    np.testing.assert_array_equal(again.weights["0.widen"], encoder.weights["0.widen"])
