"""A filled task file, in any of the formats → the coded paragraphs in it.

In the sheet, a row whose `read` is `yes` says `no` to every theme left empty. A row marked `skip`,
or left untouched, says nothing: it is missing, not negative. A file remembers which themes it
asked for; a theme that was added to the codebook since is not taken as `no`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

from pipeline.base.codebook import STANCES
from pipeline.base.counted import counted
from pipeline.base.csv_files import read_csv
from pipeline.base.errors import LabelError
from pipeline.base.files import BROKEN_ZIP
from pipeline.labelling.codes import DRAWN_FOR_THEME, NO, PROBABILITY, is_probability
from pipeline.labelling.coding_sheet import COMMENT, SUFFIX, plain, read_sheet
from pipeline.labelling.task_files import (
    ALSO_PROPOSED,
    ASKED,
    NONE,
    PROPOSED,
    READ,
    SKIP,
    YES,
)

# In Label Studio each theme has choices of its own; earlier versions had these for all of them.
CODES = "codes"
# What people, and spreadsheets, make of a `yes`.
MEANS_YES = (YES, "y", "true")
# Stand for a column without a name among the columns of a row, and for one that is not ours.
NAMELESS, STRANGE = " ", "  "
# Prodigy calls a session by its time unless coders give their names, so one person has several.
NAMELESS_SESSION = re.compile(r"\d{4}-\d\d-\d\d_\d\d-\d\d-\d\d")
MAX_FAULTS = 20


@dataclass(frozen=True, slots=True)
class Filled:
    """A coded paragraph of a filled file: `where` is its row or item, `codes` are theme → code.

    `probability` is how likely it was to be drawn, `text` what it said when the file was made,
    `annotator` who coded it, as the tool has it; empty if that is not known.
    """

    where: str
    paragraph_id: str
    drawn: str
    codes: dict[str, str]
    probability: str = ""
    text: str = ""
    annotator: str = ""


def read_filled(path: Path, themes: Sequence[str]) -> list[Filled]:
    """The coded paragraphs of a filled file in any of `task_files.FORMATS`.

    Label Studio's JSON, JSON-MIN and CSV, doccano's JSON and JSONL and Prodigy's JSONL are
    recognised by their content, and so is a sheet that was saved as CSV. Skipped, rejected and
    untouched items are left out. Raises `LabelError`, which lists row by row what is not
    understood, or names those who coded it if they are several.
    """
    if not path.is_file():
        raise LabelError(f"There is no file {path}.", "Give the filled-in file with --sheet.")
    try:
        if (table := _read_table(path)) is not None:
            rows = list(_rows_of_sheet(path, *table, themes))
        else:
            rows = list(_rows_of_items(read_items(path), themes))
    except LabelError:
        raise
    # Damaged XML in a workbook is a `SyntaxError`.
    except (*BROKEN_ZIP, KeyError, TypeError, AttributeError, SyntaxError) as error:
        raise LabelError(
            f"{path} cannot be read as a coded file ({type(error).__name__}: {error}).",
            "Give the sheet that `label` wrote (.xlsx or CSV), or an export from Label "
            "Studio (JSON or CSV), doccano or Prodigy (JSONL).",
        ) from error
    _check_draws(path, rows)
    filled, faults = [], []
    for row in rows:
        own = _own_faults(row.where, row.codes, themes)
        if row.codes and not is_probability(row.probability):
            own.append(
                f"{row.where}: {PROBABILITY} is {row.probability!r}; leave it as `label` wrote it"
            )
        faults += own
        if row.codes and not own:
            filled.append(row)
    raise_faults(path, faults)
    people = sorted({row.annotator for row in filled} - {""})
    if len(people) > 1:
        raise LabelError(
            f"{path} has what {' and '.join(people)} coded, so nothing was merged.",
            "Export each person's tasks alone, and read each file with their own --coder.",
        )
    return filled


def _check_draws(path: Path, rows: Sequence[Filled]) -> None:
    """Raise `LabelError` if a sheet for one theme has lost the probabilities of its draws."""
    lacking = [r.where for r in rows if r.drawn in DRAWN_FOR_THEME and not r.probability]
    if lacking:
        raise LabelError(
            f"{path} lacks {PROBABILITY} ({counted(len(lacking), 'row')}, first {lacking[0]}).",
            "Copy it back from the sheet that `label` wrote: without it nobody can tell how "
            "frequent the theme is.",
        )


def _own_faults(where: str, said: dict[str, str], themes: Sequence[str]) -> list[str]:
    if NAMELESS in said:
        return [
            f"{where}: there is {said[NAMELESS]!r} in a column without a name; notes belong in "
            f"`{COMMENT}`"
        ]
    if STRANGE in said:
        return [
            f"{where}: there is a column {said[STRANGE]!r}, which is not a theme in the codebook; "
            f"notes belong in `{COMMENT}`"
        ]
    if READ in said:
        return [f"{where}: {READ} is {said[READ]!r}; it can be {YES}, {SKIP} or empty"]
    unknown = [
        f"{where}: `{NONE}` is combined with other labels"
        if theme == NONE
        else f"{where}: there is no theme {theme!r} in the codebook"
        for theme in said
        if theme not in themes
    ]
    wrong = [
        f"{where}: {theme} is {code!r}; it can be {', '.join((NO, *STANCES))} or empty"
        for theme, code in said.items()
        if theme in themes and code not in (NO, *STANCES)
    ]
    return unknown + wrong


def raise_faults(path: str | Path, faults: list[str]) -> None:
    """Raise `LabelError` listing the faults of a filled file, if there are any."""
    if faults:
        more = f"; and {len(faults) - MAX_FAULTS} more" if len(faults) > MAX_FAULTS else ""
        raise LabelError(
            f"{path}: {'; '.join(faults[:MAX_FAULTS])}{more}.",
            "Nothing was merged. Correct these and run the command again.",
        )


def _read_table(path: Path) -> tuple[list[str], list[tuple[int, Sequence]]] | None:
    """The header of a sheet, also if it was saved as CSV, and its rows with their numbers.

    None for an export of another tool.
    """
    if path.suffix.lower() == SUFFIX:
        header, rows = read_sheet(path)
        return header, list(enumerate(rows, start=2))
    if path.suffix.lower() == ".csv":
        table = read_csv(path, LabelError)
        # Label Studio's may have both, as a task and as a choice.
        if {"paragraph_id", READ} <= {*table.columns} and "annotation_id" not in table.columns:
            cells = ((n, [row[name] for name in table.columns]) for n, row in table.rows)
            return table.columns, list(cells)
    return None


def _rows_of_sheet(
    path: Path, header: list[str], rows: list[tuple[int, Sequence]], themes: Sequence[str]
) -> Iterator[Filled]:
    """Yields the rows; what is wrong with one stands among its codes, see `_own_faults`."""
    _check_header(path, [name for name in header if name])
    for name in header:
        if name and name not in (*PROPOSED, *ALSO_PROPOSED, *themes, READ, COMMENT):
            yield Filled("row 1", "", "", {STRANGE: name})
    for number, values in rows:
        stray = [plain(v) for name, v in zip_longest(header, values) if plain(v) and not name]
        row = dict(zip(header, map(plain, values), strict=False))
        said = {theme: row[theme].lower() for theme in themes if row.get(theme)}
        read = row.get(READ, "").lower()
        if read in MEANS_YES:
            said = {theme: NO for theme in themes if theme in header} | said
        elif read == SKIP:
            said = {}
        elif read:
            said |= {READ: read}
        if stray:
            said = {NAMELESS: stray[0]}
        if row.get("paragraph_id") or said:
            yield Filled(
                f"row {number}",
                row.get("paragraph_id", ""),
                row.get("drawn", ""),
                said,
                row.get(PROBABILITY, ""),
                row.get("text", ""),
            )


def _check_header(path: Path, header: list[str]) -> None:
    missing = [name for name in ("paragraph_id", READ) if name not in header]
    twice = sorted({name for name in header if header.count(name) > 1})
    for what, names in (("lacks", missing), ("repeats", twice)):
        if names:
            raise LabelError(
                f"{path} {what} the columns {', '.join(names)}.", "Give the sheet from `label`."
            )


def read_items(path: Path) -> list[dict]:
    """The items of a file: the rows of a CSV, or JSON as a list or an object a line.

    Raises `ValueError` if there are none.
    """
    if path.suffix.lower() == ".csv":
        items = [row for _, row in read_csv(path, LabelError).rows]
    else:
        text = path.read_text(encoding="utf-8-sig")
        if text.lstrip().startswith("["):
            items = json.loads(text)
        else:
            items = [json.loads(line) for line in text.split("\n") if line.strip()]
    if not items:
        raise ValueError("it has no items")
    return items


def _rows_of_items(items: list[dict], themes: Sequence[str]) -> Iterator[Filled]:
    flat = [item for item in items if "annotation_id" in item]
    if flat and not any(name in item for item in flat for name in _controls(item, themes)):
        raise ValueError(
            f"no item has a theme or `{READ}`, the names that `label` gives in Label Studio"
        )
    for number, item in enumerate(items, start=1):
        where, about = f"item {number}", _about(item)
        for annotator, names in _codings_of(item, where, themes):
            yield Filled(
                where,
                str(about.get("paragraph_id") or ""),
                str(about.get("drawn") or ""),
                _said(names, _asked(item, themes)),
                str(about.get(PROBABILITY) or ""),
                _text_of(item),
                _name_of(annotator),
            )


def _asked(item: dict, themes: Sequence[str]) -> list[str]:
    """The themes for which an item was coded: those it names, or all if it is of an older kind."""
    asked = _named(item, themes)
    return [theme for theme in themes if theme in asked]


def _named(item: dict, themes: Sequence[str]) -> list[str]:
    named = _about(item).get(ASKED)
    return [*map(str.strip, named.split(","))] if isinstance(named, str) else list(themes)


def _controls(item: dict, themes: Sequence[str]) -> list[str]:
    """What Label Studio may have a choice for, in an item where each has a field of its own."""
    return [*_named(item, themes), READ, CODES]


def _about(item: dict) -> dict:
    """The part of an item that says which paragraph it is; each tool has its own place for it."""
    for key in ("data", "meta", "metadata"):
        if isinstance(item.get(key), dict):
            return item[key]
    return item


def _text_of(item: dict) -> str:
    """The text of an item's paragraph; in doccano, what stands above it is a line before it."""
    told = (_about(item).get("text"), item.get("text"), item.get("data"))
    text = next((value for value in told if isinstance(value, str)), "")
    return text.strip().rpartition("\n")[2]


