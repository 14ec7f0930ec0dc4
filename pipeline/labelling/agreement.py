"""Codes of several coders on the same paragraphs → how far they agree, theme by theme."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations

import numpy as np
import pandas as pd

from pipeline.base.codebook import STANCES
from pipeline.base.errors import LabelError
from pipeline.labelling.codes import CODES_COLUMNS, KEYS, NO, themes_of

COEFFICIENTS = (
    "cohens_kappa",
    "krippendorffs_alpha",
    "positive_agreement",
    "percent_agreement",
)
STANCE_COEFFICIENTS = ("stance_agreement", "stance_kappa")
# The ends of the intervals of the coefficients.
ENDS = [f"{c}_{end}" for c in (*COEFFICIENTS, *STANCE_COEFFICIENTS) for end in ("low", "high")]
AGREEMENT = [
    "theme",
    "n",
    "n_both",
    "n_first_only",
    "n_second_only",
    "prevalence_first",
    "prevalence_second",
    *COEFFICIENTS,
    "n_stances",
    *STANCE_COEFFICIENTS,
    *ENDS,
]
# Who is compared, in front of the columns above.
PAIR = ["first", "second"]
# Of all coders together.
TOGETHER_COEFFICIENTS = ("krippendorffs_alpha", "percent_agreement", "stance_alpha")
TOGETHER = [
    "theme",
    "n",
    "n_codes",
    "prevalence",
    "n_stances",
    *TOGETHER_COEFFICIENTS,
    *(f"{name}_{end}" for name in TOGETHER_COEFFICIENTS for end in ("low", "high")),
]
# The row in which the decisions on all themes are one.
EVERY_THEME = "all themes"
# Of `side_by_side`, in front of a column for each coder.
SIDE_BY_SIDE = [*KEYS, "authority", "drawn", "theme"]
DRAWS = 2000  # of the bootstrap


def side_by_side(codes: pd.DataFrame, coders: Sequence[str]) -> pd.DataFrame:
    """A row for each paragraph and theme that at least two of the coders have coded.

    Columns `SIDE_BY_SIDE` and one for each coder, with the code, or "" if there is none. Raises
    `LabelError` if fewer than two coders are named, or one has no paragraph in common with any
    other.
    """
    if len(coders) < 2 or len(set(coders)) < len(coders):
        names = " and ".join(coders)
        raise LabelError(f"{names} is only one coder.", "Name at least two different coders.")
    keys = [*KEYS, "theme"]
    own = codes[codes["coder"].isin(coders)]
    said = own.melt(CODES_COLUMNS, themes_of(codes), var_name="theme", value_name="code")
    said = said[said["code"] != ""].drop_duplicates([*keys, "coder"])
    wide = said.pivot(index=keys, columns="coder", values="code").reindex(columns=list(coders))
    both = said.drop_duplicates(keys)[SIDE_BY_SIDE].merge(wide.reset_index(), on=keys)
    both = both.fillna(dict.fromkeys(coders, ""))
    both = both[(both[list(coders)] != "").sum(axis=1) > 1].reset_index(drop=True)
    for coder in coders:
        if not (both[coder] != "").any():
            known = ", ".join(sorted(set(codes["coder"])))
            others = " and ".join(name for name in coders if name != coder)
            raise LabelError(
                f"{coder} and {others} have coded no paragraph in common.",
                f"The coders are: {known}.",
            )
    return both


def pair_codes(both: pd.DataFrame, first: str, second: str) -> pd.DataFrame:
    """Of `side_by_side`, what two coders have both coded: their codes as `first` and `second`."""
    rows = both[(both[first] != "") & (both[second] != "")]
    return rows[SIDE_BY_SIDE].assign(first=rows[first], second=rows[second])


def measure_pairs(both: pd.DataFrame, coders: Sequence[str]) -> pd.DataFrame:
    """Agreement of each two coders on each theme and on all (columns `PAIR` and `AGREEMENT`).

    Two that have nothing in common are left out.
    """
    tables = []
    for one, other in combinations(coders, 2):
        pairs = pair_codes(both, one, other)
        if len(pairs):
            whole = pd.concat([pairs, pairs.assign(theme=EVERY_THEME)])
            tables.append(measure_agreement(whole).assign(first=one, second=other))
    return pd.concat(tables, ignore_index=True)[[*PAIR, *AGREEMENT]]


def measure_agreement(pairs: pd.DataFrame) -> pd.DataFrame:
    """Agreement on each theme, with the columns `AGREEMENT`.

    `pairs` has doc_id, theme, first and second (codes), and may have a `weight` for each row, to
    which only the coefficients pay heed. They are about whether paragraphs carry the theme (see
    `agreement_coefficients`); their 95% intervals (columns `ENDS`) are those of a bootstrap of
    whole documents, and empty where its draws do not differ. `stance_agreement` is the share of
    equal stances where both code the theme, `stance_kappa` the same corrected for chance.
    """
    return pd.DataFrame(
        [_measure(theme, rows) for theme, rows in pairs.groupby("theme", sort=False)],
        columns=AGREEMENT,
    )


def agreement_coefficients(tables: np.ndarray) -> dict[str, np.ndarray]:
    """`COEFFICIENTS` of 2 x 2 tables; the last axis: both yes, first only, second only, neither.

    Cohen's kappa (Cohen 1960), Krippendorff's alpha (nominal; Krippendorff 2011, "Computing
    Krippendorff's alpha-reliability"), positive agreement, 2a / (2a + b + c) (Cicchetti &
    Feinstein 1990), which paragraphs without the theme do not inflate, and the share of equal
    answers. Undefined ones are empty: kappa and alpha if all answers are the same. scikit-learn
    and krippendorff give the same, but no alpha of weighted paragraphs, and one table at a time.
    """
    both, first, second, neither = np.moveaxis(np.asarray(tables, dtype=float), -1, 0)
    n, differ = both + first + second + neither, first + second
    yes, no = 2 * both + differ, 2 * neither + differ
    by_chance = (both + first) * (first + neither) + (both + second) * (second + neither)
    with np.errstate(divide="ignore", invalid="ignore"):
        found = {
            "cohens_kappa": 1 - n * differ / by_chance,
            "krippendorffs_alpha": 1 - (2 * n - 1) * differ / (yes * no),
            "positive_agreement": 2 * both / yes,
            "percent_agreement": 1 - differ / n,
        }
    return {name: np.where(np.isfinite(value), value, np.nan) for name, value in found.items()}


def stance_coefficients(tables: np.ndarray) -> dict[str, np.ndarray]:
    """`STANCE_COEFFICIENTS` of square tables: the last two axes are what each coder answered.

    The share of equal answers, and Cohen's kappa (Cohen 1960) for any number of categories.
    """
    tables = np.asarray(tables, dtype=float)
    n = tables.sum(axis=(-2, -1))
    same = np.trace(tables, axis1=-2, axis2=-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        by_chance = (tables.sum(axis=-1) * tables.sum(axis=-2)).sum(axis=-1) / n
        found = {
            "stance_agreement": same / n,
            "stance_kappa": (same - by_chance) / (n - by_chance),
        }
    return {name: np.where(np.isfinite(value), value, np.nan) for name, value in found.items()}


def _measure(theme: str, rows: pd.DataFrame) -> dict[str, object]:
    one, two = (rows[name].to_numpy() != NO for name in PAIR)
    cells = np.column_stack([one & two, one & ~two, ~one & two, ~one & ~two])
    both, only_one, only_two, _ = cells.sum(axis=0)
    weight = rows["weight"].to_numpy(dtype=float) if "weight" in rows else np.ones(len(rows))
    # Alpha allows for the number of answers, which weights must not change.
    weighted = cells * (weight / weight.mean())[:, None]
    stances = np.array(STANCES)
    given = [rows[name].to_numpy(dtype=str)[:, None] == stances for name in PAIR]
    squares = (given[0][:, :, None] & given[1][:, None, :]).reshape(len(rows), -1)

    def coefficients(sums: np.ndarray) -> dict[str, np.ndarray]:
        square = sums[..., 4:].reshape(*sums.shape[:-1], len(STANCES), len(STANCES))
        return agreement_coefficients(sums[..., :4]) | stance_coefficients(square)

    parts = np.column_stack([weighted, squares])
    found = coefficients(parts.sum(axis=0))
    ends = _bootstrap(parts, rows["doc_id"].to_numpy(), coefficients)
    return {
        "theme": theme,
        "n": len(rows),
        "n_both": int(both),
        "n_first_only": int(only_one),
        "n_second_only": int(only_two),
        "prevalence_first": float(one.mean()),
        "prevalence_second": float(two.mean()),
        "n_stances": int(squares.sum()),
        **{name: float(value) for name, value in found.items()},
        **ends,
    }


def measure_together(both: pd.DataFrame, coders: Sequence[str]) -> pd.DataFrame:
    """Agreement of all coders together on each theme and on all (columns `TOGETHER`).

    `krippendorffs_alpha` is about whether paragraphs carry the theme, `stance_alpha` about the
    stances that those who say so give. `percent_agreement` is the share of equal answers among all
    pairs of codes of a paragraph, `prevalence` the share of codes that give the theme. Intervals
    as in `measure_agreement`.
    """
    whole = pd.concat([both, both.assign(theme=EVERY_THEME)])
    rows = [_measure_together(t, own, coders) for t, own in whole.groupby("theme", sort=False)]
    return pd.DataFrame(rows, columns=TOGETHER)


def alpha_parts(counts: np.ndarray) -> np.ndarray:
    """What Krippendorff's alpha is made of, to be added up over the units: rows of `counts`.

    `counts` has how many coders gave a unit each value. Units with fewer than two codes say
    nothing. Gives the disagreement within the unit, then its counts.
    """
    counts = np.where(counts.sum(axis=1, keepdims=True) > 1, counts, 0).astype(float)
    n = counts.sum(axis=1)
    apart = n**2 - (counts**2).sum(axis=1)
    return np.column_stack([apart / np.maximum(n - 1, 1), counts])


def alpha_of(sums: np.ndarray) -> np.ndarray:
    """Krippendorff's alpha from the sums of `alpha_parts` (last axis); empty if undefined.

    For nominal data, any number of coders and missing codes (Krippendorff 2011, "Computing
    Krippendorff's alpha-reliability"). The library krippendorff gives the same, but one table at
    a time, and a bootstrap needs thousands.
    """
    within, counts = sums[..., 0], sums[..., 1:]
    n = counts.sum(axis=-1)
    by_chance = n**2 - (counts**2).sum(axis=-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(by_chance > 0, 1 - (n - 1) * within / by_chance, np.nan)


def _measure_together(theme: str, rows: pd.DataFrame, coders: Sequence[str]) -> dict[str, object]:
    said = rows[list(coders)].to_numpy(dtype=str)
    coded, no = said != "", said == NO
    n, n_yes = coded.sum(axis=1), (coded & ~no).sum(axis=1)
    carries = np.column_stack([n_yes, n - n_yes])
    stances = np.column_stack([(said == stance).sum(axis=1) for stance in STANCES])
    pairs = n * (n - 1)
    apart = pairs - (carries * (carries - 1)).sum(axis=1)
    parts = np.column_stack([alpha_parts(carries), pairs, apart, alpha_parts(stances)])

    def coefficients(sums: np.ndarray) -> dict[str, np.ndarray]:
        with np.errstate(divide="ignore", invalid="ignore"):
            same = 1 - sums[..., 4] / sums[..., 3]
        found = (alpha_of(sums[..., :3]), same, alpha_of(sums[..., 5:]))
        return dict(zip(TOGETHER_COEFFICIENTS, found, strict=True))

    return {
        "theme": theme,
        "n": len(rows),
        "n_codes": int(n.sum()),
        "prevalence": float(n_yes.sum() / n.sum()),
        "n_stances": int((n_yes > 1).sum()),
        **{name: float(value) for name, value in coefficients(parts.sum(axis=0)).items()},
        **_bootstrap(parts, rows["doc_id"].to_numpy(), coefficients),
    }


def _bootstrap(parts: np.ndarray, documents: np.ndarray, coefficients) -> dict[str, float]:
    """The ends of the 95% intervals of what `coefficients` makes of sums of the rows `parts`.

    Whole documents are resampled, as in `scores.bootstrap`: paragraphs of a document are not
    independent of each other.
    """
    of_document = pd.DataFrame(parts).groupby(documents).sum().to_numpy()
    n = len(of_document)
    times = np.random.default_rng(0).multinomial(n, np.full(n, 1 / n), size=DRAWS)
    ends: dict[str, float] = {}
    for name, value in coefficients(times @ of_document).items():
        known = value[~np.isnan(value)]
        differ = len(known) > 0 and np.ptp(known) > 1e-9
        low, high = np.quantile(known, [0.025, 0.975]) if differ else (np.nan, np.nan)
        ends |= {f"{name}_low": float(low), f"{name}_high": float(high)}
    return ends


def list_disagreements(both: pd.DataFrame, coders: Sequence[str]) -> pd.DataFrame:
    """The rows of `side_by_side` in which coders differ."""
    differ = [len(set(row) - {""}) > 1 for row in both[list(coders)].itertuples(index=False)]
    return both[differ].reset_index(drop=True)


def for_print(measured: pd.DataFrame) -> pd.DataFrame:
    """A table of `measure_pairs` or `measure_together` as text, short enough to print.

    Coefficients come with their intervals.
    """
    return pd.DataFrame([dict(_printed(row)) for row in measured.to_dict("records")])


def _printed(row: Mapping) -> Iterator[tuple[str, str]]:
    if "first" in row:
        yield "coders", f"{row['first']}, {row['second']}"
    yield "theme", row["theme"]
    yield "n", str(row["n"])
    shares = ["prevalence_first", "prevalence_second"] if "first" in row else ["prevalence"]
    yield "prevalence", ", ".join(f"{row[name]:.1%}" for name in shares)
    for name, title in (
        ("percent_agreement", "agreement"),
        ("cohens_kappa", "Cohen's kappa"),
        ("krippendorffs_alpha", "Krippendorff's alpha"),
        ("positive_agreement", "positive agreement"),
        ("n_stances", "both give it"),
        ("stance_agreement", "same stance"),
        ("stance_kappa", "kappa of stance"),
        ("stance_alpha", "alpha of stance"),
    ):
        if name == "n_stances":
            yield title, str(row[name])
        elif name in row:
            yield title, _with_interval(*(row[f"{name}{end}"] for end in ("", "_low", "_high")))


def _with_interval(value: float, low: float, high: float) -> str:
    if pd.isna(value):
        return ""
    return f"{value:.2f}" if pd.isna(low) else f"{value:.2f} ({low:.2f} to {high:.2f})"
