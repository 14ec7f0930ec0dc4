"""A `.qdpx` file from any program → a project and its sources.

The file comes from somebody else and may be hostile. Nothing is unpacked to the disk, every part
has a limit that is kept while it is read, and XML with a document type, in which entities are
declared, is refused.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from lxml import etree

from pipeline.base.errors import LabelError
from pipeline.base.files import BROKEN_ZIP
from pipeline.exchange.project import Code, Coding, Project, Selection, Source, User

MB = 1_000_000
# A project of 145 reports with 29,000 codings has 11 MB of XML and 0.1 MB for each text.
MAX_XML, MAX_TEXT, MAX_TEXTS, MAX_FILES = 200 * MB, 20 * MB, 1_000 * MB, 20_000
# Programs give the namespace different versions: `…:project:1.0`, `…:project:0:4`.
ROOT = re.compile(r"\{urn:QDA-XML:project:[^}]*\}Project")
OUTSIDE = re.compile(r"^(?:[/\\]|[A-Za-z]:|.*(?:^|[/\\])\.\.(?:[/\\]|$))")
# What is coded if it is not a stretch of the text, by the name of an element around the coding.
NOT_TEXT = {
    "PDFSelection": "an area of a page",
    "PictureSelection": "an area of a picture",
    "AudioSelection": "a stretch of sound",
    "VideoSelection": "a stretch of film",
    "TranscriptSelection": "a stretch of a transcript",
    "TextDescription": "the description of a picture",
    "PlainTextSelection": "a place that cannot be read",
}
WHOLE = "the document as a whole"
SOURCES = ("TextSource", "PDFSource", "PictureSource", "AudioSource", "VideoSource")


@dataclass(frozen=True, slots=True)
class Received:
    """A project with its sources."""

    project: Project
    sources: list[Source]


def read_qdpx(path: Path) -> Received:
    """Read a project. Raises `LabelError` if it is not one, is damaged, or is not safe to read."""
    try:
        with zipfile.ZipFile(path) as archive:
            return _read(_Archive(path, archive))
    except FileNotFoundError as error:
        raise LabelError(f"There is no file {path}.", "Check the path.") from error
    except etree.XMLSyntaxError as error:
        raise LabelError(f"The project in {path} is damaged: {error}.", EXPORT_AGAIN) from error
    except BROKEN_ZIP as error:
        raise LabelError(f"{path} is not a project file: {error}.", EXPORT_AGAIN) from error


EXPORT_AGAIN = "Export the project as REFI-QDA (.qdpx) once more."


class _Archive:
    """The files of a project by name, each read up to a limit."""

    def __init__(self, path: Path, archive: zipfile.ZipFile) -> None:
        self._path, self._archive = path, archive
        self._left = MAX_TEXTS
        # A directory may have an entry of its own.
        names = [info.filename for info in archive.infolist() if not info.is_dir()]
        for name in archive.namelist():
            if OUTSIDE.match(name):
                raise LabelError(
                    f"{path} has a file that would lie outside it ({name!r}).",
                    "It is not what a coding program writes; do not open it.",
                )
        if len(names) > MAX_FILES:
            raise self._too_large(f"{len(names)} files")
        self._texts = {
            PurePosixPath(name).name.casefold(): name
            for name in names
            if PurePosixPath(name).parent.name.casefold() == "sources"
        }
        self._projects = [name for name in names if name.casefold().endswith(".qde")]

    def project(self) -> bytes:
        """The project's XML. Its name should be `project.qde`, but some programs use another."""
        if len(self._projects) != 1:
            raise LabelError(
                f"{self._path} has {len(self._projects)} projects in it, not one.", EXPORT_AGAIN
            )
        return self._bytes(self._projects[0], MAX_XML)

    def text(self, address: str) -> str:
        """The text at an address like `internal://…txt`; raises `KeyError` if there is none."""
        scheme, _, name = address.partition("://")
        found = self._texts[name.strip("/").casefold()] if scheme == "internal" else None
        if found is None:
            raise KeyError(address)
        raw = self._bytes(found, min(MAX_TEXT, self._left))
        self._left -= len(raw)
        # A mark of byte order is no character of the text.
        return raw.decode("utf-8-sig", errors="replace")

    def _bytes(self, name: str, limit: int) -> bytes:
        with self._archive.open(name) as file:
            raw = file.read(limit + 1)
        if len(raw) > limit:
            raise self._too_large(f"a file of more than {limit // MB} MB, {name}")
        return raw

    def _too_large(self, what: str) -> LabelError:
        return LabelError(
            f"{self._path} is too large: it has {what}.", "Export fewer documents at a time."
        )


