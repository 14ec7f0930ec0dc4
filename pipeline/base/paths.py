"""Where the project keeps its files. Imports none of our modules."""

from __future__ import annotations

import ntpath
import posixpath
import re
import unicodedata
from pathlib import Path, PurePath, PureWindowsPath

PACKAGE = Path(__file__).resolve().parent.parent
# In a checkout these folders are beside the package; an installed wheel has them inside.
ROOT = PACKAGE.parent if (PACKAGE.parent / "pyproject.toml").is_file() else PACKAGE / "shipped"

CORPUS = ROOT / "corpus"
SAMPLE_CORPUS = CORPUS / "sample"
AUTHORITIES = CORPUS / "reference" / "authorities.csv"
TILES = CORPUS / "reference" / "tiles.csv"
CODEBOOK = CORPUS / "codebook.toml"
CODES = CORPUS / "codes"
CODED_DOCUMENTS = CORPUS / "reference" / "coded-documents.csv"
DIRECTION = CORPUS / "direction.jsonl"
MODELS = ROOT / "models"
# Outputs belong to whoever runs the command, so they go in the current folder.
OUTPUTS = Path("outputs")
# Windows refuses these names, with any ending, and paths of more than 260 characters.
RESERVED = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)", re.IGNORECASE)
LONGEST_PART = 70


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


def safe_part(text: str) -> str:
    """A text as part of a path on any system.

    >>> safe_part('Aux: "what?" ')
    'Aux what'
    >>> safe_part("nul.")
    '_nul'
    """
    text = unicodedata.normalize("NFC", text)
    # What Windows forbids, and whatever cannot be seen.
    text = "".join(" " if unicodedata.category(c)[0] in "CZ" else c for c in text)
    text = " ".join(re.sub(r'[<>:"/\\|?*]', " ", text).split())
    if len(text) > LONGEST_PART:
        # The end has the number that makes the name unlike others.
        text = f"{text[: LONGEST_PART - 20].strip()} {text[-19:].strip()}"
    # A name that begins with a dot or `~$` is hidden, and `run` would not read it.
    text = text.strip(" .").lstrip(".~$ ") or "_"
    return f"_{text}" if RESERVED.match(text) else text
