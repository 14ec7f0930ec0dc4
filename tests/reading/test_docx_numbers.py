"""The numbers that Word computes."""

from __future__ import annotations

import docx
import pytest
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

from pipeline.reading.docx_numbers import ListNumbers


def level(place, text, form="decimal", start=1, more=""):
    return (
        f'<w:lvl w:ilvl="{place}"><w:start w:val="{start}"/><w:numFmt w:val="{form}"/>'
        f'{more}<w:lvlText w:val="{text}"/></w:lvl>'
    )


def numbered(*levels, restarts=()):
    """The numbers of a document with list 7, and list 8 of the same kind that starts again."""
    document = docx.Document()
    numbering = document.part.numbering_part.element
    for each in list(numbering):
        numbering.remove(each)
    overrides = "".join(
        f'<w:lvlOverride w:ilvl="{place}"><w:startOverride w:val="{start}"/></w:lvlOverride>'
        for place, start in restarts
    )
    for xml in (
        f'<w:abstractNum {nsdecls("w")} w:abstractNumId="3">{"".join(levels)}</w:abstractNum>',
        f'<w:num {nsdecls("w")} w:numId="7"><w:abstractNumId w:val="3"/></w:num>',
        f'<w:num {nsdecls("w")} w:numId="8"><w:abstractNumId w:val="3"/>{overrides}</w:num>',
    ):
        numbering.append(parse_xml(xml))
    return ListNumbers(document)


CHAPTERS = (level(0, "%1."), level(1, "%1.%2"), level(2, "(%3)", "lowerLetter"))
CASES = {
    "paragraphs in sections": (CHAPTERS, [0, 1, 1, 0, 1], ["1.", "1.1", "1.2", "2.", "2.1"]),
    "letters start again": (CHAPTERS, [0, 1, 2, 2, 1, 2], ["1.", "1.1", "(a)", "(b)", "1.2", "(a)"]),
    "a level that was not begun": (CHAPTERS, [1, 1], ["1.1", "1.2"]),
    "roman": ((level(0, "%1)", "lowerRoman", start=4),), [0, 0], ["iv)", "v)"]),
    "capitals": ((level(0, "Part %1", "upperLetter"),), [0, 0], ["Part A", "Part B"]),
    "a start of its own": ((level(0, "%1.", start=12),), [0, 0], ["12.", "13."]),
    "legal": (
        (level(0, "%1", "upperRoman"), level(1, "%1.%2", more="<w:isLgl/>")), [0, 1], ["I", "1.1"]
    ),
    "bullets have none": ((level(0, "•", "bullet"),), [0, 0], ["", ""]),
    "a level that is not there": ((level(0, "%1."),), [4], [""]),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_numbers(name):
    levels, asked, expected = CASES[name]
    numbers = numbered(*levels)
    assert [numbers.next("7", each) for each in asked] == expected


def test_a_list_that_starts_again_and_one_that_goes_on():
    numbers = numbered(*CHAPTERS, restarts=[(0, 1)])
    assert [numbers.next("7", 0), numbers.next("7", 0)] == ["1.", "2."]
    assert [numbers.next("8", 0), numbers.next("8", 0)] == ["1.", "2."]
    assert numbered(*CHAPTERS).next("9", 0) == ""
    goes_on = numbered(*CHAPTERS)
    assert [goes_on.next("7", 0), goes_on.next("8", 0)] == ["1.", "2."]


def test_a_style_may_stand_for_a_level():
    numbers = numbered(level(0, "%1."), level(1, "%1.%2", more='<w:pStyle w:val="Clause"/>'))
    assert numbers.level_of_style("7", ["Clause", "Normal"]) == 1
    assert numbers.level_of_style("7", ["Normal"]) == 0


def test_a_damaged_number_makes_no_long_text():
    numbers = numbered(level(0, "%1", "lowerRoman", start=999_999_999_999))
    assert len(numbers.next("7", 0)) < 20


def test_a_document_without_lists():
    document = docx.Document()
    for relation in list(document.part.rels.values()):
        if relation.reltype.endswith("/numbering"):
            del document.part.rels[relation.rId]
    assert ListNumbers(document).next("1", 0) == ""
