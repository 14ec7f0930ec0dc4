"""What was fetched (`manifest.csv`): a row for each address and each content it has had."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from functools import lru_cache
from pathlib import Path

from pipeline.base.characters import drop_invisible
from pipeline.base.files import write_whole
from pipeline.base.tables import escape_formula
from pipeline.documents.publisher import FETCHED, MANIFEST_FILE, REPLACED, read_fetched
from pipeline.fetching.publications import Publication

# The `status` of a row: here; not to be had so far; not asked for yet. `REPLACED` is the fourth.
HERE, FAILED, WAITING = "fetched", "failed", "waiting"


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the manifest, all text; docs/fetching.md describes the columns."""

    url: str
    final_url: str = ""
    source: str = ""
    provider_urn: str = ""
    authority: str = ""
    kind: str = ""
    title: str = ""
    published_on: str = ""
    fetched_at: str = ""
    status: str = WAITING
    reason: str = ""
    etag: str = ""
    last_modified: str = ""
    bytes: str = ""
    sha256: str = ""
    file: str = ""
    first_seen: str = ""
    last_seen: str = ""
    delisted: str = ""


assert [field.name for field in fields(Row)] == FETCHED


class Manifest:
    """The rows of a folder. Raises `CorpusError` if its `manifest.csv` is not one."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / MANIFEST_FILE
        rows = [Row(**row) for row in read_fetched(folder)]
        self._replaced = [row for row in rows if row.status == REPLACED]
        self._rows = {row.url: row for row in rows if row.status != REPLACED}

    def __iter__(self) -> Iterator[Row]:
        """The rows that stand, in the order in which they were first seen."""
        return iter(list(self._rows.values()))

    def get(self, url: str) -> Row | None:
        """The row of an address."""
        return self._rows.get(url)

    def put(self, row: Row) -> None:
        """Add the row, or put it in the place of the one with its address."""
        self._rows[row.url] = row
        if row.file:
            # A content that was replaced may be put back.
            self._replaced = [old for old in self._replaced if old.file != row.file]

    def see(self, publication: Publication, today: str) -> tuple[Row, Row | None]:
        """The row of a publication that is listed today, and as it was if the listing differs.

        What the publisher no longer says is kept.
        """
        said = {
            "source": publication.source,
            "provider_urn": publication.urn,
            "authority": publication.authority,
            "kind": publication.kind,
            "title": publication.title,
            "published_on": str(publication.published_on or ""),
        }
        # As it is when it has been written and read.
        said = {name: drop_invisible(text) for name, text in said.items() if text}
        before = self._rows.get(publication.url)
        if (
            before
            and not before.delisted
            and before.provider_urn
            and publication.urn != before.provider_urn
        ):
            # Two providers link to it: it stays with the first.
            row = replace(before, last_seen=today)
            self.put(row)
            return row, None
        row = before or Row(publication.url, first_seen=today)
        differs = any(getattr(row, name) != text for name, text in said.items())
        row = replace(row, **said, last_seen=today, delisted="")
        self.put(row)
        return row, before if differs else None

    def set_aside(self, row: Row) -> None:
        """Keep the row of a content that the publisher has replaced."""
        self._replaced.append(replace(row, status=REPLACED))

    def names(self) -> set[str]:
        """The names of all files, in small letters."""
        return {row.file.lower() for row in (*self._rows.values(), *self._replaced) if row.file}

    def save(self) -> None:
        """Write the file, whole or not at all."""
        lines = [_line(FETCHED), *map(_line_of, (*self._rows.values(), *self._replaced))]
        write_whole(self._path, "".join(lines).encode("utf-8", "replace"))


@lru_cache(maxsize=100_000)
def _line_of(row: Row) -> str:
    """A row as a line. It is kept: the file is written anew for each document."""
    return _line([escape_formula(getattr(row, name)) for name in FETCHED])


def _line(values: Sequence[object]) -> str:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerow(values)
    return text.getvalue()
