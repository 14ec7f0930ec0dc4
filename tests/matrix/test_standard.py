"""Standard paragraphs: found by the authorities they are about, and not counted."""

from __future__ import annotations

import tracemalloc

import pandas as pd
from factories import documents_table, tags_table

from pipeline.base.columns import STANDARD
from pipeline.matrix.cells import count_by_document
from pipeline.matrix.standard import LEAST_AUTHORITIES, StandardFinder, find_standard

METHOD = "We spoke to children, carers and staff, and read a sample of files."
OWN = "In {name}, waits for therapy are long."


def found_in(*reports):
    """The table `standard` of reports as (doc_id, authority, its paragraphs)."""
    documents = pd.DataFrame([r[:2] for r in reports], columns=["doc_id", "authority"])
    rows = [
        (f"{doc_id}:{n}", doc_id, "heading" if text.startswith("#") else "paragraph", False, text)
        for doc_id, _, texts in reports
        for n, text in enumerate(texts)
    ]
    columns = ["paragraph_id", "doc_id", "kind", "boilerplate", "text"]
    paragraphs = pd.DataFrame(rows, columns=columns)
    table = find_standard(paragraphs, documents)
    assert list(table.columns) == STANDARD
    return table


def reports_of(names, text=METHOD):
    return [(f"d{n}", name, (text, OWN.format(name=name))) for n, name in enumerate(names)]


NAMES = ["Marlowshire", "Fenmarch", "Saltwick", "Thornwick", "Port Hallam"]


def test_what_is_said_of_enough_authorities_is_standard():
    assert len(NAMES) == LEAST_AUTHORITIES
    table = found_in(*reports_of(NAMES))
    assert table["paragraph_id"].tolist() == [f"d{n}:0" for n in range(5)]
    assert set(table["n_authorities"]) == {5} and set(table["n_words"]) == {len(METHOD.split())}


def test_case_and_punctuation_do_not_matter():
    shouted = ("d9", "Eastmere", (METHOD.upper().replace(",", " -"),))
    assert len(found_in(*reports_of(NAMES[:4]), shouted)) == 5


def test_few_authorities_are_too_few():
    assert found_in(*reports_of(NAMES[:4])).empty


def test_many_reports_about_one_authority_are_one():
    """A copy in another folder, or letters that follow each other, make nothing standard."""
    assert found_in(*reports_of(NAMES[:1] * 9)).empty
    assert found_in(*reports_of(NAMES[:4] * 3)).empty
    assert found_in(*reports_of(["", *NAMES[:4]])).empty


def test_a_document_may_be_learnt_in_parts():
    finder = StandardFinder()
    documents = pd.DataFrame([("d1", "Kent")], columns=["doc_id", "authority"])
    rows = [(f"d1:{n}", "d1", "paragraph", False, text) for n, text in enumerate([METHOD, OWN])]
    columns = ["paragraph_id", "doc_id", "kind", "boilerplate", "text"]
    paragraphs = pd.DataFrame(rows, columns=columns)
    for part in (paragraphs[:1], paragraphs[1:]):
        finder.learn(part, documents)
    assert finder.find(paragraphs).empty


def test_no_more_than_a_hash_of_each_paragraph_is_held():
    finder = StandardFinder()
    documents = pd.DataFrame([("d1", "Kent")], columns=["doc_id", "authority"])
    rows = [(f"d1:{n}", "d1", "paragraph", False, f"{METHOD} {n}") for n in range(500)]
    columns = ["paragraph_id", "doc_id", "kind", "boilerplate", "text"]
    tracemalloc.start()
    try:
        finder.learn(pd.DataFrame(rows, columns=columns), documents)
        del rows
        held = sum(
            stat.size
            for stat in tracemalloc.take_snapshot().statistics("filename")
            if stat.traceback[0].filename.endswith("standard.py")
        )
    finally:
        tracemalloc.stop()
    assert held < 500 * 20


def test_headings_do_not_count():
    assert found_in(*reports_of(NAMES, "# What needs to improve")).empty


def test_standard_paragraphs_are_not_counted():
    documents = documents_table(("d1", "Kent", 3), ("d2", "Kent", 2))
    tags = tags_table(
        ("d1:0", "d1", "camhs", True, "concern"),
        ("d1:1", "d1", "camhs", True, "strength"),
        ("d1:2", "d1", "camhs", False, ""),
        ("d2:0", "d2", "camhs", True, "concern"),
        ("d2:1", "d2", "camhs", False, ""),
    )
    standard = pd.DataFrame([("d1:0", "d1", 7, 12)], columns=STANDARD)
    plain, counted = (count_by_document(tags, documents, s) for s in (None, standard))
    names = ["n_paragraphs", "n_tagged", "n_concern", "n_strength"]
    assert plain[names].to_numpy().tolist() == [[3, 2, 1, 1], [2, 1, 1, 0]]
    assert counted[names].to_numpy().tolist() == [[2, 1, 0, 1], [2, 1, 1, 0]]
    assert (plain["n_words"] - counted["n_words"]).tolist() == [12, 0]
