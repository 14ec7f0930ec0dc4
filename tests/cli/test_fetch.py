from __future__ import annotations

import subprocess
import sys
from functools import partial

import pytest
from public_site import KINDS, Provider, Publication, PublicSite, answers

from pipeline.cli.fetch import Source, _print_fetched
from pipeline.fetching.fetch import Fetched
from pipeline.fetching.manifest import Row
from pipeline.fetching.wanted import SOURCES


@pytest.fixture
def site():
    """A full listing, of which two have published something."""
    providers = [Provider(str(80000 + n), f"Area {n}") for n in range(150)]
    providers[0].publications.append(Publication(1, KINDS["ilacs"]))
    providers[1].publications.append(Publication(2, KINDS["send"]))
    with PublicSite(*providers) as running:
        yield running


@pytest.fixture
def from_site(site, tmp_path):
    return "--to", tmp_path / "reports", "--site", site.url, "--pause", 0


@pytest.fixture
def fetch(command, from_site):
    return partial(command, "fetch", *from_site)


@pytest.fixture
def refresh(command, from_site):
    return partial(command, "refresh", *from_site)


def test_all_well_is_zero_and_something_amiss_is_one(fetch, site):
    done = fetch("--contact", "me@example.org")
    assert done.returncode == 0 and "Fetched 2 new reports" in done.stderr
    assert all("me@example.org" in agent for agent in site.agents)
    site.providers[2].publications.append(Publication(3, KINDS["ilacs"]))
    site.odd["/v1/file/3"] = answers(200, b"<html><title>Sorry</title>")
    done = fetch()
    assert done.returncode == 1 and "not fetched: " in done.stderr and "Sorry" in done.stderr


def test_all_problems_are_told_and_how_many_more_failed(capsys):
    failed = [Row(url=f"{n}", reason=f"It is no PDF ({n}).") for n in range(23)]
    problems = [f"The page {n} is odd." for n in range(23)]
    _print_fetched(Fetched(failed=failed, problems=problems), None)
    told = capsys.readouterr().err
    assert all(problem in told for problem in problems)
    assert "(19)" in told and "(20)" not in told and "and 3 more" in told


def test_a_listing_that_shrinks_is_told(fetch, site):
    fetch()
    site.providers.pop()
    done = fetch()
    assert done.returncode == 1 and "The site may have changed." in done.stderr


def test_a_dry_run_says_what_it_would_fetch(fetch, site, tmp_path):
    done = fetch("--dry-run", "--source", "ofsted-send", "--since", "2024")
    assert done.returncode == 0 and not (tmp_path / "reports").exists()
    assert done.stdout.split("\t")[1:3] == ["Area 1", KINDS["send"]]


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--since", "soon"], "Write 2019, 2019-05 or 2019-05-28"),
        (["--since", "2019-13"], "not a date"),
        (["--authority", "Araea 99"], "Did you mean Area 99"),
        (["--urls", "missing.csv"], "missing.csv"),
        (["--source", "ofsted"], "ofsted"),
    ],
)
def test_what_cannot_be_done_is_two(fetch, arguments, reason):
    done = fetch(*arguments)
    assert done.returncode == 2 and reason in done.stderr


def test_a_refresh_with_a_slip_is_two_and_one_line(command, site, tmp_path):
    (tmp_path / "reports").mkdir()
    (tmp_path / "reports/mine.txt").write_text("A note.")
    slips = (["--authority", "Araea 99"], ["--contact", "é"], ["--source", "urls"])
    for slip in slips:
        done = command("refresh", "--to", tmp_path / "reports", "--out", tmp_path / "out",
                       "--site", site.url, "--pause", 0, *slip)  # fmt: skip
        last = done.stderr.replace("\r", "\n").strip().splitlines()[-1]
        assert done.returncode == 2 and last.startswith("inspection-themes: ")
        assert "Fetched" not in done.stderr and not (tmp_path / "out").exists()


def test_a_refresh_that_brings_nothing_says_why(refresh, site, tmp_path):
    for number in (1, 2):
        site.odd[f"/v1/file/{number}"] = answers(200, b"<html><title>Sorry</title>")
    done = refresh("--out", tmp_path / "out")
    assert done.returncode == 2 and done.stderr.count("not fetched: ") == 2
    assert "Sorry" in done.stderr and "Fetched 0 new reports" in done.stderr
    assert "There are no documents in" in done.stderr.strip().splitlines()[-1]
    # The manifest that this has left is no report.
    site.odd["/robots.txt"] = answers(500)
    done = refresh("--out", tmp_path / "out")
    assert done.returncode == 2 and "robots.txt" in done.stderr.strip().splitlines()[-1]


IMPOSSIBLE = {
    "tables among the reports": (["--out", "{}/reports"], "The tables cannot go to"),
    "tables above the reports": (["--out", "{}"], "The tables cannot go to"),
    "a cache among the reports": (["--out", "{}/out", "--kept", "{}/reports/kept"], "The cache"),
    "no such model": (["--out", "{}/out", "--model", "{}/none"], "no model file"),
}


@pytest.mark.parametrize("name", IMPOSSIBLE)
def test_a_refresh_that_cannot_run_asks_no_site(refresh, site, tmp_path, name):
    arguments, reason = IMPOSSIBLE[name]
    done = refresh(*(argument.format(tmp_path) for argument in arguments))
    assert done.returncode == 2 and reason in done.stderr
    assert site.asked == [] and not list(tmp_path.iterdir())


def test_a_refresh_into_other_reports_asks_no_site(refresh, site, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.pdf").touch()
    done = refresh("--out", tmp_path / "out")
    assert done.returncode == 2 and "mine.pdf, which may be a report" in done.stderr
    assert site.asked == []


@pytest.mark.parametrize("name", ["fetch", "refresh"])
def test_only_a_mirror_may_be_asked_faster(command, tmp_path, name):
    done = command(name, "--to", tmp_path / "reports", "--pause", 0)
    assert done.returncode == 2 and "--site" in done.stderr


def test_a_list_of_addresses_comes_alone(fetch, site, tmp_path):
    (tmp_path / "list.csv").write_text(f"url\n{site.url}/v1/file/2\n")
    assert fetch("--urls", tmp_path / "list.csv").returncode == 0
    assert site.files_asked == ["2"] and not site.count("/search")


def test_the_sources_are_those_of_the_fetcher():
    assert tuple(Source) == SOURCES


WITHOUT = """
import sys
sys.modules["httpx"] = None
from pipeline.cli.main import run_command
sys.exit(run_command(["fetch", "--to", sys.argv[1]]))
"""


def test_without_the_extra_it_says_what_to_install(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT, tmp_path / "r"], capture_output=True, text=True
    )
    assert done.returncode == 2 and '-e ".[fetch]"' in done.stderr
    assert not (tmp_path / "r").exists()
