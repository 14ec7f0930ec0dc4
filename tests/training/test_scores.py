from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import f1_score

from pipeline.labelling.codes import CODES_COLUMNS, settle_codes
from pipeline.matrix.intervals import USUAL_FALSE_ALARMS_BETWEEN
from pipeline.training.scores import (
    HELD_OUT,
    JUDGED,
    bootstrap,
    calibration_error,
    count_errors,
    describe_errors,
    errors_between,
    judge,
    score_all,
    score_stance,
    score_themes,
    stance_decisions,
    tabulate_overall,
    tabulate_themes,
)


def judged(*rows):
    """Rows of (authority, drawn, code, tagged, stance) for one theme."""
    return pd.DataFrame(
        [
            ("d", str(n), a, drawn, "camhs", code, float(tagged), tagged, stance)
            for n, (a, drawn, code, tagged, stance) in enumerate(rows)
        ],
        columns=JUDGED,
    )


TABLE = judged(
    ("A", "random", "concern", True, "concern"),
    ("A", "random", "mixed", True, "concern"),
    ("B", "random", "strength", False, "strength"),
    ("B", "uncertain", "no", True, ""),
    ("B", "random", "no", False, ""),
    ("C", "seed", "no", False, ""),
)


def test_scores_by_hand():
    score = score_themes(TABLE)["camhs"]
    assert (score["support"], score["n"]) == (3, 6)
    assert score["precision"] == score["recall"] == score["f1"] == pytest.approx(2 / 3)
    assert score_all(TABLE)["micro_f1"] == pytest.approx(2 / 3)


def test_stance_counts_only_where_the_theme_is_rightly_tagged():
    stance = score_stance(TABLE)
    assert stance["n"] == 2 and stance["accuracy"] == 0.5
    assert stance["f1_concern"] == pytest.approx(2 / 3) and stance["f1_mixed"] == 0
    assert stance["macro_f1"] == pytest.approx(2 / 3 / 4)
    assert score_stance(TABLE.assign(tagged=False)) == {"n": 0}


def test_errors_are_counted_on_what_was_drawn_at_random():
    assert count_errors(TABLE)["camhs"] == {
        "true_positive": 2,
        "false_positive": 0,
        "false_negative": 1,
        "true_negative": 2,
    }


def test_intervals_hold_the_score_and_are_the_same_each_time():
    rng = np.random.default_rng(3)
    rows = [
        (f"A{n % 30}", "random", "concern" if rng.random() < 0.4 else "no", rng.random() < 0.4, "")
        for n in range(600)
    ]
    table = judged(*rows)
    interval = bootstrap(table)
    low, high = interval["micro_f1"]
    assert low < score_all(table)["micro_f1"] < high
    assert interval == bootstrap(table)


def test_where_a_resample_has_no_paragraph_with_a_theme_its_f1_is_not_known():
    """It counted as 0: of a model without a mistake the interval of a rare theme was 0 to 1."""
    right = [
        (f"A{n}", "random", code, code != "no", "") for n in range(9) for code in ("no", "mixed")
    ]
    rare = [(a, drawn, code if a < "A2" else "no", tagged and a < "A2", "")
            for a, drawn, code, tagged, _ in right]  # fmt: skip
    both = pd.concat([judged(*right), judged(*rare).assign(theme="ferries")], ignore_index=True)
    assert set(bootstrap(both).values()) == {(1.0, 1.0)}
    # One of two authorities has the theme: in a quarter of the resamples nobody has it.
    assert set(bootstrap(judged(*rare[2:6])).values()) == {(1.0, 1.0)}


def test_codes_of_one_authority_give_no_interval():
    """Its width was 0, as if everything were known."""
    one = TABLE.assign(authority="A")
    assert np.isnan(list(bootstrap(one).values())).all()
    assert tabulate_themes(one, one)["95%"].tolist() == ["not known"]
    assert tabulate_overall({"all": one})[["low", "high"]].isna().all(axis=None)


