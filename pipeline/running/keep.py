"""Results go into an object store from where they are made.

The thread that guards a document's process, on this machine or on a worker of a cluster, asks the
store for what is known and puts there what is new. Of a reading, only what is not its paragraphs
comes back.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from pipeline.running.job import Answer, Job, pack_reading, unpack_reading
from pipeline.running.object_store import open_cache


def do_and_keep(do: Callable[[Job], Answer], job: Job) -> Answer:
    """Do a job; if it says where its results go, put them there.

    Raises what `do` raises, and `StoreError` if the store cannot be used from here.
    """
    keys = job.keys
    if keys is None:
        return do(job)
    cache, job = open_cache(keys.store), replace(job, keys=None)
    if keys.is_read:
        job = replace(job, reading=cache.get(keys.reading) or b"")
    answer = do(job)
    if answer.trouble:
        return answer
    reading = unpack_reading(answer.reading, with_paragraphs=False)
    if keys.reading and not job.reading:
        cache.put(keys.reading, answer.reading)
    if answer.tags:
        cache.put(keys.of_tags(reading.passages), answer.tags)
    return replace(answer, reading=pack_reading(reading), tags=b"", kept=True)
