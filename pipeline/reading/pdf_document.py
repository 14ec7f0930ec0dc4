"""A PDF as pdfminer opens it, in which every chain of references ends."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from pdfminer.pdfdocument import PDFDocument
from pdfminer.pdfparser import PDFParser
from pdfminer.pdftypes import PDFObjectNotFound, PDFObjRef

from pipeline.base.errors import DamagedError


def open_pdf(file: BinaryIO) -> PDFDocument:
    """The document in an open file. Raises what pdfminer raises if it cannot be opened."""
    return _PDFDocument(PDFParser(file))


@contextmanager
def damage_is_said() -> Iterator[None]:
    """Raise whatever pdfminer raises within as a `DamagedError`."""
    try:
        yield
    except MemoryError:
        raise
    except Exception as error:
        raise DamagedError(f"The PDF is damaged ({type(error).__name__}: {error}).") from error


class _PDFDocument(PDFDocument):
    def getobj(self, objid: int) -> object:
        """The object of this number, never a reference; `PDFObjectNotFound` if there is none.

        pdfminer's `resolve1` follows references for as long as they lead to others: one that leads
        back to itself, as in `2 0 obj 2 0 R endobj`, would hold it for ever. To a reference that
        leads nowhere it gives the value that stands for "nothing there".
        """
        found, followed = super().getobj(objid), {objid}
        while isinstance(found, PDFObjRef):
            if found.objid in followed:
                raise PDFObjectNotFound(objid)
            followed.add(found.objid)
            found = super().getobj(found.objid)
        return found
