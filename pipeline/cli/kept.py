"""The command that shows how large the cache is, and what of it can be deleted."""

from __future__ import annotations

import time
from collections.abc import Collection
from pathlib import Path
from typing import Annotated

import typer

from pipeline.base.counted import counted
from pipeline.base.errors import TableError
from pipeline.cli import options
from pipeline.cli.say import say
from pipeline.running.cache import DAY, Entry, FolderCache, to_drop
from pipeline.running.object_store import open_cache
from pipeline.stages import CACHE_FOLDER

# Spans in days for which it is told how much was used in them.
SPANS = (1, 7, 30, 90, 365)

app = typer.Typer()


@app.command()
def kept(
    out: options.RunFolder,
    folder: options.Kept = None,
    keep_for: options.KeepFor = options.DEFAULT_KEEP_FOR,
    keep_at_most: options.KeepAtMost = None,
    drop: Annotated[
        bool, typer.Option("--drop", help="Delete that now, not with the next run.")
    ] = False,
) -> None:
    """Show how large the cache is, when it was last used, and what can be deleted.

    Each run drops what can go when it is done, unless it found nothing changed: such a run does
    not look into the cache. If that is needed again, it is read again.
    """
    place = folder or out / CACHE_FOLDER
    cache, now = open_cache(place), time.time()
    if isinstance(cache, FolderCache) and not Path(place).is_dir():
        raise TableError(
            f"There is no folder {place}.", "Give the output folder of a run, or --kept."
        )
    keeping = options.keeping_of(keep_for, keep_at_most)
    entries = cache.entries()
    say(f"{place}: {_say(entries)}.")
    for days in SPANS:
        used = [entry for entry in entries if now - entry.used <= days * DAY]
        span = "day" if days == 1 else f"{days} days"
        say(f"  used in the last {span}: {_say(used)}")
        if len(used) == len(entries):
            break
    if drop:
        say(f"Dropped: {_say(cache.prune(keeping))}.")
    else:
        told = _say(to_drop(entries, keeping, now))
        say(f"Can go: {told}. The next run drops what it does not use of that.")


def _say(entries: Collection[Entry]) -> str:
    n_bytes = sum(entry.n_bytes for entry in entries)
    return f"{counted(len(entries), 'result')}, {n_bytes / 1e6:,.1f} MB"
