"""The command line: the only module that prints, and that turns errors into exit codes."""

from __future__ import annotations

import json
import os
import platform
import sys
import time
from importlib import metadata
from pathlib import Path
from typing import Annotated

import pandas as pd
import typer

from pipeline import paths
from pipeline.authorities import load_authorities
from pipeline.clean import clean_text
from pipeline.codes import link_codes, read_codes
from pipeline.compare import build_changes, build_neighbours, build_slices, build_standouts
from pipeline.corpus import AUTHORITIES_FILE, read_corpus
from pipeline.errors import PipelineError, TableError
from pipeline.estimate import read_errors
from pipeline.matrix import build_evidence, count_by_document, pivot_matrix, sum_by
from pipeline.picture import draw_matrix
from pipeline.records import DOCUMENTS, FAILURES, PARAGRAPHS, TAGS
from pipeline.report import Sources, link_to, write_report
from pipeline.tables import MODEL_CARD, name_themes, read_card, read_table, write_table
from pipeline.tag import (
    CARD_FILE,
    CURRENT_FILE,
    Model,
    Passage,
    find_model,
    load_model,
    tag_paragraphs,
)
from pipeline.train import train_model
from pipeline.workbook import write_workbook

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
PACKAGES = ("pdfminer.six", "spacy", "scikit-learn", "pandas", "numpy", "scipy", "skops")


@app.command()
def run(
    corpus: Corpus = paths.SAMPLE_CORPUS, out: Out = paths.OUTPUTS, model: ModelFolder = None
) -> None:
    """Do everything: read CORPUS, tag its paragraphs, write the matrix and its evidence.

    Without arguments it runs on the sample corpus, which is invented, and writes to outputs/.
    """
    started = time.time()
    folder = find_model(model)
    loaded = load_model(folder)
    n_documents, failures = _extract(corpus, out)
    _tag(out, loaded, folder)
    _matrix(out, corpus)
    _write_record(corpus, out, loaded, started)
    _close(n_documents, failures, f"report.html, matrix.xlsx and the tables are in {out}/")


@app.command()
def extract(corpus: Corpus = paths.SAMPLE_CORPUS, out: Out = paths.OUTPUTS) -> None:
    """Read CORPUS into the tables documents, paragraphs and failures."""
    n_documents, failures = _extract(corpus, out)
    _close(n_documents, failures, f"documents, paragraphs and failures are in {out}/")


