"""The tables passed between the stages: their columns, and the words they may hold."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from pipeline.base.codebook import CLEAR_STANCES
from pipeline.base.errors import TableError
from pipeline.base.records import is_substantive

DOCUMENT_TYPES = (
    "inspection",
    "focused visit",
    "monitoring visit",
    "assurance visit",
    "joint targeted inspection",
    "area SEND inspection",
    "youth justice inspection",
    "peer review",
    "scrutiny report",
    "cabinet report",
    "other",
)
# Written by inspectors: the visit has dates, and the file name gives the publication date.
INSPECTORATE_TYPES = DOCUMENT_TYPES[:7]

GRADES = ("outstanding", "good", "adequate", "requires improvement", "inadequate")
# What `overall_effectiveness` holds where the framework has stopped giving that judgement.
NO_LONGER_GIVEN = "no longer given"
# How exactly a document says when it came out; of a month, `published_on` is the first day.
PRECISIONS = (BY_DAY, BY_MONTH) = ("day", "month")
SUB_JUDGEMENTS = (
    "help_and_protection",
    "children_in_care",
    "adoption",
    "care_leavers",
    "leadership",
    "lscb",
)
JUDGEMENTS = ("overall_effectiveness", *SUB_JUDGEMENTS)

DOCUMENTS = [
    "doc_id",
    "source_file",
    "sha256",
    "url",
    "authority",
    "ons_code",
    "region",
    "document_type",
    "framework",
    "topic",
    "published_on",
    "published_precision",
    "inspected_from",
    "inspected_to",
    *JUDGEMENTS,
    "n_pages",
    "pages_without_text",
    "n_paragraphs",
    "n_words",
    "familiarity",
    "unfamiliar",
]
PARAGRAPHS = [
    "paragraph_id",
    "doc_id",
    "source_file",
    "position",
    "page",
    "pages",
    "heading",
    "lead_in",
    "kind",
    "boilerplate",
    "text",
]
# Of a mixed paragraph, the sentence that is the strength and the one that is the concern.
HALF_COLUMNS = tuple(f"{stance}_{end}" for stance in CLEAR_STANCES for end in ("from", "to"))
TAGS = [
    "paragraph_id",
    "doc_id",
    "theme",
    "probability",
    "tagged",
    "stance",
    "carries_from",
    "carries_to",
    *HALF_COLUMNS,
    "model_id",
]
# What is to be marked in a PDF: a sentence, and what is to be said of it. The rows of a sentence
# stand together. Passed to the process that marks, never written.
MARKS = [
    "paragraph_id",
    "doc_id",
    "position",
    "text",
    "carries_from",
    "carries_to",
    "theme",
    "stance",
    "probability",
    "colour",
]
# The rectangles that carrying sentences cover on their pages: one for each line of print.
PLACES = [
    "paragraph_id",
    "doc_id",
    "carries_from",
    "carries_to",
    "page",
    "left",
    "bottom",
    "right",
    "top",
]
# The measures of a theme in a group of paragraphs, in the tables `cells` and `slices`.
MEASURES = [
    "n_documents",
    "n_paragraphs",
    "n_words",
    "n_tagged",
    "share",
    "share_low",
    "share_high",
    "share_corrected",
    "n_not_validated",
    "per_1000_words",
    "n_strength",
    "n_concern",
    "n_mixed",
    "n_neutral",
]
CELLS = ["authority", "theme", *MEASURES]
# Of the tagged paragraphs of a cell, those with one stance.
STANCE_SHARES = [
    "authority",
    "theme",
    "stance",
    "n",
    "n_tagged",
    "share",
    "share_corrected",
    "share_low",
    "share_high",
]
# Paragraphs that stand word for word in the documents of many authorities.
STANDARD = ["paragraph_id", "doc_id", "n_authorities", "n_words"]
SLICES = ["slice", "value", "theme", *MEASURES]
KINDS = [
    "kind",
    "n_documents",
    "n_paragraphs",
    "n_validated",
    "validated",
    "familiarity",
    "unfamiliar",
    "note",
]
NEIGHBOURS = ["authority", "neighbour", "position"]
STANDOUTS = [
    "authority",
    "theme",
    "against",
    "n_tagged",
    "n_paragraphs",
    "other_n_tagged",
    "other_n_paragraphs",
    "share",
    "expected_share",
    "shrunken_share",
    "dispersion",
    "z",
    "p_value",
    "q_value",
    "stands_out",
]
FUNNEL = [
    "authority",
    "theme",
    "n_tagged",
    "n_paragraphs",
    "average",
    "adjusted_share",
    "low_998",
    "low_95",
    "high_95",
    "high_998",
    "outside",
]
# Two whole inspections of an authority, one after the other.
PAIR = [
    "authority",
    "earlier_doc_id",
    "later_doc_id",
    "earlier_on",
    "later_on",
    "earlier_framework",
    "later_framework",
    "comparison",
]
CHANGES = [
    *PAIR,
    "theme",
    "earlier_n_tagged",
    "earlier_n_paragraphs",
    "later_n_tagged",
    "later_n_paragraphs",
    "earlier_share",
    "later_share",
    "earlier_framework_share",
    "later_framework_share",
    "difference",
    "difference_low",
    "difference_high",
    "earlier_n_strength",
    "earlier_n_concern",
    "later_n_strength",
    "later_n_concern",
    "earlier_balance",
    "later_balance",
    "earlier_framework_balance",
    "later_framework_balance",
    "balance_change",
    "balance_low",
    "balance_high",
    "balance_moved",
]
PROGRESS = [*PAIR, "about", "name", "earlier", "later", "moved", "few"]
# An authority against another one, or against several together; `pairs.py` makes them.
DIFFERENCES = [
    "theme",
    "n_tagged",
    "n_paragraphs",
    "other_n_tagged",
    "other_n_paragraphs",
    "difference",
    "difference_low",
    "difference_high",
    "corrected",
    "result",
    "n_strength",
    "n_strength_or_concern",
    "other_n_strength",
    "other_n_strength_or_concern",
    "balance_difference",
    "balance_low",
    "balance_high",
    "balance_result",
]
# The cells that are other than in the run before: as they were, their new documents, as they are.
MOVEMENTS = [
    "authority",
    "theme",
    "before_n_documents",
    "before_n_paragraphs",
    "before_n_tagged",
    "before_n_strength",
    "before_n_concern",
    "before_share",
    "before_balance",
    "new_n_documents",
    "new_n_paragraphs",
    "new_n_tagged",
    "new_n_strength",
    "new_n_concern",
    "new_share",
    "new_balance",
    "n_documents",
    "n_paragraphs",
    "n_tagged",
    "n_strength",
    "n_concern",
    "share",
    "balance",
    "difference",
    "difference_low",
    "difference_high",
    "share_moved",
    "balance_change",
    "balance_low",
    "balance_high",
    "balance_moved",
]
# The paragraphs drawn to validate a run, kept in its folder `validation`.
SAMPLE = [
    "paragraph_id",
    "doc_id",
    "kind",
    "stratum",
    "n_in_stratum",
    "inclusion_probability",
    "sheet",
    "run",
]
# What they say of the tags.
VALIDATION = [
    "slice",
    "value",
    "theme",
    "measure",
    "of",
    "estimate",
    "low",
    "high",
    "n_paragraphs",
    "n_documents",
    "n_coded",
    "n_more",
]
# What readers of the report said of tags, once it is among the codes.
CORRECTIONS = ["paragraph_id", "doc_id", "theme", "code", "model_says", "coder", "coded_on"]
FAILURES = ["source_file", "stage", "reason", "what_to_do"]
# What a document says of itself, and what its publisher says otherwise.
DISCREPANCIES = ["source_file", "field", "document", "publisher", "url"]
# The `stage` of a failure: the file could not be read; some of its pages are pictures, or fields
# of its form are filled in; it is a duplicate; it is hidden; not all its sentences could be
# marked; the authority that a user gave it looks misspelt. It may also be the name of the
# overrides file.
EXTRACT, PAGES, DUPLICATE, HIDDEN = "extract", "pages", "duplicate", "hidden"
MARKED, MISSPELT = "marked", "misspelt"


@dataclass(frozen=True, slots=True)
class Declared:
    """The columns of a table, and the command that writes it."""

    columns: list[str]
    written_by: str


TABLES = {
    "documents": Declared(DOCUMENTS, "extract"),
    "paragraphs": Declared(PARAGRAPHS, "extract"),
    "failures": Declared(FAILURES, "extract"),
    "discrepancies": Declared(DISCREPANCIES, "extract"),
    "tags": Declared(TAGS, "tag"),
    "places": Declared(PLACES, "matrix --marked"),
    "cells": Declared(CELLS, "matrix"),
    "stances": Declared(STANCE_SHARES, "matrix"),
    "slices": Declared(SLICES, "matrix"),
    "standard": Declared(STANDARD, "matrix"),
    "kinds": Declared(KINDS, "matrix"),
    "neighbours": Declared(NEIGHBOURS, "matrix"),
    "standouts": Declared(STANDOUTS, "matrix"),
    "funnel": Declared(FUNNEL, "matrix"),
    "changes": Declared(CHANGES, "matrix"),
    "progress": Declared(PROGRESS, "matrix"),
    "corrections": Declared(CORRECTIONS, "matrix"),
    "movements": Declared(MOVEMENTS, "run"),
    "sample": Declared(SAMPLE, "validate"),
    "validation": Declared(VALIDATION, "validate"),
}

# How the columns of `documents`, `paragraphs`, `tags` and `places` are stored; those not named
# here are text, never missing.
DATE_COLUMNS = ("published_on", "inspected_from", "inspected_to")
COUNT_COLUMNS = (
    "n_pages",
    "n_paragraphs",
    "n_words",
    "position",
    "page",
    "carries_from",
    "carries_to",
    *HALF_COLUMNS,
)
YES_NO_COLUMNS = ("boilerplate", "tagged", "unfamiliar")
SHARE_COLUMNS = ("probability", "familiarity")
POINT_COLUMNS = ("left", "bottom", "right", "top")


def empty_table(columns: list[str]) -> pd.DataFrame:
    """A table of `columns` without rows, each column with the type in which it is stored.

    >>> str(empty_table(["page", "boilerplate"]).dtypes["page"])
    'Int64'
    """
    types = {
        **dict.fromkeys(COUNT_COLUMNS, "Int64"),
        **dict.fromkeys(YES_NO_COLUMNS, "bool"),
        **dict.fromkeys((*SHARE_COLUMNS, *POINT_COLUMNS), "float64"),
        **dict.fromkeys(DATE_COLUMNS, "object"),
    }
    return pd.DataFrame({name: pd.Series(dtype=types.get(name, "str")) for name in columns})


def substantive_rows(paragraphs: pd.DataFrame) -> pd.Series:
    """Whether each row of `paragraphs` is tagged and counted."""
    # Lists: going through a column of Arrow text one by one takes ten times as long.
    kinds, boilerplate = (paragraphs[name].tolist() for name in ("kind", "boilerplate"))
    counted = map(is_substantive, kinds, boilerplate)
    return pd.Series(list(counted), index=paragraphs.index, dtype=bool)


def check_columns(table: pd.DataFrame, columns: list[str], name: str) -> None:
    """Raise `TableError` unless `table` has all `columns`; the message calls it `name`."""
    missing = [column for column in columns if column not in table.columns]
    if missing:
        raise TableError(
            f"The table `{name}` lacks the columns {', '.join(missing)}.",
            "Run the stage that writes it again, using this version.",
        )
