"""The flow as Python code calls it; the command line's tests are in tests/cli."""

from __future__ import annotations

import errno
import json
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from corpora import QUIET, files
from hostile import LETTER

from pipeline import stages
from pipeline.base.errors import CorpusError, ModelError, TableError
from pipeline.base.files import LOCK_FILE
from pipeline.base.paths import SAMPLE_CORPUS
from pipeline.base.settings import DEFAULT_LIMITS
from pipeline.running.listing import list_documents
from pipeline.running.manifest import corpus_of_run
from pipeline.validation.validate import draw_to_validate


def test_stages_one_by_one_give_what_run_gives(sample_run, tmp_path_factory):
    # Links go from the output folder to the reports: only one at the same depth has the same.
    out = tmp_path_factory.mktemp("one-by-one")
    assert stages.extract(SAMPLE_CORPUS, out, QUIET).n_documents == 12
    n_tagged = stages.tag(out, QUIET)
    assert n_tagged == pd.read_parquet(out / "tags.parquet")["tagged"].sum()
    stages.matrix(out)
    assert files(out) == files(sample_run)


def test_a_stage_on_its_own_keeps_the_way_to_the_reports(corpus, tmp_path):
    out = tmp_path / "out"
    stages.run(corpus, out, QUIET)
    before = files(out)
    for _ in range(2):
        stages.tag(out, QUIET)
        stages.matrix(out)
    assert corpus_of_run(out).resolve() == corpus.resolve()
    assert files(out) == before


def test_a_matrix_on_its_own_leaves_in_the_manifest_what_is_still_true(corpus, tmp_path):
    out = tmp_path / "out"
    stages.run(corpus, out, QUIET)
    (corpus / "b.txt").write_text(LETTER.replace("Thorne", "Holt"), encoding="utf-8")
    stages.run(corpus, out, QUIET)
    of_run = json.loads((out / "run.json").read_bytes())
    for _ in range(2):
        stages.matrix(out)
        left = json.loads((out / "run.json").read_bytes())
        assert of_run == left | {name: of_run[name] for name in ("inputs_digest", "outputs")}
        assert not {"inputs_digest", "outputs"} & left.keys()
    # It may have counted otherwise, so the next run does its work.
    again = stages.run(corpus, out, QUIET)
    assert not again.unchanged and again.news.is_empty
    (corpus / "b.txt").unlink()
    stages.extract(corpus, out, QUIET)
    stages.tag(out, QUIET)
    stages.matrix(out)
    # Of another reading nothing is true that the run said of its own.
    assert not {"inputs", "model_id"} & json.loads((out / "run.json").read_bytes()).keys()


def test_a_matrix_made_while_the_reports_are_away_still_knows_their_place(corpus, tmp_path):
    out = tmp_path / "out"
    stages.run(corpus, out, QUIET)
    away = corpus.rename(tmp_path / "away")
    stages.matrix(out)
    away.rename(corpus)
    assert corpus_of_run(out).resolve() == corpus.resolve()


CHANGES = {
    "deleted": lambda path: path.unlink(),
    "replaced": lambda path: path.write_text(LETTER.replace("Thorne", "Ward"), encoding="utf-8"),
    "emptied": lambda path: path.write_bytes(b""),
    "grown": lambda path: path.write_text(f"{LETTER}\n\nAnd more of it.", encoding="utf-8"),
    "made a folder": lambda path: (path.unlink(), path.mkdir()),
}


def test_reports_that_change_during_a_run_are_listed_and_looked_at_again(
    corpus, tmp_path, monkeypatch
):
    for name in CHANGES:
        text = LETTER.replace("Thorne", name)
        (corpus / f"{name}.txt").write_text(text, encoding="utf-8")
    before = {path: path.read_bytes() for path in corpus.iterdir()}

    def list_and_change(*arguments):
        listing = list_documents(*arguments)
        for name, change in CHANGES.items():
            change(corpus / f"{name}.txt")
        (corpus / "z-new.txt").write_text(LETTER.replace("Thorne", "Moss"), encoding="utf-8")
        return listing

    with monkeypatch.context() as during:
        during.setattr(stages, "list_documents", list_and_change)
        first = stages.run(corpus, tmp_path / "out", QUIET)
    assert first.n_documents == 1
    reasons = first.unread.set_index("source_file")["reason"].to_dict()
    assert reasons.pop("deleted.txt") == "The file disappeared during the run."
    assert "cannot be opened" in reasons.pop("made a folder.txt")
    assert set(reasons) == {"replaced.txt", "emptied.txt", "grown.txt"}
    assert set(reasons.values()) == {"The file changed during the run."}
    # All is as it was when the run began, so nothing but the manifest can tell the next run.
    (corpus / "made a folder.txt").rmdir()
    (corpus / "z-new.txt").unlink()
    for path, data in before.items():
        path.write_bytes(data)
    again = stages.run(corpus, tmp_path / "out", QUIET)
    assert not again.unchanged and again.n_documents == 1 + len(CHANGES) and again.is_complete


def test_an_unchanged_run_says_so_and_writes_nothing(corpus, tmp_path):
    out = tmp_path / "out"
    assert not stages.run(corpus, out, QUIET).unchanged
    written = {path: path.stat().st_mtime_ns for path in out.glob("[!.]*")}
    again = stages.run(corpus, out, QUIET)
    assert again.unchanged and again.n_documents == 1
    assert {path: path.stat().st_mtime_ns for path in out.glob("[!.]*")} == written


