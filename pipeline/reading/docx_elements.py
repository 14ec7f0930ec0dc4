"""The elements of a Word document: what Word shows of them, and what their properties say."""

from __future__ import annotations

import re
from collections.abc import Iterator

from docx.oxml.ns import qn

# Tracked deletions, the old place of moved text, and the second copy of a text box that Word
# keeps for old programs.
FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
HIDDEN_ELEMENTS = {qn("w:del"), qn("w:moveFrom"), FALLBACK}
TEXT_BOX = qn("w:txbxContent")
CONTENT_CONTROL = qn("w:sdt")
TEXT = {qn("w:t"), qn("m:t")}
NOT_IN_LINE = {*HIDDEN_ELEMENTS, TEXT_BOX, qn("w:pPr")}
CHARACTERS = {
    qn("w:tab"): "\t",
    qn("w:br"): "\n",
    qn("w:cr"): "\n",
    qn("w:noBreakHyphen"): "-",
}
# A sign of a symbol font, by its number in hexadecimal: often a bullet.
SYMBOL = qn("w:sym")


def shown_children(container, tags: set[str]) -> Iterator:
    """The outermost elements with these tags inside an element, whatever wraps them."""
    for child in container:
        if child.tag in tags:
            yield child
        elif child.tag not in HIDDEN_ELEMENTS and not _is_placeholder(child):
            yield from shown_children(child, tags)


def _is_placeholder(element) -> bool:
    """Whether a content control shows nothing but "Click here to enter text"."""
    return (
        element.tag == CONTENT_CONTROL
        and element.find(f"{qn('w:sdtPr')}/{qn('w:showingPlcHdr')}") is not None
    )


def shown_text(element) -> str:
    """The text of an element as it stands in its line, with tabs and line breaks."""
    if element.tag in TEXT:
        return element.text or ""
    if element.tag in CHARACTERS:
        return CHARACTERS[element.tag]
    if element.tag == SYMBOL:
        code = element.get(qn("w:char"), "")
        return chr(int(code, 16)) if re.fullmatch("[0-9A-Fa-f]{4}", code) else ""
    if element.tag in NOT_IN_LINE or _is_placeholder(element):
        return ""
    return "".join(shown_text(child) for child in element)


def run_property(element, name: str):
    """What a run or a style says of the look of its letters under a name, if it says it."""
    return element.find(f"{qn('w:rPr')}/{qn(name)}")


def is_on(element, name: str) -> bool:
    """Whether a run or a style turns on what a name stands for, such as bold type."""
    mark = run_property(element, name)
    return mark is not None and mark.get(qn("w:val"), "1") not in ("0", "false", "off")


def whole_number(element) -> int:
    """The value of an element; 0 if that is no whole number."""
    value = element.get(qn("w:val"), "")
    return int(value) if value.isdecimal() else 0
