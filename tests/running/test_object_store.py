"""Stores in memory, which behave as those far away do, and one that cannot be reached."""

from __future__ import annotations

import datetime as dt
import time
from pathlib import Path

import pytest
from corpora import QUIET

from pipeline.base.errors import StoreError
from pipeline.base.paths import SAMPLE_CORPUS
from pipeline.base.settings import DEFAULT_LIMITS, Keeping
from pipeline.running.cache import DAY, FolderCache, digest, key_of
from pipeline.running.corpus import write_corpus
from pipeline.running.gather import gather
from pipeline.running.listing import list_documents
from pipeline.running.object_store import StoreCache, open_cache
from pipeline.tagging.model_folder import find_model

fsspec = pytest.importorskip("fsspec", reason="the extra [store] is not installed")

ONE, TWO = (key_of("reading", name) for name in ("a.pdf", "b.pdf"))
SECRET = "AKIA-and-its-signature"


class Unreachable(fsspec.AbstractFileSystem):
    """A store that always fails, and says too much."""

    protocol = "unreachable"

    def fail(self, *arguments, **options):
        raise ConnectionError(f"https://store.example/?X-Amz-Signature={SECRET}")

    cat_file = pipe_file = find = rm_file = fail


fsspec.register_implementation("unreachable", Unreachable, clobber=True)
fsspec.register_implementation("absent", "no_such_package.Store", errtxt="?", clobber=True)


@pytest.fixture
def place(tmp_path):
    """The address of an empty store in memory, and what is in it by name."""
    root = f"/{tmp_path.name}/kept"
    memory = fsspec.filesystem("memory")
    yield f"memory:/{root}"
    if memory.exists(root):
        memory.rm(root, recursive=True)


def objects(place):
    """The objects of a store in memory by their names."""
    root = place.removeprefix("memory:/")
    held = fsspec.filesystem("memory").store
    return {path.removeprefix(f"{root}/"): file for path, file in held.items() if root in path}


def age(place, days, names=None):
    """Let what is in a store have been written some days ago."""
    for name, file in objects(place).items():
        if names is None or name in names:
            file.created = file.modified = dt.datetime.now(dt.UTC) - dt.timedelta(days=days)


CASES = {
    "s3://bucket": "s3://bucket",
    "abfs://kept@account.dfs.core.windows.net/a/": "abfs://kept@account.dfs.core.windows.net/a",
    "C:/kept": "",
    "C://kept": "",
    "kept": "",
}


@pytest.mark.parametrize("place", CASES)
def test_what_is_an_address(place):
    assert open_cache(place).address == CASES[place]
    assert isinstance(open_cache(Path(place)), FolderCache)


@pytest.mark.parametrize(
    "place", [f"sftp://me:{SECRET}@host/a", f"abfs://a/b?sig={SECRET}", "s3://", "s3://a::b://c"]
)
def test_an_address_with_a_password_is_refused_and_not_repeated(place):
    with pytest.raises(StoreError, match="--kept") as refused:
        open_cache(place)
    assert SECRET not in f"{refused.value}{refused.value.hint}"


def test_what_was_put_is_got(place):
    cache = open_cache(place)
    assert cache.get(ONE) is None
    cache.put(ONE, b"what was read")
    assert cache.get_all([TWO, ONE, ONE]) == [None, b"what was read", b"what was read"]
    cache.drop(ONE)
    assert cache.get(ONE) is None and cache.get_all([]) == []


