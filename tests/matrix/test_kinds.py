from __future__ import annotations

import pandas as pd

from pipeline.base.columns import KINDS
from pipeline.matrix.kinds import NOT_CORRECTED, build_kinds

DOCUMENTS = pd.DataFrame(
    [
        ("s1", "scrutiny report", 30, 0.0, True),
        ("i1", "inspection", 60, 0.7, False),
        ("i2", "inspection", 70, 0.5, False),
        ("v1", "focused visit", 20, None, False),
    ],
    columns=["doc_id", "document_type", "n_paragraphs", "familiarity", "unfamiliar"],
)
CARD = {
    "kinds": {
        "inspection": {"n_paragraphs": 1200, "n_documents": 80, "errors": {}},
        "focused visit": {"n_paragraphs": 26, "n_documents": 1, "errors": {}},
        "peer review": {"n_paragraphs": 274, "n_documents": 1, "errors": {}},
    }
}


def test_each_kind_of_the_run_is_validated_or_not():
    table = build_kinds(DOCUMENTS, CARD)
    assert list(table.columns) == KINDS
    assert table[KINDS[:5]].to_numpy().tolist() == [
        ["inspection", 2, 130, 1200, True],
        ["focused visit", 1, 20, 26, False],
        ["scrutiny report", 1, 30, 0, False],
    ]
    said = table.set_index("kind")["note"]
    assert said["inspection"].startswith("1,200 paragraphs of 80 documents")
    assert said["focused visit"].startswith("Only 26 paragraphs of 1 document of")
    assert "300 from 10 documents are needed" in said["focused visit"]
    assert said.str.contains(NOT_CORRECTED, regex=False).to_dict() == {
        "inspection": False, "focused visit": True, "scrutiny report": True,
    }  # fmt: skip


def test_each_kind_is_familiar_or_not():
    table = build_kinds(DOCUMENTS, CARD).set_index("kind")
    assert table["familiarity"].round(2).fillna(-1).to_dict() == {
        "inspection": 0.6, "focused visit": -1, "scrutiny report": 0,
    }  # fmt: skip
    assert table.index[table["unfamiliar"]].tolist() == ["scrutiny report"]
    assert "The document is unlike those" in table.loc["scrutiny report", "note"]
    # One strange report among many is no strange kind.
    many = pd.concat([DOCUMENTS[1:2]] * 9 + [DOCUMENTS[:1].assign(document_type="inspection")])
    assert not build_kinds(many, CARD)["unfamiliar"].any()
    two = build_kinds(many.tail(3), CARD)
    assert two["unfamiliar"].all() and "1 of 3 documents are unlike" in two["note"][0]


def test_an_older_card_has_validated_nothing():
    assert not build_kinds(DOCUMENTS, {})["validated"].any()
    assert build_kinds(DOCUMENTS.head(0), CARD).empty
