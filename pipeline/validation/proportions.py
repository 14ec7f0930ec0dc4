"""Shares of weighted paragraphs that come in documents, with intervals that hold in small samples.

ppi-python (prediction-powered inference; Angelopoulos et al. 2023, Science 382:669-674) was looked
at first: it weighs observations, but knows neither strata nor clusters, its intervals make no room
for errors that were not seen, and it brings Numba and statsmodels.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class Estimate:
    """An estimated share with its 95% interval."""

    value: float
    low: float
    high: float

    @property
    def width(self) -> float:
        """From one end of the interval to the other."""
        return self.high - self.low


@dataclass(frozen=True, slots=True)
class Proportion:
    """A weighted share: its value, of how many paragraphs, and how many it is worth.

    `worth` is the number of paragraphs of a simple random sample that would tell as much (the
    effective sample size). 0 of 0 paragraphs: nothing is known, and `value` is a guess.
    """

    value: float
    n: int
    worth: float

    def estimate(self, times: float = 1.0) -> Estimate:
        """The share with its interval, had the sample been so many `times` as large.

        The interval is Jeffreys's for the effective sample size (Brown, Cai and DasGupta 2001,
        Stat Sci 16:101-133; for samples of this kind Franco et al. 2019, J Surv Stat Methodol
        7:334-364). Wilson's was tried: a sixth wider, and its lower end is too high more often.
        """
        # Imported here, as below: scipy.stats takes most of a second, and every run loads this.
        from scipy.stats import beta

        n = self.worth * times
        yes, no = self.value * n, (1 - self.value) * n
        low = float(beta.ppf(0.025, yes + 0.5, no + 0.5)) if yes > 0 else 0.0
        high = float(beta.ppf(0.975, yes + 0.5, no + 0.5)) if no > 0 else 1.0
        return Estimate(self.value, min(low, self.value), max(high, self.value))

    @property
    def without(self) -> Proportion:
        """The share of all others."""
        return Proportion(1 - self.value, self.n, self.worth)

    @property
    def hedged(self) -> tuple[float, float]:
        """The share and its variance, with half a yes and half a no added."""
        n = self.worth + 1
        value = (self.value * self.worth + 0.5) / n
        return value, value * (1 - value) / n


UNKNOWN = Proportion(0.5, 0, 0.0)
# What paragraphs are worth that are all there are.
EVERYTHING = 1e8


def measure_proportion(yes: np.ndarray, weight: np.ndarray, document: np.ndarray) -> Proportion:
    """The weighted share of `yes` (0 to 1, for each paragraph) and what it is worth.

    The variance is that of a ratio of weighted sums, taken over paragraphs and over whole
    documents; the larger one counts. The worth is never more than Kish's effective size, sum(w)^2
    / sum(w^2), which it also has where all answers are equal and no variance can be seen. Nothing
    is left to chance if every paragraph stands only for itself.
    """
    if not len(yes):
        return UNKNOWN
    total = weight.sum()
    # Without the last digits: of all and of none there is no variance, and weights do not add up.
    value = round(float(weight @ yes / total), 12)
    if weight.max() <= 1 + 1e-9:
        return Proportion(value, len(yes), EVERYTHING)
    kish = float(total**2 / (weight**2).sum())
    part = weight * (yes - value) / total
    of_document = np.bincount(np.unique(document, return_inverse=True)[1], part)
    variance = max(_spread(part), _spread(of_document))
    worth = min(kish, value * (1 - value) / variance) if variance > 1e-12 else kish
    return Proportion(value, len(yes), worth)


def _spread(parts: np.ndarray) -> float:
    n = len(parts)
    return float(n / (n - 1) * (parts**2).sum()) if n > 1 else 0.0


@dataclass(frozen=True, slots=True)
class TwoGroups:
    """What coders found among the paragraphs that the model tagged, and among the others.

    `tagged_share` is how many of the paragraphs the model tagged, which is known of all of them;
    `in_tagged` and `in_rest` are the shares with the theme, estimated from the sample.
    """

    tagged_share: float
    in_tagged: Proportion
    in_rest: Proportion

    def share(self, times: float = 1.0) -> Estimate:
        """The share of all paragraphs that a coder would give the theme.

        This is the difference estimator (the tagged share, plus the mean of code minus tag in the
        sample; Sarndal, Swensson and Wretman 1992, 6.3), which prediction-powered inference also
        uses, with the weights scaled so that tagged and untagged paragraphs add up to their known
        numbers. The intervals of the two groups are combined as by Zou and Donner (2008, Stat Med
        27:1693-1702).
        """
        a, b = self._parts(times)
        return Estimate(
            a.value + b.value,
            max(0.0, a.value + b.value - np.hypot(a.value - a.low, b.value - b.low)),
            min(1.0, a.value + b.value + np.hypot(a.high - a.value, b.high - b.value)),
        )

    def recall(self, times: float = 1.0) -> Estimate:
        """The share of the paragraphs with the theme that the model tagged.

        Its ends are where the interval of (1 - recall) x found - recall x missed reaches 0, as for
        a ratio in Donner and Zou (2012, Stat Methods Med Res 21:347-359).
        """
        found, missed = self._parts(times)
        told = found.value + missed.value

        def low(r: float) -> float:
            return (
                (1 - r) * found.value
                - r * missed.value
                - np.hypot((1 - r) * (found.value - found.low), r * (missed.high - missed.value))
            )

        def high(r: float) -> float:
            return (
                (1 - r) * found.value
                - r * missed.value
                + np.hypot((1 - r) * (found.high - found.value), r * (missed.value - missed.low))
            )

        value = found.value / told if told > 0 else math.nan
        return Estimate(value, _root(low), _root(high))

    def precision(self, times: float = 1.0) -> Estimate:
        """The share of the tagged paragraphs that have the theme; empty if none was coded."""
        if not self.in_tagged.n:
            return Estimate(math.nan, math.nan, math.nan)
        return self.in_tagged.estimate(times)

    def counts(self) -> dict[str, float]:
        """Right and wrong decisions, as `intervals.Errors` wants them.

        Those of a simple random sample that would show the same recall and the same rate of false
        alarms, and know them as exactly (effective sample sizes, by the delta method). Half a yes
        and half a no are added to each group, so that nothing counts as known for certain.
        """
        tagged, rest = self.tagged_share, 1 - self.tagged_share
        recall, yes = _rate((tagged, self.in_tagged), (rest, self.in_rest))
        alarms, no = _rate((tagged, self.in_tagged.without), (rest, self.in_rest.without))
        return {
            "true_positive": recall * yes,
            "false_positive": alarms * no,
            "false_negative": (1 - recall) * yes,
            "true_negative": (1 - alarms) * no,
        }

    def _parts(self, times: float) -> tuple[Estimate, Estimate]:
        """The shares of all paragraphs that were found, and missed."""
        parts = []
        for size, group in (
            (self.tagged_share, self.in_tagged),
            (1 - self.tagged_share, self.in_rest),
        ):
            e = group.estimate(times)
            parts.append(Estimate(size * e.value, size * e.low, size * e.high))
        return parts[0], parts[1]


def _rate(
    found: tuple[float, Proportion], missed: tuple[float, Proportion]
) -> tuple[float, float]:
    """found / (found + missed), and the size of a simple random sample that knows it as exactly.

    Each is a share of all paragraphs, and of these the proportion that is meant.
    """
    (size, p), (other_size, q) = found, missed
    told = size * p.value + other_size * q.value
    rate = size * p.value / told if told > 0 else 0.0
    (p_value, p_variance), (q_value, q_variance) = p.hedged, q.hedged
    a, b = size * p_value, other_size * q_value
    variance = ((b * size) ** 2 * p_variance + (a * other_size) ** 2 * q_variance) / (a + b) ** 4
    return rate, max(0.0, a * b / (a + b) ** 2 / variance - 1) if variance > 0 else 0.0


def _root(falls: Callable[[float], float]) -> float:
    """Where a function that falls from 0 to 1 is zero; an end if it is not between them."""
    if falls(0.0) <= 0:
        return 0.0
    return _crossing(falls, 0.0, 1.0) if falls(1.0) < 0 else 1.0


def times_to_halve(width: Callable[[float], float], most: float = 1000.0) -> float:
    """How many times as large the sample must be for its interval to be half as wide."""
    goal = width(1.0) / 2
    if goal <= 0 or width(most) > goal:
        return most
    return _crossing(lambda times: width(times) - goal, 1.0, most)


def _crossing(function: Callable[[float], float], low: float, high: float) -> float:
    """Where a function is zero, between two places where its signs differ."""
    from scipy.optimize import brentq

    return float(brentq(function, low, high))
