"""What print marks look like: bullets, numbers, sentence ends, grades, addresses."""

from __future__ import annotations

import re

# Bullets as they come out of reports: typographic ones, and those of symbol fonts, which land in
# the private-use area (Wingdings n is U+F06E, the "■" of most reports before 2018). A dash right
# before a number or a sum is a minus.
BULLET = re.compile(
    r"(?:[•●○◦▪▫■□◼◻❑❖➢►▶✓✔‣⁃∙·*\u0336\ue000-\uf8ff\ufffd]|[\u2012-\u2015\u2212-](?![\d£€$.])"
    r"|o(?=\s))\s*"
)
DASH = re.compile(r"[\u2012-\u2015\u2212-]\s")
# "12.", "3.4", "(a)", "iv)", "A1.2", and "19." without a space behind it.
NUMBER = re.compile(
    r"(?:[A-Z]?\d{1,3}(?:\.\d{1,2}){1,3}\.?(?=\s)|\d{1,3}[.)](?=\s|[A-Z‘“])|\d{1,3}(?=\t)"
    r"|\((?:[a-z]|[ivx]{1,5}|\d{1,2})\)(?=\s)|(?:[a-z]|[ivx]{2,5})[.)](?=\s))\s*"
)
SENTENCE_END = re.compile(r"[.!?:;][\"'”’)\]]*$")
# So many words in a cell of several paragraphs are prose, and the table is only their frame.
MIN_PROSE_WORDS = 25
GRADE = r"(?:outstanding|good|adequate|requires?\s+improvement(?:\s+to\s+be\s+good)?|inadequate)"
POSTCODE = re.compile(r"\b[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}\b")
CONTACT = re.compile(
    r"(?:^|\s)(?:tel|telephone|t|e|w|email|e-?mail|fax|textphone)\s{0,3}[:.]?\s{0,3}"
    r"(?:\d|\S+@|www)",
    re.I,
)
MAX_ADDRESS_WORDS = 40


def is_address(text: str) -> bool:
    """Whether a line is an address: a postcode or a telephone number, and no sentence."""
    short = len(text.split()) < MAX_ADDRESS_WORDS and not text.endswith((".", "!", "?", ";"))
    return short and bool(POSTCODE.search(text) or CONTACT.search(text))
