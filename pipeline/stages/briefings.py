"""Word briefings on the authorities of a run: which, from what, and where they go."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from pathlib import Path

from pipeline.base.codebook import name_themes
from pipeline.base.errors import CorpusError, TableError
from pipeline.base.paths import safe_part
from pipeline.base.tables import read_rows, read_table
from pipeline.running.manifest import corpus_of_run
from pipeline.running.mark_corpus import copies_of_run


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
