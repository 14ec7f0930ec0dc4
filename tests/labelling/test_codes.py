from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.base.codebook import read_codebook
from pipeline.base.errors import CorpusError, LabelError
from pipeline.labelling.codes import (
    CODE_VALUES,
    CODES_COLUMNS,
    CONSENSUS,
    PROBABILITY,
    RESERVED,
    check_coder,
    check_theme_names,
    contradictions,
    draws_of,
    read_codes,
    settle_codes,
    themes_of,
)


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


def test_a_space_at_the_end_of_a_field_makes_no_other_coder(tmp_path):
    path = tmp_path / "codes.csv"
    rows = pd.concat([coding(("x ", "concern ")), coding(("x", "concern"), key="1")])
    rows.assign(drawn=["random ", "random"]).to_csv(path, index=False)
    codes = read_codes([path])
    assert set(codes["coder"]) == {"x"} and set(codes["drawn"]) == {"random"}
    assert codes["camhs"].tolist() == ["concern"] * 2


@pytest.mark.parametrize("name", [*RESERVED, " consensus", "Consensus", "MODEL "])
def test_nobody_is_called_what_stands_for_others(name):
    with pytest.raises(LabelError, match=f"cannot be called {name.strip()!r}"):
        check_coder(name)


def test_other_names_may_have_those_words_in_them():
    for name in ("", "A. Model", "language-model", "Consensus panel"):
        check_coder(name)


def test_a_coder_has_one_voice_however_many_rows():
    rows = coding(("x", "concern"), ("x", "concern"), ("y", "no"))
    assert settle_codes(rows)["camhs"].tolist() == [""]


def test_of_equally_common_stances_the_one_coded_later_counts():
    rows = coding(("x", "concern"), ("y", "mixed"))
    rows["coded_on"], rows["drawn"] = ["2026-03-02", "2026-03-01"], ["uncertain", "random"]
    settled = settle_codes(rows)
    assert settled["camhs"].tolist() == ["concern"] and settled["drawn"].tolist() == ["random"]


def drawn(*rows):
    """Settled codes of one paragraph by rows: coder, day, drawn, probability, camhs, ferries."""
    names = ["coder", "coded_on", "drawn", PROBABILITY, "camhs", "ferries"]
    about = {"doc_id": "0" * 12, "fingerprint": "0" * 64, "authority": "A"}
    return settle_codes(pd.DataFrame([about | dict(zip(names, r, strict=True)) for r in rows]))


DRAWN = {
    "by a consensus of the same day, in a file that comes first": (
        [
            (CONSENSUS, "2026-11-28", "search", "", "", "no"),
            ("x", "2026-11-28", "search", "0.02", "", "concern"),
            ("y", "2026-11-28", "search", "0.02", "", "no"),
        ],
        {"ferries": ("search", 0.02)},
    ),
    "for one theme at random, for another otherwise": (
        [
            ("x", "2026-11-27", "random", "0.02", "", "concern"),
            ("x", "2026-11-28", "uncertain", "", "no", "concern"),
        ],
        {"camhs": ("uncertain", None), "ferries": ("random", 0.02)},
    ),
    "in a way of several words": (
        [("x", "2026-11-27", "by hand = us", "", "no", "")],
        {"camhs": ("by-hand-us", None)},
    ),
    "in a way that is not known": ([("x", "", "", "", "no", "")], {"camhs": ("", None)}),
    "by a consensus alone": (
        [(CONSENSUS, "2026-11-28", "search", "", "", "no")],
        {"ferries": ("search", None)},
    ),
}


@pytest.mark.parametrize("name", DRAWN)
def test_each_theme_was_drawn_as_it_was_when_it_was_first_coded(name):
    rows, expected = DRAWN[name]
    settled = drawn(*rows)
    for theme, (how, likely) in expected.items():
        (way,), (probability,) = draws_of(settled, theme)
        assert way == how
        assert np.isnan(probability) if likely is None else probability == likely


def test_a_coder_who_reads_a_paragraph_again_speaks_last():
    rows = coding(("x", "concern"), ("y", "mixed"), ("x", "concern"))
    assert settle_codes(rows)["camhs"].tolist() == ["concern"]


def test_a_coder_who_contradicts_herself_in_another_file_is_named(tmp_path):
    for name, code in (("a.csv", "concern"), ("b.csv", "no")):
        coding(("x", code)).to_csv(tmp_path / name, index=False)
    with pytest.raises(CorpusError, match=r"b\.csv, line 2: .* camhs differently .*a\.csv, l"):
        read_codes([tmp_path / "a.csv", tmp_path / "b.csv"])


