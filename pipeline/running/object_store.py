"""A cache in an object store: S3, Azure, Google Cloud Storage, or whatever else fsspec knows.

An object has the name of its key, and begins with the digest of key and result. So one that is
half-written, altered, another's or not ours counts as not kept, and is written again.

The time of an object is that of its writing: to change it for every use would cost as much as to
write it again. So a run writes one small object that lists what it used, named after the day and
its content: the same run on the same day writes the same one. What a later list repeats is
deleted.

What a library says of an error may hold a signed address or a key. It is never shown.
"""

from __future__ import annotations

import calendar
import datetime
import errno
import os
import re
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from pipeline.base.errors import StoreError
from pipeline.base.extras import how_to_install
from pipeline.base.settings import Keeping
from pipeline.running.cache import (
    DAY,
    DIGITS,
    Cache,
    Entry,
    FolderCache,
    digest,
    in_batches,
    to_drop,
)

# More than one letter: `C://` is a folder.
ADDRESS = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+)://(.*)", re.S)
# A signature, and what fsspec would take for a pattern or for several addresses.
UNWANTED = re.compile(r"[?*\[\]#]|::")
# The packages that fsspec needs, by the beginning of the address.
PACKAGES = {
    **dict.fromkeys(("s3", "s3a"), "s3fs"),
    **dict.fromkeys(("abfs", "abfss", "az"), "adlfs"),
    **dict.fromkeys(("gs", "gcs"), "gcsfs"),
}
OWN_NAME = re.compile(rf"([0-9a-f]{{2}})/(\1[0-9a-f]{{{DIGITS - 2}}})\.kept")
USES_NAME = re.compile(rf"used/(\d{{4}}-\d\d-\d\d)-([0-9a-f]{{{DIGITS}}})")
ABOUT_NAME = "inspection-themes.txt"
ABOUT = b"What inspection-themes has read and tagged, for its next runs. It may be deleted.\n"
# What the stores call the time at which an object was written.
TIMES = ("LastModified", "last_modified", "mtime", "updated", "created")
KEY_BYTES = DIGITS // 2


def open_cache(place: Path | str) -> Cache:
    """The cache at a path or at an fsspec address, such as `s3://bucket/kept`.

    Raises `StoreError` for an address that cannot be used.
    """
    address = ADDRESS.fullmatch(place) if isinstance(place, str) else None
    return StoreCache(*address.groups()) if address else FolderCache(Path(place))


def _has_password(path: str) -> bool:
    """Whether an address goes on with `user:password@host`."""
    return ":" in path.partition("/")[0].rpartition("@")[0]


