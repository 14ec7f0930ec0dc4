from __future__ import annotations

import csv
import datetime as dt

import pytest

from pipeline.base.columns import DOCUMENT_TYPES
from pipeline.base.errors import CorpusError
from pipeline.documents.authorities import AUTHORITIES_FILE
from pipeline.documents.publisher import (
    FETCHED,
    KINDS,
    MANIFEST_FILE,
    Publisher,
    is_web_address,
    read_date,
    type_of_kind,
)

URL = "https://files.ofsted.gov.uk/v1/file/1"
SILENT = {
    "authority": "",
    "ons_code": "",
    "region": "",
    "document_type": "other",
    "published_on": None,
}
JULY = dt.date(2024, 7, 15)


@pytest.fixture
def publisher(tmp_path):
    """What the publisher says: rows of the manifest, with some columns."""

    def make(*rows):
        with (tmp_path / MANIFEST_FILE).open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, FETCHED, restval="")
            writer.writeheader()
            for row in rows:
                writer.writerow({"url": URL, "file": "a.pdf", "status": "fetched"} | row)
        return Publisher(tmp_path)

    return make


SAID = {
    "authority": "Kent County Council",
    "kind": "Area SEND full inspection",
    "published_on": "2024-07-15",
}


def test_it_fills_what_the_document_does_not_say(publisher):
    row, differing = publisher(SAID).apply("a.pdf", SILENT)
    assert differing == [] and (row["authority"], row["ons_code"], row["region"]) == (
        "Kent",
        "E10000016",
        "South East",
    )
    assert (row["document_type"], row["published_on"], row["url"]) == (
        "area SEND inspection",
        JULY,
        URL,
    )


def test_where_they_differ_the_document_stands_and_both_are_shown(publisher):
    said = {"authority": "Devon", "ons_code": "E10000008", "region": "South West", "document_type": "inspection", "published_on": dt.date(2024, 7, 1)}  # fmt: skip
    row, differing = publisher(SAID).apply("a.pdf", said)
    assert row == said | {"url": URL}
    assert [(d["field"], d["document"], d["publisher"]) for d in differing] == [
        ("authority", "Devon", "Kent"),
        ("document_type", "inspection", "area SEND inspection"),
        ("published_on", "2024-07-01", "2024-07-15"),
    ]
    assert {(d["source_file"], d["url"]) for d in differing} == {("a.pdf", URL)}


def test_where_they_agree_there_is_nothing_to_show(publisher):
    said = SILENT | {
        "authority": "Kent",
        "document_type": "area SEND inspection",
        "published_on": JULY,
    }
    assert publisher(SAID).apply("a.pdf", said)[1] == []


def test_a_number_of_ofsted_says_more_than_a_name(publisher):
    row, _ = publisher({"provider_urn": "80461", "authority": "The County"}).apply("a.pdf", SILENT)
    assert row["authority"] == "Devon"


def test_an_authority_that_nobody_knows_is_taken_as_it_is(publisher):
    row, _ = publisher({"authority": "Marlowshire"}).apply("a.pdf", SILENT)
    assert (row["authority"], row["ons_code"]) == ("Marlowshire", "")


def test_the_folders_own_authorities_are_known_to_the_publisher(publisher, tmp_path):
    (tmp_path / AUTHORITIES_FILE).write_text("name,also_known_as\nMarlowshire,Old Marlow\n")
    said = SILENT | {"authority": "Marlowshire"}
    assert publisher({"authority": "Old Marlow Council"}).apply("a.pdf", said)[1] == []


def test_what_is_said_of_a_copy_holds_for_the_one_that_counts(publisher):
    told = publisher(SAID)
    told.speak_for({"a.pdf": "mine/copy.pdf"})
    assert told.apply("mine/copy.pdf", SILENT)[0]["url"] == URL
    assert told.apply("other.pdf", SILENT) == (SILENT | {"url": ""}, [])


def test_a_replaced_document_names_the_newer_one(publisher, tmp_path):
    rows = {"file": "b.pdf"}, {"file": "a.pdf", "status": "replaced"}
    assert publisher(*rows).replaced.get("a.pdf", "") == ""  # the newer one has to be there
    (tmp_path / "b.pdf").touch()
    told = publisher(*rows)
    assert told.replaced.get("a.pdf", "") == "b.pdf" and told.replaced.get("b.pdf", "") == ""


def test_of_several_replaced_documents_the_last_comes_first(publisher, tmp_path):
    (tmp_path / "c.pdf").touch()
    days = {"a": "2024-05-01", "b": "2025-05-01"}
    old = (
        {"file": f"{n}.pdf", "status": "replaced", "fetched_at": day} for n, day in days.items()
    )
    assert list(publisher({"file": "c.pdf"}, *old).replaced) == ["b.pdf", "a.pdf"]


def test_a_document_that_was_put_back_stands(publisher, tmp_path):
    for name in "ab":
        (tmp_path / f"{name}.pdf").touch()
    replaced = ({"file": f"{name}.pdf", "status": "replaced"} for name in "ab")
    told = publisher({"file": "a.pdf"}, *replaced)
    assert told.replaced.get("a.pdf", "") == "" and told.replaced.get("b.pdf", "") == "a.pdf"


@pytest.mark.parametrize("url", ["javascript:alert(1)", "file:///etc/passwd", "https://a b", "https://", "data:text/html,x", "http://[x"])  # fmt: skip
def test_only_web_addresses_become_links(publisher, url):
    assert not is_web_address(url)
    assert publisher({"url": url}).apply("a.pdf", SILENT)[0]["url"] == ""


def test_there_need_be_no_manifest(tmp_path):
    told = Publisher(tmp_path)
    assert (
        told.apply("a.pdf", SILENT) == (SILENT | {"url": ""}, [])
        and told.replaced.get("a.pdf", "") == ""
    )


def test_what_a_run_does_not_use_changes_nothing(publisher):
    before = publisher(SAID).said()
    assert publisher(SAID | {"last_seen": "2026-01-01", "etag": "x"}).said() == before
    assert publisher(SAID | {"kind": "Focused visit"}).said() != before


@pytest.mark.parametrize("text", ["a,b\n1,2\n", "", "url,file\nx,y\n"])
def test_a_table_of_others_is_an_error(tmp_path, text):
    (tmp_path / MANIFEST_FILE).write_text(text)
    with pytest.raises(CorpusError, match="not a list of fetched reports"):
        Publisher(tmp_path)


@pytest.mark.parametrize(
    ("text", "day"), [("2024-07-15", JULY), (" 15/07/2024 ", JULY), ("", None), ("July", None)]
)
def test_dates_may_have_been_through_excel(text, day):
    assert read_date(text) == day


def test_every_kind_has_a_type_that_exists():
    assert {name for _, name in KINDS} <= {*DOCUMENT_TYPES, ""}
    # The words for our own types, which a list of addresses may use, stand for themselves.
    said = {name: type_of_kind(name) for name in DOCUMENT_TYPES if name != "other"}
    assert all(name == found for name, found in said.items()), said