DAMAGES = {
    "empty": lambda whole: b"",
    "half": lambda whole: whole[: len(whole) // 2],
    "altered": lambda whole: whole[:-1] + b"!",
    "longer": lambda whole: whole + b"!",
    "another's": lambda whole: digest(TWO.encode() + b"x").encode() + b"x",
    "foreign": lambda whole: b"PAR1" * 100,
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_what_is_no_whole_result_of_this_key_is_not_trusted(place, damage):
    cache = open_cache(place)
    cache.put(ONE, b"what was read")
    path = f"{place}/{ONE[:2]}/{ONE}.kept"
    with fsspec.open(path) as file:
        whole = file.read()
    with fsspec.open(path, "wb") as file:
        file.write(DAMAGES[damage](whole))
    assert cache.get(ONE) is None
    cache.put(ONE, b"what was read")
    assert cache.get(ONE) == b"what was read"


def test_what_no_run_has_used_for_long_is_dropped_and_nothing_else(place):
    maker = open_cache(place)
    for key in (ONE, TWO):
        maker.put(key, b"what was read")
    fsspec.filesystem("memory").pipe_file(f"{place}/{TWO[:2]}/mine.kept", b"x")
    age(place, 100)
    run = open_cache(place)
    assert run.get(ONE)
    [gone] = run.prune(Keeping(90))
    assert gone.name == f"{TWO[:2]}/{TWO}.kept" and gone.n_bytes > 10
    assert run.get(ONE) and run.get(TWO) is None
    assert f"{TWO[:2]}/mine.kept" in objects(place)
    [entry] = run.entries()
    assert 0 <= entry.used - time.time() <= DAY


def test_uses_are_listed_once_a_day_and_what_a_later_list_repeats_goes(place, monkeypatch):
    open_cache(place).put(ONE, b"what was read")

    def lists_after_a_run_on(day):
        monkeypatch.setattr("time.strftime", lambda *_: day)
        run = open_cache(place)
        run.get(ONE)
        run.note_uses()
        run.prune(Keeping())
        return [name[:15] for name in objects(place) if name.startswith("used/")]

    assert lists_after_a_run_on("2026-11-27") == ["used/2026-11-27"]
    assert lists_after_a_run_on("2026-11-27") == ["used/2026-11-27"]
    assert lists_after_a_run_on("2026-11-28") == ["used/2026-11-28"]


def test_a_damaged_list_of_uses_tells_nothing(place):
    open_cache(place).put(ONE, b"what was read")
    fsspec.filesystem("memory").pipe_file(f"{place}/used/9999-01-01-{'0' * 32}", b"\0" * 16)
    age(place, 100)
    assert len(open_cache(place).prune(Keeping(90))) == 1


@pytest.fixture
def corpus(corpus):
    (corpus / "c.txt").write_text("", encoding="utf-8")
    return corpus


@pytest.fixture
def read(monkeypatch):
    """The names of what is read, as it happens."""
    from pipeline.running import gather as module

    names: list[str] = []
    spread = module.spread_jobs

    def noted(jobs, processes=None, at_most=None):
        jobs = list(jobs)
        names.extend(job.source_file for job in jobs)
        return spread(jobs, 1, at_most) if jobs else iter(())

    monkeypatch.setattr(module, "spread_jobs", noted)
    return names


def test_nothing_is_read_twice_and_what_goes_missing_is_read_again(
    corpus, place, read, monkeypatch
):
    listing = list_documents(corpus, DEFAULT_LIMITS)
    first = gather(listing, open_cache(place), QUIET, None)
    assert sorted(read) == ["a.txt", "b.txt", "c.txt"] and sorted(first.found) == [
        "a.txt",
        "b.txt",
    ]
    read.clear()
    cache = open_cache(place)
    assert gather(listing, cache, QUIET, None).found == first.found and read == []
    # What is kept of another document, under the name of this one.
    cache.put(first.found["a.txt"].reading, cache.get(first.found["b.txt"].reading))
    cache.drop(first.found["b.txt"].reading)
    asked = []
    monkeypatch.setattr(
        "pipeline.running.gather.spread_jobs", lambda jobs, *_: iter(asked.extend(jobs) or ())
    )
    gather(listing, open_cache(place), QUIET, None)
    assert sorted(job.source_file for job in asked) == ["a.txt", "b.txt"]


def test_tables_from_a_store_equal_those_from_a_folder(sample_run, place, tmp_path, read):
    cache = open_cache(place)
    for path in (sample_run / ".kept").rglob("*.parquet"):
        cache.put(path.stem.partition("-")[0], path.read_bytes())
    listing = list_documents(SAMPLE_CORPUS, DEFAULT_LIMITS)
    write_corpus(listing, tmp_path, open_cache(place), QUIET, find_model(None))
    assert read == []
    for name in ("documents", "paragraphs", "tags"):
        for path in (f"{name}.csv", f"{name}.parquet"):
            assert (tmp_path / path).read_bytes() == (sample_run / path).read_bytes(), path


def test_a_store_that_cannot_be_reached_is_told_in_one_line(command, corpus, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    out.joinpath("run.json").write_text("{}")
    for arguments in (("run", corpus, "--out", out), ("kept", out)):
        told = command(*arguments, "--kept", "unreachable://bucket/kept")
        assert told.returncode == 2 and told.stderr.count("\n") == 1, told.stderr
        assert "unreachable://bucket/kept cannot be used (ConnectionError)." in told.stderr
        assert SECRET not in told.stderr
    # What the last run made is still there.
    assert out.joinpath("run.json").read_text() == "{}"


def test_a_store_lost_during_a_run_is_told_in_one_line(
    command, corpus, place, tmp_path, monkeypatch
):
    def fail(*_):
        raise PermissionError(13, f"denied to {SECRET}")

    monkeypatch.setattr(type(fsspec.filesystem("memory")), "cat_file", fail)
    told = command("extract", corpus, "--out", tmp_path / "out", "--kept", place)
    assert told.returncode == 2 and told.stderr.count("\n") == 1, told.stderr
    assert "PermissionError: Permission denied" in told.stderr and SECRET not in told.stderr


def test_a_package_that_is_missing_is_named():
    with pytest.raises(StoreError) as missing:
        StoreCache("absent", "bucket").get(ONE)
    assert '-e ".[store]" (' in missing.value.hint


def test_the_command_tells_of_a_store(command, place, tmp_path):
    open_cache(place).put(ONE, b"what was read")
    age(place, 100)
    told = command("kept", tmp_path, "--kept", place)
    assert told.returncode == 0 and f"{place}: 1 result," in told.stdout, told.stderr
    assert "Can go: 1 result" in told.stdout
    assert "Dropped: 1 result" in command("kept", tmp_path, "--kept", place, "--drop").stdout
