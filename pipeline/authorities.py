"""Which authority a document is about: a table of names, a matcher, and a weighing of places."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TextIO

import pandas as pd
import spacy
from spacy.language import Language
from spacy.matcher import PhraseMatcher
from spacy.tokens import Span, Token
from spacy.util import filter_spans

from pipeline.errors import CorpusError
from pipeline.paths import AUTHORITIES
from pipeline.records import Block

AUTHORITY_COLUMNS = [
    "ons_code",
    "dfe_code",
    "ofsted_urn",
    "name",
    "also_known_as",
    "region",
    "type",
    "statistical_neighbours",
    "domain",
    "population_0_25",
    "printed_names",
]


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Places and bodies that contain an authority's name and are not that authority.
NOT_AUTHORITIES = (
    "Avon and Somerset",
    "Bradford on Avon",
    "Devon and Cornwall",
    "Greater London",
    "Greater Manchester",
    "Hampshire and Isle of Wight",
    "Kent and Medway",
    "Leeds Bradford",
    "Newcastle under Lyme",
    "Norfolk and Suffolk",
    "Sutton Coldfield",
    "Sutton in Ashfield",
)
# One address for two councils says nothing about which of them is meant.
SHARED_DOMAINS = {"bcpcouncil.gov.uk", "richmondandwandsworth.gov.uk"}
# Names that are also ordinary words: they count only where the grammar makes them a place.
ORDINARY_WORDS = {"bury", "poole", "reading"}

PERSON_TITLES = _words(
    "mr mrs ms miss mx dr sir dame lord lady councillor cllr professor prof judge reverend"
)
DIRECTIONS = _words("north south east west mid central greater new upper lower inner outer")
PLACE_WORDS = _words(
    "road street avenue lane house hall hospital gate park school college academy university nhs "
    "police constabulary centre center court way drive square place airport prison station row "
    "terrace crescent close grove gardens hotel tower bridge cathedral primary secondary"
)
# Capitalised words that may stand next to a name without making another name of it.
NEIGHBOURS = _words(
    "adult agenda annual appendix arrangements assessment authority board borough cabinet care "
    "challenge child children city committee commissioner council corporation county "
    "department diagnostic director district early education executive family final focused "
    "improvement independent inspection integrated interim joint judgement lead letter lga local "
    "looked lscb mbc metropolitan monitoring multi ofsted overview peer people "
    "performance progress public recommendations report response review royal safeguarding "
    "scrutiny service services site social special summary targeted task unitary update visit "
    "visits youth young"
)
COUNCIL_WORDS = _words("county city borough metropolitan district unitary local council")
COUNCIL_ENDS = _words("council mbc mdc authority corporation cc bc")
# `Royal Borough of`, `City of`, `the Council of the`
BOROUGH = (
    r"(?:the\s+)?(?:(?:royal|london|metropolitan)\s+)*"
    r"(?:borough|city|county|district|council|corporation)\s+of\s+(?:the\s+)?"
)
BOROUGH_OF = re.compile(rf"^{BOROUGH}", re.IGNORECASE)
PREFIX = re.compile(rf"\b{BOROUGH}$", re.IGNORECASE)
# What the sentence is about, directly in front of the name.
SUBJECT = re.compile(
    r"(?:\b(?:inspection|visit|review|challenge|diagnostic|jtai)(?:\s*[,:])?|"
    r"\b(?:inspection|visit|review|challenge|diagnostic|jtai|assessment|letter|report|services?|"
    r"arrangements|protection|children|leavers|board)"
    r"(?:[\w\s,'()/]{0,70}?\b(?:of|to|in|for|at|by|across)|\s*:))\s*(?:the\s+)?"
    rf"(?:{BOROUGH})?$",
    re.IGNORECASE,
)
SCORES = {
    "title": {"whole": 8.0, "subject": 8.0, "council": 5.0, "bare": 3.0},
    "address": {"whole": 8.0, "subject": 7.0, "council": 7.0, "bare": 0.5},
    "opening": {"whole": 6.0, "subject": 4.0, "council": 3.0, "bare": 1.0},
    "body": {"whole": 1.0, "subject": 1.0, "council": 1.0, "bare": 0.5},
}
# A text that repeats a neighbour must not outweigh the title, nor a list of peers the addressee.
MOST_PER_PLACE = {"title": 24.0, "furniture": 8.0, "address": 10.0, "opening": 5.0, "body": 3.0}
ENOUGH = 5.0
CLEARLY_MORE = 2.0
# Enough where no other authority is named at all.
NAMED_ALONE = 3.0
OPENING_BLOCKS = 60
LAST_BLOCKS = 12
LONGEST_BLOCK = 4_000
# How many characters in front of a name are looked at.
REACH = 160
LONGEST_BODY = 300_000


@dataclass(frozen=True, slots=True)
class AuthorityMatcher:
    """The table of authorities made ready for matching; build it once per run."""

    table: pd.DataFrame
    nlp: Language
    phrases: PhraseMatcher
    domains: dict[str, int]


@dataclass(frozen=True, slots=True)
class Mention:
    """One authority (a row of the table) named in a text, and in what form."""

    row: int
    form: str


def load_authorities(extra: Path | TextIO | None = None, path: Path = AUTHORITIES) -> pd.DataFrame:
    """The table of authorities, with the rows of `extra` appended; a row named again replaces.

    Of `extra` only the column `name` is required.
    """
    tables = [_read_table(path)] + ([_read_table(extra)] if extra is not None else [])
    table = pd.concat(tables, ignore_index=True)
    table = table[table["name"].str.strip() != ""]
    return table.drop_duplicates("name", keep="last").reset_index(drop=True)


def build_matcher(authorities: pd.DataFrame) -> AuthorityMatcher:
    """A matcher for every printed name in the table (blank English, nothing is downloaded)."""
    nlp = spacy.blank("en")
    phrases = PhraseMatcher(nlp.vocab, attr="LOWER")
    for row, names in _names_by_row(authorities).items():
        phrases.add(str(row), [nlp.make_doc(name) for name in sorted(names)])
    phrases.add("none", [nlp.make_doc(name) for name in NOT_AUTHORITIES])
    return AuthorityMatcher(authorities, nlp, phrases, _domains(authorities))


def find_authority(
    source_file: str, blocks: Sequence[Block], furniture: Sequence[str], matcher: AuthorityMatcher
) -> dict[str, str]:
    """The row (column → text) of the authority a document is about; {} if that cannot be told.

    Names count by where they stand: title, running header and addressee before the body. The
    path decides only between names the text leaves equally likely, or where it has none.
    """
    scores = _score_places(blocks, furniture, matcher)
    row = _clear_winner(scores, ENOUGH)
    if row is None:
        body = _score_body(blocks, matcher)
        row = _settle(scores, body, _row_in_path(source_file, matcher))
    if row is None:
        return {}
    return {column: str(value) for column, value in matcher.table.iloc[row].items()}


def find_mentions(text: str, matcher: AuthorityMatcher) -> list[Mention]:
    """The authorities named in `text`; of overlapping names the longest, no people or streets."""
    plain = _plain(text)[:LONGEST_BLOCK]
    doc = matcher.nlp.make_doc(plain)
    mentions: list[Mention] = []
    previous: Span | None = None
    for span in filter_spans(matcher.phrases(doc, as_spans=True)):
        form = _form(span, plain) if span.label_ != "none" else ""
        if form:
            joined = previous is not None and _are_joined(previous, span)
            # In `a report by Kent and Medway` one is as much the subject as the other.
            mentions.append(Mention(int(span.label_), mentions[-1].form if joined else form))
        previous = span if form else None
    return mentions


# --- the table ------------------------------------------------------------------------------


def standard_names(names: Iterable[str]) -> dict[str, str]:
    """Each name → that of the authority it is a spelling of, or itself where nobody knows it.

    A name must be a spelling as a whole: `Report on Marlow.pdf` is a name of its own.
    """
    authorities = load_authorities()
    known = {
        spelling: authorities["name"].iat[row]
        for row, spellings in _names_by_row(authorities).items()
        for spelling in spellings
    }
    plain = {name: (_plain(name), _plain(_without_council(name))) for name in names}
    return {
        name: next((known[way.lower()] for way in ways if way.lower() in known), name)
        for name, ways in plain.items()
    }


def _read_table(path: Path | TextIO) -> pd.DataFrame:
    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        raise CorpusError(
            f"{path}: cannot be read as a table of authorities ({error}).",
            "It must be a CSV file in UTF-8 with a column `name`.",
        ) from error
    if "name" not in table.columns:
        raise CorpusError(f"{path}: has no column `name`.", "Add it; the others may be missing.")
    return table.reindex(columns=AUTHORITY_COLUMNS, fill_value="").fillna("")


def _names_by_row(authorities: pd.DataFrame) -> dict[int, set[str]]:
    """Row → the spellings that mean it; a spelling belongs to the row that lists it first."""
    owner: dict[str, int] = {}
    own = [(row, [name]) for row, name in enumerate(authorities["name"])]
    others = [
        (row, re.split(r"\s*;\s*", f"{known};{printed}"))
        for row, (known, printed) in enumerate(
            zip(authorities["also_known_as"], authorities["printed_names"], strict=True)
        )
    ]
    for shorten in (False, True):
        for row, names in own + others:
            for name in filter(None, names):
                plain = _plain(_without_council(name) if shorten else name)
                if plain:
                    owner.setdefault(plain.lower(), row)
    names_by_row: dict[int, set[str]] = {}
    for name, row in owner.items():
        names_by_row.setdefault(row, set()).add(name)
    return names_by_row


def _without_council(name: str) -> str:
    """`Marlowshire County Council` → `Marlowshire`, so that both are found."""
    name = BOROUGH_OF.sub("", name)
    words = name.split()
    if words and words[-1].lower() in COUNCIL_ENDS:
        while len(words) > 1 and words[-1].lower() in COUNCIL_WORDS | COUNCIL_ENDS:
            words.pop()
    return " ".join(words) if " ".join(words).lower() != "london" else ""


def _domains(authorities: pd.DataFrame) -> dict[str, int]:
    domains = authorities["domain"].str.lower().str.strip()
    unique = domains[~domains.duplicated(keep=False) & domains.str.endswith(".gov.uk")]
    own = unique[~unique.isin(SHARED_DOMAINS)]
    return {str(domain): int(row) for row, domain in own.items()}


# --- one text -------------------------------------------------------------------------------


def _plain(text: str) -> str:
    """Text with one spelling of dashes, ampersands, `St.` and blanks, so that names meet."""
    text = unicodedata.normalize("NFKC", text[: 2 * LONGEST_BLOCK])
    text = "".join(" " if unicodedata.category(c) in ("Cc", "Cf", "Pd") else c for c in text)
    text = re.sub(r"\bSt\.", "St", text.replace("&", " and ").replace("\u2019", "'"), flags=re.I)
    return re.sub(r"[\s*#_|]+", " ", text).strip()


def _form(span: Span, text: str) -> str:
    """How a name stands in its text: whole, subject, council, bare; '' if it is another name."""
    before = text[max(0, span.start_char - REACH) : span.start_char]
    if not _looks_like_name(span) or _is_part_of_another_name(span, before):
        return ""
    council = bool(PREFIX.search(before)) or _is_followed_by_council(span)
    if not re.sub(r"\W", "", _rest(span, before)):
        return "whole"
    if not council and _is_next_to_stranger(span, text):
        return ""
    if SUBJECT.search(before):
        return "subject"
    if council:
        return "council"
    return "" if span.text.lower() in ORDINARY_WORDS and not _follows_preposition(span) else "bare"


def _are_joined(first: Span, second: Span) -> bool:
    words = {token.lower_ for token in first.doc[first.end : second.start]}
    return "and" in words and words <= COUNCIL_WORDS | COUNCIL_ENDS | {"and", ","}


def _looks_like_name(span: Span) -> bool:
    """Capital letters in all but the small words (`reading` is no town)."""
    return all(t.text[0].isupper() for t in span if t.is_alpha and not t.is_stop)


def _is_part_of_another_name(span: Span, before: str) -> bool:
    previous, following = _neighbour(span, -1), _neighbour(span, 1)
    if previous and previous.lower_.rstrip(".") in PERSON_TITLES:
        return True
    if previous and previous.lower_ in DIRECTIONS and previous.text[0].isupper():
        return True
    if re.search(r"\b(?:Mrs?|Ms|Miss|Dr|Sir|Dame|Cllr|Councillor)\.? [A-Z][\w']* $", before):
        return True
    return bool(following and following.lower_ in PLACE_WORDS and following.text[0].isupper())


def _is_followed_by_council(span: Span) -> bool:
    """`… Metropolitan Borough Council`, `… local authority`, `… children's services`."""
    words = [token.lower_ for token in span.doc[span.end : span.end + 6]]
    for number, word in enumerate(words):
        if word in COUNCIL_ENDS:
            return True
        if word == "children" and "services" in words[number + 1 : number + 4]:
            return True
        if word not in COUNCIL_WORDS:
            return False
    return False


def _rest(span: Span, before: str) -> str:
    """What a block says besides the name and the words for a council around it."""
    after = [t.text for t in span.doc[span.end :] if t.lower_ not in COUNCIL_WORDS | COUNCIL_ENDS]
    return PREFIX.sub("", before) + "".join(after)


def _is_next_to_stranger(span: Span, text: str) -> bool:
    """A capitalised neighbour makes `Jo Barnet` or `Durham Tees`; in capitals all look so."""
    if text.isupper():
        return False
    return any(
        token.is_alpha
        and token.text[0].isupper()
        and not token.is_stop
        and token.lower_ not in NEIGHBOURS
        for token in (_neighbour(span, -1), _neighbour(span, 1))
        if token is not None
    )


def _neighbour(span: Span, step: int) -> Token | None:
    place = span.start - 1 if step < 0 else span.end
    return span.doc[place] if 0 <= place < len(span.doc) else None


def _follows_preposition(span: Span) -> bool:
    previous = _neighbour(span, -1)
    return previous is not None and previous.lower_ in ("in", "of", "to", "for", "across", "at")


# --- one document ---------------------------------------------------------------------------


def _score_places(
    blocks: Sequence[Block], furniture: Sequence[str], matcher: AuthorityMatcher
) -> Counter[int]:
    """Row → score from headings, running lines, the first two pages and the last lines."""
    by_place: dict[str, Counter[int]] = {place: Counter() for place in MOST_PER_PLACE}
    for text in dict.fromkeys(furniture[:40]):
        by_place["furniture"].update(_best_per_row(text, SCORES["title"], matcher))
    for place, text in _places(blocks):
        by_place[place].update(_best_per_row(text, SCORES[place], matcher))
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
        opening = number < OPENING_BLOCKS and block.page <= blocks[0].page + 1
        if re.match(r"\W*(?:lead|reporting) inspector", block.text, re.IGNORECASE):
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
    for domain in re.findall(r"([\w-]+\.gov\.uk)\b", text[:LONGEST_BLOCK].lower()):
        if domain in matcher.domains:
            row = matcher.domains[domain]
            best[row] = max(best.get(row, 0.0), scores["council"])
    return best


def _score_body(blocks: Sequence[Block], matcher: AuthorityMatcher) -> Counter[int]:
    """Row → number of mentions anywhere, for documents whose first pages do not tell."""
    counts: Counter[int] = Counter()
    read = 0
    for block in blocks:
        read += len(block.text)
        if read > LONGEST_BODY:
            break
        counts.update(mention.row for mention in find_mentions(block.text, matcher))
    return counts


def _settle(scores: Counter[int], body: Counter[int], hint: int | None) -> int | None:
    """What the whole text and the path say where the first pages were not clear."""
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
    """The one authority named by a file or its folder; None if there are two or none."""
    parts = PurePosixPath(source_file.replace("\\", "/")).parts[-2:]
    doc = matcher.nlp.make_doc(_plain(" , ".join(parts).replace(".", " ")))
    spans = filter_spans(matcher.phrases(doc, as_spans=True))
    rows = {int(span.label_) for span in spans if span.label_ != "none"}
    return rows.pop() if len(rows) == 1 else None
