from __future__ import annotations

import pytest

from pipeline.running.cache import Cache, key_of

KEY = key_of("reading", "a.pdf")


def test_what_was_put_is_got(tmp_path):
    cache = Cache(tmp_path)
    assert cache.get(KEY) is None
    cache.put(KEY, b"what was read")
    assert cache.get(KEY) == b"what was read"
    assert cache.get(key_of("reading", "b.pdf")) is None


@pytest.mark.parametrize("damage", [b"", b"what was", b"what was rEad", b"what was read twice"])
def test_damaged_result_is_not_trusted(tmp_path, damage):
    cache = Cache(tmp_path)
    cache.put(KEY, b"what was read")
    [path] = tmp_path.rglob("*.parquet")
    path.write_bytes(damage)
    assert cache.get(KEY) is None
    cache.put(KEY, b"what was read")
    assert cache.get(KEY) == b"what was read"


def test_half_written_result_is_not_found_and_removed(tmp_path):
    cache = Cache(tmp_path)
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
