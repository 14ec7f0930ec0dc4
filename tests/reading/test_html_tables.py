"""Tables of web pages: which rows frame prose, and what stands above the text in their cells."""

from __future__ import annotations

import pytest
from factories import growth

from pipeline.reading.read_html import read_html

FRAMED = {
    "list in a table": (
        "<table><tr><th>What is strong</th><td><ul><li>clear plans</li><li>early visits</li></ul></td></tr></table>",
        [("heading", "What is strong"), ("list_item", "clear plans"), ("list_item", "early visits")],
    ),
    "page set in a table": (
        f"<table><tr><td><p>{'Plans are clear. ' * 10}</p><p>Visits are timely.</p></td></tr></table>",
        [("paragraph", ("Plans are clear. " * 10).strip()), ("paragraph", "Visits are timely.")],
    ),
    "what is said of something in a table": (
        f"<table><tr><td>Plans</td><td>{'Plans are clear. ' * 9}</td></tr><tr><td>Team</td><td>{'Ada Thorne, ' * 14}</td></tr></table>",
        [("heading", "Plans"), ("paragraph", ("Plans are clear. " * 9).strip()), ("table", "Team | " + ("Ada Thorne, " * 14).strip())],
    ),
    "table in a table": (
        "<table><tr><td>Grades<table><tr><td>Leaders</td><td>Good</td></tr></table></td></tr></table>",
        [("heading", "Grades"), ("table", "Leaders | Good")],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FRAMED)
def test_rows_that_frame_what_has_its_own_structure(name):
    body, expected = FRAMED[name]
    assert [(b.kind, b.text) for b in read_html(body)] == expected


LONG = ("Plans are clear. " * 9).strip()
MINUTES = """<table><tr><td>1</td><td>Thresholds</td><td><p>{}</p><p>Visits are timely.</p></td>
<td><p>Jo Bloggs</p></td></tr></table><p>Moves are rare.</p>""".format("Plans are clear. " * 9)


def test_what_stands_beside_prose_in_a_table():
    assert [(b.kind, b.text[:18], b.above) for b in read_html(MINUTES)] == [
        ("table", "1", ("Thresholds",)),
        ("heading", "Thresholds", ("Thresholds",)),
        ("paragraph", "Plans are clear. P", ("Thresholds",)),
        ("paragraph", "Visits are timely.", ("Thresholds",)),
        ("table", "Jo Bloggs", ("Thresholds",)),
        ("paragraph", "Moves are rare.", ()),
    ]


def test_items_stand_under_the_heads_of_their_columns():
    page = """<table><thead><tr><td colspan=2><b>Care</b></td></tr><tr><th>Strengths</th><th>To consider</th></tr></thead>
<tr><td><ul><li>clear plans<li>early visits</ul></td><td><ul><li>waits</ul></td></tr></table><p>Visits are timely.</p>"""
    assert [(b.kind, b.text, " > ".join(b.above)) for b in read_html(page)] == [
        ("table", "Care", ""),
        ("table", "Strengths | To consider", ""),
        ("list_item", "clear plans", "Care > Strengths"),
        ("list_item", "early visits", "Care > Strengths"),
        ("list_item", "waits", "Care > To consider"),
        ("paragraph", "Visits are timely.", ""),
    ]


def test_what_a_row_is_about_holds_for_all_rows_that_its_cell_reaches_into():
    page = f"""<table><tr><th>Aim</th><th>Action</th><th>Who</th></tr>
<tr><td rowspan=2>Plans</td><td>{LONG}</td><td>Jo Bloggs</td></tr><tr><td>{LONG}</td><td>Ada Thorne</td></tr>
<tr><td>Visits</td><td>{LONG}</td><td></td></tr></table>"""
    assert [(b.kind, b.text, b.above) for b in read_html(page) if b.kind != "table"] == [
        ("heading", "Plans", ("Plans",)),
        ("paragraph", LONG, ("Action", "Plans")),
        ("paragraph", LONG, ("Action", "Plans")),
        ("heading", "Visits", ("Visits",)),
        ("paragraph", LONG, ("Action", "Visits")),
    ]


def test_line_breaks_in_cells_part_words_and_paragraphs():
    plans = "Plans are<br>clear.<br>" * 9
    page = f"<table><tr><td>Early<br>help</td><td>{plans}<br><br>Moves are rare</td></tr></table>"
    assert [(b.kind, b.text, b.above) for b in read_html(page)] == [
        ("heading", "Early help", ("Early help",)),
        ("paragraph", LONG, ("Early help",)),
        ("heading", "Moves are rare", ("Early help",)),
    ]


def test_time_grows_with_the_cells_of_a_table_that_all_reach_down():
    def make(size):
        rows = "<tr><td>b</td></tr>" * size
        return f"<table><tr>{'<td rowspan=999>a</td>' * size}</tr>{rows}</table>"

    assert growth(read_html, make(250), make(1_000)) < 10
