"""How many paragraphs stay whole, whoever made the PDF.

    python tests/layout_bench.py                 the table of docs/method.md
    python tests/layout_bench.py --keep FOLDER   and the PDFs
    python tests/layout_bench.py --specimens     set anew the PDFs in tests/paragraphs/layouts

The sources of the sample are set by LibreOffice, Chromium, WeasyPrint and reportlab in many
layouts and read again. What is not installed is left out and named. WeasyPrint comes with
`pip install weasyprint`, LibreOffice and Chromium from the system. `--readers` takes others for
comparison, where they are installed: pdftotext, pymupdf4llm, docling.
"""

from __future__ import annotations

import argparse
import importlib.util
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from html import escape
from itertools import chain
from pathlib import Path, PurePath

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "corpus")]

import make_sample  # noqa: E402

from pipeline.base.settings import PdfReader  # noqa: E402
from pipeline.documents.extract import extract_bytes  # noqa: E402

# As in the scoring of the reference paragraphs: shorter ones are headings in all but name.
MIN_WORDS = 8
# The share of words, of both together, that a paragraph must have in common with what was read.
INTACT = 0.9


@dataclass(frozen=True, slots=True)
class Element:
    """One element of a document to be set: its `kind` is that of an HTML element.

    h1-h3, p, li (in a bulleted list), sub (a bullet below a bullet), num (`mark` is its number),
    table (`text` has a line for each row, its cells between bars), note (a footnote to the
    element before) or box (a text box).
    """

    kind: str
    text: str
    mark: str = ""


@dataclass(frozen=True, slots=True)
class Layout:
    """A way to set a document.

    `maker` is the program; `css` what it adds to the page (LibreOffice and reportlab read the
    words in `look` instead); `tagged` asks for a structure tree.
    """

    name: str
    maker: str
    css: str = ""
    look: frozenset[str] = frozenset()
    tagged: bool = False


# --- What is set ----------------------------------------------------------------------------------


def read_elements(source: Path) -> list[Element]:
    """The elements of a source of the sample, in order."""
    document = make_sample.read_source(source)
    elements: list[Element] = []
    for block in document.blocks:
        kind = {"paragraph": "p", "numbered": "num", "slide": "h2"}.get(block.kind, block.kind)
        if kind == "heading":
            kind = f"h{block.level}"
        elif kind == "bullet":
            kind = "li" if block.level == 1 else "sub"
        elif kind == "columns":
            for side in block.rows:
                elements.append(Element("h3", side[0]))
                elements += [Element("li", text) for text in side[1:]]
            continue
        elif kind == "table":
            text = "\n".join(" | ".join(row) for row in block.rows)
            elements.append(Element("table", text))
            continue
        elif kind in ("address", "contents", "newpage"):
            continue
        notes = make_sample.MARKER.findall(block.text)
        text = make_sample.MARKER.sub("", block.text).replace("**", "")
        elements.append(Element(kind, text, block.mark))
        elements += [Element("note", document.notes[note]) for note in notes]
    return elements


# --- Chromium and WeasyPrint ----------------------------------------------------------------------

