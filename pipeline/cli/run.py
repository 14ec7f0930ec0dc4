"""The analysts' commands: `run`, and its stages `extract`, `tag` and `matrix` one by one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import pandas as pd
import typer

from pipeline import stages
from pipeline.base.characters import show_controls
from pipeline.base.columns import EXTRACT, MARKED, MISSPELT, PAGES
from pipeline.base.counted import counted
from pipeline.base.paths import OUTPUTS, SAMPLE_CORPUS
from pipeline.base.settings import Settings
from pipeline.cli import options
from pipeline.cli.say import say

STAGES_PANEL = "The stages one by one"
SHOWN_FAILURES = 10
BRIEFINGS = Path("briefings")
# What happened to a file, by the stage of its failure.
HOW = {
    EXTRACT: "not read",
    PAGES: "read in part",
    MARKED: "not marked",
    MISSPELT: "to check",
}

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
    keep_for: options.KeepFor = options.DEFAULT_KEEP_FOR,
    keep_at_most: options.KeepAtMost = None,
    processes: options.Processes = None,
    cluster: options.Cluster = "",
    reader: options.Reader = options.DEFAULT_READER,
    ocr: options.Ocr = False,
    marked: options.Marked = False,
    with_theme: options.WithThemes = None,
) -> None:
    """Read a folder of reports and build the theme matrix, with its evidence.

    Without arguments it reads the sample corpus, which is invented, and writes to outputs/.
    Reports already read are not read again. You can stop it at any time: run the same command
    again and it carries on from where it was.
    """
    keeping = options.keeping_of(keep_for, keep_at_most)
    settings = options.settings_of(
        seconds=seconds,
        memory=memory,
        pages=pages,
        megabytes=megabytes,
        processes=processes,
        cluster=cluster,
        reader=reader,
        ocr=ocr,
        keeping=keeping,
        marked=marked,
        with_themes=with_theme or (),
    )
    outcome = stages.run(corpus, out, settings, model=model, kept=kept)
    written = f"report.html, matrix.xlsx and the tables are in {out}"
    close(outcome, f"nothing has changed; {written}" if outcome.unchanged else written)


@app.command()
def briefing(
    authorities: Annotated[
        list[str] | None,
        typer.Argument(help="Names of authorities, in any spelling.", show_default=False),
    ] = None,
    out: Annotated[
        Path, typer.Option("--out", help="File, or folder for several; created if needed.")
    ] = BRIEFINGS,
    run: Annotated[Path, typer.Option("--run", help="Output folder of run.")] = OUTPUTS,
    every: Annotated[
        bool, typer.Option("--all", help="A briefing on every authority of the run.")
    ] = False,
    template: Annotated[
        Path | None,
        typer.Option("--template", help="Word file (.docx) whose styles and page to use."),
    ] = None,
) -> None:
    """Write a two-page Word briefing on an authority, or on several.

    It has grades, praise and concern by theme, what got better or worse, the statistical
    neighbours, and quotations with their pages, from the tables of a run.
    """
    if every == bool(authorities):
        raise typer.BadParameter("Name authorities, or give --all.")
    written = stages.briefing(run, authorities or (), out, template=template)
    where = written[0] if len(written) == 1 else f"{len(written)} briefings in {out}"
    say(f"Wrote {where}.", err=True)


@app.command(rich_help_panel=STAGES_PANEL)
def extract(
    corpus: options.Corpus = SAMPLE_CORPUS,
    out: options.Out = OUTPUTS,
    seconds: options.Seconds = options.DEFAULT_SECONDS,
    memory: options.Memory = options.DEFAULT_MEMORY,
    pages: options.Pages = options.DEFAULT_PAGES,
    megabytes: options.Megabytes = options.DEFAULT_MEGABYTES,
    kept: options.Kept = None,
    keep_for: options.KeepFor = options.DEFAULT_KEEP_FOR,
    keep_at_most: options.KeepAtMost = None,
    processes: options.Processes = None,
    cluster: options.Cluster = "",
    reader: options.Reader = options.DEFAULT_READER,
    ocr: options.Ocr = False,
) -> None:
    """Read reports into the tables documents, paragraphs and failures."""
    keeping = options.keeping_of(keep_for, keep_at_most)
    settings = options.settings_of(
        seconds=seconds,
        memory=memory,
        pages=pages,
        megabytes=megabytes,
        processes=processes,
        cluster=cluster,
        reader=reader,
        ocr=ocr,
        keeping=keeping,
    )
    outcome = stages.extract(corpus, out, settings, kept=kept)
    close(outcome, f"documents, paragraphs and failures are in {out}")


@app.command(rich_help_panel=STAGES_PANEL)
def tag(
    out: options.Out = OUTPUTS,
    model: options.ModelFolder = None,
    kept: options.Kept = None,
    keep_for: options.KeepFor = options.DEFAULT_KEEP_FOR,
    keep_at_most: options.KeepAtMost = None,
    processes: options.Processes = None,
    cluster: options.Cluster = "",
    input_file: Annotated[
        Path | None,
        typer.Option(
            "--input",
            help="File of loose paragraphs to tag instead: a JSON object per line, with id, text "
            "and optionally heading and lead_in.",
        ),
    ] = None,
    output_file: Annotated[
        Path | None, typer.Option("--output", help="File for the tags of --input, as JSON lines.")
    ] = None,
) -> None:
    """Tag the paragraphs that extract wrote, or loose ones, by theme."""
    if (input_file is None) != (output_file is None):
        raise typer.BadParameter("--input and --output go together: give both.")
    if input_file is not None and output_file is not None:
        n = stages.tag_passages(input_file, output_file, model=model)
        say(f"Tagged {counted(n, 'paragraph')} and wrote {output_file}.", err=True)
        return
    keeping = options.keeping_of(keep_for, keep_at_most)
    settings = Settings(processes=processes, cluster=cluster, keeping=keeping)
    n_tagged = stages.tag(out, settings, model=model, kept=kept)
    for line in stages.say_provisional_themes(out):
        say(f"  {line}", err=True)
    say(f"Wrote {n_tagged} tags to {out}: tags.csv and tags.parquet.", err=True)


@app.command(rich_help_panel=STAGES_PANEL)
def matrix(
    out: options.Out = OUTPUTS,
    corpus: Annotated[
        Path | None,
        typer.Option(
            "--corpus",
            help="Folder of the reports, to link to their pages; default: the one that run read.",
        ),
    ] = None,
    marked: options.Marked = False,
    processes: options.Processes = None,
    with_theme: options.WithThemes = None,
    picture_of: Annotated[
        list[str] | None,
        typer.Option(
            "--picture-of",
            help="Authority, in any spelling, that matrix.png and matrix.svg show alone, for a "
            "paper; repeat it for several. Default: all.",
        ),
    ] = None,
) -> None:
    """Build the matrix, report and workbook from the tables of extract and tag."""
    settings = Settings(processes=processes, marked=marked, with_themes=tuple(with_theme or ()))
    unmarked = stages.matrix(out, settings, corpus=corpus, picture_of=picture_of or ())
    _list_failures(unmarked)
    for line in stages.read_outcome(out, settings, matrix=True).remarks:
        say(f"  {line}", err=True)
    say(f"Wrote report.html, matrix.xlsx, matrix.svg and the tables to {out}.", err=True)
    if len(unmarked):
        raise typer.Exit(1)


def _list_failures(failures: pd.DataFrame) -> None:
    for row in failures.head(SHOWN_FAILURES).itertuples():
        how = HOW.get(row.stage, "not used")
        told = show_controls(f"{row.source_file}: {row.reason} {row.what_to_do}")
        say(f"  {how}: {told}", err=True)


def close(outcome: stages.Outcome, written: str) -> None:
    """Print what is new, what was read and what was not.

    Exits with code 1 if something was not read.
    """
    if outcome.news is not None and outcome.news.since:
        from pipeline.cli.news import print_news

        print_news(outcome.news)
    _list_failures(outcome.harmful)
    _list_failures(outcome.misspelt.drop_duplicates("reason"))
    for remark in outcome.remarks:
        say(f"  {remark}", err=True)
    parts = [f"Read {counted(outcome.n_documents, 'document')}"]
    if n := len(outcome.unread):
        parts.append(f"{n} not read (failures.csv says why)")
    if n := outcome.read_in_part["source_file"].nunique():
        parts.append(f"of those read, {n} only in part")
    if n := len(outcome.unmarked):
        parts.append(f"{n} not marked, or only in part")
    if n := len(outcome.duplicates):
        parts.append(f"{n} left out as copies")
    if n := len(outcome.hidden):
        parts.append(f"{n} hidden (failures.csv names them)")
    if n := len(outcome.misspelt):
        parts.append(f"{n} with an authority to check (failures.csv says why)")
    if n := len(outcome.stray_overrides):
        name = "names" if n == 1 else "name"
        parts.append(f"{counted(n, 'row')} of documents.csv {name} no file")
    say(f"{', '.join(parts)}; {written}.", err=True)
    if not outcome.is_complete:
        raise typer.Exit(1)
