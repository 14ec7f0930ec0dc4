"""One set of colours, so that a cell looks the same in picture, workbook and report."""

from __future__ import annotations

import colorsys
import math

import pandas as pd

from pipeline.matrix.intervals import FEW, SURE

# One hue from pale to dark keeps its order for colour-blind readers and in black and white. The
# text colour below each gives enough contrast (4.5:1, WCAG 2.2).
STEPS = ("#f5f2fa", "#e4ddf0", "#cdc2e3", "#b3a3d3", "#9a82c1", "#6b4c9f", "#452572")
DARK, LIGHT = "#1a1a1a", "#ffffff"
TEXT_ON = (DARK, DARK, DARK, DARK, DARK, LIGHT, LIGHT)
# The same, mixed half and half with white, for shares of few paragraphs: as uncertainty grows,
# colours converge (value-suppressing palettes: Correll, Moritz and Heer 2018, Proc. CHI,
# paper 642).
PALE_STEPS = ("#faf9fd", "#f2eef8", "#e6e1f1", "#d9d1e9", "#cdc1e0", "#b5a6cf", "#a292b9")
# They differ in lightness as well as in hue, and always have the word beside them.
STANCE_COLOURS = {
    "strength": "#1b7f79",
    "concern": "#d9600f",
    "mixed": "#f0c24b",
    "neutral": "#9aa0a6",
}
# Neighbouring themes get hues far apart: each next one is a golden section of the circle further.
GOLDEN = 0.618034
# Pale enough for black print to be read through it (in the worst hue with 9:1).
MARK_LIGHTNESS, MARK_SATURATION = 0.82, 0.85
FEW_FILL, FEW_STRIPE = "#ffffff", "#e3e3e3"
# Widths of the steps of the scale, as shares; round numbers make the legend easier to read.
STEP_WIDTHS = (0.01, 0.02, 0.03, 0.04, 0.05, 0.075, 0.10, 0.15)


def theme_colour(number: int) -> str:
    """The colour in which the sentences of a theme are marked, by the theme's place in the model.

    >>> theme_colour(0), theme_colour(1)
    ('#f8f8aa', '#e1aaf8')
    """
    hue = (1 / 6 + number * GOLDEN) % 1
    parts = colorsys.hls_to_rgb(hue, MARK_LIGHTNESS, MARK_SATURATION)
    return "#" + "".join(f"{round(255 * part):02x}" for part in parts)


def step_width(cells: pd.DataFrame) -> float:
    """The width of one step, chosen so that all but the few highest shares fit the scale."""
    shares = cells.loc[cells["n_tagged"] >= FEW, "share"]
    top = float(shares.quantile(0.98)) if len(shares) else 0.0
    return next((width for width in STEP_WIDTHS if len(STEPS) * width >= top), STEP_WIDTHS[-1])


def step_of(share: float, width: float) -> int:
    """The index of a share's colour in `STEPS`; the last is for everything above.

    >>> [step_of(share, 0.03) for share in (0.0, 0.029, 0.03, 0.9)]
    [0, 0, 1, 6]
    """
    # 0.06 / 0.02 is 2.9999999999999996, and would be drawn a step too pale.
    return min(len(STEPS) - 1, math.floor(share / width + 1e-9))


def fill_of(share: float, tagged: int, width: float) -> tuple[str, str]:
    """The colours of a cell and its text; with fewer than `FEW` paragraphs it is not coloured."""
    if tagged < FEW:
        return FEW_FILL, DARK
    step = step_of(share, width)
    return (PALE_STEPS[step], DARK) if tagged < SURE else (STEPS[step], TEXT_ON[step])
