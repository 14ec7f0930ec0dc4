from __future__ import annotations

import pytest

from pipeline.base.errors import CorpusError
from pipeline.base.files import own_folder
from pipeline.base.settings import DEFAULT_LIMITS
from pipeline.running.listing import list_documents


def test_what_is_about_the_corpus_is_no_document(tmp_path):
    for name in ("documents.csv", "authorities.csv", "README.md", ".hidden", "readme.pdf"):
        (tmp_path / name).write_text("x")
    assert list(list_documents(tmp_path, DEFAULT_LIMITS).files) == ["readme.pdf"]


@pytest.mark.parametrize("make", [lambda p: p / "nowhere", lambda p: p])
def test_no_folder_or_nothing_in_it(tmp_path, make):
    with pytest.raises(CorpusError):
        list_documents(make(tmp_path), DEFAULT_LIMITS)


def test_output_folders_are_not_read(tmp_path):
    (tmp_path / "report.txt").write_text("x")
    out = tmp_path / "my-matrix"
    with own_folder(out):
        (out / "tables.csv").write_text("x")
    assert list(list_documents(tmp_path, DEFAULT_LIMITS).files) == ["report.txt"]
    with pytest.raises(CorpusError, match="tables of a run"):
        list_documents(out, DEFAULT_LIMITS)
