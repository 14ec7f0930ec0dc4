"""Where a document is, as an address from the output folder."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pandas as pd


def links_to(
    documents: pd.DataFrame, corpus: Path | None, folder: Path
) -> Callable[[str, int], str]:
    """A function (source file, page) → address, empty where the corpus is not known.

    A document without pages (`n_pages` is empty) is linked as a whole.
    """
    paged = set(documents.loc[documents["n_pages"].notna(), "source_file"])

    def link_of(source_file: str, page: int) -> str:
        if corpus is None:
            return ""
        return link_to(source_file, corpus, folder, page if source_file in paged else None)

    return link_of


def link_to(source_file: str, corpus: Path, folder: Path, page: int | None = None) -> str:
    """The address of a document (at a page) from `folder`: relative, or whole on another drive.

    The link stays in the file system, whatever a file is called.
    """
    at = f"#page={page}" if page is not None else ""
    target = corpus.resolve()
    try:
        relative = Path(os.path.relpath(target, folder.resolve())).as_posix()
    except ValueError:
        return f"{target.as_uri()}/{quote(source_file)}{at}"
    return quote(f"./{relative}/{source_file}") + at
