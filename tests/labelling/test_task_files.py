from __future__ import annotations

import json
import zipfile

import numpy as np
import openpyxl
import pandas as pd
import pytest

from pipeline.base.codebook import read_codebook
from pipeline.base.columns import PARAGRAPHS
from pipeline.base.errors import LabelError
from pipeline.labelling.codes import CODES_COLUMNS, read_codes
from pipeline.labelling.link import fingerprint
from pipeline.labelling.merge import coder_file, merge_codes
from pipeline.labelling.propose import coded_in_full, propose_paragraphs
from pipeline.labelling.task_files import (
    FILE_SUFFIXES,
    FORMATS,
    PROPOSED,
    READ,
    labels_of,
    read_filled,
    write_proposal,
)

THEMES = read_codebook()
NAMES = list(THEMES)
DOCS = ["a" * 12, "b" * 12]
TOPICS = ["supervision", "school places", "foster homes", "early help", "CAMHS waits", "buses"]


@pytest.fixture(scope="module")
def run():
    """60 invented paragraphs of two documents, a heading, and tags of rising probability."""
    rows = [
        (f"{DOCS[n % 2]}:{n:04d}", DOCS[n % 2], "x.pdf", n, 1, "Part", "", "paragraph", False,
         f"=Sentence {'abcdefghij'[n % 10]} of {'klmnopqrst'[n // 10]} speaks of {TOPICS[n % 6]}.")
        for n in range(60)
    ]  # fmt: skip
    rows.append((f"{DOCS[0]}:9999", DOCS[0], "x.pdf", 99, 1, "", "", "heading", False, "Part"))
    paragraphs = pd.DataFrame(rows, columns=PARAGRAPHS)
    tags = pd.DataFrame(
        {
            "paragraph_id": np.repeat(paragraphs["paragraph_id"][:60].to_numpy(), 2),
            "theme": ["camhs", "supervision"] * 60,
            "probability": np.repeat(np.linspace(0.01, 0.99, 60), 2),
        }
    )
    documents = pd.DataFrame(
        {"doc_id": DOCS, "authority": ["Ambleford", ""], "source_file": ["x.pdf", "y.pdf"]}
    )
    return paragraphs, tags, documents


def propose(run, n=20, coded=frozenset(), seed=0):
    return propose_paragraphs(*run, set(coded), {"camhs": 0.4, "supervision": 0.4}, n, seed)


def test_a_proposal_is_partly_uncertain_partly_diverse_partly_random(run):
    proposed = propose(run)
    assert list(proposed.columns) == PROPOSED
    assert proposed["paragraph_id"].is_unique and f"{DOCS[0]}:9999" not in set(
        proposed["paragraph_id"]
    )
    assert proposed["drawn"].value_counts().to_dict() == {
        "uncertain": 10,
        "diverse": 6,
        "random": 4,
    }
    doubtful = proposed[proposed["drawn"] == "uncertain"]["paragraph_id"].str[13:].astype(int)
    assert doubtful.between(0, 59).all() and 0.05 < (doubtful / 60).mean() < 0.75


def test_uncertain_ones_lie_near_the_threshold(run):
    proposed = propose(run, n=4)
    at = proposed.loc[proposed["drawn"] == "uncertain", "paragraph_id"].str[13:].astype(int)
    assert (at / 60).between(0.25, 0.6).all()


def test_the_same_seed_proposes_the_same(run):
    pd.testing.assert_frame_equal(propose(run), propose(run))
    assert not propose(run)["paragraph_id"].equals(propose(run, seed=1)["paragraph_id"])


def test_what_is_coded_is_not_proposed_again(run):
    ids = run[0]["paragraph_id"].tolist()
    proposed = propose(run, n=60, coded=ids[:50])
    assert sorted(proposed["paragraph_id"]) == sorted(ids[50:60])
    with pytest.raises(LabelError, match="coded already"):
        propose(run, coded=ids)


def test_coded_in_full_is_what_has_a_code_for_every_theme_after_a_shift_too(run):
    paragraphs = run[0].head(3)
    shifted = paragraphs["text"] + " It is so."
    rows = [(i[:12], fingerprint(t), "A", "x", "", "random") for i, t in
            zip(paragraphs["paragraph_id"], shifted, strict=True)]  # fmt: skip
    codes = pd.DataFrame(rows, columns=CODES_COLUMNS).assign(
        camhs="no", supervision=["no", "", ""]
    )
    other = codes.assign(coder="y", camhs="", supervision=["", "mixed", ""])
    codes, ids = pd.concat([codes, other]), paragraphs["paragraph_id"].tolist()
    assert coded_in_full(codes, run[0], ["camhs", "supervision"]) == set(ids[:2])
    assert coded_in_full(codes, run[0], ["camhs"]) == set(ids)
    assert coded_in_full(codes, run[0], ["camhs", "housing"]) == set()


