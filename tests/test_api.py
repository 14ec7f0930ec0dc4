from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest
from runs import THEMES, make_run, write_run

import pipeline
from pipeline import api
from pipeline.base.errors import PipelineError, TableError
from pipeline.matrix.cells import sum_by
from pipeline.matrix.pairs import compare_authorities
from pipeline.report.picture import Picture


@pytest.fixture(scope="module")
def sources():
    return make_run(5, 3, 24)


@pytest.fixture(scope="module")
def run(sources, tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    write_run(sources, folder)
    return pipeline.open_run(folder)


def test_import_loads_nothing_heavy(loaded_by):
    heavy = ("pandas", "numpy", "sklearn", "spacy", "matplotlib")
    assert loaded_by("import pipeline", *heavy) == []
    assert set(pipeline.__all__) == set(dir(pipeline))
    assert not hasattr(pipeline, "no_such_thing")


@pytest.mark.parametrize(
    "by", ["share", "share_corrected", "per_1000_words", "n_tagged", "share_low"]
)
def test_matrix_is_the_cells(run, sources, by):
    matrix = run.matrix(by=by)
    assert list(matrix.columns) == list(THEMES)
    assert list(matrix.index) == list(dict.fromkeys(sources.cells["authority"]))
    for cell in sources.cells.itertuples():
        shown = matrix.loc[cell.authority, cell.theme]
        assert shown == pytest.approx(getattr(cell, by), nan_ok=True)


def test_a_provisional_theme_is_only_in_the_tags(sources, tmp_path):
    counted = ["camhs", "early_help"]
    counts = sources.counts[sources.counts["theme"].isin(counted)]
    write_run(replace(sources, counts=counts, cells=sum_by(counts, "authority")), tmp_path)
    run = pipeline.open_run(tmp_path)
    assert list(run.matrix().columns) == list(run.themes) == counted
    for table in (
        run.compare_with("Area 003"), run.compare("Area 003", 2020, 2024), run.evidence().frame,
    ):  # fmt: skip
        assert set(table["theme"]) == set(counted)
    with pytest.raises(TableError, match="no theme 'supervision'"):
        run.evidence("supervision")
    assert "supervision" in set(run.tags["theme"])
    assert run.plot_change("Area 003")._repr_png_()


def test_evidence_of_a_cell(run, sources):
    found = run.evidence(theme="camhs", authority="Area 001")
    cell = sources.cells.set_index(["authority", "theme"]).loc[("Area 001", "camhs")]
    assert len(found) == cell["n_tagged"]
    assert found.frame["probability"].is_monotonic_decreasing
    concerns = run.evidence("camhs", "Area 001", stance="concern")
    assert len(concerns) == cell["n_concern"]
    years = [len(run.evidence("camhs", year=year)) for year in range(2010, 2030)]
    undated = sources.counts[
        sources.counts["published_on"].isna() & (sources.counts["theme"] == "camhs")
    ]
    assert sum(years) + undated["n_tagged"].sum() == len(run.evidence("camhs"))
    assert len(run.evidence(search="FERRY")) > 0 == len(run.evidence(search="f.rry"))


@pytest.mark.parametrize(
    "search", ["KEEPER'S \"log", "keeper’s “log", "“log‑book” of", '"LOG-BOOK" of']
)
@pytest.mark.parametrize(
    "text", ["The keeper’s “log‑book” of tides.", 'The keeper\'s "log-book" of tides.']
)
def test_evidence_is_found_as_a_keyboard_types_it(sources, tmp_path, text, search):
    write_run(replace(sources, paragraphs=sources.paragraphs.assign(text=text)), tmp_path)
    run = pipeline.open_run(tmp_path)
    assert len(run.evidence(search=search)) == len(run.evidence()) > 0
    assert len(run.evidence(search="tides’")) == 0


def test_evidence_shows_its_sentence_and_runs_nothing(sources, tmp_path):
    text = "One <script>x</script>. Two & three."
    write_run(replace(sources, paragraphs=sources.paragraphs.assign(text=text, heading="<b>"),
              tags=sources.tags.assign(carries_from=24, carries_to=36)), tmp_path)  # fmt: skip
    shown = pipeline.open_run(tmp_path).evidence()._repr_html_()
    assert "<script" not in shown and "<b>" not in shown.replace(
        f"<p><b>{sources.tags['tagged'].sum()} paragraphs</b>", ""
    )
    assert ">Two &amp; three.</mark>" in shown
    assert "more in <code>.frame</code>" in shown


def test_two_years(run, sources):
    table = run.compare("Area 003", 2020, 2024)
    assert table["theme"].tolist() == list(THEMES)
    assert set(table["comparison"]) == {"same framework"}
    own = sources.counts[sources.counts["authority"] == "Area 003"]
    first = own[pd.to_datetime(own["published_on"]).dt.year == 2020].set_index("theme")
    assert table.set_index("theme")["earlier_n_tagged"].to_dict() == first["n_tagged"].to_dict()
    assert (table["difference_low"] <= table["difference"]).all()
    # Four authorities are too few for the average of a framework.
    across = run.compare("Area 003", 2016, 2024)
    assert set(across["comparison"]) == {"across frameworks"} and across["difference"].isna().all()


def test_two_authorities(run, sources):
    table = run.compare_with("Area 003", "Area 001")
    expected = compare_authorities(
        sources.counts, "Area 003", ["Area 001"], run.themes, run.errors
    )
    pd.testing.assert_frame_equal(table, expected)
    near = sources.neighbours
    near = near.loc[near["authority"] == "Area 003", "neighbour"]
    together = compare_authorities(sources.counts, "Area 003", near, run.themes, run.errors)
    pd.testing.assert_frame_equal(run.compare_with("Area 003"), together)
    assert len(near) > 1 and not table.equals(together)


def test_any_spelling_of_an_authority_will_do(run):
    ask = {
        "compare": lambda name: run.compare(name, 2020, 2024),
        "compare_with": run.compare_with,
        "evidence": lambda name: run.evidence(authority=name).frame,
    }
    for answer in ask.values():
        pd.testing.assert_frame_equal(answer("area 003 county council"), answer("Area 003"))
    assert run.plot_change("AREA 003").description == "Area 003"


UNKNOWN = {
    "a theme": (lambda run: run.evidence(theme="cahms"), "Perhaps: camhs"),
    "an authority": (lambda run: run.compare("Area 01", 2014, 2015), "Area 001"),
    "a measure": (lambda run: run.matrix(by="shares"), "share"),
    "a slice": (lambda run: run.plot_theme("camhs", by="years"), "year"),
}


@pytest.mark.parametrize("name", UNKNOWN)
def test_unknown_names_say_what_was_perhaps_meant(run, name):
    ask, hint = UNKNOWN[name]
    with pytest.raises(TableError, match="There is no") as refused:
        ask(run)
    assert hint in refused.value.hint


def test_no_tables_name_the_command(tmp_path):
    with pytest.raises(TableError) as refused:
        pipeline.open_run(tmp_path)
    assert "inspection-themes matrix" in refused.value.hint


def test_pictures_take_one_line(run):
    for picture in (run.plot_matrix(), run.plot_matrix(["Area 001"]), run.plot_theme("camhs"),
                    run.plot_theme("camhs", by="year"), run.plot_change("Area 000")):  # fmt: skip
        assert isinstance(picture, Picture) and picture._repr_png_().startswith(b"\x89PNG")


def test_a_picture_is_of_the_authorities_that_are_named_in_any_spelling(run, monkeypatch):
    shown = []
    monkeypatch.setattr(api, "matrix_picture", lambda cells, _: shown.append(cells["authority"]))
    for named in ("Area 001", "area 001 council", ["Area 001"], iter(["Area 001"])):
        run.plot_matrix(named)
        assert set(shown.pop()) == {"Area 001"}
    with pytest.raises(TableError, match="Aera 9"):
        run.plot_matrix("Aera 9")


def test_a_run_that_cannot_be_made_says_why(tmp_path):
    with pytest.raises(PipelineError, match="no folder"):
        pipeline.make_run(tmp_path / "nowhere", tmp_path / "out")


def test_a_run_introduces_itself(run):
    assert set(run.errors) == {("inspection", theme) for theme in THEMES}
    assert run.kinds.set_index("kind")["validated"].to_dict() == {
        "inspection": True, "focused visit": False,
    }  # fmt: skip
    assert set(run.progress["about"]) == {"judgement", "theme"}
    assert "15 documents, 5 authorities, 3 themes" in repr(run)
