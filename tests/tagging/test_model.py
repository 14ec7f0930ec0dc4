from __future__ import annotations

import itertools
import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from factories import growth

from pipeline.base.codebook import read_codebook
from pipeline.base.errors import ModelError
from pipeline.base.paths import DIRECTION
from pipeline.tagging.model import load_model
from pipeline.tagging.model_file import load_parts, skops_io
from pipeline.tagging.model_folder import CARD_FILE, MODEL_FILE
from pipeline.tagging.passages import Passage

# A little below what the shipped model reached when it was made.
FLOOR_OF_DIRECTION = 0.88


def tagged(model, text, **above):
    reading = model.tag([Passage(text, **above)])
    return {
        t: s
        for t, yes, s in zip(model.themes, reading.tagged[0], reading.stance[0], strict=True)
        if yes
    }


# Plain cases any reader would agree on; the figures of the model card say how it does on others.
CLEAR = [
    ("Supervision is regular and reflective, and managers give clear direction in every case.", {"supervision": "strength"}),
    ("Too many posts are vacant, turnover is high and the council relies on agency social workers.", {"recruitment": "concern"}),
    ("Children wait far too long for CAMHS, and their mental health gets worse while they wait.", {"camhs": "concern"}),
    ("Families benefit from a wide range of well-coordinated early help services.", {"early_help": "strength"}),
    ("The court granted a supervision order in May.", {}),
    ("The council runs two libraries and a swimming pool.", {}),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), CLEAR)
def test_clear_cases(model, text, expected):
    assert tagged(model, text) == expected


@pytest.fixture(scope="module")
def directions():
    """Invented sentences on direction that no model learns from, with their themes and stances."""
    path = Path(__file__).parents[1] / "direction.jsonl"
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_stance_follows_the_direction_of_things(model, directions):
    """What rises or falls decides, not the word that names it: "turnover has halved"."""
    rows = [Passage(row["text"], row["heading"], row["lead_in"]) for row in directions]
    tagging = model.tag(rows)
    right = [
        stance == tagging.stance[n][model.themes.index(theme)]
        for n, row in enumerate(directions)
        for theme, stance in row["themes"].items()
    ]
    assert len(right) > 250 and np.mean(right) >= FLOOR_OF_DIRECTION


def test_the_sentences_of_the_test_are_not_those_learnt_from(directions):
    def words(row):
        return " ".join(re.findall(r"\w+", row["text"].lower()))

    learnt = {words(json.loads(line)) for line in DIRECTION.read_text("utf-8").splitlines()}
    assert learnt.isdisjoint(map(words, directions))


def test_only_in_longer_paragraphs_a_rare_stance_is_preferred(model):
    lifting = replace(model, lift=np.array([0.0, 0.0, 99.0, 0.0]))
    text, expected = CLEAR[0]
    assert tagged(lifting, text) == expected
    around = "The council has two offices and a depot near the old bridge. " * 6
    assert set(tagged(lifting, around + text).values()) == {"mixed"}


def test_lead_in_and_heading_inform_the_item(model):
    reading = model.tag(
        [
            Passage("supervision of social workers"),
            Passage(
                "supervision of social workers", "What needs to improve", "Leaders should improve:"
            ),
        ]
    )
    column = model.themes.index("supervision")
    assert reading.tagged[1, column] and reading.stance[1, column] == "concern"


def test_reading_does_not_depend_on_the_company(model):
    passages = [Passage(text) for text, _ in CLEAR]
    together = model.tag(passages).probability
    alone = np.vstack([model.tag([p]).probability for p in passages])
    np.testing.assert_allclose(together, alone, atol=1e-6)


@pytest.mark.parametrize("text", ["", " ", "12.", "☃ ☃", "zqxv " * 20, "a" * 5000])
def test_odd_texts_carry_nothing(model, text):
    assert tagged(model, text) == {}


@pytest.mark.parametrize("text", ["", " ", "☃ ☃", "zqxv " * 20])
def test_a_text_without_known_words_carries_nothing_whatever_is_above_it(model, text):
    heading = "Recommendations > Supervision and management oversight"
    assert tagged(model, text, heading=heading, lead_in="Waits for CAMHS are long:") == {}


def test_carrying_sentence_is_the_one_that_speaks_of_the_theme(model):
    before = "The council has two offices. "
    about = "Supervision of social workers is irregular and poorly recorded."
    after = " The building is old."
    tagging = model.tag([Passage(before + about + after, lead_in="Supervision is weak:")])
    start, end = tagging.carries[0, model.themes.index("supervision")]
    assert (before + about + after)[start:end] == about


