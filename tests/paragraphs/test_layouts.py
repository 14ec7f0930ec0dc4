"""PDFs of other makers: the same invented letter in layouts that each need something of their own.

`python tests/layout_bench.py --specimens` sets them anew; what it prints without that option is
the table in docs/method.md.
"""

from __future__ import annotations

from pathlib import Path, PurePath

import pytest
from layout_bench import SPECIMENS, share_intact, specimen_elements

from pipeline.base.settings import PdfReader
from pipeline.documents.extract import extract_bytes

LAYOUTS = Path(__file__).parent / "layouts"
# Where a paragraph's last line happens to be full and nothing else parts it from the next one,
# nobody can tell.
MAX_BROKEN = {"chromium-tight": 2}


def read(name: str, reader: PdfReader):
    data = (LAYOUTS / f"{name}.pdf").read_bytes()
    return extract_bytes(data, PurePath(f"{name}.pdf"), reader=reader).blocks


@pytest.mark.parametrize("reader", PdfReader)
@pytest.mark.parametrize("name", SPECIMENS)
def test_paragraphs_stay_whole(name, reader):
    if reader is PdfReader.pdfium:
        pytest.importorskip("pypdfium2")
    blocks = read(name, reader)
    _, n, broken = share_intact(specimen_elements(), [block.text for block in blocks])
    assert n > 20
    assert len(broken) <= MAX_BROKEN.get(name, 0), broken


@pytest.mark.parametrize("name", SPECIMENS)
def test_list_items_and_headings_are_known(name):
    kinds = {block.text: block.kind for block in read(name, PdfReader.pdfminer)}
    for each in specimen_elements():
        if each.text in kinds and each.kind in ("li", "h1", "h2", "h3"):
            assert kinds[each.text] == ("list_item" if each.kind == "li" else "heading")


@pytest.mark.parametrize("name", SPECIMENS)
def test_both_readers_give_the_same_paragraphs(name):
    pytest.importorskip("pypdfium2")
    one, other = (
        [(block.kind, "".join(block.text.split())) for block in read(name, reader)]
        for reader in PdfReader
    )
    assert one == other
