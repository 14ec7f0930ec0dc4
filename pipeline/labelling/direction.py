"""Invented sentences that say which way things go, with their codes: part of every training.

Real reports seldom say that a bad thing fell or that a good one lapsed, so a model of their words
alone takes "turnover has halved" for a concern. The sentences in `corpus/direction.jsonl` were
written for this project, and so were its paragraphs, in which praise and blame must be weighed; a
workspace may have more of its own. They teach stance, and the encoder also what a theme is; they
do not show how common one is.
"""

from __future__ import annotations

import difflib
import hashlib
import json
from collections.abc import Collection, Iterator
from pathlib import Path

import pandas as pd

from pipeline.base.codebook import STANCES
from pipeline.base.columns import PARAGRAPHS
from pipeline.base.errors import CorpusError
from pipeline.labelling.codes import CODES_COLUMNS, LANGUAGE_MODEL, NO
from pipeline.labelling.link import fingerprint

# How these paragraphs were drawn, in a table of codes.
DIRECTION = "direction"
# The document that they make up in tables of codes: the same, whatever is added to them.
DOC_ID = hashlib.sha256(DIRECTION.encode()).hexdigest()[:12]
FORMAT = 'Each line: {"text": ..., "themes": {"camhs": "concern"}}'
FIELDS = ["text", "heading", "lead_in", "themes"]
# Sentences are divided among so many invented authorities, as folds are made of authorities.
AUTHORITIES = 20


def read_direction(*files: Path, themes: Collection[str]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The sentences in some files as codes (`CODES_COLUMNS` and themes) and as `PARAGRAPHS`.

    Each line is a JSON object with `text`, `themes` (theme: stance) and, if there are any,
    `heading` and `lead_in`. A sentence is not about the other themes of its file; of themes that
    are only in another file it says nothing. Raises `CorpusError` with the line that is wrong, or
    that names a theme that is not among `themes`.
    """
    said, coded = [], []
    for path in files:
        rows = list(_read_lines(path, themes))
        own = sorted({theme for row in rows for theme in row["themes"]})
        said += rows
        coded += [{theme: row["themes"].get(theme, NO) for theme in own} for row in rows]
    table = pd.DataFrame(said, columns=FIELDS)
    ids = [f"{DOC_ID}-{n:04d}" for n in range(len(table))]
    paragraphs = table.assign(
        paragraph_id=ids,
        doc_id=DOC_ID,
        source_file="direction.jsonl",
        position=range(len(table)),
        kind="paragraph",
        boilerplate=False,
    ).reindex(columns=PARAGRAPHS, fill_value="")
    codes = pd.DataFrame(
        {
            "doc_id": DOC_ID,
            "fingerprint": [fingerprint(text) for text in table["text"]],
            "authority": [f"Invented {n % AUTHORITIES}" for n in range(len(table))],
            "coder": LANGUAGE_MODEL,
            "coded_on": "",
            "drawn": DIRECTION,
        }
    )
    stances = pd.DataFrame(coded).fillna("")
    return pd.concat([codes[CODES_COLUMNS], stances[sorted(stances)]], axis=1), paragraphs


def _read_lines(path: Path, themes: Collection[str]) -> Iterator[dict]:
    try:
        text = path.read_text(encoding="utf-8-sig").rstrip("\n")
    except ValueError as error:
        raise CorpusError(f"{path} cannot be read: {error}.", "Save it in UTF-8.") from error
    # Not `splitlines`: a string in JSON may hold other ends of lines.
    for number, line in enumerate(text.split("\n") if text else [], start=1):
        try:
            row = _read_line(line)
        except ValueError as error:
            raise CorpusError(f"{path}, line {number}: {error}.", FORMAT) from error
        # A misspelt theme would teach that the sentence is not about the one that is meant.
        for name in row["themes"]:
            if name not in themes:
                near = difflib.get_close_matches(name, themes, n=3, cutoff=0.5) or themes
                raise CorpusError(
                    f"{path}, line {number}: there is no theme {name!r} in the codebook.",
                    f"Perhaps: {', '.join(near)}.",
                )
        yield row


def _read_line(line: str) -> dict:
    """The `FIELDS` of a line. Raises `ValueError` if one is wrong."""
    try:
        row = json.loads(line)
    except ValueError as error:
        raise ValueError(f"it is not JSON ({error})") from error
    if not isinstance(row, dict):
        raise ValueError("it is not a JSON object")
    themes = row.get("themes")
    if not isinstance(themes, dict):
        raise ValueError("it has no themes with their stances")
    if not all(stance in STANCES for stance in themes.values()):
        raise ValueError(f"a stance is not one of {', '.join(STANCES)}")
    read = {"heading": row.get("heading") or "", "lead_in": row.get("lead_in") or ""}
    read["text"] = row.get("text")
    if not all(isinstance(value, str) for value in read.values()):
        raise ValueError("its text, heading and lead_in are not all text")
    return {**read, "themes": themes}
