"""Validations of made-up runs: coded sheets, and simulations in which the truth is known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import openpyxl
import pandas as pd
from runs import MadeRun, make_run

from pipeline.validation.draw import CLEAR, DOUBTFUL, TAGGED, draw_sample
from pipeline.validation.figures import Domain

THEMES = ("one", "two", "three")
LETTERS = "abcdefghij"
# Paragraph → theme → code, of those a coder gives a theme.
Said = Mapping[str, Mapping[str, str]]


def run_to_validate(**options) -> MadeRun:
    """A made-up run of 24 documents in which no two paragraphs have the same words."""
    run = make_run(**options)
    words = [
        "".join(LETTERS[int(digit)] for digit in f"{n:04d}") for n in range(len(run.paragraphs))
    ]
    texts = [f"The {word} team of {word} town wrote about {word} {word}ing." for word in words]
    return replace(run, paragraphs=run.paragraphs.assign(text=texts))


def said_by_the_model(run: MadeRun) -> dict[str, dict[str, str]]:
    """The codes of a coder who always agrees with the model."""
    said: dict[str, dict[str, str]] = {}
    for row in run.tags[run.tags["tagged"]].itertuples():
        said.setdefault(row.paragraph_id, {})[row.theme] = row.stance
    return said


def fill(sheet: Path, filled: Path, said: Said, rows: slice = slice(None)) -> Path:
    """Fill in some rows of a sheet, as a coder would, and save it as `filled`."""
    workbook = openpyxl.load_workbook(sheet)
    page = workbook["paragraphs"]
    header = [cell.value for cell in page[1]]
    for row in list(page.iter_rows(min_row=2))[rows]:
        cells = dict(zip(header, row, strict=False))
        for theme, code in said.get(cells["paragraph_id"].value, {}).items():
            cells[theme].value = code
        cells["read"].value = "yes"
    workbook.save(filled)
    return filled


class Theme(NamedTuple):
    """How common a theme is in a kind of document, and how well the model finds it there."""

    share: float
    recall: float
    false_alarms: float


class Kind(NamedTuple):
    """So many documents of about so many paragraphs, and what is true of each theme."""

    documents: int
    paragraphs: int
    themes: Sequence[Theme]


GOOD = Kind(60, 100, [Theme(0.04, 0.85, 0.006), Theme(0.12, 0.88, 0.012), Theme(0.06, 0.9, 0.004)])
# Rare themes, half of them missed, and most tags wrong.
BAD = Kind(20, 45, [Theme(0.15, 0.6, 0.08), Theme(0.02, 0.5, 0.06), Theme(0.004, 0.5, 0.02)])


class World(NamedTuple):
    """Paragraphs with their strata; the columns of `true` and `tagged` are the `THEMES`."""

    strata: pd.DataFrame
    true: np.ndarray
    tagged: np.ndarray


def make_world(
    rng: np.random.Generator, kinds: Sequence[Kind] = (GOOD, BAD), alike: float = 0.05
) -> World:
    """Paragraphs that cluster: shares, recall and false alarms differ from document to document.

    `alike` is the correlation of the model's errors within a document; that of the codes is 0.02.
    """
    tables, true, tagged = [], [], []
    for number, kind in enumerate(kinds):
        sizes = rng.poisson(kind.paragraphs, kind.documents) + 5
        of = np.repeat(np.arange(kind.documents), sizes)
        documents = np.char.add(f"{number}-", of.astype(str))
        tables.append(pd.DataFrame({"doc_id": documents, "kind": f"kind {number}"}))
        columns = []
        for theme in kind.themes:
            yes = rng.random(len(of)) < _around(rng, theme.share, 0.02, kind.documents)[of]
            hit = _around(rng, theme.recall, alike, kind.documents)[of]
            alarm = _around(rng, theme.false_alarms, min(alike, 0.02), kind.documents)[of]
            columns.append((yes, rng.random(len(of)) < np.where(yes, hit, alarm)))
        true.append(np.column_stack([yes for yes, _ in columns]))
        tagged.append(np.column_stack([tag for _, tag in columns]))
    strata = pd.concat(tables, ignore_index=True)
    yes, tag = np.vstack(true), np.vstack(tagged)
    # The model is in doubt about half of what it misses, and about a few others.
    doubt = np.where(yes.any(axis=1), 0.5, 0.08) > rng.random(len(yes))
    rarest = np.array(THEMES)[np.argsort(tag.sum(axis=0))]
    order = tag[:, np.argsort(tag.sum(axis=0))]
    named = np.char.add(TAGGED, rarest[order.argmax(axis=1)])
    stratum = np.where(tag.any(axis=1), named, np.where(doubt, DOUBTFUL, CLEAR))
    ids = [f"p{n}" for n in range(len(strata))]
    return World(strata.assign(stratum=stratum, paragraph_id=ids), yes, tag)


def _around(rng: np.random.Generator, mean: float, alike: float, n: int) -> np.ndarray:
    weight = 1 / alike - 1
    return rng.beta(mean * weight, (1 - mean) * weight, n)


class Found(NamedTuple):
    """What a simulated validation found in a kind, or in all, for a theme; and what is true."""

    where: str
    theme: str
    domain: Domain
    share: float
    recall: float
    precision: float


def validate_world(world: World, number: int, seed: int) -> list[Found]:
    """Draw a sample of a world, code it without error, and set what is found beside the truth."""
    before = pd.DataFrame(columns=["paragraph_id", "doc_id", "kind", "stratum"])
    sample = draw_sample(world.strata, number, seed, before)
    at = sample["paragraph_id"].str[1:].astype(int).to_numpy()
    weight = (1 / sample["inclusion_probability"]).to_numpy()
    kinds = world.strata["kind"].to_numpy()
    found = []
    for where in ("all", *np.unique(kinds)):
        here, drawn = (kinds == where) | (where == "all"), (kinds[at] == where) | (where == "all")
        for column, theme in enumerate(THEMES):
            yes, tag = world.true[:, column], world.tagged[:, column]
            answers = pd.DataFrame(
                {
                    "doc_id": sample["doc_id"].to_numpy(),
                    "yes": yes[at].astype(float),
                    "tagged": tag[at],
                    "weight": weight,
                }
            )[drawn]
            right = (yes & tag)[here].sum()
            found.append(
                Found(
                    where,
                    theme,
                    Domain("all", "", theme, answers, tag[here].sum(), here.sum()),
                    yes[here].mean(),
                    right / max(yes[here].sum(), 1),
                    right / max(tag[here].sum(), 1),
                )
            )
    return found
