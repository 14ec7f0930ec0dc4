"""The matrix and its slices as pictures: files for slides and pages, figures for notebooks."""

from __future__ import annotations

import io
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from pipeline.base.codebook import STANCES, Theme
from pipeline.base.files import WholeFile
from pipeline.matrix.intervals import FEW, SURE
from pipeline.matrix.kinds import NOT_VALIDATED
from pipeline.report.colours import DARK, FEW_STRIPE, STANCE_COLOURS, STEPS, fill_of, step_width

# Inches for a row, a column and the labels; 40 authorities are still readable on a slide.
ROW, COLUMN, LABELS = 0.34, 1.45, 3.0
# Of a picture for print, in dots per inch.
PRINTED = 200
# The same table gives the same file: no date, no random ids, text as text.
STYLE: dict[Any, Any] = {
    "svg.hashsalt": "inspection-themes",
    "svg.fonttype": "none",
    "font.size": 9,
    # A title may have dollars.
    "text.parse_math": False,
}
STEPS_LINE = STEPS[-1]


@dataclass(frozen=True, slots=True)
class Picture:
    """A Matplotlib figure that a notebook displays; you can change its `figure`."""

    figure: Figure
    description: str

    def save(self, path: str | Path) -> None:
        """Write the picture to `path`; the extension (.svg, .png, .pdf) decides the format."""
        path = Path(path)
        metadata = {
            ".svg": {"Date": None, "Creator": "inspection-themes"},
            ".png": {"Software": "inspection-themes"},
        }
        with matplotlib.rc_context(STYLE), WholeFile(path) as file:
            self.figure.savefig(
                file, format=path.suffix[1:], dpi=PRINTED, metadata=metadata.get(path.suffix)
            )

    def png(self, dpi: int = PRINTED) -> bytes:
        """The picture as the bytes of a PNG file, for print."""
        buffer = io.BytesIO()
        with matplotlib.rc_context(STYLE):
            self.figure.savefig(
                buffer, format="png", dpi=dpi, metadata={"Software": "inspection-themes"}
            )
        return buffer.getvalue()

    def _repr_png_(self) -> bytes:
        buffer = io.BytesIO()
        with matplotlib.rc_context(STYLE):
            self.figure.savefig(buffer, format="png", dpi=110, bbox_inches="tight")
        return buffer.getvalue()

    def __repr__(self) -> str:
        return f"Picture({self.description!r})"


def draw_matrix(
    cells: pd.DataFrame, themes: dict[str, Theme], folder: Path, authorities: Sequence[str] = ()
) -> None:
    """Write `matrix.svg` and `matrix.png` of some authorities (none named: of all).

    Writes nothing if there are no cells.
    """
    if authorities:
        cells = cells[cells["authority"].isin(authorities)]
    if cells.empty:
        return
    picture = matrix_picture(cells, themes)
    for name in ("matrix.svg", "matrix.png"):
        picture.save(folder / name)


def matrix_picture(cells: pd.DataFrame, themes: dict[str, Theme]) -> Picture:
    """The heat map: share and number of paragraphs, the 95% interval, and the stances below."""
    ids = [theme for theme in themes if theme in set(cells["theme"])]
    authorities = list(dict.fromkeys(cells["authority"]))
    with matplotlib.rc_context(STYLE):
        figure = _figure(LABELS + COLUMN * len(ids) + 0.4, ROW * len(authorities) * 1.35 + 1.5)
        axes = figure.subplots()
        _draw_cells(axes, cells, ids, authorities)
        sizes = cells.drop_duplicates("authority").set_index("authority")["n_paragraphs"]
        axes.set_xlim(-0.5, len(ids) - 0.5)
        axes.set_ylim(len(authorities) - 0.5, -0.5)
        axes.set_xticks(range(len(ids)), [textwrap.fill(themes[t].title, 18) for t in ids])
        axes.xaxis.tick_top()
        axes.set_yticks(range(len(authorities)), [f"{a}  (n={sizes[a]})" for a in authorities])
        axes.tick_params(length=0)
        axes.spines[:].set_visible(False)
        figure.legend(
            handles=[Patch(color=STANCE_COLOURS[stance], label=stance) for stance in STANCES],
            loc="outside lower right", ncols=len(STANCES), frameon=False, fontsize=8,
        )  # fmt: skip
        figure.supxlabel(
            "Share of each authority's paragraphs about a theme (number); line: 95% interval"
            f"{_of_corrected(cells)}.\n"
            f"Hatched: fewer than {FEW}; paler: fewer than {SURE}.{_not_validated(cells)}",
            fontsize=8, x=0.01, ha="left",
        )  # fmt: skip
    return Picture(figure, "shares by authority and theme")


