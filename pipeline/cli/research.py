"""The researchers' commands: code paragraphs, train, evaluate and promote models, explain tags.

The work is done in `pipeline.research`; this module parses options and prints results.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipeline import research
from pipeline.base import paths
from pipeline.base.counted import counted
from pipeline.base.errors import LabelError, TableError
from pipeline.base.files import LOCK_FILE
from pipeline.base.printed import SUFFIXES, PrintFormat, write_printed
from pipeline.base.tables import write_table
from pipeline.base.workspace import README_FILE, make_workspace
from pipeline.cli.options import (
    CODES_HELP,
    RESEARCH_PANEL,
    CodebookFile,
    Codes,
    ModelFolder,
    RunFolder,
    Runs,
    Seed,
    refuse_idle_replace,
)
from pipeline.cli.say import as_typed, progress_said, say
from pipeline.cli.scores import (
    print_comparison,
    print_matrix_changes,
    print_merged,
    print_scores,
    print_slices,
    print_trained,
)

SHEET = Path("to-code")
# Of each two coders, and of all.
AGREEMENT_TABLES = ("agreement", "agreement-together")

app = typer.Typer()


@app.command(rich_help_panel=RESEARCH_PANEL)
def init(
    folder: Annotated[
        Path,
        typer.Argument(
            help="Folder to make. It may exist, but not hold a codebook.toml, README.md or "
            "settings yet."
        ),
    ],
) -> None:
    """Make a workspace: a folder with your own codes, codebook and models.

    Commands that are run in it, or in a folder below it, use what it holds.
    """
    made = make_workspace(folder)
    say(f"Made the workspace {made.folder}; {README_FILE} there says what it holds.", err=True)


@app.command(rich_help_panel=RESEARCH_PANEL)
def label(
    run: RunFolder = paths.OUTPUTS,
    sheet: Annotated[
        Path, typer.Option("--sheet", help="The file to write; with --read, the filled-in one.")
    ] = SHEET,
    number: Annotated[
        int, typer.Option("--number", "-n", min=1, help="How many paragraphs.")
    ] = 100,
    form: Annotated[
        str, typer.Option("--format", help="xlsx, label-studio, doccano or prodigy.")
    ] = "xlsx",
    seed: Seed = 0,
    theme: Annotated[
        str,
        typer.Option(
            "--theme",
            help="Only for this theme of the codebook, such as a new one of your own: by its "
            "search terms first, then by what is like those that carry it.",
        ),
    ] = "",
    read: Annotated[
        bool, typer.Option("--read", help="Read the filled-in file and merge its codes.")
    ] = False,
    coder: Annotated[
        str,
        typer.Option(
            "--coder", help="Coder's name; needed with --read, unless the file names one."
        ),
    ] = "",
    replace: Annotated[
        bool,
        typer.Option(
            "--replace",
            help="With --read: change codes that the coder gave before; each change is recorded "
            "in the folder changes.",
        ),
    ] = False,
    codes: Annotated[
        list[Path] | None,
        typer.Option(
            "--codes",
            help=f"{CODES_HELP} With --read, the file to write.",
        ),
    ] = None,
    codebook: CodebookFile = None,
) -> None:
    """Propose paragraphs to code, or read the filled-in file back.

    Proposes the paragraphs of RUN that are most worth coding. With --read, the codes go to the
    coder's own file among those of the workspace (or in corpus/codes), or to --codes.
    """
    refuse_idle_replace(replace, read)
    if read:
        if codes and len(codes) > 1:
            raise LabelError("With --read, --codes is the file to write.", "Give only one.")
        target = codes[0] if codes else None
        merged = research.merge(
            run, sheet, coder, form=form, target=target, codebook=codebook, replace=replace
        )
        print_merged(merged, sheet)
        return
    proposal = research.propose(
        run,
        sheet,
        number=number,
        form=form,
        seed=seed,
        theme=theme,
        codes=codes,
        codebook=codebook,
    )
    own = ("--codebook", codebook) if codebook else ()
    to_read = ("label", run, "--read", "--sheet", proposal.files[0], *own, "--coder", "Your name")
    say(
        f"Wrote {counted(proposal.n_paragraphs, 'paragraph')} to "
        f"{', '.join(map(str, proposal.files))}. Once they are coded: {as_typed(*to_read)}",
        err=True,
    )


@app.command(rich_help_panel=RESEARCH_PANEL)
def agreement(
    coders: Annotated[
        list[str],
        typer.Argument(
            help="Names of two or more coders; `model` is the trained model.", show_default=False
        ),
    ],
    run: Annotated[
        Path | None,
        typer.Option(
            "--run",
            help="Output folder of run: for the texts, for --sheet, and for the tags of `model`.",
        ),
    ] = None,
    model: ModelFolder = None,
    sheet: Annotated[
        Path | None,
        typer.Option(
            "--sheet",
            help="Also write a sheet of the paragraphs in RUN that were coded differently, to "
            "agree on a code; label --read reads it back.",
        ),
    ] = None,
    form: Annotated[
        PrintFormat | None,
        typer.Option("--format", help="Also write the tables for print, as Markdown or LaTeX."),
    ] = None,
    codes: Codes = None,
    codebook: CodebookFile = None,
    out: Annotated[Path, typer.Option("--out", help="Folder for the tables.")] = Path("agreement"),
) -> None:
    """Show how far coders agree, and where they differ.

    Measures each two of them and, if there are more, all together. What `model` says of paragraphs
    that it learnt from comes from models that had not seen the authority; of others it is the tags
    in RUN.
    """
    from pipeline.labelling.agreement import for_print

    _check_place(out)
    compared = research.compare_coders(
        coders, run=run, codes=codes, model=model, sheet=sheet, codebook=codebook
    )
    measured = (compared.measured, compared.together)
    tables = {
        name: table
        for name, table in zip(AGREEMENT_TABLES, measured, strict=True)
        if table is not None
    }
    _remove_tables(out)
    for name, table in tables.items():
        write_table(table, out, name)
        say(for_print(table).to_string(index=False))
        if form is not None:
            write_printed(for_print(table), out, name, form)
    write_table(compared.differing, out, "disagreements")
    where = out / "disagreements.csv"
    say(f"Codes that differ: {len(compared.differing):,} (listed in {where}).", err=True)
    if compared.sheet is not None:
        say(
            f"Wrote {compared.n_in_sheet} of them to {compared.sheet}: those in this run that are "
            "not agreed on yet. Once they are: "
            + as_typed("label", run, "--read", "--sheet", compared.sheet),
            err=True,
        )
    elif sheet is not None:
        say("In this run there is nothing left to agree on, so no sheet was written.", err=True)


def _remove_tables(out: Path) -> None:
    """Remove the tables of coders who were compared before: this time some may not be written."""
    for name in AGREEMENT_TABLES:
        for suffix in (".csv", ".parquet", *SUFFIXES.values()):
            (out / f"{name}{suffix}").unlink(missing_ok=True)


@app.command(rich_help_panel=RESEARCH_PANEL)
def train(
    runs: Runs = None,
    codes: Codes = None,
    codebook: CodebookFile = None,
    models: Annotated[
        Path | None,
        typer.Option(
            "--models",
            help="Where to put the new model folder; default: models, in the workspace.",
        ),
    ] = None,
    base: Annotated[
        Path | None,
        typer.Option(
            "--base",
            help="Model whose kept counts stand in for reports you lack; default: the one in use.",
        ),
    ] = None,
    encoder: Annotated[
        Path | None,
        typer.Option(
            "--encoder",
            help="Fine-tune a new encoder from the sentence encoder in this folder; takes about "
            "two hours without a graphics card, half of that on a processor that multiplies "
            "bfloat16 (extra: encoder). Default: keep the base's.",
        ),
    ] = None,
    teacher: Annotated[
        Path | None,
        typer.Option(
            "--teacher",
            help="Let the new encoder learn from the larger sentence encoder in this folder, too; "
            "takes some four times as long.",
        ),
    ] = None,
) -> None:
    """Train a new model from all codes. To use it, promote it.

    RUNS are output folders of run or extract with the coded paragraphs of your own reports. Codes
    of other reports are learnt from the counts kept in --base. No model is overwritten.
    """
    with progress_said():
        folder = research.train(
            runs or (),
            codes=codes,
            codebook=codebook,
            models=models,
            base=base,
            encoder=encoder,
            teacher=teacher,
        )
    print_trained(folder)


@app.command(rich_help_panel=RESEARCH_PANEL)
def evaluate(
    runs: Runs = None,
    model: ModelFolder = None,
    against: Annotated[
        Path | None, typer.Option("--against", help="Another model to compare it with.")
    ] = None,
    codes: Codes = None,
    curve: Annotated[
        bool, typer.Option(help="Train on fewer codes to show whether more would help.")
    ] = True,
    out: Annotated[Path, typer.Option("--out", help="Folder for the tables.")] = Path(
        "evaluation"
    ),
) -> None:
    """Score a model on authorities it has not seen.

    The scores stand beside those of a keyword search and of the commonest answer. RUNS are output
    folders of run or extract. With them, codes of new authorities count too, mistakes have their
    text, and --against also shows what would change in the matrix.
    """
    _check_place(out)
    with progress_said():
        done = research.evaluate(
            runs or (), model=model, against=against, codes=codes, curve=curve
        )
    print_scores(done)
    write_table(done.slices, out, "slices")
    print_slices(done.slices, out / "slices.csv")
    if done.curve is not None:
        write_table(done.curve, out, "learning-curve")
        say("\nLearning curve, on a fifth of the authorities:")
        say(done.curve.round(3).to_string(index=False))
    if done.no_curve:
        say(f"\nNo learning curve can be drawn. {done.no_curve}")
    if done.theme_curves is not None:
        write_table(done.theme_curves, out, "learning-curve-by-theme")
        say(f"\nWith more codes ({out / 'learning-curve-by-theme.csv'} has the curves):")
        for theme, more in done.more_codes.items():
            say(f"  {theme}: {more}")
    write_table(done.mistakes, out, "mistakes")
    say(f"\nThe {len(done.mistakes)} worst mistakes are in {out / 'mistakes.csv'}.")
    if against is None or done.against is None:
        return
    print_comparison(done.against, against)
    if done.against_at_random is not None:
        say("\nOnly on paragraphs drawn at random:", nl=False)
        print_comparison(done.against_at_random, against)
    if runs:
        write_table(done.matrix_changes, out, "matrix-changes")
        print_matrix_changes(done.matrix_changes, out / "matrix-changes.csv")


def _check_place(out: Path) -> None:
    """Raise `TableError` for the folder of a run, which has tables of the same names."""
    if out.joinpath(LOCK_FILE).exists():
        raise TableError(f"{out} holds the tables of a run.", "Give another folder with --out.")


@app.command(rich_help_panel=RESEARCH_PANEL)
def renew(runs: Runs = None, model: ModelFolder = None, codes: Codes = None) -> None:
    """Work out again what a model's folder says about its errors and what is familiar to it.

    For models of earlier versions, and after codes were corrected. RUNS are output folders of run
    or extract with the documents that it learnt from. Tags stay the same.
    """
    folder = research.renew(runs or (), model=model, codes=codes)
    say(f"Renewed the card in {folder}.", err=True)


@app.command(rich_help_panel=RESEARCH_PANEL)
def promote(
    model: Annotated[Path, typer.Argument(help="Folder of the model to use from now on.")],
    codes: Codes = None,
    force: Annotated[bool, typer.Option("--force", help="Use it even if it is worse.")] = False,
    with_theme: Annotated[
        list[str] | None,
        typer.Option(
            "--with-theme",
            help="A provisional theme that it may have; repeat it for several. It is tagged, but "
            "still not counted.",
        ),
    ] = None,
) -> None:
    """Put a model into use, if it is not worse than the present one.

    A theme of which too little is known is provisional, and has to be named.
    """
    # First: to compare the models takes more than a minute.
    research.check_promotion(model, with_themes=with_theme or (), force=force)
    compared = None if force else research.compare_with_current(model, codes)
    if compared is not None:
        current, comparison = compared
        print_comparison(comparison, current)
    provisional = research.promote(model, compared, with_themes=with_theme or (), force=force)
    for theme, why in provisional.items():
        say(f"{theme} is provisional: {why}.", err=True)
    say(f"{model} is now the model in use.", err=True)


@app.command(name="explain", rich_help_panel=RESEARCH_PANEL)
def explain_paragraph(
    paragraph_id: Annotated[str, typer.Argument(help="Its id, as in the tables.")],
    out: Annotated[Path, typer.Option("--out", help="Output folder of run.")] = paths.OUTPUTS,
    theme: Annotated[
        list[str] | None,
        typer.Option("--theme", help="A theme to explain; default: all its tags."),
    ] = None,
    model: ModelFolder = None,
) -> None:
    """Show which sentence and words give a paragraph its themes."""
    told = research.explain(paragraph_id, out, themes=theme or (), model=model)
    say(told.text)
    for reason in told.reasons:
        words = ", ".join(f"{told.text[w.start : w.end]} {w.weight:+.2f}" for w in reason.words)
        say(
            f"\n{reason.theme}: probability {reason.probability:.2f}"
            f"{', ' + reason.stance if reason.tagged else ', not tagged'}"
            f"\n  sentence: {told.text[reason.start : reason.end]}\n  words: {words}"
        )
    if not told.reasons:
        say("\nThis paragraph has no theme. Ask about one with --theme.")