@pytest.mark.parametrize("form", FORMATS)
def test_an_untouched_file_codes_nothing(run, tmp_path, form):
    path = tmp_path / f"to-code{FILE_SUFFIXES[form]}"
    assert path in write_proposal(propose(run), THEMES, path, form)
    assert read_filled(path, NAMES) == []
    with pytest.raises(LabelError, match="there already"):
        write_proposal(propose(run), THEMES, path, form)


def fill(path, *changes):
    """Set cells of a sheet: (row, column name, value)."""
    workbook = openpyxl.load_workbook(path)
    sheet = workbook.worksheets[0]
    header = [cell.value for cell in sheet[1]]
    for row, column, value in changes:
        if column not in header:
            header.append(column)
            sheet.cell(1, len(header), column)
        sheet.cell(row, header.index(column) + 1, value)
    workbook.save(path)


@pytest.fixture
def sheet(run, tmp_path):
    path = tmp_path / "to-code.xlsx"
    write_proposal(propose(run), THEMES, path)
    return path


def test_the_sheet_has_drop_downs_and_runs_no_formula(sheet):
    workbook = openpyxl.load_workbook(sheet)
    first = workbook.worksheets[0]
    lists = [v.formula1 for v in first.data_validations.dataValidation]
    assert lists == ['"no,strength,concern,mixed,neutral"', '"yes,skip"']
    text = first.cell(2, PROPOSED.index("text") + 1)
    assert text.value.startswith("=Sentence") and text.data_type == "s"


def test_only_rows_that_were_read_say_no(sheet, run):
    fill(
        sheet,
        (2, "camhs", "concern"), (2, READ, "yes"),
        (3, "camhs", "Strength "),
        (4, "camhs", "no"), (4, READ, "skip"),
        (5, READ, "yes"),
    )  # fmt: skip
    filled = read_filled(sheet, NAMES)
    assert [item.where for item in filled] == ["row 2", "row 3", "row 5"]
    nothing = dict.fromkeys(NAMES, "no")
    assert [item.codes for item in filled] == [
        nothing | {"camhs": "concern"},
        {"camhs": "strength"},
        nothing,
    ]


WRONG = [
    ([(2, "camhs", "bad")], "row 2: camhs is 'bad'; it can be no, strength"),
    ([(1, "camhs", "Camhs")], "column 'Camhs', which is no theme"),
    ([(1, "camhs", " "), (4, "camhs", "concern")], "row 4: a value stands in a column without"),
    ([(1, "early_help", "camhs")], "more than once the columns camhs"),
    ([(3, READ, "perhaps"), (5, READ, "y")], "row 3: read is 'perhaps'.*row 5: read is 'y'"),
    ([(1, "paragraph_id", "id")], "lacks the columns paragraph_id"),
    ([(2, "camhs", "bad"), (4, "camhs", 1)], "row 2.*row 4: camhs is '1'"),
]


@pytest.mark.parametrize(("changes", "reason"), WRONG)
def test_faults_are_named_row_by_row(sheet, changes, reason):
    fill(sheet, *changes)
    with pytest.raises(LabelError, match=reason):
        read_filled(sheet, NAMES)


def test_what_is_no_sheet_is_refused(tmp_path):
    for name, data in (
        ("a.xlsx", b"no zip"),
        ("b.json", b"{"),
        ("c.jsonl", b"[]"),
        ("d.json", b"3"),
    ):
        path = tmp_path / name
        path.write_bytes(data)
        with pytest.raises(LabelError):
            read_filled(path, NAMES)
    with pytest.raises(LabelError):
        read_filled(tmp_path / "missing.xlsx", NAMES)


def test_a_bomb_is_not_unpacked(tmp_path, monkeypatch):
    monkeypatch.setattr("pipeline.labelling.task_files.MAX_SHEET_BYTES", 1000)
    path = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"0" * 100_000)
    with pytest.raises(LabelError, match="too large"):
        read_filled(path, NAMES)


def code_label_studio(path, *choices):
    tasks = json.loads(path.read_text(encoding="utf-8"))
    for task, names in zip(tasks, choices, strict=False):
        result = [{"type": "choices", "value": {"choices": names}}] if names is not None else []
        task["annotations"] = [{"result": result, "was_cancelled": names is None}]
    path.write_text(json.dumps(tasks), encoding="utf-8")


def code_lines(path, change, *choices):
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    for line, names in zip(lines, choices, strict=False):
        change(line, names)
    path.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")


