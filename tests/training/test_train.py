from __future__ import annotations

import json
import shutil
import warnings
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from factories import small_encoder

from pipeline.base.codebook import read_codebook
from pipeline.base.columns import PARAGRAPHS
from pipeline.base.errors import CorpusError, ModelError
from pipeline.base.paths import CODEBOOK, CODES
from pipeline.labelling.codes import CODES_COLUMNS, read_codes, settle_codes
from pipeline.labelling.link import fingerprint, link_codes
from pipeline.tagging.model import load_model
from pipeline.tagging.model_folder import (
    CARD_FILE,
    COUNTS_FILE,
    HELD_OUT_FILE,
    NOT_USED_FILE,
    TONE_FILE,
    find_model,
)
from pipeline.tagging.passages import Passage
from pipeline.training.card import CALIBRATION_FILE, CARD_TEXT_FILE
from pipeline.training.fit import NO_ENCODER, TONE, _Asked, _find_tone, _fine_tune
from pipeline.training.kept_counts import read_counts
from pipeline.training.material import code_arrays
from pipeline.training.scores import judge, score_all, score_stance, score_themes
from pipeline.training.train import read_tone, train_model

TEXTS = [
    "Supervision takes place but seldom asks why a plan has drifted.",
    "Waits for CAMHS are far too long.",
    "Two libraries are open on Sundays.",
]


def train(*args, **kwargs):
    with warnings.catch_warnings():
        # Small data: rare stances, few words, folds without a stance.
        warnings.simplefilter("ignore")
        return train_model(*args, **kwargs)


@pytest.fixture(scope="module")
def codes():
    return read_codes([CODES / "sample.csv"])


@pytest.fixture(scope="module")
def paragraphs(sample_run):
    return pd.read_parquet(sample_run / "paragraphs.parquet")


@pytest.fixture(scope="module")
def trained(codes, paragraphs, tmp_path_factory):
    return train(codes, paragraphs, tmp_path_factory.mktemp("models"))


def card_of(folder):
    return json.loads((folder / CARD_FILE).read_text(encoding="utf-8"))


def test_every_code_of_the_sample_finds_its_paragraph(codes, paragraphs):
    linked, lost = link_codes(codes, paragraphs)
    assert lost.empty and len(linked) == len(codes)


def test_card_says_how_it_was_trained(trained, codes):
    card = card_of(trained)
    assert card["model_id"] == trained.name
    assert set(card["thresholds"]) == set(read_codebook())
    assert card["data"]["n_paragraphs"] > 700
    assert 0.3 < card["scores"]["overall"]["micro_f1"] < 1
    assert "language model" in card["coded_by"]
    text = (trained / CARD_TEXT_FILE).read_text(encoding="utf-8")
    assert all(
        part in text for part in ("camhs", "95 %", CALIBRATION_FILE, "not by practitioners")
    )
    assert (trained / CALIBRATION_FILE).stat().st_size > 1000


def test_codes_of_practitioners_are_not_called_a_machines(trained, codes, tmp_path):
    folder = train(codes.assign(coder="A. Practitioner"), None, tmp_path, base=trained)
    assert card_of(folder)["coded_by"] == ""
    assert "language model" not in (folder / CARD_TEXT_FILE).read_text(encoding="utf-8")


def test_same_codes_same_model(codes, paragraphs, trained, tmp_path):
    again = train(codes, paragraphs, tmp_path)
    assert again.name == trained.name
    passages = [Passage(text) for text in TEXTS]
    one, other = load_model(trained).tag(passages), load_model(again).tag(passages)
    np.testing.assert_array_equal(one.probability, other.probability)
    assert (one.stance == other.stance).all()


def test_another_stance_is_another_model(codes, trained, tmp_path):
    at = codes.index[codes["camhs"] == "strength"][:3]
    turned = codes.copy()
    turned.loc[at, "camhs"] = "concern"
    names = [
        train(table, None, tmp_path / str(n), base=trained).name
        for n, table in enumerate((codes, turned))
    ]
    assert names[0] != names[1]


