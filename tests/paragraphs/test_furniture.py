from __future__ import annotations

import pytest
from factories import LEADING, line, page, paragraph_lines
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.paragraphs.furniture import strip_furniture


def text_line(number, n):
    return f"Managers of the {chr(96 + number)}{chr(97 + n)} team know it well and spend time with those in it."


def report(n_pages, *furniture, text_top=80.0):
    """Pages filled with text from `text_top` down; each of `furniture` gives a page's lines."""
    n_lines = int((780 - text_top) // LEADING)
    return [
        page(
            [
                *paragraph_lines([text_line(number, n) for n in range(n_lines)], top=text_top),
                *[part for make in furniture for part in make(number)],
            ],
            number,
        )
        for number in range(1, n_pages + 1)
    ]


def header(text, top=36.0, **changes):
    return lambda number: [line(text.format(number, number + 4), top=top, **changes)]


def only_on(numbers, make):
    return lambda number: make(number) if number in numbers else []


RUNNING = {
    "header": [header("Inspection of Farwick", font_size=9)],
    "header in the type of the text": [header("Inspection of Farwick")],
    "footer with the page number": [header("Inspection of Farwick | {0}", top=800)],
    "page number that begins elsewhere": [header("{1}", top=800, x0=300)],
    "page of pages": [header("Page {0} of 12", top=800)],
    "headers that alternate": [
        only_on((2, 4, 6, 8), header("Farwick Council")),
        only_on((3, 5, 7), header("Children in care", x0=400)),
    ],
    "letterhead of three lines that begins on the second page": [
        only_on(range(2, 9), header("Farwick County Council", top=20)),
        only_on(range(2, 9), header("County Hall", top=34)),
    ],
}


@pytest.mark.parametrize("name", RUNNING)
def test_running_lines_are_told_by_their_place(name):
    stripped, _ = strip_furniture(report(8, *RUNNING[name]))
    assert [p.lines for p in stripped] == [p.lines for p in report(8)]


def heading(text, pages, **changes):
    """A heading at the top of the text of some pages."""
    return only_on(pages, header(text, top=80, **changes))


KEPT = {
    "grade above its section": [heading("Good", (2, 3, 5, 6, 8), font_size=14, bold=True)],
    "numbered recommendations": [heading("Recommendation {0}", (3, 4, 5, 6), bold=True)],
    "column of figures at the foot": [
        lambda number: [line(str(7 * number % 5 + n), top=790, x0=100 * n) for n in range(3)]
    ],
    "said twice": [only_on((2, 7), header("Plans are clear."))],
}


@pytest.mark.parametrize("name", KEPT)
def test_what_comes_back_in_the_text_is_kept(name):
    pages = report(8, *KEPT[name])
    # Where a heading stands at the top, the text begins below it.
    pages = [
        page([p.lines[-1], *p.lines[2:-1]], p.number) if p.lines[-1].top == 80 else p
        for p in pages
    ]
    stripped, texts = strip_furniture(pages)
    assert [p.lines for p in stripped] == [p.lines for p in pages]
    assert texts == []


def test_heading_of_every_page_is_kept():
    chapter = header("Recommendation {0}", top=60, bold=True)
    pages = report(8, chapter)
    assert strip_furniture(pages)[0] == pages


def test_pages_with_the_same_text_keep_it():
    pages = [page(report(1)[0].lines, number) for number in range(1, 6)]
    assert strip_furniture(pages)[0] == pages


def test_first_line_of_a_page_is_kept_however_high_it_stands():
    pages = report(6, header("Inspection of Farwick", top=20, font_size=8), text_top=50)
    stripped, texts = strip_furniture(pages)
    assert [p.lines for p in stripped] == [p.lines for p in report(6, text_top=50)]
    assert texts == ["Inspection of Farwick"]


def test_short_documents():
    letter = report(2, header("{0}", top=800), only_on((1,), header("12", top=60)))
    assert [p.lines[-1].text for p in strip_furniture(letter)[0]] == ["12", text_line(2, 47)]


def test_numbers_that_begin_anew_in_bound_papers():
    pages = report(9, lambda number: [line(f"Page {(number - 1) % 3 + 1}", top=800)])
    pages += report(9, lambda number: [line(str((number - 1) % 3 + 1), top=800)])
    assert [p.lines for p in strip_furniture(pages)[0]] == [p.lines for p in report(9)] * 2


def test_a_page_number_that_was_never_filled_in_is_another_line():
    numbered = only_on((1, 2, 3, 5, 6), header("Page {0}", top=800))
    stripped, _ = strip_furniture(report(6, numbered, only_on((4,), header("Page #", top=800))))
    assert [p.lines[-1].text for p in stripped if p.number in (3, 4)] == [
        text_line(3, 47),
        "Page #",
    ]


def test_marked_furniture_is_taken_wherever_it_stands():
    draft = only_on((1,), header("Draft", top=400, furniture=True))
    stripped, texts = strip_furniture(report(3, draft))
    assert [p.lines for p in stripped] == [p.lines for p in report(3)]
    assert texts == ["Draft"]


def test_marks_are_not_trusted_where_everything_is_marked():
    pages = [page(paragraph_lines([text_line(1, n) for n in range(9)], furniture=True))]
    assert strip_furniture(pages)[0] == pages


def test_no_pages():
    assert strip_furniture([]) == ([], [])


EDGE_LINES = st.builds(
    line,
    st.sampled_from(["Inspection of Farwick", "3", "Page 2", "Page #", "Good", "plans"]),
    top=st.sampled_from([20.0, 36.0, 60.0, 400.0, 790.0, 800.0]),
    furniture=st.booleans(),
)


@settings(deadline=None)
@given(st.lists(st.lists(EDGE_LINES, max_size=5), max_size=5))
def test_lines_are_taken_away_and_nothing_else_happens_to_them(pages):
    pages = [page(lines, number) for number, lines in enumerate(pages, 1)]
    stripped, texts = strip_furniture(pages)
    for before, after in zip(pages, stripped, strict=True):
        rest = iter(before.lines)
        assert all(own in rest for own in after.lines), "in their order"
    taken = sum(len(p.lines) for p in pages) - sum(len(p.lines) for p in stripped)
    assert len(texts) == len(set(texts)) <= taken
    assert not {"3", "Page 2"} & set(texts)