def code_doccano(path, *choices):
    code_lines(path, lambda line, names: line.update(label=names or []), *choices)


def code_prodigy(path, *choices):
    def answer(line, names):
        line.update(answer="ignore" if names is None else "accept", accept=names or [])

    code_lines(path, answer, *choices)


TASKS = [
    ("label-studio", code_label_studio),
    ("doccano", code_doccano),
    ("prodigy", code_prodigy),
]


@pytest.mark.parametrize(("form", "code"), TASKS)
def test_task_files_come_back(run, tmp_path, form, code):
    path = tmp_path / f"tasks{FILE_SUFFIXES[form]}"
    write_proposal(propose(run), THEMES, path, form)
    code(path, ["camhs:concern", "early_help:mixed"], None, ["none"])
    filled = read_filled(path, NAMES)
    nothing = dict.fromkeys(NAMES, "no")
    assert [item.codes for item in filled] == [
        nothing | {"camhs": "concern", "early_help": "mixed"},
        nothing,
    ]
    assert [item.where[-1] for item in filled] == ["1", "3"]
    assert {item.drawn for item in filled} <= {"uncertain", "diverse", "random"}


@pytest.mark.parametrize(("form", "code"), TASKS)
@pytest.mark.parametrize(
    ("labels", "reason"),
    [
        (["housing:concern"], "no theme 'housing'"),
        (["camhs:concern", "camhs:mixed"], "camhs is 'concern and mixed'"),
        (["none", "camhs:concern"], "`none` stands beside other labels"),
        (["camhs"], "camhs is ''"),
    ],
)
def test_faults_of_task_files_are_named(run, tmp_path, form, code, labels, reason):
    path = tmp_path / f"tasks{FILE_SUFFIXES[form]}"
    write_proposal(propose(run), THEMES, path, form)
    code(path, labels)
    with pytest.raises(LabelError, match=reason):
        read_filled(path, NAMES)


IDS = {"paragraph_id": "p:1", "drawn": "random"}
EXPORTS = {
    "json-min": [{"id": 1, **IDS, "codes": {"choices": ["camhs:concern"]}, "annotation_id": 1}],
    "json-min-one": [{"id": 1, **IDS, "codes": "camhs:concern", "annotation_id": 1}],
    "completions": [{"data": IDS, "completions": [
        {"result": [{"value": {"choices": ["camhs:concern"]}}]}]}],
    "doccano-data": [{"id": 1, "data": "x", "label": ["camhs:concern"], **IDS}],
    "doccano-json": [{"id": 1, "text": "x", "label": ["camhs:concern"], **IDS}],
    "doccano-metadata": [{"id": 1, "text": "x", "label": ["camhs:concern"], "metadata": IDS}],
    "doccano-one": [{"id": 1, "text": "x", "labels": "camhs:concern", **IDS}],
}  # fmt: skip


@pytest.mark.parametrize("name", EXPORTS)
@pytest.mark.parametrize("suffix", [".json", ".jsonl"])
def test_other_exports_of_the_tools_are_understood(tmp_path, name, suffix):
    path = tmp_path / f"x{suffix}"
    path.write_text(json.dumps(EXPORTS[name]))
    (filled,) = read_filled(path, NAMES)
    assert (filled.paragraph_id, filled.drawn) == ("p:1", "random")
    assert filled.codes == dict.fromkeys(NAMES, "no") | {"camhs": "concern"}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (json.dumps([{"text": "x", "annotations": [{"label": 3}], "meta": IDS}]), "numbers for"),
        (json.dumps([{"text": "x", "meta": IDS}]), "no place for labels"),
        (
            json.dumps([{**IDS, "annotation_id": 1, "topics": "camhs:concern"}]),
            "no item has `codes`",
        ),
        (
            json.dumps(
                [
                    {
                        "data": IDS,
                        "annotations": [{"result": [{"value": {"labels": ["camhs:concern"]}}]}],
                    }
                ]
            ),
            "no choices",
        ),
        ("[" * 100_000, "RecursionError"),
        ("[1]", "TypeError"),
    ],
)
def test_exports_that_would_lose_codes_are_refused(tmp_path, text, reason):
    path = tmp_path / "x.json"
    path.write_text(text)
    with pytest.raises(LabelError, match=reason):
        read_filled(path, NAMES)


def test_the_order_of_a_sheets_tabs_does_not_matter(sheet):
    fill(sheet, (2, READ, "yes"))
    workbook = openpyxl.load_workbook(sheet)
    workbook.move_sheet("codebook", -1)
    workbook.save(sheet)
    assert len(read_filled(sheet, NAMES)) == 1


