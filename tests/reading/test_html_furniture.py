"""What of a web page is its text, and what is furniture of the site or hidden."""

from __future__ import annotations

import pytest

from pipeline.reading.read_html import read_html, read_html_furniture


def read(body):
    return [(b.kind, b.text) for b in read_html(f"<html><body>{body}</body></html>")]


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


TEXT = {
    "page inside a form": (
        f"<form><h1>Letter</h1><p>{'Plans are clear. ' * 9}</p><select><option>A</option></select></form>",
        [("heading", "Letter"), ("paragraph", ("Plans are clear. " * 9).strip())],
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


@pytest.mark.parametrize("name", TEXT)
def test_text_that_is_folded_or_has_the_signs_of_furniture_is_read(name):
    body, expected = TEXT[name]
    assert read(body) == expected


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
