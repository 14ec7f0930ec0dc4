from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

import pytest
from public_site import KINDS, Provider, Publication, PublicSite

from pipeline.fetching.fetch import fetch
from pipeline.fetching.wanted import Wanted
from pipeline.fetching.web import Manners


@dataclass
class TestClock:
    """Time that passes only while somebody sleeps."""

    __test__ = False
    time: float = 1000.0
    slept: list[float] = field(default_factory=list)

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.time += seconds


@pytest.fixture
def clock():
    return TestClock()


@pytest.fixture
def site():
    """Three invented authorities with seven publications of all sources."""
    providers = [
        Provider(
            "80001",
            "Marlowshire County Council",
            [
                Publication(101, KINDS["ilacs"], dt.date(2023, 2, 1)),
                Publication(102, KINDS["focused"], dt.date(2018, 5, 9)),
                Publication(103, KINDS["send"]),
            ],
        ),
        Provider(
            "80002",
            "Eastmere",
            [Publication(201, KINDS["jtai"]), Publication(202, KINDS["ilacs"])],
        ),
        Provider(
            "80003",
            "Norwick & Vale",
            [Publication(301, KINDS["ilacs"]), Publication(302, "Annual conversation letters")],
        ),
    ]
    with PublicSite(*providers) as running:
        yield running


@pytest.fixture
def reports(tmp_path):
    return tmp_path / "reports"


@pytest.fixture
def bring(site, reports, clock):
    """Fetch from the site into `reports`, without waiting."""

    def run(**changes):
        manners = changes.pop("manners", Manners())
        dry_run = changes.pop("dry_run", False)
        wanted = Wanted(site=changes.pop("site", site.url), **changes)
        return fetch(reports, wanted, manners, dry_run=dry_run, quiet=True, clock=clock)

    return run
