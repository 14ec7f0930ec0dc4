"""A name that somebody typed, checked against those that are there."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from pipeline.base.errors import TableError

# How many names an error suggests, and how many it lists where none is similar.
SUGGESTED, LISTED = 3, 8


def check_known(value: str, names: Iterable[str], what: str) -> None:
    """Raise `TableError`, which suggests similar names, unless `value` is one of the names.

    Any spelling of an authority is found by `authorities.pick_authority`.
    """
    names = list(names)
    if value not in names:
        near = difflib.get_close_matches(value, names, n=SUGGESTED, cutoff=0.5) or names[:LISTED]
        raise TableError(f"There is no {what} {value!r}.", f"Perhaps: {', '.join(near)}.")
