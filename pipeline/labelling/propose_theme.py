"""Paragraphs + the codes of one theme → those most worth coding for it.

A new theme is usually rare: of paragraphs drawn by chance, hardly any carry it. So most are drawn
where it is likely: among those with its search terms; then those that are like the ones that carry
it; then those that a quick model of this theme is unsure of; then those that a trained model tags
with it. Some are always drawn by chance from all, because only they show what the other ways miss.
Every paragraph has some chance, and how large it was is kept with its code (`PROBABILITY`):
without it, nobody could tell from such codes how often the theme occurs, or a tag is wrong.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from pipeline.base.codebook import WORD, Theme
from pipeline.base.columns import substantive_rows
from pipeline.base.errors import LabelError
from pipeline.labelling.codes import (
    KEYS,
    LIKE,
    NO,
    PROBABILITY,
    SEARCH,
    TAGGED,
    UNSURE,
    settle_codes,
    themes_of,
)
from pipeline.labelling.link import LINKED_COLUMNS, fingerprint, link_codes
from pipeline.labelling.task_files import CODED, PROPOSED
from pipeline.tagging.tokens import TermFinder

RANDOM = "random"
# The share of a proposal that each way draws. What cannot be drawn yet, the others draw more, but
# no more at random.
SHARES = {RANDOM: 0.2, SEARCH: 0.2, LIKE: 0.2, UNSURE: 0.2, TAGGED: 0.2}
# Of as many that carry the theme, and do not, a quick model can learn.
ENOUGH = 10
# The ways `like` and `unsure` draw among so many times as many as they take.
AMONG = 3


@dataclass(frozen=True, slots=True)
class Draw:
    """Which rows were drawn, how (`SHARES`), and how likely each was to be drawn in any way."""

    rows: np.ndarray
    drawn: np.ndarray
    probability: np.ndarray


def propose_for_theme(
    theme: Theme,
    paragraphs: pd.DataFrame,
    tags: pd.DataFrame,
    documents: pd.DataFrame,
    codes: pd.DataFrame,
    n: int = 100,
    seed: int = 0,
) -> pd.DataFrame:
    """Up to `n` substantive paragraphs to code for one theme, in random order.

    Columns `PROPOSED`, `PROBABILITY`, and `CODED`: what is coded of the paragraph already. Those
    that are coded for the theme in `codes` are not proposed again; of paragraphs with the same
    words, only one is. Raises `LabelError` if there are none left.
    """
    rows = paragraphs[substantive_rows(paragraphs)].reset_index(drop=True)
    prints = pd.Series([fingerprint(text) for text in rows["text"]])
    linked = link_codes(codes, rows)[0]
    code = _codes_of(theme.id, linked, rows)
    # Also where coders differ, and there is no settled code.
    coded = linked.reindex(columns=[theme.id], fill_value="")[theme.id] != ""
    done = prints[rows["paragraph_id"].isin(linked.loc[coded, "paragraph_id"])]
    free = np.flatnonzero(~prints.isin(done) & ~prints.duplicated())
    if not len(free):
        raise LabelError(
            f"Every paragraph is coded for {theme.id} already.", "Read more reports first."
        )
    tagged = tags.loc[tags["tagged"] & (tags["theme"] == theme.id), "paragraph_id"]
    sizes = {
        SEARCH: search_scores(theme, rows)[free],
        **_by_example(rows["text"], code, free, n),
        TAGGED: rows["paragraph_id"].isin(tagged).to_numpy(dtype=float)[free],
    }
    rng = np.random.default_rng(seed)
    draw = draw_by_size(sizes, len(free), min(n, len(free)), rng)
    chosen = rows.iloc[free[draw.rows]].assign(
        drawn=draw.drawn, **{PROBABILITY: [f"{p:.6g}" for p in draw.probability]}
    )
    told = _told(linked)
    chosen[CODED] = [told.get(id_, "") for id_ in chosen["paragraph_id"]]
    chosen = chosen.merge(documents[["doc_id", "authority"]], on="doc_id")
    shuffled = chosen.iloc[rng.permutation(len(chosen))]
    return shuffled[[*PROPOSED, PROBABILITY, CODED]].reset_index(drop=True)


def search_scores(theme: Theme, paragraphs: pd.DataFrame) -> np.ndarray:
    """How much each paragraph has of a theme's search terms: more for rare ones, 0 for none.

    What stands above it (`heading`, `lead_in`) counts, too.
    """
    finder = TermFinder([theme])
    parts = [paragraphs[name].fillna("") for name in ("heading", "lead_in", "text")]
    found = [
        {
            term.name
            for text in texts
            for _, term in finder.find(WORD.findall(text.lower()))
            if not term.negative
        }
        for texts in zip(*parts, strict=True)
    ]
    names = sorted(set().union(*found))
    at = {name: column for column, name in enumerate(names)}
    has = np.zeros((len(found), len(names)))
    for row, terms in enumerate(found):
        has[row, [at[name] for name in terms]] = 1
    rarity = np.log((1 + len(found)) / (1 + has.sum(axis=0)))
    # Squared: two terms together say more than twice what one says.
    return (has @ rarity) ** 2


def draw_by_size(
    sizes: dict[str, np.ndarray], n_rows: int, n: int, rng: np.random.Generator
) -> Draw:
    """Draw `n` of `n_rows` rows, some at random and some by each way in proportion to its sizes.

    `sizes` has the sizes of all rows for each way of `SHARES` but `random`; a way of which all
    are 0 draws none. Each row gets one inclusion probability over all ways, and all are drawn at
    once with exactly these, by systematic sampling in random order (Särndal, Swensson & Wretman
    1992, "Model assisted survey sampling", section 3.6.2). Those called `random` are an
    equal-probability sample of all rows, whatever the sizes are.
    """
    opened = {way: size / size.sum() for way, size in sizes.items() if size.sum() > 0}
    opened[RANDOM] = np.full(n_rows, 1 / n_rows)
    whole = sum(SHARES[way] for way in opened if way != RANDOM)
    share = {way: SHARES[way] * (1 - SHARES[RANDOM]) / whole for way in opened if way != RANDOM}
    share[RANDOM] = SHARES[RANDOM] if whole else 1
    parts = {way: n * share[way] * size for way, size in opened.items()}
    wanted = np.sum(list(parts.values()), axis=0)
    probability = _capped(wanted, n)
    start = rng.permutation(n_rows)
    ends = np.cumsum(probability[start])
    ends[-1] = n
    # Each whole number between the start and the end of a row's stretch draws it.
    steps = np.floor(ends + rng.random())
    rows = np.sort(start[np.diff(steps, prepend=0) >= 1])
    ways = list(parts)
    mix = np.column_stack([parts[way][rows] for way in ways])
    mix[:, ways.index(RANDOM)] = 0
    at_random = probability.min() / probability[rows]
    others = mix.sum(axis=1, keepdims=True)
    mix = np.divide(mix, others, out=np.zeros_like(mix), where=others > 0)
    mix *= 1 - at_random[:, None]
    mix[:, ways.index(RANDOM)] = 1 - mix.sum(axis=1)
    drawn = [ways[rng.choice(len(ways), p=row / row.sum())] for row in mix]
    return Draw(rows, np.array(drawn, dtype=object), probability[rows])


def _capped(wanted: np.ndarray, n: int) -> np.ndarray:
    """Probabilities in proportion to `wanted`, none above 1, that sum to `n`."""
    probability = np.minimum(wanted, 1)
    while n - probability.sum() > 1e-9:
        below = probability < 1
        factor = (n - (~below).sum()) / probability[below].sum()
        probability[below] = np.minimum(probability[below] * factor, 1)
    return probability


def _codes_of(theme: str, linked: pd.DataFrame, rows: pd.DataFrame) -> pd.Series:
    """The settled code of each row for a theme; empty where there is none."""
    if theme not in linked.columns:
        return pd.Series("", index=rows.index)
    own = linked[linked[theme] != ""]
    ids = own.drop_duplicates(KEYS)[[*KEYS, "paragraph_id"]]
    settled = settle_codes(own.drop(columns=LINKED_COLUMNS)).merge(ids, on=KEYS)
    said = dict(zip(settled["paragraph_id"], settled[theme], strict=True))
    return pd.Series([said.get(id_, "") for id_ in rows["paragraph_id"]], index=rows.index)


def _told(linked: pd.DataFrame) -> dict[str, str]:
    """What is coded of each paragraph already, as `theme: code`, by its id."""
    codes = linked.drop(columns=LINKED_COLUMNS)
    said: dict[str, dict[str, str]] = {}
    for theme in themes_of(codes):
        for id_, code in zip(linked["paragraph_id"], codes[theme], strict=True):
            if code not in ("", NO):
                said.setdefault(id_, {})[theme] = code
    return {id_: "; ".join(f"{t}: {c}" for t, c in own.items()) for id_, own in said.items()}


def _by_example(
    texts: pd.Series, code: pd.Series, free: np.ndarray, n: int
) -> dict[str, np.ndarray]:
    """The sizes for the ways `like` and `unsure`, as far as there are codes to learn from."""
    yes = np.flatnonzero(~code.isin(["", NO]))
    no = np.flatnonzero(code == NO)
    sizes: dict[str, np.ndarray] = {}
    if not len(yes):
        return sizes
    about = TfidfVectorizer(sublinear_tf=True, stop_words="english", ngram_range=(1, 2), min_df=2)
    try:
        words = about.fit_transform(texts)
    except ValueError:  # nothing but stop words
        return sizes
    among = max(1, round(AMONG * n * SHARES[LIKE]))
    alike = np.asarray((words[free] @ words[yes].T).mean(axis=1)).ravel()
    sizes[LIKE] = _highest(alike, among)
    if min(len(yes), len(no)) >= ENOUGH:
        model = LogisticRegression(C=30, class_weight="balanced")
        known = np.r_[yes, no]
        model.fit(words[known], np.isin(known, yes))
        doubt = 0.5 - np.abs(model.predict_proba(words[free])[:, 1] - 0.5)
        sizes[UNSURE] = _highest(doubt, among)
    return sizes


def _highest(values: np.ndarray, n: int) -> np.ndarray:
    """The `n` highest values that are above 0, and 0 for all others."""
    kept = np.argsort(-values, kind="stable")[:n]
    highest = np.zeros(len(values))
    highest[kept] = np.maximum(values[kept], 0)
    return highest
