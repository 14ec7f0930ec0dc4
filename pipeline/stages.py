"""The whole flow: reports → `extract` → `tag` → `matrix`, and `run`, which does all three.

Each stage reads the tables that the stage before it wrote to the output folder. The command line,
`import pipeline` and the tests all call these functions. Modules that take seconds to load are
imported where they are used.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import pyarrow.parquet as pq

from pipeline.base.codebook import name_themes
from pipeline.base.columns import DUPLICATE, EXTRACT, HIDDEN, MARKED, PAGES
from pipeline.base.errors import CorpusError, ModelError, TableError
from pipeline.base.files import WholeFile, own_folder
from pipeline.base.paths import safe_part
from pipeline.base.settings import DEFAULT_SETTINGS, Settings
from pipeline.base.tables import (
    MODEL_CARD,
    check_run_folder,
    read_card,
    read_parts,
    read_rows,
    read_table,
    to_pandas,
    write_table,
)
from pipeline.documents.overrides import OVERRIDES_FILE
from pipeline.matrix.provisional import say_provisional, themes_left_out
from pipeline.running.cache import Cache, FolderCache
from pipeline.running.corpus import write_corpus, write_tags
from pipeline.running.listing import (
    check_corpus,
    check_folder,
    check_output,
    list_documents,
)
from pipeline.running.manifest import (
    corpus_of_run,
    forget,
    forget_matrix,
    inputs_digest,
    is_current,
    write_manifest,
    write_matrix_manifest,
)
from pipeline.running.mark_corpus import check_marking, copies_of_run, list_unmarked, mark_corpus
from pipeline.running.object_store import StoreCache, open_cache
from pipeline.tagging.model_folder import CARD_FILE, find_model, read_model_card

if TYPE_CHECKING:
    from pipeline.report.news import News

CACHE_FOLDER = ".kept"
REPORT_FILE = "report.html"


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of reading a corpus; `unchanged` says that nothing had to be done.

    `failures` is the table of that name: what was not read, or only in part; copies. `kinds`
    and `standouts` are tables, too; None if no matrix was made. `news` is what came, went and
    moved since the run before; None if it is not known. `outdated` says that the run has a
    validation of its own that cannot be used, `unread_corrections` why readers' corrections cannot
    be shown; both empty if not. `provisional` has a line on each provisional theme.
    """

    n_documents: int
    failures: pd.DataFrame
    unchanged: bool = False
    kinds: pd.DataFrame | None = None
    standouts: pd.DataFrame | None = None
    news: News | None = None
    outdated: str = ""
    unread_corrections: str = ""
    provisional: tuple[str, ...] = ()

    @property
    def remarks(self) -> list[str]:
        """What to know before using the numbers: kinds not validated or familiar, false flags."""
        from pipeline.matrix.standouts import say_false_flags

        if self.kinds is None or self.standouts is None:
            return []
        unknown = self.kinds[~self.kinds["validated"] | self.kinds["unfamiliar"]]
        remarks = [f"{row.kind}: {row.note}" for row in unknown.itertuples()]
        remarks.append(f"{say_false_flags(self.standouts)}.")
        others = filter(None, (self.outdated, self.unread_corrections))
        return [*remarks, *self.provisional, *others]

    @property
    def unread(self) -> pd.DataFrame:
        """The documents that were not read."""
        return self._at(EXTRACT)

    @property
    def stray_overrides(self) -> pd.DataFrame:
        """The rows of `documents.csv` about files that are not there."""
        return self._at(OVERRIDES_FILE)

    @property
    def read_in_part(self) -> pd.DataFrame:
        """The documents in which some pages are pictures."""
        return self._at(PAGES)

    @property
    def unmarked(self) -> pd.DataFrame:
        """The documents in which not all sentences could be marked."""
        return self._at(MARKED)

    @property
    def duplicates(self) -> pd.DataFrame:
        """The files whose document is counted under another name."""
        return self._at(DUPLICATE)

    @property
    def hidden(self) -> pd.DataFrame:
        """The files that were not read because they are hidden."""
        return self._at(HIDDEN)

    @property
    def is_complete(self) -> bool:
        """Whether everything was read and used; copies and hidden files do not matter."""
        return len(self.failures) == len(self.duplicates) + len(self.hidden)

    def _at(self, stage: str) -> pd.DataFrame:
        return self.failures[self.failures["stage"] == stage]


