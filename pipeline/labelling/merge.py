"""A filled task file → the codes file of a coder."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from pipeline.base.errors import LabelError
from pipeline.base.files import WholeFile
from pipeline.base.paths import CODES
from pipeline.labelling.codes import CODES_COLUMNS, KEYS, contradictions, read_codes, themes_of
from pipeline.labelling.link import fingerprint
from pipeline.labelling.task_files import (
    READ,
    YES,
    Filled,
    raise_faults,
)


def merge_codes(
    filled: Sequence[Filled],
    source: str | Path,
    paragraphs: pd.DataFrame,
    documents: pd.DataFrame,
    themes: Sequence[str],
    coder: str,
    coded_on: str,
    path: Path,
) -> pd.DataFrame:
    """Add what `coder` coded to the codes file at `path`, which is created if it does not exist.

    `source` names the filled file in messages. Returns the rows added. Raises `LabelError`, and
    writes nothing, if nothing is coded, a paragraph is unknown or a code contradicts another one
    of the same coder.
    """
    if not filled:
        raise LabelError(
            f"Nobody has coded anything in {source}.",
            f"Choose stances, set `{READ}` to `{YES}` and save the file, or give the filled-in "
            "one with --sheet.",
        )
    texts = paragraphs.drop_duplicates("paragraph_id").set_index("paragraph_id")
    if not any(item.paragraph_id in texts.index for item in filled):
        raise LabelError(
            f"None of the paragraphs in {source} is in this run.",
            "Give the output folder of the run it was made from.",
        )
    authorities = documents.drop_duplicates("doc_id").set_index("doc_id")
    faults, rows, wheres = [], [], []
    for item in filled:
        if item.paragraph_id not in texts.index:
            faults.append(f"{item.where}: there is no paragraph {item.paragraph_id!r} in this run")
            continue
        paragraph = texts.loc[item.paragraph_id]
        document = authorities.loc[paragraph["doc_id"]]
        rows.append(
            {
                "doc_id": paragraph["doc_id"],
                "fingerprint": fingerprint(paragraph["text"]),
                # A document without an authority counts as an authority of its own.
                "authority": document["authority"] or document["source_file"],
                "coder": coder,
                "coded_on": coded_on,
                "drawn": item.drawn,
                **{theme: item.codes.get(theme, "") for theme in themes},
            }
        )
        wheres.append(item.where)
    new = pd.DataFrame(rows, columns=[*CODES_COLUMNS, *themes])
    old = read_codes([path]) if path.is_file() else new.head(0)
    namesakes = [name for name in old["coder"].unique() if name != coder]
    if path.name == coder_file(path.parent, coder).name and namesakes:
        raise LabelError(
            f"{path} holds the codes of {namesakes[0]!r}, not of {coder!r}.",
            "Spell --coder as before or, for somebody else, choose a different name.",
        )
    # Commands read all the files of the folder and refuse contradictions between them.
    shared = path.parent.resolve() == CODES.resolve() and any(CODES.glob("*.csv"))
    known = read_codes() if shared else old
    for row, earlier, theme in contradictions(
        pd.concat([known, new], ignore_index=True).fillna("")
    ):
        at = row - len(known)
        if earlier < len(known):
            was = known.iloc[earlier]
            faults.append(
                f"{wheres[at]}: its {theme} is {new[theme][at]}, but {coder} coded it "
                f"{was[theme]} before (to correct that, edit the line with "
                f"{was['fingerprint'][:12]} in the codes file)"
            )
        else:
            faults.append(f"{wheres[at]}: its {theme} contradicts {wheres[earlier - len(known)]}")
    raise_faults(source, faults)
    both = pd.concat([old, new], ignore_index=True).fillna("")
    both = both.drop_duplicates([*KEYS, "coder", *themes_of(both)], ignore_index=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    with WholeFile(path) as file:
        file.write(both.to_csv(index=False, lineterminator="\n").encode())
    return both.iloc[len(old) :].reset_index(drop=True)


def coder_file(codes: Path, coder: str) -> Path:
    """The path of a coder's own file in the folder `codes`, made from the coder's name."""
    name = re.sub(r"[^a-z0-9]+", "-", coder.lower()).strip("-")
    if not name:
        raise LabelError("A coder needs a name.", "Give one with --coder.")
    return codes / f"{name}.csv"