def _read(archive: _Archive) -> Received:
    parser = etree.XMLParser(
        resolve_entities=False, load_dtd=False, no_network=True, huge_tree=False,
        remove_comments=True, remove_pis=True,
    )  # fmt: skip
    root = etree.fromstring(archive.project(), parser)
    if root.getroottree().docinfo.doctype:
        raise LabelError(
            "The project declares a document type, which no coding program does.",
            "Do not use it unless you know who made it.",
        )
    if not ROOT.fullmatch(root.tag):
        raise LabelError(
            f"The file holds a {etree.QName(root).localname}, not a REFI-QDA project.",
            EXPORT_AGAIN,
        )
    users = tuple(
        User(_guid(item.get("guid")), item.get("name", "")) for item in _all(root, "Users", "User")
    )
    project = Project(
        name=root.get("name", ""),
        origin=root.get("origin", ""),
        users=users,
        codes=tuple(map(_code, _all(root, "CodeBook", "Codes", "Code"))),
    )
    notes = _Notes(root, archive)
    items = _all(root, "Sources", "*")
    return Received(
        project, [_source(item, archive, notes) for item in items if _tag(item) in SOURCES]
    )


def _source(item: etree._Element, archive: _Archive, notes: _Notes) -> Source:
    text, fault = _text_of(item, archive)
    placed = {}
    for part in _text_element(item).iterchildren("{*}PlainTextSelection"):
        selection = _selection(part, notes)
        if selection is not None:
            placed[part] = selection
    others = (coding for coding in item.iter("{*}Coding") if coding.getparent() not in placed)
    return Source(
        _guid(item.get("guid")),
        item.get("name", ""),
        text,
        tuple(placed.values()),
        unplaced=tuple((_what_has(coding), _coding(coding)) for coding in others),
        fault=fault,
    )


def _what_has(coding: etree._Element) -> str:
    """What has the code, if it is not a stretch of the text."""
    around = {_tag(part) for part in coding.iterancestors()}
    return next((what for name, what in NOT_TEXT.items() if name in around), WHOLE)


def _text_element(item: etree._Element) -> etree._Element:
    """What has the text of a source: itself, or its representation as text."""
    found = item.find("{*}Representation")
    return item if found is None else found


def _text_of(item: etree._Element, archive: _Archive) -> tuple[str, str]:
    """The text of a source, or, if there is none, the reason."""
    holder = _text_element(item)
    written = holder.find("{*}PlainTextContent")
    if written is not None:
        return written.text or "", ""
    address = holder.get("plainTextPath", "")
    if not address:
        return "", "it has no plain text"
    try:
        return archive.text(address), ""
    except KeyError:
        return "", f"its text is not in the project file ({address})"


def _selection(part: etree._Element, notes: _Notes) -> Selection | None:
    """A selection of text; None if its positions are no numbers."""
    try:
        start, end = int(part.get("startPosition", "")), int(part.get("endPosition", ""))
    except ValueError:
        return None
    guid = _guid(part.get("guid"))
    remark = part.findtext("{*}Description") or ""
    return Selection(
        guid,
        part.get("name", ""),
        start,
        end,
        _user(part),
        part.get("creationDateTime", ""),
        tuple(map(_coding, part.iterchildren("{*}Coding"))),
        "\n".join(dict.fromkeys(filter(None, (remark.strip(), *notes.of(part, guid))))),
    )


def _coding(item: etree._Element) -> Coding:
    """A coding; its user is, failing its own, that of what is coded."""
    ref = item.find("{*}CodeRef")
    code = _guid(ref.get("targetGUID")) if ref is not None else ""
    return Coding(_guid(item.get("guid")), code, _user(item) or _user(item.getparent()))


def _user(item: etree._Element) -> str:
    return _guid(item.get("creatingUser") or item.get("modifyingUser"))


class _Notes:
    """The notes of a project: what is written in each, and which selections they are about."""

    def __init__(self, root: etree._Element, archive: _Archive) -> None:
        self._texts: dict[str, str] = {}
        for note in _all(root, "Notes", "Note"):
            self._texts[_guid(note.get("guid"))] = _text_of(note, archive)[0].strip()
        self._linked: dict[str, list[str]] = {}
        for link in _all(root, "Links", "Link"):
            ends = _guid(link.get("originGUID")), _guid(link.get("targetGUID"))
            for note, about in (ends, ends[::-1]):
                self._linked.setdefault(about, []).append(note)

    def of(self, part: etree._Element, guid: str) -> list[str]:
        """What is noted about a selection: by reference, in it or its codings, or by a link."""
        named = [_guid(item.get("targetGUID")) for item in part.iter("{*}NoteRef")]
        return [self._texts.get(note, "") for note in (*named, *self._linked.get(guid, ()))]


def _code(item: etree._Element) -> Code:
    return Code(
        _guid(item.get("guid")),
        item.get("name", ""),
        codes=tuple(map(_code, item.iterchildren("{*}Code"))),
    )


def _all(root: etree._Element, *way: str) -> Iterable[etree._Element]:
    """The elements at the end of a way of names, in any version of the namespace."""
    return root.iterfind("/".join("{*}" + name if name != "*" else name for name in way))


def _tag(item: etree._Element) -> str:
    return etree.QName(item).localname


def _guid(text: str | None) -> str:
    """A GUID as we write it; others have capital letters or braces."""
    return (text or "").strip().strip("{}").lower()
