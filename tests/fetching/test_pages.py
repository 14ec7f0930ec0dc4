from __future__ import annotations

import pytest

from pipeline.base.errors import FetchError
from pipeline.fetching.pages import read_links, text_of

PAGE = "https://a.example/b/c?d=1"
LINKS = [
    ("<a href='e'>x</a>", "https://a.example/b/e"),
    ("<a href='?e=2'>x</a>", "https://a.example/b/c?e=2"),
    ("<a href='/e'>x</a>", "https://a.example/e"),
    ("<a href='//f.example'>x</a>", "https://f.example"),
    ("<a name='e'>x</a>", ""),
    ("<a href=' '>x</a>", ""),
    ("<base href='/z/'><a href='e'>x</a>", "https://a.example/z/e"),
    ("<base target='_blank'><base href='http://f.example'><a href='e'>x</a>", "http://f.example/e"),
    ("<a href='http://[bad'>x</a>", ""),
    ("<?xml version='1.0' encoding='utf-16'?><html><a href='e'>x</a></html>", "https://a.example/b/e"),
]  # fmt: skip


@pytest.mark.parametrize(("page", "address"), LINKS)
def test_where_a_link_leads(page, address):
    [(link, found)] = read_links(page.encode(), PAGE)
    assert (text_of(link), found) == ("x", address)


def test_texts_are_words_apart_without_what_nobody_sees():
    [(link, _)] = read_links("<a>one<br>two<!-- no --> \n three</a>".encode("utf-16"), PAGE)
    assert text_of(link) == "one two three"


@pytest.mark.parametrize(
    "body", [b"", b" \n", b"\x00" * 99, b"%PDF-1.7\x01\x02\x03\x04\x05\x06\x07"]
)
def test_what_is_no_page_is_said(body):
    with pytest.raises(FetchError, match="empty or no HTML"):
        list(read_links(body, PAGE))
