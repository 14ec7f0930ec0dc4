"""The evidence of a large report, in a folder of parts beside it that are loaded when needed.

A browser does not let a page that was opened from disk read other files, but it does let it load
scripts. So every part is a script that hands one text in base64 to the page and does nothing else:
whatever a document says, none of it is a script's code. The name of a part ends with a digest of
what is in it, and the report lists the names. It therefore never takes a part of another run for
its own, and a folder is as whole as the report says.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import zlib
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from pipeline.base.files import part_folder, write_whole
from pipeline.report.word_index import WordIndex

# A part of texts ends with the document that makes it longer than this, in characters; a part of
# the index of words with the word that makes it longer, in bytes.
TEXTS_AT_ONCE, PLACES_AT_ONCE = 300_000, 500_000
# Beside report.html.
REPORT_FOLDER = "report"
PART_FILE = re.compile(r"(?:texts|words)-\d+-[0-9a-f]{16}\.js")


class PartFolder:
    """A folder of parts. What an earlier report left in it is deleted when the `with` ends well.

    Until then the earlier report is as whole as it was: write the new one within the `with`.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.names: list[str] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is not None or not self.folder.is_dir():
            return
        for path in self.folder.iterdir():
            unfinished = path.name.startswith(".") and path.name.endswith(".part")
            if unfinished or (PART_FILE.fullmatch(path.name) and path.name not in self.names):
                path.unlink()
        if not any(self.folder.iterdir()):
            self.folder.rmdir()

    def add(self, kind: str, content: bytes) -> str:
        """Write a part ("texts" or "words") and return the name of its file."""
        packed = base64.b64encode(zlib.compress(content, 9)).decode("ascii")
        digest = hashlib.sha256(content).hexdigest()[:16]
        name = f"{kind}-{len(self.names) + 1:05d}-{digest}.js"
        self.folder.mkdir(exist_ok=True)
        write_whole(self.folder / name, f'takePart("{name}","{packed}");\n'.encode("ascii"))
        self.names.append(name)
        return name


def write_parts(rows: Iterable[list], n_documents: int, folder: PartFolder) -> dict[str, Any]:
    """Write the paragraphs and an index of their words; returns what the page must know of them.

    `rows` are the paragraphs as `html` has them, but each with its heading instead of a number:
    document by document, those with tags first. Paragraphs are numbered in this order.
    """
    texts, firsts, known = [], [], _Known(n_documents)
    with part_folder(folder.folder.parent, "words") as place:
        index, number = WordIndex(place), 0
        for part in _by_length(rows):
            firsts.append(number)
            headings: dict[str, int] = {}
            for row in part:
                index.add(number, _searched(row))
                known.add(row)
                row[3] = headings.setdefault(row[3], len(headings))
                number += 1
            content = _json({"headings": list(headings), "paragraphs": part})
            texts.append(folder.add("texts", content))
        words = _write_words(index.words(), folder)
    return {
        "folder": folder.folder.name,
        "texts": texts,
        "firsts": firsts,
        "words": words,
        **known.packed(),
    }


def _searched(row: list) -> str:
    """What a search goes through, as search.js has it."""
    _, _, _, heading, lead_in, text, _ = row
    return f"{text}\n{lead_in}\n{heading}"


def _by_length(rows: Iterable[list]) -> Iterator[list[list]]:
    """Whole documents, so many of them as make a part."""
    part: list[list] = []
    length = 0
    for _, document in groupby(rows, key=lambda row: row[1]):
        for row in document:
            part.append(row)
            length += len(row[5]) + len(row[4])
        if length > TEXTS_AT_ONCE:
            yield part
            part, length = [], 0
    if part:
        yield part


def _write_words(words: Iterable[tuple[str, bytes]], folder: PartFolder) -> dict[str, Any]:
    """The places of all words, in parts, and in a part of its own which word is where.

    `places` are the files, and `list` the one that has the words, how many bytes the places of
    each take, and with how many words each file begins.
    """
    places: list[str] = []
    begins: list[int] = []
    names: list[str] = []
    sizes: list[int] = []
    content = bytearray()
    for word, where in words:
        if not content:
            begins.append(len(names))
        names.append(word)
        sizes.append(len(where))
        content += where
        if len(content) > PLACES_AT_ONCE:
            places.append(folder.add("words", bytes(content)))
            content.clear()
    if content:
        places.append(folder.add("words", bytes(content)))
    listed = _json({"words": "\n".join(names), "sizes": sizes, "begins": begins})
    return {"list": folder.add("words", listed), "places": places}


class _Known:
    """What of all paragraphs stands in the report itself: their documents and their tags.

    Numbers below 256 in columns, which pack well: of each paragraph that is tagged, its number of
    tags; and of each tag the theme, the stance (255: none) and the probability in thousandths, of
    which the last column has the multiples of 256.
    """

    def __init__(self, n_documents: int) -> None:
        self._tagged, self._untagged = [0] * n_documents, [0] * n_documents
        self._columns = [bytearray() for _ in range(5)]

    def add(self, row: list) -> None:
        _, document, *_, tags = row
        (self._tagged if tags else self._untagged)[document] += 1
        if tags:
            self._columns[0].append(len(tags))
        for theme, stance, probability, *_ in tags:
            thousandths = round(1000 * probability)
            of_tag = (theme, stance % 256, thousandths % 256, thousandths // 256)
            for column, value in zip(self._columns[1:], of_tag, strict=True):
                column.append(value)

    def packed(self) -> dict[str, Any]:
        packed = zlib.compress(b"".join(self._columns), 9)
        return {
            "tagged": self._tagged,
            "untagged": self._untagged,
            "tags": base64.b64encode(packed).decode("ascii"),
        }


def _json(data: object) -> bytes:
    text = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.encode("utf-8", "surrogatepass")
