"""A project → a `.qdpx` file; its codes → a `.qdc` file.

Elements stand in the order of the schemas (tests/exchange/schemas). The same project gives the
same bytes: files in the archive have a fixed date, and no directory has an entry of its own.
"""

from __future__ import annotations

import shutil
import zipfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import IO

from lxml import etree

from pipeline.base.files import WholeFile, write_whole
from pipeline.exchange.from_run import ORIGIN
from pipeline.exchange.project import (
    Case,
    Code,
    Coding,
    Group,
    Project,
    Selection,
    Source,
    User,
    Value,
    Variable,
    guid_of,
)

PROJECT_NAMESPACE = "urn:QDA-XML:project:1.0"
CODEBOOK_NAMESPACE = "urn:QDA-XML:codebook:1.0"
PROJECT_FILE = "project.qde"
# The earliest date that a ZIP archive can hold.
NO_DATE = (1980, 1, 1, 0, 0, 0)
READABLE = 0o100644 << 16
UNIX = 3


@dataclass(frozen=True, slots=True)
class Dialect:
    """What a tool needs to be different; the standard names the folder `sources`.

    `line_end` is how lines end in the texts, though positions count it as one code point.
    `cases_are_codes` is explained at `from_run.case_codes`.
    """

    folder: str = "sources"
    line_end: str = "\n"
    cases_are_codes: bool = False


def write_qdpx(
    path: Path, project: Project, sources: Callable[[], Iterable[Source]], dialect: Dialect
) -> Counter[str]:
    """Write a project to `path`; returns how many codings it has of each user (GUID).

    `sources` is called twice, so that not all of them need be in memory at once.
    """
    codings: Counter[str] = Counter()
    path.parent.mkdir(parents=True, exist_ok=True)
    with (
        WholeFile(path) as file,
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive,
    ):
        with _entry(archive, PROJECT_FILE) as entry, etree.xmlfile(entry, encoding="utf-8") as xml:
            xml.write_declaration()
            root = _Elements(PROJECT_NAMESPACE)
            about = {"name": project.name, "origin": project.origin}
            with xml.element(root.name("Project"), _given(about), nsmap=root.nsmap):
                for element in (
                    root.users(project.users),
                    root.codebook(project.codes),
                    root.list("Variables", map(root.variable, project.variables)),
                    root.list("Cases", map(root.case, project.cases)),
                ):
                    if element is not None:
                        xml.write(element)
                with xml.element(root.name("Sources")):
                    for source in sources():
                        xml.write(root.source(source))
                        given = (item.codings for item in source.selections)
                        codings.update(coding.user for coding in chain.from_iterable(given))
                if (sets := root.list("Sets", map(root.group, project.groups))) is not None:
                    xml.write(sets)
                xml.write(root.make("Description", text=project.description))
        for source in sources():
            with _entry(archive, f"{dialect.folder}/{text_guid(source)}.txt") as entry:
                entry.write(source.text.replace("\n", dialect.line_end).encode("utf-8"))
            if source.pdf is not None:
                with (
                    _entry(archive, f"{dialect.folder}/{source.guid}.pdf") as entry,
                    source.pdf.open("rb") as pdf,
                ):
                    shutil.copyfileobj(pdf, entry)
    return codings


def write_qdc(path: Path, codes: Iterable[Code]) -> None:
    """Write a codebook alone."""
    root = _Elements(CODEBOOK_NAMESPACE)
    book = root.make("CodeBook", {"origin": ORIGIN})
    book.append(root.make("Codes", children=map(root.code, codes)))
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(
        path, etree.tostring(book, encoding="utf-8", xml_declaration=True, pretty_print=True)
    )


def text_guid(source: Source) -> str:
    """The GUID that names the file of a source's text."""
    return source.guid if source.pdf is None else guid_of("text of", source.guid)


@contextmanager
def _entry(archive: zipfile.ZipFile, name: str) -> Iterator[IO[bytes]]:
    info = zipfile.ZipInfo(name, NO_DATE)
    info.compress_type, info.external_attr, info.create_system = (
        zipfile.ZIP_DEFLATED,
        READABLE,
        UNIX,
    )
    with archive.open(info, "w", force_zip64=True) as entry:
        yield entry


