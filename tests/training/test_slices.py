from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from pipeline.labelling.codes import CODES_COLUMNS
from pipeline.training.scores import HELD_OUT, JUDGED
from pipeline.training.slices import (
    ALL,
    AT_RANDOM,
    SLICES,
    score_slices,
    slices_of_coders,
    slices_of_documents,
    slices_of_files,
    slices_to_show,
)

N = 120
DOCS = [f"{n % 4:012d}" for n in range(N)]
PRINTS = [f"{n:064d}" for n in range(N)]


def said(tagged):
    rows = [
        (DOCS[n], PRINTS[n], theme, 0.5, bool(tagged[n]) and theme == "camhs", "concern")
        for n in range(N)
        for theme in ("camhs", "supervision")
    ]
    return pd.DataFrame(rows, columns=HELD_OUT)


def codes(coder, camhs, drawn="random"):
    rows = [
        (DOCS[n], PRINTS[n], f"A{n % 4}", coder, "", drawn, code, "no")
        for n, code in enumerate(camhs)
    ]
    return pd.DataFrame(rows, columns=[*CODES_COLUMNS, "camhs", "supervision"])


CONCERN = np.where(np.arange(N) % 3, "no", "concern")
RIGHT = said(CONCERN == "concern")


@pytest.fixture(scope="module")
def judged():
    own = codes("Anna", CONCERN).melt(CODES_COLUMNS, ["camhs", "supervision"], "theme", "code")
    rows = own.merge(RIGHT, on=["doc_id", "fingerprint", "theme"])[JUDGED]
    return rows.assign(drawn=np.where(rows["fingerprint"] < PRINTS[60], "random", "uncertain"))


def test_each_kind_of_document_is_scored_alone(judged):
    kind = pd.Series({DOCS[0]: "visit", DOCS[1]: "inspection", DOCS[2]: "inspection"})
    scored = score_slices(slices_of_documents(judged, {"document_type": kind}))
    assert list(scored.columns) == SLICES
    assert scored[["value", "drawn", "n_paragraphs"]].to_numpy().tolist() == [
        ["inspection", ALL, 60], ["inspection", AT_RANDOM, 30],
        ["visit", ALL, 30], ["visit", AT_RANDOM, 15],
    ]  # fmt: skip
    assert (scored[["micro_f1", "stance_accuracy"]] == 1).all(axis=None)
    # Nobody gave the other theme: it is not an average of nothing.
    assert (scored["macro_f1"] == 1).all()
    # One authority says nothing of others.
    assert scored["micro_f1_low"].isna().tolist() == [False, False, True, True]


def test_where_nothing_is_carried_nothing_is_known(judged):
    kind = pd.Series(dict.fromkeys(DOCS, "visit"))
    nobody = judged.assign(code="no")
    scored = score_slices(slices_of_documents(nobody, {"document_type": kind}))
    unknown = [name for name in SLICES if name.startswith(("micro", "macro", "mean"))]
    assert scored["n_paragraphs"].all() and scored[unknown].isna().all(axis=None)


def test_each_coder_is_a_measure_of_its_own():
    """Settled, two of three coders would decide for all."""
    every = pd.concat([codes("Anna", CONCERN), codes("Ben", np.roll(CONCERN, 1))])
    scored = score_slices(slices_of_coders(every, RIGHT))
    at_random = scored[scored["drawn"] == AT_RANDOM].set_index("value")
    assert at_random["micro_f1"].to_dict() == {"Anna": 1.0, "Ben": 0.0}
    assert at_random.loc["Ben", "n_stances"] == 0 and np.isnan(
        at_random.loc["Ben", "stance_macro_f1"]
    )


def test_each_file_of_codes_is_a_batch(tmp_path):
    for name, of in (("first", CONCERN), ("second", np.roll(CONCERN, 1))):
        codes(name, of).to_csv(tmp_path / f"{name}.csv", index=False)
    scored = score_slices(slices_of_files(sorted(tmp_path.glob("*.csv")), RIGHT))
    assert scored.loc[scored["drawn"] == ALL, "value"].tolist() == ["first", "second"]
    assert scored.loc[scored["drawn"] == ALL, "n_paragraphs"].tolist() == [N, N]


def test_only_what_says_something_is_shown(judged):
    several = {DOCS[0]: "a", **dict.fromkeys(DOCS[1:4], "b")}
    about = {"framework": pd.Series(several), "run": pd.Series(dict.fromkeys(DOCS, "one"))}
    every = score_slices(slices_of_documents(judged.assign(drawn="random"), about))
    assert set(every["slice"]) == {"framework", "run"} and slices_to_show(every).empty
    many = every.assign(n_paragraphs=1000)
    assert slices_to_show(many)["value"].tolist() == ["a", "b"]
    none_at_random = many[many["drawn"] == ALL]
    assert slices_to_show(none_at_random)["drawn"].tolist() == [ALL, ALL]
