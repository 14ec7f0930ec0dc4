"""The errors, named by where things go wrong.

An error in one document becomes a row of `failures`; the command line prints all others.
"""

from __future__ import annotations


class PipelineError(Exception):
    """A problem a user can act on: `str(error)` says what and where, `hint` what to do next.

    Python shows the hint below the message.
    """

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint
        if hint:
            self.add_note(hint)


class CorpusError(PipelineError):
    """The corpus folder, its `documents.csv` or the codebook cannot be used."""


class ExtractionError(PipelineError):
    """One document cannot be read; the others are not affected."""


class DamagedError(ExtractionError):
    """One PDF is damaged; another library may still read it."""


class RecognitionError(ExtractionError):
    """Text in the pictures of a document is not recognised, which may be the machine's doing."""


class ModelError(PipelineError):
    """A model folder is missing, damaged or unsafe."""


class UnjudgedError(ModelError):
    """A model cannot be judged: none of the coded paragraphs is known to it, or new to it."""


class TableError(PipelineError):
    """A table that an earlier stage should have written is missing or wrong."""


class LabelError(PipelineError):
    """A completed coding file cannot be merged."""


class ClusterError(PipelineError):
    """The cluster that `--cluster` names cannot be used."""


class StoreError(PipelineError):
    """The object store that `--kept` names cannot be used."""


class FetchError(PipelineError):
    """Something cannot be fetched; `status` is what the server answered (None: it did not)."""

    def __init__(self, message: str, hint: str = "", status: int | None = None) -> None:
        super().__init__(message, hint)
        self.status = status
