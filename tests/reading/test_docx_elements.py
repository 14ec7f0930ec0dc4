"""What Word shows of its elements."""

from __future__ import annotations

import pytest
from word_xml import par, read_body, run

BODIES = {
    "tracked insertion and deletion": (
        par(run("Visits are "), "<w:del><w:r><w:delText>rarely </w:delText></w:r></w:del>",
            "<w:ins>", run("always "), "</w:ins>", run("timely.")),
        ["Visits are always timely."],
    ),
    "paragraph moved down": (
        par("<w:moveFrom>", run("Plans are clear."), "</w:moveFrom>") + par(run("Visits are timely."))
        + par("<w:moveTo>", run("Plans are clear."), "</w:moveTo>"),
        ["Visits are timely.", "Plans are clear."],
    ),
    "content controls around words and paragraphs": (
        par(run("Visits to "), f"<w:sdt><w:sdtContent>{run('Farwick')}</w:sdtContent></w:sdt>", run(" are timely."))
        + f"<w:sdt><w:sdtContent>{par(run('Plans are clear.'))}</w:sdtContent></w:sdt>",
        ["Visits to Farwick are timely.", "Plans are clear."],
    ),
    "empty content control": (
        par(run("Plans are clear."), f"<w:sdt><w:sdtPr><w:showingPlcHdr/></w:sdtPr><w:sdtContent>{run('Click here.')}</w:sdtContent></w:sdt>"),
        ["Plans are clear."],
    ),
    "link and field": (
        par(run("See "), f"<w:hyperlink>{run('the plan')}</w:hyperlink>", "<w:r><w:instrText>PAGE</w:instrText></w:r>",
            f"<w:fldSimple>{run(' of 2024')}</w:fldSimple>", run(", which is clear.")),
        ["See the plan of 2024, which is clear."],
    ),
    "hidden text": (par(run("Plans are clear."), run(" Not so.", "<w:vanish/>")), ["Plans are clear."]),
    "text box in hidden text": (
        par(run("Plans are clear."), "<w:r><w:rPr><w:vanish/></w:rPr><w:pict><w:txbxContent>", par(run("Not so.")),
            "</w:txbxContent></w:pict></w:r>"),
        ["Plans are clear."],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BODIES)
def test_what_word_shows_of_a_text_is_read(name):
    body, expected = BODIES[name]
    assert [block.text for block in read_body(body)] == expected
