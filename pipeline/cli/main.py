"""The command line: it parses and prints, and turns errors into exit codes.

What happens is in `stages` and `research`.
"""

from __future__ import annotations

import io
import os
import signal
import sys
from importlib import metadata
from typing import Annotated

import typer

from pipeline.base.errors import PipelineError
from pipeline.cli import research, run
from pipeline.running.local import stop_all

app = typer.Typer(
    help="Read children's-services inspections and build a cross-authority theme matrix.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(run.app)
app.add_typer(research.app)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"inspection-themes {metadata.version('inspection-themes')}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option(
            "--version", is_eager=True, callback=_show_version, help="Show the version and leave."
        ),
    ] = False,
) -> None:
    pass


def main() -> None:
    """Run the command line.

    Exit code 0: all well; 1: some files failed; 2: the command was wrong, or the disk is full or
    forbidden; 130: stopped with Ctrl-C.
    """
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _stop)
    _print_anything()
    try:
        app(windows_expand_args=False)
    except PipelineError as error:
        typer.echo(f"inspection-themes: {error} {error.hint}".rstrip(), err=True)
        sys.exit(2)
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        typer.echo(
            f"inspection-themes: {where}{error.strerror or error}. Make room, close the file "
            "elsewhere or get access to it, then run the same command again: it carries on from "
            "where it was.",
            err=True,
        )
        sys.exit(2)


def _print_anything() -> None:
    """A Windows console may lack a character of a file's name: it is shown as its number."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _stop(number: int, frame: object) -> None:
    """End at once: whatever is on disk is whole, so there is nothing to tidy up."""
    stop_all()
    typer.echo("\nStopped. Run the same command again: it carries on from where it was.", err=True)
    os._exit(128 + number)
