"""Lines: which runs of a page are one line, and which are cells, columns or notes beside it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.base.records import Letter
from pipeline.reading.lines import Shape, TextRun, is_small, lines_of_text_runs, say_instead

HEIGHT = 842.0


def run(
    text, x0=72.0, baseline=700.0, *, size=12.0, width=None, bold=False, mark=None, furniture=False
):
    x1 = x0 + (5.0 * len(text) if width is None else width)
    return TextRun(text, x0, x1, baseline, size, bold, mark, furniture)


def texts(*runs):
    return [line.text for line in lines_of_text_runs(list(runs), HEIGHT)]


def test_number_in_its_own_column_belongs_to_the_line(draw):
    def drawing(canvas):
        canvas.drawString(72, 700, "12.")
        canvas.drawString(100, 700, "Visits are timely.")

    assert [line.text for line in draw(drawing)[0].lines] == ["12. Visits are timely."]


def test_cells_beside_each_other_are_lines_of_their_own(draw):
    def drawing(canvas):
        canvas.drawString(72, 700, "Overall effectiveness")
        canvas.drawString(400, 700, "Good")

    assert [line.text for line in draw(drawing)[0].lines] == ["Overall effectiveness", "Good"]


def test_figures_beside_each_other_are_cells(draw):
    def drawing(canvas):
        for x, text in ((72, "North"), (250, "12"), (350, "14")):
            canvas.drawString(x, 700, text)

    assert [line.text for line in draw(drawing)[0].lines] == ["North", "12", "14"]


def test_a_rule_parts_cells_that_stand_close_together(draw):
    def drawing(canvas):
        canvas.drawString(72, 700, "Plans are clear")
        canvas.drawString(166, 700, "Visits are timely")
        canvas.line(162, 690, 162, 715)
        canvas.drawString(72, 600, "Plans are clear")
        canvas.drawString(166, 600, "and visits are timely")

    assert [line.text for line in draw(drawing)[0].lines] == [
        "Plans are clear",
        "Visits are timely",
        "Plans are clear and visits are timely",
    ]


@pytest.mark.parametrize(("step", "n_lines"), [(1, 25), (5, 25), (10, 45)])
@pytest.mark.parametrize("first", [True, False], ids=["before", "after"])
def test_the_numbers_of_lines_are_no_text(step, n_lines, first):
    runs = []
    for number in range(1, n_lines + 1):
        baseline = 780.0 - 14 * number
        own = [run(str(number), x0=40, baseline=baseline, size=8)] if number % step == 0 else []
        text = [run("Visits are timely.", baseline=baseline)]
        runs += [*own, *text] if first else [*text, *own]
    assert texts(*runs) == ["Visits are timely."] * n_lines


@pytest.mark.parametrize("numbers", [range(1, 13), (1, 2, 3, 5) * 6, (5, 10, 15)])
def test_the_numbers_of_rows_stay(numbers):
    runs = []
    for at, number in enumerate(numbers):
        runs.append(run(str(number), x0=40, baseline=780.0 - 28 * at, width=10))
        runs.append(run("Visits are timely.", baseline=780.0 - 28 * at))
    assert texts(*runs) == [f"{number}\tVisits are timely." for number in numbers]


INITIALS = {
    "the first letter of a word": (
        "L",
        ["eaders know the", "service and its"],
        "Leaders know the",
    ),
    "a word": ("A", ["team of two was", "sent to the team"], "A team of two was"),
    "not a letter of the text": ("B", ["Leaders know the", "service and its"], "Leaders know the"),
}


@pytest.mark.parametrize("name", INITIALS)
def test_an_initial_belongs_to_its_word(draw, name):
    initial, beside, first = INITIALS[name]

    def drawing(canvas):
        canvas.setFont("Helvetica", 36)
        canvas.drawString(72, 686, initial)
        canvas.setFont("Helvetica", 11)
        for x, y, text in zip((99, 99, 72), (700, 687, 674), [*beside, "needs."], strict=True):
            canvas.drawString(x, y, text)

    lines = [line for line in draw(drawing)[0].lines if len(line.text) > 1]
    assert [line.text for line in lines] == [first, beside[1], "needs."]
    assert (len({round(line.x0) for line in lines}) == 1) == (initial != "B")


def test_a_figure_after_another_is_no_number_of_what_follows(draw):
    def drawing(canvas):
        for x, text in ((72, "2"), (102, "4"), (132, "8"), (162, "Visits are checked.")):
            canvas.drawString(x, 700, text)
        canvas.drawString(72, 600, "8")
        canvas.drawString(102, 600, "Visits are checked.")

    assert [" ".join(line.text.split()) for line in draw(drawing)[0].lines] == [
        *("2", "4", "8", "Visits are checked."),
        "8 Visits are checked.",
    ]


def test_bullet_in_the_middle_starts_the_next_column(draw):
    def drawing(canvas):
        canvas.drawString(72, 700, "Leaders know the service")
        canvas.drawString(215, 700, "• Waits are too long")

    texts = [line.text for line in draw(drawing)[0].lines]
    assert [text.lstrip("•\ufffd ") for text in texts] == [
        "Leaders know the service",
        "Waits are too long",
    ]


def test_footnote_marker_is_dropped_in_a_line_and_kept_at_its_start(draw):
    def drawing(canvas):
        text = canvas.beginText(72, 700)
        text.setFont("Helvetica", 12)
        text.textOut("Waits are long")
        text.setFont("Helvetica", 7)
        text.setRise(4)
        text.textOut("3")
        text.setRise(0)
        text.setFont("Helvetica", 12)
        text.textOut(" and grow.")
        canvas.drawText(text)
        note = canvas.beginText(72, 60)
        note.setFont("Helvetica", 6)
        note.setRise(4)
        note.textOut("3")
        note.setRise(0)
        note.setFont("Helvetica", 9)
        note.textOut(" In the year to March.")
        canvas.drawText(note)

    texts = [line.text for line in draw(drawing)[0].lines]
    assert texts == ["Waits are long and grow.", "3 In the year to March."]


# Runs that end at 100 and go on at 100 plus a gap, in type of 10 points.
GAPS = {
    "kerned": (1.6, "planschange"),
    "a narrow space": (1.8, "plans change"),
    "a wide space": (15.0, "plans change"),
}


@pytest.mark.parametrize("name", GAPS)
def test_a_gap_between_runs_is_a_space(name):
    gap, expected = GAPS[name]
    assert texts(run("plans", 50, width=50, size=10), run("change", 100 + gap, size=10)) == [
        expected
    ]


APART = {
    "another line": (run("plans"), run("change", 72, 685)),
    "a column beside it": (run("plans"), run("change", 130)),
    "back at the margin": (run("plans", 300), run("change", 72)),
    "a footer at the same height": (run("plans"), run("change", 99, furniture=True)),
    "a bullet behind a gap": (run("plans"), run("• change", 110)),
    "two figures": (run("12"), run("14", 120)),
    "no figure, and a figure": (run("–"), run("12%", 120)),
    "no figure twice": (run("–"), run("–", 120)),
    "no figure, and a cell far away": (run("–"), run("Not known", 300)),
}


@pytest.mark.parametrize("name", APART)
def test_runs_that_are_two_lines(name):
    assert len(texts(*APART[name])) == 2


TOGETHER = {
    "a number in a column of its own": ((run("12."), run("Plans change.", 130)), "12.\tPlans change."),
    "a bullet in a column of its own": ((run("•"), run("Plans change.", 130)), "•\tPlans change."),
    "a dash in a column of its own": ((run("–"), run("Plans change.", 130)), "–\tPlans change."),
    "a dash before a number": ((run("–"), run("12 plans change.", 110)), "– 12 plans change."),
    "cells that are marked as one": ((run("plans", mark=3), run("change", 300, mark=3)), "plans\tchange"),
    "a raised figure at the start": ((run("3", 72, 705, size=6), run("In March.", 80)), "3 In March."),
}  # fmt: skip


@pytest.mark.parametrize("name", TOGETHER)
def test_runs_that_are_one_line(name):
    runs, expected = TOGETHER[name]
    assert texts(*runs) == [expected]


def test_a_raised_figure_in_a_line_is_no_text():
    assert texts(
        run("Waits", width=30), run("3", 102, 705, size=6, width=4), run(" grow", 106)
    ) == ["Waits grow"]


def test_a_line_has_the_box_and_the_look_of_its_runs():
    (line,) = lines_of_text_runs(
        [run("Plans ", bold=True, width=30, mark=4), run("change", 102, 699, width=40, mark=4)],
        HEIGHT,
    )
    assert (line.x0, line.x1, line.bottom, line.top) == (72, 142, HEIGHT - 699, HEIGHT - 700 - 12)
    assert (line.font_size, line.bold, line.marked_content) == (12, False, 4)


@pytest.mark.parametrize("bold", [True, False])
def test_a_line_is_bold_where_most_of_it_is(bold):
    (line,) = lines_of_text_runs(
        [run("plans change", bold=bold, width=60), run("now", 135, bold=not bold)], HEIGHT
    )
    assert line.bold is bold


def test_it_is_known_where_the_weight_of_a_line_changes():
    (line,) = lines_of_text_runs(
        [run("•", width=5), run("plans change:", 82, bold=True, width=60), run("now", 147)], HEIGHT
    )
    assert (line.bold, line.begins_otherwise, line.ends_otherwise) == (True, False, True)


MARKERS = {
    "a bullet written after the text": ([run("Plans", 90), run("•", 78)], [], ["• Plans"]),
    "numbers written after the text": (
        [run("Plans", 100), run("Visits", 100, 680), run("1.", 78), run("2.", 78, 680)],
        [],
        ["1. Plans", "2. Visits"],
    ),
    "a disc left of a line": ([run("Plans", 90)], [Shape(80, 702, 83, 705)], ["• Plans"]),
    "a disc below a line": ([run("Plans", 90)], [Shape(80, 688, 83, 691)], ["Plans"]),
    "a disc far from a line": ([run("Plans", 200)], [Shape(80, 702, 83, 705)], ["Plans"]),
    "a disc before a number": ([run("1. Plans", 90)], [Shape(80, 702, 83, 705)], ["1. Plans"]),
    "a tick right of a line": ([run("Plans", 90)], [Shape(300, 702, 303, 705)], ["Plans"]),
}


@pytest.mark.parametrize("name", MARKERS)
def test_markers_apart_from_their_line(name):
    runs, shapes, expected = MARKERS[name]
    assert [line.text for line in lines_of_text_runs(runs, HEIGHT, shapes)] == expected


def test_the_size_of_a_line_is_that_of_most_of_its_letters():
    (line,) = lines_of_text_runs([run("•", size=14), run(" Plans change", 80, size=11)], HEIGHT)
    assert line.font_size == 11


@pytest.mark.parametrize(
    ("shape", "small"),
    [
        (Shape(0, 0, 3, 3), True),
        (Shape(0, 0, 6, 0), True),
        (Shape(0, 0, 0.4, 6), False),
        (Shape(0, 0, 40, 1), False),
    ],
)
def test_small_shapes_may_be_bullets(shape, small):
    assert is_small(shape) is small


def test_blank_runs_are_no_lines():
    assert texts(run("  "), run(" ", 72, 600), run("Plans", 72, 500)) == ["Plans"]
    assert texts() == []


RUNS = st.builds(
    run,
    st.text(alphabet="ab •1.", min_size=1, max_size=6),
    st.floats(0, 500),
    st.sampled_from([700.0, 704.0, 690.0]),
    size=st.sampled_from([6.0, 12.0]),
    mark=st.sampled_from([None, 1]),
    furniture=st.booleans(),
)


@settings(deadline=None)
@given(st.lists(RUNS, max_size=12))
def test_no_letter_is_lost(runs):
    lines = lines_of_text_runs(runs, HEIGHT)
    # Their order may change: a bullet or number that was written later goes to its line.
    letters = sorted(c for line in lines for c in line.text if c in "ab•")
    assert letters == sorted(c for each in runs for c in each.text if c in "ab•")
    assert all(line.text == line.text.strip() != "" and line.x0 <= line.x1 for line in lines)


def test_letters_say_what_is_meant():
    def say(shown, meant):
        letters = [Letter(sign, 1, at, 0, at + 1, 1) for at, sign in enumerate(shown)]
        return [letter.text for letter in say_instead(letters, meant)]

    # As many signs as letters: each has its own place. Otherwise the first stands for all.
    assert say("\ufffd\ufffd c", "abc") == ["a", "b", " ", "c"]
    assert say("a\ufffd", "word") == ["word", ""]
    assert say("ab", "") == ["", ""] and say("", "word") == []
