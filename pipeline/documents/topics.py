"""What a joint targeted inspection was about, and what a focused visit looked at."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import islice

from pipeline.base.records import Block
from pipeline.documents.opening import MAX_BLOCK_READ, OPENING_BLOCKS

Topic = tuple[str, re.Pattern[str]]


def _compiled(*topics: tuple[str, str]) -> tuple[Topic, ...]:
    return tuple((name, re.compile(pattern, re.IGNORECASE)) for name, pattern in topics)


# The rounds of joint targeted inspections since 2016, in one wording each; the first that matches
# counts (https://www.gov.uk/government/collections/joint-targeted-area-inspections-jtais).
JOINT_TOPICS = _compiled(
    ("serious youth violence", r"youth violence"),
    ("sexual abuse in the family", r"sexual abuse"),
    ("domestic abuse", r"domestic (?:abuse|violence)"),
    ("child exploitation", r"(?:gangs|sexual and criminal|criminal and sexual)"),
    ("criminal exploitation", r"criminal(?:ly)? exploit"),
    ("sexual exploitation and missing children", r"sexual(?:ly)? exploit|\bmissing\b"),
    ("child exploitation", r"exploit"),
    ("children’s mental health", r"mental (?:ill[- ])?health"),
    ("front door: initial need and risk", r"initial need|front door"),
    ("early help for children and families", r"early help|families who need (?:early )?help"),
    ("neglect", r"neglect"),
)
# The areas that ILACS lists for focused visits.
VISIT_TOPICS = _compiled(
    ("front door", r"front door|contacts? and referrals?|safeguarding hub|\bmash\b"),
    ("older children’s placements", r"placement decision|placements? (?:for|of) older"),
    (
        "children at risk outside the family",
        r"extra-?familial|vulnerable adolescents|outside (?:of )?(?:the|their) (?:family|home)|"
        r"exploitation|\bmissing from\b",
    ),
    ("permanence", r"\bpermanence\b"),
    ("care leavers", r"\bcare leavers\b|care-experienced"),
    ("children in care", r"children in care|looked[- ]after children|children looked after"),
    (
        "children in need and child protection",
        r"children in need|child protection (?:plans?|arrangements|enquiries)|protection plans?",
    ),
)
RESPONSE_TO = re.compile(
    r"\b(?:response|responses|arrangements) (?:to|for) (?:the )?(?P<topic>[^.]{5,120})"
)
# Earlier rounds name what all of them look at in the title, and their own subject as a deep dive.
DEEP_DIVE = re.compile(r"deep[- ]dive\W{0,2}(?P<topic>[^.]{5,200})", re.IGNORECASE)
IN_ALL = re.compile(r"\babuse(?:,)? and neglect(?:,)?(?: and exploitation)?\b", re.IGNORECASE)
SHORT_TITLE = re.compile(
    r"^\W*(?:JTAI|joint targeted area inspection)\W*:\s*(?P<topic>.{4,80})", re.I
)
PLACE = re.compile(r"(?<!\s)(?:\s++in (?:the )?(?:London Borough of )?[A-Z].*|\s*+\(.*)")
LOOKED_AT = re.compile(
    r"\b(?:looked at|concentrated on|evaluated|considered|reviewed|examined|"
    r"focus(?:s?ed)?(?: of)?(?: th(?:e|is))?(?: visit)?(?: was)?(?: on)?)\b(?P<topic>[^.]{5,300})",
    re.IGNORECASE,
)
LONGEST = 80


def find_topic(kind: str, blocks: Sequence[Block]) -> str:
    """What a document of this type was about: '' unless it is of a type that has a topic, and
    says which."""
    texts = [block.text[:MAX_BLOCK_READ] for block in islice(blocks, OPENING_BLOCKS)]
    if kind == "joint targeted inspection":
        return _joint_topic(texts)
    if kind == "focused visit":
        return _visit_topic(texts)
    return ""


def _joint_topic(texts: Sequence[str]) -> str:
    """The subject in the title, failing that of the deep dive, in the wording of its round.

    A subject of no round that is listed is given as the title or the first sentences print it.
    """
    printed = [
        IN_ALL.sub("", PLACE.sub("", match["topic"])).strip(" ,;:’'‘")
        for pattern in (SHORT_TITLE, RESPONSE_TO, DEEP_DIVE)
        for text in texts
        for match in pattern.finditer(text)
    ]
    named = (_named(JOINT_TOPICS, text) for text in printed)
    return next(filter(None, named), "") or next(map(_shortened, filter(None, printed)), "")


def _visit_topic(texts: Sequence[str]) -> str:
    """The first area named where the letter says what inspectors looked at, or in its list."""
    for number, text in enumerate(texts):
        for match in LOOKED_AT.finditer(text):
            more = " ".join(texts[number + 1 : number + 4]) if text.rstrip().endswith(":") else ""
            if topic := _earliest(VISIT_TOPICS, f"{match['topic']} {more}"):
                return topic
    return ""


def _named(topics: Sequence[Topic], text: str) -> str:
    return next((name for name, pattern in topics if pattern.search(text)), "")


def _earliest(topics: Sequence[Topic], text: str) -> str:
    found = [
        (match.start(), number, name)
        for number, (name, pattern) in enumerate(topics)
        if (match := pattern.search(text))
    ]
    return min(found)[2] if found else ""


def _shortened(text: str) -> str:
    """The beginning of a text in lower case, cut after a whole word."""
    return text.lower() if len(text) <= LONGEST else text[:LONGEST].lower().rsplit(" ", 1)[0]
