"""Word documents that are made from XML, element by element."""

from __future__ import annotations

import io

import docx
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.opc.packuri import PackURI
from docx.opc.part import Part
from docx.oxml import parse_xml

from pipeline.base.records import Block
from pipeline.reading.read_docx import read_docx

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


def run(text, style=""):
    return f'<w:r><w:rPr>{style}</w:rPr><w:t xml:space="preserve">{text}</w:t></w:r>'


def par(*inside):
    return f"<w:p>{''.join(inside)}</w:p>"


def table(*rows):
    rows = (f"<w:tr>{''.join(row)}</w:tr>" for row in rows)
    return f"<w:tbl><w:tblPr/><w:tblGrid/>{''.join(rows)}</w:tbl>"


def cell(text, properties="", inside=""):
    return f"<w:tc><w:tcPr>{properties}</w:tcPr>{par(run(text))}{inside}</w:tc>"


def read_body(body: str, **parts: str) -> list[Block]:
    """The blocks of a document with a body, and with footnotes or endnotes."""
    document = docx.Document()
    for element in parse_xml(f"<w:body {W}>{body}</w:body>"):
        document.element.body.insert(-1, element)
    for name, xml in parts.items():
        kind = f"application/vnd.openxmlformats-officedocument.wordprocessingml.{name}+xml"
        uri = PackURI(f"/word/{name}.xml")
        part = Part(uri, kind, f"<w:{name} {W}>{xml}</w:{name}>".encode(), document.part.package)
        document.part.relate_to(part, getattr(RELATIONSHIP_TYPE, name.upper()))
    file = io.BytesIO()
    document.save(file)
    return read_docx(file)
