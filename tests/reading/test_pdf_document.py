from __future__ import annotations

import io

import pytest
from hostile import pdf
from pdfminer.pdftypes import PDFObjectNotFound, PDFObjRef, resolve1

from pipeline.reading.pdf_document import open_pdf

CATALOG = b"<</Type/Catalog/Pages 2 0 R>>"
PAGES = b"<</Type/Pages/Kids[]/Count 0>>"
# What object 3 is found to be, None where it leads nowhere; the first new object has number 3.
CASES: dict[str, tuple[list[bytes], object]] = {
    "a value": ([b"7"], 7),
    "a reference": ([b"4 0 R", b"7"], 7),
    "a chain": ([b"4 0 R", b"5 0 R", b"6 0 R", b"7"], 7),
    "itself": ([b"3 0 R"], None),
    "itself by way of others": ([b"4 0 R", b"5 0 R", b"3 0 R"], None),
    "a loop it is not part of": ([b"4 0 R", b"5 0 R", b"4 0 R"], None),
    "what is not there": ([b"99 0 R"], None),
}


@pytest.mark.parametrize("case", CASES)
def test_references_end(case):
    objects, value = CASES[case]
    document = open_pdf(io.BytesIO(pdf([CATALOG, PAGES, *objects])))
    assert resolve1(PDFObjRef(document, 3)) == value
    if value is None:
        with pytest.raises(PDFObjectNotFound):
            document.getobj(3)
    else:
        assert document.getobj(3) == value
