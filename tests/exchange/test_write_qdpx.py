"""What other programs are known to stumble over, each with a test (docs/exchange.md)."""

from __future__ import annotations

import re
import zipfile

import pytest
from projects import is_valid, parts_of

from pipeline.base.codebook import read_codebook
from pipeline.exchange.code_tree import code_tree
from pipeline.exchange.project import (
    Case,
    Code,
    Coding,
    Group,
    Project,
    Selection,
    Source,
    User,
    Value,
    Variable,
    guid_of,
)
from pipeline.exchange.write_qdpx import Dialect, text_guid, write_qdc, write_qdpx

A, B, C, D, E, F = (guid_of("test", name) for name in "abcdef")
REGION = Variable(B, "Region", "Text")
DAY = Variable(C, "Day", "Date")
PROJECT = Project(
    "Visites & “suivi”", "inspection-themes", (User(A, "Zoë"),), (Code(D, "Délais <1>", "#0072b2"),),
    (REGION, DAY), (Case(E, "Côte", (Value(REGION, "West"),), (F,)),), (Group(A, "SIF", (F,)),),
    "Told & described.",
)  # fmt: skip
TEXT = "Première ligne 𝄞\n\n• Deuxième\n"
SELECTION = Selection(B, "p. 1: Deux", 20, 28, A, "2026-11-21T00:00:00Z", (Coding(C, D, A),))
SOURCE = Source(F, "Été à l’île", TEXT, (SELECTION,), (Value(DAY, "2014-05-02"),))


STANDARD = Dialect()


def write(path, sources=(SOURCE,), dialect=STANDARD, project=PROJECT):
    counted = write_qdpx(path, project, lambda: iter(sources), dialect)
    return counted, parts_of(path)


@pytest.mark.parametrize(
    "project", [PROJECT, Project("p", "", (), (Code(D, "x"),))], ids=["full", "bare"]
)
def test_the_project_is_valid(tmp_path, project):
    counted, parts = write(tmp_path / "p.qdpx", project=project)
    assert is_valid(parts["project.qde"], "Project.xsd") and counted == {A: 1}


def test_the_schema_would_notice_a_wrong_order(tmp_path):
    xml = write(tmp_path / "p.qdpx")[1]["project.qde"].decode()
    value = re.search(
        r"<VariableValue>(?:(?!</VariableValue>).)*<DateValue>.*?</VariableValue>", xml
    ).group()
    wrong = xml.replace(value, value + f'<NoteRef targetGUID="{A}"/>')
    with pytest.raises(Exception, match="NoteRef"):
        is_valid(wrong.encode(), "Project.xsd")
    with pytest.raises(Exception, match="color"):
        is_valid(xml.replace("#0072b2", "rgb(0, 114, 178)").encode(), "Project.xsd")


def test_texts_have_no_byte_order_mark_and_one_line_end(tmp_path):
    raw = write(tmp_path / "p.qdpx")[1][f"sources/{F}.txt"]
    assert raw.decode("utf-8") == TEXT and b"\r" not in raw and not raw.startswith(b"\xef\xbb\xbf")
    assert TEXT[SELECTION.start : SELECTION.end] == "Deuxième"


def test_a_text_is_never_called_rich_text(tmp_path):
    xml = write(tmp_path / "p.qdpx")[1]["project.qde"].decode()
    assert "richTextPath" not in xml and f'plainTextPath="internal://{F}.txt"' in xml


def test_files_have_plain_names_and_the_source_keeps_its_own(tmp_path):
    names = list(write(tmp_path / "p.qdpx")[1])
    assert all(name.isascii() for name in names)
    assert 'name="Été à l’île"' in write(tmp_path / "q.qdpx")[1]["project.qde"].decode()


def test_no_directory_has_an_entry(tmp_path):
    assert list(write(tmp_path / "p.qdpx")[1]) == ["project.qde", f"sources/{F}.txt"]


def test_the_same_project_gives_the_same_bytes(tmp_path):
    for name in ("a", "b"):
        write(tmp_path / f"{name}.qdpx")
    assert (tmp_path / "a.qdpx").read_bytes() == (tmp_path / "b.qdpx").read_bytes()
    with zipfile.ZipFile(tmp_path / "a.qdpx") as archive:
        assert {info.date_time[0] for info in archive.infolist()} == {1980}


def test_a_dialect_changes_folder_and_line_ends_but_no_position(tmp_path):
    xml, parts = {}, {}
    for name, dialect in {"std": Dialect(), "own": Dialect("Sources", "\r\n")}.items():
        parts[name] = write(tmp_path / f"{name}.qdpx", dialect=dialect)[1]
        xml[name] = parts[name]["project.qde"]
    assert xml["std"] == xml["own"]
    assert parts["own"][f"Sources/{F}.txt"].decode() == TEXT.replace("\n", "\r\n")


def test_a_pdf_has_its_text_as_representation(tmp_path):
    pdf = tmp_path / "é.pdf"
    pdf.write_bytes(b"%PDF-1.4 invented")
    source = Source(F, "Été", TEXT, (SELECTION,), (Value(DAY, "2014-05-02"),), pdf)
    parts = write(tmp_path / "p.qdpx", [source])[1]
    assert is_valid(parts["project.qde"], "Project.xsd")
    assert parts[f"sources/{F}.pdf"] == b"%PDF-1.4 invented"
    assert parts[f"sources/{text_guid(source)}.txt"].decode() == TEXT
    assert "<PDFSource" in parts["project.qde"].decode() and text_guid(source) != F


def test_the_codebook_is_valid(tmp_path):
    path = tmp_path / "c.qdc"
    write_qdc(path, code_tree(read_codebook()))
    assert is_valid(path.read_bytes(), "Codebook.xsd")
