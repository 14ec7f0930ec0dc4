"""Verdicts on a sample → the table `validation`: shares, errors, stances and agreement."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import combinations
from typing import NamedTuple

import pandas as pd

from pipeline.base.codebook import STANCES
from pipeline.base.columns import VALIDATION
from pipeline.labelling.agreement import COEFFICIENTS, measure_agreement
from pipeline.labelling.codes import NO, THE_MODEL
from pipeline.matrix.cells import sum_by
from pipeline.matrix.intervals import ErrorsByKind
from pipeline.validation.proportions import (
    Estimate,
    Proportion,
    TwoGroups,
    measure_proportion,
    times_to_halve,
)
from pipeline.validation.verdicts import answers_of, pair_coders, pair_with_model

# A kind, framework or authority with fewer coded paragraphs has no figures of its own.
LEAST_CODED = 30
ALL, EVERY_THEME = "all", "all themes"
SLICED_BY = ("document_type", "framework", "authority")
NOT_TAGGED = "not tagged"
# At the end of the name of a coefficient of agreement: each paragraph counts for those of the run
# for which it stands.
WEIGHTED = "_weighted"


def build_validation(
    verdicts: pd.DataFrame, counts: pd.DataFrame, errors: ErrorsByKind
) -> pd.DataFrame:
    """The table `validation`, from what `verdicts.collect_verdicts` gives.

    `counts` are those of the run (`cells.count_by_document`), `errors` the ones of the model card.
    Kinds of which nothing was coded are left out of all figures.
    """
    answers = answers_of(verdicts)
    counts = counts[counts["document_type"].isin(answers["document_type"].unique())]
    rows = [
        *_domain_rows(answers, counts, errors),
        *_stance_rows(verdicts),
        *_agreement_rows(verdicts),
    ]
    table = pd.DataFrame(rows, columns=VALIDATION)
    whole = ["n_paragraphs", "n_documents", "n_coded", "n_more"]
    numbers = ["estimate", "low", "high"]
    return table.astype({**dict.fromkeys(whole, "Int64"), **dict.fromkeys(numbers, "float64")})


class Domain(NamedTuple):
    """Some of the paragraphs of a run, for a theme: the coded ones, and the number of all."""

    slice: str
    value: str
    theme: str
    answers: pd.DataFrame
    n_tagged: int
    n_paragraphs: int

    @property
    def groups(self) -> TwoGroups:
        """What was found among the tagged paragraphs, and among the others."""
        names = ("yes", "weight", "doc_id", "tagged")
        *columns, tagged = (self.answers[name].to_numpy() for name in names)
        parts = (
            measure_proportion(*(column[rows] for column in columns)) for rows in (tagged, ~tagged)
        )
        return TwoGroups(self.n_tagged / self.n_paragraphs, *parts)


def domains(answers: pd.DataFrame, counts: pd.DataFrame) -> Iterator[Domain]:
    """All paragraphs, then each slice in which `LEAST_CODED` are coded, theme by theme."""
    answers, counts = (table.assign(**{ALL: ""}) for table in (answers, counts))
    for name in (ALL, *SLICED_BY):
        sums = counts.groupby([name, "theme"])[["n_tagged", "n_paragraphs"]].sum()
        for (value, theme), own in answers.groupby([name, "theme"], sort=False):
            if name == ALL or len(own) >= LEAST_CODED:
                there = sums.loc[(value, theme)].tolist()
                yield Domain(name, str(value), str(theme), own, *there)


def _domain_rows(
    answers: pd.DataFrame, counts: pd.DataFrame, errors: ErrorsByKind
) -> Iterator[tuple]:
    guesses: dict[str, float] = {}
    whole = counts.assign(**{ALL: ""})
    cells = {
        name: sum_by(whole, name, errors).set_index([name, "theme"]) for name in (ALL, *SLICED_BY)
    }
    for domain in domains(answers, counts):
        rows, groups = domain.answers, domain.groups
        guess = guesses.setdefault(domain.theme, groups.in_tagged.value)
        if not groups.in_tagged.n:
            groups = replace(groups, in_tagged=Proportion(guess, 0, 0.0))
        cell = cells[domain.slice].loc[(domain.value, domain.theme)]
        n, left = len(rows), domain.n_paragraphs - len(rows)
        for measure, about, estimate, n_more in (
            ("share", rows, groups.share(), _more(groups.share, n, left)),
            ("share_tagged", rows, Estimate(cell["share"], math.nan, math.nan), None),
            ("share_corrected", rows, _corrected(cell), None),
            ("precision", rows[rows["tagged"]], groups.precision(), None),
            ("recall", rows, groups.recall(), None),
        ):
            yield (
                domain.slice, domain.value, domain.theme, measure, "",
                estimate.value, estimate.low, estimate.high,
                len(about), about["doc_id"].nunique(), round(about["yes"].sum()), n_more,
            )  # fmt: skip


def _corrected(cell: pd.Series) -> Estimate:
    if pd.isna(cell["share_corrected"]):
        return Estimate(math.nan, math.nan, math.nan)
    return Estimate(cell["share_corrected"], cell["share_low"], cell["share_high"])


def _more(estimate: Callable[[float], Estimate], n: int, most: int) -> int:
    """How many more paragraphs to code until the interval is half as wide; `most` are left."""
    times = times_to_halve(lambda times: estimate(times).width)
    return min(math.ceil((times - 1) * n), most)


def _stance_rows(verdicts: pd.DataFrame) -> Iterator[tuple]:
    """For each stance that coders gave, how often the model gave it each stance, or no tag."""
    keys = ["theme", "paragraph_id"]
    coders = verdicts.groupby(keys)["coder"].transform("size")
    told = verdicts.assign(
        weight=verdicts["weight"] / coders,
        model=verdicts["stance"].where(verdicts["tagged"], NOT_TAGGED),
    )
    told = told[told["code"] != NO]
    # Two coders who say the same of a paragraph do not make two paragraphs.
    about = {
        "doc_id": ("doc_id", "first"),
        "model": ("model", "first"),
        "weight": ("weight", "sum"),
    }
    told = told.groupby([*keys, "code"], sort=False).agg(**about).reset_index()
    by_theme = [(str(theme), rows) for theme, rows in told.groupby("theme", sort=False)]
    for theme, rows in ((EVERY_THEME, told), *by_theme):
        for stance in STANCES:
            own = rows[rows["code"] == stance]
            for model in (*STANCES, NOT_TAGGED):
                if len(own):
                    same = (own["model"] == model).to_numpy(dtype=float)
                    weight, documents = own["weight"].to_numpy(), own["doc_id"].to_numpy()
                    estimate = measure_proportion(same, weight, documents).estimate()
                    yield (
                        ALL, "", theme, "stance", f"{stance} as {model}",
                        estimate.value, estimate.low, estimate.high,
                        len(own), own["doc_id"].nunique(), int(same.sum()), None,
                    )  # fmt: skip


def _agreement_rows(verdicts: pd.DataFrame) -> Iterator[tuple]:
    coders = sorted(verdicts["coder"].unique())
    pairs = {
        f"{one} with {other}": pair_coders(verdicts, one, other)
        for one, other in combinations(coders, 2)
    } | {f"{coder} with {THE_MODEL}": pair_with_model(verdicts, coder) for coder in coders}
    for of, pair in pairs.items():
        for suffix, rows in (("", pair.drop(columns="weight")), (WEIGHTED, pair)):
            n_documents = rows.groupby("theme")["doc_id"].nunique()
            for row in measure_agreement(rows).to_dict("records"):
                for name in COEFFICIENTS:
                    yield (
                        ALL, "", row["theme"], name + suffix, of,
                        row[name], row[f"{name}_low"], row[f"{name}_high"],
                        row["n"], n_documents[row["theme"]], row["n_both"], None,
                    )  # fmt: skip
                if not suffix:
                    yield (
                        ALL, "", row["theme"], "stance_agreement", of,
                        row["stance_agreement"], math.nan, math.nan,
                        row["n_stances"], None, None, None,
                    )  # fmt: skip
