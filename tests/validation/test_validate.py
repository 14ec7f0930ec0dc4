"""A sample of a run, from its draw to the sheets; test_receive and test_figures read them back."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest
from runs import write_run
from samples import fill, run_to_validate, said_by_the_model

from pipeline.base.errors import LabelError, TableError
from pipeline.validation.validate import draw_to_validate, read_validation


def test_standard_paragraphs_are_neither_drawn_nor_counted(tmp_path):
    made, run = run_to_validate(), tmp_path / "run"
    first = ~made.paragraphs["doc_id"].duplicated()
    said = "We spoke to children, carers and staff."
    texts = made.paragraphs["text"].mask(first, said)
    made = replace(made, paragraphs=made.paragraphs.assign(text=texts))
    write_run(made, run)
    everything = draw_to_validate(run, tmp_path / "all.xlsx", number=len(first))
    assert everything.n_in_all == (~first).sum()
    drawn = pd.read_excel(tmp_path / "all.xlsx")
    assert said not in set(drawn["text"])
    filled = fill(tmp_path / "all.xlsx", tmp_path / "filled.xlsx", said_by_the_model(made))
    table = read_validation(run, filled, "Anna").table
    shares = table[(table["slice"] == "all") & (table["measure"] == "share_tagged")]
    ids = set(made.paragraphs.loc[~first, "paragraph_id"])
    own = made.tags[made.tags["paragraph_id"].isin(ids)]
    expected = own.groupby("theme")["tagged"].mean()
    given = shares.set_index("theme")["estimate"]
    assert given[expected.index].tolist() == pytest.approx(expected.tolist())


def test_some_kinds_may_be_drawn_alone(tmp_path):
    made, run = run_to_validate(), tmp_path / "run"
    write_run(made, run)
    with pytest.raises(TableError, match="'visit'") as refused:
        draw_to_validate(run, tmp_path / "a.xlsx", of_kinds=["visit"])
    assert "focused visit, inspection" in refused.value.hint
    visits = ["focused visit"]
    first = draw_to_validate(run, tmp_path / "a.xlsx", number=40, of_kinds=visits)
    assert first.by_kind == {"focused visit": 40}
    filled = fill(tmp_path / "a.xlsx", tmp_path / "filled.xlsx", said_by_the_model(made))
    done = read_validation(run, filled, "Anna")
    assert done.not_coded == ["inspection"]
    shares = done.table[(done.table["measure"] == "share_tagged")].set_index(["slice", "theme"])
    kinds = made.documents.set_index("doc_id")["document_type"]
    own = made.tags[made.tags["doc_id"].map(kinds) == "focused visit"]
    for theme, share in own.groupby("theme")["tagged"].mean().items():
        assert shares.at[("all", theme), "estimate"] == pytest.approx(share)
    assert "**All documents of the kind focused visit**" in (run / "validation.md").read_text()
    # The others are added to these, and each kind has its own chances.
    more = draw_to_validate(run, tmp_path / "b.xlsx", number=20, of_kinds=["inspection"])
    assert more.by_kind == {"inspection": 20} and more.n_in_all == 60
    sample = pd.read_csv(run / "validation" / "sample.csv")
    assert sample["inclusion_probability"].between(0, 1, inclusive="right").all()
    again = draw_to_validate(run, tmp_path / "c.xlsx", again=True, of_kinds=visits)
    assert again.by_kind == first.by_kind
    assert set(pd.read_excel(tmp_path / "c.xlsx")["paragraph_id"]) == set(
        pd.read_excel(tmp_path / "a.xlsx")["paragraph_id"]
    )


def test_a_sample_is_drawn_once_and_its_sheet_as_often_as_wanted(tmp_path):
    run = tmp_path / "run"
    write_run(run_to_validate(), run)
    with pytest.raises(TableError, match="No sample"):
        draw_to_validate(run, tmp_path / "a.xlsx", again=True)
    first = draw_to_validate(run, tmp_path / "a", number=90)
    assert first.files == [tmp_path / "a.xlsx"] and sum(first.by_kind.values()) == 90
    again = draw_to_validate(run, tmp_path / "again.xlsx", again=True)
    assert again.n_in_all == 90 and again.by_kind == first.by_kind
    sheets = [pd.read_excel(tmp_path / f"{name}.xlsx") for name in ("a", "again")]
    pd.testing.assert_frame_equal(*sheets)
    more = draw_to_validate(run, tmp_path / "more.xlsx", number=30)
    assert more.n_in_all == 120 and sum(more.by_kind.values()) == 30
    assert not set(pd.read_excel(tmp_path / "more.xlsx")["paragraph_id"]) & set(
        sheets[0]["paragraph_id"]
    )
    sample = pd.read_csv(run / "validation" / "sample.csv")
    assert sample["sheet"].value_counts().to_dict() == {"a": 90, "more.xlsx": 30}
    with pytest.raises(LabelError, match="already exists"):
        draw_to_validate(run, tmp_path / "a.xlsx")
    assert len(pd.read_csv(run / "validation" / "sample.csv")) == 120