class StoreCache(Cache):
    """A cache at an fsspec address. Any number of threads may use it."""

    def __init__(self, protocol: str, path: str) -> None:
        if not path.strip("/") or UNWANTED.search(path) or _has_password(path):
            raise StoreError(
                f"--kept is no address that can be used: after {protocol}:// comes a bucket or "
                "container, and a path without passwords, signatures or any of ?*[]#.",
                "Give credentials as the store's own tools take them: see docs/cluster.md.",
            )
        self.address = f"{protocol}://{path.rstrip('/')}"
        self._used: set[str] = set()
        self._noted: set[str] = set()

    def check(self) -> None:
        """Raise `StoreError` if nothing can be written there."""
        with self._connected() as (store, root):
            store.pipe_file(f"{root}/{ABOUT_NAME}", ABOUT)

    def get(self, key: str) -> bytes | None:
        return self.get_all([key])[0]

    def get_all(self, keys: Sequence[str]) -> list[bytes | None]:
        if not keys:
            return []
        with self._connected() as (store, root):
            paths = [f"{root}/{_name(key)}" for key in keys]
            contents = _contents(store, paths)
        found = [_result(key, contents.get(path)) for key, path in zip(keys, paths, strict=True)]
        self._used.update(key for key, data in zip(keys, found, strict=True) if data is not None)
        return found

    def put(self, key: str, data: bytes) -> None:
        with self._connected() as (store, root):
            store.pipe_file(f"{root}/{_name(key)}", digest(key.encode() + data).encode() + data)
        self._noted.add(key)

    def drop(self, key: str) -> None:
        with suppress(StoreError):
            self._delete([_name(key)])

    def entries(self) -> list[Entry]:
        return self._look()[0]

    def prune(self, keeping: Keeping) -> list[Entry]:
        gone: list[Entry] = []
        # Another run may be dropping the same; and who may not delete can still run.
        with suppress(StoreError):
            self.note_uses()
            entries, repeated = self._look()
            for batch in in_batches(to_drop(entries, keeping, time.time())):
                self._delete([entry.name for entry in batch])
                gone += batch
            self._delete(repeated)
        return gone

    def note_uses(self) -> None:
        keys = sorted(self._used - self._noted)
        if not keys:
            return
        told = b"".join(map(bytes.fromhex, keys))
        today = time.strftime("%Y-%m-%d", time.gmtime())
        with self._connected() as (store, root):
            store.pipe_file(f"{root}/used/{today}-{digest(told)}", told)
        self._noted.update(keys)

    def _look(self) -> tuple[list[Entry], list[str]]:
        """What there is, and the lists of uses that others repeat."""
        with self._connected() as (store, root):
            store.invalidate_cache()
            there = {
                path.removeprefix(f"{root}/"): told
                for path, told in store.find(root, detail=True).items()
            }
            names = {match[2]: name for name in there if (match := OWN_NAME.fullmatch(name))}
            lists = sorted(filter(USES_NAME.fullmatch, there), reverse=True)
            used, repeated = _read_uses(store, root, lists, names)
        entries = [
            Entry(name, int(there[name]["size"]), max(_written(there[name]), used.get(key, 0.0)))
            for key, name in names.items()
        ]
        return entries, repeated

    def _delete(self, names: Sequence[str]) -> None:
        if names:
            with self._connected() as (store, root):
                store.rm([f"{root}/{name}" for name in names])

    @contextmanager
    def _connected(self) -> Iterator[tuple[Any, str]]:
        """The store as fsspec gives it, and the path in it; any error becomes a `StoreError`."""
        protocol = self.address.partition("://")[0]
        try:
            from fsspec.core import url_to_fs

            # fsspec keeps one for each thread.
            options = {"auto_mkdir": True} if protocol in ("file", "local") else {}
            yield url_to_fs(self.address, **options)
        except StoreError:
            raise
        except ImportError:
            raise StoreError(
                f"Keeping results at {self.address} needs a package that is not installed.",
                how_to_install("store", PACKAGES.get(protocol, "")),
            ) from None
        except Exception as error:
            raise StoreError(
                f"What is kept at {self.address} cannot be used ({_why(error)}).",
                "Check the address, the network and your rights there, which must be to list, "
                "read, write and delete. Then run the same command again: it carries on from "
                "where it was.",
            ) from None


def _name(key: str) -> str:
    return f"{key[:2]}/{key}.kept"


def _contents(store: Any, paths: Sequence[str]) -> dict[str, bytes]:
    """The content of each object that is there, all asked for at once."""
    found = store.cat(list(paths), on_error="return")
    for content in found.values():
        if isinstance(content, Exception) and not isinstance(
            content, (FileNotFoundError, IsADirectoryError)
        ):
            raise content
    return {path: content for path, content in found.items() if isinstance(content, bytes)}


def _result(key: str, content: bytes | None) -> bytes | None:
    """The result in an object, or None if it is not a whole one of this key."""
    if content is None:
        return None
    data = content[DIGITS:]
    return data if content[:DIGITS] == digest(key.encode() + data).encode() else None


def _read_uses(
    store: Any, root: str, lists: Sequence[str], known: dict[str, str]
) -> tuple[dict[str, float], list[str]]:
    """When each of the `known` keys was last used, and the lists that tell nothing new.

    `lists` are names, the latest first. Times are in seconds since 1970, at the end of the day.
    """
    used: dict[str, float] = {}
    repeated = []
    for batch in in_batches(lists):
        contents = _contents(store, [f"{root}/{name}" for name in batch])
        for name in batch:
            told = contents.get(f"{root}/{name}", b"")
            match = USES_NAME.fullmatch(name)
            if match is None or digest(told) != match[2]:
                continue
            keys = (told[at : at + KEY_BYTES].hex() for at in range(0, len(told), KEY_BYTES))
            fresh = {key for key in keys if key in known and key not in used}
            if not fresh:
                repeated.append(name)
                continue
            with suppress(ValueError):
                day = calendar.timegm(time.strptime(match[1], "%Y-%m-%d"))
                used |= dict.fromkeys(fresh, float(day + DAY))
    return used, repeated


def _written(told: dict[str, Any]) -> float:
    """When an object was written, in seconds since 1970; if its store does not say, now."""
    for name in TIMES:
        at = told.get(name)
        if isinstance(at, str):
            with suppress(ValueError):
                at = datetime.datetime.fromisoformat(at)
        if isinstance(at, datetime.datetime):
            return at.timestamp()
        if isinstance(at, int | float):
            return float(at)
    return time.time()


def _why(error: Exception) -> str:
    """What went wrong, in words of the system's: those of a library may hold a secret."""
    name = type(error).__name__
    code = error.errno if isinstance(error, OSError) else None
    return name if code not in errno.errorcode else f"{name}: {os.strerror(code or 0)}"
