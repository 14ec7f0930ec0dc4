"""Which paragraphs have a word: an inverted index, made in little memory.

Every word of a corpus is kept with the numbers of the paragraphs in which it stands, as the gaps
between them, a gap in base 128 with the lowest digits first and 128 added to all but the last
(Zobel and Moffat, Inverted files for text search engines, ACM Computing Surveys 38, 2006).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from heapq import merge
from itertools import groupby
from operator import itemgetter
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.base.characters import plain_text
from pipeline.base.tables import ParquetWriter

# Letters, digits and underscores: as search.js of the report splits what is searched for.
WORD = re.compile(r"\w+")
SCHEMA = pa.schema(
    {"word": pa.string(), "first": pa.int64(), "last": pa.int64(), "gaps": pa.binary()}
)
# How many bytes of gaps to hold before they go to disk, and words to read back at once.
MOST_IN_MEMORY, WORDS_AT_ONCE = 30_000_000, 2_000


class WordIndex:
    """The places of all words; what does not fit in memory is kept in the folder `place`."""

    def __init__(self, place: Path, most_in_memory: int = MOST_IN_MEMORY) -> None:
        self._place, self._most = place, most_in_memory
        self._files: list[Path] = []
        # By word: the first and the last paragraph, and the gaps between them.
        self._found: dict[str, tuple[int, int, bytearray]] = {}
        self._size = 0

    def add(self, number: int, text: str) -> None:
        """Add the words of a paragraph; its number must be higher than those before."""
        for word in set(WORD.findall(plain_text(text))):
            if known := self._found.get(word):
                first, last, gaps = known
                gap = varint(number - last)
                gaps += gap
                self._found[word] = first, number, gaps
                self._size += len(gap)
            else:
                self._found[word] = number, number, bytearray()
                # What Python needs for a word, roughly.
                self._size += 200
        if self._size > self._most:
            self._to_disk()

    def words(self) -> Iterator[tuple[str, bytes]]:
        """Every word in alphabetical order, with its paragraphs: the gaps from -1 on."""
        parts = [*map(_read, self._files), self._sorted()]
        for word, rows in groupby(merge(*parts, key=itemgetter(0)), key=itemgetter(0)):
            places, before = bytearray(), -1
            # The same word of several files comes in their order, which is that of paragraphs.
            for _, first, last, gaps in rows:
                places += varint(first - before) + gaps
                before = last
            yield word, bytes(places)

    def _sorted(self) -> Iterator[tuple[str, int, int, bytes]]:
        for word in sorted(self._found):
            first, last, gaps = self._found[word]
            yield word, first, last, bytes(gaps)

    def _to_disk(self) -> None:
        path = self._place / f"{len(self._files)}.parquet"
        with ParquetWriter(path, SCHEMA) as writer:
            rows = [dict(zip(SCHEMA.names, row, strict=True)) for row in self._sorted()]
            writer.write_table(pa.Table.from_pylist(rows, SCHEMA), row_group_size=WORDS_AT_ONCE)
        self._files.append(path)
        self._found, self._size = {}, 0


def _read(path: Path) -> Iterator[tuple[str, int, int, bytes]]:
    with pq.ParquetFile(path) as file:
        for group in range(file.num_row_groups):
            for row in file.read_row_group(group).to_pylist():
                yield tuple(row.values())


def varint(number: int) -> bytes:
    """A number from 0 in base 128, the lowest digit first; all but the last are 128 higher.

    >>> list(varint(1)), list(varint(300))
    ([1], [172, 2])
    """
    digits = bytearray()
    while number > 127:
        digits.append(number % 128 + 128)
        number //= 128
    digits.append(number)
    return bytes(digits)
