"""The whole flow: reports → `extract` → `tag` → `matrix`, and `run`, which does all three.

Each stage reads the tables that the stage before it wrote to the output folder. The command line,
`import pipeline` and the tests all call these functions. Modules that take seconds to load are
imported where they are used. Beside this module: what `matrix` writes (`write_matrix`), the Word
files (`briefings`), and what came of it all (`outcome`).
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pandas as pd

from pipeline.base.columns import MARKED
from pipeline.base.errors import CorpusError, TableError
from pipeline.base.files import own_folder, write_whole
from pipeline.base.settings import DEFAULT_SETTINGS, Settings
from pipeline.base.tables import MODEL_CARD, check_run_folder, read_card, read_table
from pipeline.matrix.provisional import check_some_counted, themes_left_out
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
from pipeline.running.mark_corpus import check_marking, list_unmarked, mark_corpus
from pipeline.running.object_store import StoreCache, open_cache
from pipeline.stages.briefings import briefing
from pipeline.stages.outcome import Outcome, read_outcome, say_provisional_themes
from pipeline.tagging.model_folder import CARD_FILE, find_model, read_model_card

__all__ = [
    "Outcome",
    "briefing",
    "check_run",
    "extract",
    "matrix",
    "run",
    "say_provisional_themes",
    "tag",
    "tag_passages",
]
CACHE_FOLDER = ".kept"


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
            return read_outcome(out, settings, unchanged=True, matrix=True, news=news)
        # Here, because a run that finds nothing to do goes without what this loads.
        from pipeline.stages.write_matrix import Begun, write_matrix

        cache = _cache(out, kept)
        forget(out)
        gathered = write_corpus(listing, out, cache, settings, model)
        _copy_card(model, out)
        lasting = gathered.lasting
        if settings.marked:
            lasting = mark_corpus(corpus, out, cache, settings) and lasting
        # After the last that reads it, so that nothing goes that this run uses.
        cache.prune(settings.keeping)
        # Only here: the tags are there for whoever wants no matrix.
        card = read_card(out)
        check_some_counted(card, themes_left_out(card, settings.with_themes))
        made = made_with(model, settings)
        written = write_matrix(out, corpus, settings, Begun(started, made))
        told, themes = written.as_manifest, settings.with_themes
        write_manifest(corpus, out, model, inputs if lasting else "", started, told, themes)
        # Last: a run that fails before, at a workbook that is open in Excel, has told nobody.
        read = written.documents, written.failures, written.cells
        remember(out, started, made, *read, written.told)
        return read_outcome(out, settings, matrix=True, news=written.news)


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
        return read_outcome(out, settings)


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
    from pipeline.stages.write_matrix import write_matrix

    if corpus is not None:
        check_folder(corpus)
    check_run_folder(out)
    with own_folder(out):
        card = read_card(out)
        check_some_counted(card, themes_left_out(card, settings.with_themes))
        corpus = corpus or corpus_of_run(out)
        pictured = []
        if picture_of:
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
        written = write_matrix(out, corpus, settings, pictured=pictured)
        write_matrix_manifest(out, card, written.as_manifest, settings.with_themes)
        return written.failures[written.failures["stage"] == MARKED]


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
    write_whole(out / MODEL_CARD, (model / CARD_FILE).read_bytes())
