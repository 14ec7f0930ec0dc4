"""Files that do harm, made up for the tests."""

from __future__ import annotations

import io
import struct
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


def page_tree_that_loops() -> bytes:
    return pdf(
        [
            b"<</Type/Catalog/Pages 2 0 R>>",
            b"<</Type/Pages/Kids[3 0 R 2 0 R 6 0 R]/Count 3>>",
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R"
            b"/Resources<</Font<</F1 5 0 R>>>>>>",
            stream(PAGE_TEXT),
            FONT,
            b"<</Type/Pages/Parent 2 0 R/Kids[2 0 R 6 0 R]/Count 9>>",
        ]
    )


def references_that_loop() -> bytes:
    """A page whose fonts are an object that is a reference to itself, by way of another."""
    return pdf(
        [
            b"<</Type/Catalog/Pages 2 0 R>>",
            b"<</Type/Pages/Kids[3 0 R 6 0 R]/Count 2>>",
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R"
            b"/Resources<</Font<</F1 5 0 R/F2 6 0 R>>/XObject 6 0 R>>>>",
            stream(PAGE_TEXT),
            FONT,
            b"7 0 R",
            b"6 0 R",
        ]
    )


def page_tree_that_is_deep(n: int) -> bytes:
    levels = [b"<</Type/Pages/Kids[%d 0 R]/Count 1>>" % (number + 1) for number in range(2, n + 2)]
    page = b"<</Type/Page/MediaBox[0 0 595 842]>>"
    return pdf([b"<</Type/Catalog/Pages 2 0 R>>", *levels, page])


def objects_in_objects(n: int) -> bytes:
    return one_page(stream(PAGE_TEXT), b"[" * n + b"]" * n)


def page_of_many_objects(n: int) -> bytes:
    drawn = b"".join(b"q %d 1 m 2 3 l S 0 0 9 9 re f Q BT ET\n" % (i % 500) for i in range(n))
    return one_page(stream(drawn + PAGE_TEXT))


def claim_of_pages(n: int, shown: int) -> bytes:
    """A page tree that says it has `n` pages, and shows the same one `shown` times."""
    return pdf(
        [
            b"<</Type/Catalog/Pages 2 0 R>>",
            b"<</Type/Pages/Kids[" + b"3 0 R " * shown + b"]/Count %d>>" % n,
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R"
            b"/Resources<</Font<</F1 5 0 R>>>>>>",
            stream(PAGE_TEXT),
            FONT,
        ]
    )


def many_pages(n: int) -> bytes:
    kids = b"".join(b"%d 0 R " % number for number in range(5, n + 5))
    page = (
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 3 0 R"
        b"/Resources<</Font<</F1 4 0 R>>>>>>"
    )
    return pdf(
        [
            b"<</Type/Catalog/Pages 2 0 R>>",
            b"<</Type/Pages/Kids[" + kids + b"]/Count %d>>" % n,
            stream(PAGE_TEXT),
            FONT,
            *[page] * n,
        ]
    )


def hostile_cmap(n: int) -> bytes:
    """A font whose table maps one range of `n` characters, over and over."""
    ranges = b"<0000> <%04x> <0041>\n" % min(n, 0xFFFF) * 100
    table = b"/CIDInit /ProcSet findresource begin begincmap\n"
    table += b"".join(b"100 beginbfrange\n" + ranges + b"endbfrange\n" for _ in range(40))
    table += b"1 begincidrange <00000000> <7fffffff> 0 endcidrange endcmap end"
    font = b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/ToUnicode 6 0 R>>"
    return one_page(stream(PAGE_TEXT), font, stream(table))


def cmap_from_elsewhere() -> bytes:
    """A font whose encoding is the name of a file that pdfminer would open."""
    font = (
        b"<</Type/Font/Subtype/Type0/BaseFont/X/Encoding/..#2f..#2fetc#2fpasswd"
        b"/DescendantFonts[<</Type/Font/Subtype/CIDFontType0/BaseFont/X"
        b"/CIDSystemInfo<</Registry(A)/Ordering(B)>>>>]>>"
    )
    return one_page(stream(PAGE_TEXT), font)


