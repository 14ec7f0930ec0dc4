"""The tables of a run, and people's codes → a project and its sources."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any

import pandas as pd

from pipeline.base.characters import drop_invisible
from pipeline.base.codebook import Theme
from pipeline.base.columns import DATE_COLUMNS, SUB_JUDGEMENTS
from pipeline.base.pages import page_at
from pipeline.exchange.code_tree import READ_GUID, code_guid, code_tree
from pipeline.exchange.project import (
    Case,
    Code,
    Coding,
    Group,
    Project,
    Selection,
    Source,
    User,
    Value,
    Variable,
    guid_of,
)
from pipeline.exchange.texts import composed, set_out
from pipeline.labelling.codes import NO
from pipeline.labelling.link import link_codes
from pipeline.matrix.parts import Part

ORIGIN = "inspection-themes"
# Columns of `documents` that become variables of a source or of a case, with their titles.
SOURCE_VARIABLES = {
    "authority": "Authority",
    "document_type": "Document type",
    "framework": "Framework",
    "published_on": "Published on",
    "inspected_from": "Inspected from",
    "inspected_to": "Inspected to",
    "overall_effectiveness": "Overall effectiveness",
    **{name: name.replace("_", " ").capitalize() for name in SUB_JUDGEMENTS if name != "lscb"},
    "lscb": "LSCB",
}
CASE_VARIABLES = {"region": "Region", "ons_code": "ONS code"}
VARIABLES = {
    column: Variable(guid_of("variable", column), title, kind)
    for column, title in (SOURCE_VARIABLES | CASE_VARIABLES).items()
    for kind in ["Date" if column in DATE_COLUMNS else "Text"]
}
DESCRIPTION = (
    "Made by inspection-themes. What the user `model …` coded are tags of a trained classifier, "
    "which is sometimes wrong: a paragraph has the codes of its themes, and the sentence that "
    "carries a theme has the code of its stance."
)
MODEL = re.compile("model .")
# The beginning of a selection's text stands in its name, after the page.
NAME_LENGTH = 60


@dataclass(frozen=True, slots=True)
class Said:
    """What one person said of a paragraph: theme → stance or `no`; `for_all`: of every theme.

    `on` is the day on which they last did.
    """

    coder: str
    on: str
    codes: Mapping[str, str]
    for_all: bool


def link_people(codes: pd.DataFrame, part: Part, themes: Sequence[str]) -> dict[str, list[Said]]:
    """People's codes of some documents by the id of the paragraph they are about."""
    own = codes[codes["doc_id"].isin(part.documents["doc_id"])]
    linked = link_codes(own, part.paragraphs)[0].sort_values("coded_on", kind="stable")
    said: dict[str, list[Said]] = {}
    # Several rows of a coder, as of a theme that was added later, are one selection.
    for (paragraph_id, coder), rows in linked.groupby(["paragraph_id", "coder"], sort=False):
        latest: dict[str, str] = {}
        for row in rows.to_dict("records"):
            latest |= {theme: row[theme] for theme in themes if row.get(theme)}
        given = {theme: latest[theme] for theme in themes if theme in latest}
        on = rows["coded_on"].iloc[-1]
        said.setdefault(paragraph_id, []).append(
            Said(coder, on, given, for_all=len(given) == len(themes))
        )
    return said


def describe_project(
    name: str,
    documents: pd.DataFrame,
    themes: Mapping[str, Theme],
    users: Iterable[str],
) -> Project:
    """The project of some documents, without the sources; `users` are the names of who codes."""
    return Project(
        name=_plain(name),
        origin=ORIGIN,
        users=tuple(User(user_guid(name), _plain(name)) for name in users),
        codes=code_tree(themes),
        variables=tuple(VARIABLES.values()),
        cases=tuple(_cases(documents)),
        groups=tuple(_groups(documents)),
        description=DESCRIPTION,
    )


def user_guid(name: str) -> str:
    """The GUID of a coder or of a model, by name."""
    return guid_of("user", name)


def model_user(model_id: str) -> str:
    """The name under which a model codes; `MODEL` recognises it."""
    return f"model {model_id}"


def source_guid(doc_id: str) -> str:
    """The GUID of a document as a source."""
    return guid_of("source", doc_id)


def _plain(text: str) -> str:
    """A name that XML can hold: on one line, without control characters."""
    return composed(" ".join(drop_invisible(text).split()))


def name_sources(documents: pd.DataFrame) -> dict[str, str]:
    """The name of each document as a source, by `doc_id`; every name occurs once.

    It is the name of the file without its suffix, because QualCoder takes a text with the name of
    a PDF for a PDF.
    """
    stems = {
        doc_id: PurePosixPath(_plain(file)).stem
        for doc_id, file in zip(documents["doc_id"], documents["source_file"], strict=True)
    }
    alike = Counter(map(str.casefold, stems.values()))
    return {
        doc_id: stem if alike[stem.casefold()] == 1 else f"{stem} ({doc_id})"
        for doc_id, stem in stems.items()
    }


def _cases(documents: pd.DataFrame) -> Iterator[Case]:
    known = documents[documents["authority"] != ""]
    for authority, own in known.groupby("authority"):
        yield Case(
            guid_of("case", authority),
            _plain(str(authority)),
            tuple(_values(own.iloc[0].to_dict(), CASE_VARIABLES)),
            tuple(map(source_guid, own["doc_id"])),
        )


