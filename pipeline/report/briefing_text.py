"""What a briefing on an authority says: grades, praise and concern, neighbours, quotations.

Everything comes from the tables of a run. `briefing` puts it into a Word file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipeline.base.codebook import Theme
from pipeline.base.columns import BY_MONTH, NO_LONGER_GIVEN
from pipeline.base.counted import counted
from pipeline.matrix.changes import (
    DOWN,
    LEVEL,
    SAME,
    UNCLEAR,
    UP,
    WHOLE,
    balances_of_few,
    grade_moved,
    say_stances,
    without_copies,
)
from pipeline.matrix.compare import document_dates
from pipeline.matrix.evidence import collect_evidence
from pipeline.matrix.intervals import FEW, SURE, share_interval
from pipeline.matrix.standouts import NEIGHBOURHOOD
from pipeline.report.quotations import Quotation, choose_quotations, say_day

JUDGEMENTS = {
    "overall_effectiveness": "Overall effectiveness",
    "help_and_protection": "Help and protection",
    "children_in_care": "Children in care",
    "adoption": "Adoption",
    "care_leavers": "Care leavers",
    "leadership": "Leadership",
    "lscb": "Safeguarding children board",
}
GRADE_MOVED = {UP: "better", DOWN: "worse", LEVEL: "the same"}
# What two pages hold. Themes that most is said of come first; the report has all of them.
MOST_THEMES, MOST_LISTED = 7, 5
# From a balance of 0.5 on, more is praised than is a worry.
EVEN = 0.5


@dataclass(frozen=True, slots=True)
class Table:
    """A table with one header row; `description` is what a screen reader says of it."""

    description: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Points:
    """A bulleted list."""

    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """How many strengths and concerns each theme has, `earlier` and `later`: (title, strengths,
    concerns) each. `earlier` is empty if there is nothing to compare with."""

    description: str
    earlier_label: str
    later_label: str
    earlier: tuple[tuple[str, int, int], ...]
    later: tuple[tuple[str, int, int], ...]


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and what stands below it; a plain text is a paragraph."""

    heading: str
    parts: tuple[str | Points | Table | Chart | Quotation, ...]


@dataclass(frozen=True, slots=True)
class Briefing:
    """All that a briefing says, in order."""

    authority: str
    title: str
    subtitle: str
    sections: tuple[Section, ...]


@dataclass(frozen=True, slots=True)
class Tables:
    """The tables of a run that a briefing is made from.

    `documents`, `neighbours`, `standouts`, `cells`, `changes` and `kinds` may be of the whole run;
    `paragraphs`, `tags` and `counts` (of `cells.count_by_document`) need be of the authority only.
    `card` is the model's.
    """

    documents: pd.DataFrame
    paragraphs: pd.DataFrame
    tags: pd.DataFrame
    counts: pd.DataFrame
    cells: pd.DataFrame
    changes: pd.DataFrame
    neighbours: pd.DataFrame
    standouts: pd.DataFrame
    kinds: pd.DataFrame
    themes: Mapping[str, Theme]
    card: Mapping


def write_briefing(authority: str, tables: Tables, link_of: Callable[[str, int], str]) -> Briefing:
    """The briefing on an authority that has a document in the run.

    `link_of` gives the local address of a page of a source file (see `report.links`); it is used
    where a document has no public one.
    """
    return _Writer(authority, tables, link_of).write()


