from __future__ import annotations

import pandas as pd
import pytest

from pipeline.base.errors import LabelError
from pipeline.labelling.codes import CODES_COLUMNS
from pipeline.labelling.link import fingerprint
from pipeline.labelling.propose import coded_in_full, propose_paragraphs
from pipeline.labelling.task_files import PROPOSED

# The paragraph of the run that is a heading.
HEADING = "a" * 12 + ":9999"


def test_a_proposal_is_partly_uncertain_partly_diverse_partly_random(propose):
    proposed = propose()
    assert list(proposed.columns) == PROPOSED
    assert proposed["paragraph_id"].is_unique and HEADING not in set(proposed["paragraph_id"])
    assert proposed["drawn"].value_counts().to_dict() == {
        "uncertain": 10,
        "diverse": 6,
        "random": 4,
    }
    doubtful = proposed[proposed["drawn"] == "uncertain"]["paragraph_id"].str[13:].astype(int)
    assert doubtful.between(0, 59).all() and 0.05 < (doubtful / 60).mean() < 0.75


def test_uncertain_ones_lie_near_the_threshold(propose):
    proposed = propose(n=4)
    at = proposed.loc[proposed["drawn"] == "uncertain", "paragraph_id"].str[13:].astype(int)
    assert (at / 60).between(0.25, 0.6).all()


def test_the_same_seed_proposes_the_same(propose):
    pd.testing.assert_frame_equal(propose(), propose())
    assert not propose()["paragraph_id"].equals(propose(seed=1)["paragraph_id"])


def test_what_is_coded_is_not_proposed_again(run, propose):
    ids = run[0]["paragraph_id"].tolist()
    proposed = propose(n=60, coded=ids[:50])
    assert sorted(proposed["paragraph_id"]) == sorted(ids[50:60])
    with pytest.raises(LabelError, match="coded already"):
        propose(coded=ids)


def test_coded_in_full_is_what_has_a_code_for_every_theme_after_a_shift_too(run):
    paragraphs = run[0].head(3)
    shifted = paragraphs["text"] + " It is so."
    rows = [(i[:12], fingerprint(t), "A", "x", "", "random") for i, t in
            zip(paragraphs["paragraph_id"], shifted, strict=True)]  # fmt: skip
    codes = pd.DataFrame(rows, columns=CODES_COLUMNS).assign(
        camhs="no", supervision=["no", "", ""]
    )
    other = codes.assign(coder="y", camhs="", supervision=["", "mixed", ""])
    codes, ids = pd.concat([codes, other]), paragraphs["paragraph_id"].tolist()
    assert coded_in_full(codes, run[0], ["camhs", "supervision"]) == set(ids[:2])
    assert coded_in_full(codes, run[0], ["camhs"]) == set(ids)
    assert coded_in_full(codes, run[0], ["camhs", "housing"]) == set()


@pytest.mark.parametrize("n", [1, 2, 3, 7, 59, 60, 500])
def test_as_many_are_proposed_as_were_asked_for_or_are_there(propose, n):
    proposed = propose(n=n)
    assert len(proposed) == min(n, 60) and proposed["paragraph_id"].is_unique
    shares = proposed["drawn"].value_counts()
    assert shares.get("uncertain", 0) == round(len(proposed) * 0.5)
    assert shares.get("diverse", 0) == round(len(proposed) * 0.3)


def test_of_the_same_words_one_paragraph_is_proposed(run):
    paragraphs, tags, documents = run
    twice = paragraphs.head(4).assign(
        text=["Plans are clear to all."] * 2 + ["Visits are early."] * 2
    )
    ids = twice["paragraph_id"].tolist()
    assert len(propose_paragraphs(twice, tags, documents, set(), {}, 4)) == 2
    assert propose_paragraphs(twice, tags, documents, {ids[1]}, {}, 4)[
        "paragraph_id"
    ].tolist() == [ids[2]]


def test_paragraphs_without_a_word_that_counts_can_be_proposed_too(run):
    paragraphs, tags, documents = run
    empty = paragraphs.head(3).assign(text=["of the", "and to be", "12"])
    assert len(propose_paragraphs(empty, tags.head(0), documents, set(), {}, 3)) > 0


def test_a_proposal_says_whose_paragraph_it_is(propose):
    authorities = propose(n=60).groupby(lambda n: n)["authority"].first()
    assert set(authorities) == {"Ambleford", ""}
