"""Which sentences to quote of an authority: recent, of good length, praise as well as concern."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd

from pipeline.base.characters import clean_text
from pipeline.base.codebook import CLEAR_STANCES, Theme
from pipeline.base.columns import BY_MONTH
from pipeline.matrix.compare import document_dates
from pipeline.matrix.evidence import at_places
from pipeline.matrix.intervals import FEW

# Sentences that are second best (see `_is_second_best`) are taken only to reach the fewest.
FEWEST, MOST, EACH_ROUND = 5, 8, 2
FEWEST_WORDS, MOST_WORDS = 8, 45
# The number of a paragraph, which stays in its text.
PARAGRAPH_NUMBER = re.compile(r"^\d{1,3}(?:\.\d{1,3}){0,3}\.? ")
WHOLE_SENTENCE = re.compile(r"^[\"'“‘]?[A-Z0-9].*[.!?][\"'”’]?$")
# The stance is that of the paragraph. Of 300 sentences from reports, read alone by the model, 93%
# of those with so large a part of their paragraph had its stance, and 83% of the others.
LARGE_PART = 0.3
# A theme that is less likely than this may not be what the sentence is about.
LIKELY = 0.9
# How a sentence begins that leans on the one before it.
LEANS = re.compile(
    r"(?:this|these|those|that|they|it|he|she|their|its|such|however|but|and|also|therefore|"
    r"consequently|similarly|additionally|furthermore|moreover|nevertheless|in addition|"
    r"as a result|for example|where this|when this)\b",
    re.IGNORECASE,
)
# What stands in lists under such words is often no statement: "The stability of the workforce."
LISTED_UNDER = re.compile(
    r"needs? to improve|for improvement|priority|recommendation|\bshould\b", re.IGNORECASE
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
    latest: pd.DataFrame,
    themes: Mapping[str, Theme],
    link_of: Callable[[str, int], str],
) -> list[Quotation]:
    """Up to `MOST` sentences to quote, in the order of `documents`, which has the newest first.

    `evidence` is that of `evidence.collect_evidence`. What weighs most in the latest report comes
    before anything else; `latest` are the counts of its themes (`cells.count_by_document`). Then,
    in each round, a document gives at most two sentences; praise and concern, and the themes, take
    turns. `link_of` gives the address where a document has no public one.
    """
    doc_ids, dates = list(documents["doc_id"]), document_dates(documents.set_index("doc_id"))
    paged = set(documents.loc[documents["n_pages"].notna(), "doc_id"])
    candidates = quotable(evidence)
    chosen: list = []
    _take_weightiest(candidates, latest, chosen)
    for rows, most in (
        (candidates[~candidates["second_best"].astype(bool)], MOST),
        (candidates[candidates["second_best"].astype(bool)], FEWEST),
    ):
        _take_turns(rows, doc_ids, most, chosen)
    order = {doc_id: n for n, doc_id in enumerate(doc_ids)}
    chosen.sort(key=lambda row: (order[row.doc_id], CLEAR_STANCES.index(row.stance), row.page))
    return [
        Quotation(
            row.sentence,
            row.stance,
            themes[row.theme].title,
            f"{row.document_type}, {say_day(dates[row.doc_id], row.published_precision)}"
            + (f", page {row.page}" if row.doc_id in paged else ""),
            row.url or link_of(row.source_file, row.page),
        )
        for row in chosen
    ]


def _take_weightiest(candidates: pd.DataFrame, latest: pd.DataFrame, chosen: list) -> None:
    """Add a sentence of each theme on which the latest report leans one way, most first.

    It may be second best. Where documents only took turns, all that was quoted of a theme with
    eleven concerns and no strength could be praise from the inspection before.
    """
    more = np.where(latest["n_strength"] > latest["n_concern"], *CLEAR_STANCES)
    leaning = latest.assign(stance=more, n=latest[["n_strength", "n_concern"]].max(axis="columns"))
    leaning = leaning[(leaning["n"] >= FEW) & (leaning["n_strength"] != leaning["n_concern"])]
    leaning = leaning.sort_values("n", ascending=False, kind="stable")
    for point in leaning.itertuples():
        said = {row.sentence for row in chosen}
        own = candidates[
            (candidates["doc_id"] == point.doc_id)
            & (candidates["theme"] == point.theme)
            & (candidates["stance"] == point.stance)
            & ~candidates["sentence"].isin(said)
        ]
        if len(own) and len(chosen) < MOST:
            chosen.append(min(own.itertuples(), key=lambda r: (r.second_best, -r.probability)))


def _take_turns(candidates: pd.DataFrame, doc_ids: list[str], most: int, chosen: list) -> None:
    """Add to `chosen` until it has `most` sentences, or none are left."""
    waiting = {
        doc_id: list(candidates[candidates["doc_id"] == doc_id].itertuples()) for doc_id in doc_ids
    }
    while len(chosen) < most and any(waiting.values()):
        for doc_id in doc_ids:
            for _ in range(min(EACH_ROUND, most - len(chosen))):
                said = {row.sentence for row in chosen}
                rows = waiting[doc_id] = [r for r in waiting[doc_id] if r.sentence not in said]
                if rows:
                    n_stance = Counter(row.stance for row in chosen)
                    n_theme = Counter(row.theme for row in chosen)
                    chosen.append(
                        min(
                            rows,
                            key=lambda row: (
                                n_stance[row.stance], n_theme[row.theme], -row.probability,
                            ),
                        )
                    )  # fmt: skip


def quotable(evidence: pd.DataFrame) -> pd.DataFrame:
    """The rows of evidence whose sentence can stand on its own, with it as `sentence`.

    `second_best` are those that lean on what stands before them, or may be about something else.
    """
    evidence = evidence.assign(halved=False)
    halves = map(partial(_halves, evidence), CLEAR_STANCES)
    evidence = pd.concat([evidence, *halves], ignore_index=True)
    listed = (evidence["heading"] + " " + evidence["lead_in"]).str.contains(LISTED_UNDER)
    rows = evidence[
        evidence["stance"].isin(CLEAR_STANCES)
        & evidence["carries_to"].notna()
        & ~listed.astype(bool)
    ]
    sentences = [
        PARAGRAPH_NUMBER.sub("", clean_text(text[int(start) : int(end)]))
        for text, start, end in zip(
            rows["text"], rows["carries_from"], rows["carries_to"], strict=True
        )
    ]
    rows = rows.assign(
        sentence=sentences,
        second_best=[
            _is_second_best(sentence, "" if row.halved else row.text) or row.probability < LIKELY
            for sentence, row in zip(sentences, rows.itertuples(), strict=True)
        ],
    )
    return rows[np.array([_can_stand(sentence) for sentence in sentences], dtype=bool)]


def _halves(evidence: pd.DataFrame, stance: str) -> pd.DataFrame:
    """The mixed paragraphs that are split, each with its sentence of a stance, as if of that."""
    rows = evidence[evidence[f"{stance}_to"].notna()]
    start, end = rows[f"{stance}_from"], rows[f"{stance}_to"]
    own = rows.assign(stance=stance, carries_from=start, carries_to=end, halved=True)
    return at_places(own, start)


def _can_stand(sentence: str) -> bool:
    n_words = len(sentence.split())
    return FEWEST_WORDS <= n_words <= MOST_WORDS and bool(WHOLE_SENTENCE.match(sentence))


def _is_second_best(sentence: str, paragraph: str) -> bool:
    """Whether it leans on the sentence before it, or is too small a part of its paragraph.

    A sentence whose own stance is known stands for no paragraph ("").
    """
    return bool(LEANS.match(sentence)) or len(sentence) < LARGE_PART * len(paragraph)


def say_day(on: pd.Timestamp, precision: str = "") -> str:
    """A date in words, as exact as it is known.

    >>> say_day(pd.Timestamp("2021-11-08")), say_day(pd.Timestamp("2021-11-01"), "month")
    ('8 November 2021', 'November 2021')
    """
    if pd.isna(on):
        return "undated"
    return f"{on:%B %Y}" if precision == BY_MONTH else f"{on.day} {on:%B %Y}"
