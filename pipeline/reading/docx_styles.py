"""The styles of a Word document, and which of its paragraphs are headings, items or bold."""

from __future__ import annotations

import re
from functools import cache
from itertools import islice
from typing import Any

from docx.document import Document
from docx.oxml.ns import qn

from pipeline.reading.docx_elements import (
    is_on,
    run_property,
    shown_children,
    shown_text,
    whole_number,
)
from pipeline.reading.read_text import could_be_title

# What publishers call their own styles of headings: "Section heading", "Sub-heading 2".
OWN_HEADING = re.compile(
    r"^(?!.*\b(?:table|figure|chart|column)).*?\b(sub[- ]?)?heading\s?([1-6])?$"
)
MAX_STYLED_HEADING_WORDS = 40
# Styles are based on other styles. No real chain is longer; a damaged one may go round for ever.
MAX_STYLE_CHAIN = 12


class Styles:
    """What the paragraphs of one document are, by their own properties and by their styles."""

    def __init__(self, document: Document) -> None:
        self._styles = {s.get(qn("w:styleId")): s for s in document.styles.element.style_lst}
        self._style_chain = cache(self._find_style_chain)

    def names(self, paragraph) -> list[str]:
        """The names in small letters of a paragraph's style and of those that it is based on."""
        return [name.lower() for name, _ in self._styles_of(paragraph)]

    def ids(self, paragraph) -> list[str]:
        """The identifiers of the same styles."""
        return [style.get(qn("w:styleId"), "") for _, style in self._styles_of(paragraph)]

    def heading_level(self, paragraph, text: str) -> int:
        """The level of a heading, from its chain of styles or its outline level; otherwise 0."""
        if not _could_be_heading(text):
            return 0
        names = self.names(paragraph)
        for name in names:
            if match := re.match(r"(?:heading|title)\s*(\d?)", name):
                return int(match.group(1) or 1)
        for name in names:
            if match := OWN_HEADING.search(name):
                return int(match[2] or (2 if match[1] else 1))
        outline = self.property_of(paragraph, "w:outlineLvl")
        level = whole_number(outline) if outline is not None else 9
        return level + 1 if level < 9 else 0

    def list_level(self, paragraph) -> int:
        """The level of a list item, from the paragraph or its style; otherwise 0."""
        number = self.property_of(paragraph, "w:numPr", "w:numId")
        # List 0 is how Word says that a paragraph with a list style is not in a list. Its own
        # subtitles have a level and no list.
        if number is not None and whole_number(number) == 0:
            return 0
        level = self.property_of(paragraph, "w:numPr", "w:ilvl")
        if number is not None and level is not None:
            return whole_number(level) + 1
        style = next(iter(self.names(paragraph)), "")
        digit = re.search(r"\d$", style)
        listed = number is not None or re.match("(?:list )?bullet", style) is not None
        return int(digit.group() if digit else 1) if listed else 0

    def is_bold_heading(self, paragraph, text: str) -> bool:
        """Whether a paragraph is a heading that only its bold type shows to be one."""
        return could_be_title(text) and self.is_bold(paragraph)

    def title_line(self, paragraph, lines: str) -> str:
        """The first line of a paragraph, if a break ends it and only it is bold; otherwise ""."""
        title, _, rest = lines.partition("\n")
        if not rest.strip() or not could_be_title(title.strip()):
            return ""
        n_left = len(title.strip())
        for run in _filled_runs(paragraph):
            if n_left <= 0:
                return "" if self._is_run_on(run, paragraph, "w:b") else title
            shown = shown_text(run).lstrip().split("\n")
            if not self._is_run_on(run, paragraph, "w:b") or any(map(str.strip, shown[1:])):
                return ""
            n_left -= len(shown[0])
        return ""

    def is_bold(self, paragraph) -> bool:
        """Whether all runs are bold, by themselves or by the styles of words and paragraph."""
        runs = _filled_runs(paragraph)
        return bool(runs) and all(self._is_run_on(run, paragraph, "w:b") for run in runs)

    def remove_hidden(self, container) -> None:
        """Take out what Word hides: report templates hide their guidance, often by a style."""
        for paragraph in list(container.iter(qn("w:p"))):
            for run in list(shown_children(paragraph, {qn("w:r")})):
                if self._is_run_on(run, paragraph, "w:vanish"):
                    run.getparent().remove(run)

    def property_of(self, paragraph, *path: str):
        """The element at a path in the properties of a paragraph, or of the next style with it."""
        below = "/".join(map(qn, ("w:pPr", *path)))
        for element in (paragraph, *(style for _, style in self._styles_of(paragraph))):
            found = element.find(below)
            if found is not None:
                return found
        return None

    def _is_run_on(self, run, paragraph, name: str) -> bool:
        """Whether a run, or the nearest style that speaks of it, turns on what a name means."""
        own = run.find(f"{qn('w:rPr')}/{qn('w:rStyle')}")
        of_words = self._style_chain(own.get(qn("w:val"))) if own is not None else []
        styles = (style for _, style in (*of_words, *self._styles_of(paragraph)))
        marked = (each for each in (run, *styles) if run_property(each, name) is not None)
        return any(is_on(each, name) for each in islice(marked, 1))

    def _styles_of(self, paragraph) -> list[tuple[str, Any]]:
        style = paragraph.find(f"{qn('w:pPr')}/{qn('w:pStyle')}")
        return self._style_chain(style.get(qn("w:val")) if style is not None else None)

    def _find_style_chain(self, style_id: str | None) -> list[tuple[str, Any]]:
        """(name, element) of a style and of the styles it is based on."""
        chain: list[tuple[str, Any]] = []
        while (style := self._styles.get(style_id)) is not None and len(chain) < MAX_STYLE_CHAIN:
            name = style.find(qn("w:name"))
            chain.append((name.get(qn("w:val"), "") if name is not None else "", style))
            based_on = style.find(qn("w:basedOn"))
            style_id = based_on.get(qn("w:val")) if based_on is not None else None
        return chain


def _filled_runs(paragraph) -> list:
    return [run for run in shown_children(paragraph, {qn("w:r")}) if shown_text(run).strip()]


def _could_be_heading(text: str) -> bool:
    """Whether a text may be a heading: some councils number paragraphs with heading styles."""
    n_words = len(text.split())
    return n_words <= MAX_STYLED_HEADING_WORDS and not (
        n_words > 15 and text.endswith((".", ";", ","))
    )
