from __future__ import annotations

import pytest

from pipeline.tagging.stems import stem

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


def test_how_familiar_a_document_is_needs_no_spacy(loaded_by):
    assert loaded_by("import pipeline.tagging.familiarity", "spacy") == []
