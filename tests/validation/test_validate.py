"""A sample of a run, from its draw to the sheets; test_receive and test_figures read them back."""

from __future__ import annotations

import pandas as pd
import pytest
from runs import write_run
from samples import run_to_validate

from pipeline.base.errors import LabelError, TableError
from pipeline.validation.validate import draw_to_validate


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
