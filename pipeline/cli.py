"""The command line: the only module that prints, and that turns errors into exit codes."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import pyarrow.parquet as pq
import typer

from pipeline import cli_models, paths
from pipeline.clean import clean_text
from pipeline.corpus import Settings, tag_table, write_corpus
from pipeline.errors import CorpusError, PipelineError, TableError
from pipeline.evidence import (
    Part,
    read_in_parts,
    read_tags_in_parts,
    read_themes,
    sort_evidence,
)
from pipeline.extract import LIMITS, READERS, Limits
from pipeline.folder import AUTHORITIES_FILE, list_documents
from pipeline.kept import Kept
from pipeline.matrix import count_in_parts, pivot_matrix, sum_by
from pipeline.models import CARD_FILE, find_model
from pipeline.record import corpus_of_run, fingerprint, forget, is_current, write_record
from pipeline.records import DOCUMENTS, FAILURES, PAGES
from pipeline.spread import stop_all
from pipeline.tables import (
    MODEL_CARD,
    WholeFile,
    name_themes,
    own_folder,
    read_card,
    read_table,
    write_table,
)

# scikit-learn, spaCy and matplotlib take seconds to load: only commands that need them do so.
if TYPE_CHECKING:
    from pipeline.features import Passage
    from pipeline.tag import Model

KEPT_FOLDER = ".kept"
MB = 1_000_000

PdfReader = StrEnum("PdfReader", {name: name for name in READERS})

app = typer.Typer(
    help="Read children's-services inspections and build a cross-authority theme matrix.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

Corpus = Annotated[
    Path, typer.Argument(help="Folder of reports: PDF, DOCX, HTML, text; subfolders are read too.")
]
Out = Annotated[
    Path, typer.Option("--out", help="Folder for the tables; made if it is not there.")
]
ModelFolder = Annotated[
    Path | None,
    typer.Option("--model", help="Folder of a trained model; default: the shipped one."),
]
Seconds = Annotated[
    int, typer.Option("--seconds", min=1, help="Processor time one document may take.")
]
Memory = Annotated[
    int, typer.Option("--memory", min=300, help="Memory one document may take, in MB.")
]
Pages = Annotated[int, typer.Option("--pages", min=1, help="Pages a document may have.")]
Megabytes = Annotated[
    int,
    typer.Option("--megabytes", min=1, help="Size a file may have; plain text a tenth of it."),
]
Processes = Annotated[
    int | None, typer.Option("--processes", min=1, help="Processes to use; default: all.")
]
Cluster = Annotated[
    str, typer.Option("--cluster", help="Scheduler of a Dask cluster: tcp://address:8786.")
]
Reader = Annotated[
    PdfReader, typer.Option("--reader", help="What PDFs are read with; pdfium is an extra.")
]
Ocr = Annotated[
    bool,
    typer.Option(
        "--ocr",
        help="Recognise the text of scanned PDFs, which may take ten times as long; an extra.",
    ),
]
KeptFolder = Annotated[
    Path | None,
    typer.Option(
        "--kept", help="Folder for results that are kept for the next run; default: OUT/.kept."
    ),
]


@app.command()
def run(
    corpus: Corpus = paths.SAMPLE_CORPUS,
    out: Out = paths.OUTPUTS,
    model: ModelFolder = None,
    seconds: Seconds = LIMITS.seconds,
    memory: Memory = LIMITS.memory // MB,
    pages: Pages = LIMITS.pages,
    megabytes: Megabytes = LIMITS.file_bytes // MB,
    kept: KeptFolder = None,
    processes: Processes = None,
    cluster: Cluster = "",
    reader: Reader = PdfReader.pdfminer,
    ocr: Ocr = False,
) -> None:
    """Do everything: read CORPUS, tag its paragraphs, write the matrix and its evidence.

    Without arguments it runs on the sample corpus, which is invented, and writes to outputs/.
    Documents that were read before are not read again. It may be stopped and run again at any
    time: it goes on where it was.
    """
    started = time.time()
    limits = _limits(seconds * (10 if ocr else 1), memory, pages, megabytes)
    settings = Settings(limits, find_model(model), processes, cluster, reader.value, ocr)
    with _output_folder(corpus, out):
        listing = list_documents(corpus, settings.limits)
        inputs = fingerprint(listing, settings, out)
        written = f"report.html, matrix.xlsx and the tables are in {out}/"
        if is_current(out, inputs):
            _close(out, f"nothing has changed; {written}")
            return
        forget(out)
        gathered = write_corpus(listing, out, _kept(out, kept), settings)
        _copy_card(settings.model, out)
        _matrix(out, corpus)
        write_record(corpus, out, settings, inputs if gathered.lasting else "", started)
        _close(out, written)


@app.command()
def extract(
    corpus: Corpus = paths.SAMPLE_CORPUS,
    out: Out = paths.OUTPUTS,
    seconds: Seconds = LIMITS.seconds,
    memory: Memory = LIMITS.memory // MB,
    pages: Pages = LIMITS.pages,
    megabytes: Megabytes = LIMITS.file_bytes // MB,
    kept: KeptFolder = None,
    processes: Processes = None,
    cluster: Cluster = "",
    reader: Reader = PdfReader.pdfminer,
    ocr: Ocr = False,
) -> None:
    """Read CORPUS into the tables documents, paragraphs and failures."""
    limits = _limits(seconds * (10 if ocr else 1), memory, pages, megabytes)
    settings = Settings(limits, None, processes, cluster, reader.value, ocr)
    with _output_folder(corpus, out):
        forget(out)
        listing = list_documents(corpus, settings.limits)
        write_corpus(listing, out, _kept(out, kept), settings)
        _close(out, f"documents, paragraphs and failures are in {out}/")


@app.command()
def tag(
    out: Out = paths.OUTPUTS,
    model: ModelFolder = None,
    kept: KeptFolder = None,
    processes: Processes = None,
    cluster: Cluster = "",
    input_file: Annotated[
        Path | None,
        typer.Option(
            "--input",
            help='Loose paragraphs instead: JSON lines {"id", "text", "heading"?, "lead_in"?}.',
        ),
    ] = None,
    output_file: Annotated[
        Path | None, typer.Option("--output", help="Where the tags of --input go, as JSON lines.")
    ] = None,
) -> None:
    """Tag the paragraphs that `extract` wrote, or loose ones, by theme."""
    if (input_file is None) != (output_file is None):
        raise typer.BadParameter("--input and --output go together.")
    folder = find_model(model)
    if input_file is None or output_file is None:
        with own_folder(out):
            forget(out)
            n_tags = tag_table(out, _kept(out, kept), Settings(LIMITS, folder, processes, cluster))
            _copy_card(folder, out)
        typer.echo(f"Wrote {n_tags} tags to {out}/tags.csv and .parquet.", err=True)
        return
    from pipeline.tag import load_model

    loaded = load_model(folder)
    ids, passages = _read_passages(input_file)
    _write_passage_tags(output_file, ids, loaded, passages)
    typer.echo(f"Tagged {len(ids)} paragraphs; wrote {output_file}.", err=True)


@app.command()
def matrix(
    out: Out = paths.OUTPUTS,
    corpus: Annotated[
        Path | None,
        typer.Option(
            "--corpus",
            help="Folder of the reports, for links to their pages; default: what `run` was given.",
        ),
    ] = None,
) -> None:
    """Build matrix, report and workbook from the tables that `extract` and `tag` wrote."""
    with own_folder(out):
        corpus = corpus or corpus_of_run(out)
        forget(out)
        _matrix(out, corpus)
    typer.echo(f"Wrote report.html, matrix.xlsx, matrix.svg and the tables to {out}/.", err=True)


app.add_typer(cli_models.app)


def _limits(seconds: int, memory: int, pages: int, megabytes: int) -> Limits:
    return Limits(seconds, memory * MB, pages, megabytes * MB, megabytes * MB // 10)


def _kept(out: Path, folder: Path | None) -> Kept:
    if folder is not None:
        return Kept(folder)
    own = Kept(out / KEPT_FOLDER)
    own.tidy()
    return own


@contextmanager
def _output_folder(corpus: Path, out: Path) -> Iterator[None]:
    """Make the output folder ours; raise `CorpusError` where reports and tables would mix."""
    if out.resolve() == corpus.resolve() or out.resolve() in corpus.resolve().parents:
        raise CorpusError(
            f"The tables cannot go to {out}, where the reports are.",
            "Give another folder with --out.",
        )
    if not corpus.is_dir():
        raise CorpusError(
            f"There is no folder {corpus}.", "Give the folder that holds the reports."
        )
    with own_folder(out):
        yield


def _copy_card(model: Path, out: Path) -> None:
    """How often the model errs goes with what it said, wherever the tables are taken."""
    with WholeFile(out / MODEL_CARD) as file:
        file.write((model / CARD_FILE).read_bytes())


def _matrix(out: Path, corpus: Path | None) -> None:
    from pipeline.authorities import load_authorities
    from pipeline.compare import build_changes, build_neighbours, build_slices, build_standouts
    from pipeline.estimate import read_errors
    from pipeline.picture import draw_matrix
    from pipeline.report import Sources, link_to, write_report
    from pipeline.workbook import write_workbook

    def read() -> Iterator[Part]:
        return read_in_parts(out)

    documents = read_table(out, "documents", DOCUMENTS, written_by="extract")
    failures = read_table(out, "failures", FAILURES, written_by="extract")
    card = read_card(out)
    errors = read_errors(card)
    theme_ids = read_themes(out)
    themes = name_themes(theme_ids)
    counts = count_in_parts(read_tags_in_parts(out), documents, theme_ids)
    extra = corpus / AUTHORITIES_FILE if corpus else None
    authorities = load_authorities(extra if extra and extra.is_file() else None)
    cells = sum_by(counts, "authority", errors)
    neighbours = build_neighbours(documents, authorities)
    slices = build_slices(counts, errors)
    standouts = build_standouts(counts, neighbours)
    changes = build_changes(counts, errors)
    tables = {
        "cells": cells,
        "matrix": pivot_matrix(cells),
        "slices": slices,
        "neighbours": neighbours,
        "standouts": standouts,
        "changes": changes,
    }
    for name, table in tables.items():
        write_table(table, out, name)
    evidence = sort_evidence(read, cells, out)
    paged = set(documents.loc[documents["n_pages"].notna(), "source_file"])

    def link_of(source_file: str, page: int) -> str:
        if corpus is None:
            return ""
        return link_to(source_file, corpus, out, page if source_file in paged else None)

    write_workbook(out / "matrix.xlsx", cells, evidence, themes, link_of)
    draw_matrix(cells, themes, out)
    first = next(read())
    sources = Sources(
        documents, first.paragraphs, first.tags, counts, cells, neighbours, failures, themes, card,
        corpus, in_parts=lambda: ((part.paragraphs, part.tags) for part in read()),
    )  # fmt: skip
    write_report(sources, out / "report.html")


def _read_passages(path: Path) -> tuple[list[str], list[Passage]]:
    from pipeline.features import Passage

    ids, passages = [], []
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise TableError(f"{path} cannot be read: {error}.", "Give a UTF-8 file.") from error
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            parts = [row["text"], row.get("heading") or "", row.get("lead_in") or ""]
            if not all(isinstance(part, str) for part in parts):
                raise TypeError("text, heading and lead_in must be strings")
            passage = Passage(*map(clean_text, parts))
            ids.append(row["id"])
            passages.append(passage)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise TableError(
                f"{path}, line {number}: {type(error).__name__}: {error}.",
                'Each line is a JSON object with "id" and "text".',
            ) from error
    return ids, passages


def _write_passage_tags(path: Path, ids: list[str], model: Model, passages: list[Passage]) -> None:
    tagging = model.read(passages)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8") as file:
        for row, passage_id in enumerate(ids):
            themes = {
                theme: {
                    "probability": round(float(tagging.probability[row, column]), 4),
                    "tagged": bool(tagging.tagged[row, column]),
                    "stance": tagging.stance[row][column],
                    "carries": tagging.carries[row, column].tolist(),
                }
                for column, theme in enumerate(model.themes)
            }
            file.write(json.dumps({"id": passage_id, "themes": themes}, ensure_ascii=False) + "\n")


def _close(out: Path, written: str) -> None:
    """Say what was read and what was not, and leave with the exit code that tells it."""
    n_documents = pq.read_metadata(out / "documents.parquet").num_rows
    failures = read_table(out, "failures", FAILURES, written_by="extract")
    duplicates = failures["stage"].eq("duplicate")
    in_part = failures["stage"].eq(PAGES)
    failed = failures[~duplicates & ~in_part]
    for row in failures[~duplicates].head(10).itertuples():
        how = "read in part" if row.stage == PAGES else "not read"
        typer.echo(f"  {how}: {row.source_file}: {row.reason} {row.what_to_do}", err=True)
    parts = [f"Read {n_documents} documents"]
    if len(failed):
        parts.append(f"{len(failed)} not read (failures.csv says why)")
    if in_part.any():
        parts.append(f"{in_part.sum()} of these only in part")
    if duplicates.any():
        parts.append(f"{duplicates.sum()} there twice")
    typer.echo(f"{', '.join(parts)}; {written}.", err=True)
    if len(failed) or in_part.any():
        raise typer.Exit(1)


def main() -> None:
    """Run the command line.

    Exit code 0: all well; 1: some files failed; 2: the command was wrong, or the disk is full or
    forbidden; 130: stopped with Ctrl-C.
    """
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _stop)
    try:
        app()
    except PipelineError as error:
        typer.echo(f"inspection-themes: {error} {error.hint}".rstrip(), err=True)
        sys.exit(2)
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        typer.echo(
            f"inspection-themes: {where}{error.strerror or error}. Make room or get access, then "
            "run the same command again: it goes on where it was.",
            err=True,
        )
        sys.exit(2)


def _stop(number: int, frame: object) -> None:
    """End at once: whatever is on disk is whole, so there is nothing to tidy up."""
    stop_all()
    typer.echo("\nStopped. Run the same command again: it goes on where it was.", err=True)
    os._exit(128 + number)


if __name__ == "__main__":
    main()
