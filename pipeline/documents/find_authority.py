"""Which authority a document is about: the names in it, weighted by where they appear."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import PurePosixPath

from spacy.util import filter_spans

from pipeline.base.records import Block
from pipeline.documents.authorities import MAX_SEARCHED, plain_spelling
from pipeline.documents.authority_names import AuthorityMatcher, find_mentions

# Only from the start of a word, and possessive: otherwise a page-long word would be tried from
# each of its letters.
COUNCIL_DOMAIN = re.compile(r"(?<![\w-])([\w-]++\.gov\.uk)\b")
SCORES = {
    "title": {"whole": 8.0, "subject": 8.0, "council": 5.0, "bare": 3.0},
    "address": {"whole": 8.0, "subject": 7.0, "council": 7.0, "bare": 0.5},
    "opening": {"whole": 6.0, "subject": 4.0, "council": 3.0, "bare": 1.0},
    "body": {"whole": 1.0, "subject": 1.0, "council": 1.0, "bare": 0.5},
}
# A text that keeps naming a neighbour must not outweigh the title, nor a list of peers the
# addressee.
MOST_PER_PLACE = {"title": 24.0, "furniture": 8.0, "address": 10.0, "opening": 5.0, "body": 3.0}
ENOUGH = 5.0
CLEARLY_MORE = 2.0
# Enough if no other authority is named at all.
NAMED_ALONE = 3.0
FIRST_BLOCKS = 60
# Who came, and from where: an inspector's base, the councils that lent peers.
VISITORS = re.compile(
    r"\W*(?:(?:lead|reporting) inspector|"
    r"(?:the )?(?:(?:peer|review|challenge|visiting) )?team\s*:|"
    r"(?:(?:the )?(?:peer )?(?:review|challenge)(?: was)? )?"
    r"(?:led|carried out|undertaken|conducted|delivered) by\b)",
    re.IGNORECASE,
)
LAST_BLOCKS = 12
LONGEST_BODY = 300_000


def find_authority(
    source_file: str, blocks: Sequence[Block], furniture: Sequence[str], matcher: AuthorityMatcher
) -> dict[str, str]:
    """The row (column → text) of the authority a document is about; {} if it is unclear.

    Names in the title, the furniture and the address count for more than those in the body. The
    path decides only between names that are equally likely, or where the text has none.
    """
    scores = _score_places(blocks, furniture, matcher)
    row = _clear_winner(scores, ENOUGH)
    if row is None:
        body = _score_body(blocks, matcher)
        row = _settle(scores, body, _row_in_path(source_file, matcher))
    if row is None:
        return {}
    return {column: str(value) for column, value in matcher.table.iloc[row].items()}


def _score_places(
    blocks: Sequence[Block], furniture: Sequence[str], matcher: AuthorityMatcher
) -> Counter[int]:
    """Row → score from headings, furniture, the first two pages and the last blocks."""
    by_place: dict[str, Counter[int]] = {place: Counter() for place in MOST_PER_PLACE}
    for text in dict.fromkeys(furniture[:40]):
        by_place["furniture"].update(_best_per_row(text, SCORES["title"], matcher))
    for place, text in _places(blocks):
        by_place[place].update(_best_per_row(text, SCORES[place], matcher))
    titled = {*by_place["title"], *by_place["furniture"]}
    if len(titled) == 1 and not by_place["address"].keys() - titled:
        # Scrutiny papers tell at length of the councils that were visited.
        [only] = titled
        by_place["title"].update({only: max(0, ENOUGH - by_place["title"][only])})
        by_place["opening"] = Counter({only: by_place["opening"][only]})
    total: Counter[int] = Counter()
    for place, scores in by_place.items():
        total.update({row: min(score, MOST_PER_PLACE[place]) for row, score in scores.items()})
    return total


def _places(blocks: Sequence[Block]) -> Iterator[tuple[str, str]]:
    """The blocks to scan, each with the name of its place in `SCORES`."""
    blocks = [block for block in blocks if block.text.strip()]
    dear = next((n for n, b in enumerate(blocks[:40]) if re.match(r"\W*Dear\b", b.text)), 0)
    last = len(blocks) - LAST_BLOCKS
    for number, block in enumerate(blocks):
        opening = number < FIRST_BLOCKS and block.page <= blocks[0].page + 1
        if VISITORS.match(block.text):
            continue
        if opening and (number < dear or block.kind == "address"):
            yield "address", block.text
        elif opening and block.kind == "heading":
            yield "title" if block.page == blocks[0].page else "opening", block.text
        elif opening and block.kind != "contents":
            yield "opening", block.text
        elif block.kind == "heading" or number >= last:
            yield "body", block.text


def _best_per_row(
    text: str, scores: dict[str, float], matcher: AuthorityMatcher
) -> dict[int, float]:
    best: dict[int, float] = {}
    for mention in find_mentions(text, matcher):
        best[mention.row] = max(best.get(mention.row, 0.0), scores[mention.form])
    for domain in COUNCIL_DOMAIN.findall(text[:MAX_SEARCHED].lower()):
        if domain in matcher.domains:
            row = matcher.domains[domain]
            best[row] = max(best.get(row, 0.0), scores["council"])
    return best


def _score_body(blocks: Sequence[Block], matcher: AuthorityMatcher) -> Counter[int]:
    """Row → number of mentions anywhere, for documents whose first pages do not say."""
    counts: Counter[int] = Counter()
    read = 0
    for block in blocks:
        read += len(block.text)
        if read > LONGEST_BODY:
            break
        counts.update(mention.row for mention in find_mentions(block.text, matcher))
    return counts


def _settle(scores: Counter[int], body: Counter[int], hint: int | None) -> int | None:
    """The row that the whole text and the path give where the first pages are not clear."""
    top = max(scores.values(), default=0.0)
    rivals = [row for row, score in scores.items() if score > top - CLEARLY_MORE]
    if top >= ENOUGH:
        return hint if hint in rivals else _prevailing(_only(body, rivals))
    if top >= NAMED_ALONE and len(body) == 1:
        return next(iter(body))
    if (row := _prevailing(body)) is not None:
        return row
    return hint if hint is not None and (not body or hint in body) else None


def _only(counts: Counter[int], rows: Iterable[int]) -> Counter[int]:
    return Counter({row: counts[row] for row in rows if counts[row]})


def _prevailing(counts: Counter[int]) -> int | None:
    """The row with at least three mentions and two thirds of all, if there is one."""
    if not counts:
        return None
    row, count = counts.most_common(1)[0]
    return row if count >= 3 and 3 * count >= 2 * counts.total() else None


def _clear_winner(scores: Counter[int], enough: float) -> int | None:
    ranked = scores.most_common(2)
    if not ranked or ranked[0][1] < enough:
        return None
    if len(ranked) == 2 and ranked[0][1] - ranked[1][1] < CLEARLY_MORE:
        return None
    return ranked[0][0]


def _row_in_path(source_file: str, matcher: AuthorityMatcher) -> int | None:
    """The one authority in the name of a file or its folder; None if there are several or none."""
    parts = PurePosixPath(source_file.replace("\\", "/")).parts[-2:]
    doc = matcher.nlp.make_doc(plain_spelling(" , ".join(parts).replace(".", " ")))
    spans = filter_spans(matcher.phrases(doc, as_spans=True))
    rows = {int(span.label_) for span in spans if span.label_ != "none"}
    return rows.pop() if len(rows) == 1 else None