def run(
    corpus: Path,
    out: Path,
    settings: Settings = DEFAULT_SETTINGS,
    *,
    model: Path | None = None,
    kept: Path | str | None = None,
) -> Outcome:
    """Read a folder of reports, tag its paragraphs, write the matrix and its evidence to `out`.

    `model` is the folder of a trained model (None: the one in use), `kept` the cache: a folder or
    the address of an object store (None: a folder in `out`). Nothing is done if nothing has
    changed since the last run. Raises `PipelineError` if nothing could be done, and `OSError` if
    the disk is full or not writable.
    """
    from pipeline.labelling.corrections import corrected_files
    from pipeline.running.news import made_with, nothing_new, read_last, remember

    started = time.time()
    model = check_run(corpus, out, settings, model, kept)
    with _output_folder(corpus, out, kept):
        if settings.marked:
            check_marking(corpus, out)
        listing = list_documents(corpus, settings.limits)
        inputs = inputs_digest(listing, settings, model, out, corrected_files())
        last = read_last(out)
        if last is not None and is_current(out, inputs, last.started):
            news = nothing_new(last.started)
            return _outcome(out, settings, unchanged=True, matrix=True, news=news)
        cache = _cache(out, kept)
        forget(out)
        gathered = write_corpus(listing, out, cache, settings, model)
        _copy_card(model, out)
        lasting = gathered.lasting
        if settings.marked:
            lasting = mark_corpus(corpus, out, cache, settings) and lasting
        # After the last that reads it, so that nothing goes that this run uses.
        cache.prune(settings.keeping)
        made = made_with(model, settings)
        news, told, as_written = _write_matrix(out, corpus, settings, made, started)
        inputs = inputs if lasting else ""
        write_manifest(corpus, out, model, inputs, started, as_written, settings.with_themes)
        # Last: a run that fails before, at a workbook that is open in Excel, has told nobody.
        documents, failures, cells = (
            read_table(out, name) for name in ("documents", "failures", "cells")
        )
        remember(out, started, made, documents, failures, cells, told)
        return _outcome(out, settings, matrix=True, news=news)


def check_run(
    corpus: Path,
    out: Path,
    settings: Settings,
    model: Path | None = None,
    kept: Path | str | None = None,
) -> Path:
    """The model that a run with these arguments uses.

    Raises `PipelineError` if there can be no such run, whatever reports there are.
    """
    model = find_model(model)
    themes_left_out(read_model_card(model), settings.with_themes)
    _check_apart(corpus, out)
    _check_kept(corpus, out, kept)
    return model


def extract(
    corpus: Path,
    out: Path,
    settings: Settings = DEFAULT_SETTINGS,
    *,
    kept: Path | str | None = None,
) -> Outcome:
    """Read a folder of reports into the tables documents, paragraphs and failures in `out`."""
    with _output_folder(corpus, out, kept):
        listing = list_documents(corpus, settings.limits)
        cache = _cache(out, kept)
        forget(out, corpus)
        write_corpus(listing, out, cache, settings)
        cache.prune(settings.keeping)
        return _outcome(out, settings)


def tag(
    out: Path,
    settings: Settings = DEFAULT_SETTINGS,
    *,
    model: Path | None = None,
    kept: Path | str | None = None,
) -> int:
    """Tag the paragraphs that `extract` wrote to `out`; returns how many tags are given."""
    model = find_model(model)
    check_run_folder(out)
    corpus = corpus_of_run(out)
    if corpus is not None:
        _check_kept(corpus, out, kept)
    with own_folder(out):
        cache = _cache(out, kept)
        forget(out, corpus)
        n_tagged = write_tags(out, cache, settings, model)
        cache.prune(settings.keeping)
        _copy_card(model, out)
        return n_tagged


def tag_passages(given: Path, wanted: Path, *, model: Path | None = None) -> int:
    """Tag loose paragraphs from one file of JSON lines into another; returns their number."""
    from pipeline.tagging.model import load_model
    from pipeline.tagging.passages import read_passages, write_passage_tags

    if given.resolve() == wanted.resolve():
        raise TableError(
            f"The tags would overwrite the paragraphs in {given}.",
            "Give another file with --output.",
        )
    loaded = load_model(find_model(model))
    ids, passages = read_passages(given)
    write_passage_tags(wanted, ids, loaded.themes, loaded.tag(passages))
    return len(ids)