PAGE = """
@page { size: A4; margin: 25mm 22mm; }
html { font: 11pt/1.35 "Liberation Sans", sans-serif; }
h1 { font-size: 19pt; margin: 0 0 14pt; } h2 { font-size: 14pt; margin: 14pt 0 6pt; }
h3 { font-size: 11pt; margin: 10pt 0 4pt; }
p, li { margin: 0 0 8pt; } ul { margin: 0 0 8pt; padding-left: 18pt; }
table { border-collapse: collapse; margin: 8pt 0; } td { border: 0.5pt solid; padding: 3pt; }
.num { margin-left: 28pt; text-indent: -28pt; } .num b { font-weight: normal; display: inline-block; width: 28pt; text-indent: 0; }
.note { font-size: 8.5pt; }
.box { float: right; width: 40%; border: 1pt solid; padding: 6pt; margin: 0 0 6pt 10pt; }
"""
TIGHT = "p, li { margin: 0; } ul { margin: 0; }"
INDENT = TIGHT + "p { text-indent: 16pt; }"
COLUMNS = "main { columns: 2; column-gap: 8mm; } html { font-size: 10pt; }"
HYPHENS = "p, li { hyphens: auto; text-align: justify; }"
DASHES = "ul { list-style-type: '–  '; }"
SQUARES = "ul { list-style-type: square; }"
ITALIC = "h2, h3 { font: italic 11pt 'Liberation Sans'; } h1 { font: 11pt 'Liberation Sans'; text-transform: uppercase; }"
SERIF = "html { font-family: 'Liberation Serif'; }"
RUNNING = (
    "@page { @top-right { content: 'Invented report for the bench'; font-size: 8pt; }"
    "@bottom-center { content: counter(page); font-size: 9pt; } }"
    ".note { float: footnote; }"
)


def html_of(elements: Iterable[Element], css: str, running: bool = False) -> str:
    """A page of HTML. `running`: notes are inside the paragraph before, as CSS wants footnotes."""
    body: list[str] = []
    depth = 0
    for each in elements:
        wanted = {"li": 1, "sub": 2}.get(each.kind, 0)
        while depth > wanted:
            body.append("</li></ul>")
            depth -= 1
        if depth and wanted == depth:
            body.append("</li>")
        while depth < wanted:
            body.append("<ul>")
            depth += 1
        text = escape(each.text)
        if wanted:
            body.append(f"<li>{text}")
        elif each.kind == "num":
            body.append(f'<p class="num"><b>{escape(each.mark)}</b>{text}</p>')
        elif each.kind == "table":
            rows = (line.split(" | ") for line in each.text.split("\n"))
            cells = ("".join(f"<td>{escape(cell)}</td>" for cell in row) for row in rows)
            body.append("<table>" + "".join(f"<tr>{row}</tr>" for row in cells) + "</table>")
        elif each.kind == "note" and running and body and body[-1].endswith("</p>"):
            body[-1] = body[-1][:-4] + f'<span class="note">{text}</span></p>'
        elif each.kind in ("note", "box"):
            body.append(f'<p class="{each.kind}">{text}</p>')
        else:
            body.append(f"<{each.kind}>{text}</{each.kind}>")
    body += ["</li></ul>"] * depth
    return (
        f'<!doctype html><html lang="en-GB"><meta charset="utf-8"><title>Bench</title>'
        f"<style>{PAGE}{css}</style><main>{''.join(body)}</main></html>"
    )


def set_with_chromium(elements: Sequence[Element], layout: Layout) -> bytes:
    program = shutil.which("chromium") or shutil.which("google-chrome")
    with tempfile.TemporaryDirectory() as folder:
        page, pdf = Path(folder, "page.html"), Path(folder, "page.pdf")
        page.write_text(html_of(elements, layout.css), encoding="utf-8")
        options = ["--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder}/user"]
        if "running" not in layout.look:
            options.append("--no-pdf-header-footer")
        if not layout.tagged:
            options.append("--disable-pdf-tagging")
        _call([program, *options, f"--print-to-pdf={pdf}", page.as_uri()])
        return pdf.read_bytes()


def set_with_weasyprint(elements: Sequence[Element], layout: Layout) -> bytes:
    import weasyprint

    html = html_of(elements, layout.css, running="running" in layout.look)
    options = {"pdf_variant": "pdf/ua-1"} if layout.tagged else {}
    return weasyprint.HTML(string=html).write_pdf(**options)


# --- LibreOffice ----------------------------------------------------------------------------------


