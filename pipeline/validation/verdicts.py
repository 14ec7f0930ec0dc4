"""The sample + what coders said + tags → a row for each paragraph, theme and coder."""

from __future__ import annotations

import pandas as pd

from pipeline.labelling.codes import KEYS, NO, themes_of
from pipeline.labelling.link import fingerprint
from pipeline.matrix.cells import NOT_ESTABLISHED

VERDICTS = [
    "paragraph_id",
    "doc_id",
    "document_type",
    "framework",
    "authority",
    "stratum",
    "n_in_stratum",
    "theme",
    "coder",
    "code",
    "tagged",
    "stance",
    "weight",
]


def collect_verdicts(
    sample: pd.DataFrame,
    codes: pd.DataFrame,
    paragraphs: pd.DataFrame,
    tags: pd.DataFrame,
    documents: pd.DataFrame,
    strata: pd.DataFrame,
) -> pd.DataFrame:
    """What each coder said of each paragraph of the sample, beside its tag (columns `VERDICTS`).

    What nobody coded is left out. `weight` is how many paragraphs of the run a coded one stands
    for, whatever the number of its coders: those of its stratum, shared among the ones that were
    coded for the theme. Paragraphs that were drawn and not coded are taken to be like those that
    were. A stratum in which none was coded is shared among the other strata of its kind.
    """
    drawn = sample[["paragraph_id", "doc_id", "kind", "stratum", "n_in_stratum"]]
    texts = paragraphs.set_index("paragraph_id")["text"]
    drawn = drawn.assign(fingerprint=drawn["paragraph_id"].map(texts).map(fingerprint))
    themes = [theme for theme in tags["theme"].unique() if theme in themes_of(codes)]
    long = codes.melt([*KEYS, "coder"], themes, var_name="theme", value_name="code")
    long = long[long["code"] != ""].drop_duplicates([*KEYS, "coder", "theme"], keep="last")
    rows = drawn.merge(long, on=KEYS)
    said = tags[["paragraph_id", "theme", "tagged", "stance"]]
    rows = rows.merge(said, on=["paragraph_id", "theme"], validate="many_to_one")
    about = documents[["doc_id", "framework", "authority"]]
    about = about.assign(authority=about["authority"].replace("", NOT_ESTABLISHED))
    rows = rows.merge(about, on="doc_id", validate="many_to_one")
    rows = rows.rename(columns={"kind": "document_type"})
    return rows.assign(weight=_weights(rows, strata))[VERDICTS]


def _weights(rows: pd.DataFrame, strata: pd.DataFrame) -> pd.Series:
    one = rows.drop_duplicates(["paragraph_id", "theme"])
    keys = ["theme", "document_type", "stratum"]
    groups = one.groupby(keys)["n_in_stratum"].agg(size="first", coded="size").reset_index()
    of_kind = groups["document_type"].map(strata["kind"].value_counts())
    seen = groups.groupby(["theme", "document_type"])["size"].transform("sum")
    groups["weight"] = groups["size"] / groups["coded"] * of_kind / seen
    return rows[keys].merge(groups, on=keys, how="left")["weight"].set_axis(rows.index)


def answers_of(verdicts: pd.DataFrame) -> pd.DataFrame:
    """A row for each paragraph and theme: `yes` is the share of its coders who gave the theme."""
    coded = verdicts.assign(yes=(verdicts["code"] != NO).astype(float))
    keys = ["theme", "paragraph_id"]
    first = coded.drop_duplicates(keys).drop(columns=["coder", "code", "yes"])
    return first.merge(coded.groupby(keys)["yes"].mean().reset_index(), on=keys)


def pair_with_model(verdicts: pd.DataFrame, coder: str) -> pd.DataFrame:
    """A coder's codes (`first`) beside the tags (`second`), as `measure_agreement` wants them."""
    own = verdicts[verdicts["coder"] == coder]
    second = own["stance"].where(own["tagged"], NO)
    return _weigh_anew(own.rename(columns={"code": "first"}).assign(second=second), verdicts)


def pair_coders(verdicts: pd.DataFrame, first: str, second: str) -> pd.DataFrame:
    """The codes of two coders side by side, as `measure_agreement` wants them."""
    one, other = (verdicts[verdicts["coder"] == name] for name in (first, second))
    keys = ["paragraph_id", "theme"]
    both = one.rename(columns={"code": "first"})
    both = both.merge(other[[*keys, "code"]].rename(columns={"code": "second"}), on=keys)
    return _weigh_anew(both, verdicts)


def _weigh_anew(pairs: pd.DataFrame, verdicts: pd.DataFrame) -> pd.DataFrame:
    """`pairs`, each standing for its part of the stratum among those that these coders coded."""
    keys = ["theme", "document_type", "stratum"]
    one = verdicts.drop_duplicates(["paragraph_id", "theme"])
    size = one.groupby(keys)["weight"].sum().reindex(pd.MultiIndex.from_frame(pairs[keys]))
    n = pairs.groupby(keys)["paragraph_id"].transform("size")
    return pairs.assign(weight=size.to_numpy() / n)
