"""Codes to train on, and models trained once for all tests of this folder."""

from __future__ import annotations

import json
import warnings

import pandas as pd
import pytest

from pipeline.base.paths import CODES
from pipeline.labelling.codes import read_codes
from pipeline.tagging.model_folder import CARD_FILE
from pipeline.training.train import train_model

# A document of each of five authorities: 232 paragraphs, in which each of them has every theme.
FEW_DOCUMENTS = ["f0a6089fb15f", "cfcfcc7338f9", "3dd763f9cb1c", "c098a21f9b39", "80f9270bc61f"]


@pytest.fixture(scope="session")
def codes():
    return read_codes([CODES / "sample.csv"])


@pytest.fixture(scope="session")
def paragraphs(sample_run):
    return pd.read_parquet(sample_run / "paragraphs.parquet")


@pytest.fixture(scope="session")
def few_codes(codes):
    """Enough to train a model with every theme in a few seconds."""
    few = codes[codes["doc_id"].isin(FEW_DOCUMENTS)].reset_index(drop=True)
    themes = few.columns[6:]
    authorities = (few[themes] != "no").groupby(few["authority"]).any()
    assert len(few) > 200 and (authorities.sum() >= 3).all()
    return few


@pytest.fixture(scope="session")
def few_paragraphs(paragraphs):
    return paragraphs[paragraphs["doc_id"].isin(FEW_DOCUMENTS)].reset_index(drop=True)


@pytest.fixture(scope="session")
def few_documents(sample_run):
    documents = pd.read_parquet(sample_run / "documents.parquet")
    return documents[documents["doc_id"].isin(FEW_DOCUMENTS)].reset_index(drop=True)


@pytest.fixture(scope="session")
def train():
    """Training as a user does it."""

    def train(*arguments, **options):
        with warnings.catch_warnings(), pytest.MonkeyPatch.context() as patch:
            # Learning curves have a test of their own.
            patch.setattr("pipeline.training.more_codes.ROUNDS", 1)
            patch.setattr("pipeline.training.more_codes.ROUNDS_OF_MANY", 1)
            # Small data: rare stances, few words, folds without a stance.
            warnings.simplefilter("ignore")
            return train_model(*arguments, **options)

    return train


@pytest.fixture(scope="session")
def train_quickly(train):
    """Training with two folds: for tests that do not ask how well what is held out is read."""

    def train_quickly(*arguments, **options):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("pipeline.training.fit.FOLDS", 2)
            patch.setattr("pipeline.training.train.FOLDS", 2)
            return train(*arguments, **options)

    return train_quickly


@pytest.fixture(scope="session")
def trained(train, codes, paragraphs, tmp_path_factory):
    """A model of all codes of the sample."""
    return train(codes, paragraphs, tmp_path_factory.mktemp("models"))


@pytest.fixture(scope="session")
def small(train_quickly, few_codes, few_paragraphs, tmp_path_factory):
    """A model of few codes."""
    return train_quickly(few_codes, few_paragraphs, tmp_path_factory.mktemp("small"))


@pytest.fixture(scope="session")
def from_counts(train_quickly, few_codes, small, tmp_path_factory):
    """A model of the same few codes, from the counts kept with `small` alone."""
    return train_quickly(few_codes, None, tmp_path_factory.mktemp("counts"), base=small)


@pytest.fixture(scope="session")
def card_of():
    """The card of a model, as it was written."""

    def card_of(folder):
        return json.loads((folder / CARD_FILE).read_text(encoding="utf-8"))

    return card_of
