"""`run.json`: what a run was made from and by, and whether anything has changed since."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import time
from pathlib import Path

import pyarrow.parquet as pq

from pipeline.corpus import READING_PACKAGES, TAGGING_PACKAGES, Settings
from pipeline.folder import AUTHORITIES_FILE, OVERRIDES_FILE, Listing
from pipeline.kept import PACKAGE, code_version, digest_of_files, key_of, package_versions
from pipeline.models import CARD_FILE
from pipeline.paths import AUTHORITIES, CODEBOOK
from pipeline.tables import WholeFile

RECORD_FILE = "run.json"
WRITING_PACKAGES = ("xlsxwriter", "matplotlib")
PACKAGES = tuple(dict.fromkeys((*READING_PACKAGES, *TAGGING_PACKAGES, *WRITING_PACKAGES)))


def fingerprint(listing: Listing, settings: Settings, out: Path) -> str:
    """A digest of everything that the tables of a run depend on."""
    beside = [listing.folder / name for name in (OVERRIDES_FILE, AUTHORITIES_FILE)]
    model = settings.model.glob("*") if settings.model else ()
    page = PACKAGE.joinpath("report_page").glob("*")
    named = (*beside, *sorted(model), *sorted(page), AUTHORITIES, CODEBOOK)
    files = [path for path in named if path.is_file()]
    return key_of(
        listing.files,
        listing.failures,
        settings.limits,
        settings.reader,
        settings.ocr,
        # The report links to the documents.
        _seen_from(out, listing.folder),
        digest_of_files(files),
        code_version("cli", PACKAGES),
    )


def is_current(out: Path, fingerprint: str) -> bool:
    """Whether the last run to `out` had this fingerprint and all it wrote is still as it was."""
    try:
        record = json.loads(out.joinpath(RECORD_FILE).read_text(encoding="utf-8"))
        return record["fingerprint"] == fingerprint and record["outputs"] == _outputs(out)
    except (OSError, ValueError, KeyError, TypeError):
        return False


def forget(out: Path) -> None:
    """Take back the record of the last run before anything it is about is written anew."""
    out.joinpath(RECORD_FILE).unlink(missing_ok=True)


def write_record(
    corpus: Path, out: Path, settings: Settings, fingerprint: str, started: float
) -> None:
    """Write `run.json`; an empty `fingerprint` makes the next run do its work in any case."""
    documents = pq.read_table(out / "documents.parquet", columns=["source_file", "sha256"])
    card = json.loads((settings.model / CARD_FILE).read_text(encoding="utf-8"))
    record = {
        "corpus": corpus.resolve().name,
        "corpus_folder": _seen_from(out, corpus),
        "inputs": dict(zip(*(column.to_pylist() for column in documents.columns), strict=True)),
        "n_failures": pq.read_metadata(out / "failures.parquet").num_rows,
        "model_id": card["model_id"],
        "thresholds": card["thresholds"],
        "versions": package_versions(("inspection-themes", *PACKAGES)),
        "python": platform.python_version(),
        "started": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(started)),
        "seconds": round(time.time() - started, 1),
        "fingerprint": fingerprint,
        "outputs": _outputs(out),
    }
    with WholeFile(out / RECORD_FILE) as file:
        file.write(json.dumps(record, indent=2, ensure_ascii=False).encode() + b"\n")


def corpus_of_run(out: Path) -> Path | None:
    """The folder of reports that the last `run` into `out` was given, if it is still there."""
    try:
        record = json.loads(out.joinpath(RECORD_FILE).read_text(encoding="utf-8"))
        folder = out / record["corpus_folder"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return folder if folder.is_dir() else None


def _seen_from(out: Path, corpus: Path) -> str:
    """The way from one folder to the other, so that the two can be moved together."""
    try:
        return Path(os.path.relpath(corpus.resolve(), out.resolve())).as_posix()
    except ValueError:
        # On Windows there is no way from one drive to another.
        return corpus.resolve().as_posix()


def _outputs(out: Path) -> dict[str, str]:
    """The SHA-256 of every file in the output folder but the record and hidden ones."""
    digests = {}
    for path in sorted(out.iterdir()):
        if path.is_file() and path.name != RECORD_FILE and not path.name.startswith("."):
            with path.open("rb") as file:
                digests[path.name] = hashlib.file_digest(file, "sha256").hexdigest()
    return digests
