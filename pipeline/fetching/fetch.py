"""Public sources → a folder of reports and its `manifest.csv`.

First the lists are read (listing, provider pages), then what is new is fetched. The manifest is
written after each document, so a kill loses at most the one under way.
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from filelock import FileLock, Timeout
from tqdm.auto import tqdm

from pipeline.base.errors import CorpusError, FetchError
from pipeline.base.files import LOCK_FILE
from pipeline.base.times import utc
from pipeline.documents.authorities import (
    AUTHORITIES_FILE,
    authorities_beside,
    load_authorities,
)
from pipeline.documents.publisher import MANIFEST_FILE, read_date
from pipeline.fetching import moderngov, url_list
from pipeline.fetching.addresses import Mirror, origin_of
from pipeline.fetching.download import download, file_name, put
from pipeline.fetching.kept_pages import KeptPages
from pipeline.fetching.manifest import FAILED, HERE, WAITING, Manifest, Row
from pipeline.fetching.ofsted_site import Memory, OfstedSite, Seen
from pipeline.fetching.publications import Publication
from pipeline.fetching.wanted import Wanted, check, check_authorities, those_named
from pipeline.fetching.web import Clock, LeftAlone, Manners, RequestError, Web, add_problem

# What `fetch` keeps for itself inside the folder of reports; `run` does not look there.
OWN_FOLDER = ".fetch"


@dataclass
class Fetched:
    """What came of it: rows of the manifest, and in `problems` what may be wrong with a site."""

    new: list[Row] = field(default_factory=list)
    replaced: list[Row] = field(default_factory=list)
    failed: list[Row] = field(default_factory=list)
    waiting: list[Row] = field(default_factory=list)
    delisted: list[Row] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    n_unchanged: int = 0
    n_requests: int = 0

    @property
    def is_complete(self) -> bool:
        """Whether all that was asked for is here and nothing looks wrong."""
        return not self.failed and not self.problems


def fetch(
    to: Path,
    wanted: Wanted,
    manners: Manners | None = None,
    *,
    dry_run: bool = False,
    quiet: bool = False,
    clock: Clock | None = None,
) -> Fetched:
    """Bring the wanted documents into the folder `to`; a dry run only says which are `waiting`.

    Documents that cannot be had are listed in `failed` and tried again next time. Raises
    `FetchError` if a source cannot be used at all, and `CorpusError` for a faulty folder or list.
    """
    if to.joinpath(LOCK_FILE).exists():
        raise CorpusError(f"{to} holds the tables of a run.", "Give another folder with --to.")
    check(wanted)
    if wanted.moderngov:
        _check_council(to, wanted)
    listed = url_list.read_url_list(wanted.urls) if wanted.urls else []
    sites = (wanted.site, wanted.moderngov, *(publication.url for publication in listed))
    named = {origin_of(site) for site in sites if site}
    mirror = Mirror(wanted.site)
    with (
        Web(manners or Manners(), named, clock, mirror) as web,
        _own_folder(to, dry_run) as own,
    ):
        fetching = _Fetching(to, own, wanted, mirror, web, dry_run=dry_run, quiet=quiet)
        fetching.see_sources(listed)
        fetching.fetch_all()
        fetching.done.n_requests = web.n_requests
        return fetching.done


def _check_council(to: Path, wanted: Wanted) -> None:
    """Raise `RequestError` if the authority of a council's site is not known."""
    try:
        check_authorities(load_authorities(authorities_beside(to))["name"], wanted.authorities)
    except RequestError as error:
        hint = f"{error.hint} If it is none of the project's table, name it in {AUTHORITIES_FILE}"
        raise RequestError(str(error), f"{hint} in the folder.") from error


@contextmanager
def _own_folder(to: Path, dry_run: bool) -> Iterator[Path | None]:
    """The folder for `fetch`'s own files, held against another `fetch`; None for a dry run."""
    if dry_run:
        yield None
        return
    own = to / OWN_FOLDER
    own.mkdir(parents=True, exist_ok=True)
    lock = FileLock(own / "lock")
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise CorpusError(f"Another fetch is writing to {to}.", "Wait for it to end.") from error
    try:
        # What a fetch that was killed left half-written.
        for path in (*own.rglob("*.part"), *to.glob(f".{MANIFEST_FILE}.*.part")):
            path.unlink()
        yield own
    finally:
        lock.release()


