"""Tables without rules: which text is below the head of its column."""

from __future__ import annotations

import pytest
from factories import line, page, paragraph_lines

from pipeline.base.records import Frame
from pipeline.paragraphs.segment_pages import segment_pages

VISITS = ["Managers check each month that visits", "are made on time, and tell the board why."]
PLANS = ["Most plans are now written with the family", "and say what should change for the child."]
ACROSS = "Managers know their teams and spend time with each of the practitioners in them."
COLUMNS = [
    *paragraph_lines(VISITS, top=130),
    *paragraph_lines(PLANS, top=130, x0=320),
    *paragraph_lines(PLANS, top=170),
    *paragraph_lines(VISITS, top=170, x0=320),
]


def heads(*names, **changes):
    return [
        line(name, top=110, x0=x0, bold=True, **changes)
        for name, x0 in zip(names, (71, 320), strict=True)
    ]


def prose(*lines):
    blocks = segment_pages([page(lines)])
    return [(b.text, b.above) for b in blocks if b.kind in ("paragraph", "list_item")]


@pytest.mark.parametrize("frame", [None, Frame(60, 90, 600, 125)], ids=["no rules", "rules"])
def test_text_is_below_the_head_of_its_column(frame):
    after = line(ACROSS, top=230)
    assert prose(*heads("Agreed", "Progress", frame=frame), *COLUMNS, after) == [
        (" ".join(VISITS), ("Agreed",)),
        (" ".join(PLANS), ("Progress",)),
        (" ".join(PLANS), ("Agreed",)),
        (" ".join(VISITS), ("Progress",)),
        (ACROSS, ()),
    ]


NO_HEADS = {
    "in no bold type": [line("Agreed", top=110), line("Progress", top=110, x0=320)],
    "a sentence": heads("Agreed.", "Progress."),
    "without text below one": [line("Agreed", top=110, bold=True), line("Good", top=110, x0=530)],
}


@pytest.mark.parametrize("name", NO_HEADS)
def test_what_is_no_head_heads_nothing(name):
    assert {above for _, above in prose(*NO_HEADS[name], *COLUMNS)} == {()}


def test_grades_beside_each_other_head_no_text_below_them():
    below = paragraph_lines([ACROSS, "They say so."], top=140)
    assert {above for _, above in prose(*heads("Help", "Good"), *below)} == {()}
