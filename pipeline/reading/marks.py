"""How reports print bullets, numbers, sentence ends, page numbers, grades and addresses."""

from __future__ import annotations

import re

# Bullets as extracted from reports: typographic ones, and those of symbol fonts, which land in
# the private-use area (Wingdings n is U+F06E, the "■" of most reports before 2018). A dash just
# before a number or a sum of money is a minus. Plans and slides take arrows, stars and crosses; an
# arrow alone in a cell, or before a figure, says how it has changed. Wingdings that a program did
# not know leave the letters § Ø ü: bullets only before a space and a word, as > and » are.
BULLET = re.compile(
    r"(?:[•●○◦▪▫■□◼◻❑❖➢►▶▸❯◆♦★☐☑☒✗✘⚫✓✔‣⁃∙·*\u0336\ue000-\uf8ff\ufffd]"
    r"|[→⇒➔➜➤](?=\s*[^\W\d])|[\u2012-\u2015\u2212-](?![\d£€$.])"
    r"|o(?=\s)|[»§Øü>](?=\s+[^\W\d]))\s*"
)
DASH = re.compile(r"[\u2012-\u2015\u2212-]\s")
# "12.", "3.4", "(a)", "iv)", "A1.2", and "19." without a space after it.
NUMBER = re.compile(
    r"(?:[A-Z]?\d{1,3}(?:\.\d{1,2}){1,3}\.?(?=\s)|\d{1,3}[.)](?=\s|[A-Z‘“])|\d{1,3}(?=\t)"
    r"|\((?:[a-z]|[ivx]{1,5}|\d{1,2})\)(?=\s)|(?:[a-z]|[ivx]{2,5})[.)](?=\s))\s*"
)
# A line that begins like an item may be the rest of a sentence: "17.5 in a year", "– but not yet".
MID_SENTENCE = re.compile(r"(?:[\u2012-\u2015\u2212-]|\d{1,3}\.\d{1,2}) [a-z]")
# So may the last number of a sentence, after a word that a number follows: "until they are / 18.
# Care leavers …". Without such a word the line before is as often a heading.
LAST_NUMBER = re.compile(r"\d{1,3}\. [A-Z‘“]")
BEFORE_NUMBER = re.compile(
    r"\b(?:\d (?:and|or)|about|age|aged|almost|are|at|below|between|by|exceed(?:s|ed)?|for|from"
    r"|in|is|key stage|least|most|nearly|of|only|over|reach(?:ed|es|ing)?|section|than|to"
    r"|turn(?:ed|s|ing)?|under|until|up|was|were)$"
)
SENTENCE_END = re.compile(r"[.!?:;][\"'”’)\]]*$")
SURE_PAGE_NUMBER = re.compile(
    r"page\s+(?:\|\s*)?\d{1,4}(?:\s+(?:of|/)\s+\d{1,4})?|\d{1,4}\s+\|\s+page|\d{1,4}\s+of\s+\d+",
    re.I,
)
# What only a whole clause has; not in "children who are in need". "Needs" and "leaves" are as
# often no verbs.
CLAUSE = re.compile(
    r"(?<!\bwho )(?<!\bthat )(?<!\bwhich )\b(?:is|are|was|were|has|have|had|do|does|did|can|cannot"
    r"|could|will|would|should|must|remains?|knows?|makes?|feels?|receives?"
    r"|[Tt]oo (?:many|few|much|little|often))\b"
)
GRADE = r"(?:outstanding|good|adequate|requires?\s+improvement(?:\s+to\s+be\s+good)?|inadequate)"
POSTCODE = re.compile(r"\b[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}\b")
# "T1" and "E2" are as often actions of a plan or terms of a school year ("in T3 2023"): behind a
# letter, telephone numbers begin with 0 or +.
CONTACT = re.compile(
    r"(?:^|\s)(?:(?:tel|telephone|fax|textphone)\s{0,3}[:.]?\s{0,3}\(?\+?\d[\d ().-]{5}"
    r"|(?:t|e|w|email|e-?mail|tel|telephone|fax|textphone)\s{0,3}[:.]?\s{0,3}"
    r"(?:\(?[0+][\d ().-]{8}|\S+@|www))",
    re.I,
)
MAX_ADDRESS_WORDS = 40
# Word gives a picture its file name, or what a program saw in it ("automatically generated"); a
# logo has two or three words.
MIN_DESCRIPTION_WORDS = 6
NO_DESCRIPTION = re.compile(
    r"[\\]|\.(?:png|jpe?g|gif|tmp|emf|wmf|svg|bmp)\b|\blogo\b|(?:automatically|AI)[- ]generated",
    re.I,
)


def may_go_on(text: str, last: str, line: str) -> bool:
    """Whether a line that begins like an item is the rest of the sentence before it.

    `last` is a line too full for the first word of `line`, `text` the first line of its text.
    Items of a list with dashes often begin in lower case and end in nothing.
    """
    listed = bool(BULLET.match(text) and DASH.match(line))
    goes_on = MID_SENTENCE.match(line) or (LAST_NUMBER.match(line) and BEFORE_NUMBER.search(last))
    return not listed and bool(goes_on) and not SENTENCE_END.search(last)


def is_address(text: str) -> bool:
    """Whether a line is an address: short, no sentence, with a postcode or contact details."""
    short = len(text.split()) < MAX_ADDRESS_WORDS and not text.endswith((".", "!", "?", ";"))
    return short and bool(POSTCODE.search(text) or CONTACT.search(text))


def describes(text: str) -> bool:
    """Whether a picture's alternative text says what it shows: a chart's, not a logo's.

    >>> describes("Bar chart: caseloads fell from 24 to 17 in a year")
    True
    >>> describes("Ofsted_Logo_Black_RGB")
    False
    """
    return len(text.split()) >= MIN_DESCRIPTION_WORDS and not NO_DESCRIPTION.search(text)
