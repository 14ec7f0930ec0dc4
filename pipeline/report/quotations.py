"""Which sentences to quote of an authority: recent, of good length, praise as well as concern."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pandas as pd

from pipeline.base.characters import clean_text
from pipeline.base.codebook import Theme
from pipeline.base.columns import BY_MONTH
from pipeline.matrix.compare import document_dates

MOST, EACH_ROUND = 8, 2
FEWEST_WORDS, MOST_WORDS = 8, 45
QUOTED = ("strength", "concern")
# The number of a paragraph, which stays in its text.
PARAGRAPH_NUMBER = re.compile(r"^\d{1,3}(?:\.\d{1,3}){0,3}\.? ")
WHOLE_SENTENCE = re.compile(r"^[\"'“‘]?[A-Z0-9].*[.!?][\"'”’]?$")
# A sentence that leans on the one before it is taken only if there is no other.
LEANS = re.compile(
    r"^(?:this|these|those|that|they|it|he|she|their|its|such|however|but|and|also|therefore|"
    r"consequently|similarly|in addition|as a result|for example|where this|when this)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Quotation:
    """A sentence, what it is quoted for, and where it stands; `link` may be empty."""

    text: str
    stance: str
    theme: str
    source: str
    link: str


def choose_quotations(
    evidence: pd.DataFrame,
    documents: pd.DataFrame,
    themes: Mapping[str, Theme],
    link_of: Callable[[str, int], str],
    most: int = MOST,
) -> list[Quotation]:
    """Up to `most` sentences to quote, in the order of `documents`, which has the newest first.

    `evidence` is that of `evidence.collect_evidence`. In each round a document gives two sentences at most, so that none is alone. Praise and concern, and
    the themes, take turns. `link_of` gives the address where a document has no public one.
    """
    doc_ids, dates = list(documents["doc_id"]), document_dates(documents.set_index("doc_id"))
    candidates = _candidates(evidence)
    waiting = {doc_id: rows for doc_id, rows in candidates.groupby("doc_id")}
    n_stance, n_theme, chosen, said = Counter[str](), Counter[str](), [], set[str]()
    while len(chosen) < most and waiting:
        for doc_id in [doc_id for doc_id in doc_ids if doc_id in waiting]:
            for _ in range(min(EACH_ROUND, most - len(chosen))):
                rows = waiting[doc_id]
                rows = waiting[doc_id] = rows[~rows["sentence"].isin(said)]
                if rows.empty:
                    break
                best = min(
                    rows.itertuples(),
                    key=lambda row: (
                        row.leans, n_stance[row.stance], n_theme[row.theme], -row.probability,
                    ),
                )  # fmt: skip
                chosen.append(best)
                said.add(best.sentence)
                n_stance[best.stance] += 1
                n_theme[best.theme] += 1
            if waiting[doc_id].empty:
                del waiting[doc_id]
    order = {doc_id: n for n, doc_id in enumerate(doc_ids)}
    chosen.sort(key=lambda row: (order[row.doc_id], QUOTED.index(row.stance), row.page))
    return [
        Quotation(
            row.sentence,
            row.stance,
            themes[row.theme].title,
            f"{row.document_type}, {say_day(dates[row.doc_id], row.published_precision)}, page {row.page}",
            row.url or link_of(row.source_file, row.page),
        )
        for row in chosen
    ]


def _candidates(evidence: pd.DataFrame) -> pd.DataFrame:
    """The sentences that can stand on their own, with columns sentence and leans."""
    rows = evidence[evidence["stance"].isin(QUOTED) & evidence["carries_to"].notna()]
    sentences = [
        PARAGRAPH_NUMBER.sub("", clean_text(text[int(start) : int(end)]))
        for text, start, end in zip(
            rows["text"], rows["carries_from"], rows["carries_to"], strict=True
        )
    ]
    rows = rows.assign(
        sentence=sentences,
        leans=[bool(LEANS.match(sentence)) for sentence in sentences],
    )
    return rows[[_can_stand(sentence) for sentence in sentences]]


def _can_stand(sentence: str) -> bool:
    n_words = len(sentence.split())
    return FEWEST_WORDS <= n_words <= MOST_WORDS and bool(WHOLE_SENTENCE.match(sentence))


def say_day(on: pd.Timestamp, precision: str = "") -> str:
    """A date in words, as exact as it is known.

    >>> say_day(pd.Timestamp("2021-11-08")), say_day(pd.Timestamp("2021-11-01"), "month")
    ('8 November 2021', 'November 2021')
    """
    if pd.isna(on):
        return "undated"
    return f"{on:%B %Y}" if precision == BY_MONTH else f"{on.day} {on:%B %Y}"
