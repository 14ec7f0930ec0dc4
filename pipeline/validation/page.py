"""The table `validation` → one page to read, print and quote from, as HTML and as Markdown.

The page is still: it has no script and loads nothing. All text in it is escaped.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

import pandas as pd

from pipeline.base.codebook import STANCES, Theme
from pipeline.base.files import write_whole
from pipeline.base.printed import plain_markdown
from pipeline.labelling.agreement import COEFFICIENTS
from pipeline.report.bundle import policy_hash
from pipeline.validation.figures import ALL, EVERY_THEME, LEAST_CODED, NOT_TAGGED, WEIGHTED

HTML_FILE, MARKDOWN_FILE = "validation.html", "validation.md"
ALL_DOCUMENTS = "All documents"
SLICE_NAMES = {"document_type": "", "framework": "Framework ", "authority": ""}
COEFFICIENT_NAMES = {
    "cohens_kappa": "κ",
    "krippendorffs_alpha": "α",
    "positive_agreement": "positive agreement",
    "percent_agreement": "agreement",
}
STYLE = """
:root { color-scheme: light; }
body { margin: 0 auto; max-width: 72rem; padding: 1.5rem; background: #fff; color: #1f1b2e;
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; }
h1, h2, caption { line-height: 1.25; }
h1 { font-size: 1.7rem; }
h2 { font-size: 1.25rem; margin: 2.2rem 0 0.5rem; padding-top: 0.8rem;
  border-top: 2px solid #452572; }
p, li { max-width: 48rem; }
.wide { overflow-x: auto; margin: 1rem 0 1.5rem; }
table { border-collapse: collapse; font-size: 0.88rem; font-variant-numeric: tabular-nums; }
caption { text-align: left; font-weight: 600; padding: 0.3rem 0; }
th, td { text-align: left; vertical-align: top; padding: 0.3rem 0.7rem 0.3rem 0;
  border-bottom: 1px solid #d9d6e3; }
thead th { border-bottom: 2px solid #57536a; }
tbody th { font-weight: 600; }
td { white-space: pre; }
@media print { body { max-width: none; padding: 0; font-size: 10pt; } .wide { overflow: visible; }
  table { font-size: 8pt; } tr, caption { break-inside: avoid; } h2 { break-after: avoid; } }
"""


@dataclass(frozen=True, slots=True)
class Grid:
    """A table of the page: the first field of each row heads it."""

    caption: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the page: its paragraphs and tables in order."""

    heading: str
    parts: Sequence[str | Grid]


def compose(
    table: pd.DataFrame,
    sample: pd.DataFrame,
    verdicts: pd.DataFrame,
    kinds: pd.DataFrame,
    themes: Mapping[str, Theme],
) -> list[Section]:
    """The page, from the table `validation`, the sample, its verdicts and the table `kinds`."""
    titles = {name: theme.title for name, theme in themes.items()} | {EVERY_THEME: "All themes"}
    return [
        _about(sample, verdicts, kinds),
        _shares(table, titles, _all_coded(verdicts, kinds)),
        _stances(table, titles),
        _agreement(table, titles),
        METHOD,
    ]


METHOD = Section(
    "How this was worked out",
    [
        "Sample: the strata are the kinds of documents and, within each, the rarest theme that "
        "the model gave a paragraph, or that it was in doubt, or that it saw none. Half of the "
        "sample is shared among them by their size and half equally. Each coded paragraph counts "
        "for the paragraphs of its stratum for which it stands. Paragraphs that were drawn and "
        "not coded are taken to be like those that were. Where coders differ, each counts for a "
        "part.",
        "Share: how many of all paragraphs a coder would give the theme. It is the difference "
        "estimator of survey sampling (Särndal, Swensson and Wretman 1992), which "
        "prediction-powered inference (Angelopoulos et al. 2023) uses too: the share tagged, plus "
        "the mean difference between code and tag in the sample, scaled so that tagged and other "
        "paragraphs make up their known numbers. The interval joins those of the two groups (Zou "
        "and Donner 2008), each being Jeffreys's for its effective sample size: paragraphs of one "
        "document are not independent, and weights differ. So it has a width even where no error "
        "was seen. It is about the documents of this run, not about others.",
        "Precision: of the paragraphs tagged, how many a coder would tag. Recall: of the "
        "paragraphs a coder would tag, how many were (interval: Donner and Zou 2012).",
        "Agreement: Cohen's κ, Krippendorff's α (nominal), positive agreement (Cicchetti and "
        "Feinstein 1990) and the share of equal answers, on whether a paragraph carries the "
        "theme. The intervals come from 2,000 resamples of whole documents; none is given where "
        "the resamples do not differ. In the sample, themes are more common than in the run, so "
        "coefficients of the sample as it is and weighted to the run are both given.",
        "All intervals are 95% intervals. Codes to halve the interval: how many more paragraphs, "
        "drawn in the same way, would make the interval of the share half as wide.",
    ],
)


def _about(sample: pd.DataFrame, verdicts: pd.DataFrame, kinds: pd.DataFrame) -> Section:
    coders = verdicts.groupby("coder")["paragraph_id"].nunique()
    drawn, coded = sample["kind"].value_counts(), verdicts.drop_duplicates("paragraph_id")
    of_kind = coded["document_type"].value_counts()
    named = [f"{name} ({n})" for name, n in coders.items()]
    text = [
        f"{len(sample)} paragraphs of the run were drawn at random; {len(coded)} were coded, by "
        f"{_listed(named)}, on sheets that did not show what the model said of them."
    ]
    if missing := [kind for kind in kinds["kind"] if kind not in of_kind]:
        text.append(
            f"Nothing was coded of the kinds {_listed(missing)}; they are left out of all figures."
        )
    rows = [
        (
            row.kind,
            f"{row.n_documents:,}",
            f"{row.n_paragraphs:,}",
            f"{drawn.get(row.kind, 0):,}",
            f"{of_kind.get(row.kind, 0):,}",
        )
        for row in kinds.itertuples()
    ]
    head = ("Kind of document", "Documents", "Paragraphs", "Drawn", "Coded")
    return Section("What was coded", [*text, Grid("The sample", head, rows)])


def _all_coded(verdicts: pd.DataFrame, kinds: pd.DataFrame) -> str:
    """What the figures of all documents are about: of some kinds, nothing may be coded."""
    coded = set(verdicts["document_type"])
    if coded >= set(kinds["kind"]):
        return ALL_DOCUMENTS
    of = _listed([kind for kind in kinds["kind"] if kind in coded])
    return f"{ALL_DOCUMENTS} of the kind{'s' if len(coded) > 1 else ''} {of}"


def _shares(table: pd.DataFrame, titles: Mapping[str, str], all_coded: str) -> Section:
    own = table[table["measure"].isin(("share", "share_tagged", "share_corrected", *ERRORS))]
    grids = [
        Grid(
            all_coded if slice_ == ALL else _caption(slice_, value),
            SHARE_HEAD,
            [*_share_rows(rows, titles)],
        )
        for (slice_, value), rows in own.groupby(["slice", "value"], sort=False)
    ]
    return Section(
        "Shares of the themes, and errors of the tags",
        [
            "The share is what a coder would find. Beside it stand the share that the model "
            "tagged, and that share corrected by the error rates on the model's card, where it "
            f"has them. Kinds, frameworks and authorities with at least {LEAST_CODED} coded "
            "paragraphs have figures of their own.",
            *grids,
        ],
    )


ERRORS = ("precision", "recall")
SHARE_HEAD = (
    "Theme",
    "Coded with it",
    "Share",
    "Share tagged",
    "Corrected by the card",
    "Precision",
    "Recall",
    "Codes to halve the interval",
)


def _share_rows(rows: pd.DataFrame, titles: Mapping[str, str]) -> Iterator[Sequence[str]]:
    for theme, of_theme in rows.groupby("theme", sort=False):
        by_measure = {row.measure: row for row in of_theme.itertuples()}
        share = by_measure["share"]
        yield (
            titles.get(str(theme), str(theme)),
            f"{share.n_coded} of {share.n_paragraphs}",
            *(
                _percent(by_measure[name])
                for name in ("share", "share_tagged", "share_corrected", *ERRORS)
            ),
            f"{share.n_more:,}",
        )


def _stances(table: pd.DataFrame, titles: Mapping[str, str]) -> Section:
    models = (*STANCES, NOT_TAGGED)
    rows = []
    for theme, own in table[table["measure"] == "stance"].groupby("theme", sort=False):
        cells = {row.of: row for row in own.itertuples()}
        for stance in STANCES:
            of_stance = [cells.get(f"{stance} as {model}") for model in models]
            if of_stance[0] is not None:
                first = titles.get(str(theme), str(theme))
                n = f"{of_stance[0].n_paragraphs}"
                rows.append((first, stance, n, *(_percent(cell) for cell in of_stance)))
    head = ("Theme", "Coders said", "Paragraphs", *(f"Model: {name}" for name in models))
    return Section(
        "Confusion of stances",
        [
            "Of the paragraphs to which coders gave a stance on the theme, how many the model "
            "gave which stance.",
            Grid("What the model made of each stance", head, rows),
        ],
    )


def _agreement(table: pd.DataFrame, titles: Mapping[str, str]) -> Section:
    names = [name + suffix for name in COEFFICIENTS for suffix in ("", WEIGHTED)]
    own = table[table["measure"].isin([*names, "stance_agreement"])]
    parts: list[str | Grid] = []
    for who, rows in own.groupby("of", sort=False):
        in_sample, weighted, said = [], [], []
        for theme, of_theme in rows.groupby("theme", sort=False):
            cells = {row.measure: row for row in of_theme.itertuples()}
            title, first = titles.get(str(theme), str(theme)), cells[COEFFICIENTS[0]]
            values = [_decimal(cells[name]) for name in COEFFICIENTS]
            quoted = (value.replace("\n", " ") for value in values)
            stance = cells["stance_agreement"]
            same = f"{_decimal(stance)} of {stance.n_paragraphs}"
            in_sample.append((title, f"{first.n_paragraphs}", f"{first.n_coded}", *values, same))
            weighted.append((title, *(_decimal(cells[name + WEIGHTED]) for name in COEFFICIENTS)))
            told = zip(COEFFICIENT_NAMES.values(), quoted, strict=True)
            said.append(f"{title}: {', '.join(f'{name} {value}' for name, value in told)}")
        symbols = COEFFICIENT_NAMES.values()
        head = ("Theme", "Paragraphs", "Both yes", *symbols, "same stance")
        parts += [
            Grid(f"{who}, in the sample", head, in_sample),
            Grid(f"{who}, weighted to the run", ("Theme", *symbols), weighted),
            f"To quote: {who}, on whether {rows['n_paragraphs'].max()} paragraphs of "
            f"{rows['n_documents'].max()} documents (a stratified random sample) carry each "
            f"theme, with 95% bootstrap intervals, documents resampled. {'; '.join(said)}.",
        ]
    return Section("Agreement", parts)


def _caption(slice_: str, value: str) -> str:
    return SLICE_NAMES[slice_] + (value or "(not stated)")


def _listed(names: Sequence[str]) -> str:
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))


def _percent(row) -> str:
    """A share, with its interval on the next line."""
    if pd.isna(row.estimate):
        return "–"
    if pd.isna(row.low):
        return f"{100 * row.estimate:.1f}%"
    return f"{100 * row.estimate:.1f}%\n[{100 * row.low:.1f}–{100 * row.high:.1f}]"


def _decimal(row) -> str:
    if pd.isna(row.estimate):
        return "undefined"
    # Without the sign of a zero.
    estimate, low, high = (f"{round(x, 2) + 0.0:.2f}" for x in (row.estimate, row.low, row.high))
    return estimate if pd.isna(row.low) else f"{estimate}\n[{low}, {high}]"


def write_page(title: str, sections: Sequence[Section], folder: Path) -> None:
    """Write the page into `folder`, as `validation.html` and `validation.md`."""
    for name, text in (
        (HTML_FILE, "\n".join(_html(title, sections))),
        (MARKDOWN_FILE, "\n\n".join(_markdown(title, sections))),
    ):
        write_whole(folder / name, (text + "\n").encode("utf-8", "replace"))


def _html(title: str, sections: Iterable[Section]) -> Iterator[str]:
    style = policy_hash(STYLE)
    policy = f"default-src 'none'; style-src {style}; base-uri 'none'; form-action 'none'"
    yield '<!doctype html>\n<html lang="en-GB">\n<head>\n<meta charset="utf-8">'
    yield f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield f"<title>{escape(title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>"
    yield f"<h1>{escape(title)}</h1>"
    for section in sections:
        yield f"<section>\n<h2>{escape(section.heading)}</h2>"
        for part in section.parts:
            yield _html_grid(part) if isinstance(part, Grid) else f"<p>{escape(part)}</p>"
        yield "</section>"
    yield "</main>\n</body>\n</html>"


def _html_grid(grid: Grid) -> str:
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in grid.head)
    rows = "\n".join(
        f'<tr><th scope="row">{escape(first)}</th>'
        + "".join(f"<td>{escape(field)}</td>" for field in fields)
        + "</tr>"
        for first, *fields in grid.rows
    )
    caption = escape(grid.caption)
    return (
        f'<div class="wide" role="region" tabindex="0" aria-label="{caption}">\n<table>\n'
        f"<caption>{caption}</caption>\n<thead><tr>{head}</tr></thead>\n"
        f"<tbody>\n{rows}\n</tbody>\n</table>\n</div>"
    )


def _markdown(title: str, sections: Iterable[Section]) -> Iterator[str]:
    yield f"# {plain_markdown(title)}"
    for section in sections:
        yield f"## {section.heading}"
        for part in section.parts:
            if isinstance(part, Grid):
                yield f"**{plain_markdown(part.caption)}**"
                lines = [part.head, ["---"] * len(part.head), *part.rows]
                yield "\n".join(f"| {' | '.join(map(plain_markdown, line))} |" for line in lines)
            else:
                yield plain_markdown(part)