def set_with_libreoffice(documents: Sequence[Sequence[Element]], layout: Layout) -> list[bytes]:
    """Word files → PDFs, as a council's officer makes them."""
    with tempfile.TemporaryDirectory() as folder:
        sources = [Path(folder, f"{number}.docx") for number in range(len(documents))]
        for source, elements in zip(sources, documents, strict=True):
            source.write_bytes(docx_of(elements, layout.look))
        tags = "true" if layout.tagged else "false"
        tagged = json.dumps({"UseTaggedPDF": {"type": "boolean", "value": tags}})
        how = f"pdf:writer_pdf_Export:{tagged}"
        profile = f"-env:UserInstallation=file://{folder}/profile"
        options = [profile, "--headless", "--convert-to", how, "--outdir", folder]
        _call([shutil.which("soffice"), *options, *sources])
        return [source.with_suffix(".pdf").read_bytes() for source in sources]


def docx_of(elements: Sequence[Element], look: frozenset[str]) -> bytes:
    import docx
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn
    from docx.shared import Pt

    document = docx.Document()
    normal = document.styles["Normal"]
    normal.font.name, normal.font.size = "Liberation Sans", Pt(11)
    normal.paragraph_format.space_after = Pt(0 if "tight" in look else 8)
    if "columns" in look:
        columns = OxmlElement("w:cols")
        columns.set(qn("w:num"), "2")
        columns.set(qn("w:space"), "500")
        document.sections[0]._sectPr.append(columns)
    if "running" in look:
        document.sections[0].header.paragraphs[0].text = "Invented report for the bench"
        document.sections[0].footer.paragraphs[0].text = "Children’s services"
    for each in elements:
        if each.kind in ("h1", "h2", "h3"):
            document.add_heading(each.text, int(each.kind[1]))
        elif each.kind in ("li", "sub"):
            style = "List Bullet" if each.kind == "li" else "List Bullet 2"
            item = document.add_paragraph(each.text, style=style)
            item.paragraph_format.space_after = Pt(0 if "tight" in look else 4)
        elif each.kind == "table":
            rows = [line.split(" | ") for line in each.text.split("\n")]
            table = document.add_table(len(rows), max(map(len, rows)))
            table.style = "Table Grid"
            for cells, row in zip(rows, table.rows, strict=True):
                for text, cell in zip(cells, row.cells, strict=False):
                    cell.text = text
        else:
            mark = f"{each.mark}\t" if each.mark else ""
            paragraph = document.add_paragraph(mark + each.text)
            if each.mark:
                paragraph.paragraph_format.left_indent = Pt(36)
                paragraph.paragraph_format.first_line_indent = Pt(-36)
            elif "indent" in look:
                paragraph.paragraph_format.first_line_indent = Pt(18)
            if "justified" in look:
                paragraph.alignment = WD_ALIGN_PARAGRAPH.JUSTIFY
            if each.kind == "note":
                paragraph.runs[0].font.size = Pt(8.5)
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


# --- reportlab ------------------------------------------------------------------------------------


