"""All that `matrix` writes: tables, workbook, pictures and report, and what is new in them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from pipeline.base.codebook import Theme, name_themes
from pipeline.base.settings import Settings
from pipeline.base.tables import read_parts, read_table, to_pandas, write_table
from pipeline.documents.authorities import authorities_beside, load_authorities
from pipeline.labelling.corrections import link_corrections, readable_corrections
from pipeline.matrix.cells import DocumentCounter, build_stances, pivot_matrix, sum_by
from pipeline.matrix.changes import build_changes, build_progress
from pipeline.matrix.compare import build_neighbours, build_slices
from pipeline.matrix.evidence import (
    EvidenceStore,
    collect_evidence,
    collect_untagged,
    in_corpus_order,
)
from pipeline.matrix.funnel import build_funnel
from pipeline.matrix.intervals import ErrorsByKind, read_errors
from pipeline.matrix.kinds import build_kinds
from pipeline.matrix.movements import no_movements
from pipeline.matrix.parts import read_in_parts
from pipeline.matrix.provisional import say_provisional, themes_left_out
from pipeline.matrix.standard import StandardFinder, uncount
from pipeline.matrix.standouts import build_standouts
from pipeline.report.html import write_report
from pipeline.report.links import links_to
from pipeline.report.news import News, as_manifest
from pipeline.report.page_data import Sources
from pipeline.report.tile_map import load_tiles
from pipeline.running.beside import Beside
from pipeline.running.mark_corpus import copies_of_run
from pipeline.running.news import MODEL_ID, find_news, news_kept, nothing_new, read_last
from pipeline.validation.correct import read_corrected_card

REPORT_FILE = "report.html"


class Begun(NamedTuple):
    """When a run began (seconds since 1970), and what `made_with` gives for it."""

    started: float
    made: Mapping[str, str]


class Written(NamedTuple):
    """What `write_matrix` tells of what it wrote.

    `news` is what is new, `told` what the report tells of it (None: nothing), `as_manifest` what
    `run.json` tells. `documents` and `failures` were read for it, `cells` made.
    """

    news: News
    told: News | None
    as_manifest: dict
    documents: pd.DataFrame
    failures: pd.DataFrame
    cells: pd.DataFrame


@dataclass(frozen=True, slots=True)
class Given:
    """What a matrix is made from besides paragraphs and tags, which are in `out`.

    `corpus` is the folder of the reports, for links to their pages (None makes no links), `card`
    the model's ({} if unknown), `left_out` the themes that are not counted, `pictured` the
    authorities in the picture (none: all).
    """

    out: Path
    corpus: Path | None
    documents: pd.DataFrame
    failures: pd.DataFrame
    card: Mapping[str, Any]
    left_out: Collection[str]
    pictured: Sequence[str]


@dataclass(frozen=True, slots=True)
class Counted:
    """What the paragraphs and tags of a run come to.

    `counts` is what `cells.count_by_document` gives, `documents` the table of that name without
    the `standard` paragraphs, `corrected` the table `corrections`; `place` is where the evidence
    was put.
    """

    counts: pd.DataFrame
    documents: pd.DataFrame
    errors: ErrorsByKind
    standard: pd.DataFrame
    corrected: pd.DataFrame
    themes: Mapping[str, Theme]
    model_id: str
    place: Path

    def evidence(self) -> Iterator[pd.DataFrame]:
        """What `collect_evidence` gives, in parts and in the order of the corpus."""
        return in_corpus_order(self.place)


def write_matrix(
    out: Path,
    corpus: Path | None,
    settings: Settings,
    begun: Begun | None = None,
    *,
    pictured: Sequence[str] = (),
) -> Written:
    """Write all that `matrix` writes from the tables in `out`; the picture of those `pictured`.

    Without a run that has `begun` nothing counts as new, and the report tells what the last run
    told.
    """
    documents, failures = (read_table(out, name) for name in ("documents", "failures"))
    card = read_corrected_card(out)
    left_out = themes_left_out(card, settings.with_themes)
    given = Given(out, corpus, documents, failures, card, left_out, pictured)
    beside = Beside(out, corpus, len(documents), settings.processes)
    with EvidenceStore(out) as store, beside:
        counted = _count(given, store)
        known = load_authorities(authorities_beside(corpus))
        tables = _write_tables(given, counted, known, beside)
        news, told = _find_news(given, counted, begun)
        copies = copies_of_run(out, documents)
        sources = Sources(
            documents=counted.documents,
            counts=counted.counts,
            cells=tables["cells"],
            kinds=tables["kinds"],
            neighbours=tables["neighbours"],
            failures=failures,
            evidence=counted.evidence,
            untagged=partial(_untagged, given, counted),
            themes=counted.themes,
            card=card,
            model_id=counted.model_id,
            corpus=corpus,
            tiles=load_tiles(known),
            corrections=counted.corrected,
            copies=copies,
            news=told,
            notes=say_provisional(card, left_out),
        )
        write_report(sources, out / REPORT_FILE)
    manifest = as_manifest(told or nothing_new(), links_to(documents, corpus, out, copies))
    return Written(news, told, manifest, documents, failures, tables["cells"])


def _count(given: Given, store: EvidenceStore) -> Counted:
    """Count the tags part by part, and put their evidence into the store."""
    counter, finder, model_ids = DocumentCounter(), StandardFinder(), []
    corrections, _ = readable_corrections()
    corrected = []
    for paragraphs in read_parts(given.out, "paragraphs"):
        finder.learn(to_pandas(paragraphs), given.documents)
    for part in read_in_parts(given.out, given.documents, given.left_out):
        standard = finder.find(part.paragraphs)
        counter.add(part.tags, part.documents, standard)
        tags = uncount(part.tags, standard)
        store.add(collect_evidence(tags, part.paragraphs, part.documents))
        corrected.append(link_corrections(corrections, part.paragraphs, part.tags))
        model_ids += part.tags["model_id"].head(1).tolist()
    counts, errors = counter.counts(given.documents), read_errors(given.card)
    return Counted(
        counts=counts,
        documents=counter.without_standard(given.documents),
        errors=errors,
        standard=counter.standard,
        corrected=pd.concat(corrected, ignore_index=True),
        themes=name_themes(counter.themes),
        model_id=next(iter(model_ids), ""),
        place=store.close(),
    )


def _write_tables(
    given: Given, counted: Counted, known: pd.DataFrame, beside: Beside
) -> dict[str, pd.DataFrame]:
    """Write the tables, and have workbook and pictures written as soon as theirs are there."""
    documents, counts, errors = given.documents, counted.counts, counted.errors
    cells = sum_by(counts, "authority", errors)
    write_table(cells, given.out, "cells")
    beside.write("pictures", counted.place, authorities=list(given.pictured))
    changes = build_changes(counts, errors)
    # First those that the workbook needs: writing it takes longest.
    workbook = {
        "stances": build_stances(counts, read_errors(given.card, "stances")),
        "slices": build_slices(counts, errors),
        "kinds": build_kinds(counted.documents, given.card),
        "progress": build_progress(changes, documents),
    }
    for name, table in workbook.items():
        write_table(table, given.out, name)
    beside.write("workbook", counted.place)
    neighbours = build_neighbours(documents, known)
    standouts = build_standouts(counts, neighbours, counted.themes)
    others = {
        "matrix": pivot_matrix(cells),
        "standard": counted.standard,
        "neighbours": neighbours,
        "standouts": standouts,
        "funnel": build_funnel(standouts),
        "changes": changes,
        "corrections": counted.corrected,
    }
    for name, table in others.items():
        write_table(table, given.out, name)
    return {"cells": cells} | workbook | others


def _find_news(given: Given, counted: Counted, begun: Begun | None) -> tuple[News, News | None]:
    """What is new, and what the report tells of it: of nothing, what the last run told."""
    out, documents = given.out, given.documents
    last, news = read_last(out), nothing_new()
    if begun is not None:
        news = find_news(
            last,
            documents,
            given.failures,
            counted.counts,
            counted.themes,
            counted.errors,
            begun.made,
            counted.evidence,
            begun.started,
        )
    told: News | None = news
    if news.is_empty:
        made = begun.made if begun else {MODEL_ID: counted.model_id}
        told = news_kept(last, out, documents, made, counted.evidence)
    if told is news or told is None:
        write_table(told.movements if told else no_movements(), out, "movements")
    return news, told


def _untagged(given: Given, counted: Counted) -> Iterator[pd.DataFrame]:
    for part in read_in_parts(given.out, given.documents, given.left_out):
        tags = uncount(part.tags, counted.standard)
        yield collect_untagged(tags, part.paragraphs)
