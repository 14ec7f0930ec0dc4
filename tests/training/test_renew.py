"""Renew: what a model's folder says, worked out again; its tags stay the same."""

from __future__ import annotations

import shutil

import pandas as pd
import pytest

from pipeline.base.paths import CODED_DOCUMENTS
from pipeline.labelling.codes import read_codes, settle_codes
from pipeline.matrix.intervals import read_errors
from pipeline.tagging.familiarity import read_familiarity
from pipeline.tagging.model_folder import (
    CARD_FILE,
    FAMILIARITY_FILE,
    find_model,
    read_model_card,
)
from pipeline.training.card import CARD_TEXT_FILE, validate_kinds
from pipeline.training.evaluate import read_held_out
from pipeline.training.renew import renew_model
from pipeline.training.scores import DRAWN_AT_RANDOM, drawn_at_random, judge

KINDS = pd.read_csv(CODED_DOCUMENTS, dtype=str).set_index("doc_id")["document_type"]


@pytest.fixture(scope="module")
def codes():
    return read_codes()


def test_the_shipped_card_is_what_its_codes_give(codes):
    """Nothing in it was written by hand."""
    random = settle_codes(codes[codes["drawn"].isin(DRAWN_AT_RANDOM)])
    judged = drawn_at_random(judge(random, read_held_out(find_model())))
    card = read_model_card(find_model())
    assert validate_kinds(judged, KINDS) == card["kinds"]
    of_camhs = read_errors(card)["inspection", "camhs"]
    assert of_camhs.recall_between > 0 and of_camhs.recall_effect > 1
    assert ("inspection", "concern") in read_errors(card, "stances")


def test_the_card_of_a_model_in_use_stays_whole_on_a_full_disk(codes, tmp_path, full_disk):
    folder = tmp_path / "model"
    shutil.copytree(find_model(), folder)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    some = codes[codes["doc_id"].isin(KINDS.index[:5])]
    with full_disk(1_000), pytest.raises(OSError, match="too large"):
        renew_model(folder, some, KINDS, None)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_only_what_is_said_of_a_model_changes(codes, tmp_path):
    folder = tmp_path / "model"
    shutil.copytree(find_model(), folder)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    some = codes[codes["doc_id"].isin(KINDS.index[:5])]
    renew_model(folder, some, KINDS, None)
    after = {path.name: path.read_bytes() for path in folder.iterdir()}
    changed = {name for name in after if after[name] != before.get(name)}
    assert changed - {FAMILIARITY_FILE} == {CARD_FILE, CARD_TEXT_FILE}
    old, new = (read_model_card(place) for place in (find_model(), folder))
    assert {name for name in old if old[name] != new[name]} == {"kinds", "scores"}
    assert {name for name in old["scores"] if old["scores"][name] != new["scores"][name]} == {
        "kinds"
    }
    n = new["kinds"]["inspection"]["n_paragraphs"]
    assert f"| inspection | {n} |" in (folder / CARD_TEXT_FILE).read_text(encoding="utf-8")
    assert new["kinds"]["inspection"]["n_documents"] <= 5
    # Without texts, what is familiar stays as it was.
    known = [read_familiarity(place).lengths.tolist() for place in (find_model(), folder)]
    assert known[0] == known[1]
