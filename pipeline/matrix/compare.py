"""Comparisons of cells: slices, before and after, and what stands out in an authority."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from pipeline.base.columns import CHANGES, NEIGHBOURS, SLICES, STANDOUTS
from pipeline.base.errors import TableError
from pipeline.matrix.cells import NOT_ESTABLISHED, sum_by
from pipeline.matrix.intervals import FEW, Errors, add_shares, difference_interval

SLICED_BY = ("year", "document_type", "framework", "region", "overall_effectiveness")
# Pseudo-paragraphs of the prior, about the length of one short report: an authority with one
# report is pulled half-way to the others, one with four reports hardly at all.
PRIOR_PARAGRAPHS = 50
# With 150 authorities and five themes, about two cells would pass 3 by chance alone.
STANDS_OUT_Z = 3.0
REST, NEIGHBOURHOOD = "rest", "neighbours"


def document_dates(documents: pd.DataFrame) -> pd.Series:
    """The date of each document: publication, failing that the visit's last day, or empty."""
    return pd.to_datetime(documents["published_on"]).fillna(
        pd.to_datetime(documents["inspected_to"])
    )


def build_slices(counts: pd.DataFrame, errors: Mapping[str, Errors] | None = None) -> pd.DataFrame:
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


def build_standouts(counts: pd.DataFrame, neighbours: pd.DataFrame) -> pd.DataFrame:
    """The `standouts` table: each authority and theme against the rest and its neighbours.

    Only reports under the authority's own frameworks are compared, because what an inspection is
    told to look at matters more than the authority does (in the reports of 2013 to 2025 the share
    of supervision is 7 % under SIF and 14 % under ILACS).
    """
    totals = counts.groupby(["authority", "framework", "theme"])[["n_tagged", "n_paragraphs"]]
    sums = totals.sum()
    themes = list(dict.fromkeys(counts["theme"]))
    peers = neighbours.groupby("authority")["neighbour"].agg(set).to_dict()
    authorities = sorted(counts["authority"].unique())
    frameworks = sorted(counts["framework"].unique())
    cube = sums.reindex(
        pd.MultiIndex.from_product([authorities, frameworks, themes]), fill_value=0
    ).to_numpy(dtype=float).reshape(len(authorities), len(frameworks), len(themes), 2)  # fmt: skip
    rows = []
    for at, authority in enumerate(authorities):
        if authority == NOT_ESTABLISHED:
            continue
        same = cube[at, :, 0, 1] > 0 if themes else np.zeros(0, dtype=bool)
        own = cube[at].sum(axis=0)
        alike = cube[:, same].sum(axis=1)
        everyone = alike.sum(axis=0)
        near = np.array([name in peers.get(authority, ()) for name in authorities])
        for against, other in ((REST, everyone - own), (NEIGHBOURHOOD, alike[near].sum(axis=0))):
            for theme, mine, theirs, everybody in zip(themes, own, other, everyone, strict=True):
                log_odds, z = log_odds_ratio(*mine, *theirs, *everybody)
                rows.append(
                    (authority, theme, against, *mine, *theirs, log_odds, z,
                     _stands_out(z, mine[0]))
                )  # fmt: skip
    whole = ["n_tagged", "n_paragraphs", "other_n_tagged", "other_n_paragraphs"]
    return pd.DataFrame(rows, columns=STANDOUTS).astype(dict.fromkeys(whole, "int64"))


def log_odds_ratio(
    tagged: float, size: float, other_tagged: float, other_size: float,
    all_tagged: float, all_size: float,
) -> tuple[float, float]:  # fmt: skip
    """The log-odds ratio of the theme here against there, and its z score.

    An informative Dirichlet prior pulls both sides towards all; z is the ratio divided by its
    standard deviation (Monroe, Colaresi and Quinn 2008, Political Analysis 16:372-403, equations
    15-22, for two "words": about the theme, and not). NaN if there is nothing to compare.

    >>> [round(x, 2) for x in log_odds_ratio(12, 60, 60, 1000, 72, 1060)]
    [0.93, 3.06]
    """
    if not size or not other_size:
        return float("nan"), float("nan")
    if all_tagged in (0, all_size):
        return 0.0, 0.0
    prior = PRIOR_PARAGRAPHS * all_tagged / all_size
    prior_not = PRIOR_PARAGRAPHS - prior
    yes, no = tagged + prior, size - tagged + prior_not
    other_yes, other_no = other_tagged + prior, other_size - other_tagged + prior_not
    log_odds = float(np.log(yes / no) - np.log(other_yes / other_no))
    return log_odds, log_odds / float(np.sqrt(1 / yes + 1 / no + 1 / other_yes + 1 / other_no))


