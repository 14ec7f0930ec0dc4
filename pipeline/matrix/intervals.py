"""Counts → shares that can be compared, with intervals, corrected for the classifier's errors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

# The 97.5% point of the normal distribution: every interval here is a 95% interval.
Z = 1.959964
# A cell with fewer tagged paragraphs than this is shown as small, whatever its share. A report of
# twelve pages has about sixty paragraphs: three of them are 5%, or anything from 2% to 14%.
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


# How alike two decisions about one authority are, where a card does not say: what the codes of the
# shipped model give, rounded (see `training.card`).
USUAL_RECALL_BETWEEN, USUAL_FALSE_ALARMS_BETWEEN = 0.04, 0.002


@dataclass(frozen=True, slots=True)
class Errors:
    """How often a classifier was right or wrong on a theme, on randomly drawn coded paragraphs.

    From a weighted sample come what a simple one would have counted, which need not be whole.
    Recall and false alarms differ between authorities: `recall_between` times the variance of a
    single decision is the variance of an authority's own recall. `recall_effect` is by how much
    that makes the variance of `recall` larger, because coded paragraphs came from few authorities.
    """

    true_positive: float
    false_positive: float
    false_negative: float
    true_negative: float
    recall_between: float = USUAL_RECALL_BETWEEN
    false_alarms_between: float = USUAL_FALSE_ALARMS_BETWEEN
    recall_effect: float = 1.0
    false_alarms_effect: float = 1.0

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

    @property
    def youden(self) -> float:
        """Recall minus false alarms: what a true share is multiplied by in the share tagged."""
        return self.recall - self.false_alarms

    @property
    def uncertainty(self) -> float:
        """The variance of `youden` over its square, from the number of coded paragraphs alone."""
        return self._relative_variance(
            self.recall_effect / self.coded_yes, self.false_alarms_effect / self.coded_no
        )

    @property
    def variation(self) -> float:
        """The variance of `youden` over its square, from one authority to another."""
        return self._relative_variance(self.recall_between, self.false_alarms_between)

    def _relative_variance(self, of_yes: float, of_no: float) -> float:
        yes = self.recall * (1 - self.recall) * of_yes
        no = self.false_alarms * (1 - self.false_alarms) * of_no
        return (yes + no) / self.youden**2


# What `add_shares` adds that has no sum.
NOT_ADDED = [
    "share",
    "share_low",
    "share_high",
    "own_low",
    "own_high",
    "uncertainty",
    "variation",
    "share_corrected",
    "per_1000_words",
]

# The errors of a classifier by document type and theme, for those where they are known.
ErrorsByKind = Mapping[tuple[str, str], Errors]


def read_errors(card: Mapping, of: str = "errors") -> dict[tuple[str, str], Errors]:
    """The errors in a model card by document type and theme; {} for older cards without them.

    With `of` "stances", those of each stance on tagged paragraphs, whatever the theme. Left out
    are kinds that are not validated (see `is_validated`) and, within a kind, themes that fewer
    than `MIN_CODED` random paragraphs have, or that the classifier can hardly tell.
    """
    names = {field.name for field in fields(Errors)}
    read = {}
    for kind, known in (card.get("kinds") or {}).items():
        if not is_validated(known):
            continue
        for theme, counts in known.get(of, {}).items():
            errors = Errors(**{name: n for name, n in counts.items() if name in names})
            # Of a run's own sample, only themes that are coded often enough are handed in.
            enough = OF_THIS_RUN in known or min(errors.coded_yes, errors.coded_no) >= MIN_CODED
            if enough and errors.youden >= LEAST_YOUDEN:
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

    Needs document_type, theme, n_tagged, n_paragraphs, n_words, `extra_variance` (see there) and
    `squares`, the sum of the squares of each authority's paragraphs. Where the errors of the theme
    are known for the document type, `share_corrected` and the interval are of the share a coder
    would find; otherwise `share_corrected` is empty, the interval covers sampling only, and the
    paragraphs count as not validated.

    For differences of shares (see `difference_interval`) there are also `own_low` and `own_high`,
    the interval if the errors were known exactly, and the errors' `uncertainty` and `variation`.
    """
    tagged = counts["n_tagged"].to_numpy(dtype=float)
    size = counts["n_paragraphs"].to_numpy(dtype=float)
    dispersion = dispersion_of(counts)
    alike = _ratio(counts["squares"].to_numpy(dtype=float), size**2)
    low, high = share_interval(tagged, size, dispersion)
    own_low, own_high = low.copy(), high.copy()
    corrected = np.full(len(counts), np.nan)
    uncertainty, variation = np.zeros((2, len(counts)))
    known = np.zeros(len(counts), dtype=bool)
    for (kind, theme), rate in (errors or {}).items():
        own = ((counts["document_type"] == kind) & (counts["theme"] == theme)).to_numpy()
        known |= own
        rows = own & (size > 0)
        given = (tagged[rows], size[rows], rate, dispersion[rows])
        corrected[rows], low[rows], high[rows] = corrected_share(*given, alike[rows])
        _, own_low[rows], own_high[rows] = corrected_share(*given, None)
        uncertainty[rows], variation[rows] = rate.uncertainty, rate.variation
    return counts.assign(
        share=_ratio(tagged, size),
        share_low=low,
        share_high=high,
        own_low=own_low,
        own_high=own_high,
        uncertainty=uncertainty,
        variation=variation,
        share_corrected=corrected,
        n_not_validated=np.where(known, 0, counts["n_paragraphs"]),
        per_1000_words=1000 * _ratio(tagged, counts["n_words"].to_numpy(dtype=float)),
    )


