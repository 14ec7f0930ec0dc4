from __future__ import annotations

import shutil

from corpora import QUIET
from hostile import LETTER

from pipeline import stages


def test_hidden_files_are_counted_and_do_no_harm(corpus, tmp_path):
    (corpus / ".b.txt").write_text(LETTER, encoding="utf-8")
    outcome = stages.extract(corpus, tmp_path / "out", QUIET)
    assert outcome.hidden["source_file"].tolist() == [".b.txt"] and outcome.is_complete


def test_an_outcome_says_what_became_of_every_file(corpus, tmp_path):
    shutil.copy(corpus / "a.txt", corpus / "z.txt")
    (corpus / "broken.pdf").write_bytes(b"%PDF-1.7")
    (corpus / "documents.csv").write_text("source_file,framework\ngone.pdf,SIF\n")
    outcome = stages.extract(corpus, tmp_path / "out", QUIET)
    assert outcome.n_documents == 1 and not outcome.is_complete
    assert outcome.unread["source_file"].tolist() == ["broken.pdf"]
    assert outcome.duplicates["source_file"].tolist() == ["z.txt"]
    assert outcome.stray_overrides["source_file"].tolist() == ["gone.pdf"]
    assert outcome.read_in_part.empty


def test_copies_alone_leave_an_outcome_complete(corpus, tmp_path):
    shutil.copy(corpus / "a.txt", corpus / "z.txt")
    assert stages.extract(corpus, tmp_path / "out", QUIET).is_complete


def test_a_name_that_looks_misspelt_is_told_and_leaves_an_outcome_complete(corpus, tmp_path):
    (corpus / "documents.csv").write_text("source_file,authority\na.txt,Devn\n")
    outcome = stages.extract(corpus, tmp_path / "out", QUIET)
    assert outcome.misspelt["source_file"].tolist() == ["a.txt"] and outcome.is_complete


def test_a_validation_of_the_run_as_it_was_is_told(corpus, tmp_path):
    out = tmp_path / "out"
    assert not stages.run(corpus, out, QUIET).outdated
    out.joinpath("validation.json").write_text('{"run": "of before", "kinds": {}}', "utf-8")
    # It is noticed as a change of the folder, and told whenever the run is asked for.
    for unchanged in (False, True):
        outcome = stages.run(corpus, out, QUIET)
        assert outcome.unchanged is unchanged
        assert "is about this run as it was before" in outcome.remarks[-1]
