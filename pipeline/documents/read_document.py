"""One file → its row of the table `documents` and its rows of `paragraphs`.

Ids come from the content alone: the same document has the same ids in any folder.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import lru_cache
from pathlib import PurePosixPath

import pyarrow as pa

from pipeline.base.columns import PARAGRAPHS
from pipeline.base.errors import ExtractionError
from pipeline.base.records import Paragraph, is_substantive
from pipeline.base.settings import DEFAULT_LIMITS, Limits, PdfReader
from pipeline.base.tables import schema_of
from pipeline.documents.authorities import load_authorities
from pipeline.documents.authority_names import AuthorityMatcher, build_matcher
from pipeline.documents.describe import describe_document
from pipeline.documents.extract import extract_bytes, name_pages
from pipeline.paragraphs.assemble import assemble_paragraphs

# A text of one or two words is no report: an empty form, a test ("hello").
MIN_WORDS = 3


def read_document(
    data: bytes,
    source_file: str,
    limits: Limits = DEFAULT_LIMITS,
    more_authorities: str = "",
    reader: PdfReader = PdfReader.pdfminer,
    ocr: bool = False,
) -> tuple[dict, pa.Table, tuple[ExtractionError, ...]]:
    """The row of `documents` and the rows of `paragraphs` (columns `PARAGRAPHS`) of a file, and
    what in it was not read.

    `data` is its content, `source_file` its path inside the folder of reports, `more_authorities`
    the text of an `authorities.csv` there; `reader` and `ocr` are as in `extract_bytes`. Raises
    `ExtractionError` if the content cannot be read, or has nothing that can be tagged.
    """
    extract = extract_bytes(data, PurePosixPath(source_file), limits, reader, ocr)
    description = describe_document(
        source_file, extract.blocks, extract.furniture, _matcher(more_authorities)
    )
    paragraphs = assemble_paragraphs(extract.blocks)
    counted = [p for p in paragraphs if is_substantive(p.kind, p.boilerplate)]
    if not any(len(p.text.split()) >= MIN_WORDS for p in counted):
        raise ExtractionError(
            "The file has no paragraph of text that could be tagged.",
            "Open it. If it is a report, save it as PDF again; if not, take it out of the folder.",
        )
    identity = {"doc_id": extract.sha256[:12], "source_file": source_file}
    document = {
        **asdict(description),
        **identity,
        "sha256": extract.sha256,
        "url": "",
        "n_pages": extract.n_pages,
        "pages_without_text": name_pages(extract.pages_without_text),
        "n_paragraphs": len(counted),
        "n_words": sum(len(p.text.split()) for p in counted),
    }
    return document, _table_of(paragraphs, identity), extract.gaps


def _table_of(paragraphs: Sequence[Paragraph], identity: Mapping[str, str]) -> pa.Table:
    ids = {"paragraph_id": [f"{identity['doc_id']}:{p.position:04d}" for p in paragraphs]}
    ids |= {name: [value] * len(paragraphs) for name, value in identity.items()}
    values = [ids.get(name) or [getattr(p, name) for p in paragraphs] for name in PARAGRAPHS]
    return pa.table(dict(zip(PARAGRAPHS, values, strict=True)), schema=schema_of(PARAGRAPHS))


def warm_up(more_authorities: str = "") -> None:
    """Load what every document needs, so that the first one does not have to wait for it."""
    _matcher(more_authorities)


@lru_cache(maxsize=4)
def _matcher(more_authorities: str) -> AuthorityMatcher:
    return build_matcher(load_authorities(more_authorities or None))
