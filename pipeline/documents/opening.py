"""The opening of a document, where it says what it is: its titles, and any letter."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import islice

from pipeline.base.records import Block

# How much is searched: blocks of a document, and characters of a block.
OPENING_BLOCKS = 40
MAX_BLOCK_READ = 2_000
# A block shorter than this, in characters, may be a title or a row of a table.
SHORT_BLOCK = 200


def titles_of(blocks: Sequence[Block]) -> list[str]:
    """Headings and other short lines of the opening, without lists and contents."""
    opening = islice((b for b in blocks if b.page <= blocks[0].page + 1), OPENING_BLOCKS)
    return [
        block.text
        for number, block in enumerate(opening)
        if block.kind == "heading"
        or (number < 16 and len(block.text) < SHORT_BLOCK and block.kind in ("paragraph", "table"))
    ]


def find_letter(blocks: Sequence[Block]) -> int | None:
    """The block where a letter begins, or None; enclosures may come before it (Torbay 2012)."""
    return next((n for n, b in enumerate(blocks[:250]) if re.match(r"\W*Dear\s+\S", b.text)), None)


def letter_of(blocks: Sequence[Block]) -> list[str]:
    """The text of a letter's first blocks, from the salutation on; empty if there is none."""
    dear = find_letter(blocks)
    if dear is None:
        return []
    return [block.text[:MAX_BLOCK_READ] for block in blocks[dear : dear + 5]]