def _name_of(annotator: object) -> str:
    """Whom a tool names with a number, a text or, in Label Studio, with all it knows of them."""
    if isinstance(annotator, dict):
        annotator = annotator.get("email") or annotator.get("id")
    name = "" if annotator is None else str(annotator).strip()
    return "" if NAMELESS_SESSION.fullmatch(name) else name


def _codings_of(
    item: dict, where: str, themes: Sequence[str]
) -> Iterator[tuple[object, list[str]]]:
    """Yields the annotator and the labels of each coding of an item.

    Raises `ValueError` if it cannot hold any.
    """
    if "answer" in item or "options" in item:  # Prodigy
        if "options" not in item:
            raise ValueError(f"{where} is not from Prodigy's choice view")
        config = item.get("config")
        if isinstance(config, dict) and config.get("choice_style") == "single":
            raise ValueError(f"{where} was coded with a choice_style of single: one theme at most")
        if item.get("answer") == "accept":
            # Accepted with nothing chosen is how Prodigy says that no option applies.
            who = item.get("_annotator_id") or item.get("_session_id")
            yield who, _labels(CODES, item.get("accept")) or [NONE]
    elif isinstance(item.get("data"), dict):  # Label Studio, JSON
        for reading in item.get("annotations", item.get("completions", [])):
            if not reading.get("was_cancelled"):
                given = [(r.get("from_name", CODES), r["value"]) for r in reading["result"]]
                if given and not any("choices" in value for _, value in given):
                    raise ValueError(f"{where} has no choices among its annotations")
                names = [name for control, value in given for name in _labels(control, value)]
                yield reading.get("completed_by"), names
    elif "codes" in item or "annotation_id" in item:  # Label Studio, JSON-MIN or CSV
        controls = _controls(item, themes)
        names = [name for control in controls for name in _labels(control, item.get(control))]
        yield item.get("annotator"), names
    elif "label" in item or "labels" in item:  # doccano
        yield None, _labels(CODES, item.get("label", item.get("labels")))
    elif "annotations" in item:
        raise ValueError(
            f"{where} has numbers for labels, as older versions of doccano exported them; export "
            "it with the names of the labels"
        )
    else:
        raise ValueError(f"{where} has no place for labels")


