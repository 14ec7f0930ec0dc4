from __future__ import annotations

import contextlib

import numpy as np
import pytest

from pipeline.base.codebook import read_codebook
from pipeline.base.errors import ModelError
from pipeline.tagging.passages import Passage
from pipeline.tagging.token_counts import count_tokens
from pipeline.tagging.tokens import TermFinder
from pipeline.training.kept_counts import KeptCounts, onto, read_counts, together, write_counts
from pipeline.training.vocabulary import read_vocabulary

PASSAGES = [
    Passage("Supervision is regular. It seldom asks why a plan has drifted.", "Managers", "So:"),
    Passage("Waits for CAMHS are long. CAMHS thresholds are high; early help fills the gap."),
    Passage("Two libraries are open on Sundays."),
]
FINDER = TermFinder(read_codebook().values())


@pytest.fixture(scope="module")
def kept():
    names = read_vocabulary(PASSAGES, FINDER, min_df=1)
    counted = count_tokens(PASSAGES, names, FINDER)
    return KeptCounts(np.array(["d1", "d1", "d2"]), np.array(["f1", "f2", "f1"]), names, counted)


def same(one, other):
    return one.shape == other.shape and (one != other).nnz == 0


def test_what_is_written_is_read(kept, tmp_path):
    write_counts(tmp_path / "counts.npz", kept)
    again = read_counts(tmp_path / "counts.npz")
    assert again.names.tolist() == kept.names.tolist()
    assert same(again.counted.paragraphs, kept.counted.paragraphs)
    assert same(again.counted.headings, kept.counted.headings)
    assert np.bincount(again.counted.owner).tolist() == np.bincount(kept.counted.owner).tolist()
    for theme, (at, counts) in kept.counted.clauses.items():
        at_again, counts_again = again.counted.clauses[theme]
        owners = (kept.counted.owner[at], again.counted.owner[at_again])
        for paragraph in range(3):
            rows = [counts[owners[0] == paragraph], counts_again[owners[1] == paragraph]]
            assert rows[0].sum() == rows[1].sum()


def test_the_same_counts_give_the_same_bytes(kept, tmp_path):
    for name in "ab":
        write_counts(tmp_path / f"{name}.npz", kept)
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()


def test_no_order_of_words_or_sentences_is_kept(tmp_path):
    """Two texts with the same sentences in another order leave the same counts behind."""
    one = "Plans drift. Managers ask. Children wait. Reviews slip. Posts are vacant."
    other = " ".join(f"{part}." for part in reversed(one.rstrip(".").split(". ")))
    names = read_vocabulary([Passage(one)], FINDER, min_df=1)
    kept = []
    for n, text in enumerate((one, other)):
        counted = count_tokens([Passage(text)], names, FINDER)
        write_counts(tmp_path / f"{n}.npz", KeptCounts(["d"], ["f"], names, counted))
        kept.append(read_counts(tmp_path / f"{n}.npz").counted)
    assert same(kept[0].paragraphs, kept[1].paragraphs)
    assert same(kept[0].sentences, kept[1].sentences)
    assert (tmp_path / "0.npz").read_bytes() == (tmp_path / "1.npz").read_bytes()


def test_rows_are_found_by_document_and_fingerprint(kept):
    assert kept.rows(["d2", "d1", "d9"], ["f1", "f2", "f1"]).tolist() == [2, 1, -1]


def test_onto_another_vocabulary(kept):
    wanted = ["w=new", *kept.names[::-2]]
    moved = onto(kept.counted, kept.names, wanted)
    assert same(moved.paragraphs[:, 1:], kept.counted.paragraphs[:, ::-1][:, ::2])
    assert moved.paragraphs[:, 0].nnz == 0


def test_together_is_counting_both(kept):
    parts = [count_tokens(p, kept.names, FINDER) for p in (PASSAGES[:1], PASSAGES[1:])]
    both = together(*parts)
    assert same(both.sentences, kept.counted.sentences)
    assert both.owner.tolist() == kept.counted.owner.tolist()
    for theme, (at, counts) in kept.counted.clauses.items():
        assert both.clauses[theme][0].tolist() == at.tolist()
        assert same(both.clauses[theme][1], counts)


def rewrite(path, **changes):
    with np.load(path) as stored:
        arrays = dict(stored)
    np.savez_compressed(path, **(arrays | changes))


HOSTILE = [
    {"names": np.array([{"run": "me"}], dtype=object)},
    {"owner": np.array([0, 1, 99], dtype=np.int32)},
    {"doc_id": np.array(["d1"])},
    {"sentences.tokens": np.array([10**6] * 5, dtype=np.int32)},
    {"headings.starts": np.array([0, 5, 2, 1], dtype=np.int32)},
    {"fingerprint": np.array(["f1", "f1", "f1"])},
    {"names": np.array(3)},
    {"contrasts": np.array(["a"] * 5)},
    {"clauses.camhs.at": np.array([7, 2], dtype=np.int32)},
    {"clauses.camhs.at": np.array([0, 99], dtype=np.int32)},
]


@pytest.mark.parametrize("changes", HOSTILE, ids=lambda c: next(iter(c)))
def test_damaged_and_hostile_files_are_refused(kept, tmp_path, changes):
    path = tmp_path / "counts.npz"
    write_counts(path, kept)
    rewrite(path, **changes)
    with pytest.raises(ModelError, match="cannot be read"):
        read_counts(path)


def test_what_is_no_archive_is_refused(tmp_path, monkeypatch, kept):
    for data in (b"", b"PK\x03\x04 no", b"\x80\x04."):
        (tmp_path / "counts.npz").write_bytes(data)
        with pytest.raises(ModelError):
            read_counts(tmp_path / "counts.npz")
    with pytest.raises(ModelError):
        read_counts(tmp_path / "missing.npz")
    write_counts(tmp_path / "big.npz", kept)
    data = (tmp_path / "big.npz").read_bytes()
    for at in range(60, len(data), 97):
        flipped = bytearray(data)
        flipped[at] ^= 0xFF
        (tmp_path / "counts.npz").write_bytes(flipped)
        with contextlib.suppress(ModelError):
            read_counts(tmp_path / "counts.npz")
    monkeypatch.setattr("pipeline.training.kept_counts.MAX_BYTES", 100)
    with pytest.raises(ModelError, match="too large"):
        read_counts(tmp_path / "big.npz")