def test_model_trained_on_the_sample_reads_clear_cases(trained):
    model = load_model(trained)
    tagging = model.tag([Passage(text) for text in TEXTS])
    carried = [
        {t for t, yes in zip(model.themes, row, strict=True) if yes} for row in tagging.tagged
    ]
    assert carried == [{"supervision"}, {"camhs"}, set()]


def test_no_model_is_overwritten(codes, paragraphs, trained):
    before = {path.name: path.read_bytes() for path in trained.iterdir()}
    with pytest.raises(ModelError, match="already exists"):
        train(codes, paragraphs, trained.parent)
    assert {path.name: path.read_bytes() for path in trained.iterdir()} == before


def test_nothing_half_written_is_a_model(codes, paragraphs, tmp_path, monkeypatch):
    monkeypatch.setattr("pipeline.training.train.write_card", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        train(codes, paragraphs, tmp_path)
    assert not [path for path in tmp_path.iterdir() if not path.name.startswith(".")]


def test_without_the_texts_the_coded_counts_teach_the_same(codes, trained, tmp_path):
    again = train(codes, None, tmp_path, base=trained)
    one, other = (
        score_all(judge(settle_codes(codes), pd.read_parquet(folder / HELD_OUT_FILE)))
        for folder in (trained, again)
    )
    assert other["micro_f1"] == pytest.approx(one["micro_f1"], abs=0.01)
    old, new = (read_counts(folder / COUNTS_FILE).counted for folder in (trained, again))
    assert (old.paragraphs != new.paragraphs).nnz == 0


def test_codes_that_cannot_be_used_are_listed(codes, paragraphs, tmp_path):
    stray = codes.head(1).assign(doc_id="0" * 12)
    folder = train(pd.concat([codes, stray]), paragraphs, tmp_path)
    listed = pd.read_csv(folder / NOT_USED_FILE, dtype=str)
    assert listed["doc_id"].tolist() == ["0" * 12]
    assert "available" in listed["reason"][0]
    assert card_of(folder)["data"]["n_codes_not_used"] == 1


SIXTH = """
[themes.exploitation]
title = "Exploitation and missing children"
definition = "Children at risk of sexual or criminal exploitation, and children who go missing."
search_terms = ["exploit*", "missing", "gang*", "county lines"]
"""


def test_a_sixth_theme_is_an_entry_in_the_codebook_and_some_codes(
    trained, codes, paragraphs, tmp_path
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
        table.append((f"{doc_id}:{n}", doc_id, "x", n, 1, "", "", "paragraph", False, text))
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
    for theme in read_codebook():
        assert scores[1][theme]["f1"] > scores[0][theme]["f1"] - 0.05


def test_codes_are_ones_zeros_or_missing():
    rows = [
        (f"{n}", f"{n}", "ab"[n % 2], "c", "", "random", code, "")
        for n, code in enumerate(["concern"] * 10 + ["no", ""])
    ]
    codes = pd.DataFrame(rows, columns=[*CODES_COLUMNS, "camhs", "early_help"])
    coded = code_arrays(codes)
    assert list(coded.themes) == ["camhs"]
    assert coded.themes["camhs"].tolist() == [1] * 10 + [0, -1]
    with pytest.raises(ModelError, match="Only 5 coded paragraphs"):
        code_arrays(codes[5:])
    with pytest.raises(ModelError, match="No theme"):
        code_arrays(codes.drop(columns="camhs"))
    with pytest.raises(ModelError, match="All codes are about x"):
        code_arrays(codes.assign(authority="x"))
    with pytest.raises(ModelError, match="Only paragraphs of x are coded with a theme"):
        code_arrays(codes.assign(authority=["x"] * 10 + ["y", "y"]))


@pytest.mark.parametrize("n_authorities", [2, 3])
def test_few_authorities_are_enough(codes, paragraphs, tmp_path, n_authorities):
    few = codes[codes["authority"].isin(codes["authority"].unique()[:n_authorities])]
    folder = train(few, paragraphs, tmp_path)
    assert len(card_of(folder)["data"]["authorities"]) == n_authorities


def test_codes_of_one_stance_only(codes, paragraphs, tmp_path):
    themes = codes.columns[6:]
    concern = codes.copy()
    concern[themes] = codes[themes].where(codes[themes] == "no", "concern")
    tagging = load_model(train(concern, paragraphs, tmp_path)).tag([Passage(TEXTS[1])])
    assert set(tagging.stance[tagging.tagged]) == {"concern"}


def test_what_is_tagged_wrongly_has_a_held_out_stance_too(trained, codes):
    held_out = pd.read_parquet(trained / HELD_OUT_FILE)
    assert (held_out.loc[held_out["tagged"], "stance"] != "").all()
    judged = judge(settle_codes(codes), held_out)
    assert (judged.loc[judged["code"] != "no", "stance"] != "").all()


def test_two_coders_of_two_extractions_are_settled_as_one_paragraph(
    codes, paragraphs, trained, tmp_path
):
    """Another coder's fingerprints are those of texts without their first word."""
    shifted = paragraphs["text"].str.split().str[1:].str.join(" ").map(fingerprint)
    prints = dict(zip(paragraphs["text"].map(fingerprint), shifted, strict=True))
    again = codes.assign(coder="zoe", fingerprint=codes["fingerprint"].map(prints))
    both = pd.concat([codes, again.iloc[::3]], ignore_index=True)
    # With the texts, and from the counts alone.
    for n, texts in enumerate((paragraphs, None)):
        folder = train(both, texts, tmp_path / str(n), base=trained)
        data = card_of(folder)["data"]
        assert data["n_paragraphs"] == card_of(trained)["data"]["n_paragraphs"]
        assert data["coders"]["language-model + zoe"] > 200 and data["n_codes_not_used"] < 8


def test_a_misspelt_theme_is_told_and_a_strange_one_is_noted(codes, paragraphs, tmp_path):
    with pytest.raises(CorpusError, match="'cahms'"):
        train(codes.rename(columns={"camhs": "cahms"}), paragraphs, tmp_path)
    folder = train(codes.assign(housing="no"), paragraphs, tmp_path)
    assert card_of(folder)["notes"] == [
        "housing is coded but is not in the codebook, so it was not learnt."
    ]
    assert "housing" in (folder / CARD_TEXT_FILE).read_text(encoding="utf-8")


def tuned_on(*pairs, authorities=("A",)):
    rows = [(d, fingerprint(text), theme, -0.1, -3.0, -4.0, -5.0) for d, text, theme in pairs]
    tone = pd.DataFrame(rows, columns=TONE)
    return replace(
        NO_ENCODER, encoder=small_encoder(), tone=tone, authorities=frozenset(authorities)
    )


def asked_of(*rows):
    """Rows (document, text, theme, authority, whether the text is there)."""
    keys = pd.DataFrame(
        [(d, fingerprint(text), theme) for d, text, theme, _, _ in rows], columns=TONE[:3]
    )
    return _Asked(
        keys=keys,
        groups=np.array([row[3] for row in rows]),
        stances=np.zeros(len(rows), dtype=int),
        fold=np.arange(len(rows)) % 2,
        here=np.array([row[4] for row in rows]),
        texts_of=lambda chosen: [("camhs", "wait")] * int(chosen.sum()),
    )


LONG = "Waits for CAMHS are far too long in the north, and nobody in the partnership knows why."


def test_what_an_encoder_learnt_from_is_never_read_by_it_as_if_it_were_new():
    tuned = tuned_on(("d1", LONG, "camhs"))
    tone = _find_tone(
        asked_of(
            ("d1", LONG, "camhs", "A", True),  # as it was said when the encoder was fine-tuned
            ("d1", LONG, "early_help", "A", True),  # coded for a theme that is new
            ("d2", LONG, "camhs", "A", True),  # another report of the authority
            ("d3", LONG, "camhs", "B", True),  # an authority it has not seen
            ("d3", LONG, "camhs", "B", False),  # of which the text is not there
        ),
        tuned,
    )
    assert np.isfinite(tone).all(axis=1).tolist() == [True, False, False, True, False]
    extracted_otherwise = asked_of(("d1", LONG.removeprefix("Waits "), "camhs", "A", True))
    assert tone[0].tolist() == [-0.1, -3.0, -4.0, -5.0]
    assert _find_tone(extracted_otherwise, tuned).tolist() == [[-0.1, -3.0, -4.0, -5.0]]
    np.testing.assert_array_equal(tone[3], tuned.encoder.score([("camhs", "wait")])[0])


def test_without_an_encoder_nothing_is_heard():
    assert np.isnan(_find_tone(asked_of(("d1", LONG, "camhs", "A", True)), NO_ENCODER)).all()


def test_an_encoder_is_not_fine_tuned_on_next_to_nothing(tmp_path):
    rows = [("d1", LONG, "camhs", "A", True)] * 20
    with pytest.raises(ModelError, match="Only 20 coded stances have the text"):
        _fine_tune(asked_of(*rows), tmp_path, [])


def test_the_encoder_and_what_it_learnt_from_are_passed_on(codes, paragraphs, tmp_path):
    """Over a training on a part of the codes, too, which does not ask of the rest."""
    shipped = find_model()
    known = read_tone(shipped)
    part = codes[codes["authority"].isin(codes["authority"].unique()[:3])]
    folder = train(part, paragraphs, tmp_path, base=shipped)
    assert len(read_tone(folder)) >= len(known)
    one, other = load_model(shipped).encoder, load_model(folder).encoder
    asked = [("camhs", "Waits are long."), ("supervision", "It is not yet regular.")]
    np.testing.assert_array_equal(one.read(asked), other.read(asked))
    assert card_of(folder)["encoder"] == card_of(shipped)["encoder"]
    assert load_model(folder).tone_judge is not None


def test_a_damaged_tone_table_is_refused(codes, trained, tmp_path):
    copy = shutil.copytree(trained, tmp_path / "copy")
    table = read_tone(find_model())
    for damaged in (table.drop(columns="mixed"), pd.concat([table, table.head(1)])):
        damaged.to_parquet(copy / TONE_FILE)
        with pytest.raises(ModelError, match="tone"):
            train(codes, None, tmp_path / "m", base=copy)


def test_search_terms_that_kept_counts_do_not_know_are_noted(codes, trained, tmp_path):
    codebook = tmp_path / "codebook.toml"
    text = CODEBOOK.read_text(encoding="utf-8")
    codebook.write_text(text.replace("search_terms = [", 'search_terms = ["turnstile", ', 1))
    folder = train(codes, None, tmp_path, codebook, trained)
    (note,) = card_of(folder)["notes"]
    assert note.startswith(f"The search terms of thresholds differ from those of {trained.name}")


def test_no_code_has_its_paragraph(codes, paragraphs, tmp_path):
    with pytest.raises(ModelError, match="None of the codes"):
        train(codes.assign(doc_id="0" * 12), paragraphs, tmp_path)


def test_retraining_with_a_few_new_codes_keeps_what_the_shipped_codes_taught(
    codes, paragraphs, tmp_path
):
    """On a machine with only the project: the sample's paragraphs are the new reports."""
    shipped = find_model()
    new = codes.iloc[::20].assign(coder="researcher")
    old = read_codes([path for path in CODES.glob("*.csv") if path.name != "sample.csv"])
    folder = train(pd.concat([old, new]), paragraphs, tmp_path, base=shipped)
    judged = [
        judge(settle_codes(old), pd.read_parquet(m / HELD_OUT_FILE)) for m in (shipped, folder)
    ]
    before, after = map(score_all, judged)
    assert after["micro_f1"] >= before["micro_f1"] - 0.01
    assert after["macro_f1"] >= before["macro_f1"] - 0.01
    before, after = map(score_stance, judged)
    assert after["accuracy"] >= before["accuracy"] - 0.01
    # A quarter of it hangs on a hundred `neutral` paragraphs, and on how folds are cut.
    assert after["macro_f1"] >= before["macro_f1"] - 0.03
