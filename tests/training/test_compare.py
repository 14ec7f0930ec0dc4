from __future__ import annotations

import pytest
from runs import CARD, make_run, write_run

from pipeline.base.tables import read_table, write_table
from pipeline.labelling.codes import KEYS
from pipeline.tagging.model import load_model
from pipeline.tagging.model_folder import find_model
from pipeline.tagging.tag import tag_paragraphs
from pipeline.training import compare
from pipeline.training.compare import (
    MATRIX_CHANGES,
    Comparison,
    changes_in_run,
    compare_models,
    compare_on,
    judge_counted,
    matrix_changes,
)
from pipeline.training.evaluate import judge_model


@pytest.fixture(scope="module")
def worse(few_codes, small, train_quickly, tmp_path_factory):
    """`small`, had it learnt codes where every other paragraph has the codes of another one."""
    themes = [column for column in few_codes.columns if column not in KEYS][4:]
    muddled, there = few_codes.copy(), few_codes.loc[::2, themes]
    muddled.loc[::2, themes] = there.sample(frac=1, random_state=1).to_numpy()
    return train_quickly(muddled, None, tmp_path_factory.mktemp("worse"), base=small)


@pytest.fixture(scope="module")
def judged(small, few_codes):
    return judge_model(small, few_codes)


def test_a_model_is_no_different_from_itself(judged):
    comparison = compare_models(judged, judged)
    assert comparison.verdict == "no different" and not comparison.doubts
    assert set(comparison.difference.values()) == {0.0}


def test_a_model_of_muddled_codes_is_worse(small, worse, few_codes):
    judged, judged_worse = (judge_model(folder, few_codes) for folder in (small, worse))
    comparison = compare_models(judged_worse, judged)
    assert comparison.verdict == "worse" and comparison.doubts
    assert compare_models(judged, judged_worse).verdict == "better"


def test_a_model_without_a_theme_is_not_as_good(judged):
    assert compare_models(judged[judged["theme"] != "camhs"], judged).doubts


def test_a_model_judged_on_its_own_few_codes_is_not_as_good(judged):
    few = judged[judged["doc_id"].isin(judged["doc_id"].unique()[:3])]
    comparison = compare_models(few, judged)
    assert comparison.verdict == "no different"
    assert not comparison.is_fair and comparison.doubts
    assert not compare_models(judged, few).doubts


def test_codes_of_one_authority_do_not_tell_two_models_apart(judged):
    one = judged[judged["authority"] == judged["authority"][0]]
    comparison = compare_models(one, one.assign(tagged=one["code"] == "no"))
    assert comparison.difference["micro_f1"] > 0.1 and comparison.verdict == "not known"
    (doubt,) = comparison.doubts
    assert "of one authority" in doubt


def test_nothing_in_common_is_not_as_good(judged):
    assert compare_models(judged, judged.head(0)).doubts


def test_paragraphs_without_a_theme_say_nothing_of_two_models(judged):
    nobody = judged[judged["code"] == "no"]
    comparison = compare_models(nobody, nobody)
    assert comparison.n == 0 and comparison.verdict == "no different" and comparison.doubts


def test_models_of_other_paragraphs_have_nothing_in_common(small, few_codes, monkeypatch):
    # Learnt from few codes, all of its themes are provisional.
    monkeypatch.setattr(compare, "judge_counted", judge_model)
    compared = compare_on(few_codes.assign(doc_id="9" * 12), small, small)
    assert compared.n == 0 and compared.doubts and not compared.lost
    assert not compare_on(few_codes, small, small).doubts


def compared(n=50, lost=(), low=-0.01):
    return Comparison(n, 50, lost, {}, {"micro_f1": (low, 0.0)})


DOUBTS = {
    "none": (compared(), ()),
    "nothing in common": (compared(n=0, low=0.0), ("no coded paragraphs in common",)),
    "few in common": (compared(n=30), ("only 30 of the 50 coded paragraphs",)),
    "a theme lost": (compared(lost=("camhs", "housing")), ("it lacks the themes camhs, housing",)),
    "lower": (compared(low=-0.034), ("its micro-F1 may be 0.034 lower, by more than 0.01",)),
    "of one authority": (compared(low=float("nan")), ("all of one authority",)),
    "few, and lower": (compared(n=30, low=-0.2), ("only 30", "0.200 lower")),
}


@pytest.mark.parametrize("name", DOUBTS)
def test_why_a_model_is_not_as_good_is_said(name):
    comparison, parts = DOUBTS[name]
    assert len(comparison.doubts) == len(parts)
    assert all(part in said for part, said in zip(parts, comparison.doubts, strict=True))