class _Writer:
    """Writes the sections of one briefing."""

    def __init__(self, authority: str, tables: Tables, link_of: Callable[[str, int], str]) -> None:
        self.authority, self.tables, self.link_of = authority, tables, link_of
        own = tables.documents[tables.documents["authority"] == authority]
        counts = tables.counts[tables.counts["authority"] == authority]
        # Those that are counted, without the standard ones.
        n_paragraphs = counts.drop_duplicates("doc_id").set_index("doc_id")["n_paragraphs"]
        own = own.assign(
            on=document_dates(own),
            n_paragraphs=own["doc_id"].map(n_paragraphs).fillna(0).astype("int64"),
        )
        # The newest first, of one day as `changes` has them; those without a date last.
        self.documents = own.sort_values(["on", "doc_id"], ascending=False, na_position="last")
        # They have grades whatever their framework, and if no paragraph could be read.
        whole = self.documents[self.documents["document_type"] == WHOLE]
        self.whole = without_copies(whole.dropna(subset="on"))
        self.sought = _sought(whole)
        # What it is about: the latest whole inspection, or failing that the latest report.
        read = self.documents[self.documents["n_paragraphs"] > 0]
        first = self.whole if len(self.whole) else read if len(read) else self.documents
        self.latest = first.iloc[0]
        self.before = self.whole.iloc[1] if len(self.whole) > 1 else None
        self.shown = [self.latest] if self.before is None else [self.before, self.latest]
        latest = counts[counts["doc_id"] == self.latest["doc_id"]]
        self.counted = latest.sort_values("n_tagged", ascending=False, kind="stable")
        self.stances = self.counted.head(MOST_THEMES)
        self.left_out = len(self.counted) - len(self.stances)

    def write(self) -> Briefing:
        n = len(self.documents)
        dated = self.documents["on"].dropna()
        when = f"{', the latest' if n > 1 else ''} of {dated.iloc[0]:%B %Y}" if len(dated) else ""
        return Briefing(
            self.authority,
            f"{self.authority}: what inspection reports say",
            f"From {counted(n, 'report')}{when}",
            (
                Section("Grades", tuple(self._grades())),
                Section("What was praised, and what was a worry", tuple(self._praise())),
                Section("Better or worse since the last inspection", tuple(self._change())),
                Section("Against its statistical neighbours", tuple(self._neighbours())),
                Section("In the words of the reports", tuple(self._quotations())),
                Section("How sure the numbers are", (self._sure(),)),
            ),
        )

    def _grades(self) -> Iterable[str | Table]:
        if not len(self.whole):
            yield (
                f"There is no {self.sought} of children’s services in this run, so there are no "
                "grades to show."
            )
            yield from self._others()
            return
        yield self._say_overall()
        if rows := self._judgement_rows():
            moved = ("Moved",) if self.before is not None else ()
            header = ("Judgement", *map(_label, self.shown), *moved)
            which = "two last whole inspections" if moved else "only whole inspection"
            yield Table(f"Judgements of the {which}", header, rows)
            if any("adequate" in row for row in rows):
                yield "“Adequate” is what “requires improvement” used to be called."
        if len(self.whole) > 2:
            older = [
                f"{_grade(row.overall_effectiveness)} ({row.on:%B %Y})"
                for row in self.whole.iloc[2:].itertuples()
            ]
            yield f"Overall before that: {'; '.join(older)}."
        yield from self._others()

    def _say_overall(self) -> str:
        grade, label = self.latest["overall_effectiveness"], _label(self.latest)
        if grade == NO_LONGER_GIVEN:
            said = (
                f"The latest whole inspection ({label}) gives no overall grade: none has been "
                "given since April 2026."
            )
        elif not grade:
            said = f"No overall grade could be read from the latest whole inspection ({label})."
        else:
            said = f"Overall effectiveness in the latest whole inspection ({label}): {grade}."
        if self.before is None:
            return f"{said} It is the only one in this run."
        if earlier := self.before["overall_effectiveness"]:
            return f"{said} The one before ({_label(self.before)}): {_grade(earlier)}."
        return said

    def _judgement_rows(self) -> tuple[tuple[str, ...], ...]:
        rows = []
        for name, title in JUDGEMENTS.items():
            grades = [document[name] for document in self.shown]
            row = (title, *map(_grade, grades))
            if self.before is not None:
                row = (*row, GRADE_MOVED.get(grade_moved(*grades), "cannot be compared"))
            if any(grades):
                rows.append(row)
        return tuple(rows)

    def _others(self) -> Iterable[str]:
        others = self.documents[~self.documents["doc_id"].isin(self.whole["doc_id"])]
        if others.empty:
            return
        named = [_name(row) for _, row in others.head(MOST_LISTED).iterrows()]
        if (left := len(others) - len(named)) > 0:
            named.append(f"{left} more")
        yield f"{'Also read' if len(self.whole) else 'Read'}: {'; '.join(named)}."

    def _praise(self) -> Iterable[str | Table | Chart]:
        n = int(self.latest["n_paragraphs"])
        about = f"the latest {'whole inspection' if len(self.whole) else 'report'}"
        about = f"{about} ({_name(self.latest)})"
        if not n:
            yield f"No paragraph of {about} could be counted."
            return
        yield (
            f"Counted in the {n} paragraphs of {about}; one may be about "
            "several themes. In brackets, where there are few: the 95% interval of the share of "
            "praise among praise and concern."
        )
        if not len(self.whole) and self.latest["document_type"] != WHOLE:
            yield (
                f"This is {_article(self.latest['document_type'])}, which looks at only a part of "
                "the services."
            )
        rows = tuple(
            (
                self._title(row.theme),
                str(row.n_tagged),
                str(row.n_strength),
                str(row.n_concern),
                str(row.n_mixed + row.n_neutral),
                say_balance(row.n_tagged, row.n_strength, row.n_concern),
            )
            for row in self.stances.itertuples()
        )
        header = ("Theme", "Paragraphs", "Strengths", "Concerns", "Mixed or neutral", "In all")
        yield Table("Strengths and concerns by theme in the latest report", header, rows)
        if self.left_out:
            yield f"{self.left_out} themes of which less is said are in report.html."
        if self.stances[["n_strength", "n_concern"]].to_numpy().sum():
            yield self._chart()

    def _chart(self) -> Chart:
        later = tuple(
            (self._title(row.theme), int(row.n_strength), int(row.n_concern))
            for row in self.stances.itertuples()
        )
        earlier: tuple[tuple[str, int, int], ...] = ()
        label = ""
        if self.before is not None:
            was = self.tables.counts[self.tables.counts["doc_id"] == self.before["doc_id"]]
            was = was.set_index("theme").loc[self.stances["theme"]]
            if was["n_paragraphs"].any():
                label = _label(self.before)
                earlier = tuple(
                    (self._title(theme), int(row["n_strength"]), int(row["n_concern"]))
                    for theme, row in was.iterrows()
                )
        spoken = "; ".join(f"{title}: {say_stances(s, c)}" for title, s, c in later)
        description = f"Strengths and concerns by theme, {_label(self.latest)}. {spoken}."
        if earlier:
            spoken = "; ".join(f"{title}: {s} and {c}" for title, s, c in earlier)
            description += f" {label}: {spoken}."
        return Chart(description, label, _label(self.latest), earlier, later)

    def _change(self) -> Iterable[str | Points]:
        if self.before is None:
            yield (
                "There is only one whole inspection in this run, and only whole inspections are "
                "compared over time."
                if len(self.whole)
                else f"There is no {self.sought} in this run to compare with another."
            )
            return
        changes = self._changes()
        few = balances_of_few(changes)
        many = changes["balance_moved"].mask(few)
        points = []
        for moved, word in ((UP, "Better"), (DOWN, "Worse")):
            judged = self._judgements(moved)
            if judged:
                points.append(f"{word}, by grade: {', '.join(judged)}.")
            rows = changes[many == moved].itertuples()
            points += [f"{word}, by what is said: {self._say_moved(row)}." for row in rows]
        none = changes["balance_moved"] == ""
        for rows, words in (
            (changes[many == UNCLEAR], "No clear change in what is said"),
            (changes[few & ~none], "Too few strengths and concerns to say"),
            (changes[none], "Nothing to compare"),
        ):
            if len(rows):
                said = "; ".join(self._say_moved(row) for row in rows.itertuples())
                points.append(f"{words}: {said}.")
        for row in changes.itertuples():
            if row.difference_low > 0 or row.difference_high < 0:
                points.append(self._say_share(row))
        if points:
            yield Points(tuple(points))
        if changes.empty:
            yield (
                "What the two inspections say of each theme is not compared: the framework of one "
                "is not known, or no paragraph of it could be counted."
            )
        elif (changes["comparison"] != SAME).any():
            yield (
                f"The two inspections had different frameworks ({self.before['framework']} and "
                f"{self.latest['framework']}). A change is called clear only if it is more than "
                "chance would explain."
            )

    def _say_share(self, row) -> str:
        """More or less than before; across frameworks, than others who had the same one."""
        more = "More" if row.difference_low > 0 else "Less"
        title, now, then = self._title(row.theme), row.later_share, row.earlier_share
        if row.comparison == SAME:
            shares = f"{now:.0%} of paragraphs, after {then:.0%}"
            return f"{more} is said than before of {title}: {shares}."
        return (
            f"{more} is said than before of {title}, against others inspected under the same "
            f"framework: {now:.0%} of paragraphs where they have {row.later_framework_share:.0%}, "
            f"after {then:.0%} where they had {row.earlier_framework_share:.0%}."
        )

    def _judgements(self, moved: str) -> list[str]:
        return [
            title.lower()
            for name, title in JUDGEMENTS.items()
            if grade_moved(*(document[name] for document in self.shown)) == moved
        ]

    def _say_moved(self, row) -> str:
        """Three strengths and two concerns, with seven mixed, are not as clear as they look."""
        before = say_stances(row.earlier_n_strength, row.earlier_n_concern)
        if mixed := self._n_mixed(row.earlier_doc_id, row.theme):
            before += f", {mixed} mixed"
        now = f"{row.later_n_strength} and {row.later_n_concern}"
        if mixed := self._n_mixed(row.later_doc_id, row.theme):
            now += f", {mixed} mixed"
        return f"{self._title(row.theme)} ({before} before; {now} now)"

    def _n_mixed(self, doc_id: str, theme: str) -> int:
        counts = self.tables.counts
        own = counts[(counts["doc_id"] == doc_id) & (counts["theme"] == theme)]
        return int(own["n_mixed"].sum())

    def _neighbours(self) -> Iterable[str | Table]:
        known = self.tables.neighbours
        known = known[known["authority"] == self.authority].sort_values("position")
        if known.empty:
            yield (
                "None of its statistical neighbours has a report in this run, or they are not "
                "known."
            )
            return
        told = [self._neighbour(name) for name in known["neighbour"]]
        yield f"Neighbours with reports in this run, nearest first: {'; '.join(told)}."
        rows = self.tables.standouts
        rows = rows[(rows["authority"] == self.authority) & (rows["against"] == NEIGHBOURHOOD)]
        rows = rows.set_index("theme").reindex(self.stances["theme"])
        cells = self.tables.cells
        here = cells[cells["authority"] == self.authority].set_index("theme")
        there = cells[cells["authority"].isin(known["neighbour"])]
        there = there.groupby("theme")[["n_strength", "n_concern"]].sum()
        table = tuple(
            (
                self._title(theme),
                *(
                    (f"{row['share']:.0%}", f"{row['expected_share']:.0%}")
                    if pd.notna(row["share"])
                    else ("–", "–")
                ),
                _beyond(row),
                _praise(here.loc[theme]),
                _praise(there.loc[theme]),
            )
            for theme, row in rows.iterrows()
        )
        documents = self.tables.documents
        others = documents[documents["authority"].isin(known["neighbour"])]
        header = (
            "Theme", "Share here", "Expected from there", "Difference in share",
            f"Praise here{_years(self.documents)}", f"Praise there{_years(others)}",
        )  # fmt: skip
        yield Table("Themes here and in the reports on its neighbours", header, table)
        comparable = rows["share"].notna().any()
        yield (
            "Share: paragraphs about the theme, in reports of the same type and framework"
            + ("" if comparable else ", of which there are none to compare")
            + "; expected: the share if it were like its neighbours, who are few and so drawn "
            "towards all authorities. Praise: strengths among paragraphs that name a strength or "
            "a concern, in reports of all types and years in this run together; it may be old, "
            "and is not compared."
        )

    def _neighbour(self, name: str) -> str:
        documents = self.tables.documents
        own = documents[(documents["authority"] == name) & (documents["document_type"] == WHOLE)]
        dated = own.assign(on=document_dates(own)).dropna(subset="on").sort_values("on")
        if dated.empty:
            return f"{name} (no {_sought(own)})"
        last = dated.iloc[-1]
        return f"{name} ({_grade(last['overall_effectiveness'])}, {last['on']:%Y})"

    def _quotations(self) -> Iterable[str | Quotation]:
        tables, own = self.tables, self.documents.drop(columns="on")
        ids = own["doc_id"]
        evidence = collect_evidence(
            tables.tags[tables.tags["doc_id"].isin(ids)],
            tables.paragraphs[tables.paragraphs["doc_id"].isin(ids)],
            own,
        )
        chosen = choose_quotations(evidence, own, self.counted, tables.themes, self.link_of)
        if not chosen:
            yield "No sentence that praises or worries was found that can stand on its own."
            return
        yield (
            "Under the theme and the stance of the paragraph that each stands in; of a mixed "
            "paragraph, under that of the sentence."
        )
        yield from chosen

    def _sure(self) -> str:
        kinds = self.tables.kinds
        kinds = kinds[kinds["kind"].isin(self.documents["document_type"])]
        told = [
            f"{row.kind}: "
            + (
                f"validated on {row.n_validated:,} paragraphs"
                if row.validated
                else "not validated"
            )
            for row in kinds.itertuples()
        ]
        accuracy = ((self.tables.card.get("scores") or {}).get("stance") or {}).get("accuracy")
        first = "; ".join(told)
        first = first[:1].upper() + first[1:]
        stance = (
            f"its strengths and concerns agree with a coder’s in {100 * accuracy:.0f} of 100 "
            "paragraphs"
            if accuracy
            else "how often its strengths and concerns are wrong was not recorded"
        )
        return (
            f"A trained classifier gave the themes; {stance}. {first}. "
            f"Fewer than {FEW} paragraphs prove little. Read the page before you quote a number."
        )

    def _changes(self) -> pd.DataFrame:
        """What changed between the last two whole inspections, in the themes that are listed."""
        table = self.tables.changes
        earlier, later = (document["doc_id"] for document in self.shown)
        return table[
            (table["earlier_doc_id"] == earlier)
            & (table["later_doc_id"] == later)
            & table["theme"].isin(self.stances["theme"])
        ]

    def _title(self, theme: str) -> str:
        return self.tables.themes[theme].title


