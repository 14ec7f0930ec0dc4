"""Counts → shares that can be compared, with intervals, corrected for the classifier's errors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
# The errors on a kind of document are known if so many of its paragraphs, from so many documents,
# were drawn at random and coded: the share of decisions that are wrong is then known to about 3
# percentage points, and is not that of one author.
MIN_VALIDATED, MIN_VALIDATED_DOCUMENTS = 300, 10
# Of fewer paragraphs with a theme, recall would be known to no better than 30 points either way.
MIN_CODED = 10
# Where a card that was corrected by the run's own validation says so of a kind, in a sentence.
OF_THIS_RUN = "of_this_run"
# The least Youden's J (recall minus false-alarm rate) by which it makes sense to divide.
LEAST_YOUDEN = 0.2


@dataclass(frozen=True, slots=True)
class Errors:
    """How often a classifier was right or wrong on a theme, on randomly drawn coded paragraphs.

    From a weighted sample come what a simple one would have counted, which need not be whole.
    """

    true_positive: float
    false_positive: float
    false_negative: float
    true_negative: float

    @property
    def coded_yes(self) -> float:
        """Paragraphs that a coder gave the theme."""
        return self.true_positive + self.false_negative

    @property
    def coded_no(self) -> float:
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


# The errors of a classifier by document type and theme, for those where they are known.
ErrorsByKind = Mapping[tuple[str, str], Errors]


def read_errors(card: Mapping) -> dict[tuple[str, str], Errors]:
    """The errors in a model card by document type and theme; {} for older cards without them.

    Left out are kinds that are not validated (see `is_validated`) and, within a kind, themes
    that fewer than `MIN_CODED` random paragraphs have, or that the classifier can hardly tell.
    """
    names = [field.name for field in fields(Errors)]
    read = {}
    for kind, known in (card.get("kinds") or {}).items():
        if not is_validated(known):
            continue
        for theme, counts in known["errors"].items():
            errors = Errors(*(counts[name] for name in names))
            # Of a run's own sample, only themes that are coded often enough are handed in.
            enough = OF_THIS_RUN in known or min(errors.coded_yes, errors.coded_no) >= MIN_CODED
            if enough and errors.recall - errors.false_alarms >= LEAST_YOUDEN:
                read[kind, theme] = errors
    return read


def is_validated(known: Mapping) -> bool:
    """Whether enough random paragraphs of a kind were coded to say how often tags are wrong.

    `known` is what a model card says of the kind: n_paragraphs and n_documents of these. Of a
    run's own sample fewer will do, as it is of the very documents.
    """
    return OF_THIS_RUN in known or (
        known["n_paragraphs"] >= MIN_VALIDATED and known["n_documents"] >= MIN_VALIDATED_DOCUMENTS
    )


def add_shares(counts: pd.DataFrame, errors: ErrorsByKind | None = None) -> pd.DataFrame:
    """`counts` with shares, their intervals, `n_not_validated` and `per_1000_words`.

    Needs document_type, theme, n_tagged, n_paragraphs and n_words. Where the errors of the theme
    are known for the document type, `share_corrected` and the interval are of the share a coder
    would find; otherwise `share_corrected` is empty, the interval covers sampling only, and the
    paragraphs count as not validated.
    """
    tagged = counts["n_tagged"].to_numpy(dtype=float)
    size = counts["n_paragraphs"].to_numpy(dtype=float)
    low, high = share_interval(tagged, size)
    corrected = np.full(len(counts), np.nan)
    known = np.zeros(len(counts), dtype=bool)
    for (kind, theme), rate in (errors or {}).items():
        own = ((counts["document_type"] == kind) & (counts["theme"] == theme)).to_numpy()
        known |= own
        rows = own & (size > 0)
        corrected[rows], low[rows], high[rows] = corrected_share(tagged[rows], size[rows], rate)
    return counts.assign(
        share=_ratio(tagged, size),
        share_low=low,
        share_high=high,
        share_corrected=corrected,
        n_not_validated=np.where(known, 0, counts["n_paragraphs"]),
        per_1000_words=1000 * _ratio(tagged, counts["n_words"].to_numpy(dtype=float)),
    )


def pool_kinds(parts: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    """Rows of several document types that `add_shares` made → a row for each value of `by`.

    Its corrected share is the mean of those of the document types, each weighted by its
    paragraphs, with the interval of a sum of independent estimates (Zou, Huang and Zhang 2009,
    Stat Med 28:1005-1015). It is empty, and the interval that of the plain share, if any of its
    paragraphs is not validated. Columns: `by`, share, share_low, share_high, share_corrected,
    n_not_validated and per_1000_words, and sums of all other columns that hold numbers.
    """
    point = parts["share_corrected"].fillna(0.0)
    weight = parts["n_paragraphs"].astype(float)
    keys = [parts[name] for name in by]
    added = pd.DataFrame(
        {
            "point": weight * point,
            "below": (weight * (point - parts["share_low"])) ** 2,
            "above": (weight * (parts["share_high"] - point)) ** 2,
        }
    )
    added = added.groupby(keys, sort=False).sum()
    shares = ["share", "share_low", "share_high", "share_corrected", "per_1000_words"]
    sums = parts.drop(columns=shares).groupby(list(by), sort=False).sum(numeric_only=True)
    size = sums["n_paragraphs"].to_numpy(dtype=float)
    tagged = sums["n_tagged"].to_numpy(dtype=float)
    known = (sums["n_not_validated"] == 0).to_numpy() & (size > 0)
    safe = np.maximum(size, 1)
    corrected = np.where(known, added["point"] / safe, np.nan)
    low, high = share_interval(tagged, size)
    pooled_low = np.maximum(0, corrected - np.sqrt(added["below"]) / safe)
    pooled_high = np.minimum(1, corrected + np.sqrt(added["above"]) / safe)
    return sums.assign(
        share=_ratio(tagged, size),
        share_low=np.where(known, pooled_low, low),
        share_high=np.where(known, pooled_high, high),
        share_corrected=corrected,
        per_1000_words=1000 * _ratio(tagged, sums["n_words"].to_numpy(dtype=float)),
    ).reset_index()


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
