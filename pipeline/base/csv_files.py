"""CSV files that people made or edited, in a spreadsheet or by hand."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from pathlib import Path

from pipeline.base.encodings import decode_text
from pipeline.base.errors import ExtractionError, PipelineError


@dataclass(frozen=True, slots=True)
class CsvFile:
    """The names of the columns, in small letters, and each row that says something.

    A row is the number of its (last) line in the file and its cells by column, without spaces
    around them, which nobody sees in a spreadsheet; a cell that is missing is "".
    """

    columns: list[str]
    rows: list[tuple[int, dict[str, str]]]


def read_csv(path: Path, error: type[PipelineError]) -> CsvFile:
    """The table in a CSV file, in any encoding that Excel or an editor saves.

    Raises `error` if the file cannot be read, and as `table_of` does.
    """
    try:
        # Excel writes "CSV" in the encoding of the machine: Windows-1252 on Windows.
        text = decode_text(path.read_bytes())
    except FileNotFoundError as problem:
        raise error(f"There is no file {path}.", "Check the path.") from problem
    except (OSError, ExtractionError) as problem:
        raise error(f"{path} cannot be read: {problem}", "Save it as CSV UTF-8.") from problem
    return table_of(text, path, error)


def table_of(text: str, where: str | Path, error: type[PipelineError]) -> CsvFile:
    """The table in the text of a CSV file, which `where` names.

    Raises `error`, with the line, if it is no table, two columns have one name or a row has too
    many fields.
    """
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    try:
        columns = [name.strip().lower() for name in next(reader, [])]
        # Excel keeps columns at the end whose cells were emptied.
        while columns and not columns[-1]:
            columns.pop()
        if twice := [name for n, name in enumerate(columns) if name and name in columns[:n]]:
            raise error(
                f"{where} has two columns named {twice[0]!r}.", "Rename one of them, or delete it."
            )
        rows = []
        for line in reader:
            values = [value.strip() for value in line]
            if not any(values):
                continue
            if any(values[len(columns) :]):
                raise error(
                    f"{where}, line {reader.line_num}: the row has more fields than columns.",
                    "Put double quotes around any field that has a comma or a semicolon.",
                )
            cells = dict.fromkeys(columns, "") | dict(zip(columns, values, strict=False))
            rows.append((reader.line_num, cells))
    except csv.Error as problem:
        raise error(
            f"{where}, line {reader.line_num}: it cannot be read as a table ({problem}).",
            "Look for a double quote that is not closed, and save it as CSV UTF-8.",
        ) from problem
    return CsvFile(columns, rows)


def _delimiter(text: str) -> str:
    """What stands between the fields: where a decimal has a comma, Excel writes semicolons."""
    first = text.partition("\n")[0]
    others = (other for other in ";\t" if other in first and "," not in first)
    return next(others, ",")
