"""Proposed paragraphs → a task file for coders; the filled file → codes.

A task file is an Excel sheet with drop-downs, or made for Label Studio, doccano or Prodigy. In the
sheet, a row whose `read` is `yes` says `no` to every theme left empty. A row marked `skip`, or
left untouched, says nothing: it is missing, not negative. A file remembers which themes it asked
for; a theme that was added to the codebook since is not taken as `no`.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from xml.sax.saxutils import quoteattr

import openpyxl
import pandas as pd
import xlsxwriter
from xlsxwriter.exceptions import FileCreateError

from pipeline.base.characters import drop_invisible
from pipeline.base.codebook import STANCES, Theme
from pipeline.base.errors import LabelError
from pipeline.labelling.codes import NO, PROBABILITY, is_probability

PROPOSED = [
    "paragraph_id",
    "drawn",
    "authority",
    "source_file",
    "page",
    "heading",
    "lead_in",
    "text",
]
# What a proposal for one theme has besides: how likely each draw was, and what the paragraph is
# coded as already.
CODED = "coded"
ALSO_PROPOSED = [PROBABILITY, CODED]
FORMATS = ("xlsx", "label-studio", "doccano", "prodigy")
FILE_SUFFIXES = {
    "xlsx": ".xlsx",
    "label-studio": ".json",
    "doccano": ".jsonl",
    "prodigy": ".jsonl",
}
READ, COMMENT = "read", "comment"
# The field of a task that lists the themes asked for.
ASKED = "themes"
YES, SKIP = "yes", "skip"
# What people, and spreadsheets, make of a `yes`.
MEANS_YES = (YES, "y", "true")
# Stands for a column without a name among the columns of a row.
NAMELESS = " "
# In task files a label is a theme and its stance; this one says that there is no theme.
NONE = "none"
MAX_SHEET_BYTES = 200_000_000
MAX_FAULTS = 20


def write_proposal(
    proposed: pd.DataFrame, themes: Mapping[str, Theme], path: Path, form: str = "xlsx"
) -> list[Path]:
    """Write a proposal as `form` (one of FORMATS). Returns the files written, the main one first.

    A `path` without a suffix gets the right one. Raises `LabelError` if that file exists: it may
    hold somebody's codes.
    """
    writers: dict[str, Callable[[pd.DataFrame, Mapping[str, Theme], Path], list[Path]]] = {
        "xlsx": _write_sheet,
        "label-studio": _write_label_studio,
        "doccano": _write_doccano,
        "prodigy": _write_prodigy,
    }
    if form not in FORMATS:
        raise LabelError(f"There is no format {form}.", f"Use one of {', '.join(FORMATS)}.")
    if not path.suffix:
        path = path.with_suffix(FILE_SUFFIXES[form])
    if path.exists():
        raise LabelError(f"{path} already exists.", "Choose another name, or move that file.")
    path.parent.mkdir(parents=True, exist_ok=True)
    return writers[form](proposed, themes, path)


def _write_sheet(proposed: pd.DataFrame, themes: Mapping[str, Theme], path: Path) -> list[Path]:
    workbook = xlsxwriter.Workbook(str(path), {"strings_to_formulas": False})
    head = workbook.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
    wrap = workbook.add_format({"text_wrap": True, "valign": "top"})
    code = workbook.add_format({"valign": "top", "bg_color": "#fff8e1", "border": 1})
    sheet = workbook.add_worksheet("paragraphs")
    told = list(proposed.columns)
    columns = [*told, *themes, READ, COMMENT]
    widths = {"text": 90, "heading": 30, "lead_in": 25, "source_file": 14, COMMENT: 30}
    for at, column in enumerate(columns):
        sheet.write_string(0, at, column, head)
        sheet.set_column(at, at, widths.get(column, 13), None)
    for row, values in enumerate(proposed.itertuples(index=False), start=1):
        for at in range(len(told)):
            value = "" if pd.isna(values[at]) else str(values[at])
            sheet.write_string(row, at, drop_invisible(value)[:32_000], wrap)
        for at in range(len(told), len(columns)):
            sheet.write_blank(row, at, None, code)
    last = max(len(proposed), 1)
    first_theme, read_at = len(told), len(told) + len(themes)
    sheet.data_validation(
        1, first_theme, last, read_at - 1, {"validate": "list", "source": [NO, *STANCES]}
    )
    sheet.data_validation(1, read_at, last, read_at, {"validate": "list", "source": [YES, SKIP]})
    sheet.freeze_panes(1, 1)
    guide = workbook.add_worksheet("codebook")
    guide.set_column(0, 0, 28)
    guide.set_column(1, 2, 90)
    lines = [
        (
            READ,
            "yes: you have read the paragraph; themes left empty count as `no`.",
            "skip: leave the paragraph out.",
        ),
        ("stance", "What the paragraph says about the theme:", ", ".join(STANCES)),
        *(
            (f"{t.id}: {t.title}", t.definition, "\n".join([f"Not: {t.not_this}", *t.rulings]))
            for t in themes.values()
        ),
    ]
    for row, parts in enumerate(lines):
        for at, part in enumerate(parts):
            guide.write_string(row, at, part, head if at == 0 else wrap)
    try:
        workbook.close()
    except FileCreateError as error:
        # XlsxWriter's name for any error of the system, which it holds.
        raise error.args[0] from error
    return [path]


def labels_of(themes: Mapping[str, Theme]) -> list[str]:
    """The labels of the task files: `none`, then every theme with every stance."""
    return [NONE, *(f"{theme}:{stance}" for theme in themes for stance in STANCES)]


def _tasks(proposed: pd.DataFrame, themes: Iterable[str]) -> Iterator[dict]:
    for row in proposed.itertuples(index=False):
        above = " > ".join(part for part in (row.heading, row.lead_in) if part)
        yield {
            "text": row.text,
            "above": above,
            "meta": {
                "paragraph_id": row.paragraph_id,
                "drawn": row.drawn,
                "file": row.source_file,
                ASKED: ", ".join(themes),
                **{name: getattr(row, name) for name in ALSO_PROPOSED if hasattr(row, name)},
            },
        }


def _write_label_studio(
    proposed: pd.DataFrame, themes: Mapping[str, Theme], path: Path
) -> list[Path]:
    tasks = [
        {"data": {"text": task["text"], "above": task["above"], **task["meta"]}}
        for task in _tasks(proposed, themes)
    ]
    path.write_text(json.dumps(tasks, ensure_ascii=False, indent=1), encoding="utf-8")
    choices = "\n".join(f"    <Choice value={quoteattr(name)}/>" for name in labels_of(themes))
    config = path.with_suffix(".xml")
    config.write_text(
        '<View>\n  <Text name="above" value="$above"/>\n  <Text name="text" value="$text"/>\n'
        f'  <Choices name="codes" toName="text" choice="multiple">\n{choices}\n  </Choices>\n'
        "</View>\n",
        encoding="utf-8",
    )
    return [path, config]


def _write_doccano(proposed: pd.DataFrame, themes: Mapping[str, Theme], path: Path) -> list[Path]:
    lines = [
        {"text": f"{t['above']}\n{t['text']}", "label": [], **t["meta"]}
        for t in _tasks(proposed, themes)
    ]
    labels = path.with_suffix(".labels.json")
    labels.write_text(
        json.dumps([{"text": name} for name in labels_of(themes)], indent=1), encoding="utf-8"
    )
    return [*_write_lines(path, lines), labels]


def _write_prodigy(proposed: pd.DataFrame, themes: Mapping[str, Theme], path: Path) -> list[Path]:
    options = [{"id": name, "text": name} for name in labels_of(themes)]
    lines = [
        {"text": t["text"], "options": options, "meta": t["meta"] | {"above": t["above"]}}
        for t in _tasks(proposed, themes)
    ]
    return _write_lines(path, lines)


def _write_lines(path: Path, lines: Sequence[dict]) -> list[Path]:
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    path.write_text(text, encoding="utf-8")
    return [path]


@dataclass(frozen=True, slots=True)
class Filled:
    """A coded paragraph of a filled file: `where` is its row or item, `codes` are theme → code.

    `probability` is how likely it was to be drawn; empty if that is not known.
    """

    where: str
    paragraph_id: str
    drawn: str
    codes: dict[str, str]
    probability: str = ""


def read_filled(path: Path, themes: Sequence[str]) -> list[Filled]:
    """The coded paragraphs of a filled file in any of the FORMATS.

    Label Studio's JSON and JSON-MIN, doccano's JSON and JSONL and Prodigy's JSONL are recognised
    by their content. Skipped, rejected and untouched items are left out. Raises `LabelError`,
    which lists row by row what is not understood.
    """
    if not path.is_file():
        raise LabelError(f"There is no file {path}.", "Give the filled-in file with --sheet.")
    try:
        if path.suffix.lower() == ".xlsx":
            rows = list(_rows_of_sheet(path, themes))
        else:
            rows = list(_rows_of_items(read_items(path), themes))
    except LabelError:
        raise
    except (
        OSError,
        ValueError,
        KeyError,
        TypeError,
        AttributeError,
        RecursionError,
        zipfile.BadZipFile,
    ) as error:
        raise LabelError(
            f"{path} cannot be read as a coded file ({type(error).__name__}: {error}).",
            "Give the .xlsx that `label` wrote, or an export from Label Studio (JSON), doccano or "
            "Prodigy (JSONL).",
        ) from error
    filled, faults = [], []
    for where, paragraph_id, drawn, said, likely in rows:
        own = _own_faults(where, said, themes)
        if said and not is_probability(likely):
            own = [*own, f"{where}: {PROBABILITY} is {likely!r}; leave it as `label` wrote it"]
        faults += own
        if said and not own:
            filled.append(Filled(where, paragraph_id, drawn, said, likely))
    raise_faults(path, faults)
    return filled


def _own_faults(where: str, said: dict[str, str], themes: Sequence[str]) -> list[str]:
    if NAMELESS in said:
        return [
            f"{where}: there is {said[NAMELESS]!r} in a column without a name; notes belong in "
            f"`{COMMENT}`"
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


Row = tuple[str, str, str, dict[str, str], str]


def _rows_of_sheet(path: Path, themes: Sequence[str]) -> Iterator[Row]:
    with zipfile.ZipFile(path) as archive:
        if sum(part.file_size for part in archive.infolist()) > MAX_SHEET_BYTES:
            raise LabelError(
                f"{path} is too large to be a coding sheet.", "Give the filled-in one."
            )
    workbook = openpyxl.load_workbook(path, read_only=True, data_only=True)
    try:
        named = "paragraphs" if "paragraphs" in workbook.sheetnames else workbook.sheetnames[0]
        rows = list(workbook[named].iter_rows(values_only=True))
    finally:
        workbook.close()
    header = [_plain(value) for value in rows[0]] if rows else []
    _check_header(path, [name for name in header if name], themes)
    for number, values in enumerate(rows[1:], start=2):
        stray = [_plain(v) for name, v in zip_longest(header, values) if _plain(v) and not name]
        row = dict(zip(header, map(_plain, values), strict=False))
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
            told = [row.get(name, "") for name in ("paragraph_id", "drawn", PROBABILITY)]
            yield f"row {number}", told[0], told[1], said, told[2]


def _check_header(path: Path, header: list[str], themes: Sequence[str]) -> None:
    known = [*PROPOSED, *ALSO_PROPOSED, *themes, READ, COMMENT]
    missing = [name for name in ("paragraph_id", READ) if name not in header]
    strange = [name for name in header if name not in known]
    twice = sorted({name for name in header if header.count(name) > 1})
    for what, names in (("lacks", missing), ("repeats", twice)):
        if names:
            raise LabelError(
                f"{path} {what} the columns {', '.join(names)}.", "Give the sheet from `label`."
            )
    if strange:
        raise LabelError(
            f"{path} has the column {strange[0]!r}, which is not a theme in the codebook.",
            f"Name it as `label` did, or delete it; notes belong in `{COMMENT}`.",
        )


def _plain(value: object) -> str:
    return "" if value is None else str(value).strip()


def read_items(path: Path) -> list[dict]:
    """The items of a file of JSON: a list, or an object a line. Raises `ValueError` if none."""
    text = path.read_text(encoding="utf-8-sig")
    if text.lstrip().startswith("["):
        items = json.loads(text)
    else:
        items = [json.loads(line) for line in text.split("\n") if line.strip()]
    if not items:
        raise ValueError("it has no items")
    return items


def _rows_of_items(items: list[dict], themes: Sequence[str]) -> Iterator[Row]:
    if any("annotation_id" in item for item in items) and not any("codes" in i for i in items):
        raise ValueError("no item has `codes`, the name that `label` gives them in Label Studio")
    for number, item in enumerate(items, start=1):
        where, about = f"item {number}", _about(item)
        for names in _labels_of(item, where):
            yield (
                where,
                str(about.get("paragraph_id") or ""),
                str(about.get("drawn") or ""),
                _said(names, _asked(item, themes)),
                str(about.get(PROBABILITY) or ""),
            )


def _asked(item: dict, themes: Sequence[str]) -> list[str]:
    """The themes for which an item was coded: those it names, or all if it is of an older kind."""
    named = _about(item).get(ASKED)
    if not isinstance(named, str):
        return list(themes)
    asked = {name.strip() for name in named.split(",")}
    return [theme for theme in themes if theme in asked]


def _about(item: dict) -> dict:
    """The part of an item that says which paragraph it is; each tool has its own place for it."""
    for key in ("data", "meta", "metadata"):
        if isinstance(item.get(key), dict):
            return item[key]
    return item


def _labels_of(item: dict, where: str) -> Iterator[list[str]]:
    """Yields the labels of each coding of an item. Raises `ValueError` if it cannot hold any."""
    if "answer" in item or "options" in item:  # Prodigy
        if "options" not in item:
            raise ValueError(f"{where} is not from Prodigy's choice view")
        if item.get("answer") == "accept":
            # Accepted with nothing chosen is how Prodigy says that no option applies.
            yield list(item.get("accept", [])) or [NONE]
    elif isinstance(item.get("data"), dict):  # Label Studio, JSON
        for reading in item.get("annotations", item.get("completions", [])):
            if not reading.get("was_cancelled"):
                values = [result["value"] for result in reading["result"]]
                if values and not any("choices" in value for value in values):
                    raise ValueError(f"{where} has no choices among its annotations")
                yield [name for value in values for name in _list(value.get("choices"))]
    elif "codes" in item or "annotation_id" in item:  # Label Studio, JSON-MIN
        codes = item.get("codes")
        yield _list(codes.get("choices") if isinstance(codes, dict) else codes)
    elif "label" in item or "labels" in item:  # doccano
        yield _list(item.get("label", item.get("labels")))
    elif "annotations" in item:
        raise ValueError(
            f"{where} has numbers for labels, as older versions of doccano exported them; export "
            "it with the names of the labels"
        )
    else:
        raise ValueError(f"{where} has no place for labels")


def _list(labels: list[str] | str | None) -> list[str]:
    return [labels] if isinstance(labels, str) else [str(name) for name in labels or ()]


def _said(names: Sequence[str], themes: Sequence[str]) -> dict[str, str]:
    """Labels → codes. Any label means `no` for the themes not named; no label means no codes."""
    said: dict[str, str] = {}
    for name in names:
        theme, _, stance = (part.strip() for part in str(name).partition(":"))
        if theme != NONE or len(names) > 1:
            said[theme] = f"{said[theme]} and {stance}" if theme in said else stance
    return dict.fromkeys(themes, NO) | said if names else {}
