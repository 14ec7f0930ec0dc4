from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import replace

import pytest
from hostile import LETTER

from pipeline.base.settings import DEFAULT_LIMITS, DEFAULT_SETTINGS, Limits, PdfReader
from pipeline.report.parts import REPORT_FOLDER
from pipeline.running.listing import list_documents
from pipeline.running.manifest import (
    RUN_FILE,
    corpus_of_run,
    forget,
    inputs_digest,
    is_current,
)

STARTED = "2026-01-12T06:00:00Z"


@pytest.fixture
def place(tmp_path):
    """A folder with a corpus, a model and an output folder in it."""
    for name in ("corpus", "model", "out"):
        (tmp_path / name).mkdir()
    (tmp_path / "corpus" / "a.txt").write_text(LETTER, encoding="utf-8")
    (tmp_path / "model" / "card.json").write_text("{}")
    return tmp_path


def digest(place, settings=DEFAULT_SETTINGS, out="out"):
    listing = list_documents(place / "corpus", DEFAULT_LIMITS)
    return inputs_digest(listing, settings, place / "model", place / out)


CHANGES = {
    "a document": lambda p: (p / "corpus" / "a.txt").write_text("Other."),
    "another document": lambda p: (p / "corpus" / "b.txt").write_text("Other."),
    "an override": lambda p: (p / "corpus" / "documents.csv").write_text("source_file\n"),
    "an authority": lambda p: (p / "corpus" / "authorities.csv").write_text("name\n"),
    "the model": lambda p: (p / "model" / "card.json").write_text('{"model_id": "m2"}'),
}


@pytest.mark.parametrize("change", CHANGES)
def test_whatever_the_tables_depend_on_changes_the_digest(place, change):
    before = digest(place)
    assert digest(place) == before
    CHANGES[change](place)
    assert digest(place) != before


@pytest.mark.parametrize(
    "settings",
    [
        replace(DEFAULT_SETTINGS, limits=Limits(pages=5)),
        replace(DEFAULT_SETTINGS, ocr=True),
        replace(DEFAULT_SETTINGS, reader=PdfReader.pdfium),
    ],
)
def test_other_settings_are_other_inputs(place, settings):
    assert digest(place, settings) != digest(place)


def test_how_many_processes_are_used_does_not_matter(place):
    assert digest(place, replace(DEFAULT_SETTINGS, processes=1, quiet=True)) == digest(place)


def test_links_to_the_reports_depend_on_where_the_tables_are(place):
    assert digest(place, out="out/deeper") != digest(place)


def test_a_stage_on_its_own_remembers_the_corpus_and_is_not_current(place):
    out = place / "out"
    forget(out, place / "corpus")
    assert corpus_of_run(out).resolve() == (place / "corpus").resolve()
    assert not is_current(out, "", STARTED) and not is_current(out, digest(place), STARTED)
    forget(out)
    assert corpus_of_run(out) is None


def test_corpus_and_tables_can_be_moved_together(place):
    forget(place / "out", place / "corpus")
    moved = shutil.copytree(place, place.parent / f"{place.name}-moved")
    assert corpus_of_run(moved / "out").resolve() == (moved / "corpus").resolve()


def test_a_missing_part_of_the_report_is_noticed(place):
    out = place / "out"
    (out / REPORT_FOLDER).mkdir()
    part = out / REPORT_FOLDER / "texts-1.js"
    part.write_text("a")
    outputs = {"report/texts-1.js": hashlib.sha256(b"a").hexdigest()}
    manifest = {"inputs_digest": "x", "started": STARTED, "outputs": outputs}
    (out / RUN_FILE).write_text(json.dumps(manifest))
    assert is_current(out, "x", STARTED)
    # That run ended before its news were kept.
    assert not is_current(out, "x", "2026-01-05T06:00:00Z")
    part.unlink()
    assert not is_current(out, "x", STARTED)


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"corpus_folder": 5}', '{"outputs": {}}'])
def test_a_damaged_manifest_is_none(place, damage):
    out = place / "out"
    (out / RUN_FILE).write_text(damage)
    assert corpus_of_run(out) is None and not is_current(out, "x", STARTED)


def test_what_a_run_wrote_must_be_as_it_was(place):
    out = place / "out"
    (out / "cells.csv").write_text("a")
    outputs = {"cells.csv": "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4f6b0e5d1a7f5b6f3d2e"}
    manifest = {"inputs_digest": "x", "started": STARTED, "outputs": outputs}
    (out / RUN_FILE).write_text(json.dumps(manifest))
    assert not is_current(out, "x", STARTED)
