from __future__ import annotations

import datetime
import hashlib
import json
import shutil

import pytest
from projects import ONE, TWO, is_valid, parts_of, project_of

from pipeline.base.errors import TableError
from pipeline.base.tables import MODEL_CARD, write_table
from pipeline.base.workspace import SETTINGS_FILE, make_workspace
from pipeline.documents.authorities import AUTHORITIES_FILE
from pipeline.exchange import export_project as export_module
from pipeline.exchange.export_project import (
    Choice,
    Exported,
    Tool,
    choose_documents,
    export_codebook,
    export_project,
)
from pipeline.exchange.from_run import source_guid


def names(path, tag):
    return [item.get("name") for item in project_of(path).iter(f"{{*}}{tag}")]


@pytest.mark.parametrize("tool", [None, *Tool])
def test_every_export_is_valid_and_the_same_again(run, tmp_path, anna, tool):
    for name in ("a", "b"):
        done = export_project(run, tmp_path / name / "p.qdpx", tool=tool, codes=[anna])
    assert done == Exported(
        n_sources=3, n_pdfs=0, n_by_model=10, n_by_coders=5, n_by_language_models=0
    )
    one, two = (tmp_path / name / "p.qdpx" for name in ("a", "b"))
    assert one.read_bytes() == two.read_bytes()
    assert is_valid(parts_of(one)["project.qde"], "Project.xsd")
    assert names(one, "User") == ["model m1", "anna"]
    assert names(one, "Case") == ["Greymoor", "Marlowshire"]


def test_what_differs_between_tools(run, tmp_path):
    parts = {}
    for tool in Tool:
        export_project(run, tmp_path / f"{tool}.qdpx", tool=tool, codes=())
        parts[tool] = parts_of(tmp_path / f"{tool}.qdpx")
    folders = {tool: list(files)[1].split("/")[0] for tool, files in parts.items()}
    assert [tool for tool, folder in folders.items() if folder == "Sources"] == [Tool.nvivo]
    assert [t for t, files in parts.items() if any(b"\r\n" in raw for raw in files.values())] == [
        Tool.maxqda
    ]
    # A case is also a code only where the program needs it.
    assert [t for t in Tool if "Greymoor" in names(tmp_path / f"{t}.qdpx", "Code")] == [
        Tool.qualcoder
    ]


def test_codes_of_a_language_model_are_not_said_to_be_peoples(run, tmp_path, anna):
    other = tmp_path / "other.csv"
    other.write_text(anna.read_text().replace(",anna,", ",language-model-2,"))
    done = export_project(run, tmp_path / "p.qdpx", codes=[anna, other])
    assert (done.n_by_coders, done.n_by_language_models) == (10, 5)


def test_a_project_that_is_there_is_not_overwritten(run, tmp_path):
    path = tmp_path / "p.qdpx"
    path.write_bytes(b"coded in another program")
    with pytest.raises(TableError, match="already exists"):
        export_project(run, path, codes=())
    assert path.read_bytes() == b"coded in another program"


def test_without_people_no_codes_are_read(run, tmp_path, monkeypatch):
    def read_codes(files):
        raise AssertionError("codes were read")

    monkeypatch.setattr(export_module, "read_codes", read_codes)
    assert export_project(run, tmp_path / "p.qdpx", codes=()).n_by_coders == 0


def test_a_run_is_exported_before_anybody_has_coded(run, tmp_path, monkeypatch):
    made = make_workspace(tmp_path / "mine")
    settings = made.folder / SETTINGS_FILE
    text = settings.read_text(encoding="utf-8").replace(" = true", " = false")
    settings.write_text(text, encoding="utf-8")
    monkeypatch.chdir(made.folder)
    assert export_project(run, tmp_path / "p.qdpx").n_by_coders == 0


