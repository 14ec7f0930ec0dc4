from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path

import pandas as pd
import pytest

from pipeline.cli.scores import (
    print_comparison,
    print_matrix_changes,
    print_merged,
    print_scores,
    print_slices,
    print_trained,
)
from pipeline.labelling.merge import Merged
from pipeline.research import Evaluation
from pipeline.tagging.model_folder import CARD_FILE, NOT_USED_FILE, read_model_card
from pipeline.training.compare import MATRIX_CHANGES, Comparison
from pipeline.training.material import NO_PARAGRAPH, NOT_USED
from pipeline.training.scores import tabulate_overall
from pipeline.training.slices import ALL, AT_RANDOM, SLICES

OLD, SHEET, TABLE = Path("models/old"), Path("sheet.xlsx"), Path("slices.csv")

MERGED = {
    "all new": (Merged(Path("anna.csv"), 1, 1, 0, 0), ["has 1 coded paragraph.", "them to anna.csv."], ["already there", "were changed", "some themes only"]),
    "some there": (Merged(Path("anna.csv"), 5, 2, 1, 3), ["5 coded paragraphs", "the other 3 were already there", "3 codes that were there before were changed", "1 of them are coded for some themes only"], []),
}  # fmt: skip


@pytest.mark.parametrize("name", MERGED)
def test_what_came_of_a_sheet_is_said(capsys, name):
    merged, parts, absent = MERGED[name]
    print_merged(merged, SHEET)
    said = capsys.readouterr().err
    assert all(part in said for part in parts) and not any(part in said for part in absent)


def compared(n=50, n_old=50, lost=(), low=-0.01, high=0.03):
    return Comparison(n, n_old, lost, {"micro_f1": 0.01}, {"micro_f1": (low, high)})


COMPARED = {
    "no different": (compared(), ["Against old, on the 50 paragraphs", ": no different.", "micro_f1       +0.010 (-0.010 to +0.030)"], ["beyond chance", "These are few", "lacks"]),
    "better": (compared(low=0.005), [": better beyond chance."], []),
    "of one authority": (compared(low=float("nan"), high=float("nan")), [": not known.", "micro_f1       +0.010\n"], ["nan"]),
    "judged on few": (compared(n=5), ["These are few of the 50 on which old can be judged"], []),
    "without a theme": (compared(lost=("camhs",)), ["It lacks the themes camhs of old."], []),
    "on nothing": (compared(n=0), ["There are no codes on which to compare it with old"], ["Against"]),
}  # fmt: skip


@pytest.mark.parametrize("name", COMPARED)
def test_how_models_compare_is_said(capsys, name):
    comparison, parts, absent = COMPARED[name]
    print_comparison(comparison, OLD)
    said = capsys.readouterr().out
    assert all(part in said for part in parts) and not any(part in said for part in absent)


def slices_of(drawn, **changes):
    known = {"n_paragraphs": 200, "micro_f1": 0.75, "micro_f1_low": 0.7, "micro_f1_high": 0.8, "macro_f1": 0.6, "stance_accuracy": 0.9, "n_stances": 40}  # fmt: skip
    row = dict.fromkeys(SLICES, 0) | known | {"slice": "framework", "drawn": drawn} | changes
    return pd.DataFrame([row | {"value": value} for value in ("SIF", "ILACS")])


def test_parts_are_said_with_what_is_known_of_them(capsys):
    print_slices(slices_of(AT_RANDOM), TABLE)
    said = capsys.readouterr().out
    assert "On parts of the paragraphs drawn at random (slices.csv has all):" in said
    assert "framework ILACS" in said and "0.750 (0.700-0.800), macro-F1 0.600" in said
    assert "stance 0.900 of 40" in said
    print_slices(slices_of(ALL, micro_f1_low=float("nan"), n_stances=0), TABLE)
    said = capsys.readouterr().out
    assert "drawn at random" not in said and "0.750, macro-F1" in said and "stance" not in said


