"""A filled task file → the codes file of a coder.

Paragraphs are found by their texts: if the reports were read anew since the file was made, others
may have got their ids. A code that was given before is changed only on request. Every change
leaves a line in the folder `changes` beside the codes: who changed what, when, from what and to
what.
"""

from __future__ import annotations

import hashlib
import re
import time
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from pipeline.base.columns import substantive_rows
from pipeline.base.errors import LabelError
from pipeline.base.files import write_whole
from pipeline.base.workspace import find_workspace
from pipeline.labelling.codes import (
    CODES_COLUMNS,
    KEYS,
    PROBABILITY,
    about_codes,
    contradictions,
    read_codes,
    themes_of,
)
from pipeline.labelling.coding_sheet import MAX_CELL
from pipeline.labelling.filled import Filled, raise_faults
from pipeline.labelling.link import fingerprint, match_prints
from pipeline.labelling.task_files import READ, YES

CHANGES = [*KEYS, "coder", "theme", "changed_on", "from", "to"]


@dataclass(frozen=True, slots=True)
class About:
    """What filled items are about: a run's `paragraphs` and `documents`, and the `themes`.

    `source` names the filled file in messages.
    """

    source: str | Path
    paragraphs: pd.DataFrame
    documents: pd.DataFrame
    themes: Sequence[str]


@dataclass(frozen=True, slots=True)
class Merged:
    """What was read from a filled task file and merged into the codes file `target`.

    `n_partly` of the coded paragraphs are not coded for every theme; `n_changed` codes that were
    there before were replaced.
    """

    target: Path
    n_coded: int
    n_added: int
    n_partly: int
    n_changed: int


def find_again(filled: Sequence[Filled], paragraphs: pd.DataFrame, source: Path) -> list[Filled]:
    """The filled items, each with the id that the paragraph of its text has in `paragraphs`.

    If another paragraph has got the id, the one with the most similar wording in the same document
    is taken; `LabelError` is raised if there is none. Without a text, the id counts.
    """
    now = dict(zip(paragraphs["paragraph_id"], paragraphs["text"], strict=True))
    rows = []
    for n, item in enumerate(filled):
        if item.text:
            print_ = _print_of(item.text)
            moved = print_ != _print_of(now.get(item.paragraph_id, ""))
            rows.append((n, item.paragraph_id.partition(":")[0], "", print_, moved))
    told = pd.DataFrame(rows, columns=["n", "doc_id", "coder", "fingerprint", "moved"])
    told = told.astype({"moved": bool})
    # What did not move is matched as well: what is like it must not get its paragraph.
    told = told[told["doc_id"].isin(told.loc[told["moved"], "doc_id"])]
    at = match_prints(
        told,
        paragraphs["doc_id"],
        lambda rows: [_print_of(text) for text in paragraphs["text"].iloc[rows]],
        substantive_rows(paragraphs),
    )
    found, faults, documents = list(filled), [], set(paragraphs["doc_id"])
    for row, place in zip(told[told["moved"]].itertuples(), at[told["moved"]], strict=True):
        if place >= 0:
            id_ = paragraphs["paragraph_id"].iloc[place]
            found[row.n] = replace(found[row.n], paragraph_id=id_)
        # Those of documents that are not in the run are for `merge_codes` to refuse.
        elif row.doc_id in documents:
            faults.append(
                f"{found[row.n].where}: its paragraph is not in this run (leave it uncoded)"
            )
    raise_faults(source, faults)
    return found


def _print_of(text: str) -> str:
    """The fingerprint of as much of a text as a sheet holds."""
    return fingerprint(text[:MAX_CELL])


def merge_for_coder(
    filled: Sequence[Filled], about: About, *, coder: str, target: Path, replace: bool
) -> Merged:
    """`merge_codes` for what was coded today."""
    today = time.strftime("%Y-%m-%d")
    added, changed = merge_codes(
        filled, about, coder=coder.strip(), coded_on=today, target=target, replace=replace
    )
    n_partly = sum(len(item.codes) < len(about.themes) for item in filled)
    return Merged(target, len(filled), len(added), n_partly, len(changed))


