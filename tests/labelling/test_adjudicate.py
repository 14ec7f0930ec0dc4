from __future__ import annotations

import openpyxl
import pandas as pd
import pytest
from factories import fill_sheet

from pipeline.base.codebook import read_codebook
from pipeline.base.errors import LabelError
from pipeline.labelling.adjudicate import (
    NOT_CODED,
    check_adjudicator,
    is_adjudication,
    read_adjudication,
    write_adjudication,
    write_differing,
)
from pipeline.labelling.codes import CONSENSUS, settle_codes
from pipeline.labelling.merge import About, merge_codes

THEMES = read_codebook()
NAMES = list(THEMES)
CODERS = ["Anna", "Ben", "Cleo"]
SAID = [
    ("camhs", "concern", "no", ""),
    ("supervision", "no", "mixed", "no"),
    ("camhs", "strength", "mixed", "no"),
]


@pytest.fixture
def differing(proposal):
    """Three codes that differ, two of them on one paragraph."""
    rows = proposal.iloc[[0, 0, 1]].reset_index(drop=True)
    return rows.join(pd.DataFrame(SAID, columns=["theme", *CODERS]))


@pytest.fixture
def sheet(differing, tmp_path):
    return write_adjudication(differing, CODERS, THEMES, tmp_path / "agree")


def test_the_sheet_shows_each_coders_code_and_asks_for_one(sheet):
    assert sheet.suffix == ".xlsx" and is_adjudication(sheet)
    rows = openpyxl.load_workbook(sheet).worksheets[0]
    header = [cell.value for cell in rows[1]]
    first = dict(zip(header, (cell.value for cell in rows[2]), strict=True))
    assert [first[f"coded by {name}"] for name in CODERS] == ["concern", "no", NOT_CODED]
    assert first[CONSENSUS] is None and len(first["text"]) > 20
    lists = [v.formula1 for v in rows.data_validations.dataValidation]
    assert lists == ['"no,strength,concern,mixed,neutral"']


def test_what_differs_is_shown_as_the_run_has_it(run, differing, tmp_path):
    paragraphs, _, documents = run
    coded = differing[["paragraph_id", "drawn", "theme", *CODERS]].iloc[::-1]
    coded = coded.assign(authority="as it was coded", text="as it was coded")
    path = write_differing(coded, paragraphs, documents, CODERS, THEMES, tmp_path / "agree")
    shown = pd.read_excel(path, keep_default_na=False)
    assert shown["paragraph_id"].tolist() == sorted(differing["paragraph_id"])
    known = paragraphs.merge(documents[["doc_id", "authority"]], on="doc_id")
    known = known.set_index("paragraph_id").loc[shown["paragraph_id"]]
    for name in ("authority", "source_file", "text"):
        assert shown[name].tolist() == known[name].tolist()


def test_what_is_agreed_on_comes_back_paragraph_by_paragraph(sheet, differing):
    assert read_adjudication(sheet, NAMES) == []
    fill_sheet(sheet, (2, CONSENSUS, "Concern "), (3, CONSENSUS, "no"))
    (filled,) = read_adjudication(sheet, NAMES)
    assert filled.paragraph_id == differing["paragraph_id"][0]
    assert filled.drawn == differing["drawn"][0] and filled.text == differing["text"][0]
    assert filled.codes == {"camhs": "concern", "supervision": "no"}


def test_faults_are_named_row_by_row(sheet):
    fill_sheet(
        sheet,
        (2, CONSENSUS, "both"), (3, "theme", "weather"), (3, CONSENSUS, "no"),
        (4, "theme", "early_help"), (4, CONSENSUS, "mixed"),
    )  # fmt: skip
    with pytest.raises(LabelError, match=r"row 2: consensus is 'both'.*row 3: .*'weather'"):
        read_adjudication(sheet, NAMES)


def test_one_paragraph_cannot_have_two_codes(sheet, differing):
    first = differing["paragraph_id"][0]
    fill_sheet(sheet, (2, CONSENSUS, "no"), (4, "paragraph_id", first), (4, CONSENSUS, "mixed"))
    with pytest.raises(LabelError, match="row 4: its camhs contradicts row 2"):
        read_adjudication(sheet, NAMES)


def test_nothing_is_written_over(sheet, differing):
    with pytest.raises(LabelError, match="already exists"):
        write_adjudication(differing, CODERS, THEMES, sheet)


def test_other_files_are_no_such_sheets(tmp_path):
    for name, data in (("a.xlsx", b"no zip"), ("b.csv", b"theme,consensus\n")):
        (tmp_path / name).write_bytes(data)
        assert not is_adjudication(tmp_path / name)
    assert not is_adjudication(tmp_path / "missing.xlsx")


def test_nobody_else_speaks_for_all():
    assert check_adjudicator("") == check_adjudicator(CONSENSUS) == CONSENSUS
    with pytest.raises(LabelError, match="read as the coder"):
        check_adjudicator("Anna")


def test_training_prefers_the_consensus_to_the_majority(sheet, run, differing, tmp_path):
    fill_sheet(sheet, (4, CONSENSUS, "mixed"))
    filled, about = read_adjudication(sheet, NAMES), About(sheet, run[0], run[2], NAMES)
    target = tmp_path / f"{CONSENSUS}.csv"
    agreed, _ = merge_codes(filled, about, coder=CONSENSUS, coded_on="2026-11-28", target=target)
    alone = [agreed.assign(coder=name, camhs="no", supervision="no") for name in CODERS]
    settled = settle_codes(pd.concat([*alone, agreed], ignore_index=True))
    # About the theme that was not in question, the majority counts.
    assert settled[["camhs", "supervision"]].to_numpy().tolist() == [["mixed", "no"]]
    assert settled["coder"].tolist() == ["Anna + Ben + Cleo + consensus"]
