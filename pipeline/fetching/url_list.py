"""A list of addresses (`--urls`) → publications: council papers, peer reviews and the like."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from urllib.parse import unquote, urlsplit

from pipeline.base.errors import CorpusError, ExtractionError, FetchError
from pipeline.documents.publisher import is_web_address, read_date
from pipeline.fetching.addresses import join, origin_of
from pipeline.fetching.publications import Publication
from pipeline.reading.formats import decode_text

SOURCE = "urls"
COLUMNS = ("url", "authority", "document_type", "published_on", "title")


def read_url_list(path: Path) -> list[Publication]:
    """The publications in a CSV file with a column `url` and any of `COLUMNS`, each once.

    Raises `CorpusError` naming the row that is wrong.
    """
    try:
        # Excel writes "CSV" in the encoding of the machine: Windows-1252 on Windows.
        text = decode_text(path.read_bytes())
        reader = csv.DictReader(io.StringIO(text, newline=""))
        columns = [(name or "").strip().lower() for name in reader.fieldnames or ()]
        reader.fieldnames = columns
        rows = list(reader)
    except (OSError, ExtractionError, csv.Error) as error:
        raise CorpusError(f"{path} cannot be read: {error}", "Save it as CSV UTF-8.") from error
    if "url" not in columns:
        raise CorpusError(
            f"{path} has no column `url`.", f"It may also have: {', '.join(COLUMNS[1:])}."
        )
    found: dict[str, Publication] = {}
    for number, row in enumerate(rows, start=2):
        cells = {name: (row.get(name) or "").strip() for name in COLUMNS}
        if any(cells.values()):
            publication = _publication(path, number, cells)
            found.setdefault(publication.url, publication)
    return list(found.values())


def _publication(path: Path, number: int, cells: dict[str, str]) -> Publication:
    url = join("", cells["url"])
    try:
        origin_of(url)
    except FetchError as error:
        raise CorpusError(f"{path}, row {number}: {error}", error.hint) from error
    if not is_web_address(url):
        raise CorpusError(
            f"{path}, row {number}: {cells['url'][:200]!r} is not a web address.",
            "It must begin with https:// or http://.",
        )
    day = read_date(cells["published_on"])
    if cells["published_on"] and day is None:
        raise CorpusError(
            f"{path}, row {number}: {cells['published_on']!r} is not a date.",
            "Write dates as 2019-05-28.",
        )
    return Publication(
        url=url,
        source=SOURCE,
        authority=cells["authority"],
        kind=cells["document_type"],
        title=cells["title"] or unquote(urlsplit(url).path.rsplit("/", 1)[-1]),
        published_on=day,
    )
