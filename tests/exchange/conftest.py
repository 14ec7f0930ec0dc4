from __future__ import annotations

import pandas as pd
import pytest
from projects import ONE, TEXTS, THEMES, TWO, make_tables

from pipeline.base.tables import write_table
from pipeline.labelling.codes import CODES_COLUMNS
from pipeline.labelling.link import fingerprint


@pytest.fixture(scope="session")
def tables():
    """An invented run: three documents, of which two have files of the same name."""
    return make_tables()


@pytest.fixture(scope="session")
def run(tables, tmp_path_factory):
    """The output folder of that run."""
    folder = tmp_path_factory.mktemp("run")
    for name, table in tables.items():
        write_table(table, folder, name)
    return folder


@pytest.fixture
def anna(tmp_path):
    """Codes of a coder: one paragraph read for every theme, another for two."""
    rows = [
        (ONE, 2, {**dict.fromkeys(THEMES, "no"), "camhs": "mixed"}),
        (TWO, 0, {"recruitment": "concern", "camhs": "no"}),
    ]
    table = pd.DataFrame(
        [
            (doc_id, fingerprint(TEXTS[doc_id][n][1]), "Marlowshire", "anna", "2026-11-21", "random",
             *(given.get(theme, "") for theme in THEMES))
            for doc_id, n, given in rows
        ],
        columns=[*CODES_COLUMNS, *THEMES],
    )  # fmt: skip
    path = tmp_path / "anna.csv"
    table.to_csv(path, index=False)
    return path
