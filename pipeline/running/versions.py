"""Versions of our own sources and of the packages they use, on which cached results depend.

They change by themselves whenever a source or a package does: no number has to be raised by hand.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from functools import lru_cache
from importlib import metadata
from pathlib import Path

from pipeline.base.paths import PACKAGE
from pipeline.base.settings import Settings
from pipeline.reading.ocr import tesseract_version
from pipeline.running.cache import key_of

# The source folders that readings and tags depend on, and the packages these use.
READING_FOLDERS = ("base", "reading", "paragraphs", "documents")
READING_PACKAGES = (
    "pdfminer.six",
    "pypdfium2",
    "spacy",
    "lxml",
    "python-docx",
    "pandas",
    "pyarrow",
)
TAGGING_FOLDERS = ("base", "tagging")
TAGGING_PACKAGES = (
    "spacy",
    "scikit-learn",
    "numpy",
    "scipy",
    "skops",
    "onnx",
    "onnxruntime",
    "pandas",
    "pyarrow",
)
MARKING_FOLDERS = (*READING_FOLDERS, "marking")
MARKING_PACKAGES = (*READING_PACKAGES, "pikepdf")
WRITING_PACKAGES = ("xlsxwriter", "matplotlib")
ALL_PACKAGES = tuple(dict.fromkeys((*MARKING_PACKAGES, *TAGGING_PACKAGES, *WRITING_PACKAGES)))
# These modules also shape a reading; the rest of their folder does not.
CARRIERS = ("running/job.py", "running/worker.py")


def reading_version() -> str:
    """A version of all that a reading depends on, apart from the document and the settings."""
    return _version_of(READING_FOLDERS, READING_PACKAGES)


def tagging_version() -> str:
    """A version of all that tags depend on, apart from the passages and the model."""
    return _version_of(TAGGING_FOLDERS, TAGGING_PACKAGES)


def marking_version() -> str:
    """A version of all that a marked copy depends on, apart from document, marks and settings."""
    return _version_of(MARKING_FOLDERS, MARKING_PACKAGES)


@lru_cache(maxsize=1)
def whole_version() -> str:
    """A version of all that a run depends on, apart from its inputs: every source and package."""
    sources = sorted(path for path in PACKAGE.rglob("*") if _is_source(path))
    return key_of(digest_of_files(sources), package_versions(ALL_PACKAGES))


@lru_cache(maxsize=8)
def _version_of(folders: Sequence[str], packages: Sequence[str]) -> str:
    sources = [source for name in folders for source in sources_in(PACKAGE / name)]
    carriers = [PACKAGE / name for name in CARRIERS]
    return key_of(digest_of_files([*sources, *carriers]), package_versions(packages))


def sources_in(folder: Path) -> list[Path]:
    """The modules in one of our source folders, sorted.

    Raises `FileNotFoundError` if there are none: a key without them would find results of other
    code.
    """
    found = sorted(folder.rglob("*.py"))
    if not found:
        raise FileNotFoundError(f"There are no modules in {folder}.")
    return found


def _is_source(path: Path) -> bool:
    return (
        path.suffix in (".py", ".js", ".css", ".html")
        and "shipped" not in path.relative_to(PACKAGE).parts
    )


def extras_version(settings: Settings) -> str:
    """A version of the extras that these settings use; others do not matter."""
    return key_of(package_versions(["ocrmypdf"]), tesseract_version()) if settings.ocr else ""


def digest_of_files(paths: Iterable[Path]) -> str:
    """One digest for the names and contents of some files."""
    return key_of([(path.name, hashlib.sha256(path.read_bytes()).hexdigest()) for path in paths])


def package_versions(packages: Iterable[str]) -> dict[str, str]:
    """The version of each package, empty if it is not installed."""
    return {name: _version(name) for name in packages}


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return ""
