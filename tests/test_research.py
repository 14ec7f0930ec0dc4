"""The researchers' flow as Python code calls it; the commands are tested in tests/cli."""

from __future__ import annotations

import json
import shutil

import pandas as pd
import pytest
from runs import make_run, write_run

from pipeline import research
from pipeline.base.errors import LabelError, ModelError, TableError
from pipeline.base.paths import CODES
from pipeline.labelling.codes import read_codes
from pipeline.tagging.model_folder import CARD_FILE, find_model, read_model_card
from pipeline.training.evaluate import Comparison


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    write_run(make_run(3, 2, 20), folder)
    return folder


@pytest.fixture
def no_codes(tmp_path):
    path = tmp_path / "none.csv"
    read_codes([CODES / "sample.csv"]).head(0).to_csv(path, index=False)
    return [path]


def test_paragraphs_are_proposed_and_their_codes_merged(run, tmp_path, no_codes):
    proposal = research.propose(run, tmp_path / "sheet", number=4, form="doccano", codes=no_codes)
    assert proposal.n_paragraphs == 4 and proposal.files[0].suffix == ".jsonl"
    target = tmp_path / "anna.csv"
    filled = pd.read_json(proposal.files[0], lines=True)
    filled["label"] = [["camhs:concern"], ["none"], [], []]
    sheet = tmp_path / "filled.jsonl"
    filled.to_json(sheet, orient="records", lines=True)
    merged = research.merge(run, sheet, "Anna", form="doccano", target=target)
    assert (merged.target, merged.n_coded, merged.n_added, merged.n_partly) == (target, 2, 2, 0)
    assert research.merge(run, sheet, "Anna", target=target).n_added == 0


def test_a_coder_needs_a_name(run, tmp_path):
    with pytest.raises(LabelError, match="name"):
        research.merge(run, tmp_path / "filled.xlsx", " ")


def test_disagreements_have_their_texts_only_with_a_run(run, tmp_path, no_codes):
    research.propose(run, tmp_path / "sheet", number=4, form="prodigy", codes=no_codes)
    tasks = pd.read_json(tmp_path / "sheet.jsonl", lines=True)
    files = []
    for coder, choice in (("Anna", "camhs:concern"), ("Ben", "none")):
        sheet, codes = tmp_path / f"{coder}.jsonl", tmp_path / f"{coder}.csv"
        answered = tasks.assign(answer="accept", accept=[[choice]] * len(tasks))
        answered.to_json(sheet, orient="records", lines=True)
        research.merge(run, sheet, coder, target=codes)
        files.append(codes)
    bare = research.compare_coders("Anna", "Ben", codes=files)
    assert len(bare.differing) == 4 and "text" not in bare.differing
    told = research.compare_coders("Anna", "Ben", run=run, codes=files)
    assert told.differing["text"].str.len().gt(20).all()
    assert told.measured.set_index("theme").loc["camhs", "n_first_only"] == 4


def worse(by: float) -> Comparison:
    return Comparison(50, 50, (), {"micro_f1": -by}, {"micro_f1": (-by, -by)})


PROMOTED = {
    "nothing to compare with, or forced": (None, True),
    "as good": (worse(0.0), True),
    "worse": (worse(0.2), False),
}


@pytest.mark.parametrize("name", PROMOTED)
def test_a_worse_model_is_not_promoted(monkeypatch, name):
    comparison, promoted = PROMOTED[name]
    used = []
    monkeypatch.setattr(research, "use_model", used.append)
    model = find_model()
    compared = (model, comparison) if comparison else None
    if promoted:
        research.promote(model, compared)
    else:
        with pytest.raises(ModelError, match="not"):
            research.promote(model, compared)
    assert used == ([model] if promoted else [])


@pytest.fixture
def unsure(tmp_path):
    """The model in use, with a theme that is provisional."""
    folder = shutil.copytree(find_model(), tmp_path / "unsure")
    card = read_model_card(folder) | {"provisional": {"camhs": "too few codes"}}
    (folder / CARD_FILE).write_text(json.dumps(card), encoding="utf-8")
    return folder


def test_a_model_with_a_provisional_theme_is_promoted_only_by_name(unsure, monkeypatch):
    used = []
    monkeypatch.setattr(research, "use_model", used.append)
    with pytest.raises(ModelError, match="camhs is provisional: too few codes"):
        research.promote(unsure, None)
    assert not used
    assert research.promote(unsure, None, with_themes=["camhs"]) == {"camhs": "too few codes"}
    research.promote(unsure, None, force=True)
    assert used == [unsure, unsure]


def test_a_theme_of_ones_own_is_asked_for_alone(run, tmp_path, no_codes):
    options = {"number": 6, "codes": no_codes}
    proposal = research.propose(run, tmp_path / "sheet", theme="early_help", **options)
    header = pd.read_excel(proposal.files[0]).columns
    assert "early_help" in header and "camhs" not in header
    with pytest.raises(LabelError, match="has no theme 'ferries'"):
        research.propose(run, tmp_path / "other", theme="ferries", **options)


def test_the_model_in_use_is_not_compared_with_itself():
    assert research.compare_with_current(find_model()) is None


UNKNOWN = {
    "a paragraph": ("no:such", (), "no:such"),
    "a theme": ("000000000000:0000", ("weather",), "weather"),
}


@pytest.mark.parametrize("name", UNKNOWN)
def test_what_is_not_there_cannot_be_explained(run, name):
    paragraph, themes, expected = UNKNOWN[name]
    with pytest.raises(TableError, match=expected):
        research.explain(paragraph, run, themes=themes)


def test_a_theme_is_explained_by_its_sentence_and_words(run):
    told = research.explain("000000000000:0000", run, themes=["supervision"])
    [reason] = told.reasons
    assert reason.theme == "supervision" and 0 <= reason.probability <= 1
    assert told.text[reason.start : reason.end] in told.text and reason.end > reason.start
