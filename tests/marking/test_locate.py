from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.base.characters import clean_text
from pipeline.base.hyphens import join_wrapped
from pipeline.base.records import Letter
from pipeline.marking.locate import Printed

WIDTH, HEIGHT, LEADING = 5, 10, 14


def printed(*lines, page=1):
    """Lines as they are printed; "|" ends a page, and a list has what each glyph says."""
    rows, top = [], 800
    for line in lines:
        if line == "|":
            page, top = page + 1, 800
            continue
        rows.append(
            tuple(
                Letter(said, page, at * WIDTH, top - HEIGHT, (at + 1) * WIDTH, top)
                for at, said in enumerate(line)
            )
        )
        top -= LEADING
    return Printed(rows), rows


def under(boxes, rows):
    """What is printed inside of rectangles, without spaces."""
    return "".join(
        letter.text
        for box in boxes
        for row in rows
        for letter in row
        if letter.page == box.page
        and box.left <= (letter.x0 + letter.x1) / 2 <= box.right
        and box.bottom <= (letter.low + letter.high) / 2 <= box.top
        and not letter.text.isspace()
    )


# The print, the text of the paragraph, the sentence, and what is marked, line by line.
CASES = {
    "a line in the middle": (["One. Two is", "here. Three."], "One. Two is here. Three.", "Two is here.", ["Twois", "here."]),
    "a hyphen that the line end added": (["They super-", "vise. Well."], "They supervise. Well.", "They supervise.", ["Theysuper-", "vise."]),
    "a ligature": (["The ﬁrst. A ﬂat."], "The first. A flat.", "A flat.", ["Aﬂat."]),
    "a bullet": (["• One. Two."], "One. Two.", "One.", ["One."]),
    "a bullet printed as a letter": (["o One. Two."], "One. Two.", "One.", ["One."]),
    "quotes and brackets": (["He said", "“(Go!).” Then."], "He said “(Go!).” Then.", "“(Go!).”", ["“(Go!).”"]),
    "its own full stop, not the next sentence's quote": (["Go. “Stay.”"], "Go. “Stay.”", "Go.", ["Go."]),
    "a page break": (["One. Two", "|", "goes on. Three."], "One. Two goes on. Three.", "Two goes on.", ["Two", "goeson."]),
    "an apostrophe that the font lost": (["It\ufffds so. Yes."], "It’s so. Yes.", "It’s so.", ["It\ufffdsso."]),
    "glyphs that mean one word": ([["A", " ", "word", "", "", " ", "B."]], "A word B.", "A word", ["Aword"]),
    "the same sentence twice": (["Yes. No. Yes."], "Yes. No. Yes.", "Yes.", ["Yes."]),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_a_sentence_is_found_in_print(name):
    lines, text, sentence, expected = CASES[name]
    paragraph, rows = printed(*lines)
    start = text.index(sentence)
    boxes = paragraph.find(text, start, start + len(sentence))
    assert [under([box], rows) for box in boxes] == expected


def test_of_a_repeated_sentence_the_right_one_is_marked():
    paragraph, _ = printed("Yes. No. Yes.")
    text = "Yes. No. Yes."
    assert [box.left for box in paragraph.find(text, 9, 13)] == [9 * WIDTH]


def test_text_that_is_not_there_is_not_marked():
    paragraph, _ = printed("Something else.")
    assert paragraph.find("A sentence.", 0, 11) == []
    assert paragraph.find("Something else. ***", 16, 19) == []
    # Of two that would do, none is taken, as the rest of the paragraph is another.
    paragraph, _ = printed("Yes. No. Yes.")
    assert paragraph.find("Yes. Maybe.", 0, 4) == []


def test_turned_text_has_one_rectangle_a_line():
    climbing = tuple(
        Letter(said, 1, 100, at * 5, 110, at * 5 + 5) for at, said in enumerate("Up.")
    )
    (box,) = Printed([climbing]).find("Up.", 0, 3)
    assert box == (1, 100, 0, 110, 15)


WORDS = st.lists(
    st.text("abcdeé½", min_size=1, max_size=6).flatmap(
        lambda word: st.sampled_from(
            [word, f"{word}.", f"“{word}”", f"{word}-{word}", f"({word})"]
        )
    ),
    min_size=1,
    max_size=12,
)


@given(st.data())
def test_whatever_the_words_and_lines_a_span_of_words_is_marked_exactly(data):
    words = data.draw(WORDS)
    lines, line = [], []
    for word in words:
        line.append(word)
        if data.draw(st.booleans()):
            lines.append(" ".join(line))
            line = []
    lines += [" ".join(line)] if line else []
    text = clean_text(join_wrapped(lines))
    shown = text.split()
    first = data.draw(st.integers(0, len(shown) - 1))
    last = data.draw(st.integers(first, len(shown) - 1))
    start = len(" ".join(shown[:first])) + bool(first)
    end = len(" ".join(shown[: last + 1]))
    paragraph, rows = printed(*lines)
    wanted = "".join(text[start:end].split())
    assert under(paragraph.find(text, start, end), rows) == wanted
