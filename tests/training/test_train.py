from __future__ import annotations

import shutil
import zlib

import numpy as np
import pandas as pd
import pytest

from pipeline.base.codebook import read_codebook
from pipeline.base.columns import PARAGRAPHS
from pipeline.base.errors import CorpusError, ModelError
from pipeline.base.paths import CODEBOOK, CODES
from pipeline.labelling.codes import read_codes, settle_codes
from pipeline.labelling.link import fingerprint, link_codes
from pipeline.tagging.model import load_model
from pipeline.tagging.model_folder import (
    CODEBOOK_FILE,
    COUNTS_FILE,
    HEARD_FILE,
    HELD_OUT_FILE,
    NOT_USED_FILE,
    find_model,
)
from pipeline.tagging.passages import Passage
from pipeline.training.card import CARD_TEXT_FILE
from pipeline.training.kept_counts import read_counts
from pipeline.training.material import gather_material
from pipeline.training.scores import judge, score_all, score_stance, score_themes
from pipeline.training.train import read_heard

TEXTS = [
    "Supervision takes place but seldom asks why a plan has drifted.",
    "Waits for CAMHS are far too long.",
    "Two libraries are open on Sundays.",
]


def test_same_codes_same_model(few_codes, few_paragraphs, small, train_quickly, tmp_path):
    again = train_quickly(few_codes, few_paragraphs, tmp_path)
    assert again.name == small.name
    passages = [Passage(text) for text in TEXTS]
    assert {path.name: path.read_bytes() for path in small.iterdir()} == {
        path.name: path.read_bytes() for path in again.iterdir()
    }
    one, other = load_model(small).tag(passages), load_model(again).tag(passages)
    np.testing.assert_array_equal(one.probability, other.probability)
    assert (one.stance == other.stance).all()


def test_another_stance_is_another_model(few_codes, small, from_counts, train_quickly, tmp_path):
    at = few_codes.index[few_codes["camhs"] == "strength"][:3]
    turned = few_codes.copy()
    turned.loc[at, "camhs"] = "concern"
    other = train_quickly(turned, None, tmp_path, base=small)
    assert len(at) and other.name != from_counts.name


def test_another_threshold_is_another_model(
    few_codes, from_counts, small, train_quickly, card_of, tmp_path
):
    """Codes drawn by a search gave the same id, and were said to be the same codes."""
    likely = few_codes["camhs"].map(lambda code: "0.05" if code == "no" else "0.9")
    drawn = few_codes.assign(drawn="search", inclusion_probability=likely)
    other = train_quickly(drawn, None, tmp_path, base=small)
    assert card_of(other)["thresholds"]["camhs"] != card_of(from_counts)["thresholds"]["camhs"]
    assert other.name != from_counts.name


def test_model_trained_on_the_sample_reads_clear_cases(trained):
    model = load_model(trained)
    tagging = model.tag([Passage(text) for text in TEXTS])
    carried = [
        {t for t, yes in zip(model.themes, row, strict=True) if yes} for row in tagging.tagged
    ]
    assert carried == [{"supervision"}, {"camhs"}, set()]


def test_no_model_is_overwritten(few_codes, few_paragraphs, small, train_quickly):
    before = {path.name: path.read_bytes() for path in small.iterdir()}
    with pytest.raises(ModelError, match="already exists"):
        train_quickly(few_codes, few_paragraphs, small.parent)
    assert {path.name: path.read_bytes() for path in small.iterdir()} == before


