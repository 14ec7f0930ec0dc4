"""A report of thousands of documents: what it takes to write it, and to use it in Chromium.

`python tests/bench.py report RUN 5000` multiplies the tables in RUN, the output folder of a run over
real reports, until there are so many documents: authorities stay, days move, and in every
copy some words are others. It measures the report alone, not workbook and pictures. With a folder
as a third argument, the tables and the report stay there and are used again.
"""

from __future__ import annotations

import datetime
import re
import resource
import sys
import tempfile
import time
import zlib
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import pandas as pd
import pyarrow as pa
from browser import start_chromium

from pipeline.base.codebook import name_themes
from pipeline.base.columns import TABLES
from pipeline.base.tables import TableWriter, read_parts, read_table, schema_of, to_pandas
from pipeline.documents.authorities import load_authorities
from pipeline.matrix.cells import DocumentCounter, sum_by
from pipeline.matrix.compare import build_neighbours
from pipeline.matrix.evidence import (
    EvidenceStore,
    collect_evidence,
    collect_untagged,
    in_corpus_order,
)
from pipeline.matrix.intervals import read_errors
from pipeline.matrix.kinds import build_kinds
from pipeline.matrix.parts import read_in_parts
from pipeline.report.html import write_report
from pipeline.report.page_data import Sources
from pipeline.report.tile_map import load_tiles
from pipeline.validation.correct import read_corrected_card

LONG_WORD = re.compile(r"\b[a-z]{6,}\b")
# Of the long words, one in so many is another word in each copy.
ONE_IN = 50
DAYS_APART = 41
# Cards are there, and nothing is still to come.
SHOWN = """document.querySelector("article.evidence") && !document.querySelector(".loading") &&
    !document.querySelector(".count-line")?.textContent.startsWith("Searching")"""
GO = "hash => { location.hash = hash; }"
SEARCHES = ("neglect", "age", '"case load"', '"looked after"')


def report(run: Path, n_documents: int, folder: Path | None) -> None:
    with ExitStack() as places:
        folder = folder or Path(places.enter_context(tempfile.TemporaryDirectory()))
        folder.mkdir(exist_ok=True)
        if not (folder / "documents.parquet").exists():
            multiply(run, folder, n_documents)
        path = folder / "report.html"
        if not path.exists():
            before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            begun = time.process_time()
            write(folder, read_corrected_card(run), path)
            spent, most = time.process_time() - begun, resource.getrusage(resource.RUSAGE_SELF)
            print(
                f"written in {spent:.0f} s of processor; largest memory {most.ru_maxrss / 1e3:.0f} MB"
            )
            print(f"  (before: {before / 1e3:.0f} MB)")
        parts = list(folder.glob("report/*"))
        print(f"report.html: {path.stat().st_size / 1e6:.1f} MB")
        print(f"{len(parts)} parts: {sum(part.stat().st_size for part in parts) / 1e6:.1f} MB")
        use(path)


