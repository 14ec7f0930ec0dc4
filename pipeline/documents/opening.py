"""The opening of a document, where it says what it is: its titles, and the letter it may be."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import islice

from pipeline.base.records import Block

# How much of a document is searched, in blocks, and of a block, in characters.
OPENING_BLOCKS = 40
MAX_BLOCK_READ = 2_000
# What is shorter, in characters, may be a title or a row of a table.
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
    """Where a letter begins; enclosures may stand in front of it (Torbay 2012)."""
    return next((n for n, b in enumerate(blocks[:250]) if re.match(r"\W*Dear\s+\S", b.text)), None)


def letter_of(blocks: Sequence[Block]) -> list[str]:
    """The first blocks of the letter from its salutation on; none where there is no letter."""
    dear = find_letter(blocks)
    if dear is None:
        return []
    return [block.text[:MAX_BLOCK_READ] for block in blocks[dear : dear + 5]]
