"""Which paragraphs are most worth coding."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from sklearn.cluster import MiniBatchKMeans
from sklearn.feature_extraction.text import TfidfVectorizer

from pipeline.base.columns import substantive_rows
from pipeline.base.errors import LabelError
from pipeline.labelling.link import fingerprint, link_codes
from pipeline.labelling.task_files import (
    PROPOSED,
)

# Shares of a proposal. What is drawn at random shows how common themes are and how often the model
# errs; without it a model that is surely wrong is never found out.
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
    """Up to `n` substantive paragraphs to code, in mixed order, with the columns `PROPOSED`.

    Half are those the model is least sure of, spread over what they are about; 30 % stand for
    groups of like paragraphs; the rest is drawn at random (`drawn` says which). `coded` are the
    ids of paragraphs not to propose again; of paragraphs with the same words one is proposed.
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
    # First, from all of them: what is left by the others would not be drawn at random.
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
    """The ids of the paragraphs that somebody has coded for every one of the themes."""
    linked = link_codes(codes, paragraphs)[0]
    said = linked.reindex(columns=list(themes), fill_value="") != ""
    in_full = said.groupby(linked["paragraph_id"]).any().all(axis=1)
    return set(in_full.index[in_full])


def _doubt(tags: pd.DataFrame, thresholds: Mapping[str, float]) -> pd.Series:
    """For each paragraph how near a theme of it is to being decided the other way (0: on it)."""

    def log_odds(p: pd.Series) -> pd.Series:
        return np.log((p + 1e-4) / (1 - p + 1e-4))

    cut = tags["theme"].map(thresholds).astype(float).fillna(0.5)
    distance = (log_odds(tags["probability"].astype(float)) - log_odds(cut)).abs()
    return -distance.groupby(tags["paragraph_id"]).min()


def _best_of_groups(
    rows: np.ndarray, about, doubt: np.ndarray | None, n: int, seed: int
) -> np.ndarray:
    """One row of each of `n` groups of like paragraphs: the most doubtful, or the most typical."""
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
    # Some groups stay empty: the next best fill up.
    others = order[~np.isin(order, best)][: n - len(best)]
    return rows[np.concatenate([best, others])]
