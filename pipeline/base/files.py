"""Files written whole or not at all, and output folders used by one run at a time."""

from __future__ import annotations

import io
import lzma
import os
import shutil
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from filelock import FileLock, Timeout

from pipeline.base.errors import TableError

# What zipfile raises for damaged, encrypted and exotic archives.
BROKEN_ZIP = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError, RuntimeError, ValueError,
)  # fmt: skip

# Every output folder holds this file, so that its contents are never mistaken for reports.
LOCK_FILE = ".inspection-themes.lock"
# The first table that is written: a folder that holds it is an output whatever went wrong.
FIRST_TABLE = "documents.parquet"


@contextmanager
def own_folder(folder: Path) -> Iterator[None]:
    """Keep other runs out of an output folder; raises `TableError` if one is using it.

    The system releases the lock when a run ends, however it ends. A folder that was no output
    before is none after a run that failed before its first table: it may be one of reports, given
    by mistake, which would never be read again.
    """
    mark, was_there = folder / LOCK_FILE, folder.is_dir()
    is_output = mark.exists()
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(mark)
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise TableError(
            f"Another run is writing to {folder}.", "Wait for it to end, or use another --out."
        ) from error
    try:
        drop_parts(folder)
        yield
        is_output = True
    finally:
        is_output = is_output or folder.joinpath(FIRST_TABLE).exists()
        if not is_output:
            # Windows deletes no file that is open, but deletes this one with the lock.
            with suppress(OSError):
                mark.unlink()
        lock.release()
        if is_output:
            mark.touch()
        elif not was_there:
            with suppress(OSError):
                folder.rmdir()


def drop_parts(folder: Path, pid: int | None = None) -> None:
    """Delete what a process that was ended (None: any) has left half-written in a folder."""
    for path in folder.glob(".*.part" if pid is None else f".*.{pid}.part"):
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)


@contextmanager
def part_folder(folder: Path, name: str) -> Iterator[Path]:
    """A hidden folder in an output folder for temporary files, deleted when the `with` ends."""
    place = folder / f".{name}.{os.getpid()}.part"
    place.mkdir(parents=True)
    try:
        yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)


class _Raw(io.FileIO):
    """A file whose first failure to write is raised, and whose later ones are not.

    Writers of tables and workbooks write once more when they are closed or deleted, and would
    report a full disk again, after whoever caused it has dealt with it.
    """

    failure: OSError | None = None

    def write(self, data, /) -> int:
        if self.failure is not None:
            return len(data)
        try:
            return super().write(data)
        except OSError as error:
            self.failure = error
            raise


class WholeFile:
    """A file written under a temporary name, and renamed if the `with` ends without an error."""

    def __init__(self, path: Path) -> None:
        self._path = path
        # Two runs that share a cache must not write to the same temporary file.
        self._beside = path.with_name(f".{path.name}.{os.getpid()}.part")

    def __enter__(self) -> BinaryIO:
        with self._named_as_known():
            self._raw = _Raw(self._beside, "w")
        self._file = io.BufferedWriter(self._raw)
        return self._file

    def __exit__(self, kind, error, trace) -> None:
        try:
            self._file.close()
            if kind is None and self._raw.failure is not None:
                raise self._raw.failure
            if kind is None:
                with self._named_as_known():
                    self._beside.replace(self._path)
        finally:
            self._beside.unlink(missing_ok=True)

    @contextmanager
    def _named_as_known(self) -> Iterator[None]:
        """Let an error name the file that is wanted, such as a workbook that Excel has open."""
        try:
            yield
        except OSError as error:
            raise OSError(error.errno, error.strerror, os.fspath(self._path)) from error


def unpacked_size(archive: zipfile.ZipFile) -> int:
    """How many bytes the parts of an archive have by its own account, before any is unpacked."""
    return sum(part.file_size for part in archive.infolist())


def write_whole(path: Path, content: str | bytes) -> None:
    """Write a file whole or not at all; a text in UTF-8."""
    with WholeFile(path) as file:
        file.write(content.encode() if isinstance(content, str) else content)
