"""Arguments and options that several commands share."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from pipeline.base.errors import LabelError
from pipeline.base.settings import (
    DEFAULT_KEEPING,
    DEFAULT_LIMITS,
    Keeping,
    Limits,
    PdfReader,
    Settings,
)

MB = 1_000_000
# Recognising the text of a page takes about ten times as long as reading it.
OCR_PATIENCE = 10
DEFAULT_READER = PdfReader.pdfminer
DEFAULT_KEEP_FOR = DEFAULT_KEEPING.days
DEFAULT_SECONDS = DEFAULT_LIMITS.seconds
DEFAULT_MEMORY = DEFAULT_LIMITS.memory // MB
DEFAULT_PAGES = DEFAULT_LIMITS.pages
DEFAULT_MEGABYTES = DEFAULT_LIMITS.file_bytes // MB

LIMITS_PANEL, WORKPLACE_PANEL = "Limits for each document", "How and where it runs"
RESEARCH_PANEL = "For researchers: codes and models"

Corpus = Annotated[
    Path,
    typer.Argument(
        help="Folder of reports (PDF, Word, HTML or text), with its subfolders.",
        show_default="the sample corpus",
    ),
]
Out = Annotated[Path, typer.Option("--out", help="Output folder; created if needed.")]
ModelFolder = Annotated[
    Path | None,
    typer.Option("--model", help="Model folder; default: the one in use."),
]
RunFolder = Annotated[Path, typer.Argument(help="Output folder of run.")]
Seed = Annotated[int, typer.Option(help="A different number draws different paragraphs.")]
Kept = Annotated[
    str | None,
    typer.Option(
        "--kept",
        help="Cache folder, used again by the next run, or the address of one in an object store, "
        "such as s3://bucket/kept (extra: store); default: OUT/.kept.",
        metavar="PLACE",
        rich_help_panel=WORKPLACE_PANEL,
    ),
]
KeepFor = Annotated[
    int,
    typer.Option(
        "--keep-for",
        min=1,
        help="Days after which what no run has used is dropped from the cache; a run that finds "
        "nothing changed uses and drops nothing.",
        rich_help_panel=WORKPLACE_PANEL,
    ),
]
KeepAtMost = Annotated[
    int | None,
    typer.Option(
        "--keep-at-most",
        min=0,
        help="Size of the cache, in MB: beyond it, what was used longest ago is dropped; default: "
        "no limit.",
        rich_help_panel=WORKPLACE_PANEL,
    ),
]
Seconds = Annotated[
    int,
    typer.Option(
        "--seconds", min=1, help="Processor time, in seconds.", rich_help_panel=LIMITS_PANEL
    ),
]
Memory = Annotated[
    int,
    typer.Option("--memory", min=300, help="Memory, in MB.", rich_help_panel=LIMITS_PANEL),
]
Pages = Annotated[
    int, typer.Option("--pages", min=1, help="Number of pages.", rich_help_panel=LIMITS_PANEL)
]
Megabytes = Annotated[
    int,
    typer.Option(
        "--megabytes",
        min=1,
        help="File size, in MB; a tenth of that for web pages and text.",
        rich_help_panel=LIMITS_PANEL,
    ),
]
Processes = Annotated[
    int | None,
    typer.Option(
        "--processes",
        min=1,
        help="Number of processors; default: all.",
        rich_help_panel=WORKPLACE_PANEL,
    ),
]
Cluster = Annotated[
    str,
    typer.Option(
        "--cluster",
        help="Dask scheduler, such as tcp://10.0.0.1:8786 (extra: cluster).",
        rich_help_panel=WORKPLACE_PANEL,
    ),
]
Reader = Annotated[
    PdfReader,
    typer.Option(
        "--reader",
        help="PDF library; pdfium is faster (extra: pdfium).",
        rich_help_panel=WORKPLACE_PANEL,
    ),
]
Ocr = Annotated[
    bool,
    typer.Option(
        "--ocr",
        help="Read scanned PDFs too: up to ten times slower (extra: ocr).",
        rich_help_panel=WORKPLACE_PANEL,
    ),
]

Marked = Annotated[
    bool,
    typer.Option(
        "--marked",
        help="Also write copies of the PDFs in which the sentences that carry a theme are "
        "highlighted, and link to them (extra: marked).",
    ),
]


WithThemes = Annotated[
    list[str] | None,
    typer.Option(
        "--with-theme",
        help="Count this theme, too, although the model's card calls it provisional; repeat it "
        "for several.",
    ),
]
Runs = Annotated[
    list[Path] | None,
    typer.Argument(help="Output folders of run or extract.", show_default=False),
]
CODES_HELP = (
    "A file of codes; repeat it for several. Default: all in the workspace or in corpus/codes."
)
Codes = Annotated[list[Path] | None, typer.Option("--codes", help=CODES_HELP)]
CodebookFile = Annotated[
    Path | None,
    typer.Option(
        "--codebook",
        help="Codebook: what each theme is; default: that of the workspace, or "
        "corpus/codebook.toml.",
    ),
]


def first_day(text: str) -> dt.date | None:
    """The day from which on documents are wanted; None: all.

    >>> first_day("2019-05")
    datetime.date(2019, 5, 1)
    """
    if not text:
        return None
    if match := re.fullmatch(r"(\d{4})(?:-(\d\d))?(?:-(\d\d))?", text.strip()):
        try:
            return dt.date(*(int(part or 1) for part in match.groups()))
        except ValueError:
            pass
    raise typer.BadParameter(f"{text!r} is not a date. Write 2019, 2019-05 or 2019-05-28.")


def settings_of(
    *,
    seconds: int,
    memory: int,
    pages: int,
    megabytes: int,
    processes: int | None,
    cluster: str,
    reader: PdfReader,
    ocr: bool,
    keeping: Keeping = DEFAULT_KEEPING,
    marked: bool = False,
    with_themes: Sequence[str] = (),
) -> Settings:
    """The settings that the options of `run` and `extract` give."""
    limits = Limits(
        seconds=seconds * (OCR_PATIENCE if ocr else 1),
        memory=memory * MB,
        pages=pages,
        file_bytes=megabytes * MB,
        text_bytes=megabytes * MB // 10,
    )
    return Settings(
        limits,
        processes,
        cluster,
        reader,
        ocr,
        marked,
        keeping=keeping,
        with_themes=tuple(with_themes),
    )


def keeping_of(keep_for: int, keep_at_most: int | None) -> Keeping:
    """What stays in the cache, by its two options."""
    return Keeping(keep_for, None if keep_at_most is None else keep_at_most * MB)


def refuse_idle_replace(replace: bool, read: bool) -> None:
    """Raise `LabelError` if --replace is given where no codes are read."""
    if replace and not read:
        raise LabelError("--replace changes codes that are read back.", "Give it with --read.")
