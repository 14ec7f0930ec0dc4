"""Tables of a run as sheets of the workbook: what is in them, and their headings in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pandas as pd

from pipeline.base.codebook import CLEAR_STANCES, STANCES
from pipeline.base.columns import JUDGEMENTS, NO_LONGER_GIVEN
from pipeline.matrix.changes import WHOLE
from pipeline.matrix.compare import document_dates

NO_OVERALL_GRADE, NOT_GIVEN, NOT_STATED = "no overall grade given", "not given", "not stated"
# Columns are called as in docs/tables.md; of a column that is not here, the words are its name.
HEADINGS = {
    "n_documents": "Documents",
    "n_paragraphs": "Paragraphs",
    "n_words": "Words",
    "n_tagged": "Paragraphs about the theme",
    "share_low": "95% interval from",
    "share_high": "95% interval to",
    "share_corrected": "Corrected share",
    "n_not_validated": "Paragraphs not validated",
    "per_1000_words": "Per 1,000 words",
    "text": "Paragraph",
    "lead_in": "Line before the list",
    "source_file": "File",
    "url": "At the publisher",
    "published_on": "Published",
    "published_precision": "Date exact to the",
    "on": "Date",
    "kind": "Document type",
    "n_validated": "Paragraphs validated",
    "unfamiliar": "Unfamiliar to the model",
    "earlier_on": "Earlier inspection",
    "later_on": "Later inspection",
    "about": "Judgement or theme",
    "name": "Which",
    "lscb": "LSCB",
    "cell": "Number of the cell",
    **{f"n_{stance}": stance.capitalize() for stance in STANCES},
    **{
        f"{stance}_{what}": f"{stance.capitalize()}: {words}"
        for stance in CLEAR_STANCES
        for what, words in (
            ("share", "share"),
            ("low", "95% interval from"),
            ("high", "95% interval to"),
            ("corrected", "corrected share"),
        )
    },
}


WHOSE_INTERVAL = "The interval is of the corrected share where there is one"


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table as it is to be written, and what it is in a sentence.

    `addresses` are those of the documents in its column `source_file`, row by row.
    """

    name: str
    what: str
    table: pd.DataFrame
    addresses: tuple[str, ...] = ()


def heading_of(column: str) -> str:
    """The words for a column.

    >>> heading_of("n_tagged"), heading_of("help_and_protection")
    ('Paragraphs about the theme', 'Help and protection')
    """
    words = column.replace("_", " ")
    return HEADINGS.get(column) or words[:1].upper() + words[1:]


def build_sheets(
    tables: Mapping[str, pd.DataFrame],
    documents: pd.DataFrame,
    link_of: Callable[[str, int], str],
) -> list[Sheet]:
    """The sheets beside the matrix and its evidence.

    `tables` has stances, slices, progress and kinds as `columns` declares them; `link_of(source
    file, page)` gives the address of a document.
    """
    progress = tables["progress"].drop(columns=["earlier_doc_id", "later_doc_id"])
    return [
        Sheet(
            "stances",
            "of the paragraphs of each cell, how many name a strength or a concern, and as a "
            f"share. {WHOSE_INTERVAL}",
            stances_by_cell(tables["stances"]),
        ),
        grades_over_time(documents, link_of),
        Sheet(
            "years",
            f"each theme over the years, all documents. {WHOSE_INTERVAL}",
            themes_by_year(tables["slices"]),
        ),
        Sheet("progress", "what moved between an authority's whole inspections", progress),
        Sheet(
            "kinds", "the kinds of document, and on which the tags are validated", tables["kinds"]
        ),
    ]


def stances_by_cell(stances: pd.DataFrame) -> pd.DataFrame:
    """The table `stances` with a row for each authority and theme."""
    cells = stances[["authority", "theme", "n_tagged"]].drop_duplicates(ignore_index=True)
    parts = {}
    for stance in STANCES:
        own = stances[stances["stance"] == stance].set_index(["authority", "theme"])
        own = own.reindex(pd.MultiIndex.from_frame(cells[["authority", "theme"]]))
        parts[stance] = own.reset_index(drop=True)
    table = cells.assign(**{f"n_{stance}": own["n"] for stance, own in parts.items()})
    # Of the others there are only numbers.
    for stance in CLEAR_STANCES:
        own = parts[stance]
        # Without tagged paragraphs there is nothing of which to be a share.
        there = cells["n_tagged"] > 0
        table[f"{stance}_share"] = own["share"].where(there)
        table[f"{stance}_low"] = own["share_low"].where(there)
        table[f"{stance}_high"] = own["share_high"].where(there)
        if own["share_corrected"].notna().any():
            table[f"{stance}_corrected"] = own["share_corrected"].where(there)
    return table


def grades_over_time(documents: pd.DataFrame, link_of: Callable[[str, int], str]) -> Sheet:
    """Each whole inspection, and any other document that gives a grade, by authority and date."""
    graded = documents[list(JUDGEMENTS)].ne("").any(axis=1)
    rows = documents[graded | (documents["document_type"] == WHOLE)]
    rows = rows.assign(on=document_dates(rows)).sort_values(["authority", "on", "source_file"])
    # A framework without an overall grade has none to give; another may say nothing of a part.
    words = {NO_LONGER_GIVEN: NO_OVERALL_GRADE, "": NOT_GIVEN}
    for name in JUDGEMENTS:
        rows[name] = rows[name].fillna("").replace(words)
    rows["on"] = rows["on"].dt.date
    addresses = tuple(link_of(name, 1) for name in rows["source_file"])
    columns = [
        "authority", "on", "published_precision", "framework", "document_type", *JUDGEMENTS,
        "source_file",
    ]  # fmt: skip
    return Sheet(
        "grades",
        "each inspection with its grades, by authority and date",
        rows[columns].reset_index(drop=True),
        addresses,
    )


def themes_by_year(slices: pd.DataFrame) -> pd.DataFrame:
    """Of the table `slices` the years, with a row for each theme and year."""
    rows = slices[slices["slice"] == "year"]
    years = [int(year) if year else NOT_STATED for year in rows["value"]]
    columns = [
        "theme", "year", "n_documents", "n_paragraphs", "n_tagged", "share", "share_low",
        "share_high", "share_corrected", *(f"n_{stance}" for stance in STANCES),
    ]  # fmt: skip
    order = {theme: n for n, theme in enumerate(dict.fromkeys(rows["theme"]))}
    table = rows.assign(year=years, _order=rows["theme"].map(order), _year=rows["value"])
    return table.sort_values(["_order", "_year"], ignore_index=True)[columns]
