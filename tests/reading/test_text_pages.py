from __future__ import annotations

import pytest
from factories import growth

from pipeline.reading.text_pages import pages_of_text

OPEN = "The panel heard from all of the staff who"
REST = "work in the north that caseloads are low."
CASES = {
    "no furniture": ("Plans\n\n4", [["Plans", "", "4"]]),
    "page numbers that say so": ("Plans\nPage 5 of 12\nVisits\npage 6\nPage | 7\n8 | Page", [["Plans", "Visits"]]),
    "a number in a sentence": (f"{OPEN}\n4\n{REST}", [[OPEN, REST]]),
    "a number in a sentence, between pages": (f"{OPEN}\n4\f{REST}", [[OPEN], [REST]]),
    "a number after a sentence": (f"{REST}\n4\n{OPEN}", [[REST, "4", OPEN]]),
    "a figure in a list of words": ("north\n4\nsouth", [["north", "4", "south"]]),
    "numbers at the foot": ("Plans\n1\fVisits\n2", [["Plans", ""], ["Visits", ""]]),
    "numbers of an excerpt": ("- 14 -\nPlans\f- 15 -\nVisits", [["", "Plans"], ["", "Visits"]]),
    "figures at the foot": ("Plans\n17\fVisits\n4", [["Plans", "17"], ["Visits", "4"]]),
    "a title": (
        "Report of May\nPlans\fReport of May\nVisits\fReport of May\nWaits",
        [["Report of May", "Plans"], ["", "Visits"], ["", "Waits"]],
    ),
    "titles and numbers": (
        "\f".join(f"Farwick\nReport of May\n{text}\nMay 2021 | {n}\n" for n, text in enumerate("abc", 4)),
        [
            ["Farwick", "Report of May", "a", "May 2021 | 4", ""],
            ["", "", "b", "", ""],
            ["", "", "c", "", ""],
        ],
    ),
    "headings": (
        "Recommendation 1\nPlans\fRecommendation 2\nVisits\fRecommendation 3\nWaits",
        [["Recommendation 1", "Plans"], ["Recommendation 2", "Visits"], ["Recommendation 3", "Waits"]],
    ),
    "sentences": ("Yes.\nPlans\fYes.\nVisits\fYes.\nWaits", [["Yes.", "Plans"], ["Yes.", "Visits"], ["Yes.", "Waits"]]),
    "a number alone": ("1.1\n\nPlans", [["1.1 Plans"]]),
    "a letter alone": ("Plans:\n  (a)\nvisits", [["Plans:", "  (a) visits"]]),
    "bullets alone": ("•\nplans\n•\nvisits", [["• plans", "• visits"]]),
    "a dash alone, above a blank line": ("plans\n-\n\nVisits", [["plans", "-", "", "Visits"]]),
    "figures on lines of their own": ("4.1\n3.2\nof all", [["4.1", "", "3.2", "", "of all"]]),
    "what an e-mail quotes": ("Jo wrote:\n> Plans\n>\n>> • visits\n> >   early", [["Jo wrote:", "", "Plans", "", "• visits", "  early", ""]]),
    "bullets like the marks of an e-mail": ("Plans:\n> early visits\n> calm moves", [["Plans:", "> early visits", "> calm moves"]]),
    "a mark at the end": ("Plans\n•\n", [["Plans", "•"]]),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_cases(name):
    text, expected = CASES[name]
    assert pages_of_text(text) == expected


def test_a_heading_that_recurs_now_and_then_is_no_running_title():
    titles = ["Findings" if number % 4 == 0 else f"Plans {number}." for number in range(13)]
    assert sum("Findings" in page for page in pages_of_text("\f".join(titles))) == 4


HOSTILE = {
    "pages": lambda size: "a b\f" * size,
    "numbers": lambda size: "4\n" * size,
    "marks": lambda size: "•\n" * size,
    "spaces": lambda size: "a" + " " * size + "|",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_time_grows_with_the_length_of_a_text(name):
    make = HOSTILE[name]
    assert growth(pages_of_text, make(5_000), make(20_000)) < 10
