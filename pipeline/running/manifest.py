"""`run.json`: what a run was made from and by, and whether anything has changed since."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import time
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from pipeline.base.files import WholeFile
from pipeline.base.paths import AUTHORITIES, CODEBOOK
from pipeline.base.settings import Settings
from pipeline.documents.authorities import AUTHORITIES_FILE
from pipeline.documents.overrides import OVERRIDES_FILE
from pipeline.running.cache import key_of
from pipeline.running.listing import Listing
from pipeline.running.versions import (
    ALL_PACKAGES,
    digest_of_files,
    package_versions,
    whole_version,
)
from pipeline.tagging.model_folder import CARD_FILE

MANIFEST_FILE = "run.json"


def inputs_digest(listing: Listing, settings: Settings, model: Path, out: Path) -> str:
    """A digest of everything that the tables of a run depend on."""
    beside = [listing.folder / name for name in (OVERRIDES_FILE, AUTHORITIES_FILE)]
    named = (*beside, *sorted(model.glob("*")), AUTHORITIES, CODEBOOK)
    return key_of(
        listing.files,
        listing.failures,
        settings.limits,
        settings.reader,
        settings.ocr,
        # The report links to the documents.
        _way(out, listing.folder),
        digest_of_files(path for path in named if path.is_file()),
        whole_version(),
    )


def is_current(out: Path, inputs: str) -> bool:
    """Whether the last run to `out` had these inputs and all it wrote is still as it was."""
    manifest = _read_manifest(out)
    return manifest.get("inputs_digest") == inputs and manifest.get("outputs") == _outputs(out)


def forget(out: Path) -> None:
    """Take back the manifest of the last run before anything it is about is written anew."""
    out.joinpath(MANIFEST_FILE).unlink(missing_ok=True)


def write_manifest(corpus: Path, out: Path, model: Path, inputs: str, started: float) -> None:
    """Write `run.json`; an empty `inputs` digest makes the next run do its work in any case.

    `started` is in seconds since 1970.
    """
    documents = pq.read_table(out / "documents.parquet", columns=["source_file", "sha256"])
    card = json.loads((model / CARD_FILE).read_text(encoding="utf-8"))
    manifest = {
        "corpus": corpus.resolve().name,
        "corpus_folder": _way(out, corpus),
        "inputs": dict(zip(*(column.to_pylist() for column in documents.columns), strict=True)),
        "n_failures": pq.read_metadata(out / "failures.parquet").num_rows,
        "model_id": card["model_id"],
        "thresholds": card["thresholds"],
        "versions": package_versions(("inspection-themes", *ALL_PACKAGES)),
        "python": platform.python_version(),
        "started": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(started)),
        "seconds": round(time.time() - started, 1),
        "inputs_digest": inputs,
        "outputs": _outputs(out),
    }
    with WholeFile(out / MANIFEST_FILE) as file:
        file.write(json.dumps(manifest, indent=2, ensure_ascii=False).encode() + b"\n")


def corpus_of_run(out: Path) -> Path | None:
    """The folder of reports that the last `run` into `out` was given, if it is still there."""
    way = _read_manifest(out).get("corpus_folder")
    folder = out / way if isinstance(way, str) else None
    return folder if folder is not None and folder.is_dir() else None


def _read_manifest(out: Path) -> dict[str, Any]:
    """The manifest of the last run; {} where it is missing or damaged."""
    try:
        manifest = json.loads(out.joinpath(MANIFEST_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return manifest if isinstance(manifest, dict) else {}


def _way(out: Path, corpus: Path) -> str:
    """The way from one folder to the other, so that the two can be moved together."""
    try:
        return Path(os.path.relpath(corpus.resolve(), out.resolve())).as_posix()
    except ValueError:
        # On Windows there is no way from one drive to another.
        return corpus.resolve().as_posix()


def _outputs(out: Path) -> dict[str, str]:
    """The SHA-256 of every file in the output folder but the manifest and hidden ones."""
    digests = {}
    for path in sorted(out.iterdir()):
        if path.is_file() and path.name != MANIFEST_FILE and not path.name.startswith("."):
            with path.open("rb") as file:
                digests[path.name] = hashlib.file_digest(file, "sha256").hexdigest()
    return digests