def matrix(
    out: Path,
    settings: Settings = DEFAULT_SETTINGS,
    *,
    corpus: Path | None = None,
    picture_of: Sequence[str] = (),
) -> pd.DataFrame:
    """Build the matrix, workbook and report from the tables that `extract` and `tag` wrote.

    `corpus` is the folder of the reports, for links to their pages (None: the one that was read),
    `picture_of` the authorities in the picture, in any spelling (none named: all).
    Of `settings` only `processes`, `with_themes` and those that `marked` copies are made with
    matter. Returns the rows of `failures` about documents that could not be marked.
    """
    from pipeline.documents.authorities import authorities_beside, pick_authority

    if corpus is not None:
        check_folder(corpus)
    check_run_folder(out)
    with own_folder(out):
        card = read_card(out)
        themes_left_out(card, settings.with_themes)
        corpus = corpus or corpus_of_run(out)
        there, extra = read_table(out, "documents")["authority"], authorities_beside(corpus)
        pictured = [pick_authority(name, there, extra) for name in picture_of]
        if settings.marked:
            if corpus is None:
                raise CorpusError(
                    f"Where the reports of {out} are is not known.",
                    "Name their folder with --corpus.",
                )
            check_marking(corpus, out)
        forget_matrix(out, corpus)
        if settings.marked and corpus is not None:
            mark_corpus(corpus, out, _cache(out, None), settings)
        else:
            list_unmarked(out, [])
        _, _, as_written = _write_matrix(out, corpus, settings, pictured=pictured)
        write_matrix_manifest(out, card, as_written, settings.with_themes)
        failures = read_table(out, "failures")
        return failures[failures["stage"] == MARKED]


def briefing(
    run: Path, names: Sequence[str], out: Path, *, template: Path | None = None
) -> list[Path]:
    """Write a Word briefing on each of the named authorities of a run; returns the files.

    `run` is the output folder of `run`, `names` may be any spelling (none: every authority), and
    `out` a folder, or for one authority a `.docx` file. `template` is a Word file whose styles are
    used. Raises `PipelineError` before anything is written if a name is not in the run.
    """
    from pipeline.documents.authorities import authorities_beside, pick_authority
    from pipeline.matrix.cells import count_by_document
    from pipeline.matrix.standard import uncount
    from pipeline.report.briefing import write_docx
    from pipeline.report.briefing_text import Tables, write_briefing
    from pipeline.report.links import links_to
    from pipeline.validation.correct import read_corrected_card

    whole = {
        name: read_table(run, name)
        for name in (
            "documents", "cells", "changes", "neighbours", "standouts", "kinds",
        )
    }  # fmt: skip
    standard = read_table(run, "standard")
    corpus, documents = corpus_of_run(run), whole["documents"]
    copies = copies_of_run(run, documents)
    there = sorted(set(documents["authority"]) - {""})
    extra = authorities_beside(corpus)
    chosen = [pick_authority(name, there, extra) for name in names] if names else there
    paths = _briefing_paths(list(dict.fromkeys(chosen)), out)
    place = out.resolve()
    if corpus is not None and corpus.resolve() in (place, *place.parents):
        raise CorpusError(
            f"The briefings cannot go to {out}, where the reports are.",
            "Give another place with --out.",
        )
    if not paths:
        raise TableError(
            f"No report in {run} is about a known authority.", "Set it in documents.csv."
        )
    themes, card = name_themes(whole["cells"]["theme"]), read_corrected_card(run)
    for authority, path in paths.items():
        own = documents[documents["authority"] == authority]
        paragraphs, tags = (read_rows(run, name, own["doc_id"]) for name in ("paragraphs", "tags"))
        # Without provisional themes, which the cells leave out.
        tags = tags[tags["theme"].isin(list(themes))]
        own_standard = standard[standard["doc_id"].isin(own["doc_id"])]
        tables = Tables(
            **whole,
            paragraphs=paragraphs,
            tags=uncount(tags, own_standard),
            counts=count_by_document(tags, own, own_standard),
            themes=themes,
            card=card,
        )
        link_of = links_to(own, corpus, path.parent, copies)
        write_docx(write_briefing(authority, tables, link_of), path, template)
    return list(paths.values())


