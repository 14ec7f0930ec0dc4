from __future__ import annotations

import pytest

from pipeline.base.csv_files import CsvFile, read_csv
from pipeline.base.errors import CorpusError, LabelError

TEXT = " Name ,note\r\nKent,“café”\r\n"
ROWS = [(2, {"name": "Kent", "note": "“café”"})]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
def test_any_encoding_of_a_spreadsheet(tmp_path, encoding):
    path = tmp_path / "a.csv"
    path.write_bytes(TEXT.encode(encoding))
    assert read_csv(path, CorpusError) == CsvFile(["name", "note"], ROWS)


ODD = {
    "empty rows and fields": ("a,b\n,\n\n1,2,,\n", ["a", "b"], [(4, {"a": "1", "b": "2"})]),
    "fields that are missing": ("a,b\n1\n", ["a", "b"], [(2, {"a": "1", "b": ""})]),
    "a field of two lines": ('a,b\n"1\n2",3\n4,\n', ["a", "b"], [(3, {"a": "1\n2", "b": "3"}), (4, {"a": "4", "b": ""})]),
    "columns at the end without a name": ("a,b,, \n1,2,,\n", ["a", "b"], [(2, {"a": "1", "b": "2"})]),
    "semicolons, as of Excel in some countries": ('A;b\n1,5;"2;3"\n', ["a", "b"], [(2, {"a": "1,5", "b": "2;3"})]),
    "a semicolon in a name among commas": ("a;b,c\n1,2\n", ["a;b", "c"], [(2, {"a;b": "1", "c": "2"})]),
    "NUL bytes": ("a\x00,b\n1,\x002\n", ["a", "b"], [(2, {"a": "1", "b": "2"})]),
    "semicolons between fields": ("a;b\n1,5;2\n", ["a", "b"], [(2, {"a": "1,5", "b": "2"})]),
    "tabs between fields": ("a\tb\r\n1;2\t3\r\n", ["a", "b"], [(2, {"a": "1;2", "b": "3"})]),
    "semicolons in a field": ("a,b;c\n1;2,3\n", ["a", "b;c"], [(2, {"a": "1;2", "b;c": "3"})]),
    "spaces that nobody sees": ("a, b \n 1 ,2\xa0\n", ["a", "b"], [(2, {"a": "1", "b": "2"})]),
    "columns in the middle without a name": ("a,,,b\n1,,,2\n", ["a", "", "", "b"], [(2, {"a": "1", "": "", "b": "2"})]),
    "no row": ("a,b", ["a", "b"], []),
    "nothing": ("", [], []),
}  # fmt: skip


@pytest.mark.parametrize("case", ODD)
def test_odd_tables_are_read(tmp_path, case):
    text, columns, rows = ODD[case]
    path = tmp_path / "a.csv"
    path.write_bytes(text.encode())
    assert read_csv(path, CorpusError) == CsvFile(columns, rows)


FAULTY = {
    "too many fields": (b"a,b\n1,2\n1,2,3\n", "line 3: the row has more fields than columns"),
    "a field in no column": (b"a\n\n1,x\n", "line 3: the row has more fields"),
    "an enormous field": (b"a\n" + b"x" * 200_000, "line 2: .*field larger than"),
    "a quote that is not closed": (b'a\n1\n"2\n3\n', "line 4: .*unexpected end of data"),
    "two columns of one name": (b"a,b, A\n1,2,\n", "two columns named 'a'"),
    "no text": (bytes(range(1, 9)) * 9, "cannot be read"),
}


@pytest.mark.parametrize("case", FAULTY)
def test_what_is_wrong_is_named_with_its_line(tmp_path, case):
    data, reason = FAULTY[case]
    path = tmp_path / "a.csv"
    path.write_bytes(data)
    with pytest.raises(LabelError, match=reason) as error:
        read_csv(path, LabelError)
    assert "a.csv" in str(error.value) and error.value.hint


def test_a_file_that_is_not_there_or_is_a_folder(tmp_path):
    with pytest.raises(CorpusError, match="cannot be read"):
        read_csv(tmp_path, CorpusError)
    with pytest.raises(CorpusError, match=r"(?m)There is no file .*none\.csv\.$"):
        read_csv(tmp_path / "none.csv", CorpusError)
