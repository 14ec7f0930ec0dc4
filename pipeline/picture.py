"""The matrix as a picture for slides and pages: `matrix.svg` and `matrix.png`."""

from __future__ import annotations

import textwrap
from pathlib import Path

import matplotlib
import pandas as pd
from matplotlib.figure import Figure

from pipeline.codebook import Theme
from pipeline.matrix import pivot_matrix

# Cells with fewer tagged paragraphs than this are drawn pale, whatever their share: a share of
# three paragraphs is not something to be sure of.
FEW = 5
# Inches per row and column; 40 authorities make a page one can still read on a slide.
ROW, COLUMN, LABELS = 0.32, 1.35, 2.9


def draw_matrix(cells: pd.DataFrame, themes: dict[str, Theme], folder: Path) -> None:
    """Draw shares by authority and theme, the count in each cell; nothing where there are none."""
    shares = pivot_matrix(cells, "share")
    counts = pivot_matrix(cells, "n_tagged")
    if shares.empty:
        return
    columns = [theme for theme in themes if theme in shares.columns]
    values = shares[columns].to_numpy(dtype=float)
    tagged = counts[columns].to_numpy(dtype=int)
    height = ROW * len(shares) + 1.4
    with matplotlib.rc_context({"svg.hashsalt": "inspection-themes", "font.size": 9}):
        figure = Figure(
            figsize=(LABELS + COLUMN * len(columns) + 0.4, height), layout="constrained"
        )
        axes = figure.subplots()
        top = max(0.15, float(values.max(initial=0.0)))
        # One hue from pale to dark keeps its order for colour-blind readers and in grey print.
        axes.imshow(
            values,
            aspect="auto",
            cmap="YlGnBu",
            vmin=0,
            vmax=top,
            alpha=1.0 * (tagged >= FEW) * 0.75 + 0.25,
        )
        for row in range(len(shares)):
            for column in range(len(columns)):
                dark = values[row, column] > 0.6 * top and tagged[row, column] >= FEW
                axes.text(
                    column, row, f"{values[row, column]:.0%}  ({tagged[row, column]})",
                    ha="center", va="center", color="white" if dark else "black",
                )  # fmt: skip
        axes.set_xticks(range(len(columns)), [textwrap.fill(themes[c].title, 16) for c in columns])
        axes.xaxis.tick_top()
        axes.tick_params(length=0)
        axes.set_yticks(
            range(len(shares)),
            [
                f"{a}  (n={n})"
                for a, n in zip(shares["authority"], shares["n_paragraphs"], strict=True)
            ],
        )
        axes.spines[:].set_visible(False)
        figure.supxlabel(
            "Share of each authority's paragraphs about a theme (number of paragraphs); "
            f"pale: fewer than {FEW}",
            fontsize=8,
        )
        figure.savefig(
            folder / "matrix.svg", metadata={"Date": None, "Creator": "inspection-themes"}
        )
        figure.savefig(folder / "matrix.png", dpi=130, metadata={"Software": "inspection-themes"})
