"""The address of a document, as seen from the output folder."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path, PurePath
from urllib.parse import quote

import pandas as pd

from pipeline.base.paths import way_between

# The folder, in that of a run, of the copies in which the sentences are marked.
MARKED_FOLDER = "marked"


def links_to(
    documents: pd.DataFrame,
    corpus: Path | None,
    folder: Path,
    copies: Mapping[str, Path] | None = None,
) -> Callable[[str, int], str]:
    """A function (source file, page) → address, which is empty if the corpus is not known.

    `copies` gives the folder of the marked copy of each source file that has one. A document
    without pages (`n_pages` is empty) is linked as a whole.
    """
    paged = set(documents.loc[documents["n_pages"].notna(), "source_file"])

    # The system is asked where the folders are once for each document, not for each paragraph.
    @cache
    def address_of(source_file: str) -> str:
        place = (copies or {}).get(source_file, corpus)
        return "" if place is None else link_to(source_file, place, folder)

    def link_of(source_file: str, page: int) -> str:
        address = address_of(source_file)
        return f"{address}#page={page}" if address and source_file in paged else address

    return link_of


def link_to(source_file: str, corpus: Path, folder: Path) -> str:
    """The address of a document from `folder`: relative, or absolute on another drive.

    The link stays in the file system, whatever the file is called.
    """
    return _address(source_file, corpus.resolve(), folder.resolve())


def _address(source_file: str, corpus: PurePath, folder: PurePath) -> str:
    way = way_between(folder, corpus)
    if way is None:
        return f"{corpus.as_uri()}/{quote(source_file)}"
    return quote(f"./{way}/{source_file}")
