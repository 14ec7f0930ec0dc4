from __future__ import annotations

import re
from dataclasses import replace

import pytest
from factories import LEADING, growth, line, page, paragraph_lines
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.base.records import Element, Figure
from pipeline.paragraphs.segment_pages import segment_pages

BODY = [
    "Managers know their teams and spend time with each of the practitioners in them",
    "every week, which has made a difference to the plans that children have in place.",
]


def texts(*pages, kinds=("paragraph", "list_item")):
    return [block.text for block in segment_pages(pages) if block.kind in kinds]


def test_hanging_number_stays_with_its_paragraph():
    lines = paragraph_lines(["12.\t" + BODY[0], BODY[1]], hanging=28)
    lines += paragraph_lines(["13.\tVisits are timely."], top=160)
    assert texts(page(lines)) == [f"12. {BODY[0]} {BODY[1]}", "13. Visits are timely."]


@pytest.mark.parametrize("bullet", ["\uf06e", "•", "■", "–", "o", "\uf0b7"])
def test_bullets_are_taken_off_and_their_items_stay_whole(bullet):
    lines = paragraph_lines([f"{bullet}\t{BODY[0]}", BODY[1]], hanging=18)
    lines += paragraph_lines([f"{bullet}\tPlans are clear."], top=150)
    blocks = segment_pages([page(lines)])
    assert [(b.kind, b.text) for b in blocks] == [
        ("list_item", " ".join(BODY)),
        ("list_item", "Plans are clear."),
    ]


def test_dash_inside_a_tagged_paragraph_is_no_bullet():
    lines = paragraph_lines(
        ["About 9,000 children live in the area", "– this is one in five."], marked_content=3
    )
    assert texts(page(lines)) == ["About 9,000 children live in the area – this is one in five."]


WRAPPED = {
    "a decimal": (
        ["Staff say that they are listened to, and that their caseload fell from 21.2 to"],
        ["17.5 in the last year."],
        1,
    ),
    "a dash": (
        [
            "Staff say that they are listened to, and that much of their work has changed,",
            "which the managers whom we met in the autumn have told us, too, again and again",
        ],
        ["– with the new model – and that morale is good."],
        1,
    ),
    "a list with dashes": (
        ["The team gives help to all who live in the north of the county, such as help with"],
        ["– a place to live", "– money"],
        3,
    ),
    "items with dashes that fill a line": (
        ["– a place to live near to the people who know them well and the things they need"],
        [
            "– money",
            "– the places where they have been and the people whom they want to see again",
        ],
        3,
    ),
    "a line that is not full": (
        [
            "Staff say that they are listened to, and that much of their work has changed,",
            "which they value, as do those in",
        ],
        ["– with the new model – and that morale is good."],
        2,
    ),
}


@pytest.mark.parametrize("name", WRAPPED)
def test_a_line_that_begins_like_an_item_may_be_the_rest_of_a_sentence(name):
    before, after, n_blocks = WRAPPED[name]
    blocks = segment_pages([page(paragraph_lines([*before, *after]))])
    assert len(blocks) == n_blocks
    if n_blocks == 1:
        assert blocks[0].text == " ".join([*before, *after]) and blocks[0].kind == "paragraph"


def centred(rows, top=100.0):
    return [
        line(text, top=top + n * LEADING, x0=300 - 2.6 * len(text), width=5.2 * len(text))
        for n, text in enumerate(rows)
    ]


CENTRED = [
    "Managers know their teams and spend time with each of the practitioners in their",
    "team. Visits are timely, and what children say is written down and read by those",
    "who plan for them, and by the managers of the service, as well as by the board.",
    "Those who plan for them say that this has made a difference.",
]


def test_centred_lines_are_one_paragraph():
    lines = centred(CENTRED) + centred(["Plans are clear."], top=100 + 3 * LEADING)
    assert texts(page(lines)) == [" ".join(CENTRED), "Plans are clear."]


def test_the_lines_of_a_title_page_are_none():
    rows = ["The report of the director of services for children and their families", "May 2024"]
    assert [block.text for block in segment_pages([page(centred(rows))])] == rows


def test_gap_separates_paragraphs_that_have_no_marker():
    lines = paragraph_lines(BODY) + paragraph_lines(
        ["Visits are timely."], top=100 + 2 * LEADING + 8
    )
    assert texts(page(lines)) == [" ".join(BODY), "Visits are timely."]


