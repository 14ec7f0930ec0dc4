from __future__ import annotations

import errno
import hashlib
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest
from hostile import LETTER

from pipeline.base.errors import RecognitionError
from pipeline.base.settings import DEFAULT_LIMITS
from pipeline.running.failures import LASTING_TROUBLES
from pipeline.running.job import (
    Job,
    pack_reading,
    pack_table,
    reading_of,
    unpack_reading,
    unpack_table,
)
from pipeline.running.worker import answer
from pipeline.tagging.model_folder import find_model


@pytest.fixture
def job(tmp_path):
    data = LETTER.encode()
    path = tmp_path / "a.txt"
    path.write_bytes(data)
    return Job("a.txt", str(path), hashlib.sha256(data).hexdigest())


def test_a_document_is_read(job):
    reading = unpack_reading(answer(job).reading)
    assert (
        reading.document["authority"] == "Kent"
        and "Dear Ms Thorne" in reading.paragraphs["text"].to_pylist()
    )


def test_with_a_model_it_is_tagged_too(job):
    done = answer(replace(job, model=str(find_model())))
    tags = unpack_table(done.tags)
    assert set(tags["paragraph_id"].to_pylist()) <= set(
        unpack_reading(done.reading).paragraphs["paragraph_id"].to_pylist()
    )
    assert len(tags) > 0


def test_what_was_read_before_is_only_tagged(job):
    first = answer(job)
    again = answer(Job("a.txt", reading=first.reading, model=str(find_model())))
    assert again.reading == first.reading
    assert again.tags == answer(replace(job, model=str(find_model()))).tags


TROUBLES = {
    "gone": {"path": "/nowhere/a.txt"},
    "changed": {"sha256": "0" * 64},
}


CHANGES = {
    "emptied, as by a program that saves it": b"",
    "longer": LETTER.encode() + b" ",
    "longer than is allowed": b"x" * 3000,
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_file_that_has_changed_is_not_judged(job, change):
    Path(job.path).write_bytes(CHANGES[change])
    small = replace(job, limits=replace(DEFAULT_LIMITS, file_bytes=2000))
    assert answer(small).trouble == "changed"


@pytest.mark.parametrize("trouble", TROUBLES)
def test_what_depends_on_the_moment_is_a_trouble(job, trouble):
    assert answer(replace(job, **TROUBLES[trouble])).trouble == trouble


OF_THE_MOMENT = {
    "a full disk": (OSError(errno.ENOSPC, "No space left on device"), "machine"),
    "no Tesseract": (RecognitionError("It is missing."), "pictures"),
}


@pytest.mark.parametrize("name", OF_THE_MOMENT)
@pytest.mark.parametrize("marks", [False, True])
def test_what_is_the_machines_doing_is_a_trouble(job, monkeypatch, name, marks):
    error, trouble = OF_THE_MOMENT[name]

    def fail(*_):
        raise error

    monkeypatch.setattr("pipeline.documents.read_document.read_document", fail)
    monkeypatch.setattr("pipeline.marking.mark_document.mark_document", fail)
    packed = pack_table(pa.table({"page": [1]})) if marks else b""
    done = answer(replace(job, marks=packed))
    assert done.trouble == trouble and done.detail and trouble not in LASTING_TROUBLES


def test_an_error_of_a_library_about_a_damaged_picture_is_the_documents(job, monkeypatch):
    def fail(*_):
        raise OSError("cannot identify image file")

    monkeypatch.setattr("pipeline.documents.read_document.read_document", fail)
    done = answer(job)
    assert not done.trouble and "identify" in unpack_reading(done.reading).failure["reason"]


def test_a_model_that_is_no_good_is_a_trouble(job, tmp_path):
    done = answer(replace(job, model=str(tmp_path / "no-model")))
    assert done.trouble == "model" and "no model" in done.detail.lower()


def test_what_cannot_be_read_is_a_reading_with_its_reason(tmp_path):
    path = tmp_path / "a.pdf"
    path.write_bytes(b"\xff\xd8\xff JFIF")
    done = answer(
        Job("a.pdf", str(path), hashlib.sha256(path.read_bytes()).hexdigest(), model="x")
    )
    assert "JPEG" in unpack_reading(done.reading).failure["reason"] and not done.tags


def test_content_that_was_sent_along_is_read_instead_of_the_file(job):
    data = LETTER.replace("Thorne", "Holt").encode()
    sent = replace(job, data=data, sha256=hashlib.sha256(data).hexdigest())
    assert "Dear Ms Holt" in unpack_reading(answer(sent).reading).paragraphs["text"].to_pylist()


def test_a_reading_without_paragraphs_is_tagged_as_nothing(job):
    empty = unpack_reading(answer(job).reading).paragraphs.slice(0, 0)
    done = answer(
        Job("a.txt", reading=pack_reading(reading_of({}, empty)), model=str(find_model()))
    )
    assert len(unpack_table(done.tags)) == 0
