"""The kind of a document, and the framework under which it was written."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Sequence

from pipeline.base.columns import INSPECTORATE_TYPES
from pipeline.base.records import Block
from pipeline.documents.opening import SHORT_BLOCK, letter_of, titles_of


def _compiled(*types: tuple[str, str]) -> list[tuple[str, re.Pattern[str]]]:
    return [(name, re.compile(pattern, re.IGNORECASE)) for name, pattern in types]


# The wording of titles; the first that matches decides.
FRAMEWORKS = _compiled(
    (
        "SIF",
        r"help and protection,? (?:for )?(?:children looked after|looked[ -]after children),? "
        r"and (?:for )?care leavers",
    ),
    ("SIF", r"single inspection framework"),
    ("child protection 2012", r"arrangements for the protection of children"),
    # In 2013 the half on looked-after children came on its own, with the same grades (Medway).
    ("SLAC", r"inspection of (?:services for )?(?:safeguarding and )?looked[ -]after children"),
    ("ILACS", r"\bilacs\b|inspecti(?:on|ng) of (?:\w+ )?children.s social care services"),
    ("ILACS", r"\blocal authority children.s services"),
)
# A title may name a council or a trust and no framework (Bradford 2026); these judgements belong
# to one framework alone.
JUDGEMENTS = _compiled(
    ("ILACS", r"^\W*(?:the )?impact of leaders on (?:social work )?practice|"
     r"^\W*(?:the )?impact of leaders on social work"),
    ("SIF", r"^(?:\W|\d)*(?:children looked after and achieving permanence|adoption performance)"),
    # Last, as titles of before 2018 may say the same.
    ("ILACS", r"^\W*(?:re-?)?inspection of .{2,80}\bchildren.s (?:social care )?services\W*$"),
)  # fmt: skip
# Judgements stand on the first pages.
PAGES_OF_JUDGEMENTS = 4
ILACS_STARTED = dt.date(2018, 1, 1)
AREA_SEND_STARTED = dt.date(2023, 1, 1)

# Joint inspections of child protection (2022 on) are joint targeted ones by another name.
JTAI = (
    r"joint targeted (?:area )?inspection|joint area child protection inspection|"
    r"joint inspection of (?:multi-agency )?child protection arrangements|\bjtai\b|\bjacpi\b"
)
SEND = (
    r"area (?:send|special educational needs(?: and(?:/or)? disabilit(?:y|ies))?)(?: \(send\))?\W+"
    r"(?:(?:full|monitoring|joint|thematic|interim)\W+){0,2}(?:re-?visit|re-?inspection|inspection|visit)\b"
)
# The title until 2022: to judge how well an area met special educational needs.
LOCAL_SEND = (
    r"joint inspection of (?:the local area\b.{0,200}?(?:special educational needs|\bsend\b)|"
    r"send arrangements)|"
    r"(?:re-?visited|inspected|visited) the (?:local )?area of .{0,200}?"
    r"(?:special educational needs|\bsend\b|written statement of action)"
)
# Short quality screenings were inspections of a few days, until 2016.
YOUTH_JUSTICE = (
    r"(?:inspection|short quality screening)(?: \(sqs\))? of (?:the )?"
    r"youth[ -](?:offending|justice)\b"
)
ASSURANCE = r"assurance visit\s*(?:to|of|letter|$)"
# The LGA's diagnostics of practice are peer reviews that do not say so.
PEERS = (
    r"\b(?:peer(?:[- ]led)? (?:review|challenge|diagnostic|assessment)|"
    r"(?:care|safeguarding) practice diagnostic)\b"
)
PEER_REVIEW = re.compile(PEERS, re.IGNORECASE)
LETTER_TYPES = _compiled(
    ("joint targeted inspection", JTAI),
    ("area SEND inspection", rf"{SEND}\s+(?:of|in|for|to)\b|{LOCAL_SEND}"),
    ("assurance visit", ASSURANCE),
    ("monitoring visit", r"monitoring visit"),
    ("focused visit", r"focuss?ed visit"),
    ("peer review", rf"{PEERS}|safeguarding review"),
)
# A council that replies to inspectors, or the Department for Education on a notice of its own.
LETTER_OF_OTHERS = re.compile(
    r"\b(?:thank you for|in (?:response|reply) to|further to) your (?:\w+ )?(?:letter|report)\b|"
    r"\bI (?:am writing|write)\b[^.]{0,200}\bimprovement notice\b|^\W*improvement notice\b",
    re.IGNORECASE,
)
# What a commissioner or the chair of an improvement board tells of: inspectors write of `this
# visit`, and of one that they name.
VISIT_OF_OTHERS = re.compile(
    r"\b(?:ofsted['\u2019]s|(?:since|after) (?:the|an?|your|its|their)) (?:\w+ ){0,2}"
    r"(?:monitoring|focuss?ed|assurance) visit\b",
    re.IGNORECASE,
)
# A few words may come first: the name of a place or of the inspectorates.
FIRST = r"^\W*+(?:[\w’']++[^\w’']++){0,5}?"
TITLE_TYPES = _compiled(
    ("joint targeted inspection", rf"{FIRST}(?:{JTAI})"),
    ("area SEND inspection", rf"{FIRST}(?:{SEND}|{LOCAL_SEND})"),
    ("youth justice inspection", rf"{FIRST}{YOUTH_JUSTICE}|^\W*youth justice inspection\b"),
    ("assurance visit", rf"{FIRST}{ASSURANCE}"),
    ("monitoring visit", r"^\W*(?:the )?(?:\w+ )?(?:ofsted )?monitoring visit (?:of|to|letter)"),
    ("focused visit", r"^\W*(?:ofsted )?(?:ilacs )?focuss?ed visit (?:of|to|letter)"),
)
# JTAIs are `of the multi-agency response to neglect`; a council responds to one, or to nobody.
A_REPORT = (
    r"(?:(?:the|an?|our|its|this|recent|local|area|send)\s+){0,4}(?:inspect|joint\b|jtai\b|"
    r"ofsted\b|cqc\b|lga\b|local government\b|peer\b|focus|monitoring|report|findings?\b|"
    r"recommendation|letter)"
)
# What papers and news about an inspection or a peer review are called.
ABOUT_REPORT = (
    r"\b(?:plans?|readiness|updates?|minutes|handbook|framework|guidance|briefing|"
    rf"response(?! to (?!{A_REPORT}))|outcomes? of (?!(?:children|young people)\b(?!['\u2019]s))|"
    r"self[- ](?:evaluation|assessment)|statement|log|tracker|(?<!priority )actions?|"
    r"progress (?:reports?|against|on|with|since)|improvement (?:journey|board|programme|notice)|"
    r"what happens|what we are doing|next steps|questions|faqs?|"
    r"responds|publishes|shares|receives|shows|highlights (?!of\b|from\b)(?=\w)|"
    r"finds|praises?d?|hails|welcomes|celebrates|recognises|commends|confirms|reveals|rated)\b|"
    r"\w\s+\w+\s+published\W*$"
)
ABOUT_PEERS = re.compile(ABOUT_REPORT, re.IGNORECASE)
# What a council calls its own paper, below the title of the inspection that it answers.
PLAN_TITLE = re.compile(
    r"^\W*(?:(?:post[- ]inspection|priority|joint|multi-agency)\s+)*+"
    r"(?:(?:action|improvement) plan|progress update|response and next steps)"
    r"(?:\s*[:\u2013\u2014-].*|\W+20\d\d.*)?\W*$",
    re.IGNORECASE,
)
# Minutes have headings on all that was talked of.
MINUTES_TITLE = re.compile(
    r"^\W*(?:draft )?minutes\W*$|"
    r"^\W*(?:(?:draft|action) )?(?:minutes|notes) (?:of|from) (?:the|a)\b.{0,80}\bmeeting\b",
    re.IGNORECASE,
)
# Its place: after a title of one or two lines.
MAX_PLAN_TITLE = 3
# An inspectorate's report is no feedback, as one of the LGA is; nor is a sentence a title.
NO_REPORT = re.compile(
    rf"{ABOUT_REPORT}|\b(?:planning|feedback|preparing|preparation|previous|last|since|following)\b|"
    r"(?:[:\u2013\u2014-]|inspection)\s*outcomes?\W*$|\.\s*$",
    re.IGNORECASE,
)
# A cabinet or executive, and not one who works for it or a part of a report.
CABINET = (
    r"(?:(?:mayor (?:and|&) )?cabinet|executive)\b"
    r"(?! (?:office|secretary|director|head|summary|assistant))"
)
# For whom a paper is written.
PAPER_TYPES = _compiled(
    (
        "cabinet report",
        r"^\W*(?:report (?:to|for) (?:the )?)?(?:(?:mayor (?:and|&) )?cabinet|"
        r"executive (?:board|member|cabinet|report))\b"
        r"(?! office| secretary)|^\W*executive\W*$|\bcabinet\W+\d|"
        r"\bcabinet (?:meeting|report|paper)\b|\bcouncil cabinet\W*$|"
        rf"\breport to\W+(?:the )?{CABINET}|"
        r"^\W*(?:(?:name of )?(?:meeting|committee)(?: of)?|decision[- ](?:maker|making body))\W+"
        rf"(?:the )?{CABINET}|"
        rf"^\W*report of\b.{{0,150}}\bto (?:the|a) meeting of (?:the )?{CABINET}",
    ),
    (
        "scrutiny report",
        r"\bscrutiny (?:(?:sub[- ]?)?committee|(?:standing )?panel|board|commission|working group|"
        r"report|review|inquiry|task)\b|"
        r"\boverview (?:and|&) scrutiny\b|"
        r"^\W*scrutiny\b|\btask (?:and finish )?group\b|\bselect committee\b",
    ),
)
# Who wrote it says less: members of the cabinet report to scrutiny committees, too.
PAPER_AUTHORS = _compiled(
    (
        "cabinet report",
        rf"\breport of\W+(?:the )?{CABINET}|^(?:portfolio holder|cabinet member)\b",
    ),
)
REPORT_TO = re.compile(r"^\W*(?:report|paper) (?:to|for)\b", re.IGNORECASE)
SCRUTINY_SIGNED = re.compile(r"\bscrutiny (?:officer|manager|adviser|team|committee)\b", re.I)
INSPECTION_TITLE = re.compile(
    r"^\W*+(?:(?:annual )?(?:unannounced )?(?:re-?)?inspection of\b|short inspection|"
    r".{0,60}\binspection report\b)",
    re.IGNORECASE,
)
INSPECTION_MARK = re.compile(
    r"^\W*+(?:inspection dates?\b|(?:lead|reporting) inspector\b|report published\b|"
    r"judgement \| grade)",
    re.IGNORECASE,
)


# Two of these on the first pages rule out a council paper, whatever is mentioned after them.
REPORT_MARKS = tuple(
    re.compile(rf"^[^\w\n]*+(?:{mark})", re.IGNORECASE | re.MULTILINE)
    for mark in (
        r"inspection dates?[^\w\n]*+(?:\d|$)",
        r"(?:lead|reporting) inspector\b",
        r"report published\b",
        r"judgement \| grade",
    )
)
LOCAL_AREA = re.compile(rf"local area (?:send|special)|{LOCAL_SEND}", re.IGNORECASE)
LGA = re.compile(r"\bLGA\b|\bLocal Government (?:Association|Group|Improvement)\b")


def find_document_type(blocks: Sequence[Block], furniture: Sequence[str]) -> str:
    """One of `columns.DOCUMENT_TYPES`, from the letter, the titles and the furniture."""
    titles = [*titles_of(blocks), *furniture[:20]]
    letter = letter_of(blocks)
    inspected = _count_marks(titles)
    of_others = inspected < 2 and any(LETTER_OF_OTHERS.search(text) for text in letter)
    paper = _paper_type(titles) if inspected < 2 else ""
    about = [t for t in titles if NO_REPORT.search(t) and _first_type(TITLE_TYPES, [t])]
    named = titles_of(blocks)
    is_plan = any(map(PLAN_TITLE.search, named[:MAX_PLAN_TITLE]))
    if inspected < 2 and (is_plan or any(map(MINUTES_TITLE.search, named))):
        return paper or "other"
    titles = [title for title in titles if title not in about]
    if not of_others and _begins_with_peers(titles):
        return "peer review"
    if not of_others and (kind := _first_type(TITLE_TYPES, titles)):
        return paper or kind
    own = [VISIT_OF_OTHERS.sub("", text) for text in letter]
    kind = _earliest_type(LETTER_TYPES, own) if not of_others else ""
    if kind == "peer review" or (kind and not paper):
        return kind
    if not paper and not of_others and _is_inspection(titles, inspected):
        return "inspection"
    if paper:
        return paper
    peers = next((title for title in titles if PEER_REVIEW.search(title)), "")
    if peers and not of_others and not ABOUT_PEERS.search(peers):
        return "peer review"
    opening = [block.text for block in blocks[:12]]
    signed = [block.text for block in blocks[-8:] if SCRUTINY_SIGNED.search(block.text)]
    return "scrutiny report" if signed else _first_type(PAPER_TYPES[1:], opening) or "other"


def _count_marks(titles: Sequence[str]) -> int:
    """How many marks of an inspection report stand there; none if a paper begins before them.

    A committee's paper may go on to show the first page of the report that it brings.
    """
    for title in titles:
        if _names_inspection(title) or _first_type(TITLE_TYPES, [title]):
            break
        if _earliest_type(PAPER_TYPES, [title]) and not title.endswith("."):
            return 0
    return sum(bool(mark.search("\n".join(titles))) for mark in REPORT_MARKS)


def _paper_type(titles: Sequence[str]) -> str:
    return _earliest_type(PAPER_TYPES, titles) or _first_type(PAPER_AUTHORS, titles)


def _begins_with_peers(titles: Sequence[str]) -> bool:
    """Whether a peer review is what titles name first, rather than a paper or an inspection.

    Reports of the LGA go on to have a heading on scrutiny; a paper may name the review it brings
    before it says whom it is for.
    """
    if any(REPORT_TO.search(title) for title in titles):
        return False
    for title in titles:
        if _paper_type([title]) or _first_type(TITLE_TYPES, [title]) or _names_inspection(title):
            return False
        if PEER_REVIEW.search(title) and not title.rstrip().endswith("."):
            return not ABOUT_PEERS.search(title)
    return False


def _is_inspection(titles: Sequence[str], inspected: int) -> bool:
    """Whether titles are those of an inspection report: they say so, and no plan comes first.

    Plans and responses go on to name the inspection and its dates, but few of them give two marks
    (`inspected`).
    """
    named = [title for title in titles if _names_inspection(title)]
    return bool(named) and (inspected > 1 or not NO_REPORT.search(named[0].rstrip(" .")))


def _names_inspection(title: str) -> bool:
    if INSPECTION_MARK.match(title):
        return True
    return bool(INSPECTION_TITLE.match(title)) and not title.rstrip().endswith(".")


def find_framework(
    kind: str, blocks: Sequence[Block], furniture: Sequence[str], on: dt.date | None
) -> str:
    """The short name of the framework inspectors or peers worked under; '' for council papers.

    `on` is the last day of the visit, failing that the day of publication.
    """
    if kind == "joint targeted inspection":
        return "JTAI"
    if kind == "area SEND inspection":
        # Until 2022 these were inspections of the `local area`, under another framework. Later
        # reports use its words, too, so they count only where the day is not known.
        if on is not None:
            return "Local area SEND" if on < AREA_SEND_STARTED else "Area SEND"
        texts = [*titles_of(blocks), *letter_of(blocks)]
        earlier = any(LOCAL_AREA.search(text) for text in texts)
        return "Local area SEND" if earlier else "Area SEND"
    if kind == "youth justice inspection":
        return "Youth justice"
    if kind == "peer review":
        text = " ".join(block.text for block in blocks)[:300_000]
        return "LGA peer review" if LGA.search(text) else ""
    if kind in ("focused visit", "assurance visit"):
        return "ILACS"
    if kind not in INSPECTORATE_TYPES:
        return ""
    letter = letter_of(blocks) if kind != "inspection" else []
    titles = titles_of(blocks)
    # A title may be set in several lines, each a block of its own.
    texts = [*titles, *furniture[:20], *letter, " ".join(titles)]
    name = _first_type(FRAMEWORKS, texts)
    if not name and kind == "inspection":
        name = _first_type(JUDGEMENTS, list(_first_lines(blocks)))
    # SIF and earlier titles may also say `local authority children's services`.
    if name == "ILACS" and on is not None and on < ILACS_STARTED:
        return ""
    return name


def _first_lines(blocks: Sequence[Block]) -> Iterator[str]:
    """The short lines of the first pages, where a title and the judgements stand."""
    for block in blocks[:120]:
        if block.page < blocks[0].page + PAGES_OF_JUDGEMENTS and block.kind != "contents":
            yield from (line for line in block.text.split("\n") if len(line) < SHORT_BLOCK)


def _first_type(types: Sequence[tuple[str, re.Pattern[str]]], texts: Sequence[str]) -> str:
    for name, pattern in types:
        if any(pattern.search(text) for text in texts):
            return name
    return ""


def _earliest_type(types: Sequence[tuple[str, re.Pattern[str]]], texts: Sequence[str]) -> str:
    """The type that is named first: a letter goes on to mention earlier visits of other kinds.

    A paper goes on to mention other committees that have seen it.
    """
    for text in texts:
        found = [
            (match.start(), number, name)
            for number, (name, pattern) in enumerate(types)
            if (match := pattern.search(text))
        ]
        if found:
            return min(found)[2]
    return ""
