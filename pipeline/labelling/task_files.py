"""Proposed paragraphs → a task file for coders; `filled` reads it back.

A task file is an Excel sheet with drop-downs, or made for Label Studio, doccano or Prodigy. It
names the themes that it asks for.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from xml.sax.saxutils import quoteattr

import pandas as pd

from pipeline.base.codebook import STANCES, Theme
from pipeline.base.errors import LabelError
from pipeline.base.files import write_whole
from pipeline.labelling.codes import NO, PROBABILITY
from pipeline.labelling.coding_sheet import COMMENT, SUFFIX, new_file, write_sheet

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
    "xlsx": SUFFIX,
    "label-studio": ".json",
    "doccano": ".jsonl",
    "prodigy": ".jsonl",
}
READ = "read"
# The field of a task that lists the themes asked for.
ASKED = "themes"
YES, SKIP = "yes", "skip"
# In other task files a label is a theme and its stance; this one says that there is no theme.
NONE = "none"


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
    return writers[form](proposed, themes, new_file(path, FILE_SUFFIXES[form]))


def _write_sheet(proposed: pd.DataFrame, themes: Mapping[str, Theme], path: Path) -> list[Path]:
    lists = [(list(themes), [NO, *STANCES]), ([READ], [YES, SKIP]), ([COMMENT], [])]
    guide = [
        (
            READ,
            "yes: you have read the paragraph; themes left empty count as `no`.",
            "skip: leave the paragraph out.",
        )
    ]
    told = [name for name in proposed if name in (*PROPOSED, *ALSO_PROPOSED)]
    write_sheet(path, proposed[told], lists, themes, guide)
    return [path]


def labels_of(themes: Mapping[str, Theme]) -> list[str]:
    """The labels for doccano and Prodigy: `none`, then every theme with every stance."""
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
    asked: list[tuple[str, str, Sequence[str], str]]
    asked = [(theme.id, theme.title, STANCES, "") for theme in themes.values()]
    # A theme without a choice is a `no` only if the paragraph was read.
    asked.append((READ, "Read: themes left empty are not in it", (YES,), ' required="true"'))
    controls = [
        f"  <Header value={quoteattr(title)}/>\n"
        f'  <Choices name="{name}" toName="text" choice="single" showInline="true"{more}>\n'
        + "".join(f'    <Choice value="{choice}"/>\n' for choice in choices)
        + "  </Choices>\n"
        for name, title, choices, more in asked
    ]
    config = path.with_suffix(".xml")
    write_whole(
        config,
        '<View>\n  <Text name="above" value="$above"/>\n  <Text name="text" value="$text"/>\n'
        f"{''.join(controls)}</View>\n",
    )
    # Last, as a file of this name is never written over: no part may be missing beside it.
    write_whole(path, json.dumps(tasks, ensure_ascii=False, indent=1))
    return [path, config]


def _write_doccano(proposed: pd.DataFrame, themes: Mapping[str, Theme], path: Path) -> list[Path]:
    lines = [
        {"text": f"{t['above']}\n{t['text']}", "label": [], **t["meta"]}
        for t in _tasks(proposed, themes)
    ]
    labels = path.with_suffix(".labels.json")
    write_whole(labels, json.dumps([{"text": name} for name in labels_of(themes)], indent=1))
    return [*_write_lines(path, lines), labels]


def _write_prodigy(proposed: pd.DataFrame, themes: Mapping[str, Theme], path: Path) -> list[Path]:
    options = [{"id": name, "text": name} for name in labels_of(themes)]
    # Without these Prodigy lets coders choose one label only.
    view = {"_view_id": "choice", "config": {"choice_style": "multiple"}}
    lines = [
        {"text": t["text"], "options": options, "meta": t["meta"] | {"above": t["above"]}, **view}
        for t in _tasks(proposed, themes)
    ]
    return _write_lines(path, lines)


def _write_lines(path: Path, lines: Sequence[dict]) -> list[Path]:
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    write_whole(path, text)
    return [path]