def set_with_reportlab(elements: Sequence[Element], layout: Layout) -> bytes:
    """As a council's committee system makes its papers."""
    from reportlab.lib.enums import TA_JUSTIFY
    from reportlab.lib.pagesizes import A4
    from reportlab.lib.styles import ParagraphStyle
    from reportlab.platypus import (
        BaseDocTemplate,
        Frame,
        ListFlowable,
        ListItem,
        PageTemplate,
        Paragraph,
        Table,
    )  # fmt: skip

    look = layout.look
    body = ParagraphStyle(
        "body", fontName="Times-Roman", fontSize=11, leading=13.5,
        spaceAfter=0 if "tight" in look else 7,
        firstLineIndent=16 if "indent" in look else 0,
        **({"alignment": TA_JUSTIFY} if "justified" in look else {}),
    )  # fmt: skip
    small = ParagraphStyle("small", body, fontSize=8.5, leading=10, firstLineIndent=0)
    plain = ParagraphStyle("plain", body, firstLineIndent=0)
    headings = {
        f"h{level}": ParagraphStyle(
            f"h{level}", fontName="Times-Bold", fontSize=size, leading=size * 1.2,
            spaceBefore=10, spaceAfter=4,
        )
        for level, size in ((1, 18), (2, 14), (3, 11))
    }  # fmt: skip
    story: list = []
    for each in elements:
        text = escape(each.text)
        if each.kind in headings:
            story.append(Paragraph(text, headings[each.kind]))
        elif each.kind in ("li", "sub"):
            start = "circle" if "shapes" in look else "•"
            indent = 18 if each.kind == "li" else 36
            item = ListItem(Paragraph(text, plain), leftIndent=indent, value=start)
            story.append(ListFlowable([item], bulletType="bullet", start=start, leftIndent=indent))
        elif each.kind == "table":
            rows = [line.split(" | ") for line in each.text.split("\n")]
            width = max(map(len, rows))
            story.append(
                Table(
                    [
                        [
                            Paragraph(escape(cell), small)
                            for cell in row + [""] * (width - len(row))
                        ]
                        for row in rows
                    ]
                )
            )
        elif each.mark:
            style = ParagraphStyle("number", plain, leftIndent=30, bulletIndent=0)
            story.append(Paragraph(text, style, bulletText=each.mark))
        else:
            story.append(Paragraph(text, small if each.kind == "note" else body))
    file = io.BytesIO()
    width, height = A4
    if "columns" in look:
        # Uneven, as in newsletters: a third and two thirds of the width.
        frames = [Frame(50, 60, 170, height - 120), Frame(235, 60, 310, height - 120)]
    else:
        frames = [Frame(60, 60, width - 120, height - 120)]
    template = BaseDocTemplate(file, pagesize=A4, invariant=1)

    def foot(canvas, document):
        if "running" in look:
            canvas.setFont("Times-Roman", 9)
            canvas.drawString(60, height - 40, "Invented report for the bench")
            canvas.drawRightString(width - 60, 35, f"Page {document.page}")

    template.addPageTemplates([PageTemplate(frames=frames, onPage=foot)])
    template.build(story)
    return file.getvalue()


def _call(command: Sequence[object]) -> None:
    subprocess.run(
        list(map(str, command)), check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        timeout=180, env={**os.environ, "SOURCE_DATE_EPOCH": "0"},
    )  # fmt: skip


def set_documents(documents: Sequence[Sequence[Element]], layout: Layout) -> list[bytes]:
    """The PDFs that the layout's maker makes of documents, in order."""
    if layout.maker == "LibreOffice":
        # One call for all: it takes longer to start than to set them.
        return set_with_libreoffice(documents, layout)
    return [MAKERS[layout.maker](elements, layout) for elements in documents]


MAKERS: dict[str, Callable[[Sequence[Element], Layout], bytes]] = {
    "Chromium": set_with_chromium,
    "WeasyPrint": set_with_weasyprint,
    "reportlab": set_with_reportlab,
}


def _look(*words: str) -> frozenset[str]:
    return frozenset(words)


