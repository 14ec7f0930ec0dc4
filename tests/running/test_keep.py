from __future__ import annotations

import pytest

from pipeline.base.columns import PARAGRAPHS
from pipeline.base.errors import PipelineError
from pipeline.base.tables import schema_of
from pipeline.running.job import (
    Answer,
    Job,
    Keys,
    failed_reading,
    pack_reading,
    reading_of,
    unpack_reading,
)
from pipeline.running.keep import do_and_keep
from pipeline.running.object_store import open_cache

pytest.importorskip("fsspec", reason="the extra [store] is not installed")

READING = pack_reading(
    reading_of({"authority": "Marlowshire"}, schema_of(PARAGRAPHS).empty_table())
)
PASSAGES = unpack_reading(READING).passages
KEY = "0" * 32


@pytest.fixture
def store(tmp_path):
    return f"memory://{tmp_path.name}"


def test_results_go_to_the_store_and_only_the_rest_comes_back(store):
    keys = Keys(store, KEY, tags=("model",))
    answer = do_and_keep(lambda job: Answer("a.txt", READING, b"tags"), Job("a.txt", keys=keys))
    assert answer.kept and answer.tags == b""
    assert unpack_reading(answer.reading).document == {"authority": "Marlowshire"}
    cache = open_cache(store)
    assert cache.get(KEY) == READING and cache.get(keys.of_tags(PASSAGES)) == b"tags"


def test_a_reading_that_is_there_comes_from_the_store(store):
    open_cache(store).put(KEY, READING)
    keys = Keys(store, KEY, is_read=True, tags=("model",))
    asked = []

    def do(job):
        asked.append(job)
        return Answer("a.txt", job.reading, b"tags")

    assert do_and_keep(do, Job("a.txt", keys=keys)).kept
    # The worker process knows nothing of the store.
    assert asked == [Job("a.txt", reading=READING)]


def test_a_failure_is_kept_and_trouble_is_not(store):
    job, failed = Job("a.txt", keys=Keys(store, KEY)), failed_reading(PipelineError("No.", "Do."))
    assert do_and_keep(lambda _: Answer("a.txt", trouble="gone"), job).trouble == "gone"
    assert open_cache(store).get(KEY) is None
    answer = do_and_keep(lambda _: Answer("a.txt", pack_reading(failed)), job)
    assert answer.kept and open_cache(store).get(KEY) == pack_reading(failed)


def test_without_a_store_nothing_changes():
    answer = Answer("a.txt", READING, b"tags")
    assert do_and_keep(lambda _: answer, Job("a.txt")) is answer
