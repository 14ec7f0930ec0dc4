"""How far a training is: bars in a terminal, lines in the log, which the command line shows."""

from __future__ import annotations

import logging
import sys
from collections.abc import Collection, Iterator
from typing import TypeVar

from tqdm.auto import tqdm

LOG = logging.getLogger(__name__)
Item = TypeVar("Item")


def in_steps(items: Collection[Item], what: str, unit: str) -> Iterator[Item]:
    """Yields the items, with a bar in a terminal and elsewhere a line for each in the log."""
    if sys.stderr.isatty():
        yield from tqdm(items, what, unit=unit)
        return
    for number, item in enumerate(items, start=1):
        LOG.info("%s: %s %s of %s", what, unit, number, len(items))
        yield item
