"""The analysts' commands: `run`, and its stages `extract`, `tag` and `matrix` one by one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipeline import stages
from pipeline.base.columns import PAGES
from pipeline.base.paths import OUTPUTS, SAMPLE_CORPUS
from pipeline.base.settings import Settings
from pipeline.cli import options

STAGES_PANEL = "The stages one by one"
SHOWN_FAILURES = 10

app = typer.Typer()


@app.command()
def run(
    corpus: options.Corpus = SAMPLE_CORPUS,
    out: options.Out = OUTPUTS,
    model: options.ModelFolder = None,
    seconds: options.Seconds = options.DEFAULT_SECONDS,
    memory: options.Memory = options.DEFAULT_MEMORY,
    pages: options.Pages = options.DEFAULT_PAGES,
    megabytes: options.Megabytes = options.DEFAULT_MEGABYTES,
    kept: options.Kept = None,
    processes: options.Processes = None,
    cluster: options.Cluster = "",
    reader: options.Reader = options.DEFAULT_READER,
    ocr: options.Ocr = False,
) -> None:
    """Read a folder of reports and build the theme matrix, with its evidence.

    Without arguments it reads the sample corpus, which is invented, and writes to outputs/.
    Reports that were read before are not read again. You can stop it at any time: run the same
    command again and it carries on from where it was.
    """
    settings = options.settings_of(
        seconds, memory, pages, megabytes, processes, cluster, reader, ocr
    )
    outcome = stages.run(corpus, out, settings, model=model, kept=kept)
    written = f"report.html, matrix.xlsx and the tables are in {out}"
    _close(outcome, f"nothing has changed; {written}" if outcome.unchanged else written)


@app.command(rich_help_panel=STAGES_PANEL)
def extract(
    corpus: options.Corpus = SAMPLE_CORPUS,
    out: options.Out = OUTPUTS,
    seconds: options.Seconds = options.DEFAULT_SECONDS,
    memory: options.Memory = options.DEFAULT_MEMORY,
    pages: options.Pages = options.DEFAULT_PAGES,
    megabytes: options.Megabytes = options.DEFAULT_MEGABYTES,
    kept: options.Kept = None,
    processes: options.Processes = None,
    cluster: options.Cluster = "",
    reader: options.Reader = options.DEFAULT_READER,
    ocr: options.Ocr = False,
) -> None:
    """Read reports into the tables documents, paragraphs and failures."""
    settings = options.settings_of(
        seconds, memory, pages, megabytes, processes, cluster, reader, ocr
    )
    outcome = stages.extract(corpus, out, settings, kept=kept)
    _close(outcome, f"documents, paragraphs and failures are in {out}")


@app.command(rich_help_panel=STAGES_PANEL)
def tag(
    out: options.Out = OUTPUTS,
    model: options.ModelFolder = None,
    kept: options.Kept = None,
    processes: options.Processes = None,
    cluster: options.Cluster = "",
    input_file: Annotated[
        Path | None,
        typer.Option(
            "--input",
            help="Tag loose paragraphs instead: a file with one JSON object a line, with id, "
            "text and, if there are any, heading and lead_in.",
        ),
    ] = None,
    output_file: Annotated[
        Path | None, typer.Option("--output", help="Where the tags of --input go, as JSON lines.")
    ] = None,
) -> None:
    """Tag by theme the paragraphs that extract wrote, or loose ones."""
    if (input_file is None) != (output_file is None):
        raise typer.BadParameter("--input and --output go together.")
    if input_file is not None and output_file is not None:
        n = stages.tag_passages(input_file, output_file, model=model)
        typer.echo(f"Tagged {n} paragraphs and wrote {output_file}.", err=True)
        return
    settings = Settings(processes=processes, cluster=cluster)
    n_tagged = stages.tag(out, settings, model=model, kept=kept)
    typer.echo(f"Wrote {n_tagged} tags to {out}: tags.csv and tags.parquet.", err=True)


@app.command(rich_help_panel=STAGES_PANEL)
def matrix(
    out: options.Out = OUTPUTS,
    corpus: Annotated[
        Path | None,
        typer.Option(
            "--corpus",
            help="Folder of the reports, for links to their pages; default: what run was given.",
        ),
    ] = None,
) -> None:
    """Build matrix, report and workbook from the tables of extract and tag."""
    stages.matrix(out, corpus=corpus)
    typer.echo(f"Wrote report.html, matrix.xlsx, matrix.svg and the tables to {out}.", err=True)


def _close(outcome: stages.Outcome, written: str) -> None:
    """Say what was read and what was not, and leave with the exit code that tells it."""
    unread, in_part, duplicates = outcome.unread, outcome.read_in_part, outcome.duplicates
    listed = outcome.failures.drop(duplicates.index).head(SHOWN_FAILURES)
    for row in listed.itertuples():
        how = "read in part" if row.stage == PAGES else "not read"
        typer.echo(f"  {how}: {row.source_file}: {row.reason} {row.what_to_do}", err=True)
    parts = [f"Read {outcome.n_documents} documents"]
    if len(unread):
        parts.append(f"{len(unread)} not read (failures.csv says why)")
    if len(in_part):
        parts.append(f"{len(in_part)} of these only in part")
    if len(duplicates):
        parts.append(f"{len(duplicates)} left out because they are copies")
    typer.echo(f"{', '.join(parts)}; {written}.", err=True)
    if len(unread) or len(in_part):
        raise typer.Exit(1)
