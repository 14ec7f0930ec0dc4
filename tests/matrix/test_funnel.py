"""Funnels: what is outside a limit is what the table standouts says is unlikely."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from runs import comparison_tables, make_run

from pipeline.base.columns import FUNNEL, STANDOUTS
from pipeline.matrix.cells import count_by_document
from pipeline.matrix.funnel import LIMITS, Funnel, build_funnel, fit_funnel
from pipeline.matrix.intervals import FEW


@pytest.fixture(scope="module")
def tables():
    run = make_run(40, 3, 40)
    # One authority about which hardly anything else is written.
    loud = run.tags["doc_id"].str.startswith("0005") & (run.tags["theme"] == "camhs")
    tags = run.tags.assign(tagged=run.tags["tagged"] | loud)
    return comparison_tables(
        replace(run, tags=tags, counts=count_by_document(tags, run.documents))
    )


def both(tables):
    standouts = tables["standouts"]
    return tables["funnel"].merge(
        standouts[standouts["against"] == "rest"], on=["authority", "theme", "n_paragraphs"]
    )


def test_outside_is_what_is_unlikely(tables):
    rows = both(tables)
    assert len(rows) == len(tables["funnel"]) > 100
    allowed = (rows["z"] < 0) | (rows["n_tagged_x"] >= FEW)
    for name, p in LIMITS.items():
        low, high = (rows[f"{side}_{name.replace('.', '')}"] for side in ("low", "high"))
        beyond = (rows["adjusted_share"] < low) | (rows["adjusted_share"] > high)
        assert beyond.equals(rows["p_value"] < p)
        said = rows["outside"].isin(["above 99.8", "below 99.8", f"above {name}", f"below {name}"])
        assert said.equals(beyond & allowed)
    assert (rows["outside"] != "").sum() > 3
    assert (
        rows["outside"].str.startswith("above") == (rows["outside"] != "") & (rows["z"] > 0)
    ).all()


def test_what_stands_out_is_the_most_extreme(tables):
    rows = both(tables)
    out = rows["stands_out"] != ""
    assert out.sum() > 0 and (rows.loc[out, "outside"] != "").all()
    assert (
        rows.loc[out, "p_value"].max()
        < rows.loc[~out & (rows["n_tagged_x"] >= FEW), "p_value"].min()
    )


def test_limits_narrow_to_what_authorities_differ_by():
    funnel = Funnel(average=0.1, extra=0.004)
    sizes = np.array([50.0, 500.0, 5e9])
    wide = np.array(
        [np.subtract(*(funnel.share_at(sizes, z) for z in (s, -s))) for s in (1.96, 3.09)]
    )
    assert (np.diff(wide, axis=1) < 0).all() and (wide[1] > wide[0]).all()
    # With paragraphs without end, 1.96 times the standard deviation between authorities.
    assert wide[0][-1] / 2 == pytest.approx(1.96 * np.sqrt(0.004 * 0.1 * 0.9), rel=0.01)
    assert funnel.share_at(sizes, -99.0).tolist() == [0, 0, 0]


def test_the_dispersion_of_alike_authorities_is_taken_as_it_is():
    rows = pd.DataFrame(
        {"n_paragraphs": [100, 300], "expected_share": [0.1, 0.1], "dispersion": [1.2, 1.6]}
    )
    assert fit_funnel(rows) == pytest.approx((0.1, 0.002))


def test_nothing_compared_is_an_empty_table():
    empty = build_funnel(pd.DataFrame(columns=STANDOUTS))
    assert list(empty.columns) == FUNNEL and len(empty) == 0
    assert empty.dtypes["n_tagged"] == "int64"
