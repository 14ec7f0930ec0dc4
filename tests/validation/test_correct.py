from __future__ import annotations

import json
import shutil

import pandas as pd
import pytest

from pipeline import stages
from pipeline.api import open_run
from pipeline.base.tables import MODEL_CARD, read_card, read_table, write_table
from pipeline.matrix.intervals import OF_THIS_RUN, Errors, read_errors
from pipeline.validation.correct import (
    corrected_themes,
    is_outdated,
    read_corrected_card,
    say_outdated,
)
from pipeline.validation.kept import FOLDER, read_errors_file, write_errors

SEEN = {"true_positive": 20, "false_positive": 5, "false_negative": 5, "true_negative": 70}
GUESSED = {"true_positive": 5, "false_positive": 50, "false_negative": 5, "true_negative": 40}


@pytest.fixture
def validated(run):
    """A run whose visits were validated for camhs and early help, and not on the third theme."""
    visits = {
        "n_paragraphs": 60,
        "n_documents": 4,
        "errors": {"camhs": SEEN, "early_help": GUESSED},
    }
    kinds = {
        "focused visit": visits,
        "inspection": {"n_paragraphs": 40, "n_documents": 9, "errors": {}},
    }
    write_errors(kinds, run)
    return run


def test_without_a_validation_the_card_is_the_models(run):
    assert read_corrected_card(run) == read_card(run)
    assert corrected_themes(run) == {} and not say_outdated(run)


def test_what_the_run_found_takes_the_place_of_the_card(validated):
    card = read_corrected_card(validated)
    known = read_errors(card)
    assert known["focused visit", "camhs"] == Errors(**SEEN)
    # Where the model does no better than guessing, nothing can be corrected.
    assert ("focused visit", "early_help") not in known
    assert corrected_themes(validated) == {"focused visit": ["camhs"]}
    # Nothing was found out about inspections: for them the card stands.
    plain = read_errors(read_card(validated))
    assert {k: v for k, v in known.items() if k[0] == "inspection"} == plain
    note = card["kinds"]["focused visit"][OF_THIS_RUN]
    assert note.startswith("60 paragraphs of 4 documents of this run") and "camhs" in note


def test_of_other_themes_the_card_still_speaks_if_it_knows_the_kind(run):
    found = {"n_paragraphs": 60, "n_documents": 9, "errors": {"camhs": SEEN}}
    write_errors({"inspection": found}, run)
    card = read_corrected_card(run)
    plain, known = read_errors(read_card(run)), read_errors(card)
    assert known["inspection", "camhs"] == Errors(**SEEN) != plain["inspection", "camhs"]
    assert known["inspection", "supervision"] == plain["inspection", "supervision"]
    assert (
        "The shares of camhs are corrected by these; those of early_help, supervision by the "
        "model's card." in card["kinds"]["inspection"][OF_THIS_RUN]
    )


def test_a_sample_of_themes_says_nothing_of_stances(run):
    few = {"true_positive": 2, "false_positive": 3, "false_negative": 0, "true_negative": 6}
    stances = {"strength": SEEN, "neutral": few}
    known = {"n_paragraphs": 500, "n_documents": 50, "errors": {}, "stances": stances}
    unknown = {"n_paragraphs": 61, "n_documents": 1, "errors": {}, "stances": stances}
    kinds = {"inspection": known, "cabinet report": unknown}
    (run / MODEL_CARD).write_text(json.dumps(read_card(run) | {"kinds": kinds}), encoding="utf-8")
    found = {"n_paragraphs": 60, "n_documents": 9, "errors": {"camhs": SEEN}}
    write_errors(dict.fromkeys(kinds, found), run)
    card = read_corrected_card(run)
    assert set(read_errors(card)) == {(kind, "camhs") for kind in kinds}
    assert set(read_errors(card, "stances")) == {("inspection", "strength")}


def test_a_validation_of_the_run_as_it_was_is_not_used(validated):
    tags = read_table(validated, "tags")
    write_table(tags.assign(probability=tags["probability"] / 2), validated, "tags")
    assert is_outdated(validated) and "is not used" in say_outdated(validated)
    assert str(validated / FOLDER) in say_outdated(validated)
    assert read_corrected_card(validated) == read_card(validated)


def test_a_damaged_validation_is_not_used_and_told(validated):
    (validated / "validation.json").write_text("{")
    assert "cannot be read, and is not used" in say_outdated(validated)
    assert read_corrected_card(validated) == read_card(validated)


def test_a_run_without_a_card_is_corrected_by_its_own_validation(validated):
    (validated / MODEL_CARD).unlink()
    assert list(read_errors(read_corrected_card(validated))) == [("focused visit", "camhs")]


def test_errors_come_from_the_codes(differed):
    run, _ = differed
    kinds = read_errors_file(run)["kinds"]
    assert set(kinds) == {"inspection", "focused visit"}
    sample = pd.read_csv(run / "validation" / "sample.csv")
    assert kinds["inspection"]["n_paragraphs"] == (sample["kind"] == "inspection").sum()
    for kind in kinds.values():
        for counts in kind["errors"].values():
            errors = Errors(**counts)
            # Every fifth was missed by one of two coders, and the model misses none of theirs.
            assert errors.recall == 1.0 and 0 < errors.false_alarms < 0.05
            assert errors.coded_yes > 1


def test_matrix_and_report_use_the_validation_of_the_run(agreed, tmp_path):
    run = shutil.copytree(agreed[0], tmp_path / "run")
    before = read_table(run, "cells")
    before = before[before["theme"] == "camhs"].set_index("authority")
    assert (before["n_not_validated"] > 0).any()
    stages.matrix(run)
    themes = corrected_themes(run)["focused visit"]
    after = read_table(run, "cells")
    after = after[after["theme"] == themes[0]].set_index("authority")
    # The card knew nothing of visits; now the shares of authorities with one are corrected.
    assert (after["n_not_validated"] == 0).all() and after["share_corrected"].notna().all()
    kinds = read_table(run, "kinds").set_index("kind")
    assert kinds.loc["focused visit", "validated"]
    assert "of this run were drawn at random and coded" in kinds.loc["focused visit", "note"]
    report = (run / "report.html").read_text("utf-8")
    assert "of this run were drawn at random and coded" in report and '"own":true' in report
    assert ("focused visit", themes[0]) in open_run(run).errors