SPACINGS = {
    "rounding would split it": ((13.7, 13.9), (12.0, 12.0)),
    "sizes are guessed from a scan": ((19.2, 19.3), (12.0, 11.6)),
}


@pytest.mark.parametrize("name", SPACINGS)
def test_the_line_spacing_is_found(name):
    spacings, sizes = SPACINGS[name]
    lines, bottom = [], 100.0
    for n in range(6):
        below = spacings[n % 2]
        for text, down, size in zip(BODY, (below + 10, below), sizes, strict=True):
            bottom += down
            lines.append(line(text, top=bottom - size, font_size=size))
    assert texts(page(lines)) == [" ".join(BODY)] * 6


def test_sentence_that_crosses_a_page_is_put_together():
    first = page(paragraph_lines([BODY[0]], top=700), number=1)
    second = page(paragraph_lines([BODY[1]], top=80), number=2)
    assert texts(first, second) == [" ".join(BODY)]


def test_sentence_that_ends_with_its_page_is_not_joined():
    first = page(paragraph_lines(["Plans are clear."], top=700), number=1)
    second = page(paragraph_lines(["visits are timely."], top=80), number=2)
    assert texts(first, second) == ["Plans are clear.", "visits are timely."]


def test_only_the_first_text_of_a_page_goes_on_with_the_page_before():
    opening = "Leaders are often seen in the offices and know what children there say about"
    first = page(paragraph_lines([opening, BODY[0]], top=690), number=1)
    new = paragraph_lines(["A new point is made."], top=200)
    second = page([*paragraph_lines([BODY[1]], top=80), *new], number=2)
    assert texts(first, second) == [" ".join([opening, *BODY]), "A new point is made."]


def test_footnote_does_not_come_between():
    note = line("1 Figures are for the year to March.", top=780, font_size=9)
    pages = [
        page([*paragraph_lines([BODY[0]], top=700), note], 1),
        page(paragraph_lines([BODY[1]], top=80), 2),
        page(paragraph_lines(["Visits are timely."], top=80), 3),
    ]
    assert texts(*pages) == [" ".join(BODY), "Visits are timely."]
    assert texts(*pages, kinds=("footnote",)) == ["1 Figures are for the year to March."]


def test_judgement_table_comes_out_in_rows():
    cells = [
        line("Overall effectiveness", top=300, bold=True),
        line("Good", top=300, x0=400, bold=True),
        line("Leadership and", top=340),
        line("governance", top=340 + LEADING),
        line("Requires improvement", top=345, x0=400),
    ]
    rows = texts(page(paragraph_lines(BODY) + cells), kinds=("table",))
    assert rows == [
        "Overall effectiveness | Good",
        "Leadership and governance | Requires improvement",
    ]


def test_a_dash_in_a_table_is_a_cell():
    cells = [
        line(text, top=top, x0=x0)
        for top, row in ((300, ("North", "–", "12%")), (330, ("–", "14%", "–")))
        for x0, text in zip((71, 250, 400), row, strict=True)
    ]
    blocks = segment_pages([page(paragraph_lines(BODY) + cells)])
    assert [(b.kind, b.marker, b.text) for b in blocks[1:]] == [
        ("table", "", "North | – | 12%"),
        ("table", "", "– | 14% | –"),
    ]


def test_contents_entries_are_marked():
    lines = [line("Executive summary \t3", top=200), line("Findings ........ 11", top=230)]
    assert len(texts(page(paragraph_lines(BODY) + lines), kinds=("contents",))) == 2


def test_headings_rank_by_size_then_weight():
    lines = [
        line("Farwick County Council", top=60, font_size=26),
        line("Summary of findings", top=140, font_size=14, bold=True),
        *paragraph_lines(BODY, top=200),
    ]
    headings = [b for b in segment_pages([page(lines)]) if b.kind == "heading"]
    assert [(b.text, b.level) for b in headings] == [
        ("Farwick County Council", 1),
        ("Summary of findings", 2),
    ]


def test_nested_list_items_get_levels():
    lines = [
        line("•\tServices for care leavers, including:", top=100, x0=80),
        line("–\thelp with housing", top=120, x0=100),
        line("–\thelp with health", top=140, x0=100),
        line("•\tlife-story work", top=160, x0=80),
    ]
    levels = [b.level for b in segment_pages([page(lines)])]
    assert levels == [1, 2, 2, 1]


