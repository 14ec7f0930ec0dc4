"""What of a web page is its text, and what is furniture of the site or hidden.

What the page folds away until its reader opens it is text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Set

from lxml import etree
from lxml.html import HtmlElement

from pipeline.reading.html_elements import BREAKING, HEADINGS, n_letters
from pipeline.reading.read_text import MAX_LINE_HEADING_WORDS

# Elements without text of the page: code, the site's menus, form fields.
NO_TEXT = frozenset(
    [
        "script",
        "style",
        "noscript",
        "template",
        "head",
        "nav",
        "button",
        "select",
        "textarea",
        "datalist",
        "dialog",
        "svg",
        "iframe",
        "object",
        "canvas",
        "audio",
        "video",
        "map",
    ]
)
NO_TEXT_ROLES = frozenset(
    ["navigation", "banner", "contentinfo", "search", "dialog", "alertdialog"]
)
# Names that sites give to whatever surrounds their text.
# ("mg" is ModernGov, which most councils publish their papers with; "ccc" asks for cookies).
AROUND = re.compile(
    r"cookie|breadcrumb|skip-?(?:link|to)|(?:^|[\s_-])(?:menu|nav(?:bar|igation)?|footer|sidebar)\b"
    r"|\bmg(?:ActionList|Nav|Footer)|back-?to-?top|\bccc-(?:notify|overlay)|onetrust|\bgdpr\b"
    r"|share-?(?:buttons?|icons?|links?|this)\b|sharedaddy|addtoany|social-(?:icons|links|share)"
    r"|comments-area|comment-respond|c-feedback|feedback-(?:form|prompt|survey)"
    r"|(?:page|this)-helpful|related-(?:content|items|links|pages)",
    re.I,
)
# Names of text that has something beside it, or nothing: "no-sidebar", "has-side-menu".
BESIDE = re.compile(r"(?:^|[\s_-])(?:no|has|with(?:out)?)[_-][\w-]++", re.I)
MAX_AROUND_CHARS = 3_000
HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.I)
# What a page folds away until its reader opens it: by its name, or by its role.
FOLDED = re.compile(r"accordion|collaps|(?:\b|_)tabs?(?:\b|_|panel|pane|content)", re.I)
FOLDED_ROLES = ("region", "tabpanel")
# A form with this share of the text is the page itself (ASP.NET wraps every page in a form), and
# a <main> with less is not the main text.
PAGE_SHARE = 0.5
# A site's name in its header is a link to its first page; the other links there are a menu.
FIRST_PAGE = re.compile(r"(?:https?://[^/?#]+)?/?", re.I)
# Raised text that is a footnote marker: "²" typed as "2", "[3]", "*", but not the "th" of "19th".
NOTE_LINK = re.compile(r"\s*(?:\[?\d{1,3}\]?|\[(?:footnote )?\w{1,4}\]|[*†‡]+)\s*")
# Where such a marker leads, if it is not raised: to a note, from it, or to a comment.
TO_NOTE = re.compile(r"#(?:_ftn|_edn|sd(?:foot|end)note|fn|cmnt|(?:foot|end)note)")


def drop_furniture(root: HtmlElement) -> None:
    """Takes out of a page what is not its text, and makes headings of buttons that are some."""
    # First, as inline styles and scripts may be longer than all that is read.
    _drop_what_has_no_text(root)
    only_title = len(list(root.iter("h1"))) == 1
    n_chars = len(root.text_content())
    _drop(root, lambda element: _is_furniture(element, only_title, n_chars))


def furniture_around(root: HtmlElement) -> Iterator[HtmlElement]:
    """The header and footer of the site, without their menus, which are taken out of the page."""
    _drop_what_has_no_text(root)
    only_title = len(list(root.iter("h1"))) == 1
    around = root.xpath("//header | //footer | //*[@role='banner' or @role='contentinfo']")
    # The first and the last: a page of many has them around its articles.
    for element in dict.fromkeys((*around[:2], *around[-2:])):
        if _is_furniture(element, only_title, 0):
            _drop(element, _is_menu)
            yield element


def _is_menu(element: HtmlElement) -> bool:
    if element.tag == "a":
        return not FIRST_PAGE.fullmatch(element.get("href", ""))
    return element.tag in ("ul", "form") or element.get("role") in ("navigation", "search")


def _drop_what_has_no_text(root: HtmlElement) -> None:
    controlled = {name for names in root.xpath("//@aria-controls") for name in names.split()}
    _mark_section_buttons(root, controlled)
    _drop(root, lambda element: _has_no_text(element, controlled))


def _mark_section_buttons(root: HtmlElement, controlled: Set[str]) -> None:
    """Makes headings of buttons that fold the section below them and stand in no heading."""
    level = 1
    for element in list(root.iter("button", *HEADINGS)):
        if element.tag == "button":
            if _opens_section(element):
                element.tag = f"h{min(level + 1, 6)}"
        elif not any(above.get("id") in controlled for above in element.iterancestors()):
            level = int(element.tag[1])


def _opens_section(button: HtmlElement) -> bool:
    """Whether a button folds the text right below it, which is no menu."""
    names = button.get("aria-controls", "").split()
    section = button.getnext()
    if section is None and button.getparent() is not None:
        section = button.getparent().getnext()
    if section is None or not names or section.get("id") not in names:
        return False
    links = sum(map(n_letters, section.iter("a")))
    return (
        _is_folded(section, {section.get("id")})
        and 2 * links < n_letters(section)
        and 0 < len(button.text_content().split()) <= MAX_LINE_HEADING_WORDS
        and not any(above.tag in (*HEADINGS, *NO_TEXT) for above in button.iterancestors())
    )


def _drop(root: HtmlElement, is_dropped: Callable[[HtmlElement], bool]) -> None:
    for element in list(root.iter(etree.Element)):
        if element.getparent() is not None and is_dropped(element):
            element.drop_tree()


def _has_no_text(element: HtmlElement, controlled: Set[str]) -> bool:
    if element.tag == "button" and _is_heading(element):
        return False
    return (
        element.tag in NO_TEXT
        or (_is_hidden(element) and not _is_folded(element, controlled))
        # "Show" and ", " in the headings of folded sections (GOV.UK).
        or (
            ("data-nosnippet" in element.attrib or "visually-hidden" in element.get("class", ""))
            and next(element.iterancestors("button"), None) is not None
        )
    )


def _is_heading(button: HtmlElement) -> bool:
    """Whether a button is the heading of a section, which it folds, rather than beside it."""
    heading = next(button.iterancestors(*HEADINGS), None)
    return heading is not None and (
        "aria-expanded" in button.attrib
        or heading.text_content().strip() == button.text_content().strip()
    )


def _is_hidden(element: HtmlElement) -> bool:
    # A folded section is hidden "until-found": the reader may open it.
    hidden = element.get("hidden", "until-found").lower() != "until-found"
    return hidden or bool(HIDDEN.search(element.get("style", "")))


def _is_folded(element: HtmlElement, controlled: Set[str]) -> bool:
    """Whether what is hidden is a section that the page's reader may open.

    `controlled` has the ids of what the page's buttons show and hide. Some of that is a menu or a
    list of suggestions, and says so by its role.
    """
    role = element.get("role", "")
    return element.tag in BREAKING and (
        role in FOLDED_ROLES
        or (not role and element.get("id") in controlled)
        or bool(FOLDED.search(element.get("class", "")))
    )


def _is_furniture(element: HtmlElement, only_title: bool, n_chars: int) -> bool:
    tag, role = element.tag, element.get("role", "")
    if tag == "sup" or (tag == "a" and TO_NOTE.match(element.get("href", ""))):
        return bool(NOTE_LINK.fullmatch(element.text_content()))
    if tag == "form":
        return len(element.text_content()) < PAGE_SHARE * n_chars
    if tag in ("header", "footer", "aside") or role in NO_TEXT_ROLES:
        # The <header> of an article holds its title; that of the page rarely holds the only one.
        within = any(a.tag in ("main", "article") for a in element.iterancestors())
        return not within and not (only_title and next(element.iter("h1"), None) is not None)
    names = BESIDE.sub(" ", f"{element.get('id', '')} {element.get('class', '')}")
    return bool(
        AROUND.search(names)
        and tag not in ("body", "main", "article", *HEADINGS)
        and next(element.iter("main", "article", "h1"), None) is None
        and len(element.text_content()) < MAX_AROUND_CHARS
    )


def main_elements(root: HtmlElement) -> Iterator[HtmlElement]:
    """The elements to read: the <main> with any title above it, or the whole page."""
    mains = [
        element
        for element in root.xpath("//main | //*[@role='main']")
        if not any(a.tag == "main" or a.get("role") == "main" for a in element.iterancestors())
    ]
    n_chars = sum(len(main.text_content().strip()) for main in mains)
    if n_chars < PAGE_SHARE * len(root.text_content().strip()) or not mains:
        yield root
        return
    if not any(True for main in mains for _ in main.iter("h1")):
        yield from root.iter("h1")
    yield from mains
