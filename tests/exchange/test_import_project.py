from __future__ import annotations

import pandas as pd
import pytest
from projects import ONE, TEXTS, code, selection, source, write_project

from pipeline.base.errors import CorpusError, LabelError
from pipeline.base.workspace import make_workspace
from pipeline.exchange.export_project import export_project
from pipeline.exchange.import_project import COMMENTS, comments_file, import_project
from pipeline.labelling.codes import read_codes, themes_of

TEXT = TEXTS[ONE][2][1]
CODES = code("camhs", code("concern"), code("mixed")) + code("Clinic")


def project(tmp_path, *inside, name="p.qdpx"):
    given = source(f"Résumé ({ONE})", *inside)
    return write_project(tmp_path / name, CODES, given, texts={"t1.txt": TEXT.encode()})


def whole(*codes, memo=""):
    more = f"<Description>{memo}</Description>" if memo else ""
    return selection(0, len(TEXT), *codes, more=more)


def bring_in(path, run, tmp_path, coder="Jo", **options):
    return import_project(path, run, coder, target=tmp_path / "codes" / "jo.csv", **options)


def test_codes_and_comments_are_merged_once(run, tmp_path):
    path = project(tmp_path, whole("concern", memo="=1+1"))
    done = bring_in(path, run, tmp_path)
    assert (done.n_codings, done.merged.n_added, done.n_comments) == (1, 1, 1)
    assert done.left_out.empty and not done.left_out_file.exists()
    (row,) = read_codes([done.merged.target]).to_dict("records")
    assert (row["doc_id"], row["coder"], row["camhs"], row["supervision"]) == (
        ONE,
        "Jo",
        "concern",
        "",
    )
    comments = pd.read_csv(comments_file(done.merged.target), dtype=str)
    assert list(comments) == COMMENTS
    # A spreadsheet would run what begins with an equals sign.
    assert comments["comment"].tolist() == ["'=1+1"] and comments["theme"].tolist() == ["camhs"]
    again = bring_in(path, run, tmp_path)
    assert (again.merged.n_added, again.n_comments) == (0, 0)


def test_a_project_in_a_workspace_is_imported_there(run, tmp_path, monkeypatch):
    made = make_workspace(tmp_path / "mine")
    path = project(made.folder, whole("concern"))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(CorpusError, match=r"belongs to the workspace .*mine"):
        import_project(path, run, "Jo")
    monkeypatch.chdir(made.folder)
    assert import_project(path, run, "Jo").merged.target == made.codes / "jo.csv"


def test_codes_given_before_are_changed_only_on_request(run, tmp_path):
    bring_in(project(tmp_path, whole("concern")), run, tmp_path)
    changed = project(tmp_path, whole("mixed"), name="q.qdpx")
    with pytest.raises(LabelError, match="add --replace"):
        bring_in(changed, run, tmp_path)
    assert bring_in(changed, run, tmp_path, replace=True).merged.n_changed == 1


def test_codes_of_one_person_do_not_become_those_of_all(run, tmp_path):
    path = project(tmp_path, whole("concern", "Clinic", memo="ask Sam"))
    with pytest.raises(LabelError, match="cannot be called 'consensus'"):
        bring_in(path, run, tmp_path, "consensus")
    assert not (tmp_path / "codes").exists() and [*tmp_path.iterdir()] == [path]


def test_what_is_left_out_is_listed_beside_the_project(run, tmp_path):
    path = project(tmp_path, whole("Clinic"))
    done = bring_in(path, run, tmp_path)
    assert done.merged is None and not (tmp_path / "codes").exists()
    listed = pd.read_csv(tmp_path / "p.not-imported.csv")
    assert listed["code"].tolist() == ["Clinic"] and "--map" in listed["reason"][0]
    mapping = tmp_path / "map.csv"
    mapping.write_text("code,theme,stance\nClinic,camhs,concern\n")
    done = bring_in(path, run, tmp_path, mapping=mapping)
    assert done.merged.n_added == 1 and not done.left_out_file.exists()


def test_comments_are_kept_if_every_coding_is_left_out(run, tmp_path):
    done = bring_in(project(tmp_path, whole("Clinic", memo="ask Sam")), run, tmp_path)
    assert (done.merged, done.n_comments, len(done.left_out)) == (None, 1, 1)
    comments = pd.read_csv(comments_file(tmp_path / "codes" / "jo.csv"), dtype=str)
    assert comments["comment"].tolist() == ["ask Sam"]


def test_codes_are_merged_even_if_the_list_cannot_be_written(run, tmp_path):
    (tmp_path / "p.not-imported.csv").mkdir()
    with pytest.raises(OSError, match="not-imported"):
        bring_in(project(tmp_path, whole("concern", "Clinic", memo="ask Sam")), run, tmp_path)
    assert len(read_codes([tmp_path / "codes" / "jo.csv"])) == 1
    assert comments_file(tmp_path / "codes" / "jo.csv").is_file()


def test_people_s_codes_come_back_equal(run, tmp_path, anna):
    path = tmp_path / "p.qdpx"
    export_project(run, path, codes=[anna])
    target = tmp_path / "codes" / "anna.csv"
    done = import_project(path, run, "anna", target=target)
    before, after = read_codes([anna]), read_codes([target])
    both = before.merge(after, on=["doc_id", "fingerprint"], suffixes=("", "_after"))
    assert len(both) == len(before) == done.merged.n_coded
    for theme in themes_of(after):
        given, back = both[theme], both[f"{theme}_after"]
        # A `no` to some themes only cannot be said in a project.
        assert ((given == back) | ((given == "no") & (back == ""))).all(), theme
    assert (after["camhs"] != "").sum() == 1 and (after["supervision"] == "no").sum() == 1
