"""Passages: paragraphs as the model reads them. Loose ones are read and written as JSON lines."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from pipeline.base.characters import clean_text
from pipeline.base.errors import TableError
from pipeline.base.files import WholeFile

if TYPE_CHECKING:
    import pandas as pd

    from pipeline.tagging.model import Tagging


# The characters of a loose paragraph and what stands above it: forty times those in a report.
MAX_PASSAGE = 100_000

# Where a sentence or clause starts and ends (exclusive) in a passage's text; (-1, -1) is the
# lead-in line.
Span: TypeAlias = tuple[int, int]


class Passage(NamedTuple):
    """A paragraph as the model reads it: with the headings and the lead-in line above it."""

    text: str
    heading: str = ""
    lead_in: str = ""


def passages_of(paragraphs: pd.DataFrame) -> list[Passage]:
    """The passages of rows with the columns text, heading and lead_in."""
    return [Passage(row.text, row.heading, row.lead_in) for row in paragraphs.itertuples()]


def read_passages(path: Path) -> tuple[list[object], list[Passage]]:
    """The ids and passages in a file of JSON lines.

    The fields are `id`, `text`, `heading` and `lead_in`; the last two are optional. Raises
    `TableError` naming the line that is wrong.
    """
    ids, passages = [], []
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except FileNotFoundError as error:
        raise TableError(f"There is no file {path}.", "Check the path.") from error
    except (OSError, UnicodeDecodeError) as error:
        raise TableError(f"{path} cannot be read: {error}.", "Give a file in UTF-8.") from error
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line, parse_constant=_refuse)
            if not isinstance(row, dict) or not {"id", "text"} <= row.keys():
                raise ValueError("it lacks id or text")
            parts = [row["text"], row.get("heading") or "", row.get("lead_in") or ""]
            if not all(isinstance(part, str) for part in parts):
                raise TypeError("text, heading and lead_in must be strings")
            if (length := sum(map(len, parts))) > MAX_PASSAGE:
                raise ValueError(f"it has {length} characters; the limit is {MAX_PASSAGE}")
            passage = Passage(*map(clean_text, parts))
            ids.append(row["id"])
            passages.append(passage)
        except (ValueError, TypeError, RecursionError) as error:
            raise TableError(
                f"{path}, line {number}: {error}.",
                'Each line must be a JSON object with "id" and "text".',
            ) from error
    return ids, passages


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")


def write_passage_tags(
    path: Path, ids: Sequence[object], themes: Sequence[str], tagging: Tagging
) -> None:
    """Write a model's tags of passages as JSON lines: `id`, and `themes` by their ids."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # A pipe, such as /dev/stdout, cannot be replaced by a file that is whole.
    is_pipe = path.exists() and not path.is_file()
    with path.open("wb") if is_pipe else WholeFile(path) as file:
        for row, passage_id in enumerate(ids):
            told = {
                theme: {
                    "probability": round(float(tagging.probability[row, column]), 4),
                    "tagged": bool(tagging.tagged[row, column]),
                    "stance": tagging.stance[row][column],
                    "carries": tagging.carries[row, column].tolist(),
                }
                for column, theme in enumerate(themes)
            }
            # In ASCII: an id may hold half of a broken pair, which UTF-8 cannot.
            file.write(json.dumps({"id": passage_id, "themes": told}).encode("ascii") + b"\n")
