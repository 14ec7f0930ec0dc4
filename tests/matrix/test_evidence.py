"""Evidence: the paragraphs behind each cell, sorted in memory or on disk alike."""

from __future__ import annotations

import pandas as pd
import pytest
from factories import documents_table, tags_table
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.matrix import evidence as module
from pipeline.matrix.cells import NOT_ESTABLISHED, build_cells
from pipeline.matrix.evidence import (
    EVIDENCE,
    EvidenceStore,
    at_places,
    by_cell,
    collect_evidence,
    collect_untagged,
    in_corpus_order,
    sort_by_cell,
)


def paragraphs_table(*ids):
    return pd.DataFrame(
        {
            "paragraph_id": pd.Series(ids, dtype=object),
            "doc_id": pd.Series([i.split(":")[0] for i in ids], dtype=object),
            "source_file": "x.pdf",
            "page": pd.array([1] * len(ids), dtype="Int64"),
            "pages": "",
            "heading": "",
            "lead_in": "",
            "text": [f"Text of {i}." for i in ids],
        }
    )


def test_untagged_are_those_that_were_read_and_have_no_theme():
    paragraphs = paragraphs_table("a:1", "a:2", "a:3", "b:1")
    tags = pd.DataFrame(
        [("a:1", "camhs", True), ("a:1", "supervision", False), ("b:1", "camhs", False),
         ("a:2", "camhs", False)],
        columns=["paragraph_id", "theme", "tagged"],
    )  # fmt: skip
    assert collect_untagged(tags, paragraphs)["paragraph_id"].tolist() == ["a:2", "b:1"]


def test_evidence_is_sorted_and_whole():
    paragraphs = pd.DataFrame(
        {
            "paragraph_id": ["a:1", "a:2"],
            "doc_id": "a",
            "source_file": "a.pdf",
            "page": 1,
            "pages": "",
            "heading": "h",
            "lead_in": "",
            "text": ["one", "two"],
        }
    )
    table = tags_table(
        ("a:1", "a", "camhs", True, "mixed"),
        ("a:2", "a", "camhs", True, "mixed"),
        ("a:2", "a", "early_help", False, ""),
    ).assign(probability=[0.6, 0.9, 0.1], carries_from=pd.NA, carries_to=pd.NA)
    evidence = sort_by_cell(collect_evidence(table, paragraphs, documents_table(("a", "Kent", 2))))
    assert list(evidence.columns) == EVIDENCE
    assert evidence["text"].tolist() == ["two", "one"]
    assert evidence["carries_from"].isna().all()


def test_only_what_is_tagged_is_evidence_and_no_authority_is_said_so():
    table = tags_table(("a:1", "a", "camhs", True, "mixed"), ("a:1", "a", "early_help", False, ""))
    table = table.assign(probability=0.61237, carries_from=0, carries_to=4)
    found = collect_evidence(table, paragraphs_table("a:1"), documents_table(("a", "", 1)))
    (row,) = found.to_dict("records")
    assert (row["authority"], row["theme"], row["probability"]) == (
        NOT_ESTABLISHED,
        "camhs",
        0.612,
    )
    assert (row["source_file"], row["text"], row["carries_to"]) == ("a.pdf", "Text of a:1.", 4)


def test_the_page_is_that_of_the_sentence():
    table = tags_table(
        ("a:1", "a", "camhs", True, "mixed"),
        ("a:1", "a", "early_help", True, "mixed"),
        ("a:2", "a", "camhs", True, "mixed"),
    ).assign(probability=0.9, carries_from=pd.array([20, 3, None], dtype="Int64"), carries_to=30)
    paragraphs = paragraphs_table("a:1", "a:2").assign(pages=["0:4 20:6", "0:1 9:2"])
    documents = documents_table(("a", "Kent", 2)).assign(url="https://a.example/a.pdf")
    found = collect_evidence(table, paragraphs, documents)
    assert found["page"].tolist() == [6, 4, 1]
    assert found["url"].tolist() == [f"https://a.example/a.pdf#page={n}" for n in (6, 4, 1)]
    other = at_places(found, pd.Series([0, 25, 9], index=found.index))
    assert other["page"].tolist() == [4, 6, 2] and other["url"][1].endswith("pdf#page=6")
    assert collect_evidence(table, paragraphs, documents.assign(url=""))["url"].eq("").all()
    # A web page has no pages, and an address may lead to a place in it.
    web = documents.assign(url="https://a.example/a#findings", n_pages=pd.NA)
    assert collect_evidence(table, paragraphs, web)["url"].unique().tolist() == list(web["url"])


THEMES = ("camhs", "early_help")


def corpus(flags):
    """Tags, paragraphs and documents, in which paragraph n of a document has the themes flagged."""
    rows = [
        (f"{doc}:{n}", doc, theme, tagged, "mixed" if tagged else "")
        for n, (doc, *own) in enumerate(sorted(flags))
        for theme, tagged in zip(THEMES, own, strict=True)
    ]
    tags = tags_table(*rows).assign(carries_from=0, carries_to=4)
    tags["probability"] = [(n * 7 % 10) / 10 for n in range(len(tags))]
    sizes = [(doc, f"A{ord(doc) % 2}", sum(f[0] == doc for f in flags)) for doc in "abc"]
    paragraphs = paragraphs_table(*dict.fromkeys(row[0] for row in rows))
    return tags, paragraphs, documents_table(*sizes)


@settings(max_examples=15, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.booleans(), st.booleans()), max_size=15),
    st.sampled_from([1, 3, 1_000]),
)
def test_evidence_that_is_sorted_on_disk_is_the_evidence_sorted(tmp_path_factory, flags, at_once):
    folder = tmp_path_factory.mktemp("out")
    tags, paragraphs, documents = corpus(flags)
    parts = [collect_evidence(tags[tags["doc_id"] == doc], paragraphs, documents) for doc in "abc"]
    whole = pd.concat(parts, ignore_index=True)
    with pytest.MonkeyPatch.context() as patch, EvidenceStore(folder) as store:
        patch.setattr(module, "SORTED_AT_ONCE", at_once)
        patch.setattr(module, "MAX_FILES", 2)
        for part in parts:
            store.add(part)
        place = store.close()
        as_added = list(in_corpus_order(place))
        sorted_parts = list(by_cell(place, build_cells(tags, documents)))
    assert [len(part) for part in as_added if len(part)] == [
        len(part) for part in parts if len(part)
    ]
    ids = ["authority", "theme", "probability", "paragraph_id", "text"]
    for got, expected in ((as_added, whole), (sorted_parts, sort_by_cell(whole))):
        got = [row for part in got for row in part[ids].itertuples(index=False, name=None)]
        assert got == list(expected[ids].itertuples(index=False, name=None))
    # Each cell is in one bit, and the bits go when it is done.
    cells = [set(zip(part["authority"], part["theme"], strict=True)) for part in sorted_parts]
    assert sum(map(len, cells)) == len(set().union(*cells))
    assert list(folder.iterdir()) == []


def test_what_fails_half_way_leaves_nothing_behind(tmp_path):
    with pytest.raises(RuntimeError), EvidenceStore(tmp_path):
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []
