from __future__ import annotations

from pipeline.read_html import read_html

PAGE = """<!doctype html><html><head><title>Farwick</title><script>alert(1)</script></head><body>
<header><p>Farwick Council news and events</p></header><nav><ul><li>Home</li></ul></nav>
<main><h1>Letter</h1><p>Waits for help<sup>2</sup> are
too long.</p><h2>What is strong</h2>
<ul><li>clear plans<ul><li>for children in care</li></ul></li><li><p>early visits</p></li></ul>
<table><tr><th>Area</th><th>Grade</th></tr><tr><td>Leaders</td><td>Good</td></tr></table></main>
<footer><p>Cookies</p></footer></body></html>"""


def test_main_text_without_what_stands_around_it():
    assert [(b.kind, b.level, b.text) for b in read_html(PAGE)] == [
        ("heading", 1, "Letter"),
        ("paragraph", 1, "Waits for help are too long."),
        ("heading", 2, "What is strong"),
        ("list_item", 1, "clear plans"),
        ("list_item", 2, "for children in care"),
        ("list_item", 1, "early visits"),
        ("table", 1, "Area | Grade"),
        ("table", 1, "Leaders | Good"),
    ]


def test_page_without_paragraph_tags_is_read_as_text():
    blocks = read_html("<html><body><div>Visits are timely.</div></body></html>")
    assert [b.text for b in blocks] == ["Visits are timely."]
