from __future__ import annotations

import pytest
from public_site import answers

from pipeline.fetching.addresses import origin_of
from pipeline.fetching.kept_pages import KeptPages
from pipeline.fetching.web import Manners, Web

GZIP_HEAD = bytes.fromhex("1f8b08000000000000ff")


@pytest.fixture
def web(site, clock):
    with Web(Manners(), [origin_of(site.url)], clock) as web:
        yield web


def test_a_page_that_has_not_changed_is_the_kept_one(site, web, tmp_path):
    pages, url = KeptPages(tmp_path), f"{site.url}/a"
    site.odd["/a"] = answers(200, b"first\nsecond", ETag='"1"')
    assert pages.get(web, url) == b"first\nsecond"
    site.odd["/a"] = answers(304)
    assert KeptPages(tmp_path).get(web, url) == b"first\nsecond"
    site.odd["/a"] = answers(200, b"third")
    assert pages.get(web, url) == b"third"


@pytest.mark.parametrize("damage", [b"", b"\x1f\x8b\x08", b"text", GZIP_HEAD + b"\xff" * 20])
def test_a_damaged_page_is_asked_for_anew(site, web, tmp_path, damage):
    site.odd["/a"] = answers(200, b"page", ETag='"1"')
    KeptPages(tmp_path).get(web, f"{site.url}/a")
    [kept] = tmp_path.iterdir()
    kept.write_bytes(damage)
    assert KeptPages(tmp_path).get(web, f"{site.url}/a") == b"page"


def test_a_dry_run_keeps_nothing(site, web, tmp_path):
    site.odd["/a"] = answers(200, b"page", ETag='"1"')
    assert KeptPages(None).get(web, f"{site.url}/a") == b"page" and not list(tmp_path.iterdir())
