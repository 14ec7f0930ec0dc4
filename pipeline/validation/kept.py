"""What a validation keeps in the folder of its run: the sample, the codes, and the errors.

All of it is bound to the tables of the run by their digest. It says nothing about other paragraphs
or other tags.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pandas as pd

from pipeline.base.columns import SAMPLE, empty_table
from pipeline.base.errors import LabelError, TableError
from pipeline.base.files import write_whole
from pipeline.base.tables import read_parts, read_table, write_table
from pipeline.labelling.codes import read_codes

FOLDER = "validation"
# Among the other files of the run: `run` notices when it changes or is deleted.
ERRORS_FILE = "validation.json"
# Of these columns depend who is in the sample, and what it is compared with. The authority or the
# date of a document may be corrected without harm.
BINDING = {
    "documents": ("doc_id", "document_type"),
    "paragraphs": ("paragraph_id", "kind", "boilerplate", "text"),
    "tags": ("paragraph_id", "theme", "probability", "tagged", "stance", "model_id"),
}


def digest_of_run(run: Path) -> str:
    """A digest of the paragraphs and tags of a run; the same reports and model give the same."""
    digest = hashlib.sha256()
    for name, columns in BINDING.items():
        for part in read_parts(run, name):
            for column in columns:
                values = "\x1f".join(map(str, part[column].to_pylist()))
                digest.update(f"{name}.{column}\x1e{values}\x1e".encode("utf-8", "surrogatepass"))
    return digest.hexdigest()


def mark_of(digest: str) -> str:
    """What stands in the column `drawn` of a sheet, so that a sheet of another run is noticed."""
    return f"{FOLDER} {digest[:8]}"


def read_sample(run: Path) -> pd.DataFrame:
    """The paragraphs drawn from a run so far (`SAMPLE`); none if nothing was drawn.

    Raises `TableError` if it was drawn from other tables than the run has now.
    """
    folder = run / FOLDER
    if not (folder / "sample.parquet").is_file():
        return empty_table(SAMPLE)
    sample = read_table(folder, "sample")
    if set(sample["run"]) != {digest_of_run(run)}:
        raise TableError(
            f"The sample in {folder} was drawn before this run changed: reports came or went, or "
            "were tagged by another model. It says nothing about the run as it is now.",
            f"Rename the folder {folder} to keep what it holds, and draw anew.",
        )
    return sample


def write_sample(sample: pd.DataFrame, run: Path) -> None:
    """Keep the paragraphs drawn from a run."""
    write_table(sample, run / FOLDER, "sample")


def read_verdicts(run: Path) -> pd.DataFrame:
    """What all coders of the sample have said, as `codes.read_codes` gives it.

    Raises `LabelError` if nobody has coded anything.
    """
    files = sorted((run / FOLDER).glob("*.csv"))
    files = [path for path in files if path.name != "sample.csv"]
    if not files:
        raise LabelError(
            f"Nobody has coded anything of the sample in {run}.",
            "Read a filled-in sheet with --read.",
        )
    return read_codes(files)


def write_errors(kinds: dict, run: Path) -> None:
    """Keep how often the tags are wrong, by kind, as `correct.errors_of_kinds` gives it."""
    said = {"run": digest_of_run(run), "kinds": kinds}
    write_whole(run / ERRORS_FILE, json.dumps(said, indent=1, ensure_ascii=False) + "\n")


def read_errors_file(run: Path) -> dict | None:
    """What `write_errors` kept; None if there is none or it is damaged."""
    try:
        said = json.loads((run / ERRORS_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return said if isinstance(said, dict) and isinstance(said.get("kinds"), dict) else None
