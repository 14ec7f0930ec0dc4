"""The commands that exchange codings with other programs: `export` and `import`.

The work is done in `pipeline.exchange`; this module parses options and prints results.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipeline.base import paths
from pipeline.base.counted import counted
from pipeline.cli.options import CodebookFile, first_day
from pipeline.cli.say import say
from pipeline.exchange.export_project import Choice, Tool, export_codebook, export_project
from pipeline.exchange.import_project import Imported, import_project

PANEL = "With NVivo, MAXQDA, ATLAS.ti and QualCoder"
SHOWN = 10

app = typer.Typer()


@app.command(rich_help_panel=PANEL)
def export(
    run: Annotated[Path, typer.Argument(help="Output folder of run.")] = paths.OUTPUTS,
    qdpx: Annotated[
        Path | None, typer.Option("--qdpx", help="The project to write, a .qdpx file.")
    ] = None,
    qdc: Annotated[
        Path | None, typer.Option("--qdc", help="The codebook to write, a .qdc file.")
    ] = None,
    tool: Annotated[
        Tool | None, typer.Option("--for", help="The program that will read the project.")
    ] = None,
    authority: Annotated[
        list[str] | None,
        typer.Option("--authority", help="Only documents about it; repeat it for several."),
    ] = None,
    theme: Annotated[
        list[str] | None, typer.Option("--theme", help="Only this theme; repeat it for several.")
    ] = None,
    since: Annotated[
        str,
        typer.Option(
            "--since",
            help="Only documents dated from then on: 2019, 2019-05 or 2019-05-28.",
            show_default=False,
        ),
    ] = "",
    pdf: Annotated[
        bool, typer.Option("--pdf", help="Put the PDFs into the project, with their text.")
    ] = False,
    people: Annotated[bool, typer.Option(help="Include the codes that coders gave.")] = True,
    codebook: CodebookFile = None,
) -> None:
    """Write a run as a REFI-QDA project, or its themes as a codebook.

    The project has a source for each document and a case for each authority. The model and every
    coder are users of their own.
    """
    if qdpx is None and qdc is None:
        raise typer.BadParameter("Name a file to write with --qdpx or --qdc.")
    themes = theme or ()
    if qdc is not None:
        n_themes = export_codebook(run, qdc, themes=themes, codebook=codebook)
        say(f"Wrote {counted(n_themes, 'theme')} to {qdc}.", err=True)
    if qdpx is not None:
        choice = Choice(authority or (), themes, first_day(since))
        done = export_project(
            run, qdpx, choice, tool=tool, pdf=pdf, codes=None if people else (), codebook=codebook
        )
        with_pdf = f" ({done.n_pdfs} with their PDF)" if pdf else ""
        machines = done.n_by_language_models
        by_machines = f" ({machines:,} of them by language models)" if machines else ""
        say(
            f"Wrote {counted(done.n_sources, 'document')}{with_pdf}, "
            f"{counted(done.n_by_model, 'coding')} by the model and {done.n_by_coders:,} by other "
            f"coders{by_machines} to {qdpx}.",
            err=True,
        )


@app.command("import", rich_help_panel=PANEL)
def import_(
    project: Annotated[Path, typer.Argument(help="The project, a .qdpx file.")],
    coder: Annotated[str, typer.Option("--coder", help="Whose codes they become.")],
    run: Annotated[
        Path, typer.Option("--run", help="Output folder of run with the documents.")
    ] = paths.OUTPUTS,
    user: Annotated[
        str,
        typer.Option(
            "--user",
            help="The coder's name in the project; needed if it differs from --coder and "
            "others coded there, too.",
        ),
    ] = "",
    mapping: Annotated[
        Path | None,
        typer.Option(
            "--map",
            help="What the codes of another codebook mean: a CSV file with the columns "
            "code, theme and stance.",
        ),
    ] = None,
    codes: Annotated[
        Path | None,
        typer.Option("--codes", help="The file to write; default: the coder's own."),
    ] = None,
    replace: Annotated[
        bool,
        typer.Option("--replace", help="Change codes that the coder gave before."),
    ] = False,
    codebook: CodebookFile = None,
) -> None:
    """Take what somebody coded in another program, as codes of that coder.

    What cannot be taken is listed with the reason; the exit code is then 1.
    """
    done = import_project(
        project, run, coder, user=user, mapping=mapping, target=codes, codebook=codebook,
        replace=replace,
    )  # fmt: skip
    _print_imported(done, project, coder.strip())
    if len(done.left_out):
        raise typer.Exit(1)


def _print_imported(done: Imported, project: Path, coder: str) -> None:
    for reason, n in done.left_out["reason"].value_counts().head(SHOWN).items():
        say(f"  not taken, {n} times: {reason}", err=True)
    taken = "" if done.user == coder else f", taken as {coder}"
    parts = [f"{project} has {counted(done.n_codings, 'coding')} by {done.user}{taken}"]
    if done.merged is not None:
        parts.append(
            f"they code {done.merged.n_coded} paragraphs, and {done.merged.n_added} of them were "
            f"added to {done.merged.target}"
        )
        if done.merged.n_changed:
            parts.append(f"{done.merged.n_changed} codes that were there before were changed")
    if done.n_comments:
        parts.append(f"{done.n_comments} comments are new")
    if n := len(done.left_out):
        parts.append(f"{n} codings were not taken ({done.left_out_file} lists them)")
    say(f"{'; '.join(parts)}.", err=True)
