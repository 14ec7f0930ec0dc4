"""What was typed into the fields of a PDF's form: to the readers it is no text of the pages.

pdfminer finds it, whichever library reads the text.
"""

from __future__ import annotations

import io

from pdfminer.pdftypes import PDFObjRef, PDFStream, dict_value, list_value, resolve1
from pdfminer.psparser import PSLiteral
from pdfminer.utils import decode_text

from pipeline.reading.pdf_document import damage_is_said, open_pdf


def typed_texts(data: bytes) -> list[str]:
    """The texts in the form of a PDF, if it has one.

    Raises `DamagedError` if pdfminer cannot read it.
    """
    with damage_is_said():
        form = dict_value(open_pdf(io.BytesIO(data)).catalog.get("AcroForm"))
        texts: list[str] = []
        # Fields and the type of what is around them, which is theirs if they do not say.
        waiting: list[tuple[object, object]] = [(each, None) for each in _members(form, "Fields")]
        met: set[int] = set()
        while waiting:
            field, kind = waiting.pop()
            # A field that is its own child would go on for ever.
            if isinstance(field, PDFObjRef):
                if field.objid in met:
                    continue
                met.add(field.objid)
            entries = dict_value(field)
            kind = resolve1(entries.get("FT", kind))
            waiting += [(child, kind) for child in _members(entries, "Kids")]
            if isinstance(kind, PSLiteral) and kind.name == "Tx":
                texts.append(_text(resolve1(entries.get("V"))))
        return texts


def _members(entries: dict, name: str) -> list[object]:
    return list(list_value(entries.get(name)))


def _text(value: object) -> str:
    if isinstance(value, PDFStream):
        value = value.get_data()
    return decode_text(value) if isinstance(value, bytes) else ""