def test_parts_that_carry_nothing_are_not_known(capsys):
    none = dict.fromkeys(("micro_f1", "micro_f1_low", "micro_f1_high", "macro_f1"), float("nan"))
    print_slices(slices_of(AT_RANDOM, n_stances=0, **none), TABLE)
    assert "micro-F1 not known, macro-F1 not known\n" in capsys.readouterr().out


def test_scores_of_paragraphs_that_carry_nothing_are_not_known(capsys):
    """They used to be 0.000 (0.000-0.000)."""
    bare = pd.DataFrame({
        "doc_id": "d", "fingerprint": ["1", "2"], "authority": ["A", "B"], "drawn": "random",
        "theme": "camhs", "code": "no", "probability": 0.1, "tagged": False, "stance": "",
    })  # fmt: skip
    known = bare.assign(code="concern", tagged=True)
    overall = tabulate_overall({"model": known, "model, drawn at random": bare})
    none = dict.fromkeys(field.name for field in fields(Evaluation)) | {"folder": OLD}
    tables = dict.fromkeys(("themes", "stance"), pd.DataFrame())
    print_scores(Evaluation(**none | tables | {"judged": known, "overall": overall}))
    said = capsys.readouterr().out
    assert "micro-F1 1.000 (1.000-1.000), macro-F1 1.000" in said
    assert (
        "model, drawn at random   micro-F1 not known, macro-F1 not known, mean average precision "
        "not known\n"
    ) in said


CHANGES = {
    0: "\nNo cell of the matrix would change.\n",
    1: "\n1 cell would change (slices.csv lists all):\n",
    2: "\n2 cells would change (slices.csv lists all):\n",
}


@pytest.mark.parametrize("n", CHANGES)
def test_what_would_change_is_counted(capsys, n):
    row = dict.fromkeys(MATRIX_CHANGES, 1) | {"run": "one"}
    print_matrix_changes(pd.DataFrame([row] * n, columns=list(row)), TABLE)
    said = capsys.readouterr().out
    assert said.startswith(CHANGES[n]) and "Empty" not in said


def test_one_part_alone_is_not_said(capsys):
    print_slices(slices_of(ALL).head(1), TABLE)
    assert capsys.readouterr().out == ""


def test_what_was_learnt_is_said_with_what_is_provisional(capsys, unsure):
    print_trained(unsure)
    said = capsys.readouterr().err
    assert "camhs is provisional: too few codes. It is tagged, but not counted" in said
    assert "micro-F1" in said and f"inspection-themes promote {unsure}" in said


ANNA, OURS = "Anna Berg", "language-model"
NOT_FOUND = {
    "of two coders": ([ANNA, f"{ANNA} + Ben + consensus"], NO_PARAGRAPH, ["Not found: 2 of the 5 paragraphs coded by Anna Berg.", "Not found: 1 of the 2 paragraphs coded by Ben.", "that holds them: inspection-themes train my-matrix"], ["by consensus", "by language"]),
    "ours": ([OURS, OURS], NO_PARAGRAPH, [], ["Not found", "my-matrix"]),
    "now a heading": ([ANNA], "its paragraph is now a heading", [], ["Not found", "my-matrix"]),
}  # fmt: skip


@pytest.mark.parametrize("name", NOT_FOUND)
def test_ones_own_paragraphs_that_were_not_found_are_said(capsys, unsure, name):
    """Without the run, 30 of 78 paragraphs were learnt from, and nobody said what was missing."""
    coders, reason, parts, absent = NOT_FOUND[name]
    rows = [dict.fromkeys(NOT_USED, "") | {"coder": c, "reason": reason} for c in coders]
    pd.DataFrame(rows).to_csv(unsure / NOT_USED_FILE, index=False)
    card = read_model_card(unsure)
    card["data"]["coders"] = {f"{ANNA} + {OURS}": 2, ANNA: 1, "Ben": 1, OURS: 9}
    (unsure / CARD_FILE).write_text(json.dumps(card), encoding="utf-8")
    print_trained(unsure)
    said = capsys.readouterr().err
    assert all(part in said for part in parts) and not any(part in said for part in absent)