LAYOUTS = (
    Layout("space between paragraphs", "LibreOffice"),
    Layout("the same, tagged", "LibreOffice", tagged=True),
    Layout("no space", "LibreOffice", look=_look("tight")),
    Layout("no space, tagged", "LibreOffice", look=_look("tight"), tagged=True),
    Layout("no space, first-line indents", "LibreOffice", look=_look("tight", "indent")),
    Layout("no space, justified", "LibreOffice", look=_look("tight", "justified")),
    Layout("two justified columns, header", "LibreOffice", look=_look("columns", "justified", "running")),
    Layout("two columns, no space", "LibreOffice", look=_look("columns", "tight")),
    Layout("space between paragraphs", "Chromium"),
    Layout("the same, tagged", "Chromium", tagged=True),
    Layout("no space", "Chromium", TIGHT),
    Layout("no space, tagged", "Chromium", TIGHT, tagged=True),
    Layout("dashes, header and footer", "Chromium", DASHES, _look("running")),
    Layout("squares, two columns", "Chromium", SQUARES + COLUMNS),
    Layout("italic and capital headings", "Chromium", ITALIC + TIGHT + SERIF),
    Layout("space between paragraphs", "WeasyPrint"),
    Layout("the same, tagged", "WeasyPrint", tagged=True),
    Layout("hyphenated, justified", "WeasyPrint", HYPHENS),
    Layout("two columns, hyphenated", "WeasyPrint", HYPHENS + COLUMNS),
    Layout("no space", "WeasyPrint", TIGHT),
    Layout("first-line indents", "WeasyPrint", INDENT),
    Layout("first-line indents, hyphenated, serif", "WeasyPrint", INDENT + HYPHENS + SERIF),
    Layout("header, page numbers, footnotes", "WeasyPrint", RUNNING, _look("running")),
    Layout("italic and capital headings", "WeasyPrint", ITALIC + TIGHT),
    Layout("space between paragraphs", "reportlab"),
    Layout("bullets drawn as discs", "reportlab", look=_look("shapes", "running")),
    Layout("no space", "reportlab", look=_look("tight")),
    Layout("first-line indents, justified", "reportlab", look=_look("tight", "indent", "justified")),
    Layout("two uneven columns", "reportlab", look=_look("columns", "running")),
)  # fmt: skip


# What the tests read: the first pages of one source in layouts that each need something of their own.
SPECIMEN, SPECIMEN_LENGTH = "saltwick-peer-challenge-2020", 40
SPECIMENS = {
    "chromium-tight": Layout("", "Chromium", TIGHT),
    "chromium-tight-tagged": Layout("", "Chromium", TIGHT, tagged=True),
    "libreoffice-tight-tagged": Layout("", "LibreOffice", look=_look("tight"), tagged=True),
    "libreoffice-columns": Layout("", "LibreOffice", look=_look("columns", "justified", "running")),
    "weasyprint-indents": Layout("", "WeasyPrint", INDENT + HYPHENS + SERIF),
    "weasyprint-footnotes": Layout("", "WeasyPrint", RUNNING, _look("running")),
    "reportlab-uneven-columns": Layout("", "reportlab", look=_look("columns", "running", "shapes")),
}  # fmt: skip


def specimen_elements() -> list[Element]:
    return read_elements(make_sample.SOURCES / f"{SPECIMEN}.txt")[:SPECIMEN_LENGTH]


def set_specimens(folder: Path) -> None:
    for name, layout in SPECIMENS.items():
        [pdf] = set_documents([specimen_elements()], layout)
        (folder / f"{name}.pdf").write_bytes(pdf)


# --- Reading and scoring --------------------------------------------------------------------------


def _words(text: str) -> Counter[str]:
    text = re.sub(r"(?<=\w)[-\u2010\u2011\u00ad]\s*(?=\w)", "", text.lower())
    return Counter(re.findall(r"[a-z0-9]+", text))


def share_intact(elements: Iterable[Element], read: Iterable[str]) -> tuple[int, int, list[str]]:
    """How many paragraphs came out whole, of how many, and those that did not."""
    rows = [_words(text) for text in read]
    broken: list[str] = []
    n = 0
    for each in elements:
        if each.kind not in ("p", "li", "sub", "num") or len(each.text.split()) < MIN_WORDS:
            continue
        n += 1
        wanted = _words(f"{each.mark} {each.text}")
        best = max(((wanted & row).total() / (wanted | row).total() for row in rows), default=0)
        if best < INTACT:
            broken.append(each.text)
    return n - len(broken), n, broken


def read_with_ours(pdf: bytes, reader: PdfReader) -> list[str]:
    return [block.text for block in extract_bytes(pdf, PurePath("x.pdf"), reader=reader).blocks]


