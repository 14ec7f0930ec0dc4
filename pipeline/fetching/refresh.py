"""One command for a scheduler: fetch what is new, then run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pipeline import stages
from pipeline.base.errors import FetchError
from pipeline.base.settings import DEFAULT_SETTINGS, Settings
from pipeline.fetching.fetch import Fetched, fetch
from pipeline.fetching.wanted import Wanted
from pipeline.fetching.web import Clock, Manners, RequestError
from pipeline.running.listing import has_documents


@dataclass(frozen=True)
class Refreshed:
    """What was fetched (or why nothing could be), and the result of the run."""

    fetched: Fetched | None
    trouble: FetchError | None
    outcome: stages.Outcome

    @property
    def is_complete(self) -> bool:
        """Whether everything was fetched, read and used."""
        return bool(self.fetched and self.fetched.is_complete) and self.outcome.is_complete


def refresh(
    to: Path,
    out: Path,
    wanted: Wanted,
    manners: Manners | None = None,
    settings: Settings = DEFAULT_SETTINGS,
    *,
    model: Path | None = None,
    kept: Path | str | None = None,
    clock: Clock | None = None,
    tell: Callable[[Fetched | FetchError], None] = lambda _: None,
) -> Refreshed:
    """Fetch into the folder `to`, then write the matrix of all that is there to `out`.

    If the sources cannot be reached, the reports that are there are run all the same. What was
    fetched, or why nothing could be, goes to `tell` before the run: where no report came, the run
    knows only that there is none. Raises what `fetch` and `stages.run` raise if there is nothing
    to run or the run itself is impossible; what makes it so is found out before a site is asked.
    """
    stages.check_run(to, out, settings, model, kept)
    fetched, trouble = None, None
    try:
        fetched = fetch(to, wanted, manners, quiet=settings.quiet, clock=clock)
    except RequestError:
        raise
    except FetchError as error:
        if not has_documents(to):
            raise
        trouble = error
    if told := fetched or trouble:
        tell(told)
    return Refreshed(fetched, trouble, stages.run(to, out, settings, model=model, kept=kept))
