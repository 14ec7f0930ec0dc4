"""What the report shows, as the data that its scripts read (`page/data.js`)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any

import pandas as pd

from pipeline.base.codebook import STANCES, Theme
from pipeline.base.columns import HALF_COLUMNS, JUDGEMENTS
from pipeline.base.pages import read_pages
from pipeline.matrix.cells import COUNTS, NOT_ESTABLISHED
from pipeline.matrix.changes import LEAST_AUTHORITIES, RANKS, WHOLE
from pipeline.matrix.compare import document_dates
from pipeline.matrix.funnel import LIMITS, normal_score
from pipeline.matrix.intervals import FEW, OF_THIS_RUN, SURE, Z, read_errors
from pipeline.matrix.standouts import (
    FALSE_DISCOVERY,
    MOST_CORRELATED,
    PRIOR_PARAGRAPHS,
    SQUARE_OF_WINSORISED,
    USUAL_DISPERSION,
    USUAL_WEIGHT,
    WINSORISED,
    topic_themes,
)
from pipeline.report.colours import STEPS, step_width
from pipeline.report.links import link_to
from pipeline.report.news import News, for_page

# The constants of the sums that the page makes once more.
SETTINGS = {
    "z": Z,
    "few": FEW,
    "sure": SURE,
    "prior_paragraphs": PRIOR_PARAGRAPHS,
    "false_discovery": FALSE_DISCOVERY,
    "winsorised": WINSORISED,
    "square_of_winsorised": SQUARE_OF_WINSORISED,
    "usual_dispersion": USUAL_DISPERSION,
    "usual_weight": USUAL_WEIGHT,
    "most_correlated": MOST_CORRELATED,
    "least_authorities": LEAST_AUTHORITIES,
    "whole": WHOLE,
    "ranks": RANKS,
    "funnel_limits": [
        {"name": name, "p_value": p, "score": round(float(normal_score(p)), 6)}
        for name, p in LIMITS.items()
    ],
}


@dataclass(frozen=True, slots=True)
class Sources:
    """What a report is made from: tables of a run, as `columns` declares them, and more.

    `counts` is what `cells.count_by_document` gives, `evidence` what `collect_evidence` gives, in
    parts and each time anew; `untagged` likewise what `collect_untagged` gives. `card` is the
    model's ({} if unknown). `corpus` is the folder of the documents, for links to their pages;
    None makes no links. `tiles` is what `load_tiles` gives, `corrections` the table of that name
    (None: there are none); `copies` the folder of the marked copy of each source file that has
    one. `news` is what is new since the run before; None makes no page of it. `notes` is what else
    to say of how paragraphs were tagged.
    """

    documents: pd.DataFrame
    counts: pd.DataFrame
    cells: pd.DataFrame
    kinds: pd.DataFrame
    neighbours: pd.DataFrame
    failures: pd.DataFrame
    evidence: Callable[[], Iterable[pd.DataFrame]]
    untagged: Callable[[], Iterable[pd.DataFrame]]
    themes: Mapping[str, Theme]
    card: Mapping[str, Any]
    model_id: str
    corpus: Path | None
    tiles: pd.DataFrame
    corrections: pd.DataFrame | None = None
    copies: Mapping[str, Path] = field(default_factory=dict)
    news: News | None = None
    notes: Sequence[str] = ()

    @property
    def place(self) -> dict[str, int]:
        """The place of each document in `documents`, by which its paragraphs name it."""
        return {doc_id: at for at, doc_id in enumerate(self.documents["doc_id"])}

    @property
    def theme_number(self) -> dict[str, int]:
        """The place of each theme in `themes`."""
        return {theme: at for at, theme in enumerate(self.themes)}


def data_but_evidence(sources: Sources, folder: Path) -> dict:
    """What a report in `folder` shows, but for its paragraphs."""
    documents = sources.documents.assign(
        authority=sources.documents["authority"].replace("", NOT_ESTABLISHED),
        on=document_dates(sources.documents),
    )
    theme_ids = list(sources.themes)
    authorities = sorted(set(documents["authority"]))
    number = {name: at for at, name in enumerate(authorities)}
    return {
        "about": _about(sources),
        "settings": SETTINGS | {"steps": STEPS, "step_width": step_width(sources.cells)},
        "stances": STANCES,
        "judgements": JUDGEMENTS,
        "kinds": _kinds(sources, theme_ids),
        "themes": [_theme(sources.themes[theme], sources.card) for theme in theme_ids],
        "authorities": _authorities(authorities, number, documents, sources.neighbours),
        "tiles": _tiles(sources.tiles, number),
        "documents": _documents(documents, number, theme_ids, sources, folder),
        "failures": sources.failures[["source_file", "reason", "what_to_do"]].to_dict("records"),
        "corrections": [] if sources.corrections is None else _corrections(sources.corrections),
        "news": _news(sources.news, sources, authorities) if sources.news else None,
    }


def _about(sources: Sources) -> dict:
    card = sources.card
    stance = card.get("scores", {}).get("stance", {})
    return {
        "corpus": sources.corpus.resolve().name if sources.corpus else "",
        "n_paragraphs": int(sources.documents["n_paragraphs"].sum()),
        "model_id": sources.model_id,
        # Cards of before say the same in other places.
        "n_coded_paragraphs": card.get("data", {}).get("n_paragraphs")
        or card.get("n_coded_paragraphs"),
        "codes": " ".join(
            filter(None, [card.get("coded_by") or card.get("codes", ""), *sources.notes])
        ),
        "stance_accuracy": stance.get("accuracy"),
    }


def _kinds(sources: Sources, theme_ids: list[str]) -> list[dict]:
    """The rows of the table `kinds`, each with the classifier's errors by theme, or null.

    `own` says whether the run's own validation found them.
    """
    errors, known_kinds = read_errors(sources.card), sources.card.get("kinds") or {}
    return [
        kind
        | {
            "own": OF_THIS_RUN in known_kinds.get(kind["kind"], {}),
            "familiarity": None if pd.isna(kind["familiarity"]) else kind["familiarity"],
            "errors": [
                asdict(known) if (known := errors.get((kind["kind"], theme))) else None
                for theme in theme_ids
            ],
        }
        for kind in sources.kinds.to_dict("records")
    ]


def _theme(theme: Theme, card: Mapping) -> dict:
    """A theme, and how well it is tagged: at random, failing that on all coded paragraphs."""
    scores = card.get("scores", {})
    known = scores.get("at_random", {}).get("themes", {}).get(theme.id)
    how = "random paragraphs" if known else "paragraphs, not all random"
    known = known or scores.get("themes", {}).get(theme.id, {})
    return {
        "id": theme.id,
        "title": theme.title,
        "definition": theme.definition,
        "not_this": theme.not_this,
        "precision": known.get("precision"),
        "recall": known.get("recall"),
        "measured_on": f"{known['n']:,} {how}, {known['support']} with the theme" if known else "",
    }


def _authorities(
    names: list[str], number: dict, documents: pd.DataFrame, neighbours: pd.DataFrame
) -> list[dict]:
    regions = documents.drop_duplicates("authority").set_index("authority")["region"]
    near = neighbours.sort_values("position").groupby("authority")["neighbour"].agg(list)
    return [
        {
            "name": name,
            "region": regions[name] or "",
            "known": name != NOT_ESTABLISHED,
            "neighbours": [number[n] for n in near.get(name, []) if n in number],
        }
        for name in names
    ]


def _tiles(tiles: pd.DataFrame, number: dict) -> list[dict]:
    """Each square of the map, with the number of its authority, or null if it has no document."""
    return [tile | {"authority": number.get(tile["name"])} for tile in tiles.to_dict("records")]


def _documents(
    documents: pd.DataFrame, number: dict, theme_ids: list[str], sources: Sources, folder: Path
) -> list[dict]:
    strata: dict[tuple[str, str], int] = {}
    kind_number = {kind: at for at, kind in enumerate(sources.kinds["kind"])}
    own_topics = {
        topic: [theme_ids.index(theme) for theme in topic_themes(topic, sources.themes)]
        for topic in documents["topic"].unique()
    }
    counted = sources.counts.set_index(["doc_id", "theme"])
    by_document = {
        doc_id: rows.droplevel(0).reindex(theme_ids)
        for doc_id, rows in counted[[*COUNTS, "extra_variance"]].groupby(level=0)
    }
    return [
        {
            "id": row.doc_id,
            "authority": number[row.authority],
            "source_file": row.source_file,
            "url": _link(row.source_file, sources, folder),
            "public_url": row.url,
            "has_pages": not pd.isna(row.n_pages),
            "document_type": row.document_type or "",
            "framework": row.framework or "",
            "topic": row.topic or "",
            "own_topics": own_topics[row.topic],
            "kind": kind_number[row.document_type],
            # What it is compared with: documents of its type and framework.
            "stratum": strata.setdefault((row.document_type, row.framework), len(strata))
            if row.framework
            else None,
            "grades": {name: getattr(row, name) for name in JUDGEMENTS if getattr(row, name)},
            "region": row.region or "",
            "overall_effectiveness": row.overall_effectiveness or "",
            "published_on": "" if pd.isna(row.published_on) else str(row.published_on),
            "published_precision": row.published_precision or "",
            "on": "" if pd.isna(row.on) else f"{row.on:%Y-%m-%d}",
            "year": "" if pd.isna(row.on) else f"{row.on:%Y}",
            "n_paragraphs": int(row.n_paragraphs),
            "n_words": int(row.n_words),
            "counts": by_document[row.doc_id][COUNTS].to_numpy().tolist(),
            "extra": by_document[row.doc_id]["extra_variance"].tolist(),
        }
        for row in documents.itertuples(index=False)
    ]


def _corrections(corrections: pd.DataFrame) -> list[dict]:
    named = {"paragraph_id": "id", "coded_on": "on"}
    return corrections.drop(columns="doc_id").rename(columns=named).to_dict("records")


def _link(source_file: str, sources: Sources, folder: Path) -> str:
    place = sources.copies.get(source_file, sources.corpus)
    return link_to(source_file, place, folder) if place else ""


def evidence_rows(sources: Sources, heading_as: Callable[[str], Any]) -> Iterator[list]:
    """The tagged paragraphs in the order of the corpus, each with its tags.

    Lists rather than names and values, which would be a fifth of the report; `data.js` names them
    again. A heading is written as `heading_as` gives it, as its number or itself.
    """
    place, theme_number = sources.place, sources.theme_number
    for part in sources.evidence():
        rows = part.itertuples(index=False)
        for paragraph_id, tags in groupby(rows, key=lambda row: row.paragraph_id):
            first, *others = tags
            found = [_tag(tag, first.text, theme_number) for tag in (first, *others)]
            yield [paragraph_id, place[first.doc_id], *_text(first, heading_as), found]


def untagged_rows(sources: Sources, heading_as: Callable[[str], Any]) -> Iterator[list]:
    """The other paragraphs, as `evidence_rows` has them."""
    place = sources.place
    for part in sources.untagged():
        for row in part.itertuples(index=False):
            yield [row.paragraph_id, place[row.doc_id], *_text(row, heading_as), []]


def _text(row, heading_as: Callable[[str], Any]) -> tuple:
    return _pages(row), heading_as(row.heading), row.lead_in or "", row.text


def _pages(row) -> int | list:
    """The page of a paragraph; of one on several `[first, [place, page], [place, page], ...]`."""
    (_, first), *later = read_pages(row.pages) or [(0, int(row.page))]
    turns = [[_utf16(row.text, place), page] for place, page in later]
    return [first, *turns] if turns else first


def _tag(tag, text: str, theme_number: dict[str, int]) -> list:
    return [
        theme_number[tag.theme],
        STANCES.index(tag.stance) if tag.stance in STANCES else -1,
        round(float(tag.probability), 3),
        *(_places(tag, ("carries_from", "carries_to"), text) or (0, 0)),
        # Of a mixed paragraph that is split, and of no other.
        *_places(tag, HALF_COLUMNS, text),
    ]


def _places(tag, columns: Iterable[str], text: str) -> list[int]:
    """The places in some columns as JavaScript counts them; none, if one is missing."""
    places = [getattr(tag, column, pd.NA) for column in columns]
    return [] if any(map(pd.isna, places)) else [_utf16(text, int(place)) for place in places]


def _news(news: News, sources: Sources, authorities: list[str]) -> dict:
    """What `news_page.js` shows; its paragraphs have their headings as text."""
    place, theme_number = sources.place, sources.theme_number

    def paragraph_of(row) -> list:
        text = _text(row, str)
        return [row.paragraph_id, place[row.doc_id], *text, [_tag(row, row.text, theme_number)]]

    return for_page(news, list(place), authorities, paragraph_of)


def _utf16(text: str, place: int) -> int:
    """A place in characters as JavaScript counts them: twice beyond U+FFFF."""
    return len(text[:place].encode("utf-16-le", "surrogatepass")) // 2
