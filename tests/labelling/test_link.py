"""Links: codes find their paragraphs by fingerprint, also after another extraction."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.base.paths import CODES
from pipeline.labelling.codes import KEYS, read_codes
from pipeline.labelling.link import (
    LINKED_COLUMNS,
    MIN_SIMILARITY,
    _values,
    align_codes,
    fingerprint,
    link_codes,
)

LONG = (
    "12. Supervision takes place every month and is written up within the week, but it seldom asks "
    "why a plan has drifted or what a child would notice, and so the same tasks come back each time."
)


def similarity(one: str, other: str) -> float:
    """Share of three-word runs in common, as two fingerprints estimate it."""
    return float((_values(one) == _values(other)).mean())


def paragraphs(*texts, doc_id="d1"):
    return pd.DataFrame(
        {
            "paragraph_id": [f"{doc_id}:{n:04d}" for n in range(len(texts))],
            "doc_id": doc_id,
            "kind": "paragraph",
            "boilerplate": False,
            "heading": "",
            "lead_in": "",
            "text": texts,
        }
    )


def codes(*texts, doc_id="d1", coder="x"):
    return pd.DataFrame(
        {
            "doc_id": doc_id,
            "fingerprint": [fingerprint(t) for t in texts],
            "coder": coder,
            "supervision": "concern",
        }
    )


@settings(deadline=None)
@given(st.text(max_size=80))
def test_fingerprint_holds_no_words_and_is_stable(text):
    assert fingerprint(text) == fingerprint(text.upper().lower() if text.isascii() else text)
    assert len(fingerprint(text)) == 64


SHIFTS = [
    LONG.removeprefix("12. "),
    LONG.replace("-", "").upper(),
    LONG[:-40],
    "It is so. " + LONG,
    LONG.replace("within the week", "within the\nweek"),
]


@pytest.mark.parametrize("shifted", SHIFTS)
def test_codes_survive_a_shift(shifted):
    other = "Children in care are in touch with the people who matter to them, wherever they live."
    linked, lost = link_codes(codes(LONG), paragraphs(other, shifted))
    assert linked["paragraph_id"].tolist() == ["d1:0001"] and lost.empty


def test_the_same_words_are_one_paragraph_whoever_codes_them():
    linked, _ = link_codes(
        codes(LONG, LONG), paragraphs(LONG, "Something else stands here.", LONG)
    )
    assert linked["paragraph_id"].tolist() == ["d1:0000", "d1:0000"]


def test_no_paragraph_is_given_to_two_codes():
    half = LONG[len(LONG) // 3 :]
    linked, lost = link_codes(codes(half, LONG), paragraphs(LONG))
    assert linked["fingerprint"].tolist() == [fingerprint(LONG)] and len(lost) == 1


def test_two_coders_of_two_extractions_code_the_same_paragraph():
    shifted = LONG.removeprefix("12. Supervision takes ")
    both = pd.concat([codes(LONG), codes(shifted, coder="y")])
    linked, lost = link_codes(both, paragraphs("Something else stands here.", shifted))
    assert linked["paragraph_id"].tolist() == ["d1:0001"] * 2 and lost.empty
    assert linked["fingerprint"].tolist() == [fingerprint(LONG)] * 2


def alike(share):
    """A print of which this share (of 16 parts) is that of `1111...`."""
    return "1111" * share + "".join(f"{n:04x}" for n in range(share, 16))


def test_an_exact_match_is_not_given_up_for_a_better_sum():
    own = pd.DataFrame({"doc_id": "d", "fingerprint": [alike(16), alike(9)], "coder": "x"})
    far = alike(16)[: 4 * 7] + "abcd" * 9
    aligned = align_codes(own, [("d", alike(16)), ("d", far)])
    assert aligned["fingerprint"].tolist() == [alike(16), alike(9)]


def test_one_coders_two_paragraphs_are_not_given_to_one():
    own = pd.DataFrame(
        {"doc_id": "d", "fingerprint": [alike(16), alike(9), alike(12)], "coder": ["a", "b", "b"]}
    )
    aligned = align_codes(own, [("d", alike(16))])
    assert aligned["fingerprint"].tolist() == [alike(16), alike(9), alike(16)]


def test_codes_are_aligned_to_the_prints_that_are_known():
    other = "Children in care are in touch with the people who matter to them, wherever they live."
    aligned = align_codes(codes(LONG[:-40], other), [("d1", fingerprint(LONG)), ("d2", "0" * 64)])
    assert aligned["fingerprint"].tolist() == [fingerprint(LONG), fingerprint(other)]
    pd.testing.assert_frame_equal(align_codes(codes(LONG), []), codes(LONG))


def test_every_sample_paragraph_links_again_after_a_shift(sample_run):
    table = pd.read_parquet(sample_run / "paragraphs.parquet")
    shifted = table.assign(text=table["text"].str.split().str[1:].str.join(" "))
    own = read_codes([CODES / "sample.csv"])
    before, after = (
        link_codes(own, rows)[0].set_index(KEYS)["paragraph_id"] for rows in (table, shifted)
    )
    assert len(before) == len(own)
    same = after.reindex(before.index) == before
    assert same.mean() >= 0.98


def test_a_paragraph_that_counts_is_preferred():
    table = paragraphs(LONG, LONG)
    table["kind"] = ["heading", "paragraph"]
    linked, _ = link_codes(codes(LONG), table)
    assert linked["paragraph_id"].tolist() == ["d1:0001"]


def test_other_paragraphs_and_other_documents_do_not_link():
    other = "Children in care are in touch with the people who matter to them, wherever they live."
    assert similarity(fingerprint(LONG), fingerprint(other)) < 0.3
    linked, lost = link_codes(codes(LONG), paragraphs(other))
    assert linked.empty and len(lost) == 1
    linked, lost = link_codes(codes(LONG), paragraphs(LONG, doc_id="d2"))
    assert linked.empty and len(lost) == 1


def test_every_code_of_the_real_reports_links_again(shared):
    from pipeline.documents.read_document import read_document

    table = read_codes()
    file = "corpus/seeds/medway-cabinet-update-2013.txt"
    document, paragraphs, _ = read_document((shared / file).read_bytes(), file)
    own = table[table["doc_id"] == document["doc_id"]]
    linked, _ = link_codes(own, paragraphs.to_pandas())
    assert len(own) > 40 and len(linked) >= 0.98 * len(own)


def test_linked_codes_stand_beside_what_they_are_about():
    table = paragraphs("Something else stands here.", LONG)
    linked, lost = link_codes(
        codes(LONG, "Nobody wrote this down, whoever may say they did."), table
    )
    assert list(linked.columns) == [
        "doc_id",
        "fingerprint",
        "coder",
        "supervision",
        *LINKED_COLUMNS,
    ]
    assert linked["text"].tolist() == [LONG] and linked["supervision"].tolist() == ["concern"]
    assert list(lost.columns) == ["doc_id", "fingerprint", "coder", "supervision"]


WORDS = st.lists(
    st.sampled_from(["plans", "visits", "help", "care", "early", "timely", "clear", "calm"]),
    min_size=1,
    max_size=30,
)


@settings(deadline=None)
@given(WORDS, WORDS)
def test_likeness_is_a_share_and_goes_both_ways(one, other):
    first, second = (fingerprint(" ".join(words)) for words in (one, other))
    assert similarity(first, first) == 1
    assert 0 <= similarity(first, second) == similarity(second, first) <= 1


@pytest.mark.parametrize("n_common", [10, 50, 90])
def test_likeness_estimates_the_share_of_runs_in_common(n_common):
    """Of 100 runs of three words some are in both texts; 16 hashes err by a tenth or so."""
    words = [f"{a}{b}" for a in "abcdefghijklmnop" for b in "qrstuvwxyz"]
    common, rest = words[: n_common + 2], words[: 100 - n_common]
    estimates = []
    for trial in "abcdefghijkl":
        one, other = (
            fingerprint(" ".join(common + [f"{text}{trial}{word}" for word in rest]))
            for text in ("one", "other")
        )
        estimates.append(similarity(one, other))
    runs = n_common + 2 * (100 - n_common)
    assert sum(estimates) / len(estimates) == pytest.approx(n_common / runs, abs=0.12)


def test_what_is_too_little_alike_is_nothing():
    half = " ".join(LONG.split()[: len(LONG.split()) // 3])
    assert similarity(fingerprint(LONG), fingerprint(half)) < MIN_SIMILARITY
    linked, lost = link_codes(codes(half), paragraphs(LONG))
    assert linked.empty and len(lost) == 1
