"""Arguments and options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import click
import typer

from pipeline.base.settings import DEFAULT_LIMITS, PDF_READERS, Limits, Settings

MB = 1_000_000
# Recognising the text of a page takes some ten times as long as reading it.
OCR_PATIENCE = 10
DEFAULT_READER = PDF_READERS[0]
DEFAULT_SECONDS = DEFAULT_LIMITS.seconds
DEFAULT_MEMORY = DEFAULT_LIMITS.memory // MB
DEFAULT_PAGES = DEFAULT_LIMITS.pages
DEFAULT_MEGABYTES = DEFAULT_LIMITS.file_bytes // MB

LIMITS_PANEL, WORKPLACE_PANEL = "Limits for one document", "How and where it runs"

Corpus = Annotated[
    Path,
    typer.Argument(help="Folder of reports (PDF, Word, web pages, text), with its subfolders."),
]
Out = Annotated[Path, typer.Option("--out", help="Folder for the tables; made if need be.")]
ModelFolder = Annotated[
    Path | None,
    typer.Option("--model", help="Folder of a trained model; default: the one in use."),
]
Kept = Annotated[
    Path | None,
    typer.Option(
        "--kept",
        help="Folder where results are kept for the next run; default: OUT/.kept.",
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
        help="Size of the file, in MB; for plain text, a tenth of it.",
        rich_help_panel=LIMITS_PANEL,
    ),
]
Processes = Annotated[
    int | None,
    typer.Option(
        "--processes",
        min=1,
        help="How many processors to use; default: all of them.",
        rich_help_panel=WORKPLACE_PANEL,
    ),
]
Cluster = Annotated[
    str,
    typer.Option(
        "--cluster",
        help="Address of a Dask scheduler, such as tcp://10.0.0.1:8786 (an extra).",
        rich_help_panel=WORKPLACE_PANEL,
    ),
]
Reader = Annotated[
    str,
    typer.Option(
        "--reader",
        click_type=click.Choice(PDF_READERS),
        help="Library that reads PDFs; pdfium is faster (an extra).",
        rich_help_panel=WORKPLACE_PANEL,
    ),
]
Ocr = Annotated[
    bool,
    typer.Option(
        "--ocr",
        help="Recognise the text of scanned PDFs: up to ten times slower (an extra).",
        rich_help_panel=WORKPLACE_PANEL,
    ),
]


def settings_of(
    seconds: int,
    memory: int,
    pages: int,
    megabytes: int,
    processes: int | None,
    cluster: str,
    reader: str,
    ocr: bool,
) -> Settings:
    """The settings that the options of `run` and `extract` stand for."""
    limits = Limits(
        seconds=seconds * (OCR_PATIENCE if ocr else 1),
        memory=memory * MB,
        pages=pages,
        file_bytes=megabytes * MB,
        text_bytes=megabytes * MB // 10,
    )
    return Settings(limits, processes, cluster, reader, ocr)
