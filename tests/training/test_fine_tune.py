"""Fine-tuning on rows, of encoders with random weights; needs the extra `encoder`."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pipeline.base.errors import ModelError
from pipeline.tagging.passages import Passage
from pipeline.training.lessons import Start, as_rows

torch = pytest.importorskip("torch", reason="the extra `encoder` is not installed")
transformers = pytest.importorskip("transformers", reason="the extra `encoder` is not installed")

from encoders import (  # noqa: E402
    OWN,
    TEXTS,
    lessons_of,
    many_lessons,
    write_start,
    write_teacher,
)

from pipeline.training import fine_tune  # noqa: E402
from pipeline.training.fine_tune import Pace  # noqa: E402
from pipeline.training.heard import check_start  # noqa: E402


@pytest.fixture(scope="module", params=[write_start, write_teacher], ids=["bert", "mpnet"])
def start(tmp_path_factory, request):
    return request.param(tmp_path_factory.mktemp("start"))


def net_of(start, passages=()):
    pieces = fine_tune.kept_pieces(start, passages or [Passage(" ".join(OWN))])
    return fine_tune.load_net(start, pieces, 1), pieces


def test_only_pieces_that_texts_hold_are_kept(start):
    pieces = fine_tune.kept_pieces(start, [Passage(text) for text in TEXTS[:2]])
    assert "zebra" not in pieces and "library" not in pieces
    assert {"camhs", "good", "is", "[PAD]", "[CLS]", "[SEP]", "[UNK]"} <= set(pieces)


def test_pieces_keep_their_embeddings(start):
    net, pieces = net_of(start, [Passage("camhs is good .")])
    whole = transformers.AutoModel.from_pretrained(start).embeddings.word_embeddings.weight
    words = (start / "vocab.txt").read_text(encoding="utf-8").split("\n")
    ours = net.body.embeddings.word_embeddings.weight
    for piece in ("camhs", ".", "[UNK]"):
        assert torch.equal(ours[pieces.index(piece)], whole[words.index(piece)])
    filler = "<pad>" if "<pad>" in words else "[PAD]"
    assert torch.equal(ours[net.padding], whole[words.index(filler)])


def test_what_shorter_rows_are_filled_with_is_not_read(start):
    net, pieces = net_of(start)
    net.eval()
    texts = ["camhs is good .", "camhs is not good . " * 9]
    rows = as_rows(lessons_of(texts, [1, 1], [0, 1], [0, 0]), pieces)
    themes, stances = fine_tune.hear(net, rows)
    alone = [fine_tune.hear(net, [row]) for row in rows]
    np.testing.assert_allclose(themes, np.concatenate([own for own, _ in alone]), atol=0.01)
    np.testing.assert_allclose(stances, np.concatenate([own for _, own in alone]), atol=0.01)


def test_it_learns_what_rows_say(start):
    net, pieces = net_of(start)
    lessons = many_lessons()
    fine_tune.fine_tune(net, [as_rows(lessons, pieces)] * 12, Pace(2e-3))
    asked = lessons_of(TEXTS, [1, 1, 0], [0, 0, 0], [0, 0, 0])
    themes, stances = fine_tune.hear(net, as_rows(asked, pieces))
    assert (themes[:, 0] > 0.5).tolist() == [True, True, False]
    assert stances[:2, 0].argmax(axis=1).tolist() == [0, 1]
    np.testing.assert_allclose(stances.sum(axis=2), 1, atol=1e-5)


def test_each_round_has_rows_of_its_own(start, monkeypatch):
    net, pieces = net_of(start)
    seen = []
    as_batch = fine_tune.as_batch
    monkeypatch.setattr(
        fine_tune, "as_batch", lambda rows, padding: seen.append(rows) or as_batch(rows, padding)
    )
    first, second = as_rows(lessons_of(TEXTS[:2], [1, 0], [0, 1], [0, 0]), pieces)
    fine_tune.fine_tune(net, [[first], [second]], Pace(1e-4))
    assert [rows[0] is own for rows, own in zip(seen, (first, second), strict=True)] == [True] * 2


def test_frozen_layers_and_what_lies_below_them_stay_as_they_are(start):
    net, pieces = net_of(start)
    before = {name: value.clone() for name, value in net.body.state_dict().items()}
    rows = as_rows(many_lessons(), pieces)
    fine_tune.fine_tune(net, [rows], Pace(1e-3, decay=0.5, frozen=2))
    changed = {
        name
        for name, value in net.body.state_dict().items()
        if not torch.equal(value, before[name])
    }
    assert changed and all(int(name.split(".")[2]) >= 2 for name in changed), changed


def test_lower_layers_learn_more_slowly(start):
    net, _ = net_of(start)
    layers = len(net.body.encoder.layer)
    heads, *from_top = (group["lr"] for group in fine_tune._groups(net, Pace(1.0, decay=0.5)))
    assert heads == 10 and from_top == [0.5**n for n in range(layers + 1)]


def test_what_is_no_encoder_is_refused(tmp_path):
    with pytest.raises(ModelError, match="holds no sentence encoder"):
        fine_tune.read_pieces(tmp_path)


def test_a_mistyped_folder_is_not_looked_for_elsewhere(monkeypatch):
    monkeypatch.setattr("socket.getaddrinfo", pytest.fail)
    with pytest.raises(ModelError, match="holds no sentence encoder"):
        check_start(Start(Path("sentence-transformers/no-such-encoder")))


def test_an_encoder_that_reads_too_little_is_refused(start, tmp_path):
    config = transformers.AutoConfig.from_pretrained(start)
    config.update({"max_position_embeddings": 20})
    config.save_pretrained(tmp_path)
    (tmp_path / "vocab.txt").write_text("\n".join(OWN), encoding="utf-8")
    with pytest.raises(ModelError, match="wrong shape"):
        fine_tune.read_pieces(tmp_path)
