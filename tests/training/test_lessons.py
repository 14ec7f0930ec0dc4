from __future__ import annotations

import numpy as np
import pytest

from pipeline.base.codebook import read_codebook
from pipeline.base.errors import ModelError
from pipeline.training import lessons as module
from pipeline.training.fit_themes import cross_score, fit_first_stage, fit_judges
from pipeline.training.lessons import coded_lessons, uncoded_lessons
from pipeline.training.material import code_arrays, gather_material, gather_uncoded


@pytest.fixture(scope="module")
def material(few_codes, few_paragraphs):
    """Codes of two thirds of the paragraphs; the others are there and nobody coded them."""
    some = few_codes[np.arange(len(few_codes)) % 3 > 0]
    return gather_material(some, few_paragraphs, read_codebook(), None)


@pytest.fixture(scope="module")
def uncoded(material, few_paragraphs):
    return gather_uncoded(material, few_paragraphs, read_codebook())


@pytest.fixture(scope="module")
def both(material, uncoded):
    """What is learnt from codes, and from paragraphs without."""
    coded = code_arrays(material.codes)
    data, vectors = material.counted, material.vectors
    inputs, by_sentence = cross_score(data, coded.themes, coded.groups, vectors, 2)
    worth = np.arange(len(inputs)) % 2 == 0
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "MIN_TUNED", 100)
        lessons = coded_lessons(material, coded, by_sentence, worth)
    readers = fit_first_stage(data, coded.themes, vectors)
    judges = fit_judges(inputs, coded.themes)
    return lessons, uncoded_lessons(lessons, coded, uncoded, readers, judges, vectors)


def test_each_wording_without_a_code_is_there_once(material, uncoded, few_paragraphs):
    texts = [passage.text for passage in uncoded.passages]
    assert len(set(texts)) == len(texts) == len(uncoded.groups) > 50
    assert not set(texts) & {passage.text for passage in material.passages}
    assert set(texts) < set(few_paragraphs["text"])
    assert set(uncoded.groups) <= set(material.codes["authority"])
    assert uncoded.counted.paragraphs.shape == (len(texts), len(material.names))


def test_of_a_document_without_codes_nothing_is_taken(material, few_codes, few_paragraphs):
    doc_id = few_codes["doc_id"][0]
    others = few_codes[few_codes["doc_id"] != doc_id]
    part = gather_material(others, few_paragraphs, read_codebook(), None)
    uncoded = gather_uncoded(part, few_paragraphs, read_codebook())
    own = set(few_paragraphs.loc[few_paragraphs["doc_id"] == doc_id, "text"])
    assert not own & {passage.text for passage in uncoded.passages}


def test_paragraphs_that_carry_a_theme_or_are_worth_it_are_read(material, both):
    lessons, _ = both
    carry = (lessons.themes == 1).any(axis=1)
    assert lessons.times[carry].all() and lessons.times[::2].all()
    assert not lessons.times[1::2][~carry[1::2]].any()
    assert ((lessons.stances >= 0) == (lessons.themes == 1)).all()


def test_uncoded_paragraphs_are_in_the_fold_of_their_authority_and_have_no_codes(
    material, both, uncoded
):
    lessons, more = both
    assert 0 < len(more.passages) < len(uncoded.passages)
    assert np.isnan(more.themes).all() and (more.stances == -1).all()
    texts = (passage.text for passage in uncoded.passages)
    authority = dict(zip(texts, uncoded.groups, strict=True))
    groups = code_arrays(material.codes).groups.tolist()
    fold_of = dict(zip(groups, lessons.fold.tolist(), strict=True))
    assert set(fold_of.values()) == {0, 1}
    expected = [fold_of[authority[passage.text]] for passage in more.passages]
    assert more.fold.tolist() == expected
    assert all(set(own) == set(more.names) for own in more.carries)


def test_without_uncoded_paragraphs_there_are_no_more_lessons(material, both):
    lessons, _ = both
    none = uncoded_lessons(lessons, code_arrays(material.codes), None, None, {}, material.vectors)
    assert none.passages == [] and none.names == lessons.names


def test_few_texts_are_too_few(material):
    coded = code_arrays(material.codes)
    with pytest.raises(ModelError, match="fine-tuning an encoder needs 500"):
        coded_lessons(material, coded, np.zeros((0, 5)), np.ones(len(material.codes), bool))
