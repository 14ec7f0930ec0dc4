"""Fine-tuning, on a sentence encoder of random weights; needs the extra `encoder`."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.base.errors import ModelError
from pipeline.tagging.stance_encoder import MAX_PIECES, as_pieces

torch = pytest.importorskip("torch", reason="the extra `encoder` is not installed")
transformers = pytest.importorskip("transformers", reason="the extra `encoder` is not installed")

from pipeline.training import fit_encoder  # noqa: E402

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
        vocab_size=len(WORDS), hidden_size=64, num_hidden_layers=4, num_attention_heads=2,
        intermediate_size=128, max_position_embeddings=MAX_PIECES,
    )  # fmt: skip
    transformers.BertModel(config, add_pooling_layer=False).save_pretrained(folder)
    (folder / "vocab.txt").write_text("\n".join(WORDS), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def monkeypatch_module():
    with pytest.MonkeyPatch.context() as patch:
        yield patch


@pytest.fixture(scope="module")
def fitted(start, monkeypatch_module):
    texts = ["camhs is good .", "camhs is poor ."] * 40
    asked = [("camhs", text) for text in texts]
    y, fold = np.array([0, 1] * 40), np.repeat(np.arange(4), 20)
    # Random weights have more to learn than those of a sentence encoder.
    monkeypatch_module.setattr(fit_encoder, "RATE", 2e-3)
    monkeypatch_module.setattr(fit_encoder, "EPOCHS", 12)
    return asked, y, fit_encoder.fit_encoders(asked, y, fold, start, texts)


def test_it_learns_and_what_is_held_out_is_right(fitted):
    asked, y, (encoder, held_out) = fitted
    assert (held_out.argmax(axis=1) == y).all()
    assert (encoder.score(asked[:2]).argmax(axis=1) == y[:2]).all()


def test_only_pieces_that_texts_hold_are_kept(fitted):
    pieces = fitted[2][0].pieces
    assert "zebra" not in pieces and "library" not in pieces
    assert {"camhs", "good", "is", "[UNK]"} <= set(pieces)


def test_numpy_reads_what_torch_reads(start):
    ids = {word: n for n, word in enumerate(WORDS)}
    asked = [("camhs", "camhs is not good . " * n) for n in (1, 3, 40)]
    rows = [as_pieces(*one, ids) for one in asked]
    net = fit_encoder._Net(start, np.arange(len(WORDS))).eval()
    with torch.inference_mode():
        expected = net(*fit_encoder._padded(rows, 0)).log_softmax(1).numpy()
    own = fit_encoder.Encoder(tuple(WORDS), fit_encoder._weights(net)).score(asked)
    np.testing.assert_allclose(own, expected, atol=1e-4)


@pytest.mark.parametrize("changes", [{"num_attention_heads": 1}, {"num_hidden_layers": 2}])
def test_encoders_of_another_shape_are_refused(start, tmp_path, changes):
    config = transformers.BertConfig.from_pretrained(start)
    config.update(changes)
    transformers.BertModel(config, add_pooling_layer=False).save_pretrained(tmp_path)
    (tmp_path / "vocab.txt").write_text("\n".join(WORDS), encoding="utf-8")
    with pytest.raises(ModelError, match="wrong shape"):
        fit_encoder.fit_encoders([("camhs", "camhs")], np.array([0]), np.array([0]), tmp_path, [])


def test_what_is_no_encoder_is_refused(tmp_path):
    with pytest.raises(ModelError, match="holds no sentence encoder"):
        fit_encoder.fit_encoders([("camhs", "camhs")], np.array([0]), np.array([0]), tmp_path, [])


def test_the_same_codes_give_the_same_encoder(fitted, start):
    asked, y, (encoder, _) = fitted
    again, _ = fit_encoder.fit_encoders(
        asked, y, np.repeat(np.arange(4), 20), start, [text for _, text in asked]
    )
    np.testing.assert_array_equal(again.score(asked[:2]), encoder.score(asked[:2]))
