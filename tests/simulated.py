"""Simulated runs whose true shares are known: how often intervals contain them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipeline.matrix.dispersion import (
    design_effect,
    excess_over_chance,
    extra_variance,
    shrunken_correlation,
)
from pipeline.matrix.intervals import (
    USUAL_FALSE_ALARMS_BETWEEN,
    USUAL_RECALL_BETWEEN,
    Errors,
    add_shares,
    difference_interval,
)
from pipeline.training.scores import WEIGHT_OF_USUAL

CODED_AUTHORITIES, THEMES = 75, 5


@dataclass(frozen=True)
class World:
    """What is true of all simulated runs.

    `dispersion` is the variance of a document's tagged paragraphs over that of chance. Recall and
    false alarms of an authority are drawn around `recall` and `false_alarms` with these standard
    deviations. Of each theme, `coded` paragraphs of 75 authorities were coded, 7% with it.
    """

    dispersion: float = 2.0
    recall: float = 0.8
    recall_sd: float = 0.05
    false_alarms: float = 0.015
    false_alarms_sd: float = 0.0075
    coded: int = 1500
    authorities: int = 30


CALM = World(dispersion=1.0, recall_sd=0.0, false_alarms_sd=0.0)


def coverage(
    rng: np.random.Generator, world: World, share: float, later: float, size: int, runs: int
) -> tuple[float, float]:
    """How often the intervals of shares, and of their differences, contain what is true.

    Each run has two documents of `size` paragraphs about each authority, under two frameworks:
    `share` of the first is on the theme and `later` of the second. Errors, and how much they and
    the documents vary, are estimated anew in each run, as for a real one.
    """
    errors = {(str(run), "t"): one for run, one in enumerate(_estimate_errors(rng, world, runs))}
    shape = (runs, world.authorities)
    recall = _varied(rng, world.recall, world.recall_sd, shape)
    alarms = _varied(rng, world.false_alarms, world.false_alarms_sd, shape)
    run = np.repeat(np.arange(runs), world.authorities).astype(str)
    parts = []
    for true in (share, later):
        rate = true * recall + (1 - true) * alarms
        if world.dispersion > 1:
            weight = (size - 1) / (world.dispersion - 1) - 1
            rate = rng.beta(rate * weight, (1 - rate) * weight)
        tagged = rng.binomial(size, rate).ravel()
        framework = f"F{len(parts)}"
        columns = {"document_type": run, "framework": framework, "n_tagged": tagged, "true": true}
        parts.append(pd.DataFrame(columns))
    counts = pd.concat(parts, ignore_index=True).assign(
        topic="", theme="t", n_paragraphs=size, n_words=80 * size, squares=size**2
    )
    table = add_shares(counts.assign(extra_variance=extra_variance(counts)), errors)
    covered = table["true"].between(table["share_low"], table["share_high"]).mean()
    before, after = (
        part.reset_index(drop=True) for _, part in table.groupby("framework", sort=True)
    )
    own = ["share_corrected", "own_low", "own_high"]
    ends = [tuple(part[name] for name in own) for part in (before, after)]
    _, low, high = difference_interval(*ends, after["uncertainty"] + after["variation"])
    return float(covered), float(((low <= later - share) & (later - share <= high)).mean())


def _estimate_errors(rng: np.random.Generator, world: World, runs: int) -> list[Errors]:
    """What each run's card says of the classifier, from codes drawn at random."""
    shape = (runs, THEMES, CODED_AUTHORITIES)
    coded = rng.multinomial(
        world.coded, np.full(CODED_AUTHORITIES, 1 / CODED_AUTHORITIES), shape[:2]
    )
    yes = rng.binomial(coded, 0.07)
    no = coded - yes
    hits = rng.binomial(yes, _varied(rng, world.recall, world.recall_sd, shape))
    false = rng.binomial(no, _varied(rng, world.false_alarms, world.false_alarms_sd, shape))
    recall_between = _correlations(hits, yes, USUAL_RECALL_BETWEEN, WEIGHT_OF_USUAL[0])
    alarms_between = _correlations(false, no, USUAL_FALSE_ALARMS_BETWEEN, WEIGHT_OF_USUAL[1])
    return [
        Errors(
            int(hits[r, 0].sum()),
            int(false[r, 0].sum()),
            int((yes - hits)[r, 0].sum()),
            int((no - false)[r, 0].sum()),
            of_recall,
            of_alarms,
            design_effect(yes[r, 0], of_recall),
            design_effect(no[r, 0], of_alarms),
        )
        for r, (of_recall, of_alarms) in enumerate(
            zip(recall_between, alarms_between, strict=True)
        )
    ]


def _correlations(tagged: np.ndarray, size: np.ndarray, usual: float, weight: float) -> np.ndarray:
    run, theme, _ = np.indices(size.shape)
    names = ("run", "theme", "tagged", "size")
    arrays = zip(names, (run, theme, tagged, size), strict=True)
    table = pd.DataFrame({name: array.ravel() for name, array in arrays})
    found = excess_over_chance(table, ["run", "theme"], "tagged", "size").groupby("run").sum()
    return shrunken_correlation(
        found["excess"].to_numpy(), found["weight"].to_numpy(), usual, weight
    )


def _varied(rng: np.random.Generator, mean: float, sd: float, shape: tuple) -> np.ndarray:
    if not sd:
        return np.full(shape, mean)
    weight = mean * (1 - mean) / sd**2 - 1
    return rng.beta(mean * weight, (1 - mean) * weight, shape)
