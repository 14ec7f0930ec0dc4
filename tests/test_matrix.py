from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import TableError
from pipeline.matrix import NOT_ESTABLISHED, build_cells, build_evidence, pivot_matrix
from pipeline.records import CELLS

THEMES = ("camhs", "early_help")


def documents(*rows):
    return pd.DataFrame(rows, columns=["doc_id", "authority", "n_paragraphs"])


def tags(*rows):
    table = pd.DataFrame(rows, columns=["paragraph_id", "doc_id", "theme", "tagged", "stance"])
    return table.assign(probability=0.5, model_id="m").astype({"tagged": bool})


def test_cells_count_every_pair():
    cells = build_cells(
        tags(
            ("a:1", "a", "camhs", True, "concern"),
            ("a:1", "a", "early_help", False, ""),
            ("a:2", "a", "camhs", True, "strength"),
            ("a:2", "a", "early_help", False, ""),
            ("b:1", "b", "camhs", False, ""),
            ("b:1", "b", "early_help", True, "neutral"),
        ),
        documents(("a", "Kent", 4), ("b", "", 1), ("c", "Kent", 0)),
    )
    assert list(cells.columns) == CELLS
    assert cells[
        ["authority", "theme", "n_documents", "n_paragraphs", "n_tagged", "share"]
    ].to_csv(index=False).splitlines() == [
        "authority,theme,n_documents,n_paragraphs,n_tagged,share",
        f"{NOT_ESTABLISHED},camhs,1,1,0,0.0",
        f"{NOT_ESTABLISHED},early_help,1,1,1,1.0",
        "Kent,camhs,2,4,2,0.5",
        "Kent,early_help,2,4,0,0.0",
    ]
    assert cells.loc[2, ["n_strength", "n_concern", "n_mixed", "n_neutral"]].tolist() == [
        1,
        1,
        0,
        0,
    ]
    wide = pivot_matrix(cells)
    assert wide.columns.tolist() == ["authority", "n_documents", "n_paragraphs", *THEMES]
    assert wide["camhs"].tolist() == [0.0, 0.5]


def test_authority_without_a_counted_paragraph_has_a_row_of_zeros():
    cells = build_cells(
        tags(("a:1", "a", "camhs", True, "mixed")), documents(("a", "Kent", 1), ("b", "Leeds", 0))
    )
    assert cells.set_index("authority").loc["Leeds", "share"] == 0.0


def test_tags_of_unknown_documents_are_refused():
    with pytest.raises(TableError, match="without a document"):
        build_cells(tags(("x:1", "x", "camhs", True, "mixed")), documents(("a", "Kent", 1)))


@given(st.lists(st.tuples(st.sampled_from("abc"), st.booleans(), st.booleans()), max_size=30))
def test_counts_reconcile(rows):
    table = tags(
        *(
            (f"{doc}:{n}", doc, theme, tagged, "mixed" if tagged else "")
            for n, (doc, *flags) in enumerate(rows)
            for theme, tagged in zip(THEMES, flags, strict=True)
        )
    )
    sizes = [(doc, f"A{doc}", sum(r[0] == doc for r in rows)) for doc in "abc"]
    if table.empty:
        return
    before = table.copy()
    cells = build_cells(table, documents(*sizes))
    assert cells["n_tagged"].sum() == table["tagged"].sum()
    assert cells["share"].between(0, 1).all()
    assert (cells["n_mixed"] == cells["n_tagged"]).all()
    pd.testing.assert_frame_equal(table, before)


def test_evidence_is_sorted_and_whole():
    paragraphs = pd.DataFrame(
        {
            "paragraph_id": ["a:1", "a:2"],
            "doc_id": "a",
            "source_file": "a.pdf",
            "page": 1,
            "heading": "h",
            "lead_in": "",
            "text": ["one", "two"],
        }
    )
    table = tags(
        ("a:1", "a", "camhs", True, "mixed"),
        ("a:2", "a", "camhs", True, "mixed"),
        ("a:2", "a", "early_help", False, ""),
    ).assign(probability=[0.6, 0.9, 0.1])
    described = documents(("a", "Kent", 2)).assign(published_on=None)
    evidence = build_evidence(table, paragraphs, described)
    assert evidence["text"].tolist() == ["two", "one"]
