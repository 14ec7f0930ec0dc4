from __future__ import annotations

import pytest

from pipeline.base.errors import CorpusError
from pipeline.base.files import own_folder
from pipeline.base.settings import DEFAULT_LIMITS
from pipeline.documents.overrides import read_overrides
from pipeline.running.listing import list_documents


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("source_file,grade\nx,1\n", "grade"),
        ("source_file,published_on\nx,soon\n", "not a date"),
        ("source_file,document_type\nx,letter\n", "document_type is 'letter'"),
        ("source_file,leadership\nx,fine\n", "leadership is 'fine'"),
        ("source_file,authority\nx,a,b\n", "more fields"),
    ],
)
def test_wrong_overrides_are_named(tmp_path, content, reason):
    path = tmp_path / "documents.csv"
    path.write_text(content)
    with pytest.raises(CorpusError, match=reason):
        read_overrides(path)


def test_what_is_about_the_corpus_is_no_document(tmp_path):
    for name in ("documents.csv", "authorities.csv", "README.md", ".hidden", "report one.txt"):
        (tmp_path / name).write_text("x")
    assert list(list_documents(tmp_path, DEFAULT_LIMITS).files) == ["report one.txt"]


@pytest.mark.parametrize("make", [lambda p: p / "nowhere", lambda p: p])
def test_no_folder_or_nothing_in_it(tmp_path, make):
    with pytest.raises(CorpusError):
        list_documents(make(tmp_path), DEFAULT_LIMITS)


def test_overrides_may_be_as_excel_writes_them(tmp_path):
    path = tmp_path / "documents.csv"
    path.write_bytes("source_file,authority\r\nBerry’s £5.pdf,Kent\r\n".encode("cp1252"))
    assert read_overrides(path) == {"Berry’s £5.pdf": {"authority": "Kent"}}


def test_output_folders_are_not_read(tmp_path):
    (tmp_path / "report.txt").write_text("x")
    out = tmp_path / "my-matrix"
    with own_folder(out):
        (out / "tables.csv").write_text("x")
    assert list(list_documents(tmp_path, DEFAULT_LIMITS).files) == ["report.txt"]
    with pytest.raises(CorpusError, match="tables of a run"):
        list_documents(out, DEFAULT_LIMITS)
