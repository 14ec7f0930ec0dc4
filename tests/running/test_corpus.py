from __future__ import annotations

import os
import shutil

import pandas as pd
import pytest
from corpora import read_corpus
from hostile import LETTER, compression_bomb

from pipeline.base.columns import DOCUMENTS, FAILURES, PARAGRAPHS
from pipeline.base.paths import SAMPLE_CORPUS
from pipeline.base.settings import Limits, Settings


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "kent.txt").write_text(LETTER, encoding="utf-8")
    (tmp_path / "broken.pdf").write_bytes(b"%PDF-1.7\n")
    return tmp_path


def test_one_bad_file_costs_its_own_row_only(folder):
    reading = read_corpus(folder)
    assert list(reading.documents.columns) == DOCUMENTS
    assert list(reading.paragraphs.columns) == PARAGRAPHS
    assert list(reading.failures.columns) == FAILURES
    assert reading.documents["source_file"].tolist() == ["letters/kent.txt"]
    assert reading.documents["authority"].tolist() == ["Kent"]
    [failure] = reading.failures.itertuples()
    assert (failure.source_file, failure.stage) == ("broken.pdf", "extract")
    assert failure.reason and failure.what_to_do


def test_file_that_needs_too_much_costs_no_other_one(folder):
    (folder / "a-bomb.pdf").write_bytes(compression_bomb(600))
    for n in range(3):
        (folder / f"b{n}.txt").write_text(f"{LETTER}\n\nNumber {n}.", encoding="utf-8")
    tight = Settings(Limits(memory=500_000_000), processes=1, quiet=True)
    reading = read_corpus(folder, tight)
    assert len(reading.documents) == 4
    reasons = reading.failures.set_index("source_file")["reason"]
    assert set(reasons.index) == {"a-bomb.pdf", "broken.pdf"}
    assert "memory" in reasons["a-bomb.pdf"]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such names")
def test_name_that_no_table_can_hold_is_listed(folder):
    (folder / os.fsdecode(b"b\xff.txt")).write_text(LETTER, encoding="utf-8")
    reasons = read_corpus(folder).failures.set_index("source_file")["reason"]
    assert "not UTF-8" in reasons["b\\udcff.txt"]


@pytest.mark.skipif(os.name == "nt", reason="Windows lets only administrators make links")
def test_link_out_of_the_folder_is_refused(folder, tmp_path_factory):
    secret = tmp_path_factory.mktemp("elsewhere") / "secret.txt"
    secret.write_text(LETTER)
    (folder / "link.txt").symlink_to(secret)
    reasons = read_corpus(folder).failures.set_index("source_file")["reason"]
    assert "outside the folder" in reasons["link.txt"]


