"""Corrections: what a reader of the report said of a tag, on the way to the codes and back.

The report's page writes them as a codes file: one JSON object a line, as doccano's, which
`filled` reads like any other. Besides, each line has the reader's name. Once merged, a
correction is a code drawn as `CORRECTED`. It changes no tag and no number: readers correct what
strikes them, so corrections do not show how often tags are wrong. The next run shows them beside
the tags.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from pipeline.base.columns import CORRECTIONS
from pipeline.base.errors import CorpusError, LabelError
from pipeline.base.workspace import find_workspace
from pipeline.labelling.codes import CODES_COLUMNS, CORRECTED, NO, read_codes, themes_of
from pipeline.labelling.coding_sheet import SUFFIX
from pipeline.labelling.filled import read_items
from pipeline.labelling.link import link_codes


def read_coder(path: Path) -> str:
    """The reader whom a file of corrections names; empty for any other task file.

    Raises `LabelError` if it names several.
    """
    if path.suffix.lower() in (SUFFIX, ".csv"):  # the report gives JSON lines
        return ""
    items = [item for item in read_items(path) if item.get("drawn") == CORRECTED]
    coders = sorted({str(item.get("coder") or "").strip() for item in items} - {""})
    if len(coders) > 1:
        raise LabelError(
            f"{path} has corrections by {' and '.join(coders)}.", "Give each a file of their own."
        )
    return "".join(coders)


def corrected_files(files: Iterable[Path] | None = None) -> list[Path]:
    """Those of some codes files (None: all of the workspace) that have corrections."""
    files = find_workspace().code_files() if files is None else files
    return [path for path in files if _has_corrections(path.read_bytes())]


def _has_corrections(content: bytes) -> bool:
    """Whether a file has a field that says so, with or without quotation marks around it."""
    # Few files have the word at all, and every run asks.
    if CORRECTED.encode() not in content:
        return False
    try:
        return any(
            CORRECTED in row for row in csv.reader(io.StringIO(content.decode("utf-8-sig")))
        )
    except (UnicodeDecodeError, csv.Error):
        # Reading it will say what is wrong with it.
        return True


def read_corrections(files: Iterable[Path] | None = None) -> pd.DataFrame:
    """The codes that are corrections, in some files (None: all of the workspace).

    Raises `CorpusError` if such a file is damaged.
    """
    files = corrected_files() if files is None else list(files)
    if not files:
        return pd.DataFrame(columns=CODES_COLUMNS)
    codes = read_codes(files)
    return codes[codes["drawn"] == CORRECTED].reset_index(drop=True)


def readable_corrections() -> tuple[pd.DataFrame, str]:
    """What `read_corrections` gives; or nothing, and why the corrections cannot be shown."""
    try:
        return read_corrections(), ""
    except (CorpusError, OSError) as error:
        return read_corrections([]), f"No corrections are shown in the report. {error}"


def say_unread_corrections() -> str:
    """Why the corrections cannot be shown; empty if they can."""
    return readable_corrections()[1]


def link_corrections(
    corrections: pd.DataFrame, paragraphs: pd.DataFrame, tags: pd.DataFrame
) -> pd.DataFrame:
    """The corrections of some paragraphs and what the model says of them (columns `CORRECTIONS`).

    `tags` are those of the paragraphs. A code for a theme without tags is left out.
    """
    own = corrections[corrections["doc_id"].isin(set(paragraphs["doc_id"]))]
    if own.empty:
        return pd.DataFrame(columns=CORRECTIONS, dtype=str)
    linked, _ = link_codes(own.reset_index(drop=True), paragraphs)
    keys = ["paragraph_id", "doc_id", "coder", "coded_on"]
    said = linked.melt(keys, themes_of(own), var_name="theme", value_name="code")
    said = said[said["code"] != ""]
    model = tags[["paragraph_id", "theme", "stance", "tagged"]]
    both = said.merge(model, on=["paragraph_id", "theme"])
    both["model_says"] = both["stance"].where(both["tagged"], NO)
    order = ["paragraph_id", "theme", "coder", "coded_on"]
    return both.sort_values(order, ignore_index=True)[CORRECTIONS].astype(str)