class _Fetching:
    """One `fetch` under way: what was seen, and what came of it."""

    def __init__(
        self,
        to: Path,
        own: Path | None,
        wanted: Wanted,
        mirror: Mirror,
        web: Web,
        *,
        dry_run: bool,
        quiet: bool,
    ) -> None:
        self._to, self._own, self._wanted = to, own, wanted
        self._mirror, self._web, self._dry_run = mirror, web, dry_run
        self._silent = quiet or None
        self._manifest = Manifest(to)
        self._pages = KeptPages(own / "pages" if own else None)
        self._now = dt.datetime.now(dt.UTC)
        self._today = self._now.date().isoformat()
        self._to_fetch: dict[str, Publication] = {}
        self._changed: dict[str, Row] = {}
        self.done = Fetched()

    # --- what is published ------------------------------------------------------------------

    def see_sources(self, listed: list[Publication]) -> None:
        """Read the lists of all wanted sources; one that cannot be used costs no other one."""
        names = {publication.authority for publication in listed}
        if any(names) and not (self._wanted.is_ofsted_wanted or self._wanted.moderngov):
            check_authorities(names, self._wanted.authorities)
        self._see(listed)
        troubles = []
        for is_wanted, see in (
            (self._wanted.is_ofsted_wanted, lambda: self._see_ofsted(names)),
            (bool(self._wanted.moderngov), self._see_moderngov),
        ):
            try:
                if is_wanted:
                    see()
            except RequestError:
                raise
            except FetchError as error:
                troubles.append(error)
        if troubles and not self._to_fetch:
            raise troubles[0]
        self.done.problems += [f"{error} {error.hint}".strip() for error in troubles]

    def _see(self, publications: Iterable[Publication]) -> None:
        """Enter what is listed into the manifest, if it is wanted; what is listed twice, once."""
        once: dict[str, Publication] = {}
        for publication in publications:
            once.setdefault(publication.url, publication)
        named = {publication.authority for publication in once.values()}
        if self._wanted.authorities:
            named = {"", *those_named(named, self._wanted.authorities)}
        for publication in once.values():
            is_wanted = self._is_wanted(publication, named)
            if self._manifest.get(publication.url) is None and not is_wanted:
                continue
            row, before = self._manifest.see(publication, self._today)
            if not is_wanted:
                continue
            self._to_fetch[row.url] = publication
            if before:
                self._changed[row.url] = before
                # Its document has to be asked for, if not this time then the next.
                self._manifest.put(replace(row, fetched_at=""))

    def _is_wanted(self, publication: Publication, named: set[str]) -> bool:
        wanted, day = self._wanted, publication.published_on
        chosen = {*wanted.sources, url_list.SOURCE, moderngov.SOURCE}
        if publication.source not in chosen or (wanted.since and day and day < wanted.since):
            return False
        # Providers were chosen by name already.
        return bool(publication.urn) or publication.authority in named

    def _page_at(self, url: str) -> bytes:
        return self._pages.get(self._web, self._mirror.asked(url))

    def _see_ofsted(self, other_names: set[str]) -> None:
        """Read the listing and the page of every wanted provider."""
        memory = Memory(self._to / OWN_FOLDER, self._wanted.site, dry_run=self._dry_run)
        site = OfstedSite(self._page_at, self._mirror, memory, self.done.problems)
        given = self._wanted.authorities
        providers = site.read_listing(is_full=not given)
        if given:
            names = {provider.name for provider in providers}
            check_authorities(names | other_names, given)
            chosen = those_named(names, given)
            providers = [provider for provider in providers if provider.name in chosen]
        pages = tqdm(providers, desc="Pages", unit="page", disable=self._silent)
        seen = site.read_pages(pages)
        self._check_dates(seen.publications.values())
        self._see(seen.publications.values())
        self._delist(seen)

    def _see_moderngov(self) -> None:
        """Read the meetings of the wanted committees of a council."""
        asked = moderngov.Asked(
            self._wanted.moderngov, self._wanted.committees, self._wanted.since, self._now.date()
        )
        council = moderngov.Council(self._page_at, self._mirror, self.done.problems)
        authority = " ".join(self._wanted.authorities[:1])
        self._see(council.find_papers(asked, authority))

    def _check_dates(self, seen: Iterable[Publication]) -> None:
        lost = []
        for publication in seen:
            before = self._manifest.get(publication.url)
            if before and before.published_on and publication.published_on is None:
                lost.append(publication.url)
        if lost:
            self.done.problems.append(
                f"{len(lost)} publications had a date and have none now, for instance {lost[0]}. "
                "The site may have changed."
            )

    def _delist(self, seen: Seen) -> None:
        """Mark what stood on the pages of these providers and stands there no longer."""
        for row in self._manifest:
            is_gone = row.provider_urn in seen.urns and row.url not in seen.publications
            if is_gone and not row.delisted:
                row = replace(row, delisted=self._today)
                self._manifest.put(row)
                self.done.delisted.append(row)

    # --- the documents ----------------------------------------------------------------------

    def fetch_all(self) -> None:
        """Fetch what is not here, and what may have been replaced."""
        due = [row for url in self._to_fetch if (row := self._due(url))]
        # Those that failed before come last: with a limit, they would be all that is ever tried.
        due.sort(key=lambda row: ((WAITING, HERE, FAILED).index(row.status), bool(row.reason)))
        self.done.n_unchanged = len(self._to_fetch) - len(due)
        limit = len(due) if self._wanted.limit is None else self._wanted.limit
        self.done.waiting = due[:limit] if self._dry_run else due[limit:]
        if self._dry_run:
            return
        self._manifest.save()
        for row in tqdm(due[:limit], desc="Documents", unit="document", disable=self._silent):
            self._fetch_one(row)
            self._manifest.save()

    def _due(self, url: str) -> Row | None:
        """The row, if its document has to be asked for."""
        row = self._manifest.get(url)
        if row is None or (row.status == HERE and not self._must_ask(row)):
            return None
        return row

    def _must_ask(self, row: Row) -> bool:
        day = read_date(row.fetched_at[:10])
        # A date to come is from a clock that was ahead.
        is_old = day is None or not 0 <= (self._now.date() - day).days < self._wanted.check_after
        return is_old or not self._is_on_disk(row)

    def _is_on_disk(self, row: Row) -> bool:
        path = self._to / row.file
        return bool(row.file) and path.is_file() and str(path.stat().st_size) == row.bytes

    def _fetch_one(self, row: Row) -> None:
        assert self._own is not None
        here = row.status == HERE and self._is_on_disk(row)
        now = utc(time.time())
        try:
            got = download(
                self._web,
                self._mirror.asked(row.url),
                self._own / "under-way.part",
                self._wanted.bytes,
                etag=row.etag if here else "",
                last_modified=row.last_modified if here else "",
            )
        except LeftAlone as error:
            add_problem(self.done.problems, error)
            self.done.waiting.append(row)
            return
        except FetchError as error:
            # A document that is here stays; what went wrong was the question for a newer one.
            status = HERE if here else FAILED
            row = replace(row, status=status, reason=f"{error} {error.hint}".strip())
            self._manifest.put(row)
            self.done.failed.append(row)
            return
        if got is None or (here and got.sha256 == row.sha256):
            if got is not None:
                got.path.unlink()
            self._manifest.put(replace(row, fetched_at=now, reason=""))
            self.done.n_unchanged += 1
            return
        taken = self._manifest.names()
        if row.file and got.sha256 == row.sha256:
            taken.discard(row.file.lower())
        if is_new_content := bool(row.sha256) and got.sha256 != row.sha256:
            self._manifest.set_aside(self._changed.get(row.url, row))
        n_bytes = got.path.stat().st_size
        row = replace(
            row,
            final_url=got.answer.final_url,
            fetched_at=now,
            status=HERE,
            reason="",
            etag=got.answer.etag,
            last_modified=got.answer.last_modified,
            bytes=str(n_bytes),
            sha256=got.sha256,
            file=put(got, self._to, file_name(self._to_fetch[row.url]), taken),
        )
        self._manifest.put(row)
        (self.done.replaced if is_new_content else self.done.new).append(row)