def test_a_document_has_one_authority_in_its_standard_spelling(tmp_path):
    rows = coding(("x", "no"), ("y", "no"), ("z", "no"))
    rows["authority"] = ["Devon County Council", "devon", "report.pdf"]
    rows.to_csv(tmp_path / "a.csv", index=False)
    assert read_codes([tmp_path / "a.csv"])["authority"].tolist() == ["Devon"] * 3


def test_misspelt_themes_are_told_and_others_may_be_coded():
    rows = coding(("x", "no")).assign(housing="no")
    check_theme_names(rows, ["camhs"])
    for wrong in ("cahms", "CAMHS", "camhs "):
        with pytest.raises(CorpusError, match="not a theme in the codebook"):
            check_theme_names(rows.rename(columns={"camhs": wrong}), ["camhs"])


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
        (f"{HEADER},camhs\n", "two columns named 'camhs'"),
        (f"{HEADER},\n{D},{F},c,d,,f,no,note\n", "(?s)a column without a name.*Delete it"),
        (f"{HEADER.replace('camhs', ',camhs')}\n", "(?s)a column without a name.*Delete it"),
        (HEADER.replace(",", "\t"), "tabs between its columns"),
        (f"sep=;\n{HEADER.replace(',', ';')}", "semicolons between its columns"),
        (f"sep=,\n{HEADER}\n{D},{F},c,d,,f,bad\n", "line 3: camhs is 'bad'"),
        (f"{HEADER},fire safety\n", "'fire safety' has a space"),
        (f"{HEADER},a=b\n", "'a=b' has a space or ="),
        (f"{HEADER}\n{D},{F},c,d,,f,no\n\n,,,,,,\n{D},{F},c,d,,f,no,\n", "line 5: it has 8"),
        (f"{HEADER}\n{D},{F},c,d,,f\n", "line 2: it has 6 fields, not 7"),
        (f"{HEADER}\n{D},{F},c,d,21/11/26,f,no\n", "line 2: coded_on is '21/11/26'"),
        (
            f"{HEADER}\n{D},{F},c,d,,f,no\n{D},{F},c,d,,f,bad\n",
            "line 3: camhs is 'bad'",
        ),
        (
            f"{HEADER}\n{D},{F},c,d,,f,bad\n{D},{F},e,d,,f,bad\n",
            r"line 2: camhs is 'bad' \(and 1 more line\)",
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


ODD = {
    "a line for Excel": f"sep=,\n{HEADER}\n{D},{F},c,d,,f,no\n",
    "empty columns at the end": f"{HEADER},,\n{D},{F},c,d,,f,no,,\n,,,,,,,,\n",
}


@pytest.mark.parametrize("case", ODD)
def test_what_spreadsheets_add_is_no_fault(tmp_path, case):
    path = tmp_path / "codes.csv"
    path.write_text(ODD[case])
    table = read_codes([path])
    assert themes_of(table) == ["camhs"] and table["camhs"].tolist() == ["no"]


def test_a_misspelt_theme_is_told_with_its_file(tmp_path):
    coding(("x", "no")).to_csv(tmp_path / "a.csv", index=False)
    coding(("y", "no")).rename(columns={"camhs": "cahms"}).to_csv(tmp_path / "b.csv", index=False)
    files = sorted(tmp_path.glob("*.csv"))
    assert themes_of(read_codes(files)) == ["camhs", "cahms"]
    with pytest.raises(CorpusError, match=r"b\.csv has a column 'cahms'"):
        read_codes(files, themes=["camhs"])


def test_files_that_code_other_themes_are_read_together(tmp_path):
    coding(("x", "concern")).to_csv(tmp_path / "a.csv", index=False)
    other = coding(("y", "no"), key="1").rename(columns={"camhs": "housing"})
    other.to_csv(tmp_path / "b.csv", index=False)
    table = read_codes(sorted(tmp_path.glob("*.csv")))
    assert themes_of(table) == ["camhs", "housing"]
    assert table[["camhs", "housing"]].to_numpy().tolist() == [["concern", ""], ["", "no"]]


def test_no_files_are_no_codes():
    with pytest.raises(CorpusError):
        read_codes([])


def test_contradictions_are_told_with_the_row_they_contradict():
    rows = coding(("x", "concern"), ("y", "no"), ("x", ""), ("x", "no"), ("y", "no"))
    assert list(contradictions(rows)) == [(3, 0, "camhs")]


SAID = st.lists(
    st.tuples(st.sampled_from("xyz"), st.sampled_from(CODE_VALUES)), min_size=1, max_size=6
)


@settings(max_examples=40, deadline=None)
@given(SAID)
def test_what_is_settled_is_what_somebody_said(said):
    (row,) = settle_codes(coding(*said)).to_dict("records")
    codes = [code for _, code in said if code]
    assert row["camhs"] in {*codes, ""}
    assert not codes or len(set(codes)) > 1 or row["camhs"] == codes[0]
    assert set(row["coder"].split(" + ")) == {coder for coder, _ in said}