@app.command()
def tag(
    out: Out = paths.OUTPUTS,
    model: ModelFolder = None,
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
    loaded = load_model(folder)
    if input_file is None or output_file is None:
        n_tags = _tag(out, loaded, folder)
        typer.echo(f"Wrote {n_tags} tags to {out}/tags.csv and .parquet.", err=True)
        return
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
    _matrix(out, corpus or _corpus_of_run(out))
    typer.echo(f"Wrote report.html, matrix.xlsx, matrix.svg and the tables to {out}/.", err=True)


@app.command()
def train(
    runs: Annotated[
        list[Path],
        typer.Argument(
            help="Output folders of `extract` or `run` that hold the coded paragraphs."
        ),
    ],
    codes: Annotated[
        list[Path] | None,
        typer.Option("--codes", help="Codes files; default: corpus/codes/*.csv."),
    ] = None,
    codebook: Annotated[
        Path, typer.Option("--codebook", help="The themes to learn.")
    ] = paths.CODEBOOK,
    models: Annotated[
        Path, typer.Option("--models", help="Where the new model folder goes.")
    ] = paths.MODELS,
    use: Annotated[
        bool, typer.Option("--use", help="Make the new model the default one.")
    ] = False,
) -> None:
    """Train a new model from codes and the paragraphs they are about; none is overwritten."""
    tables = [read_table(run, "paragraphs", PARAGRAPHS, written_by="extract") for run in runs]
    paragraphs = pd.concat(tables, ignore_index=True).drop_duplicates("paragraph_id")
    linked, lost = link_codes(read_codes(codes), paragraphs)
    typer.echo(f"{len(linked)} codes found their paragraph, {len(lost)} did not.", err=True)
    folder = train_model(linked, paragraphs, models, codebook)
    scores = json.loads((folder / CARD_FILE).read_text(encoding="utf-8"))["scores"]["themes"]
    for theme, score in scores.items():
        if isinstance(score, dict):
            typer.echo(
                f"  {theme:14} F1 {score['f1']:.3f} on {score['support']} paragraphs", err=True
            )
    typer.echo(f"  micro-F1 {scores['micro_f1']:.3f}, out of fold by authority", err=True)
    if use:
        (models / CURRENT_FILE).write_text(folder.name + "\n", encoding="utf-8")
    typer.echo(f"Wrote {folder}{' and made it the default' if use else ''}.", err=True)


def _extract(corpus: Path, out: Path) -> tuple[int, pd.DataFrame]:
    reading = read_corpus(corpus)
    for name in ("documents", "paragraphs", "failures"):
        write_table(getattr(reading, name), out, name)
    return len(reading.documents), reading.failures


def _tag(out: Path, model: Model, folder: Path) -> int:
    paragraphs = read_table(out, "paragraphs", PARAGRAPHS, written_by="extract")
    tags = tag_paragraphs(paragraphs, model)
    write_table(tags, out, "tags")
    # How often the model errs goes with what it said, wherever the tables are taken.
    (out / MODEL_CARD).write_bytes((folder / CARD_FILE).read_bytes())
    return int(tags["tagged"].sum())


def _matrix(out: Path, corpus: Path | None) -> None:
    documents = read_table(out, "documents", DOCUMENTS, written_by="extract")
    paragraphs = read_table(out, "paragraphs", PARAGRAPHS, written_by="extract")
    failures = read_table(out, "failures", FAILURES, written_by="extract")
    tags = read_table(out, "tags", TAGS, written_by="tag")
    card = read_card(out)
    errors = read_errors(card)
    themes = name_themes(tags)
    counts = count_by_document(tags, documents)
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
    evidence = build_evidence(tags, paragraphs, documents)
    paged = set(documents.loc[documents["n_pages"].notna(), "source_file"])

    def link_of(source_file: str, page: int) -> str:
        if corpus is None:
            return ""
        return link_to(source_file, corpus, out, page if source_file in paged else None)

    write_workbook(out / "matrix.xlsx", cells, evidence, themes, link_of)
    draw_matrix(cells, themes, out)
    sources = Sources(
        documents, paragraphs, tags, counts, cells, neighbours, failures, themes, card, corpus
    )
    write_report(sources, out / "report.html")


def _corpus_of_run(out: Path) -> Path | None:
    """The folder of reports that the last `run` into `out` was given, if it is still there."""
    try:
        folder = json.loads((out / "run.json").read_text(encoding="utf-8"))["corpus_folder"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return out / folder if (out / folder).is_dir() else None


def _read_passages(path: Path) -> tuple[list[str], list[Passage]]:
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


def _write_record(corpus: Path, out: Path, model: Model, started: float) -> None:
    documents = read_table(out, "documents", DOCUMENTS, written_by="extract")
    record = {
        "corpus": corpus.name,
        # Seen from here, so that the two can be moved together.
        "corpus_folder": Path(os.path.relpath(corpus, out)).as_posix(),
        "inputs": dict(zip(documents["source_file"], documents["sha256"], strict=True)),
        "n_failures": len(read_table(out, "failures", FAILURES, written_by="extract")),
        "model_id": model.model_id,
        "thresholds": model.thresholds,
        "versions": {name: metadata.version(name) for name in ("inspection-themes", *PACKAGES)},
        "python": platform.python_version(),
        "started": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(started)),
        "seconds": round(time.time() - started, 1),
    }
    (out / "run.json").write_text(json.dumps(record, indent=2, ensure_ascii=False) + "\n", "utf-8")


def _close(n_documents: int, failures: pd.DataFrame, written: str) -> None:
    """Say what was read and what was not, and leave with the exit code that tells it."""
    duplicates = failures["stage"].eq("duplicate")
    failed = failures[~duplicates]
    for row in failed.head(10).itertuples():
        typer.echo(f"  not read: {row.source_file}: {row.reason} {row.what_to_do}", err=True)
    parts = [f"Read {n_documents} documents"]
    if len(failed):
        parts.append(f"{len(failed)} not read (failures.csv says why)")
    if duplicates.any():
        parts.append(f"{duplicates.sum()} there twice")
    typer.echo(f"{', '.join(parts)}; {written}.", err=True)
    if len(failed):
        raise typer.Exit(1)


def main() -> None:
    """Run the command line: exit code 0 all well, 1 some files failed, 2 wrong usage."""
    try:
        app()
    except PipelineError as error:
        typer.echo(f"inspection-themes: {error} {error.hint}".rstrip(), err=True)
        sys.exit(2)


if __name__ == "__main__":
    main()
