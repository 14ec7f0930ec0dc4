from __future__ import annotations

import datetime as dt
from dataclasses import asdict, replace

import pytest

from pipeline.documents.publisher import FETCHED
from pipeline.fetching.manifest import HERE, Manifest, Row
from pipeline.fetching.publications import Publication

ODD_TEXTS = ["=1+1", 'a,b"c', "line\nline", "é \U0001f600", "  spaces ", "@x", "", "\u2028"]
SPOKEN = Publication(
    "https://a.example/1", "urls", "", "Kent", "visit", "Visit", dt.date(2024, 7, 1)
)


@pytest.mark.parametrize("text", ODD_TEXTS)
def test_what_is_written_is_read(tmp_path, text):
    row = Row(**dict.fromkeys(FETCHED, text) | {"url": "u", "status": HERE})
    manifest = Manifest(tmp_path)
    manifest.put(row)
    manifest.save()
    # Nobody sees the spaces around a cell, and a spreadsheet may have put them there.
    told = {name: str(value).strip() for name, value in asdict(row).items()}
    assert list(Manifest(tmp_path)) == [Row(**told)]


def test_invisible_characters_are_no_change(tmp_path):
    odd = replace(SPOKEN, title="Vis\u200bit\ufeff")
    for _ in range(2):
        manifest = Manifest(tmp_path)
        assert manifest.see(odd, "2026-01-01")[1] is None
        manifest.save()


def test_what_a_publisher_no_longer_says_is_kept(tmp_path):
    manifest = Manifest(tmp_path)
    row, before = manifest.see(SPOKEN, "2026-01-01")
    assert before is None and (row.first_seen, row.kind, row.published_on) == (
        "2026-01-01",
        "visit",
        "2024-07-01",
    )
    assert manifest.see(SPOKEN, "2026-01-08")[1] is None
    silent = replace(SPOKEN, kind="", published_on=None, title="Visits")
    row, before = manifest.see(silent, "2026-01-15")
    assert (row.kind, row.published_on, row.title) == ("visit", "2024-07-01", "Visits")
    assert before.title == "Visit" and (row.first_seen, row.last_seen) == (
        "2026-01-01",
        "2026-01-15",
    )


def test_a_replaced_content_keeps_its_row(tmp_path):
    manifest = Manifest(tmp_path)
    old = Row("u", status=HERE, file="old.pdf", sha256="1")
    manifest.put(old)
    manifest.set_aside(old)
    manifest.put(replace(old, file="New.pdf", sha256="2"))
    manifest.save()
    again = Manifest(tmp_path)
    assert [row.file for row in again] == ["New.pdf"] and again.names() == {"old.pdf", "new.pdf"}
    assert len((tmp_path / "manifest.csv").read_text().splitlines()) == 3


def test_a_content_that_was_put_back_has_one_row(tmp_path):
    manifest = Manifest(tmp_path)
    first, second = (Row("u", status=HERE, file=f"{n}.pdf", sha256=n) for n in "12")
    for old, new in ((first, second), (second, first)):
        manifest.set_aside(old)
        manifest.put(new)
    manifest.save()
    lines = (tmp_path / "manifest.csv").read_text().splitlines()[1:]
    assert len(lines) == 2 and [row.file for row in Manifest(tmp_path)] == ["1.pdf"]


def test_a_document_of_two_providers_stays_with_the_first(tmp_path):
    manifest = Manifest(tmp_path)
    mine = replace(SPOKEN, urn="80001")
    manifest.see(mine, "2026-01-01")
    row, before = manifest.see(replace(mine, urn="80002", authority="Devon"), "2026-01-08")
    assert before is None and (row.provider_urn, row.authority) == ("80001", "Kent")
    assert row.last_seen == "2026-01-08"
