"""Where a browser begins a new line, and the letters of an element."""

from __future__ import annotations

import pytest
from lxml import html

from pipeline.reading.html_elements import n_letters, text_on_one_line

LINES = {
    "a line break": ("<p>early<br>help</p>", "early help"),
    "paragraphs": ("<div><p>early</p><p>help</p></div>", "early help"),
    "elements that HTML 4 did not have": ("<div>early<section>help</section></div>", "early help"),
    "words that are bold or tracked as new": ("<p>ear<b>ly</b> <ins>he</ins>lp</p>", "early help"),
    "a comment": ("<p>early <!-- late -->help</p>", "early help"),
}


@pytest.mark.parametrize("name", LINES)
def test_words_are_parted_where_a_line_begins(name):
    body, expected = LINES[name]
    assert text_on_one_line(html.fromstring(body)) == expected


def test_digits_and_signs_are_no_letters():
    assert n_letters(html.fromstring("<p>1.2 <b>Early</b> help, 2024</p>")) == 9
