"""Paragraphs of a run → a probability sample of them, with the probability of each to be in it.

The strata are the kinds of documents and, in each, what the model said: so rare themes and
doubtful paragraphs are in the sample, too. Within a stratum every paragraph is as likely as any
other.
"""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import pandas as pd
from scipy.optimize import brentq

from pipeline.base.columns import SAMPLE, substantive_rows
from pipeline.base.errors import TableError

# The columns that a paragraph has before anything is drawn.
STRATA = SAMPLE[:4]
# From this probability on, an untagged paragraph is doubtful.
DOUBTFUL_FROM = 0.1
CLEAR, DOUBTFUL, TAGGED = "clear", "doubtful", "tagged "
# Two of a stratum are the fewest that show how much its paragraphs differ. Of a kind, so many
# leave enough for figures of its own (`figures.LEAST_CODED`) if a few are not coded.
LEAST_OF_A_STRATUM, LEAST_OF_A_KIND = 2, 35


def stratify(
    paragraphs: pd.DataFrame,
    tags: pd.DataFrame,
    documents: pd.DataFrame,
    standard: pd.DataFrame,
) -> pd.DataFrame:
    """The substantive paragraphs of a run and their strata (columns `STRATA`).

    Those in the table `standard` are left out, as no share counts them.
    `kind` is the document type. `stratum` is "tagged" and the rarest of the themes (in documents
    of the kind) that the paragraph is tagged with; failing that, "doubtful" if some theme's
    probability is `DOUBTFUL_FROM` or more; otherwise "clear".
    """
    own = paragraphs.loc[substantive_rows(paragraphs), ["paragraph_id", "doc_id"]]
    own = own[~own["paragraph_id"].isin(standard["paragraph_id"])]
    kinds = documents.drop_duplicates("doc_id").set_index("doc_id")["document_type"]
    own = own.assign(kind=own["doc_id"].map(kinds).fillna(""))
    highest = tags.groupby("paragraph_id")["probability"].max()
    doubt = own["paragraph_id"].map(highest).fillna(0.0) >= DOUBTFUL_FROM
    given = tags.loc[tags["tagged"], ["paragraph_id", "theme"]].merge(own, on="paragraph_id")
    given["n"] = given.groupby(["kind", "theme"])["theme"].transform("size")
    rarest = given.sort_values(["n", "theme"], kind="stable").drop_duplicates("paragraph_id")
    theme = own["paragraph_id"].map(rarest.set_index("paragraph_id")["theme"])
    stratum = (TAGGED + theme).fillna(pd.Series(np.where(doubt, DOUBTFUL, CLEAR), own.index))
    return own.assign(stratum=stratum)[STRATA].reset_index(drop=True)


def check_kinds(kinds: Collection[str], there: Collection[str]) -> None:
    """Raise `TableError` if one of the kinds asked for is none of those `there`."""
    for kind in kinds:
        if kind not in there:
            raise TableError(
                f"There is nothing to draw of the kind {kind!r}.",
                f"Use one of: {', '.join(sorted(there))}.",
            )


def draw_sample(
    strata: pd.DataFrame,
    number: int,
    seed: int,
    before: pd.DataFrame,
    of_kinds: Collection[str] = (),
) -> pd.DataFrame:
    """Draw `number` more paragraphs of `strata` that are not in the sample drawn `before`.

    If there are `of_kinds`, only paragraphs of these are drawn.

    Returns both together, with the columns `SAMPLE` but `sheet` and `run`, the new ones last and
    in random order. As each draw is a simple random sample of what is left of a stratum, so are
    all of them together. `inclusion_probability` is that of being in any. Raises `TableError` if
    no paragraph is left.
    """
    left = strata[~strata["paragraph_id"].isin(before["paragraph_id"])]
    if of_kinds:
        left = left[left["kind"].isin(of_kinds)]
    if left.empty:
        whose = f"the kinds {', '.join(of_kinds)}" if of_kinds else "this run"
        raise TableError(
            f"Every substantive paragraph of {whose} is in the sample already.",
            "Read back the sheets that were drawn before.",
        )
    rng = np.random.default_rng([seed, len(before)])
    keys = ["kind", "stratum"]
    rows_of = dict(sorted(left.groupby(keys).indices.items()))
    kinds = sorted({kind for kind, _ in rows_of})
    sizes = {key: len(rows) for key, rows in rows_of.items()}
    sizes_of_kinds = np.array(
        [sum(n for key, n in sizes.items() if key[0] == kind) for kind in kinds]
    )
    chosen = []
    for kind, number_of_kind in zip(
        kinds, allocate(number, sizes_of_kinds, LEAST_OF_A_KIND), strict=True
    ):
        own = [key for key in rows_of if key[0] == kind]
        numbers = allocate(int(number_of_kind), np.array([sizes[key] for key in own]))
        for key, n in zip(own, numbers, strict=True):
            chosen.append(rng.choice(rows_of[key], size=n, replace=False))
    new = left.iloc[rng.permutation(np.concatenate(chosen))]
    both = pd.concat([before[STRATA], new[STRATA]], ignore_index=True)
    size = strata.groupby(keys).size()
    there = size.reindex(pd.MultiIndex.from_frame(both[keys])).to_numpy()
    n_drawn = both.groupby(keys)["paragraph_id"].transform("size")
    return both.assign(n_in_stratum=there, inclusion_probability=n_drawn / there)


def allocate(number: int, sizes: np.ndarray, least: int = LEAST_OF_A_STRATUM) -> np.ndarray:
    """How many of `number` to draw from groups of these sizes; never more than there are.

    Half go by size, as in a simple random sample, and half equally to all groups: small ones are
    seen, and yet no paragraph stands for more than twice as many as in a simple random sample.
    Each group gets the `least`, if the number is large enough for that.

    >>> allocate(100, np.array([900, 80, 20])).tolist()
    [62, 21, 17]
    """
    number = min(number, int(sizes.sum()))
    lowest = np.minimum(least, sizes)
    if lowest.sum() > number:
        lowest = np.zeros_like(sizes)
    parts = sizes / sizes.sum() + 1 / len(sizes)

    def wanted(scale: float) -> np.ndarray:
        return np.clip(scale * parts, lowest, sizes)

    if number == sizes.sum():
        return sizes.copy()
    exact = wanted(brentq(lambda scale: wanted(scale).sum() - number, 0, sizes.sum() * len(sizes)))
    whole = np.floor(exact + 1e-9).astype(int)
    order = np.argsort(-(exact - whole), kind="stable")
    order = order[whole[order] < sizes[order]]
    whole[order[: number - whole.sum()]] += 1
    return whole
