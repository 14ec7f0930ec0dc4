"""The command `validate`: a run's tags against one's own reading of a random sample."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.base.counted import counted
from pipeline.base.errors import LabelError
from pipeline.base.paths import OUTPUTS
from pipeline.cli.options import RESEARCH_PANEL, RunFolder, Seed, refuse_idle_replace
from pipeline.cli.say import as_typed, say
from pipeline.cli.scores import print_merged

if TYPE_CHECKING:
    from pipeline.validation.validate import Validated

SHEET = Path("validate")

app = typer.Typer()


@app.command(rich_help_panel=RESEARCH_PANEL)
def validate(
    run: RunFolder = OUTPUTS,
    sheet: Annotated[
        Path, typer.Option("--sheet", help="The sheet to write; with --read, the filled-in one.")
    ] = SHEET,
    number: Annotated[
        int, typer.Option("--number", "-n", min=1, help="How many paragraphs to draw.")
    ] = 200,
    of_kinds: Annotated[
        list[str] | None,
        typer.Option(
            "--kind",
            help='Draw only from documents of this type, such as "scrutiny report"; repeatable.',
            metavar="TYPE",
        ),
    ] = None,
    seed: Seed = 0,
    again: Annotated[
        bool,
        typer.Option(
            "--again", help="Draw none; write all that were drawn once more, for another coder."
        ),
    ] = False,
    read: Annotated[
        bool,
        typer.Option("--read", help="Read the filled-in sheet, and say how good the tags are."),
    ] = False,
    coder: Annotated[str, typer.Option("--coder", help="Coder's name; needed with --read.")] = "",
    replace: Annotated[
        bool,
        typer.Option("--replace", help="With --read: change codes that the coder gave before."),
    ] = False,
) -> None:
    """Check the tags of a run against your own reading of a random sample.

    Draws paragraphs of RUN and writes a coding sheet that does not show what the model said. With
    --read, validation.html in RUN says how often the model is right on these documents; matrix and
    run then correct the shares by it.
    """
    from pipeline.validation.validate import draw_to_validate, read_validation

    if read and again:
        raise LabelError("--again writes a sheet, and --read reads one.", "Give only one of them.")
    if read and of_kinds:
        raise LabelError("--kind is for drawing.", "Leave it out: --read reads the whole sheet.")
    refuse_idle_replace(replace, read)
    if read:
        _print_validated(read_validation(run, sheet, coder, replace=replace), run, sheet)
        return
    drawn = draw_to_validate(
        run, sheet, number=number, seed=seed, again=again, of_kinds=of_kinds or ()
    )
    kinds = ", ".join(f"{n} of {kind}" for kind, n in drawn.by_kind.items())
    to_read = ("validate", run, "--read", "--sheet", drawn.files[0], "--coder", "Your name")
    say(
        f"Wrote {counted(sum(drawn.by_kind.values()), 'paragraph')} to {drawn.files[0]} "
        f"({kinds}); {drawn.n_in_all} are drawn in all. Keep a copy for a second coder. "
        f"Once they are coded: {as_typed(*to_read)}",
        err=True,
    )


def _print_validated(done: Validated, run: Path, sheet: Path) -> None:
    from pipeline.matrix.intervals import MIN_CODED
    from pipeline.validation.figures import LEAST_CODED

    print_merged(done.merged, sheet)
    if left := done.n_drawn - done.n_coded:
        say(
            f"{left} of the {done.n_drawn} paragraphs drawn are not coded by this coder: they "
            "count as not answered, not as `no`.",
            err=True,
        )
    if done.not_coded:
        say(
            f"Nothing is coded of these kinds, and no figure is about them: "
            f"{', '.join(done.not_coded)}.",
            err=True,
        )
    shares = done.table[(done.table["measure"] == "share") & (done.table["slice"] == "all")]
    for row in shares.itertuples():
        say(
            f"  {row.theme:14} {row.estimate:6.1%} of paragraphs ({row.low:.1%} to "
            f"{row.high:.1%}), from {row.n_paragraphs} codes"
        )
    for kind, themes in done.corrected.items():
        say(f"  {kind}: enough codes to correct the shares of {', '.join(themes)}")
    correct = f"To correct the matrix by it: {as_typed('matrix', '--out', run)}"
    if not done.corrected:
        correct = (
            f"Too few codes to correct any share: in a kind of document, at least {LEAST_CODED} "
            f"paragraphs must be coded, {MIN_CODED} with the theme and {MIN_CODED} without it, "
            "and the tags be better than guessing."
        )
    say(f"Wrote {done.page}, with precision, recall and agreement. {correct}", err=True)
