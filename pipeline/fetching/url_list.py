"""A list of addresses (`--urls`) → publications: council papers, peer reviews and the like."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote, urlsplit

from pipeline.base.csv_files import read_csv
from pipeline.base.errors import CorpusError, FetchError
from pipeline.documents.publisher import is_web_address, read_date
from pipeline.fetching.addresses import join, origin_of
from pipeline.fetching.publications import Publication

SOURCE = "urls"
COLUMNS = ("url", "authority", "document_type", "published_on", "title")


def read_url_list(path: Path) -> list[Publication]:
    """The publications in a CSV file with a column `url` and any of `COLUMNS`, each once.

    Raises `CorpusError` naming the line that is wrong.
    """
    table = read_csv(path, CorpusError)
    if "url" not in table.columns:
        raise CorpusError(
            f"{path} has no column `url`.", f"It may also have: {', '.join(COLUMNS[1:])}."
        )
    found: dict[str, Publication] = {}
    for line, row in table.rows:
        cells = {name: row.get(name, "") for name in COLUMNS}
        if any(cells.values()):
            publication = _publication(path, line, cells)
            found.setdefault(publication.url, publication)
    return list(found.values())


def _publication(path: Path, line: int, cells: dict[str, str]) -> Publication:
    url = join("", cells["url"])
    try:
        origin_of(url)
    except FetchError as error:
        raise CorpusError(f"{path}, line {line}: {error}", error.hint) from error
    if not is_web_address(url):
        raise CorpusError(
            f"{path}, line {line}: {cells['url'][:200]!r} is not a web address.",
            "It must begin with https:// or http://.",
        )
    day = read_date(cells["published_on"])
    if cells["published_on"] and day is None:
        raise CorpusError(
            f"{path}, line {line}: {cells['published_on']!r} is not a date.",
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
