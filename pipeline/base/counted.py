"""Numbers of things in words."""

from __future__ import annotations


def counted(n: int, thing: str) -> str:
    """So many things, whose plural has an s.

    >>> counted(1, "report"), counted(1200, "report")
    ('1 report', '1,200 reports')
    """
    return f"{n:,} {thing}{'' if n == 1 else 's'}"