def dispersion_of(counts: pd.DataFrame) -> np.ndarray:
    """By how much the variance of `n_tagged` is larger than by chance; at least 1."""
    size = counts["n_paragraphs"].to_numpy(dtype=float)
    return 1 + _ratio(counts["extra_variance"].to_numpy(dtype=float), size)


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
    sums = parts.drop(columns=NOT_ADDED).groupby(list(by), sort=False).sum(numeric_only=True)
    size = sums["n_paragraphs"].to_numpy(dtype=float)
    tagged = sums["n_tagged"].to_numpy(dtype=float)
    known = (sums["n_not_validated"] == 0).to_numpy() & (size > 0)
    safe = np.maximum(size, 1)
    corrected = np.where(known, added["point"] / safe, np.nan)
    low, high = share_interval(tagged, size, dispersion_of(sums))
    pooled_low = np.maximum(0, corrected - np.sqrt(added["below"]) / safe)
    pooled_high = np.minimum(1, corrected + np.sqrt(added["above"]) / safe)
    return sums.assign(
        share=_ratio(tagged, size),
        share_low=np.where(known, pooled_low, low),
        share_high=np.where(known, pooled_high, high),
        share_corrected=corrected,
        per_1000_words=1000 * _ratio(tagged, sums["n_words"].to_numpy(dtype=float)),
    ).reset_index()


def share_interval(
    tagged: np.ndarray, size: np.ndarray, dispersion: np.ndarray | float = 1.0
) -> tuple[np.ndarray, np.ndarray]:
    """The score interval of a share (Wilson 1927, JASA 22:209-212); 0 to 1 where size is 0.

    With a `dispersion`, that of the effective sample: both counts divided by it.

    >>> low, high = share_interval(np.array([3.0]), np.array([60.0]))
    >>> round(float(low[0]), 3), round(float(high[0]), 3)
    (0.017, 0.137)
    """
    tagged, safe = tagged / dispersion, np.maximum(size, 1) / dispersion
    centre = (tagged + Z * Z / 2) / (safe + Z * Z)
    half = Z / (safe + Z * Z) * np.sqrt(tagged * (safe - tagged) / safe + Z * Z / 4)
    return (
        np.where(size > 0, np.clip(centre - half, 0, 1), 0.0),
        np.where(size > 0, np.clip(centre + half, 0, 1), 1.0),
    )


def balance(n_strength: ArrayLike, n_concern: ArrayLike) -> np.ndarray:
    """Strengths among the paragraphs that say a strength or a concern; NaN if there are none.

    >>> balance([3, 0], [1, 0]).tolist()
    [0.75, nan]
    """
    strengths, concerns = np.asarray(n_strength, float), np.asarray(n_concern, float)
    said = strengths + concerns
    return np.divide(strengths, said, out=np.full(said.shape, np.nan), where=said > 0)


