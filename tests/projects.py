"""An invented run to export, and projects as other programs write them."""

from __future__ import annotations

import datetime
import io
import zipfile
from pathlib import Path

import pandas as pd
from lxml import etree

from pipeline.base.columns import DOCUMENTS, HALF_COLUMNS, PARAGRAPHS, TAGS

ONE, TWO, THREE = ("1" * 12, "2" * 12, "3" * 12)
THEMES = ["thresholds", "supervision", "recruitment", "early_help", "camhs"]
# The e of café is written with an accent of its own, and the note is beyond 16 bits.
TEXTS = {
    ONE: [
        ("heading", "What we found at the harbour"),
        ("paragraph", "Supervision at the Cafe\u0301 Quay office is monthly. Notes say why a plan changed 𝄞. Few are late."),
        ("list_item", "Waits for the clinic in Saltmarsh lane doubled. Nobody told the families, who rang in vain."),
        ("paragraph", "The ferry timetable is pinned up beside the kettle in every team room of the county."),
    ],
    TWO: [
        ("paragraph", "Half of the posts by the lighthouse were vacant in spring; agency staff filled the rota."),
        ("paragraph", "Early help reached the allotment families before the winter, as their school had asked."),
    ],
    THREE: [("paragraph", "Nothing in this letter was about any of the themes that the county asks after.")],
}  # fmt: skip
FILES = {ONE: "north/Résumé.pdf", TWO: "south/résumé.docx", THREE: "letter.txt"}
# (document, position): theme, stance, and the words that carry it.
TAGGED = {
    (ONE, 1): [("supervision", "strength", "Notes say why a plan changed 𝄞.")],
    (ONE, 2): [("camhs", "concern", "Waits for the clinic in Saltmarsh lane doubled.")],
    (TWO, 0): [("recruitment", "concern", "Half of the posts by the lighthouse were vacant in spring;")],
    (TWO, 1): [("early_help", "strength", "Early help reached the allotment families before the winter, as their school had asked."),
               ("thresholds", "mixed", "before the winter, as their school had asked.")],
}  # fmt: skip


def paragraph_id(doc_id: str, position: int) -> str:
    return f"{doc_id}:{position:04d}"


def make_tables() -> dict[str, pd.DataFrame]:
    documents, paragraphs, tags = [], [], []
    for doc_id, texts in TEXTS.items():
        documents.append(
            dict.fromkeys(DOCUMENTS, "")
            | {
                "doc_id": doc_id, "source_file": FILES[doc_id], "sha256": doc_id * 5,
                "authority": {ONE: "Marlowshire", TWO: "Greymoor"}.get(doc_id, ""),
                "region": "South West", "document_type": "inspection",
                "framework": {ONE: "SIF", TWO: "ILACS"}.get(doc_id, ""),
                "published_on": {ONE: datetime.date(2014, 5, 2), TWO: datetime.date(2021, 5, 28)}.get(doc_id),
                "inspected_from": None, "inspected_to": None, "overall_effectiveness": "good",
                "n_pages": 3 if doc_id == ONE else None, "n_paragraphs": len(texts), "n_words": 50,
            }
        )  # fmt: skip
        for n, (kind, text) in enumerate(texts):
            name = paragraph_id(doc_id, n)
            paragraphs.append(
                (name, doc_id, FILES[doc_id], n, n + 1, "", "", "", kind, False, text)
            )
            given = {theme: rest for theme, *rest in TAGGED.get((doc_id, n), [])}
            for theme in THEMES if kind != "heading" else ():
                stance, words = given.get(theme, ("", ""))
                start = text.find(words) if words else None
                end = start + len(words) if words else None
                tags.append(
                    (
                        name,
                        doc_id,
                        theme,
                        0.5,
                        bool(stance),
                        stance,
                        start,
                        end,
                        *(None,) * 4,
                        "m1",
                    )
                )
    counts = dict.fromkeys(("carries_from", "carries_to", *HALF_COLUMNS), "Int64")
    return {
        "documents": pd.DataFrame(documents, columns=DOCUMENTS).astype({"n_pages": "Int64"}),
        "paragraphs": pd.DataFrame(paragraphs, columns=PARAGRAPHS),
        "tags": pd.DataFrame(tags, columns=TAGS).astype(counts),
    }


def parts_of(path: Path) -> dict[str, bytes]:
    """The files in a project by name."""
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def project_of(path: Path) -> etree._Element:
    return etree.fromstring(parts_of(path)["project.qde"])


def is_valid(xml: bytes, schema: str) -> bool:
    """Whether the XML is valid; raises with the line that is not."""
    folder = Path(__file__).parent / "exchange" / "schemas"
    etree.XMLSchema(etree.parse(folder / schema)).assertValid(etree.parse(io.BytesIO(xml)))
    return True


PROJECT = """<?xml version="1.0" encoding="utf-8"?>
<Project xmlns="urn:QDA-XML:project:1.0" name="p" origin="{origin}">
<Users><User guid="{{AAAAAAAA-0000-0000-0000-000000000001}}" name="Jo"/>
<User guid="aaaaaaaa-0000-0000-0000-000000000002" name="Sam"/></Users>
<CodeBook><Codes>{codes}</Codes></CodeBook>
<Sources>{sources}</Sources>{more}
</Project>"""
JO = "aaaaaaaa-0000-0000-0000-000000000001"
SAM = "aaaaaaaa-0000-0000-0000-000000000002"


def code(name: str, *below: str) -> str:
    return f'<Code guid="{code_id(name)}" name="{name}" isCodable="true">{"".join(below)}</Code>'


def code_id(name: str) -> str:
    return f"cccccccc-0000-0000-0000-{sum(map(ord, name)):012x}"


def selection(
    start: int, end: int, *codes: str, by: str = JO, more: str = "", guid: str = "s"
) -> str:
    codings = "".join(
        f'<Coding guid="d" creatingUser="{by}"><CodeRef targetGUID="{code_id(name)}"/></Coding>'
        for name in codes
    )
    return (
        f'<PlainTextSelection guid="{guid}" startPosition="{start}" endPosition="{end}" '
        f'creatingUser="{by}">{more}{codings}</PlainTextSelection>'
    )


def source(
    name: str, *inside: str, path: str = "internal://t1.txt", tag: str = "TextSource"
) -> str:
    return f'<{tag} guid="eeee" name="{name}" plainTextPath="{path}">{"".join(inside)}</{tag}>'


def write_project(
    path: Path, codes: str = "", sources: str = "", *, more: str = "", origin: str = "NVivo",
    texts: dict[str, bytes] | None = None, folder: str = "sources", directories: bool = False,
) -> Path:  # fmt: skip
    """A project as another program might write it."""
    with zipfile.ZipFile(path, "w") as archive:
        if directories:
            archive.writestr(f"{folder}/", b"")
        xml = PROJECT.format(codes=codes, sources=sources, more=more, origin=origin)
        archive.writestr("project.qde", xml)
        for name, raw in (texts or {}).items():
            archive.writestr(f"{folder}/{name}", raw)
    return path
