"""What somebody wants fetched: sources, authorities, and since when."""

from __future__ import annotations

import datetime as dt
import difflib
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

from pipeline.base.errors import FetchError
from pipeline.documents.authorities import plain_spelling, standard_names, without_council
from pipeline.fetching import moderngov, ofsted, url_list
from pipeline.fetching.addresses import origin_of
from pipeline.fetching.web import RequestError

SOURCES = (*ofsted.SOURCES, url_list.SOURCE, moderngov.SOURCE)


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

    @property
    def is_ofsted_wanted(self) -> bool:
        """Whether any of the sources is Ofsted's."""
        return bool({*self.sources} & {*ofsted.SOURCES})


def check(wanted: Wanted) -> None:
    """Raise `RequestError` if something is missing or no site can have the address given."""
    unknown = sorted(set(wanted.sources) - set(SOURCES))
    if unknown:
        raise RequestError(f"There is no source {unknown[0]}.", f"Use: {', '.join(SOURCES)}.")
    if url_list.SOURCE in wanted.sources and wanted.urls is None:
        raise RequestError("The source `urls` needs a list of addresses.", "Give one with --urls.")
    if moderngov.SOURCE in wanted.sources and not wanted.moderngov:
        raise RequestError(
            "The source `moderngov` needs the address of a council's site.",
            "Give it with --moderngov.",
        )
    if wanted.committees and not wanted.moderngov:
        raise RequestError(
            "--committee names a committee of a council's site.", "Give the site with --moderngov."
        )
    if wanted.moderngov and len(wanted.authorities) > 1:
        raise RequestError(
            "A council's site is of one authority.",
            "Give one --authority with --moderngov, and fetch others by themselves.",
        )
    try:
        for site in filter(None, (wanted.site, wanted.moderngov)):
            origin_of(site)
    except FetchError as error:
        raise RequestError(str(error), error.hint) from error


def those_named(names: Iterable[str], given: Collection[str]) -> set[str]:
    """Those of the `names` of authorities that are `given`, under any spelling."""
    names = set(names)
    plain = _plain_names({*names, *given})
    wanted = {plain[name] for name in given}
    return {name for name in names if plain[name] in wanted}


def check_authorities(names: Iterable[str], given: Collection[str]) -> None:
    """Raise `RequestError` if a `given` authority is none of the `names`, under any spelling."""
    names = sorted(filter(None, names))
    plain = _plain_names({*names, *given})
    by_plain = {plain[name]: name for name in names}
    for name in given:
        if plain[name] in by_plain:
            continue
        near = difflib.get_close_matches(plain[name], by_plain, n=3, cutoff=0.6)
        likely = " or ".join(by_plain[each] for each in near)
        raise RequestError(
            f"No authority is called {name!r}.",
            f"Did you mean {likely}?" if near else f"Some that are: {', '.join(names[:5])}.",
        )


def _plain_names(names: set[str]) -> dict[str, str]:
    """Each name → one spelling of the authority it stands for, in small letters."""
    standard = standard_names(names)
    return {name: plain_spelling(without_council(standard[name])).casefold() for name in names}
