"""The authorities that a text names and the form of each name, found with spaCy."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

import pandas as pd
import spacy
from spacy.language import Language
from spacy.matcher import PhraseMatcher
from spacy.tokens import Span, Token
from spacy.util import filter_spans

from pipeline.documents.authorities import (
    BOROUGH,
    COUNCIL_ENDS,
    COUNCIL_WORDS,
    MAX_SEARCHED,
    domains_of,
    names_by_row,
    plain_spelling,
    words_of,
)

# Places and bodies whose names contain an authority's, but which are not that authority.
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
# Names that are also ordinary words: they count only where the context makes them a place.
ORDINARY_WORDS = {"bury", "poole", "reading"}

PERSON_TITLES = words_of(
    "mr mrs ms miss mx dr sir dame lord lady councillor cllr professor prof judge reverend"
)
DIRECTIONS = words_of("north south east west mid central greater new upper lower inner outer")
PLACE_WORDS = words_of(
    "road street avenue lane house hall hospital gate park school college academy university nhs "
    "police constabulary centre center court way drive square place airport prison station row "
    "terrace crescent close grove gardens hotel tower bridge cathedral primary secondary"
)
# Capitalised words that may be next to a name without making it a different name.
BESIDE_A_NAME = words_of(
    "adult agenda annual appendix arrangements assessment authority board borough cabinet care "
    "challenge child children city committee commissioner council corporation county "
    "department diagnostic director district early education executive family final focused "
    "improvement independent inspection integrated interim joint judgement lead letter lga local "
    "looked lscb mbc metropolitan monitoring multi ofsted overview peer people "
    "performance progress public recommendations report response review royal safeguarding "
    "scrutiny service services site social special summary targeted task unitary update visit "
    "visits youth young"
)
PREFIX = re.compile(rf"\b{BOROUGH}$", re.IGNORECASE)
# Words directly before a name that make it the subject of the text.
SUBJECT = re.compile(
    r"(?:\b(?:inspection|visit|review|challenge|diagnostic|jtai)(?:\s*[,:])?|"
    r"\b(?:inspection|visit|review|challenge|diagnostic|jtai|assessment|letter|report|services?|"
    r"arrangements|protection|children|leavers|board)"
    r"(?:[\w\s,'()/]{0,70}?\b(?:of|to|in|for|at|by|across)|\s*:))\s*(?:the\s+)?"
    rf"(?:{BOROUGH})?$",
    re.IGNORECASE,
)
# The forms of a mention, the strongest first.
FORMS = ("whole", "subject", "council", "bare")
# How many characters before a name to look at.
REACH = 160


@dataclass(frozen=True, slots=True)
class AuthorityMatcher:
    """The table of authorities, ready for matching; build it once per run."""

    table: pd.DataFrame
    nlp: Language
    phrases: PhraseMatcher
    domains: dict[str, int]


@dataclass(frozen=True, slots=True)
class Mention:
    """One authority (a row of the table) named in a text, and in what form."""

    row: int
    form: str


def build_matcher(authorities: pd.DataFrame) -> AuthorityMatcher:
    """A matcher for every spelling in the table (blank English: nothing is downloaded)."""
    nlp = spacy.blank("en")
    phrases = PhraseMatcher(nlp.vocab, attr="LOWER")
    for row, names in names_by_row(authorities).items():
        phrases.add(str(row), [nlp.make_doc(name) for name in sorted(names)])
    phrases.add("none", [nlp.make_doc(name) for name in NOT_AUTHORITIES])
    return AuthorityMatcher(authorities, nlp, phrases, domains_of(authorities))


def find_mentions(text: str, matcher: AuthorityMatcher) -> list[Mention]:
    """The authorities named in `text`: the longest of overlapping names, no people or streets."""
    plain = plain_spelling(text)[:MAX_SEARCHED]
    doc = matcher.nlp.make_doc(plain)
    mentions: list[Mention] = []
    previous: Span | None = None
    for span in filter_spans(matcher.phrases(doc, as_spans=True)):
        form = _form(span, plain) if span.label_ != "none" else ""
        if form:
            if previous is not None and _are_joined(previous, span):
                # In `a report by Kent and Medway` and `Kent and Medway councils` both are alike.
                form = min(form, mentions[-1].form, key=FORMS.index)
                mentions[-1] = replace(mentions[-1], form=form)
            mentions.append(Mention(int(span.label_), form))
        previous = span if form else None
    return mentions


def _form(span: Span, text: str) -> str:
    """The form of a name in its text: whole, subject, council, bare; '' if it is another name."""
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
    """Whether all but the small words have capitals (`reading` is not a town)."""
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
    """Whether a capitalised neighbour makes another name (`Jo Barnet`, `Durham Tees`).

    Text all in capitals does not show this.
    """
    if text.isupper():
        return False
    return any(
        token.is_alpha
        and token.text[0].isupper()
        and not token.is_stop
        and token.lower_ not in BESIDE_A_NAME
        for token in (_neighbour(span, -1), _neighbour(span, 1))
        if token is not None
    )


def _neighbour(span: Span, step: int) -> Token | None:
    place = span.start - 1 if step < 0 else span.end
    return span.doc[place] if 0 <= place < len(span.doc) else None


def _follows_preposition(span: Span) -> bool:
    previous = _neighbour(span, -1)
    return previous is not None and previous.lower_ in ("in", "of", "to", "for", "across", "at")
