"""Paragraphs + a trained model → the table `tags`."""

from __future__ import annotations

import numpy as np
import pandas as pd

from pipeline.base.columns import (
    HALF_COLUMNS,
    PARAGRAPHS,
    TAGS,
    check_columns,
    substantive_rows,
)
from pipeline.tagging.mixed import NOWHERE
from pipeline.tagging.model import Model
from pipeline.tagging.passages import passages_of


def tag_paragraphs(paragraphs: pd.DataFrame, model: Model) -> pd.DataFrame:
    """The `tags` table: a row for every substantive paragraph and theme, in their order."""
    # A table made by hand need not say where its pages turn.
    check_columns(paragraphs, [name for name in PARAGRAPHS if name != "pages"], "paragraphs")
    counted = paragraphs[substantive_rows(paragraphs)]
    tagging = model.tag(passages_of(counted))
    n_themes = len(model.themes)
    tagged = tagging.tagged.ravel()
    carries_from, carries_to = (
        pd.array(tagging.carries[..., end].ravel(), dtype="Int64") for end in (0, 1)
    )
    carries_from[~tagged] = carries_to[~tagged] = pd.NA
    # Where each of the two starts and ends, side by side.
    halves = tagging.halves.reshape(-1, len(HALF_COLUMNS)).T
    split = dict(zip(HALF_COLUMNS, (pd.array(end, dtype="Int64") for end in halves), strict=True))
    for ends in split.values():
        ends[ends == NOWHERE] = pd.NA
    return pd.DataFrame(
        {
            "paragraph_id": np.repeat(counted["paragraph_id"].to_numpy(), n_themes),
            "doc_id": np.repeat(counted["doc_id"].to_numpy(), n_themes),
            "theme": np.tile(model.themes, len(counted)),
            "probability": tagging.probability.ravel().round(4),
            "tagged": tagged,
            "stance": tagging.stance.ravel().astype(str),
            "carries_from": carries_from,
            "carries_to": carries_to,
            **split,
            "model_id": model.model_id,
        },
        columns=TAGS,
    )
