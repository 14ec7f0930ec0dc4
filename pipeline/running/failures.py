"""Rows of the table `failures`: what was not read or not counted, why, and what to do."""

from __future__ import annotations

from pipeline.base.columns import DUPLICATE, EXTRACT, PAGES
from pipeline.base.errors import PipelineError
from pipeline.base.settings import Limits
from pipeline.documents.extract import missing_text
from pipeline.documents.overrides import OVERRIDES_FILE

# What may come of a job besides an answer. What depends on the moment is tried again next time.
TROUBLES = {
    "gone": ("The file vanished while the run was going on.", "Put it back and run again."),
    "changed": (
        "The file changed while the run was going on.",
        "Run again when nothing writes to it any more.",
    ),
    "unreadable": (
        "The file cannot be opened ({detail}).",
        "Check that it is still there and that you may read it.",
    ),
    "crash": (
        "The process that read it died, also in a second try ({detail}).",
        "Print the document to a new PDF; if that fails too, report it.",
    ),
    "memory": (
        "Reading needed over {memory} MB of memory and was stopped.",
        "Print the document to a new PDF, or allow more (--memory).",
    ),
    "time": (
        "Reading took over {seconds} seconds and was stopped.",
        "Print the document to a new PDF, or allow more (--seconds).",
    ),
}
LASTING_TROUBLES = ("memory", "time")


def error_of_trouble(trouble: str, detail: str, limits: Limits) -> PipelineError:
    """What to tell of a document whose job ended in one of `TROUBLES`."""
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


def read_in_part(source_file: str, pages: str) -> dict[str, str]:
    """The row of a document that was read but for these pages, which are pictures."""
    return failure_row(source_file, PAGES, missing_text(pages))


def duplicate(source_file: str, counted: str) -> dict[str, str]:
    """The row of a document that lies there twice."""
    error = PipelineError(
        f"It is the same document as {counted}, which is counted.",
        "Nothing, or remove one of the two.",
    )
    return failure_row(source_file, DUPLICATE, error)


def stray_override(source_file: str) -> dict[str, str]:
    """The row of a file that `documents.csv` describes and that is not there."""
    error = PipelineError(
        "documents.csv describes this file, but it is not there.",
        "Correct its path in documents.csv (relative to the corpus folder).",
    )
    return failure_row(source_file, OVERRIDES_FILE, error)
