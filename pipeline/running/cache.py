"""What earlier runs found out, kept so that no document is read or tagged twice.

A result is kept under a key made of everything it depends on: the content of the file, its name,
the settings, and the code that made it (`versions`). Its file is named by the key and by the
SHA-256 of what is in it: a part that was cut off, damaged or tampered with is not found whole,
and is made again.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from pipeline.base.files import WholeFile

DIGITS = 32


class Cache:
    """A folder of results; any number of runs may share one."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get(self, key: str) -> bytes | None:
        """The result kept under `key`; None if there is none that is whole."""
        for path in self._folder.joinpath(key[:2]).glob(f"{key}-*.parquet"):
            try:
                data = path.read_bytes()
            except OSError:
                continue
            if path.stem == f"{key}-{_digest(data)}":
                return data
            path.unlink(missing_ok=True)
        return None

    def put(self, key: str, data: bytes) -> None:
        """Keep a result; raises `OSError` where the disk does not take it."""
        folder = self._folder / key[:2]
        folder.mkdir(parents=True, exist_ok=True)
        with WholeFile(folder / f"{key}-{_digest(data)}.parquet") as file:
            file.write(data)

    def tidy(self) -> None:
        """Remove what interrupted runs left half-written; no other run may be using the folder."""
        for path in self._folder.glob("*/.*.part"):
            path.unlink(missing_ok=True)


def key_of(*parts: object) -> str:
    """A key for what depends on these parts, which JSON can hold."""
    return _digest(json.dumps(parts, sort_keys=True, default=str).encode())


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:DIGITS]
