"""Tagged paragraphs → those most worth coding."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from sklearn.cluster import MiniBatchKMeans
from sklearn.feature_extraction.text import TfidfVectorizer

from pipeline.base.columns import substantive_rows
from pipeline.base.errors import LabelError
from pipeline.labelling.link import fingerprint, link_codes
from pipeline.labelling.task_files import PROPOSED

# Shares of a proposal; the rest is drawn at random. Only that rest shows how common themes are,
# how often the model errs, and where it is sure but wrong.
UNCERTAIN, DIVERSE = 0.5, 0.3


def propose_paragraphs(
    paragraphs: pd.DataFrame,
    tags: pd.DataFrame,
    documents: pd.DataFrame,
    coded: set[str],
    thresholds: Mapping[str, float],
    n: int = 100,
    seed: int = 0,
) -> pd.DataFrame:
    """Up to `n` substantive paragraphs to code, in random order, with the columns `PROPOSED`.

    Half are those the model is least sure about, spread over different topics; 30% stand for
    groups of similar paragraphs; the rest are drawn at random (`drawn` says which). `coded` are
    the ids of paragraphs not to propose again. Of paragraphs with the same words, only one is
    proposed. Raises `LabelError` if there are none left.
    """
    free = paragraphs[substantive_rows(paragraphs)].copy()
    prints = pd.Series([fingerprint(text) for text in free["text"]], index=free.index)
    done = prints[free["paragraph_id"].isin(coded)]
    free = free[~prints.isin(done) & ~prints.duplicated()]
    if free.empty:
        raise LabelError("Every paragraph is coded already.", "Read more reports first.")
    doubt = _doubt(tags, thresholds).reindex(free["paragraph_id"], fill_value=-np.inf).to_numpy()
    words = TfidfVectorizer(sublinear_tf=True, stop_words="english", min_df=1)
    try:
        about = words.fit_transform(free["text"])
    except ValueError:  # nothing but stop words
        about = np.zeros((len(free), 1))
    rng = np.random.default_rng(seed)
    n = min(n, len(free))
    n_uncertain, n_diverse = round(n * UNCERTAIN), round(n * DIVERSE)
    drawn = np.full(len(free), "", dtype=object)
    # Drawn first, from all of them: what the other draws leave is not a random sample.
    drawn[rng.choice(len(free), size=n - n_uncertain - n_diverse, replace=False)] = "random"
    likely = np.argsort(-np.where(drawn == "", doubt, -np.inf), kind="stable")[: 4 * n_uncertain]
    likely = likely[drawn[likely] == ""]
    drawn[_best_of_groups(likely, about, doubt, n_uncertain, seed)] = "uncertain"
    rest = np.flatnonzero(drawn == "")
    drawn[_best_of_groups(rest, about, None, n_diverse, seed)] = "diverse"
    free["drawn"] = drawn
    chosen = free[free["drawn"] != ""].merge(documents[["doc_id", "authority"]], on="doc_id")
    return chosen[PROPOSED].iloc[rng.permutation(len(chosen))].reset_index(drop=True)


def coded_in_full(
    codes: pd.DataFrame, paragraphs: pd.DataFrame, themes: Sequence[str]
) -> set[str]:
    """The ids of the paragraphs that are coded, by one coder or several, for every theme."""
    linked = link_codes(codes, paragraphs)[0]
    said = linked.reindex(columns=list(themes), fill_value="") != ""
    in_full = said.groupby(linked["paragraph_id"]).any().all(axis=1)
    return set(in_full.index[in_full])


def _doubt(tags: pd.DataFrame, thresholds: Mapping[str, float]) -> pd.Series:
    """How close each paragraph's closest theme is to its threshold: minus the log-odds gap."""

    def log_odds(p: pd.Series) -> pd.Series:
        return np.log((p + 1e-4) / (1 - p + 1e-4))

    cut = tags["theme"].map(thresholds).astype(float).fillna(0.5)
    distance = (log_odds(tags["probability"].astype(float)) - log_odds(cut)).abs()
    return -distance.groupby(tags["paragraph_id"]).min()


def _best_of_groups(
    rows: np.ndarray, about, doubt: np.ndarray | None, n: int, seed: int
) -> np.ndarray:
    """A row of each of `n` groups of similar paragraphs: the most doubtful, or most typical."""
    if n >= len(rows):
        return rows
    if n < 1:
        return rows[:0]
    groups = MiniBatchKMeans(n, random_state=seed, n_init=1, batch_size=1024)
    member = groups.fit_predict(about[rows])
    value = -groups.transform(about[rows]).min(axis=1) if doubt is None else doubt[rows]
    order = np.argsort(-value, kind="stable")
    _, first = np.unique(member[order], return_index=True)
    best = order[first]
    # Some groups stay empty: the next best rows make up the number.
    others = order[~np.isin(order, best)][: n - len(best)]
    return rows[np.concatenate([best, others])]
