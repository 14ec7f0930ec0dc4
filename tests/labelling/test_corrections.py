from __future__ import annotations

import csv
import json
from dataclasses import replace

import pandas as pd
import pytest

from pipeline.base import workspace
from pipeline.base.columns import CORRECTIONS, PARAGRAPHS
from pipeline.base.errors import CorpusError, LabelError
from pipeline.labelling.codes import (
    CODES_COLUMNS,
    CORRECTED,
    PROBABILITY,
    draws_of,
    settle_codes,
)
from pipeline.labelling.corrections import (
    corrected_files,
    link_corrections,
    read_coder,
    read_corrections,
    say_unread_corrections,
)
from pipeline.labelling.filled import read_filled
from pipeline.labelling.link import fingerprint

THEMES = ["camhs", "supervision"]
DOC = "0123456789ab"
TEXTS = [
    "The harbour team answers every call from the ferry quarter within nine minutes.",
    "Managers saw each worker in the lighthouse school once in every three weeks.",
]


def line(n=0, label=("none",), themes="camhs", coder="J. Smith", text=None, **more):
    return {
        "paragraph_id": f"{DOC}:{n:04d}", "drawn": CORRECTED, "coder": coder, "themes": themes,
        "label": list(label), "comment": "see page 3", "model_id": "m1",
        "text": TEXTS[n] if text is None else text, **more,
    }  # fmt: skip


def written(tmp_path, *lines):
    path = tmp_path / "corrections.jsonl"
    path.write_text("".join(json.dumps(one) + "\n" for one in lines), encoding="utf-8")
    return path


def paragraphs(*texts):
    rows = [
        (f"{DOC}:{n:04d}", DOC, "x.pdf", n, 1, "", "", "", "paragraph", False, text)
        for n, text in enumerate(texts)
    ]
    return pd.DataFrame(rows, columns=PARAGRAPHS)


def test_only_what_was_corrected_is_coded(tmp_path):
    path = written(
        tmp_path,
        line(0),
        line(1, ["supervision:concern"], "camhs, supervision"),
        line(1, [], ""),
    )
    assert [item.codes for item in read_filled(path, THEMES)] == [
        {"camhs": "no"},
        {"camhs": "no", "supervision": "concern"},
    ]
    assert read_coder(path) == "J. Smith"


def test_a_file_of_two_readers_is_refused(tmp_path):
    path = written(tmp_path, line(0), line(1, coder="A. Jones"))
    with pytest.raises(LabelError, match=r"A\. Jones and J\. Smith"):
        read_coder(path)


def test_other_task_files_name_nobody(tmp_path):
    other = line(0, drawn="random", coder=7)
    assert read_coder(written(tmp_path, other)) == ""
    assert read_coder(tmp_path / "to-code.xlsx") == ""


def code(n=0, drawn=CORRECTED, coder="J. Smith", camhs="no", supervision="", doc_id=DOC):
    row = (doc_id, fingerprint(TEXTS[n]), "Ambleford", coder, "2026-11-28", drawn)
    return dict(zip(CODES_COLUMNS, row, strict=True)) | {
        "camhs": camhs,
        "supervision": supervision,
    }


def test_only_files_with_corrections_are_read(tmp_path):
    pd.DataFrame([code(), code(1, "random")]).to_csv(tmp_path / "a.csv", index=False)
    (tmp_path / "b.csv").write_text("damaged, but of no concern here", encoding="utf-8")
    # As spreadsheets write them: with the column last, or in quotation marks.
    table = pd.DataFrame([code()])
    last = [name for name in table.columns if name != "drawn"] + ["drawn"]
    table[last].to_csv(tmp_path / "c.csv", index=False)
    table.to_csv(tmp_path / "d.csv", index=False, quoting=csv.QUOTE_ALL)
    (tmp_path / "e.csv").write_text("a remark on what was corrected", encoding="utf-8")
    files = corrected_files(sorted(tmp_path.glob("*.csv")))
    assert [path.name for path in files] == ["a.csv", "c.csv", "d.csv"]
    files = files[:1]
    assert read_corrections(files)["fingerprint"].tolist() == [fingerprint(TEXTS[0])]
    assert read_corrections([]).empty


def test_damaged_corrections_are_left_out_and_it_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(workspace, "PROJECT", replace(workspace.PROJECT, codes=tmp_path))
    assert say_unread_corrections() == ""
    pd.DataFrame([code(camhs="nonsense")]).to_csv(tmp_path / "a.csv", index=False)
    with pytest.raises(CorpusError):
        read_corrections()
    assert "a.csv, line 2: camhs is 'nonsense'" in say_unread_corrections()


def test_corrections_stand_beside_what_the_model_says():
    tags = pd.DataFrame(
        [(f"{DOC}:{n:04d}", theme, stance, bool(stance))
         for n, theme, stance in ((0, "camhs", "mixed"), (0, "supervision", ""), (1, "camhs", ""))],
        columns=["paragraph_id", "theme", "stance", "tagged"],
    )  # fmt: skip
    corrections = pd.DataFrame(
        [code(0, supervision="concern"), code(1, camhs="strength"), code(0, doc_id="f" * 12)]
    )
    linked = link_corrections(corrections, paragraphs(*TEXTS), tags)
    assert list(linked.columns) == CORRECTIONS
    assert linked[["paragraph_id", "theme", "code", "model_says"]].to_numpy().tolist() == [
        [f"{DOC}:0000", "camhs", "no", "mixed"],
        [f"{DOC}:0000", "supervision", "concern", "no"],
        [f"{DOC}:0001", "camhs", "strength", "no"],
    ]
    assert set(linked["coder"]) == {"J. Smith"}
    none = link_corrections(corrections.iloc[2:], paragraphs(*TEXTS), tags)
    assert none.empty and list(none.columns) == CORRECTIONS


def test_a_correction_has_no_say_about_a_paragraph_drawn_at_random():
    first = [code(n, drawn, "first", "concern") for n, drawn in enumerate(("random", "uncertain"))]
    codes = pd.DataFrame([*first, code(0), code(1)])
    settled = settle_codes(codes).set_index("drawn")["camhs"]
    # Of the other one, two coders say different things.
    assert settled.to_dict() == {"random": "concern", "uncertain": ""}


def test_a_correction_of_a_theme_that_was_not_drawn_at_random_counts():
    random = code(0, "random", "first", camhs="", supervision="concern") | {PROBABILITY: "0.02"}
    both = code(0, camhs="mixed", supervision="no") | {PROBABILITY: ""}
    one = code(0, coder="A. Jones", camhs="", supervision="no") | {PROBABILITY: ""}
    settled = settle_codes(pd.DataFrame([random, both, one]))
    assert settled[["camhs", "supervision"]].to_numpy().tolist() == [["mixed", "concern"]]
    assert settled["coder"].tolist() == ["first + J. Smith"]
    assert [draws_of(settled, theme)[0][0] for theme in THEMES] == [CORRECTED, "random"]


def test_where_draws_are_kept_by_paragraph_no_correction_passes_for_a_random_draw():
    random = code(0, "random", "first", camhs="", supervision="concern")
    settled = settle_codes(pd.DataFrame([random, code(0, camhs="mixed")]))
    assert settled[["drawn", "camhs"]].to_numpy().tolist() == [["random", ""]]
