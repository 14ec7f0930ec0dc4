"""Printing: names and texts from outside cannot steer the terminal."""

from __future__ import annotations

import logging
import os
import shlex
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import typer

from pipeline.base.characters import show_controls


def say(message: str = "", *, err: bool = False, nl: bool = True) -> None:
    """Print a message whose lines are our own; other control characters become their numbers."""
    typer.echo(show_controls(message, keep="\n\t"), err=err, nl=nl)


def as_typed(*words: object) -> str:
    """A command of ours as it is typed: what has a space in it is in quotation marks."""
    command = ["inspection-themes", *map(str, words)]
    return subprocess.list2cmdline(command) if os.name == "nt" else shlex.join(command)


@contextmanager
def progress_said() -> Iterator[None]:
    """Meanwhile, say how far training is, which it writes to the log."""
    log, handler = logging.getLogger("pipeline.training"), _Say(logging.INFO)
    before = log.level
    log.setLevel(logging.INFO)
    log.addHandler(handler)
    try:
        yield
    finally:
        log.removeHandler(handler)
        log.setLevel(before)


class _Say(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        say(record.getMessage(), err=True)
