from __future__ import annotations

import errno
from pathlib import Path

import pytest

from pipeline.base.errors import CorpusError
from pipeline.base.files import own_folder
from pipeline.base.settings import DEFAULT_LIMITS
from pipeline.running.listing import check_output, has_documents, list_documents


def test_what_is_about_the_corpus_is_no_document(tmp_path):
    for name in ("documents.csv", "authorities.csv", "README.md", ".hidden", "readme.pdf"):
        (tmp_path / name).write_text("x")
    assert list(list_documents(tmp_path, DEFAULT_LIMITS).files) == ["readme.pdf"]
    assert has_documents(tmp_path)
    (tmp_path / "readme.pdf").rename(tmp_path / "manifest.csv")
    assert not has_documents(tmp_path) and not has_documents(tmp_path / "none")


def test_lists_that_are_not_used_are_no_documents_and_say_so(tmp_path):
    for name in ("a.txt", "ofsted/manifest.csv", "ofsted/old/Documents.CSV", "Authorities.csv"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x")
    listing = list_documents(tmp_path, DEFAULT_LIMITS)
    assert list(listing.files) == ["a.txt"]
    told = {row["source_file"]: row["reason"] + row["what_to_do"] for row in listing.failures}
    # A system that does not mind capitals finds it.
    if not (tmp_path / "authorities.csv").exists():
        assert "authorities.csv" in told.pop("Authorities.csv")
    assert "the folder ofsted and" in told.pop("ofsted/manifest.csv")
    assert "the folder ofsted/old and" in told.pop("ofsted/old/Documents.CSV")
    assert not told


def test_hidden_reports_are_listed_and_hidden_files_of_systems_are_not(tmp_path):
    names = (
        "report.txt", ".report.PDF", "sub/.notes.docx", "~$report.docx", ".~lock.report.docx#",
        "._report.pdf", ".#report.txt", ".DS_Store", "Thumbs.db", ".git/description.txt",
    )  # fmt: skip
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x")
    listing = list_documents(tmp_path, DEFAULT_LIMITS)
    assert list(listing.files) == ["report.txt"]
    assert [row["source_file"] for row in listing.failures] == [".report.PDF", "sub/.notes.docx"]
    assert all(row["stage"] == "hidden" and "dot" in row["reason"] for row in listing.failures)
    (tmp_path / "report.txt").unlink()
    with pytest.raises(CorpusError, match="no documents"):
        list_documents(tmp_path, DEFAULT_LIMITS)


def test_the_folder_of_a_saved_web_page_is_left_out(tmp_path):
    names = (
        "saved page.html", "saved page_files/frame.html", "saved page_files/css/style.css",
        "north/letter.htm", "north/letter_files/seal.gif", "north/our_files/report.txt",
    )  # fmt: skip
    for name in names:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x")
    listing = list_documents(tmp_path, DEFAULT_LIMITS)
    assert list(listing.files) == [
        "north/letter.htm",
        "north/our_files/report.txt",
        "saved page.html",
    ]
    assert not listing.failures


@pytest.mark.parametrize("look", ["is_symlink", "exists"])
def test_what_must_not_be_looked_at_costs_its_own_row_only(tmp_path, monkeypatch, look):
    for name in ("a.txt", "closed/b.txt", "closed/more/c.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x")
    before, is_file = getattr(Path, look), Path.is_file

    # What a folder with the mode 444 does, but not for root.
    def refuse(path):
        if path.parent.name == "closed":
            raise PermissionError(errno.EACCES, "Permission denied")
        return before(path)

    monkeypatch.setattr(Path, look, refuse)
    monkeypatch.setattr(
        Path, "is_file", lambda path: path.parent.name != "closed" and is_file(path)
    )
    listing = list_documents(tmp_path, DEFAULT_LIMITS)
    assert list(listing.files) == ["a.txt", "closed/more/c.txt"]
    [row] = listing.failures
    assert row["source_file"] == "closed/b.txt" and "Permission denied" in row["reason"]


def test_a_file_that_disappears_while_it_is_listed_says_so(tmp_path, monkeypatch):
    (tmp_path / "a.txt").write_text("x")
    seen = [(str(tmp_path), [], ["a.txt", "b.txt"])]
    monkeypatch.setattr("os.walk", lambda *_, **__: seen)
    [row] = list_documents(tmp_path, DEFAULT_LIMITS).failures
    assert row["source_file"] == "b.txt" and "No such file" in row["reason"]


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


@pytest.mark.parametrize("name", ["report.pdf", "devon/report.DOCX"])
def test_a_folder_of_reports_takes_no_tables(tmp_path, name):
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text("x")
    with pytest.raises(CorpusError, match=name) as refused:
        check_output(tmp_path)
    assert "--out" in refused.value.hint


@pytest.mark.parametrize(
    "names", [(), ("README.md", ".kept/a.txt"), ("documents.parquet", "a.html")]
)
def test_other_folders_take_tables(tmp_path, names):
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x")
    check_output(tmp_path)
    check_output(tmp_path / "not-yet.pdf")
