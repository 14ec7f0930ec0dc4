from __future__ import annotations

import pandas as pd
import pytest

from pipeline.base.errors import LabelError
from pipeline.labelling.codes import CODES_COLUMNS, MODEL
from pipeline.labelling.link import fingerprint
from pipeline.tagging.model_folder import HELD_OUT_FILE
from pipeline.training.as_coder import codes_of_model, known_prints
from pipeline.training.scores import HELD_OUT

DOC = "0" * 12
TEXTS = [
    "The harbour team answers every call from the ferry quarter within nine minutes.",
    "Managers saw each worker in the lighthouse school once in every three weeks.",
]
PRINTS = [fingerprint(text) for text in TEXTS]


@pytest.fixture
def model(tmp_path):
    """All of a model that is needed: it had the first paragraph held out."""
    rows = [
        (DOC, PRINTS[0], "camhs", 0.9, True, "concern"),
        (DOC, PRINTS[0], "supervision", 0.1, False, "neutral"),
    ]
    pd.DataFrame(rows, columns=HELD_OUT).to_parquet(tmp_path / HELD_OUT_FILE)
    return tmp_path


def codes(*prints, coder="Anna"):
    rows = [
        (DOC, print_, "Ambleford", coder, "2026-01-01", "random", "no", "no") for print_ in prints
    ]
    return pd.DataFrame(rows, columns=[*CODES_COLUMNS, "camhs", "supervision"])


TAGS = pd.DataFrame(
    [(f"p:{n}", theme, True, "strength") for n in range(2) for theme in ("camhs", "supervision")],
    columns=["paragraph_id", "theme", "tagged", "stance"],
)


def test_what_was_held_out_counts_before_the_tags_of_the_run(model):
    both = pd.concat([codes(*PRINTS), codes(PRINTS[0], coder="Ben")], ignore_index=True)
    said = codes_of_model(both, model, pd.Series(["p:0", "p:1", "p:0"]), TAGS)
    assert list(said.columns) == [*CODES_COLUMNS, "camhs", "supervision"]
    assert said[["fingerprint", "coder", "camhs", "supervision"]].to_numpy().tolist() == [
        [PRINTS[0], MODEL, "concern", "no"],
        [PRINTS[1], MODEL, "strength", "strength"],
    ]


def test_without_a_run_only_what_it_learnt_from_is_known(model):
    assert codes_of_model(codes(*PRINTS), model)["fingerprint"].tolist() == PRINTS[:1]
    with pytest.raises(LabelError, match="says nothing of these paragraphs"):
        codes_of_model(codes(PRINTS[1]), model)


def test_a_paragraph_that_is_now_cut_a_little_differently_is_known(model):
    other = fingerprint(TEXTS[0] + " Always.")
    aligned = known_prints(codes(other, PRINTS[1]), model)
    assert aligned["fingerprint"].tolist() == PRINTS


def test_no_coder_can_be_called_like_the_model(model):
    with pytest.raises(LabelError, match="stands for the trained model"):
        codes_of_model(codes(*PRINTS, coder=MODEL), model)
