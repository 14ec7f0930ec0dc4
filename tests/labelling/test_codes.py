from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.base.codebook import read_codebook
from pipeline.base.errors import CorpusError
from pipeline.base.paths import CODES
from pipeline.labelling.codes import (
    CODES_COLUMNS,
    KEYS,
    read_codes,
    settle_codes,
    themes_without_codebook,
)
from pipeline.labelling.link import align_codes, fingerprint, link_codes, similarity

LONG = (
    "12. Supervision takes place every month and is written up within the week, but it seldom asks "
    "why a plan has drifted or what a child would notice, and so the same tasks come back each time."
)


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


def coding(*codes_, key="0"):
    rows = [(key * 12, key * 64, "A", coder, "", "random", code) for coder, code in codes_]
    return pd.DataFrame(rows, columns=[*CODES_COLUMNS, "camhs"])


SETTLED = [
    ([("x", "concern")], "concern"),
    ([("x", "concern"), ("y", "no")], ""),
    ([("x", "concern"), ("y", "no"), ("z", "no")], "no"),
    ([("x", "concern"), ("y", "mixed"), ("z", "no")], "mixed"),
    ([("x", "concern"), ("y", "concern"), ("z", "mixed")], "concern"),
    ([("x", "neutral"), ("y", "")], "neutral"),
    ([("x", ""), ("y", "")], ""),
]


@pytest.mark.parametrize(("said", "settled"), SETTLED)
def test_coders_are_settled_by_majority(said, settled):
    table = settle_codes(pd.concat([coding(*said), coding(("x", "no"), key="1")]))
    assert table["camhs"].tolist() == [settled, "no"]


def test_a_coder_who_contradicts_herself_is_named(tmp_path):
    path = tmp_path / "codes.csv"
    coding(("x", "concern"), ("y", "no"), ("x", "no")).to_csv(path, index=False)
    with pytest.raises(CorpusError, match=r"line 4: the same coder codes camhs .* line 2"):
        read_codes([path])


def test_a_coder_has_one_voice_however_many_rows():
    rows = coding(("x", "concern"), ("x", "concern"), ("y", "no"))
    assert settle_codes(rows)["camhs"].tolist() == [""]


def test_of_equally_common_stances_the_one_coded_later_counts():
    rows = coding(("x", "concern"), ("y", "mixed"))
    rows["coded_on"], rows["drawn"] = ["2026-03-02", "2026-03-01"], ["uncertain", "random"]
    settled = settle_codes(rows)
    assert settled["camhs"].tolist() == ["concern"] and settled["drawn"].tolist() == ["random"]


def test_a_coder_who_contradicts_herself_in_another_file_is_named(tmp_path):
    for name, code in (("a.csv", "concern"), ("b.csv", "no")):
        coding(("x", code)).to_csv(tmp_path / name, index=False)
    with pytest.raises(CorpusError, match=r"b\.csv, line 2: .* camhs .* otherwise in .*a\.csv, l"):
        read_codes([tmp_path / "a.csv", tmp_path / "b.csv"])


def test_a_document_has_one_authority_in_its_standard_spelling(tmp_path):
    rows = coding(("x", "no"), ("y", "no"), ("z", "no"))
    rows["authority"] = ["Devon County Council", "devon", "report.pdf"]
    rows.to_csv(tmp_path / "a.csv", index=False)
    assert read_codes([tmp_path / "a.csv"])["authority"].tolist() == ["Devon"] * 3


def test_misspelt_themes_are_told_and_others_are_named():
    rows = coding(("x", "no")).assign(housing="no")
    assert themes_without_codebook(rows, ["camhs"]) == ["housing"]
    for wrong in ("cahms", "CAMHS", "camhs "):
        with pytest.raises(CorpusError, match="no theme of the codebook"):
            themes_without_codebook(rows.rename(columns={"camhs": wrong}), ["camhs"])


def test_other_paragraphs_and_other_documents_do_not_link():
    other = "Children in care are in touch with the people who matter to them, wherever they live."
    assert similarity(fingerprint(LONG), fingerprint(other)) < 0.3
    linked, lost = link_codes(codes(LONG), paragraphs(other))
    assert linked.empty and len(lost) == 1
    linked, lost = link_codes(codes(LONG), paragraphs(LONG, doc_id="d2"))
    assert linked.empty and len(lost) == 1


def test_shipped_codes_are_sound():
    table = read_codes()
    assert set(read_codebook()) <= set(table.columns)
    assert table["doc_id"].str.fullmatch("[0-9a-f]{12}").all()
    assert table["fingerprint"].str.fullmatch("[0-9a-f]{64}").all()


HEADER = "doc_id,fingerprint,authority,coder,coded_on,drawn,camhs"
D, F = "0" * 12, "0" * 64


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("doc_id,fingerprint\nx,y\n", "lacks the columns"),
        ("", "lacks the columns"),
        (f"{HEADER},camhs\n", "two named 'camhs'"),
        (f"{HEADER}\n{D},{F},c,d,,f,no\n\n,,,,,,\n{D},{F},c,d,,f,no,\n", "line 5: it has 8"),
        (f"{HEADER}\n{D},{F},c,d,,f\n", "line 2: it has 6 fields, not 7"),
        (f"{HEADER}\n{D},{F},c,d,21/11/26,f,no\n", "line 2: coded_on is '21/11/26'"),
        (
            f"{HEADER}\n{D},{F},c,d,,f,no\n{D},{F},c,d,,f,bad\n",
            "line 3: camhs is 'bad'",
        ),
        (f"{HEADER}\n1.23E+11,{F},c,d,,f,no\n", "line 2: doc_id is '1.23E.11'"),
        (f"{HEADER}\n{D},{F[:-1]},c,d,,f,no\n", "line 2: fingerprint"),
    ],
)
def test_faults_are_named_with_their_line(tmp_path, text, reason):
    path = tmp_path / "codes.csv"
    path.write_text(text)
    with pytest.raises(CorpusError, match=reason):
        read_codes([path])


def test_every_code_of_the_real_reports_links_again(shared):
    from pipeline.documents.read_document import read_document

    table = read_codes()
    file = "corpus/seeds/medway-cabinet-update-2013.txt"
    document, paragraphs = read_document((shared / file).read_bytes(), file)
    own = table[table["doc_id"] == document["doc_id"]]
    linked, _ = link_codes(own, paragraphs.to_pandas())
    assert len(own) > 40 and len(linked) >= 0.98 * len(own)