def forms_that_multiply(levels: int, each: int) -> bytes:
    """A form that shows another one ten times, which shows another one ten times, ..."""
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R"
        b"/Resources<</XObject<</X 5 0 R>>>>>>",
        stream(b"/X Do"),
    ]
    for level in range(levels):
        inner = b"/Resources<</XObject<</X %d 0 R>>>>" % (6 + level)
        last = level == levels - 1
        content = b"0 0 m" if last else b"/X Do " * each
        more = b"/Type/XObject/Subtype/Form/BBox[0 0 9 9]" + (b"" if last else inner)
        objects.append(stream(content, more))
    return pdf(objects)


def filters_on_filters(n: int) -> bytes:
    """A stream packed `n` times over, each time with a bomb's ratio."""
    data = b" " * 50_000_000
    for _ in range(n):
        data = zlib.compress(data, 9)
    return one_page(stream(data, b"/Filter[" + b"/FlateDecode " * n + b"]"))


DOCUMENT_XML = (
    '<?xml version="1.0"?>{doctype}<w:document '
    'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">'
    "<w:body><w:p><w:r><w:t>{text}</w:t></w:r></w:p></w:body></w:document>"
)
CONTENT_TYPES = (
    '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/'
    'content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package'
    '.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override '
    'PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.'
    'wordprocessingml.document.main+xml"/></Types>'
)
RELATIONSHIPS = (
    '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/'
    'relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument'
    '/2006/relationships/officeDocument" Target="word/document.xml"/>{more}</Relationships>'
)


def docx(text: str, doctype: str = "", more: str = "", **files: bytes) -> bytes:
    """A Word document of one paragraph."""
    return zipped(
        {
            "[Content_Types].xml": CONTENT_TYPES.encode(),
            "_rels/.rels": RELATIONSHIPS.format(more=more).encode(),
            "word/document.xml": DOCUMENT_XML.format(doctype=doctype, text=text).encode(),
            **{name.replace("__", "/"): data for name, data in files.items()},
        }
    )


def docx_bomb(megabytes: int) -> bytes:
    return docx("Visits are timely.", word__media=b"\0" * megabytes * 1_000_000)


def docx_of_nested_tables(n: int) -> bytes:
    """A table in a cell of a table in a cell ..."""
    table = "<w:tbl><w:tr><w:tc>{}</w:tc></w:tr></w:tbl>"
    before, after = table.split("{}")
    xml = DOCUMENT_XML.replace("<w:p>", before * n + "<w:p>").replace(
        "</w:p>", "</w:p>" + after * n
    )
    document = xml.format(doctype="", text="Visits are timely.").encode()
    return docx("", **{"word__document.xml": document})


def docx_that_lies(megabytes: int) -> bytes:
    """A bomb whose list of contents says that it unpacks to nearly nothing."""
    size, claim = (struct.pack("<I", n) for n in (megabytes * 1_000_000, 1_000))
    return docx_bomb(megabytes).replace(size, claim)


def docx_of_entities() -> bytes:
    """Ten entities of ten entities of ten ...: a gigabyte of text in a page."""
    entities = "".join(
        f'<!ENTITY a{n} "{f"&a{n - 1};" * 10 if n else "lol" * 10}">' for n in range(10)
    )
    return docx("&a9;", doctype=f"<!DOCTYPE w:document [{entities}]>")


def docx_that_points_to(path: str) -> bytes:
    """Its text is to be the content of another file; and it has a part that lies elsewhere."""
    more = (
        '<Relationship Id="rId9" Type="http://schemas.openxmlformats.org/officeDocument/2006/'
        f'relationships/image" Target="file://{path}" TargetMode="External"/>'
    )
    doctype = f'<!DOCTYPE w:document [<!ENTITY other SYSTEM "file://{path}">]>'
    return docx("Visits are timely. &other;", doctype, more)
