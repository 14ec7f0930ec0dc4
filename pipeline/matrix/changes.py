"""Each whole inspection of an authority against the one before: shares, stances and judgements."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from pipeline.base.columns import CHANGES, JUDGEMENTS, PAIR, PROGRESS
from pipeline.base.counted import counted
from pipeline.base.errors import TableError
from pipeline.matrix.cells import COUNTS, NOT_ESTABLISHED, SIZES
from pipeline.matrix.compare import document_dates
from pipeline.matrix.intervals import (
    FEW,
    ErrorsByKind,
    Z,
    add_shares,
    balance,
    balance_interval,
    difference_interval,
)

WHOLE = "inspection"
SAME, ACROSS = "same framework", "across frameworks"
# The average of a framework is that of at least so many other authorities.
LEAST_AUTHORITIES = 5
UP, DOWN, LEVEL, UNCLEAR = "up", "down", "level", "no clear change"
# From worst to best; `adequate` was what `requires improvement` is now.
RANKS = {"inadequate": 0, "adequate": 1, "requires improvement": 1, "good": 2, "outstanding": 3}


def build_changes(counts: pd.DataFrame, errors: ErrorsByKind | None = None) -> pd.DataFrame:
    """The `changes` table: each whole inspection of an authority against the one before it.

    Visits, joint inspections and SEND inspections look at other things, so only whole inspections
    of a known framework are compared. Under one framework `difference` is the later share minus
    the earlier one, in corrected shares where the classifier's errors are known. Across
    frameworks, which ask inspectors about different things, each share is first set against the
    average of its framework, in the reports about at least `LEAST_AUTHORITIES` others; without
    them the difference is empty. Stances are verdicts on the service under any framework, so their
    balance is compared as it is; the averages of the frameworks stand beside it.
    """
    whole = whole_inspections(counts)
    order = whole[["authority", "on", "doc_id"]].drop_duplicates()
    order = order.sort_values(["authority", "on", "doc_id"])
    later = order.groupby("authority")["doc_id"].shift(-1)
    return compare_pairs(whole, list(zip(order["doc_id"], later, strict=True)), errors)


def whole_inspections(counts: pd.DataFrame) -> pd.DataFrame:
    """The rows of `counts` that may be compared over time, with their date as `on`."""
    dated = counts.assign(on=document_dates(counts))
    return without_copies(
        dated[
            (dated["document_type"] == WHOLE)
            & (dated["framework"] != "")
            & (dated["n_paragraphs"] > 0)
            & dated["on"].notna()
            & (dated["authority"] != NOT_ESTABLISHED)
        ]
    )


def without_copies(whole: pd.DataFrame) -> pd.DataFrame:
    """The rows of whole inspections, of each with the longest document only.

    A folder may have the same letter as a PDF and as a Word file or a saved page. Compared with
    its own copy, an inspection has changed nothing, and the real one before is never shown.
    """
    longest = whole.sort_values(["n_paragraphs", "doc_id"], ascending=[False, True])
    kept = longest.drop_duplicates(["authority", "framework", "on"])["doc_id"]
    return whole[whole["doc_id"].isin(kept)]


def compare_pairs(
    whole: pd.DataFrame, pairs: Sequence[tuple[str, str]], errors: ErrorsByKind | None = None
) -> pd.DataFrame:
    """The columns `CHANGES` for each theme of each pair of doc_ids, earlier and later.

    `whole` comes from `whole_inspections`; pairs with a document that is not in it are left out.
    """
    measured = add_shares(whole, errors)
    stances, low, high = balance_interval(measured["n_strength"], measured["n_concern"])
    measured = measured.assign(
        value=measured["share_corrected"].fillna(measured["share"]),
        balance=stances,
        balance_low=low,
        balance_high=high,
    )
    measured = measured.merge(_averages(whole, errors), on=["authority", "framework", "theme"])
    table = pd.DataFrame(pairs, columns=["earlier_doc_id", "later_doc_id"]).dropna()
    table = (
        table.merge(measured.add_prefix("earlier_"), on="earlier_doc_id")
        .merge(
            measured.add_prefix("later_"),
            left_on=["later_doc_id", "earlier_theme"],
            right_on=["later_doc_id", "later_theme"],
        )
        .rename(columns={"earlier_theme": "theme", "earlier_authority": "authority"})
    )
    same = table["earlier_framework"] == table["later_framework"]
    table["comparison"] = np.where(same, SAME, ACROSS)
    table = _add_difference(table, same.to_numpy())
    for column in ("earlier_on", "later_on"):
        table[column] = table[column].dt.date
    return table[CHANGES].reset_index(drop=True)


def _averages(whole: pd.DataFrame, errors: ErrorsByKind | None) -> pd.DataFrame:
    """Of each framework and theme, the share in the reports about all other authorities.

    Columns: authority, framework, theme, average, average_low, average_high (corrected where the
    errors are known), average_share (as counted), average_balance; NaN where there are fewer than
    `LEAST_AUTHORITIES` others.
    """
    by_theme, numbers = ["framework", "theme"], [*COUNTS, *SIZES, "squares"]
    own = whole.groupby(["authority", *by_theme, "document_type"], as_index=False).agg(
        dict.fromkeys(numbers, "sum")
    )
    own["squares"] = own["n_paragraphs"] ** 2
    grouped = own.groupby(by_theme)
    others = own.assign(
        **{name: grouped[name].transform("sum") - own[name] for name in numbers},
        n_others=grouped["authority"].transform("size") - 1,
    )
    shares = add_shares(others, errors)
    averages = shares.assign(
        average=shares["share_corrected"].fillna(shares["share"]),
        average_low=shares["own_low"],
        average_high=shares["own_high"],
        average_share=shares["share"],
        average_balance=balance(shares["n_strength"], shares["n_concern"]),
    )
    values = ["average", "average_low", "average_high", "average_share", "average_balance"]
    averages.loc[averages["n_others"] < LEAST_AUTHORITIES, values] = np.nan
    return averages[["authority", *by_theme, *values]]


def _add_difference(table: pd.DataFrame, same: np.ndarray) -> pd.DataFrame:
    """`table` with the differences of shares and of balances, and their intervals."""
    value, average, stances = {}, {}, {}
    for when in ("earlier", "later"):
        value[when] = tuple(table[f"{when}_{n}"] for n in ("value", "own_low", "own_high"))
        average[when] = tuple(
            table[f"{when}_{n}"].mask(same) for n in ("average", "average_low", "average_high")
        )
        stances[when] = tuple(
            table[f"{when}_{n}"] for n in ("balance", "balance_low", "balance_high")
        )
    # Both reports are of one document type and about one authority: their errors are the same.
    shared = (table["later_uncertainty"], table["later_variation"])
    plain = difference_interval(value["earlier"], value["later"], sum(shared))
    departed = departure_interval(
        value["earlier"], value["later"], average["earlier"], average["later"], *shared
    )
    difference, low, high = (np.where(same, a, b) for a, b in zip(plain, departed, strict=True))
    change, change_low, change_high = difference_interval(stances["earlier"], stances["later"])
    return table.assign(
        # Beside shares that are not corrected, so neither are these.
        earlier_framework_share=table["earlier_average_share"].mask(same),
        later_framework_share=table["later_average_share"].mask(same),
        earlier_framework_balance=table["earlier_average_balance"].mask(same),
        later_framework_balance=table["later_average_balance"].mask(same),
        difference=difference,
        difference_low=low,
        difference_high=high,
        balance_change=change,
        balance_low=change_low,
        balance_high=change_high,
        balance_moved=[moved(*ends) for ends in zip(change_low, change_high, strict=True)],
    )


def departure_interval(
    earlier, later, earlier_average, later_average, uncertainty=0.0, variation=0.0
):
    """The later departure from its average minus the earlier one, with its 95% interval.

    Each of the four is (value, low, high); they are combined as in `difference_interval`. The
    averages share the `uncertainty` of the errors, but not what sets the authority apart.

    >>> flat = (.10, .10, .10)
    >>> d, low, high = departure_interval((.10, .05, .18), (.20, .12, .30), flat, (.15, .15, .15))
    >>> round(float(d), 3), round(float(low), 3), round(float(high), 3)
    (0.05, -0.063, 0.162)
    """
    (p1, l1, u1), (p2, l2, u2) = earlier, later
    (m1, lm1, um1), (m2, lm2, um2) = earlier_average, later_average
    difference = (p2 - m2) - (p1 - m1)
    common = Z * Z * (uncertainty * difference**2 + variation * (p2 - p1) ** 2)
    below = (p2 - l2) ** 2 + (um2 - m2) ** 2 + (u1 - p1) ** 2 + (m1 - lm1) ** 2 + common
    above = (u2 - p2) ** 2 + (m2 - lm2) ** 2 + (p1 - l1) ** 2 + (um1 - m1) ** 2 + common
    return difference, difference - np.sqrt(below), difference + np.sqrt(above)


def moved(low: float, high: float) -> str:
    """Which way a balance moved, from the interval of its change; '' where there is none."""
    if np.isnan(low):
        return ""
    if low > 0:
        return UP
    return DOWN if high < 0 else UNCLEAR


def balances_of_few(changes: pd.DataFrame) -> pd.Series:
    """Whether either inspection has fewer than `FEW` strengths and concerns.

    What `balance_moved` says then is not enough to call a service better or worse: by their
    intervals even 0 of 2 and 2 of 2 differ beyond chance.
    """
    said = (changes[f"{n}_n_strength"] + changes[f"{n}_n_concern"] for n in ("earlier", "later"))
    return np.minimum(*said) < FEW


def build_progress(changes: pd.DataFrame, documents: pd.DataFrame) -> pd.DataFrame:
    """The `progress` table: what moved between an authority's whole inspections.

    Each pair of `changes` has a row for each judgement that either report gives (up, down or
    level), then one for each theme: whether the balance of its stances moved, and whether they
    are too `few` to rely on that.
    """
    little_said = balances_of_few(changes)
    grades = documents.set_index("doc_id")[list(JUDGEMENTS)].fillna("").to_dict("index")
    rows = []
    for pair, themes in changes.groupby(PAIR, sort=False):
        before, after = (grades[doc_id] for doc_id in pair[1:3])
        for name in JUDGEMENTS:
            earlier, later = before[name], after[name]
            if earlier or later:
                rows.append(
                    (*pair, "judgement", name, earlier, later, grade_moved(earlier, later), False)
                )
        for row in themes.itertuples():
            earlier = say_stances(row.earlier_n_strength, row.earlier_n_concern)
            later = say_stances(row.later_n_strength, row.later_n_concern)
            few = little_said[row.Index]
            rows.append((*pair, "theme", row.theme, earlier, later, row.balance_moved, few))
    return pd.DataFrame(rows, columns=PROGRESS)


def grade_moved(earlier: str, later: str) -> str:
    """`up`, `down` or `level`; '' where one of the grades is not given.

    >>> grade_moved("inadequate", "good"), grade_moved("adequate", "requires improvement")
    ('up', 'level')
    """
    if earlier not in RANKS or later not in RANKS:
        return ""
    steps = RANKS[later] - RANKS[earlier]
    return LEVEL if steps == 0 else UP if steps > 0 else DOWN


def say_stances(n_strength: int, n_concern: int) -> str:
    """The stances that say something of a service, in words.

    >>> say_stances(3, 1)
    '3 strengths, 1 concern'
    """
    return f"{counted(n_strength, 'strength')}, {counted(n_concern, 'concern')}"


def compare_years(
    counts: pd.DataFrame,
    authority: str,
    earlier: int,
    later: int,
    errors: ErrorsByKind | None = None,
) -> pd.DataFrame:
    """`CHANGES` for an authority's whole inspections of two years, with one row per theme.

    Where a year has several, the last counts. Raises `TableError` naming the years that have one.
    """
    whole = whole_inspections(counts)
    own = whole[whole["authority"] == authority].sort_values(["on", "doc_id"])
    years = own["on"].dt.year
    pair = []
    for year in (earlier, later):
        chosen = own.loc[years == year, "doc_id"]
        if chosen.empty:
            there = ", ".join(f"{y:.0f}" for y in sorted(years.unique())) or "none"
            raise TableError(
                f"There is no whole inspection of {authority} from {year}.",
                f"Years with one: {there}. Only whole inspections are compared over time: other "
                "documents look at only a part of the services.",
            )
        pair.append(chosen.iloc[-1])
    return compare_pairs(whole, [(pair[0], pair[1])], errors)
