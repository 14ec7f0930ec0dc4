"""Tables without rules, but for those around their heads: what heads the text in their columns.

Only a row of names in bold, with text below each, is sure to be the heads of columns.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from pipeline.base.records import Line
from pipeline.paragraphs.chunks import PROSE, Chunk
from pipeline.reading.marks import SENTENCE_END

MIN_HEADS = 2
MAX_HEAD_WORDS = 10
# How far, in points, beyond the right end of a head the text below it may begin.
BEYOND_HEAD = 2.0


def head_columns(chunks: Sequence[Chunk], text_of: Callable[[Sequence[Line]], str]) -> list[Chunk]:
    """The chunks of a page, with the head of its column above each text of a table.

    `text_of` makes a text of the lines of a head.
    """
    headed = list(chunks)
    at = 0
    while at < len(chunks):
        heads = _heads_from(chunks, at)
        at += max(1, len(heads))
        if len(heads) < MIN_HEADS:
            continue
        columns: dict[int, int] = {}
        while at < len(chunks) and _is_below(chunks[at], heads):
            column = _column_of(chunks[at], heads)
            if len(column) > 1:
                break
            if column:
                columns[at] = column[0]
            at += 1
        if len(set(columns.values())) < MIN_HEADS:
            continue
        for index, number in columns.items():
            if chunks[index].is_prose:
                above = (text_of(heads[number].lines),)
                headed[index] = replace(chunks[index], above=above)
    return headed


def _heads_from(chunks: Sequence[Chunk], at: int) -> list[Chunk]:
    """The heads of columns that begin with a chunk, one beside the other."""
    heads: list[Chunk] = []
    for chunk in chunks[at:]:
        beside = not heads or (
            chunk.lines[0].x0 > max(line.x1 for line in heads[-1].lines)
            and chunk.lines[0].top < heads[-1].lines[-1].bottom
            and heads[-1].lines[0].top < chunk.lines[-1].bottom
        )
        if not beside or not _is_head(chunk):
            break
        heads.append(chunk)
    return heads


def _is_head(chunk: Chunk) -> bool:
    return (
        chunk.kind == "table"
        and all(line.bold for line in chunk.lines)
        and sum(len(line.text.split()) for line in chunk.lines) <= MAX_HEAD_WORDS
        and any(map(str.isalpha, chunk.lines[0].text))
        and not SENTENCE_END.search(chunk.lines[-1].text)
    )


def _is_below(chunk: Chunk, heads: Sequence[Chunk]) -> bool:
    return (
        chunk.kind in (*PROSE, "table")
        and not chunk.lines[0].frame
        and not all(line.bold for line in chunk.lines)
        and chunk.lines[0].bottom > min(head.lines[0].bottom for head in heads)
    )


def _column_of(chunk: Chunk, heads: Sequence[Chunk]) -> list[int]:
    """The numbers of the heads that a chunk is below: of several, if it is no cell."""
    left = min(line.x0 for line in chunk.lines) - BEYOND_HEAD
    right = max(line.x1 for line in chunk.lines)
    return [
        number
        for number, head in enumerate(heads)
        if left < max(line.x1 for line in head.lines)
        and right > min(line.x0 for line in head.lines)
    ]
