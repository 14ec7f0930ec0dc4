from __future__ import annotations

import pandas as pd
import pytest

from pipeline.base.codebook import read_codebook
from pipeline.labelling.codes import CODES_COLUMNS, settle_codes
from pipeline.tagging.model_folder import HELD_OUT_FILE
from pipeline.training.card import CALIBRATION_FILE, CARD_TEXT_FILE, make_card, write_card
from pipeline.training.scores import HELD_OUT


def test_card_says_how_it_was_trained(trained, card_of):
    card = card_of(trained)
    assert card["model_id"] == trained.name
    assert set(card["thresholds"]) == set(read_codebook())
    assert card["data"]["n_paragraphs"] > 700
    assert 0.3 < card["scores"]["overall"]["micro_f1"] < 1
    assert "language model" in card["coded_by"]
    text = (trained / CARD_TEXT_FILE).read_text(encoding="utf-8")
    assert all(part in text for part in ("camhs", "95%", CALIBRATION_FILE, "not by practitioners"))
    assert (trained / CALIBRATION_FILE).stat().st_size > 1000


@pytest.fixture
def written(trained, card_of, tmp_path):
    """A card with some of its parts changed: what it says to people."""

    def written(changes):
        write_card(card_of(trained) | changes, tmp_path)
        return (tmp_path / CARD_TEXT_FILE).read_text(encoding="utf-8")

    return written


def test_codes_of_practitioners_are_not_called_a_machines(trained, codes, card_of, written):
    own = settle_codes(codes.assign(coder="A. Practitioner"))
    held_out = pd.read_parquet(trained / HELD_OUT_FILE)
    card = make_card(own, held_out, card_of(trained)["thresholds"], 0, 5)
    assert card["coded_by"] == ""
    assert "language model" not in written(card)


# Codes drawn in some way and read in some way; what the card says of it.
SAID = [
    ("random", "concern", "On only the 12 paragraphs drawn at random"),
    ("uncertain", "concern", "No paragraph was drawn at random"),
    ("random", "concern", "Stance, on 6 correct tags: accuracy 1.000"),
    ("random", "strength", "Stance, on 6 correct tags: accuracy 0.000"),
    ("random", "", "No paragraph was tagged correctly, so stance could not be scored."),
]


def invented(drawn, stance, coders=("us",)):
    """Twelve codes of three authorities, of which every other is `concern`, and what is held out.

    Those are tagged with the stance given, or not tagged.
    """
    rows = [
        (f"{n % 3}" * 12, f"{n}", f"Town {n % 3}", coders[n % len(coders)], "", drawn, code)
        for n, code in enumerate(["concern", "no"] * 6)
    ]
    codes = pd.DataFrame(rows, columns=[*CODES_COLUMNS, "camhs"])
    held_out = pd.DataFrame(
        [
            (row[0], row[1], "camhs", 0.8 if tagged else 0.2, tagged, stance if tagged else "")
            for row in rows
            for tagged in [bool(stance) and row[-1] == "concern"]
        ],
        columns=HELD_OUT,
    )
    return codes, held_out


@pytest.mark.parametrize(("drawn", "stance", "said"), SAID)
def test_card_says_how_well_it_does(written, drawn, stance, said):
    assert said in written(make_card(*invented(drawn, stance), {"camhs": 0.4}, 0, 5))


def test_card_says_what_is_not_known_of_a_kind_of_document(written):
    codes, held_out = invented("random", "concern")
    carries = codes["camhs"] != "no"
    kinds = pd.Series({"0" * 12: "inspection", "1" * 12: "inspection", "2" * 12: "annual report"})
    nobody = carries & (codes["doc_id"] == "2" * 12)
    card = make_card(codes[~nobody], held_out, {"camhs": 0.4}, 1, 5, kinds)
    text = written(card)
    assert "| annual report | 2 | 1 | no | not known | not known | not known |  |" in text
    assert "| inspection | 8 | 2 | no | 1.000 | 1.000 | 1.000 | 1.000 |" in text
    assert "Not used: 1 code (" in text


# Who coded the twelve paragraphs, and how many were coded by nobody but a language model.
CODED_BY = [
    (["us"], ""),
    (["language-model"], "12 of 12"),
    (["language-model", "us"], "6 of 12"),
    (
        ["language-model + us", "us + language-model", "language-model-2 + language-model"],
        "4 of 12",
    ),
]


@pytest.mark.parametrize(("coders", "share"), CODED_BY)
def test_card_says_what_a_machine_coded(coders, share):
    card = make_card(*invented("random", "concern", coders), {"camhs": 0.4}, 0, 5)
    assert card["coded_by"].partition(" paragraphs")[0] == share
    assert sum(card["data"]["coders"].values()) == card["data"]["n_paragraphs"] == 12


def test_card_is_plain_and_counts_what_was_right():
    card = make_card(*invented("random", "concern"), {"camhs": 0.43219}, 3, 4)
    assert card["thresholds"] == {"camhs": 0.4322} and card["data"]["n_codes_not_used"] == 3
    assert card["data"]["codes_by_theme"] == {"camhs": {"concern": 6, "no": 6}}
    assert card["scores"]["overall"]["micro_f1"] == 1
    assert card["errors"]["camhs"] == {
        "true_positive": 6, "false_positive": 0, "false_negative": 0, "true_negative": 6,
    }  # fmt: skip
    assert card["calibration"]["camhs"] == [[0.2, 0.0, 6], [0.8, 1.0, 6]]
    assert card["splits"].startswith("4 folds")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"learnt_from_counts_of": "old", "n_paragraphs_learnt_from_counts": 9}, "Of these paragraphs, 9 were learnt from the counts kept with the model old."),
        ({"encoder": {"made_in": "old", "authorities": []}}, "fine-tuned on the codes of model old"),
        ({"notes": ["Housing was not learnt."]}, "Housing was not learnt."),
    ],
)  # fmt: skip
def test_card_says_where_a_model_comes_from(written, changes, said):
    assert said in written(changes)
    assert said not in written({})
