from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from pipeline.base.codebook import read_codebook
from pipeline.base.columns import PARAGRAPHS
from pipeline.labelling.propose import propose_paragraphs
from pipeline.labelling.task_files import write_proposal

THRESHOLDS = {"camhs": 0.4, "supervision": 0.4}
DOCS = ["a" * 12, "b" * 12]
TOPICS = ["supervision", "school places", "foster homes", "early help", "CAMHS waits", "buses"]


@pytest.fixture(scope="session")
def run():
    """60 invented paragraphs of two documents, a heading, and tags of rising probability."""
    rows = [
        (f"{DOCS[n % 2]}:{n:04d}", DOCS[n % 2], "x.pdf", n, 1, "", "Part", "", "paragraph", False,
         f"=Sentence {'abcdefghij'[n % 10]} of {'klmnopqrst'[n // 10]} speaks of {TOPICS[n % 6]}.")
        for n in range(60)
    ]  # fmt: skip
    rows.append((f"{DOCS[0]}:9999", DOCS[0], "x.pdf", 99, 1, "", "", "", "heading", False, "Part"))
    paragraphs = pd.DataFrame(rows, columns=PARAGRAPHS)
    tags = pd.DataFrame(
        {
            "paragraph_id": np.repeat(paragraphs["paragraph_id"][:60].to_numpy(), 2),
            "theme": ["camhs", "supervision"] * 60,
            "probability": np.repeat(np.linspace(0.01, 0.99, 60), 2),
        }
    )
    documents = pd.DataFrame(
        {"doc_id": DOCS, "authority": ["Ambleford", ""], "source_file": ["x.pdf", "y.pdf"]}
    )
    return paragraphs, tags, documents


@pytest.fixture(scope="session")
def propose(run):
    """Paragraphs of the run to code."""

    def make(n=20, coded=frozenset(), seed=0):
        return propose_paragraphs(*run, set(coded), THRESHOLDS, n, seed)

    return make


@pytest.fixture(scope="session")
def proposal(propose):
    """Twenty paragraphs of the run to code."""
    return propose()


@pytest.fixture
def sheet(proposal, tmp_path):
    """The same as a sheet that nobody has filled."""
    path = tmp_path / "to-code.xlsx"
    write_proposal(proposal, read_codebook(), path)
    return path
