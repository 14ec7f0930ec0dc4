from __future__ import annotations

import shutil

import pytest

from pipeline.tagging.model import load_model
from pipeline.tagging.model_folder import find_model


@pytest.fixture(scope="session")
def model():
    """The shipped model, which takes a second to load."""
    return load_model(find_model())


@pytest.fixture
def copy(tmp_path):
    """A copy of the shipped model's folder, to be damaged."""
    folder = tmp_path / "model"
    shutil.copytree(find_model(), folder)
    return folder
