"""A `.qdpx` project from another program → the codes and comments of a coder."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from pipeline.base.codebook import read_codebook
from pipeline.base.errors import LabelError
from pipeline.base.files import write_whole
from pipeline.base.tables import escape_formula, read_table
from pipeline.base.workspace import find_workspace, workspace_to_write
from pipeline.exchange.code_tree import read_map, read_meanings
from pipeline.exchange.match import Comment, choose_user, match_codings
from pipeline.exchange.read_qdpx import read_qdpx
from pipeline.labelling.codes import KEYS, check_coder
from pipeline.labelling.link import fingerprint
from pipeline.labelling.merge import About, Merged, coder_file, merge_for_coder

COMMENTS = [*KEYS, "coder", "theme", "commented_on", "comment"]


@dataclass(frozen=True, slots=True)
class Imported:
    """What came of a project: how many codings it has of the coder, and what they became.

    `user` is the coder's name in the project. `merged` is None if none of the codings could be
    used. `left_out` lists those that could not (`match.LEFT_OUT`); they are in `left_out_file`,
    too, which does not exist if there are none.
    """

    user: str
    n_codings: int
    merged: Merged | None
    n_comments: int
    left_out: pd.DataFrame
    left_out_file: Path


def import_project(
    path: Path,
    run: Path,
    coder: str,
    *,
    user: str = "",
    mapping: Path | None = None,
    target: Path | None = None,
    codebook: Path | None = None,
    replace: bool = False,
) -> Imported:
    """Merge what somebody coded in a project (`.qdpx`) into the codes of `coder`.

    `run` is the output folder with the documents. `user` is the coder's name in the project; it
    need not be given if it is the same, or nobody else coded there. `mapping` is a table of
    correspondences (`code_tree.MAP_COLUMNS`). Codes go to `target` (None: the coder's own file) as
    those of a filled task file do, comments to `comments_file`. Raises `LabelError`, and merges
    nothing, if the project cannot be read or contradicts codes that are there; what merely means
    nothing to us is left out and listed.
    """
    check_coder(coder)
    themes = read_codebook(codebook)
    documents, paragraphs = read_table(run, "documents"), read_table(run, "paragraphs")
    mapped = read_map(mapping, list(themes)) if mapping is not None else {}
    received = read_qdpx(path)
    meanings = read_meanings(received.project.codes, themes, mapped)
    name, guids = choose_user(received, coder.strip(), user, _coders())
    matched = match_codings(received, guids, meanings, documents, paragraphs)
    target = target or coder_file(workspace_to_write(path, run).codes, coder)
    merged = None
    if matched.filled:
        about = About(path, paragraphs, documents, list(themes))
        merged = merge_for_coder(
            matched.filled, about, coder=coder, target=target, replace=replace
        )
    n_comments = _add_comments(matched.comments, paragraphs, coder.strip(), target)
    # Last: the folder of the project may not be ours to write to.
    left_out_file = path.with_name(f"{path.stem}.not-imported.csv")
    _list(matched.left_out, left_out_file)
    return Imported(name, matched.n_codings, merged, n_comments, matched.left_out, left_out_file)


def comments_file(codes: Path) -> Path:
    """The file of the comments (columns `COMMENTS`) that go with the codes file at `codes`."""
    return codes.parent / "comments" / codes.name


def _coders() -> set[str]:
    """The names of those whose codes we have; files that are damaged are for `read_codes`."""
    names: set[str] = set()
    for path in find_workspace().code_files():
        with suppress(OSError, ValueError):
            names |= set(pd.read_csv(path, usecols=["coder"], dtype=str)["coder"].dropna())
    return names


def _list(left_out: pd.DataFrame, path: Path) -> None:
    path.unlink(missing_ok=True)
    if len(left_out):
        listed = left_out.sort_values(["source", "start"], kind="stable").map(escape_formula)
        _write_csv(listed, path)


def _add_comments(
    comments: Sequence[Comment], paragraphs: pd.DataFrame, coder: str, codes: Path
) -> int:
    """Add comments to the file beside the codes; returns how many were not there before."""
    texts = paragraphs.drop_duplicates("paragraph_id").set_index("paragraph_id")
    today = time.strftime("%Y-%m-%d")
    rows = [
        (
            texts.loc[comment.paragraph_id, "doc_id"],
            fingerprint(texts.loc[comment.paragraph_id, "text"]),
            coder,
            comment.theme,
            today,
            escape_formula(comment.text),
        )
        for comment in comments
    ]
    path = comments_file(codes)
    old = pd.DataFrame(columns=COMMENTS)
    if path.is_file():
        try:
            old = pd.read_csv(path, dtype=str, keep_default_na=False)[COMMENTS]
        except (OSError, ValueError, KeyError) as error:
            raise LabelError(
                f"{path} cannot be read ({type(error).__name__}): the codes were merged, the "
                "comments were not.",
                "Move it away, and run the command again.",
            ) from error
    both = pd.concat([old, pd.DataFrame(rows, columns=COMMENTS)], ignore_index=True)
    both = both.drop_duplicates([name for name in COMMENTS if name != "commented_on"])
    if len(both) > len(old):
        path.parent.mkdir(parents=True, exist_ok=True)
        _write_csv(both, path)
    return len(both) - len(old)


def _write_csv(table: pd.DataFrame, path: Path) -> None:
    write_whole(path, table.to_csv(index=False, lineterminator="\n"))
