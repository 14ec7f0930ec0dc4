"""Lines written in another order than they are read; test_segment_pages has whole pages."""

from __future__ import annotations

import pytest
from factories import LEADING, line, paragraph_lines

from pipeline.base.records import Element
from pipeline.paragraphs.chunks import Chunk
from pipeline.paragraphs.reading_order import by_column, in_reading_order, share_columns, top_down


def chunk(text, top, x0=71.0, **changes):
    lines = paragraph_lines(text.split(" / "), top=top, x0=x0, **changes)
    return Chunk(tuple(lines), page=1, edge=max(line.x1 for line in lines))


def words(lines):
    return [line.text for line in lines]


def test_lines_written_from_below_are_read_top_down():
    lines = paragraph_lines(
        ["Visits are timely.", "Plans are clear.", "Staff stay.", "It helps.", "All agree."]
    )
    assert words(top_down(lines[::-1])) == words(lines)
    assert words(top_down([lines[n] for n in (4, 3, 1, 2, 0)])) == words(lines)


def test_few_lines_above_the_one_before_or_tagged_ones_stay_as_written():
    lines = paragraph_lines(["Visits are timely.", "Plans are clear.", "Staff stay.", "It helps."])
    columns = [*lines, *paragraph_lines(["Waits are long.", "Carers leave."], x0=320)]
    assert top_down(columns) == columns
    tagged = paragraph_lines(words(lines), marked_content=1)[::-1]
    assert top_down(tagged) == tagged and by_column(tagged) == tagged


COLUMNS = {
    "three columns": (
        ["Leaders know the service", "very well in Farwick,", "as they say they do", "each time we ask them."],
        ["Waits for help with", "anxiety are longer than", "they were last year", "and the year before."],
        ["Plans drift at times in", "the teams of the north", "and in one of Greymoor", "as far as we know."],
    ),
    "items with short lines": (
        ["• Leaders know", "how it is", "• Visits are held", "on time", "• Staff stay", "and learn"],
        ["• Waits are long", "for help", "• Plans drift", "at times", "• Carers leave", "too early"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", COLUMNS)
def test_columns_written_line_by_line_are_read_one_after_the_other(name):
    columns = COLUMNS[name]
    rows = [
        line(text, top=200 + n * LEADING, x0=60 + 160 * column + 10 * hanging, width=130)
        for n, row in enumerate(zip(*columns, strict=True))
        for column, text in enumerate(row)
        for hanging in ["•" in columns[0][0] and "•" not in text]
    ]
    assert words(by_column(rows)) == [text for column in columns for text in column]


# Two blocks with a line between them, which follows the left side of the first, and whether it
# parts them. The last line of the first block has nothing beside it.
BETWEEN = {
    "a larger heading": (line("Quality of practice", top=280, x0=60, font_size=14), True),
    "a line across both columns": (line("What we found of practice", top=280, x0=60, width=400), True),
    "a line of the left column": (line("and so on.", top=280, x0=60), False),
    "a larger line beside the right column": (
        [
            line("Quality of practice", top=280, x0=60, font_size=14),
            line("and of the managers too.", top=290, x0=320),
        ],
        False,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BETWEEN)
def test_two_blocks_of_columns_on_a_page_are_read_one_after_the_other(name):
    between, parted = BETWEEN[name]
    between = between if isinstance(between, list) else [between]
    # Only both blocks have enough lines to be taken for columns.
    left, right = ["• Leaders know", "how it is"], ["• Waits are long", "for help"]
    above, below = (
        [
            line(text, top=top + n * LEADING, x0=x0 + 10 * n, width=200)
            for n, row in enumerate(zip(left, right, strict=True))
            for x0, text in zip((60, 320), row, strict=True)
        ]
        for top in (200, 310)
    )
    alone = line("in each team", top=200 + 2 * LEADING, x0=70)
    first = [*left, alone.text]
    if parted:
        expected = [*first, *right, *words(between), *left, *right]
    else:
        expected = [*first, *words(between[:1]), *left, *right, *words(between[1:]), *right]
    assert words(by_column([*above, alone, *between, *below])) == expected


def test_grades_beside_what_was_judged_are_no_column():
    judged = ["Help and protection", "Children in care", "Care leavers", "Leadership"]
    rows = [
        cell
        for n, text in enumerate(judged)
        for cell in (
            line(text, top=200 + n * LEADING),
            line("Good", top=200 + n * LEADING, x0=320),
        )
    ]
    assert by_column(rows) == rows


def test_a_chunk_written_last_is_read_above_those_below_it():
    first, rest = chunk("The first thing.", top=90), chunk("The second. / And more.", top=300)
    aside = chunk("Beside it.", top=90, x0=320)
    assert in_reading_order([rest, first]) == [first, rest]
    assert in_reading_order([rest, aside]) == [rest, aside]
    assert share_columns(first, rest) and not share_columns(first, aside)


def test_the_order_of_the_structure_tree_is_kept():
    first, rest = (
        chunk("One thing.", top=top, element=Element(number, "paragraph"))
        for number, top in ((2, 90), (1, 300))
    )
    assert in_reading_order([rest, first]) == [rest, first]
