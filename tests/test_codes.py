from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.codebook import read_codebook
from pipeline.codes import fingerprint, link_codes, read_codes, similarity
from pipeline.errors import CorpusError

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


def codes(*texts, doc_id="d1"):
    return pd.DataFrame(
        {
            "doc_id": doc_id,
            "fingerprint": [fingerprint(t) for t in texts],
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


def test_same_words_twice_get_a_code_each():
    linked, _ = link_codes(
        codes(LONG, LONG), paragraphs(LONG, "Something else stands here.", LONG)
    )
    assert linked["paragraph_id"].tolist() == ["d1:0000", "d1:0002"]


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


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("doc_id,fingerprint\nx,y\n", "lacks the columns"),
        (
            "doc_id,fingerprint,authority,coder,coded_on,drawn,camhs\na,b,c,d,e,f,no\na,b,c,d,e,f,bad\n",
            "line 3: camhs is 'bad'",
        ),
    ],
)
def test_faults_are_named_with_their_line(tmp_path, text, reason):
    path = tmp_path / "codes.csv"
    path.write_text(text)
    with pytest.raises(CorpusError, match=reason):
        read_codes([path])


def test_every_code_of_the_real_reports_links_again(shared):
    from pipeline.document import read_document

    table = read_codes()
    file = "corpus/seeds/medway-cabinet-update-2013.txt"
    document, rows = read_document((shared / file).read_bytes(), file)
    own = table[table["doc_id"] == document["doc_id"]]
    linked, _ = link_codes(own, pd.DataFrame(rows))
    assert len(own) > 40 and len(linked) >= 0.98 * len(own)
