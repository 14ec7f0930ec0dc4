"""The tables of a run for notebooks and scripts: matrix, evidence, comparisons, pictures.

Everything is a plain data frame, or has one: `run.cells`, `run.evidence(...).frame`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from html import escape
from pathlib import Path

import pandas as pd

from pipeline import stages
from pipeline.base.characters import plain_text
from pipeline.base.codebook import STANCES, Theme, name_themes
from pipeline.base.columns import BY_MONTH, MEASURES
from pipeline.base.names import check_known
from pipeline.base.paths import OUTPUTS
from pipeline.base.settings import DEFAULT_SETTINGS, Settings
from pipeline.base.tables import read_table
from pipeline.documents.authorities import authorities_beside, pick_authority
from pipeline.matrix.cells import count_by_document, pivot_matrix
from pipeline.matrix.changes import compare_years, whole_inspections
from pipeline.matrix.compare import SLICED_BY, document_dates
from pipeline.matrix.evidence import collect_evidence, sort_by_cell
from pipeline.matrix.intervals import Errors, add_shares, read_errors
from pipeline.matrix.pairs import compare_authorities
from pipeline.report.colours import STANCE_COLOURS
from pipeline.report.picture import Picture, change_picture, matrix_picture, shares_picture
from pipeline.running.manifest import corpus_of_run
from pipeline.validation.correct import read_corrected_card

# Showing more would make a notebook slow to scroll; `.frame` has them all.
SHOWN = 20


def open_run(folder: str | Path = OUTPUTS) -> Run:
    """The run whose tables are in `folder`, the folder given as `--out`.

    Raises `TableError`, which names the command to run, if there are none.
    """
    run = Run(Path(folder))
    _ = run.cells
    return run


def make_run(
    corpus: str | Path,
    out: str | Path = OUTPUTS,
    model: str | Path | None = None,
    settings: Settings = DEFAULT_SETTINGS,
) -> Run:
    """Do what `inspection-themes run` does, and open what it wrote.

    Files that could not be read are in `run.failures`. Raises `PipelineError` if nothing could be
    done.
    """
    stages.run(Path(corpus), Path(out), settings, model=Path(model) if model else None)
    return open_run(out)


@dataclass(frozen=True)
class Run:
    """The tables of one run, each read when it is first used."""

    folder: Path

    @cached_property
    def documents(self) -> pd.DataFrame:
        """The table `documents`; docs/tables.md describes its columns."""
        return read_table(self.folder, "documents")

    @cached_property
    def paragraphs(self) -> pd.DataFrame:
        """The table `paragraphs`; docs/tables.md describes its columns."""
        return read_table(self.folder, "paragraphs")

    @cached_property
    def failures(self) -> pd.DataFrame:
        """The table `failures`; docs/tables.md describes its columns."""
        return read_table(self.folder, "failures")

    @cached_property
    def tags(self) -> pd.DataFrame:
        """The table `tags`; docs/tables.md describes its columns."""
        return read_table(self.folder, "tags")

    @cached_property
    def cells(self) -> pd.DataFrame:
        """The table `cells`; docs/tables.md describes its columns."""
        return read_table(self.folder, "cells")

    @cached_property
    def stances(self) -> pd.DataFrame:
        """The table `stances`; docs/tables.md describes its columns."""
        return read_table(self.folder, "stances")

    @cached_property
    def slices(self) -> pd.DataFrame:
        """The table `slices`; docs/tables.md describes its columns."""
        return read_table(self.folder, "slices")

    @cached_property
    def standouts(self) -> pd.DataFrame:
        """The table `standouts`; docs/tables.md describes its columns."""
        return read_table(self.folder, "standouts")

    @cached_property
    def funnel(self) -> pd.DataFrame:
        """The table `funnel`; docs/tables.md describes its columns."""
        return read_table(self.folder, "funnel")

    @cached_property
    def changes(self) -> pd.DataFrame:
        """The table `changes`; docs/tables.md describes its columns."""
        return read_table(self.folder, "changes")

    @cached_property
    def progress(self) -> pd.DataFrame:
        """The table `progress`; docs/tables.md describes its columns."""
        return read_table(self.folder, "progress")

    @cached_property
    def corrections(self) -> pd.DataFrame:
        """The table `corrections`; docs/tables.md describes its columns."""
        return read_table(self.folder, "corrections")

    @cached_property
    def kinds(self) -> pd.DataFrame:
        """The table `kinds`; docs/tables.md describes its columns."""
        return read_table(self.folder, "kinds")

    @cached_property
    def standard(self) -> pd.DataFrame:
        """The table `standard`; docs/tables.md describes its columns."""
        return read_table(self.folder, "standard")

    @cached_property
    def themes(self) -> dict[str, Theme]:
        """The themes by their id; `run.themes["camhs"].definition` says what one means.

        Provisional themes that are not counted are only in `tags`.
        """
        return name_themes(self.cells["theme"])

    @cached_property
    def errors(self) -> dict[tuple[str, str], Errors]:
        """How often the model was wrong, by document type and theme, where that is known."""
        return read_errors(read_corrected_card(self.folder))

    @cached_property
    def _counted(self) -> pd.DataFrame:
        return self.tags[self.tags["theme"].isin(list(self.themes))]

    @cached_property
    def _counts(self) -> pd.DataFrame:
        return count_by_document(self._counted, self.documents, self.standard)

    def matrix(self, by: str = "share") -> pd.DataFrame:
        """A row for each authority, a column for each theme; `by` is one of `MEASURES`."""
        check_known(by, MEASURES, "measure")
        return pivot_matrix(self.cells, by).set_index("authority")[list(self.themes)]

    def evidence(
        self,
        theme: str | None = None,
        authority: str | None = None,
        *,
        stance: str | None = None,
        year: int | None = None,
        search: str | None = None,
    ) -> Evidence:
        """The tagged paragraphs that match, the surest first; a notebook highlights them.

        Those that are not counted, because many reports have them, are `standard`.

        `search` is matched as plain text, ignoring case and which apostrophes, quotation marks and
        hyphens are printed. Raises `TableError` for a name that is not in the tables and suggests
        similar ones.
        """
        rows = self._evidence
        if authority is not None:
            rows = rows[rows["authority"] == self._pick(authority)]
        for column, value, names in (
            ("theme", theme, self.themes),
            ("stance", stance, STANCES),
        ):
            if value is not None:
                check_known(value, names, column)
                rows = rows[rows[column] == value]
        if year is not None:
            dates = self.documents.set_index("source_file")
            years = document_dates(dates).dt.year
            rows = rows[rows["source_file"].map(years) == year]
        if search:
            sought = plain_text(search)
            rows = rows[rows["text"].map(lambda text: sought in plain_text(text)).astype(bool)]
        rows = rows.sort_values("probability", ascending=False, kind="stable")
        return Evidence(rows.reset_index(drop=True), self.themes)

    @cached_property
    def _evidence(self) -> pd.DataFrame:
        rows = sort_by_cell(collect_evidence(self._counted, self.paragraphs, self.documents))
        return rows.assign(standard=rows["paragraph_id"].isin(self.standard["paragraph_id"]))

    def compare(self, authority: str, earlier: int, later: int) -> pd.DataFrame:
        """An authority's whole inspections of two years against each other, by theme.

        Columns as in the table `changes`: `comparison` says whether both were under the same
        framework; if not, `difference` is that of the departures from the averages of the
        frameworks. Raises `TableError` naming the years that have a whole inspection.
        """
        authority = self._pick(authority)
        table = compare_years(self._counts, authority, earlier, later, self.errors)
        difference = ["comparison", "difference", "difference_low", "difference_high"]
        first = ["theme", "earlier_share", "later_share", *difference, "balance_moved"]
        return table[[*first, *(c for c in table.columns if c not in first)]]

    def compare_with(self, authority: str, other: str | None = None) -> pd.DataFrame:
        """What differs between two authorities, or (None) between one and its neighbours together.

        Columns as in `pairs.compare_authorities`: differences of shares and of the balance of
        strengths and concerns, like for like, each with its 95% interval and what it comes to.
        """
        authority = self._pick(authority)
        if other is None:
            near = read_table(self.folder, "neighbours")
            others = set(near.loc[near["authority"] == authority, "neighbour"])
        else:
            others = {self._pick(other)}
        return compare_authorities(self._counts, authority, others, self.themes, self.errors)

    def _pick(self, authority: str) -> str:
        extra = authorities_beside(corpus_of_run(self.folder))
        return pick_authority(authority, self.cells["authority"], extra)

    def plot_matrix(self, authorities: str | Iterable[str] | None = None) -> Picture:
        """The heat map of all authorities, of one or of some, in any spelling."""
        cells = self.cells
        if authorities is not None:
            named = [authorities] if isinstance(authorities, str) else authorities
            cells = cells[cells["authority"].isin([self._pick(name) for name in named])]
        return matrix_picture(cells, self.themes)

    def plot_theme(self, theme: str, by: str = "authority") -> Picture:
        """Shares of a theme with intervals, by authority or by one of the slices."""
        check_known(theme, self.themes, "theme")
        check_known(by, ("authority", *SLICED_BY), "slice")
        if by == "authority":
            table = self.cells[self.cells["theme"] == theme].sort_values("share", ascending=False)
        else:
            table = self.slices[(self.slices["slice"] == by) & (self.slices["theme"] == theme)]
        label = by if by == "authority" else "value"
        table = table.assign(**{label: table[label].replace("", "(not stated)")})
        title = f"{self.themes[theme].title}, by {by.replace('_', ' ')}"
        return shares_picture(table.reset_index(drop=True), label, title)

    def plot_change(self, authority: str) -> Picture:
        """The share of each theme over time, in the dated documents of an authority.

        A line joins whole inspections under one framework; other documents stand alone.
        """
        authority = self._pick(authority)
        own = self._counts[self._counts["authority"] == authority]
        own = add_shares(own.assign(on=document_dates(own)).dropna(subset="on"), self.errors)
        own["series"] = own["framework"].where(own.index.isin(whole_inspections(own).index), "")
        return change_picture(own, self.themes, authority)

    def __repr__(self) -> str:
        return (
            f"Run({str(self.folder)!r}: {len(self.documents)} documents, "
            f"{self.cells['authority'].nunique()} authorities, {len(self.themes)} themes)"
        )


@dataclass(frozen=True)
class Evidence:
    """Tagged paragraphs: `frame` has them all; a notebook shows the first `SHOWN`."""

    frame: pd.DataFrame
    themes: dict[str, Theme]

    def __len__(self) -> int:
        return len(self.frame)

    def __repr__(self) -> str:
        return f"Evidence({len(self)} paragraphs; .frame is the table)"

    def _repr_html_(self) -> str:
        cards = [self._card(row) for row in self.frame.head(SHOWN).itertuples(index=False)]
        left = len(self) - len(cards)
        rest = f"<p>{left} more in <code>.frame</code>.</p>" if left > 0 else ""
        return f"<p><b>{len(self)} paragraphs</b></p>{''.join(cards)}{rest}"

    def _card(self, row) -> str:
        colour = STANCE_COLOURS.get(row.stance, "#9aa0a6")
        published = row.published_on
        if not pd.isna(published) and row.published_precision == BY_MONTH:
            published = f"{published:%B %Y}"
        parts = [row.authority, row.document_type, published, f"page {row.page}"]
        source = escape(row.source_file)
        if row.url:
            source = f'<a href="{escape(row.url)}">{source}</a>'
        where = " · ".join(str(part) for part in parts if part and not pd.isna(part))
        theme = self.themes[row.theme].title if row.theme in self.themes else row.theme
        lead_in = f"<i>{escape(row.lead_in)}</i><br>" if row.lead_in else ""
        small = '<div style="opacity:.75;font-size:.85em">'
        return (
            f'<div style="border-left:5px solid {colour};padding:.3em 1em;margin:.8em 0;'
            f'max-width:48em;text-align:left">'
            f"{small}{escape(where)}<br>{escape(row.heading)}</div>{lead_in}{_marked(row)}"
            f"{small}{escape(theme)}: {escape(row.stance)} ({row.probability:.2f}) · "
            f"{source}</div></div>"
        )


def _marked(row) -> str:
    if pd.isna(row.carries_from) or pd.isna(row.carries_to):
        return escape(row.text)
    start, end = int(row.carries_from), int(row.carries_to)
    before, inside, after = (
        escape(part) for part in (row.text[:start], row.text[start:end], row.text[end:])
    )
    mark = '<mark style="background:#fff1a8;color:#1a1a1a">'
    return f"{before}{mark}{inside}</mark>{after}"