def test_page_written_out_of_order_is_read_top_down():
    top = paragraph_lines(["The first thing on the page."], top=90, marked_content=9)
    rest = paragraph_lines(["The second thing on the page."], top=300, marked_content=1)
    assert texts(page([*rest, *top])) == [
        "The first thing on the page.",
        "The second thing on the page.",
    ]


def test_page_written_from_below_is_read_top_down():
    lines = [
        *paragraph_lines([*BODY, *BODY]),
        *paragraph_lines(["Visits are timely."], top=100 + 5 * LEADING),
    ]
    mixed = [lines[n] for n in (4, 3, 1, 2, 0)]
    assert texts(page(mixed)) == texts(page(lines))
    assert texts(page(lines[::-1])) == [" ".join([*BODY, *BODY]), "Visits are timely."]


@pytest.mark.parametrize(
    "inset",
    [
        [line("Figure 2: Visits by team", top=300, font_size=9)],
        [line("North", top=300), line("12", top=300, x0=300)],
    ],
)
def test_sentence_that_a_figure_or_table_interrupts_is_put_together(inset):
    lines = [
        *paragraph_lines([*BODY, "Visits are timely."], top=100),
        *paragraph_lines([BODY[0]], top=200),
        *inset,
        *paragraph_lines([BODY[1]], top=400),
    ]
    assert " ".join(BODY) in texts(page(lines))


def test_two_columns_of_bullets_are_read_one_after_the_other():
    left = ["• Leaders know the", "  service very well", "• Visits are timely"]
    right = ["• Waits for help with", "  anxiety are too long", "• Plans drift at times"]
    rows = [
        cell
        for n, (one, other) in enumerate(zip(left, right, strict=True))
        for cell in (
            line(one.strip(), top=200 + n * LEADING, x0=71 if "•" in one else 82, width=150),
            line(other.strip(), top=200 + n * LEADING, x0=320 if "•" in other else 331, width=150),
        )
    ]
    heads = [line("Strengths", top=180), line("For consideration", top=180, x0=320)]
    assert texts(page(heads + rows), kinds=("list_item",)) == [
        "Leaders know the service very well",
        "Visits are timely",
        "Waits for help with anxiety are too long",
        "Plans drift at times",
    ]


@pytest.mark.parametrize("tagged", [True, False])
def test_headings_over_columns_are_no_cells(tagged):
    lines = []
    for x0, heading in ((71, "Strengths"), (300, "Areas for consideration")):
        looks = {"element": Element(x0 - 1, "heading")} if tagged else {"font_size": 15}
        lines.append(line(heading, x0=x0, width=150, **looks))
        for n in range(3):
            mark = {"element": Element(x0 + n, "paragraph")} if tagged else {}
            lines.append(line(f"• plans {n}", top=130 + 20 * n, x0=x0, width=150, **mark))
    blocks = segment_pages([page(lines)])
    assert [block.kind for block in blocks] == ["heading", *["list_item"] * 3] * 2


def test_headers_of_a_table_are_cells():
    lines = [
        line(text, top=top, x0=x0, width=150, bold=top == 100)
        for top in (100, 130, 150)
        for x0, text in ((71, "Action"), (300, "Who does it"))
    ]
    body = paragraph_lines(BODY, top=300)
    kinds = [block.kind for block in segment_pages([page([*lines, *body])])]
    assert kinds == ["table"] * 3 + ["paragraph"]


def test_the_rest_of_a_sentence_on_top_of_a_column_is_no_cell():
    left = paragraph_lines(["Managers know their teams and"] * 8, width=180)
    right = [line("spend time with them.", x0=300, width=180)]
    assert [block.kind for block in segment_pages([page([*left, *right])])] == ["paragraph"]


def test_two_footnotes_on_a_page_stay_two():
    notes = [
        line("1 Figures are for the year to March.", top=770, font_size=9),
        line("2 One team was not visited.", top=782, font_size=9),
    ]
    assert len(texts(page(paragraph_lines(BODY) + notes), kinds=("footnote",))) == 2


def test_no_pages_no_blocks():
    assert segment_pages([]) == []
    assert segment_pages([page([])]) == []


LINES = st.builds(
    line,
    st.lists(st.sampled_from(["plans", "Visits", "clear.", "•", "12.", "care:"]), min_size=1, max_size=5).map(" ".join),
    top=st.integers(60, 780).map(float),
    x0=st.sampled_from([71.0, 90.0, 320.0]),
    font_size=st.sampled_from([9.0, 12.0, 16.0]),
    bold=st.booleans(),
    marked_content=st.sampled_from([None, 1, 2]),
)  # fmt: skip