def multiply(run: Path, folder: Path, n_documents: int) -> None:
    documents = read_table(run, "documents")
    copies = -(-n_documents // len(documents))
    for name in ("documents", "paragraphs", "tags", "failures"):
        schema = schema_of(TABLES[name].columns)
        with TableWriter(folder, name, schema) as writer:
            for copy in range(copies if name != "failures" else 1):
                kept = set(documents["doc_id"].head(n_documents - copy * len(documents)))
                for part in read_parts(run, name):
                    rows = to_pandas(part)
                    if name != "failures":
                        rows = _changed(rows[rows["doc_id"].isin(kept)], copy)
                    writer.add(pa.Table.from_pandas(rows, schema, preserve_index=False))


def _changed(rows: pd.DataFrame, copy: int) -> pd.DataFrame:
    """The rows of a copy: of another id, file and day, and with some other words."""
    rows = rows.copy()
    for column in ("doc_id", "paragraph_id"):
        if column in rows:
            rows[column] = [f"{copy:02d}{value[2:]}" for value in rows[column]]
    if "source_file" in rows:
        rows["source_file"] = [f"{copy:02d}/{value}" for value in rows["source_file"]]
    for column in ("published_on", "inspected_from", "inspected_to"):
        if column in rows:
            moved = [
                None if pd.isna(day) else day - datetime.timedelta(copy * DAYS_APART)
                for day in rows[column]
            ]
            rows[column] = pd.Series(moved, rows.index, dtype=object)
    if "text" in rows:
        rows["text"] = [LONG_WORD.sub(lambda word: _other(word[0], copy), t) for t in rows["text"]]
    return rows


def _other(word: str, copy: int) -> str:
    """The same letters in another order, as many as they were: places in the text stay right."""
    if not copy or zlib.crc32(f"{copy} {word}".encode()) % ONE_IN:
        return word
    at = copy % len(word)
    return word[at:] + word[:at]


def write(folder: Path, card: dict, path: Path) -> None:
    documents, counter = read_table(folder, "documents"), DocumentCounter()
    authorities = load_authorities()
    with EvidenceStore(folder) as evidence:
        for part in read_in_parts(folder, documents):
            counter.add(part.tags, part.documents)
            evidence.add(collect_evidence(part.tags, part.paragraphs, part.documents))
        place = evidence.close()
        counts = counter.counts(documents)
        sources = Sources(
            documents=documents,
            counts=counts,
            cells=sum_by(counts, "authority", read_errors(card)),
            kinds=build_kinds(documents, card),
            neighbours=build_neighbours(documents, authorities),
            failures=read_table(folder, "failures"),
            evidence=partial(in_corpus_order, place),
            untagged=lambda: (
                collect_untagged(part.tags, part.paragraphs)
                for part in read_in_parts(folder, documents)
            ),
            themes=name_themes(counter.themes),
            card=card,
            model_id="",
            corpus=None,
            tiles=load_tiles(authorities),
        )
        write_report(sources, path)


def use(path: Path) -> None:
    """Seconds until the page shows what was asked for: by the clock, and of its processor.

    On a machine with other work to do only the second means anything.
    """
    with start_chromium() as chromium:

        def opened(hash_: str = ""):
            page = chromium.new_context().new_page()
            page.set_default_timeout(300_000)
            begun = time.monotonic()
            page.goto(path.as_uri() + hash_)
            page.wait_for_selector("html[data-ready]", state="attached")
            session = page.context.new_cdp_session(page)
            session.send("Performance.enable")
            return page, session, time.monotonic() - begun

        def timed(what: str, page, session, act) -> None:
            begun, before = time.monotonic(), spent(session)
            act()
            # Waiting in the page would be code made of text, which its policy forbids.
            while not page.evaluate(SHOWN):
                time.sleep(0.02)
            clock, own = time.monotonic() - begun, spent(session) - before
            print(f"{what}: {clock:.2f} s, {own:.2f} s of processor, {megabytes(session):.0f} MB")

        for _ in range(3):
            page, session, clock = opened()
            print(f"opened: {clock:.2f} s, {spent(session):.2f} s of processor")
        print(f"  {megabytes(session):.0f} MB of objects")
        cells = page.locator("a.cell")
        for at in (0, cells.count() // 2, cells.count() - 1):
            name = cells.nth(at).get_attribute("aria-label").split(";")[0]
            timed(
                f"cell: {name}", page, session, lambda at=at: cells.nth(at).dispatch_event("click")
            )
            page.go_back()
            page.wait_for_selector("a.cell")
        theme = cells.first.get_attribute("data-theme")
        authority = page.locator("a[href^='#authority/']").first.get_attribute("href")
        for hash_ in (f"#theme/{theme}", authority, f"#evidence//{theme}"):
            page, session, _ = opened()
            timed(hash_, page, session, lambda page=page, to=hash_: page.evaluate(GO, to))
        for words in SEARCHES:
            page, session, _ = opened("#evidence//")
            page.wait_for_selector("article.evidence")
            for again in ("", " again"):
                timed(
                    f"searching {words}{again}", page, session,
                    lambda page=page, words=words: search(page, words),
                )  # fmt: skip
            print("   ", page.inner_text(".count-line"))


def search(page, words: str) -> None:
    page.evaluate("document.querySelector('.count-line').textContent = 'Searching'")
    page.fill("#search", "")
    page.fill("#search", words)


def spent(session) -> float:
    metrics = session.send("Performance.getMetrics")["metrics"]
    return next(one["value"] for one in metrics if one["name"] == "ProcessTime")


def megabytes(session) -> float:
    session.send("HeapProfiler.collectGarbage")
    usage = session.send("Runtime.getHeapUsage")
    return (usage["usedSize"] + usage.get("backingStorageSize", 0)) / 1e6


if __name__ == "__main__":
    sys.exit(__doc__)