def test_rows_that_end_early_are_read(sheet):
    workbook = openpyxl.Workbook(write_only=True)
    own = workbook.create_sheet("paragraphs")
    for row in (["paragraph_id", "camhs", READ], ["p:1", "concern", "yes"], ["p:2"], []):
        own.append(row)
    workbook.save(sheet)
    (filled,) = read_filled(sheet, ["camhs"])
    assert filled.codes == {"camhs": "concern"}


def test_every_theme_and_stance_has_a_label():
    assert len(labels_of(THEMES)) == 1 + 4 * len(THEMES)


def merge(sheet, run, path, coder="A. Coder"):
    return merge_codes(
        read_filled(sheet, NAMES), sheet, run[0], run[2], NAMES, coder, "2026-11-21", path
    )


def test_codes_are_merged_without_the_text(sheet, run, tmp_path):
    fill(sheet, (2, "camhs", "concern"), (2, READ, "yes"), (3, READ, "yes"))
    path = tmp_path / "codes" / "a.csv"
    added = merge(sheet, run, path)
    assert len(added) == 2 and added["camhs"].tolist() == ["concern", "no"]
    assert "Sentence" not in path.read_text(encoding="utf-8")
    assert set(read_codes([path])["authority"]) <= {"Ambleford", "y.pdf"}
    assert merge(sheet, run, path).empty
    fill(sheet, (4, "camhs", "no"))
    assert len(merge(sheet, run, path)) == 1
    assert len(read_codes([path])) == 3


def test_contradictions_and_strangers_are_refused_and_nothing_is_written(sheet, run, tmp_path):
    path = tmp_path / "a.csv"
    fill(sheet, (2, "camhs", "concern"))
    merge(sheet, run, path)
    before = path.read_bytes()
    fill(sheet, (2, "camhs", "mixed"), (3, "paragraph_id", "zz:1"), (3, "camhs", "no"))
    with pytest.raises(LabelError, match=r"row 3: there is no paragraph 'zz:1'.*row 2: its camhs"):
        merge(sheet, run, path)
    assert path.read_bytes() == before


def test_a_coders_codes_in_another_file_of_the_folder_are_contradicted_too(
    sheet, run, tmp_path, monkeypatch
):
    monkeypatch.setattr("pipeline.labelling.merge.CODES", tmp_path)
    monkeypatch.setattr("pipeline.labelling.codes.CODES", tmp_path)
    fill(sheet, (2, "camhs", "concern"))
    merge(sheet, run, tmp_path / "first.csv")
    fill(sheet, (2, "camhs", "mixed"))
    with pytest.raises(
        LabelError, match=r"row 2: its camhs is mixed, but A. Coder coded it concern before"
    ):
        merge(sheet, run, tmp_path / "second.csv")
    assert len(merge(sheet, run, tmp_path / "second.csv", coder="B. Coder")) == 1
    assert len(read_codes()) == 2


def test_the_same_paragraph_twice_in_a_sheet(sheet, run, tmp_path):
    first = openpyxl.load_workbook(sheet).worksheets[0].cell(2, 1).value
    fill(sheet, (2, "camhs", "no"), (3, "paragraph_id", first), (3, "camhs", "mixed"))
    with pytest.raises(LabelError, match="row 3: its camhs contradicts row 2"):
        merge(sheet, run, tmp_path / "a.csv")


def test_a_sheet_that_nobody_filled_or_of_another_run_adds_nothing(sheet, run, tmp_path):
    with pytest.raises(LabelError, match=r"Nobody has coded anything in .*to-code.xlsx"):
        merge(sheet, run, tmp_path / "a.csv")
    fill(sheet, (2, "camhs", "no"))
    with pytest.raises(
        LabelError, match=r"None of the paragraphs in .*to-code.xlsx is in this run"
    ):
        merge(sheet, (run[0].head(0), *run[1:]), tmp_path / "a.csv")
    assert not (tmp_path / "a.csv").exists()


def test_a_coder_spelled_in_two_ways_is_not_two_coders(sheet, run, tmp_path):
    fill(sheet, (2, "camhs", "no"))
    path = coder_file(tmp_path, "J. Smith")
    merge(sheet, run, path, coder="J. Smith")
    with pytest.raises(LabelError, match=r"holds the codes of 'J. Smith', not of 'J Smith'"):
        merge(sheet, run, path, coder="J Smith")


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(LabelError, match=r"There is no file .*missing\.xlsx"):
        read_filled(tmp_path / "missing.xlsx", NAMES)


def test_each_coder_has_a_file(tmp_path):
    assert coder_file(tmp_path, "Dr. J. O'Neill").name == "dr-j-o-neill.csv"
    with pytest.raises(LabelError, match="name"):
        coder_file(tmp_path, " ")
