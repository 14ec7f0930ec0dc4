"""Rows of the table `failures`: what was not read or not counted, why, and what to do."""

from __future__ import annotations

from collections.abc import Mapping

from pipeline.base.columns import DUPLICATE, EXTRACT, HIDDEN, MARKED, MISSPELT, PAGES
from pipeline.base.errors import PipelineError
from pipeline.base.settings import Limits
from pipeline.documents.overrides import OVERRIDES_FILE

# How a job can fail: reason and what to do. All but LASTING_TROUBLES are tried again next time.
TROUBLES = {
    "gone": ("The file disappeared during the run.", "Put it back and run the command again."),
    "changed": (
        "The file changed during the run.",
        "Run the command again once nothing is writing to the file.",
    ),
    "unreadable": (
        "The file cannot be opened ({detail}).",
        "Check that it is still there and that you have permission to read it.",
    ),
    "start": (
        "The process that was to read the file did not start ({detail}).",
        "The document is not to blame. Free some memory, or wait until the machine is less busy, "
        "and run the command again. If it happens to every document, install the project again.",
    ),
    "crash": (
        "The process reading the file crashed twice ({detail}).",
        "Print the document to a new PDF. If the machine was short of memory, run the command "
        "again with fewer --processes.",
    ),
    "memory": (
        "Reading needed more than {memory} MB of memory and was stopped.",
        "Print the document to a new PDF, or allow more (--memory).",
    ),
    "machine": (
        "Reading failed, but not by the document's fault ({detail}).",
        "Check that the disk is there and not full, and run the command again.",
    ),
    "pictures": (
        "{detail}",
        "Check that Tesseract is installed and the disk is not full, and run the command again. "
        "If it happens to this document only, scan it again.",
    ),
    "slow": (
        "Reading was stopped after {detail}, in which it had little processor time.",
        "The document may not be to blame: the machine was asleep or busy, or a disk did not "
        "answer. Run the command again.",
    ),
    "time": (
        "Reading took more than {seconds} seconds and was stopped.",
        "Print the document to a new PDF, or allow more (--seconds).",
    ),
}
LASTING_TROUBLES = ("memory", "time")


def error_of_trouble(trouble: str, detail: str, limits: Limits) -> PipelineError:
    """The error for a document whose job ended in one of `TROUBLES`."""
    reason, hint = TROUBLES[trouble]
    memory, seconds = limits.memory // 1_000_000, limits.seconds
    return PipelineError(reason.format(detail=detail, memory=memory, seconds=seconds), hint)


def failure_row(source_file: str, stage: str, error: PipelineError) -> dict[str, str]:
    """A row of the table `failures`."""
    return {
        "source_file": source_file.encode("utf-8", "backslashreplace").decode("utf-8"),
        "stage": stage,
        "reason": str(error),
        "what_to_do": error.hint,
    }


def unread(source_file: str, error: PipelineError) -> dict[str, str]:
    """The row of a document that could not be read."""
    return failure_row(source_file, EXTRACT, error)


def read_in_part(source_file: str, gap: Mapping[str, str]) -> dict[str, str]:
    """The row of a document that was read, but for one of the `gaps` of its reading."""
    return failure_row(source_file, PAGES, PipelineError(gap["reason"], gap["what_to_do"]))


def marked_in_part(source_file: str, n_missing: int) -> dict[str, str]:
    """The row of a document that counts, but in which some sentences could not be marked."""
    error = PipelineError(
        f"It is read and counted, but {n_missing} of its carrying sentences were not found on its "
        "pages and are not marked.",
        "Read them in the report. If there are no marks at all, run with the --reader and --ocr "
        "with which the document was read.",
    )
    return failure_row(source_file, MARKED, error)


def duplicate(source_file: str, counted: str) -> dict[str, str]:
    """The row of a copy of a document that is already counted."""
    error = PipelineError(
        f"This is a copy of {counted}, which is counted.",
        "Do nothing, or remove one of the two.",
    )
    return failure_row(source_file, DUPLICATE, error)


def replaced(source_file: str, newer: str) -> dict[str, str]:
    """The row of a document that its publisher has replaced with another, which was read."""
    error = PipelineError(
        f"The publisher replaced this document with {newer}, which is counted.",
        "Do nothing; it is kept for the record.",
    )
    return failure_row(source_file, DUPLICATE, error)


def hidden(source_file: str) -> dict[str, str]:
    """The row of a file that may be a report, but whose name begins with a dot."""
    error = PipelineError(
        "The file is hidden, because its name begins with a dot, and was not read.",
        "Do nothing; or, if it is a report, rename it.",
    )
    return failure_row(source_file, HIDDEN, error)


def misspelt(source_file: str, authority: str, meant: str) -> dict[str, str]:
    """The row of a document that counts, but whose authority looks misspelt in `documents.csv`."""
    error = PipelineError(
        f"documents.csv gives it the authority {authority!r}, which is not known. It is counted "
        "under that name.",
        f"Do you mean {meant}? Then correct it; if not, add the name to authorities.csv.",
    )
    return failure_row(source_file, MISSPELT, error)


def stray_override(source_file: str) -> dict[str, str]:
    """The row of a file that `documents.csv` describes but the corpus does not have."""
    error = PipelineError(
        "documents.csv describes this file, but it is not in the corpus folder.",
        "Correct its path in documents.csv; it must be relative to that folder.",
    )
    return failure_row(source_file, OVERRIDES_FILE, error)
