"""Invented sentences that say which way things go, with their codes: part of every training.

Real reports seldom say that a bad thing fell or that a good one lapsed, so a model of their words
alone takes "turnover has halved" for a concern. The sentences in `corpus/direction.jsonl` were
written for this project. They teach stance, and the encoder also what a theme is; they do not show
how common one is.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pandas as pd

from pipeline.base.codebook import STANCES
from pipeline.base.columns import PARAGRAPHS
from pipeline.base.errors import CorpusError
from pipeline.labelling.codes import CODES_COLUMNS, NO
from pipeline.labelling.link import fingerprint

# How these paragraphs were drawn, in a table of codes.
DIRECTION = "direction"
# The document that they make up in tables of codes: the same, whatever is added to them.
DOC_ID = hashlib.sha256(DIRECTION.encode()).hexdigest()[:12]
# Sentences are divided among so many invented authorities, as folds are made of authorities.
AUTHORITIES = 20


def read_direction(path: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The sentences in a file as codes (`CODES_COLUMNS` and themes) and as `PARAGRAPHS`.

    Each line is a JSON object with `text`, `heading`, `lead_in` and `themes` (theme: stance).
    Raises `CorpusError` with the line that is wrong.
    """
    rows = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            row = json.loads(line)
            if not set(row["themes"].values()) <= set(STANCES):
                raise ValueError(f"a stance is not one of {', '.join(STANCES)}")
            rows.append({key: row[key] for key in ("text", "heading", "lead_in", "themes")})
        except (ValueError, KeyError, AttributeError, TypeError) as error:
            raise CorpusError(
                f"{path}, line {number}: {type(error).__name__}: {error}.",
                "Compare it with the lines above.",
            ) from error
    themes = sorted({theme for row in rows for theme in row["themes"]})
    said = pd.DataFrame(rows)
    ids = [f"{DOC_ID}-{n:04d}" for n in range(len(said))]
    paragraphs = said.assign(
        paragraph_id=ids,
        doc_id=DOC_ID,
        source_file=path.name,
        position=range(len(said)),
        kind="paragraph",
        boilerplate=False,
    ).reindex(columns=PARAGRAPHS, fill_value="")
    codes = pd.DataFrame(
        {
            "doc_id": DOC_ID,
            "fingerprint": [fingerprint(text) for text in said["text"]],
            "authority": [f"Invented {n % AUTHORITIES}" for n in range(len(said))],
            "coder": "language-model",
            "coded_on": "",
            "drawn": DIRECTION,
            **{theme: [row.get(theme, NO) for row in said["themes"]] for theme in themes},
        }
    )
    return codes[[*CODES_COLUMNS, *themes]], paragraphs
