"""What came of a run, and what to know before using its numbers."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import pyarrow.parquet as pq

from pipeline.base.columns import DUPLICATE, EXTRACT, HIDDEN, MARKED, MISSPELT, PAGES
from pipeline.base.settings import DEFAULT_SETTINGS, Settings
from pipeline.base.tables import read_card, read_table
from pipeline.documents.overrides import OVERRIDES_FILE
from pipeline.matrix.provisional import say_provisional, themes_left_out

if TYPE_CHECKING:
    from pipeline.report.news import News

# Failures that leave a run complete.
HARMLESS = (DUPLICATE, HIDDEN, MISSPELT)


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of reading a corpus; `unchanged` says that nothing had to be done.

    `failures` is the table of that name: what was not read, or only in part; copies. `kinds`
    and `standouts` are tables, too; None if no matrix was made. `news` is what came, went and
    moved since the run before; None if it is not known. `outdated` says that the run has a
    validation of its own that cannot be used, `unread_corrections` why readers' corrections cannot
    be shown; both empty if not. `provisional` has a line on each provisional theme.
    """

    n_documents: int
    failures: pd.DataFrame
    unchanged: bool = False
    kinds: pd.DataFrame | None = None
    standouts: pd.DataFrame | None = None
    news: News | None = None
    outdated: str = ""
    unread_corrections: str = ""
    provisional: tuple[str, ...] = ()

    @property
    def remarks(self) -> list[str]:
        """What to know before using the numbers: kinds not validated or familiar, false flags."""
        from pipeline.matrix.standouts import say_false_flags

        if self.kinds is None or self.standouts is None:
            return []
        unknown = self.kinds[~self.kinds["validated"] | self.kinds["unfamiliar"]]
        remarks = [f"{row.kind}: {row.note}" for row in unknown.itertuples()]
        remarks.append(f"{say_false_flags(self.standouts)}.")
        others = filter(None, (self.outdated, self.unread_corrections))
        return [*remarks, *self.provisional, *others]

    @property
    def unread(self) -> pd.DataFrame:
        """The documents that were not read."""
        return self._at(EXTRACT)

    @property
    def stray_overrides(self) -> pd.DataFrame:
        """The rows of `documents.csv` about files that are not there."""
        return self._at(OVERRIDES_FILE)

    @property
    def read_in_part(self) -> pd.DataFrame:
        """What was not read of documents that were: pages that are pictures, or fields."""
        return self._at(PAGES)

    @property
    def unmarked(self) -> pd.DataFrame:
        """The documents in which not all sentences could be marked."""
        return self._at(MARKED)

    @property
    def duplicates(self) -> pd.DataFrame:
        """The files whose document is counted under another name."""
        return self._at(DUPLICATE)

    @property
    def hidden(self) -> pd.DataFrame:
        """The files that were not read because they are hidden."""
        return self._at(HIDDEN)

    @property
    def misspelt(self) -> pd.DataFrame:
        """The documents whose authority looks misspelt in `documents.csv`."""
        return self._at(MISSPELT)

    @property
    def harmful(self) -> pd.DataFrame:
        """The failures that matter: not copies, hidden files or names to check."""
        return self.failures[~self.failures["stage"].isin(HARMLESS)]

    @property
    def is_complete(self) -> bool:
        """Whether everything was read and used."""
        return self.harmful.empty

    def _at(self, stage: str) -> pd.DataFrame:
        return self.failures[self.failures["stage"] == stage]


def read_outcome(
    out: Path,
    settings: Settings,
    *,
    unchanged: bool = False,
    matrix: bool = False,
    news: News | None = None,
) -> Outcome:
    """The outcome of what was written to `out`; `matrix` says that a matrix is there, too."""
    from pipeline.labelling.corrections import say_unread_corrections
    from pipeline.validation.correct import say_outdated

    failures = read_table(out, "failures")
    n_documents = pq.read_metadata(out / "documents.parquet").num_rows
    kinds, standouts = (
        read_table(out, name) if matrix else None for name in ("kinds", "standouts")
    )
    outdated = say_outdated(out) if matrix else ""
    unread = say_unread_corrections() if matrix else ""
    provisional = tuple(say_provisional_themes(out, settings)) if matrix else ()
    return Outcome(
        n_documents, failures, unchanged, kinds, standouts, news, outdated, unread, provisional
    )


def say_provisional_themes(out: Path, settings: Settings = DEFAULT_SETTINGS) -> list[str]:
    """A line on each provisional theme of the model that tagged the paragraphs in `out`."""
    card = read_card(out)
    return say_provisional(card, themes_left_out(card, settings.with_themes))
