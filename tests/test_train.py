from __future__ import annotations

import json
import warnings

import numpy as np
import pandas as pd
import pytest

from pipeline.codebook import read_codebook
from pipeline.codes import link_codes, read_codes
from pipeline.errors import ModelError
from pipeline.features import Passage
from pipeline.models import CARD_FILE
from pipeline.paths import CODES
from pipeline.tag import load_model
from pipeline.train import calibration_error, coded_passages, train_model

TEXTS = [
    "Supervision takes place but seldom asks why a plan has drifted.",
    "Waits for CAMHS are far too long.",
    "Two libraries are open on Sundays.",
]


@pytest.fixture(scope="module")
def linked(sample_run):
    paragraphs = pd.read_parquet(sample_run / "paragraphs.parquet")
    return link_codes(read_codes([CODES / "sample.csv"]), paragraphs)[0], paragraphs


@pytest.fixture(scope="module")
def trained(linked, tmp_path_factory):
    models = tmp_path_factory.mktemp("models")
    with warnings.catch_warnings():
        # Few rare stances on small data.
        warnings.simplefilter("ignore")
        return train_model(*linked, models)


def test_every_code_of_the_sample_finds_its_paragraph(linked):
    assert len(linked[0]) == len(read_codes([CODES / "sample.csv"]))
    assert linked[0]["paragraph_id"].is_unique


def test_card_says_how_it_was_trained(trained):
    card = json.loads((trained / CARD_FILE).read_text())
    assert card["model_id"] == trained.name
    assert set(card["thresholds"]) == set(read_codebook())
    assert card["n_coded_paragraphs"] > 700
    assert 0.3 < card["scores"]["themes"]["micro_f1"] < 1
    assert "language model" in card["codes"]


def test_same_codes_same_model(linked, trained, tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        again = train_model(*linked, tmp_path)
    assert again.name == trained.name
    passages = [Passage(text) for text in TEXTS]
    one, other = load_model(trained).read(passages), load_model(again).read(passages)
    np.testing.assert_array_equal(one.probability, other.probability)
    assert (one.stance == other.stance).all()


def test_model_trained_on_the_sample_reads_clear_cases(trained):
    model = load_model(trained)
    reading = model.read([Passage(text) for text in TEXTS])
    carried = [
        {t for t, yes in zip(model.themes, row, strict=True) if yes} for row in reading.tagged
    ]
    assert carried == [{"supervision"}, {"camhs"}, set()]


def test_no_model_is_overwritten(linked, trained):
    with warnings.catch_warnings(), pytest.raises(ModelError, match="there already"):
        warnings.simplefilter("ignore")
        train_model(*linked, trained.parent)


def test_codes_are_ones_zeros_or_missing():
    rows = [
        {"text": f"t{n}", "heading": "", "lead_in": "", "authority": "a", "camhs": code}
        for n, code in enumerate(["concern"] * 10 + ["no", ""])
    ]
    codebook = {"camhs": read_codebook()["camhs"], "early_help": read_codebook()["early_help"]}
    coded = coded_passages(pd.DataFrame(rows), codebook)
    assert list(coded.themes) == ["camhs"]
    assert coded.themes["camhs"].tolist() == [1] * 10 + [0, -1]
    with pytest.raises(ModelError, match="Only 5 coded paragraphs"):
        coded_passages(pd.DataFrame(rows[5:]), codebook)
    with pytest.raises(ModelError, match="No theme"):
        coded_passages(pd.DataFrame(rows).drop(columns="camhs"), codebook)


def test_calibration_error():
    assert calibration_error(np.array([1, 0, 1, 0]), np.array([0.5] * 4)) == 0
    assert calibration_error(np.array([1, 1]), np.array([0.05, 0.05])) == pytest.approx(0.95)
