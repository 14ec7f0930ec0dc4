from __future__ import annotations

import json
from dataclasses import replace

import pandas as pd
import pytest
from runs import THEMES, make_run

from pipeline.base.columns import FAILURES
from pipeline.base.tables import write_table
from pipeline.documents.overrides import OVERRIDES_FILE
from pipeline.matrix.cells import count_by_document, sum_by
from pipeline.matrix.evidence import collect_evidence
from pipeline.report.news import Reason, as_manifest
from pipeline.running.news import (
    FORMAT,
    LAST_FILE,
    MODEL_ID,
    find_news,
    news_kept,
    nothing_new,
    read_last,
    remember,
)

MADE = {MODEL_ID: "m1"} | dict.fromkeys(Reason, "1")
WHOLE = make_run(5, 3, 30)


class Run:
    """Runs to `out`, each on the named documents of `WHOLE`."""

    def __init__(self, out):
        self.out, self.n_runs = out, 0

    def read(self, doc_ids, failed=(), stage=""):
        """As if a run had read these documents, and others had failed at this stage."""
        failures = pd.DataFrame("", index=range(len(failed)), columns=FAILURES)
        failures["source_file"] = list(failed)
        failures["stage"] = stage
        self.documents = WHOLE.documents[WHOLE.documents["doc_id"].isin(doc_ids)]
        self.documents = self.documents.assign(sha256=self.documents["doc_id"])
        self.failures = failures
        self.tags = WHOLE.tags[WHOLE.tags["doc_id"].isin(doc_ids)]
        self.counts = count_by_document(self.tags, self.documents)
        return self

    def evidence(self):
        paragraphs = WHOLE.paragraphs[WHOLE.paragraphs["doc_id"].isin(self.documents["doc_id"])]
        return [collect_evidence(self.tags, paragraphs, self.documents)]

    def find(self, made=MADE):
        last = read_last(self.out)
        news = find_news(
            last, self.documents, self.failures, self.counts, THEMES, None, made, self.evidence,
            100.0 * self.n_runs,
        )  # fmt: skip
        told = news_kept(last, self.out, self.documents, made, self.evidence)
        if not news.is_empty:
            told = news
            write_table(news.movements, self.out, "movements")
        cells = sum_by(self.counts, "authority")
        remember(
            self.out, 100.0 * self.n_runs, made, self.documents, self.failures, cells, told
        )  # fmt: skip
        self.n_runs += 1
        return news

    def kept(self, **made):
        return news_kept(
            read_last(self.out), self.out, self.documents, made or MADE, self.evidence
        )


DOCS = WHOLE.documents["doc_id"].tolist()


@pytest.fixture
def run(tmp_path):
    return Run(tmp_path)


def test_what_came_went_and_moved_since_the_last_run(run):
    first = run.read(DOCS[:7]).find()
    assert first.is_empty and first.since == "" and run.kept() is None
    news = run.read(DOCS[1:10]).find()
    assert news.since == "1970-01-01T00:00:00Z" and news.until == "1970-01-01T00:01:40Z"
    assert news.new["doc_id"].tolist() == DOCS[7:10]
    names = WHOLE.documents.set_index("doc_id")["source_file"]
    assert news.gone == (names[DOCS[0]],) and news.first == ("Area 003",)
    # Area 000 lost a document, area 002 got two; area 001 is as it was, area 003 is new.
    assert set(news.movements["authority"]) == {"Area 000", "Area 002"}
    assert len(news.to_read) and set(news.to_read["doc_id"]) <= set(DOCS[7:10])


def test_a_renamed_file_is_neither_new_nor_gone(run):
    run.read(DOCS[:4]).find()
    run.read(DOCS[:4])
    run.documents = run.documents.assign(source_file=[f"{n}.pdf" for n in range(4)])
    assert run.find().is_empty


def test_what_could_not_be_read_once_neither_went_nor_came(run):
    name = WHOLE.documents["source_file"][1]
    run.read(DOCS[:2]).find()
    lost = run.read(DOCS[:1], failed=[name]).find()
    assert not lost.gone and lost.new.empty
    again = run.read(DOCS[:2]).find()
    assert again.new.empty and not again.gone
    assert run.read(DOCS[:1]).find().gone == (name,)


