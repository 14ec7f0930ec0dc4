"""Codes that differ → a sheet on which coders agree on one; the filled sheet → their consensus.

The sheet has a row for each paragraph and theme. What is agreed on becomes the code of the coder
`codes.CONSENSUS`, which `codes.settle_codes` prefers to the majority.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from pipeline.base.codebook import STANCES, Theme
from pipeline.base.errors import LabelError
from pipeline.labelling.codes import CONSENSUS, KEYS, NO, themes_of
from pipeline.labelling.coding_sheet import (
    COMMENT,
    SUFFIX,
    new_file,
    plain,
    read_sheet,
    write_sheet,
)
from pipeline.labelling.filled import Filled, raise_faults
from pipeline.labelling.task_files import PROPOSED

THEME = "theme"
NOT_CODED = "(not coded)"


def write_adjudication(
    differing: pd.DataFrame, coders: Sequence[str], themes: Mapping[str, Theme], path: Path
) -> Path:
    """Write the sheet; returns its path, with the right suffix if `path` has none.

    `differing` has the columns `PROPOSED`, `theme` and each coder's code in a column of the
    coder's name. Raises `LabelError` if the file exists: it may hold somebody's codes.
    """
    path = new_file(path, SUFFIX)
    said = differing[list(coders)].replace("", NOT_CODED).add_prefix("coded by ")
    given = pd.concat([differing[[*PROPOSED, THEME]], said], axis=1)
    to_fill = [([CONSENSUS], [NO, *STANCES]), ([COMMENT], [])]
    guide = [(CONSENSUS, "What you agree on; leave it empty where you do not.", "")]
    write_sheet(path, given, to_fill, themes, guide)
    return path


def write_differing(
    differing: pd.DataFrame,
    paragraphs: pd.DataFrame,
    documents: pd.DataFrame,
    coders: Sequence[str],
    themes: Mapping[str, Theme],
    path: Path,
) -> Path:
    """`write_adjudication` for codes that differ, with what the run says of their paragraphs.

    `differing` has a `paragraph_id`, `theme`, `drawn` and each coder's code.
    """
    about = paragraphs.merge(documents[["doc_id", "authority"]], on="doc_id")
    told = differing[["paragraph_id", "drawn", THEME, *coders]]
    told = told.merge(about.drop(columns="doc_id"), on="paragraph_id")
    told = told.sort_values("paragraph_id", kind="stable")
    return write_adjudication(told, coders, themes, path)


def without_agreed(differing: pd.DataFrame, codes: pd.DataFrame) -> pd.DataFrame:
    """The rows about paragraphs and themes for which there is no consensus among the codes."""
    agreed = codes[codes["coder"] == CONSENSUS].melt(KEYS, themes_of(codes), var_name=THEME)
    keys = [*KEYS, THEME]
    known = pd.MultiIndex.from_frame(agreed.loc[agreed["value"] != "", keys])
    return differing[~pd.MultiIndex.from_frame(differing[keys]).isin(known)]


def is_adjudication(path: Path) -> bool:
    """Whether a file is a sheet that `write_adjudication` wrote."""
    if path.suffix.lower() != SUFFIX or not path.is_file():
        return False
    try:
        header, _ = read_sheet(path)
    except Exception:  # whatever it is: `read_filled` says what is wrong with it
        return False
    return {THEME, CONSENSUS} <= set(header)


def read_adjudication(path: Path, themes: Sequence[str]) -> list[Filled]:
    """What coders have agreed on, paragraph by paragraph.

    Raises `LabelError`, which lists row by row what is not understood.
    """
    header, rows = read_sheet(path)
    if "paragraph_id" not in header:
        raise LabelError(
            f"{path} lacks the column paragraph_id.", "Give the sheet from `agreement`."
        )
    found: dict[str, Filled] = {}
    faults = []
    for number, values in enumerate(rows, start=2):
        row = dict(zip(header, map(plain, values), strict=False))
        where, theme, code = f"row {number}", row.get(THEME, ""), row.get(CONSENSUS, "").lower()
        if not code:
            continue
        if theme not in themes:
            faults.append(f"{where}: there is no theme {theme!r} in the codebook")
            continue
        if code not in (NO, *STANCES):
            faults.append(
                f"{where}: {CONSENSUS} is {code!r}; it can be {', '.join((NO, *STANCES))}"
            )
            continue
        own = Filled(
            where, row["paragraph_id"], row.get("drawn", ""), {}, text=row.get("text", "")
        )
        own = found.setdefault(own.paragraph_id, own)
        if own.codes.setdefault(theme, code) != code:
            faults.append(f"{where}: its {theme} contradicts {own.where}")
    raise_faults(path, faults)
    return list(found.values())


def check_adjudicator(coder: str) -> str:
    """The coder whose codes an adjudication sheet holds. Raises `LabelError` for another one."""
    if coder not in ("", CONSENSUS):
        raise LabelError(
            f"A sheet of differing codes is read as the coder {CONSENSUS!r}, not {coder!r}.",
            "Leave out --coder.",
        )
    return CONSENSUS