@settings(deadline=None)
@given(st.lists(st.lists(LINES, max_size=8), max_size=3))
def test_no_word_is_lost_whatever_stands_where(pages):
    blocks = segment_pages([page(lines, number) for number, lines in enumerate(pages, 1)])
    words = ("plans", "Visits", "clear.", "care:")
    given = sorted(w for lines in pages for each in lines for w in each.text.split() if w in words)
    assert sorted(w for block in blocks for w in block.text.split() if w in words) == given


@settings(deadline=None)
@given(st.lists(st.lists(LINES, max_size=6), max_size=4))
def test_every_part_of_a_text_is_on_its_page(pages):
    told = [
        [replace(each, text=f"{each.text} on-{number}") for each in lines]
        for number, lines in enumerate(pages, 1)
    ]
    for block in segment_pages([page(lines, number) for number, lines in enumerate(told, 1)]):
        ends = [place for place, _ in block.turns] + [len(block.text)]
        for (start, number), end in zip([(0, block.page), *block.turns], ends, strict=True):
            assert set(re.findall(r"on-(\d)", block.text[start:end])) == {str(number)}


def in_element(lines, number, role="paragraph"):
    return [replace(each, element=Element(number, role)) for each in lines]


def test_lines_of_one_element_are_one_paragraph_whatever_the_print():
    lines = in_element(paragraph_lines([BODY[0], BODY[1]]), 1)
    lines += in_element(paragraph_lines(["Visits are timely, too."], top=100 + 2 * LEADING), 2)
    assert texts(page(lines)) == [" ".join(BODY), "Visits are timely, too."]


def test_a_page_marked_as_one_is_read_by_its_print():
    lines = [
        each
        for n in range(5)
        for each in paragraph_lines(BODY, top=100 + n * (2 * LEADING + 8), marked_content=0)
    ]
    assert texts(page(in_element(lines, 1))) == [" ".join(BODY)] * 5


def test_a_text_of_many_pages_is_read_as_fast_as_one_of_few():
    def pages(n):
        rows = [f"and so {BODY[0]}"] * 50
        return [
            page(paragraph_lines(rows, top=60, marked_content=0), number) for number in range(n)
        ]

    assert len(segment_pages(pages(4))) == 1
    assert growth(segment_pages, pages(6), pages(24)) < 8


def test_a_described_picture_comes_where_the_tree_has_it():
    lines = [
        *in_element(paragraph_lines(["Plans are clear and"]), 1),
        *in_element(paragraph_lines(["known to all."], top=300), 1),
        *in_element(paragraph_lines(["Visits are timely."], top=400), 3),
    ]
    chart = Figure(2, "Bar chart: caseloads fell from 24 to 17")
    pages = [replace(page(lines), figures=(chart,)), replace(page([], 2), figures=(chart,))]
    assert [(block.kind, block.text) for block in segment_pages(pages)] == [
        ("paragraph", "Plans are clear and known to all."),
        ("figure", chart.text),
        ("paragraph", "Visits are timely."),
    ]


def test_a_picture_does_not_come_between():
    first = in_element(paragraph_lines(["Managers know their teams and"], top=700), 1)
    second = in_element(paragraph_lines(["visit them."]), 3)
    chart = Figure(2, "Bar chart: caseloads fell from 24 to 17")
    blocks = segment_pages([replace(page(first), figures=(chart,)), page(second, 2)])
    assert [block.text for block in blocks] == [
        "Managers know their teams and visit them.",
        chart.text,
    ]


def test_an_element_goes_on_after_a_page_though_its_sentence_ended():
    first = page(in_element(paragraph_lines(["Plans are clear."], top=700), 1))
    second = page(in_element(paragraph_lines(["Visits are timely."], top=80), 1), number=2)
    assert texts(first, second) == ["Plans are clear. Visits are timely."]


def test_an_item_without_a_bullet_is_an_item_if_the_tree_says_so():
    lines = in_element(paragraph_lines(["the voice of the child in plans"]), 1, "list_item")
    assert [block.kind for block in segment_pages([page(lines)])] == ["list_item"]


def test_a_sentence_that_the_tree_cuts_is_put_together():
    lines = in_element(paragraph_lines([BODY[0]]), 1)
    lines += in_element(paragraph_lines([BODY[1]], top=100 + LEADING), 2)
    assert texts(page(lines)) == [" ".join(BODY)]


