"""A REFI-QDA project as records: what is written to a `.qdpx` file, and what is read from one.

The names are those of the standard (REFI-QDA 1.0, www.qdasoftware.org), except that a Set is a
`Group` here.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from pathlib import Path

# The same thing has the same GUID in every export, so that tools recognise it.
NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "urn:inspection-themes")


def guid_of(kind: str, *names: object) -> str:
    """The GUID (UUIDv5) of one of our things, such as `guid_of("code", "camhs", "concern")`."""
    return str(uuid.uuid5(NAMESPACE, "\n".join(map(str, (kind, *names)))))


@dataclass(frozen=True, slots=True)
class User:
    """Someone who codes: a person, or the model."""

    guid: str
    name: str


@dataclass(frozen=True, slots=True)
class Code:
    """A code with the codes below it; `colour` is `#rrggbb`, or empty."""

    guid: str
    name: str
    colour: str = ""
    description: str = ""
    codes: tuple[Code, ...] = ()


@dataclass(frozen=True, slots=True)
class Variable:
    """What can be known of a source or a case; `kind` is Text or Date."""

    guid: str
    name: str
    kind: str


@dataclass(frozen=True, slots=True)
class Value:
    """The value of a variable, as text; dates like 2026-03-31."""

    variable: Variable
    text: str


@dataclass(frozen=True, slots=True)
class Case:
    """An authority, with the GUIDs of its sources."""

    guid: str
    name: str
    values: tuple[Value, ...]
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """Sources that have something in common, by their GUIDs."""

    guid: str
    name: str
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Coding:
    """That `user` gave `code` (both GUIDs)."""

    guid: str
    code: str
    user: str


@dataclass(frozen=True, slots=True)
class Selection:
    """A stretch of a source's text: its first character, and the character after its last.

    Positions count Unicode code points from 0. `on` is when it was made (like
    2026-03-31T00:00:00Z; empty: not known), `memo` what was noted about it.
    """

    guid: str
    name: str
    start: int
    end: int
    user: str
    on: str
    codings: tuple[Coding, ...]
    memo: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """A document: its text, and the selections in it. With `pdf`, the text represents that file.

    `unplaced` says of everything else that is coded in it, such as an area of a picture, what it
    is and which code it has. `fault` says why there is no text, if there is none.
    """

    guid: str
    name: str
    text: str
    selections: tuple[Selection, ...]
    values: tuple[Value, ...] = ()
    pdf: Path | None = None
    unplaced: tuple[tuple[str, Coding], ...] = ()
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Project:
    """All of a project but its sources; `origin` is the program that wrote it."""

    name: str
    origin: str
    users: tuple[User, ...]
    codes: tuple[Code, ...]
    variables: tuple[Variable, ...] = ()
    cases: tuple[Case, ...] = ()
    groups: tuple[Group, ...] = ()
    description: str = ""
