"""The cache: results of earlier runs, so that no document is read or tagged twice.

A result is stored under a key made from everything it depends on: the content and name of the
file, the settings, and the code that made it (`versions`). Its file name holds the key and the
start of the SHA-256 of key and content, so a result that is truncated, altered or given another's
name is noticed and made again. This guards against accidents: whoever may write to the folder can
put anything there.
"""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from pathlib import Path

from pipeline.base.files import WholeFile

DIGITS = 32


class Cache:
    """A folder of results, which any number of runs can share."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get(self, key: str) -> bytes | None:
        """The result stored under `key`, or None if there is no intact one."""
        for path in self._folder.joinpath(key[:2]).glob(f"{key}-*.parquet"):
            try:
                data = path.read_bytes()
            except OSError:
                continue
            if path.stem == _stem(key, data):
                return data
            with suppress(OSError):
                path.unlink(missing_ok=True)
        return None

    def put(self, key: str, data: bytes) -> None:
        """Store a result. Raises `OSError` if the disk refuses it."""
        folder = self._folder / key[:2]
        folder.mkdir(parents=True, exist_ok=True)
        # Another run may be reading it, and Windows does not let a file in use be replaced.
        if self.get(key) == data:
            return
        with WholeFile(folder / f"{_stem(key, data)}.parquet") as file:
            file.write(data)

    def drop(self, key: str) -> None:
        """Delete what is stored under `key`."""
        for path in self._folder.joinpath(key[:2]).glob(f"{key}-*.parquet"):
            with suppress(OSError):
                path.unlink(missing_ok=True)

    def tidy(self) -> None:
        """Delete half-written files of interrupted runs. No other run may be using the folder."""
        for path in self._folder.glob("*/.*.part"):
            path.unlink(missing_ok=True)


def key_of(*parts: object) -> str:
    """A key made from the parts that a result depends on."""
    return _digest(json.dumps(parts, sort_keys=True, default=str).encode())


def _stem(key: str, data: bytes) -> str:
    return f"{key}-{_digest(key.encode() + data)}"


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:DIGITS]
