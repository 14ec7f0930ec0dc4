"""What can go wrong, named by where it goes wrong.

What is wrong with one document becomes a row of `failures`; the rest the command line prints.
"""

from __future__ import annotations


class PipelineError(Exception):
    """A problem a user can act on: `str(error)` says what and where, `hint` what to do next."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class CorpusError(PipelineError):
    """The corpus folder, its `documents.csv` or the codebook cannot be used as they are."""


class ExtractionError(PipelineError):
    """One document cannot be read; the others are not affected."""


class ModelError(PipelineError):
    """A model folder is missing, damaged or not to be trusted."""


class TableError(PipelineError):
    """A table that an earlier stage should have written is missing or has other columns."""


class LabelError(PipelineError):
    """A filled file of codes holds something that cannot be merged as it is."""


class ClusterError(PipelineError):
    """The cluster that `--cluster` names cannot be used."""
