"""On which page each part of a paragraph is: one in fourteen goes on on the next."""

from __future__ import annotations

from collections.abc import Iterable


def write_pages(page: int, turns: Iterable[tuple[int, int]]) -> str:
    """Where in a text its pages begin, as `place:page`; empty if it is all on one page.

    >>> write_pages(4, [(312, 5)]), write_pages(4, [])
    ('0:4 312:5', '')
    """
    later = [f"{place}:{number}" for place, number in turns]
    return " ".join([f"0:{page}", *later]) if later else ""


def read_pages(pages: str) -> list[tuple[int, int]]:
    """What `write_pages` wrote, as (place, page).

    >>> read_pages("0:4 312:5"), read_pages("")
    ([(0, 4), (312, 5)], [])
    """
    parts = (part.partition(":") for part in pages.split())
    return [(int(place), int(page)) for place, _, page in parts]


def page_at(page: int, pages: str, place: int) -> int:
    """The page of a place in a paragraph's text; `page` is the one it begins on.

    >>> [page_at(4, "0:4 312:5", place) for place in (0, 311, 312, 999)]
    [4, 4, 5, 5]
    """
    return max((number for start, number in read_pages(pages) if start <= place), default=page)
