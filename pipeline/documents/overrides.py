"""`documents.csv`: a user's corrections, which replace what was read."""

from __future__ import annotations

import datetime
import re
from collections.abc import Collection, Mapping
from pathlib import Path, PurePosixPath

from pipeline.base.columns import (
    BY_DAY,
    BY_MONTH,
    DATE_COLUMNS,
    DOCUMENT_TYPES,
    DOCUMENTS,
    GRADES,
    NO_LONGER_GIVEN,
    PRECISIONS,
    SUB_JUDGEMENTS,
)
from pipeline.base.csv_files import CsvFile, read_csv
from pipeline.base.errors import CorpusError
from pipeline.documents.authorities import (
    authorities_beside,
    load_authorities,
    similar_names,
    standard_names,
)
from pipeline.documents.publisher import is_web_address

# The file in a corpus folder that corrects what was read; it is not a report itself.
OVERRIDES_FILE = "documents.csv"
NOT_OVERRIDABLE = (
    "doc_id",
    "source_file",
    "sha256",
    "n_pages",
    "pages_without_text",
    "n_paragraphs",
    "n_words",
    "familiarity",
    "unfamiliar",
)
OVERRIDABLE = [column for column in DOCUMENTS if column not in NOT_OVERRIDABLE]
# The day comes first, as in the documents.
EXCEL_DATE = re.compile(r"\d\d?/\d\d?/\d{4}")
# The fields that take only certain words; an empty field changes nothing.
ALLOWED_WORDS = {
    "document_type": DOCUMENT_TYPES,
    "published_precision": PRECISIONS,
    "overall_effectiveness": (*GRADES, NO_LONGER_GIVEN),
    **dict.fromkeys(SUB_JUDGEMENTS, GRADES),
}


class Overrides:
    """The corrections in the `documents.csv` of a corpus folder.

    Raises `CorpusError` if it, or an `authorities.csv` it needs, is wrong or cannot be read.
    """

    def __init__(self, folder: Path) -> None:
        self._values = read_overrides(folder / OVERRIDES_FILE)
        self._authorities: dict[str, dict] = {}
        self._similar: dict[str, str] = {}
        corrected = [values for values in self._values.values() if "authority" in values]
        if corrected:
            extra = authorities_beside(folder)
            self._authorities = load_authorities(extra).set_index("name").to_dict("index")
            names = standard_names((values["authority"] for values in corrected), extra)
            for values in corrected:
                values["authority"] = names[values["authority"]]
            if strangers := set(names.values()) - self._authorities.keys():
                self._similar = similar_names(strangers, extra)

    def speak_for(self, counted_as: Mapping[str, str]) -> None:
        """Apply the row of a copy to the document that counts (copy → document)."""
        for copy, counted in counted_as.items():
            if copy in self._values:
                self._values[counted] = self._values[copy] | self._values.get(counted, {})

    def strays(self, source_files: Collection[str]) -> list[str]:
        """The files that `documents.csv` names but that are not among `source_files`."""
        return [name for name in self._values if name not in source_files]

    def may_mean(self, source_file: str) -> str:
        """The known authority that a file's is a misspelling of, as it seems; otherwise ""."""
        return self._similar.get(self._values.get(source_file, {}).get("authority", ""), "")

    def apply(self, source_file: str, document: dict) -> dict:
        """The corrected row of a document; a new authority brings its code and region."""
        values = self._values.get(source_file, {})
        if "authority" in values:
            known = self._authorities.get(values["authority"], {})
            document = document | {key: known.get(key, "") for key in ("ons_code", "region")}
        return document | values


def read_overrides(path: Path) -> dict[str, dict]:
    """What `documents.csv` says of each source file: only the fields that are filled in.

    The column `source_file` is the path relative to the corpus folder; the others are fields of
    the `documents` table. Raises `CorpusError` naming the column or row that is wrong.
    """
    if not path.exists():
        return {}
    return _read_rows(path, read_csv(path, CorpusError))


def _read_rows(path: Path, table: CsvFile) -> dict[str, dict]:
    unknown = set(table.columns) - {"source_file", *OVERRIDABLE}
    if unknown or "source_file" not in table.columns:
        names = ", ".join(name or "one without a name" for name in sorted(unknown))
        raise CorpusError(
            f"{path} has the wrong columns (unknown: {names or 'none'}).",
            f"It needs `source_file` and may have: {', '.join(OVERRIDABLE)}.",
        )
    values: dict[str, dict] = {}
    for _, row in table.rows:
        name = PurePosixPath(row["source_file"].replace("\\", "/")).as_posix()
        if name in values:
            raise CorpusError(f"{path} has two rows for {name}.", "Put what is right in one row.")
        values[name] = _read_override(path, row)
    return values


def _read_override(path: Path, row: dict[str, str]) -> dict:
    values: dict = {key: value for key, value in row.items() if key != "source_file" and value}
    if month := re.fullmatch(r"20\d\d-\d\d", values.get("published_on", "")):
        values |= {"published_on": f"{month[0]}-01", "published_precision": BY_MONTH}
    elif "published_on" in values:
        values.setdefault("published_precision", BY_DAY)
    for field in DATE_COLUMNS:
        if field in values:
            try:
                values[field] = _read_date(values[field])
            except ValueError as error:
                raise CorpusError(
                    f"{path}: {row['source_file']}: {field} is {values[field]!r}, not a date.",
                    "Write dates as 2019-05-28 or 28/05/2019; a month of publication as 2019-05.",
                ) from error
    if not is_web_address(values.get("url", "https://example.org")):
        raise CorpusError(
            f"{path}: {row['source_file']}: {values['url']!r} is not a web address.",
            "It must begin with https:// or http:// and have no spaces.",
        )
    for field, words in ALLOWED_WORDS.items():
        if field in values:
            values[field] = " ".join(values[field].lower().split())
            if values[field] not in words:
                raise CorpusError(
                    f"{path}: {row['source_file']}: {field} cannot be {values[field]!r}.",
                    f"Use one of: {', '.join(words)}.",
                )
    return values


def _read_date(text: str) -> datetime.date:
    """A date as 2019-05-28, or as British Excel writes it back when it saves: 28/05/2019.

    A year of two digits is refused: Excel writes it where the month comes first, too.
    """
    if EXCEL_DATE.fullmatch(text):
        return datetime.datetime.strptime(text, "%d/%m/%Y").date()
    return datetime.date.fromisoformat(text)
