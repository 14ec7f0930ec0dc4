from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from factories import documents_table
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.base.columns import PARAGRAPHS, SAMPLE, STANDARD
from pipeline.base.errors import TableError
from pipeline.validation.draw import STRATA, allocate, draw_sample, stratify

NOTHING = pd.DataFrame(columns=SAMPLE)
NO_STANDARD = pd.DataFrame(columns=STANDARD)


def paragraphs_table(*rows):
    """Paragraphs as (paragraph_id, doc_id, kind)."""
    given = pd.DataFrame(rows, columns=["paragraph_id", "doc_id", "kind"])
    return given.assign(boilerplate=False, text="Words.").reindex(columns=PARAGRAPHS)


def test_a_stratum_is_a_kind_and_what_the_model_said():
    ids = ["a:1", "a:2", "a:3", "a:4", "a:5", "v:1"]
    paragraphs = paragraphs_table(
        *[(name, name[0], "paragraph") for name in ids], ("a:6", "a", "heading")
    ).fillna({"boilerplate": False})
    tags = pd.DataFrame(
        [
            ("a:1", "camhs", 0.9, True), ("a:1", "early_help", 0.9, True),
            ("a:2", "camhs", 0.2, False), ("a:2", "early_help", 0.8, True),
            ("a:3", "camhs", 0.1, False), ("a:3", "early_help", 0.0, False),
            ("a:4", "camhs", 0.09, False), ("a:4", "early_help", 0.0, False),
            ("v:1", "camhs", 0.9, True), ("v:1", "early_help", 0.9, True),
        ],
        columns=["paragraph_id", "theme", "probability", "tagged"],
    )  # fmt: skip
    documents = documents_table(("a", "Ambleford", 5), ("v", "Ambleford", 1))
    documents.loc[1, "document_type"] = "focused visit"
    table = stratify(paragraphs, tags, documents, NO_STANDARD)
    assert list(table.columns) == STRATA
    # In inspections CAMHS is rarer; a:5 has no tags at all; headings are not drawn.
    assert table[["kind", "stratum"]].agg(": ".join, axis=1).tolist() == [
        "inspection: tagged camhs",
        "inspection: tagged early_help",
        "inspection: doubtful",
        "inspection: clear",
        "inspection: clear",
        "focused visit: tagged camhs",
    ]
    standard = pd.DataFrame({"paragraph_id": ["a:1", "a:5"]})
    fewer = stratify(paragraphs, tags, documents, standard)
    assert fewer["paragraph_id"].tolist() == ["a:2", "a:3", "a:4", "v:1"]


@settings(max_examples=60)
@given(
    st.integers(1, 400), st.lists(st.integers(1, 500), min_size=1, max_size=12), st.integers(0, 40)
)
def test_what_is_allocated(number, sizes, least):
    sizes = np.array(sizes)
    drawn = allocate(number, sizes, least)
    assert drawn.sum() == min(number, sizes.sum()) and (drawn <= sizes).all()
    if np.minimum(least, sizes).sum() <= number:
        assert (drawn >= np.minimum(least, sizes)).all()
    if not least:
        # Nobody stands for more than twice as many as in a simple random sample.
        assert (drawn >= np.floor(np.minimum(number * sizes / sizes.sum() / 2, sizes))).all()


@pytest.fixture(scope="module")
def strata():
    """In each of two kinds 100 clear, 20 doubtful and 5 tagged paragraphs."""
    rows = [
        (f"{kind}:{stratum}{n}", f"{kind}{n % 5}", kind, stratum)
        for kind in ("inspection", "peer review")
        for stratum, size in (("clear", 100), ("doubtful", 20), ("tagged camhs", 5))
        for n in range(size)
    ]
    return pd.DataFrame(rows, columns=STRATA)


def test_all_strata_are_drawn_from_with_known_probability(strata):
    sample = draw_sample(strata, 40, 0, NOTHING)
    assert len(sample) == sample["paragraph_id"].nunique() == 40
    # Weighted, the sample makes up every stratum.
    for (kind, stratum), rows in sample.groupby(["kind", "stratum"]):
        there = ((strata["kind"] == kind) & (strata["stratum"] == stratum)).sum()
        assert (1 / rows["inclusion_probability"]).sum() == pytest.approx(there)
        assert (rows["n_in_stratum"] == there).all()
    assert sample.groupby("kind").size().tolist() == [20, 20]
    # The order tells nothing: the first half is not all of one stratum.
    assert sample["stratum"].head(20).nunique() == 3 and sample["kind"].head(20).nunique() == 2


def test_a_seed_draws_the_same_and_another_one_does_not(strata):
    first, same, other = (draw_sample(strata, 40, seed, NOTHING) for seed in (1, 1, 2))
    pd.testing.assert_frame_equal(first, same)
    assert set(first["paragraph_id"]) != set(other["paragraph_id"])


def test_paragraphs_are_drawn_as_often_as_is_said(strata):
    times = pd.Series(0, index=strata["paragraph_id"])
    for seed in range(40):
        sample = draw_sample(strata, 30, seed, NOTHING)
        more = draw_sample(strata, 20, seed, sample)
        times[more["paragraph_id"]] += 1
    said = more.groupby("stratum")["inclusion_probability"].first()
    found = times.groupby(strata.set_index("paragraph_id")["stratum"]).mean() / 40
    assert found.to_dict() == pytest.approx(said.to_dict(), abs=0.06)
    # And within a stratum none more often than others: 6 standard deviations.
    clear = times[strata.set_index("paragraph_id")["stratum"] == "clear"] / 40
    p = said["clear"]
    assert (clear - p).abs().max() < 6 * (p * (1 - p) / 40) ** 0.5


def test_more_are_drawn_from_what_is_left(strata):
    sample = draw_sample(strata, 30, 0, NOTHING)
    more = draw_sample(strata, 500, 0, sample)
    assert more["paragraph_id"].head(30).tolist() == sample["paragraph_id"].tolist()
    assert set(more["paragraph_id"]) == set(strata["paragraph_id"])
    assert (more["inclusion_probability"] == 1).all()
    with pytest.raises(TableError, match="in the sample already"):
        draw_sample(strata, 1, 0, more)
