from __future__ import annotations

import numpy as np
import pytest

from pipeline.base.codebook import STANCES, read_codebook
from pipeline.tagging.passages import Passage
from pipeline.tagging.stance_model import (
    carried,
    carrying_spans,
    every_stance,
    text_columns,
    with_tone,
)
from pipeline.tagging.token_counts import count_tokens
from pipeline.tagging.tokens import TermFinder
from pipeline.training.fit_stance import (
    fit_stance_first_stage,
    fit_stance_judge,
    stance_folds,
    stance_lift,
    take_pairs,
)
from pipeline.training.vocabulary import read_vocabulary

PASSAGES = [
    Passage("Waits for CAMHS are long. Two libraries are open.", "Report > What needs to improve"),
    Passage("regular supervision. Plans drift.", "", "Managers should make sure of:"),
]
FINDER = TermFinder(read_codebook().values())
THEMES = ["camhs", "early_help"]


@pytest.fixture(scope="module")
def counted():
    names = read_vocabulary(PASSAGES, FINDER, min_df=1)
    return count_tokens(PASSAGES, names, FINDER), names


def test_the_carrying_sentences_are_those_an_encoder_is_asked_of(counted):
    data = counted[0]
    each = np.zeros((len(data.owner), 2))
    texts = [
        PASSAGES[o].lead_in if a < 0 else PASSAGES[o].text[a:b]
        for o, (a, b) in zip(data.owner, data.spans, strict=True)
    ]
    each[:, 0] = ["CAMHS" in text or "Plans" in text or "Managers" in text for text in texts]
    each[:, 1] = ["libraries" in text or "Plans" in text for text in texts]
    read = carrying_spans(data, each, PASSAGES, np.array([0, 1]), THEMES, FINDER)
    assert [
        {
            theme: [PASSAGES[n].text[max(a, 0) : max(b, 0)] for a, b in spans]
            for theme, spans in own.items()
        }
        for n, own in enumerate(read)
    ] == [
        {"camhs": ["Waits for CAMHS are long."], "early_help": ["Two libraries are open."]},
        {"camhs": ["", "Plans drift."], "early_help": ["Plans drift."]},
    ]
    assert read[1]["camhs"][0] == (-1, -1)  # the lead-in line


def test_of_a_sentence_with_several_clauses_the_encoder_is_asked_of_those_with_a_search_term():
    passages = [
        Passage("Well led. Waits for CAMHS are long, but early help is swift; all know it.")
    ]
    data = count_tokens(passages, read_vocabulary(passages, FINDER, min_df=1), FINDER)
    each = np.array([[0.1, 0.1, 0.1], [0.9, 0.9, 0.9]])
    themes = [*THEMES, "recruitment"]
    (read,) = carrying_spans(data, each, passages, np.array([0]), themes, FINDER)
    text = passages[0].text
    assert {theme: [text[a:b] for a, b in own] for theme, own in read.items()} == {
        "camhs": ["Waits for CAMHS are long, but"],
        "early_help": [" early help is swift;"],
        # No clause has a term for it.
        "recruitment": ["Waits for CAMHS are long, but early help is swift; all know it."],
    }


def test_each_sentence_of_a_pair_carries_its_theme_or_not(counted):
    data, names = counted
    each = np.array([[0.9], [0.5], [0.1], [0.2], [0.05]])[: len(data.owner)]
    vectors = np.ones((len(names), 2), dtype=np.float32)
    about = carried(data, each, np.array([[0, 0], [1, 0]]), ["camhs"], vectors)
    # Half as likely as the best one is enough.
    owners = data.owner.tolist()
    yes = [
        n for n in range(len(owners)) if each[n, 0] >= 0.5 * each[data.owner == owners[n], 0].max()
    ]
    assert about.pair.tolist() == [owners[n] for n in yes]
    assert (about.carriers != data.sentences[yes]).nnz == 0
    carrying, others, _, headings = about.blocks
    assert (carrying + others != data.paragraphs - data.headings).nnz == 0
    assert (headings != data.headings).nnz == 0
    contrast, inside, everything, n_words = about.cues.T
    assert contrast.tolist() == [0, 0]
    assert inside.tolist() == [sum(owners[i] == n for i in yes) for n in (0, 1)]
    assert everything.tolist() == [owners.count(0), owners.count(1)]
    assert (n_words > 0).all()


