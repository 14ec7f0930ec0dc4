"""A run → a sample of it, to be coded blind; the filled sheets → how good its tags are."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from pipeline.base.codebook import name_themes
from pipeline.base.columns import SAMPLE
from pipeline.base.errors import TableError
from pipeline.base.files import own_folder
from pipeline.base.tables import read_card, read_table, write_table
from pipeline.labelling.filled import read_filled
from pipeline.labelling.merge import About, Merged
from pipeline.labelling.task_files import FILE_SUFFIXES, PROPOSED, write_proposal
from pipeline.matrix.cells import count_by_document
from pipeline.matrix.intervals import read_errors
from pipeline.matrix.kinds import build_kinds
from pipeline.matrix.standard import find_standard
from pipeline.validation.correct import corrected_themes, errors_of_kinds
from pipeline.validation.draw import check_kinds, draw_sample, stratify
from pipeline.validation.figures import build_validation
from pipeline.validation.kept import (
    digest_of_run,
    mark_of,
    read_sample,
    read_verdicts,
    write_errors,
    write_sample,
)
from pipeline.validation.page import HTML_FILE, compose, write_page
from pipeline.validation.receive import receive_codes
from pipeline.validation.verdicts import answers_of, collect_verdicts


@dataclass(frozen=True, slots=True)
class Drawn:
    """A blind sheet of a sample: its number of paragraphs, by kind and in all.

    `n_in_all` counts those of earlier sheets, too. `files` are those written.
    """

    by_kind: dict[str, int]
    n_in_all: int
    files: list[Path]


@dataclass(frozen=True, slots=True)
class Validated:
    """What came of reading a filled sheet of a sample: its codes, and the page about all coders.

    `n_drawn` paragraphs were drawn, of which the coder has coded `n_coded`. `table` is the table
    `validation`, of all kinds of documents but those `not_coded`, of which nobody coded anything;
    `corrected` are the themes whose shares will be corrected by it, by kind.
    """

    merged: Merged
    n_drawn: int
    n_coded: int
    table: pd.DataFrame
    not_coded: list[str]
    corrected: dict[str, list[str]]
    page: Path


def draw_to_validate(
    run: Path,
    sheet: Path,
    *,
    number: int = 200,
    seed: int = 0,
    again: bool = False,
    of_kinds: Collection[str] = (),
) -> Drawn:
    """Draw a probability sample of a run's paragraphs and write it to a blind coding sheet.

    The sample is kept in the folder of the run. If there is one already, `number` paragraphs more
    are drawn; with `again`, all that were drawn are written once more, for another coder.
    `of_kinds` are the document types to draw from, or to write once more (none: all). Raises
    `TableError` if the run has changed since, or has nothing of one of these kinds, and
    `LabelError` if `sheet` already exists.
    """
    paragraphs, documents, tags = (
        read_table(run, name) for name in ("paragraphs", "documents", "tags")
    )
    with own_folder(run):
        before, digest = read_sample(run), digest_of_run(run)
        if again:
            if before.empty:
                raise TableError(f"No sample of {run} has been drawn.", "Leave out --again.")
            check_kinds(of_kinds, set(before["kind"]))
            sample = before
            new = before[before["kind"].isin(of_kinds)] if of_kinds else before
        else:
            strata = stratify(paragraphs, tags, documents, find_standard(paragraphs, documents))
            check_kinds(of_kinds, set(strata["kind"]))
            sample = draw_sample(strata, number, seed, before, of_kinds)
            sample["sheet"] = [*before["sheet"], *[sheet.name] * (len(sample) - len(before))]
            sample["run"] = digest
            new = sample.iloc[len(before) :]
        blind = new[["paragraph_id"]].merge(paragraphs, on="paragraph_id")
        blind = blind.merge(documents[["doc_id", "authority"]], on="doc_id")
        blind = blind.assign(drawn=mark_of(digest))[PROPOSED]
        files = write_proposal(blind, name_themes(tags["theme"]), sheet)
        if not again:
            write_sample(sample[SAMPLE], run)
    return Drawn(new["kind"].value_counts().to_dict(), len(sample), files)


def read_validation(run: Path, sheet: Path, coder: str, *, replace: bool = False) -> Validated:
    """Read a filled sheet that `draw_to_validate` wrote, and work out what it says of the tags.

    The codes go to the coder's own file in the folder `validation` of the run, the figures for all
    coders to validation.html, .md, .csv and .parquet. With `replace`, codes that the coder gave
    before are changed. Raises `LabelError`, and changes nothing, if anything in the sheet is not
    understood or it is not of this run.
    """
    sheet = sheet if sheet.suffix else sheet.with_suffix(FILE_SUFFIXES["xlsx"])
    paragraphs, documents, tags = (
        read_table(run, name) for name in ("paragraphs", "documents", "tags")
    )
    with own_folder(run):
        sample, themes = read_sample(run), name_themes(tags["theme"])
        filled = read_filled(sheet, list(themes))
        about = About(sheet, paragraphs, documents, list(themes))
        merged = receive_codes(filled, about, sample, coder=coder, run=run, replace=replace)
        card, standard = read_card(run), find_standard(paragraphs, documents)
        counts = count_by_document(tags, documents, standard)
        verdicts = collect_verdicts(
            sample,
            read_verdicts(run),
            paragraphs,
            tags,
            documents,
            stratify(paragraphs, tags, documents, standard),
        )
        table = build_validation(verdicts, counts, read_errors(card))
        write_table(table, run, "validation")
        write_errors(errors_of_kinds(answers_of(verdicts), counts), run)
        kinds = build_kinds(documents, card)
        sections = compose(table, sample, verdicts, kinds, themes)
        write_page(f"Validation of {run.resolve().name}", sections, run)
        coded = set(verdicts["document_type"])
        own = verdicts.loc[verdicts["coder"] == coder.strip(), "paragraph_id"]
        return Validated(
            merged=merged,
            n_drawn=len(sample),
            n_coded=own.nunique(),
            table=table,
            not_coded=[kind for kind in kinds["kind"] if kind not in coded],
            corrected=corrected_themes(run),
            page=run / HTML_FILE,
        )
