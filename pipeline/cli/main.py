"""The command line: it parses and prints, and turns errors into exit codes.

The work is done in `stages` and `research`.
"""

from __future__ import annotations

import io
import os
import signal
import sys
from collections.abc import Sequence
from importlib import metadata
from typing import Annotated

import typer

from pipeline.base.characters import show_controls
from pipeline.base.errors import PipelineError
from pipeline.base.workspace import find_workspace
from pipeline.cli import exchange, fetch, kept, research, run, validate
from pipeline.cli.say import say
from pipeline.running.local import stop_all

app = typer.Typer(
    help="Read children's-services inspections and build a matrix of authorities and themes.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",  # reflows the paragraphs of docstrings
)
app.add_typer(fetch.app)
app.add_typer(run.app)
app.add_typer(kept.app)
app.add_typer(research.app)
app.add_typer(validate.app)
app.add_typer(exchange.app)


def _show_version(wanted: bool) -> None:
    if wanted:
        say(f"inspection-themes {metadata.version('inspection-themes')}")
        raise typer.Exit


# These keep what they have done for the next time.
CARRY_ON = ("run", "extract", "tag", "fetch", "refresh")
# These use no codes, no codebook and no model.
WITHOUT_WORKSPACE = ("init", "fetch", "kept")


@app.callback()
def _options(
    context: typer.Context,
    version: Annotated[
        bool,
        typer.Option(
            "--version", is_eager=True, callback=_show_version, help="Show the version and exit."
        ),
    ] = False,
) -> None:
    # What help says is the same everywhere.
    if context.invoked_subcommand in WITHOUT_WORKSPACE or "--help" in (context.obj or ()):
        return
    if (folder := find_workspace().folder) is not None:
        say(f"Workspace: {folder}", err=True)


def main() -> None:
    """Run the command line of this process; `run_command` says what the exit codes mean."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _stop)
    _print_anything()
    sys.exit(run_command(sys.argv[1:]))


def run_command(arguments: Sequence[str]) -> int:
    """Run a command line; returns its exit code.

    0: all well; 1: some files failed; 2: the command was wrong, or the disk is full or not
    writable; 130: stopped with Ctrl-C.
    """
    try:
        app(list(arguments), prog_name="inspection-themes", obj=tuple(arguments))
    except SystemExit as leaving:
        return int(leaving.code or 0)
    except PipelineError as error:
        say(f"inspection-themes: {error} {error.hint}".rstrip(), err=True)
        return 2
    except OSError as error:
        where = f"{show_controls(str(error.filename))}: " if error.filename else ""
        say(
            f"inspection-themes: {where}{error.strerror or error}. Free some space, close the "
            f"file in other programs or get access to it. {_again(arguments)}",
            err=True,
        )
        return 2
    return 0


def _again(arguments: Sequence[str]) -> str:
    """What becomes of a command line that was stopped, if it is run again."""
    named = next((word for word in arguments if not word.startswith("-")), "")
    # Loose paragraphs are tagged in one go.
    if named in CARRY_ON and "--input" not in arguments:
        return "Run the same command again: it carries on from where it was."
    return "Run the same command again: it begins anew."


def _print_anything() -> None:
    """Print characters that the console lacks, as Windows may in file names, as their numbers."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _stop(number: int, frame: object) -> None:
    """End at once: every file on the disk is complete, so there is nothing to tidy up."""
    stop_all()
    say(f"\nStopped. {_again(sys.argv[1:])}", err=True)
    os._exit(128 + number)
