from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st
from public_site import pdf

from pipeline.base.paths import safe_part
from pipeline.documents.dates import find_publication_date
from pipeline.fetching.download import Downloaded, file_name, put
from pipeline.fetching.publications import Publication
from pipeline.fetching.web import Answer

PARTS = [
    ("Children's services inspection", "Children's services inspection"),
    ("a/b\\c:d*e?f", "a b c d e f"),
    ("  .hidden", "hidden"),
    ("~$lock", "lock"),
    ("COM1.pdf", "_COM1.pdf"),
    ("name. ", "name"),
    ("", "_"),
    ("...", "_"),
    ("tab\tand\u200bno\u202ewidth\x00", "tab and no width"),
    ("e\u0301", "é"),
]


@pytest.mark.parametrize(("text", "part"), PARTS)
def test_a_part_of_a_path_is_safe_on_windows(text, part):
    assert safe_part(text) == part


@given(st.text(max_size=300))
def test_any_text_makes_a_part(text):
    part = safe_part(text)
    assert 0 < len(part) <= 72 and not set(part) & set('<>:"/\\|?*\0\n')
    assert part[0] not in ".~ " and part[-1] not in ". "
    assert safe_part(part) == part


def test_the_month_in_a_name_is_no_date_of_the_document():
    day = dt.date(2024, 7, 15)
    url = "https://files.ofsted.gov.uk/v1/file/50252437"
    name = file_name(
        Publication(url, "ofsted-send", "80461", "Marlowshire", "Area SEND inspection", "", day)
    )
    assert name == "ofsted/80461 Marlowshire/2024-07 Area SEND inspection 50252437.pdf"
    assert find_publication_date(name, [], [], "inspection") is None


def test_a_long_title_keeps_what_makes_it_unlike_others():
    names = {
        file_name(Publication(f"https://a.example/{n}", "urls", title="Report " * 40))
        for n in (1, 2)
    }
    assert len(names) == 2 and all(len(name) < 100 for name in names)


@pytest.fixture
def come(tmp_path):
    """A document that has come, with this content."""

    def make(words):
        path = tmp_path / "part"
        path.write_bytes(pdf(words))
        import hashlib

        return Downloaded(Answer(200, ""), path, hashlib.sha256(pdf(words)).hexdigest())

    return make


def test_nothing_is_overwritten(tmp_path, come):
    assert put(come("a"), tmp_path / "r", "x/report.pdf", set()) == "x/report.pdf"
    assert put(come("b"), tmp_path / "r", "x/report.pdf", set()) == "x/report (2).pdf"
    assert put(come("a"), tmp_path / "r", "x/report.pdf", set()) == "x/report.pdf"
    assert put(come("c"), tmp_path / "r", "x/REPORT.pdf", {"x/report.pdf"}) == "x/REPORT (2).pdf"
    assert (tmp_path / "r/x/report.pdf").read_bytes() == pdf("a")
    assert (tmp_path / "r/x/report (2).pdf").read_bytes() == pdf("b")
    assert not (tmp_path / "part").exists()
