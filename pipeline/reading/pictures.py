"""Which pages of a PDF show pictures, and which are pictures, such as scans. pdfminer finds them,
whichever library reads the text."""

from __future__ import annotations

import io
from collections import defaultdict
from collections.abc import Collection

from pdfminer.pdfdevice import PDFDevice
from pdfminer.pdfinterp import PDFResourceManager
from pdfminer.pdfpage import PDFPage
from pdfminer.pdftypes import PDFStream, dict_value
from pdfminer.utils import Matrix

from pipeline.reading.lines import box_of
from pipeline.reading.pdf_content import ContentInterpreter
from pipeline.reading.pdf_document import damage_is_said, open_pdf
from pipeline.reading.sheet import shown_box

# The least share of a page that its pictures cover if it is a scan.
MIN_SHARE = 0.5


def pages_with_pictures(data: bytes) -> set[int]:
    """The numbers of the pages that may show pictures: those that name any objects to draw.

    Raises `DamagedError` if pdfminer cannot find the pages.
    """
    with damage_is_said():
        pages = enumerate(PDFPage.create_pages(open_pdf(io.BytesIO(data))), start=1)
        return {number for number, page in pages if dict_value(page.resources.get("XObject"))}


def pages_of_pictures(data: bytes, without_text: Collection[int]) -> tuple[int, ...]:
    """Those of the pages without text at least half of which is pictures.

    A picture that pages with text show, too, is the background of slides. Raises `DamagedError`
    if pdfminer cannot read the pages.
    """
    if not without_text or pages_with_pictures(data).isdisjoint(without_text):
        return ()
    with damage_is_said():
        manager = PDFResourceManager()
        finder = _PictureFinder(manager)
        interpreter = ContentInterpreter(manager, finder)
        for page in PDFPage.create_pages(open_pdf(io.BytesIO(data))):
            interpreter.process_page(page)
    pages = dict(enumerate(finder.pages, start=1))
    behind_text = set().union(*(pages[number] for number in pages.keys() - without_text))
    return tuple(
        number
        for number in without_text
        if sum(share for key, share in pages.get(number, {}).items() if key not in behind_text)
        >= MIN_SHARE
    )


class _PictureFinder(PDFDevice):
    """Collects what share of each page every picture covers, by the picture's object."""

    def __init__(self, manager: PDFResourceManager) -> None:
        super().__init__(manager)
        self.pages: list[dict[int, float]] = []

    def begin_page(self, page: PDFPage, ctm: Matrix) -> None:
        self._box = shown_box(page.mediabox, page.cropbox, ctm)
        self.pages.append(defaultdict(float))

    def render_image(self, name: str, stream: PDFStream) -> None:
        # A picture is drawn in a square of one by one, which is then moved and stretched. A
        # scanner may cut a page into strips, of which each is a picture.
        assert self.ctm is not None
        left, low, right, high = self._box
        x0, y0, x1, y1 = box_of((0, 0, 1, 1), self.ctm)
        width, height = min(x1, right) - max(x0, left), min(y1, high) - max(y0, low)
        if stream.objid is not None and width > 0 and height > 0:
            self.pages[-1][stream.objid] += width * height / ((right - left) * (high - low))
