"""Familiarity: how far a document's words are from those that were learnt."""

from __future__ import annotations

from dataclasses import asdict

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.base.errors import ModelError
from pipeline.base.paths import CORPUS
from pipeline.tagging.familiarity import (
    UNFAMILIAR,
    Familiarity,
    distance,
    read_familiarity,
    write_familiarity,
)
from pipeline.tagging.model_folder import FAMILIARITY_FILE, find_model

# How often each word stood in all documents, in those of one kind, in those of another.
WORDS = np.array(["soci", "work", "child", "school", "0"])
COUNTS = np.array([[50, 50, 60, 40, 20], [50, 40, 40, 1, 10], [0, 10, 20, 39, 10]])
KNOWN = Familiarity(WORDS, COUNTS, np.full(200, 100), np.geomspace(0.1, 0.4, 200))

OTHER_TEXTS = {
    "a recipe": "Whisk three eggs with the sugar until pale, fold in the flour and bake the sponge for "
    "twenty minutes. Let it cool on a rack before you spread raspberry jam over the lower half. ",
    "a licence": "The licensee may copy and modify the software provided that this notice is retained in "
    "every source file, and no warranty of merchantability is given by the copyright holder. ",
    "a walk": "From the car park follow the old railway line across the viaduct, then climb steeply through "
    "bracken to the summit cairn, where in clear weather both estuaries can be seen. ",
}  # fmt: skip


@pytest.fixture(scope="module")
def shipped():
    """What is familiar to the model in use."""
    return read_familiarity(find_model())


@pytest.mark.parametrize("name", OTHER_TEXTS)
def test_prose_about_something_else_is_unfamiliar(shipped, name):
    assert shipped.judge([OTHER_TEXTS[name] * 20]) == (0.0, True)


def test_the_style_of_invented_reports_is_unfamiliar_too(shipped):
    """The sample is about the right things, but in words that inspectors would not choose."""
    invented = sorted((CORPUS / "sources").glob("*inspection*.txt"))
    assert invented
    for path in invented:
        assert shipped.judge(path.read_text(encoding="utf-8").split("\n\n"))[1], path.name


@pytest.mark.parametrize("kind", [1, 2, 3])
@pytest.mark.parametrize("length", [1_000, 4_000, 15_000])
def test_words_as_in_the_kinds_that_were_learnt_are_familiar(shipped, kind, length):
    drawn = np.random.default_rng(1).multinomial(
        length, shipped.counts[kind] / shipped.counts[kind].sum()
    )
    beyond = shipped._beyond(length, distance(np.append(drawn, 0).astype(float), shipped.counts))
    assert beyond < np.median(shipped._reference)


def test_the_model_keeps_words_and_numbers_only(shipped):
    assert max(len(str(word).split()) for word in shipped.words) == 1
    assert not np.isin(["", " "], shipped.words).any()


def test_a_document_is_measured_by_the_nearest_kind():
    own, other = (np.append(COUNTS[n], 0).astype(float) for n in (1, 2))
    mixed = COUNTS[:1]
    for found in (own, other):
        assert distance(found, COUNTS) < 0.05 < distance(found, mixed)


def test_unknown_words_are_far():
    found = np.append(COUNTS[1], 0).astype(float)
    strange = found + np.array([0, 0, 0, 0, 0, 30])
    assert distance(strange, COUNTS) > 2 * distance(found, COUNTS) + 0.5


def test_words_are_counted_as_stems_and_numbers_as_one():
    counts = KNOWN.count(
        ["Social workers worked with 12 children,", "37 schools; socially: 2015 xyz"]
    )
    assert counts.tolist() == [2, 2, 0, 1, 3, 3]


def test_a_document_without_words_is_neither():
    assert KNOWN.judge([]) == KNOWN.judge(["—", ""]) == (None, False)


def test_of_a_hundred_documents_like_the_reference_one_or_two_are_unfamiliar():
    judged = []
    for far in KNOWN.distances:
        beyond = KNOWN._beyond(100, far)
        judged.append((KNOWN._reference >= beyond).mean() < UNFAMILIAR)
    assert 0 < np.mean(judged) <= UNFAMILIAR


@given(st.lists(st.text(max_size=60), max_size=5))
def test_any_text_has_a_share_or_no_words(texts):
    share, unfamiliar = KNOWN.judge(texts)
    assert (share is None and not unfamiliar) or 0 <= share <= 1


def test_it_is_written_and_read_back(tmp_path):
    assert read_familiarity(tmp_path) is None
    write_familiarity(KNOWN, tmp_path)
    again = read_familiarity(tmp_path)
    text = ["Social work with children in school."] * 9
    assert again.words.tolist() == WORDS.tolist()
    assert again.judge(text) == KNOWN.judge(text)


FOREIGN = {
    "objects": {"words": np.array([{}] * 5)},
    "shapes": {"words": WORDS[:2]},
    "no counts": {"counts": COUNTS[:0]},
    "endless counts": {"counts": COUNTS + np.inf},
    "counts that are no numbers": {"counts": COUNTS + np.nan},
    "endless distances": {"distances": KNOWN.distances + np.inf},
}


@pytest.mark.parametrize("damage", FOREIGN)
def test_a_damaged_file_is_refused(tmp_path, damage):
    np.savez(tmp_path / FAMILIARITY_FILE, **(asdict(KNOWN) | FOREIGN[damage]))
    with pytest.raises(ModelError, match=FAMILIARITY_FILE):
        read_familiarity(tmp_path)


def test_a_file_that_was_cut_off_is_refused(tmp_path):
    path = tmp_path / FAMILIARITY_FILE
    write_familiarity(KNOWN, tmp_path)
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(ModelError, match=FAMILIARITY_FILE):
        read_familiarity(tmp_path)


def test_a_bomb_is_not_unpacked(tmp_path, monkeypatch):
    write_familiarity(KNOWN, tmp_path)
    monkeypatch.setattr("pipeline.tagging.familiarity.MAX_BYTES", 100)
    with pytest.raises(ModelError, match="too large"):
        read_familiarity(tmp_path)
