from __future__ import annotations

import numpy as np
import openpyxl
import pandas as pd
import pytest
from samples import fill, said_by_the_model

from pipeline.base.columns import VALIDATION
from pipeline.base.tables import read_table
from pipeline.labelling.agreement import (
    COEFFICIENTS,
    measure_agreement,
    pair_codes,
    side_by_side,
)
from pipeline.validation.figures import EVERY_THEME, LEAST_CODED
from pipeline.validation.kept import read_sample, read_verdicts
from pipeline.validation.validate import read_validation


@pytest.fixture
def validated(differed):
    """The figures after two people coded: one agrees with the model, one misses every fifth."""
    return differed[1].table


def rows_of(table, **wanted):
    for name, value in wanted.items():
        table = table[table[name] == value]
    return table


def test_a_coder_who_agrees_with_the_model_finds_what_it_tagged(agreed, made):
    table = agreed[1].table
    assert list(table.columns) == VALIDATION
    shares = rows_of(table, slice="all").set_index(["measure", "theme"])["estimate"]
    for theme in ("camhs", "early_help", "supervision"):
        own = made.tags[made.tags["theme"] == theme]
        assert shares["share", theme] == pytest.approx(own["tagged"].mean())
        assert shares["share_tagged", theme] == pytest.approx(own["tagged"].mean())
        assert shares["precision", theme] == shares["recall", theme] == 1.0
    assert (rows_of(table, measure="share")["low"] < rows_of(table, measure="share")["high"]).all()
    kappa = rows_of(table, measure="cohens_kappa")
    assert (kappa["estimate"] == 1.0).all() and kappa["low"].isna().all()


def test_the_table_is_kept_beside_the_others(validated, differed):
    run, _ = differed
    pd.testing.assert_frame_equal(read_table(run, "validation"), validated)
    assert run.joinpath("validation.csv").is_file()


def test_errors_of_the_coders_show(validated):
    by_measure = rows_of(validated, slice="all", theme="camhs").set_index("measure")
    # Half of the voices miss every fifth: a tenth of the tags is wrong.
    assert 0.8 < by_measure.loc["precision", "estimate"] < 1.0
    assert by_measure.loc["share", "estimate"] < by_measure.loc["share_tagged", "estimate"]
    assert by_measure.loc["share", "n_more"] > 100


def test_a_slice_needs_enough_codes(validated):
    slices = validated.drop_duplicates(["slice", "value"])[["slice", "value"]]
    assert {("document_type", "inspection"), ("document_type", "focused visit")} <= set(
        slices.itertuples(index=False, name=None)
    )
    shares = validated[(validated["measure"] == "share") & (validated["slice"] != "all")]
    assert shares["n_paragraphs"].min() >= LEAST_CODED
    # No authority has thirty of 120 paragraphs.
    assert "authority" not in set(slices["slice"])


def test_the_card_corrects_beside_it_where_it_can(validated):
    corrected = rows_of(validated, measure="share_corrected").set_index(
        ["slice", "value", "theme"]
    )
    assert corrected.loc[("document_type", "inspection", "camhs"), "estimate"] > 0
    # Focused visits are not validated by the card.
    assert np.isnan(corrected.loc[("document_type", "focused visit", "camhs"), "estimate"])


def test_stances_are_set_against_each_other(validated, made):
    stances = rows_of(validated, measure="stance", theme=EVERY_THEME).set_index("of")["estimate"]
    for stance in ("strength", "concern", "mixed", "neutral"):
        assert stances[f"{stance} as {stance}"] == 1.0
        assert stances[f"{stance} as not tagged"] == 0.0
    # Each paragraph once, though two coded it.
    rows = rows_of(validated, measure="stance", theme="camhs")
    n_tagged = made.tags[(made.tags["theme"] == "camhs") & made.tags["tagged"]].shape[0]
    assert rows.drop_duplicates("n_paragraphs")["n_paragraphs"].sum() <= n_tagged


def test_agreement_in_the_sample_is_what_agreement_measures(validated, differed):
    codes = read_verdicts(differed[0])
    two = ("Anna", "Ben")
    known = measure_agreement(pair_codes(side_by_side(codes, two), *two)).set_index("theme")
    for name in COEFFICIENTS:
        own = rows_of(validated, measure=name, of="Anna with Ben").set_index("theme")
        for theme in known.index:
            assert own.loc[theme, "estimate"] == pytest.approx(known.loc[theme, name])
            assert own.loc[theme, "low"] == pytest.approx(known.loc[theme, f"{name}_low"])
    weighted = rows_of(validated, measure="cohens_kappa_weighted", of="Anna with Ben")
    assert (weighted["estimate"].to_numpy() != known["cohens_kappa"].to_numpy()).all()
    assert set(rows_of(validated, measure="cohens_kappa")["of"]) == {
        "Anna with Ben", "Anna with the model", "Ben with the model",
    }  # fmt: skip


def test_a_kind_of_which_nothing_was_coded_is_in_no_figure(sheet, run, made, tmp_path):
    """The coder left out all visits."""
    sample = read_sample(run)
    visits = set(sample.loc[sample["kind"] == "focused visit", "paragraph_id"])
    filled = fill(sheet, tmp_path / "a.xlsx", said_by_the_model(made))
    workbook = openpyxl.load_workbook(filled)
    page = workbook["paragraphs"]
    header = [cell.value for cell in page[1]]
    for row in page.iter_rows(min_row=2):
        if row[0].value in visits:
            row[header.index("read")].value = "skip"
    workbook.save(filled)
    table = read_validation(run, filled, "Anna").table
    kinds = made.documents.set_index("doc_id")["document_type"]
    own = made.tags[made.tags["doc_id"].map(kinds) == "inspection"]
    share = rows_of(table, slice="all", measure="share").set_index("theme")["estimate"]
    assert share["camhs"] == pytest.approx(own.loc[own["theme"] == "camhs", "tagged"].mean())
    page = run.joinpath("validation.md").read_text(encoding="utf-8")
    assert "Nothing was coded of the kinds focused visit" in page
