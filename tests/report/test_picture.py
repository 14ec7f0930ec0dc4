from __future__ import annotations

import struct

import pytest
from runs import comparison_tables, make_run

from pipeline.report.picture import (
    COLUMN,
    LABELS,
    balance_picture,
    change_picture,
    draw_matrix,
    matrix_picture,
    shares_picture,
)


@pytest.fixture(scope="module")
def run():
    return make_run(4, 3, 20)


def test_picture_is_drawn_and_the_same_each_time(run, tmp_path):
    cells = run.cells.assign(authority=run.cells["authority"].replace("Area 000", "Kent <i>"))
    drawn = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        draw_matrix(cells, run.themes, tmp_path / name)
        drawn.append((tmp_path / name / "matrix.svg").read_bytes())
    assert drawn[0] == drawn[1]
    assert (tmp_path / "one" / "matrix.png").stat().st_size > 5_000
    written = drawn[0].decode()
    assert "Kent &lt;i&gt;" in written
    for cell in cells.itertuples():
        star = "*" if cell.n_not_validated else ""
        assert f"{cell.share:.1%}{star}  ({cell.n_tagged})" in written
    assert "* not validated for this kind" in written


def test_a_picture_of_some_authorities_for_a_paper(run, tmp_path):
    sizes = {}
    for authorities in ((), ("Area 001", "Area 002")):
        draw_matrix(run.cells, run.themes, tmp_path, authorities)
        written = (tmp_path / "matrix.svg").read_text(encoding="utf-8")
        shown = {name for name in run.cells["authority"] if f">{name}  (n=" in written}
        assert shown == set(authorities or run.cells["authority"])
        # The width and height in the header of a PNG.
        sizes[authorities] = struct.unpack(">II", (tmp_path / "matrix.png").read_bytes()[16:24])
    (width, height), (same, less) = sizes.values()
    n_themes = run.cells["theme"].nunique()
    assert width == same == round(200 * (LABELS + COLUMN * n_themes + 0.4)) and less < height


def test_no_cells_no_picture(run, tmp_path):
    draw_matrix(run.cells.head(0), run.themes, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_pictures_show_themselves(run, tmp_path):
    slices = comparison_tables(run)["slices"]
    years = slices[(slices["slice"] == "year") & (slices["theme"] == "camhs")]
    points = run.counts.assign(
        on=run.counts["published_on"], series=run.counts["framework"]
    ).dropna(subset="on")
    cells = run.cells.set_index("authority")
    points = points.join(
        cells.loc["Area 000"].set_index("theme")[["share", "share_low", "share_high"]], on="theme"
    )
    for picture in (
        matrix_picture(run.cells, run.themes),
        shares_picture(years, "value", "Mental health by year"),
        change_picture(points[points["authority"] == "Area 000"], run.themes, "Area 000"),
    ):
        assert picture._repr_png_().startswith(b"\x89PNG")
        picture.save(tmp_path / "it.svg")
        assert (tmp_path / "it.svg").stat().st_size > 1_000


@pytest.mark.parametrize("earlier", [(), (("Early help", 7, 0), ("Thresholds", 0, 12))])
def test_balances_show_every_number(earlier):
    later = (("Early help", 3, 4), ("Thresholds", 0, 0))
    picture = balance_picture(earlier, later, "SIF, May 2014", "ILACS, June 2021")
    (axes,) = picture.figure.axes
    shown = [text.get_text() for text in axes.texts]
    expected = [str(n) for rows in (later, earlier) for _, s, c in rows for n in (c, s)]
    assert shown == expected
    lengths = [bar.get_width() for bar in axes.patches]
    assert [abs(length) for length in lengths] == [int(n) for n in expected]
    assert ("SIF" in picture.figure.get_supxlabel()) == bool(earlier)
    assert picture.png().startswith(b"\x89PNG") and picture.png() == picture.png()


def test_dollars_in_a_title_are_dollars():
    title = "Spend in $ and % of $"
    picture = balance_picture((), ((title, 3, 4),), "SIF, May 2014", "ILACS, June 2021")
    assert picture.png().startswith(b"\x89PNG")
