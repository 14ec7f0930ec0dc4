from __future__ import annotations

import pandas as pd
import pytest
from factories import documents_table, tags_table

from pipeline.labelling.agreement import measure_agreement
from pipeline.labelling.link import fingerprint
from pipeline.matrix.cells import NOT_ESTABLISHED
from pipeline.validation.verdicts import (
    VERDICTS,
    answers_of,
    collect_verdicts,
    pair_coders,
    pair_with_model,
)

WORDS = ("lamp", "rope", "sail", "tide")
TEXTS = {f"a:{n}": f"The {word} team wrote about every {word}." for n, word in enumerate(WORDS)}


def collect(*said: tuple[str, str, str], clear=60, tagged=4):
    """Verdicts on two clear and two tagged paragraphs, of what is said: (coder, id, CAMHS)."""
    sample = pd.DataFrame(
        [
            ("a:0", "a", "inspection", "clear", clear),
            ("a:1", "a", "inspection", "clear", clear),
            ("a:2", "a", "inspection", "tagged camhs", tagged),
            ("a:3", "a", "inspection", "tagged camhs", tagged),
        ],
        columns=["paragraph_id", "doc_id", "kind", "stratum", "n_in_stratum"],
    )
    codes = pd.DataFrame(
        [("a", fingerprint(TEXTS[id_]), "Ambleford", who, "", "validation", code) for who, id_, code in said],
        columns=["doc_id", "fingerprint", "authority", "coder", "coded_on", "drawn", "camhs"],
    )  # fmt: skip
    paragraphs = pd.DataFrame({"paragraph_id": list(TEXTS), "text": list(TEXTS.values())})
    tags = tags_table(
        *[(id_, "a", "camhs", id_ > "a:1", "concern" if id_ > "a:1" else "") for id_ in TEXTS]
    )
    strata = pd.DataFrame({"kind": ["inspection"] * (clear + tagged)})
    return collect_verdicts(
        sample, codes, paragraphs, tags, documents_table(("a", "", 64)), strata
    )


def test_each_coded_paragraph_stands_for_its_part_of_the_stratum():
    table = collect(("Anna", "a:0", "no"), ("Anna", "a:1", "concern"), ("Anna", "a:2", "mixed"))
    assert list(table.columns) == VERDICTS
    assert table["weight"].tolist() == [30, 30, 4]
    assert set(table["authority"]) == {NOT_ESTABLISHED}
    assert table["tagged"].tolist() == [False, False, True]


def test_what_is_not_coded_is_missing_and_not_no():
    table = collect(("Anna", "a:0", "no"), ("Anna", "a:1", ""), ("Anna", "a:3", "concern"))
    assert table[["paragraph_id", "weight"]].to_numpy().tolist() == [["a:0", 60], ["a:3", 4]]


def test_a_stratum_without_codes_is_shared_among_the_others():
    assert collect(("Anna", "a:0", "no"))["weight"].tolist() == [64]


def test_two_coders_of_a_paragraph_are_one_answer():
    table = collect(("Anna", "a:2", "mixed"), ("Ben", "a:2", "no"), ("Ben", "a:3", "concern"))
    assert table["weight"].tolist() == [32, 32, 32]
    answers = answers_of(table)
    assert answers[["paragraph_id", "yes"]].to_numpy().tolist() == [["a:2", 0.5], ["a:3", 1.0]]
    assert answers["weight"].sum() == 64


def test_coders_and_model_are_put_side_by_side():
    table = collect(("Anna", "a:2", "mixed"), ("Ben", "a:2", "no"), ("Anna", "a:0", "no"))
    pairs = pair_coders(table, "Anna", "Ben")
    assert pairs[["first", "second"]].to_numpy().tolist() == [["mixed", "no"]]
    pairs = pair_with_model(table, "Anna")
    assert pairs.sort_values("paragraph_id")[["first", "second"]].to_numpy().tolist() == [
        ["no", "no"],
        ["mixed", "concern"],
    ]
    assert measure_agreement(pairs)["percent_agreement"].tolist() == [1.0]
    assert measure_agreement(pairs)["stance_agreement"].tolist() == [0.0]


def test_a_coder_who_coded_less_stands_for_as_much():
    said = [("Anna", f"a:{n}", "no") for n in range(4)]
    pairs = pair_with_model(collect(*said, ("Ben", "a:0", "no"), ("Ben", "a:3", "no")), "Ben")
    assert pairs.set_index("paragraph_id")["weight"].to_dict() == {"a:0": 60, "a:3": 4}


def test_a_theme_that_was_not_asked_for_is_left_out():
    table = collect(("Anna", "a:0", "no"))
    assert table["theme"].unique().tolist() == ["camhs"]
    with pytest.raises(KeyError):
        table["supervision"]
