"""What is new since the run before, and how `run.json` and the report tell it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import pandas as pd

from pipeline.matrix.compare import document_dates
from pipeline.matrix.evidence import EVIDENCE
from pipeline.matrix.movements import CELL, clear_flags, is_clear
from pipeline.report.quotations import quotable

# Sentences to begin with, at most so many of a document; clear movements that are listed.
MOST_TO_READ, MOST_OF_DOCUMENT, MOST_LISTED = 12, 3, 20
TO_READ = [*EVIDENCE, "sentence"]


class Reason(StrEnum):
    """Why the cells of two runs are not compared."""

    MODEL = "model"
    CODEBOOK = "codebook"
    PROGRAM = "program"


REASONS: Mapping[str, str] = {
    Reason.MODEL: "the model is another one",
    Reason.CODEBOOK: "the codebook has changed",
    Reason.PROGRAM: "inspection-themes, a package it uses or the way of reading is another one",
}


@dataclass(frozen=True)
class News:
    """What a run found that the one before it had not.

    `since` and `until` are when the two began (UTC); without a run before, `since` is "" and
    nothing counts as new. `new` has the rows of `documents` that came, `gone` the source files
    whose content is no longer there; a file that was only renamed, or that could not be read this
    time, is neither. `first` are the authorities that had no document before. `movements` is the
    table of that name, empty if cells are `not_compared`, for one `Reason` or more.
    `to_read` has the evidence to begin with, with columns `TO_READ`.
    """

    since: str
    until: str
    new: pd.DataFrame
    gone: tuple[str, ...]
    first: tuple[str, ...]
    not_compared: tuple[str, ...]
    movements: pd.DataFrame
    to_read: pd.DataFrame

    @property
    def is_empty(self) -> bool:
        """Whether nothing came, went or moved, and nothing else changed."""
        return self.new.empty and self.movements.empty and not (self.gone or self.not_compared)

    @property
    def clear(self) -> pd.DataFrame:
        """The movements beyond chance that rest on more than a few paragraphs."""
        return self.movements[is_clear(self.movements)]


def say_not_compared(news: News) -> str:
    """Why no cells are compared, as a sentence; "" if they are.

    >>> none, why = pd.DataFrame(), (Reason.MODEL, Reason.CODEBOOK)
    >>> say_not_compared(News("", "", none, (), (), why, none, none))[:67]
    'Cells are not compared with those of the run before: the model is a'
    """
    if not news.not_compared:
        return ""
    why = ", and ".join(REASONS[reason] for reason in news.not_compared)
    return (
        f"Cells are not compared with those of the run before: {why}. They would differ for that "
        "alone."
    )


def choose_to_read(
    parts: Iterable[pd.DataFrame], new: pd.DataFrame, movements: pd.DataFrame
) -> pd.DataFrame:
    """The evidence of the `new` documents to begin with: columns `TO_READ`.

    `parts` is evidence as `collect_evidence` gives it. Chosen are praise and concern in sentences
    that can stand alone: the best of each document, then the second best. Those of cells that
    moved come first, then the newest and surest.
    """
    moving = pd.MultiIndex.from_frame(movements.loc[is_clear(movements), CELL])
    found = [pd.DataFrame(columns=[*TO_READ, "second_best", "_still", "_turn"])]
    for part in parts:
        own = part[part["doc_id"].isin(new["doc_id"])]
        if own.empty:
            continue
        rows = quotable(own)
        rows = rows.assign(_still=~pd.MultiIndex.from_frame(rows[CELL]).isin(moving))
        rows = rows.sort_values(
            ["second_best", "_still", "probability", "paragraph_id", "theme"],
            ascending=[True, True, False, True, True],
        ).drop_duplicates("paragraph_id")
        rows["_turn"] = rows.groupby("doc_id").cumcount()
        found.append(rows[rows["_turn"] < MOST_OF_DOCUMENT])
    # Without rows, a part may have other types.
    some = [rows for rows in found if len(rows)] or found[:1]
    rows = pd.concat(some, ignore_index=True)
    days = document_dates(new.set_index("doc_id"))
    rows["_on"] = rows["doc_id"].map(days)
    ordered = rows.sort_values(
        ["_turn", "_still", "_on", "probability", "paragraph_id"],
        ascending=[True, True, False, False, True],
    )
    return ordered[TO_READ].head(MOST_TO_READ).reset_index(drop=True)


def as_manifest(news: News, link_of: Callable[[str, int], str]) -> dict[str, Any]:
    """The news as `run.json` has it: clear movements and sentences to read, a few of each.

    `link_of` gives the address of a document of the run at a page.
    """
    return {
        "since": news.since,
        "until": news.until,
        "new": news.new["source_file"].tolist(),
        "gone": list(news.gone),
        "new_authorities": list(news.first),
        "not_compared": list(news.not_compared),
        "n_moved": len(news.clear),
        "moved": [_without_gaps(row) for row in news.clear.head(MOST_LISTED).to_dict("records")],
        "to_read": [
            {
                "authority": row.authority,
                "theme": row.theme,
                "stance": row.stance,
                "sentence": row.sentence,
                "source_file": row.source_file,
                "page": int(row.page),
                "link": link_of(row.source_file, int(row.page)),
                "url": row.url,
                "paragraph_id": row.paragraph_id,
            }
            for row in news.to_read.itertuples(index=False)
        ],
    }


def for_page(
    news: News, documents: list[str], authorities: list[str], paragraph_of: Callable[[Any], list]
) -> dict[str, Any]:
    """The news as the report has them: numbers of its documents and authorities by their place.

    `documents` are doc_ids. `paragraph_of` writes a row of evidence as the page has paragraphs.
    """
    place = {doc_id: at for at, doc_id in enumerate(documents)}
    number = {name: at for at, name in enumerate(authorities)}
    flags = clear_flags(news.movements)
    clear = [list(flags.columns[own]) for own in flags.to_numpy()]
    return {
        "since": news.since,
        "until": news.until,
        "new": [place[doc_id] for doc_id in news.new["doc_id"] if doc_id in place],
        "gone": list(news.gone),
        "first": [number[name] for name in news.first if name in number],
        "not_compared": say_not_compared(news),
        "movements": [
            _without_gaps(row) | {"authority": number[row["authority"]], "clear": own}
            for row, own in zip(news.movements.to_dict("records"), clear, strict=True)
            if row["authority"] in number
        ],
        "to_read": [paragraph_of(row) for row in news.to_read.itertuples(index=False)],
    }


def _without_gaps(record: Mapping[str, Any]) -> dict[str, Any]:
    """The record with None for what is not known: NaN is no JSON."""
    return {name: None if pd.isna(value) else value for name, value in record.items()}
