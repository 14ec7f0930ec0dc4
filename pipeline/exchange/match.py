"""What somebody coded in a project → codes of paragraphs, comments, and what had to be left out.

Nothing is guessed: a code that is no theme, a theme without a stance or a selection between two
paragraphs is listed with the reason.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath

import pandas as pd

from pipeline.base.errors import LabelError
from pipeline.base.records import SUBSTANTIVE_KINDS
from pipeline.exchange.code_tree import Meaning, walk_codes
from pipeline.exchange.from_run import MODEL, name_sources, source_guid
from pipeline.exchange.project import Coding, Project, Selection, Source
from pipeline.exchange.read_qdpx import Received
from pipeline.exchange.texts import Letters, Place, composed, find_paragraphs, paragraphs_at
from pipeline.labelling.codes import NO
from pipeline.labelling.filled import Filled
from pipeline.labelling.link import fingerprint

LEFT_OUT = ["source", "start", "end", "code", "reason"]
# Why the paragraphs were coded, in the column `drawn`: the coder chose them.
DRAWN = "chosen"
NAMELESS = "(no name)"
# The endings that programs put behind the name of a document, or leave out.
SUFFIXES = (".txt", ".pdf", ".docx", ".doc", ".html", ".htm", ".rtf")
TWICE = "the same text is in the document twice, and is coded differently"
ONLY_TEXT = "only stretches of the text can be taken"
NO_STANCE = "the theme has no stance: code one of the stances below it, too"


@dataclass(frozen=True, slots=True)
class Comment:
    """What the coder noted about a paragraph, under a theme (empty: under none)."""

    paragraph_id: str
    theme: str
    text: str


@dataclass(frozen=True, slots=True)
class Matched:
    """Coded paragraphs, comments, and the codings left out (columns `LEFT_OUT`).

    `n_codings` counts all the coder's codings in the project.
    """

    filled: list[Filled]
    comments: list[Comment]
    left_out: pd.DataFrame
    n_codings: int


def choose_user(
    received: Received, coder: str, wanted: str, others: Collection[str]
) -> tuple[str, frozenset[str]]:
    """The name of a coder in a project, and the GUIDs under which the coder codes there.

    That is the user called `wanted`, failing that the one called `coder`, failing that the only
    person in it, unless that is one of the `others`, whose codes we have already. Raises
    `LabelError`, which names the users, if it cannot be told.
    """
    names = {user.guid: user.name or NAMELESS for user in received.project.users}
    given = {coding.user for source in received.sources for coding, _ in _codings(source)}
    guids_of: dict[str, set[str]] = {}
    for guid in given:
        guids_of.setdefault(names.get(guid, NAMELESS), set()).add(guid)
    people = [name for name in guids_of if not MODEL.match(name)]
    only = people if len(people) == 1 and people[0] not in others else ()
    for name in (wanted,) if wanted else (coder, *only):
        if name in guids_of:
            return name, frozenset(guids_of[name])
    if not guids_of:
        raise LabelError(
            "Nothing is coded in the project.", "Code something, and export it again."
        )
    users = ", ".join(sorted(guids_of))
    raise LabelError(
        f"It cannot be told whose codes to take: the project has codings by {users}.",
        "Name one of them with --user.",
    )


def _codings(source: Source) -> Iterator[tuple[Coding, Selection | None]]:
    for selection in source.selections:
        for coding in selection.codings:
            yield coding, selection
    for _, coding in source.unplaced:
        yield coding, None


def match_codings(
    received: Received,
    users: Collection[str],
    meanings: Mapping[str, Meaning],
    documents: pd.DataFrame,
    paragraphs: pd.DataFrame,
) -> Matched:
    """What these users (GUIDs) coded, as codes of the paragraphs of a run.

    `meanings` says what each code means, by GUID.
    """
    matching = _Matching(received.project, meanings)
    find = _document_finder(documents)
    rows_of = dict(iter(paragraphs.groupby("doc_id")))
    n_codings = 0
    for source in received.sources:
        own = _only_by(source, users)
        n_codings += sum(1 for _ in _codings(own))
        doc_id, fault = find(source)
        if fault := fault or source.fault:
            for coding, selection in _codings(own):
                matching.leave_out(own, selection, coding, fault)
        elif own.selections or own.unplaced:
            matching.add(own, rows_of.get(doc_id, paragraphs.head(0)))
    about = paragraphs[paragraphs["paragraph_id"].isin(matching.coded)]
    prints = about["doc_id"] + about["text"].map(fingerprint)
    filled = list(matching.settle(dict(zip(about["paragraph_id"], prints, strict=True))))
    left_out = pd.DataFrame(matching.left_out, columns=LEFT_OUT)
    return Matched(filled, matching.comments, left_out, n_codings)


def _only_by(source: Source, users: Collection[str]) -> Source:
    """The source with only what these users coded, or noted without a code."""
    selections = []
    for selection in source.selections:
        own = tuple(coding for coding in selection.codings if coding.user in users)
        noted = selection.memo and not selection.codings and selection.user in users
        if own or noted:
            selections.append(replace(selection, codings=own))
    unplaced = tuple(item for item in source.unplaced if item[1].user in users)
    return replace(source, selections=tuple(selections), unplaced=unplaced)


def _document_finder(documents: pd.DataFrame) -> Callable[[Source], tuple[str, str]]:
    """A function source → (`doc_id`, why there is none): by GUID, or by a name that one has."""
    by_guid = {source_guid(doc_id): doc_id for doc_id in documents["doc_id"]}
    ours = name_sources(documents)
    called: dict[str, set[str]] = {}
    for doc_id, file in zip(documents["doc_id"], documents["source_file"], strict=True):
        for name in (ours[doc_id], file, PurePosixPath(file).name):
            called.setdefault(_bare(name), set()).add(doc_id)

    def find(source: Source) -> tuple[str, str]:
        if source.guid in by_guid:
            return by_guid[source.guid], ""
        found = called.get(_bare(source.name), set())
        if len(found) == 1:
            return next(iter(found)), ""
        how_many = "more than one document" if found else "no document"
        return "", f"{how_many} of the run has this name"

    return find


def _bare(name: str) -> str:
    """A name without its suffix, as names are compared."""
    name = " ".join(composed(name).split()).casefold()
    return next((name.removesuffix(end) for end in SUFFIXES if name.endswith(end)), name)


@dataclass(slots=True)
class _Claim:
    """What was coded about a paragraph under a theme: the stances, and by which codings."""

    stances: set[str] = field(default_factory=set)
    by: list[tuple[Source, Selection, Coding]] = field(default_factory=list)


class _Matching:
    """Collects what was coded about each paragraph, source by source."""

    def __init__(self, project: Project, meanings: Mapping[str, Meaning]) -> None:
        self._meanings = meanings
        self._names = {code.guid: path for code, path in walk_codes(project.codes)}
        self._claims: dict[str, dict[str, _Claim]] = {}
        self._read: dict[str, tuple[Source, Selection]] = {}
        self.left_out: list[tuple[str, int | None, int | None, str, str]] = []
        self.comments: list[Comment] = []

    def leave_out(
        self, source: Source, selection: Selection | None, coding: Coding, reason: str
    ) -> None:
        """List a coding that is not taken over."""
        name = self._names.get(coding.code, coding.code)
        start, end = (selection.start, selection.end) if selection is not None else (None, None)
        self.left_out.append((source.name, start, end, name, reason))

    def add(self, source: Source, paragraphs: pd.DataFrame) -> None:
        """Add what was coded in a source that stands for the document with these paragraphs."""
        for what, coding in source.unplaced:
            self.leave_out(source, None, coding, f"it is the code of {what}: {ONLY_TEXT}")
        text = read_text(source)
        letters = Letters(text)
        rows = list(zip(paragraphs["paragraph_id"], paragraphs["text"], strict=True))
        running = set(paragraphs.loc[paragraphs["kind"].isin(SUBSTANTIVE_KINDS), "paragraph_id"])
        places = find_paragraphs(letters, rows)
        for selection in source.selections:
            about, fault = _about(selection, text, letters, places, running)
            for coding in selection.codings:
                if fault:
                    self.leave_out(source, selection, coding, fault)
                elif coding.code not in self._meanings:
                    why = "the code is not one of the themes: --map can say which it stands for"
                    self.leave_out(source, selection, coding, why)
                else:
                    self._claim(about, source, selection, coding)
            means = any(coding.code in self._meanings for coding in selection.codings)
            if selection.memo and not means:
                self.comments += [Comment(name, "", selection.memo) for name in about]

    def _claim(
        self, about: Iterable[str], source: Source, selection: Selection, coding: Coding
    ) -> None:
        meaning = self._meanings[coding.code]
        for paragraph_id in about:
            if meaning.read:
                self._read[paragraph_id] = source, selection
            else:
                claims = self._claims.setdefault(paragraph_id, {})
                claim = claims.setdefault(meaning.theme, _Claim())
                claim.stances |= {meaning.stance} - {""}
                claim.by.append((source, selection, coding))
            if selection.memo:
                comment = Comment(paragraph_id, meaning.theme, selection.memo)
                if comment not in self.comments:
                    self.comments.append(comment)

    @property
    def coded(self) -> list[str]:
        """The ids of the paragraphs that something was said about."""
        return list(dict.fromkeys((*self._claims, *self._read)))

    def settle(self, same: Mapping[str, str]) -> Iterator[Filled]:
        """Yields the coded paragraphs; lists what has no stance, or contradicts itself.

        `same` has the same value for paragraphs of a document that codes cannot tell apart: what
        is said about one of them must fit what is said about the others.
        """
        asked = list(dict.fromkeys(m.theme for m in self._meanings.values() if m.theme))
        said = {name: self._say(name, asked) for name in self.coded}
        voices: dict[tuple[str, str], set[str]] = {}
        for paragraph_id, codes in said.items():
            for theme, code in codes.items():
                voices.setdefault((same[paragraph_id], theme), set()).add(code)
        for paragraph_id, codes in said.items():
            for theme in list(codes):
                if len(voices[same[paragraph_id], theme]) > 1:
                    del codes[theme]
                    self._leave_out_all(paragraph_id, theme, TWICE)
            if codes:
                yield Filled(self._where(paragraph_id), paragraph_id, DRAWN, codes)

    def _say(self, paragraph_id: str, asked: Sequence[str]) -> dict[str, str]:
        """The codes of a paragraph, without the themes for which there is not one stance."""
        codes = dict.fromkeys(asked, NO) if paragraph_id in self._read else {}
        for theme, claim in self._claims.get(paragraph_id, {}).items():
            codes.pop(theme, None)
            if len(claim.stances) == 1:
                (codes[theme],) = claim.stances
            else:
                stances = " and ".join(sorted(claim.stances))
                why = f"the paragraph is coded as {stances}: choose one, or mixed"
                self._leave_out_all(paragraph_id, theme, why if stances else NO_STANCE)
        return codes

    def _leave_out_all(self, paragraph_id: str, theme: str, reason: str) -> None:
        claim = self._claims.get(paragraph_id, {}).get(theme)
        for source, selection, coding in claim.by if claim is not None else ():
            self.leave_out(source, selection, coding, reason)

    def _where(self, paragraph_id: str) -> str:
        """The first selection that says something of a paragraph, for messages."""
        claims = self._claims.get(paragraph_id, {}).values()
        said = [claim.by[0][:2] for claim in claims] or [self._read[paragraph_id]]
        source, selection = said[0]
        return f"{source.name}, {selection.start} to {selection.end}"


def _about(
    selection: Selection, text: str, letters: Letters, places: Sequence[Place], running: set[str]
) -> tuple[list[str], str]:
    """The paragraphs that a selection is about, or the reason why there is none.

    Headings, tables and the like count only where there is no `running` text, which is what
    coders are asked about.
    """
    if not 0 <= selection.start < selection.end <= len(text):
        return [], f"its positions are outside the text of {len(text)} characters"
    found = paragraphs_at(letters.span(selection.start, selection.end), places)
    if not found:
        return [], "it is not at least half in a paragraph of the run, nor has it half of one"
    return [paragraph_id for paragraph_id in found if paragraph_id in running] or found, ""


def read_text(source: Source) -> str:
    r"""The text of a source, with line ends as the positions of its selections count them.

    Where lines end with `\r\n`, some programs count two characters and some one. The reading
    counts in which more selections begin and end where words do.
    """
    as_two, as_one = source.text, source.text.replace("\r\n", "\n")
    fits = [sum(_is_whole(text, item) for item in source.selections) for text in (as_two, as_one)]
    return as_one if fits[1] > fits[0] else as_two


def _is_whole(text: str, selection: Selection) -> bool:
    """Whether a selection begins and ends where words do."""
    start, end = selection.start, selection.end
    edges = (text[start - 1 : start + 1] if start > 0 else "", text[end - 1 : end + 1])
    chosen = text[start:end]
    return (
        end <= len(text)
        and chosen == chosen.strip()
        and not any(len(edge) == 2 and edge.isalnum() for edge in edges)
    )