def say_balance(n_tagged: int, n_strength: int, n_concern: int) -> str:
    """What the stances of a theme's paragraphs amount to, in words, with the interval of few.

    >>> say_balance(20, 18, 2), say_balance(0, 0, 0)
    ('mostly praise', 'not mentioned')
    >>> say_balance(4, 3, 1)
    'too few to say (30–95%)'
    """
    n = n_strength + n_concern
    if not n_tagged:
        return "not mentioned"
    if not n:
        return "neither praise nor concern"
    ends = share_interval(np.array([float(n_strength)]), np.array([float(n)]))
    low, high = (float(end[0]) for end in ends)
    if n < FEW:
        words = "too few to say"
    elif low > EVEN:
        words = "mostly praise"
    elif high < EVEN:
        words = "mostly concern"
    else:
        words = "praise and concern"
    return f"{words} ({100 * low:.0f}–{high:.0%})" if n < SURE else words


def _grade(grade: str) -> str:
    if grade == NO_LONGER_GIVEN:
        return "no overall grade given"
    return grade or "not given"


def _sought(whole: pd.DataFrame) -> str:
    """What there is none of, if no whole inspection has a date: not even one that has none?"""
    return "dated whole inspection" if len(whole) else "whole inspection"


def _label(document: pd.Series) -> str:
    """`ILACS, November 2021`."""
    return ", ".join(filter(None, (document["framework"], say_day(document["on"], BY_MONTH))))


def _name(document: pd.Series) -> str:
    """`focused visit on care leavers, June 2022`."""
    topic = f" on {document['topic']}" if document["topic"] else ""
    return f"{document['document_type']}{topic}, {say_day(document['on'], BY_MONTH)}"


def _article(document_type: str) -> str:
    return f"{'an' if document_type[:1].lower() in 'aeiou' else 'a'} {document_type}"


def _beyond(row: pd.Series) -> str:
    if pd.isna(row["share"]):
        return "nothing to compare"
    return row["stands_out"] or "no clear difference"


def _years(documents: pd.DataFrame) -> str:
    """`, 2013–2023`: praise of ten years together is not what is said of a service now."""
    years = document_dates(documents).dropna().dt.year
    if years.empty:
        return ""
    first, last = years.min(), years.max()
    return f", {first}" if first == last else f", {first}–{last}"


def _praise(row: pd.Series) -> str:
    n = int(row["n_strength"] + row["n_concern"])
    return f"{row['n_strength'] / n:.0%} of {n}" if n else "–"
