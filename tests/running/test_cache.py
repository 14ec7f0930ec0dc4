from __future__ import annotations

import os
import time

import pytest

from pipeline.base.settings import Keeping
from pipeline.running.cache import DAY, Entry, FolderCache, key_of, to_drop

KEY = key_of("reading", "a.pdf")


def test_what_was_put_is_got(tmp_path):
    cache = FolderCache(tmp_path)
    assert cache.get(KEY) is None
    cache.put(KEY, b"what was read")
    assert cache.get(KEY) == b"what was read"
    assert cache.get(key_of("reading", "b.pdf")) is None


@pytest.mark.parametrize("damage", [b"", b"what was", b"what was rEad", b"what was read twice"])
def test_damaged_result_is_not_trusted(tmp_path, damage):
    cache = FolderCache(tmp_path)
    cache.put(KEY, b"what was read")
    [path] = tmp_path.rglob("*.parquet")
    path.write_bytes(damage)
    assert cache.get(KEY) is None
    cache.put(KEY, b"what was read")
    assert cache.get(KEY) == b"what was read"


def test_half_written_result_is_not_found_and_removed(tmp_path):
    cache = FolderCache(tmp_path)
    cache.put(KEY, b"what was read")
    [path] = tmp_path.rglob("*.parquet")
    half = path.with_name(f".{path.name}.77.part")
    path.rename(half)
    assert cache.get(KEY) is None
    cache.tidy()
    assert not half.exists()


def test_another_content_name_or_setting_is_another_key():
    keys = [key_of("reading", *parts) for parts in [("a", 1), ("a", 2), ("b", 1), ("a",)]]
    assert len(set(keys)) == len(keys)


def entries(*ages):
    """Entries of 10 bytes, used so many days ago."""
    return [Entry(f"{n}", 10, -age * DAY) for n, age in enumerate(ages)]


CASES = {
    "nothing is old": ((0, 50, 90), Keeping(90), []),
    "what is older goes": ((0, 91, 50, 400), Keeping(90), [400, 91]),
    "too much: the oldest first": ((3, 0, 2, 50), Keeping(90, 25), [50, 3]),
    "just enough room": ((3, 0), Keeping(90, 20), []),
    "what was used today stays": ((0, 0.5, 2), Keeping(1, 0), [2]),
}


@pytest.mark.parametrize("case", CASES)
def test_what_goes(case):
    ages, keeping, gone = CASES[case]
    assert [-entry.used / DAY for entry in to_drop(entries(*ages), keeping, now=0)] == gone


def test_what_no_run_has_used_for_long_is_dropped_and_nothing_else(tmp_path):
    cache, old = FolderCache(tmp_path), time.time() - 100 * DAY
    used, unused = (key_of("reading", name) for name in "ab")
    for key in (used, unused):
        cache.put(key, b"what was read")
    half = tmp_path / unused[:2] / f".{unused}-{unused}.parquet.77.part"
    foreign = [tmp_path / "notes.txt", tmp_path / unused[:2] / "mine.parquet"]
    for path in (half, *foreign):
        path.write_text("x")
    for path in tmp_path.rglob("*.*"):
        os.utime(path, (old, old))
    assert cache.get(used)
    assert len(cache.prune(Keeping(90))) == 2
    assert cache.get(used) and cache.get(unused) is None and not half.exists()
    assert all(path.exists() for path in foreign)
    assert FolderCache(tmp_path / "nowhere").prune(Keeping(90)) == []


def test_use_is_noted_at_most_twice_a_day(tmp_path):
    cache = FolderCache(tmp_path)
    cache.put(KEY, b"what was read")
    [path] = tmp_path.rglob("*.parquet")
    lately = time.time() - 3600
    os.utime(path, (lately, lately))
    cache.get(KEY)
    assert path.stat().st_mtime == pytest.approx(lately, abs=2)
