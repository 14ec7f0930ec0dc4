from __future__ import annotations

import shutil
import warnings

import pandas as pd
import pytest

from pipeline.base.columns import PARAGRAPHS
from pipeline.base.errors import ModelError
from pipeline.labelling.codes import KEYS, NO
from pipeline.labelling.link import fingerprint, link_codes
from pipeline.tagging.model_folder import HELD_OUT_FILE
from pipeline.training.evaluate import (
    CURVE_COLUMNS,
    MISTAKES,
    judge_keywords,
    judge_majority,
    judge_model,
    kept_codes,
    learning_curve,
    worst_mistakes,
)
from pipeline.training.scores import score_all


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
    rows = [("9" * 12 + f":{n}", "9" * 12, "x", n, 1, "", "", "", "paragraph", False, text)
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


def test_a_document_that_was_learnt_from_is_seen_whatever_its_authority_is_called(
    trained, codes, paragraphs
):
    linked = link_codes(codes, paragraphs)[0]
    doc_id = linked["doc_id"][0]
    text = "Waits for CAMHS are far too long, and nobody knows why this is so."
    row = dict.fromkeys(PARAGRAPHS, "") | {
        "paragraph_id": f"{doc_id}:x", "doc_id": doc_id, "kind": "paragraph", "boilerplate": False,
        "text": text,
    }  # fmt: skip
    new = codes.head(1).assign(doc_id=doc_id, fingerprint=fingerprint(text), authority="a.pdf")
    table = pd.concat([paragraphs, pd.DataFrame([row])], ignore_index=True)
    judged = judge_model(trained, pd.concat([codes, new]), table)
    assert len(judged) == len(judge_model(trained, codes))
    renamed = codes.assign(authority=codes["authority"] + " Council")
    assert len(judge_model(trained, renamed, paragraphs)) == len(judged)


def test_codes_of_a_shifted_extraction_are_judged_by_what_was_held_out(trained, codes, paragraphs):
    shifted = paragraphs["text"].str.split().str[1:].str.join(" ").map(fingerprint)
    prints = dict(zip(paragraphs["text"].map(fingerprint), shifted, strict=True))
    own = codes.assign(fingerprint=codes["fingerprint"].map(prints), coder="zoe")
    assert len(judge_model(trained, own)) >= 0.98 * len(judge_model(trained, codes))


def test_nothing_to_judge(trained, codes):
    with pytest.raises(ModelError, match="cannot be judged on these codes"):
        judge_model(trained, codes.assign(doc_id="9" * 12))


def test_baselines_are_scored_on_the_same_rows(trained, codes, paragraphs):
    text = "Waits for CAMHS are far too long, and nobody knows why this is so."
    row = dict.fromkeys(PARAGRAPHS, "") | {
        "paragraph_id": "n:x", "doc_id": "9" * 12, "kind": "paragraph", "boilerplate": False,
        "text": text,
    }  # fmt: skip
    new = codes.head(1).assign(doc_id="9" * 12, fingerprint=fingerprint(text), authority="New")
    table = pd.concat([paragraphs, pd.DataFrame([row])], ignore_index=True)
    judged = judge_model(trained, pd.concat([codes, new]), table)
    by_keyword = judge_keywords(trained, judged, table)
    assert by_keyword[KEYS].equals(judged[KEYS])
    own = by_keyword[by_keyword["authority"] == "New"].set_index("theme")["tagged"]
    assert own["camhs"] and not own["recruitment"]


def test_the_majority_has_no_theme_and_is_computed(judged):
    majority = judge_majority(judged)
    assert not majority["tagged"].any()
    assert score_all(majority)["micro_f1"] == 0
    assert 0 < score_all(majority)["mean_average_precision"] < 0.5
    most = judged.assign(code="concern")
    assert judge_majority(most)["tagged"].all()


def test_a_curve_needs_authorities(trained, codes):
    few = codes[codes["authority"].isin(codes["authority"].unique()[:3])]
    with pytest.raises(ModelError, match="more than 5 authorities"):
        learning_curve(kept_codes(trained, few))


def test_a_curve_needs_codes_that_the_model_learnt_from(trained, codes):
    with pytest.raises(ModelError, match="learnt from too few of these codes: 0"):
        kept_codes(trained, codes.assign(doc_id="9" * 12))


def test_learning_curve_ends_with_most_authorities(trained, codes, monkeypatch):
    monkeypatch.setattr("pipeline.training.evaluate.FOLDS", 3)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        curve = learning_curve(kept_codes(trained, codes), shares=(0.5, 1.0))
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


def test_a_model_without_its_held_out_table(trained, codes, tmp_path):
    copy = shutil.copytree(trained, tmp_path / "copy")
    (copy / HELD_OUT_FILE).write_bytes(b"no parquet")
    with pytest.raises(ModelError, match="cannot be read"):
        judge_model(copy, codes)
    held_out = pd.read_parquet(trained / HELD_OUT_FILE)
    for damaged in (
        pd.concat([held_out, held_out.head(1)]),
        held_out.assign(tagged=held_out["tagged"].astype(str)),
        held_out.assign(probability=7.0),
        held_out.assign(stance="good"),
        held_out.head(0),
    ):
        damaged.to_parquet(copy / HELD_OUT_FILE)
        with pytest.raises(ModelError, match="damaged"):
            judge_model(copy, codes)
