"""Small made-up records, tables and files for the tests. Every text in the tests is invented."""

from __future__ import annotations

import gc
import io
import time
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np
import openpyxl
import pandas as pd

from pipeline.base.columns import HALF_COLUMNS
from pipeline.base.records import Block, Line, Page
from pipeline.tagging.encoder import END, MAX_PIECES, START, UNKNOWN, Encoder, in_steps
from pipeline.tagging.encoder_graph import HEAD_WIDTH

LEADING = 14.5
# The first character of a line of `blocks_of` says what it is.
SIGNS = {"#": "heading", "-": "list_item", "|": "table", "@": "address"}
T = TypeVar("T")
# Seconds of the processor: of fewer its clock says little, and of more no second round is needed.
MEASURABLE, ENOUGH = 0.02, 0.2


def line(text: str, top: float = 100.0, x0: float = 71.0, **changes) -> Line:
    size = changes.pop("font_size", 12.0)
    width = changes.pop("width", 5.2 * len(text))
    return Line(
        text=text,
        x0=x0,
        top=top,
        x1=x0 + width,
        bottom=top + size,
        font_size=size,
        bold=changes.pop("bold", False),
        **changes,
    )


def page(lines: Sequence[Line], number: int = 1) -> Page:
    return Page(number=number, height=842.0, lines=tuple(lines))


def paragraph_lines(
    texts: Sequence[str], top: float = 100.0, x0: float = 71.0, hanging: float = 0.0, **changes
) -> list[Line]:
    """Lines set one below the other; those after the first begin `hanging` points further in."""
    return [
        line(text, top=top + n * LEADING, x0=x0 + (hanging if n else 0.0), **changes)
        for n, text in enumerate(texts)
    ]


def block(text: str, kind: str = "paragraph", **changes) -> Block:
    return Block(kind=kind, text=text, page=changes.pop("page", 1), **changes)


def blocks_of(text: str) -> list[Block]:
    """The blocks of a document written line by line: # heading, - item, | row, @ address."""
    lines = [line.strip() for line in text.strip().splitlines() if line.strip()]
    return [block(line.lstrip("#-|@ "), SIGNS.get(line[0], "paragraph")) for line in lines]


def documents_table(*rows: tuple[str, str, int]) -> pd.DataFrame:
    """Documents as (doc_id, authority, n_paragraphs), with what the matrix needs beside it."""
    table = pd.DataFrame(rows, columns=["doc_id", "authority", "n_paragraphs"])
    return table.assign(
        n_words=table["n_paragraphs"] * 100,
        source_file=table["doc_id"] + ".pdf",
        url="",
        published_on=None,
        published_precision="",
        document_type="inspection",
        framework="ILACS",
        topic="",
        region="",
        overall_effectiveness="",
        n_pages=9,
    )


def tags_table(*rows: tuple[str, str, str, bool, str]) -> pd.DataFrame:
    """Tags as (paragraph_id, doc_id, theme, tagged, stance)."""
    table = pd.DataFrame(rows, columns=["paragraph_id", "doc_id", "theme", "tagged", "stance"])
    halves = dict.fromkeys(HALF_COLUMNS, pd.NA)
    return table.assign(probability=0.5, **halves, model_id="m").astype({"tagged": bool})


def fill_sheet(path: Path, *changes: tuple[int, str, object]) -> None:
    """Set cells of a sheet of paragraphs to code: (row, column name, value)."""
    workbook = openpyxl.load_workbook(path)
    sheet = workbook.worksheets[0]
    header = [cell.value for cell in sheet[1]]
    for row, column, value in changes:
        if column not in header:
            header.append(column)
            sheet.cell(1, len(header), column)
        sheet.cell(row, header.index(column) + 1, value)
    workbook.save(path)


def change_part(workbook: Path, part: str, change: Callable[[bytes], bytes]) -> None:
    """Change one of the files of which a workbook is made."""
    with zipfile.ZipFile(workbook) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts[part] = change(parts[part])
    with zipfile.ZipFile(workbook, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)


def scanned_page(words: str) -> bytes:
    """A PDF with one page that is a picture of words; needs Pillow."""
    from PIL import Image, ImageDraw, ImageFont

    picture = Image.new("L", (1654, 2339), 255)
    ImageDraw.Draw(picture).text((150, 200), words, font=ImageFont.load_default(size=44), fill=0)
    file = io.BytesIO()
    picture.save(file, "PDF", resolution=200)
    return file.getvalue()


def growth(work: Callable[[T], object], small: T, large: T) -> float:
    """How many times as long `work` takes on `large` as on `small`, in processor time.

    Where `large` is four times as long, 4 is linear and 16 is square. The quickest of a few rounds
    counts, for what else the machine does only makes a round longer.
    """
    return _cost(work, large) / _cost(work, small)


def _cost(work: Callable[[T], object], given: T) -> float:
    """Seconds of the processor, of the quickest of a few rounds."""
    rounds: list[float] = []
    # Late in a run of all tests, Python looks through all that they hold when much is made.
    gc.disable()
    try:
        while len(rounds) < 3 and sum(rounds) < ENOUGH:
            times, begun = 0, time.process_time()
            while (took := time.process_time() - begun) < MEASURABLE:
                work(given)
                times += 1
            rounds.append(took / times)
    finally:
        gc.enable()
    return min(rounds)


# Pieces of words of `small_encoder`.
PIECES = (
    START,
    END,
    UNKNOWN,
    "wait",
    "##s",
    "##ing",
    "long",
    "cafe",
    "camhs",
    ".",
    "-",
    "a",
    "##b",
)
WIDTH = 2 * HEAD_WIDTH
READ = ("camhs", "early_help")  # the themes of `small_encoder`


def small_encoder(layers=2):
    """Random weights: enough to see how texts are read, not what is made of them."""
    rng = np.random.default_rng(0)

    def matrix(*shape):
        return rng.normal(0, 0.3, shape).astype(np.float32)

    norm = np.stack([np.ones(WIDTH), np.zeros(WIDTH)]).astype(np.float32)
    weights = {
        "pieces": matrix(len(PIECES), WIDTH),
        "places": matrix(MAX_PIECES, WIDTH),
        "sides": matrix(2, WIDTH),
        "pieces.norm": norm,
        "themes": matrix(2 * WIDTH, len(READ)),
        "themes.bias": matrix(len(READ)),
        "stance": matrix(2 * WIDTH, 4),
        "stance.bias": matrix(4),
        "stances": matrix(2 * WIDTH, 4 * len(READ)),
    }
    for n in range(layers):
        for name, wide, out in (
            ("attend", WIDTH, 3 * WIDTH),
            ("gather", WIDTH, WIDTH),
            ("widen", WIDTH, 4 * WIDTH),
            ("narrow", 4 * WIDTH, WIDTH),
        ):
            weights[f"{n}.{name}"] = matrix(wide, out)
            weights[f"{n}.{name}.bias"] = matrix(out)
            weights[f"{n}.{name}.norm"] = norm
    return Encoder(PIECES, READ, in_steps(weights))