def read_with_pdftotext(pdf: bytes) -> list[str]:
    found = subprocess.run(["pdftotext", "-", "-"], input=pdf, capture_output=True, check=True)
    return found.stdout.decode().split("\n\n")


def read_with_pymupdf4llm(pdf: bytes) -> list[str]:
    import pymupdf
    import pymupdf4llm

    return re.split(r"\n\s*\n|\n(?=[-*] )", pymupdf4llm.to_markdown(pymupdf.open("pdf", pdf)))


def read_with_docling(pdf: bytes) -> list[str]:
    from docling.datamodel.base_models import DocumentStream
    from docling.document_converter import DocumentConverter

    document = DocumentConverter().convert(DocumentStream(name="x.pdf", stream=io.BytesIO(pdf)))
    return [item.text for item, _ in document.document.iterate_items() if hasattr(item, "text")]


def readers() -> dict[str, Callable[[bytes], list[str]]]:
    found: dict[str, Callable[[bytes], list[str]]] = {
        reader.value: lambda pdf, reader=reader: read_with_ours(pdf, reader)
        for reader in PdfReader
    }
    return found | {
        "pdftotext": read_with_pdftotext,
        "pymupdf4llm": read_with_pymupdf4llm,
        "docling": read_with_docling,
    }


def available(maker: str) -> bool:
    if maker == "LibreOffice":
        return bool(shutil.which("soffice"))
    if maker == "Chromium":
        return bool(shutil.which("chromium") or shutil.which("google-chrome"))
    return bool(importlib.util.find_spec(maker.lower()))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument(
        "--readers",
        nargs="*",
        choices=readers(),
        default=["pdfminer", "pdfium"],
        help="what reads the PDFs (default: both of ours)",
    )
    parser.add_argument("--keep", type=Path, help="keep the PDFs in this folder")
    parser.add_argument("--broken", action="store_true", help="print what did not stay whole")
    parser.add_argument("--specimens", action="store_true", help="set anew what the tests read")
    options = parser.parse_args()
    if options.specimens:
        set_specimens(ROOT / "tests" / "paragraphs" / "layouts")
        return
    each = [read_elements(path) for path in sorted(make_sample.SOURCES.glob("*.txt"))]
    # Four sources make a document of forty pages.
    sources = [[*chain.from_iterable(each[start::3])] for start in range(3)]
    programs = {name: read for name, read in readers().items() if name in options.readers}
    print("| maker | layout | " + " | ".join(programs) + " |\n|" + "---|" * (2 + len(programs)))
    sums: dict[str, list[float]] = {name: [] for name in programs}
    for index, layout in enumerate(LAYOUTS):
        if not available(layout.maker):
            print(f"| {layout.maker} | {layout.name} | not installed |")
            continue
        made = set_documents(sources, layout)
        if options.keep:
            options.keep.mkdir(parents=True, exist_ok=True)
            for number, pdf in enumerate(made):
                (options.keep / f"{index:02}-{number:02}.pdf").write_bytes(pdf)
        shares = []
        for name, read in programs.items():
            whole = total = 0
            for elements, pdf in zip(sources, made, strict=True):
                n_whole, n, broken = share_intact(elements, read(pdf))
                whole, total = whole + n_whole, total + n
                if options.broken and name == "pdfminer":
                    print(*(f"    {text[:100]}" for text in broken), sep="\n")
            sums[name].append(whole / total)
            shares.append(f"{100 * whole / total:.1f}")
        print(f"| {layout.maker} | {layout.name} | " + " | ".join(shares) + " |", flush=True)
    means = (f"{100 * sum(each) / len(each):.1f}" for each in sums.values())
    lowest = (f"{100 * min(each):.1f}" for each in sums.values())
    print("| mean | | " + " | ".join(means) + " |\n| lowest | | " + " | ".join(lowest) + " |")


if __name__ == "__main__":
    main()
