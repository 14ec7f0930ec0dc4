from __future__ import annotations

import json
import re

import openpyxl
import pandas as pd
import pytest
from factories import change_part, fill_sheet

from pipeline.base.codebook import read_codebook
from pipeline.base.errors import LabelError
from pipeline.labelling.corrections import read_coder
from pipeline.labelling.filled import read_filled
from pipeline.labelling.task_files import FILE_SUFFIXES, READ, write_proposal

THEMES = read_codebook()
NAMES = list(THEMES)


def test_only_rows_that_were_read_say_no(sheet):
    fill_sheet(
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


@pytest.mark.parametrize("word", ["yes", "Y", "true", True])
def test_any_yes_means_that_a_row_was_read(sheet, word):
    fill_sheet(sheet, (2, READ, word))
    (filled,) = read_filled(sheet, NAMES)
    assert filled.codes == dict.fromkeys(NAMES, "no")


WRONG = [
    ([(2, "camhs", "bad")], "row 2: camhs is 'bad'; it can be no, strength"),
    ([(1, "camhs", "Camhs")], "row 1: there is a column 'Camhs', which is not a theme"),
    (
        [(1, "camhs", "Camhs"), (5, "early_help", "bad")],
        "row 1: there is a column 'Camhs'.*row 5: early_help is 'bad'",
    ),
    (
        [(1, "camhs", " "), (4, "camhs", "concern")],
        "row 4: there is 'concern' in a column without",
    ),
    (
        [(1, "camhs", " "), (4, "camhs", "concern"), (5, "early_help", "bad")],
        "row 4: there is 'concern' in a column without.*row 5: early_help is 'bad'",
    ),
    ([(1, "early_help", "camhs")], "repeats the columns camhs"),
    ([(3, READ, "perhaps"), (5, READ, "no")], "row 3: read is 'perhaps'.*row 5: read is 'no'"),
    ([(1, "paragraph_id", "id")], "lacks the columns paragraph_id"),
    ([(2, "camhs", "bad"), (4, "camhs", 1)], "row 2.*row 4: camhs is '1'"),
]


@pytest.mark.parametrize(("changes", "reason"), WRONG)
def test_faults_are_named_row_by_row(sheet, changes, reason):
    fill_sheet(sheet, *changes)
    with pytest.raises(LabelError, match=reason):
        read_filled(sheet, NAMES)


def test_what_is_no_sheet_is_refused(tmp_path):
    for name, data in (
        ("a.xlsx", b"no zip"),
        ("b.json", b"{"),
        ("c.jsonl", b"[]"),
        ("d.json", b"3"),
        ("e.csv", b"annotation_id,camhs\n"),
        ("f.csv", b"paragraph_id,camhs\np:1,concern\n"),
    ):
        path = tmp_path / name
        path.write_bytes(data)
        with pytest.raises(LabelError):
            read_filled(path, NAMES)
    with pytest.raises(LabelError):
        read_filled(tmp_path / "missing.xlsx", NAMES)


DAMAGE = {
    "half a sheet": ("xl/worksheets/sheet1.xml", lambda data: data[: len(data) // 2]),
    "half a list of sheets": ("xl/workbook.xml", lambda data: data[: len(data) // 2]),
}


@pytest.mark.parametrize("name", DAMAGE)
def test_a_damaged_workbook_is_refused(sheet, name):
    change_part(sheet, *DAMAGE[name])
    with pytest.raises(LabelError, match="cannot be read"):
        read_filled(sheet, NAMES)


def test_a_protected_or_torn_workbook_is_refused(sheet):
    data = bytearray(sheet.read_bytes())
    # The flag "encrypted" in the first local header, and in the first entry of the directory.
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        for start in (m.start() for m in re.finditer(re.escape(mark), bytes(data))):
            data[start + at] |= 1
    sheet.write_bytes(data)
    with pytest.raises(LabelError, match="cannot be read"):
        read_filled(sheet, NAMES)


def chosen(label):
    """A choice in Label Studio, where each theme has choices of its own."""
    theme, _, stance = ("read:yes" if label == "none" else label).partition(":")
    return {"from_name": theme, "type": "choices", "value": {"choices": [stance]}}


def code_label_studio(path, *choices):
    tasks = json.loads(path.read_text(encoding="utf-8"))
    for task, names in zip(tasks, choices, strict=False):
        result = [chosen(name) for name in (*names, "none")] if names is not None else []
        task["annotations"] = [{"result": result, "was_cancelled": names is None}]
    path.write_text(json.dumps(tasks), encoding="utf-8")


def code_old_label_studio(path, *choices):
    """As earlier versions asked: one list of labels for all themes."""
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
    ("label-studio", code_old_label_studio),
    ("doccano", code_doccano),
    ("prodigy", code_prodigy),
]


@pytest.mark.parametrize(("form", "code"), TASKS)
def test_task_files_come_back(proposal, tmp_path, form, code):
    path = tmp_path / f"tasks{FILE_SUFFIXES[form]}"
    write_proposal(proposal, THEMES, path, form)
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
def test_a_theme_added_since_is_not_coded_no(proposal, tmp_path, form, code):
    path = tmp_path / f"tasks{FILE_SUFFIXES[form]}"
    write_proposal(proposal, THEMES, path, form)
    code(path, ["camhs:concern"], ["none"])
    filled = read_filled(path, [*NAMES, "placement_sufficiency"])
    assert [list(item.codes) for item in filled] == [NAMES, NAMES]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "cp1252", "utf-16"])
def test_a_sheet_saved_as_csv_is_the_same_sheet(sheet, tmp_path, encoding):
    """As Excel saves it, it was taken for an export of Label Studio."""
    fill_sheet(
        sheet, (2, "camhs", "concern"), (2, READ, "yes"), (3, READ, "skip"), (4, READ, "yes")
    )
    path = tmp_path / "saved.csv"
    path.write_bytes(pd.read_excel(sheet).to_csv(index=False).encode(encoding))
    filled = read_filled(path, NAMES)
    assert filled == read_filled(sheet, NAMES) and len(filled) == 2
    fill_sheet(sheet, (4, "camhs", "bad"), (5, READ, "perhaps"))
    path.write_bytes(pd.read_excel(sheet).to_csv(index=False).encode(encoding))
    with pytest.raises(LabelError, match=r"row 4: camhs is 'bad'.*row 5: read is 'perhaps'"):
        read_filled(path, NAMES)
    path.write_bytes(pd.read_excel(sheet).head(0).to_csv(index=False).encode(encoding))
    assert read_filled(path, NAMES) == [] and read_coder(path) == ""


def test_a_theme_added_since_is_not_coded_no_in_a_sheet(sheet):
    fill_sheet(sheet, (2, READ, "yes"))
    (filled,) = read_filled(sheet, [*NAMES, "placement_sufficiency"])
    assert list(filled.codes) == NAMES


@pytest.mark.parametrize(("form", "code"), TASKS)
@pytest.mark.parametrize(
    ("labels", "reason"),
    [
        (["housing:concern"], "no theme 'housing'"),
        (["camhs:concern", "camhs:mixed"], "camhs is 'concern and mixed'"),
        (["camhs"], "camhs is ''"),
    ],
)
def test_faults_of_task_files_are_named(proposal, tmp_path, form, code, labels, reason):
    path = tmp_path / f"tasks{FILE_SUFFIXES[form]}"
    write_proposal(proposal, THEMES, path, form)
    code(path, labels)
    with pytest.raises(LabelError, match=reason):
        read_filled(path, NAMES)


@pytest.mark.parametrize(("form", "code"), TASKS[1:])
def test_none_goes_with_no_other_label(proposal, tmp_path, form, code):
    path = tmp_path / f"tasks{FILE_SUFFIXES[form]}"
    write_proposal(proposal, THEMES, path, form)
    code(path, ["none", "camhs:concern"])
    with pytest.raises(LabelError, match="`none` is combined with other labels"):
        read_filled(path, NAMES)


IDS = {"paragraph_id": "p:1", "drawn": "random"}
EXPORTS = {
    "json-min": [{"id": 1, **IDS, "codes": {"choices": ["camhs:concern"]}, "annotation_id": 1}],
    "json-min-one": [{"id": 1, **IDS, "codes": "camhs:concern", "annotation_id": 1}],
    "json-min-themes": [
        {"id": 1, **IDS, "camhs": "concern", "read": "yes", "annotation_id": 1}],
    "json-min-nested": [
        {"id": 1, **IDS, "codes": [["camhs"], ["camhs", "concern"]], "annotation_id": 1}],
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


LABEL_STUDIO_CSV = """\
"annotation_id","annotator","camhs","drawn","early_help","id","paragraph_id","read","text","themes"
7,1,"concern","random",,1,"p:1","yes","a, ""b"" c","camhs, early_help"
8,1,,"random","{""choices"": [""mixed""]}",2,"p:2","yes","[c","camhs, early_help"
9,1,,"random",,3,"p:3",,"d","camhs, early_help"
"""


def test_the_csv_of_label_studio_is_read(tmp_path):
    path = tmp_path / "export.csv"
    path.write_text(LABEL_STUDIO_CSV)
    filled = read_filled(path, [*NAMES, "added_since"])
    assert [(item.paragraph_id, item.codes) for item in filled] == [
        ("p:1", {"camhs": "concern", "early_help": "no"}),
        ("p:2", {"camhs": "no", "early_help": "mixed"}),
    ]
    path.write_text(LABEL_STUDIO_CSV.replace('"concern"', '"worry"').replace("mixed", "both"))
    with pytest.raises(
        LabelError, match=r"item 1: camhs is 'worry'.*item 2: early_help is 'both'"
    ):
        read_filled(path, NAMES)


def by_two(one, other):
    """Items of each tool as it exports them: three paragraphs, the last two by the same person."""
    whose = list(zip(("p:1", "p:2", "p:3"), (one, other, other), strict=True))
    result = [chosen("camhs:concern")]
    return {
        "label-studio": [
            {"data": {"paragraph_id": id_}, "annotations": [{"completed_by": who, "result": result}]}
            for id_, who in whose
        ],
        "json-min": [
            {"paragraph_id": id_, "camhs": "concern", "annotator": who, "annotation_id": 1}
            for id_, who in whose
        ],
        "prodigy": [
            {"meta": {"paragraph_id": id_}, "options": [], "answer": "accept", "accept": ["none"],
             "_annotator_id": who, "_session_id": who}
            for id_, who in whose
        ],
        "prodigy-sessions": [
            {"meta": {"paragraph_id": id_}, "options": [], "answer": "accept", "accept": ["none"],
             "_session_id": who}
            for id_, who in whose
        ],
    }  # fmt: skip


PEOPLE = [
    (1, 2, "1 and 2"),
    ("boats-anna", "boats-ben", "boats-anna and boats-ben"),
    ({"id": 1, "email": "a@x.org"}, {"id": 2, "email": "b@x.org"}, "a@x.org and b@x.org"),
]


@pytest.mark.parametrize("tool", by_two(1, 2))
@pytest.mark.parametrize(("one", "other", "named"), PEOPLE)
def test_what_several_people_coded_is_not_one_coders(tmp_path, tool, one, other, named):
    path = tmp_path / "x.json"
    path.write_text(json.dumps(by_two(one, other)[tool]))
    with pytest.raises(LabelError, match=named):
        read_filled(path, NAMES)
    path.write_text(json.dumps(by_two(one, one)[tool]))
    assert len(read_filled(path, NAMES)) == 3


def test_who_coded_nothing_is_not_a_coder(tmp_path):
    path = tmp_path / "x.json"
    items = by_two(1, 2)["label-studio"]
    for item in items[1:]:
        item["annotations"][0]["was_cancelled"] = True
    path.write_text(json.dumps(items))
    assert len(read_filled(path, NAMES)) == 1


@pytest.mark.parametrize("tool", ["prodigy", "prodigy-sessions"])
def test_sessions_without_a_name_are_of_nobody_in_particular(tmp_path, tool):
    path = tmp_path / "x.json"
    path.write_text(json.dumps(by_two("2026-11-27_10-17-19", "2026-11-28_09-00-02")[tool]))
    assert len(read_filled(path, NAMES)) == 3


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (json.dumps([{"text": "x", "annotations": [{"label": 3}], "meta": IDS}]), "numbers for"),
        (json.dumps([{"text": "x", "meta": IDS}]), "no place for labels"),
        (
            json.dumps([{**IDS, "annotation_id": 1, "topics": "camhs:concern"}]),
            "no item has a theme or `read`",
        ),
        (
            json.dumps(
                [
                    {
                        **IDS,
                        "answer": "accept",
                        "options": [],
                        "accept": ["camhs:concern"],
                        "config": {"choice_style": "single"},
                    }
                ]
            ),
            "choice_style of single",
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


def test_rows_that_end_early_are_read(sheet):
    workbook = openpyxl.Workbook(write_only=True)
    own = workbook.create_sheet("paragraphs")
    for row in (["paragraph_id", "camhs", READ], ["p:1", "concern", "yes"], ["p:2"], []):
        own.append(row)
    workbook.save(sheet)
    (filled,) = read_filled(sheet, ["camhs"])
    assert filled.codes == {"camhs": "concern"}


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(LabelError, match=r"There is no file .*missing\.xlsx"):
        read_filled(tmp_path / "missing.xlsx", NAMES)
