from __future__ import annotations

import datetime
import io

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.base.columns import PARAGRAPHS
from pipeline.base.errors import PipelineError
from pipeline.base.settings import Limits, PdfReader
from pipeline.base.tables import schema_of
from pipeline.running.job import (
    Answer,
    Begun,
    Job,
    failed_reading,
    pack_reading,
    reading_of,
    receive,
    send,
    unpack_reading,
)


def paragraphs(*texts: str, kind: str = "paragraph", boilerplate: bool = False) -> pa.Table:
    rows = [
        {
            "paragraph_id": f"d:{n}", "doc_id": "d", "source_file": "a.pdf", "position": n,
            "page": 1, "pages": "", "heading": "", "lead_in": "", "kind": kind, "boilerplate": boilerplate,
            "text": text,
        }
        for n, text in enumerate(texts)
    ]  # fmt: skip
    return pa.Table.from_pylist(rows, schema=schema_of(PARAGRAPHS))


DOCUMENT = {
    "authority": "Marlowshire",
    "published_on": datetime.date(2021, 5, 28),
    "n_pages": None,
}


def test_a_reading_comes_back_as_it_was_packed():
    packed = pack_reading(
        reading_of(
            DOCUMENT,
            paragraphs("Visits are timely.", "Plans are clear."),
            [PipelineError("Page 2 is \udcff.", "Scan it again.")],
        )
    )
    reading = unpack_reading(packed)
    assert reading.document == DOCUMENT and not reading.failure
    assert reading.gaps == [{"reason": "Page 2 is \\udcff.", "what_to_do": "Scan it again."}]
    assert reading.paragraphs["text"].to_pylist() == ["Visits are timely.", "Plans are clear."]


def test_what_is_not_asked_for_is_not_unpacked():
    packed = pack_reading(reading_of(DOCUMENT, paragraphs("Visits are timely.")))
    reading = unpack_reading(packed, with_paragraphs=False)
    assert len(reading.paragraphs) == 0 and reading.document == DOCUMENT
    assert reading.passages == unpack_reading(packed).passages != ""


def test_passages_are_a_key_of_what_the_model_reads_and_of_nothing_else():
    plain = reading_of({}, paragraphs("Visits are timely."))
    assert plain.passages == reading_of(DOCUMENT, paragraphs("Visits are timely.")).passages
    assert plain.passages != reading_of({}, paragraphs("Visits are late.")).passages
    nothing = reading_of({}, paragraphs()).passages
    assert reading_of({}, paragraphs("Contents", kind="contents")).passages == nothing
    assert reading_of({}, paragraphs("Crown copyright", boilerplate=True)).passages == nothing


def test_a_failure_comes_back_with_its_reason():
    packed = pack_reading(failed_reading(PipelineError("Half of \udcff.", "Save it again.")))
    assert unpack_reading(packed).failure == {
        "reason": "Half of \\udcff.",
        "what_to_do": "Save it again.",
    }


JOBS = st.builds(
    Job,
    source_file=st.text(alphabet=st.characters(exclude_categories=["Cs"])),
    limits=st.builds(Limits, seconds=st.integers(1, 100)),
    reader=st.sampled_from(PdfReader),
    ocr=st.booleans(),
    data=st.binary(),
    reading=st.binary(),
)


@given(st.lists(JOBS, max_size=3))
def test_what_is_sent_is_received(jobs):
    pipe = io.BytesIO()
    for job in jobs:
        send(pipe, job)
    pipe.seek(0)
    assert [receive(pipe, Job) for _ in jobs] == jobs
    with pytest.raises(EOFError):
        receive(pipe, Job)


def test_an_answer_and_its_beginning_are_told_apart():
    pipe = io.BytesIO()
    send(pipe, Begun("a.pdf"))
    send(pipe, Answer("a.pdf", b"PAR1", trouble="time"))
    pipe.seek(0)
    assert receive(pipe, Answer, Begun) == Begun("a.pdf")
    assert receive(pipe, Answer, Begun) == Answer("a.pdf", b"PAR1", trouble="time")


def test_a_message_nobody_expects_is_refused():
    pipe = io.BytesIO()
    send(pipe, Job("a.pdf"))
    pipe.seek(0)
    with pytest.raises(ValueError, match="Job"):
        receive(pipe, Answer, Begun)


@pytest.mark.parametrize("left", [1, 9, 40])
def test_a_message_that_is_cut_off_is_the_end(left):
    pipe = io.BytesIO()
    send(pipe, Answer("a.pdf", b"x" * 100))
    with pytest.raises(EOFError):
        receive(io.BytesIO(pipe.getvalue()[:-left]), Answer)
