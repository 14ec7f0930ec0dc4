"""Tables on disk, as Parquet and as CSV: the same bytes for the same content.

Tables are written and read in parts, so that ten thousand reports take no more memory than ten.
Files are written under a temporary name and then renamed: one with its final name is complete.
"""

from __future__ import annotations

import json
from collections.abc import Generator, Iterable
from contextlib import ExitStack, suppress
from functools import lru_cache
from pathlib import Path
from typing import Self

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipeline.base.columns import DATE_COLUMNS, TABLES, check_columns, empty_table
from pipeline.base.errors import TableError
from pipeline.base.files import WholeFile

# A copy of the card of the model that wrote the tags in the same folder.
MODEL_CARD = "model_card.json"
# Spreadsheets run a CSV cell that begins like this as a formula. A leading apostrophe makes it
# text (https://owasp.org/www-community/attacks/CSV_Injection).
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
# Rows held before they are written. This is also the size of a Parquet row group, so changing it
# changes the bytes.
ROWS_AT_ONCE = 10_000
ROWS_READ = 2_000
# A table of one row takes as much memory as a hundred rows in one table, so this many waiting
# ones are made one.
TABLES_WAITING = 64


def schema_of(columns: list[str]) -> pa.Schema:
    """How a table of declared columns (pipeline/base/columns.py) is stored."""
    return _schema_of(tuple(columns))


@lru_cache(maxsize=16)
def _schema_of(columns: tuple[str, ...]) -> pa.Schema:
    table = pa.Table.from_pandas(empty_table(list(columns)), preserve_index=False)
    fields = [
        field.with_type(pa.date32() if field.name in DATE_COLUMNS else field.type)
        for field in table.schema
    ]
    return pa.schema(fields, metadata=table.schema.metadata)


class ParquetWriter(pq.ParquetWriter):
    """One that is closed only once.

    On a full disk closing fails; pyarrow would try it again, with a traceback, when the writer is
    deleted.
    """

    def close(self) -> None:
        """Write what is left. Raises `OSError` if there is no room for it."""
        try:
            super().close()
        finally:
            self.is_open = False
            # Left open if closing failed; Windows would not delete it.
            if self.file_handle is not None:
                with suppress(OSError):
                    self.file_handle.close()


class TableWriter:
    """Writes `name`.parquet and `name`.csv into `folder`, a part at a time.

    Use it in a `with`: the tables appear only if it ends without an error.
    """

    def __init__(self, folder: Path, name: str, schema: pa.Schema) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._schema = schema
        self._parquet = WholeFile(folder / f"{name}.parquet")
        self._csv = WholeFile(folder / f"{name}.csv")
        self._waiting: list[pa.Table] = []
        self._small: list[pa.Table] = []
        self._n_waiting = 0

    def __enter__(self) -> Self:
        with ExitStack() as files:
            self._parquet_file = files.enter_context(self._parquet)
            self._csv_file = files.enter_context(self._csv)
            self._writer = files.enter_context(ParquetWriter(self._parquet_file, self._schema))
            self._csv_file.write(_csv(self._schema.empty_table(), header=True))
            self._files = files.pop_all()
        return self

    def add(self, part: pa.Table) -> None:
        """Append rows, which must have the columns of the table."""
        self._small.append(part.select(self._schema.names).cast(self._schema))
        self._n_waiting += len(part)
        if len(self._small) >= TABLES_WAITING:
            self._waiting.append(pa.concat_tables(self._small).combine_chunks())
            self._small = []
        while self._n_waiting >= ROWS_AT_ONCE:
            self._write(ROWS_AT_ONCE)

    def _write(self, n_rows: int) -> None:
        rows = pa.concat_tables([*self._waiting, *self._small])
        self._small = []
        part, rest = rows.slice(0, n_rows), rows.slice(n_rows)
        self._writer.write_table(part.combine_chunks())
        self._csv_file.write(_csv(part, header=False))
        self._waiting, self._n_waiting = ([rest] if len(rest) else []), len(rest)

    def __exit__(self, kind, error, trace) -> None:
        if kind is not None:
            self._files.__exit__(kind, error, trace)
            return
        with self._files:
            if self._n_waiting:
                self._write(self._n_waiting)
            self._writer.close()
            # Neither file appears if there is no room for the other.
            self._parquet_file.flush()
            self._csv_file.flush()


def write_table(table: pd.DataFrame, folder: Path, name: str) -> None:
    """Write `name`.parquet and `name`.csv into `folder`, each whole or not at all."""
    whole = pa.Table.from_pandas(table, preserve_index=False)
    with TableWriter(folder, name, whole.schema) as writer:
        writer.add(whole)


def _csv(part: pa.Table, *, header: bool) -> bytes:
    frame = to_pandas(part)
    for column, field in zip(frame.columns, part.schema, strict=True):
        if pa.types.is_string(field.type) or pa.types.is_large_string(field.type):
            frame[column] = frame[column].map(escape_formula)
    text = frame.to_csv(index=False, header=header, lineterminator="\n", float_format="%.6f")
    return text.encode("utf-8")


