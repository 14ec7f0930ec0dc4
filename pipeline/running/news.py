"""What is new since the last run: the documents that came and went, by their content."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from pipeline.base.files import WholeFile
from pipeline.base.tables import read_table

# What the last run to its end had read. It is hidden, and outlives a run that is interrupted.
LAST_FILE = ".last.json"


@dataclass(frozen=True)
class News:
    """What a run found that the one before it had not.

    `since` is when that one began (UTC), "" if there was none; then nothing counts as new. `new`
    has the rows of `documents` that came, `gone` the source files whose content is no longer
    there. A file that was only renamed, or that could not be read this time, is neither.
    """

    since: str
    new: pd.DataFrame
    gone: tuple[str, ...]

    @property
    def is_empty(self) -> bool:
        """Whether nothing came and nothing went."""
        return self.new.empty and not self.gone


def find_news(out: Path) -> News:
    """The news in the tables of `out`, which a run has just written."""
    documents = read_table(out, "documents")
    last = _read_last(out)
    before: Mapping[str, str] = last.get("inputs", {})
    known = set(before.values()) if last else set(documents["sha256"])
    now = set(documents["sha256"])
    failed = set(read_table(out, "failures")["source_file"])
    gone = sorted(
        name for name, sha256 in before.items() if sha256 not in now and name not in failed
    )
    return News(last.get("started", ""), documents[~documents["sha256"].isin(known)], tuple(gone))


def remember(out: Path, started: float) -> None:
    """Keep what the run that began at `started` (seconds since 1970) has read, for the next."""
    documents = read_table(out, "documents")
    # What could not be read this time is not new when it can be read again.
    failed = set(read_table(out, "failures")["source_file"])
    before = _read_last(out).get("inputs", {})
    inputs = {name: sha256 for name, sha256 in before.items() if name in failed}
    inputs |= zip(documents["source_file"], documents["sha256"], strict=True)
    last = {
        "started": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(started)),
        "inputs": inputs,
    }
    with WholeFile(out / LAST_FILE) as file:
        file.write(json.dumps(last, ensure_ascii=False, indent=1).encode())


def _read_last(out: Path) -> dict:
    try:
        last = json.loads((out / LAST_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    is_whole = isinstance(last, dict) and isinstance(last.get("inputs"), dict)
    return last if is_whole and isinstance(last.get("started"), str) else {}
