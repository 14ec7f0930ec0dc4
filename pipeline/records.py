"""What flows between the stages: small frozen records, then tables with declared columns."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from pipeline.errors import TableError


@dataclass(frozen=True, slots=True)
class Line:
    """One line of print on a page.

    Lengths are PDF points (1/72 inch); `top` and `bottom` count down from the top of the page.
    `tagged_content` is the number of the tagged content the line belongs to (None where the PDF
    is not tagged); `furniture` says that the producer itself marked it as header, footer or page
    number.
    """

    text: str
    x0: float
    top: float
    x1: float
    bottom: float
    font_size: float
    bold: bool
    tagged_content: int | None = None
    furniture: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """One page: its height in points and its lines in reading order."""

    number: int
    height: float
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Block:
    """A stretch of text that belongs together, before it is known what stands above it.

    `kind` is one of `KINDS`; `level` orders headings (1 is the highest) and list items (1 is the
    outermost); `marker` is the bullet or number that was printed in front of the text.
    """

    kind: str
    text: str
    page: int
    level: int = 1
    marker: str = ""


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph with what a reader needs in order to understand it on its own."""

    position: int
    page: int
    heading: str
    lead_in: str
    kind: str
    boilerplate: bool
    text: str


# Only the kinds in SUBSTANTIVE_KINDS can count towards a share.
SUBSTANTIVE_KINDS = ("paragraph", "list_item")
KINDS = (*SUBSTANTIVE_KINDS, "heading", "table", "footnote", "contents", "address")

DOCUMENT_TYPES = (
    "inspection",
    "focused visit",
    "monitoring visit",
    "joint targeted inspection",
    "peer review",
    "scrutiny report",
    "cabinet report",
    "other",
)
# Written by inspectors: their visit has dates, and the file name the day of publication.
INSPECTORATE_TYPES = DOCUMENT_TYPES[:4]

GRADES = ("outstanding", "good", "adequate", "requires improvement", "inadequate")
SUB_JUDGEMENTS = (
    "help_and_protection",
    "children_in_care",
    "adoption",
    "care_leavers",
    "leadership",
    "lscb",
)

DOCUMENTS = [
    "doc_id",
    "source_file",
    "sha256",
    "authority",
    "ons_code",
    "region",
    "document_type",
    "framework",
    "published_on",
    "inspected_from",
    "inspected_to",
    "overall_effectiveness",
    *SUB_JUDGEMENTS,
    "n_pages",
    "pages_without_text",
    "n_paragraphs",
    "n_words",
]
PARAGRAPHS = [
    "paragraph_id",
    "doc_id",
    "source_file",
    "position",
    "page",
    "heading",
    "lead_in",
    "kind",
    "boilerplate",
    "text",
]
TAGS = [
    "paragraph_id",
    "doc_id",
    "theme",
    "probability",
    "tagged",
    "stance",
    "carries_from",
    "carries_to",
    "model_id",
]
# What can be said of a group of paragraphs and a theme; in the tables `cells` and `slices`.
MEASURES = [
    "n_documents",
    "n_paragraphs",
    "n_words",
    "n_tagged",
    "share",
    "share_low",
    "share_high",
    "share_corrected",
    "per_1000_words",
    "n_strength",
    "n_concern",
    "n_mixed",
    "n_neutral",
]
CELLS = ["authority", "theme", *MEASURES]
SLICES = ["slice", "value", "theme", *MEASURES]
NEIGHBOURS = ["authority", "neighbour", "position"]
STANDOUTS = [
    "authority",
    "theme",
    "against",
    "n_tagged",
    "n_paragraphs",
    "other_n_tagged",
    "other_n_paragraphs",
    "log_odds",
    "z",
    "stands_out",
]
CHANGES = [
    "authority",
    "theme",
    "earlier_doc_id",
    "later_doc_id",
    "earlier_on",
    "later_on",
    "earlier_framework",
    "later_framework",
    "earlier_n_tagged",
    "earlier_n_paragraphs",
    "later_n_tagged",
    "later_n_paragraphs",
    "earlier_share",
    "later_share",
    "difference",
    "difference_low",
    "difference_high",
]
FAILURES = ["source_file", "stage", "reason", "what_to_do"]
# The `stage` of a document that was read but for pages that are pictures.
PAGES = "pages"

# How the columns above are stored; those that are not named here are text, never missing.
DATE_COLUMNS = ("published_on", "inspected_from", "inspected_to")
COUNT_COLUMNS = (
    "n_pages",
    "n_paragraphs",
    "n_words",
    "position",
    "page",
    "carries_from",
    "carries_to",
)
YES_NO_COLUMNS = ("boilerplate", "tagged")
SHARE_COLUMNS = ("probability",)


def empty_table(columns: list[str]) -> pd.DataFrame:
    """A table of `columns` without rows, each with the type it is stored as.

    >>> str(empty_table(["page", "boilerplate"]).dtypes["page"])
    'Int64'
    """
    types = {
        **dict.fromkeys(COUNT_COLUMNS, "Int64"),
        **dict.fromkeys(YES_NO_COLUMNS, "bool"),
        **dict.fromkeys(SHARE_COLUMNS, "float64"),
        **dict.fromkeys(DATE_COLUMNS, "object"),
    }
    return pd.DataFrame({name: pd.Series(dtype=types.get(name, "str")) for name in columns})


def is_substantive(paragraphs: pd.DataFrame) -> pd.Series:
    """Which rows of `paragraphs` are tagged and counted."""
    return paragraphs["kind"].isin(SUBSTANTIVE_KINDS) & ~paragraphs["boilerplate"].astype(bool)


def check_columns(table: pd.DataFrame, columns: list[str], name: str) -> None:
    """Raise `TableError` unless `table` has all `columns`; `name` is how the message calls it."""
    missing = [column for column in columns if column not in table.columns]
    if missing:
        raise TableError(
            f"The table `{name}` lacks the columns {', '.join(missing)}.",
            "Run the stage that writes it again with this version.",
        )
