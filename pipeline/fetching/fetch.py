"""Public sources → a folder of reports and its `manifest.csv`.

First the lists are read (listing, provider pages), then what is new is fetched. The manifest is
written after each document, so a kill loses at most the one under way.
"""

from __future__ import annotations

import datetime as dt
import difflib
import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout
from tqdm.auto import tqdm

from pipeline.base.errors import CorpusError, FetchError
from pipeline.base.files import LOCK_FILE, WholeFile
from pipeline.documents.authorities import plain_spelling, standard_names, without_council
from pipeline.documents.publisher import MANIFEST_FILE, read_date, type_of_kind
from pipeline.fetching import moderngov, ofsted, url_list
from pipeline.fetching.addresses import Mirror, origin_of
from pipeline.fetching.download import download, file_name, put
from pipeline.fetching.kept_pages import KeptPages
from pipeline.fetching.manifest import FAILED, HERE, Manifest, Row
from pipeline.fetching.publications import Provider, Publication
from pipeline.fetching.web import Clock, LeftAlone, Manners, Web

SOURCES = (*ofsted.SOURCES, url_list.SOURCE, moderngov.SOURCE)
# What `fetch` keeps for itself inside the folder of reports; `run` does not look there.
OWN_FOLDER = ".fetch"
# There are 153 authorities; a full listing with fewer than this has lost some.
FEWEST_PROVIDERS = 150
MOST_UNKNOWN_KINDS = 0.02
# A page with less than this share of what it had was loaded in part: reports do not vanish.
LEAST_OF_BEFORE = 0.5


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to fetch, and from where.

    `sources` are some of `SOURCES`; `authorities` are names (empty: all); `since` is the first
    day of publication; `urls` a list of addresses; `moderngov` the address of a council's site and
    `committees` names or numbers there. `site` replaces scheme and host of every source. `limit`
    is how many documents to fetch at most, `bytes` how large one may be. A document that is here
    is asked for again, in case it was replaced, after `check_after` days.
    """

    sources: tuple[str, ...] = ofsted.SOURCES
    authorities: tuple[str, ...] = ()
    since: dt.date | None = None
    urls: Path | None = None
    moderngov: str = ""
    committees: tuple[str, ...] = ()
    site: str = ""
    limit: int | None = None
    bytes: int = 200_000_000
    check_after: int = 90


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
    n_providers: int = 0
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
    mirror = Mirror(wanted.site)
    listed = _listed_by_user(wanted)
    named = {origin_of(publication.url) for publication in listed}
    named |= {origin for origin in (mirror.origin, _origin(wanted.moderngov)) if origin}
    with _own_folder(to, dry_run) as own, Web(manners or Manners(), named, clock) as web:
        fetching = _Fetching(to, own, wanted, mirror, web, dry_run=dry_run, quiet=quiet)
        fetching.see(listed)
        fetching.see_sources()
        fetching.fetch_all()
        fetching.done.n_requests = web.n_requests
        return fetching.done


def _listed_by_user(wanted: Wanted) -> list[Publication]:
    unknown = sorted(set(wanted.sources) - set(SOURCES))
    if unknown:
        raise FetchError(f"There is no source {unknown[0]}.", f"Use: {', '.join(SOURCES)}.")
    if url_list.SOURCE in wanted.sources and wanted.urls is None:
        raise FetchError("The source `urls` needs a list of addresses.", "Give one with --urls.")
    if moderngov.SOURCE in wanted.sources and not wanted.moderngov:
        raise FetchError(
            "The source `moderngov` needs the address of a council's site.",
            "Give it with --moderngov.",
        )
    return url_list.read_url_list(wanted.urls) if wanted.urls else []


def _origin(url: str) -> tuple[str, str, int] | None:
    return origin_of(url) if url else None


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


def _plain_names(names: set[str]) -> dict[str, str]:
    """Each name → one spelling of the authority it stands for, in small letters."""
    standard = standard_names(names)
    return {name: plain_spelling(without_council(standard[name])).casefold() for name in names}


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

    def see_sources(self) -> None:
        """Read the lists of all wanted sources; one that cannot be used costs no other one."""
        troubles = []
        for is_wanted, see in (
            (bool({*self._wanted.sources} & {*ofsted.SOURCES}), self._see_ofsted),
            (bool(self._wanted.moderngov), self._see_moderngov),
        ):
            try:
                if is_wanted:
                    see()
            except FetchError as error:
                troubles.append(error)
        if troubles and not self._to_fetch:
            raise troubles[0]
        self.done.problems += [f"{error} {error.hint}".strip() for error in troubles]

    def see(self, publications: Iterable[Publication]) -> None:
        """Enter what is listed into the manifest, if it is wanted."""
        publications = list(publications)
        named = self._named(publication.authority for publication in publications)
        for publication in publications:
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

    def _see_ofsted(self) -> None:
        """Read the listing and the page of every wanted provider."""
        state = self._read_state()
        listed = self._read_listing()
        before: dict[str, dict[str, Any]] = state.get("providers", {})
        self.done.n_providers = len(listed)
        self._check_listing(len(listed), state.get("n_listed", 0))
        # A provider that is no longer listed may still have its page.
        known = [Provider(p["urn"], p["name"], url) for url, p in before.items()]
        providers = {p.url: p for p in (*known, *listed)}
        wanted = self._choose(list(providers.values()))
        seen: dict[str, Publication] = {}
        read: set[str] = set()
        for provider in tqdm(wanted, desc="Pages", unit="page", disable=self._silent):
            is_listed = any(p.url == provider.url for p in listed)
            found = self._read_provider(provider, before.get(provider.url, {}), is_listed)
            if found is None:
                continue
            read.add(provider.urn)
            for publication in found:
                # Two providers may link to one document: it belongs to the first.
                seen.setdefault(publication.url, publication)
            if found or is_listed:
                before[provider.url] = {
                    "urn": provider.urn, "name": provider.name, "n": len(found),
                }  # fmt: skip
            else:
                before.pop(provider.url, None)
        self._check_pages(list(seen.values()))
        self.see(seen.values())
        self._delist(read, set(seen))
        self._write_state({"providers": before, "n_listed": len(listed)})

    def _read_listing(self) -> list[Provider]:
        providers: dict[str, Provider] = {}
        start = 0
        for _ in range(ofsted.MAX_LISTING_PAGES):
            url = self._mirror.asked(ofsted.listing_address(start))
            try:
                page = ofsted.read_providers(self._pages.get(self._web, url), self._mirror)
            except FetchError as error:
                raise FetchError(f"The listing cannot be read: {error}", error.hint) from error
            fresh = {p.url: p for p in page if p.url not in providers}
            if not fresh:
                break
            providers |= fresh
            # A provider may be linked twice: a page may hold fewer providers than rows.
            start += min(len(page), ofsted.ROWS)
        if not providers:
            raise FetchError(
                f"{url} lists no providers. The site may have changed.",
                "Open it in a browser. If it lists authorities, report this.",
            )
        return list(providers.values())

    def _read_provider(
        self, provider: Provider, before: dict[str, Any], is_listed: bool
    ) -> list[Publication] | None:
        """What a provider publishes; None if its page cannot be read or says less than ever."""
        try:
            body = self._pages.get(self._web, self._mirror.asked(provider.url))
            found = ofsted.read_publications(body, provider, self._mirror)
        except FetchError as error:
            if error.status in (404, 410) and not is_listed:
                return []
            self._note(error, f"The page of {provider.name} cannot be read: {error}")
            return None
        if len(found) < LEAST_OF_BEFORE * before.get("n", 0):
            self.done.problems.append(
                f"The page of {provider.name} ({provider.url}) had {before['n']} publications and "
                f"has {len(found) or 'none'} now. The site may have changed."
            )
            return None
        return found

    def _see_moderngov(self) -> None:
        """Read the meetings of the wanted committees of a council."""
        asked = moderngov.Asked(
            self._wanted.moderngov, self._wanted.committees, self._wanted.since, self._now.date()
        )
        authority = " ".join(self._wanted.authorities[:1])

        def page_at(url: str) -> bytes:
            return self._pages.get(self._web, self._mirror.asked(url))

        self.see(moderngov.find_papers(asked, authority, page_at, self.done.problems))

    def _note(self, error: FetchError, problem: str) -> None:
        """Add a problem; a host that is left alone is one problem, however much it has."""
        problem = f"{error} {error.hint}" if isinstance(error, LeftAlone) else problem
        if problem not in self.done.problems:
            self.done.problems.append(problem)

    def _is_wanted(self, publication: Publication, named: set[str]) -> bool:
        wanted, day = self._wanted, publication.published_on
        chosen = {*wanted.sources, url_list.SOURCE, moderngov.SOURCE}
        if publication.source not in chosen or (wanted.since and day and day < wanted.since):
            return False
        # Providers were chosen by name already.
        return bool(publication.urn) or publication.authority in named

    def _named(self, names: Iterable[str]) -> set[str]:
        """Those of the names that --authority gives, under any spelling; all if it gives none."""
        names, given = set(names), self._wanted.authorities
        if not given:
            return names
        plain = _plain_names({*names, *given})
        return {name for name in names if not name or plain[name] in {plain[n] for n in given}}

    def _choose(self, providers: list[Provider]) -> list[Provider]:
        names, given = [provider.name for provider in providers], self._wanted.authorities
        if not given:
            return providers
        plain = _plain_names({*names, *given})
        for name in given:
            if plain[name] not in {plain[n] for n in names}:
                near = difflib.get_close_matches(name, names, n=3, cutoff=0.5) or names[:5]
                raise FetchError(
                    f"No provider is called {name!r}.", f"Perhaps: {', '.join(near)}."
                )
        return [p for p in providers if plain[p.name] in {plain[n] for n in given}]

    # --- what looks wrong -------------------------------------------------------------------

    def _check_listing(self, n_listed: int, n_before: int) -> None:
        is_full = not self._wanted.authorities
        if n_listed < n_before:
            self.done.problems.append(
                f"The listing has {n_listed} providers; last time it had {n_before}. The site may "
                "have changed."
            )
        elif is_full and n_listed < FEWEST_PROVIDERS:
            self.done.problems.append(
                f"The listing has only {n_listed} providers; there should be at least "
                f"{FEWEST_PROVIDERS}. The site may have changed."
            )

    def _check_pages(self, seen: list[Publication]) -> None:
        unknown = sorted({p.kind for p in seen if type_of_kind(p.kind) is None})
        n_unknown = sum(p.kind in unknown for p in seen)
        if n_unknown > MOST_UNKNOWN_KINDS * len(seen):
            self.done.problems.append(
                f"{n_unknown} of {len(seen)} publications are of kinds that are not known here "
                f"({', '.join(kind or 'no kind given' for kind in unknown[:5])}). The site may "
                "have changed."
            )
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

    def _delist(self, urns: set[str], urls: set[str]) -> None:
        """Mark what stood on these providers' pages and stands there no longer."""
        for row in self._manifest:
            if row.provider_urn in urns and row.url not in urls and not row.delisted:
                row = replace(row, delisted=self._today)
                self._manifest.put(row)
                self.done.delisted.append(row)

    # --- the documents ----------------------------------------------------------------------

    def fetch_all(self) -> None:
        """Fetch what is not here, and what may have been replaced."""
        due = [row for url in self._to_fetch if (row := self._due(url))]
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
        is_old = day is None or (self._now.date() - day).days >= self._wanted.check_after
        return is_old or not self._is_on_disk(row)

    def _is_on_disk(self, row: Row) -> bool:
        path = self._to / row.file
        return bool(row.file) and path.is_file() and str(path.stat().st_size) == row.bytes

    def _fetch_one(self, row: Row) -> None:
        assert self._own is not None
        here = row.status == HERE and self._is_on_disk(row)
        now = dt.datetime.now(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
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
            self._note(error, "")
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

    # --- what is remembered of the listing --------------------------------------------------

    def _read_state(self) -> dict[str, Any]:
        return self._read_states().get(self._wanted.site, {})

    def _read_states(self) -> dict[str, dict[str, Any]]:
        """By site: what a mirror lacks says nothing about the public one. {} if damaged."""
        try:
            states = json.loads((self._to / OWN_FOLDER / "state.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return states if isinstance(states, dict) else {}

    def _write_state(self, state: dict[str, Any]) -> None:
        if self._own is not None:
            states = self._read_states() | {self._wanted.site: state}
            with WholeFile(self._own / "state.json") as file:
                file.write(json.dumps(states, indent=1).encode())
