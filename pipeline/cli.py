"""The command line: the only module that prints, and that turns errors into exit codes."""

from __future__ import annotations

import json
import platform
import sys
import time
from importlib import metadata
from pathlib import Path
from typing import Annotated

import pandas as pd
import typer

from pipeline import paths
from pipeline.clean import clean_text
from pipeline.codebook import Theme, read_codebook
from pipeline.codes import read_codes
from pipeline.corpus import read_corpus
from pipeline.errors import PipelineError, TableError
from pipeline.matrix import build_cells, build_evidence, pivot_matrix
from pipeline.picture import draw_matrix
from pipeline.records import DOCUMENTS, FAILURES, PARAGRAPHS, TAGS
from pipeline.tables import read_table, write_table
from pipeline.tag import (
    CARD_FILE,
    Model,
    Passage,
    find_model,
    load_model,
    tag_paragraphs,
)
from pipeline.train import NOT_USED_FILE, train_model
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
Runs = Annotated[
    list[Path] | None,
    typer.Argument(help="Output folders of `extract` or `run`.", show_default=False),
]
Codes = Annotated[
    list[Path] | None,
    typer.Option("--codes", help="Codes files; default: corpus/codes/*.csv."),
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
    loaded = load_model(find_model(model))
    n_documents, failures = _extract(corpus, out)
    _tag(out, loaded)
    _matrix(out)
    _write_record(corpus, out, loaded, started)
    _close(n_documents, failures, f"matrix.xlsx, matrix.svg and the tables are in {out}/")


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
    loaded = load_model(find_model(model))
    if input_file is None or output_file is None:
        n_tags = _tag(out, loaded)
        typer.echo(f"Wrote {n_tags} tags to {out}/tags.csv and .parquet.", err=True)
        return
    ids, passages = _read_passages(input_file)
    _write_passage_tags(output_file, ids, loaded, passages)
    typer.echo(f"Tagged {len(ids)} paragraphs; wrote {output_file}.", err=True)


@app.command()
def matrix(out: Out = paths.OUTPUTS) -> None:
    """Build cells, matrix, workbook and picture from the tables that `extract` and `tag` wrote."""
    _matrix(out)
    typer.echo(f"Wrote cells, matrix, matrix.xlsx and matrix.svg to {out}/.", err=True)


@app.command()
def train(
    runs: Runs = None,
    codes: Codes = None,
    codebook: Annotated[
        Path, typer.Option("--codebook", help="The themes to learn.")
    ] = paths.CODEBOOK,
    models: Annotated[
        Path, typer.Option("--models", help="Where the new model folder goes.")
    ] = paths.MODELS,
    base: Annotated[
        Path | None,
        typer.Option(
            "--base",
            help="Model whose kept counts stand in for texts that are not at hand; "
            "default: the one in use.",
        ),
    ] = None,
) -> None:
    """Train a new model from all codes; none is overwritten, and none is put to use yet.

    RUNS are output folders of `extract` or `run` with the coded paragraphs of your own reports.
    Codes of other reports are learnt from what an earlier model kept of them.
    """
    folder = train_model(
        read_codes(codes), _paragraphs_of(runs), models, codebook, find_model(base)
    )
    card = json.loads((folder / CARD_FILE).read_text(encoding="utf-8"))
    scores, data = card["scores"], card["data"]
    typer.echo(
        f"Learnt from {data['n_paragraphs']} coded paragraphs; {data['n_codes_not_used']} codes "
        f"were not used ({folder / NOT_USED_FILE} lists them).",
        err=True,
    )
    for theme, score in scores["themes"].items():
        typer.echo(f"  {theme:14} F1 {score['f1']:.3f} on {score['support']} paragraphs", err=True)
    typer.echo(f"  micro-F1 {scores['overall']['micro_f1']:.3f}, by authority", err=True)
    typer.echo(f"Wrote {folder}. To use it: inspection-themes promote {folder}", err=True)


def _paragraphs_of(runs: list[Path] | None) -> pd.DataFrame | None:
    """The paragraphs of several runs, those of a document that is in two of them once."""
    if not runs:
        return None
    tables = [read_table(run, "paragraphs", PARAGRAPHS, written_by="extract") for run in runs]
    return pd.concat(tables, ignore_index=True).drop_duplicates("paragraph_id")


def _extract(corpus: Path, out: Path) -> tuple[int, pd.DataFrame]:
    reading = read_corpus(corpus)
    for name in ("documents", "paragraphs", "failures"):
        write_table(getattr(reading, name), out, name)
    return len(reading.documents), reading.failures


def _tag(out: Path, model: Model) -> int:
    paragraphs = read_table(out, "paragraphs", PARAGRAPHS, written_by="extract")
    tags = tag_paragraphs(paragraphs, model)
    write_table(tags, out, "tags")
    return int(tags["tagged"].sum())


def _matrix(out: Path) -> None:
    documents = read_table(out, "documents", DOCUMENTS, written_by="extract")
    paragraphs = read_table(out, "paragraphs", PARAGRAPHS, written_by="extract")
    tags = read_table(out, "tags", TAGS, written_by="tag")
    themes = _themes_of(tags)
    cells = build_cells(tags, documents)
    write_table(cells, out, "cells")
    write_table(pivot_matrix(cells), out, "matrix")
    evidence = build_evidence(tags, paragraphs, documents)
    write_workbook(out / "matrix.xlsx", cells, evidence, themes)
    draw_matrix(cells, themes, out)


def _themes_of(tags: pd.DataFrame) -> dict[str, Theme]:
    """The codebook's themes that the tags use; one that only the model knows goes by its id."""
    codebook = read_codebook()
    return {
        theme: codebook.get(theme, Theme(theme, theme, "", "", (), ()))
        for theme in dict.fromkeys(tags["theme"])
    }


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
