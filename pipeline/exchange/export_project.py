"""A run → a `.qdpx` project or a `.qdc` codebook for another program."""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

import pandas as pd

from pipeline.base.codebook import Theme, name_themes, read_codebook
from pipeline.base.errors import TableError
from pipeline.base.names import check_known
from pipeline.base.tables import read_card, read_parts, read_table
from pipeline.documents.authorities import authorities_beside, pick_authority
from pipeline.exchange.code_tree import code_tree
from pipeline.exchange.from_run import (
    Said,
    case_codes,
    code_case,
    describe_project,
    link_people,
    make_sources,
    model_user,
    name_sources,
    user_guid,
)
from pipeline.exchange.project import Source
from pipeline.exchange.write_qdpx import Dialect, write_qdc, write_qdpx
from pipeline.labelling.codes import CODES_COLUMNS, LANGUAGE_MODEL, read_codes, themes_of
from pipeline.matrix.compare import document_dates
from pipeline.matrix.parts import Part, read_in_parts
from pipeline.matrix.provisional import provisional_themes
from pipeline.running.manifest import corpus_of_run


class Tool(StrEnum):
    """The programs for which an export can differ from the standard."""

    nvivo = "nvivo"
    maxqda = "maxqda"
    atlas = "atlas"
    qualcoder = "qualcoder"


# docs/exchange.md says how each difference is known.
DIALECTS = {
    Tool.nvivo: Dialect(folder="Sources"),
    Tool.maxqda: Dialect(line_end="\r\n"),
    Tool.atlas: Dialect(),
    Tool.qualcoder: Dialect(cases_are_codes=True),
}


@dataclass(frozen=True, slots=True)
class Choice:
    """The part of a run to export; empty means all. `since` leaves out undated documents."""

    authorities: Sequence[str] = ()
    themes: Sequence[str] = ()
    since: datetime.date | None = None


@dataclass(frozen=True, slots=True)
class Exported:
    """How many sources a project has, how many of them with a PDF, and how many codings.

    A paragraph under a theme is one coding, and a sentence under a stance another. Of those by
    coders, `n_by_language_models` are not by people.
    """

    n_sources: int
    n_pdfs: int
    n_by_model: int
    n_by_coders: int
    n_by_language_models: int


def export_codebook(
    run: Path, path: Path, *, themes: Sequence[str] = (), codebook: Path | None = None
) -> int:
    """Write the codebook with the themes of a run as `.qdc`; returns the number of themes."""
    chosen = _choose_themes(read_codebook(codebook) | name_themes(_models_of(run)), themes)
    write_qdc(path, code_tree(chosen))
    return len(chosen)


