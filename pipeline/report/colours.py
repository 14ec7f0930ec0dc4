"""One set of colours for picture, workbook and report, so that a cell looks the same in each."""

from __future__ import annotations

import math

import pandas as pd

from pipeline.matrix.intervals import FEW, SURE

# One hue from pale to dark keeps its order for colour-blind readers and in grey print. Each is
# readable (4.5:1, WCAG 2.2) under the text colour below it.
STEPS = ("#f5f2fa", "#e4ddf0", "#cdc2e3", "#b3a3d3", "#9a82c1", "#6b4c9f", "#452572")
DARK, LIGHT = "#1a1a1a", "#ffffff"
TEXT_ON = (DARK, DARK, DARK, DARK, DARK, LIGHT, LIGHT)
# The same, half mixed with white, for shares of few paragraphs: as uncertainty grows, colours come
# together (value-suppressing palettes: Correll, Moritz and Heer 2018, Proc. CHI, paper 642).
PALE_STEPS = ("#faf9fd", "#f2eef8", "#e6e1f1", "#d9d1e9", "#cdc1e0", "#b5a6cf", "#a292b9")
# Apart in lightness as well as in hue, and never without the word beside them.
STANCE_COLOURS = {
    "strength": "#1b7f79",
    "concern": "#d9600f",
    "mixed": "#f0c24b",
    "neutral": "#9aa0a6",
}
FEW_FILL, FEW_STRIPE = "#ffffff", "#e3e3e3"
# Steps of the scale in shares; the legend reads better in round numbers.
STEP_WIDTHS = (0.01, 0.02, 0.03, 0.04, 0.05, 0.075, 0.10, 0.15)


def step_width(cells: pd.DataFrame) -> float:
    """The width of one step, so that all but the few highest shares are within the scale."""
    shares = cells.loc[cells["n_tagged"] >= FEW, "share"]
    top = float(shares.quantile(0.98)) if len(shares) else 0.0
    return next((width for width in STEP_WIDTHS if len(STEPS) * width >= top), STEP_WIDTHS[-1])


def step_of(share: float, width: float) -> int:
    """The number of the colour in `STEPS`; the last is for everything above.

    >>> [step_of(share, 0.03) for share in (0.0, 0.029, 0.03, 0.9)]
    [0, 0, 1, 6]
    """
    # 0.06 / 0.02 is 2.9999999999999996, and would be drawn a step too pale.
    return min(len(STEPS) - 1, math.floor(share / width + 1e-9))


def fill_of(share: float, tagged: int, width: float) -> tuple[str, str]:
    """The colours of a cell and of the text on it; what is `FEW` has no colour of the scale."""
    if tagged < FEW:
        return FEW_FILL, DARK
    step = step_of(share, width)
    return (PALE_STEPS[step], DARK) if tagged < SURE else (STEPS[step], TEXT_ON[step])
