"""Files that do harm, made up for the tests."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Sequence

LETTER = "\n\n".join(
    [
        "28 May 2021",
        "Dear Ms Thorne",
        "Focused visit to Kent local authority children’s services",
        "Visits to children are timely, and plans are clear to the families who live with them.",
        "=HYPERLINK is what one family typed into the form, and the form took it for a formula.",
    ]
)
PAGE_TEXT = b"BT /F1 12 Tf 72 700 Td (Visits to children are timely, and plans are clear.) Tj ET\n"
FONT = b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"


def pdf(objects: Sequence[bytes], root: int = 1) -> bytes:
    """A PDF of these objects, the first of which has number 1."""
    data, places = b"%PDF-1.7\n", []
    for number, content in enumerate(objects, start=1):
        places.append(len(data))
        data += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    start = len(data)
    data += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    data += b"".join(b"%010d 00000 n \n" % place for place in places)
    return data + b"trailer <</Root %d 0 R/Size %d>>\nstartxref\n%d\n%%%%EOF" % (
        root,
        len(objects) + 1,
        start,
    )


def stream(data: bytes, more: bytes = b"") -> bytes:
    return b"<</Length %d%s>>stream\n%s\nendstream" % (len(data), more, data)


def one_page(content: bytes, font: bytes = FONT, *others: bytes) -> bytes:
    """A PDF of one page; `content` is its stream object, `others` have numbers from 6."""
    return pdf(
        [
            b"<</Type/Catalog/Pages 2 0 R>>",
            b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R"
            b"/Resources<</Font<</F1 5 0 R>>>>>>",
            content,
            font,
            *others,
        ]
    )


def good_pdf() -> bytes:
    return one_page(stream(PAGE_TEXT))


def compression_bomb(megabytes: int) -> bytes:
    """A stream that is a thousandth of what it inflates to."""
    packer = zlib.compressobj(9)
    spaces = b" " * 1_000_000
    data = b"".join(packer.compress(spaces) for _ in range(megabytes)) + packer.flush()
    return one_page(stream(data, b"/Filter/FlateDecode"))


def endless_page(n_operators: int) -> bytes:
    """A page that takes long to read and little memory."""
    data = zlib.compress(PAGE_TEXT * n_operators, 9)
    return one_page(stream(data, b"/Filter/FlateDecode"))


def zipped(files: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return file.getvalue()