def _of_corrected(cells: pd.DataFrame) -> str:
    """Of what the intervals are, if not of the numbers in the cells."""
    corrected = cells["share_corrected"].notna().any()
    return ", which allows for wrong tags" if corrected else ""


def _not_validated(cells: pd.DataFrame) -> str:
    """What the star means, if there is one."""
    if not cells["n_not_validated"].any():
        return ""
    return (
        f"\n* {NOT_VALIDATED} of document: not corrected, and the interval allows for chance only."
    )


def _draw_cells(axes, cells: pd.DataFrame, columns: list[str], rows: list[str]) -> None:
    """Draw all cells of `columns` (themes) and `rows` (authorities)."""
    width = step_width(cells)
    scale = width * len(STEPS) * 1.4
    # All of one kind are drawn at once: one by one, hundreds of authorities take minutes.
    plain, hatched, bars, lines = _Shapes(), _Shapes(), _Shapes(), _Shapes()
    column_of, row_of = ({name: n for n, name in enumerate(names)} for names in (columns, rows))
    for cell in cells[cells["theme"].isin(columns)].itertuples(index=False):
        column, row = column_of[cell.theme], row_of[cell.authority]
        fill, text = fill_of(cell.share, cell.n_tagged, width)
        few, star = cell.n_tagged < FEW, "*" if cell.n_not_validated else ""
        left, right = column - 0.47, column + 0.47
        (hatched if few else plain).add(_box(left, right, row - 0.45, row + 0.45), fill)
        axes.text(
            column, row - 0.13, f"{cell.share:.1%}{star}  ({cell.n_tagged})", ha="center",
            va="center", color=text, fontsize=8.5,
            # It lies within its cell, so the layout need not measure hundreds of them.
            in_layout=False,
        )  # fmt: skip
        low, share, high = (
            left + 0.03 + 0.88 * min(1, x / scale)
            for x in (cell.share_low, cell.share, cell.share_high)
        )
        lines.add([(low, row + 0.17), (high, row + 0.17)], text)
        lines.add([(share, row + 0.09), (share, row + 0.25)], text)
        start = left
        for stance in STANCES if cell.n_tagged else ():
            end = start + 0.94 * getattr(cell, f"n_{stance}") / cell.n_tagged
            bars.add(_box(start, end, row + 0.33, row + 0.43), STANCE_COLOURS[stance])
            start = end
    for shapes, style in (
        (plain, {"linewidths": 0}),
        (hatched, {"linewidths": 0, "hatch": "////", "edgecolors": FEW_STRIPE}),
        (bars, {"linewidths": 0}),
    ):
        axes.add_collection(PolyCollection(shapes.points, facecolors=shapes.colours, **style))
    axes.add_collection(
        LineCollection(lines.points, colors=lines.colours, linewidths=1.2, capstyle="butt")
    )


@dataclass(frozen=True, slots=True)
class _Shapes:
    points: list[list[tuple[float, float]]] = field(default_factory=list)
    colours: list[str] = field(default_factory=list)

    def add(self, points: list[tuple[float, float]], colour: str) -> None:
        self.points.append(points)
        self.colours.append(colour)


def _box(left: float, right: float, top: float, bottom: float) -> list[tuple[float, float]]:
    return [(left, top), (right, top), (right, bottom), (left, bottom)]


def shares_picture(table: pd.DataFrame, label: str, title: str) -> Picture:
    """Shares with their 95% intervals, a line for each row, labelled from the column `label`.

    `table` has the columns `MEASURES`. Hollow points: fewer than `FEW` paragraphs.
    """
    with matplotlib.rc_context(STYLE):
        figure = _figure(6.5, 0.9 + 0.26 * max(1, len(table)))
        axes = figure.subplots()
        rows = np.arange(len(table))
        axes.hlines(rows, 100 * table["share_low"], 100 * table["share_high"], color=STEPS_LINE)
        _draw_points(axes, 100 * table["share"], rows, table["n_tagged"].to_numpy())
        axes.set_yticks(
            rows,
            [f"{v} ({n})" for v, n in zip(table[label], table["n_tagged"], strict=True)],
        )
        axes.invert_yaxis()
        axes.set_xlim(left=0)
        _dress(axes, title, "Share of paragraphs, % (number in brackets)", "x")
    return Picture(figure, title)


