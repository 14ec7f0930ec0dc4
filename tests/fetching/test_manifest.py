from __future__ import annotations

import datetime as dt
from dataclasses import fields, replace

from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.fetching.manifest import HERE, Manifest, Row
from pipeline.fetching.publications import Publication

TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20)
SPOKEN = Publication(
    "https://a.example/1", "urls", "", "Kent", "visit", "Visit", dt.date(2024, 7, 1)
)


@settings(max_examples=30, deadline=None)
@given(st.fixed_dictionaries({field.name: TEXT for field in fields(Row)}))
def test_what_is_written_is_read(tmp_path_factory, values):
    folder = tmp_path_factory.mktemp("m")
    # An apostrophe before a formula's sign is what the file itself adds.
    row = Row(
        **{name: text.lstrip("'") for name, text in values.items()} | {"url": "u", "status": HERE}
    )
    manifest = Manifest(folder)
    manifest.put(row)
    manifest.save()
    assert list(Manifest(folder)) == [row]


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
