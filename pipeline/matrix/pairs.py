"""Two authorities side by side, or one and its neighbours: what differs, like for like."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd

from pipeline.base.codebook import Theme
from pipeline.base.columns import DIFFERENCES
from pipeline.matrix.cells import COUNTS, SIZES
from pipeline.matrix.intervals import FEW, ErrorsByKind, add_shares
from pipeline.matrix.standouts import ALIKE, like_for_like

MORE, LESS, UNCLEAR, TOO_FEW = "more", "less", "no clear difference", "too few to say"


def compare_authorities(
    counts: pd.DataFrame,
    authority: str,
    others: Collection[str],
    themes: Mapping[str, Theme],
    errors: ErrorsByKind | None = None,
) -> pd.DataFrame:
    """`DIFFERENCES` of an authority from another, or from several together; a row for each theme.

    Documents are compared with those of the same type and framework. The differences within each
    are averaged with the weights of Mantel and Haenszel (as risk differences: Greenland and Robins
    1985, Biometrics 41:55-68), and their intervals combined as those of independent estimates
    (Zou, Huang and Zhang 2009). As in `build_standouts`, only what is `like_for_like` counts.
    `counts` comes from `cells.count_by_document`.

    `difference` is that of the shares, which are corrected if the classifier's errors are known on
    all types compared (`corrected`). Each share has its full interval, as in `cells`: the errors
    of two authorities are not the same, so that what they have in common counts twice, which makes
    intervals rather too wide. `balance_difference` is that of the strengths among the paragraphs
    that name a strength or a concern. `result` and `balance_result` are `MORE` or `LESS` if the
    interval leaves zero out, `TOO_FEW` if fewer than `FEW` paragraphs speak for it, and '' (the
    numbers NaN) where nothing compares.
    """
    like = like_for_like(counts[counts["authority"].isin({authority, *others})], themes)
    sizes = [*SIZES, *COUNTS]
    by = ["theme", *ALIKE]
    each = like.groupby(["authority", *by], as_index=False)[sizes].sum()
    each = each.assign(own=each["authority"] == authority, squares=each["n_paragraphs"] ** 2)
    shares = each.groupby(["own", *by], as_index=False)[[*sizes, "squares"]].sum()
    stances = shares.assign(
        n_tagged=shares["n_strength"],
        n_paragraphs=shares["n_strength"] + shares["n_concern"],
        extra_variance=0.0,
    )
    rows = []
    for theme in dict.fromkeys(counts["theme"]):
        share = _compare(shares[shares["theme"] == theme], errors)
        balance = _compare(stances[stances["theme"] == theme], None)
        rows.append((theme, *share, _share_result(share), *balance[:-1], _balance_result(balance)))
    return pd.DataFrame(rows, columns=DIFFERENCES)


class _Compared(NamedTuple):
    """How many of how many on both sides, and the difference of the shares with its interval."""

    tagged: float
    size: float
    other_tagged: float
    other_size: float
    difference: float
    low: float
    high: float
    corrected: bool


def _compare(rows: pd.DataFrame, errors: ErrorsByKind | None) -> _Compared:
    """The difference of one theme; `rows` has one for each stratum on either side."""
    there = rows[rows["n_paragraphs"] > 0]
    both = there.groupby(ALIKE)["own"].transform("size") == 2
    shares = add_shares(there[both].sort_values(ALIKE), errors)
    if corrected := len(shares) > 0 and not shares["n_not_validated"].any():
        shares["share"] = shares["share_corrected"]
    elif errors:
        return _compare(rows, None)
    own, other = shares[shares["own"]], shares[~shares["own"]]
    tagged, size, other_tagged, other_size = (
        side[name].sum() for side in (own, other) for name in ("n_tagged", "n_paragraphs")
    )
    sums = tagged, size, other_tagged, other_size
    if not len(shares):
        return _Compared(*sums, np.nan, np.nan, np.nan, corrected)
    (p, low, high), (q, other_low, other_high) = (
        side[["share", "share_low", "share_high"]].to_numpy().T for side in (own, other)
    )
    n, m = (side["n_paragraphs"].to_numpy(dtype=float) for side in (own, other))
    weight = n * m / (n + m)
    weight /= weight.sum()
    difference = (weight * (p - q)).sum()
    below = (weight**2 * ((p - low) ** 2 + (other_high - q) ** 2)).sum()
    above = (weight**2 * ((high - p) ** 2 + (q - other_low) ** 2)).sum()
    ends = difference - np.sqrt(below), difference + np.sqrt(above)
    return _Compared(*sums, difference, *ends, corrected)


def _share_result(found: _Compared) -> str:
    """As with `stands_out`, that hardly anything is written can be told; how little is, not."""
    if np.isnan(found.difference):
        return ""
    if found.low > 0:
        return MORE if found.tagged >= FEW else TOO_FEW
    if found.high < 0:
        return LESS if found.other_tagged >= FEW else TOO_FEW
    return UNCLEAR if max(found.tagged, found.other_tagged) >= FEW else TOO_FEW


def _balance_result(found: _Compared) -> str:
    if np.isnan(found.difference):
        return ""
    if min(found.size, found.other_size) < FEW:
        return TOO_FEW
    return MORE if found.low > 0 else LESS if found.high < 0 else UNCLEAR
