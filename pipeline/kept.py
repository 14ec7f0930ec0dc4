"""What earlier runs found out, kept so that no document is read or tagged twice.

A result is kept under a key made of everything it depends on: the content of the file, its name,
the settings, and the code that made it. Its file is named by the key and by the SHA-256 of what
is in it: a part that was cut off, damaged or tampered with is not found whole, and is made again.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable
from functools import lru_cache
from importlib import metadata
from pathlib import Path

from pipeline.tables import WholeFile

PACKAGE = Path(__file__).resolve().parent
IMPORTED = re.compile(r"^\s*(?:from|import) pipeline(?:\.(\w+)| import (.+))", re.M)
DIGITS = 32


class Kept:
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


def digest_of_files(paths: Iterable[Path]) -> str:
    """One digest for the names and contents of some files."""
    return key_of([(path.name, hashlib.sha256(path.read_bytes()).hexdigest()) for path in paths])


@lru_cache(maxsize=8)
def code_version(module: str, packages: tuple[str, ...]) -> str:
    """A digest of our module, of all of ours that it uses, and of the versions of `packages`.

    It changes by itself whenever one of them does: nobody has to remember to count it up.
    """
    sources = digest_of_files(PACKAGE / f"{name}.py" for name in modules_of(module))
    return key_of(sources, package_versions(packages))


def modules_of(module: str) -> list[str]:
    """The names of our module and of all of ours that it imports, directly or not."""
    found: set[str] = set()
    waiting = [module]
    while waiting:
        name = waiting.pop()
        if name in found or not PACKAGE.joinpath(f"{name}.py").is_file():
            continue
        found.add(name)
        source = PACKAGE.joinpath(f"{name}.py").read_text(encoding="utf-8")
        for one, several in IMPORTED.findall(source):
            waiting += [one] if one else re.findall(r"\w+", several)
    return sorted(found)


def package_versions(packages: Iterable[str]) -> dict[str, str]:
    """The version of each package, empty for one that is not installed."""
    return {name: _version(name) for name in packages}


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return ""