@pytest.fixture(scope="module")
def tags_by(few_paragraphs):
    """The tags that a model gives to the few documents."""
    return lambda folder: tag_paragraphs(few_paragraphs, load_model(folder))


def test_changes_of_the_matrix(small, worse, few_documents, tags_by):
    tags = tags_by(small)
    changes = matrix_changes(tags, tags_by(worse), few_documents)
    assert list(changes.columns) == MATRIX_CHANGES
    assert (changes["n_tagged"] != changes["n_tagged_before"]).all() and len(changes)
    size = (changes["share"] - changes["share_before"]).abs()
    assert size.is_monotonic_decreasing
    assert matrix_changes(tags, tags, few_documents).empty


def test_a_model_without_a_theme_that_counts_has_no_cells(small, few_documents, tags_by):
    tags = tags_by(small)
    changes = matrix_changes(tags.head(0), tags, few_documents)
    assert len(changes) and changes["share"].isna().all() and (changes["n_tagged"] == 0).all()
    assert matrix_changes(tags.head(0), tags.head(0), few_documents).empty


def test_a_theme_that_one_model_lacks_changes_the_matrix(
    small, few_codes, few_documents, tags_by, train_quickly, tmp_path
):
    less = train_quickly(few_codes.drop(columns="camhs"), None, tmp_path, base=small)
    changes = matrix_changes(tags_by(less), tags_by(small), few_documents)
    own = changes[changes["theme"] == "camhs"]
    assert len(own) and (own["n_tagged"] == 0).all() and (own["n_tagged_before"] > 0).all()


def test_provisional_themes_are_not_judged(unsure, codes):
    judged, counted = judge_model(unsure, codes), judge_counted(unsure, codes)
    assert set(judged["theme"]) - set(counted["theme"]) == {"camhs"}
    assert len(counted) == (judged["theme"] != "camhs").sum()


@pytest.fixture
def tagged_by(tmp_path):
    """The folder of a run of which the card says that a model tagged it."""

    def tagged_by(model_id):
        folder = tmp_path / model_id
        write_run(make_run(3, 2, 20, card=CARD | {"model_id": model_id}), folder)
        return folder

    return tagged_by


def test_changes_use_the_tags_that_are_there(tagged_by, monkeypatch):
    model, another = find_model(), tagged_by("another")
    run, asked = tagged_by(model.name), []

    def tag(paragraphs, model):
        asked.append(model)
        return read_table(run, "tags").assign(tagged=False)

    monkeypatch.setattr(compare, "tag_paragraphs", tag)
    monkeypatch.setattr(compare, "load_model", lambda folder: folder)
    assert changes_in_run(run, model, model).empty and asked == []
    # Extracted again, and not tagged again.
    write_table(read_table(run, "paragraphs").iloc[1:], run, "paragraphs")
    assert changes_in_run(run, model, model).empty and asked == [model] * 2
    assert changes_in_run(another, model, model).empty and asked == [model] * 4


def test_changes_are_of_what_the_matrix_counts(tmp_path, unsure, monkeypatch):
    """Its cells leave out provisional themes, and paragraphs that most reports have."""
    made = make_run(6, 1, 10)
    paragraphs = made.paragraphs
    own = paragraphs["text"] + " " + paragraphs["doc_id"]
    paragraphs["text"] = paragraphs["text"].where(paragraphs["position"] == 0, own)
    write_run(made, tmp_path / "six")
    old = made.tags.assign(tagged=False)
    monkeypatch.setattr(compare, "load_model", lambda folder: folder)
    monkeypatch.setattr(
        compare,
        "tag_paragraphs",
        lambda _, model: old if model == unsure else made.tags.assign(tagged=True),
    )
    changes = changes_in_run(tmp_path / "six", find_model(), unsure)
    assert set(changes["theme"]) == set(made.themes) and len(changes) == 6 * 3
    assert set(changes["run"]) == {str(tmp_path / "six")}
    # The last report has no authority, but it has the paragraph too.
    assert (changes["n_tagged"] == 9).all() and (changes["share"] == 1).all()
    camhs = changes["theme"] == "camhs"
    assert changes.loc[camhs, "share_before"].isna().all()
    assert (changes.loc[~camhs, "share_before"] == 0).all()
    back = changes_in_run(tmp_path / "six", unsure, find_model())
    assert (back["share"].isna() == (back["theme"] == "camhs")).all()
