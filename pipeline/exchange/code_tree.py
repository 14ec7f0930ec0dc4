"""Themes → the codes of a project, and the codes of a project → themes and stances."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.base.codebook import STANCES, Theme
from pipeline.base.csv_files import read_csv
from pipeline.base.errors import LabelError
from pipeline.exchange.project import Code, guid_of
from pipeline.labelling.task_files import READ
from pipeline.report.colours import STANCE_COLOURS

# Okabe and Ito 2008, "Color Universal Design": people who are colour-blind can tell them apart.
THEME_COLOURS = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#f0e442")
READ_COLOUR = "#7f7f7f"
READ_GUID = guid_of("code", READ)
MAP_COLUMNS = ["code", "theme", "stance"]


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a code says: a theme, with a stance if it has one, or (`read`) that all was read."""

    theme: str = ""
    stance: str = ""
    read: bool = False


def code_guid(theme: str, stance: str = "") -> str:
    """The GUID of the code of a theme, or of one of its stances."""
    return guid_of("code", theme, stance) if stance else guid_of("code", theme)


def code_tree(themes: Mapping[str, Theme]) -> tuple[Code, ...]:
    """A code for each theme with its stances below it, and one that says a paragraph was read.

    Every name occurs once: ATLAS.ti and QualCoder cannot have two codes of one name.
    """
    colours = {theme: THEME_COLOURS[n % len(THEME_COLOURS)] for n, theme in enumerate(themes)}
    coded = [
        Code(
            code_guid(theme.id),
            theme.title,
            colours[theme.id],
            _description(theme),
            tuple(
                Code(
                    code_guid(theme.id, stance),
                    f"{theme.title}: {stance}",
                    STANCE_COLOURS[stance],
                    f"What is said about {theme.title}: {stance}.",
                )
                for stance in STANCES
            ),
        )
        for theme in themes.values()
    ]
    told = "The paragraph was read for every theme. Themes that are not coded do not apply."
    return (*coded, Code(READ_GUID, READ, READ_COLOUR, told))


def _description(theme: Theme) -> str:
    lines = [theme.definition, f"Not: {theme.not_this}" if theme.not_this else "", *theme.rulings]
    return "\n".join(line for line in lines if line)


def walk_codes(codes: Iterable[Code], above: tuple[str, ...] = ()) -> Iterator[tuple[Code, str]]:
    """Yields every code with its path: the names from the outermost to its own, with ` > `."""
    for code in codes:
        path = (*above, code.name)
        yield code, " > ".join(path)
        yield from walk_codes(code.codes, path)


def read_meanings(
    codes: Iterable[Code], themes: Mapping[str, Theme], mapped: Mapping[str, Meaning]
) -> dict[str, Meaning]:
    """What each code of a project means, by GUID; a code that means nothing to us is left out.

    A code is known by its entry in `mapped`, by its GUID or by its name: that of a theme or its
    id, `Theme: stance`, or a stance if the code above it is a theme.
    """
    ours = {READ_GUID: Meaning(read=True)}
    for theme in themes:
        ours |= {code_guid(theme): Meaning(theme)}
        ours |= {code_guid(theme, stance): Meaning(theme, stance) for stance in STANCES}
    names = {
        _plain(name): theme.id for theme in themes.values() for name in (theme.id, theme.title)
    }
    by_path: dict[str, Meaning] = {}
    meanings = {}
    for code, path in walk_codes(codes):
        listed = (mapped.get(_plain(name)) for name in (code.guid, path, code.name))
        above = by_path.get(path.rpartition(" > ")[0], Meaning())
        meaning = next(filter(None, listed), None) or ours.get(code.guid)
        meaning = meaning or _by_name(_plain(code.name), names, above)
        if meaning is not None:
            meanings[code.guid] = by_path[path] = meaning
    return meanings


def _by_name(name: str, names: Mapping[str, str], above: Meaning) -> Meaning | None:
    if name in names:
        return Meaning(names[name])
    theme, colon, stance = name.rpartition(":")
    if colon and theme.strip() in names and stance.strip() in STANCES:
        return Meaning(names[theme.strip()], stance.strip())
    if name in STANCES and above.theme:
        return Meaning(above.theme, name)
    return Meaning(read=True) if name == READ else None


def _plain(name: str) -> str:
    return " ".join(name.split()).casefold()


def read_map(path: Path, themes: Sequence[str]) -> dict[str, Meaning]:
    """A table of correspondences: what codes of another codebook mean, by name, path or GUID.

    A CSV file with the columns `MAP_COLUMNS`; `stance` may be empty. Raises `LabelError` with the
    line that is wrong.
    """
    table = read_csv(path, LabelError)
    if not table.rows or not set(table.columns) >= set(MAP_COLUMNS):
        raise LabelError(
            f"{path} needs the columns {', '.join(MAP_COLUMNS)} and a row for each code.",
            "Write the first line of the file as: " + ",".join(MAP_COLUMNS),
        )
    mapped: dict[str, Meaning] = {}
    for line, row in table.rows:
        code, theme, stance = (row[column] for column in MAP_COLUMNS)
        if not code:
            raise LabelError(
                f"{path}, line {line}: there is no code.", "Name the code, or delete the line."
            )
        for what, value, known in (("theme", theme, themes), ("stance", stance, ("", *STANCES))):
            if value not in known:
                raise LabelError(
                    f"{path}, line {line}: there is no {what} {value!r}.",
                    f"It can be {', '.join(filter(None, known))}.",
                )
        meaning = Meaning(theme, stance)
        if mapped.setdefault(_plain(code), meaning) != meaning:
            raise LabelError(
                f"{path}, line {line}: {code!r} has another meaning further up.",
                "Keep one of the two: a code can stand for one theme and stance.",
            )
    return mapped
