"""Ofsted's site as it is now: its providers, what they publish, and what looks wrong with it.

What it was like the last time is kept in the folder of reports, so that a page that was loaded in
part, or a site that was built anew, is told and not taken for the truth.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline.base.errors import FetchError
from pipeline.base.files import write_whole
from pipeline.documents.publisher import type_of_kind
from pipeline.fetching import ofsted
from pipeline.fetching.addresses import Mirror
from pipeline.fetching.publications import Provider, Publication
from pipeline.fetching.web import add_problem

# There are 153 authorities; a full listing with fewer than this has lost some.
FEWEST_PROVIDERS = 150
MOST_UNKNOWN_KINDS = 0.02
# A page with less than this share of what it had was loaded in part: reports do not vanish.
LEAST_OF_BEFORE = 0.5


class Memory:
    """What is remembered of each site: what a mirror lacks says nothing about the public one.

    `folder` is where it is kept, `site` the mirror ("" for none); a dry run only reads it.
    """

    def __init__(self, folder: Path, site: str, *, dry_run: bool = False) -> None:
        self._path = folder / "state.json"
        self._site, self._dry_run = site, dry_run

    def read(self) -> dict[str, Any]:
        """`n_listed` and `providers` (address → urn, name, n); {} if there is none."""
        return self._all().get(self._site, {})

    def write(self, state: dict[str, Any]) -> None:
        """Remember this the next time."""
        if not self._dry_run:
            states = self._all() | {self._site: state}
            write_whole(self._path, json.dumps(states, indent=1))

    def _all(self) -> dict[str, dict[str, Any]]:
        try:
            states = json.loads(self._path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return states if isinstance(states, dict) else {}


@dataclass
class Seen:
    """What stands on the pages that could be read, by its address, and whose pages these are."""

    publications: dict[str, Publication] = field(default_factory=dict)
    urns: set[str] = field(default_factory=set)


class OfstedSite:
    """Reads listing and pages with `page_at`; what looks wrong is added to `problems`."""

    def __init__(
        self,
        page_at: Callable[[str], bytes],
        mirror: Mirror,
        memory: Memory,
        problems: list[str],
    ) -> None:
        self._page_at, self._mirror = page_at, mirror
        self._memory, self._problems = memory, problems
        self._state = memory.read()
        self._before: dict[str, dict[str, Any]] = self._state.get("providers", {})
        self._listed: set[str] = set()

    def read_listing(self, *, is_full: bool) -> list[Provider]:
        """The providers, with those that were listed earlier: they may still have their pages.

        Raises `FetchError` if there are none. `is_full` says whether all are wanted.
        """
        listed = {provider.url: provider for provider in self._read_listing()}
        self._listed = set(listed)
        self._check_listing(len(listed), self._state.get("n_listed", 0), is_full)
        known = {url: Provider(p["urn"], p["name"], url) for url, p in self._before.items()}
        return list((known | listed).values())

    def read_pages(self, providers: Iterable[Provider]) -> Seen:
        """What these providers publish. It is remembered for the next time."""
        seen = Seen()
        for provider in providers:
            found = self._read_page(provider)
            if found is None:
                continue
            seen.urns.add(provider.urn)
            for publication in found:
                # Two providers may link to one document: it belongs to the first.
                seen.publications.setdefault(publication.url, publication)
            if found or provider.url in self._listed:
                self._before[provider.url] = {
                    "urn": provider.urn, "name": provider.name, "n": len(found),
                }  # fmt: skip
            else:
                self._before.pop(provider.url, None)
        self._check_kinds(seen.publications.values())
        self._memory.write({"providers": self._before, "n_listed": len(self._listed)})
        return seen

    def _read_listing(self) -> Collection[Provider]:
        providers: dict[str, Provider] = {}
        start = 0
        for _ in range(ofsted.MAX_LISTING_PAGES):
            url = ofsted.listing_address(start)
            try:
                page = ofsted.read_providers(self._page_at(url), self._mirror)
            except FetchError as error:
                if error.status in (404, 410) and providers:
                    break
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
        return providers.values()

    def _read_page(self, provider: Provider) -> list[Publication] | None:
        """What a provider publishes; None if its page cannot be read or says less than ever."""
        n_before = self._before.get(provider.url, {}).get("n", 0)
        try:
            found = ofsted.read_publications(self._page_at(provider.url), provider, self._mirror)
        except FetchError as error:
            if error.status in (404, 410) and provider.url not in self._listed:
                return []
            problem = f"The page of {provider.name} cannot be read: {error}"
            add_problem(self._problems, error, problem)
            return None
        if len(found) < LEAST_OF_BEFORE * n_before:
            self._problems.append(
                f"The page of {provider.name} ({provider.url}) had {n_before} publications and "
                f"has {len(found) or 'none'} now. The site may have changed."
            )
            return None
        return found

    def _check_listing(self, n_listed: int, n_before: int, is_full: bool) -> None:
        if n_listed < n_before:
            self._problems.append(
                f"The listing has {n_listed} providers; last time it had {n_before}. The site may "
                "have changed."
            )
        elif is_full and n_listed < FEWEST_PROVIDERS:
            self._problems.append(
                f"The listing has only {n_listed} providers; there should be at least "
                f"{FEWEST_PROVIDERS}. The site may have changed."
            )

    def _check_kinds(self, seen: Collection[Publication]) -> None:
        unknown = sorted({p.kind for p in seen if type_of_kind(p.kind) is None})
        n_unknown = sum(p.kind in unknown for p in seen)
        if n_unknown > MOST_UNKNOWN_KINDS * len(seen):
            are, they = ("is", "It comes") if n_unknown == 1 else ("are", "They come")
            names = ", ".join(kind or "none given" for kind in unknown[:5])
            self._problems.append(
                f"{n_unknown} of {len(seen)} publications {are} of a kind that is not known here "
                f"({names}). {they} with the source {ofsted.OTHER}. If there are many, the site "
                "may have changed."
            )
