"""One file → its row of the table `documents` and its rows of `paragraphs`.

Identities come from the content alone: the same document has the same ids in any folder.
"""

from __future__ import annotations

import io
from dataclasses import asdict
from functools import lru_cache
from pathlib import PurePosixPath

from pipeline.assemble import assemble_paragraphs
from pipeline.authorities import build_matcher, load_authorities
from pipeline.describe import describe_document
from pipeline.extract import LIMITS, READERS, Limits, extract_bytes, name_pages
from pipeline.records import SUBSTANTIVE_KINDS


def read_document(
    data: bytes,
    source_file: str,
    limits: Limits = LIMITS,
    more_authorities: str = "",
    reader: str = READERS[0],
    ocr: bool = False,
) -> tuple[dict, list[dict]]:
    """The row and the rows, as their columns are declared in `records`.

    `source_file` is the path inside the folder of reports, `more_authorities` the text of an
    `authorities.csv` there, `reader` and `ocr` are those of `extract_bytes`. Raises
    `ExtractionError` where the content cannot be read.
    """
    extract = extract_bytes(data, PurePosixPath(source_file), limits, reader, ocr)
    authorities, matcher = _authorities(more_authorities)
    description = describe_document(
        source_file, extract.blocks, extract.furniture, authorities, matcher
    )
    doc_id = extract.sha256[:12]
    paragraphs = [
        {
            "paragraph_id": f"{doc_id}:{p.position:04d}",
            "doc_id": doc_id,
            "source_file": source_file,
        }
        | asdict(p)
        for p in assemble_paragraphs(extract.blocks)
    ]
    counted = [p for p in paragraphs if p["kind"] in SUBSTANTIVE_KINDS and not p["boilerplate"]]
    document = asdict(description) | {
        "doc_id": doc_id,
        "source_file": source_file,
        "sha256": extract.sha256,
        "n_pages": extract.n_pages,
        "pages_without_text": name_pages(extract.pages_without_text),
        "n_paragraphs": len(counted),
        "n_words": sum(len(p["text"].split()) for p in counted),
    }
    return document, paragraphs


@lru_cache(maxsize=4)
def _authorities(more: str):
    authorities = load_authorities(io.StringIO(more) if more else None)
    return authorities, build_matcher(authorities)
