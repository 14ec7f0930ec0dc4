"""Files that are written whole or not at all, and output folders that one run at a time uses."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from filelock import FileLock, Timeout

from pipeline.base.errors import TableError

# Every output folder holds this file, so that what was written there is not taken for reports.
LOCK_FILE = ".inspection-themes.lock"


@contextmanager
def own_folder(folder: Path) -> Iterator[None]:
    """Keep other runs out of an output folder; raises `TableError` where one is in it.

    The system gives the lock back when a run ends, however it ends.
    """
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / LOCK_FILE)
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise TableError(
            f"Another run is writing to {folder}.", "Wait until it ends, or give another --out."
        ) from error
    try:
        for path in folder.glob(".*.part"):
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
        yield
    finally:
        lock.release()
        # On Windows the file goes with the lock, but it also says what this folder is.
        folder.joinpath(LOCK_FILE).touch()


@contextmanager
def part_folder(folder: Path, name: str) -> Iterator[Path]:
    """A hidden folder in an output folder for what is only needed until something is written."""
    place = folder / f".{name}.{os.getpid()}.part"
    place.mkdir(parents=True)
    try:
        yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)


class WholeFile:
    """A file that is written beside its name and gets it when the `with` ends well."""

    def __init__(self, path: Path) -> None:
        self._path = path
        # Two runs that keep results in one folder must not write the same file beside.
        self._beside = path.with_name(f".{path.name}.{os.getpid()}.part")

    def __enter__(self) -> BinaryIO:
        self._file = self._beside.open("wb")
        return self._file

    def __exit__(self, kind, error, trace) -> None:
        try:
            self._file.close()
            if kind is None:
                self._beside.replace(self._path)
        finally:
            self._beside.unlink(missing_ok=True)
