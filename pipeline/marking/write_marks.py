"""A PDF and rectangles on its pages → a copy with these highlighted, by pikepdf (extra [marked]).

The highlights are annotations of the PDF itself (ISO 32000-1, 12.5.6.10), which every reader of
PDFs shows, lists and lets one delete. Each has its own appearance: where a sentence speaks for
several themes, each theme's colour takes a stripe of it.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import NamedTuple

from pipeline.base.errors import CorpusError, DamagedError, ExtractionError
from pipeline.base.extras import how_to_install
from pipeline.marking.locate import Rectangle

AUTHOR = "inspection-themes"
PRINTED = 4  # the flag of an annotation that is printed with its page


@dataclass(frozen=True, slots=True)
class Highlight:
    """A highlight on one page: where, in which colour ("#rrggbb"), and what its note says.

    Of `of` highlights of the same rectangles, it is number `stripe`, counted from 0 at the top.
    """

    name: str
    rectangles: tuple[Rectangle, ...]
    colour: str
    note: str
    stripe: int = 0
    of: int = 1


def check_installed() -> None:
    """Raise `CorpusError` unless pikepdf is installed."""
    if find_spec("pikepdf") is None:
        raise CorpusError(
            "Marked copies need pikepdf, which is not installed.",
            f"{how_to_install('marked')} Or leave out --marked.",
        )


class Copy(NamedTuple):
    """A copy of a PDF, and whether qpdf had to repair it: what it could not repair is lost."""

    content: bytes
    repaired: bool


def write_marks(data: bytes, highlights: Sequence[Highlight]) -> Copy:
    """A copy of a PDF with highlights; the same content and highlights give the same bytes.

    A PDF that is encrypted without a password comes out without encryption. Raises `DamagedError`
    if qpdf cannot open it or a page is missing, and `ExtractionError` if it needs a password.
    """
    import pikepdf

    try:
        with pikepdf.open(io.BytesIO(data)) as pdf:
            blend = pdf.make_indirect(
                pikepdf.Dictionary(Type=pikepdf.Name.ExtGState, BM=pikepdf.Name.Multiply)
            )
            by_page: dict[int, list[Highlight]] = {}
            for each in highlights:
                by_page.setdefault(each.rectangles[0].page, []).append(each)
            for number, own in sorted(by_page.items()):
                if number > len(pdf.pages):
                    raise DamagedError(f"qpdf finds only {len(pdf.pages)} pages in the PDF.")
                page = pdf.pages[number - 1].obj
                old = page.get("/Annots")
                kept = list(old) if isinstance(old, pikepdf.Array) else []
                page.Annots = pikepdf.Array(
                    [*kept, *(_annotation(pdf, page, each, blend) for each in own)]
                )
            file = io.BytesIO()
            pdf.save(file, deterministic_id=True)
            return Copy(file.getvalue(), bool(pdf.get_warnings()))
    except pikepdf.PasswordError as error:
        raise ExtractionError("The PDF needs a password.", "Save a copy without one.") from error
    except (pikepdf.PdfError, ValueError, TypeError, AttributeError) as error:
        raise DamagedError(
            f"The PDF is damaged, and no copy of it can be written ({error}).",
            "Print it to a new PDF.",
        ) from error


def _annotation(pdf, page, highlight: Highlight, blend):
    import pikepdf

    boxes = highlight.rectangles
    outer = [
        min(box.left for box in boxes),
        min(box.bottom for box in boxes),
        max(box.right for box in boxes),
        max(box.top for box in boxes),
    ]
    colour = [round(int(highlight.colour[at : at + 2], 16) / 255, 3) for at in (1, 3, 5)]
    appearance = pikepdf.Stream(
        pdf,
        _appearance(highlight, colour),
        Type=pikepdf.Name.XObject,
        Subtype=pikepdf.Name.Form,
        BBox=outer,
        Resources=pikepdf.Dictionary(ExtGState=pikepdf.Dictionary(Blend=blend)),
    )
    return pdf.make_indirect(
        pikepdf.Dictionary(
            Type=pikepdf.Name.Annot,
            Subtype=pikepdf.Name.Highlight,
            Rect=outer,
            # The corners in the order in which programs write them: the upper two, the lower two.
            QuadPoints=[
                length
                for box in boxes
                for length in (
                    *(box.left, box.top, box.right, box.top),
                    *(box.left, box.bottom, box.right, box.bottom),
                )
            ],
            C=colour,
            T=pikepdf.String(AUTHOR),
            NM=pikepdf.String(highlight.name),
            Contents=pikepdf.String(highlight.note),
            F=PRINTED,
            P=page,
            AP=pikepdf.Dictionary(N=appearance),
        )
    )


def _appearance(highlight: Highlight, colour: Sequence[float]) -> bytes:
    drawn = ["/Blend gs {} {} {} rg".format(*colour)]
    for box in highlight.rectangles:
        height = (box.top - box.bottom) / highlight.of
        low = box.top - (highlight.stripe + 1) * height
        drawn.append(f"{box.left} {low:.2f} {box.right - box.left:.2f} {height:.2f} re")
    return " ".join([*drawn, "f"]).encode("ascii")