@pytest.mark.parametrize("name", ["matrix.xlsx", "run.json", ".last.json"])
def test_a_run_that_fails_before_its_end_keeps_its_news_for_the_next(
    corpus, tmp_path, monkeypatch, name
):
    out, replace_file = tmp_path / "out", Path.replace

    def is_open_elsewhere(path, target):
        if Path(target).name == name:
            raise PermissionError(errno.EACCES, "Permission denied", path)
        return replace_file(path, target)

    stages.run(corpus, out, QUIET)
    (corpus / "b.txt").write_text(LETTER.replace("Thorne", "Holt"), encoding="utf-8")
    with monkeypatch.context() as during, pytest.raises(PermissionError) as failed:
        during.setattr(Path, "replace", is_open_elsewhere)
        stages.run(corpus, out, QUIET)
    assert failed.value.filename == str(out / name)
    again = stages.run(corpus, out, QUIET)
    assert again.news.new["source_file"].tolist() == ["b.txt"] and not again.unchanged
    assert stages.run(corpus, out, QUIET).unchanged


def test_a_theme_that_the_model_does_not_know_cannot_be_counted(corpus, tmp_path):
    with pytest.raises(ModelError, match="no theme 'ferries'"):
        stages.run(corpus, tmp_path / "out", replace(QUIET, with_themes=("ferries",)))
    assert not (tmp_path / "out" / "documents.csv").exists()


def test_what_was_kept_elsewhere_is_used(corpus, tmp_path):
    kept = tmp_path / "kept"
    stages.extract(corpus, tmp_path / "one", QUIET, kept=kept)
    n_kept = len(list(kept.rglob("*.parquet")))
    stages.extract(corpus, tmp_path / "two", QUIET, kept=kept)
    assert len(list(kept.rglob("*.parquet"))) == n_kept == 1
    assert not (tmp_path / "one" / stages.CACHE_FOLDER).exists()


@pytest.mark.parametrize(
    "name, is_good", [("", False), ("kept", False), (".kept", True), ("out/kept", True)]
)
def test_a_cache_does_not_go_among_the_reports(corpus, name, is_good):
    out, kept = corpus / "out", corpus / name
    if is_good:
        stages.extract(corpus, out, QUIET, kept=kept)
        assert (
            list(kept.rglob("*.parquet")) and list_documents(corpus, DEFAULT_LIMITS).failures == []
        )
    else:
        with pytest.raises(CorpusError, match="cache"):
            stages.extract(corpus, out, QUIET, kept=str(kept))
        assert [path.name for path in corpus.iterdir()] == ["a.txt"]


WRONG = {
    "tables among the reports": (lambda c, o: stages.extract(c, c, QUIET), CorpusError),
    "tables above the reports": (lambda c, o: stages.extract(c, c.parent, QUIET), CorpusError),
    "no such folder": (lambda c, o: stages.extract(c / "x", o, QUIET), CorpusError),
    "no such model": (lambda c, o: stages.run(c, o, QUIET, model=c), ModelError),
    "nothing extracted": (lambda c, o: stages.tag(o, QUIET), TableError),
    "nothing to build from": (lambda c, o: stages.matrix(o), TableError),
    "no reports to link to": (lambda c, o: stages.matrix(o, corpus=c / "x"), CorpusError),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_cannot_be_done_says_what_to_do(corpus, tmp_path, name):
    act, error = WRONG[name]
    with pytest.raises(error) as refused:
        act(corpus, tmp_path / "out")
    assert refused.value.hint


MISTAKEN = {
    "tags of reports": lambda c, o: stages.tag(c, QUIET),
    "a matrix of reports": lambda c, o: stages.matrix(c),
    "the two folders swapped": lambda c, o: stages.run(o, c, QUIET),
    "tables among other reports": lambda c, o: stages.run(SAMPLE_CORPUS, c, QUIET),
    "a validation of reports": lambda c, o: draw_to_validate(c, o / "sheet.csv"),
}


@pytest.mark.parametrize("name", MISTAKEN)
def test_a_mistaken_command_leaves_reports_reports(corpus, tmp_path, name):
    out = tmp_path / "out"
    out.mkdir()
    (out / LOCK_FILE).touch()
    with pytest.raises((CorpusError, TableError)):
        MISTAKEN[name](corpus, out)
    assert [path.name for path in corpus.iterdir()] == ["a.txt"]


def test_loose_paragraphs_are_not_overwritten_by_their_tags(tmp_path):
    given = tmp_path / "a.jsonl"
    given.write_text('{"id": 1, "text": "Plans are clear."}')
    before = given.read_bytes()
    with pytest.raises(TableError, match="overwrite"):
        stages.tag_passages(given, tmp_path / "." / "a.jsonl")
    assert given.read_bytes() == before


@pytest.mark.parametrize("act", [lambda o: stages.tag(o, QUIET), stages.matrix])
def test_a_mistyped_folder_is_not_made(tmp_path, act):
    with pytest.raises(TableError):
        act(tmp_path / "mistyped")
    assert not list(tmp_path.iterdir())
