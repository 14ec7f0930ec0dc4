from __future__ import annotations

import pandas as pd

from pipeline.codebook import Theme
from pipeline.picture import draw_matrix


def test_picture_is_drawn_and_the_same_each_time(tmp_path):
    cells = pd.DataFrame(
        {
            "authority": ["Kent <i>", "Leeds"],
            "theme": "camhs",
            "n_documents": 1,
            "n_paragraphs": 8,
            "n_tagged": [6, 0],
            "share": [0.75, 0.0],
        }
    )
    themes = {"camhs": Theme("camhs", "Mental health", "", "", (), ())}
    drawn = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        draw_matrix(cells, themes, tmp_path / name)
        drawn.append((tmp_path / name / "matrix.svg").read_bytes())
    assert drawn[0] == drawn[1]
    assert (tmp_path / "one" / "matrix.png").stat().st_size > 5_000
