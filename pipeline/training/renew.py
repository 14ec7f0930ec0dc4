"""A trained model → the same model, with what is now known about it; its tags stay the same."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd

from pipeline.base.files import write_whole
from pipeline.tagging.familiarity import read_familiarity
from pipeline.tagging.model_folder import CARD_FILE, COUNTS_FILE, read_model_card
from pipeline.training.card import score_kinds, validate_kinds, write_card_text
from pipeline.training.evaluate import judge_model
from pipeline.training.kept_counts import read_counts
from pipeline.training.reference import keep_familiarity
from pipeline.training.scores import drawn_at_random


def renew_model(
    folder: Path, codes: pd.DataFrame, kinds: pd.Series, paragraphs: pd.DataFrame | None
) -> None:
    """Work out a model's errors by kind of document from what was held out in its training, and,
    with the `paragraphs` of what it learnt from, what is familiar to it; write both to its folder.

    `codes` as from `read_codes`; `kinds` gives the document type of a `doc_id`. Raises
    `ModelError` if the model is damaged or none of the codes is about its paragraphs.
    """
    judged = drawn_at_random(judge_model(folder, codes))
    card = read_model_card(folder) | {"kinds": validate_kinds(judged, kinds)}
    card["scores"] |= {"kinds": score_kinds(judged, kinds)}
    kept, before = read_counts(folder / COUNTS_FILE), read_familiarity(folder)
    keep_familiarity(folder, kept, codes, kinds, paragraphs, before)
    write_whole(folder / CARD_FILE, json.dumps(card, indent=2) + "\n")
    write_card_text(card, folder)
