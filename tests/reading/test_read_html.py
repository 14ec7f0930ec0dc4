from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.reading.read_html import read_html, read_html_furniture

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


def read(body):
    return [(b.kind, b.text) for b in read_html(f"<html><body>{body}</body></html>")]


VISIBLE = {
    "a described picture, after the text it is in": (
        "<p>Waits are <img alt='Bar chart: waits fell from\n 24 to 17 days'><img alt='Farwick logo'>shorter.</p>",
        [("paragraph", "Waits are shorter."), ("figure", "Bar chart: waits fell from 24 to 17 days")],
    ),
    "text beside paragraphs": (
        "<div>Waits are long.<p>Plans are clear.</p>Visits are timely.</div>",
        [("paragraph", "Waits are long."), ("paragraph", "Plans are clear."), ("paragraph", "Visits are timely.")],
    ),
    "text around a paragraph in a quotation": (
        "<blockquote>One parent told us in these words: <p>We were heard.</p> She was glad of it.</blockquote>",
        [("paragraph", "One parent told us in these words:"), ("paragraph", "We were heard."), ("paragraph", "She was glad of it.")],
    ),
    "terms and what is said of them": (
        "<dl><dt>Strength</dt><dd>Plans are clear. <p>Visits are timely.</p></dd></dl>",
        [("heading", "Strength"), ("list_item", "Plans are clear."), ("list_item", "Visits are timely.")],
    ),
    "what is said of a term without a full stop, and a name": (
        "<dl><dt>Early help</dt><dd>Families get help quickly</dd><dt>From</dt><dd>Farwick Council</dd></dl>",
        [("heading", "Early help"), ("list_item", "Families get help quickly"), ("heading", "From"), ("heading", "Farwick Council")],
    ),
    "several articles, with a title above them": (
        "<h1>Findings</h1><article><p>Plans are clear.</p></article><article><p>Visits are timely.</p></article>",
        [("heading", "Findings"), ("paragraph", "Plans are clear."), ("paragraph", "Visits are timely.")],
    ),
    "text behind a nested list": (
        "<ul><li>help with<ul><li>housing</li></ul>and with health.</li></ul>",
        [("list_item", "help with"), ("list_item", "housing"), ("list_item", "and with health.")],
    ),
    "line breaks for paragraphs and lists": (
        "<div>Plans are clear<br>to families.<br><br>We ask for:<br>• early visits<br>• calm moves</div>",
        [("paragraph", "Plans are clear to families."), ("paragraph", "We ask for:"),
         ("list_item", "early visits"), ("list_item", "calm moves")],
    ),
    "comments and inline elements end nothing": (
        "<p>Plans <!-- x -->are <b>clear</b> on the 19<sup>th</sup><sup><a href='#n'>3</a></sup> of May.</p>",
        [("paragraph", "Plans are clear on the 19th of May.")],
    ),
    "bold lines before a line break": (
        "<p><strong>Stable homes</strong><br>Moves are rare.</p><p><b>Waits are long.</b><br>They grow.</p>"
        "<p><b>Farwick</b><br><b>Council</b></p><p><b>Early</b> visits<br>are rare.</p>",
        [("heading", "Stable homes"), ("paragraph", "Moves are rare."), ("paragraph", "Waits are long. They grow."),
         ("heading", "Farwick Council"), ("paragraph", "Early visits are rare.")],
    ),
    "heading with a line break": ("<h2>Help and<br>protection</h2>", [("heading", "Help and protection")]),
    "elements that are never closed": (
        "<font>" * 600 + "Plans are clear.<p>Visits are timely.",
        [("paragraph", "Plans are clear."), ("paragraph", "Visits are timely.")],
    ),
    "notes": (
        "<p>Waits are long.</p><section role='doc-endnotes'><ol><li><p>In March. <a>↩</a></p></li></ol></section>",
        [("paragraph", "Waits are long."), ("footnote", "In March.")],
    ),
    "notes as Word saves them": (
        "<p>Waits are long<a href='#_ftn1' name='_ftnref1'><span>[1]</span></a> and grow.</p>"
        "<div><p class=MsoFootnoteText><a href='#_ftnref1' name='_ftn1'>[1]</a> In March.</p></div>",
        [("paragraph", "Waits are long and grow."), ("footnote", "In March.")],
    ),
    "notes of GOV.UK and WordPress": (
        "<p>Waits are long.<sup><a href='#fn:1'>[footnote 1]</a></sup> See <a href='#fn-2'>the note</a>.</p>"
        "<ol class='wp-block-footnotes'><li>In March. <a href='#ref'>↩︎</a></li></ol>",
        [("paragraph", "Waits are long. See the note."), ("footnote", "In March.")],
    ),
    "links to the parts of a page": (
        "<ol><li>1. <a href='#care'>Care</a><ul><li><a href='#homes'>Homes</a></li></ul></li>"
        "<li><a href='#help'>Help</a> is early</li><li><a href='/plan'>the plan</a></li></ol>",
        [("contents", "1. Care"), ("contents", "Homes"), ("list_item", "Help is early"), ("list_item", "the plan")],
    ),
    "what stands below a picture": (
        "<figure><img src='a.png' alt=''><figcaption>Visits in <b>Farwick</b></figcaption></figure><p>Plans are clear.</p>",
        [("figure", "Visits in Farwick"), ("paragraph", "Plans are clear.")],
    ),
    "who is quoted": (
        "<blockquote><p>They listen</p><cite>Parent</cite></blockquote><article><blockquote>“Staff stay”<footer>Social worker</footer></blockquote></article>"
        "<blockquote><p>Next steps</p></blockquote>",
        [("paragraph", "They listen"), ("paragraph", "Parent"), ("paragraph", "“Staff stay”"), ("paragraph", "Social worker"),
         ("heading", "Next steps")],
    ),
    "preformatted lines": (
        "<pre>1.1 Plans are clear.\n1.2 Visits are timely.</pre>",
        [("paragraph", "1.1 Plans are clear."), ("paragraph", "1.2 Visits are timely.")],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", VISIBLE)
def test_nothing_that_is_seen_is_lost(name):
    body, expected = VISIBLE[name]
    assert read(body) == expected


@pytest.mark.parametrize("text", ["", " ", "<!-- -->", "<!doctype html>", "<html></html>"])
def test_empty_page_has_no_blocks(text):
    assert read_html(text) == []


@pytest.mark.parametrize("text", ["", "<!-- -->", "<html></html>"])
def test_empty_page_has_no_furniture(text):
    assert read_html_furniture(text) == []


WORDS = st.sampled_from(["clear", "plans", "early", "visits"])
TAGS = st.sampled_from(
    [
        "p",
        "div",
        "span",
        "ul",
        "li",
        "table",
        "tr",
        "td",
        "h2",
        "blockquote",
        "article",
        "dl",
        "dd",
        "b",
        "font",
    ]
)
TREES = st.recursive(
    WORDS,
    lambda inner: st.tuples(TAGS, st.lists(inner, max_size=4)).map(
        lambda tree: f"<{tree[0]}>{' '.join(tree[1])}</{tree[0]}>"
    ),
    max_leaves=12,
)


@settings(deadline=None)
@given(TREES)
def test_no_word_is_lost_whatever_the_elements(body):
    word = re.compile(r"\b(?:clear|plans|early|visits)\b")
    seen = word.findall(" ".join(block.text for block in read_html(body)))
    assert sorted(seen) == sorted(word.findall(body))