def test_an_address_is_one_block_though_each_line_is_an_element():
    rows = ["The Exchange", "Weavers Row", "Eastmere EM1 2AB"]
    lines = [
        each
        for number, row in enumerate(rows)
        for each in in_element(paragraph_lines([row], top=100 + LEADING * number), number)
    ]
    assert texts(page(lines)) == [" ".join(rows)]


@pytest.mark.parametrize("tagged", [True, False])
def test_date_and_salutation_of_a_letter_are_no_part_of_the_address(tagged):
    rows = [
        "Ms A Lane",
        "Farwick Council",
        "Farwick FW1 1AA",
        "9 March 2023",
        "Dear Ms Lane",
        *BODY,
    ]
    elements = [*range(1, 6), 6, 6] if tagged else [None] * len(rows)
    lines = [
        replace(each, element=Element(number, "paragraph") if number else None)
        for each, number in zip(paragraph_lines(rows), elements, strict=True)
    ]
    assert texts(page(lines)) == [" ".join(rows[:3]), *rows[3:5], " ".join(BODY)]


@pytest.mark.parametrize("before", [[BODY[0]], [BODY[0] * 2, "Inspection dates: 8 July 2019 to"]])
def test_a_date_in_a_sentence_is_no_part_of_a_letter(before):
    rows = [*before, "9 August 2019"]
    assert texts(page(paragraph_lines(rows)))[-1].endswith(" ".join(rows[-2:]))


def test_headings_in_italics_or_capitals_of_the_body_size():
    lines = paragraph_lines(["Early help"], italic=True)
    lines += paragraph_lines(BODY, top=130)
    lines += paragraph_lines(["SUPERVISION OF STAFF"], top=200)
    lines += paragraph_lines(BODY, top=230)
    kinds = [block.kind for block in segment_pages([page(lines)])]
    assert kinds == ["heading", "paragraph", "heading", "paragraph"]


@pytest.mark.parametrize(
    ("text", "kind"),
    [("“My worker asks me.”", "paragraph"), ("‘Plans are clear,’", "paragraph"), ("“Our plan”", "heading")],
)  # fmt: skip
def test_a_quotation_in_large_type_is_no_heading(text, kind):
    lines = [line(text, font_size=16), *paragraph_lines(BODY, top=140)]
    assert [block.kind for block in segment_pages([page(lines)])] == [kind, "paragraph"]


@pytest.mark.parametrize(("second", "n_blocks"), [({}, 1), ({"begins_otherwise": True}, 2)])
def test_a_paragraph_that_begins_in_bold_goes_on_in_light_type(second, n_blocks):
    lines = [line(BODY[0], bold=True, ends_otherwise=True)]
    lines += paragraph_lines([BODY[1]], top=100 + LEADING, **second)
    lines += paragraph_lines(BODY, top=300)
    assert len(texts(page(lines), kinds=("paragraph", "heading"))) == n_blocks + 1


FULL = "Managers know their teams and spend time with each of the practitioners."
TIGHT = {
    "a short last line before a capital": (
        [(FULL, 0), ("Visits are timely.", 0), (FULL, 0)],
        [f"{FULL} Visits are timely.", FULL],
    ),
    "first-line indents": (
        [(FULL[:-6], 16), (FULL, 0), (FULL[:-6], 16), (FULL, 0)],
        [f"{FULL[:-6]} {FULL}", f"{FULL[:-6]} {FULL}"],
    ),
    "hanging indents": (
        [(FULL, 0), (FULL[:-4], 18), (FULL, 0), (FULL[:-4], 18)],
        [f"{FULL} {FULL[:-4]}", f"{FULL} {FULL[:-4]}"],
    ),
}


@pytest.mark.parametrize("name", TIGHT)
def test_paragraphs_without_space_between_them(name):
    rows, expected = TIGHT[name]
    lines = [
        line(text, top=100 + LEADING * index, x0=71 + indent)
        for index, (text, indent) in enumerate(rows)
    ]
    assert texts(page(lines)) == expected


def test_a_paragraph_goes_on_in_the_next_column():
    left = paragraph_lines(["Managers know their teams and"] * 3, top=600, width=180)
    right = paragraph_lines(["spend time with all of them."] * 2, top=100, x0=300, width=180)
    assert len(texts(page([*left, *right]))) == 1