class Judge:
    """Knows two of the stances."""

    classes_ = np.array([1, 3])

    def predict_proba(self, x):
        return np.tile([0.25, 0.75], (len(x), 1))


def test_a_stance_that_a_judge_has_never_met_has_no_probability():
    assert every_stance(Judge(), np.zeros((2, 1))).tolist() == [[0, 0.25, 0, 0.75]] * 2


def test_the_last_judge_sees_what_counts_say_and_what_was_heard():
    seen = with_tone(np.array([[1.0, 0.0]]), np.array([[-0.5, -3.0]]), np.array([[0.5]]))
    both = [np.log(1.0001), np.log(0.0001), -0.5, -3.0]
    np.testing.assert_allclose(seen, [[*both, 0.5, *(value / 2 for value in both)]])


def test_of_stance_only_words_and_headings_are_read():
    names = [
        "w=plan",
        "t=supervis*",
        "b=plan_drift",
        "k=camhs",
        "h=improv",
        "H=report",
        "p=x~weak",
    ]
    assert text_columns(names).tolist() == [0, 2, 4, 5]


@pytest.fixture(scope="module")
def pairs():
    good, bad = "Supervision is regular and good.", "Supervision is weak and late."
    passages = [
        Passage(f"{text} The office is in town {n}.") for n in range(12) for text in (good, bad)
    ]
    names = read_vocabulary(passages, FINDER, min_df=1)
    data = count_tokens(passages, names, FINDER)
    each = np.tile([[0.9], [0.1]], (len(passages), 1))
    at = np.array([[n, 0] for n in range(len(passages))])
    vectors = np.random.default_rng(0).normal(size=(len(names), 8)).astype(np.float32)
    return carried(data, each, at, ["supervision"], vectors), np.tile([0, 1], 12)


def test_readers_and_judge_learn_from_what_is_coded_only(pairs):
    about, y = pairs
    y = np.where(np.arange(len(y)) < 16, y, -1)
    readers = fit_stance_first_stage(about, y)
    read = readers.score(about)
    p = every_stance(fit_stance_judge(read, y, np.ones(len(y))), read)
    assert (p[16:].argmax(axis=1) == np.tile([0, 1], 4)).all()


@pytest.mark.parametrize("stance", range(len(STANCES)))
def test_codes_of_one_stance_only_are_no_reason_to_fail(pairs, stance):
    about, y = pairs
    same = np.full(len(y), stance)
    read = fit_stance_first_stage(about, same).score(about)
    p = every_stance(fit_stance_judge(read, same, np.ones(len(same))), read)
    assert (p.argmax(axis=1) == stance).all()


def test_fewer_pairs(pairs):
    about, _ = pairs
    some = take_pairs(about, np.array([0, 3]))
    assert len(some.cues) == 2 and set(some.pair) == {0, 1}


def test_folds_spread_stances_and_keep_groups_together():
    y = np.array([0, 1, 2, -1] * 10)
    groups = np.repeat(np.arange(20), 2)
    fold = stance_folds(y, groups, 5, seed=0)
    assert all(len(set(fold[groups == g])) == 1 for g in range(20))
    assert all((y[fold == n] == 2).any() for n in range(5))


def test_rare_stances_are_lifted_where_that_helps():
    y = np.array([0] * 50 + [2] * 10 + [-1] * 5)
    p = np.tile([0.9, 0.0, 0.1, 0.0], (65, 1))
    p[50:60] = [0.55, 0.0, 0.45, 0.0]
    lift = stance_lift(p, y)
    assert (np.argmax(np.log(p[:60] + 1e-9) + lift, axis=1) == y[:60]).all()
    assert lift[0] == lift[1] == 0
