"""What is new since the last run: documents by their content, and the cells that moved by them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any

import pandas as pd

from pipeline.base.codebook import Theme
from pipeline.base.errors import TableError
from pipeline.base.files import write_whole
from pipeline.base.settings import Settings
from pipeline.base.tables import read_table
from pipeline.base.times import utc
from pipeline.base.workspace import find_workspace
from pipeline.documents.overrides import OVERRIDES_FILE
from pipeline.matrix.intervals import ErrorsByKind
from pipeline.matrix.movements import (
    CELL,
    REMEMBERED,
    build_movements,
    no_movements,
    to_remember,
)
from pipeline.report.news import TO_READ, News, Reason, choose_to_read
from pipeline.report.quotations import quotable
from pipeline.running.cache import key_of
from pipeline.running.versions import (
    digest_of_files,
    extras_version,
    reading_version,
    tagging_version,
)
from pipeline.tagging.model_folder import files_of_model, read_model_card

# What the last run to its end had read. It is hidden, and outlives a run that is interrupted.
LAST_FILE = ".last.json"
# Raised whenever that file says something else: what another version wrote is not known.
FORMAT = 2
MOVEMENTS_FILE = "movements.parquet"
MODEL_ID = "model_id"
# What names a sentence to read: a mixed paragraph has one for each stance.
SENTENCE = ["paragraph_id", "theme", "stance"]

Parts = Callable[[], Iterable[pd.DataFrame]]


@dataclass(frozen=True)
class Last:
    """What is remembered of the last run.

    `inputs` are source files with their SHA-256, `made_with` comes from `made_with`, `cells` from
    `movements.to_remember`. `news` is what it told (see `_keep`), None if nothing.
    """

    started: str
    inputs: Mapping[str, str]
    made_with: Mapping[str, str]
    cells: pd.DataFrame
    news: Mapping[str, Any] | None


def made_with(model: Path, settings: Settings) -> dict[str, str]:
    """What tags depend on besides the documents: only tags made alike are compared.

    The `model_id`, and for each `Reason` a digest.
    """
    return {
        MODEL_ID: read_model_card(model)["model_id"],
        Reason.MODEL: digest_of_files(files_of_model(model)),
        Reason.CODEBOOK: digest_of_files([find_workspace().codebook]),
        Reason.PROGRAM: key_of(
            reading_version(), tagging_version(), extras_version(settings), settings.reader,
            settings.ocr,
        ),
    }  # fmt: skip


def nothing_new(since: str = "") -> News:
    """The news of a run that found all as it was."""
    documents = pd.DataFrame(columns=["doc_id", "source_file"])
    to_read = pd.DataFrame(columns=TO_READ)
    return News(since, "", documents, (), (), (), no_movements(), to_read)


def find_news(
    last: Last | None,
    documents: pd.DataFrame,
    failures: pd.DataFrame,
    counts: pd.DataFrame,
    themes: Mapping[str, Theme],
    errors: ErrorsByKind | None,
    made: Mapping[str, str],
    evidence: Parts,
    started: float,
) -> News:
    """The news of the run that began at `started` (seconds since 1970) and is `made` with that.

    The tables are those that it has just made; `counts` comes from `cells.count_by_document`,
    `evidence` gives what `collect_evidence` gives, in parts.
    """
    if last is None:
        return replace(nothing_new(), until=utc(started))
    known, now = set(last.inputs.values()), set(documents["sha256"])
    # A corrected version under the same name is new, and nothing has gone.
    there_still = _failed(last.inputs, failures) | set(documents["source_file"])
    gone = sorted({n for n, sha256 in last.inputs.items() if sha256 not in now} - there_still)
    new = documents[~documents["sha256"].isin(known)]
    reasons = tuple(what for what in Reason if last.made_with.get(what) != made[what])
    movements = no_movements()
    if not reasons:
        movements = build_movements(counts, last.cells, set(new["doc_id"]), themes, errors)
    there = set(last.cells["authority"])
    first = sorted(set(new["authority"]) - there - {""})
    return News(
        last.started,
        utc(started),
        new,
        tuple(gone),
        tuple(first),
        reasons,
        movements,
        choose_to_read(evidence(), new, movements) if len(new) else nothing_new().to_read,
    )


def news_kept(
    last: Last | None,
    out: Path,
    documents: pd.DataFrame,
    made: Mapping[str, str],
    evidence: Parts,
) -> News | None:
    """What the last run that had news told, if `out` still holds what it told of; else None.

    `made` may be only some of what `made_with` gives. `documents` and `evidence` are as for
    `find_news`.
    """
    if last is None or last.news is None:
        return None
    kept, doc_ids = last.news, set(documents["doc_id"])
    if (
        any(last.made_with.get(what) != digest for what, digest in made.items())
        or not set(documents["sha256"]) <= set(last.inputs.values())
        or not set(kept["new"]) <= doc_ids
        or _digest(out) != kept["movements"]
    ):
        return None
    try:
        movements = read_table(out, "movements")
    except TableError:
        return None
    wanted = {tuple(read): at for at, read in enumerate(kept["to_read"])}
    ids = {paragraph_id for paragraph_id, *_ in wanted}
    rows = [nothing_new().to_read]
    if ids:
        for part in evidence():
            rows.append(quotable(part[part["paragraph_id"].isin(ids)]))
    found = pd.concat([part for part in rows if len(part)] or rows[:1], ignore_index=True)
    at = [wanted.get(row) for row in found[SENTENCE].itertuples(index=False, name=None)]
    found = found.assign(_at=at).dropna(subset="_at").sort_values("_at", ignore_index=True)
    return News(
        kept["since"],
        kept["until"],
        documents[documents["doc_id"].isin(kept["new"])],
        tuple(kept["gone"]),
        tuple(kept["first"]),
        tuple(kept["not_compared"]),
        movements,
        found[TO_READ],
    )


def remember(
    out: Path,
    started: float,
    made: Mapping[str, str],
    documents: pd.DataFrame,
    failures: pd.DataFrame,
    cells: pd.DataFrame,
    news: News | None,
) -> None:
    """Keep what the run that began at `started` has read and told, for the next."""
    # What could not be read this time is not new when it can be read again.
    before = read_last(out)
    known = before.inputs if before else {}
    inputs = {name: known[name] for name in _failed(known, failures)}
    inputs |= zip(documents["source_file"], documents["sha256"], strict=True)
    last = {
        "format": FORMAT,
        "started": utc(started),
        "inputs": inputs,
        "made_with": dict(made),
        "cells": to_remember(cells).to_numpy().tolist(),
        "news": None if news is None else _keep(news, out),
    }
    write_whole(out / LAST_FILE, json.dumps(last, ensure_ascii=False, separators=(",", ":")))


def _failed(names: Iterable[str], failures: pd.DataFrame) -> set[str]:
    """Those of the names that are in `failures`, by themselves or in a folder that cannot be read.

    A row of `documents.csv` about a file that is not there does not mean that it is.
    """
    failed = set(failures.loc[failures["stage"] != OVERRIDES_FILE, "source_file"])
    return {n for n in names if not failed.isdisjoint((n, *map(str, PurePosixPath(n).parents)))}


def _keep(news: News, out: Path) -> dict[str, Any]:
    """What is kept of news besides the tables in `out`; `news_kept` makes them again."""
    return {
        "since": news.since,
        "until": news.until,
        "new": news.new["doc_id"].tolist(),
        "gone": list(news.gone),
        "first": list(news.first),
        "not_compared": list(news.not_compared),
        "movements": _digest(out),
        "to_read": news.to_read[SENTENCE].to_numpy().tolist(),
    }


def read_last(out: Path) -> Last | None:
    """What `remember` kept; None if that is missing, damaged or from another version."""
    try:
        kept = json.loads((out / LAST_FILE).read_text(encoding="utf-8"))
        if kept["format"] != FORMAT:
            return None
        cells = pd.DataFrame(kept["cells"], columns=[*CELL, *REMEMBERED])
        cells = cells.astype(dict.fromkeys(CELL, "str") | dict.fromkeys(REMEMBERED, "int64"))
        news = kept["news"]
        if news is not None:
            news = {
                **{name: str(news[name]) for name in ("since", "until", "movements")},
                **{n: _texts(news[n]) for n in ("new", "gone", "first", "not_compared")},
                "to_read": [_texts(read) for read in news["to_read"]],
            }
        return Last(
            str(kept["started"]), _named(kept["inputs"]), _named(kept["made_with"]), cells, news
        )
    # Whatever is wrong in it: it is only a memory.
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None


def _texts(given: Any) -> list[str]:
    if not isinstance(given, list) or not all(isinstance(text, str) for text in given):
        raise ValueError
    return given


def _named(given: Any) -> dict[str, str]:
    _texts(list(given.values()))
    return given


def _digest(out: Path) -> str:
    """Of the table `movements` as it lies in `out`; "" if it does not."""
    try:
        return hashlib.sha256((out / MOVEMENTS_FILE).read_bytes()).hexdigest()
    except OSError:
        return ""
