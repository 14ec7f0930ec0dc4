from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pipeline.base.pages import page_at, read_pages, write_pages

TURNS = st.lists(st.tuples(st.integers(1, 5_000), st.integers(2, 900)), unique_by=lambda t: t[0])


@given(st.integers(1, 900), TURNS.map(sorted))
def test_what_is_written_is_read(page, turns):
    written = write_pages(page, turns)
    assert read_pages(written) == ([(0, page), *turns] if turns else [])


PLACES = {0: 4, 11: 4, 12: 5, 39: 5, 40: 7, 999: 7, -1: 4}


def test_the_page_of_a_place():
    for place, page in PLACES.items():
        assert page_at(4, "0:4 12:5 40:7", place) == page
        assert page_at(4, "", place) == 4


@given(
    st.lists(
        st.tuples(st.integers(1, 99), st.integers(2, 99)),
        min_size=1,
        unique_by=(lambda t: t[0], lambda t: t[1]),
    )
)
def test_pages_never_go_back(turns):
    turns = list(zip(sorted(t[0] for t in turns), sorted(t[1] for t in turns), strict=True))
    found = [page_at(1, write_pages(1, turns), place) for place in range(101)]
    assert found == sorted(found) and found[0] == 1 and found[-1] == turns[-1][1]
