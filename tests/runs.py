"""Tables of made-up runs: small ones by hand, large ones by number. Every text is invented."""

from __future__ import annotations

import datetime
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from pipeline.base.codebook import STANCES, Theme
from pipeline.base.columns import DOCUMENTS, FAILURES, HALF_COLUMNS
from pipeline.base.tables import MODEL_CARD, write_table
from pipeline.matrix.cells import (
    DocumentCounter,
    build_stances,
    count_by_document,
    pivot_matrix,
    sum_by,
)
from pipeline.matrix.changes import build_changes, build_progress
from pipeline.matrix.compare import build_neighbours, build_slices
from pipeline.matrix.evidence import collect_evidence, collect_untagged
from pipeline.matrix.funnel import build_funnel
from pipeline.matrix.intervals import read_errors
from pipeline.matrix.kinds import build_kinds
from pipeline.matrix.standouts import build_standouts
from pipeline.report.page_data import Sources

THEMES = {
    name: Theme(name, title, f"What is said of {title.lower()}.", "", (title.lower(),), ())
    for name, title in (
        ("camhs", "Mental health"),
        ("early_help", "Early help"),
        ("supervision", "Supervision"),
    )
}
ERRORS = {
    "camhs": (60, 12, 11, 917),
    "early_help": (80, 7, 9, 904),
    "supervision": (90, 20, 25, 865),
}
CARD = {
    "model_id": "m1",
    "n_coded_paragraphs": 1000,
    "codes": "Coded by the test.",
    "scores": {
        "stance": {"accuracy": 0.77},
        "at_random": {
            "n": 1000,
            "themes": {
                theme: {
                    "precision": right / (right + wrong),
                    "recall": right / (right + missed),
                    "support": right + missed,
                    "n": 1000,
                }
                for theme, (right, wrong, missed, _) in ERRORS.items()
            },
        },
    },
    "kinds": {
        "inspection": {
            "n_paragraphs": 1000,
            "n_documents": 20,
            "errors": {
                theme: dict(
                    zip(
                        ("true_positive", "false_positive", "false_negative", "true_negative"),
                        counts,
                        strict=True,
                    )
                )
                for theme, counts in ERRORS.items()
            },
        },
        "focused visit": {"n_paragraphs": 26, "n_documents": 1, "errors": {}},
    },
}
FRAMEWORKS = ("SIF", "ILACS")
TOPICS = ("early help", "care leavers")
REGIONS = ("North West", "London", "South West")
GRADES = ("good", "requires improvement", "inadequate", "")
SENTENCES = (
    "The duty team answered {n} calls from the ferry quarter.",
    "Help came early to {n} families at the lighthouse school.",
    "Managers saw each worker every {n} weeks and wrote it down.",
    "Waiting for the clinic took {n} weeks in the outer villages.",
)
# Squares of three of the made-up authorities, and one of an authority without documents.
TILES = pd.DataFrame(
    [
        ("Area 000", "North West", "A0", 1, 0),
        ("Area 009", "North West", "A9", 0, 1),
        ("Area 003", "North West", "A3", 1, 1),
        ("Area 001", "London", "A1", 2, 1),
    ],
    columns=["name", "region", "label", "column", "row"],
)


@dataclass(frozen=True)
class MadeRun:
    """The tables of a made-up run, as the stages would have made them."""

    documents: pd.DataFrame
    paragraphs: pd.DataFrame
    tags: pd.DataFrame
    counts: pd.DataFrame
    cells: pd.DataFrame
    kinds: pd.DataFrame
    neighbours: pd.DataFrame
    failures: pd.DataFrame
    themes: dict[str, Theme]
    card: dict
    corpus: Path | None

    @property
    def sources(self) -> Sources:
        """What its report is made from."""
        evidence = collect_evidence(self.tags, self.paragraphs, self.documents)
        untagged = collect_untagged(self.tags, self.paragraphs)
        return Sources(
            documents=self.documents, counts=self.counts, cells=self.cells,
            kinds=self.kinds, neighbours=self.neighbours, failures=self.failures, evidence=lambda: [evidence], untagged=lambda: [untagged],
            themes=self.themes, card=self.card, model_id="m1", corpus=self.corpus,
            tiles=TILES,
        )  # fmt: skip