def _groups(documents: pd.DataFrame) -> Iterator[Group]:
    known = documents[documents["framework"] != ""]
    for framework, own in known.groupby("framework"):
        # Not the bare name: QualCoder makes a variable of a set.
        name = f"Framework: {framework}"
        yield Group(
            guid_of("set", framework), _plain(name), tuple(map(source_guid, own["doc_id"]))
        )


def _values(row: Mapping[str, Any], columns: Iterable[str]) -> Iterator[Value]:
    for column in columns:
        if not pd.isna(value := row[column]) and str(value):
            yield Value(VARIABLES[column], _plain(str(value)))


def make_sources(
    part: Part,
    themes: Sequence[str],
    people: Mapping[str, Sequence[Said]],
    names: Mapping[str, str],
    pdfs: Mapping[str, Path],
) -> Iterator[Source]:
    """The documents of a part as sources, with the model's tags and people's codes.

    `names` and `pdfs` are by `doc_id`.
    """
    tags = part.tags[part.tags["tagged"] & part.tags["theme"].isin(themes)]
    tags_of: dict[str, list[dict[str, Any]]] = {}
    for tag in tags.to_dict("records"):
        tags_of.setdefault(tag["paragraph_id"], []).append(tag)
    paragraphs_of = dict(iter(part.paragraphs.groupby("doc_id")))
    none = part.paragraphs.head(0)
    for document in part.documents.to_dict("records"):
        doc_id = document["doc_id"]
        own = paragraphs_of.get(doc_id, none)
        text, starts = set_out(zip(own["kind"], own["text"], strict=True))
        paged = not pd.isna(document["n_pages"])
        selections: list[Selection] = []
        for start, row in zip(starts, own.to_dict("records"), strict=True):
            page = row["page"] if paged else None
            spot = Spot(row["paragraph_id"], start, row["text"], page, row["pages"])
            for said in people.get(spot.paragraph_id, ()):
                selections += spot.by_person(said)
            if spot.paragraph_id in tags_of:
                selections += spot.by_model(tags_of[spot.paragraph_id])
        yield Source(
            source_guid(doc_id),
            names[doc_id],
            text,
            tuple(selections),
            tuple(_values(document, SOURCE_VARIABLES)),
            pdfs.get(doc_id),
        )


@dataclass(frozen=True, slots=True)
class Spot:
    """A paragraph in the text of a source: where it begins, and on which page (None: it has none).

    `pages` are those of the table `paragraphs`.
    """

    paragraph_id: str
    start: int
    text: str
    page: int | None
    pages: str

    def by_model(self, tags: Sequence[Mapping[str, Any]]) -> Iterator[Selection]:
        """The whole paragraph under its themes, and each carrying sentence under its stance."""
        user = user_guid(model_user(tags[0]["model_id"]))
        themes = [code_guid(tag["theme"]) for tag in tags]
        yield self._select(0, len(self.text), user, "", themes)
        carried: dict[tuple[int, int], list[str]] = {}
        for tag in tags:
            span = int(tag["carries_from"]), int(tag["carries_to"])
            carried.setdefault(span, []).append(code_guid(tag["theme"], tag["stance"]))
        for (start, end), stances in sorted(carried.items()):
            yield self._select(start, end, user, "", stances)

    def by_person(self, said: Said) -> Iterator[Selection]:
        """The whole paragraph under themes and stances, and `read` if it was read for all.

        A `no` to some themes only has no code, and is left out.
        """
        codes = []
        for theme, stance in said.codes.items():
            if stance != NO:
                codes += [code_guid(theme), code_guid(theme, stance)]
        if said.for_all:
            codes.append(READ_GUID)
        if codes:
            on = f"{said.on}T00:00:00Z" if said.on else ""
            yield self._select(0, len(self.text), user_guid(said.coder), on, codes)

    def _select(self, start: int, end: int, user: str, on: str, codes: list[str]) -> Selection:
        # Composing may shorten what stands before.
        first, last = (len(composed(self.text[:at])) for at in (start, end))
        guid = guid_of("selection", self.paragraph_id, user, start, end, *codes)
        return Selection(
            guid,
            self._name(start, end),
            self.start + first,
            self.start + last,
            user,
            on,
            tuple(Coding(guid_of("coding", guid, code), code, user) for code in codes),
        )

    def _name(self, start: int, end: int) -> str:
        words = _plain(self.text[start:end][: NAME_LENGTH + 1])
        if len(words) > NAME_LENGTH:
            words = f"{words[:NAME_LENGTH].rpartition(' ')[0]}…"
        if self.page is None:
            return words
        return f"p. {page_at(self.page, self.pages, start)}: {words}"


def case_codes(cases: Iterable[Case]) -> Iterator[Code]:
    """A code for each case, with its GUID.

    NVivo writes cases like this, beside the cases themselves, and it is the only way in which
    QualCoder finds out which documents belong to a case (`refi.py` in its source code).
    """
    return (Code(case.guid, case.name) for case in cases)


def code_case(source: Source, case: Case, user: str) -> Source:
    """The source with the code of its case given to the whole of it."""
    guid = guid_of("selection", source.guid, case.guid)
    coding = Coding(guid_of("coding", guid), case.guid, user)
    whole = Selection(guid, case.name, 0, len(source.text), user, "", (coding,))
    return replace(source, selections=(whole, *source.selections))
