from __future__ import annotations

import subprocess
import sys

import pytest

from pipeline.base.paths import ROOT
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


def test_how_familiar_a_document_is_needs_no_spacy():
    code = "import sys, pipeline.tagging.familiarity; print('spacy' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert done.stdout.strip() == "False"
