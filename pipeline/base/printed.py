"""Tables as text for papers: Markdown and LaTeX."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

import pandas as pd

from pipeline.base.files import write_whole


class PrintFormat(StrEnum):
    """The formats of printed tables."""

    markdown = "markdown"
    latex = "latex"


SUFFIXES = {PrintFormat.markdown: ".md", PrintFormat.latex: ".tex"}


def write_printed(table: pd.DataFrame, folder: Path, name: str, form: PrintFormat) -> Path:
    """Write a table for print to `folder`, whole or not at all; returns the file.

    LaTeX needs `\\usepackage{booktabs}`.
    """
    as_text = {PrintFormat.markdown: as_markdown, PrintFormat.latex: as_latex}[form]
    path = folder / f"{name}{SUFFIXES[form]}"
    folder.mkdir(parents=True, exist_ok=True)
    write_whole(path, as_text(table))
    return path


def as_markdown(table: pd.DataFrame) -> str:
    """A table in Markdown, as GitHub, Pandoc and Quarto read it.

    >>> print(as_markdown(pd.DataFrame({"who": ["a|b"], "n": [3]})), end="")
    | who | n |
    | --- | --- |
    | a\\|b | 3 |
    """
    head = list(table.columns)
    lines = [head, ["---"] * len(head), *table.itertuples(index=False)]
    cells = [[plain_markdown(str(cell)) for cell in line] for line in lines]
    return "".join(f"| {' | '.join(line)} |\n" for line in cells)


def as_latex(table: pd.DataFrame) -> str:
    """A table in LaTeX, without its surroundings."""
    return table.to_latex(index=False, escape=True)


def plain_markdown(text: str) -> str:
    """Text that Markdown shows as it is: names come from documents and coders."""
    for sign in "\\`*_<>#|":
        text = text.replace(sign, f"\\{sign}")
    # Brackets stay as they are around intervals, but make no link.
    text = text.replace("](", "]\\(").replace("]:", "]\\:")
    return " ".join(text.split())
