from __future__ import annotations

import itertools

import pandas as pd
import pytest

from pipeline.report.colours import (
    DARK,
    FEW_FILL,
    PALE_STEPS,
    STANCE_COLOURS,
    STEPS,
    TEXT_ON,
    fill_of,
    step_width,
)


def luminance(colour):
    """Relative luminance as WCAG 2.2 defines it."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize(
    ("fill", "text"), [*zip(STEPS, TEXT_ON, strict=True), *((p, DARK) for p in PALE_STEPS)]
)
def test_figures_can_be_read_on_every_colour(fill, text):
    assert contrast(fill, text) >= 4.5


def test_scale_gets_darker_step_by_step():
    light = [luminance(colour) for colour in STEPS]
    assert light == sorted(light, reverse=True)
    assert all(
        luminance(pale) > luminance(full) for pale, full in zip(PALE_STEPS, STEPS, strict=True)
    )


def test_stances_differ_in_lightness_too():
    light = sorted(luminance(colour) for colour in STANCE_COLOURS.values())
    assert all((b + 0.05) / (a + 0.05) >= 1.2 for a, b in itertools.pairwise(light))


CASES = {
    "three of four paragraphs": (0.75, 3, (FEW_FILL, DARK)),
    "seven are pale": (0.99, 7, (PALE_STEPS[6], DARK)),
    "many are coloured": (0.99, 10, (STEPS[6], TEXT_ON[6])),
    "many and still a low share": (0.001, 10, (STEPS[0], TEXT_ON[0])),
}


@pytest.mark.parametrize("name", CASES)
def test_small_numbers_have_no_confident_colour(name):
    share, tagged, expected = CASES[name]
    assert fill_of(share, tagged, 0.03) == expected


def test_scale_fits_the_shares_that_count():
    cells = pd.DataFrame({"share": [0.9, 0.05, 0.12], "n_tagged": [2, 20, 20]})
    assert 0.12 <= 7 * step_width(cells) < 0.2
    assert step_width(cells.head(0)) > 0