def merge_codes(
    filled: Sequence[Filled],
    about: About,
    *,
    coder: str,
    coded_on: str,
    target: Path,
    replace: bool = False,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Add what `coder` coded to the codes file `target`, which is created if it does not exist.

    Returns the rows added, and what was changed (columns `CHANGES`). With `replace`, codes that
    the coder gave before in that file are changed, and the changes are added to
    `changes_file(target)`. Raises `LabelError`, and writes nothing, if nothing is coded, a
    paragraph is unknown or a code contradicts another one of the same coder.
    """
    new, wheres, faults = _rows_of(filled, about, coder, coded_on)
    old = read_codes([target]) if target.is_file() else new.head(0)
    namesakes = [name for name in old["coder"].unique() if name != coder]
    if target.name == coder_file(target.parent, coder).name and namesakes:
        raise LabelError(
            f"{target} holds the codes of {namesakes[0]!r}, not of {coder!r}.",
            "Spell --coder as before or, for somebody else, choose a different name.",
        )
    if replace and not any(contradictions(new)):
        changed = _changes(old, new)
    else:
        changed = pd.DataFrame(columns=CHANGES)
    old = _changed(old, changed)
    old = old.drop_duplicates([*KEYS, "coder", *themes_of(old)], ignore_index=True)
    faults += _contradicted(new, wheres, old, _others(target))
    raise_faults(about.source, faults)
    both = pd.concat([old, new], ignore_index=True).fillna("")
    both = both.drop_duplicates([*KEYS, "coder", *themes_of(both)], ignore_index=True)
    target.parent.mkdir(parents=True, exist_ok=True)
    if len(changed):
        _record(changed, changes_file(target))
    ordered = both[[*about_codes(both), *themes_of(both)]]
    write_whole(target, ordered.to_csv(index=False, lineterminator="\n"))
    return both.iloc[len(old) :].reset_index(drop=True), changed


def _rows_of(
    filled: Sequence[Filled], about: About, coder: str, coded_on: str
) -> tuple[pd.DataFrame, list[str], list[str]]:
    """The items as codes, where each of them stands, and what is wrong with the others.

    Raises `LabelError` if there are none, or none is of the run.
    """
    if not filled:
        raise LabelError(
            f"Nobody has coded anything in {about.source}.",
            f"Choose stances, set `{READ}` to `{YES}` and save the file, or give the filled-in "
            "one with --sheet.",
        )
    texts = about.paragraphs.drop_duplicates("paragraph_id").set_index("paragraph_id")
    known = [item for item in filled if item.paragraph_id in texts.index]
    if not known:
        raise LabelError(
            f"None of the paragraphs in {about.source} is in this run.",
            "Give the output folder of the run it was made from.",
        )
    documents = about.documents.drop_duplicates("doc_id").set_index("doc_id")
    rows = []
    for item in known:
        paragraph = texts.loc[item.paragraph_id]
        document = documents.loc[paragraph["doc_id"]]
        rows.append(
            {
                "doc_id": paragraph["doc_id"],
                "fingerprint": fingerprint(paragraph["text"]),
                # A document without an authority counts as an authority of its own.
                "authority": document["authority"] or document["source_file"],
                "coder": coder,
                "coded_on": coded_on,
                "drawn": item.drawn,
                PROBABILITY: item.probability,
                **{theme: item.codes.get(theme, "") for theme in about.themes},
            }
        )
    likely = [PROBABILITY] if any(item.probability for item in filled) else []
    faults = [
        f"{item.where}: there is no paragraph {item.paragraph_id!r} in this run"
        for item in filled
        if item.paragraph_id not in texts.index
    ]
    columns = [*CODES_COLUMNS, *likely, *about.themes]
    return pd.DataFrame(rows, columns=columns), [item.where for item in known], faults


def _others(target: Path) -> list[Path]:
    """The other codes files of the workspace, if a codes file is one of them.

    Commands read them all, and refuse contradictions between them.
    """
    workspace = find_workspace()
    shared = target.parent.resolve() == workspace.codes.resolve()
    every = workspace.code_files() if shared else []
    return [file for file in every if file.resolve() != target.resolve()]


def _contradicted(
    new: pd.DataFrame, wheres: Sequence[str], old: pd.DataFrame, others: Sequence[Path]
) -> list[str]:
    """What new codes contradict, as faults: the file's `old` ones, its `others`, or each other.

    `wheres` says where each of the new ones stands.
    """
    known = pd.concat([old, read_codes(others)] if others else [old], ignore_index=True).fillna("")
    every = pd.concat([known, new], ignore_index=True).fillna("")
    faults = []
    for row, earlier, theme in contradictions(every):
        at, coder = row - len(known), every["coder"][row]
        was = every.iloc[earlier if at >= 0 else row]
        if at < 0:
            faults.append(
                f"{coder} coded {theme} {was[theme]} in another codes file, too (change the line "
                f"with {was['fingerprint'][:12]} there first)"
            )
        elif earlier < len(known):
            way = (
                "add --replace to change it"
                if earlier < len(old)
                else f"to change it, edit the line with {was['fingerprint'][:12]} in its file"
            )
            faults.append(
                f"{wheres[at]}: its {theme} is {new[theme][at]}, but {coder} coded it "
                f"{was[theme]} before ({way})"
            )
        else:
            faults.append(f"{wheres[at]}: its {theme} contradicts {wheres[earlier - len(known)]}")
    return faults


def changes_file(path: Path) -> Path:
    """The file with the changes made to the codes file at `path` (columns `CHANGES`)."""
    return path.parent / "changes" / path.name


def read_changes(trail: Path) -> pd.DataFrame:
    """The changes in a file (columns `CHANGES`); none if there is no such file.

    Raises `LabelError` if it cannot be read.
    """
    if not trail.is_file():
        return pd.DataFrame(columns=CHANGES)
    try:
        return pd.read_csv(trail, dtype=str, keep_default_na=False)[CHANGES]
    except (OSError, ValueError, KeyError) as error:
        raise LabelError(
            f"{trail} cannot be read ({type(error).__name__}), so nothing was merged.",
            "Move it away, and run the command again.",
        ) from error


def _record(changed: pd.DataFrame, trail: Path) -> None:
    before = read_changes(trail)
    trail.parent.mkdir(exist_ok=True)
    every = pd.concat([before, changed], ignore_index=True)
    write_whole(trail, every.to_csv(index=False, lineterminator="\n"))


def _changes(old: pd.DataFrame, new: pd.DataFrame) -> pd.DataFrame:
    """What a coder's new codes change in the coder's old ones; the last word counts."""
    rows = [
        (*key, theme, when, was, now)
        for theme in themes_of(new)
        for *key, when, was, now in _pairs(old, new, theme)
        if was and now and was != now
    ]
    return pd.DataFrame(rows, columns=CHANGES).drop_duplicates(CHANGES[:4], keep="last")


def _pairs(old: pd.DataFrame, new: pd.DataFrame, theme: str) -> list[tuple[str, ...]]:
    """(doc_id, fingerprint, coder, day, old code, new code) of what is coded in both tables."""
    if theme not in old.columns:
        return []
    keys = [*KEYS, "coder"]
    both = old[[*keys, theme]].merge(new[[*keys, "coded_on", theme]], on=keys)
    columns = [*keys, "coded_on", f"{theme}_x", f"{theme}_y"]
    return list(both[columns].itertuples(index=False, name=None))


def _changed(codes: pd.DataFrame, changes: pd.DataFrame) -> pd.DataFrame:
    """Codes with the changes made."""
    codes = codes.copy()
    for doc_id, print_, coder, theme, when, was, now in changes.itertuples(index=False, name=None):
        at = (codes["doc_id"] == doc_id) & (codes["fingerprint"] == print_)
        at &= (codes["coder"] == coder) & (codes[theme] == was)
        codes.loc[at, [theme, "coded_on"]] = now, when
    return codes


def coder_file(codes: Path, coder: str) -> Path:
    """The path of a coder's own file in the folder `codes`, made from the coder's name."""
    letters = unicodedata.normalize("NFKD", coder.strip().lower())
    if not any(map(str.isalnum, letters)):
        raise LabelError("A coder needs a name.", "Give one with --coder.")
    plain = "".join(letter for letter in letters if not unicodedata.combining(letter))
    name = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
    if not name:  # it is in another script
        name = f"coder-{hashlib.sha256(letters.encode()).hexdigest()[:8]}"
    return codes / f"{name}.csv"