def test_what_the_encoder_does_not_reach_is_judged_by_the_counts_alone(model):
    praise = "Foster carers are well trained, feel valued and get excellent support. "
    concern = "Waits for CAMHS are far too long."
    near, far = [Passage(praise * times + concern) for times in (2, 25)]
    column = model.themes.index("camhs")
    own, counted = (each.tag([near, far]) for each in (model, replace(model, encoder=None)))
    assert own.probability[0, column] != counted.probability[0, column]
    assert own.probability[1, column] == counted.probability[1, column]
    assert own.tagged[1, column] and own.stance[1, column] == counted.stance[1, column]


def test_nothing_to_read(model):
    assert model.tag([]).probability.shape == (0, len(model.themes))


def test_model_has_every_theme_of_the_codebook(model):
    assert model.themes == list(read_codebook())


def change_parts(folder, change):
    path = folder / MODEL_FILE
    parts = load_parts(path)
    change(parts)
    skops_io.dump(parts, path)


def change_card(folder, change):
    card = json.loads((folder / CARD_FILE).read_text())
    change(card)
    (folder / CARD_FILE).write_text(json.dumps(card))


DAMAGED = {
    "no threshold": (change_card, lambda card: card["thresholds"].pop("camhs")),
    "threshold of nothing": (change_card, lambda c: c["thresholds"].update(camhs=float("nan"))),
    "threshold of seven": (change_card, lambda c: c["thresholds"].update(camhs=7)),
    "judges as a list": (change_parts, lambda p: p.update(judges=list(p["judges"].values()))),
    "short lift": (change_parts, lambda p: p.update(lift=p["lift"][:2])),
    "endless lift": (change_parts, lambda p: p.update(lift=p["lift"] * np.nan)),
    "fewer words": (change_parts, lambda p: p.update(names=p["names"][:-1])),
    "words of another shape": (change_parts, lambda p: p.update(names=p["names"][None])),
    "encoder without a layer's norm": (change_parts, lambda p: p["encoder"].pop("0.narrow.norm")),
    "encoder without a pool": (change_parts, lambda p: p["encoder"].pop("stances")),
    "encoder of other themes": (
        change_parts,
        lambda p: p["encoder"].update(read_themes=p["encoder"]["read_themes"][:2]),
    ),
    "no stance reader": (change_parts, lambda p: p["stance_readers"].pop("sense")),
    "codebook themes unknown": (change_parts, lambda p: p.update(codebook_themes=["parking"])),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_damaged_models_are_refused_before_they_read_a_report(copy, name):
    damage, change = DAMAGED[name]
    damage(copy, change)
    with pytest.raises(ModelError, match="damaged"):
        load_model(copy)


def test_a_bomb_is_not_unpacked(copy, monkeypatch):
    monkeypatch.setattr("pipeline.tagging.model_file.MAX_MODEL_BYTES", 10_000)
    with pytest.raises(ModelError, match="too large"):
        load_model(copy)


def test_parts_missing(copy):
    (copy / CARD_FILE).unlink()
    with pytest.raises(ModelError, match="damaged"):
        load_model(copy)


def test_a_large_batch_is_read_as_a_small_one(model, monkeypatch):
    passages = [Passage(text) for text, _ in CLEAR]
    whole = model.tag(passages)
    monkeypatch.setattr("pipeline.tagging.model.PASSAGES_AT_ONCE", 4)
    parts = model.tag(passages)
    np.testing.assert_allclose(parts.probability, whole.probability, atol=1e-6)
    assert (parts.tagged == whole.tagged).all() and (parts.stance == whole.stance).all()
    assert (parts.carries == whole.carries).all()


@pytest.mark.parametrize(
    "unit",
    [
        "camhs threshold, early help ",
        "camhs; early help: ",
        " ",
        "a9",
        "camhs " + " " * 50,
        "_",
        ")",
        "$",
        "'s",
        "a:",
    ],
)
def test_time_grows_with_the_length_of_a_text_not_its_square(model, unit):
    """A page of a hostile PDF, or a loose text, can be one endless sentence."""
    # spaCy knows a word again that it has split before.
    number = itertools.count()

    def tag(size):
        half = unit * (size // len(unit) // 2)
        model.tag([Passage(f"Waits for CAMHS {half}{next(number)}{half}x")])
        model.tag([Passage(f"Waits for CAMHS {half}{next(number)}{half}")])

    assert growth(tag, 4_000, 16_000) < 10