def test_what_is_in_a_folder_that_could_not_be_read_has_not_gone(run):
    inside = [f"devon/{n}.pdf" for n in range(2)]
    for n_read, failed, gone in ((2, [], ()), (0, ["devon"], ()), (2, [], ()), (0, [], inside)):
        run.read(DOCS[: 1 + n_read], failed)
        run.documents = run.documents.assign(source_file=["a.pdf", *inside][: 1 + n_read])
        news = run.find()
        assert news.gone == tuple(gone) and news.new.empty


def test_a_row_about_a_file_that_was_deleted_does_not_keep_it(run):
    name = WHOLE.documents["source_file"][1]
    run.read(DOCS[:2]).find()
    assert run.read(DOCS[:1], [name], OVERRIDES_FILE).find().gone == (name,)


def test_a_corrected_version_under_the_same_name_is_new_and_none_has_gone(run):
    run.read(DOCS[:2]).find()
    names = run.documents["source_file"]
    run.read([DOCS[0], DOCS[2]])
    run.documents = run.documents.assign(source_file=names.tolist())
    news = run.find()
    assert news.new["doc_id"].tolist() == [DOCS[2]] and not news.gone


@pytest.mark.parametrize("what", Reason)
def test_cells_made_otherwise_are_not_compared(run, what):
    run.read(DOCS[:7]).find()
    news = run.read(DOCS[:9]).find(MADE | {what: "2"})
    assert news.not_compared == (what,) and news.movements.empty
    assert len(news.new) == 2 and len(news.to_read)
    told = as_manifest(news, lambda *place: "")
    assert told["not_compared"] == [what] and told["moved"] == []


def test_a_run_with_nothing_new_keeps_the_last_news(run):
    run.read(DOCS[:7]).find()
    news = run.read(DOCS[:9]).find()
    for _ in range(2):
        assert run.read(DOCS[:9]).find().is_empty
        kept = run.kept()
        assert as_manifest(kept, lambda *p: "") == as_manifest(news, lambda *p: "")
        assert kept.movements.equals(news.movements)
    # Another model's tags are not what was told of; nor are other documents.
    assert run.kept(**{MODEL_ID: "m2"}) is None
    assert run.kept(**{MODEL_ID: "m1"}) is not None
    assert run.read(DOCS[:10]).kept() is None
    assert run.read(DOCS[:8]).kept() is None


def test_news_of_another_table_of_movements_are_not_kept(run):
    run.read(DOCS[:7]).find()
    run.read(DOCS[:9]).find()
    write_table(nothing_new().movements, run.out, "movements")
    assert run.kept() is None


WHOLE_MEMORY = {
    "format": FORMAT, "started": "2026-01-05T06:00:00Z", "inputs": {"a.pdf": "0"},
    "made_with": MADE, "cells": [], "news": None,
}  # fmt: skip


@pytest.mark.parametrize(
    "damage",
    [
        "",
        "[]",
        "[" * 100_000,
        *(
            json.dumps(WHOLE_MEMORY | change)
            for change in (
                {"format": FORMAT - 1},
                {"inputs": 3},
                {"inputs": {"a.pdf": 3}},
                {"cells": [["Kent", "camhs", 1]]},
                {"cells": [["Kent", "camhs", "x", 1, 1, 1, 1]]},
                {"news": {"since": ""}},
                {"made_with": None},
            )
        ),
    ],
)
def test_a_damaged_memory_is_none(run, damage):
    (run.out / LAST_FILE).write_text(damage)
    assert read_last(run.out) is None
    assert run.read(DOCS[:2]).find().is_empty
    assert read_last(run.out) is not None


def test_a_whole_memory_is_read(tmp_path):
    (tmp_path / LAST_FILE).write_text(json.dumps(WHOLE_MEMORY))
    assert read_last(tmp_path).inputs == WHOLE_MEMORY["inputs"]


def test_sentences_to_read_take_turns_and_those_of_moved_cells_come_first(run):
    run.read(DOCS[:7]).find()
    news = run.read(DOCS).find()
    of = news.to_read["doc_id"].tolist()
    n_documents = len(set(of))
    assert n_documents > 3 and len(set(of[:n_documents])) == n_documents
    assert set(news.to_read["stance"]) <= {"strength", "concern"}
    assert replace(news, movements=news.movements.head(0)).clear.empty