def escape_formula(value: object) -> object:
    """The value, with an apostrophe before any text that a spreadsheet would run as a formula.

    >>> escape_formula("=1+1")
    "'=1+1"
    """
    if isinstance(value, str) and value.startswith(FORMULA_STARTS):
        return "'" + value
    return value


def read_table(folder: Path, name: str) -> pd.DataFrame:
    """The table of that name in `TABLES`; raises `TableError` if it cannot be read."""
    path = _find(folder, name)
    try:
        table = pd.read_parquet(path)
    except Exception as error:
        raise _unreadable(path, name, error) from error
    check_columns(table, TABLES[name].columns, name)
    return table


def check_run_folder(folder: Path) -> None:
    """Raise `TableError` if a folder does not hold the tables of a run."""
    _find(folder, "documents")


def read_rows(folder: Path, name: str, doc_ids: Iterable[str]) -> pd.DataFrame:
    """The rows of a table that belong to some documents; raises `TableError` as `read_table`."""
    wanted = pa.array(list(doc_ids), pa.large_string())
    parts = [
        part.filter(pc.is_in(part["doc_id"].cast(wanted.type), value_set=wanted))
        for part in read_parts(folder, name)
    ]
    return to_pandas(pa.concat_tables(parts))


def read_parts(folder: Path, name: str) -> Generator[pa.Table, None, None]:
    """The declared columns of a table, a part at a time; raises `TableError` as `read_table` does.

    The first part is empty.
    """
    path, columns = _find(folder, name), TABLES[name].columns
    try:
        with pq.ParquetFile(path, pre_buffer=False) as file:
            check_columns(pd.DataFrame(columns=file.schema_arrow.names), columns, name)
            yield file.schema_arrow.empty_table().select(columns)
            # Threads would read ahead: the larger the table, the further.
            for batch in file.iter_batches(ROWS_READ, columns=columns, use_threads=False):
                yield pa.Table.from_batches([batch])
    except (OSError, pa.ArrowException) as error:
        raise _unreadable(path, name, error) from error


class RowsByDocument:
    """The rows of a table that lists one document after another, taken in that order.

    Use it in a `with`, which closes the file whatever happens.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self._parts = read_parts(folder, name)
        self._none = next(self._parts)
        self._waiting: pa.Table | None = None
        self._name = name

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind, error, trace) -> None:
        self._parts.close()

    def take(self, doc_ids: Iterable[str]) -> pd.DataFrame:
        """The rows of these documents, which must come next in the table."""
        return to_pandas(self.take_table(doc_ids))

    def take_table(self, doc_ids: Iterable[str]) -> pa.Table:
        """The same rows, as an Arrow table."""
        wanted = pa.array(list(doc_ids), pa.large_string())
        taken = [self._none]
        while (part := self._next()) is not None:
            column = part["doc_id"].cast(wanted.type)
            n_rows = pc.sum(pc.is_in(column, value_set=wanted)).as_py() or 0
            taken.append(part.slice(0, n_rows))
            if n_rows < len(part):
                self._waiting = part.slice(n_rows)
                break
        return pa.concat_tables(taken)

    def check_end(self) -> None:
        """Raise `TableError` if rows remain whose documents nobody asked for."""
        if (part := self._next()) is not None:
            raise TableError(
                f"There are {self._name} without a document: {part['doc_id'][0].as_py()}.",
                "Run `extract` and `tag` again.",
            )

    def _next(self) -> pa.Table | None:
        part, self._waiting = self._waiting, None
        return part if part is not None else next(self._parts, None)


def _find(folder: Path, name: str) -> Path:
    path = folder / f"{name}.parquet"
    if not folder.is_dir():
        raise TableError(f"There is no folder {folder}.", "Give the output folder of `run`.")
    if not path.is_file():
        raise TableError(
            f"There is no table {path}.",
            "Give the output folder of `run`, or run "
            f"`inspection-themes {TABLES[name].written_by}` first.",
        )
    return path


def _unreadable(path: Path, name: str, error: Exception) -> TableError:
    return TableError(
        f"{path} cannot be read ({type(error).__name__}).",
        f"Run `inspection-themes {TABLES[name].written_by}` again.",
    )


def to_pandas(part: pa.Table) -> pd.DataFrame:
    """The part as a data frame; counts stay whole numbers even where some are missing."""
    # Without the mapping, a column of counts with a missing one would become 12.0, 13.0.
    return part.to_pandas(types_mapper={pa.int64(): pd.Int64Dtype()}.get)


def read_card(folder: Path) -> dict:
    """The card of the model that wrote the tags in `folder`; {} if it cannot be read."""
    try:
        return json.loads((folder / MODEL_CARD).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