def export_project(
    run: Path,
    path: Path,
    choice: Choice = Choice(),
    *,
    tool: Tool | None = None,
    pdf: bool = False,
    codes: Sequence[Path] | None = None,
    codebook: Path | None = None,
) -> Exported:
    """Write a run, the output folder of `run`, as a REFI-QDA project (`.qdpx`).

    `codes` are files of coders' codes (None: all of ours; empty: none). With `pdf`, the PDFs go
    with their text. Tags of a provisional theme go only if the choice names it. Raises
    `TableError` if the file exists, as somebody may have coded in it, or if the choice leaves
    nothing or names what is not there.
    """
    if path.exists():
        raise TableError(f"{path} already exists.", "Choose another name, or move that file.")
    every, models = read_table(run, "documents"), _models_of(run)
    corpus = corpus_of_run(run)
    documents = choose_documents(every, choice, authorities_beside(corpus))
    coded = _codes_of(documents, codes)
    known = read_codebook(codebook) | name_themes([*models, *themes_of(coded)])
    themes = _choose_themes(known, choice.themes)
    left_out = [t for t in provisional_themes(read_card(run)) if t not in choice.themes]

    def parts() -> Iterator[Part]:
        for part in read_in_parts(run, every, left_out):
            own = part.documents["doc_id"].isin(documents["doc_id"])
            yield part._replace(documents=part.documents[own])

    people: dict[str, list[Said]] = {}
    for part in parts() if len(coded) else ():
        people |= link_people(coded, part, list(themes))
    users = [model_user(model_id) for model_id in sorted(set(models.values()))]
    coders = sorted({said.coder for given in people.values() for said in given})
    project = describe_project(path.stem, documents, themes, [*users, *coders])
    dialect = DIALECTS[tool] if tool is not None else Dialect()
    case_of = {}
    if dialect.cases_are_codes:
        project = replace(project, codes=(*project.codes, *case_codes(project.cases)))
        case_of = {guid: case for case in project.cases for guid in case.sources}
    first = project.users[0].guid if project.users else ""
    pdfs = _find_pdfs(documents, corpus) if pdf else {}
    names = name_sources(documents)

    def sources() -> Iterator[Source]:
        for part in parts():
            for source in make_sources(part, list(themes), people, names, pdfs):
                case = case_of.get(source.guid)
                yield code_case(source, case, first) if case else source

    given = write_qdpx(path, project, sources, dialect)
    n_by = {coder: given[user_guid(coder)] for coder in coders}
    n_by_coders = sum(n_by.values())
    n_by_machines = sum(n for coder, n in n_by.items() if coder.startswith(LANGUAGE_MODEL))
    n_by_model = given.total() - n_by_coders - len(case_of)
    return Exported(len(documents), len(pdfs), n_by_model, n_by_coders, n_by_machines)


def choose_documents(
    documents: pd.DataFrame, choice: Choice, extra: Path | None = None
) -> pd.DataFrame:
    """The documents of a choice, which may name an authority in any spelling.

    `extra` is a corpus's own table of authorities. Raises `TableError` if there are none.
    """
    if choice.authorities:
        there = documents["authority"]
        own = [pick_authority(name, there, extra) for name in choice.authorities]
        documents = documents[there.isin(own)]
    if choice.since is not None:
        documents = documents[document_dates(documents) >= pd.Timestamp(choice.since)]
    if documents.empty:
        raise TableError("No document is left to export.", "Choose more with --since.")
    return documents


def _choose_themes(themes: dict[str, Theme], chosen: Sequence[str]) -> dict[str, Theme]:
    for name in chosen:
        check_known(name, themes, "theme")
    return {name: theme for name, theme in themes.items() if not chosen or name in chosen}


def _models_of(run: Path) -> dict[str, str]:
    """The themes of a run's tags, each with the model that gave them."""
    models: dict[str, str] = {}
    for part in read_parts(run, "tags"):
        pairs = part.select(["theme", "model_id"]).group_by(["theme", "model_id"]).aggregate([])
        models |= dict(zip(*(column.to_pylist() for column in pairs.columns), strict=True))
    return models


def _codes_of(documents: pd.DataFrame, files: Sequence[Path] | None) -> pd.DataFrame:
    """People's codes of these documents, without the themes that nobody coded in them."""
    if files is not None and not files:
        return pd.DataFrame(columns=CODES_COLUMNS)
    coded = read_codes(files, may_be_none=True)
    coded = coded[coded["doc_id"].isin(documents["doc_id"])]
    return coded.drop(columns=[name for name in themes_of(coded) if (coded[name] == "").all()])


def _find_pdfs(documents: pd.DataFrame, corpus: Path | None) -> dict[str, Path]:
    """The PDFs among the documents, by `doc_id`, that the corpus still has as they were read."""
    found = {}
    for row in documents.itertuples():
        path = corpus / row.source_file if corpus is not None else None
        if path is not None and path.suffix.lower() == ".pdf" and path.is_file():
            with path.open("rb") as file:
                if hashlib.file_digest(file, "sha256").hexdigest() == row.sha256:
                    found[row.doc_id] = path
    return found