def _briefing_paths(authorities: list[str], out: Path) -> dict[str, Path]:
    """Where the briefing on each authority goes."""
    if out.suffix.lower() == ".docx":
        if len(authorities) > 1:
            raise TableError(
                f"{out} is one file, and there are {len(authorities)} briefings to write.",
                "Give a folder with --out.",
            )
        return dict.fromkeys(authorities, out)
    paths: dict[str, Path] = {}
    taken: set[str] = set()
    for authority in authorities:
        # Names that differ only in what a file name cannot hold, or in capitals, get a number.
        name = stem = safe_part(authority)
        numbers = itertools.count(2)
        while name.lower() in taken:
            name = f"{stem} {next(numbers)}"
        taken.add(name.lower())
        paths[authority] = out / f"{name}.docx"
    return paths


def _write_matrix(
    out: Path,
    corpus: Path | None,
    settings: Settings,
    made: Mapping[str, str] | None = None,
    started: float = 0.0,
    pictured: Sequence[str] = (),
) -> tuple[News, News | None, dict]:
    """Write all that `matrix` writes.

    Returns what is new, what the report tells of it (None: nothing), and what `run.json` tells.

    `made` is what `made_with` gives, in a run that began at `started`; without, nothing counts as
    new, and the report tells what the last run told. `pictured` are the authorities in the
    picture; none means all.
    """
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
    from pipeline.matrix.intervals import read_errors
    from pipeline.matrix.kinds import build_kinds
    from pipeline.matrix.movements import no_movements
    from pipeline.matrix.parts import read_in_parts
    from pipeline.matrix.standard import StandardFinder, uncount
    from pipeline.matrix.standouts import build_standouts
    from pipeline.report.html import Sources, write_report
    from pipeline.report.links import links_to
    from pipeline.report.news import as_manifest
    from pipeline.report.tile_map import load_tiles
    from pipeline.running.beside import Beside
    from pipeline.running.news import (
        MODEL_ID,
        find_news,
        news_kept,
        nothing_new,
        read_last,
    )
    from pipeline.validation.correct import read_corrected_card

    documents = read_table(out, "documents")
    failures = read_table(out, "failures")
    card = read_corrected_card(out)
    left_out = themes_left_out(card, settings.with_themes)
    counter, finder, model_ids = DocumentCounter(), StandardFinder(), []
    corrections, _ = readable_corrections()
    corrected = []
    beside = Beside(out, corpus, len(documents), settings.processes)
    with EvidenceStore(out) as evidence, beside:
        for paragraphs in read_parts(out, "paragraphs"):
            finder.learn(to_pandas(paragraphs), documents)
        for part in read_in_parts(out, documents, left_out):
            standard = finder.find(part.paragraphs)
            counter.add(part.tags, part.documents, standard)
            counted = uncount(part.tags, standard)
            evidence.add(collect_evidence(counted, part.paragraphs, part.documents))
            corrected.append(link_corrections(corrections, part.paragraphs, part.tags))
            model_ids += part.tags["model_id"].head(1).tolist()
        counts, errors = counter.counts(documents), read_errors(card)
        standard = counter.standard
        if left_out and not counter.themes:
            raise ModelError(
                "All themes of the model are provisional, so there is nothing to count.",
                f"Name those to count with --with-theme: {', '.join(left_out)}.",
            )
        themes = name_themes(counter.themes)
        place = evidence.close()
        cells = sum_by(counts, "authority", errors)
        write_table(cells, out, "cells")
        beside.write("pictures", place, authorities=list(pictured))
        known = load_authorities(authorities_beside(corpus))
        neighbours = build_neighbours(documents, known)
        kinds, changes = build_kinds(documents, card), build_changes(counts, errors)
        # First those that the workbook needs: writing it takes longest.
        workbook = {
            "stances": build_stances(counts, read_errors(card, "stances")),
            "slices": build_slices(counts, errors),
            "kinds": kinds,
            "progress": build_progress(changes, documents),
        }
        for name, table in workbook.items():
            write_table(table, out, name)
        beside.write("workbook", place)
        standouts = build_standouts(counts, neighbours, themes)
        tables = {
            "matrix": pivot_matrix(cells),
            "standard": standard,
            "neighbours": neighbours,
            "standouts": standouts,
            "funnel": build_funnel(standouts),
            "changes": changes,
            "corrections": pd.concat(corrected, ignore_index=True),
        }
        for name, table in tables.items():
            write_table(table, out, name)
        copies = copies_of_run(out, documents)
        link_of = links_to(documents, corpus, out, copies)
        parts, last, news = partial(in_corpus_order, place), read_last(out), nothing_new()
        model_id = next(iter(model_ids), "")
        if made is not None:
            news = find_news(
                last, documents, failures, counts, themes, errors, made, parts, started
            )
        told: News | None = news
        if news.is_empty:
            told = news_kept(last, out, documents, made or {MODEL_ID: model_id}, parts)
        if told is news or told is None:
            write_table(told.movements if told else no_movements(), out, "movements")
        sources = Sources(
            documents=counter.without_standard(documents),
            counts=counts,
            cells=cells,
            kinds=kinds,
            neighbours=neighbours,
            failures=failures,
            evidence=parts,
            untagged=lambda: (
                collect_untagged(uncount(part.tags, standard), part.paragraphs)
                for part in read_in_parts(out, documents, left_out)
            ),
            themes=themes,
            card=card,
            model_id=model_id,
            corpus=corpus,
            tiles=load_tiles(known),
            corrections=tables["corrections"],
            copies=copies,
            news=told,
            notes=say_provisional(card, left_out),
        )
        write_report(sources, out / REPORT_FILE)
    return news, told, as_manifest(told or nothing_new(), link_of)


