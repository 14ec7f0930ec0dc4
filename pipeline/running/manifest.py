"""The manifest (`run.json`): what a run was made from, and whether that has changed since."""

from __future__ import annotations

import hashlib
import json
import platform
import time
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from pipeline.base.files import write_whole
from pipeline.base.paths import AUTHORITIES, way_between
from pipeline.base.settings import Settings
from pipeline.base.times import utc
from pipeline.base.workspace import find_workspace
from pipeline.documents.authorities import AUTHORITIES_FILE
from pipeline.documents.overrides import OVERRIDES_FILE
from pipeline.documents.publisher import Publisher
from pipeline.matrix.provisional import provisional_themes
from pipeline.report.links import MARKED_FOLDER
from pipeline.report.parts import REPORT_FOLDER
from pipeline.running.cache import key_of
from pipeline.running.listing import Listing
from pipeline.running.versions import (
    ALL_PACKAGES,
    digest_of_files,
    extras_version,
    package_versions,
    whole_version,
)
from pipeline.tagging.model_folder import CARD_FILE, files_of_model

RUN_FILE = "run.json"
# What a run says of its reports and their tags, and when it was: another matrix changes nothing
# of it.
OF_THE_TAGS = (
    "corpus",
    "corpus_folder",
    "inputs",
    "model_id",
    "thresholds",
    "versions",
    "python",
    "started",
    "seconds",
)


def inputs_digest(
    listing: Listing, settings: Settings, model: Path, out: Path, codes: Iterable[Path] = ()
) -> str:
    """A digest of everything that the tables of a run depend on; `codes` are files of codes."""
    beside = [listing.folder / name for name in (OVERRIDES_FILE, AUTHORITIES_FILE)]
    named = (*beside, *files_of_model(model), AUTHORITIES, find_workspace().codebook)
    return key_of(
        listing.files,
        listing.failures,
        settings.limits,
        settings.reader,
        settings.ocr,
        settings.marked,
        settings.with_themes,
        extras_version(settings),
        # The report links to the documents.
        _way(out, listing.folder),
        Publisher(listing.folder).said(),
        digest_of_files(path for path in named if path.is_file()),
        digest_of_files(codes),
        whole_version(),
    )


def is_current(out: Path, inputs: str, remembered: str) -> bool:
    """Whether the last run to `out` had these inputs and its outputs are unchanged.

    `remembered` is when the run began whose news are kept (`news.Last.started`): one that was
    stopped before they were has yet to tell them.
    """
    manifest = _read_manifest(out)
    return (
        manifest.get("inputs_digest") == inputs
        and manifest.get("started") == remembered
        and manifest.get("outputs") == _outputs(out)
    )


def forget(out: Path, corpus: Path | None = None) -> None:
    """Delete the manifest of the last run, before anything it describes is overwritten.

    With it go the places of sentences, so that nothing links to copies marked for other tags. With
    `corpus`, where the reports are is remembered: a stage that runs on its own keeps the links to
    them, but no run counts as unchanged.
    """
    for name in (RUN_FILE, "places.parquet", "places.csv"):
        out.joinpath(name).unlink(missing_ok=True)
    if corpus is not None:
        _write(out, _about_corpus(corpus, out))


def forget_matrix(out: Path, corpus: Path | None) -> None:
    """Leave in the manifest of the last run only what is true of any matrix of its tags.

    With the rest go the places of sentences, as in `forget`. `corpus` is where the reports are
    (None: it is not known). No run counts as unchanged: the next matrix may be another one.
    """
    kept = {name: value for name, value in _read_manifest(out).items() if name in OF_THE_TAGS}
    forget(out)
    if corpus is not None:
        kept |= _about_corpus(corpus, out)
    if kept:
        _write(out, kept)


def write_matrix_manifest(
    out: Path, card: Mapping[str, Any], news: Mapping[str, Any], with_themes: Collection[str] = ()
) -> None:
    """Add to what `forget_matrix` left what is true of the matrix that was made since.

    The arguments are as for `write_manifest`, `card` is that of the model.
    """
    _write(out, _read_manifest(out) | _about_matrix(out, card, news, with_themes))


def write_manifest(
    corpus: Path,
    out: Path,
    model: Path,
    inputs: str,
    started: float,
    news: Mapping[str, Any],
    with_themes: Collection[str] = (),
) -> None:
    """Write `run.json`. With an empty `inputs` digest, the next run never counts as unchanged.

    `started` is in seconds since 1970; `news` is what `report.news.as_manifest` gives. Of the
    provisional themes of the model those in `with_themes` are counted.
    """
    documents = pq.read_table(out / "documents.parquet", columns=["source_file", "sha256"])
    card = json.loads((model / CARD_FILE).read_text(encoding="utf-8"))
    manifest = {
        **_about_corpus(corpus, out),
        "inputs": dict(zip(*(column.to_pylist() for column in documents.columns), strict=True)),
        "model_id": card["model_id"],
        "thresholds": card["thresholds"],
        "versions": package_versions(("inspection-themes", *ALL_PACKAGES)),
        "python": platform.python_version(),
        "started": utc(started),
        "seconds": round(time.time() - started, 1),
        **_about_matrix(out, card, news, with_themes),
        "inputs_digest": inputs,
        "outputs": _outputs(out),
    }
    _write(out, manifest)


def _about_matrix(
    out: Path, card: Mapping[str, Any], news: Mapping[str, Any], with_themes: Collection[str]
) -> dict[str, Any]:
    provisional = {
        theme: {"counted": theme in with_themes, "why": why}
        for theme, why in provisional_themes(card).items()
    }
    return {
        "n_failures": pq.read_metadata(out / "failures.parquet").num_rows,
        "new_since_last_time": news,
        **({"provisional": provisional} if provisional else {}),
    }


def _about_corpus(corpus: Path, out: Path) -> dict[str, Any]:
    return {"corpus": corpus.resolve().name, "corpus_folder": _way(out, corpus)}


def _write(out: Path, manifest: dict[str, Any]) -> None:
    write_whole(out / RUN_FILE, json.dumps(manifest, indent=2, ensure_ascii=False) + "\n")


def corpus_of_run(out: Path) -> Path | None:
    """The folder of reports that the last `run` to `out` read, if it still exists."""
    way = _read_manifest(out).get("corpus_folder")
    folder = out / way if isinstance(way, str) else None
    return folder if folder is not None and folder.is_dir() else None


def _read_manifest(out: Path) -> dict[str, Any]:
    """The manifest of the last run, or {} if it is missing or damaged."""
    try:
        manifest = json.loads(out.joinpath(RUN_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return manifest if isinstance(manifest, dict) else {}


def _way(out: Path, corpus: Path) -> str:
    """The path from `out` to `corpus`, relative if possible: both can be moved together."""
    return way_between(out.resolve(), corpus.resolve()) or corpus.resolve().as_posix()


def _outputs(out: Path) -> dict[str, str]:
    """The SHA-256 of every file in the output folder, of the report's parts and marked copies.

    The manifest and hidden files are left out.
    """
    digests = {}
    below = (*out.joinpath(REPORT_FOLDER).glob("*"), *out.joinpath(MARKED_FOLDER).rglob("*"))
    for path in sorted([*out.iterdir(), *below]):
        if path.is_file() and path.name != RUN_FILE and not path.name.startswith("."):
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            digests[path.relative_to(out).as_posix()] = digest
    return digests
