"""`manifest.csv`: what the publisher says of the documents that `fetch` brought.

It fills what a document does not say itself. Where the two differ, the document stands and both
go into the table `discrepancies`.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from urllib.parse import urlsplit

from pipeline.base.csv_files import read_csv
from pipeline.base.errors import CorpusError
from pipeline.base.tables import FORMULA_STARTS
from pipeline.documents.authorities import authorities_beside, load_authorities, standard_names

# The file in a corpus folder that `fetch` keeps; it is not a report itself.
MANIFEST_FILE = "manifest.csv"
FETCHED = [
    "url",
    "final_url",
    "source",
    "provider_urn",
    "authority",
    "kind",
    "title",
    "published_on",
    "fetched_at",
    "status",
    "reason",
    "etag",
    "last_modified",
    "bytes",
    "sha256",
    "file",
    "first_seen",
    "last_seen",
    "delisted",
]
NOT_OURS = "Rename it if it is yours; if `fetch` wrote it, put back the copy you edited."
# A document that the publisher replaced with another under the same address.
REPLACED = "replaced"
# What publishers call a kind of document (the first that matches) → its type; "" makes no claim.
# Ofsted's words are those on its pages as of 2026.
KINDS = tuple(
    (re.compile(pattern, re.IGNORECASE), name)
    for pattern, name in (
        (r"\bsend\b|special educational needs", "area SEND inspection"),
        (r"joint area review", ""),
        (r"joint (?:area|targeted)|\bjtai\b", "joint targeted inspection"),
        (r"youth (?:justice|offending)", "youth justice inspection"),
        (r"focuss?ed visit", "focused visit"),
        (r"monitoring visit", "monitoring visit"),
        (r"assurance visit", "assurance visit"),
        (r"peer (?:review|challenge|diagnostic)", "peer review"),
        (r"scrutiny", "scrutiny report"),
        (r"cabinet|\bexecutive\b", "cabinet report"),
        (r"annual conversation|letter|assessment|fostering|adoption|thematic|survey", ""),
        (r"inspection|\bilacs\b", "inspection"),
    )
)
COMPARED = ("authority", "document_type", "published_on")
NOT_SAID: Mapping[str, object] = {"authority": "", "document_type": "other", "published_on": None}


def type_of_kind(kind: str) -> str | None:
    """The document type that a publisher's word for a kind stands for.

    "" where the word is known and says nothing about the type; None if it is not known.

    >>> type_of_kind("Area SEND full inspection")
    'area SEND inspection'
    """
    found = (name for pattern, name in KINDS if pattern.search(kind))
    return next(found, None)


def is_web_address(text: str) -> bool:
    """Whether a text may be a link: a `javascript:` address in a table must not become one."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return (
        parts.scheme in ("http", "https") and bool(parts.hostname) and not re.search(r"\s", text)
    )


@dataclass(frozen=True, slots=True)
class Published:
    """What the publisher says of one document; "" or None where it says nothing."""

    authority: str = ""
    ons_code: str = ""
    region: str = ""
    document_type: str = ""
    published_on: dt.date | None = None
    url: str = ""


