"""The report: one HTML file with matrix, evidence and methods, which needs no network.

Of many documents, it has the evidence in a folder beside it (`parts`).
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from heapq import merge
from itertools import chain, groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

import pandas as pd

from pipeline.base.codebook import STANCES, Theme
from pipeline.base.columns import HALF_COLUMNS, JUDGEMENTS
from pipeline.base.files import WholeFile
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
from pipeline.report.bundle import bundle, policy_hash
from pipeline.report.colours import (
    DARK,
    FEW_FILL,
    FEW_STRIPE,
    PALE_STEPS,
    STANCE_COLOURS,
    STEPS,
    TEXT_ON,
    step_width,
)
from pipeline.report.links import link_to
from pipeline.report.news import News, for_page
from pipeline.report.parts import PartFolder, write_parts

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
PAGE = Path(__file__).resolve().parent / "page"
DATA_PLACE = "{{data}}"
POLICY = '<meta http-equiv="Content-Security-Policy" content="{{policy}}">'
# How many documents a report of one file has at most.
IN_ONE_FILE = 500
# In a `<script>` these would end it, begin a comment, or (the last two) break old readers.
ESCAPES = {ord(sign): f"\\u{ord(sign):04x}" for sign in "<>&\u2028\u2029"}


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


def write_report(sources: Sources, path: Path, *, in_one_file: int = IN_ONE_FILE) -> None:
    """Write the report to `path`; the same sources and places give the same bytes.

    Of more documents than `in_one_file`, the evidence goes into a folder beside it that has the
    name of the file without its ending. Parts of an earlier report are deleted from there.
    """
    data = _data_but_evidence(sources, path.parent)
    in_parts = len(sources.documents) > in_one_file
    before, after = _page(in_parts).split(DATA_PLACE)
    with PartFolder(path.with_suffix("")) as folder:
        parts = _in_parts(sources, folder) if in_parts else {}
        with WholeFile(path) as file:
            file.write(before.encode())
            if in_parts:
                file.write(json_in_script(data | {"parts": parts}).encode())
            else:
                for text in _json_in_pieces(data, sources):
                    file.write(text.encode())
            file.write(after.encode())


def _in_parts(sources: Sources, folder: PartFolder) -> dict[str, Any]:
    # Of a document, what is tagged comes first.
    rows = merge(_evidence(sources, str), _untagged(sources, str), key=itemgetter(1))
    return write_parts(rows, len(sources.documents), folder)


def _json_in_pieces(data: Mapping, sources: Sources) -> Iterator[str]:
    """The data as JSON, its evidence paragraph by paragraph: it may be larger than memory."""
    headings: dict[str, int] = {}

    def number_of(heading: str) -> int:
        return headings.setdefault(heading, len(headings))

    yield json_in_script(data)[:-1] + ',"evidence":['
    yield from _joined(_evidence(sources, number_of))
    yield '],"untagged":"'
    yield from _packed(_untagged(sources, number_of))
    yield '","headings":' + json_in_script(list(headings)) + "}"


def _joined(paragraphs: Iterable[list]) -> Iterator[str]:
    between = ""
    for paragraph in paragraphs:
        yield between + json_in_script(paragraph)
        between = ","


def _packed(paragraphs: Iterable[list]) -> Iterator[str]:
    """A JSON list as zlib (RFC 1950) in base64, which browsers read: a third of its size."""
    packer, rest = zlib.compressobj(9), b""
    for text in chain(["["], _joined(paragraphs), ["]"]):
        rest += packer.compress(text.encode("utf-8", "surrogatepass"))
        # Base64 is of three bytes at a time.
        whole = len(rest) // 3 * 3
        yield base64.b64encode(rest[:whole]).decode("ascii")
        rest = rest[whole:]
    yield base64.b64encode(rest + packer.flush()).decode("ascii")


def _page(in_parts: bool) -> str:
    """The page with a place for its data.

    Its policy (Content Security Policy 3, https://www.w3.org/TR/CSP3/) lets run only what is in
    `page/`, by its hash: nothing from anywhere else, and no connection to any place.

    A report in parts lets its own script load others from where it is itself, and nobody else:
    of two policies both must agree, the first that it is our script that loads them
    ('strict-dynamic'), the second that they are from the same place. Their hashes cannot be
    demanded, because no browser checks the hash of a file on disk.
    """
    script = bundle(PAGE / "main.js")
    style = (PAGE / "report.css").read_text(encoding="utf-8") + _colour_rules()
    policy = "; ".join(
        [
            "default-src 'none'",
            f"script-src {policy_hash(script)}" + (" 'strict-dynamic'" if in_parts else ""),
            f"style-src {policy_hash(style)}",
            "img-src data:",
            "base-uri 'none'",
            "form-action 'none'",
        ]
    )
    page = (PAGE / "page.html").read_text(encoding="utf-8")
    if in_parts:
        second = f"script-src {policy_hash(script)} 'self' file:"
        page = page.replace(POLICY, POLICY + "\n" + POLICY.replace("{{policy}}", second))
    for name, text in {"policy": policy, "style": style, "script": script}.items():
        before, after = page.split("{{" + name + "}}")
        page = before + text + after
    return page


def json_in_script(data: object) -> str:
    """JSON that no text in it can end or leave when it stands in a `<script>`.

    >>> json_in_script("</script>")
    '"\\\\u003c/script\\\\u003e"'
    """
    return json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":")).translate(
        ESCAPES
    )


def _data_but_evidence(sources: Sources, folder: Path) -> dict:
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
        "news": _news(sources.news, sources, authorities, theme_ids) if sources.news else None,
    }


# --- the parts of the data ------------------------------------------------------------------


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


def _evidence(sources: Sources, heading_as: Callable[[str], Any]) -> Iterator[list]:
    """The tagged paragraphs in the order of the corpus, each with its tags.

    Lists rather than names and values, which would be a fifth of the report; `data.js` names them
    again. A heading is written as `heading_as` gives it, as its number or itself.
    """
    theme_number = {theme: at for at, theme in enumerate(sources.themes)}
    place = {doc_id: at for at, doc_id in enumerate(sources.documents["doc_id"])}
    for part in sources.evidence():
        rows = part.itertuples(index=False)
        for paragraph_id, tags in groupby(rows, key=lambda row: row.paragraph_id):
            first, *others = tags
            found = [_tag(tag, first.text, theme_number) for tag in (first, *others)]
            yield [paragraph_id, place[first.doc_id], *_text(first, heading_as), found]


def _untagged(sources: Sources, heading_as: Callable[[str], Any]) -> Iterator[list]:
    """The other paragraphs, as `_evidence` has them."""
    place = {doc_id: at for at, doc_id in enumerate(sources.documents["doc_id"])}
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


def _news(news: News, sources: Sources, authorities: list[str], theme_ids: list[str]) -> dict:
    """What `news_page.js` shows; its paragraphs have their headings as text."""
    theme_number = {theme: at for at, theme in enumerate(theme_ids)}
    place = {doc_id: at for at, doc_id in enumerate(sources.documents["doc_id"])}

    def paragraph_of(row) -> list:
        text = _text(row, str)
        return [row.paragraph_id, place[row.doc_id], *text, [_tag(row, row.text, theme_number)]]

    return for_page(news, list(place), authorities, paragraph_of)


def _utf16(text: str, place: int) -> int:
    """A place in characters as JavaScript counts them: twice beyond U+FFFF."""
    return len(text[:place].encode("utf-16-le", "surrogatepass")) // 2


# --- style and policy -------------------------------------------------------------------------


def _colour_rules() -> str:
    rules = [
        f".step-{at} {{ background: {colour}; color: {text}; }}"
        for at, (colour, text) in enumerate(zip(STEPS, TEXT_ON, strict=True))
    ]
    for at, colour in enumerate(PALE_STEPS):
        rules.append(f".step-{at}.pale {{ background: {colour}; color: {DARK}; }}")
    rules.append(f".half {{ --half-from: {STEPS[5]}; --half-to: {PALE_STEPS[5]}; }}")
    for stance, colour in STANCE_COLOURS.items():
        rules.append(f".stance-{stance} {{ background: {colour}; }}")
        rules.append(f":root {{ --half-{stance}: {colour}; }}")
        rules.append(f".tags .of-{stance} {{ border-left-color: {colour}; }}")
    rules.append(
        f".matrix td.few, .scale .few, .tile.few {{ color: {DARK}; background: "
        f"repeating-linear-gradient(-45deg, {FEW_FILL} 0 5px, {FEW_STRIPE} 5px 7px); }}"
    )
    return "\n".join(rules) + "\n"
