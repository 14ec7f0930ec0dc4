"""Printing: names and texts from outside cannot steer the terminal."""

from __future__ import annotations

import typer

from pipeline.base.characters import show_controls


def say(message: str = "", *, err: bool = False, nl: bool = True) -> None:
    """Print a message whose lines are our own; other control characters become their numbers."""
    typer.echo(show_controls(message, keep="\n\t"), err=err, nl=nl)
