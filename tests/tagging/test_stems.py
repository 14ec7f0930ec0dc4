from __future__ import annotations

import pytest

from pipeline.tagging.stems import one_number, stem

CASES = {
    "supervision": "supervis",
    "thresholds": "threshold",
    "visits": "visit",
    # Four letters are left, or the word stays as it is.
    "homes": "home",
    "boys": "boys",
    "uses": "uses",
    "": "",
}


@pytest.mark.parametrize("word", CASES)
def test_stem(word):
    assert stem(word) == CASES[word]


@pytest.mark.parametrize(
    ("word", "read"), {"2015": "0", "37": "0", "7": "7", "ilacs": "ilacs", "": ""}.items()
)
def test_numbers_of_several_digits_are_one(word, read):
    assert one_number(word) == read


def test_how_familiar_a_document_is_needs_no_spacy(loaded_by):
    assert loaded_by("import pipeline.tagging.familiarity", "spacy") == []
