"""What stands out in an authority, against others inspected in the same way."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd

from pipeline.base.codebook import Theme
from pipeline.base.columns import STANDOUTS
from pipeline.matrix.cells import NOT_ESTABLISHED
from pipeline.matrix.intervals import FEW

REST, NEIGHBOURHOOD = "rest", "neighbours"
# Documents that are told to look at the same things are of one type and under one framework.
ALIKE = ["document_type", "framework"]
# Of the cells that stand out, at most this share is expected to do so by chance.
FALSE_DISCOVERY = 0.10
# The others' share is drawn a little towards that of everybody: by the paragraphs of one short
# report. It matters where the only neighbour has written little.
PRIOR_PARAGRAPHS = 50
# What dispersion is where few authorities are at hand: about the median over themes and frameworks
# in 408 reports, given the weight of ten authorities with a hundred paragraphs each.
USUAL_DISPERSION, USUAL_WEIGHT = 0.002, 1000
# The tenth at each end is pulled in before dispersion is measured, so that what stands out does
# not hide itself (Spiegelhalter 2005). The mean square of standard normal values shrinks to this.
WINSORISED, SQUARE_OF_WINSORISED = 0.1, 0.679

# Where a variance is as large as it can be, all paragraphs would be alike; this is just below.
MOST_CORRELATED = 0.999


class Counts(NamedTuple):
    """Tagged paragraphs and all paragraphs, both as authorities x strata x themes.

    A stratum is a document type under one framework.
    """

    tagged: np.ndarray
    size: np.ndarray


def build_standouts(
    counts: pd.DataFrame, neighbours: pd.DataFrame, themes: Mapping[str, Theme]
) -> pd.DataFrame:
    """The `standouts` table: each authority and theme against the rest and its neighbours.

    An authority is compared within each stratum in which it has documents, and the strata are
    added up, as in the test of Mantel and Haenszel (1959, J Natl Cancer Inst 22:719-748): what an
    inspection is told to look at matters more than the authority does. Left out are documents of
    no known authority, and what is not `like_for_like`. `counts` comes from
    `cells.count_by_document`.
    """
    ids = list(dict.fromkeys(counts["theme"]))
    known = counts[(counts["framework"] != "") & (counts["authority"] != NOT_ESTABLISHED)]
    compared = like_for_like(known, themes)
    authorities = sorted(known["authority"].unique())
    stratum = compared["document_type"] + " | " + compared["framework"]
    strata = sorted(stratum.unique())
    sums = compared.groupby(["authority", stratum.rename("stratum"), "theme"])
    index = pd.MultiIndex.from_product([authorities, strata, ids])
    cube = sums[["n_tagged", "n_paragraphs"]].sum().reindex(index, fill_value=0)
    shape = (len(authorities), len(strata), len(ids))
    everybody = Counts(
        *(cube[c].to_numpy(dtype=float).reshape(shape) for c in ("n_tagged", "n_paragraphs"))
    )
    dispersion = measure_dispersion(everybody)
    peers = neighbours.groupby("authority")["neighbour"].agg(set).to_dict()
    rows = []
    for at, authority in enumerate(authorities):
        others = np.arange(len(authorities)) != at
        near = np.array([name in peers.get(authority, ()) for name in authorities], dtype=bool)
        for against, group in ((REST, others), (NEIGHBOURHOOD, near & others)):
            compared_with = compare_with(everybody, at, group, dispersion)
            for number, theme in enumerate(ids):
                rows.append((authority, theme, against, *(part[number] for part in compared_with)))
    measured = [name for name in STANDOUTS if name not in ("q_value", "stands_out")]
    table = pd.DataFrame(rows, columns=measured)
    table["q_value"] = np.nan
    # Imported here: it takes most of a second, and a run that finds nothing new does without it.
    from scipy.stats import false_discovery_control

    for against in (REST, NEIGHBOURHOOD):
        tested = (table["against"] == against) & table["p_value"].notna()
        p_values = table.loc[tested, "p_value"].to_numpy(dtype=float)
        table.loc[tested, "q_value"] = false_discovery_control(p_values)
    table["stands_out"] = [
        stands_out(*row)
        for row in zip(table["q_value"], table["z"], table["n_tagged"], strict=True)
    ]
    whole = ["n_tagged", "n_paragraphs", "other_n_tagged", "other_n_paragraphs"]
    return table[STANDOUTS].astype({**dict.fromkeys(whole, "int64"), "stands_out": "str"})


def like_for_like(counts: pd.DataFrame, themes: Mapping[str, Theme]) -> pd.DataFrame:
    """The rows that can be compared: of a known framework, and of a theme that is not the topic.

    A document about nothing but a theme says nothing of how often others write about it (see
    `topic_themes`). `counts` comes from `cells.count_by_document`.
    """
    known = counts[counts["framework"] != ""]
    own_topics = {topic: topic_themes(topic, themes) for topic in known["topic"].unique()}
    own = [
        theme in own_topics[topic]
        for topic, theme in zip(known["topic"], known["theme"], strict=True)
    ]
    return known[~np.array(own, dtype=bool)]


def topic_themes(topic: str, themes: Mapping[str, Theme]) -> frozenset[str]:
    """The themes that a document on this topic is about: their search terms are in it.

    >>> theme = Theme("camhs", "Mental health", "", "", ("mental health", "therap*"), ())
    >>> sorted(topic_themes("children’s mental health", {"camhs": theme}))
    ['camhs']
    """
    return frozenset(name for name, theme in themes.items() if theme.is_named_in(topic))


def measure_dispersion(counts: Counts) -> np.ndarray:
    """How much more authorities differ than chance allows, as strata x themes, 0 or more.

    It is the correlation rho of two paragraphs of one authority, so that the variance of a count
    of n paragraphs is (1 + (n - 1) rho) times that of chance. Estimated by moments from
    winsorised z scores, as the additive over-dispersion of Spiegelhalter (2005, Qual Saf Health
    Care 14:347-351; DerSimonian and Laird 1986), written as a correlation.
    """
    size = counts.size.sum(axis=0)
    share = counts.tagged.sum(axis=0) / np.maximum(size, 1)
    excess, weight = np.zeros(size.shape), np.zeros(size.shape)
    for stratum, theme in np.argwhere((share > 0) & (share < 1)):
        n = counts.size[:, stratum, theme]
        present = n > 0
        n, expected = n[present], share[stratum, theme]
        z = counts.tagged[present, stratum, theme] / n - expected
        z /= np.sqrt(expected * (1 - expected) / n)
        ends = np.quantile(z, [WINSORISED, 1 - WINSORISED])
        squares = (np.clip(z, *ends) ** 2).sum() / SQUARE_OF_WINSORISED
        excess[stratum, theme] = squares - (len(n) - 1)
        weight[stratum, theme] = n.sum() - (n**2).sum() / n.sum()
    usual = USUAL_DISPERSION * USUAL_WEIGHT
    return np.maximum(0, (excess + usual) / (weight + USUAL_WEIGHT))


def compare_with(
    counts: Counts, at: int, group: np.ndarray, dispersion: np.ndarray
) -> tuple[np.ndarray, ...]:
    """Authority number `at` against those in `group` (a mask), by theme.

    n_tagged, n_paragraphs, other_n_tagged, other_n_paragraphs (all in strata that both have),
    share, expected_share, shrunken_share, dispersion, z and p_value; the last six are NaN where
    there is nothing to compare.
    """
    tagged, size = counts.tagged[at], counts.size[at]
    other_size = counts.size[group].sum(axis=0)
    both = (size > 0) & (other_size > 0)
    everyone = counts.tagged.sum(axis=0) / np.maximum(counts.size.sum(axis=0), 1)
    tagged, size, other_size = (np.where(both, x, 0.0) for x in (tagged, size, other_size))
    other_tagged = np.where(both, counts.tagged[group].sum(axis=0), 0.0)
    prior_size = other_size + PRIOR_PARAGRAPHS
    expected = (other_tagged + PRIOR_PARAGRAPHS * everyone) / prior_size
    chance = expected * (1 - expected)
    spread = (counts.size[group] ** 2).sum(axis=0) / np.maximum(other_size, 1) ** 2
    # An authority that leans one way is taken to do so in all its documents, so its own part of
    # the variance is added up before it is squared.
    leaning = (size * np.sqrt(dispersion * chance)).sum(axis=0) ** 2
    between = (size * np.sqrt(dispersion * chance * (1 + spread))).sum(axis=0) ** 2
    by_chance = (size * chance).sum(axis=0)
    variance = by_chance + (size**2 * chance / prior_size).sum(axis=0) + between
    n, n_tagged = size.sum(axis=0), tagged.sum(axis=0)
    compared = (n > 0) & (variance > 0)
    safe, scale = np.maximum(n, 1), np.where(compared, variance, 1.0)
    share, mean = n_tagged / safe, (size * expected).sum(axis=0) / safe
    values = (
        share,
        mean,
        mean + leaning / scale * (share - mean),
        variance / np.where(by_chance > 0, by_chance, 1.0),
        (n_tagged - n * mean) / np.sqrt(scale),
        np.array([tail(*case) for case in zip(n_tagged, n, mean, variance, strict=True)]),
    )
    shown = (np.where(compared, value, np.nan) for value in values)
    return (n_tagged, n, other_tagged.sum(axis=0), other_size.sum(axis=0), *shown)


def tail(tagged: float, size: float, mean: float, variance: float) -> float:
    """The two-sided mid-p value of a count, if counts were beta-binomial.

    `mean` is the share expected of `size` paragraphs, `variance` that of the count; where it is no
    more than chance, counts are binomial. Half the probability of the count itself is counted
    (Lancaster 1961, JASA 56:223-234), because small counts come in large steps.

    >>> round(tail(9, 60, 0.05, 60 * 0.05 * 0.95), 4)
    0.0036
    """
    if not (size and 0 < mean < 1):
        return 1.0
    # Imported here, as is scipy.stats.
    from scipy.special import betaln, gammaln

    k = np.arange(tagged + 1)
    chosen = gammaln(size + 1) - gammaln(k + 1) - gammaln(size - k + 1)
    ratio = variance / (size * mean * (1 - mean))
    # Just above chance the two distributions are the same, and the second cannot be computed.
    if ratio <= 1 + 1e-6 or size <= 1:
        logs = chosen + k * np.log(mean) + (size - k) * np.log1p(-mean)
    else:
        rho = min((ratio - 1) / (size - 1), MOST_CORRELATED)
        a, b = mean * (1 / rho - 1), (1 - mean) * (1 / rho - 1)
        logs = chosen + betaln(k + a, size - k + b) - betaln(a, b)
    each = np.exp(logs)
    below = each[:-1].sum() + each[-1] / 2
    return float(np.clip(2 * min(below, 1 - below), 0, 1))


def stands_out(q_value: float, z: float, tagged: float) -> str:
    """`more`, `less` or '': the column `stands_out`."""
    if not q_value <= FALSE_DISCOVERY:
        return ""
    if z > 0:
        return "more" if tagged >= FEW else ""
    return "less"


def say_false_flags(standouts: pd.DataFrame) -> str:
    """How many cells stand out from the rest, and how many of them by chance, as expected."""
    rest = standouts[standouts["against"] == REST]
    if rest["p_value"].isna().all():
        return (
            "No cell could be compared: that needs other authorities' documents of the same type "
            "and framework"
        )
    n = int((rest["stands_out"] != "").sum())
    if not n:
        return "No cell stands out from the rest beyond the usual differences between authorities"
    cells = "1 cell stands" if n == 1 else f"{n} cells stand"
    by_chance = FALSE_DISCOVERY * n
    about = "fewer than 1" if by_chance < 1 else f"about {by_chance:.1f}"
    return f"{cells} out from the rest; {about} of these would be expected by chance"
