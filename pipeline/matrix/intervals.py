"""Counts → shares that can be compared, with intervals, corrected for the classifier's errors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

import numpy as np
import pandas as pd

# The 97.5 % point of the normal distribution: every interval here is a 95 % interval.
Z = 1.959964
# A cell with fewer tagged paragraphs than this is shown as small, whatever its share. A report of
# twelve pages has about sixty paragraphs: three of them are 5 %, or anything from 2 % to 14 %.
FEW = 5
# From this number on, a share is coloured in full; between the two it is paler.
SURE = 10
# The least Youden's J (recall minus false-alarm rate) by which it makes sense to divide.
LEAST_YOUDEN = 0.2


@dataclass(frozen=True, slots=True)
class Errors:
    """How often a classifier was right or wrong on a theme, on randomly drawn coded paragraphs."""

    true_positive: int
    false_positive: int
    false_negative: int
    true_negative: int

    @property
    def coded_yes(self) -> int:
        """Paragraphs that a coder gave the theme."""
        return self.true_positive + self.false_negative

    @property
    def coded_no(self) -> int:
        """Paragraphs that a coder did not give the theme."""
        return self.false_positive + self.true_negative

    @property
    def recall(self) -> float:
        """The share of `coded_yes` that the classifier tagged."""
        return self.true_positive / self.coded_yes

    @property
    def false_alarms(self) -> float:
        """The share of `coded_no` that the classifier tagged."""
        return self.false_positive / self.coded_no


def read_errors(card: Mapping) -> dict[str, Errors]:
    """The errors in a model card, by theme; {} for older cards without them.

    A theme is left out if its counts are of no use: no paragraph was coded with it, or none
    without it, or the classifier can hardly distinguish the two.
    """
    names = [field.name for field in fields(Errors)]
    read = {}
    for theme, counts in (card.get("errors") or {}).items():
        errors = Errors(*(int(counts[name]) for name in names))
        both = errors.coded_yes and errors.coded_no
        if both and errors.recall - errors.false_alarms >= LEAST_YOUDEN:
            read[theme] = errors
    return read


def add_shares(counts: pd.DataFrame, errors: Mapping[str, Errors] | None = None) -> pd.DataFrame:
    """`counts` with the columns share, share_low, share_high, share_corrected, per_1000_words.

    Needs the columns theme, n_tagged, n_paragraphs and n_words. Where the errors of the theme are
    known, `share_corrected` and the interval are of the share a coder would find; otherwise
    `share_corrected` is empty and the interval covers sampling only.
    """
    errors = errors or {}
    tagged = counts["n_tagged"].to_numpy(dtype=float)
    size = counts["n_paragraphs"].to_numpy(dtype=float)
    words = counts["n_words"].to_numpy(dtype=float)
    low, high = share_interval(tagged, size)
    corrected = np.full(len(counts), np.nan)
    for theme, known in errors.items():
        rows = (counts["theme"] == theme).to_numpy() & (size > 0)
        corrected[rows], low[rows], high[rows] = corrected_share(tagged[rows], size[rows], known)
    return counts.assign(
        share=_ratio(tagged, size),
        share_low=low,
        share_high=high,
        share_corrected=corrected,
        per_1000_words=1000 * _ratio(tagged, words),
    )


def share_interval(tagged: np.ndarray, size: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The score interval of a share (Wilson 1927, JASA 22:209-212); 0 to 1 where size is 0.

    >>> low, high = share_interval(np.array([3.0]), np.array([60.0]))
    >>> round(float(low[0]), 3), round(float(high[0]), 3)
    (0.017, 0.137)
    """
    safe = np.maximum(size, 1)
    centre = (tagged + Z * Z / 2) / (safe + Z * Z)
    half = Z / (safe + Z * Z) * np.sqrt(tagged * (safe - tagged) / safe + Z * Z / 4)
    return (
        np.where(size > 0, np.clip(centre - half, 0, 1), 0.0),
        np.where(size > 0, np.clip(centre + half, 0, 1), 1.0),
    )


def corrected_share(
    tagged: np.ndarray, size: np.ndarray, errors: Errors
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The share a coder would find, with the ends of its 95 % interval.

    The estimate is the adjusted count: (share tagged - false-alarm rate) / (recall - false-alarm
    rate), cut at 0 and 1 (Rogan and Gladen 1978, Am J Epidemiol 107:71-76; as quantification:
    Forman 2008, Data Min Knowl Disc 17:164-206). The interval is that of Lang and Reiczigel
    (2014, Prev Vet Med 113:13-22): it allows for chance in which paragraphs were written, and in
    recall and false alarms, which are known only from the coded paragraphs. It assumes that both
    are the same in all documents and that paragraphs are independent.
    """
    coded_yes, coded_no = errors.coded_yes, errors.coded_no
    false_alarms, recall = errors.false_alarms, errors.recall
    point = np.clip((tagged / size - false_alarms) / (recall - false_alarms), 0, 1)
    share = (tagged + Z * Z / 2) / (size + Z * Z)
    sensitivity = (errors.true_positive + 1) / (coded_yes + 2)
    specificity = (errors.true_negative + 1) / (coded_no + 2)
    youden = sensitivity + specificity - 1
    of_sensitivity = sensitivity * (1 - sensitivity) / (coded_yes + 2)
    of_specificity = specificity * (1 - specificity) / (coded_no + 2)
    # Outside 0 to 1 the share has no meaning, and its variance would grow without limit.
    middle = np.clip((share + specificity - 1) / youden, 0, 1)
    shift = 2 * Z * Z * (middle * of_sensitivity - (1 - middle) * of_specificity)
    variance = (
        share * (1 - share) / (size + Z * Z)
        + (1 - middle) ** 2 * of_specificity
        + middle**2 * of_sensitivity
    )
    half = Z * np.sqrt(variance) / youden
    low = np.clip(middle + shift - half, 0, 1)
    high = np.clip(middle + shift + half, 0, 1)
    return point, np.minimum(low, point), np.maximum(high, point)


def difference_interval(
    earlier: tuple[np.ndarray, np.ndarray, np.ndarray],
    later: tuple[np.ndarray, np.ndarray, np.ndarray],
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Later minus earlier with its 95 % interval, each share given as (value, low, high).

    The two intervals are combined as by Newcombe (1998, Stat Med 17:873-890, method 10; for any
    two estimates: Zou and Donner 2008, Stat Med 27:1693-1702).

    >>> d, low, high = difference_interval((.10, .05, .18), (.20, .12, .30))
    >>> round(float(low), 3), round(float(high), 3)
    (-0.013, 0.212)
    """
    (p1, l1, u1), (p2, l2, u2) = earlier, later
    difference = p2 - p1
    return (
        difference,
        difference - np.sqrt((p2 - l2) ** 2 + (u1 - p1) ** 2),
        difference + np.sqrt((u2 - p2) ** 2 + (p1 - l1) ** 2),
    )


def _ratio(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    return np.divide(part, whole, out=np.zeros(len(part)), where=whole > 0)
