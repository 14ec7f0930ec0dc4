from __future__ import annotations

import re

import pytest
from factories import growth
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
    "page inside a form": (
        f"<form><h1>Letter</h1><p>{'Plans are clear. ' * 9}</p><select><option>A</option></select></form>",
        [("heading", "Letter"), ("paragraph", ("Plans are clear. " * 9).strip())],
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
    "title in the only header": (
        "<header><h1>Inspection of Farwick</h1></header><p>Plans are clear.</p>",
        [("heading", "Inspection of Farwick"), ("paragraph", "Plans are clear.")],
    ),
    "sections that a browser keeps folded": (
        "<main><h2><button aria-expanded='true'>Leadership</button></h2><p>Plans are clear.</p>"
        "<h2><button>Placements</button></h2><div hidden='until-found'><p>Moves are rare.</p></div></main>",
        [("heading", "Leadership"), ("paragraph", "Plans are clear."), ("heading", "Placements"), ("paragraph", "Moves are rare.")],
    ),
    "sections that a page folds by their roles, names and buttons": (
        "<div id='p1' role='region' hidden><p>Plans are clear.</p></div>"
        "<div class='ui-accordion-content' style='display: none;'><p>Moves are rare.</p></div>"
        "<div class='tab-pane' hidden><p>Visits are timely.</p></div><div role='tabpanel' hidden><p>Waits are long.</p></div>"
        "<h2><button aria-controls='p4 p5'>Placements</button></h2><div id='p5' hidden><p>Homes are near.</p></div>",
        [("paragraph", "Plans are clear."), ("paragraph", "Moves are rare."), ("paragraph", "Visits are timely."),
         ("paragraph", "Waits are long."), ("heading", "Placements"), ("paragraph", "Homes are near.")],
    ),
    "a folded section as GOV.UK has it": (
        "<h2><button aria-expanded='false'><span>Placements</span><span class='govuk-visually-hidden'>, </span>"
        "<span data-nosnippet><span>Show</span></span></button></h2><p>Moves are rare.</p>",
        [("heading", "Placements"), ("paragraph", "Moves are rare.")],
    ),
    "sections that buttons fold without a heading": (
        "<h2>Care</h2><div><button aria-controls='a'>Homes</button></div><div id='a' hidden><h4>North</h4><p>Moves are rare.</p></div>"
        "<button aria-controls='b'>Visits</button><div id='b' class='collapse'><p>They are timely.</p></div>"
        "<button aria-controls='c'>More</button><div id='c' class='collapse'><a href='/x'>Cabinet</a></div>",
        [("heading", "Care"), ("heading", "Homes"), ("heading", "North"), ("paragraph", "Moves are rare."), ("heading", "Visits"),
         ("paragraph", "They are timely."), ("heading", "Cabinet")],
    ),
    "a number before the button of a section": (
        "<h2>2. <button aria-expanded='false'>Placements</button></h2><p>Moves are rare.</p>",
        [("heading", "2. Placements"), ("paragraph", "Moves are rare.")],
    ),
    "text beside which there is no menu, or one": (
        "<h1>Letter</h1><div class='content no-sidebar'><p>Plans are clear.</p></div>"
        "<div class='has-sidebar'><p>Moves are rare.</p></div><div class='page_with-side-menu'><p>Visits are timely.</p></div>",
        [("heading", "Letter"), ("paragraph", "Plans are clear."), ("paragraph", "Moves are rare."), ("paragraph", "Visits are timely.")],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", VISIBLE)
def test_nothing_that_is_seen_is_lost(name):
    body, expected = VISIBLE[name]
    assert read(body) == expected


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


FURNITURE = {
    "script": "<script>var a = 'Menu';</script>",
    "menu": "<nav><ul><li>Home</li></ul></nav>",
    "menu by its role": "<div role='navigation'>Home</div>",
    "cookie notice": "<div id='cookie-banner'><p>We use cookies.</p><button>Accept</button></div>",
    "where you are": "<ol class='breadcrumb'><li>Home</li></ol>",
    "menu and footer by their names": "<div id='nav'>Home</div><div class='site-footer'>Contact</div>",
    "ModernGov's menu": "<table><tr><td><ul class='mgActionList'><li>Home</li></ul></td></tr></table>",
    "search form": "<form><label>Search</label><input name='q'></form>",
    "site header": "<header>Farwick Council</header>",
    "what is below a text": "<div class='share-buttons'>Share this page</div><div class='back-to-top'><a href='#top'>Top</a></div>"
    "<div class='gem-c-feedback'><h2>Is this page useful?</h2></div><div id='comments' class='comments-area'>Reply</div>"
    "<div class='related-links'><h3>Related pages</h3><a href='/x'>Fostering</a></div>",
    "a notice on cookies by its program": "<div id='ccc-notify' role='alert'><p>This site needs a few to work.</p></div>",
    "what is hidden": "<p hidden>Draft</p><p style='display: none'>Draft</p>",
    "what a folded section or a field hides": "<div class='tablet' hidden>Draft</div><span class='accordion-icon' hidden>Open</span>"
    "<input aria-controls='found'><ul id='found' role='listbox' hidden><li>Farwick</li></ul>"
    "<div class='navbar-collapse collapse' style='display:none'>Home</div>",
    "a menu that itself has a sidebar": "<div class='sidebar has-menu'>Home</div><div class='menu-item-has-children'>News</div>",
}


@pytest.mark.parametrize("name", FURNITURE)
def test_what_stands_around_the_text_is_left_out(name):
    body = f"{FURNITURE[name]}<h1>Letter</h1><p>Plans are clear.</p>"
    assert read(body) == [("heading", "Letter"), ("paragraph", "Plans are clear.")]


def test_a_button_beside_the_words_of_a_heading_is_left_out():
    assert read("<h2>Placements <button>Copy link</button></h2>") == [("heading", "Placements")]


def test_code_is_no_part_of_the_page_that_a_form_has_to_hold():
    code = f"<style>{'.a{color:red}' * 60}</style><script>{'var a = 1;' * 60}</script>"
    body = f"<form><h1>Letter</h1><script>{'f();' * 99}</script><p>Plans are clear.</p></form>"
    blocks = read_html(f"<html><head>{code}</head><body>{body}</body></html>")
    assert [b.text for b in blocks] == ["Letter", "Plans are clear."]
    search = f"<form>Search<script>{'f();' * 99}</script></form><p>Plans are clear and kept.</p>"
    assert read(search) == [("paragraph", "Plans are clear and kept.")]


def test_main_that_holds_little_is_not_the_page():
    body = "<main><h1>Letter</h1></main><div><p>Plans are clear and visits are timely.</p></div>"
    assert len(read(body)) == 2


@pytest.mark.parametrize("text", ["", " ", "<!-- -->", "<!doctype html>", "<html></html>"])
def test_empty_page_has_no_blocks(text):
    assert read_html(text) == []


def test_what_the_site_says_of_itself_is_furniture_and_its_menus_are_not():
    page = """<head><title>Letter | Farwick Council</title>
    <meta property="og:site_name" content="Farwick Council"></head><body>
    <header><a href="https://farwick.gov.uk/">Farwick</a> <a href="/cabinet">Cabinet</a>
    <nav>Scrutiny Committee</nav></header><main><h1>Letter</h1><p>Plans are clear.</p></main>
    <div role="contentinfo"><ul><li>Cabinet</li></ul><p>© Farwick Council</p></div></body>"""
    assert read_html_furniture(page) == [
        "Letter | Farwick Council",
        "Farwick Council",
        "Farwick",
        "© Farwick Council",
    ]


def test_a_header_that_holds_the_only_title_is_text():
    page = "<body><header><h1>Letter</h1></header><p>Plans are clear.</p></body>"
    assert read_html_furniture(page) == []


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
