from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from runs import write_run
from samples import fill, run_to_validate, said_by_the_model

from pipeline.validation.validate import draw_to_validate, read_validation


@pytest.fixture(scope="session")
def made():
    """The tables of a made-up run: 20 inspections and 4 focused visits of 30 paragraphs each."""
    return run_to_validate()


@pytest.fixture(scope="session")
def drawn(made, tmp_path_factory):
    """The folder of the run, and a sheet of 120 of its paragraphs that nobody has filled."""
    place = tmp_path_factory.mktemp("drawn")
    write_run(made, place / "my-matrix")
    draw_to_validate(place / "my-matrix", place / "validate.xlsx", number=120)
    return place


@pytest.fixture
def run(drawn, tmp_path):
    """A copy of the run that a test may change; its sample is drawn."""
    return Path(shutil.copytree(drawn / "my-matrix", tmp_path / "my-matrix"))


@pytest.fixture
def sheet(drawn):
    """The sheet of the sample; not to be changed."""
    return drawn / "validate.xlsx"


@pytest.fixture(scope="session")
def agreed(drawn, made, tmp_path_factory):
    """What came of it when somebody who always agrees with the model coded all 120: (run, result)."""
    return validate(drawn, tmp_path_factory.mktemp("agreed"), Anna=said_by_the_model(made))


@pytest.fixture(scope="session")
def differed(drawn, made, tmp_path_factory):
    """The same, and then somebody coded them who misses every fifth paragraph that is tagged."""
    said = said_by_the_model(made)
    fewer = {name: codes for n, (name, codes) in enumerate(said.items()) if n % 5}
    return validate(drawn, tmp_path_factory.mktemp("differed"), Anna=said, Ben=fewer)


def validate(drawn, place, **coders):
    run = Path(shutil.copytree(drawn / "my-matrix", place / "my-matrix"))
    for coder, said in coders.items():
        filled = fill(drawn / "validate.xlsx", place / f"{coder}.xlsx", said)
        done = read_validation(run, filled, coder)
    return run, done
