"""Tables on disk: each as Parquet and as CSV, the same bytes for the same content."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from pipeline.codebook import Theme, read_codebook
from pipeline.errors import TableError
from pipeline.records import check_columns

# A copy of the card of the model that wrote the tags beside it.
MODEL_CARD = "model_card.json"
# A cell that begins so is run as a formula when the CSV is opened in a spreadsheet. The leading
# apostrophe makes it text (https://owasp.org/www-community/attacks/CSV_Injection).
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def write_table(table: pd.DataFrame, folder: Path, name: str) -> None:
    """Write `name`.parquet and `name`.csv into `folder`, each whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    _replace(folder / f"{name}.parquet", lambda path: table.to_parquet(path, index=False))
    safe = table.copy()
    for column in safe.columns:
        if safe[column].map(lambda value: isinstance(value, str)).any():
            safe[column] = safe[column].map(escape_formula)
    _replace(
        folder / f"{name}.csv",
        lambda path: safe.to_csv(
            path, index=False, encoding="utf-8", lineterminator="\n", float_format="%.6f"
        ),
    )


def escape_formula(value: object) -> object:
    """The value, with an apostrophe before a text that a spreadsheet would run.

    >>> escape_formula("=1+1")
    "'=1+1"
    """
    if isinstance(value, str) and value.startswith(FORMULA_STARTS):
        return "'" + value
    return value


def read_table(folder: Path, name: str, columns: list[str], written_by: str) -> pd.DataFrame:
    """Read a table that the command `written_by` wrote; raise `TableError` where it is missing."""
    path = folder / f"{name}.parquet"
    if not path.is_file():
        raise TableError(
            f"There is no table {path}.", f"Run `inspection-themes {written_by}` first."
        )
    try:
        table = pd.read_parquet(path)
    except Exception as error:
        raise TableError(
            f"{path} cannot be read ({type(error).__name__}).",
            f"Run `inspection-themes {written_by}` again.",
        ) from error
    check_columns(table, columns, name)
    return table


def read_card(folder: Path) -> dict:
    """The card of the model that wrote the tags in `folder`; {} where it is not there."""
    try:
        return json.loads((folder / MODEL_CARD).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}


def name_themes(tags: pd.DataFrame) -> dict[str, Theme]:
    """The codebook's themes that the tags use; one that only the model knows goes by its id."""
    codebook = read_codebook()
    return {
        theme: codebook.get(theme, Theme(theme, theme, "", "", (), ()))
        for theme in dict.fromkeys(tags["theme"])
    }


def _replace(path: Path, write: Callable[[Path], object]) -> None:
    """Write beside, then rename: what bears the name is always whole."""
    beside = path.with_name(f".{path.name}.part")
    write(beside)
    beside.replace(path)