def _labels(control: str, chosen: object) -> list[str]:
    """What was chosen under a control as labels, such as `camhs:concern`.

    It is a text or a list, in which a nested choice is a list itself. Label Studio puts it into
    {"choices": …}, and that, in a CSV, into a text.
    """
    if isinstance(chosen, str) and chosen.startswith(("{", "[")):
        chosen = json.loads(chosen)
    if isinstance(chosen, dict):
        chosen = chosen.get("choices")
    several = chosen if isinstance(chosen, list) else [chosen] if chosen else []
    names = [":".join(map(str, name)) if isinstance(name, list) else str(name) for name in several]
    # A nested choice may come with the one above it.
    names = [name for name in names if not any(n.startswith(f"{name}:") for n in names)]
    return names if control == CODES else [f"{control}:{name}" for name in names]


def _said(names: Sequence[str], themes: Sequence[str]) -> dict[str, str]:
    """Labels → codes. Any label means `no` for the themes not named; no label means no codes."""
    said: dict[str, str] = {}
    for name in names:
        theme, _, stance = (part.strip() for part in name.partition(":"))
        if theme == READ and stance.lower() in MEANS_YES:
            continue
        if theme != NONE or len(names) > 1:
            said[theme] = f"{said[theme]} and {stance}" if theme in said else stance
    return dict.fromkeys(themes, NO) | said if names else {}