def _stands_out(z: float, tagged: float) -> str:
    if z >= STANDS_OUT_Z and tagged >= FEW:
        return "more"
    return "less" if z <= -STANDS_OUT_Z else ""


def build_changes(
    counts: pd.DataFrame, errors: Mapping[str, Errors] | None = None
) -> pd.DataFrame:
    """The `changes` table: each inspection of an authority against the one before it.

    `difference` is later minus earlier, in corrected shares where the classifier's errors are
    known and otherwise in plain ones. Visits and reviews look at only part of the services, so
    only whole inspections are compared.
    """
    dated = counts.assign(on=document_dates(counts))
    whole = dated[
        (dated["document_type"] == "inspection")
        & dated["on"].notna()
        & (dated["authority"] != NOT_ESTABLISHED)
    ]
    order = whole[["authority", "on", "doc_id"]].drop_duplicates()
    order = order.sort_values(["authority", "on", "doc_id"]).rename(
        columns={"doc_id": "earlier_doc_id"}
    )
    order["later_doc_id"] = order.groupby("authority")["earlier_doc_id"].shift(-1)
    measured = add_shares(whole, errors).drop(columns="authority")
    pairs = (
        order[["authority", "earlier_doc_id", "later_doc_id"]]
        .dropna()
        .merge(measured.add_prefix("earlier_"), on="earlier_doc_id")
        .merge(
            measured.add_prefix("later_"),
            left_on=["later_doc_id", "earlier_theme"],
            right_on=["later_doc_id", "later_theme"],
        )
        .rename(columns={"earlier_theme": "theme"})
    )
    changes = add_difference(pairs)[CHANGES]
    for column in ("earlier_on", "later_on"):
        changes[column] = changes[column].dt.date
    return changes.reset_index(drop=True)


def add_difference(pairs: pd.DataFrame) -> pd.DataFrame:
    """`pairs` with the later share minus the earlier one, and the interval of the difference.

    Needs share, share_low, share_high and share_corrected, each with `earlier_` and `later_`.
    """
    ends = []
    for when in ("earlier", "later"):
        value = pairs[f"{when}_share_corrected"].fillna(pairs[f"{when}_share"])
        ends.append((value, pairs[f"{when}_share_low"], pairs[f"{when}_share_high"]))
    difference, low, high = difference_interval(*ends)
    return pairs.assign(difference=difference, difference_low=low, difference_high=high)


def compare_years(
    counts: pd.DataFrame,
    authority: str,
    earlier: int,
    later: int,
    errors: Mapping[str, Errors] | None = None,
) -> pd.DataFrame:
    """One row per theme: an authority's documents from one year against those from another.

    The columns are `MEASURES`, each with `earlier_` and `later_`, and the difference with its
    interval. Raises `TableError` naming the years that have documents.
    """
    own = counts[counts["authority"] == authority]
    years = document_dates(own).dt.year
    parts = []
    for year, when in ((earlier, "earlier_"), (later, "later_")):
        rows = own[years == year]
        if rows.empty:
            there = ", ".join(f"{y:.0f}" for y in sorted(years.dropna().unique())) or "none"
            raise TableError(
                f"There is no document about {authority} from {year}.",
                f"Years with documents: {there}. run.documents lists the authorities.",
            )
        parts.append(sum_by(rows, "authority", errors).set_index("theme").add_prefix(when))
    table = add_difference(parts[0].join(parts[1]))
    return table.drop(columns=["earlier_authority", "later_authority"]).reset_index()
