from __future__ import annotations

import shutil

import pytest
from corpora import QUIET

from pipeline.base.errors import CorpusError
from pipeline.base.settings import DEFAULT_LIMITS, Limits, PdfReader, Settings
from pipeline.running.cache import FolderCache
from pipeline.running.gather import Gatherer, gather
from pipeline.running.job import unpack_reading
from pipeline.running.listing import list_documents


@pytest.fixture
def cache(tmp_path):
    return FolderCache(tmp_path / "kept")


@pytest.fixture
def no_jobs(monkeypatch):
    """From here on nothing may be read: all must be in the cache."""

    def refuse(jobs, processes=None, at_most=None):
        assert [job.source_file for job in jobs] == []
        return iter(())

    monkeypatch.setattr("pipeline.running.gather.spread_jobs", refuse)


def listed(corpus):
    return list_documents(corpus, DEFAULT_LIMITS)


def test_what_is_found_is_in_the_cache(corpus, cache):
    gathered = gather(listed(corpus), cache, QUIET, None)
    assert sorted(gathered.found) == ["a.txt", "b.txt"] and gathered.lasting
    for found in gathered.found.values():
        assert unpack_reading(cache.get(found.reading)).document["authority"] == "Kent"


def test_nothing_is_read_twice(corpus, cache, request):
    first = gather(listed(corpus), cache, QUIET, None)
    request.getfixturevalue("no_jobs")
    assert gather(listed(corpus), cache, QUIET, None).found == first.found


SWAPS = {
    "the content of another entry": lambda cache, key, other: shutil.copy(
        path_of(cache, other), path_of(cache, key)
    ),
    "another entry under its name": lambda cache, key, other: cache.put(key, cache.get(other)),
    "no table": lambda cache, key, other: cache.put(key, b"PAR1"),
}


def path_of(cache, key):
    [path] = cache._folder.glob(f"*/{key}-*.parquet")
    return path


@pytest.mark.parametrize("swap", SWAPS)
def test_what_is_kept_is_taken_only_for_its_own_document(corpus, cache, swap):
    first = gather(listed(corpus), cache, QUIET, None)
    key, other = (first.found[name].reading for name in ("a.txt", "b.txt"))
    before = cache.get(key)
    if swap != "the content of another entry":
        path_of(cache, key).unlink()
    SWAPS[swap](cache, key, other)
    assert gather(listed(corpus), cache, QUIET, None).found == first.found
    assert cache.get(key) == before


def test_a_copy_is_counted_once(corpus, cache):
    shutil.copy(corpus / "a.txt", corpus / "z.txt")
    gathered = gather(listed(corpus), cache, QUIET, None)
    assert gathered.duplicates == {"z.txt": "a.txt"} and "z.txt" not in gathered.found


OTHER_SETTINGS = {
    "limits": Settings(Limits(pages=7), quiet=True),
    "reader": Settings(reader=PdfReader.pdfium, quiet=True),
    "ocr": Settings(ocr=True, quiet=True),
}


@pytest.mark.parametrize("name", OTHER_SETTINGS)
def test_other_settings_have_other_keys(corpus, cache, name):
    listing = listed(corpus)
    one, other = (Gatherer(listing, cache, s, None) for s in (QUIET, OTHER_SETTINGS[name]))
    assert one._key_of_reading("a.txt") != other._key_of_reading("a.txt")


def test_authorities_of_ones_own_are_part_of_the_key(corpus, cache):
    one = Gatherer(listed(corpus), cache, QUIET, None)
    # As Excel saves it on Windows.
    (corpus / "authorities.csv").write_bytes("Name\nMarlow’s County\n".encode("cp1252"))
    other = Gatherer(listed(corpus), cache, QUIET, None)
    assert one._key_of_reading("a.txt") != other._key_of_reading("a.txt")


def test_a_table_of_authorities_that_is_none_stops_the_run(corpus, cache):
    (corpus / "authorities.csv").write_text("council\nMarlowshire\n")
    with pytest.raises(CorpusError, match="name"):
        gather(listed(corpus), cache, QUIET, None)
