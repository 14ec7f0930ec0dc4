"""What documents are compared by: their dates, slices of them, statistical neighbours."""

from __future__ import annotations

import pandas as pd

from pipeline.base.columns import NEIGHBOURS, SLICES
from pipeline.matrix.cells import sum_by
from pipeline.matrix.intervals import ErrorsByKind

SLICED_BY = ("year", "document_type", "framework", "topic", "region", "overall_effectiveness")


def document_dates(documents: pd.DataFrame) -> pd.Series:
    """The date of each document: publication, failing that the visit's last day, or empty."""
    return pd.to_datetime(documents["published_on"]).fillna(
        pd.to_datetime(documents["inspected_to"])
    )


def build_slices(counts: pd.DataFrame, errors: ErrorsByKind | None = None) -> pd.DataFrame:
    """The `slices` table: `MEASURES` by each of `SLICED_BY`; an unknown value is empty.

    `counts` comes from `cells.count_by_document`, with all the columns of `documents`.
    """
    years = document_dates(counts).dt.year
    keyed = counts.assign(year=years.map(lambda year: "" if pd.isna(year) else f"{year:.0f}"))
    parts = [
        sum_by(keyed, name, errors).rename(columns={name: "value"}).assign(slice=name)
        for name in SLICED_BY
    ]
    return pd.concat(parts, ignore_index=True)[SLICES]


def build_neighbours(documents: pd.DataFrame, authorities: pd.DataFrame) -> pd.DataFrame:
    """The `neighbours` table: the statistical neighbours of each authority, nearest first.

    Only authorities with a document are listed. `authorities` is the table that
    `authorities.load_authorities` gives; one that has no neighbours there has no row.
    """
    read = set(documents["authority"]) - {""}
    names = dict(zip(authorities["ons_code"], authorities["name"], strict=True))
    rows = [
        (row.name, names[code], position)
        for row in authorities[["name", "statistical_neighbours"]].itertuples(index=False)
        if row.name in read
        for position, code in enumerate(row.statistical_neighbours.split(), start=1)
        if code in names and names[code] in read and names[code] != row.name
    ]
    table = pd.DataFrame(rows, columns=NEIGHBOURS).astype({"position": "Int64"})
    return table.sort_values(["authority", "position"], ignore_index=True)
