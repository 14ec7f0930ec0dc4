"""The commands that bring reports from public sources: `fetch` and `refresh`."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.base.counted import counted
from pipeline.base.errors import FetchError
from pipeline.base.paths import OUTPUTS
from pipeline.cli import options, run
from pipeline.cli.say import say

if TYPE_CHECKING:
    from pipeline.fetching.fetch import Fetched
    from pipeline.fetching.wanted import Wanted
    from pipeline.fetching.web import Manners

MANNERS_PANEL, SITE_PANEL = "How the sites are treated", "Council papers and other addresses"
SHOWN = 20

app = typer.Typer()


class Source(StrEnum):
    """The sources by name; the tests compare them with `fetching`, which is an extra."""

    ilacs = "ofsted-ilacs"
    jtai = "ofsted-jtai"
    send = "ofsted-send"
    visits = "ofsted-visits"
    other = "ofsted-other"
    urls = "urls"
    moderngov = "moderngov"


OFSTED = tuple(source for source in Source if source.startswith("ofsted"))

To = Annotated[Path, typer.Option("--to", help="Folder for the reports; created if needed.")]
Sources = Annotated[
    list[Source] | None,
    typer.Option(
        "--source",
        help="Source, may be repeated; default: all of Ofsted's, or --urls or --moderngov alone.",
        show_default=False,
    ),
]
Authorities = Annotated[
    list[str] | None,
    typer.Option("--authority", help="Only this authority; may be repeated.", show_default=False),
]
Since = Annotated[
    str,
    typer.Option(
        "--since",
        help="Only what was published from then on: 2019, 2019-05 or 2019-05-28.",
        show_default=False,
    ),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be fetched, and stop.")]
Limit = Annotated[
    int | None, typer.Option("--limit", min=0, help="Number of reports to fetch at most.")
]
Urls = Annotated[
    Path | None,
    typer.Option(
        "--urls",
        help="CSV file of addresses: url; also authority, document_type, published_on, title.",
        rich_help_panel=SITE_PANEL,
    ),
]
ModernGov = Annotated[
    str,
    typer.Option(
        "--moderngov",
        help="Site of a council's committees, such as https://democracy.example.gov.uk.",
        rich_help_panel=SITE_PANEL,
        show_default=False,
    ),
]
Committees = Annotated[
    list[str] | None,
    typer.Option(
        "--committee",
        help="Name (or part of it) or number of a committee there; may be repeated.",
        rich_help_panel=SITE_PANEL,
        show_default=False,
    ),
]
Site = Annotated[
    str,
    typer.Option(
        "--site",
        help="Ask this site instead of the public ones: a mirror, such as http://127.0.0.1:8000.",
        rich_help_panel=MANNERS_PANEL,
        show_default=False,
    ),
]
Contact = Annotated[
    str,
    typer.Option(
        "--contact",
        help="Your email or web address, told to the sites.",
        envvar="INSPECTION_THEMES_CONTACT",
        rich_help_panel=MANNERS_PANEL,
        show_default=False,
    ),
]
Pause = Annotated[
    float,
    typer.Option(
        "--pause",
        min=0.0,
        help="Seconds between two requests to a site. Less than 1 is for a mirror of your own.",
        rich_help_panel=MANNERS_PANEL,
    ),
]
TimeOut = Annotated[
    float,
    typer.Option(
        "--timeout",
        min=0.1,
        help="Seconds to wait for a site that sends nothing.",
        rich_help_panel=MANNERS_PANEL,
    ),
]
Megabytes = Annotated[
    int,
    typer.Option(
        "--megabytes",
        min=1,
        help="Largest size of a report, in MB.",
        rich_help_panel=MANNERS_PANEL,
    ),
]
CheckAfter = Annotated[
    int,
    typer.Option(
        "--check-after",
        min=0,
        help="Days after which to ask whether a report was replaced; 0: ask about all now.",
        rich_help_panel=MANNERS_PANEL,
    ),
]
DEFAULT_PAUSE, DEFAULT_TIMEOUT, DEFAULT_DAYS = 1.0, 20.0, 90


@app.command()
def fetch(
    to: To,
    source: Sources = None,
    authority: Authorities = None,
    since: Since = "",
    limit: Limit = None,
    dry_run: DryRun = False,
    urls: Urls = None,
    moderngov: ModernGov = "",
    committee: Committees = None,
    site: Site = "",
    contact: Contact = "",
    pause: Pause = DEFAULT_PAUSE,
    timeout: TimeOut = DEFAULT_TIMEOUT,
    megabytes: Megabytes = options.DEFAULT_MEGABYTES,
    check_after: CheckAfter = DEFAULT_DAYS,
) -> None:
    """Bring published reports into a folder, each once.

    A second fetch brings only what is new. You can stop it at any time: the same command carries
    on from where it was. What was fetched, and what the publisher says of it, is in manifest.csv.
    """
    from pipeline.fetching.fetch import fetch as bring

    wanted = _wanted(
        source=source,
        authority=authority,
        since=since,
        limit=limit,
        urls=urls,
        moderngov=moderngov,
        committee=committee,
        site=site,
        megabytes=megabytes,
        check_after=check_after,
    )
    done = bring(to, wanted, _manners(contact, pause, timeout, site), dry_run=dry_run)
    if dry_run:
        for row in done.waiting:
            say("\t".join((row.published_on, row.authority, row.kind, row.url)))
        say(
            f"Would ask for {counted(len(done.waiting), 'report')}; here already: "
            f"{done.n_unchanged}. Nothing was written.",
            err=True,
        )
    _print_fetched(done, None if dry_run else to)
    if not done.is_complete:
        raise typer.Exit(1)


@app.command()
def refresh(
    to: To,
    out: options.Out = OUTPUTS,
    source: Sources = None,
    authority: Authorities = None,
    since: Since = "",
    limit: Limit = None,
    urls: Urls = None,
    moderngov: ModernGov = "",
    committee: Committees = None,
    site: Site = "",
    contact: Contact = "",
    pause: Pause = DEFAULT_PAUSE,
    timeout: TimeOut = DEFAULT_TIMEOUT,
    check_after: CheckAfter = DEFAULT_DAYS,
    model: options.ModelFolder = None,
    seconds: options.Seconds = options.DEFAULT_SECONDS,
    memory: options.Memory = options.DEFAULT_MEMORY,
    pages: options.Pages = options.DEFAULT_PAGES,
    megabytes: options.Megabytes = options.DEFAULT_MEGABYTES,
    kept: options.Kept = None,
    processes: options.Processes = None,
    cluster: options.Cluster = "",
    reader: options.Reader = options.DEFAULT_READER,
    ocr: options.Ocr = False,
) -> None:
    """Fetch, run, and say what is new since last time; made for a scheduler.

    It does what `fetch` and then `run` do. The exit code is 0 if all went well, 1 if something
    needs your attention, 2 if nothing could be done.
    """
    from pipeline.fetching.refresh import refresh as bring_and_run

    wanted = _wanted(
        source=source,
        authority=authority,
        since=since,
        limit=limit,
        urls=urls,
        moderngov=moderngov,
        committee=committee,
        site=site,
        megabytes=megabytes,
        check_after=check_after,
    )
    settings = options.settings_of(
        seconds=seconds,
        memory=memory,
        pages=pages,
        megabytes=megabytes,
        processes=processes,
        cluster=cluster,
        reader=reader,
        ocr=ocr,
    )

    def tell(came: Fetched | FetchError) -> None:
        if isinstance(came, FetchError):
            say(f"  Note: nothing was fetched: {came} {came.hint}", err=True)
        else:
            _print_fetched(came, to)

    manners = _manners(contact, pause, timeout, site)
    done = bring_and_run(to, out, wanted, manners, settings, model=model, kept=kept, tell=tell)
    run.close(done.outcome, f"report.html, matrix.xlsx and the tables are in {out}")
    if not done.is_complete:
        raise typer.Exit(1)


def _wanted(
    *,
    source: list[Source] | None,
    authority: list[str] | None,
    since: str,
    limit: int | None,
    urls: Path | None,
    moderngov: str,
    committee: list[str] | None,
    site: str,
    megabytes: int,
    check_after: int,
) -> Wanted:
    from pipeline.fetching.wanted import Wanted

    if source is None or not source:
        source = [] if urls or moderngov else list(OFSTED)
    return Wanted(
        sources=tuple(source),
        authorities=tuple(authority or ()),
        since=options.first_day(since),
        urls=urls,
        moderngov=moderngov,
        committees=tuple(committee or ()),
        site=site,
        limit=limit,
        bytes=megabytes * options.MB,
        check_after=check_after,
    )


def _manners(contact: str, pause: float, timeout: float, site: str) -> Manners:
    from pipeline.fetching.web import Manners

    if pause < DEFAULT_PAUSE and not site:
        raise typer.BadParameter("A --pause of less than 1 needs a mirror of your own: --site.")

    return Manners(pause=pause, contact=contact, timeout=timeout)


def _print_fetched(done: Fetched, to: Path | None) -> None:
    """Print what came, unless it was a dry run (`to` is None), and what did not."""
    for row in done.failed[:SHOWN]:
        say(f"  not fetched: {row.reason}", err=True)
    if (left := len(done.failed) - SHOWN) > 0:
        say(f"  and {left} more not fetched, which manifest.csv lists", err=True)
    # Nothing else tells of these.
    for problem in done.problems:
        say(f"  Note: {problem}", err=True)
    if to is None:
        return
    n_bytes = sum(int(row.bytes) for row in (*done.new, *done.replaced))
    parts = [f"Fetched {counted(len(done.new), 'new report')}"]
    if done.replaced:
        parts.append(f"{len(done.replaced)} in place of older ones")
    parts[-1] += f" ({n_bytes / options.MB:.1f} MB)"
    parts.append(f"{done.n_unchanged} unchanged")
    for rows, what in (
        (done.failed, "not fetched, to be tried again next time"),
        (done.waiting, "left for next time"),
        (done.delisted, "no longer listed by their publisher (the files stay)"),
    ):
        if rows:
            parts.append(f"{len(rows)} {what}")
    say(
        f"{', '.join(parts)}. {counted(done.n_requests, 'request')}. "
        f"{to / 'manifest.csv'} lists them.",
        err=True,
    )
