"""Damaged files of every kind, made by chance: nothing but an `ExtractionError` may come of one.

Every example is a small good file with some damage; some thousand of them take half a minute.
"""

from __future__ import annotations

import contextlib
import signal
from pathlib import PurePosixPath

import pytest
from hostile import (
    LETTER,
    PAGE_TEXT,
    docx,
    forms_that_multiply,
    good_pdf,
    hostile_cmap,
    one_page,
    page_tree_that_loops,
    references_that_loop,
    stream,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.base.characters import CONTROL, INVISIBLE
from pipeline.base.errors import ExtractionError
from pipeline.base.records import KINDS
from pipeline.base.settings import DEFAULT_LIMITS
from pipeline.documents import extract
from pipeline.documents.extract import extract_bytes

# The limit for all tests is kept by the clock that `time_limit` sets and stops; this one is not.
pytestmark = pytest.mark.timeout(900, method="thread")

TAGGED = (
    b"/P <</MCID 0>> BDC BT /F1 12 Tf 1 0 0 1 72 700 Tm [(Visits) -250 (are) 20 (timely.)] TJ ET"
    b" EMC /Artifact <</Type/Pagination>> BDC q 0 0 9 9 re W n BT (1) Tj ET Q EMC"
)
PDFS = [
    good_pdf(),
    one_page(stream(TAGGED)),
    page_tree_that_loops(),
    references_that_loop(),
    forms_that_multiply(3, 2),
    hostile_cmap(9)[:6_000],
    one_page(stream(PAGE_TEXT.hex().encode() + b">", b"/Filter/ASCIIHexDecode")),
]
OTHERS = [docx("Visits are timely."), LETTER.encode(), b"<!doctype html><p>Visits</p><ul><li>a"]
WORDS = [
    b"<<", b">>", b"[", b"]", b"(", b")", b"obj", b"endobj", b"stream", b"endstream", b"xref",
    b"trailer", b"startxref", b"/Length", b"/Filter", b"/FlateDecode", b"/Kids", b"/Parent",
    b"/Type", b"/Page", b"/Root", b"/Encrypt", b"/Prev", b"/XRef", b"/ObjStm", b"/MediaBox",
    b"/Contents", b"/Font", b"/ToUnicode", b"1 0 R", b"2 0 R", b"4 0 R", b"-1", b"0", b"1e9",
    b"99999999999999999999", b"null", b"true", b"BT", b"Tj", b"TJ", b"Tf", b"Do", b"BI", b"ID",
]  # fmt: skip
PLACES = st.integers(0, 1_000_000)
DAMAGE = st.one_of(
    st.tuples(st.just("put"), PLACES, st.one_of(st.sampled_from(WORDS), st.binary(max_size=4))),
    st.tuples(
        st.just("replace"), PLACES, st.one_of(st.sampled_from(WORDS), st.binary(max_size=4))
    ),
    st.tuples(st.just("drop"), PLACES, st.integers(1, 200)),
    st.tuples(st.just("repeat"), PLACES, st.integers(1, 200)),
    st.tuples(st.just("cut"), PLACES, st.just(0)),
)


def damaged(data: bytes, steps) -> bytes:
    for kind, place, what in steps:
        at = place % (len(data) + 1)
        if kind == "put":
            data = data[:at] + what + data[at:]
        elif kind == "replace":
            data = data[:at] + what + data[at + len(what) :]
        elif kind == "drop":
            data = data[:at] + data[at + what :]
        elif kind == "repeat":
            data = data[: at + what] + data[at:]
        else:
            data = data[:at]
    return data


# How many characters come of a byte at most: the sample PDFs are compressed.
MAX_UNPACKED = 50


# Damage must not multiply the work, either: every example takes milliseconds.
MAX_SECONDS = 60


class TooLong(BaseException):
    """Not an `Exception`: the readers take those for damage."""


@contextlib.contextmanager
def time_limit():
    """Give up what goes on for ever, where the system can: Windows has no such signal."""

    def give_up(*_):
        raise TooLong

    if not hasattr(signal, "SIGALRM"):
        yield
        return
    before = signal.signal(signal.SIGALRM, give_up)
    signal.alarm(MAX_SECONDS)
    try:
        yield
    except TooLong:
        pytest.fail(f"it took longer than {MAX_SECONDS} seconds")
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def check(data: bytes, name: str) -> None:
    try:
        with time_limit():
            found = extract_bytes(data, PurePosixPath(name), DEFAULT_LIMITS)
    except ExtractionError as error:
        assert str(error) and error.hint
    else:
        for block in found.blocks:
            assert block.kind in KINDS and block.page >= 1 and block.text.strip()
            assert not CONTROL.search(block.text) and not INVISIBLE.search(block.text)
        # Damage must not multiply what is in a file.
        assert sum(len(block.text) for block in found.blocks) <= MAX_UNPACKED * len(data)


@pytest.fixture(scope="module", autouse=True)
def without_pdfium():
    """PDFium, which steps in for damaged files, may end its process; running/test_guard.py sees to
    that. Here it would end the tests: one file made it ask for 22 GB."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(extract, "find_spec", lambda name: None)
        yield


@pytest.mark.filterwarnings("ignore")
@settings(
    max_examples=1_500, deadline=None, suppress_health_check=list(HealthCheck), print_blob=True
)
@given(st.sampled_from(PDFS), st.lists(DAMAGE, min_size=1, max_size=6))
def test_damaged_pdf(data, steps):
    check(damaged(data, steps), "a.pdf")


@pytest.mark.filterwarnings("ignore")
@settings(
    max_examples=500, deadline=None, suppress_health_check=list(HealthCheck), print_blob=True
)
@given(st.sampled_from(OTHERS), st.lists(DAMAGE, min_size=1, max_size=6))
def test_damaged_file_of_another_kind(data, steps):
    check(damaged(data, steps), "a")