def say_provisional_themes(out: Path, settings: Settings = DEFAULT_SETTINGS) -> list[str]:
    """A line on each provisional theme of the model that tagged the paragraphs in `out`."""
    card = read_card(out)
    return say_provisional(card, themes_left_out(card, settings.with_themes))


def _outcome(
    out: Path,
    settings: Settings,
    *,
    unchanged: bool = False,
    matrix: bool = False,
    news: News | None = None,
) -> Outcome:
    from pipeline.labelling.corrections import say_unread_corrections
    from pipeline.validation.correct import say_outdated

    failures = read_table(out, "failures")
    n_documents = pq.read_metadata(out / "documents.parquet").num_rows
    kinds, standouts = (
        read_table(out, name) if matrix else None for name in ("kinds", "standouts")
    )
    outdated = say_outdated(out) if matrix else ""
    unread = say_unread_corrections() if matrix else ""
    provisional = tuple(say_provisional_themes(out, settings)) if matrix else ()
    return Outcome(
        n_documents, failures, unchanged, kinds, standouts, news, outdated, unread, provisional
    )


def _cache(out: Path, kept: Path | str | None) -> Cache:
    if kept is not None:
        cache = open_cache(kept)
        if isinstance(cache, StoreCache):
            cache.check()
        return cache
    own = FolderCache(out / CACHE_FOLDER)
    own.tidy()
    return own


@contextmanager
def _output_folder(corpus: Path, out: Path, kept: Path | str | None) -> Iterator[None]:
    """Hold the output folder. Raises `CorpusError` if reports, tables and cache would mix."""
    _check_apart(corpus, out)
    _check_kept(corpus, out, kept)
    check_corpus(corpus)
    with own_folder(out):
        yield


def _check_apart(corpus: Path, out: Path) -> None:
    if out.resolve() in (corpus.resolve(), *corpus.resolve().parents):
        raise CorpusError(
            f"The tables cannot go to {out}, where the reports are.",
            "Give another folder with --out.",
        )
    check_output(out)


def _check_kept(corpus: Path, out: Path, kept: Path | str | None) -> None:
    """Raise `CorpusError` for a cache among the reports, of which it would be taken for some."""
    if kept is None or isinstance(open_cache(kept), StoreCache):
        return
    place, reports = Path(kept).resolve(), corpus.resolve()
    if place.is_relative_to(out.resolve()) or not place.is_relative_to(reports):
        return
    if not any(part.startswith(".") for part in place.relative_to(reports).parts):
        raise CorpusError(
            f"The cache cannot go to {kept}, where the reports are.",
            "Give another folder with --kept, or leave it out.",
        )


def _copy_card(model: Path, out: Path) -> None:
    """Copy the model's card to `out`, so that its error rates travel with the tables."""
    with WholeFile(out / MODEL_CARD) as file:
        file.write((model / CARD_FILE).read_bytes())
