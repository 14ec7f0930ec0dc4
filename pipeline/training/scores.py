"""How well tags agree with codes: scores per theme and of stance, with intervals.

Everything starts from a table `judged`: one row per coded paragraph and theme, with the columns
`JUDGED`. `code` is what the coders said (a stance or `no`); the rest is what a model that had not
seen the authority said.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from sklearn.metrics import average_precision_score, f1_score

from pipeline.base.codebook import STANCES
from pipeline.labelling.codes import (
    CODES_COLUMNS,
    DRAWN_AT_RANDOM,
    DRAWS,
    KEYS,
    NO,
    PROBABILITY,
    draws_of,
    themes_of,
)
from pipeline.matrix.dispersion import design_effect, excess_over_chance, shrunken_correlation
from pipeline.matrix.intervals import USUAL_FALSE_ALARMS_BETWEEN, USUAL_RECALL_BETWEEN

HELD_OUT = [*KEYS, "theme", "probability", "tagged", "stance"]
JUDGED = [*KEYS, "authority", "drawn", "theme", "code", "probability", "tagged", "stance"]
DRAWN = 1000  # samples of the bootstrap
# What is printed in the place of a score of a theme that no paragraph carries.
NOT_KNOWN = "not known"
# The usual correlations of errors weigh a tenth to a seventh of what the shipped codes do: some
# 100 paragraphs with a theme, and 2,000 without, beyond the first of each authority.
WEIGHT_OF_USUAL = (100, 2000)


def tabulate_held_out(
    keys: pd.DataFrame,
    themes: Sequence[str],
    probability: np.ndarray,
    tagged: np.ndarray,
    stance: np.ndarray,
) -> pd.DataFrame:
    """What a model says of the paragraphs in `keys` (columns `KEYS`), as a table `HELD_OUT`.

    The arrays are paragraphs x themes, as in a `Tagging`.
    """
    return pd.DataFrame(
        {
            **{key: np.repeat(keys[key].to_numpy(), len(themes)) for key in KEYS},
            "theme": np.tile(list(themes), len(keys)),
            "probability": probability.ravel().round(4),
            "tagged": tagged.ravel(),
            "stance": stance.ravel().astype(str),
        },
        columns=HELD_OUT,
    )


def judge(codes: pd.DataFrame, held_out: pd.DataFrame) -> pd.DataFrame:
    """Settled codes + what a model said → `judged`; what nobody coded is left out.

    `drawn` is how the paragraph was drawn for the theme. There is a further column `PROBABILITY`,
    how likely that was (NaN: not known), if that is known of any code.
    """
    themes = [theme for theme in dict.fromkeys(held_out["theme"]) if theme in themes_of(codes)]
    long = codes.melt(CODES_COLUMNS, themes, var_name="theme", value_name="code")
    columns = JUDGED
    if DRAWS in codes.columns and len(long):
        drawn, probability = zip(*(draws_of(codes, theme) for theme in themes), strict=True)
        long["drawn"], long[PROBABILITY] = np.concatenate(drawn), np.concatenate(probability)
        columns = [*JUDGED, PROBABILITY]
    return long[long["code"] != ""].merge(held_out, on=[*KEYS, "theme"], validate="one_to_one")[
        columns
    ]


# What is known of a theme: numbers, or None for what is not known.
Score = dict[str, Any]


def score_themes(judged: pd.DataFrame) -> dict[str, Score]:
    """Support, precision, recall, F1, average precision and calibration error of each theme.

    Of a theme that no paragraph carries, recall, F1 and average precision are None: not known.
    """
    return {
        theme: _score_theme(
            rows["code"].to_numpy() != NO,
            rows["tagged"].to_numpy(),
            rows["probability"].to_numpy(),
        )
        for theme, rows in judged.groupby("theme", sort=False)
    }


def _score_theme(truth: np.ndarray, tagged: np.ndarray, p: np.ndarray) -> Score:
    hits, n_tagged, support = (truth & tagged).sum(), tagged.sum(), truth.sum()
    return {
        "support": int(support),
        "n": len(truth),
        "precision": float(hits / max(n_tagged, 1)),
        "recall": float(hits / support) if support else None,
        "f1": float(2 * hits / (n_tagged + support)) if support else None,
        "average_precision": float(average_precision_score(truth, p)) if support else None,
        "calibration_error": calibration_error(truth, p),
    }


def known_themes(judged: pd.DataFrame) -> list[str]:
    """The themes that some paragraph carries: of the others, scores are not known."""
    carried = set(judged.loc[judged["code"] != NO, "theme"])
    return [theme for theme in dict.fromkeys(judged["theme"]) if theme in carried]


def score_all(judged: pd.DataFrame) -> dict[str, float]:
    """Micro-F1 (all decisions together), macro-F1 and mean average precision over the themes.

    Themes that no paragraph carries are in none of them; all are NaN, not known, if there is no
    other.
    """
    judged = judged[judged["theme"].isin(known_themes(judged))]
    if judged.empty:
        return dict.fromkeys(("micro_f1", "macro_f1", "mean_average_precision"), np.nan)
    themes = score_themes(judged).values()
    hits = (judged["tagged"] & (judged["code"] != NO)).sum()
    told = judged["tagged"].sum() + (judged["code"] != NO).sum()

    def mean(name: str) -> float:
        return float(np.mean([score[name] for score in themes]))

    return {
        "micro_f1": float(2 * hits / told),
        "macro_f1": mean("f1"),
        "mean_average_precision": mean("average_precision"),
    }


def score_stance(judged: pd.DataFrame) -> dict[str, float]:
    """Accuracy and macro-F1 of stance on correct tags, also if it were always the most common."""
    right = judged[judged["tagged"] & (judged["code"] != NO)]
    if right.empty:
        return {"n": 0}
    truth, guess = right["code"], right["stance"]
    commonest = truth.mode()[0]
    return {
        "n": len(right),
        "accuracy": float((truth == guess).mean()),
        "macro_f1": _stance_f1(truth, guess),
        "majority_accuracy": float((truth == commonest).mean()),
        "majority_macro_f1": _stance_f1(truth, pd.Series(commonest, index=truth.index)),
        **{
            f"f1_{stance}": float(f1_score(truth == stance, guess == stance, zero_division=0.0))
            for stance in STANCES
        },
    }


def _stance_f1(truth: pd.Series, guess: pd.Series) -> float:
    return float(f1_score(truth, guess, labels=list(STANCES), average="macro", zero_division=0.0))


def drawn_at_random(judged: pd.DataFrame) -> pd.DataFrame:
    """The rows whose paragraphs were drawn regardless of their content.

    The others were chosen because a model was unsure, and are harder than paragraphs as they come.
    """
    return judged[judged["drawn"].isin(DRAWN_AT_RANDOM)]


def count_errors(judged: pd.DataFrame) -> dict[str, dict[str, float]]:
    """For each theme, how many decisions were right and wrong on paragraphs drawn at random."""
    return {
        theme: {
            "true_positive": int((yes & own).sum()),
            "false_positive": int((~yes & own).sum()),
            "false_negative": int((yes & ~own).sum()),
            "true_negative": int((~yes & ~own).sum()),
        }
        for theme, rows in drawn_at_random(judged).groupby("theme", sort=False)
        for yes, own in [(rows["code"] != NO, rows["tagged"])]
    }


def errors_between(judged: pd.DataFrame, kinds: pd.Series) -> dict[str, float]:
    """How much recall and false alarms differ between authorities beyond chance, on `judged`.

    `recall_between` and `false_alarms_between` are the correlations of two decisions about one
    authority (see `intervals.Errors`), measured within each theme and kind of document (`kinds`,
    by doc_id) and pooled over all: for a single theme there are too few codes to tell. Where
    there are few at all they are drawn towards the usual ones.
    """
    kind_of = kinds.to_dict()
    kind = [kind_of.get(doc_id, "") for doc_id in judged["doc_id"]]
    rows = judged.assign(kind=kind, yes=judged["code"] != NO, size=1)
    usual = {
        True: ("recall_between", USUAL_RECALL_BETWEEN, WEIGHT_OF_USUAL[0]),
        False: ("false_alarms_between", USUAL_FALSE_ALARMS_BETWEEN, WEIGHT_OF_USUAL[1]),
    }
    found = {}
    for yes, (name, *prior) in usual.items():
        clusters = rows[rows["yes"] == yes].groupby(["kind", "theme", "authority"])
        sums = clusters[["tagged", "size"]].sum().reset_index()
        by_theme = excess_over_chance(sums, ["kind", "theme"], "tagged", "size")
        excess, weight = by_theme["excess"].sum(), by_theme["weight"].sum()
        found[name] = float(shrunken_correlation(excess, weight, *prior))
    return found


def stance_decisions(judged: pd.DataFrame) -> pd.DataFrame:
    """The rows of `judged` that are tagged, once for each stance in the place of the theme.

    `tagged` is then whether the model gave the stance, and `code` is `no` unless a coder did.
    """
    tagged = judged[judged["tagged"]]
    each = [
        tagged.assign(
            theme=stance,
            tagged=tagged["stance"] == stance,
            code=tagged["code"].where(tagged["code"] == stance, NO),
        )
        for stance in STANCES
    ]
    return pd.concat(each, ignore_index=True)


def describe_errors(judged: pd.DataFrame, between: Mapping[str, float]) -> dict[str, dict]:
    """For each theme the fields of `intervals.Errors`; `between` comes from `errors_between`."""
    found = count_errors(judged)
    for theme, rows in drawn_at_random(judged).groupby("theme", sort=False):
        yes = rows["code"] != NO
        effects = {
            f"{name}_effect": design_effect(
                own["authority"].value_counts().to_numpy(), between[f"{name}_between"]
            )
            for name, own in (("recall", rows[yes]), ("false_alarms", rows[~yes]))
        }
        found[theme] |= {**between, **effects}
    return found


def calibration_error(truth: np.ndarray, p: np.ndarray, bins: int = 10) -> float:
    """Expected calibration error: mean gap between probability and share of hits, by bin.

    Naeini, Cooper & Hauskrecht 2015, "Obtaining well calibrated probabilities using Bayesian
    binning", with bins of equal width.
    """
    return float(
        sum(abs(own_p - share) * n for own_p, share, n in calibration_bins(truth, p, bins))
        / len(p)
    )


def calibration_bins(
    truth: np.ndarray, p: np.ndarray, bins: int = 10
) -> list[tuple[float, float, int]]:
    """For each bin that is not empty: mean probability, share of hits, number of paragraphs."""
    at = np.minimum((p * bins).astype(int), bins - 1)
    return [
        (float(p[at == n].mean()), float(truth[at == n].mean()), int((at == n).sum()))
        for n in np.unique(at)
    ]


def bootstrap(judged: pd.DataFrame, draws: int = DRAWN) -> dict[str, tuple[float, float]]:
    """95% intervals of `micro_f1`, `macro_f1` and each theme's F1, resampling whole authorities.

    Paragraphs of one authority share wording: resampling them one by one would give intervals that
    are too narrow (Efron & Tibshirani 1993, chapter 8). NaN where `resampled_f1` is.
    """
    return middle_of(*resampled_f1(judged, draws))


def middle_of(names: Sequence[str], resampled: np.ndarray) -> dict[str, tuple[float, float]]:
    """The ends of the middle 95% of each column, by name, of the rows where it is known."""
    ends = pd.DataFrame(resampled, columns=list(names)).quantile([0.025, 0.975])
    return {name: (float(low), float(high)) for name, (low, high) in ends.items()}


def resampled_f1(judged: pd.DataFrame, draws: int = DRAWN) -> tuple[list[str], np.ndarray]:
    """F1 of every theme that is carried, macro and micro (columns) in each resample (rows).

    NaN where no paragraph of a resample carries the theme, or any. All are NaN if no theme is
    carried at all, and if all paragraphs are of one authority: every resample is the same.
    """
    judged = judged[judged["theme"].isin(known_themes(judged))]
    themes = list(dict.fromkeys(judged["theme"]))
    names = [*themes, "macro_f1", "micro_f1"]
    if judged["authority"].nunique() < 2:
        return names, np.full((draws, len(names)), np.nan)
    truth, tagged = judged["code"] != NO, judged["tagged"]
    parts = pd.DataFrame(
        {
            "authority": judged["authority"],
            "theme": judged["theme"],
            "hits": truth & tagged,
            "carried": truth,
            "tagged": tagged,
        }
    )
    counts = ["hits", "carried", "tagged"]
    table = parts.pivot_table(
        index="authority", columns="theme", values=counts, aggfunc="sum", fill_value=0
    )
    weights = np.random.default_rng(0).multinomial(
        len(table), np.full(len(table), 1 / len(table)), size=draws
    )
    drawn = [weights @ table[name][themes].to_numpy(dtype=float) for name in counts]
    each = pd.DataFrame(_f1_where_carried(*drawn))
    micro = _f1_where_carried(*(count.sum(axis=1) for count in drawn))
    return names, np.column_stack([each, each.mean(axis=1), micro])


def _f1_where_carried(hits: np.ndarray, carried: np.ndarray, tagged: np.ndarray) -> np.ndarray:
    return np.where(carried > 0, 2 * hits / np.maximum(carried + tagged, 1), np.nan)


def said(score: float | None, digits: int = 3) -> str:
    """A score in print; `NOT_KNOWN` of a theme that no paragraph carries."""
    return NOT_KNOWN if pd.isna(score) else f"{score:.{digits}f}"


def tabulate_themes(judged: pd.DataFrame, by_keyword: pd.DataFrame) -> pd.DataFrame:
    """A row for each theme: the model's scores, the interval of its F1, a keyword search's F1.

    Scores that are not known are NaN.
    """
    keyword, interval = score_themes(by_keyword), bootstrap(judged)
    interval = {theme: ends for theme, ends in interval.items() if not np.isnan(ends).any()}
    return pd.DataFrame(
        [
            {
                "theme": theme,
                "support": score["support"],
                "precision": score["precision"],
                "recall": score["recall"],
                "F1": score["f1"],
                "95%": "{:.3f}-{:.3f}".format(*interval[theme])
                if theme in interval
                else NOT_KNOWN,
                "avg. precision": score["average_precision"],
                "ECE": score["calibration_error"],
                "keyword F1": keyword[theme]["f1"],
            }
            for theme, score in score_themes(judged).items()
        ]
    )


def tabulate_overall(by_whom: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """A row for each table `judged`: `who`, scores over all themes, the interval of micro-F1.

    Where no paragraph carries any theme they are NaN: not known. So is the interval of a single
    authority.
    """
    rows = []
    for who, judged in by_whom.items():
        low, high = bootstrap(judged)["micro_f1"]
        rows.append({"who": who, **score_all(judged), "low": low, "high": high})
    return pd.DataFrame(rows)


def tabulate_stance(judged: pd.DataFrame) -> pd.DataFrame:
    """Scores of stance on all paragraphs and on those drawn at random; `drawn` says which."""
    scored = {"": score_stance(judged), " drawn at random": score_stance(drawn_at_random(judged))}
    return pd.DataFrame([{"drawn": drawn, **s} for drawn, s in scored.items() if s["n"]])