def _given(attributes: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in attributes.items() if value}


class _Elements:
    """Makes the elements of one of the schemas."""

    def __init__(self, namespace: str) -> None:
        self._namespace = namespace
        self.nsmap = {None: namespace}

    def name(self, tag: str) -> str:
        return f"{{{self._namespace}}}{tag}"

    def make(
        self,
        tag: str,
        attributes: dict[str, str] | None = None,
        children: Iterable[etree._Element] = (),
        text: str = "",
    ) -> etree._Element:
        """An element; attributes without a value are left out."""
        element = etree.Element(self.name(tag), _given(attributes or {}), nsmap=self.nsmap)
        element.text = text or None
        element.extend(children)
        return element

    def list(self, tag: str, children: Iterable[etree._Element]) -> etree._Element | None:
        """A list as an element, or None: the schemas allow no empty lists."""
        element = self.make(tag, children=children)
        return element if len(element) else None

    def _reference(self, tag: str, guid: str) -> etree._Element:
        return self.make(tag, {"targetGUID": guid})

    def users(self, users: Iterable[User]) -> etree._Element | None:
        made = (self.make("User", {"guid": user.guid, "name": user.name}) for user in users)
        return self.list("Users", made)

    def codebook(self, codes: Iterable[Code]) -> etree._Element:
        return self.make("CodeBook", children=[self.make("Codes", children=map(self.code, codes))])

    def code(self, code: Code) -> etree._Element:
        told = [self.make("Description", text=code.description)] if code.description else []
        about = {"guid": code.guid, "name": code.name, "isCodable": "true", "color": code.colour}
        return self.make("Code", about, [*told, *map(self.code, code.codes)])

    def variable(self, variable: Variable) -> etree._Element:
        about = {"guid": variable.guid, "name": variable.name, "typeOfVariable": variable.kind}
        return self.make("Variable", about)

    def _value(self, value: Value) -> etree._Element:
        variable = self._reference("VariableRef", value.variable.guid)
        given = self.make(f"{value.variable.kind}Value", text=value.text)
        return self.make("VariableValue", children=[variable, given])

    def case(self, case: Case) -> etree._Element:
        sources = (self._reference("SourceRef", guid) for guid in case.sources)
        about = {"guid": case.guid, "name": case.name}
        return self.make("Case", about, [*map(self._value, case.values), *sources])

    def group(self, group: Group) -> etree._Element:
        members = (self._reference("MemberSource", guid) for guid in group.sources)
        return self.make("Set", {"guid": group.guid, "name": group.name}, members)

    def source(self, source: Source) -> etree._Element:
        """A text source, or the source of a PDF whose representation is the text.

        The text is never given as rich text: ATLAS.ti refuses a project in which a `.txt` is.
        """
        about = {"guid": source.guid, "name": source.name}
        plain = {"plainTextPath": f"internal://{text_guid(source)}.txt"}
        selections = map(self._selection, source.selections)
        values = map(self._value, source.values)
        if source.pdf is None:
            return self.make("TextSource", about | plain, [*selections, *values])
        text = {"guid": text_guid(source), "name": source.name}
        representation = self.make("Representation", text | plain, selections)
        path = {"path": f"internal://{source.guid}.pdf"}
        return self.make("PDFSource", about | path, [representation, *values])

    def _selection(self, selection: Selection) -> etree._Element:
        about = {
            "guid": selection.guid,
            "name": selection.name,
            "startPosition": str(selection.start),
            "endPosition": str(selection.end),
            "creatingUser": selection.user,
            "creationDateTime": selection.on,
        }
        codings = (self._coding(coding, selection.on) for coding in selection.codings)
        return self.make("PlainTextSelection", about, codings)

    def _coding(self, coding: Coding, on: str) -> etree._Element:
        about = {"guid": coding.guid, "creatingUser": coding.user, "creationDateTime": on}
        return self.make("Coding", about, [self._reference("CodeRef", coding.code)])
