"""The cache: results of earlier runs, so that no document is read or tagged twice.

A result is stored under a key made from everything it depends on: the content and name of the
file, the settings, and the code that made it (`versions`). Its file name holds the key and the
start of the SHA-256 of key and content, so a result that is truncated, altered or given another's
name is noticed and made again. This guards against accidents: whoever may write to the folder can
put anything there.

The time of a file says when it was last used, to within half a day. So any number of runs can
share a folder, and each can drop what none has used for long. `object_store` does the same where
there are no folders.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import time
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TypeVar

from pipeline.base.files import write_whole
from pipeline.base.settings import Keeping

DIGITS = 32
DAY = 24 * 60 * 60
# Seconds after which a use is noted again.
NOTED_EVERY = DAY / 2
# Results asked for together: many enough for a store far away, few enough for memory.
BATCH = 100
# What `put` writes, complete or half: nothing else in the folder is ever deleted.
OWN_NAME = re.compile(rf"\.?[0-9a-f]{{{DIGITS}}}-[0-9a-f]{{{DIGITS}}}\.parquet(?:\.\d+\.part)?")


@dataclass(frozen=True)
class Entry:
    """A result in the cache: its size in bytes, and when it was last used, in seconds since 1970.

    `name` is its path inside the cache, with `/`.
    """

    name: str
    n_bytes: int
    used: float


def to_drop(entries: Iterable[Entry], keeping: Keeping, now: float) -> list[Entry]:
    """The entries that `keeping` does not keep, those used longest ago first."""
    by_use = sorted(entries, key=lambda entry: (entry.used, entry.name))
    left = sum(entry.n_bytes for entry in by_use)
    most = left if keeping.n_bytes is None else keeping.n_bytes
    dropped = []
    for entry in by_use:
        age = now - entry.used
        # A run that goes on may have found what was used today.
        if age <= DAY or (age <= keeping.days * DAY and left <= most):
            break
        dropped.append(entry)
        left -= entry.n_bytes
    return dropped


class Cache(ABC):
    """Results by their key, which any number of runs can share.

    `address` is that of an object store: whoever makes a result puts it there. It is empty if all
    results go through this process.
    """

    address = ""

    @abstractmethod
    def get(self, key: str) -> bytes | None:
        """The result stored under `key`, or None if there is no intact one."""

    def get_all(self, keys: Sequence[str]) -> list[bytes | None]:
        """What `get` gives for each key. Ask for no more than `BATCH`: all are held in memory."""
        return [self.get(key) for key in keys]

    @abstractmethod
    def put(self, key: str, data: bytes) -> None:
        """Store a result. Raises `OSError` or `StoreError` if it cannot be written."""

    @abstractmethod
    def drop(self, key: str) -> None:
        """Delete what is stored under `key`, if possible."""

    @abstractmethod
    def entries(self) -> list[Entry]:
        """What is in the cache; raises `OSError` or `StoreError` if it cannot be listed."""

    @abstractmethod
    def prune(self, keeping: Keeping) -> list[Entry]:
        """Drop what `keeping` does not keep; gives what is gone."""

    @abstractmethod
    def note_uses(self) -> None:
        """Note what was got so far, if that has not been noted yet."""


class FolderCache(Cache):
    """A cache in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get(self, key: str) -> bytes | None:
        for path in self._folder.joinpath(key[:2]).glob(f"{key}-*.parquet"):
            try:
                data = path.read_bytes()
            except OSError:
                continue
            if path.stem == _stem(key, data):
                _note_use(path)
                return data
            with suppress(OSError):
                path.unlink(missing_ok=True)
        return None

    def put(self, key: str, data: bytes) -> None:
        folder = self._folder / key[:2]
        folder.mkdir(parents=True, exist_ok=True)
        # Another run may be reading it, and Windows does not let a file in use be replaced.
        if self.get(key) == data:
            return
        write_whole(folder / f"{_stem(key, data)}.parquet", data)

    def drop(self, key: str) -> None:
        for path in self._folder.joinpath(key[:2]).glob(f"{key}-*.parquet"):
            with suppress(OSError):
                path.unlink(missing_ok=True)

    def entries(self) -> list[Entry]:
        found = []
        for folder in self._folder.iterdir():
            if len(folder.name) != 2 or not folder.is_dir():
                continue
            for path in folder.iterdir():
                if OWN_NAME.fullmatch(path.name) and path.name.lstrip(".").startswith(folder.name):
                    # Another run may be dropping it.
                    with suppress(OSError):
                        told = path.stat()
                        name = f"{folder.name}/{path.name}"
                        found.append(Entry(name, told.st_size, told.st_mtime))
        return found

    def prune(self, keeping: Keeping) -> list[Entry]:
        gone = []
        with suppress(OSError):
            for entry in to_drop(self.entries(), keeping, time.time()):
                # Windows keeps a file that another run is reading.
                with suppress(OSError):
                    self._folder.joinpath(entry.name).unlink(missing_ok=True)
                    gone.append(entry)
        return gone

    def note_uses(self) -> None:
        """Do nothing: `get` notes every use."""

    def tidy(self) -> None:
        """Delete half-written files of interrupted runs. No other run may be using the folder."""
        for path in self._folder.glob("*/.*.part"):
            path.unlink(missing_ok=True)


def _note_use(path: Path) -> None:
    now = time.time()
    # Whoever may only read the folder cannot note anything.
    with suppress(OSError):
        if now - path.stat().st_mtime > NOTED_EVERY:
            os.utime(path, (now, now))


Item = TypeVar("Item")


def in_batches(items: Iterable[Item]) -> Iterator[list[Item]]:
    """The items, `BATCH` at a time.

    >>> [len(batch) for batch in in_batches(range(250))]
    [100, 100, 50]
    """
    rest = iter(items)
    while batch := list(islice(rest, BATCH)):
        yield batch


def key_of(*parts: object) -> str:
    """A key made from the parts that a result depends on."""
    return digest(json.dumps(parts, sort_keys=True, default=str).encode())


def _stem(key: str, data: bytes) -> str:
    return f"{key}-{digest(key.encode() + data)}"


def digest(data: bytes) -> str:
    """The start of the SHA-256 of some bytes, `DIGITS` long."""
    return hashlib.sha256(data).hexdigest()[:DIGITS]