def balance_interval(
    n_strength: ArrayLike, n_concern: ArrayLike
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The `balance` with the ends of its `share_interval`, as `difference_interval` takes it."""
    strengths, concerns = np.asarray(n_strength, float), np.asarray(n_concern, float)
    return balance(strengths, concerns), *share_interval(strengths, strengths + concerns)


def corrected_share(
    tagged: np.ndarray,
    size: np.ndarray,
    errors: Errors,
    dispersion: np.ndarray | float = 1.0,
    alike: np.ndarray | float | None = 1.0,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The share a coder would find, with the ends of its 95% interval.

    The estimate is the adjusted count: (share tagged - false-alarm rate) / (recall - false-alarm
    rate), cut at 0 and 1 (Rogan and Gladen 1978, Am J Epidemiol 107:71-76; as quantification:
    Forman 2008, Data Min Knowl Disc 17:164-206). The interval is that of Lang and Reiczigel
    (2014, Prev Vet Med 113:13-22): it allows for chance in which paragraphs were written, and in
    recall and false alarms, which are known only from the coded paragraphs. Paragraphs count as
    fewer by the `dispersion` (Rao and Scott 1992, Biometrics 48:577-585), and recall and false
    alarms of an authority vary around those of all, as random effects (DerSimonian and Laird
    1986, Control Clin Trials 7:177-188): `alike` is the chance that two of the paragraphs are
    about the same authority. If it is None, the errors count as known exactly.
    """
    point = np.clip((tagged / size - errors.false_alarms) / errors.youden, 0, 1)
    tagged, size = tagged / dispersion, size / dispersion
    share = (tagged + Z * Z / 2) / (size + Z * Z)
    sensitivity, specificity = errors.recall, 1 - errors.false_alarms
    of_sensitivity = of_specificity = 0.0
    between: tuple[np.ndarray | float, ...] = (0.0, 0.0)
    if alike is not None:
        coded_yes = errors.coded_yes / errors.recall_effect
        coded_no = errors.coded_no / errors.false_alarms_effect
        sensitivity = (sensitivity * coded_yes + 1) / (coded_yes + 2)
        specificity = (specificity * coded_no + 1) / (coded_no + 2)
        of_sensitivity = sensitivity * (1 - sensitivity) / (coded_yes + 2)
        of_specificity = specificity * (1 - specificity) / (coded_no + 2)
        between = (
            errors.recall_between * sensitivity * (1 - sensitivity) * alike,
            errors.false_alarms_between * specificity * (1 - specificity) * alike,
        )
    youden = sensitivity + specificity - 1
    # Outside 0 to 1 the share has no meaning, and its variance would grow without limit.
    middle = np.clip((share + specificity - 1) / youden, 0, 1)
    shift = 2 * Z * Z * (middle * of_sensitivity - (1 - middle) * of_specificity)
    variance = (
        share * (1 - share) / (size + Z * Z)
        + (1 - middle) ** 2 * (of_specificity + between[1])
        + middle**2 * (of_sensitivity + between[0])
    )
    half = Z * np.sqrt(variance) / youden
    low = np.clip(middle + shift - half, 0, 1)
    high = np.clip(middle + shift + half, 0, 1)
    return point, np.minimum(low, point), np.maximum(high, point)


def difference_interval(
    earlier: tuple[np.ndarray, np.ndarray, np.ndarray],
    later: tuple[np.ndarray, np.ndarray, np.ndarray],
    shared: np.ndarray | float = 0.0,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Later minus earlier with its 95% interval, each share given as (value, low, high).

    The two intervals are combined as by Newcombe (1998, Stat Med 17:873-890, method 10; for any
    two estimates: Zou and Donner 2008, Stat Med 27:1693-1702). They are to be the shares' own,
    without the classifier's errors: as both shares have the same errors, false alarms cancel, and
    the difference is divided by one Youden's J. `shared` is the relative variance of that (delta
    method): `Errors.uncertainty` plus, for one authority, `Errors.variation`.

    >>> d, low, high = difference_interval((.10, .05, .18), (.20, .12, .30))
    >>> round(float(low), 3), round(float(high), 3)
    (-0.013, 0.212)
    """
    (p1, l1, u1), (p2, l2, u2) = earlier, later
    difference = p2 - p1
    common = Z * Z * shared * difference**2
    return (
        difference,
        difference - np.sqrt((p2 - l2) ** 2 + (u1 - p1) ** 2 + common),
        difference + np.sqrt((u2 - p2) ** 2 + (p1 - l1) ** 2 + common),
    )


def _ratio(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    return np.divide(part, whole, out=np.zeros(len(part)), where=whole > 0)
