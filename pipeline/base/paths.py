"""Where the project keeps its files. Imports none of our modules."""

from __future__ import annotations

import ntpath
import posixpath
from pathlib import Path, PurePath, PureWindowsPath

PACKAGE = Path(__file__).resolve().parent.parent
# In a checkout these folders are beside the package; an installed wheel has them inside.
ROOT = PACKAGE.parent if (PACKAGE.parent / "pyproject.toml").is_file() else PACKAGE / "shipped"

CORPUS = ROOT / "corpus"
SAMPLE_CORPUS = CORPUS / "sample"
AUTHORITIES = CORPUS / "reference" / "authorities.csv"
CODEBOOK = CORPUS / "codebook.toml"
CODES = CORPUS / "codes"
CODED_DOCUMENTS = CORPUS / "reference" / "coded-documents.csv"
DIRECTION = CORPUS / "direction.jsonl"
MODELS = ROOT / "models"
# Outputs belong to whoever runs the command, so they go in the current folder.
OUTPUTS = Path("outputs")


def way_between(start: PurePath, target: PurePath) -> str | None:
    """The relative path from one absolute path to another, with `/` on every system.

    None if no such path exists: on Windows, from one drive to another.

    >>> way_between(PureWindowsPath(r"C:\\work\\out"), PureWindowsPath(r"c:\\work\\reports"))
    '../reports'
    """
    system = ntpath if isinstance(start, PureWindowsPath) else posixpath
    try:
        return system.relpath(target, start).replace(system.sep, "/")
    except ValueError:
        return None
