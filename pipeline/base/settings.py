"""What a user can set of a run: limits for one document, and by what and where it is read."""

from __future__ import annotations

from dataclasses import dataclass

# What the pages of PDFs can be read with; the first is the default.
PDF_READERS = ("pdfminer", "pdfium")


@dataclass(frozen=True, slots=True)
class Limits:
    """What one document may cost before it is given up.

    `seconds` of processor time, `memory` in bytes of its process, `pages`, and the bytes of the
    file and, once it is unpacked, of its text. No report of the corpus comes near any of them.
    """

    seconds: int = 60
    memory: int = 1_500_000_000
    pages: int = 2_000
    file_bytes: int = 200_000_000
    text_bytes: int = 20_000_000


DEFAULT_LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class Settings:
    """How the documents of a corpus are read and tagged.

    `processes` is how many to use on this machine (None: one for each processor); `cluster` is
    the address of a Dask scheduler, empty for none. `reader` is one of `PDF_READERS`; with `ocr`
    the text of scanned PDFs is recognised. `quiet` shows no progress bar.
    """

    limits: Limits = DEFAULT_LIMITS
    processes: int | None = None
    cluster: str = ""
    reader: str = PDF_READERS[0]
    ocr: bool = False
    quiet: bool = False


DEFAULT_SETTINGS = Settings()