def test_identities_depend_on_the_content_alone(folder, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    shutil.copy(folder / "letters" / "kent.txt", elsewhere / "renamed.txt")
    here = read_corpus(folder).paragraphs
    there = read_corpus(elsewhere).paragraphs
    columns = ["paragraph_id", "doc_id", "position", "heading", "kind", "boilerplate", "text"]
    pd.testing.assert_frame_equal(here[columns], there[columns])
    assert here["paragraph_id"].is_unique


def test_same_document_twice_counts_once_and_is_listed(folder):
    shutil.copy(folder / "letters" / "kent.txt", folder / "z-copy.txt")
    reading = read_corpus(folder)
    assert len(reading.documents) == 1
    assert reading.failures.set_index("source_file")["stage"].to_dict() == {
        "broken.pdf": "extract",
        "z-copy.txt": "duplicate",
    }


def test_overrides_win_and_strays_are_listed(folder):
    (folder / "documents.csv").write_text(
        "source_file,authority,published_on\nletters/kent.txt,Medway,2021-06-01\ngone.pdf,Kent,\n"
    )
    reading = read_corpus(folder)
    [document] = reading.documents.itertuples()
    assert (document.authority, str(document.published_on)) == ("Medway", "2021-06-01")
    assert document.document_type == "focused visit"
    assert "gone.pdf" in set(reading.failures["source_file"])


def test_an_authority_that_looks_misspelt_is_told(folder):
    (folder / "documents.csv").write_text(
        "source_file,authority\nletters/kent.txt,Medwey\ngone.pdf,Devn\n"
    )
    reading = read_corpus(folder)
    assert reading.documents["authority"].tolist() == ["Medwey"]
    [told] = reading.failures[reading.failures["stage"] == "misspelt"].itertuples()
    assert told.source_file == "letters/kent.txt"
    assert "Medwey" in told.reason and "Do you mean Medway?" in told.what_to_do


def test_sample_corpus_is_what_it_says():
    reading = read_corpus(SAMPLE_CORPUS)
    assert reading.failures.empty
    documents = reading.documents
    assert len(documents) >= 10 and documents["authority"].nunique() >= 6
    assert (documents["authority"] != "").all()
    assert set(documents["document_type"]) >= {
        "inspection", "focused visit", "peer review", "scrutiny report", "cabinet report",
    }  # fmt: skip
    assert documents["n_paragraphs"].sum() >= 350
    inspected = documents[documents["document_type"] == "inspection"].groupby("authority").size()
    assert (inspected == 2).sum() >= 2
    first = reading.paragraphs[reading.paragraphs["page"] == 1].groupby("doc_id")["text"]
    assert first.agg(" ".join).str.contains("invented").all()


def test_new_authority_brings_its_code_and_region(folder):
    (folder / "documents.csv").write_text(
        "source_file,authority,document_type\nletters\\kent.txt,Medway, Monitoring  Visit\n"
    )
    [document] = read_corpus(folder).documents.itertuples()
    assert (document.authority, document.ons_code) == ("Medway", "E06000035")
    assert document.region == "South East" and document.document_type == "monitoring visit"


def test_row_about_a_copy_speaks_for_the_document(folder):
    shutil.copy(folder / "letters" / "kent.txt", folder / "z-copy.txt")
    (folder / "documents.csv").write_text("source_file,framework\nz-copy.txt,ILACS 2\n")
    reading = read_corpus(folder)
    assert reading.documents["framework"].tolist() == ["ILACS 2"]
    assert "documents.csv" not in set(reading.failures["stage"])


def test_row_about_a_file_that_failed_is_not_stray(folder):
    (folder / "documents.csv").write_text("source_file,framework\nbroken.pdf,SIF\n")
    assert set(read_corpus(folder).failures["stage"]) == {"extract"}


def test_same_bytes_are_a_report_under_one_name_only(folder):
    page = "<!doctype html><html><body><p>Visits are timely and plans are clear.</p></body></html>"
    for name in ("a.pdf", "b.html", "c.html"):
        (folder / name).write_text(page)
    reading = read_corpus(folder)
    assert "b.html" in set(reading.documents["source_file"])
    stages = reading.failures.set_index("source_file")["stage"]
    assert (stages["a.pdf"], stages["c.html"]) == ("extract", "duplicate")


def test_a_document_that_its_publisher_replaced_is_not_counted(folder):
    (folder / "letters" / "newer.txt").write_text(f"{LETTER}\n\nCorrected.", encoding="utf-8")
    (folder / "manifest.csv").write_text(
        "url,status,file,kind\n"
        "https://files.example/1,fetched,letters/newer.txt,Monitoring visit\n"
        "https://files.example/1,replaced,letters/kent.txt,\n",
        encoding="utf-8",
    )
    reading = read_corpus(folder)
    assert reading.documents["source_file"].tolist() == ["letters/newer.txt"]
    assert reading.documents["url"].tolist() == ["https://files.example/1"]
    [failure] = reading.failures[reading.failures["stage"] == "duplicate"].itertuples()
    assert failure.source_file == "letters/kent.txt" and "letters/newer.txt" in failure.reason


@pytest.mark.parametrize(
    "versions, counted, left_out",
    [
        (["broken.pdf", "letters/kent.txt"], "letters/kent.txt", []),
        (["broken.pdf", "empty.pdf", "letters/kent.txt"], "letters/kent.txt", []),
        (["broken.pdf", "letters/kent.txt", "old.txt"], "letters/kent.txt", ["old.txt"]),
    ],
)
def test_a_document_counts_if_what_replaced_it_cannot_be_read(folder, versions, counted, left_out):
    (folder / "old.txt").write_text(f"{LETTER}\n\nOf old.", encoding="utf-8")
    (folder / "empty.pdf").write_bytes(b"%PDF-1.4\n")
    for name in {"old.txt", "empty.pdf"} - set(versions):
        (folder / name).unlink()
    rows = [
        f"https://files.example/1,{'replaced' if n else 'fetched'},{name},{2026 - n}-05-01"
        for n, name in enumerate(versions)
    ]
    told = "\n".join(["url,status,file,fetched_at", *rows])
    (folder / "manifest.csv").write_text(told, encoding="utf-8")
    reading = read_corpus(folder)
    assert reading.documents["source_file"].tolist() == [counted]
    failures = reading.failures.set_index("stage")
    assert failures.loc[["extract"], "source_file"].tolist()[0] == "broken.pdf"
    copies = reading.failures[reading.failures["stage"] == "duplicate"]
    assert copies["source_file"].tolist() == left_out
    assert all(counted in reason for reason in copies["reason"])
