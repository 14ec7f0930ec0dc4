"""The settings of a run: limits for each document, and how and where documents are read."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class PdfReader(StrEnum):
    """The libraries that PDFs can be read with."""

    pdfminer = "pdfminer"
    pdfium = "pdfium"


@dataclass(frozen=True, slots=True)
class Limits:
    """What one document may cost before the run gives up on it.

    `seconds` of processor time, `memory` of its process in bytes, `pages`, and the bytes of the
    file and of its unpacked text. No report in the corpus comes near any of them.
    """

    seconds: int = 60
    memory: int = 1_500_000_000
    pages: int = 2_000
    file_bytes: int = 200_000_000
    text_bytes: int = 20_000_000


DEFAULT_LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class Keeping:
    """What stays in the cache at the end of a run: what was used in the last `days`.

    If that is more than `n_bytes` (None: no limit), what was used longest ago goes too, but
    nothing that was used within a day.
    """

    days: int = 90
    n_bytes: int | None = None


DEFAULT_KEEPING = Keeping()


@dataclass(frozen=True, slots=True)
class Settings:
    """How the documents of a corpus are read and tagged.

    `processes` is how many to use on this machine (None: one per processor); `cluster` is the
    address of a Dask scheduler, or empty. `reader` is what PDFs are read with; with `ocr`
    the text of scanned PDFs is recognised. With `marked`, copies of the PDFs are written in which
    the carrying sentences are highlighted. `quiet` shows no progress bar. `keeping` says what
    stays in the cache. `with_themes` are the provisional themes that are counted all the same.
    """

    limits: Limits = DEFAULT_LIMITS
    processes: int | None = None
    cluster: str = ""
    reader: PdfReader = PdfReader.pdfminer
    ocr: bool = False
    marked: bool = False
    quiet: bool = False
    keeping: Keeping = DEFAULT_KEEPING
    with_themes: tuple[str, ...] = ()


DEFAULT_SETTINGS = Settings()