def make_run(
    n_authorities=8, documents_each=3, paragraphs_each=30, seed=0, card=CARD, sentences_each=3
):
    """A run with everything in it that a report shows, the same for a seed."""
    rng = np.random.default_rng(seed)
    documents, paragraphs, tags = [], [], []
    for a in range(n_authorities):
        for d in range(documents_each):
            # Half of the authorities have a visit too, a kind that is not validated.
            visit = d % 3 == 2 and a % 2 == 0
            doc_id = f"{a:04d}{d:08d}"
            source_file = f"area {a}/report #{d}.pdf"
            day = datetime.date(2013 + (a + 4 * d) % 12, 1 + a % 12, 1 + d)
            documents.append(
                dict.fromkeys(DOCUMENTS, "")
                | {
                    "doc_id": doc_id, "source_file": source_file,
                    "authority": "" if a == n_authorities - 1 else f"Area {a:03d}",
                    "ons_code": f"X{a:03d}", "region": REGIONS[a % 3],
                    "document_type": "focused visit" if visit else "inspection", "framework": FRAMEWORKS[day.year > 2017],
                    "topic": TOPICS[a % 2] if visit else "",
                    "published_precision": "day" if (a, d) != (1, 2) else "",
                    "published_on": None if (a, d) == (1, 2) else day,
                    "inspected_from": None, "inspected_to": None,
                    "overall_effectiveness": GRADES[(a + d) % 4], "n_pages": 12,
                    "familiarity": 0.5, "unfamiliar": False,
                    "n_paragraphs": paragraphs_each, "n_words": paragraphs_each * 70 + a,
                }
            )  # fmt: skip
            for n in range(paragraphs_each):
                sentences = [
                    SENTENCES[(n + k) % 4].format(n=n + k + 1) for k in range(sentences_each)
                ]
                text = " ".join(sentences)
                start = len(sentences[0]) + 1
                paragraphs.append(
                    (f"{doc_id}:{n:04d}", doc_id, source_file, n, n // 3 + 1, "", f"Part {n // 10} > Section {n // 5}",
                     "" , "paragraph", False, text)
                )  # fmt: skip
                for t, theme in enumerate(THEMES):
                    p = rng.random() * (1 + 0.5 * (a % 4 == t))
                    tagged = p > 0.9
                    tags.append(
                        (f"{doc_id}:{n:04d}", doc_id, theme, round(min(p, 1) if tagged else 0.1, 4), tagged,
                         STANCES[rng.integers(4)] if tagged else "",
                         start if tagged else None, start + len(sentences[1]) if tagged else None,
                         *(None,) * 4, "m1")
                    )  # fmt: skip
    documents = pd.DataFrame(documents, columns=DOCUMENTS)
    paragraphs = pd.DataFrame(
        paragraphs,
        columns=["paragraph_id", "doc_id", "source_file", "position", "page", "pages", "heading", "lead_in",
                 "kind", "boilerplate", "text"],
    )  # fmt: skip
    tags = pd.DataFrame(
        tags,
        columns=["paragraph_id", "doc_id", "theme", "probability", "tagged", "stance",
                 "carries_from", "carries_to", *HALF_COLUMNS, "model_id"],
    ).astype(dict.fromkeys(("carries_from", "carries_to", *HALF_COLUMNS), "Int64"))  # fmt: skip
    # The first sentence of every second mixed paragraph is a strength, the last one a concern.
    for tag in tags.index[tags["stance"] == "mixed"][::2]:
        text = paragraphs["text"][tag // len(THEMES)]
        first, last = text.index(". ") + 1, text.rindex(". ") + 2
        tags.loc[tag, list(HALF_COLUMNS)] = [0, first, last, len(text)]
    authorities = pd.DataFrame(
        {
            "ons_code": [f"X{a:03d}" for a in range(n_authorities)],
            "name": [f"Area {a:03d}" for a in range(n_authorities)],
            "statistical_neighbours": [
                " ".join(f"X{(a + k) % n_authorities:03d}" for k in (1, 2, 3))
                for a in range(n_authorities)
            ],
        }
    )
    failures = pd.DataFrame(
        [("area 1/broken.pdf", "extract", "The file is a web page.", "Download the report.")],
        columns=FAILURES,
    )
    counts = count_by_document(tags, documents)
    return MadeRun(
        documents, paragraphs, tags, counts, sum_by(counts, "authority", read_errors(card)),
        build_kinds(documents, card), build_neighbours(documents, authorities), failures,
        dict(THEMES), card, None,
    )  # fmt: skip


def comparison_tables(run: MadeRun) -> dict[str, pd.DataFrame]:
    """The tables that `matrix` writes from this run."""
    errors = read_errors(run.card)
    changes = build_changes(run.counts, errors)
    standouts = build_standouts(run.counts, run.neighbours, run.themes)
    return {
        "cells": run.cells,
        "matrix": pivot_matrix(run.cells),
        "stances": build_stances(run.counts, read_errors(run.card, "stances")),
        "standard": DocumentCounter().standard,
        "slices": build_slices(run.counts, errors),
        "neighbours": run.neighbours,
        "kinds": run.kinds,
        "standouts": standouts,
        "funnel": build_funnel(standouts),
        "changes": changes,
        "progress": build_progress(changes, run.documents),
    }


def write_run(run: MadeRun, folder: Path) -> None:
    """All tables of the run, as `run` would have written them."""
    named = {name: getattr(run, name) for name in ("documents", "paragraphs", "tags", "failures")}
    for name, table in (named | comparison_tables(run)).items():
        write_table(table, folder, name)
    (folder / MODEL_CARD).write_text(json.dumps(run.card), encoding="utf-8")
