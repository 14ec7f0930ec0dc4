from __future__ import annotations

import shutil
import warnings

import pandas as pd
import pytest

from pipeline.codes import KEYS, NO, fingerprint, link_codes, read_codes
from pipeline.errors import ModelError
from pipeline.evaluate import (
    CURVE_COLUMNS,
    MATRIX_CHANGES,
    MISTAKES,
    compare_models,
    judge_keywords,
    judge_model,
    learning_curve,
    matrix_changes,
    worst_mistakes,
)
from pipeline.models import HELD_OUT_FILE
from pipeline.paths import CODES
from pipeline.records import PARAGRAPHS
from pipeline.scores import score_all
from pipeline.train import train_model


@pytest.fixture(scope="module")
def codes():
    return read_codes([CODES / "sample.csv"])


@pytest.fixture(scope="module")
def paragraphs(sample_run):
    return pd.read_parquet(sample_run / "paragraphs.parquet")


def train(codes, paragraphs, models, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # few rare stances
        return train_model(codes, paragraphs, models, **options)


@pytest.fixture(scope="module")
def trained(codes, paragraphs, tmp_path_factory):
    return train(codes, paragraphs, tmp_path_factory.mktemp("models"))


@pytest.fixture(scope="module")
def worse(codes, paragraphs, tmp_path_factory):
    """A model from codes where every other paragraph has the codes of another one."""
    themes = [column for column in codes.columns if column not in KEYS][4:]
    muddled = codes.copy()
    muddled.loc[::2, themes] = codes.loc[::2, themes].sample(frac=1, random_state=1).to_numpy()
    return train(muddled, paragraphs, tmp_path_factory.mktemp("worse"))


@pytest.fixture(scope="module")
def judged(trained, codes):
    return judge_model(trained, codes)


def test_a_model_is_judged_on_every_paragraph_it_learnt_from(judged, codes, trained):
    held_out = pd.read_parquet(trained / HELD_OUT_FILE)
    assert len(judged) == len(held_out) == 5 * len(codes.drop_duplicates(KEYS))


def test_codes_of_a_known_authority_that_were_not_held_out_do_not_count(trained, codes):
    new = codes.head(3).assign(fingerprint=[f"{n:064d}" for n in range(3)])
    both = pd.concat([codes, new])
    assert len(judge_model(trained, both)) == len(judge_model(trained, codes))


def test_codes_of_a_new_authority_are_judged_directly(trained, codes):
    texts = ["Waits for CAMHS are far too long.", "Two libraries are open on Sundays."]
    rows = [("9" * 12 + f":{n}", "9" * 12, "x", n, 1, "", "", "paragraph", False, text)
            for n, text in enumerate(texts)]  # fmt: skip
    paragraphs = pd.DataFrame(rows, columns=PARAGRAPHS)
    new = codes.head(2).assign(
        doc_id="9" * 12, fingerprint=list(map(fingerprint, texts)), authority="Newtown"
    )
    new[["thresholds", "supervision", "recruitment", "early_help"]] = NO
    new["camhs"] = ["concern", NO]
    judged = judge_model(trained, pd.concat([codes, new]), paragraphs)
    own = judged[(judged["authority"] == "Newtown") & (judged["theme"] == "camhs")]
    assert own["tagged"].tolist() == [True, False]
    assert judge_model(trained, codes, paragraphs)["authority"].isin(codes["authority"]).all()


def test_keywords_are_a_plain_search(trained, judged, codes, paragraphs):
    by_keyword = judge_keywords(trained, judged)
    assert len(by_keyword) == len(judged)
    linked = link_codes(codes, paragraphs)[0].drop_duplicates(KEYS)
    found = by_keyword[by_keyword["theme"] == "camhs"].merge(linked[[*KEYS, "text"]], on=KEYS)
    named = found["text"].str.contains("CAMHS")
    assert named.sum() > 5 and found.loc[named, "tagged"].all()
    assert not found.loc[
        ~found["text"].str.contains("CAMHS|mental|emotion|therap|harm", case=False), "tagged"
    ].any()
    assert score_all(by_keyword)["micro_f1"] > 0.2


def test_learning_curve_ends_with_most_authorities(trained, codes):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        curve = learning_curve(trained, codes, shares=(0.5, 1.0))
    assert list(curve.columns) == CURVE_COLUMNS
    assert curve["n_paragraphs"].is_monotonic_increasing
    assert curve["micro_f1"].between(0, 1).all() and curve["micro_f1"].iloc[-1] > 0.3


def test_worst_mistakes_come_first(judged):
    mistakes = worst_mistakes(judged, n=5)
    assert list(mistakes.columns) == MISTAKES
    assert (mistakes["tagged"] != (mistakes["code"] != NO)).all()
    assert mistakes.groupby("theme").size().max() <= 5
    own = mistakes[mistakes["theme"] == mistakes["theme"][0]]
    doubt = (own["probability"] - (own["code"] != NO)).abs()
    assert doubt.is_monotonic_decreasing


def test_a_model_is_no_different_from_itself(judged):
    comparison = compare_models(judged, judged)
    assert comparison.verdict == "no different" and comparison.not_worse
    assert set(comparison.difference.values()) == {0.0}


def test_a_model_of_muddled_codes_is_worse(judged, worse, codes):
    comparison = compare_models(judge_model(worse, codes), judged)
    assert comparison.verdict == "worse" and not comparison.not_worse
    assert compare_models(judged, judge_model(worse, codes)).verdict == "better"


def test_a_model_without_a_theme_is_not_as_good(judged):
    assert not compare_models(judged[judged["theme"] != "camhs"], judged).not_worse


def test_nothing_in_common_is_not_as_good(judged):
    assert not compare_models(judged, judged.head(0)).not_worse


def test_changes_of_the_matrix(trained, worse, sample_run, paragraphs):
    documents = pd.read_parquet(sample_run / "documents.parquet")
    changes = matrix_changes(paragraphs, documents, trained, worse)
    assert list(changes.columns) == MATRIX_CHANGES
    assert (changes["n_tagged"] != changes["n_tagged_before"]).all() and len(changes)
    size = (changes["share"] - changes["share_before"]).abs()
    assert size.is_monotonic_decreasing
    assert matrix_changes(paragraphs, documents, trained, trained).empty


def test_a_model_without_its_held_out_table(trained, codes, tmp_path):
    copy = shutil.copytree(trained, tmp_path / "copy")
    (copy / HELD_OUT_FILE).write_bytes(b"no parquet")
    with pytest.raises(ModelError, match="cannot be read"):
        judge_model(copy, codes)
