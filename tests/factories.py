"""Small made-up records for the tests. Every text in the tests is invented."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pipeline.base.records import Block, Line, Page
from pipeline.tagging.stance_encoder import END, HEAD_WIDTH, MAX_PIECES, START, UNKNOWN, Encoder

LEADING = 14.5


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
        "answer": matrix(WIDTH, 4),
        "answer.bias": matrix(4),
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
    return Encoder(PIECES, weights)