def test_judge_leaves_out_what_nobody_coded():
    codes = pd.DataFrame(
        [
            ("d", "f", "A", "x", "", "random", "concern", ""),
            ("d", "g", "A", "x", "", "", "no", "no"),
        ],
        columns=[*CODES_COLUMNS, "camhs", "supervision"],
    )
    held_out = pd.DataFrame(
        [("d", print_, theme, 0.5, True, "mixed") for print_ in "fg" for theme in ("camhs", "supervision")],
        columns=HELD_OUT,
    )  # fmt: skip
    table = judge(codes, held_out)
    assert list(table.columns) == JUDGED
    assert table[["fingerprint", "theme", "code"]].to_numpy().tolist() == [
        ["f", "camhs", "concern"],
        ["g", "camhs", "no"],
        ["g", "supervision", "no"],
    ]


@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=60))
def test_f1_is_scikit_learns(pairs):
    rows = [("A", "random", "concern" if yes else "no", own, "") for yes, own in pairs]
    truth, tagged = zip(*pairs, strict=True)
    expected = pytest.approx(f1_score(truth, tagged, zero_division=0)) if any(truth) else None
    assert score_themes(judged(*rows))["camhs"]["f1"] == expected


def test_a_theme_that_no_paragraph_carries_is_not_known_and_in_no_average():
    nobody = TABLE.assign(theme="ferries", code="no")
    both = pd.concat([TABLE, nobody], ignore_index=True)
    score = score_themes(both)["ferries"]
    assert score["recall"] is score["f1"] is score["average_precision"] is None
    assert score["n"] == 6 and score["support"] == 0
    assert score_all(both) == score_all(TABLE)
    assert bootstrap(both) == bootstrap(TABLE)
    told = tabulate_themes(both, both).set_index("theme")
    assert told.loc["ferries", "95%"] == "not known" and np.isnan(told.loc["ferries", "F1"])
    assert np.isnan(list(score_all(nobody).values())).all()
    overall = tabulate_overall({"all": both, "drawn at random": nobody}).set_index("who")
    assert overall.notna().all(axis=1).tolist() == [True, False]
    assert overall.loc["drawn at random"].isna().all()


def test_each_theme_has_the_draw_that_it_was_coded_by():
    """A paragraph drawn at random for one theme, and by a search for another."""
    codes = pd.DataFrame(
        [
            ("d", "f", "A", "x", "2026-11-01", "random", "", "concern", ""),
            ("d", "f", "A", "y", "2026-11-02", "search", "0.25", "", "no"),
        ],
        columns=[*CODES_COLUMNS, "inclusion_probability", "camhs", "ferries"],
    )
    held_out = pd.DataFrame(
        [("d", "f", theme, 0.5, True, "mixed") for theme in ("camhs", "ferries")],
        columns=HELD_OUT,
    )
    table = judge(settle_codes(codes), held_out).set_index("theme")
    assert table["drawn"].to_dict() == {"camhs": "random", "ferries": "search"}
    assert table.loc["ferries", "inclusion_probability"] == 0.25
    assert np.isnan(table.loc["camhs", "inclusion_probability"])


def test_calibration_error():
    assert calibration_error(np.array([1, 0, 1, 0]), np.array([0.5] * 4)) == 0
    assert calibration_error(np.array([1, 1]), np.array([0.05, 0.05])) == pytest.approx(0.95)


KINDS = pd.Series({"d": "inspection"})


def test_errors_that_differ_between_authorities_are_told_from_chance():
    """Of 40 authorities half are always tagged; or each is tagged in half of the cases."""
    split, even = (
        judged(
            *(
                (f"A{n}", "random", "concern", (n if apart else k) % 2 == 0, "concern")
                for n in range(40)
                for k in range(10)
            )
        )
        for apart in (True, False)
    )
    found = errors_between(split, KINDS)
    assert found["recall_between"] > 0.7 and errors_between(even, KINDS)["recall_between"] == 0
    # Nothing was coded `no`: what is not known is taken to be as usual.
    assert found["false_alarms_between"] == pytest.approx(USUAL_FALSE_ALARMS_BETWEEN)
    described = describe_errors(split, found)["camhs"]
    assert described["recall_effect"] == pytest.approx(1 + 9 * found["recall_between"])
    assert described["false_alarms_effect"] == 1 and described["true_positive"] == 200


def test_stances_of_tagged_paragraphs_are_decisions_of_their_own():
    counts = count_errors(stance_decisions(TABLE))
    assert list(counts) == ["strength", "concern", "mixed", "neutral"]
    assert list(counts["concern"].values()) == [1, 1, 0, 0]
    assert list(counts["mixed"].values()) == [0, 0, 1, 1]
