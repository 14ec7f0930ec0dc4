"""The researchers' flow as Python code calls it; the commands are tested in tests/cli."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest
from factories import fill_sheet
from runs import make_run, write_run

from pipeline import research
from pipeline.base import workspace as base
from pipeline.base.codebook import name_themes, read_codebook
from pipeline.base.errors import CorpusError, LabelError, ModelError, TableError
from pipeline.base.paths import CODES
from pipeline.base.workspace import SETTINGS_FILE, make_workspace
from pipeline.labelling.codes import CORRECTED, read_codes, settle_codes
from pipeline.labelling.corrections import read_corrections
from pipeline.tagging.model_folder import find_model
from pipeline.training.compare import Comparison


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


@pytest.mark.parametrize("given", [True, False])
@pytest.mark.parametrize("coder", ["consensus", "model"])
def test_a_coder_is_not_called_what_stands_for_others(run, tmp_path, no_codes, coder, given):
    """Who is called so would outvote everybody, or be taken for the trained model."""
    research.propose(run, tmp_path / "sheet", number=2, form="doccano", codes=no_codes)
    filled = pd.read_json(tmp_path / "sheet.jsonl", lines=True)
    filled["label"] = [["camhs:concern"], ["none"]]
    if not given:  # the file of corrections names its reader
        filled = filled.assign(drawn=CORRECTED, coder=coder)
    filled.to_json(tmp_path / "filled.jsonl", orient="records", lines=True)
    target = tmp_path / "codes.csv"
    with pytest.raises(LabelError, match=f"cannot be called '{coder}'"):
        research.merge(run, tmp_path / "filled.jsonl", coder if given else "", target=target)
    assert not target.exists()


@pytest.fixture
def three_coders(run, tmp_path, no_codes):
    """Files of codes by three coders who read the same four paragraphs."""
    research.propose(run, tmp_path / "sheet", number=4, form="prodigy", codes=no_codes)
    tasks = pd.read_json(tmp_path / "sheet.jsonl", lines=True)
    files = []
    for coder, choice in (("Anna", "camhs:concern"), ("Ben", "none"), ("Cleo", "camhs:mixed")):
        sheet, codes = tmp_path / f"{coder}.jsonl", tmp_path / f"{coder}.csv"
        answered = tasks.assign(answer="accept", accept=[[choice]] * len(tasks))
        answered.to_json(sheet, orient="records", lines=True)
        research.merge(run, sheet, coder, target=codes)
        files.append(codes)
    return files


def test_disagreements_have_their_texts_only_with_a_run(run, three_coders):
    files = three_coders[:2]
    bare = research.compare_coders(["Anna", "Ben"], codes=files)
    assert len(bare.differing) == 4 and "text" not in bare.differing and bare.together is None
    told = research.compare_coders(["Anna", "Ben"], run=run, codes=files)
    assert told.differing["text"].str.len().gt(20).all()
    assert told.measured.set_index("theme").loc["camhs", "n_first_only"] == 4


def test_what_differs_is_agreed_on_and_read_back(run, tmp_path, three_coders):
    coders, sheet = ["Anna", "Ben", "Cleo"], tmp_path / "agree.xlsx"
    with pytest.raises(LabelError, match="needs the texts"):
        research.compare_coders(coders, codes=three_coders, sheet=sheet)
    told = research.compare_coders(coders, run=run, codes=three_coders, sheet=sheet)
    assert len(told.measured[["first", "second"]].drop_duplicates()) == 3
    assert set(told.together["theme"]) == {*read_codebook(), "all themes"}
    assert len(told.differing) == 4
    fill_sheet(sheet, (2, "consensus", "concern"), (4, "consensus", "no"))
    target = tmp_path / "consensus.csv"
    with pytest.raises(LabelError, match="consensus"):
        research.merge(run, sheet, "Anna", target=target)
    assert research.merge(run, sheet, "", target=target).n_added == 2
    codes = read_codes([*three_coders, target])
    assert codes.loc[codes["coder"] == "consensus", "camhs"].tolist() == ["concern", "no"]
    rest = tmp_path / "rest.xlsx"
    later = research.compare_coders(coders, run=run, codes=[*three_coders, target], sheet=rest)
    assert (told.n_in_sheet, later.n_in_sheet, len(later.differing)) == (4, 2, 4)
    fill_sheet(rest, (2, "consensus", "mixed"), (3, "consensus", "mixed"))
    research.merge(run, rest, "", target=target)
    done = research.compare_coders(
        coders, run=run, codes=[*three_coders, target], sheet=tmp_path / "none.xlsx"
    )
    assert done.sheet is None and not (tmp_path / "none.xlsx").exists()
    codes = read_codes([*three_coders, target])
    # Anna and Cleo say that all four carry the theme; the second is now agreed not to.
    assert sorted(settle_codes(codes)["camhs"]) == ["concern", "mixed", "mixed", "no"]


def test_the_model_is_a_coder_if_it_tagged_the_run(run, tmp_path, three_coders, monkeypatch):
    monkeypatch.setattr(research, "read_card", lambda _: {"model_id": find_model().name})
    told = research.compare_coders(["Anna", "model"], run=run, codes=three_coders)
    (pair,) = told.measured[["first", "second"]].drop_duplicates().to_numpy().tolist()
    assert pair == ["Anna", "model"] and (told.measured["n"][:-1] == 4).all()
    tags = pd.read_parquet(run / "tags.parquet").set_index(["paragraph_id", "theme"])
    own = told.differing[told.differing["theme"] == "camhs"]
    for row in own.itertuples():
        tag = tags.loc[(row.paragraph_id, "camhs")]
        assert row.model == (tag["stance"] if tag["tagged"] else "no")
    monkeypatch.setattr(research, "read_card", lambda _: {"model_id": "another"})
    with pytest.raises(LabelError, match="tagged by the model another"):
        research.compare_coders(["Anna", "model"], run=run, codes=three_coders)


def test_what_is_provisional_in_the_other_model_is_not_compared(unsure):
    told = research.evaluate(against=unsure, curve=False)
    assert told.against.n and not told.against.lost
    assert "camhs" not in told.against.difference and "early_help" in told.against.difference
    assert "camhs" not in told.against_at_random.difference


def test_a_mistyped_model_to_compare_with_is_named(tmp_path):
    with pytest.raises(ModelError, match=r"There is no model folder .*old"):
        research.evaluate(against=tmp_path / "old")


def test_a_coder_without_codes_is_named(three_coders):
    with pytest.raises(LabelError, match="no codes by Carl") as error:
        research.compare_coders(["Anna", "Carl"], codes=three_coders)
    assert "Anna, Ben, Cleo" in error.value.hint


def worse(by: float) -> Comparison:
    return Comparison(50, 50, (), {"micro_f1": -by}, {"micro_f1": (-by, -by)})


@pytest.fixture
def used(monkeypatch):
    """The models that are put into use, wherever they are; none is."""
    models = []
    monkeypatch.setattr(research, "check_place", lambda _: None)
    monkeypatch.setattr(research, "use_model", models.append)
    return models


PROMOTED = {
    "nothing to compare with, or forced": (None, True),
    "as good": (worse(0.0), True),
    "worse": (worse(0.2), False),
}


@pytest.mark.parametrize("name", PROMOTED)
def test_a_worse_model_is_not_promoted(used, name):
    comparison, promoted = PROMOTED[name]
    model = find_model()
    compared = (model, comparison) if comparison else None
    if promoted:
        research.promote(model, compared)
    else:
        with pytest.raises(ModelError, match=r"not promoted: its micro-F1 may .* lower") as error:
            research.promote(model, compared)
        assert "--force" in error.value.hint
    assert used == ([model] if promoted else [])


def test_a_model_with_a_provisional_theme_is_promoted_only_by_name(unsure, used):
    with pytest.raises(ModelError, match="camhs is provisional: too few codes"):
        research.promote(unsure, None)
    assert not used
    assert research.promote(unsure, None, with_themes=["camhs"]) == {"camhs": "too few codes"}
    research.promote(unsure, None, force=True)
    assert used == [unsure, unsure]


def test_a_theme_that_the_model_lacks_is_not_allowed(unsure, used):
    for force in (False, True):
        with pytest.raises(ModelError, match="no theme 'chams'"):
            research.check_promotion(unsure, with_themes=["camhs", "chams"], force=force)


def test_a_theme_of_ones_own_is_asked_for_alone(run, tmp_path, no_codes):
    options = {"number": 6, "codes": no_codes}
    proposal = research.propose(run, tmp_path / "sheet", theme="early_help", **options)
    header = pd.read_excel(proposal.files[0]).columns
    assert "early_help" in header and "camhs" not in header
    with pytest.raises(LabelError, match=r"^The codebook has no theme 'ferries'"):
        research.propose(run, tmp_path / "other", theme="ferries", **options)


def test_codes_of_new_authorities_are_scored_though_no_curve_can_be_drawn(run, three_coders):
    told = research.evaluate([run], codes=three_coders[:1])
    assert len(told.judged) and len(told.overall)
    assert told.curve is None and told.theme_curves is None
    assert "learnt from too few of these codes" in told.no_curve


def test_the_model_in_use_is_not_compared_with_itself():
    assert research.compare_with_current(find_model()) is None


@pytest.fixture
def workspace(tmp_path, monkeypatch):
    """A workspace in which one stands."""
    made = make_workspace(tmp_path / "mine")
    monkeypatch.chdir(made.folder)
    return made


def digest_of_shipped() -> list[tuple[str, int]]:
    return sorted((str(path), path.stat().st_mtime_ns) for path in CODES.rglob("*"))


def test_in_a_workspace_codes_are_ones_own(run, tmp_path, workspace):
    before = digest_of_shipped()
    research.propose(run, tmp_path / "sheet", number=2, form="doccano")
    filled = pd.read_json(tmp_path / "sheet.jsonl", lines=True)
    filled["label"] = [["camhs:concern"], ["none"]]
    filled.to_json(tmp_path / "filled.jsonl", orient="records", lines=True)
    merged = research.merge(run, tmp_path / "filled.jsonl", "Anna")
    assert merged.target == workspace.codes / "anna.csv"
    # What she coded counts beside the codes that come with the project.
    assert {"Anna", "language-model"} <= set(read_codes()["coder"])
    assert read_corrections().empty
    assert digest_of_shipped() == before


def test_codes_of_a_workspace_are_not_merged_from_outside(run, tmp_path, workspace, monkeypatch):
    sheet = workspace.folder / "filled.jsonl"
    research.propose(run, tmp_path / "sheet", number=2, form="doccano")
    filled = pd.read_json(tmp_path / "sheet.jsonl", lines=True)
    filled["label"] = [["camhs:concern"], ["none"]]
    filled.to_json(sheet, orient="records", lines=True)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(base, "PROJECT", replace(base.PROJECT, codes=tmp_path / "project"))
    with pytest.raises(CorpusError, match=r"belongs to the workspace .*mine"):
        research.merge(run, sheet, "Anna")
    with pytest.raises(CorpusError, match=r"belongs to the workspace .*mine"):
        research.train([workspace.folder / "my-matrix"])
    assert not (tmp_path / "project").exists()
    own = workspace.codes / "anna.csv"
    assert research.merge(run, sheet, "Anna", target=own).n_added == 2


def test_the_first_sheet_of_a_workspace_without_our_codes(run, tmp_path, workspace):
    settings = workspace.folder / SETTINGS_FILE
    text = settings.read_text(encoding="utf-8").replace(" = true", " = false")
    settings.write_text(text, encoding="utf-8")
    assert research.propose(run, tmp_path / "sheet", number=4).n_paragraphs == 4
    assert research.propose(run, tmp_path / "one", number=4, theme="camhs").n_paragraphs == 4
    with pytest.raises(CorpusError, match="no codes"):
        research.train([run])


def test_a_teacher_needs_someone_to_teach(run, workspace, tmp_path):
    with pytest.raises(ModelError, match="teaches a new encoder") as stopped:
        research.train([run], teacher=tmp_path)
    assert "--encoder" in stopped.value.hint


def test_a_workspace_has_themes_of_its_own(workspace):
    text = workspace.codebook.read_text(encoding="utf-8")
    more = (
        '[themes.harbours]\ntitle = "Harbours"\ndefinition = "Ships."\nsearch_terms = ["ship"]\n'
    )
    workspace.codebook.write_text(f"{text}\n{more}", encoding="utf-8")
    assert (
        "harbours" in read_codebook() and name_themes(["harbours"])["harbours"].title == "Harbours"
    )


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
