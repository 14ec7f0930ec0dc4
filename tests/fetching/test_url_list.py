from __future__ import annotations

import datetime as dt

import pytest

from pipeline.base.errors import CorpusError
from pipeline.fetching.publications import Publication
from pipeline.fetching.url_list import read_url_list


def test_a_list_as_excel_writes_it(tmp_path):
    path = tmp_path / "list.csv"
    path.write_bytes(
        "URL,Authority,published_on,comment\r\n"
        "https://a.example/documents/s1/Peer%20review.pdf#page=2,Berry’s End,28/05/2021,x\r\n"
        ",,,\r\n"
        "https://a.example/documents/s1/Peer%20review.pdf,twice,,\r\n".encode("cp1252")
    )
    assert read_url_list(path) == [
        Publication(
            url="https://a.example/documents/s1/Peer%20review.pdf", source="urls",
            authority="Berry’s End", title="Peer review.pdf", published_on=dt.date(2021, 5, 28),
        )
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("address\nhttps://a.example/\n", "no column `url`"),
        ("url\nfile:///etc/passwd\n", "line 2: .*not a web address"),
        ("url,published_on\nhttps://a.example/,soon\n", "line 2: 'soon' is not a date"),
        ("url\nhttps://user@a.example/\n", "line 2: .*not a web address"),
        ("url\nhttps://a.example:99999/\n", "line 2: .*not a web address"),
        ("", "no column `url`"),
    ],
)
def test_a_faulty_list_is_named(tmp_path, text, reason):
    path = tmp_path / "list.csv"
    path.write_text(text)
    with pytest.raises(CorpusError, match=reason):
        read_url_list(path)


def test_a_missing_list_is_named(tmp_path):
    with pytest.raises(CorpusError, match="There is no file"):
        read_url_list(tmp_path / "none.csv")