def change_picture(points: pd.DataFrame, themes: dict[str, Theme], title: str) -> Picture:
    """A small chart for each theme: shares over time with 95% intervals.

    `points` has the columns theme, on (dates), series and `MEASURES`, with a row per document and
    theme. A line joins the points of a series; those whose series is '' stand alone.
    """
    ids = [theme for theme in themes if theme in set(points["theme"])]
    with matplotlib.rc_context(STYLE):
        columns = min(3, max(1, len(ids)))
        lines = -(-len(ids) // columns) or 1
        figure = _figure(3.1 * columns, 2.1 * lines + 0.4)
        grid = figure.subplots(lines, columns, sharex=True, squeeze=False).ravel()
        for axes, theme in zip(grid, ids, strict=False):
            rows = points[points["theme"] == theme].sort_values("on")
            days = pd.to_datetime(rows["on"]).dt
            when = days.year + (days.day_of_year - 1) / 366
            axes.vlines(when, 100 * rows["share_low"], 100 * rows["share_high"], color=STEPS_LINE)
            for series in rows.loc[rows["series"] != "", "series"].unique():
                own = rows["series"] == series
                axes.plot(when[own], 100 * rows["share"][own], color=STEPS_LINE, linewidth=1)
            _draw_points(axes, when, 100 * rows["share"], rows["n_tagged"].to_numpy())
            axes.set_ylim(bottom=0)
            axes.xaxis.set_major_locator(MaxNLocator(nbins=5, integer=True))
            axes.margins(x=0.1)
            axes.tick_params(labelbottom=True)
            _dress(axes, textwrap.fill(themes[theme].title, 30), "", "y")
        for axes in grid[len(ids) :]:
            axes.set_visible(False)
        figure.suptitle(f"{title}: share of paragraphs, %", fontsize=10)
    return Picture(figure, title)


def balance_picture(
    earlier: Sequence[tuple[str, int, int]],
    later: Sequence[tuple[str, int, int]],
    earlier_label: str,
    later_label: str,
) -> Picture:
    """Concerns to the left and strengths to the right of a line, a pair of bars for each theme.

    Each row is (title, strengths, concerns). `earlier` has the same titles, or is empty: then
    there is one bar for each theme.
    """
    both = len(earlier) > 0
    height = 0.36 if both else 0.55
    shift = height / 2 if both else 0
    with matplotlib.rc_context(STYLE):
        figure = _figure(6.5, 0.75 + (0.42 if both else 0.28) * max(1, len(later)))
        axes = figure.subplots()
        groups = [(later, shift, 1.0)] + ([(earlier, -shift, 0.45)] if both else [])
        most = max([1, *(max(s, c) for rows, _, _ in groups for _, s, c in rows)])
        for rows, at, alpha in groups:
            for n, (_, strengths, concerns) in enumerate(rows):
                for stance, value, way in (("concern", concerns, -1), ("strength", strengths, 1)):
                    axes.barh(
                        n + at, way * value, height, color=STANCE_COLOURS[stance], alpha=alpha,
                        linewidth=0,
                    )  # fmt: skip
                    axes.text(
                        way * (value + most * 0.02), n + at, str(value), va="center", fontsize=7.5,
                        ha="left" if way > 0 else "right", color=DARK,
                    )  # fmt: skip
        axes.axvline(0, color=DARK, linewidth=0.8)
        axes.set_yticks(range(len(later)), [title for title, _, _ in later])
        axes.invert_yaxis()
        axes.set_xlim(-most * 1.15, most * 1.15)
        axes.set_xticks([])
        axes.spines[:].set_visible(False)
        axes.tick_params(length=0)
        axes.set_title("Concerns", fontsize=8.5, loc="left", color=DARK)
        axes.set_title("Strengths", fontsize=8.5, loc="right", color=DARK)
        key = f"Number of paragraphs, {later_label}"
        if both:
            key += f" (below); {earlier_label} (above, pale)"
        figure.supxlabel(key, fontsize=8)
    return Picture(figure, "strengths and concerns by theme")


def _figure(width: float, height: float) -> Figure:
    # Without pyplot, which would keep every figure of a long notebook and may need a screen.
    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def _draw_points(axes, x, y, n_tagged: np.ndarray) -> None:
    """Draw points, those of fewer than `FEW` paragraphs hollow."""
    few = n_tagged < FEW
    for chosen, fill in ((few, "#ffffff"), (~few, STEPS_LINE)):
        axes.plot(
            x[chosen], y[chosen], "o", color=STEPS_LINE, markerfacecolor=fill, markersize=5,
        )  # fmt: skip


def _dress(axes, title: str, label: str, along: str) -> None:
    axes.set_title(title, fontsize=9.5, loc="left", color=DARK)
    if label:
        axes.set_xlabel(label, fontsize=8)
    axes.grid(axis=along, color="#e6e3ee", linewidth=0.8)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(length=0)