class Publisher:
    """What `manifest.csv` in a corpus folder says of its files; nothing if there is none.

    Raises `CorpusError` if it is there and is not what `fetch` writes.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        rows = read_fetched(folder)
        current = {row["url"]: row["file"] for row in rows if row["status"] != REPLACED}
        # A publisher may put back what was replaced: then the file stands again.
        standing = set(current.values())
        self._rows = {
            row["file"]: row
            for row in rows
            if row["file"] and not (row["status"] == REPLACED and row["file"] in standing)
        }
        by_age = sorted(self._rows.items(), key=lambda entry: entry[1]["fetched_at"], reverse=True)
        # The file that the publisher has put in place of each other one, those fetched last first.
        self.replaced: Mapping[str, str] = {
            name: newer
            for name, row in by_age
            if row["status"] == REPLACED
            and (newer := current.get(row["url"], ""))
            and (folder / newer).is_file()
        }
        self._copies: dict[str, str] = {}

    def said(self) -> list[object]:
        """All that a run takes from the publisher, for the digest of its inputs."""
        return [sorted(self.replaced.items()), *sorted((k, str(v)) for k, v in self._told.items())]

    def speak_for(self, counted_as: Mapping[str, str]) -> None:
        """What is said of a copy also holds for the document that counts (copy → document)."""
        for copy, counted in counted_as.items():
            if copy in self._rows:
                self._copies.setdefault(counted, copy)

    def apply(self, source_file: str, document: dict) -> tuple[dict, list[dict[str, str]]]:
        """The document's row with its gaps filled and its `url`, and its discrepancies."""
        name = source_file if source_file in self._rows else self._copies.get(source_file, "")
        told = self._told.get(name, Published())
        filled = {"url": told.url}
        differing = []
        for field in COMPARED:
            said, published = document[field], getattr(told, field)
            if not published:
                continue
            if said == NOT_SAID[field]:
                filled[field] = published
                if field == "authority":
                    filled |= {"ons_code": told.ons_code, "region": told.region}
            elif said != published:
                differing.append(
                    {
                        "source_file": source_file,
                        "field": field,
                        "document": str(said),
                        "publisher": str(published),
                        "url": told.url,
                    }
                )
        return document | filled, differing

    @cached_property
    def _told(self) -> dict[str, Published]:
        if not self._rows:
            return {}
        extra = authorities_beside(self._folder)
        known = load_authorities(extra)
        rows = known.set_index("name").to_dict("index")
        by_urn = dict(zip(known["ofsted_urn"], known["name"], strict=True))
        # Authorities of long ago have no number.
        by_urn.pop("", None)
        names = standard_names((row["authority"] for row in self._rows.values()), extra)
        return {
            file: _published(row, by_urn.get(row["provider_urn"]) or names[row["authority"]], rows)
            for file, row in self._rows.items()
        }


def _published(row: Mapping[str, str], name: str, authorities: Mapping[str, dict]) -> Published:
    place = authorities.get(name, {})
    return Published(
        authority=name,
        ons_code=place.get("ons_code", ""),
        region=place.get("region", ""),
        document_type=type_of_kind(row["kind"]) or "",
        published_on=read_date(row["published_on"]),
        url=row["url"] if is_web_address(row["url"]) else "",
    )


def read_date(text: str) -> dt.date | None:
    """A date as `fetch` writes it, or as Excel rewrites it in Britain (15/07/2024); else None."""
    for form in ("%Y-%m-%d", "%d/%m/%Y"):
        try:
            return dt.datetime.strptime(text.strip(), form).date()
        except ValueError:
            continue
    return None


def read_fetched(folder: Path) -> list[dict[str, str]]:
    """The rows of the `manifest.csv` in a folder (columns `FETCHED`); [] if there is none.

    Raises `CorpusError` if it cannot be read or lacks the columns `url` and `file`.
    """
    path = folder / MANIFEST_FILE
    if not path.is_file():
        return []
    try:
        table = read_csv(path, CorpusError)
    except CorpusError as error:
        raise CorpusError(f"{error} So it is not a list of fetched reports.", NOT_OURS) from error
    if not {"url", "file", "status"} <= set(table.columns):
        raise CorpusError(
            f"{path} lacks the columns `url`, `file` and `status`, so it is not a list of fetched "
            "reports.",
            NOT_OURS,
        )
    return [{name: _plain(row.get(name, "")) for name in FETCHED} for _, row in table.rows]


def _plain(value: str) -> str:
    """The value without the apostrophe that keeps a spreadsheet from running it."""
    return value[1:] if value.startswith("'") and value[1:].startswith(FORMULA_STARTS) else value
