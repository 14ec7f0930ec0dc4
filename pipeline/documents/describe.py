"""What a document says about itself: authority, kind, framework, dates and grades."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from pipeline.base.columns import BY_DAY, BY_MONTH, INSPECTORATE_TYPES
from pipeline.base.records import Block
from pipeline.documents.authority_names import AuthorityMatcher
from pipeline.documents.dates import (
    find_inspection_dates,
    find_publication_date,
    find_publication_month,
)
from pipeline.documents.find_authority import find_authority
from pipeline.documents.grades import find_grades
from pipeline.documents.kinds import (
    find_document_type,
    find_framework,
)
from pipeline.documents.topics import find_topic


@dataclass(frozen=True)
class Description:
    """What is known about a document; '' or None where it does not say."""

    authority: str = ""
    ons_code: str = ""
    region: str = ""
    document_type: str = "other"
    framework: str = ""
    topic: str = ""
    published_on: dt.date | None = None
    published_precision: str = ""
    inspected_from: dt.date | None = None
    inspected_to: dt.date | None = None
    overall_effectiveness: str = ""
    help_and_protection: str = ""
    children_in_care: str = ""
    adoption: str = ""
    care_leavers: str = ""
    leadership: str = ""
    lscb: str = ""


def describe_document(
    source_file: str,
    blocks: Sequence[Block],
    furniture: Sequence[str],
    matcher: AuthorityMatcher,
) -> Description:
    """Blocks and furniture of one document → its kind, authority, framework, dates and grades.

    Nothing is guessed: a field without evidence stays empty. The path (`source_file`) helps only
    with the publication date, and with the authority if the text leaves it open.
    """
    blocks = [replace(block, text=_tidy(block.text)) for block in blocks if block.text.strip()]
    furniture = [_tidy(text) for text in furniture if text.strip()]
    row = find_authority(source_file, blocks, furniture, matcher)
    kind = find_document_type(blocks, furniture)
    inspected = find_inspection_dates(blocks, furniture) if kind in INSPECTORATE_TYPES else None
    visited_until = inspected[1] if inspected else None
    published = find_publication_date(source_file, blocks, furniture, kind, visited_until)
    precision = BY_DAY if published else ""
    if published is None and (published := find_publication_month(blocks)):
        precision = BY_MONTH
    framework = find_framework(kind, blocks, furniture, visited_until or published)
    began = inspected[0] if inspected else published
    grades = find_grades(blocks, framework, began) if kind == "inspection" else {}
    return Description(
        authority=row.get("name", ""),
        ons_code=row.get("ons_code", ""),
        region=row.get("region", ""),
        document_type=kind,
        framework=framework,
        topic=find_topic(kind, blocks),
        published_on=published,
        published_precision=precision,
        inspected_from=inspected[0] if inspected else None,
        inspected_to=inspected[1] if inspected else None,
        **grades,
    )


def _tidy(text: str) -> str:
    text = re.sub(r"[\x00-\x09\x0b-\x1f\x7f\u00ad\u200b-\u200f\ufeff]+|[*#]+", " ", text)
    return re.sub(r"[^\S\n]+", " ", text).strip()