def test_nothing_half_written_is_a_model(few_codes, small, train_quickly, tmp_path, monkeypatch):
    monkeypatch.setattr("pipeline.training.train.write_card", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        train_quickly(few_codes, None, tmp_path, base=small)
    (part,) = tmp_path.iterdir()
    assert part.name.startswith(".")


def test_a_model_without_a_place_is_not_trained(few_codes, tmp_path, train_quickly, monkeypatch):
    """It was told only after all folds, and where permission lacked, to free some space."""
    monkeypatch.setattr("pipeline.training.train.gather_material", lambda *_: 1 / 0)
    models = tmp_path / "models"
    models.touch()
    with pytest.raises(ModelError, match=r"may not write to .*models: File exists") as error:
        train_quickly(few_codes, None, models)
    assert "--models" in error.value.hint
    models.unlink()
    with pytest.raises(ZeroDivisionError):
        train_quickly(few_codes, None, models)
    assert not list(models.iterdir())


def test_a_folder_of_models_that_is_only_read(few_codes, tmp_path, train_quickly, monkeypatch):
    def refuse(dir):
        raise PermissionError(13, "Permission denied", str(dir))

    monkeypatch.setattr("pipeline.training.train.gather_material", lambda *_: 1 / 0)
    monkeypatch.setattr("pipeline.training.train.TemporaryDirectory", refuse)
    with pytest.raises(ModelError, match=r"may not write to .*: Permission denied"):
        train_quickly(few_codes, None, tmp_path)


def test_without_the_texts_the_coded_counts_teach_the_same(few_codes, small, from_counts):
    one, other = (
        score_all(judge(settle_codes(few_codes), pd.read_parquet(folder / HELD_OUT_FILE)))
        for folder in (small, from_counts)
    )
    assert other["micro_f1"] == pytest.approx(one["micro_f1"], abs=0.01)
    old, new = (read_counts(folder / COUNTS_FILE).counted for folder in (small, from_counts))
    assert (old.paragraphs != new.paragraphs).nnz == 0


@pytest.fixture(scope="module")
def odd(few_codes, few_paragraphs, train_quickly, tmp_path_factory):
    """A model of codes of which one has no paragraph, some are for no theme we know, and some for
    one that nobody found."""
    folder = tmp_path_factory.mktemp("odd")
    codebook = folder / "codebook.toml"
    codebook.write_text(CODEBOOK.read_text(encoding="utf-8") + SIXTH, encoding="utf-8")
    stray = few_codes.head(1).assign(doc_id="0" * 12)
    odd = pd.concat([few_codes, stray]).assign(housing="no", exploitation="no")
    return train_quickly(odd, few_paragraphs, folder, codebook)


def test_codes_that_cannot_be_used_are_listed(odd, card_of):
    listed = pd.read_csv(odd / NOT_USED_FILE, dtype=str)
    assert listed["doc_id"].tolist() == ["0" * 12]
    assert "available" in listed["reason"][0]
    assert card_of(odd)["data"]["n_codes_not_used"] == 1


def test_a_misspelt_theme_is_told_and_a_strange_one_is_noted(
    few_codes, few_paragraphs, odd, train_quickly, card_of, tmp_path
):
    with pytest.raises(CorpusError, match="'cahms'"):
        train_quickly(few_codes.rename(columns={"camhs": "cahms"}), few_paragraphs, tmp_path)
    assert card_of(odd)["notes"] == [
        "housing is coded but is not in the codebook, so it was not learnt.",
        "exploitation was left out: 0 coded paragraphs carry it, and 10 are needed.",
    ]
    assert "housing" in (odd / CARD_TEXT_FILE).read_text(encoding="utf-8")


def test_a_theme_with_too_few_codes_is_left_out_of_the_model(odd, few_codes, card_of):
    assert load_model(odd).themes == list(read_codebook())
    assert set(card_of(odd)["more_codes"]) == set(read_codebook())
    # Its codebook has the theme, but the search terms were not counted.
    codebook = read_codebook(odd / CODEBOOK_FILE)
    more = few_codes.assign(exploitation=few_codes["camhs"])
    (note,) = gather_material(more, None, codebook, odd).notes
    assert "search terms" in note and "exploitation" in note


SIXTH = """
[themes.exploitation]
title = "Exploitation and missing children"
definition = "Children at risk of sexual or criminal exploitation, and children who go missing."
search_terms = ["exploit*", "missing", "gang*", "county lines"]
"""


def test_a_sixth_theme_is_an_entry_in_the_codebook_and_some_codes(
    trained, codes, paragraphs, train, card_of, tmp_path
):
    """New paragraphs are coded for the new theme only; most old ones for the other five only."""
    codebook = tmp_path / "codebook.toml"
    codebook.write_text(CODEBOOK.read_text(encoding="utf-8") + SIXTH, encoding="utf-8")
    about = [
        f"{who} at risk of {what} {how}."
        for who in ("Children", "Boys", "Girls in care")
        for what in ("criminal exploitation", "sexual exploitation", "being drawn into gangs")
        for how in ("are known and safe", "are not recognised soon enough", "go missing too often")
    ]
    other = [
        f"The {where} in the {town} {what}."
        for where in ("library", "market hall", "swimming pool")
        for town in ("north", "south", "old town")
        for what in ("is open on Sundays", "has a new roof", "belongs to the council")
    ]
    rows, table = [], []
    for n, text in enumerate(about + other):
        doc_id = f"{n % 4}" * 12
        table.append((f"{doc_id}:{n}", doc_id, "x", n, 1, "", "", "", "paragraph", False, text))
        code = "concern" if n < len(about) and "not" in text else "strength"
        rows.append((doc_id, text, f"Town {n % 4}", code if n < len(about) else "no"))
    new = pd.DataFrame(rows, columns=["doc_id", "fingerprint", "authority", "exploitation"])
    new["fingerprint"] = new["fingerprint"].map(fingerprint)
    new = new.assign(coder="us", coded_on="2026-11-21", drawn="random")
    linked = link_codes(codes, paragraphs)[0]
    silent = ~linked["text"].str.contains("exploit|missing|gang|county lines", case=False)
    old = linked[codes.columns].assign(exploitation=np.where(silent, "no", "")).iloc[::3]
    both = pd.concat([codes[~codes["fingerprint"].isin(old["fingerprint"])], old, new]).fillna("")
    folder = train(
        both, pd.DataFrame(table, columns=PARAGRAPHS), tmp_path / "m", codebook, trained
    )
    model = load_model(folder)
    assert model.themes == [*read_codebook(), "exploitation"]
    passages = [Passage("Girls at risk of exploitation are safe."), *map(Passage, TEXTS)]
    tagging = model.tag(passages)
    assert tagging.tagged[:, -1].tolist() == [True, False, False, False]
    assert tagging.stance[0, -1] == "strength"
    scores = [
        score_themes(judge(settle_codes(both), pd.read_parquet(m / HELD_OUT_FILE)))
        for m in (trained, folder)
    ]
    assert scores[1]["exploitation"]["f1"] > 0.9
    card = card_of(folder)
    assert "27 coded paragraphs carry it, and 50" in card["provisional"]["exploitation"]
    assert not set(card["provisional"]) & set(read_codebook())
    assert set(card["more_codes"]) == set(model.themes)
    assert "**exploitation is provisional**" in (folder / "card.md").read_text(encoding="utf-8")
    for theme in read_codebook():
        assert scores[1][theme]["f1"] > scores[0][theme]["f1"] - 0.05


@pytest.mark.parametrize("n_authorities", [2, 3])
def test_few_authorities_are_enough(codes, paragraphs, train, card_of, tmp_path, n_authorities):
    few = codes[codes["authority"].isin(codes["authority"].unique()[:n_authorities])]
    own = paragraphs[paragraphs["doc_id"].isin(few["doc_id"])].reset_index(drop=True)
    folder = train(few, own, tmp_path)
    assert len(card_of(folder)["data"]["authorities"]) == n_authorities


def test_codes_of_one_stance_only(few_codes, small, train_quickly, tmp_path):
    themes = few_codes.columns[6:]
    concern = few_codes.copy()
    concern[themes] = few_codes[themes].where(few_codes[themes] == "no", "concern")
    folder = train_quickly(concern, None, tmp_path, base=small)
    tagging = load_model(folder).tag([Passage(TEXTS[1])])
    assert set(tagging.stance[tagging.tagged]) == {"concern"}


def test_a_damaged_table_of_what_was_heard_is_refused(few_codes, small, train_quickly, tmp_path):
    copy = shutil.copytree(small, tmp_path / "copy")
    table = read_heard(find_model())
    for damaged in (table.drop(columns="mixed"), pd.concat([table, table.head(1)])):
        damaged.to_parquet(copy / HEARD_FILE)
        with pytest.raises(ModelError, match="heard"):
            train_quickly(few_codes, None, tmp_path / "m", base=copy)


def folds_by_name(groups, k, seed=0, spread=None):
    """Folds that stay as they are when authorities are added."""
    names, at = np.unique(groups, return_inverse=True)
    return np.array([zlib.crc32(f"{seed} {name}".encode()) % k for name in names])[at]


@pytest.fixture(scope="module")
def old():
    """The shipped codes of real reports, of a sixth of the authorities."""
    old = read_codes([path for path in CODES.glob("*.csv") if path.name != "sample.csv"])
    return old[[zlib.crc32(name.encode()) % 6 == 5 for name in old["authority"]]]


@pytest.fixture(scope="module")
def retrained(old, codes, paragraphs, train_quickly, tmp_path_factory):
    """A model of `old` from kept counts alone, and one trained on that with a few new codes.

    Of so few authorities, how folds are cut changes scores more (up to 0.04) than a few new codes
    do, so both models are cut alike.
    """
    new = codes.iloc[::20].assign(coder="researcher")
    own = paragraphs[paragraphs["doc_id"].isin(new["doc_id"])].reset_index(drop=True)
    with pytest.MonkeyPatch.context() as patch:
        for module in ("fit", "fit_themes", "fit_stance"):
            patch.setattr(f"pipeline.training.{module}.grouped_folds", folds_by_name)
        base = train_quickly(old, None, tmp_path_factory.mktemp("base"), base=find_model())
        both = pd.concat([old, new])
        return base, train_quickly(both, own, tmp_path_factory.mktemp("new"), base=base)


def test_retraining_with_a_few_new_codes_keeps_what_the_shipped_codes_taught(old, retrained):
    """On a machine with only the project: the sample's paragraphs are the new reports.

    A part stands for the whole, to save time; `python tests/bench.py retrain` compares the whole.
    """
    judged = [judge(settle_codes(old), pd.read_parquet(m / HELD_OUT_FILE)) for m in retrained]
    assert len(judged[0]) == len(judged[1]) > 5_000
    before, after = map(score_all, judged)
    assert after["micro_f1"] >= before["micro_f1"] - 0.01
    assert after["macro_f1"] >= before["macro_f1"] - 0.01
    before, after = map(score_stance, judged)
    # Of the whole it is 0.01. Here are 370 stances: if 6% change, the standard error is 0.013.
    assert after["accuracy"] >= before["accuracy"] - 0.03
    # Of the whole it is 0.03. A quarter of it hangs on a handful of `neutral` paragraphs.
    assert after["macro_f1"] >= before["macro_f1"] - 0.05


def test_the_encoder_and_what_it_learnt_from_are_passed_on(retrained, card_of):
    """Over trainings on a part of the codes, too, which do not ask of the rest."""
    shipped = find_model()
    passages = [Passage("Waits are long."), Passage("It is not yet regular.")]
    said, _ = load_model(shipped).encoder.read(passages, [{}] * 2)
    for folder in retrained:
        assert len(read_heard(folder)) >= len(read_heard(shipped))
        model = load_model(folder)
        np.testing.assert_array_equal(model.encoder.read(passages, [{}] * 2)[0], said)
        assert card_of(folder)["encoder"] == card_of(shipped)["encoder"]
        assert model.tone_judge is not None and list(model.read_judges) == model.themes