def test_a_part_of_the_run(run, tmp_path):
    path = tmp_path / "p.qdpx"
    choice = Choice(["Greymoor"], ["recruitment"])
    done = export_project(run, path, choice, codes=())
    assert done == Exported(
        n_sources=1, n_pdfs=0, n_by_model=2, n_by_coders=0, n_by_language_models=0
    )
    assert [item.get("guid") for item in project_of(path).iter("{*}TextSource")] == [
        source_guid(TWO)
    ]
    assert len(names(path, "Code")) == 6


def test_a_provisional_theme_is_exported_only_by_name(run, tmp_path):
    own = shutil.copytree(run, tmp_path / "own")
    card = {"provisional": {"recruitment": "too few codes"}}
    (own / MODEL_CARD).write_text(json.dumps(card), encoding="utf-8")
    every = export_project(run, tmp_path / "every.qdpx", codes=())
    named = Choice(themes=["recruitment"])
    only = export_project(own, tmp_path / "only.qdpx", named, codes=())
    without = export_project(own, tmp_path / "without.qdpx", codes=())
    assert only.n_by_model > 0 and without.n_by_model + only.n_by_model == every.n_by_model


def test_a_choice_is_checked(tables):
    documents = tables["documents"]
    since = choose_documents(documents, Choice(since=datetime.date(2020, 1, 1)))
    assert since["doc_id"].tolist() == [TWO]
    for name in ("marlowshire", "Marlowshire County Council"):
        assert set(choose_documents(documents, Choice([name]))["authority"]) == {"Marlowshire"}
    with pytest.raises(TableError, match="no authority 'Marlowshir'"):
        choose_documents(documents, Choice(["Marlowshir"]))
    with pytest.raises(TableError, match="No document is left"):
        choose_documents(documents, Choice(["Marlowshire"], since=datetime.date(2020, 1, 1)))


def test_a_corpus_own_spelling_chooses_its_authority(tables, tmp_path):
    corpus, out = tmp_path / "corpus", tmp_path / "out"
    corpus.mkdir()
    spellings = "name,also_known_as\nMarlowshire,The Harbour Trust\n"
    (corpus / AUTHORITIES_FILE).write_text(spellings, encoding="utf-8")
    for name, table in tables.items():
        write_table(table, out, name)
    (out / "run.json").write_text(json.dumps({"corpus_folder": "../corpus"}))
    choice = Choice(["the harbour trust"])
    assert export_project(out, tmp_path / "p.qdpx", choice, codes=()).n_sources == 1
    assert names(tmp_path / "p.qdpx", "Case") == ["Marlowshire"]


def test_a_theme_that_is_not_there(run, tmp_path):
    with pytest.raises(TableError, match="no theme 'buses'"):
        export_codebook(run, tmp_path / "c.qdc", themes=["buses"])
    assert export_codebook(run, tmp_path / "c.qdc", themes=["camhs"]) == 1


def test_pdfs_go_with_their_text_if_they_are_as_they_were_read(tables, tmp_path):
    corpus, out = tmp_path / "corpus", tmp_path / "out"
    pdf = corpus / "north" / "Résumé.pdf"
    pdf.parent.mkdir(parents=True)
    pdf.write_bytes(b"%PDF-1.4 invented")
    digest = hashlib.sha256(pdf.read_bytes()).hexdigest()
    documents = tables["documents"]
    documents = documents.assign(sha256=[digest, *documents["sha256"][1:]])
    for name, table in (tables | {"documents": documents}).items():
        write_table(table, out, name)
    (out / "run.json").write_text(json.dumps({"corpus_folder": "../corpus"}))
    path = tmp_path / "p.qdpx"
    assert export_project(out, path, pdf=True, codes=()).n_pdfs == 1
    assert parts_of(path)[f"sources/{source_guid(ONE)}.pdf"] == pdf.read_bytes()
    pdf.write_bytes(b"%PDF-1.4 another")
    assert export_project(out, tmp_path / "q.qdpx", pdf=True, codes=()).n_pdfs == 0
